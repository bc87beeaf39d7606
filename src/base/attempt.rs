//! One attempt to ask a customer's server, as the trace of a call shows it.

use serde::Serialize;
use std::{fmt, time::Duration};

/// One attempt, with its redirects. Times that did not pass are `None`: a name that is an address is
/// not looked up, and a connection that was kept open is not made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// From 1, counting up for one URL.
    pub number: u32,
    /// The URL, credentials masked.
    pub url: String,
    /// Where it left from: the name of an egress, or `direct`.
    pub region: String,
    /// The region that the URL asks for, if there is no such egress.
    pub instead_of: Option<String>,
    /// Time in which names were looked up, over all redirects.
    pub resolve: Option<Duration>,
    /// Time in which TCP connections were made, over all redirects.
    pub connect: Option<Duration>,
    /// Time of TLS handshakes, over all redirects.
    pub tls: Option<Duration>,
    /// From the beginning of the attempt until the head of the answer was there.
    pub first_byte: Option<Duration>,
    /// From the beginning of the attempt to its end.
    pub total: Duration,
    /// The answer's status.
    pub status: Option<u16>,
    /// A short, stable name of the failure, if there was no whole answer.
    pub failure: Option<&'static str>,
    /// What follows from it, in words: why there is another attempt, or why there is none.
    pub then: String,
}

impl Attempt {
    /// Whether only connections that had been kept open were used.
    pub const fn reused(&self) -> bool {
        self.connect.is_none() && self.first_byte.is_some()
    }

    /// Whether there is nothing to tell: the first attempt was answered, from where it was asked to.
    pub fn is_plain(&self) -> bool {
        let answered = self.status.is_some_and(|status| status < 400);
        self.number == 1 && answered && self.failure.is_none() && self.instead_of.is_none()
    }

    /// How it went, in a few words: `503`, `connect_timeout`.
    pub fn outcome(&self) -> String {
        match (self.failure, self.status) {
            (Some(failure), _) => failure.to_owned(),
            (None, Some(status)) => status.to_string(),
            (None, None) => "nothing".to_owned(),
        }
    }
}

/// For a person: `attempt 2 from frankfurt: 503 (connection kept open, first byte 80 ms, total 81 ms);
/// again in 90 ms: 5xx`.
impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "attempt {}", self.number)?;
        if self.region != "direct" {
            write!(f, " from {}", self.region)?;
        }
        if let Some(wanted) = &self.instead_of {
            write!(f, " (region {wanted} is not configured)")?;
        }
        write!(f, ": {} (", self.outcome())?;
        if self.reused() {
            f.write_str("connection kept open, ")?;
        }
        let laps = [
            ("resolve", self.resolve),
            ("connect", self.connect),
            ("TLS", self.tls),
            ("first byte", self.first_byte),
        ];
        for (name, lap) in laps {
            if let Some(lap) = lap {
                write!(f, "{name} {} ms, ", lap.as_millis())?;
            }
        }
        write!(f, "total {} ms); {}", self.total.as_millis(), self.then)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_reads_well() {
        let ms = Duration::from_millis;
        let first = Attempt {
            number: 1,
            region: "direct".to_owned(),
            resolve: Some(ms(2)),
            connect: Some(ms(13)),
            total: ms(2015),
            failure: Some("connect_timeout"),
            then: "again in 9 ms".to_owned(),
            ..Attempt::default()
        };
        assert_eq!(
            first.to_string(),
            "attempt 1: connect_timeout (resolve 2 ms, connect 13 ms, total 2015 ms); again in 9 ms"
        );
        let second = Attempt {
            number: 2,
            region: "frankfurt".to_owned(),
            instead_of: Some("mars".to_owned()),
            first_byte: Some(ms(80)),
            total: ms(81),
            status: Some(200),
            then: "answered".to_owned(),
            ..Attempt::default()
        };
        assert_eq!(
            second.to_string(),
            "attempt 2 from frankfurt (region mars is not configured): 200 (connection kept open, \
             first byte 80 ms, total 81 ms); answered"
        );
    }
}
