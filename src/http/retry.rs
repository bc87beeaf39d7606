//! Whether a request is made again: a pure decision, with its reason in words.

use super::HttpError;
use crate::base::{Settings, limits};
use std::time::Duration;

/// What follows from an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Then {
    /// The pause before the next attempt; `None` if there is none.
    pub(super) again: Option<Duration>,
    /// Why.
    pub(super) why: String,
}

/// Decides after the attempt of number `made`, with this much time left for the URL. The pause is drawn
/// from 0 up to a ceiling that doubles with each attempt (`jitter` is from 0 to 1), so that requests
/// that failed together do not come back together.
pub(super) fn after(
    outcome: Result<u16, &HttpError>,
    made: u32,
    left: Duration,
    settings: &Settings,
    jitter: f64,
) -> Then {
    let (word, wanted) = match kind(outcome, settings) {
        Kind::Answered => return Then { again: None, why: "answered".to_owned() },
        Kind::Final(reason) => return never(reason),
        Kind::Retryable(word, wanted) => (word, wanted),
    };
    if settings.retries == 0 {
        return never("there are no retries");
    }
    if !wanted {
        return never(&format!("the retry policy is {}, without {word}", settings.policy));
    }
    if made > settings.retries {
        return never(&format!("the retries are used up ({})", settings.retries));
    }
    let doubled = 2_u32.saturating_pow(made.saturating_sub(1));
    let ceiling = limits::RETRY_PAUSE.saturating_mul(doubled).min(limits::RETRY_PAUSE_MOST);
    let pause = ceiling.mul_f64(jitter.clamp(0.0, 1.0));
    if pause >= left {
        return never(&format!("the {} ms for this URL are over", settings.total.as_millis()));
    }
    let why = format!("again in {} ms: {word} is in the retry policy", pause.as_millis());
    Then { again: Some(pause), why }
}

fn never(reason: &str) -> Then {
    Then { again: None, why: format!("not tried again: {reason}") }
}

enum Kind {
    Answered,
    /// The word of `rp` for it, and whether the policy has that word.
    Retryable(&'static str, bool),
    Final(&'static str),
}

/// How `rp` sees an outcome. An answer that had begun is never asked for again, whatever became of it.
fn kind(outcome: Result<u16, &HttpError>, settings: &Settings) -> Kind {
    let policy = settings.policy;
    match outcome {
        Ok(status) => match status {
            400..=499 => Kind::Retryable("4xx", policy.client_errors),
            500..=599 => Kind::Retryable("5xx", policy.server_errors),
            _ => Kind::Answered,
        },
        Err(error) => match error {
            HttpError::Dns { .. }
            | HttpError::Connect { .. }
            | HttpError::ConnectTimeout { .. }
            | HttpError::Tls { .. } => Kind::Retryable("ct", policy.connect),
            HttpError::ReadTimeout { .. } | HttpError::Closed { .. } => {
                Kind::Retryable("rt", policy.read)
            }
            HttpError::Timeout { .. } => Kind::Final("the time for this URL is over"),
            HttpError::Body { .. } | HttpError::TooLarge { .. } | HttpError::Protocol { .. } => {
                Kind::Final("part of an answer had arrived")
            }
            HttpError::Refused(_) => Kind::Final("the address is refused"),
            HttpError::Url { .. }
            | HttpError::Header(_)
            | HttpError::Redirect { .. }
            | HttpError::Upgrade { .. }
            | HttpError::Lists(_)
            | HttpError::File { .. }
            | HttpError::Setup(_) => Kind::Final("it would fail in the same way"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(50);

    fn status(status: u16) -> Result<u16, HttpError> {
        Ok(status)
    }

    fn after(
        outcome: &Result<u16, HttpError>,
        made: u32,
        left: Duration,
        settings: &Settings,
        jitter: f64,
    ) -> Then {
        super::after(outcome.as_ref().copied(), made, left, settings, jitter)
    }

    fn failures() -> Vec<(&'static str, Result<u16, HttpError>)> {
        let (host, reason, within) = (String::new, String::new, Duration::from_secs(1));
        vec![
            ("4xx", status(404)),
            ("5xx", status(503)),
            ("ct", Err(HttpError::Dns { host: host(), reason: reason() })),
            ("ct", Err(HttpError::Connect { host: host(), reason: reason() })),
            ("ct", Err(HttpError::ConnectTimeout { host: host(), within })),
            ("ct", Err(HttpError::Tls { host: host(), reason: reason() })),
            ("rt", Err(HttpError::ReadTimeout { host: host(), within })),
            ("rt", Err(HttpError::Closed { host: host() })),
            ("", Err(HttpError::Timeout { host: host(), within })),
            ("", Err(HttpError::Body { host: host(), reason: reason() })),
            ("", Err(HttpError::TooLarge { host: host(), limit: 1 })),
            ("", Err(HttpError::Protocol { host: host(), reason: reason() })),
            ("", Err(HttpError::Redirect { from: host(), reason: reason() })),
            ("", Err(HttpError::Header(host()))),
            ("", status(200)),
            ("", status(302)),
        ]
    }

    fn settings(fragment: &str) -> Settings {
        Settings::plivo(&format!("http://h/#{fragment}")).0
    }

    #[test]
    fn exactly_what_the_policy_names_is_tried_again() {
        for policy in ["4xx", "5xx", "ct", "rt", "ct,rt", "4xx,5xx", "all"] {
            let settings = settings(&format!("rp={policy}"));
            for (word, outcome) in failures() {
                let again = after(&outcome, 1, LONG, &settings, 0.5).again;
                let named = policy == "all" || policy.split(',').any(|named| named == word);
                assert_eq!(again.is_some(), named && !word.is_empty(), "{policy}: {outcome:?}");
            }
        }
    }

    #[test]
    fn three_retries_are_four_attempts() {
        let settings = settings("rc=3&rp=all");
        let attempts = (1..)
            .take_while(|made| after(&status(500), *made, LONG, &settings, 0.5).again.is_some());
        assert_eq!(attempts.count() + 1, 4);
        assert_eq!(
            after(&status(500), 4, LONG, &settings, 0.5).why,
            "not tried again: the retries are used up (3)"
        );
    }

    #[test]
    fn pauses_are_drawn_from_a_doubling_range_and_end_with_the_time() {
        let settings = settings("rc=5&rp=all");
        for (made, ceiling) in [(1, 100), (2, 200), (3, 400), (4, 800), (5, 1000)] {
            let pause = |jitter| after(&status(500), made, LONG, &settings, jitter).again.unwrap();
            assert_eq!(pause(1.0), Duration::from_millis(ceiling));
            assert_eq!(pause(0.0), Duration::ZERO);
        }
        let left = Duration::from_millis(60);
        assert!(after(&status(500), 1, left, &settings, 0.5).again.is_some());
        let over = after(&status(500), 1, left, &settings, 0.7);
        assert_eq!(over.why, "not tried again: the 55000 ms for this URL are over");
    }

    #[test]
    fn the_reason_is_said() {
        for (fragment, outcome, why) in [
            ("", status(503), "not tried again: the retry policy is ct,rt, without 5xx"),
            ("rc=0", status(503), "not tried again: there are no retries"),
            ("rp=5xx", status(503), "again in 50 ms: 5xx is in the retry policy"),
            ("rp=5xx", status(200), "answered"),
        ] {
            assert_eq!(after(&outcome, 1, LONG, &settings(fragment), 0.5).why, why);
        }
    }
}
