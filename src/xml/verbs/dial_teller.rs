//! Who attends a Dial: tells the customer's web server of each leg, and of the keys it waits for.

use super::{
    Dial, LegEvent, Stage,
    dial_gates::{self, Gates},
    dial_watch::Matcher,
};
use crate::{
    base::{Ask, CallFacts, CallId, HangupCause, Timestamp, event::Leg, phone::Key},
    call::{Attendant, Call, DialNews, DialOutcome, DialStatus, LegEnd, LegNews, Step},
    xml::{Desk, dial_report},
};
use futures_util::future::BoxFuture;
use std::time::Duration;

/// A call that dials, and who attends that.
pub(super) struct Teller<'a> {
    pub call: &'a mut Call,
    pub desk: Attending<'a>,
}

/// Tells what happens while a Dial is under way.
pub(super) struct Attending<'a> {
    dial: &'a Dial,
    /// Numbers in `dial` of the legs that are dialled.
    legs: Vec<usize>,
    /// What is known of each leg before it is dialled.
    children: Vec<CallFacts>,
    gates: Gates,
    desk: &'a mut dyn Desk,
    /// Where the document came from.
    from: &'a str,
    caller: String,
    told: Vec<Told>,
    by_caller: Matcher,
    by_callee: Matcher,
}

/// What was told of one leg.
struct Told {
    leg: Leg,
    sequence: u32,
    rang: bool,
    answered: bool,
    connected: bool,
    end: Option<LegEnd>,
}

impl<'a> Teller<'a> {
    pub(super) fn new<'s: 'a>(
        dial: &'a Dial,
        legs: Vec<usize>,
        gates: Gates,
        stage: &'a mut Stage<'s>,
    ) -> Self {
        let children = dial.legs.iter().map(|leg| dial_gates::child(dial, leg, stage)).collect();
        let caller = stage.call.facts().call_id.clone();
        let desk = Attending {
            dial,
            legs,
            children,
            gates,
            desk: &mut *stage.desk,
            from: stage.url,
            caller,
            told: Vec::new(),
            by_caller: Matcher::default(),
            by_callee: Matcher::default(),
        };
        Self { call: &mut *stage.call, desk }
    }
}

impl Attendant for Attending<'_> {
    fn news<'a>(&'a mut self, call: &'a mut Call, news: &'a DialNews) -> BoxFuture<'a, Step<()>> {
        Box::pin(async move {
            for happening in self.gates.stories() {
                call.tell(happening);
            }
            match news {
                DialNews::Leg { target, leg, what } => self.of_leg(call, *target, leg, what).await,
                DialNews::Key(key) => self.typed(call, *key).await,
            }
            Ok(())
        })
    }
}

impl Attending<'_> {
    async fn of_leg(&mut self, call: &mut Call, target: usize, leg: &Leg, what: &LegNews) {
        let Some(index) = self.legs.get(target).copied() else { return };
        let at = self.note(leg, what);
        let answered = self.told[at].answered;
        if let LegNews::Key(key) = what {
            self.typed_by_callee(call, index, leg, *key).await;
            return;
        }
        if let Some((event, status)) = status_event(what, answered) {
            self.tell_status(call, index, at, event, status, what).await;
        }
        let event = match what {
            LegNews::Answered => ("DialAnswer", "answer"),
            LegNews::Connected => ("DialConnected", "connected"),
            LegNews::Ended(_) => ("DialHangup", "hangup"),
            _ => return,
        };
        let more = match what {
            LegNews::Ended(end) => dial_report::callback_end(end, answered, call.is_over()),
            _ => Vec::new(),
        };
        self.call_back(call, index, leg, event, more).await;
    }

    /// Takes note of what happened to a leg; gives its place in the notes.
    fn note(&mut self, leg: &Leg, what: &LegNews) -> usize {
        let known = self.told.iter().position(|told| told.leg.id == leg.id);
        let at = known.unwrap_or(self.told.len());
        if known.is_none() {
            self.told.push(Told {
                leg: leg.clone(),
                sequence: 0,
                rang: false,
                answered: false,
                connected: false,
                end: None,
            });
        }
        let told = &mut self.told[at];
        match what {
            LegNews::Ringing => told.rang = true,
            LegNews::Answered => told.answered = true,
            LegNews::Connected => told.connected = true,
            LegNews::Ended(end) => told.end = Some(end.clone()),
            LegNews::Initiated | LegNews::EarlyMedia | LegNews::Key(_) => {}
        }
        at
    }

    /// `statusCallback` of one leg (`reference/twiml.md` 1.7).
    async fn tell_status(
        &mut self,
        call: &mut Call,
        index: usize,
        at: usize,
        event: LegEvent,
        status: &str,
        what: &LegNews,
    ) {
        let sequence = self.told[at].sequence;
        self.told[at].sequence += 1;
        let Some(callback) = &self.dial.legs[index].status else { return };
        if !callback.events.contains(&event) {
            return;
        }
        let end = match what {
            LegNews::Ended(end) => Some(end),
            _ => None,
        };
        let parameters = dial_report::leg(status, sequence, end);
        let mut child = self.children[index].clone();
        child.call_id = self.told[at].leg.id.to_string();
        child.created = Timestamp::now();
        let (url, method) = (callback.to.url.clone(), callback.to.method);
        let ask = Ask { url, method, parameters, after_hangup: call.is_over() };
        self.desk.notify_of(call, self.from, &child, ask).await;
    }

    /// `callbackUrl` of the Dial (`reference/plivo.md` 4.6).
    async fn call_back(
        &mut self,
        call: &mut Call,
        index: usize,
        leg: &Leg,
        event: (&str, &str),
        more: Vec<(String, String)>,
    ) {
        let Some(watch) = &self.dial.watch else { return };
        let child = &self.children[index];
        let party = (child.caller_number.as_str(), child.destination.as_str(), index + 1);
        let mut parameters = dial_report::callback(event, &self.caller, leg, party);
        parameters.extend(more);
        let (url, method) = (watch.to.url.clone(), watch.to.method);
        let ask = Ask { url, method, parameters, after_hangup: call.is_over() };
        self.desk.notify(call, self.from, ask).await;
    }

    /// What the caller types during a conversation is for the called party, and not for the next verb.
    async fn typed(&mut self, call: &mut Call, key: Key) {
        let talking = self.told.iter().position(|told| told.connected && told.end.is_none());
        let Some(at) = talking else { return };
        call.take_back(key);
        let Some(watch) = &self.dial.watch else { return };
        let matched = self.by_caller.typed(key, &watch.caller).map(str::to_owned);
        let leg = self.told[at].leg.clone();
        if let (Some(digits), Some(index)) = (matched, self.index_of(&leg.id, call)) {
            self.matched(call, index, &leg, digits, "ALeg").await;
        }
    }

    async fn typed_by_callee(&mut self, call: &mut Call, index: usize, leg: &Leg, key: Key) {
        let connected = self.told.iter().any(|told| told.leg.id == leg.id && told.connected);
        let Some(watch) = self.dial.watch.as_ref().filter(|_| connected) else { return };
        if let Some(digits) = self.by_callee.typed(key, &watch.callee).map(str::to_owned) {
            self.matched(call, index, leg, digits, "BLeg").await;
        }
    }

    async fn matched(
        &mut self,
        call: &mut Call,
        index: usize,
        leg: &Leg,
        digits: String,
        by: &str,
    ) {
        let more = vec![
            ("DialDigitsMatch".to_owned(), digits),
            ("DialDigitsPressedBy".to_owned(), by.to_owned()),
        ];
        self.call_back(call, index, leg, ("DialDigitsMatch", "digits"), more).await;
    }

    /// Which of the Dial's legs this one is.
    fn index_of(&self, id: &CallId, call: &Call) -> Option<usize> {
        self.legs.get(call.target_of(id)?).copied()
    }

    /// The Dial as it stands when the caller has hung up.
    pub(super) fn so_far(&self) -> DialOutcome {
        let connected = self.told.iter().find(|told| told.connected);
        let told = connected.or(self.told.last());
        let end = told.and_then(|told| told.end.clone());
        let talked = end.as_ref().filter(|_| connected.is_some()).map(|end| end.talked);
        let cause = match connected {
            Some(_) => HangupCause::NORMAL_CLEARING,
            None => HangupCause::ORIGINATOR_CANCEL,
        };
        DialOutcome {
            status: if connected.is_some() { DialStatus::Answered } else { DialStatus::NoAnswer },
            cause,
            sip: String::new(),
            leg: told.map(|told| told.leg.clone()),
            end,
            talked: talked.unwrap_or(Duration::ZERO),
            rang: self.told.iter().any(|told| told.rang || told.answered),
            ended_by: None,
            problem: None,
        }
    }
}

/// The event of `statusCallback` that this is, and its `CallStatus`.
fn status_event(what: &LegNews, answered: bool) -> Option<(LegEvent, &'static str)> {
    Some(match what {
        LegNews::Initiated => (LegEvent::Initiated, "initiated"),
        LegNews::Ringing => (LegEvent::Ringing, "ringing"),
        LegNews::Answered => (LegEvent::Answered, "in-progress"),
        LegNews::Ended(end) => (LegEvent::Completed, dial_report::leg_status(end, answered)),
        LegNews::EarlyMedia | LegNews::Connected | LegNews::Key(_) => return None,
    })
}
