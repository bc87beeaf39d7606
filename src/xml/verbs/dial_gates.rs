//! Called parties that come to us before they are connected: to hear something, to press a key, to be
//! told from a machine.

use super::{Dial, Leg, Stage};
use crate::{
    base::{Ask, CallFacts, Happening, limits, phone::Key},
    call::Gate,
    config::Method,
    xml::{LegPlan, run::Expected},
};
use std::time::Duration;

/// What a called party has to do before it is connected (`reference/plivo.md` 4.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct Confirm {
    /// A document that it hears.
    pub sound: Option<String>,
    /// The key that it has to press; without one it is connected after the sound.
    pub key: Option<Key>,
    /// How long it has for that.
    pub within: Duration,
}

/// The places where parties of one Dial are expected, until this is dropped.
#[derive(Default)]
pub(super) struct Gates(Vec<Expected>);

impl Gates {
    /// Has the party of a leg come to us, if there is something for it to meet.
    pub(super) fn open(&mut self, dial: &Dial, leg: &Leg, stage: &mut Stage<'_>) -> Option<Gate> {
        if leg.whisper.is_none() && leg.machine.is_none() && dial.confirm.is_none() {
            return None;
        }
        let whisper = leg.whisper.as_ref().map(|whisper| Ask {
            url: whisper.url.clone(),
            method: whisper.method,
            parameters: Vec::new(),
            after_hangup: false,
        });
        let confirm = dial.confirm.clone();
        let patience = match &confirm {
            Some(confirm) if whisper.is_none() => confirm.within + limits::DETECTION,
            _ => limits::GATE,
        };
        let facts = child(dial, leg, stage);
        let plan = LegPlan { facts, machine: leg.machine.clone(), whisper, confirm };
        match stage.desk.expect(stage.call, stage.url, plan) {
            Some(expected) => {
                let (token, address) = (expected.token, expected.address);
                self.0.push(expected);
                Some(Gate { token, address, patience })
            }
            None => {
                let message =
                    format!("{} is connected as soon as it answers: {UNREACHABLE}", leg.shown());
                stage.call.tell(Happening::Noted { error: true, message });
                None
            }
        }
    }

    /// What the legs have told since the last time.
    pub(super) fn stories(&mut self) -> Vec<Happening> {
        let mut told = Vec::new();
        for expected in &mut self.0 {
            while let Ok(happening) = expected.story.try_recv() {
                told.push(happening);
            }
        }
        told
    }
}

/// Why a party cannot come to us.
const UNREACHABLE: &str = "the switch does not know where to find this server";

/// The document that a party hears which has to confirm.
pub(in crate::xml) fn sound(url: &str) -> Ask {
    let (url, method) = (url.to_owned(), Method::Post);
    Ask { url, method, parameters: Vec::new(), after_hangup: false }
}

/// A dialled leg as a call of its own, but for its id.
pub(super) fn child(dial: &Dial, leg: &Leg, stage: &Stage<'_>) -> CallFacts {
    let caller = stage.call.facts();
    CallFacts {
        account_id: caller.account_id.clone(),
        parent: caller.call_id.clone(),
        direction: "outbound".to_owned(),
        caller_number: dial.shown_to(leg, stage),
        destination: leg.shown(),
        language: caller.language.clone(),
        switch: caller.switch.clone(),
        ..CallFacts::default()
    }
}
