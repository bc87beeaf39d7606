//! An answer whose head has come and whose body is on its way. It is taken piece by piece, or as a whole.

use super::{
    Answer, HttpError,
    request::{Hop, Request},
};
use crate::base::Settings;
use bytes::{Bytes, BytesMut};
use http::{Response, header::CONTENT_TYPE};
use http_body_util::BodyExt;
use hyper::body::Body;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// An answer on its way. See [`super::Door::open`].
#[derive(Debug)]
pub struct Incoming {
    response: Response<hyper::body::Incoming>,
    hop: Hop,
    redirects: usize,
    began: Instant,
    bounds: Bounds,
    taken: u64,
}

/// What a body must keep to.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    /// Bytes.
    at_most: usize,
    /// Content types of which nothing is taken.
    heads_only: &'static [&'static str],
    /// Between two pieces.
    gap: Duration,
    /// Time for everything, and when it is over.
    within: Duration,
    until: Instant,
}

impl Bounds {
    pub(super) const fn of(request: &Request, settings: &Settings, until: Instant) -> Self {
        let (at_most, gap, within) = (request.at_most, settings.read, settings.total);
        Self { at_most, heads_only: request.heads_only, gap, within, until }
    }
}

impl Incoming {
    /// The answer to `hop`, which came after so many redirects and began to be asked for at `began`.
    pub(super) const fn new(
        response: Response<hyper::body::Incoming>,
        hop: Hop,
        redirects: usize,
        began: Instant,
        bounds: Bounds,
    ) -> Self {
        Self { response, hop, redirects, began, bounds, taken: 0 }
    }

    /// HTTP status.
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// A header's first value; `None` if it is missing or not visible ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// `Content-Type` as received; empty if missing.
    pub fn content_type(&self) -> &str {
        self.header(CONTENT_TYPE.as_str()).unwrap_or_default()
    }

    /// The next piece of the body; `None` at its end. Fails with [`HttpError::TooLarge`] as soon as
    /// more than the request's bound is announced or has come. Nothing is unpacked, as no packing is
    /// asked for.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, HttpError> {
        let Bounds { at_most, gap, within, until, .. } = self.bounds;
        loop {
            let body = self.response.body_mut();
            let announced = self.taken.saturating_add(body.size_hint().lower());
            let host = || self.hop.host();
            if usize::try_from(announced).map_or(true, |announced| announced > at_most) {
                return Err(HttpError::TooLarge { host: host(), limit: at_most });
            }
            let frame = match timeout_at(until, timeout(gap, body.frame())).await {
                Ok(Ok(Some(frame))) => {
                    frame.map_err(|error| HttpError::of_body(&error, &host()))?
                }
                Ok(Ok(None)) => return Ok(None),
                Ok(Err(_)) => return Err(HttpError::stalled(&host(), gap)),
                Err(_) => return Err(HttpError::Timeout { host: host(), within }),
            };
            // Trailers are no part of the document.
            let Ok(data) = frame.into_data() else { continue };
            self.taken += data.len() as u64;
            if self.taken > at_most as u64 {
                return Err(HttpError::TooLarge { host: host(), limit: at_most });
            }
            return Ok(Some(data));
        }
    }

    /// The whole answer, with its body in memory, unless only its head is wanted.
    pub(super) async fn whole(mut self) -> Result<Answer, HttpError> {
        let mut body = BytesMut::new();
        let kind = self.content_type().split(';').next().unwrap_or_default().trim();
        let wanted = !self.bounds.heads_only.iter().any(|head| kind.eq_ignore_ascii_case(head));
        while wanted && let Some(data) = self.chunk().await? {
            body.extend_from_slice(&data);
        }
        let (status, took) = (self.status(), self.began.elapsed());
        let mut url = self.hop.url;
        url.set_fragment(None);
        Ok(Answer {
            status,
            url: url.into(),
            redirects: self.redirects,
            took,
            body: body.freeze(),
            headers: self.response.into_parts().0.headers,
        })
    }
}
