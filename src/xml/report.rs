//! What happened, in the names of each dialect.

use super::dialect::Dialect;
use crate::{
    base::limits,
    call::{Call, CollectEnd, Referral},
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
