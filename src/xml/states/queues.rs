//! Enqueue, Leave and Queue.

use super::entry::{Entry, refused, twiml};

/// A verb that a document rests on.
const NO_QUEUES: &str = "queues are not supported: the document is refused";

pub(super) const ALL: &[Entry] = &[
    twiml(&["Enqueue"]).holds("support").refused(NO_QUEUES).with(&[
        refused("action", ""),
        refused("method", ""),
        refused("waitUrl", ""),
        refused("waitUrlMethod", ""),
        refused("workflowSid", ""),
        refused("maxQueueSize", ""),
    ]),
    twiml(&["Enqueue/Task"])
        .holds("{}")
        .refused(NO_QUEUES)
        .with(&[refused("priority", ""), refused("timeout", "")]),
    twiml(&["Leave"]).refused(NO_QUEUES),
    twiml(&["Dial/Queue"])
        .holds("support")
        .refused("not dialled; a Dial with nobody else fails at once")
        .with(&[
            refused("url", ""),
            refused("method", ""),
            refused("reservationSid", ""),
            refused("postWorkActivitySid", ""),
        ]),
    twiml(&["Queue"]).holds("support").refused(NO_QUEUES).with(&[
        refused("url", ""),
        refused("method", ""),
        refused("reservationSid", ""),
        refused("postWorkActivitySid", ""),
    ]),
];
