//! One call, as its record tells it.

use crate::base::{CallFacts, EndFacts, Timestamp, event::Leg, limits};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, sync::Arc};

/// What one call's record says. While the call is under way it can be written down as JSON, so
/// that something is left of it after a crash; how a call ended is not part of that.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    pub(super) facts: Arc<CallFacts>,
    pub(super) variables: Map<String, Value>,
    pub(super) answered: Option<Timestamp>,
    pub(super) recordings: Vec<String>,
    pub(super) other_leg: String,
    pub(super) handed_over: String,
    #[serde(skip)]
    pub(super) end: Option<Arc<EndFacts>>,
    /// When the record was closed although the end of the call is not known.
    #[serde(skip)]
    pub(super) given_up: Option<Timestamp>,
}

impl Record {
    pub(super) fn begin(facts: &Arc<CallFacts>, at: Timestamp) -> Self {
        let text = |(name, value): (&String, &String)| (name.clone(), value.as_str().into());
        Self {
            facts: Arc::clone(facts),
            variables: facts.application_vars.iter().map(text).collect(),
            answered: facts.answered.then_some(at),
            ..Self::default()
        }
    }

    /// What is left when nothing but the ids of a call can be read.
    pub(super) fn of_ids(call_id: &str, account_id: &str) -> Self {
        let facts = CallFacts {
            call_id: call_id.to_owned(),
            account_id: account_id.to_owned(),
            ..CallFacts::default()
        };
        Self { facts: Arc::new(facts), ..Self::default() }
    }

    /// The call that this record is about.
    pub fn call_id(&self) -> &str {
        &self.facts.call_id
    }

    /// Its customer; empty if the dialplan named none.
    pub fn account_id(&self) -> &str {
        &self.facts.account_id
    }

    pub(super) fn answered(&mut self, at: Timestamp) {
        self.answered.get_or_insert(at);
    }

    pub(super) fn set_variables(&mut self, variables: &BTreeMap<String, Value>) {
        self.variables = variables.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    }

    pub(super) fn add_recording(&mut self, url: &str) {
        if self.recordings.len() < limits::CDR_RECORDINGS {
            self.recordings.push(url.to_owned());
        }
    }

    pub(super) fn bridged(&mut self, leg: &Leg) {
        self.other_leg = leg.id.to_string();
    }

    pub(super) fn handed_over(&mut self, to: &str) {
        self.handed_over = to.to_owned();
    }

    pub(super) fn end(&mut self, end: &Arc<EndFacts>) {
        self.end.get_or_insert_with(|| Arc::clone(end));
    }
}
