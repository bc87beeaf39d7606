//! What is kept of an exchange: records as `reference/piston.md` 2.10 has them, without secrets, and
//! bounded.

use super::{
    exchange::{Exchange, Outcome, Sample, Unreadable},
    mask::{HIDDEN, Mask},
};
use crate::{
    base::{Diagnostic, limits},
    config::{BodyFormat, Method},
    http::{form_text, json_text, masked},
};
use serde_json::{Map, Value, json};

/// Kind and fields of a record.
pub(super) type Record = (&'static str, Value);

/// Characters before and after the place of a fault in JSON.
const AROUND: usize = 40;

/// The request, and what came of it.
pub(super) fn of_exchange(exchange: &Exchange, mask: &Mask) -> Vec<Record> {
    vec![("request", request(exchange, mask)), outcome(&exchange.outcome, mask)]
}

fn request(exchange: &Exchange, mask: &Mask) -> Value {
    let params = mask.parameters(&exchange.params);
    let mut uri = masked(&exchange.url);
    match exchange.method {
        Method::Get => {
            let added = form_text(&params);
            if !added.is_empty() {
                uri.push(if uri.contains('?') { '&' } else { '?' });
                uri.push_str(&added);
            }
            let headers = headers_sent(None, &exchange.signed);
            json!({"uri": cut(&uri), "method": "get", "req_headers": headers, "req_body": ""})
        }
        Method::Post => {
            let (content_type, body) = match exchange.format {
                BodyFormat::Form => ("application/x-www-form-urlencoded", form_text(&params)),
                BodyFormat::Json => ("application/json", json_text(&params)),
            };
            let headers = headers_sent(Some(content_type), &exchange.signed);
            json!({
                "uri": cut(&uri), "method": "post", "req_headers": headers, "req_body": cut(&body),
            })
        }
    }
}

/// What tells of the request: the type of its body, and how it is signed, without the signatures.
fn headers_sent(content_type: Option<&str>, signed: &[&str]) -> Map<String, Value> {
    let content_type = content_type.map(|value| ("content-type".to_owned(), value.into()));
    let signed = signed.iter().map(|name| (name.to_ascii_lowercase(), HIDDEN.into()));
    content_type.into_iter().chain(signed).collect()
}

fn outcome(outcome: &Outcome, mask: &Mask) -> Record {
    match outcome {
        Outcome::Answered { status, headers, body, took } => {
            let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            let fields = json!({
                "resp_status_code": status.to_string(), "resp_headers": headers_shown(headers, mask),
                "resp_body": body_shown(body, mask), "took_ms": took_ms,
            });
            ("response", fields)
        }
        Outcome::Failed { kind, reason } => {
            ("failure", json!({"error": {"kind": kind, "message": mask.text(reason)}}))
        }
        Outcome::LeftAlone => {
            let message =
                "the call went on before the answer came: the caller hung up, or an order came";
            ("failure", json!({"error": {"kind": "left_alone", "message": message}}))
        }
    }
}

/// What is wrong with an answer.
pub(super) fn of_unreadable(unreadable: &Unreadable, mask: &Mask) -> Vec<Record> {
    let Unreadable { diagnostics, body, .. } = unreadable;
    let resp_body = body_shown(body, mask);
    if unreadable.no_json {
        let fault = diagnostics.first();
        let message = fault.map(|fault| mask.text(&fault.message)).unwrap_or_default();
        let (before, after) = fault.map(|fault| around(fault, body, mask)).unwrap_or_default();
        let errors = json!({"before": before, "after": after, "message": message});
        return vec![("json_errors", json!({"json_errors": errors, "resp_body": resp_body}))];
    }
    let mut errors = Map::new();
    for remark in diagnostics {
        let place = format!("{}:{}", remark.line, remark.column);
        let error = json!({"invalid": {"message": mask.text(&remark.message)}});
        errors.entry(place).or_insert(error);
    }
    vec![("schema_errors", json!({"schema_errors": errors, "resp_body": resp_body}))]
}

/// The text before and after a fault. Not in a text that has secrets: a piece of one would not be
/// recognised.
fn around(fault: &Diagnostic, body: &Sample, mask: &Mask) -> (String, String) {
    let text = String::from_utf8_lossy(&body.bytes);
    if mask.text(&text) != text {
        return (String::new(), String::new());
    }
    let lines_before = usize::try_from(fault.line).unwrap_or(1).saturating_sub(1);
    let column = usize::try_from(fault.column).unwrap_or(1).saturating_sub(1);
    let line_at: usize = text.split_inclusive('\n').take(lines_before).map(str::len).sum();
    let line = &text[line_at..];
    let at = line_at + line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    let before: Vec<char> = text[..at].chars().rev().take(AROUND).collect();
    (before.into_iter().rev().collect(), text[at..].chars().take(AROUND).collect())
}

/// Values by name in lower case; several of one name are joined.
fn headers_shown(headers: &[(String, String)], mask: &Mask) -> Map<String, Value> {
    let mut shown = Map::new();
    for (name, value) in headers.iter().take(limits::DEBUG_HEADERS) {
        let value = first(&mask.header(name, value), limits::DEBUG_HEADER_BYTES).to_owned();
        match shown.get_mut(&name.to_ascii_lowercase()) {
            Some(Value::String(before)) => *before = format!("{before}, {value}"),
            _ => _ = shown.insert(name.to_ascii_lowercase(), value.into()),
        }
    }
    shown
}

fn body_shown(body: &Sample, mask: &Mask) -> String {
    let shown = mask.text(&String::from_utf8_lossy(&body.bytes));
    match body.whole > limits::DEBUG_BODY_BYTES || shown.len() > limits::DEBUG_BODY_BYTES {
        false => shown,
        true => {
            format!("{}… ({} bytes in all)", first(&shown, limits::DEBUG_BODY_BYTES), body.whole)
        }
    }
}

fn cut(text: &str) -> String {
    match first(text, limits::DEBUG_BODY_BYTES) {
        all if all.len() == text.len() => text.to_owned(),
        part => format!("{part}… ({} bytes in all)", text.len()),
    }
}

/// The first `bytes` of a text, less if that would cut a character.
fn first(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn unreadable(body: &str, no_json: bool, remark: ((u32, u32), &str)) -> Value {
        let diagnostics = vec![Diagnostic::error(remark.0, remark.1)];
        let body = Sample::of(body.as_bytes());
        let unreadable = Unreadable { diagnostics, no_json, body, continues: true };
        of_unreadable(&unreadable, &Mask::new().unwrap()).remove(0).1
    }

    #[test]
    fn a_fault_in_json_is_shown_with_what_is_around_it() {
        let fields = unreadable("{\n  \"ä\": \"b\",,\n}", true, ((2, 12), "a key is expected"));
        assert_eq!(
            fields["json_errors"],
            json!({"before": "{\n  \"ä\": \"b\",", "after": ",\n}", "message": "a key is expected"})
        );
        let fields = unreadable("{\"token\": \"s3cret\",,}", true, ((1, 20), "a key is expected"));
        assert_eq!(fields["json_errors"]["after"], "");
        assert!(!fields.to_string().contains("s3cret"), "{fields}");
    }

    #[test]
    fn faults_of_a_document_stand_at_their_places() {
        let fields = unreadable("<Response><Sai/></Response>", false, ((1, 11), "unknown verb"));
        let errors = json!({"1:11": {"invalid": {"message": "unknown verb"}}});
        assert_eq!(fields["schema_errors"], errors);
        assert_eq!(fields["resp_body"], "<Response><Sai/></Response>");
    }

    #[test]
    fn bodies_are_cut_after_their_secrets_are_hidden() {
        let mask = Mask::new().unwrap();
        // The secret lies across the cut, and is longer than what is kept.
        let text = format!(
            "{}\"token\": \"{}",
            " ".repeat(limits::DEBUG_BODY_BYTES - 12),
            "s3cret".repeat(9000)
        );
        let shown = body_shown(&Sample::of(text.as_bytes()), &mask);
        assert!(!shown.contains("s3"), "{}", &shown[limits::DEBUG_BODY_BYTES - 20..]);
        assert!(shown.ends_with(&format!("… ({} bytes in all)", text.len())));
        let url = format!("{}https://u:s3cret@h/", "ä".repeat(limits::DEBUG_BODY_BYTES / 2 - 6));
        let shown = body_shown(&Sample::of(url.as_bytes()), &mask);
        assert!(!shown.contains("u:s3"), "a part of a secret stays");
    }

    #[test]
    fn headers_of_one_name_are_joined() {
        let owned = |(n, v): (&str, &str)| (n.to_owned(), v.to_owned());
        let headers =
            [("Vary", "a"), ("vary", "b"), ("Set-Cookie", "s3cret"), ("X", "1")].map(owned);
        let outcome_of = |headers: &[(String, String)]| Outcome::Answered {
            status: 200,
            headers: headers.to_vec(),
            body: Sample::of(b""),
            took: Duration::from_millis(7),
        };
        let (kind, fields) = outcome(&outcome_of(&headers), &Mask::new().unwrap());
        let shown = json!({"vary": "a, b", "set-cookie": "***", "x": "1"});
        assert_eq!(
            (kind, &fields["resp_headers"], &fields["took_ms"]),
            ("response", &shown, &json!(7))
        );
    }
}
