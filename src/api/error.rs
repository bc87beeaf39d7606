//! What a client is told when a request fails: what is wrong, and what to do.

use crate::{base::limits, store::StoreError};
use axum::{
    Json,
    extract::rejection::{JsonRejection, PathRejection, QueryRejection},
    http::{HeaderValue, StatusCode, header::WWW_AUTHENTICATE},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// Why a request has no answer. Its body is `{"error": {"code", "message"}}`.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No token was sent.
    #[error("send the token of the configuration (api.token) as `Authorization: Bearer TOKEN`")]
    NoToken,
    /// Another token was sent.
    #[error("this is not the token of the configuration (api.token)")]
    WrongToken,
    /// Nothing is there.
    #[error("there is no such route; docs/API.md lists them")]
    NoRoute,
    /// Something is there, but not for this method.
    #[error("this route does not take that method; the header Allow names those that it takes")]
    Method,
    /// The request cannot be understood.
    #[error("{0}")]
    BadRequest(String),
    /// The URL does not open what it names, or does not any more.
    #[error("{0}")]
    Forbidden(String),
    /// What the request names does not exist.
    #[error("{0}")]
    NotFound(String),
    /// What the request wants cannot be done as things are.
    #[error("{0}")]
    Conflict(String),
    /// The body is larger than [`limits::API_BODY_BYTES`].
    #[error("the body is larger than {} bytes", limits::API_BODY_BYTES)]
    TooLarge,
    /// The answer took longer than [`limits::API_REQUEST`].
    #[error("no answer within {} s; try again", limits::API_REQUEST.as_secs())]
    TooSlow,
    /// The database failed.
    #[error("the database failed; the server's log has the reason")]
    Store(#[from] StoreError),
}

impl ApiError {
    /// Its status, and its short, stable name.
    const fn code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NoToken | Self::WrongToken => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::NoRoute | Self::NotFound(_) => (StatusCode::NOT_FOUND, "not_found"),
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, "bad_request"),
            Self::Conflict(_) => (StatusCode::CONFLICT, "conflict"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::TooSlow => (StatusCode::SERVICE_UNAVAILABLE, "too_slow"),
            Self::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, "database"),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::Store(error) = &self {
            tracing::error!(%error, "a request to the api failed");
        }
        let (status, code) = self.code();
        let body = json!({"error": {"code": code, "message": self.to_string()}});
        let mut answer = (status, Json(body)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        answer
    }
}

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            _ => Self::BadRequest(rejection.body_text()),
        }
    }
}

impl From<PathRejection> for ApiError {
    fn from(rejection: PathRejection) -> Self {
        Self::BadRequest(rejection.body_text())
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        Self::BadRequest(rejection.body_text())
    }
}
