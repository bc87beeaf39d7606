//! Why the server cannot start.

use crate::{
    api::RulesError, esl::EslError, http::HttpError, media::MediaError, piston::LibraryError,
    store::StoreError,
};
use std::net::SocketAddr;

/// Something that keeps the server from starting.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address is taken or is not ours.
    #[error("cannot listen for freeswitch on {address} (esl.listen): {source}")]
    Listen {
        /// The configured address.
        address: SocketAddr,
        /// Why.
        source: EslError,
    },
    /// The API's address is taken or is not ours.
    #[error("cannot listen for clients of the api on {address} (api.listen): {source}")]
    ListenApi {
        /// The configured address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The address of the media listener is taken or is not ours.
    #[error("cannot listen for switches that fetch media on {address} (media.listen): {source}")]
    ListenMedia {
        /// The configured address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The address of the listener for modules is taken or is not ours.
    #[error("cannot listen for modules that stream on {address} (stream.listen): {source}")]
    ListenStream {
        /// The configured address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// Nobody could reach the media listener under the address that it has.
    #[error(
        "media.listen is {0}, which is every address of this machine: set media.switch_url to the one \
         that the switches use, such as \"http://10.0.0.5:{port}\"",
        port = .0.port()
    )]
    SwitchUrl(SocketAddr),
    /// The media cache cannot be used.
    #[error("cannot use the media cache: {0}")]
    Media(#[from] MediaError),
    /// The database cannot be used.
    #[error("cannot use the database (store.path): {0}")]
    Store(#[from] StoreError),
    /// The rules of the address guard cannot be read.
    #[error("cannot use the rules of the address guard: {0}")]
    Rules(#[from] RulesError),
    /// A callflow file cannot be used.
    #[error("cannot use the callflow files (callflows.dir): {0}")]
    Callflows(#[from] LibraryError),
    /// The way to customers' servers cannot be set up.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The patterns by which secrets are recognised are none.
    #[error("cannot recognise secrets: {0}")]
    Secrets(#[from] regex::Error),
    /// A log filter that is none.
    #[error("log.level {0:?} is neither a level nor a filter")]
    LogFilter(String),
}
