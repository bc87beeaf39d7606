//! Gather, GetDigits, GetInput and GetSpeech.

use super::entry::{Entry, limited, plivo, refused, twiml, works};

/// What asks a recogniser for something.
const KEYS_ONLY: &str = "no effect: speech is not recognised";

pub(super) const ALL: &[Entry] = &[
    twiml(&["Gather"])
        .limited("holds `Say`, `Play`, `Pause`, `Speak`, `Wait`; others are left out, and keys cannot be sent")
        .with(&[
            limited(
                "input",
                "keys only; `speech` alone hears nothing: prompts, `timeout`, next verb",
            ),
            works("action"),
            works("method"),
            works("timeout").note("5 s, also for `auto`"),
            works("numDigits"),
            works("finishOnKey"),
            works("actionOnEmptyResult").note("an empty `Digits` is sent"),
            limited("speechTimeout", KEYS_ONLY),
            limited("maxSpeechTime", KEYS_ONLY),
            limited("speechModel", KEYS_ONLY),
            limited("enhanced", KEYS_ONLY),
            limited("language", KEYS_ONLY),
            limited("hints", KEYS_ONLY),
            limited("profanityFilter", KEYS_ONLY),
            limited("partialResultCallback", KEYS_ONLY),
            limited("partialResultCallbackMethod", KEYS_ONLY),
            limited("bargeIn", KEYS_ONLY),
            limited("debug", KEYS_ONLY),
            limited("voice", KEYS_ONLY),
            limited("provider", KEYS_ONLY),
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
        limited("log", "the step does not tell the digits; single keys stay in the call's trace"),
    ]),
    plivo(&["GetInput"]).with(&[
        works("action"),
        works("method"),
        works("redirect").note("with `false` the request is made and its answer ignored"),
        limited("inputType", "keys only; `speech` alone hears nothing"),
        works("executionTimeout"),
        works("digitEndTimeout").note("`auto` is 2 s"),
        limited("speechEndTimeout", KEYS_ONLY),
        works("finishOnKey"),
        works("numDigits"),
        limited("speechModel", KEYS_ONLY),
        limited("hints", KEYS_ONLY),
        limited("language", KEYS_ONLY),
        limited("interimSpeechResultsCallback", KEYS_ONLY),
        limited("interimSpeechResultsCallbackMethod", KEYS_ONLY),
        limited("log", "the step does not tell the digits; single keys stay in the call's trace"),
        limited("profanityFilter", KEYS_ONLY),
    ]),
    plivo(&["GetSpeech"])
        .holds("<Speak>Say yes or no</Speak>")
        .refused("speech is not recognised: the document is refused")
        .with(&[
            refused("grammar", ""),
            refused("engine", ""),
            refused("grammarPath", ""),
            refused("timeout", ""),
            refused("playBeep", ""),
            refused("action", ""),
            refused("method", ""),
        ]),
];
