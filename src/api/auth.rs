//! Who may use the API: whoever knows the token.

use super::{ApiError, State};
use axum::{
    extract::{self, Request},
    http::header::AUTHORIZATION,
    middleware::Next,
    response::Response,
};

/// Lets a request pass that carries `Authorization: Bearer TOKEN`.
pub(super) async fn require_token(
    extract::State(state): extract::State<State>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let given = request.headers().get(AUTHORIZATION).map(|value| value.as_bytes());
    let token = given.and_then(bearer).ok_or(ApiError::NoToken)?;
    // An empty token is no API, not an open one.
    match !state.token.is_empty() && state.token.is(token) {
        true => Ok(next.run(request).await),
        false => Err(ApiError::WrongToken),
    }
}

/// The token of a header value; the scheme's name is read in any case (RFC 9110, 11.1).
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(b"Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
}
