//! Enqueue, Leave and Queue.

use super::entry::{Entry, limited, refused, twiml, works};

/// What the vendor's own task router knows, and nobody here.
const NO_ROUTER: &str = "there is no task router";

pub(super) const ALL: &[Entry] = &[
    twiml(&["Enqueue"]).holds("support").with(&[
        works("action").note("requested after the hangup as well"),
        works("method"),
        works("waitUrl").note("empty is silence, none is the operator's music"),
        works("waitUrlMethod"),
        refused("workflowSid", "there is no task router: the document is refused"),
        limited("maxQueueSize", "1 to 5,000"),
    ]),
    twiml(&["Enqueue/Task"])
        .holds("{}")
        .refused("there is no task router: the document is refused")
        .with(&[refused("priority", ""), refused("timeout", "")]),
    twiml(&["Leave"]).note("outside of a wait document it does nothing"),
    twiml(&["Dial/Queue"])
        .holds("support")
        .limited("has to be the first noun of its Dial, and others are left out; of the Dial only action, method, timeout, timeLimit, hangupOnStar, hangupOn and ringTone act")
        .with(&[
            works("url"),
            works("method"),
            refused("reservationSid", NO_ROUTER),
            refused("postWorkActivitySid", NO_ROUTER),
        ]),
    twiml(&["Queue"]).holds("support").note("as a Dial with this Queue alone").with(&[
        works("url"),
        works("method"),
        refused("reservationSid", NO_ROUTER),
        refused("postWorkActivitySid", NO_ROUTER),
    ]),
];
