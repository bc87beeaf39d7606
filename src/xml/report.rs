//! What happened, in the names of each dialect.

use super::{
    dialect::Dialect,
    verbs::{Form, Input},
};
use crate::{
    base::limits,
    call::{Call, CollectEnd, Recognised, Referral},
};

type Parameters = Vec<(String, String)>;

/// What was typed (`reference/twiml.md` 2.4, `reference/plivo.md` 4.3).
pub(super) fn digits(dialect: Dialect, digits: String, end: Option<CollectEnd>) -> Parameters {
    let mut all = named([("Digits", digits)]);
    if dialect == Dialect::Twiml {
        let key = match end {
            Some(CollectEnd::Terminator(key)) => key.to_string(),
            _ => String::new(),
        };
        all.extend(named([("FinishedOnKey", key)]));
    }
    all
}

/// How sending the phone elsewhere went (`reference/twiml.md` 2.10): the status is that of the call it
/// makes; what it did not tell is left out.
pub(super) fn referral(referral: &Referral) -> Parameters {
    let status = match (referral.reply, referral.notified) {
        (Some(300..), _) => Some("failed"),
        (_, Some(200..300)) => Some("in-progress"),
        (_, Some(486 | 600)) => Some("busy"),
        (_, Some(408 | 480)) => Some("no-answer"),
        (_, Some(487)) => Some("canceled"),
        (_, Some(300..)) => Some("failed"),
        _ if referral.gone => Some("canceled"),
        (_, Some(_)) => Some("ringing"),
        (_, None) => None,
    };
    let code = |code: Option<u16>| code.map(|code| code.to_string());
    let told = [
        ("ReferCallStatus", status.map(str::to_owned)),
        ("ReferSipResponseCode", code(referral.reply)),
        ("NotifySipResponseCode", code(referral.notified)),
    ];
    told.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// What was typed or said, where both or speech alone were asked for (`reference/twiml.md` 2.4,
/// `reference/plivo.md` 4.4 and 4.10). `keys` is whether keys were taken, `asked` the grammar.
pub(super) fn input(
    dialect: Dialect,
    form: Form,
    keys: bool,
    input: Option<Input>,
    asked: &str,
) -> Parameters {
    let (typed, words) = match input {
        Some(Input::Keys(digits, end)) => (Some((digits, end)), None),
        Some(Input::Words(words)) => (None, Some(words)),
        None => (None, None),
    };
    let confidence = |words: &Recognised| words.confidence.map(|c| format!("{c:.4}"));
    match (dialect, form, typed, words) {
        (Dialect::Twiml, _, Some((keys, end)), _) => digits(dialect, keys, Some(end)),
        (Dialect::Twiml, _, None, Some(words)) => {
            let confidence = confidence(&words).map(|c| ("Confidence".to_owned(), c));
            named([("SpeechResult", words.text)]).into_iter().chain(confidence).collect()
        }
        (Dialect::Twiml, _, None, None) if keys => digits(dialect, String::new(), None),
        (Dialect::Twiml, _, None, None) => named([("SpeechResult", String::new())]),
        (Dialect::Plivo, Form::Speech, _, words) => {
            let words = words.unwrap_or_default();
            let or =
                |text: &str, usual: &str| if text.is_empty() { usual } else { text }.to_owned();
            named([
                // The recogniser may know it by another name.
                ("Grammar", or(asked, &words.grammar)),
                ("Confidence", confidence(&words).unwrap_or_default()),
                ("Mode", or(&words.mode, "speech")),
                ("SpeechInterpretation", or(&words.interpretation, &words.text)),
                ("SpeechResult", words.text),
            ])
        }
        (Dialect::Plivo, _, typed, words) => {
            let kind = if words.is_some() { "speech" } else { "dtmf" };
            let words = words.unwrap_or_default();
            named([
                ("InputType", kind.to_owned()),
                ("Digits", typed.map(|(digits, _)| digits).unwrap_or_default()),
                ("SpeechConfidenceScore", confidence(&words).unwrap_or_else(|| "0.0".to_owned())),
                ("Speech", words.text),
                // Nothing is billed here.
                ("BilledAmount", "0.00000".to_owned()),
            ])
        }
    }
}

/// What was said so far, for `partialResultCallback` and `interimSpeechResultsCallback`.
pub(super) fn partial(dialect: Dialect, words: &Recognised, sequence: u32) -> Parameters {
    /// From here on a recogniser hardly changes its mind.
    const STABLE: f64 = 0.9;
    let stability = words.stability.unwrap_or(0.0);
    let (stable, unstable) = match stability >= STABLE {
        true => (words.text.clone(), String::new()),
        false => (String::new(), words.text.clone()),
    };
    let names = match dialect {
        Dialect::Twiml => ["StableSpeechResult", "UnstableSpeechResult"],
        Dialect::Plivo => ["StableSpeech", "UnstableSpeech"],
    };
    named([
        (names[0], stable),
        (names[1], unstable),
        ("Stability", format!("{stability:.4}")),
        ("SequenceNumber", sequence.to_string()),
    ])
}

/// Keeps what happened for the next request, where a verb has none of its own. A later happening
/// of the same name takes the place of the earlier one.
pub(super) fn remember(call: &mut Call, parameters: Parameters) {
    let happened = &mut call.memory.happened;
    happened.retain(|(name, _)| parameters.iter().all(|(new, _)| new != name));
    happened.extend(parameters);
    happened.truncate(limits::USER_VARIABLES);
}

fn named<const N: usize>(pairs: [(&str, String); N]) -> Parameters {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
