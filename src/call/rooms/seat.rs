//! The rooms by name, and a member's place in one of them, which it keeps as long as it holds it.

use super::{
    room::{Room, RoomRecording, Standing},
    terms::{Entrant, Hearers, RecordingWish, RoomEnd, Watch},
};
use crate::{base::limits, call::RoomName};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Notify;

/// All rooms of this process.
#[derive(Debug, Default)]
pub struct Rooms(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    /// Rooms that can be entered, by account and name.
    open: HashMap<(String, String), u64>,
    /// All rooms with members.
    rooms: HashMap<u64, Room>,
    last_room: u64,
    last_member: u32,
}

/// A member's place in a room. Whoever drops it has left.
#[derive(Debug)]
pub struct Seat {
    rooms: Arc<Rooms>,
    key: (String, String),
    room: u64,
    number: u32,
    id: RoomName,
    watch: Option<Arc<Watch>>,
    news: Arc<Notify>,
    first: bool,
    begins: bool,
}

/// Why somebody does not get into a room.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnterError {
    /// It has as many members as it may.
    #[error("the room is full")]
    Full,
    /// Another member has the name.
    #[error("another participant has the label {0:?}")]
    LabelTaken(String),
    /// Whoever should be coached is not there.
    #[error("{0:?} is no call in the room")]
    NobodyToCoach(String),
}

/// What is to be done once a member is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joining {
    /// Pairs of the switch's numbers: the first must not be heard by the second.
    pub silences: Vec<(u32, u32)>,
    /// The recording is to begin now, and this member starts it.
    pub record: Option<RecordingWish>,
}

/// How a member has left.
#[derive(Clone, Debug)]
pub struct Departure {
    /// The room has ended for it, or with it.
    pub ended: Option<RoomEnd>,
    /// Nobody is left: it tells what there is to tell of the room's end.
    pub last: bool,
    /// The call whose leave has ended the room.
    pub ended_by: Option<String>,
    /// The recording that still runs, if nobody is left to hear of its end.
    pub recording: Option<Arc<RoomRecording>>,
    /// How long the room has existed.
    pub lasted: Duration,
}

impl Rooms {
    /// Takes somebody into the room of that account and name, which is made if there is none.
    pub fn enter(
        self: &Arc<Self>,
        account: &str,
        name: &str,
        entrant: Entrant,
    ) -> Result<Seat, EnterError> {
        let key = (account.to_owned(), name.to_owned());
        let mut table = self.lock();
        let known = table.open.get(&key).copied();
        let members = known.and_then(|id| table.rooms.get(&id)).map(|room| room.members.as_slice());
        let members = members.unwrap_or_default();
        let most = usize::try_from(entrant.at_most).unwrap_or(usize::MAX);
        if members.len() >= most.min(limits::ROOM_MEMBERS) {
            return Err(EnterError::Full);
        }
        let mut labels = members.iter().filter_map(|member| member.entrant.label.as_ref());
        if let Some(label) = &entrant.label
            && labels.any(|taken| taken == label)
        {
            return Err(EnterError::LabelTaken(label.clone()));
        }
        if let Hearers::Only(call) = &entrant.heard_by
            && !members.iter().any(|member| member.entrant.call == *call)
        {
            return Err(EnterError::NobodyToCoach(call.clone()));
        }
        table.last_member = table.last_member.wrapping_add(1);
        let (number, id) = (table.last_member, known.unwrap_or(table.last_room + 1));
        if known.is_none() {
            table.last_room = id;
            table.open.insert(key.clone(), id);
        }
        let room = table.rooms.entry(id).or_insert_with(|| Room::new(&entrant));
        let begins = room.admit(number, entrant);
        let news = room.member(number).map(|member| Arc::clone(&member.news)).unwrap_or_default();
        Ok(Seat {
            rooms: Arc::clone(self),
            key,
            room: id,
            number,
            id: room.id.clone(),
            watch: room.watch.clone(),
            news,
            first: room.members.len() == 1,
            begins,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// What the room is known by: a UUID.
    pub fn id(&self) -> &RoomName {
        &self.id
    }

    /// The room's name on the switch, until somebody is left alone in it.
    pub fn name(&self) -> RoomName {
        self.with(|room, _| room.name.clone()).unwrap_or_else(|| self.id.clone())
    }

    /// This member's number, unique over all rooms.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Who is told what happens in the room.
    pub fn watch(&self) -> Option<Arc<Watch>> {
        self.watch.clone()
    }

    /// Whether it was the first to come.
    pub fn first(&self) -> bool {
        self.first
    }

    /// Whether the room has begun with it.
    pub fn begins(&self) -> bool {
        self.begins
    }

    /// Where it stands now.
    pub fn standing(&self) -> Standing {
        self.with(|room, number| room.standing(number)).unwrap_or(Standing::Over(RoomEnd::Empty))
    }

    /// Ends when there is something new about its standing, perhaps.
    pub async fn called(&self) {
        self.news.notified().await;
    }

    /// It is in the conference now.
    pub fn joined(&self, member: u32) -> Joining {
        let joining = self.with(|room, number| {
            if let Some(seated) = room.member_mut(number) {
                seated.inside = Some(member);
            }
            let (silences, record) = (room.silences(number), room.claim_recording());
            Joining { silences, record }
        });
        joining.unwrap_or(Joining { silences: Vec::new(), record: None })
    }

    /// It is in the conference no longer, but still in the room.
    pub fn stepped_out(&self) {
        self.with(|room, number| {
            if let Some(seated) = room.member_mut(number) {
                seated.inside = None;
            }
        });
    }

    /// The next number of the room's events.
    pub fn next_sequence(&self) -> u64 {
        self.with(|room, _| room.next_sequence()).unwrap_or_default()
    }

    /// The recording that it was to start has begun.
    pub fn recording_runs(&self, recording: RoomRecording) {
        self.with(|room, _| room.recording_runs(recording));
    }

    /// The recording that runs.
    pub fn recording(&self) -> Option<Arc<RoomRecording>> {
        self.with(|room, _| room.recording()).flatten()
    }

    /// The recording with this path has ended: whoever asks first tells of it.
    pub fn take_recording(&self, path: &str) -> Option<Arc<RoomRecording>> {
        self.with(|room, _| room.take_recording(path)).flatten()
    }

    /// Whether the room is recorded, or may be.
    pub fn is_recorded(&self) -> bool {
        self.with(|room, _| room.is_recorded()).unwrap_or_default()
    }

    /// How long the room has existed.
    pub fn lasted(&self) -> Duration {
        self.with(|room, _| room.began.elapsed()).unwrap_or_default()
    }

    /// Ends the room for all.
    pub fn end_room(&self, why: RoomEnd) {
        let mut table = self.rooms.lock();
        if let Some(room) = table.rooms.get_mut(&self.room) {
            let call = room.member(self.number).map(|m| m.entrant.call.clone()).unwrap_or_default();
            room.end(why, &call);
        }
        self.close(&mut table);
    }

    /// Leaves; what is to be told of it still needs the seat. Leaving again says the same of the room.
    pub fn leave(&self) -> Departure {
        let mut table = self.rooms.lock();
        let Some(room) = table.rooms.get_mut(&self.room) else {
            let (ended, ended_by) = (Some(RoomEnd::Empty), None);
            let (lasted, recording) = (Duration::ZERO, None);
            return Departure { ended, last: false, ended_by, recording, lasted };
        };
        room.dismiss(self.number);
        let last = room.members.is_empty();
        let departure = Departure {
            ended: room.over,
            last,
            ended_by: room.ended_by.clone(),
            recording: last.then(|| room.recording()).flatten(),
            lasted: room.began.elapsed(),
        };
        self.close(&mut table);
        departure
    }

    /// A room that is over is entered no more.
    fn close(&self, table: &mut Table) {
        let over = table.rooms.get(&self.room).is_none_or(|room| room.over.is_some());
        if over && table.open.get(&self.key) == Some(&self.room) {
            table.open.remove(&self.key);
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Room, u32) -> T) -> Option<T> {
        self.rooms.lock().rooms.get_mut(&self.room).map(|room| work(room, self.number))
    }
}

impl Drop for Seat {
    /// However a call's task ends, it is in no room afterwards.
    fn drop(&mut self) {
        self.leave();
        let mut table = self.rooms.lock();
        let Some(room) = table.rooms.get_mut(&self.room) else { return };
        room.seats = room.seats.saturating_sub(1);
        if room.seats == 0 {
            table.rooms.remove(&self.room);
        }
    }
}
