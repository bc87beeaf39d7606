//! One room.

use super::terms::{Entrant, Hearers, RecordingWish, RoomEnd, Watch};
use crate::{
    base::{RecordingId, Timestamp},
    call::{Order, RoomName},
};
use std::sync::Arc;
use tokio::{sync::Notify, time::Instant};

/// A room, from its first member to its last.
#[derive(Debug)]
pub(super) struct Room {
    /// What it is known by, for as long as it has members.
    pub(super) id: RoomName,
    /// Its name on the switch, which is another one each time that its members come together: the switch
    /// may still be ending what had the last one.
    pub(super) name: RoomName,
    pub(super) began: Instant,
    pub(super) watch: Option<Arc<Watch>>,
    pub(super) members: Vec<Member>,
    /// Seats that are held, also by members who have left and still tell of it.
    pub(super) seats: usize,
    /// Somebody has come with whom it starts.
    opened: bool,
    /// Its members are, or should be, in the conference.
    running: bool,
    pub(super) over: Option<RoomEnd>,
    /// The call whose leave has ended it.
    pub(super) ended_by: Option<String>,
    sequence: u64,
    recording: Recorder,
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) number: u32,
    pub(super) entrant: Entrant,
    pub(super) news: Arc<Notify>,
    /// The switch's number of it, while it is in the conference.
    pub(super) inside: Option<u32>,
    /// It has to go: all others have left.
    dismissed: bool,
}

#[derive(Debug)]
enum Recorder {
    Idle(Option<RecordingWish>),
    /// Somebody is about to start it.
    Claimed,
    Runs(Arc<RoomRecording>),
    Done,
}

/// A recording of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRecording {
    /// Its name.
    pub id: RecordingId,
    /// Its file on the switch.
    pub path: String,
    /// Where the customer finds it.
    pub url: String,
    /// When it began.
    pub began: Timestamp,
    /// How it was wished for.
    pub wish: RecordingWish,
}

/// Where a member stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The room has not begun, or the member waits alone.
    Waits,
    /// The member belongs into the conference.
    Inside,
    /// All others have left, and it does not stay alone.
    Dismissed,
    /// The room is over.
    Over(RoomEnd),
}

impl Room {
    pub(super) fn new(entrant: &Entrant) -> Self {
        Self {
            id: RoomName::unique(),
            name: RoomName::unique(),
            began: Instant::now(),
            watch: entrant.watch.clone().map(Arc::new),
            members: Vec::new(),
            seats: 0,
            opened: false,
            running: false,
            over: None,
            ended_by: None,
            sequence: 0,
            recording: Recorder::Idle(None),
        }
    }

    /// Takes somebody in; gives whether the room begins with it.
    pub(super) fn admit(&mut self, number: u32, entrant: Entrant) -> bool {
        self.opened |= entrant.starts;
        self.seats += 1;
        if let Recorder::Idle(wish @ None) = &mut self.recording {
            wish.clone_from(&entrant.recording);
        }
        let (news, inside, dismissed) = (Arc::default(), None, false);
        self.members.push(Member { number, entrant, news, inside, dismissed });
        let begins = !self.running && self.opened && self.members.len() > 1;
        if begins {
            self.running = true;
            let others = self.members.iter().filter(|member| member.number != number);
            others.for_each(Member::summon);
        }
        begins
    }

    /// Lets a member go; the room may end with it, or leave somebody alone.
    pub(super) fn dismiss(&mut self, number: u32) {
        let Some(at) = self.members.iter().position(|member| member.number == number) else {
            return;
        };
        let gone = self.members.remove(at).entrant;
        if gone.ends {
            self.end(RoomEnd::WithMember, &gone.call);
        }
        match self.members.as_mut_slice() {
            [] => self.end(RoomEnd::Empty, &gone.call),
            [last] if self.over.is_none() && self.running => {
                last.dismissed = !last.entrant.stays_alone;
                let waits = last.entrant.waits_alone;
                last.summon();
                // A recording ends with the last member in the conference.
                if waits && !self.is_recorded() {
                    self.running = false;
                    self.name = RoomName::unique();
                }
            }
            _ => {}
        }
    }

    /// Ends the room for all who are still there.
    pub(super) fn end(&mut self, why: RoomEnd, by: &str) {
        if self.over.is_none() {
            self.over = Some(why);
            self.ended_by = Some(by.to_owned());
            self.members.iter().for_each(Member::summon);
        }
    }

    pub(super) fn standing(&self, number: u32) -> Standing {
        match (self.over, self.member(number)) {
            (Some(why), _) => Standing::Over(why),
            (None, Some(member)) if member.dismissed => Standing::Dismissed,
            (None, _) if self.running => Standing::Inside,
            (None, _) => Standing::Waits,
        }
    }

    pub(super) fn member(&self, number: u32) -> Option<&Member> {
        self.members.iter().find(|member| member.number == number)
    }

    pub(super) fn member_mut(&mut self, number: u32) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.number == number)
    }

    pub(super) fn inside(&self) -> usize {
        self.members.iter().filter(|member| member.inside.is_some()).count()
    }

    /// Events are numbered from one on.
    pub(super) fn next_sequence(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// Pairs of members of the switch, one of them the given one, of whom the first must not be heard
    /// by the second.
    pub(super) fn silences(&self, number: u32) -> Vec<(u32, u32)> {
        let inside = || self.members.iter().filter_map(|m| Some((m, m.inside?)));
        let pairs = inside().flat_map(|mouth| inside().map(move |ear| (mouth, ear)));
        let wanted = pairs.filter(|((mouth, _), (ear, _))| {
            mouth.number != ear.number
                && (mouth.number == number || ear.number == number)
                && !mouth.is_heard_by(ear)
        });
        wanted.map(|((_, mouth), (_, ear))| (mouth, ear)).collect()
    }

    /// The wish for a recording, if it is to begin now and by whoever asks.
    pub(super) fn claim_recording(&mut self) -> Option<RecordingWish> {
        let inside = self.inside();
        let Recorder::Idle(Some(wish)) = &self.recording else { return None };
        if inside < wish.from {
            return None;
        }
        let wish = wish.clone();
        self.recording = Recorder::Claimed;
        Some(wish)
    }

    pub(super) fn recording_runs(&mut self, recording: RoomRecording) {
        self.recording = Recorder::Runs(Arc::new(recording));
    }

    /// The recording that runs.
    pub(super) fn recording(&self) -> Option<Arc<RoomRecording>> {
        match &self.recording {
            Recorder::Runs(recording) => Some(Arc::clone(recording)),
            _ => None,
        }
    }

    /// Takes the recording with this path, which has ended; once.
    pub(super) fn take_recording(&mut self, path: &str) -> Option<Arc<RoomRecording>> {
        let recording = self.recording().filter(|recording| recording.path == path)?;
        self.recording = Recorder::Done;
        Some(recording)
    }

    /// Whether it is, was or may be recorded.
    pub(super) fn is_recorded(&self) -> bool {
        !matches!(self.recording, Recorder::Idle(None))
    }
}

impl Member {
    /// Tells it that there is something new, wherever it is.
    fn summon(&self) {
        self.news.notify_one();
        if self.inside.is_none() {
            // A call that takes no more orders is busy with some that end its wait as well.
            self.entrant.orders.give(Order::Summons);
        }
    }

    fn is_heard_by(&self, ear: &Self) -> bool {
        match &self.entrant.heard_by {
            Hearers::All => true,
            Hearers::Only(call) => ear.entrant.call == *call,
            Hearers::AllBut(role) => ear.entrant.role != *role,
        }
    }
}
