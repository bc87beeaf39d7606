//! What a call needs of the web for its media. Whoever gives it stands above this room, which does not
//! know how files are fetched and sent.

use super::{Call, Playable, Recording, Settings};
use crate::base::{Address, CallFacts, RecordingId, web::UploadMethod};
use futures_util::future::BoxFuture;
use std::fmt;

/// Brings media from the web, and recordings there.
pub trait Courier: Send + Sync + fmt::Debug {
    /// Brings what is at an http(s) URL to where FreeSWITCH can play it at once; gives what it is told
    /// to play. The error says in words why there is nothing to play. Dropping it ends the work.
    fn bring<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<String, String>>;

    /// The URL under which the customer finds a recording from now on; `None` if none is offered.
    fn offer(&self, id: &RecordingId) -> Option<String>;

    /// Takes a recording for delivery. On return it is stored that it goes to `target`, whatever
    /// happens to the process; the error says in words why it does not.
    fn take<'a>(
        &'a self,
        call: &'a CallFacts,
        recording: &'a Recording,
        target: &'a UploadTarget,
    ) -> BoxFuture<'a, Result<(), String>>;

    /// Takes a letter for delivery, with the call's own parameters as they are at this moment. When the
    /// future is done, it is stored that it goes out; the error says in words why it does not.
    fn post(&self, call: &Call, letter: Letter) -> BoxFuture<'static, Result<(), String>>;

    /// Cuts the silence from the ends of a recording that is over. The error says in words why that is
    /// not done; the recording is then as it was.
    fn trim(&self, recording: &Recording) -> BoxFuture<'static, Result<(), String>>;
}

/// A request whose answer nobody runs, and that does not depend on the document that wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Where it goes.
    pub address: Address,
    /// What happened, in the names of the document's dialect.
    pub parameters: Vec<(String, String)>,
    /// The recording whose text is told with it, written before it goes out.
    pub transcript: Option<Transcript>,
}

/// A recording that is to be transcribed, and how the text is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// The recording's file.
    pub path: String,
    /// Its language.
    pub language: String,
    /// The name of the text.
    pub text: &'static str,
    /// What is told with it.
    pub done: Vec<(String, String)>,
    /// What is told if there is none.
    pub failed: Vec<(String, String)>,
    /// The name of the reason for that; empty if it is not told.
    pub error: &'static str,
}

impl Settings {
    /// What FreeSWITCH is to play for it, once it is there; the error says why there is nothing.
    pub(super) async fn bring(&self, playable: Playable) -> Result<String, String> {
        match (playable, &self.courier) {
            (Playable::Here(media), _) => match self.media.stays_inside(&media).await {
                Ok(()) => Ok(media),
                Err(error) => Err(error.to_string()),
            },
            (Playable::Web(url), Some(courier)) => courier.bring(url.as_str()).await,
            (Playable::Web(_), None) => Err("nothing of the web is played here".to_owned()),
        }
    }
}

/// Where a document wants a recording uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadTarget {
    /// An http(s) URL.
    pub url: String,
    /// How the file is sent there.
    pub method: UploadMethod,
}
