//! How a dial went.

use super::{Call, LegEnd, dial_round::Round, legs::DialledLeg};
use crate::base::{HangupCause, event::Leg, phone::Key};
use std::time::Duration;

/// How a dial went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialOutcome {
    /// In one word.
    pub status: DialStatus,
    /// FreeSWITCH's cause: of the conversation's end, or of the failure.
    pub cause: HangupCause,
    /// SIP status of a failure in FreeSWITCH's spelling (`sip:486`); empty if there is none.
    pub sip: String,
    /// The leg that answered; otherwise the last one that was dialled.
    pub leg: Option<Leg>,
    /// How that leg ended.
    pub end: Option<LegEnd>,
    /// Length of the conversation.
    pub talked: Duration,
    /// Whether any leg rang.
    pub rang: bool,
    /// The key with which the caller ended it.
    pub ended_by: Option<Key>,
    /// Why nobody could be dialled at all.
    pub problem: Option<String>,
}

/// How a dial went, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialStatus {
    /// Somebody answered, and the conversation is over.
    Answered,
    /// Busy.
    Busy,
    /// Nobody answered in time.
    NoAnswer,
    /// The called party refused.
    Rejected,
    /// There was no way to the called party.
    Failed,
}

impl Call {
    /// `disposition` is the switch's cause for all legs together.
    pub(super) fn outcome(&self, round: &Round<'_>, disposition: HangupCause) -> DialOutcome {
        let Round { ids, winner, ended_by, .. } = round;
        let legs: Vec<_> = ids.iter().filter_map(|id| self.legs.find(id)).collect();
        let end = |leg: &DialledLeg| leg.ended.as_ref().map(|(end, _)| end.clone());
        let bridged = legs.iter().find(|leg| leg.bridged && leg.answered.is_some());
        let answered = bridged.or(legs.iter().find(|leg| Some(&leg.leg.id) == winner.as_ref()));
        let rang = legs.iter().any(|leg| leg.rang || leg.answered.is_some());
        if let Some(leg) = answered {
            let end = end(leg);
            return DialOutcome {
                status: DialStatus::Answered,
                cause: end.as_ref().map_or(HangupCause::NORMAL_CLEARING, |end| end.cause.clone()),
                sip: String::new(),
                leg: Some(leg.leg.clone()),
                talked: end.as_ref().map(|end| end.talked).unwrap_or_default(),
                end,
                rang,
                ended_by: *ended_by,
                problem: None,
            };
        }
        let cause = match legs.as_slice() {
            // One leg knows best why it failed; the caller's variables may be an earlier bridge's.
            [leg] => end(leg).map_or(disposition, |end| end.cause),
            _ => disposition,
        };
        let ends: Vec<_> = legs.iter().filter_map(|leg| end(leg)).collect();
        let sip = ends.iter().map(|end| end.sip.clone());
        // Who has answered and was not connected did not want to talk.
        let turned_back = legs.iter().any(|leg| leg.answered.is_some());
        let no_answer = ended_by.is_some() || turned_back;
        DialOutcome {
            status: if no_answer { DialStatus::NoAnswer } else { status_of(&cause) },
            cause,
            sip: sip.into_iter().find(|sip| !sip.is_empty()).unwrap_or_default(),
            end: ends.into_iter().next_back(),
            leg: legs.last().map(|leg| leg.leg.clone()),
            talked: Duration::ZERO,
            rang,
            ended_by: *ended_by,
            problem: None,
        }
    }
}

impl DialOutcome {
    pub(super) fn impossible(problem: String) -> Self {
        Self {
            status: DialStatus::Failed,
            cause: HangupCause::NO_ROUTE_DESTINATION,
            sip: String::new(),
            leg: None,
            end: None,
            talked: Duration::ZERO,
            rang: false,
            ended_by: None,
            problem: Some(problem),
        }
    }
}

fn status_of(cause: &HangupCause) -> DialStatus {
    match cause.as_str() {
        "USER_BUSY" => DialStatus::Busy,
        "CALL_REJECTED" | "DECLINE" => DialStatus::Rejected,
        "NO_ANSWER" | "NO_USER_RESPONSE" | "ALLOTTED_TIMEOUT" | "PROGRESS_TIMEOUT"
        | "ORIGINATOR_CANCEL" => DialStatus::NoAnswer,
        _ => DialStatus::Failed,
    }
}

/// Whether another gateway might do better: this one is down, full or broken. A busy, absent or
/// unknown number is the same through every gateway.
pub(super) fn is_gateway_trouble(cause: &HangupCause) -> bool {
    matches!(
        cause.as_str(),
        "GATEWAY_DOWN"
            | "INVALID_GATEWAY"
            | "CHAN_NOT_IMPLEMENTED"
            | "NETWORK_OUT_OF_ORDER"
            | "NORMAL_TEMPORARY_FAILURE"
            | "SERVICE_UNAVAILABLE"
            | "RECOVERY_ON_TIMER_EXPIRE"
            | "NORMAL_CIRCUIT_CONGESTION"
            | "SWITCH_CONGESTION"
            | "REQUESTED_CHAN_UNAVAIL"
            | "DESTINATION_OUT_OF_ORDER"
            | "INVALID_PROFILE"
            | "INTERWORKING"
    )
}
