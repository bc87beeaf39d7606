//! What the resources share.

use super::{Metrics, Rules};
use crate::{base::Secret, call::Queues, http::Door, media::Links, store::Store};
use tokio_util::sync::CancellationToken;

/// What the resources read and change. Clones are handles to the same things.
#[derive(Clone, Debug)]
pub struct State {
    /// What a client has to know.
    pub token: Secret,
    /// The database.
    pub store: Store,
    /// The way to the customers' servers.
    pub door: Door,
    /// The address guard's rules.
    pub rules: Rules,
    /// Where recordings are.
    pub links: Links,
    /// Callers who wait.
    pub queues: Queues,
    /// The counters.
    pub metrics: Metrics,
    /// Cancelled when the server begins to drain.
    pub draining: CancellationToken,
}
