//! The one story of a call. [`CallEvent`]s are told by `call/` and `pivot/` in the order in which
//! things happened; the CDR, the trace, metrics and the live display are folds of that stream.

use super::{AccountId, Attempt, CallId, HangupCause, Timestamp};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, net::IpAddr, sync::Arc, time::Duration};

/// One thing that happened in a call.
#[derive(Clone, Debug, Serialize)]
pub struct CallEvent {
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub what: Happening,
}

/// What can happen in a call. `Created` is first, `Ended` is last, and each occurs exactly once.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Happening {
    /// FreeSWITCH handed us the call.
    Created(Arc<CallFacts>),
    /// The caller's leg was answered.
    Answered,
    /// A verb or action began.
    StepStarted {
        /// Its name in its dialect: `Gather`, `collect_dtmf`.
        step: String,
        /// What it is about, for a person: a URL, a text, a number.
        detail: String,
        /// Where it stands in its document: `/children/1`, or `4:3` (line and column).
        at: String,
    },
    /// A verb or action ended.
    StepEnded {
        /// Its name in its dialect.
        step: String,
        /// How, for a person: `digits 123`, `no answer`.
        outcome: String,
    },
    /// Something was said or played to the caller.
    Prompted {
        /// What, for a person: `say "Hello" (en-US)`, `play /sounds/a.wav`.
        prompt: String,
    },
    /// The caller typed a key.
    Digit {
        /// Which.
        digit: char,
    },
    /// A leg that we dial is ringing.
    LegRinging(Leg),
    /// A leg that we dialled was answered.
    LegAnswered(Leg),
    /// A leg that we dialled has ended.
    LegEnded {
        /// Which.
        leg: Leg,
        /// Why.
        cause: HangupCause,
        /// Time from answer to end; zero if it was never answered.
        talked: Duration,
    },
    /// A recording was made.
    Recorded {
        /// File on the switch.
        path: String,
        /// Where the customer finds it.
        url: String,
        /// Its length.
        length: Duration,
        /// Its size in bytes.
        bytes: u64,
    },
    /// The customer's web server is being asked.
    Fetching {
        /// `GET` or `POST`.
        method: String,
        /// The address, credentials masked.
        url: String,
        /// Parameters, as they are sent.
        parameters: Vec<(String, String)>,
    },
    /// One attempt to ask it has ended; told before what comes of all of them.
    Attempted(Box<Attempt>),
    /// The customer's web server answered with a document that will be run.
    Fetched {
        /// HTTP status.
        status: u16,
        /// Content type, as received.
        content_type: String,
        /// The dialect it was read as.
        dialect: String,
        /// Size of the body in bytes.
        bytes: usize,
        /// From asking to the whole answer.
        took: Duration,
    },
    /// The customer's web server could not be asked, or its answer cannot be run.
    FetchFailed {
        /// The verb or action that asked.
        step: String,
        /// Where it stands in its document, as in [`Happening::StepStarted`].
        at: String,
        /// The address, credentials masked.
        url: String,
        /// A short, stable name of the failure: `dns`, `connect`, `tls`, `timeout`, `status`, ….
        kind: &'static str,
        /// The failure in words.
        reason: String,
    },
    /// Something about the document that its author should know.
    Noted {
        /// `true` if it changes what the call does.
        error: bool,
        /// In words, with the place in the document.
        message: String,
    },
    /// Application variables of the call (`Custom-Application-Vars`) as they are now.
    Variables {
        /// Name to value.
        variables: BTreeMap<String, serde_json::Value>,
    },
    /// Where the CDR of this call goes.
    CdrRequested {
        /// The customer's URL.
        url: String,
    },
    /// The call was handed to another part of the dialplan and goes on without us.
    HandedOver {
        /// Where to.
        to: String,
    },
    /// The call is over.
    Ended(Arc<EndFacts>),
}

/// A leg that we dialled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Leg {
    /// Its channel UUID.
    pub id: CallId,
    /// The number or address, as the document named it.
    pub to: String,
}

/// What is known of a call when FreeSWITCH hands it over (from the `connect` reply,
/// `reference/freeswitch.md` 2.3).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CallFacts {
    /// UUID of the caller's channel.
    pub call_id: String,
    /// The call that has dialled this leg; empty for a call that came to us.
    pub parent: String,
    /// The customer, from `pivot_account_id`; empty if the dialplan names none.
    pub account_id: String,
    /// `inbound` or `outbound`, as FreeSWITCH sees the channel.
    pub direction: String,
    /// The caller's name, as shown; empty if unknown.
    pub caller_name: String,
    /// The caller's number.
    pub caller_number: String,
    /// The number that was dialled.
    pub destination: String,
    /// User and host of the From URI.
    pub from: SipParty,
    /// User and host of the To URI.
    pub to: SipParty,
    /// User and host of the request URI.
    pub request: SipParty,
    /// SIP Call-ID.
    pub sip_call_id: String,
    /// The caller's user agent.
    pub user_agent: String,
    /// Where the SIP request came from.
    pub network_ip: Option<IpAddr>,
    /// `X-` and other kept headers of the INVITE, by name (`X-Account`, `Diversion`).
    pub sip_headers: BTreeMap<String, String>,
    /// What SHAKEN found about the caller's number (`TN-Validation-Passed-A`); empty if nobody said.
    pub verstat: String,
    /// Application variables set by the dialplan (`cav_NAME`), by name.
    pub application_vars: BTreeMap<String, String>,
    /// The dialplan's instructions to us (`pivot_*` variables), by name without the prefix.
    pub instructions: BTreeMap<String, String>,
    /// The call's language, from `default_language`; empty if none is set.
    pub language: String,
    /// When FreeSWITCH created the channel.
    pub created: Timestamp,
    /// Whether the dialplan had answered already.
    pub answered: bool,
    /// Host name of the switch.
    pub switch: String,
    /// FreeSWITCH's name of the channel: `sofia/internal/alice@example.com`.
    pub channel_name: String,
    /// Dialplan context that the call came through.
    pub context: String,
}

impl CallFacts {
    /// The call's id.
    pub fn id(&self) -> CallId {
        CallId::new(self.call_id.as_str())
    }

    /// The customer's id.
    pub fn account(&self) -> AccountId {
        AccountId::new(self.account_id.as_str())
    }
}

/// User and host of a SIP URI.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SipParty {
    /// User part.
    pub user: String,
    /// Host part, without the port.
    pub host: String,
    /// `user@host[:port]`.
    pub uri: String,
}

/// Who ended a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhoHungUp {
    /// The caller.
    Caller,
    /// We, or the document that we ran.
    Us,
    /// The switch itself or an operator on it.
    Switch,
    /// Unknown: the connection to the switch was lost before the end was told.
    #[default]
    Unknown,
}

/// How a call ended (from `CHANNEL_HANGUP_COMPLETE`, `reference/freeswitch.md` 3.16). What FreeSWITCH
/// did not tell is empty or zero.
#[derive(Clone, Debug, Serialize)]
pub struct EndFacts {
    /// Why.
    pub cause: HangupCause,
    /// Who ended it.
    pub by: WhoHungUp,
    /// The SIP status in FreeSWITCH's spelling: `sip:486`; empty if none.
    pub hangup_code: String,
    /// From the channel's creation to its end.
    pub total: Duration,
    /// From answer to end; zero if it was never answered.
    pub billable: Duration,
    /// From creation to the first ringing; zero if it never rang.
    pub ringing: Duration,
    /// When it was answered.
    pub answered: Option<Timestamp>,
    /// When it ended.
    pub ended: Timestamp,
    /// Whether FreeSWITCH confirmed the end. `false` when the connection to it was lost.
    pub confirmed: bool,
    /// Caller's name and number at the end (a callflow may have changed them).
    pub caller_id: (String, String),
    /// Callee's name and number.
    pub callee_id: (String, String),
    /// UUID of the last leg that the caller was bridged to; empty if none.
    pub other_leg: String,
    /// How the last dial went in FreeSWITCH's words (`originate_disposition`); empty if none.
    pub disposition: String,
    /// Every other header and variable worth a line in the CDR, by its FreeSWITCH name.
    pub raw: BTreeMap<String, String>,
}

/// Somebody who listens to the story of a call.
///
/// `tell` must not block: it is called from the call's own task. A listener that has to store
/// something keeps it and lets its owner store it.
pub trait Sink: Send {
    /// Takes the next event. Events come in order; none comes after `Ended`.
    fn tell(&mut self, event: &CallEvent);
}

impl<F: FnMut(&CallEvent) + Send> Sink for F {
    fn tell(&mut self, event: &CallEvent) {
        self(event);
    }
}
