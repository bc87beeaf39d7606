//! `GET /metrics`: counters in Prometheus' text format.

use super::{ApiError, State};
use crate::base::{CallEvent, Happening, Sink};
use axum::{extract, http::header::CONTENT_TYPE, response::IntoResponse};
use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// What happened since the start: a fold of all calls' stories. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Arc<Mutex<Counts>>);

#[derive(Clone, Debug, Default)]
struct Counts {
    calls: u64,
    ended: u64,
    documents: u64,
    /// By the failure's short name.
    failures: BTreeMap<&'static str, u64>,
}

impl Metrics {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Metrics {
    fn tell(&mut self, event: &CallEvent) {
        match &event.what {
            Happening::Created(_) => self.lock().calls += 1,
            Happening::Ended(_) => self.lock().ended += 1,
            Happening::Fetched { .. } => self.lock().documents += 1,
            Happening::FetchFailed { kind, .. } => {
                *self.lock().failures.entry(kind).or_default() += 1;
            }
            _ => {}
        }
    }
}

/// All counters.
pub(super) async fn show(
    extract::State(state): extract::State<State>,
) -> Result<impl IntoResponse, ApiError> {
    let counts = state.metrics.lock().clone();
    let deliveries = state.store.counts().await?;
    let mut page = Page::default();
    page.counter("pivot_calls_total", "Calls taken over", &[("", counts.calls)]);
    let up = counts.calls.saturating_sub(counts.ended);
    page.gauge("pivot_calls", "Calls that are up", &[("", up)]);
    page.counter("pivot_documents_total", "Documents fetched", &[("", counts.documents)]);
    let failures = by_label("kind", counts.failures);
    page.counter("pivot_fetch_failures_total", "Requests that gave no document", &failures);
    let refusals = by_label("reason", state.rules.guard().refusals());
    page.counter("pivot_guard_refusals_total", "Requests that the guard refused", &refusals);
    let states = [
        ("{state=\"due\"}", deliveries.due),
        ("{state=\"delivered\"}", deliveries.delivered),
        ("{state=\"dead\"}", deliveries.dead),
    ];
    page.gauge("pivot_deliveries", "Deliveries that are stored", &states);
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4")], page.0))
}

/// Counts with the name of each as a label.
fn by_label(label: &str, counts: BTreeMap<&'static str, u64>) -> Vec<(String, u64)> {
    counts.into_iter().map(|(name, n)| (format!("{{{label}=\"{name}\"}}"), n)).collect()
}

/// Text in Prometheus' exposition format 0.0.4.
#[derive(Debug, Default)]
struct Page(String);

impl Page {
    fn counter(&mut self, name: &str, help: &str, values: &[(impl AsRef<str>, u64)]) {
        self.family(name, help, "counter", values);
    }

    fn gauge(&mut self, name: &str, help: &str, values: &[(impl AsRef<str>, u64)]) {
        self.family(name, help, "gauge", values);
    }

    fn family(&mut self, name: &str, help: &str, kind: &str, values: &[(impl AsRef<str>, u64)]) {
        // Writing to a string does not fail.
        _ = writeln!(self.0, "# HELP {name} {help}.\n# TYPE {name} {kind}");
        for (labels, value) in values {
            _ = writeln!(self.0, "{name}{} {value}", labels.as_ref());
        }
    }
}
