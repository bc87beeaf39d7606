//! `<Enqueue>`, `<Leave>` and `<Queue>` (`reference/twiml.md` 2.7.4, 2.8).

use super::ring_tone;
use crate::{
    base::{
        limits,
        phone::{Key, KeySet},
    },
    xml::{
        attributes::Attributes,
        content,
        notes::Notes,
        tree::Element,
        verbs::{Action, Answer, AnswerQueue, Compiled, Enqueue, Then, Waits},
    },
};
use std::time::Duration;

/// Attributes of a Dial that concern dialled legs, and say nothing about a queue.
const OF_LEGS: [&str; 17] = [
    "callerId",
    "sequential",
    "strategy",
    "continueOnFail",
    "answerOnBridge",
    "trim",
    "recordingTrack",
    "recordingStatusCallback",
    "recordingStatusCallbackMethod",
    "recordingStatusCallbackEvent",
    "recordingConfigurationId",
    "referUrl",
    "referMethod",
    "callReason",
    "events",
    "passports",
    "ringTone",
];

/// `None` where the document could not be what it says: the task router's queues.
pub(in crate::xml) fn enqueue(element: &Element, notes: &mut Notes) -> Option<Compiled> {
    let mut attributes = Attributes::of(element, notes);
    let method = attributes.method("method");
    let then = attributes.url("action").map(|url| Then { url, method, redirect: true });
    let wait_method = attributes.method("waitUrlMethod");
    let waits = match attributes.url("waitUrl") {
        None => Waits::Music,
        Some(url) if url.is_empty() => Waits::Silence,
        Some(url) => Waits::Document { url, method: wait_method },
    };
    let most = 1..=limits::QUEUE_MEMBERS_MOST;
    let most = attributes.whole("maxQueueSize", most, limits::QUEUE_MEMBERS);
    attributes.done();
    let task_router = element.attribute("workflowSid").is_some();
    let task = element.elements().find(|inner| inner.name == "Task").map(|task| task.at);
    if let Some(at) = task.or(task_router.then_some(element.at)) {
        let message = "<Enqueue> with a <Task> is not supported: there is no task router, and the \
                       document cannot be run";
        notes.error(at, message);
        return None;
    }
    content::no_elements(element, notes);
    let queue = name(element, notes)?;
    let detail = queue.clone();
    let at = element.at;
    Some((Action::Enqueue(Enqueue { queue, most, waits, then, at }), detail, Answer::Before))
}

pub(in crate::xml) fn leave(element: &Element, notes: &mut Notes) -> Compiled {
    content::nothing(element, notes);
    Attributes::of(element, notes).done();
    (Action::Leave, String::new(), Answer::Never)
}

/// A Dial whose first noun is a Queue; `None` for any other.
pub(in crate::xml) fn of_dial(dial: &Element, notes: &mut Notes) -> Option<Compiled> {
    let queue = dial.elements().next().filter(|first| first.name == "Queue")?;
    for other in dial.elements().filter(|inner| inner.at != queue.at) {
        let message = format!("<{}> is not dialled: the <Queue> is", other.name);
        notes.warn(other.at, message);
    }
    content::no_text(dial, notes);
    let mut answers = answer_queue(queue, notes);
    let mut attributes = Attributes::of(dial, notes);
    let method = attributes.method("method");
    answers.then = attributes.url("action").map(|url| Then { url, method, redirect: true });
    answers.patience = Duration::from_secs(attributes.whole("timeout", 5..=600, 30).into());
    let longest = u32::try_from(limits::CONVERSATION.as_secs()).unwrap_or(u32::MAX);
    let limit = attributes.whole("timeLimit", 1..=longest, 14_400);
    answers.time_limit = Duration::from_secs(limit.into());
    if attributes.flag("hangupOnStar", false) {
        answers.hang_up_on = Key::new('*').into_iter().collect();
    }
    answers.hang_up_on = answers.hang_up_on.union(attributes.keys("hangupOn", KeySet::NONE));
    if let Some(tone) = attributes.given("ringTone").and_then(|c| ring_tone::media(c.trim())) {
        answers.ringing = tone;
    }
    if !matches!(attributes.text("record").as_str(), "" | "false" | "do-not-record") {
        attributes.warn("record", "record of a Dial has no effect on a queue");
    }
    attributes.accepted(&OF_LEGS);
    attributes.done();
    let detail = format!("queue {}", answers.queue);
    Some((Action::AnswerQueue(answers), detail, Answer::Before))
}

/// The verb of the builders: a Dial with this Queue and nothing else.
pub(in crate::xml) fn queue(element: &Element, notes: &mut Notes) -> Compiled {
    let answers = answer_queue(element, notes);
    let detail = answers.queue.clone();
    (Action::AnswerQueue(answers), detail, Answer::Before)
}

fn answer_queue(element: &Element, notes: &mut Notes) -> AnswerQueue {
    content::no_elements(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let method = attributes.method("method");
    let whisper = attributes.url("url").map(|url| (url, method));
    attributes.done();
    AnswerQueue {
        queue: name(element, notes).unwrap_or_default(),
        whisper,
        patience: Duration::from_secs(30),
        time_limit: Duration::from_secs(14_400),
        hang_up_on: KeySet::NONE,
        ringing: ring_tone::media("us").unwrap_or_default(),
        then: None,
    }
}

/// The name of a queue: cut where it is too long, which Twilio calls an error.
fn name(element: &Element, notes: &mut Notes) -> Option<String> {
    let text = element.text();
    if text.is_empty() {
        notes.error(element.at, format!("<{}> names no queue", element.name));
        return None;
    }
    let longest = limits::QUEUE_NAME_CHARS;
    if text.chars().count() > longest {
        let message =
            format!("the name of a queue has at most {longest} characters; the rest is cut off");
        notes.error(element.text_at(), message);
    }
    Some(text.chars().take(longest).collect())
}
