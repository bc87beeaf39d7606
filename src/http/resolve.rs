//! Name look-up that only hands out addresses which the guard has judged. Connections are made to
//! exactly these: there is no second look-up between judging and connecting.

use super::{HttpError, guard::Guard};
use crate::base::limits;
use futures_util::future::BoxFuture;
use std::{
    fmt, io,
    net::{IpAddr, ToSocketAddrs},
    sync::Arc,
};
use tokio::sync::Semaphore;

/// Finds the addresses of a name. Tests put their own in its place.
pub(super) trait Lookup: fmt::Debug + Send + Sync {
    /// All addresses of `host`.
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// Look up, judge all, hand out.
#[derive(Clone)]
pub(super) struct JudgedResolver {
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) guard: Arc<Guard>,
}

impl JudgedResolver {
    /// The addresses of a host, all of them judged and none of them refused.
    pub(super) async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, HttpError> {
        if let Ok(address) = host.parse() {
            self.guard.judge(host, &[address])?;
            return Ok(vec![address]);
        }
        let failed = |reason: String| HttpError::Dns { host: host.to_owned(), reason };
        let looked_up = self.lookup.lookup(host.to_owned()).await;
        let found = looked_up.map_err(|error| failed(error.to_string()))?;
        if found.is_empty() {
            return Err(failed("it has no address".to_owned()));
        }
        self.guard.judge(host, &found)?;
        Ok(found)
    }
}

/// The system's resolver. Look-ups are bounded, so that a dead name server cannot use up the
/// threads that files are read with.
#[derive(Debug)]
pub(super) struct SystemLookup {
    permits: Arc<Semaphore>,
}

impl SystemLookup {
    pub(super) fn new() -> Self {
        Self { permits: Arc::new(Semaphore::new(limits::LOOKUPS_AT_ONCE)) }
    }
}

impl Lookup for SystemLookup {
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let permits = Arc::clone(&self.permits);
        Box::pin(async move {
            let permit = permits.acquire_owned().await.map_err(io::Error::other)?;
            let looking = tokio::task::spawn_blocking(move || {
                // Kept until the system answers, also when nobody waits for it any more.
                let _permit = permit;
                let found = (host.as_str(), 0_u16).to_socket_addrs()?;
                Ok(found.map(|address| address.ip()).collect())
            });
            looking.await.map_err(io::Error::other)?
        })
    }
}
