//! Every route, and who may use it.

use super::{ApiError, State, auth, debug, guard, health, metrics, queues, recordings};
use crate::base::limits;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};

/// The whole API.
pub fn routes(state: State) -> Router {
    let open = Router::new()
        .route("/health", get(health::show))
        .route("/v2/recordings/{id}", get(recordings::show));
    let guarded = Router::new()
        .route("/metrics", get(metrics::show))
        .route("/v2/guard/rules", get(guard::list))
        .route("/v2/guard/rules/{kind}/{*value}", put(guard::add).delete(guard::remove))
        .route("/v2/guard/test", post(guard::test))
        .route("/v2/accounts/{account}/pivot/debug", get(debug::calls))
        .route("/v2/accounts/{account}/pivot/debug/{id}", get(debug::records))
        .route("/v2/accounts/{account}/queues", get(queues::list))
        .route("/v2/accounts/{account}/queues/{queue}", get(queues::show))
        .route("/v2/accounts/{account}/queues/{queue}/members/{call}", post(queues::dequeue))
        .route_layer(from_fn_with_state(state.clone(), auth::require_token));
    open.merge(guarded)
        .fallback(async || ApiError::NoRoute)
        .method_not_allowed_fallback(async || ApiError::Method)
        .layer(DefaultBodyLimit::max(limits::API_BODY_BYTES))
        .layer(from_fn(in_time))
        .with_state(state)
}

/// No client waits longer than [`limits::API_REQUEST`], and none makes us wait longer.
async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(limits::API_REQUEST, next.run(request)).await {
        Ok(answer) => answer,
        Err(_) => ApiError::TooSlow.into_response(),
    }
}
