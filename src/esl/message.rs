//! Frames, and what they mean.

use super::{EslError, Event, Headers};
use bytes::Bytes;

/// One message as it is framed on the wire: a header block and, if announced, a body.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The outer headers.
    pub headers: Headers,
    /// The body; empty if none was announced.
    pub body: Bytes,
}

/// A frame by its content type.
#[derive(Debug)]
pub enum Message {
    /// The answer to a command (`command/reply`, `api/response`).
    Reply(Reply),
    /// An event.
    Event(Event),
    /// FreeSWITCH tells about the connection itself.
    Notice(Notice),
    /// Something that we did not ask for and do not need (`log/data`, `auth/request`, …).
    Other,
}

impl Message {
    /// Reads a frame by its `Content-Type`.
    ///
    /// Fails with [`EslError::BadEvent`] if it is an event whose body cannot be read.
    pub fn read(frame: Frame) -> Result<Self, EslError> {
        let content_type = frame.headers.raw("Content-Type").unwrap_or_default();
        Ok(match content_type {
            b"text/event-plain" => Self::Event(Event::plain(frame.body)?),
            b"text/event-json" => Self::Event(Event::json(&frame.body)?),
            b"command/reply" | b"api/response" => Self::Reply(Reply { frame }),
            b"text/disconnect-notice" => Self::Notice(Notice::read(&frame)),
            _ => Self::Other,
        })
    }
}

/// The answer to one command.
#[derive(Debug)]
pub struct Reply {
    frame: Frame,
}

impl Reply {
    /// The text: an `api` command's body, or any other command's `Reply-Text`, without the line end.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        let text = if self.frame.body.is_empty() {
            self.frame.headers.verbatim("Reply-Text").unwrap_or_default()
        } else {
            String::from_utf8_lossy(&self.frame.body)
        };
        match text {
            std::borrow::Cow::Borrowed(t) => t.trim_end().into(),
            std::borrow::Cow::Owned(t) => t.trim_end().to_owned().into(),
        }
    }

    /// Whether FreeSWITCH accepted the command. For an execute, that only means "queued".
    pub fn is_ok(&self) -> bool {
        let text = self.text();
        !(text.starts_with("-ERR") || text.starts_with("-USAGE"))
    }

    /// The reply to `connect` as what it is: the channel's data.
    pub fn into_headers(self) -> Headers {
        self.frame.headers
    }
}

/// A `text/disconnect-notice`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What happens to the connection.
    pub disposition: Disposition,
    /// The text in the body, for the log.
    pub text: String,
}

/// What a notice says about the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// The channel is down; events that are still on their way will follow for the linger time.
    Linger,
    /// The connection is about to be closed.
    Disconnect,
}

impl Notice {
    fn read(frame: &Frame) -> Self {
        let disposition = match frame.headers.raw("Content-Disposition") {
            Some(b"linger") => Disposition::Linger,
            _ => Disposition::Disconnect,
        };
        Self { disposition, text: String::from_utf8_lossy(&frame.body).trim_end().to_owned() }
    }
}
