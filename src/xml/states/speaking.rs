//! Say, Speak, SSML, Play, Pause, Wait, DTMF and PreAnswer.

use super::entry::{Entry, both, limited, plivo, refused, twiml, works};

/// SSML that is dropped.
const AS_TEXT: &str = "its text is said as any other, with a remark";

pub(super) const ALL: &[Entry] = &[
    twiml(&["Say"])
        .holds("Hello")
        .limited("the first 5,000 bytes of a text are said")
        .with(&[
            limited("voice", "looked up in `speech.voices`, then `speech.voice`"),
            limited("language", "looked up in `speech.voices`, whole or by its first part"),
            works("loop").note("0 is a thousand times or four hours"),
            works("terminators").note("KAZOO's: keys that end it, none by default"),
            works("engine").note("KAZOO's: one of `speech.engines`"),
        ]),
    plivo(&["Speak"])
        .holds("Hello")
        .limited("the first 5,000 bytes of a text are said; every language is taken")
        .with(&[
            limited("voice", "looked up in `speech.voices`, then `speech.voice`"),
            limited("language", "looked up in `speech.voices`, whole or by its first part"),
            works("loop").note("0 is a thousand times or four hours"),
            works("engine").note("the old framework's: one of `speech.engines`"),
            refused("type", "the text is said as text"),
            limited("method", "the old framework's: no effect, the text is said as text"),
        ]),
    both(&["Say/break", "Speak/break"]).limited("silence of 10 s at most").with(&[
        works("strength").note("none, x-weak 100 ms, weak 250, medium 500, strong 1,000, x-strong 1,500"),
        works("time"),
    ]),
    both(&["Say/emphasis", "Speak/emphasis"]).holds("Hello").refused(AS_TEXT).with(&[refused("level", "")]),
    both(&["Say/lang", "Speak/lang"]).holds("Bonjour").refused(AS_TEXT).with(&[refused("xml:lang", "")]),
    both(&["Say/p", "Say/s", "Speak/p", "Speak/s"]).holds("Hello").limited("words of their own, without a pause"),
    both(&["Say/phoneme", "Speak/phoneme"])
        .holds("pecan")
        .refused(AS_TEXT)
        .with(&[refused("alphabet", ""), refused("ph", "")]),
    both(&["Say/prosody", "Speak/prosody"]).holds("Hello").refused(AS_TEXT).with(&[
        refused("volume", ""),
        refused("rate", ""),
        refused("pitch", ""),
    ]),
    both(&["Say/say-as", "Speak/say-as"]).holds("47").with(&[
        limited(
            "interpret-as",
            "`characters`, `spell-out`, `digits` and `telephone` are spelled; with others the text is said, with a remark",
        ),
        limited("format", "no effect"),
    ]),
    both(&["Say/sub", "Speak/sub"]).holds("W3C").with(&[works("alias")]),
    both(&["Say/w", "Speak/w"]).holds("read").refused(AS_TEXT).with(&[refused("role", "")]),
    twiml(&["Play"])
        .holds("https://media.example.com/jingle.wav")
        .limited(
            "http and https URLs if `media.http` ([MEDIA.md](MEDIA.md)), files under `media.roots`, names under \
             `media.sounds`, `tone_stream://`, `silence_stream://`, `local_stream://`",
        )
        .with(&[
            works("loop").note("0 is a thousand times or four hours"),
            works("digits").note("keys of 200 ms"),
            works("terminators").note("KAZOO's: keys that end it, none by default"),
        ]),
    plivo(&["Play"])
        .holds("https://media.example.com/jingle.wav")
        .limited("as in TwiML")
        .with(&[works("loop").note("0 is a thousand times or four hours")]),
    twiml(&["Pause"])
        .note("as the first verb it delays the answer, and the caller hears ringing")
        .with(&[works("length").note("1 to 86,400 s")]),
    plivo(&["Wait"])
        .note("does not answer: as the first element it delays what follows, also a refusal")
        .with(&[
            works("length").note("1 to 86,400 s"),
            refused("silence", "it waits for its whole length"),
            limited("minSilence", "no effect: it waits for its whole length"),
            limited("min_silence", "no effect: it waits for its whole length"),
            refused("beep", "it waits for its whole length"),
        ]),
    plivo(&["DTMF"]).holds("12#").note("keys of 200 ms without `@ms`").with(&[
        works("digits").note("plivo-node's"),
        limited("async", "always `false`: the next element waits until the keys have been sent"),
    ]),
    plivo(&["PreAnswer"]).holds("<Speak>Hello</Speak>").note(
        "holds `Speak`, `Play`, `Wait`, `GetDigits`, `Redirect`, `DTMF`, as early media",
    ),
];
