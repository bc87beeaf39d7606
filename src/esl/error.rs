//! What can go wrong on FreeSWITCH's socket.

use std::{io, time::Duration};

/// An error that ends one connection (or, for [`EslError::BadEvent`], costs one event).
#[derive(Debug, thiserror::Error)]
pub enum EslError {
    /// The socket failed.
    #[error("the connection to freeswitch failed: {0}")]
    Io(#[from] io::Error),
    /// FreeSWITCH closed the connection in the middle of a message.
    #[error("freeswitch closed the connection in the middle of a message ({0} bytes were left)")]
    Truncated(usize),
    /// A message is larger than we take.
    #[error("a message of {bytes} bytes exceeds the limit of {limit}; the connection is closed")]
    TooLarge {
        /// Announced or received size.
        bytes: usize,
        /// The bound, see `limits::ESL_MESSAGE_BYTES`.
        limit: usize,
    },
    /// `Content-Length` is not a number.
    #[error("the content length {0:?} is not a number; the connection is closed")]
    BadLength(String),
    /// A reply came that nobody asked for.
    #[error("freeswitch sent a reply to no command; the connection is closed")]
    UnexpectedReply,
    /// Too many commands wait for their replies.
    #[error("{0} commands wait for freeswitch to reply; the connection is closed")]
    TooManyReplies(usize),
    /// An event's body cannot be read. Costs that event only.
    #[error("an event cannot be read: {0}")]
    BadEvent(String),
    /// FreeSWITCH did not answer in time.
    #[error("freeswitch did not answer {command} within {after:?}")]
    NoReply {
        /// Which command.
        command: &'static str,
        /// The time it had.
        after: Duration,
    },
    /// The dialplan's `socket` line lacks a keyword that we need.
    #[error(
        "the dialplan's socket application of the call to {to:?} from {from:?} runs without {missing}: \
         write `<action application=\"socket\" data=\"HOST:PORT async full\"/>`"
    )]
    WrongMode {
        /// `"async"`, `"full"` or `"async full"`.
        missing: &'static str,
        /// The dialled number, whose extension is to be mended.
        to: String,
        /// The caller's number.
        from: String,
    },
    /// The peer connected and left without a word, as health checks do.
    #[error("the peer left before it sent a byte")]
    NotACall,
    /// What connected does not speak like FreeSWITCH.
    #[error("the peer does not answer `connect` as freeswitch does: {0}")]
    NotFreeSwitch(String),
}
