//! Conferences of all kinds: TwiML's, Plivo's, and Plivo's MultiPartyCall.

mod guest;
mod inside;
mod keys;
mod party;
mod plivo;
mod scene;
mod sounds;
mod twiml;
mod verb;

pub(in crate::xml) use sounds::{Chime, Music, Page};
pub(in crate::xml) use verb::{Conference, Kind, Role};
