//! What all calls of a switch share of its conferences: who is in, who hears whom, what is recorded.

use crate::sim::{
    attended::{LegNews, LegOrder},
    encoding::Event,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{sync::mpsc::UnboundedSender, time::Instant};

/// All conferences of a switch.
#[derive(Debug, Default)]
pub(in crate::sim) struct Conferences(Mutex<Table>);

/// What reaches a call from a conference, or from another call.
#[derive(Clone, Debug)]
pub(in crate::sim) enum Mail {
    /// An event, without the headers that every event begins with.
    Event(Arc<Event>),
    /// The member is put out.
    Out,
    /// The member hears this: a path or a tone.
    Hears(String),
    /// The member hears another, by number, begin or cease to speak.
    Speaks(String, bool),
    /// The member is sent a key that another typed.
    Key(char),
    /// A recording that this call ordered, or whose room it left last, has ended.
    Recorded(Recording),
    /// News of a leg that this call has dialled, by its index.
    Leg(usize, LegNews),
    /// This call is such a leg, and something happens to it.
    Order(LegOrder),
}

#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) rooms: BTreeMap<String, Conference>,
    members: u32,
    onlookers: Vec<UnboundedSender<Mail>>,
}

#[derive(Debug)]
pub(super) struct Conference {
    pub(super) name: String,
    pub(super) uuid: String,
    pub(super) profile: String,
    pub(super) breakable: bool,
    pub(super) members: Vec<Member>,
    pub(super) floor: Option<u32>,
    pub(super) recordings: Vec<Recording>,
}

/// A recording of a conference.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Recording {
    pub(in crate::sim) path: String,
    pub(in crate::sim) began: Instant,
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) id: u32,
    pub(super) number: String,
    pub(super) mail: UnboundedSender<Mail>,
    /// The headers of its channel.
    pub(super) channel: Event,
    pub(super) moderator: bool,
    pub(super) speaks: bool,
    pub(super) hears: bool,
    pub(super) held: bool,
    pub(super) talks: bool,
    /// Members who do not hear it.
    pub(super) silent_to: Vec<u32>,
}

impl Conferences {
    pub(in crate::sim) fn listen(&self, mail: UnboundedSender<Mail>) {
        self.lock().onlookers.push(mail);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    pub(super) fn next_member(&mut self) -> u32 {
        self.members += 1;
        self.members
    }

    /// Sends an event to every connection of the switch; those that want it pass it on.
    pub(super) fn broadcast(&mut self, event: Event) {
        let event = Arc::new(event);
        self.onlookers.retain(|mail| mail.send(Mail::Event(Arc::clone(&event))).is_ok());
    }

    /// An event of a conference, or of one of its members.
    pub(super) fn fire(
        &mut self,
        room: &str,
        member: Option<u32>,
        action: &str,
        extra: &[(&str, &str)],
    ) {
        if let Some(conference) = self.rooms.get(room) {
            let event = conference.event(member, action, extra);
            self.broadcast(event);
        }
    }
}

impl Conference {
    pub(super) fn member(&self, id: u32) -> Option<&Member> {
        self.members.iter().find(|member| member.id == id)
    }

    pub(super) fn member_mut(&mut self, id: u32) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.id == id)
    }

    pub(super) fn event(&self, member: Option<u32>, action: &str, extra: &[(&str, &str)]) -> Event {
        let mut event = Event::new();
        event.push("Conference-Name", &*self.name);
        event.push("Conference-Domain", "127.0.0.1");
        event.push("Conference-Size", self.members.len().to_string());
        event.push("Conference-Ghosts", "0");
        event.push("Conference-Profile-Name", &*self.profile);
        event.push("Conference-Unique-ID", &*self.uuid);
        if let Some(member) = member.and_then(|id| self.member(id)) {
            event.push("Floor", (self.floor == Some(member.id)).to_string());
            event.append(&member.channel);
            event.push("Video", "false");
            event.push("Hear", member.hears.to_string());
            event.push("See", "true");
            event.push("Speak", member.speaks.to_string());
            event.push("Talking", member.talks.to_string());
            event.push("Mute-Detect", "false");
            event.push("Hold", member.held.to_string());
            event.push("Member-ID", member.id.to_string());
            event.push("Member-Type", if member.moderator { "moderator" } else { "member" });
            event.push("Member-Ghost", "false");
            event.push("Energy-Level", "100");
            event.push("Current-Energy", "0");
        }
        event.push("Action", action);
        extra.iter().for_each(|(name, value)| event.push(name, value));
        event
    }

    /// Whether one member hears another.
    pub(super) fn hears(&self, ear: &Member, mouth: &Member) -> bool {
        let open = ear.hears && !ear.held && mouth.speaks && !mouth.held;
        open && ear.id != mouth.id && !mouth.silent_to.contains(&ear.id)
    }
}
