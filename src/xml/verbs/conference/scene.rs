//! What happens in a room, and who is told.

use super::{
    guest::{Guest, Way},
    party, plivo, twiml,
    verb::Kind,
};
use crate::{
    base::{Ask, CallFacts, phone::Key},
    call::{Recording, RoomEnd, RoomRecording},
    config::Method,
};

/// Something that happened.
#[derive(Debug)]
pub(super) enum Event<'e> {
    /// The participant has come, perhaps to wait.
    Joined,
    /// The room has begun with it.
    Began,
    /// It has left; the hangup and orders have no way.
    Left {
        why: Option<&'e Way>,
        last: bool,
    },
    /// The room has ended; told by the last one.
    Ended {
        why: Option<RoomEnd>,
        by: Option<&'e str>,
    },
    Muted(bool),
    Held(bool),
    Talking(bool),
    Floor,
    Key(Key),
    /// A row of keys that is to be told.
    Digits(&'e str),
    RecordingBegan(&'e RoomRecording),
    Recorded {
        recording: &'e RoomRecording,
        made: &'e Recording,
    },
    NotRecorded(&'e RoomRecording),
}

/// A participant and its call.
pub(super) struct Scene<'s> {
    pub guest: &'s Guest<'s>,
    pub facts: &'s CallFacts,
}

/// Names and values of a request.
pub(super) type Parameters = Vec<(String, String)>;

impl Scene<'_> {
    /// The requests that an event asks for.
    pub fn requests(&self, event: &Event<'_>) -> Vec<Ask> {
        match self.guest.conference.kind {
            Kind::Twiml => twiml::requests(self, event),
            Kind::Plivo => plivo::requests(self, event),
            Kind::Party(role) => party::requests(self, role, event),
        }
    }

    /// What the follow-up is told.
    pub fn of_action(&self, way: &Way) -> Parameters {
        match self.guest.conference.kind {
            Kind::Twiml => twiml::of_action(self, way),
            Kind::Plivo => plivo::of_action(self),
            Kind::Party(role) => party::of_exit(self, role),
        }
    }

    /// The room's UUID.
    pub fn room(&self) -> &str {
        self.guest.seat.id().as_str()
    }
}

pub(super) fn ask(url: &str, method: Method, parameters: Parameters) -> Ask {
    Ask { url: url.to_owned(), method, parameters, after_hangup: false }
}

pub(super) fn named<const N: usize>(pairs: [(&str, String); N]) -> Parameters {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
