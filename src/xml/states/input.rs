//! Gather, GetDigits, GetInput and GetSpeech.

use super::entry::{Entry, limited, plivo, twiml, works};

/// What only the operator's recogniser can do.
const TOLD: &str =
    "the recogniser is told, if the operator's templates say so ([SPEECH.md](SPEECH.md))";

/// What is Twilio's own business.
const NO_EFFECT: &str = "no effect: for Twilio's own services";

pub(super) const ALL: &[Entry] = &[
    twiml(&["Gather"])
        .limited("holds `Say`, `Play`, `Pause`, `Speak`, `Wait`; others are left out, as is `digits` of a Play inside")
        .with(&[
            limited("input", "`speech` needs a recogniser (`speech.recogniser`); without one only keys are taken"),
            works("action"),
            works("method"),
            works("timeout").note("5 s, also for `auto`"),
            works("numDigits"),
            works("finishOnKey"),
            works("actionOnEmptyResult").note("an empty `Digits` is sent, for speech alone an empty `SpeechResult`"),
            limited("speechTimeout", TOLD),
            works("maxSpeechTime").note("60 s at most"),
            limited("speechModel", TOLD),
            limited("enhanced", NO_EFFECT),
            limited("language", TOLD),
            limited("hints", TOLD),
            limited("profanityFilter", TOLD),
            works("partialResultCallback").note("100 requests for one verb"),
            works("partialResultCallbackMethod"),
            works("bargeIn"),
            limited("debug", NO_EFFECT),
            limited("voice", NO_EFFECT),
            limited("provider", NO_EFFECT),
        ]),
    plivo(&["GetDigits"]).with(&[
        works("action"),
        works("method"),
        works("redirect").note("with `false` the request is made and its answer ignored"),
        works("timeout"),
        works("digitTimeout"),
        works("finishOnKey"),
        works("numDigits"),
        works("retries"),
        works("playBeep"),
        works("validDigits"),
        works("invalidDigitsSound").note("heard after every try that failed"),
        limited("log", "with `false` the trace's step does not tell the digits, but its single keys stay"),
    ]),
    plivo(&["GetInput"]).with(&[
        works("action"),
        works("method"),
        works("redirect").note("with `false` the request is made and its answer ignored"),
        limited("inputType", "`speech` needs a recogniser (`speech.recogniser`); without one only keys are taken"),
        works("executionTimeout"),
        works("digitEndTimeout").note("`auto` is 2 s"),
        limited("speechEndTimeout", TOLD),
        works("finishOnKey"),
        works("numDigits"),
        limited("speechModel", TOLD),
        limited("hints", TOLD),
        limited("language", TOLD),
        works("interimSpeechResultsCallback").note("100 requests for one verb"),
        works("interimSpeechResultsCallbackMethod"),
        limited("log", "with `false` the trace's step does not tell the digits, but its single keys stay"),
        limited("profanityFilter", TOLD),
    ]),
    plivo(&["GetSpeech"])
        .holds("<Speak>Say yes or no</Speak>")
        .limited("needs a recogniser (`speech.recogniser`); without one nothing is understood")
        .with(&[
            limited("grammar", "the first that is a name, or `builtin:NAME`, is told to the recogniser; `url:` and `raw:` are left out"),
            limited("engine", "no effect: always the operator's"),
            limited("grammarPath", "no effect: the recogniser knows where its grammars are"),
            works("timeout"),
            works("playBeep"),
            works("action"),
            works("method"),
            works("redirect"),
        ]),
];
