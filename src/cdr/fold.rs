//! The fold: events in, one record out. Nothing else is told to it.

use super::Record;
use crate::base::{CallEvent, Happening, Sink};

/// Listens to the story of one call.
#[derive(Debug, Default)]
pub struct CdrFold {
    record: Option<Record>,
    url: Option<String>,
}

impl CdrFold {
    /// Before the story begins.
    pub fn new() -> Self {
        Self::default()
    }

    /// In the middle of a story that an earlier server has heard the beginning of.
    pub fn taken_up(record: Record) -> Self {
        Self { record: Some(record), url: None }
    }

    /// What is known so far; `None` before `Created`. Complete after `Ended`.
    pub const fn record(&self) -> Option<&Record> {
        self.record.as_ref()
    }

    /// Where the document or the dialplan wants the record sent, by the latest word.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }
}

impl Sink for CdrFold {
    fn tell(&mut self, event: &CallEvent) {
        match (&event.what, &mut self.record) {
            (Happening::Created(facts), record @ None) => {
                *record = Some(Record::begin(facts, event.at));
            }
            (Happening::CdrRequested { url }, _) => self.url = Some(url.clone()),
            (Happening::Answered, Some(record)) => record.answered(event.at),
            (Happening::Variables { variables }, Some(record)) => record.set_variables(variables),
            (Happening::Recorded { url, .. }, Some(record)) => record.add_recording(url),
            (Happening::LegAnswered(leg), Some(record)) => record.bridged(leg),
            (Happening::HandedOver { to }, Some(record)) => record.handed_over(to),
            (Happening::Ended(end), Some(record)) => record.end(end),
            _ => {}
        }
    }
}
