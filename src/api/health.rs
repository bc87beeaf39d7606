//! `GET /health`: whether calls are taken. It needs no token, so that a load balancer can ask.

use super::State;
use axum::{Json, extract, http::StatusCode};
use serde_json::{Value, json};

/// 200 while calls are taken, 503 once the server drains.
pub(super) async fn show(
    extract::State(state): extract::State<State>,
) -> (StatusCode, Json<Value>) {
    match state.draining.is_cancelled() {
        false => (StatusCode::OK, Json(json!({"status": "ok"}))),
        true => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"status": "draining"}))),
    }
}
