//! The rooms of all calls: who waits, who is in, who has to go, and what all members share.
//!
//! Whoever waits for a room to begin is not in a conference of the switch: it hears what its own document
//! says, on its own channel, and is summoned ([`super::Order::Summons`]) when its room begins.

mod room;
mod seat;
mod terms;
#[cfg(test)]
mod tests;

pub use room::{RoomRecording, Standing};
pub use seat::{Departure, EnterError, Joining, Rooms, Seat};
pub use terms::{Entrant, Hearers, RecordingWish, RoomEnd, Watch};
