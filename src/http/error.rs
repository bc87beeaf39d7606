//! What can go wrong on the way to a customer's server, in words for an operator.

use super::{guard::Refusal, rule::RuleError};
use std::{error::Error, io, time::Duration};

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The URL cannot be used.
    #[error("{url:?} is not a usable URL: {reason}")]
    Url {
        /// As given, credentials masked.
        url: String,
        /// Why.
        reason: String,
    },
    /// A header cannot be sent.
    #[error("header {0:?} cannot be sent: its name or value has characters that HTTP forbids")]
    Header(String),
    /// The address guard forbids it.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The name has no address.
    #[error("the name {host} does not resolve: {reason}")]
    Dns {
        /// The name.
        host: String,
        /// What the system's resolver says.
        reason: String,
    },
    /// Nobody took the connection.
    #[error("connection to {host} failed: {reason}")]
    Connect {
        /// Host and port.
        host: String,
        /// Why.
        reason: String,
    },
    /// Name look-up, connection and TLS handshake took too long.
    #[error("no connection to {host} within {} ms", within.as_millis())]
    ConnectTimeout {
        /// Host and port.
        host: String,
        /// `ct`, or `http.connect_timeout_ms`.
        within: Duration,
    },
    /// No secure connection came about.
    #[error("TLS with {host} failed: {reason}")]
    Tls {
        /// Host and port.
        host: String,
        /// What is wrong with the certificate or the handshake.
        reason: String,
    },
    /// No answer began in time.
    #[error("{host} did not begin to answer within {} ms", within.as_millis())]
    ReadTimeout {
        /// Host and port.
        host: String,
        /// `rt`.
        within: Duration,
    },
    /// The whole answer did not arrive in time.
    #[error("no complete answer from {host} within {} ms", within.as_millis())]
    Timeout {
        /// Host and port.
        host: String,
        /// `tt`, or the request's deadline.
        within: Duration,
    },
    /// The connection ended before an answer began.
    #[error("{host} closed the connection without an answer")]
    Closed {
        /// Host and port.
        host: String,
    },
    /// What came is not HTTP.
    #[error("the answer of {host} is not HTTP: {reason}")]
    Protocol {
        /// Host and port.
        host: String,
        /// What the parser says.
        reason: String,
    },
    /// The server opens no WebSocket.
    #[error("{host} opens no WebSocket: {reason}")]
    Upgrade {
        /// Host and port.
        host: String,
        /// What it did instead.
        reason: String,
    },
    /// A redirect that is not followed.
    #[error("redirect from {from} not followed: {reason}")]
    Redirect {
        /// Where it was met, credentials masked.
        from: String,
        /// Why.
        reason: String,
    },
    /// The answer is larger than was asked for.
    #[error("the answer of {host} is larger than {limit} bytes")]
    TooLarge {
        /// Host and port.
        host: String,
        /// The bound, bytes.
        limit: usize,
    },
    /// The answer began but did not arrive whole.
    #[error("the answer of {host} broke off: {reason}")]
    Body {
        /// Host and port.
        host: String,
        /// Why.
        reason: String,
    },
    /// Something in the configured lists is not a host.
    #[error("the lists http.allow_hosts and http.block_hosts cannot be used: {0}")]
    Lists(#[from] RuleError),
    /// A file that is to be uploaded cannot be read.
    #[error("the file {path} cannot be read here: {reason}")]
    File {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
    /// The HTTP client could not be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Setup(String),
}

impl HttpError {
    /// A short, stable name of the failure, for traces and metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Url { .. } => "url",
            Self::Header(_) => "header",
            Self::Refused(_) => "refused",
            Self::Dns { .. } => "dns",
            Self::Connect { .. } => "connect",
            Self::ConnectTimeout { .. } => "connect_timeout",
            Self::Tls { .. } => "tls",
            Self::ReadTimeout { .. } => "read_timeout",
            Self::Timeout { .. } => "timeout",
            Self::Closed { .. } => "closed",
            Self::Protocol { .. } => "protocol",
            Self::Upgrade { .. } => "upgrade",
            Self::Redirect { .. } => "redirect",
            Self::TooLarge { .. } => "too_large",
            Self::Body { .. } => "body",
            Self::File { .. } => "file",
            Self::Lists(_) | Self::Setup(_) => "setup",
        }
    }

    /// Names a failure of sending a request and of reading the head of its answer. `begun` says whether
    /// parts of an answer had arrived.
    pub(super) fn of_exchange(error: &(dyn Error + 'static), host: &str, begun: bool) -> Self {
        let host = host.to_owned();
        // What kept a connection from being made is named where it happened.
        if let Some(named) = find::<Self>(error) {
            return named.clone();
        }
        match find::<hyper::Error>(error) {
            Some(hyper) if hyper.is_parse() => Self::Protocol { host, reason: innermost(error) },
            _ if begun => Self::Body { host, reason: innermost(error) },
            _ => Self::Closed { host },
        }
    }

    /// Names a failure of reading the body.
    pub(super) fn of_body(error: &(dyn Error + 'static), host: &str) -> Self {
        Self::Body { host: host.to_owned(), reason: innermost(error) }
    }

    /// Nothing more came for this long, although the answer had begun.
    pub(super) fn stalled(host: &str, within: Duration) -> Self {
        let reason = format!("nothing more came for {} ms", within.as_millis());
        Self::Body { host: host.to_owned(), reason }
    }
}

/// Looks for an error of type `E` along the chain of causes. `io::Error` hides what it wraps from
/// that chain (its `source` is the wrapped error's source), so it is opened by hand.
pub(super) fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    if let Some(found) = error.downcast_ref::<E>() {
        return Some(found);
    }
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    match wrapped {
        Some(inner) => find::<E>(inner),
        None => find::<E>(error.source()?),
    }
}

/// The last cause in the chain: the one that says what really happened.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    match (wrapped, error.source()) {
        (Some(inner), _) => innermost(inner),
        (None, Some(source)) => innermost(source),
        (None, None) => error.to_string(),
    }
}

pub(super) fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::ConnectionReset => "connection reset".to_owned(),
        io::ErrorKind::HostUnreachable => "no route to the host".to_owned(),
        io::ErrorKind::NetworkUnreachable => "the network is unreachable".to_owned(),
        _ => error.to_string(),
    }
}
