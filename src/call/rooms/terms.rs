//! What a member brings with it: who it is, what it starts and ends, and whom it lets hear it.

use super::super::Orders;
use crate::config::Method;

/// Somebody who comes to a room.
#[derive(Clone, Debug)]
pub struct Entrant {
    /// The UUID of its channel.
    pub call: String,
    /// A name that no other member has.
    pub label: Option<String>,
    /// What kind of member it is; empty if there is only one kind.
    pub role: &'static str,
    /// How it is told that there is something new.
    pub orders: Orders,
    /// Whether the room begins with it, once somebody else is there.
    pub starts: bool,
    /// Whether the room ends with it.
    pub ends: bool,
    /// Whether it stays when all others have left.
    pub stays_alone: bool,
    /// Whether it waits outside again then, with its music.
    pub waits_alone: bool,
    /// Members that the room may have with it; nobody comes to a fuller one.
    pub at_most: u32,
    /// Who hears it.
    pub heard_by: Hearers,
    /// Who is told what happens in the room; that of the first member counts.
    pub watch: Option<Watch>,
    /// How the room is recorded; the first wish counts.
    pub recording: Option<RecordingWish>,
}

/// Who hears a member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Hearers {
    /// All others.
    #[default]
    All,
    /// The member with this call, and nobody else.
    Only(String),
    /// All but those of this role.
    AllBut(&'static str),
}

/// Who is told what happens in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Where; absolute.
    pub url: String,
    /// How.
    pub method: Method,
    /// Which events, in the words of the document.
    pub events: Vec<String>,
}

/// How a room is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingWish {
    /// File name extension.
    pub format: &'static str,
    /// Members with which it begins.
    pub from: usize,
    /// Who is told of the recording.
    pub watch: Option<Watch>,
}

/// Why a room has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomEnd {
    /// The last member has left.
    Empty,
    /// A member has left with whom the room ends.
    WithMember,
    /// Its time was up.
    TimeLimit,
}
