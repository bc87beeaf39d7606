//! The verb: who comes to which room, and what follows.

use super::{
    guest::{Guest, Way},
    sounds::{Chime, Music, Page},
};
use crate::{
    base::{Happening, phone::KeySet},
    call::{EnterError, Entrant, Hearers, RecordingWish, Step, Watch},
    xml::{
        report,
        verbs::{Outcome, Stage, Then},
    },
};
use std::{sync::Arc, time::Duration};

/// A room, and how a call comes to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct Conference {
    pub room: String,
    pub kind: Kind,
    pub muted: bool,
    pub held: bool,
    pub starts: bool,
    pub ends: bool,
    pub stays_alone: bool,
    /// A name that no other participant has.
    pub label: Option<String>,
    pub at_most: u32,
    pub heard_by: Hearers,
    pub enter_sound: Chime,
    pub exit_sound: Chime,
    /// Heard while the room has not begun.
    pub music: Music,
    /// Longest wait for the room to begin.
    pub patience: Option<Duration>,
    /// Heard on hold.
    pub hold_music: Option<Page>,
    /// Longest stay.
    pub limit: Duration,
    /// Whether the room ends for all when that is over.
    pub limit_ends_room: bool,
    pub leave_on: KeySet,
    pub relays_keys: bool,
    /// Rows of keys that are told.
    pub keys_told: Vec<String>,
    pub floor_told: bool,
    /// Who is told of the room; that of the first participant counts.
    pub watch: Option<Watch>,
    pub recording: Option<RecordingWish>,
    /// Who is told of this participant.
    pub callback: Option<Page>,
    /// The follow-up; without one the next verb is next.
    pub then: Option<Then>,
}

/// In whose names a conference is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::xml) enum Kind {
    Twiml,
    Plivo,
    /// A MultiPartyCall, and who it is that comes.
    Party(Role),
}

/// Who comes to a MultiPartyCall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::xml) enum Role {
    Agent,
    Supervisor,
    Customer,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Supervisor => "supervisor",
            Self::Customer => "customer",
        }
    }
}

impl Conference {
    /// A room with everything else as its vendors have it by default.
    pub fn new(room: String, kind: Kind) -> Self {
        Self {
            room,
            kind,
            muted: false,
            held: false,
            starts: true,
            ends: false,
            stays_alone: true,
            label: None,
            at_most: 250,
            heard_by: Hearers::All,
            enter_sound: Chime::None,
            exit_sound: Chime::None,
            music: Music::Operator,
            patience: None,
            hold_music: None,
            limit: crate::base::limits::CONVERSATION,
            limit_ends_room: false,
            leave_on: KeySet::NONE,
            relays_keys: false,
            keys_told: Vec::new(),
            floor_told: false,
            watch: None,
            recording: None,
            callback: None,
            then: None,
        }
    }

    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        let rooms = Arc::clone(&stage.call.settings().rooms);
        let account = stage.call.facts().account_id.clone();
        let seat = match rooms.enter(&account, &self.key(), self.entrant(stage)) {
            Ok(seat) => seat,
            Err(error) => return Ok(self.turned_away(stage, &error)),
        };
        let mut guest = Guest::new(self, seat, stage.url);
        let stay = guest.stay(stage).await;
        stage.call.await_summons(false);
        guest.depart(stage, &stay).await;
        let way = stay?;
        self.conclude(stage, &guest, &way).await
    }

    /// A MultiPartyCall is not the conference of the same name.
    fn key(&self) -> String {
        match self.kind {
            Kind::Party(_) => format!("party:{}", self.room),
            Kind::Twiml | Kind::Plivo => format!("conference:{}", self.room),
        }
    }

    fn entrant(&self, stage: &Stage<'_>) -> Entrant {
        let absolute =
            |watch: &Watch| Watch { url: absolute(stage.url, &watch.url), ..watch.clone() };
        let recording = self.recording.clone().map(|wish| {
            let watch = wish.watch.as_ref().map(absolute);
            RecordingWish { watch, ..wish }
        });
        Entrant {
            call: stage.call.facts().call_id.clone(),
            label: self.label.clone(),
            role: match self.kind {
                Kind::Party(role) => role.as_str(),
                Kind::Twiml | Kind::Plivo => "",
            },
            orders: stage.call.orders(),
            starts: self.starts,
            ends: self.ends,
            stays_alone: self.stays_alone,
            // At Twilio whoever is left alone hears silence; Plivo's music is for them, too.
            waits_alone: self.kind != Kind::Twiml,
            at_most: self.at_most,
            heard_by: self.heard_by.clone(),
            watch: self.watch.as_ref().map(absolute),
            recording,
        }
    }

    /// The follow-up is skipped as well: Plivo says so of a full room (`reference/plivo.md` 0, 11),
    /// Twilio of a label that is taken (`reference/twiml.md` 2.7.3).
    fn turned_away(&self, stage: &mut Stage<'_>, error: &EnterError) -> Outcome {
        let message = format!("{}: {error}", self.room);
        stage.call.tell(Happening::Noted { error: true, message });
        Outcome::next(format!("not let in: {error}"))
    }

    async fn conclude(&self, stage: &mut Stage<'_>, guest: &Guest<'_>, way: &Way) -> Step<Outcome> {
        let told = way.told();
        let parameters = guest.scene(stage.call).of_action(way);
        Ok(match &self.then {
            Some(then) => then.settle(stage, told, parameters, false).await,
            None => {
                report::remember(stage.call, parameters);
                Outcome::next(told)
            }
        })
    }
}

impl Way {
    /// For a person.
    fn told(&self) -> String {
        match self {
            Self::Key(key) => format!("left with {key}"),
            Self::TimeUp => "its time was up".to_owned(),
            Self::Alone => "left alone".to_owned(),
            Self::Over(_) => "the room has ended".to_owned(),
            Self::PutOut => "put out".to_owned(),
            Self::Refused => "the switch has no such conference".to_owned(),
            Self::NoMusic(reason) => format!("nothing to hear: {reason}"),
        }
    }
}

/// A URL that a document names, from where that document came.
pub(super) fn absolute(document: &str, url: &str) -> String {
    let joined = url::Url::parse(document).and_then(|base| base.join(url.trim()));
    joined.map_or_else(|_| url.to_owned(), Into::into)
}
