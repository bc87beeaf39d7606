//! How long a copy may be played without asking: `Cache-Control`, `Age` and `Expires` (RFC 9111), as far
//! as they make sense for prompts.

use crate::http::Incoming;
use std::time::{Duration, SystemTime};

/// What a web server says about keeping its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Freshness {
    /// So long the copy is played without asking.
    pub(super) fresh: Duration,
    /// Whether the copy may be played a second time at all: not after `no-store`.
    pub(super) reusable: bool,
    /// Whether an old copy is better than none while the server is down: not after `no-cache` or
    /// `must-revalidate`.
    pub(super) stale_is_better: bool,
}

impl Freshness {
    /// Reads an answer's headers. Where they say nothing, a copy is fresh for `usual`; `longest` is the
    /// most, whatever they say.
    pub(super) fn of(answer: &Incoming, usual: Duration, longest: Duration) -> Self {
        let header = |name| answer.header(name).unwrap_or_default();
        let lifetime = lifetime(header("expires"), header("date"));
        let age = header("age").trim().parse().map_or(Duration::ZERO, Duration::from_secs);
        Self::judge(header("cache-control"), age, lifetime.unwrap_or(usual), longest)
    }

    fn judge(cache_control: &str, age: Duration, otherwise: Duration, longest: Duration) -> Self {
        let (mut no_store, mut no_cache, mut strict) = (false, false, false);
        let (mut ours, mut anyones) = (None, None);
        for directive in cache_control.split(',') {
            let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
            let seconds = || value.trim().trim_matches('"').parse().map(Duration::from_secs).ok();
            match name.trim().to_ascii_lowercase().as_str() {
                "no-store" => no_store = true,
                "no-cache" => no_cache = true,
                "must-revalidate" | "proxy-revalidate" => strict = true,
                // We keep one copy for all callers.
                "s-maxage" => ours = seconds(),
                "max-age" => anyones = seconds(),
                _ => {}
            }
        }
        let lifetime = if no_store || no_cache {
            Duration::ZERO
        } else {
            ours.or(anyones).map_or(otherwise, |lifetime| lifetime.saturating_sub(age))
        };
        Self {
            fresh: lifetime.min(longest),
            reusable: !no_store,
            stale_is_better: !(no_store || no_cache || strict),
        }
    }
}

/// From `Date` to `Expires`. An `Expires` that is no date, such as `0`, has passed.
fn lifetime(expires: &str, date: &str) -> Option<Duration> {
    if expires.is_empty() {
        return None;
    }
    let Ok(expires) = httpdate::parse_http_date(expires) else { return Some(Duration::ZERO) };
    let date = httpdate::parse_http_date(date).unwrap_or_else(|_| SystemTime::now());
    Some(expires.duration_since(date).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn a_server_says_how_long_its_file_is_fresh() {
        for (cache_control, age, fresh, reusable, stale_is_better) in [
            ("", 0, 300, true, true),
            ("public", 0, 300, true, true),
            ("max-age=60", 0, 60, true, true),
            ("Max-Age=\"60\", public", 0, 60, true, true),
            ("max-age=60", 45, 15, true, true),
            ("max-age=60", 90, 0, true, true),
            ("max-age=60, s-maxage=10", 0, 10, true, true),
            ("max-age=60, must-revalidate", 0, 60, true, false),
            ("max-age=99999999999", 0, 86_400, true, true),
            ("max-age=soon", 0, 300, true, true),
            ("no-cache", 0, 0, true, false),
            ("no-store, max-age=60", 0, 0, false, false),
        ] {
            let found = Freshness::judge(cache_control, secs(age), secs(300), secs(86_400));
            let expected = Freshness { fresh: secs(fresh), reusable, stale_is_better };
            assert_eq!(found, expected, "{cache_control} {age}");
        }
    }

    #[test]
    fn expires_counts_from_the_servers_own_date() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(lifetime("Sun, 06 Nov 1994 08:50:37 GMT", date), Some(secs(60)));
        assert_eq!(lifetime("Sun, 06 Nov 1994 08:00:00 GMT", date), Some(secs(0)));
        assert_eq!(lifetime("0", date), Some(secs(0)));
        assert_eq!(lifetime("", date), None);
    }
}
