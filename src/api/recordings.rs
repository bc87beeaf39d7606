//! `GET /v2/recordings/{ID}?expires=…&signature=…`: a recording, for whoever was given its URL. It needs no
//! token: the URL is signed, and expires.

use super::{ApiError, State};
use crate::{
    base::Timestamp,
    media::{NoRecording, give},
};
use axum::{
    extract::{self, Path, Query, Request},
    response::Response,
};
use serde::Deserialize;

/// What makes a recording's URL valid.
#[derive(Debug, Deserialize)]
pub(super) struct Signed {
    /// Seconds since the Unix epoch.
    expires: u64,
    signature: String,
}

/// The file: whole, or a range of it.
pub(super) async fn show(
    extract::State(state): extract::State<State>,
    id: Result<Path<String>, extract::rejection::PathRejection>,
    signed: Result<Query<Signed>, extract::rejection::QueryRejection>,
    request: Request,
) -> Result<Response, ApiError> {
    let (Path(id), Query(Signed { expires, signature })) = (id?, signed?);
    let found = state.links.follow(&id, expires, &signature, Timestamp::now()).await;
    match found {
        Ok((path, kind)) => Ok(give(path, kind, request).await),
        Err(error @ (NoRecording::Signature | NoRecording::Expired)) => {
            Err(ApiError::Forbidden(error.to_string()))
        }
        Err(error @ NoRecording::Unknown) => Err(ApiError::NotFound(error.to_string())),
    }
}
