//! Why the server cannot start.

use crate::{
    api::RulesError, esl::EslError, http::HttpError, piston::LibraryError, store::StoreError,
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
