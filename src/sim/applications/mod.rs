//! The dialplan applications, one file per family, and how the switch runs one.

mod answer;
mod digits;
mod playback;
mod record;
mod refer;
mod run;
mod speech;
mod variables;

pub(super) use refer::Telling;
pub(super) use speech::{Noticed, Recogniser};
