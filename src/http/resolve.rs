//! Name look-up that only hands out addresses which the guard has judged. The client connects to
//! exactly these: there is no second look-up between judging and connecting.

use super::{error::LookupFailed, guard::Guard};
use crate::base::limits;
use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{
    fmt, io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    sync::Arc,
};
use tokio::sync::Semaphore;

/// Finds the addresses of a name. Tests put their own in its place.
pub(super) trait Lookup: fmt::Debug + Send + Sync {
    /// All addresses of `host`.
    fn lookup(&self, host: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The client's resolver: look up, judge all, hand out.
#[derive(Clone)]
pub(super) struct JudgedResolver {
    pub(super) lookup: Arc<dyn Lookup>,
    pub(super) guard: Arc<Guard>,
}

impl Resolve for JudgedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let (lookup, guard) = (Arc::clone(&self.lookup), Arc::clone(&self.guard));
        Box::pin(async move {
            let failed = |reason: String| LookupFailed { host: host.clone(), reason };
            let found = lookup.lookup(host.clone()).await.map_err(|e| failed(e.to_string()))?;
            if found.is_empty() {
                return Err(failed("it has no address".to_owned()).into());
            }
            guard.judge(&host, &found)?;
            // Port 0 stands for the URL's own.
            let addresses = found.into_iter().map(|ip| SocketAddr::new(ip, 0));
            Ok(Box::new(addresses) as Addrs)
        })
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
