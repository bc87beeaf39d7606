//! `/v2/guard`: the address guard's rules, and what it says about a URL.

use super::{ApiError, RulesError, State};
use crate::http::{Decision, Guard, Rule, RuleError, Source, masked};
use axum::{
    Json,
    extract::{
        self, Path,
        rejection::{JsonRejection, PathRejection},
    },
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// The kind and the value of a rule, from the path.
type Named = Result<Path<(String, String)>, PathRejection>;

/// `GET /v2/guard/rules`
pub(super) async fn list(extract::State(state): extract::State<State>) -> Json<Value> {
    let rules = state.rules.guard().rules();
    let rules: Vec<_> = rules.iter().map(|(rule, source)| shown(rule, *source)).collect();
    Json(json!({"rules": rules}))
}

/// `PUT /v2/guard/rules/{KIND}/{VALUE}`: 201, or 200 if the rule was there already.
pub(super) async fn add(
    extract::State(State { rules, .. }): extract::State<State>,
    named: Named,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let rule = rule(named)?;
    let status = match rules.add(&rule).await? {
        true => StatusCode::CREATED,
        false => StatusCode::OK,
    };
    Ok((status, Json(shown(&rule, Source::Operator))))
}

/// `DELETE /v2/guard/rules/{KIND}/{VALUE}`
pub(super) async fn remove(
    extract::State(State { rules, .. }): extract::State<State>,
    named: Named,
) -> Result<StatusCode, ApiError> {
    let rule = rule(named)?;
    if rules.remove(&rule).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(match rules.guard().source(&rule) {
        Some(_) => ApiError::Conflict(format!(
            "the rule `{rule}` stands in the configuration: remove it there, under [http], and restart"
        )),
        None => ApiError::NotFound(format!("there is no rule `{rule}`")),
    })
}

/// What `test` is asked.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Question {
    url: String,
}

/// `POST /v2/guard/test`
pub(super) async fn test(
    extract::State(State { door, rules, .. }): extract::State<State>,
    question: Result<Json<Question>, JsonRejection>,
) -> Result<Json<Value>, ApiError> {
    let Json(Question { url }) = question?;
    let examined = match door.examine(&url).await {
        Ok(examined) => examined,
        Err(error) => return Ok(Json(refused(&url, &error.to_string()))),
    };
    let addresses: Vec<_> = examined
        .decisions
        .iter()
        .map(|(address, decision)| {
            let (rule, because) = reason(decision, rules.guard());
            let allowed = decision.is_allowed();
            json!({"address": address, "allowed": allowed, "rule": rule, "because": because})
        })
        .collect();
    let mut answer = json!({
        "url": masked(&url), "host": examined.host, "allowed": examined.verdict.is_ok(),
        "addresses": addresses,
    });
    if let Err(error) = examined.verdict {
        answer["kind"] = json!(error.kind());
        answer["reason"] = json!(error.to_string());
    }
    Ok(Json(answer))
}

/// The answer about something that is not even a web address.
fn refused(url: &str, reason: &str) -> Value {
    let url = masked(url);
    json!({"url": url, "allowed": false, "addresses": [], "kind": "url", "reason": reason})
}

/// The rule that decided, and the reason in words.
fn reason(decision: &Decision, guard: &Guard) -> (Option<Value>, String) {
    let of_rule = |rule: &Rule| guard.source(rule).map(|source| shown(rule, source));
    match decision {
        Decision::Blocked(rule) => (of_rule(rule), "on a block-list".to_owned()),
        Decision::Allowed(rule) => (of_rule(rule), "on an allow-list".to_owned()),
        Decision::Special(special) => (None, special.to_string()),
        Decision::Public => (None, "a public address".to_owned()),
    }
}

fn shown(rule: &Rule, source: Source) -> Value {
    json!({"kind": rule.kind(), "value": rule.value(), "source": source.as_str()})
}

fn rule(named: Named) -> Result<Rule, ApiError> {
    let Path((kind, value)) = named?;
    Ok(Rule::parse(&kind, &value)?)
}

impl From<RuleError> for ApiError {
    fn from(error: RuleError) -> Self {
        Self::BadRequest(error.to_string())
    }
}

impl From<RulesError> for ApiError {
    fn from(error: RulesError) -> Self {
        match error {
            RulesError::Store(error) => Self::Store(error),
            RulesError::Stored(_) | RulesError::TooMany => Self::Conflict(error.to_string()),
        }
    }
}
