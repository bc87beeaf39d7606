//! Say, Speak, SSML, Play, Pause, Wait, DTMF and PreAnswer.

use super::entry::{Entry, both, limited, plivo, refused, twiml, works};

/// SSML that has no form as text.
const SSML_ONLY: &str = "heard from an engine of `speech.ssml`; others say its text, with a remark";

pub(super) const ALL: &[Entry] = &[
    twiml(&["Say"])
        .holds("Hello")
        .note("a long text is said in pieces; over the vendor's own limit there is a remark ([SPEECH.md](SPEECH.md))")
        .with(&[
            limited("voice", "the operator's map (`speech.voices`) decides, by name, else by the language that it speaks"),
            limited("language", "the operator's map decides, whole (`fr-CA`), then by its first part"),
            works("loop").note("0 is a thousand times or four hours"),
            works("terminators").note("KAZOO's: keys that end it, none by default"),
            works("engine").note("KAZOO's: one of `speech.engines`"),
        ]),
    plivo(&["Speak"])
        .holds("Hello")
        .note("every language is taken; otherwise as `Say`")
        .with(&[
            limited("voice", "the operator's map (`speech.voices`) decides, by name, else by the language that it speaks"),
            limited("language", "the operator's map decides, whole (`fr-CA`), then by its first part"),
            works("loop").note("0 is a thousand times or four hours"),
            works("engine").note("the old framework's: one of `speech.engines`"),
            refused("type", "the text is said as text"),
            limited("method", "the old framework's: no effect, the text is said as text"),
        ]),
    both(&["Say/break", "Speak/break"]).note("silence of 10 s at most").with(&[
        works("strength").note("none, x-weak 100 ms, weak 250, medium 500, strong 1,000, x-strong 1,500"),
        works("time"),
    ]),
    both(&["Say/emphasis", "Speak/emphasis"])
        .holds("Hello")
        .limited(SSML_ONLY)
        .with(&[limited("level", SSML_ONLY)]),
    both(&["Say/lang", "Speak/lang"])
        .holds("Bonjour")
        .limited("in that language's voice, if `speech.voices` has one")
        .with(&[works("xml:lang")]),
    both(&["Say/p", "Say/s", "Speak/p", "Speak/s"]).holds("Hello").note("sentences of their own"),
    both(&["Say/phoneme", "Speak/phoneme"])
        .holds("pecan")
        .limited(SSML_ONLY)
        .with(&[limited("alphabet", SSML_ONLY), limited("ph", SSML_ONLY)]),
    both(&["Say/prosody", "Speak/prosody"]).holds("Hello").limited(SSML_ONLY).with(&[
        limited("volume", SSML_ONLY),
        limited("rate", SSML_ONLY),
        limited("pitch", SSML_ONLY),
    ]),
    both(&["Say/say-as", "Speak/say-as"]).holds("47").with(&[
        limited(
            "interpret-as",
            "without an engine of `speech.ssml`: characters and digits one by one in every language, numbers, dates, times, \
             fractions and units in English; `address` is said as it stands, an expletive is a tone",
        ),
        works("format"),
    ]),
    both(&["Say/sub", "Speak/sub"]).holds("W3C").with(&[works("alias")]),
    both(&["Say/w", "Speak/w"]).holds("read").limited(SSML_ONLY).with(&[limited("role", SSML_ONLY)]),
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
            limited("silence", "of an answered call; keys typed meanwhile are kept, and do not end it"),
            works("minSilence").note("at least half a second"),
            works("min_silence").note("plivo-node's"),
            refused("beep", "it waits for its whole length"),
        ]),
    plivo(&["DTMF"]).holds("12#").note("keys of 200 ms without `@ms`").with(&[
        works("digits").note("plivo-node's"),
        works("async").note("the last element waits until the keys have been sent"),
    ]),
    plivo(&["PreAnswer"]).holds("<Speak>Hello</Speak>").note(
        "holds `Speak`, `Play`, `Wait`, `GetDigits`, `Redirect`, `DTMF`, as early media",
    ),
];
