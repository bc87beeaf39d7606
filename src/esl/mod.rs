//! FreeSWITCH's event socket: bytes in, frames and events out; typed commands in, bytes out.
//!
//! This room does not know that calls exist. Facts: `reference/freeswitch.md` sections 1, 2 and
//! 2.10–2.12; oddities have their paragraph in `docs/QUIRKS.md`.

mod codec;
mod command;
mod conference;
mod connection;
mod error;
mod event;
mod headers;
mod index;
mod listener;
mod message;
mod percent;

pub use codec::FrameCodec;
pub use command::{Api, Command, EventName, Execute, RecordOrder, VariableName};
pub use conference::{ConferenceOrder, RoomName};
pub use connection::{Connection, Incoming, Io, Ticket};
pub use error::EslError;
pub use event::Event;
pub use headers::Headers;
pub use index::Index;
pub use listener::{Arrival, Listener, Session};
pub use message::{Disposition, Frame, Message, Notice, Reply};
