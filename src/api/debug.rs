//! `/v2/accounts/{ACCOUNT}/pivot/debug`: what calls asked and were answered.

use super::{ApiError, State};
use crate::{
    base::limits,
    debug::{call_shown, debug_ids, oldest, record_shown},
};
use axum::{
    Json,
    extract::{self, Path, rejection::PathRejection},
};
use serde_json::{Value, json};

/// Stands for every account, and for calls that belong to none.
const ANY_ACCOUNT: &str = "_";

/// `GET /v2/accounts/{ACCOUNT}/pivot/debug`: calls, newest first.
pub(super) async fn calls(
    extract::State(State { store, .. }): extract::State<State>,
    account: Result<Path<String>, PathRejection>,
) -> Result<Json<Value>, ApiError> {
    let Path(account) = account?;
    let calls = store.debug_calls(wanted(account), oldest()).await?;
    let calls: Vec<_> = calls.iter().map(call_shown).collect();
    Ok(Json(json!({"data": calls})))
}

/// `GET /v2/accounts/{ACCOUNT}/pivot/debug/{ID}`: the records of one call, in order.
pub(super) async fn records(
    extract::State(State { store, .. }): extract::State<State>,
    named: Result<Path<(String, String)>, PathRejection>,
) -> Result<Json<Value>, ApiError> {
    let Path((account, id)) = named?;
    let call = store.debug_call(wanted(account), debug_ids(&id), oldest()).await?;
    let call = call.ok_or_else(|| {
        ApiError::NotFound(format!(
            "there are no debug records of {id:?}: they are kept for {} days, of calls whose `pivot` \
             action says `debug` or whose dialplan says pivot_debug=true",
            limits::DEBUG_KEPT.as_secs() / 86_400
        ))
    })?;
    let records = store.debug_records(call.call_id.clone()).await?;
    let complete = records.len() < limits::DEBUG_RECORDS_PER_CALL;
    let records: Vec<_> = records.iter().map(|record| record_shown(&call, record)).collect();
    Ok(Json(json!({"data": records, "call": call_shown(&call), "complete": complete})))
}

fn wanted(account: String) -> Option<String> {
    (account != ANY_ACCOUNT).then_some(account)
}
