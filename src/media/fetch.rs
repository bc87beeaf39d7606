//! One file fetched: asked for through the door, judged by its first bytes, written while it arrives.

use super::{
    Kind, MediaError,
    folder::{Draft, Entry, Folder},
    freshness::Freshness,
    kind::HEAD,
};
use crate::{
    base::Settings,
    http::{Door, Incoming, Request},
};
use bytes::BytesMut;
use std::time::Duration;

/// Longest validator that is kept, bytes.
const VALIDATOR: usize = 1024;

/// What bounds a fetch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Largest file, bytes.
    pub(super) file: usize,
    /// How long a copy is fresh whose server says nothing.
    pub(super) usual: Duration,
    /// How long one is fresh at most.
    pub(super) longest: Duration,
}

/// What came.
#[derive(Debug)]
pub(super) enum Fetched {
    /// The copy that we have is still right.
    Same(Freshness),
    /// A file.
    File(Box<New>),
}

/// A file that came.
#[derive(Debug)]
pub(super) struct New {
    pub(super) draft: Draft,
    pub(super) kind: Kind,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    pub(super) freshness: Freshness,
}

/// Fetches `url` into `folder`; with a copy at hand, asks only whether it is still right.
pub(super) async fn fetch(
    door: &Door,
    url: &str,
    known: Option<&Entry>,
    folder: &Folder,
    bounds: Bounds,
) -> Result<Fetched, MediaError> {
    let request = Request::get(url)?.settings(Settings::audio()).at_most(bounds.file);
    let mut request = request.header("Accept", "audio/*");
    let etag = known.and_then(|entry| entry.etag.as_ref());
    let last_modified = known.and_then(|entry| entry.last_modified.as_ref());
    for (name, validator) in [("If-None-Match", etag), ("If-Modified-Since", last_modified)] {
        if let Some(validator) = validator {
            request = request.header(name, validator);
        }
    }
    let mut answer = door.open(request).await?;
    let freshness = Freshness::of(&answer, bounds.usual, bounds.longest);
    match answer.status() {
        304 if etag.or(last_modified).is_some() => return Ok(Fetched::Same(freshness)),
        200 => {}
        status => return Err(MediaError::Status(status)),
    }
    let validator = |name| answer.header(name).filter(|v| v.len() <= VALIDATOR).map(str::to_owned);
    let (etag, last_modified) = (validator("etag"), validator("last-modified"));
    let head = head(&mut answer).await?;
    let Some(kind) = Kind::of_answer(answer.content_type(), &head) else {
        let content_type = answer.content_type().chars().take(80).collect();
        return Err(MediaError::NotAudio { content_type });
    };
    let mut draft = folder.draft()?;
    draft.write(&head).await?;
    while let Some(chunk) = answer.chunk().await? {
        draft.write(&chunk).await?;
    }
    draft.finish().await?;
    Ok(Fetched::File(Box::new(New { draft, kind, etag, last_modified, freshness })))
}

/// Enough of the file to tell what it is.
async fn head(answer: &mut Incoming) -> Result<BytesMut, MediaError> {
    let mut head = BytesMut::new();
    while head.len() < HEAD
        && let Some(chunk) = answer.chunk().await?
    {
        head.extend_from_slice(&chunk);
    }
    if head.is_empty() { Err(MediaError::Empty) } else { Ok(head) }
}
