//! What happened in a queue, in Twilio's names (`reference/twiml.md` 2.6, 2.7.4, 2.8).

use crate::{
    base::sid,
    call::{Figures, QueueId, Side},
};
use std::time::Duration;

type Parameters = Vec<(String, String)>;

/// How a caller left its queue, for the `action` of Enqueue; `waited` is `None` for one that never was in it.
pub(super) fn left(queue: &QueueId, result: &str, waited: Option<Duration>) -> Parameters {
    let mut all = named([("QueueResult", result.to_owned())]);
    if let Some(waited) = waited {
        all.extend(named([("QueueSid", queue.sid()), ("QueueTime", seconds(waited))]));
    }
    all
}

/// What a caller is told who waits, with each request of its wait document.
pub(super) fn waiting(queue: &QueueId, figures: &Figures) -> Parameters {
    named([
        ("QueuePosition", figures.position.to_string()),
        ("QueueSid", queue.sid()),
        ("QueueTime", seconds(figures.waited)),
        ("AvgQueueTime", seconds(figures.average)),
        ("CurrentQueueSize", figures.size.to_string()),
        ("MaxQueueSize", figures.most.to_string()),
    ])
}

/// What the request for the document tells that a caller hears before it meets the agent. The last name
/// is misspelt on Twilio's wire, and applications read it so (`reference/twiml.md` 5, 17).
pub(super) fn whisper(queue: &QueueId, side: &Side) -> Parameters {
    named([
        ("QueueSid", queue.sid()),
        ("QueueTime", seconds(side.waited())),
        ("DequeingCallSid", sid::call(side.agent().as_str())),
    ])
}

/// What came of an agent's Dial: its status, how it went in one word, and the caller that it met.
pub(super) fn dequeued(
    queue: &QueueId,
    (status, result): (&str, &str),
    met: Option<(&Side, Duration)>,
) -> Parameters {
    let mut all = named([
        ("DialCallStatus", status.to_owned()),
        ("DialBridged", met.is_some().to_string()),
        ("QueueSid", queue.sid()),
        ("DequeueResult", result.to_owned()),
    ]);
    if let Some((side, talked)) = met {
        let caller = sid::call(side.member().as_str());
        all.extend(named([
            ("DialCallSid", caller.clone()),
            ("DialCallDuration", seconds(talked)),
            ("DequeuedCallSid", caller),
            ("DequeuedCallQueueTime", seconds(side.waited())),
            ("DequeuedCallDuration", seconds(talked)),
        ]));
    }
    all
}

fn seconds(length: Duration) -> String {
    length.as_secs().to_string()
}

fn named<const N: usize>(pairs: [(&str, String); N]) -> Parameters {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
