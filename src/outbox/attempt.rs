//! One attempt to deliver: what is sent, and what the answer means.

use super::schedule::Retry;
use crate::{
    base::{Settings, limits},
    http::{Answer, Body, Door, HttpError, Request, Scheme, Signing},
    store::Delivery,
};
use std::time::{Duration, SystemTime};

/// The delivery's id: the same on every attempt.
const ID_HEADER: &str = "X-Pivot-Delivery";
/// From 1, counting up.
const ATTEMPT_HEADER: &str = "X-Pivot-Attempt";

/// How an attempt went.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The receiver confirmed it with this status.
    Confirmed(u16),
    /// It did not.
    Failed { status: Option<u16>, error: String, retry: Retry },
}

/// Sends the delivery once. Success is a 2xx and nothing else.
pub(super) async fn attempt(
    door: &Door,
    delivery: &Delivery,
    number: u32,
    within: Duration,
) -> Verdict {
    match request(door, delivery, number, within) {
        Ok(request) => match door.send(request).await {
            Ok(answer) => of_answer(&answer),
            Err(error) => of_error(&error),
        },
        Err(error) => of_error(&error),
    }
}

/// The URL's fragment may shorten or lengthen the one attempt, and say where it leaves from; how often
/// it is tried, and when, is the outbox's own.
fn request(
    door: &Door,
    delivery: &Delivery,
    number: u32,
    within: Duration,
) -> Result<Request, HttpError> {
    // What cannot be followed was noted when the delivery was made.
    let (settings, _) = Settings::delivery(door.connect_time(), within, &delivery.url);
    let content_type = delivery.content_type.clone();
    let request = match &delivery.file {
        Some(file) => Request::upload(&delivery.url, file.clone(), &content_type)?
            .settings(Settings::upload(door.connect_time())),
        None if content_type.is_empty() => Request::get(&delivery.url)?.settings(settings),
        None => {
            let body = Body { content_type: content_type.into(), bytes: delivery.body.clone() };
            Request::post(&delivery.url, body)?.settings(settings)
        }
    };
    Ok(request
        .header(ID_HEADER, delivery.id.as_str())
        .header(ATTEMPT_HEADER, number.to_string())
        .signed(Signing { account_id: delivery.account_id.clone(), scheme: scheme(delivery) })
        .at_most(limits::CALLBACK_ANSWER_BYTES)
        .body_must_arrive())
}

/// A delivery in a vendor's format says so in its kind; everything else is signed in the common way.
fn scheme(delivery: &Delivery) -> Scheme {
    match delivery.kind.split_once('_') {
        Some(("plivo", _)) => Scheme::Plivo,
        Some(("twiml", _)) => Scheme::Twilio,
        _ => Scheme::Standard { id: delivery.id.to_string() },
    }
}

fn of_answer(answer: &Answer) -> Verdict {
    if answer.is_success() {
        return Verdict::Confirmed(answer.status);
    }
    let retry_after = answer.header("retry-after").and_then(|v| retry_after(v, SystemTime::now()));
    Verdict::Failed {
        status: Some(answer.status),
        error: format!("the receiver answered {}", answer.status),
        retry: Retry::Backoff { retry_after },
    }
}

fn of_error(error: &HttpError) -> Verdict {
    let retry = match error {
        HttpError::Url { .. } | HttpError::Header(_) => Retry::Never,
        // A list, or a folder that this machine has to see: the operator's to mend.
        HttpError::Refused(_) | HttpError::File { .. } => Retry::Slowly,
        _ => Retry::Backoff { retry_after: None },
    };
    Verdict::Failed { status: None, error: error.to_string(), retry }
}

/// `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let date = httpdate::parse_http_date(value).ok()?;
            Some(date.duration_since(now).unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        // 1994-11-06 08:49:37 UTC
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (value, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("-1", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(retry_after(value, now), seconds.map(Duration::from_secs), "{value:?}");
        }
    }
}
