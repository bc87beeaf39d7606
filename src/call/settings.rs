//! What all calls of a server share.

use super::{Courier, DialPlan, MediaPolicy, Queues, Recorders, Rooms};
use crate::{config, stream::Studio};
use std::sync::Arc;

/// What all calls of a server share.
#[derive(Debug)]
pub struct Settings {
    /// How numbers, addresses and users become dial strings.
    pub dial: DialPlan,
    /// What may be played, and where recordings go.
    pub media: MediaPolicy,
    /// Brings media from the web, and recordings there; without one, nothing of the web is played.
    pub courier: Option<Arc<dyn Courier>>,
    /// Opens media streams; without one, there are none.
    pub studio: Option<Arc<dyn Studio>>,
    /// Text to speech.
    pub speech: config::Speech,
    /// Conferences.
    pub conference: config::Conference,
    /// Who is in which room.
    pub rooms: Arc<Rooms>,
    /// Callers who wait, and agents who wait for them.
    pub queues: Queues,
    /// Time for which FreeSWITCH keeps the connection after a hangup, seconds.
    pub linger_s: u32,
    /// Which switches can write recordings.
    pub recorders: Recorders,
}

impl Settings {
    /// Reads the settings that concern calls; there is no courier.
    pub fn new(config: &config::Config) -> Self {
        Self {
            dial: DialPlan::new(&config.dial),
            media: MediaPolicy::new(&config.media),
            courier: None,
            studio: None,
            speech: config.speech.clone(),
            conference: config.conference.clone(),
            rooms: Arc::default(),
            queues: Queues::default(),
            linger_s: config.esl.linger_s,
            recorders: Recorders::default(),
        }
    }

    /// With somebody who opens media streams.
    #[must_use]
    pub fn with_studio(self, studio: Arc<dyn Studio>) -> Self {
        Self { studio: Some(studio), ..self }
    }

    /// With somebody who brings media from the web, and recordings there.
    #[must_use]
    pub fn with_courier(self, courier: Arc<dyn Courier>) -> Self {
        Self { courier: Some(courier), ..self }
    }
}
