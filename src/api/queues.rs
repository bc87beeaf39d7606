//! `/v2/accounts/{ACCOUNT}/queues`: who waits where, and taking somebody out.

use super::{ApiError, State};
use crate::{
    base::{Ask, CallId, Timestamp, sid, web::is_web_address},
    call::{Member, QueueShown},
    config::Method,
};
use axum::{
    Json,
    extract::{
        self, Path,
        rejection::{JsonRejection, PathRejection},
    },
};
use serde::Deserialize;
use serde_json::{Value, json};

/// Stands for every account, and for calls that belong to none.
const ANY_ACCOUNT: &str = "_";

/// Stands for the caller who has waited longest.
const FRONT: &str = "front";

/// Where a caller goes that is taken out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Destination {
    /// A document's absolute URL.
    url: String,
    #[serde(default = "post")]
    method: Method,
}

const fn post() -> Method {
    Method::Post
}

/// `GET /v2/accounts/{ACCOUNT}/queues`: all queues, by name.
pub(super) async fn list(
    extract::State(state): extract::State<State>,
    account: Result<Path<String>, PathRejection>,
) -> Result<Json<Value>, ApiError> {
    let Path(account) = account?;
    let queues: Vec<_> = of_account(&state, &account).iter().map(shown).collect();
    Ok(Json(json!({"queues": queues})))
}

/// `GET /v2/accounts/{ACCOUNT}/queues/{QUEUE}`: one queue, and who waits in it.
pub(super) async fn show(
    extract::State(state): extract::State<State>,
    named: Result<Path<(String, String)>, PathRejection>,
) -> Result<Json<Value>, ApiError> {
    let Path((account, queue)) = named?;
    let queue = find(&state, &account, &queue)?;
    let members = queue.members.iter().enumerate();
    let members: Vec<_> = members.map(|(ahead, member)| member_shown(member, ahead + 1)).collect();
    let mut all = shown(&queue);
    if let Value::Object(all) = &mut all {
        all.insert("members".to_owned(), members.into());
    }
    Ok(Json(all))
}

/// `POST /v2/accounts/{ACCOUNT}/queues/{QUEUE}/members/{CALL}`: sends a caller from its queue to a document.
pub(super) async fn dequeue(
    extract::State(state): extract::State<State>,
    named: Result<Path<(String, String, String)>, PathRejection>,
    to: Result<Json<Destination>, JsonRejection>,
) -> Result<Json<Value>, ApiError> {
    let (Path((account, queue, call)), Json(Destination { url, method })) = (named?, to?);
    if !is_web_address(&url) {
        let message = "url has to begin with http:// or https://".to_owned();
        return Err(ApiError::BadRequest(message));
    }
    let queue = find(&state, &account, &queue)?;
    let wanted = match call.as_str() {
        FRONT => None,
        named => {
            let fits = |call: &CallId| call.as_str() == named || sid::call(call.as_str()) == named;
            let member = queue.members.iter().find(|member| fits(&member.call));
            Some(member.ok_or_else(|| not_waiting(named))?.call.clone())
        }
    };
    let ask = Ask { url, method, parameters: Vec::new(), after_hangup: false };
    let taken = state.queues.dequeue(&queue.queue, wanted.as_ref(), ask);
    let taken = taken.ok_or_else(|| not_waiting(&call))?;
    Ok(Json(member_shown(&taken, 0)))
}

fn not_waiting(call: &str) -> ApiError {
    ApiError::NotFound(match call {
        FRONT => "nobody waits in this queue".to_owned(),
        call => format!("{call:?} does not wait in this queue, or was taken out in this moment"),
    })
}

fn of_account(state: &State, account: &str) -> Vec<QueueShown> {
    state.queues.shown((account != ANY_ACCOUNT).then_some(account))
}

/// A queue by its name, or by its `QU…`.
fn find(state: &State, account: &str, named: &str) -> Result<QueueShown, ApiError> {
    let mut found = of_account(state, account);
    found.retain(|queue| queue.queue.name == named || queue.queue.sid() == named);
    match (found.pop(), found.pop()) {
        (Some(queue), None) => Ok(queue),
        (None, _) => Err(ApiError::NotFound(format!("there is no queue {named:?}"))),
        (Some(_), Some(_)) => Err(ApiError::Conflict(format!(
            "several accounts have a queue {named:?}: name the account, or give the queue's sid"
        ))),
    }
}

fn shown(queue: &QueueShown) -> Value {
    json!({
        "sid": queue.queue.sid(),
        "name": queue.queue.name,
        "account_id": queue.queue.account,
        "size": queue.members.len(),
        "max_size": queue.most,
        "average_wait_s": queue.average().as_secs(),
        "waiting_agents": queue.agents,
    })
}

/// A position of 0 is of somebody who waits no longer.
fn member_shown(member: &Member, position: usize) -> Value {
    json!({
        "call_id": member.call.as_str(),
        "call_sid": sid::call(member.call.as_str()),
        "position": position,
        "enqueued_ms": member.joined.millis(),
        "wait_s": Timestamp::now().since(member.joined).as_secs(),
    })
}
