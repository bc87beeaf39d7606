//! The story of a call as log lines: a line when it begins and ends and for what an operator should
//! see, the rest at `debug`. What callers type and what customers' servers are told stays out of it:
//! keys may be a PIN.

use crate::base::{CallEvent, Happening, Sink, web::masked};

/// Writes a call's story to the log.
#[derive(Debug, Default)]
pub struct Trace {
    call: String,
}

impl Sink for Trace {
    fn tell(&mut self, event: &CallEvent) {
        let call = self.call.as_str();
        match &event.what {
            Happening::Created(facts) => {
                self.call.clone_from(&facts.call_id);
                tracing::info!(
                    call = %facts.call_id, account = %facts.account_id, from = %facts.caller_number,
                    to = %facts.destination, switch = %facts.switch, "call"
                );
            }
            // One that is tried again, or that ends without an answer, is worth a line.
            Happening::Attempted(attempt) if attempt.is_plain() => {
                tracing::debug!(call, url = %attempt.url, "{attempt}");
            }
            Happening::Attempted(attempt) => {
                tracing::info!(call, url = %attempt.url, "{attempt}");
            }
            Happening::Fetched { status, dialect, bytes, took, .. } => {
                let took_ms = took.as_millis();
                tracing::info!(call, status, %dialect, bytes, took_ms, "document");
            }
            Happening::FetchFailed { step, at, url, kind, reason } => {
                tracing::warn!(call, %step, %at, %url, kind, %reason, "no document");
            }
            Happening::Noted { error: true, message } => tracing::warn!(call, "{message}"),
            Happening::HandedOver { to } => tracing::info!(call, %to, "handed over"),
            Happening::Ended(end) => tracing::info!(
                call, cause = %end.cause, by = ?end.by, total_ms = end.total.as_millis(),
                billable_ms = end.billable.as_millis(), confirmed = end.confirmed, "ended"
            ),
            Happening::Digit { .. } => tracing::debug!(call, "key"),
            Happening::Fetching { method, url, parameters } => {
                let names: Vec<_> = parameters.iter().map(|(name, _)| name.as_str()).collect();
                tracing::debug!(call, %method, %url, parameters = ?names, "asking");
            }
            Happening::Variables { variables } => {
                tracing::debug!(call, names = ?variables.keys(), "variables");
            }
            // An outcome may be what the caller typed.
            Happening::StepEnded { step, .. } => tracing::debug!(call, %step, "step ended"),
            Happening::CdrRequested { url } => tracing::debug!(call, url = masked(url), "cdr"),
            other => tracing::debug!(call, happening = ?other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Timestamp;
    use std::{
        io::Write,
        sync::{Arc, Mutex},
    };

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn neither_keys_nor_values_of_parameters_are_logged() {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .without_time()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        let text = |text: &str| text.to_owned();
        let story = [
            Happening::Digit { digit: '7' },
            Happening::Fetching {
                method: text("POST"),
                url: text("http://h/"),
                parameters: vec![(text("Digits"), text("7777"))],
            },
            Happening::StepEnded { step: text("Gather"), outcome: text("digits 7777") },
            Happening::Variables { variables: [(text("pin"), "7777".into())].into() },
            Happening::CdrRequested { url: text("http://h/cdr?token=7777") },
        ];
        tracing::subscriber::with_default(subscriber, || {
            let mut trace = Trace::default();
            for what in story {
                trace.tell(&CallEvent { at: Timestamp::from_micros(1), what });
            }
        });
        let told = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(told.lines().count(), 5, "{told}");
        assert!(!told.contains('7'), "{told}");
        for name in ["key", "Digits", "http://h/", "Gather", "pin", "token"] {
            assert!(told.contains(name), "{name} in {told}");
        }
    }
}
