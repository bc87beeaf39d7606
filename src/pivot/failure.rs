//! Why there is no instruction document. Each failure goes at once to the fallback URL, then to the `_`
//! child of the pivot action, or ends the call; the trace says which it was.

use super::Origin;
use crate::{
    base::{Diagnostic, HangupCause, limits, web::masked},
    http::HttpError,
    xml::XmlError,
};

/// A pivot request, or a follow-up, that gave no document to run.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The request could not be made, or its answer did not arrive.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The web server said no.
    #[error("{} answered with status {status}; an instruction document needs a 2xx", masked(url))]
    Status {
        /// What was asked.
        url: String,
        /// What it said.
        status: u16,
    },
    /// The answer is of a type that we cannot run.
    #[error(
        "the answer has content type {0:?}; send text/xml or application/xml for XML, \
         application/json for a callflow"
    )]
    ContentType(String),
    /// The answer is not what its content type says, or cannot be run.
    #[error("the {dialect} document cannot be run: {}", first(diagnostics))]
    Document {
        /// `Piston` or `XML`.
        dialect: &'static str,
        /// What is wrong with it.
        diagnostics: Vec<Diagnostic>,
        /// Why its bytes are no XML document at all, if that is so.
        error: Option<XmlError>,
    },
    /// Documents follow each other without anything happening.
    #[error(
        "{} documents in a row did nothing but name the next one: an endless redirect",
        limits::SILENT_DOCUMENTS
    )]
    Endless,
    /// One call asks for more documents than any call should need.
    #[error("the call has asked for {} documents", limits::DOCUMENTS_PER_CALL)]
    TooMany,
    /// A document that has run all the verbs that a call may.
    #[error("the call has run {} verbs", limits::STEPS_PER_CALL)]
    TooManySteps,
    /// A relative URL in a document that has no address of its own.
    #[error(
        "{:?} is not an absolute URL and there is no document address to resolve it against",
        masked(.0)
    )]
    Relative(String),
}

impl Failure {
    /// A short, stable name of the failure, for traces and metrics.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Http(error) => error.kind(),
            Self::Status { .. } => "status",
            Self::ContentType(_) => "content_type",
            Self::Document { .. } => "document",
            Self::Endless => "endless",
            Self::TooMany => "too_many",
            Self::TooManySteps => "too_many_steps",
            Self::Relative(_) => "url",
        }
    }

    /// The failure as Twilio numbers it (`reference/twiml.md` 3.1).
    pub fn twilio_code(&self) -> u32 {
        match self {
            Self::Http(error) => match error {
                HttpError::Url { .. } => 11100,
                HttpError::Dns { .. } => 11210,
                HttpError::Connect { .. } | HttpError::ConnectTimeout { .. } => 11205,
                HttpError::Tls { .. } => 11220,
                HttpError::Closed { .. } | HttpError::Protocol { .. } => 11206,
                HttpError::Redirect { .. } => 11216,
                HttpError::TooLarge { .. } => 11750,
                HttpError::Header(_)
                | HttpError::Refused(_)
                | HttpError::ReadTimeout { .. }
                | HttpError::Timeout { .. }
                | HttpError::Body { .. }
                | HttpError::Upgrade { .. }
                | HttpError::Lists(_)
                | HttpError::File { .. }
                | HttpError::Setup(_) => 11200,
            },
            Self::Status { .. } => 11217,
            Self::ContentType(_) => 12300,
            Self::Document { error, .. } => match error {
                Some(XmlError::Empty) => 11770,
                Some(XmlError::TooLarge(_)) => 11750,
                Some(XmlError::Version) => 12101,
                Some(XmlError::Root(_)) => 12102,
                _ => 12100,
            },
            Self::Endless | Self::TooMany | Self::TooManySteps => 12400,
            Self::Relative(_) => 11100,
        }
    }

    /// The failure as Plivo numbers it (`reference/plivo.md` 1.6): the URL was not reached, is none, or
    /// what it answered cannot be run; the last digit says which URL it was.
    pub fn plivo_code(&self, origin: Origin) -> u16 {
        let url = match origin {
            Origin::Answer | Origin::Fallback => 1,
            Origin::Action => 2,
            Origin::Transfer => 3,
            Origin::Redirect => 4,
        };
        match self {
            Self::ContentType(_) | Self::Document { .. } => 8010 + url,
            // There is no such number for the answer URL.
            Self::Relative(_) | Self::Http(HttpError::Url { .. }) if url != 1 => 7020 + url,
            _ => 7010 + url,
        }
    }

    /// The cause to hang up with when there is no `_` child.
    pub fn cause(&self) -> HangupCause {
        match self.kind() {
            // 504: the customer's server did not answer in time.
            "timeout" | "connect_timeout" | "read_timeout" => HangupCause::RECOVERY_ON_TIMER_EXPIRE,
            // 502: it answered with something that cannot be run.
            "content_type" | "document" | "endless" | "too_many" | "too_many_steps" => {
                HangupCause::DESTINATION_OUT_OF_ORDER
            }
            // 503: it could not be asked.
            _ => HangupCause::NORMAL_TEMPORARY_FAILURE,
        }
    }
}

fn first(diagnostics: &[Diagnostic]) -> String {
    match diagnostics {
        [] => "it is empty".to_owned(),
        [only] => only.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
    }
}
