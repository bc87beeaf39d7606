//! What a call remembers from one document to the next, whatever their dialects.

use super::{CallerId, Recording};
use crate::base::EndReason;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Digits, variables and results that later requests carry to the customer's web server.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Digits by the name of their collection (`collect_dtmf`). The collection `default` also holds
    /// what is typed ahead; see [`super::Call::typed_ahead`].
    pub collections: BTreeMap<String, String>,
    /// `Custom-Application-Vars`: from the dialplan (`cav_*`), then from `set_variables`.
    pub application_vars: Map<String, Value>,
    /// User variables of `<Set>` and `<Variable>`; sent with every later request.
    pub user_vars: Map<String, Value>,
    /// What happened since the last request, in the names of the document's dialect.
    pub happened: Vec<(String, String)>,
    /// The last recording.
    pub recording: Option<Recording>,
    /// What ends the call, once something of ours does.
    pub end: Option<EndReason>,
    /// Caller id for later dials (`set_cid`, `prepend_cid`).
    pub caller_id: CallerId,
}
