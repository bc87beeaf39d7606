//! Why media of the web cannot be played, in words for the document's author and the operator.

use crate::http::HttpError;
use std::{io, path::Path};

/// Something that keeps media from being played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// The web server could not be asked, or its answer did not arrive.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// There is an answer, but no media.
    #[error("the web server answered {0}")]
    Status(u16),
    /// The answer has nothing in it.
    #[error("the web server answered with an empty file")]
    Empty,
    /// The answer is something else: a web page, as a rule.
    #[error(
        "what the web server sent ({content_type:?}) is no audio that can be played: send wav, mp3, \
         ogg, flac, au, aiff, gsm or mu-law"
    )]
    NotAudio {
        /// `Content-Type` as received.
        content_type: String,
    },
    /// The folder of the cache cannot be used.
    #[error("the folder media.cache cannot be used: {path}: {reason}")]
    Folder {
        /// Where.
        path: String,
        /// Why.
        reason: String,
    },
}

impl MediaError {
    /// A short, stable name of the failure: the door's own ones, `status`, `empty`, `not_audio`, `folder`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Http(error) => error.kind(),
            Self::Status(_) => "status",
            Self::Empty => "empty",
            Self::NotAudio { .. } => "not_audio",
            Self::Folder { .. } => "folder",
        }
    }

    /// Whether an older copy is as good: the server was not there, broke off, or was in trouble.
    pub(super) const fn may_pass(&self) -> bool {
        match self {
            Self::Http(error) => matches!(
                error,
                HttpError::Dns { .. }
                    | HttpError::Connect { .. }
                    | HttpError::ConnectTimeout { .. }
                    | HttpError::ReadTimeout { .. }
                    | HttpError::Timeout { .. }
                    | HttpError::Closed { .. }
                    | HttpError::Body { .. }
            ),
            Self::Status(status) => *status >= 500,
            Self::Empty | Self::NotAudio { .. } | Self::Folder { .. } => false,
        }
    }

    pub(super) fn folder(path: &Path, error: &io::Error) -> Self {
        Self::Folder { path: path.display().to_string(), reason: error.to_string() }
    }
}
