//! What the tables hold, as types.

use crate::base::{DeliveryId, Timestamp, web::FileUpload};
use bytes::Bytes;
use std::{borrow::Cow, time::Duration};

/// Something to be sent to a customer's server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// Its id; a second delivery of the same id is the same delivery and is not stored again.
    pub id: DeliveryId,
    /// What it is, for people: `cdr`.
    pub kind: &'static str,
    /// The call it is about; may be empty.
    pub call_id: String,
    /// The customer it belongs to; may be empty.
    pub account_id: String,
    /// Where it goes.
    pub url: String,
    /// Deliveries to the same destination share its capacity.
    pub destination: String,
    /// Sent as `Content-Type`.
    pub content_type: Cow<'static, str>,
    /// Sent as it is.
    pub body: Bytes,
    /// The file that is sent in place of the body.
    pub file: Option<FileUpload>,
    /// When it came to be.
    pub created: Timestamp,
    /// When it is first tried.
    pub due: Timestamp,
    /// After when a failure is the last one.
    pub give_up: Timestamp,
    /// Until when a worker holds it from the beginning; `None` if it has to be claimed.
    pub claimed_until: Option<Timestamp>,
}

impl NewDelivery {
    /// As it is once it has been stored.
    pub fn stored(&self) -> Delivery {
        Delivery {
            id: self.id.clone(),
            kind: self.kind.to_owned(),
            call_id: self.call_id.clone(),
            account_id: self.account_id.clone(),
            url: self.url.clone(),
            destination: self.destination.clone(),
            content_type: self.content_type.clone().into_owned(),
            body: self.body.clone(),
            file: self.file.clone(),
            state: State::Due,
            created: self.created,
            due: self.due,
            give_up: self.give_up,
            claimed_until: self.claimed_until,
            attempts: 0,
            failures: 0,
            last_status: None,
            last_error: None,
            finished: None,
        }
    }
}

/// A caller's place in a queue, as it comes back to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceRow {
    /// The call.
    pub call_id: String,
    /// Its customer; may be empty.
    pub account_id: String,
    /// The queue's name.
    pub queue: String,
    /// Since when it waits.
    pub joined: Timestamp,
    /// The document that lets it wait.
    pub document: Vec<u8>,
    /// Whatever else is needed to go on, as whoever keeps it writes it down.
    pub state: String,
}

/// A stored delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// What it is.
    pub kind: String,
    /// The call it is about.
    pub call_id: String,
    /// The customer it belongs to.
    pub account_id: String,
    /// Where it goes; may contain credentials.
    pub url: String,
    /// Whose capacity it uses.
    pub destination: String,
    /// Sent as `Content-Type`.
    pub content_type: String,
    /// Sent as it is.
    pub body: Bytes,
    /// The file that is sent in place of the body.
    pub file: Option<FileUpload>,
    /// How it stands.
    pub state: State,
    /// When it came to be.
    pub created: Timestamp,
    /// When it is tried next; the last such moment if it is not due any more.
    pub due: Timestamp,
    /// After when a failure is the last one.
    pub give_up: Timestamp,
    /// Until when a worker holds it.
    pub claimed_until: Option<Timestamp>,
    /// Attempts made.
    pub attempts: u32,
    /// Attempts that failed since it was stored or last re-sent.
    pub failures: u32,
    /// HTTP status of the last attempt, if there was an answer.
    pub last_status: Option<u16>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it arrived or was given up.
    pub finished: Option<Timestamp>,
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Waiting, or under way.
    Due,
    /// The receiver has confirmed it.
    Delivered,
    /// Given up.
    Dead,
}

impl State {
    /// As it stands in the table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}

/// One attempt to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// Why it failed; `None` if it did not.
    pub error: Option<String>,
}

/// What becomes of a delivery after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived.
    Delivered,
    /// It is tried again.
    Again {
        /// When.
        due: Timestamp,
    },
    /// It is given up.
    Dead,
}

/// What became of the wish to send a delivery again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resent {
    /// It is due now.
    Due,
    /// The receiver has confirmed it before: it is not sent again.
    Delivered,
    /// There is no such delivery.
    Unknown,
}

/// Which deliveries to list; newest first.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only those that stand so.
    pub state: Option<State>,
    /// Only those about this call.
    pub call_id: Option<String>,
    /// Only those of this customer.
    pub account_id: Option<String>,
    /// Only those older than this one: the last of the page before.
    pub before: Option<DeliveryId>,
    /// At most so many; never more than [`crate::base::limits::LISTED`].
    pub limit: usize,
}

/// How many deliveries there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Waiting or under way.
    pub due: u64,
    /// Confirmed and still kept for look-up.
    pub delivered: u64,
    /// Given up.
    pub dead: u64,
    /// When the oldest one that still waits came to be.
    pub oldest_due: Option<Timestamp>,
}

/// A call under way whose end somebody must be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The id that the delivery will have.
    pub id: DeliveryId,
    /// The call.
    pub call_id: String,
    /// Its customer.
    pub account_id: String,
    /// Where the delivery will go.
    pub url: String,
    /// What is known so far: JSON, known only to whoever wrote it.
    pub facts: String,
    /// When the call came to us.
    pub opened: Timestamp,
}

/// A rule of the address guard that an operator added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardRule {
    /// What it does: `block-cidr`.
    pub kind: String,
    /// To what: `10.0.0.0/8`.
    pub value: String,
    /// Since when.
    pub added: Timestamp,
}

/// All added rules at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardRules {
    /// From 1; grows with every change.
    pub revision: u64,
    /// Oldest first.
    pub rules: Vec<GuardRule>,
}

/// Something to be kept of what a call asked and was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebugNote {
    /// The call.
    pub call_id: String,
    /// Its customer; may be empty.
    pub account_id: String,
    /// The switch that it is on.
    pub node: String,
    /// When.
    pub at: Timestamp,
    /// Whether it belongs to the exchange before it, or begins one.
    pub continues: bool,
    /// Kind (`request`, `response`, `failure`, `schema_errors`, `json_errors`) and fields, a JSON object.
    pub records: Vec<(&'static str, String)>,
}

/// A call that has records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebugCall {
    /// The call.
    pub call_id: String,
    /// Its customer; may be empty.
    pub account_id: String,
    /// The switch that it was on.
    pub node: String,
    /// When its first record came to be.
    pub created: Timestamp,
    /// What was asked first.
    pub uri: Option<String>,
    /// Status of the first answer.
    pub status: Option<String>,
    /// Whether an answer was no valid document.
    pub has_schema_errors: bool,
    /// Whether an answer was to be JSON and was not.
    pub has_json_errors: bool,
}

/// One half of an exchange, or what is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebugRecord {
    /// Which exchange of the call, from 1.
    pub iteration: u64,
    /// When.
    pub at: Timestamp,
    /// `request`, `response`, `failure`, `schema_errors` or `json_errors`.
    pub kind: String,
    /// A JSON object.
    pub fields: String,
}
