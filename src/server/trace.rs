//! The story of a call as log lines: a line when it begins and ends and for what an operator should
//! see, the rest at `debug`.

use crate::base::{CallEvent, Happening, Sink};

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
            Happening::Fetched { status, dialect, bytes, took, .. } => {
                let took_ms = took.as_millis();
                tracing::info!(call, status, %dialect, bytes, took_ms, "document");
            }
            Happening::FetchFailed { url, kind, reason } => {
                tracing::warn!(call, %url, kind, %reason, "no document");
            }
            Happening::Noted { error: true, message } => tracing::warn!(call, "{message}"),
            Happening::HandedOver { to } => tracing::info!(call, %to, "handed over"),
            Happening::Ended(end) => tracing::info!(
                call, cause = %end.cause, by = ?end.by, total_ms = end.total.as_millis(),
                billable_ms = end.billable.as_millis(), confirmed = end.confirmed, "ended"
            ),
            other => tracing::debug!(call, happening = ?other),
        }
    }
}
