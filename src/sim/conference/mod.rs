//! Conferences: shared by all calls of one switch, with the events and the API of `mod_conference`
//! (`reference/freeswitch.md` 3.8).

mod api;
mod member;
mod rooms;

pub(super) use rooms::{Conferences, Mail};
