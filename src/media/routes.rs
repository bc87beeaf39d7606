//! What FreeSWITCH fetches from us: files of the cache by their random names, and nothing else.

use super::{Cache, Kind};
use axum::{
    Router,
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use std::path::{self, PathBuf};
use tower_http::services::ServeFile;

/// `GET` and `HEAD /media/NAME`.
pub fn routes(cache: Cache) -> Router {
    Router::new().route("/media/{name}", get(show)).with_state(cache)
}

async fn show(State(cache): State<Cache>, Path(name): Path<String>, request: Request) -> Response {
    let kind = path::Path::new(&name).extension().and_then(|end| end.to_str());
    match (cache.file(&name), kind.and_then(Kind::of_extension)) {
        (Some(path), Some(kind)) => give(path, kind, request).await,
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Answers a request with a file: whole or in ranges, or 304 if it has not changed since.
pub async fn give(path: PathBuf, kind: Kind, request: Request) -> Response {
    match ServeFile::new(path).try_call(request).await {
        Ok(answer) => {
            let mut answer = answer.map(Body::new);
            if answer.status().is_success() {
                let content_type = HeaderValue::from_static(kind.content_type);
                answer.headers_mut().insert(CONTENT_TYPE, content_type);
            }
            answer
        }
        Err(error) => {
            tracing::warn!(%error, "a media file cannot be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
