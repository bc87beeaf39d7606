//! The media's side of the server: the cache, the listener from which the switches fetch, and the courier
//! of the calls.

use super::ServerError;
use crate::{
    api::Listener,
    config::{self, Config},
    http::Door,
    media::{self, Cache, Links},
    outbox::Outbox,
    pivot::Courier,
};
use std::net::SocketAddr;
use tokio_util::sync::CancellationToken;

/// A cache, and a bound listener that serves nobody before [`Media::serve`].
pub(super) struct Media {
    cache: Cache,
    listener: Listener,
    address: SocketAddr,
}

impl Media {
    /// Opens the cache and binds the listener, if URLs may be played at all.
    pub(super) async fn open(
        settings: &config::Media,
        door: Door,
    ) -> Result<Option<Self>, ServerError> {
        if !settings.http {
            return Ok(None);
        }
        if settings.listen.ip().is_unspecified() && settings.switch_url.is_empty() {
            return Err(ServerError::SwitchUrl(settings.listen));
        }
        let cache = Cache::open(settings, door)?;
        let listen = |source| ServerError::ListenMedia { address: settings.listen, source };
        let listener = Listener::bind(settings.listen).await.map_err(listen)?;
        let address = listener.address().map_err(listen)?;
        let listener = listener.only_for(settings.allow.clone());
        Ok(Some(Self { cache, listener, address }))
    }

    /// Serves the switches, and keeps the cache tidy, until `stop`.
    pub(super) async fn serve(self, stop: CancellationToken) {
        let routes = media::routes(self.cache.clone());
        tokio::select! {
            () = self.listener.serve(routes, stop) => {}
            () = self.cache.keep_tidy() => {}
        }
    }
}

/// Who brings the calls' media and takes their recordings.
pub(super) fn courier(config: &Config, outbox: Outbox, media: Option<&Media>) -> Courier {
    let links = Links::new(&config.media, &config.api);
    let courier = Courier::new(links, outbox, config.accounts.clone());
    let settings = &config.media;
    match media {
        None => courier,
        Some(Media { cache, address, .. }) => {
            let listener = match settings.switch_url.as_str() {
                "" => format!("http://{address}"),
                url => url.to_owned(),
            };
            courier.fetching(cache.clone(), &settings.http_template, &listener)
        }
    }
}
