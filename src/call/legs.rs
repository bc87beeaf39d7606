//! The legs that a call has dialled, what their events mean, and what a dial has yet to look at.

use super::{DialNews, LegEnd, LegNews, channel::Running};
use crate::{
    base::{CallId, HangupCause, Happening, event::Leg, limits, phone::Key},
    esl::{Event, EventName},
};
use std::collections::VecDeque;
use tokio::time::Instant;

/// Legs of the dials of one call, in the order in which they were dialled.
#[derive(Debug, Default)]
pub(super) struct Legs {
    dialled: Vec<DialledLeg>,
    /// The dial that is under way.
    dial: Option<UnderWay>,
}

/// A dial that is under way. Whatever its call waits for meanwhile, nothing of it is missed.
#[derive(Debug)]
struct UnderWay {
    /// Id of the `bridge` application.
    id: String,
    /// What has happened and was not looked at yet.
    news: VecDeque<DialNews>,
    /// Completion of the `bridge` application, once it has come.
    ended: Option<Event>,
}

/// One dialled leg.
#[derive(Clone, Debug)]
pub(super) struct DialledLeg {
    pub(super) leg: Leg,
    /// Which of the dial's targets it goes to.
    pub(super) target: usize,
    pub(super) rang: bool,
    early_media: bool,
    pub(super) answered: Option<Instant>,
    pub(super) bridged: bool,
    pub(super) ended: Option<(LegEnd, Instant)>,
}

impl Legs {
    /// Adds a leg that is about to be dialled, with the UUID that it will have.
    pub(super) fn add(&mut self, leg: Leg, target: usize) {
        self.dialled.push(DialledLeg {
            leg,
            target,
            rang: false,
            early_media: false,
            answered: None,
            bridged: false,
            ended: None,
        });
    }

    /// A dial begins; these legs have been added for it.
    pub(super) fn begin(&mut self, bridge: &Running, ids: &[CallId]) {
        let news = VecDeque::new();
        self.dial = Some(UnderWay { id: bridge.id.clone(), news, ended: None });
        for id in ids {
            self.report(id, LegNews::Initiated);
        }
    }

    /// The dial is over.
    pub(super) fn end(&mut self) {
        self.dial = None;
    }

    /// The next thing that the dial has not looked at.
    pub(super) fn next_news(&mut self) -> Option<DialNews> {
        self.dial.as_mut()?.news.pop_front()
    }

    /// The completion of the dial's bridge, if it has come.
    pub(super) fn take_end(&mut self) -> Option<Event> {
        self.dial.as_mut()?.ended.take()
    }

    /// An application of the caller's leg has completed.
    pub(super) fn completed(&mut self, id: &str, event: &Event) {
        if let Some(dial) = self.dial.as_mut().filter(|dial| dial.id == id) {
            dial.ended = Some(event.clone());
        }
    }

    /// The caller has typed a key.
    pub(super) fn typed(&mut self, key: Key) {
        self.push(DialNews::Key(key));
    }

    /// Whether a leg that was seen is still up.
    pub(super) fn any_up(&self) -> bool {
        let seen = |leg: &DialledLeg| leg.rang || leg.answered.is_some();
        self.dialled.iter().any(|leg| leg.ended.is_none() && seen(leg))
    }

    /// Legs that were dialled and whose end was not told.
    pub(super) fn open(&self) -> impl Iterator<Item = &DialledLeg> {
        self.dialled.iter().filter(|leg| leg.ended.is_none())
    }

    pub(super) fn find(&self, id: &CallId) -> Option<&DialledLeg> {
        self.dialled.iter().find(|leg| &leg.leg.id == id)
    }

    /// Takes note of another leg's event; gives what it means for the story.
    pub(super) fn absorb(&mut self, event: &Event) -> Option<Happening> {
        let id = CallId::from(&*event.get("Unique-ID")?);
        let kind = event.kind()?;
        // What comes late of a leg that was given up is not told.
        let open = |leg: &&mut DialledLeg| leg.leg.id == id && leg.ended.is_none();
        let dialled = self.dialled.iter_mut().find(open)?;
        if kind == EventName::ProgressMedia && !dialled.early_media {
            dialled.early_media = true;
            self.report(&id, LegNews::EarlyMedia);
        }
        let dialled = self.dialled.iter_mut().find(|leg| leg.leg.id == id)?;
        let (told, news) = match kind {
            EventName::Progress | EventName::ProgressMedia if !dialled.rang => {
                dialled.rang = true;
                (Some(Happening::LegRinging(dialled.leg.clone())), LegNews::Ringing)
            }
            EventName::Answer if dialled.answered.is_none() => {
                dialled.answered = Some(Instant::now());
                (Some(Happening::LegAnswered(dialled.leg.clone())), LegNews::Answered)
            }
            EventName::Dtmf => {
                (None, LegNews::Key(Key::new(event.get("DTMF-Digit")?.chars().next()?)?))
            }
            EventName::HangupComplete => {
                let end = LegEnd::of(event);
                let told = dialled.end(end);
                let end = dialled.ended.as_ref().map(|(end, _)| end.clone())?;
                (Some(told), LegNews::Ended(end))
            }
            _ => return None,
        };
        self.report(&id, news);
        told
    }

    /// The caller's leg has been bridged to this one.
    pub(super) fn bridged(&mut self, id: &str) {
        let id = CallId::from(id);
        let found = self.dialled.iter_mut().find(|leg| leg.leg.id == id && !leg.bridged);
        if let Some(dialled) = found {
            dialled.bridged = true;
            self.report(&id, LegNews::Connected);
        }
    }

    /// A leg of which nothing more will be heard: it ended for this reason. Gives what it means for the
    /// story, which knows only legs that rang.
    pub(super) fn give_up(&mut self, id: &CallId, cause: HangupCause) -> Option<Happening> {
        let open = |leg: &&mut DialledLeg| leg.leg.id == *id && leg.ended.is_none();
        let dialled = self.dialled.iter_mut().find(open)?;
        let told = dialled.end(LegEnd::without_a_word(cause));
        let seen = dialled.rang || dialled.answered.is_some();
        if let Some((end, _)) = dialled.ended.clone() {
            self.report(id, LegNews::Ended(end));
        }
        seen.then_some(told)
    }

    /// The call is over: legs whose end was not told end with it.
    pub(super) fn close(&mut self) -> Vec<Happening> {
        let cause = HangupCause::NORMAL_UNSPECIFIED;
        let seen =
            |leg: &&mut DialledLeg| leg.ended.is_none() && (leg.rang || leg.answered.is_some());
        let lost = self.dialled.iter_mut().filter(seen);
        lost.map(|leg| leg.end(LegEnd::without_a_word(cause.clone()))).collect()
    }

    fn report(&mut self, id: &CallId, what: LegNews) {
        let Some(dialled) = self.find(id) else { return };
        let (target, leg) = (dialled.target, dialled.leg.clone());
        self.push(DialNews::Leg { target, leg, what });
    }

    fn push(&mut self, news: DialNews) {
        // Only keys can be that many.
        if let Some(dial) = self.dial.as_mut().filter(|d| d.news.len() < limits::DIAL_NEWS) {
            dial.news.push_back(news);
        }
    }
}

impl DialledLeg {
    fn end(&mut self, mut end: LegEnd) -> Happening {
        let at = Instant::now();
        end.talked = self.answered.map(|since| at - since).unwrap_or_default();
        let (cause, talked) = (end.cause.clone(), end.talked);
        self.ended = Some((end, at));
        Happening::LegEnded { leg: self.leg.clone(), cause, talked }
    }
}
