//! What all calls of a server share.

use super::Lobby;
use crate::{
    base::Sink, call, cdr, config::Config, debug, http::Door, outbox::Outbox, piston::Library,
};
use std::sync::Arc;

/// Somebody who wants to hear the story of every call: gives a listener for each.
pub type Observer = Arc<dyn Fn() -> Box<dyn Sink> + Send + Sync>;

/// The server's side of every call.
pub struct House {
    /// The configuration.
    pub config: Config,
    /// What the calls' vocabulary needs of it.
    pub calls: Arc<call::Settings>,
    /// The way to the customers' servers.
    pub door: Door,
    /// Callflows from files.
    pub library: Arc<Library>,
    /// Deliveries to the customers' servers.
    pub outbox: Outbox,
    /// Keeps CDRs.
    pub cdrs: cdr::Keeper,
    /// Keeps what calls asked and were answered.
    pub debug: debug::Keeper,
    /// Called parties that come to us before they are connected.
    pub lobby: Lobby,
    /// Further listeners: trace, metrics, a display.
    pub observers: Vec<Observer>,
}

impl House {
    /// Listeners for one new call.
    pub(super) fn sinks(&self) -> Vec<Box<dyn Sink>> {
        self.observers.iter().map(|observer| observer()).collect()
    }
}
