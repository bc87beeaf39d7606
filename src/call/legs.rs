//! The legs that a call has dialled, and what their events mean.

use crate::{
    base::{CallId, HangupCause, Happening, event::Leg},
    esl::{Event, EventName},
};
use tokio::time::Instant;

/// Legs of the dials of one call, in the order in which they were dialled.
#[derive(Debug, Default)]
pub(super) struct Legs(Vec<DialledLeg>);

/// One dialled leg.
#[derive(Clone, Debug)]
pub(super) struct DialledLeg {
    pub(super) leg: Leg,
    pub(super) rang: bool,
    pub(super) answered: Option<Instant>,
    pub(super) bridged: bool,
    pub(super) ended: Option<LegEnd>,
}

/// How a leg ended.
#[derive(Clone, Debug)]
pub(super) struct LegEnd {
    pub(super) cause: HangupCause,
    /// FreeSWITCH's spelling: `sip:486`; empty if no SIP answer came.
    pub(super) sip: String,
    pub(super) at: Instant,
}

impl Legs {
    /// Adds a leg that is about to be dialled, with the UUID that it will have.
    pub(super) fn add(&mut self, leg: Leg) {
        self.0.push(DialledLeg { leg, rang: false, answered: None, bridged: false, ended: None });
    }

    /// Whether a leg that was seen is still up.
    pub(super) fn any_up(&self) -> bool {
        self.0.iter().any(|leg| leg.ended.is_none() && (leg.rang || leg.answered.is_some()))
    }

    /// Legs that were dialled and whose end was not told.
    pub(super) fn open(&self) -> impl Iterator<Item = &DialledLeg> {
        self.0.iter().filter(|leg| leg.ended.is_none())
    }

    pub(super) fn find(&self, id: &CallId) -> Option<&DialledLeg> {
        self.0.iter().find(|leg| &leg.leg.id == id)
    }

    /// Takes note of another leg's event; gives what it means for the story.
    pub(super) fn absorb(&mut self, event: &Event) -> Option<Happening> {
        let id = event.get("Unique-ID")?;
        let dialled = self.0.iter_mut().find(|leg| leg.leg.id.as_str() == id)?;
        match event.kind()? {
            EventName::Progress | EventName::ProgressMedia if !dialled.rang => {
                dialled.rang = true;
                Some(Happening::LegRinging(dialled.leg.clone()))
            }
            EventName::Answer if dialled.answered.is_none() => {
                dialled.answered = Some(Instant::now());
                Some(Happening::LegAnswered(dialled.leg.clone()))
            }
            EventName::HangupComplete if dialled.ended.is_none() => {
                let sip = event.variable("proto_specific_hangup_cause");
                let sip = sip.or(event.variable("sip_invite_failure_status"));
                Some(dialled.end(LegEnd {
                    cause: HangupCause::named(&event.get("Hangup-Cause").unwrap_or_default()),
                    sip: sip.map(|v| v.into_owned()).unwrap_or_default(),
                    at: Instant::now(),
                }))
            }
            _ => None,
        }
    }

    /// The caller's leg has been bridged to this one.
    pub(super) fn bridged(&mut self, id: &str) {
        if let Some(dialled) = self.0.iter_mut().find(|leg| leg.leg.id.as_str() == id) {
            dialled.bridged = true;
        }
    }

    /// The call is over: legs whose end was not told end with it.
    pub(super) fn close(&mut self) -> Vec<Happening> {
        let at = Instant::now();
        let cause = HangupCause::NORMAL_UNSPECIFIED;
        let seen =
            |leg: &&mut DialledLeg| leg.ended.is_none() && (leg.rang || leg.answered.is_some());
        let lost = self.0.iter_mut().filter(seen);
        lost.map(|leg| leg.end(LegEnd { cause: cause.clone(), sip: String::new(), at })).collect()
    }
}

impl DialledLeg {
    fn end(&mut self, end: LegEnd) -> Happening {
        let talked = self.answered.map(|since| end.at - since).unwrap_or_default();
        let cause = end.cause.clone();
        self.ended = Some(end);
        Happening::LegEnded { leg: self.leg.clone(), cause, talked }
    }
}
