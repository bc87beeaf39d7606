//! Dial with a Queue: an agent takes the caller who has waited longest.

use super::{Outcome, Stage, Then, meeting};
use crate::{
    base::{Ask, Happening, phone::KeySet},
    call::{
        Agent, Found, Interrupt, Loops, Order, Phase, Prompt, QueueId, Side, Sound, StayEnd, Step,
        Whisper,
    },
    config::Method,
    xml::{queue_report as report, report::remember},
};
use std::time::Duration;
use tokio::time::Instant;

/// How long the agent hears ringing before it looks for itself whether something has changed.
const LOOK_AGAIN: Duration = Duration::from_secs(12);

/// Whom an agent takes, and how they talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct AnswerQueue {
    /// The queue's name.
    pub queue: String,
    /// What the caller hears first.
    pub whisper: Option<(String, Method)>,
    /// How long the agent waits while nobody is there.
    pub patience: Duration,
    /// Longest conversation.
    pub time_limit: Duration,
    /// Keys with which the agent ends it.
    pub hang_up_on: KeySet,
    /// What the agent hears who waits.
    pub ringing: String,
    /// The follow-up; without one the next verb is next.
    pub then: Option<Then>,
}

/// How an agent's search went.
enum Search {
    /// The caller is about to be in the room.
    Met(Box<Side>),
    /// Nobody came.
    Nobody,
    /// Nobody ever waited in a queue of this name.
    NoQueue,
}

impl AnswerQueue {
    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        let queue = QueueId::new(&stage.call.facts().account_id, &self.queue);
        let deadline = Instant::now() + self.patience;
        loop {
            let side = match self.search(stage, &queue, deadline).await? {
                Search::Met(side) => side,
                Search::Nobody => {
                    return Ok(self.left(stage, &queue, ("no-answer", "queue-empty"), None).await);
                }
                Search::NoQueue => {
                    let message = format!("nobody has ever waited in a queue {:?}", self.queue);
                    stage.call.tell(Happening::Noted { error: true, message });
                    let told = ("failed", "queue-not-found");
                    return Ok(self.left(stage, &queue, told, None).await);
                }
            };
            let limit = Some(self.time_limit);
            let end = meeting::talk(stage, &side, self.hang_up_on, limit).await?;
            match side.talked() {
                Some(talked) => {
                    let met = Some((&*side, talked));
                    return Ok(self.left(stage, &queue, ("completed", "bridged"), met).await);
                }
                None if end.is_none() => {
                    let told = ("failed", "system-error");
                    return Ok(self.left(stage, &queue, told, None).await);
                }
                None if matches!(end, Some(StayEnd::Key(_))) => {
                    return Ok(self.left(stage, &queue, ("completed", "hangup"), None).await);
                }
                // The caller has gone on its way to the room: the next one.
                None => {}
            }
        }
    }

    /// Looks for a caller until one is about to be in the room.
    async fn search(
        &self,
        stage: &mut Stage<'_>,
        queue: &QueueId,
        deadline: Instant,
    ) -> Step<Search> {
        let whose = (stage.call.facts().id(), stage.call.orders());
        let agent: Agent = stage.call.settings().queues.agent(queue, whose);
        let whisper = self.whisper.clone().map(|(url, method)| Whisper {
            ask: Ask { url, method, parameters: Vec::new(), after_hangup: false },
            from: stage.url.to_owned(),
        });
        loop {
            match agent.take(whisper.as_ref()) {
                Found::NoQueue => return Ok(Search::NoQueue),
                Found::Nobody if Instant::now() >= deadline => return Ok(Search::Nobody),
                Found::Nobody => self.ring(stage, deadline).await?,
                Found::Caller(side) => loop {
                    match side.phase() {
                        Phase::Ready => return Ok(Search::Met(side)),
                        Phase::Coming => self.ring(stage, Instant::now() + LOOK_AGAIN).await?,
                        Phase::Gone => break,
                    }
                },
            }
        }
    }

    /// Ringing, until something has changed.
    async fn ring(&self, stage: &mut Stage<'_>, deadline: Instant) -> Step<()> {
        let deadline = deadline.min(Instant::now() + LOOK_AGAIN);
        let sound = Sound::Media(self.ringing.clone());
        let prompt = Prompt { sound, loops: Loops::Endless };
        stage.call.await_summons(true);
        let mut rung = stage.call.prompt_until(&prompt, KeySet::NONE, deadline).await.map(drop);
        if rung.is_ok() {
            // A tone that cannot be played has been remarked upon.
            let rest = deadline.saturating_duration_since(Instant::now());
            rung = stage.call.pause(rest).await;
        }
        stage.call.await_summons(false);
        match rung {
            Err(Interrupt::Ordered(Order::Summons)) => stage.call.settle().await,
            rung => rung,
        }
    }

    async fn left(
        &self,
        stage: &mut Stage<'_>,
        queue: &QueueId,
        told: (&str, &str),
        met: Option<(&Side, Duration)>,
    ) -> Outcome {
        let parameters = report::dequeued(queue, told, met);
        let told = match met {
            Some((_, talked)) => format!("{}, {} s", told.1, talked.as_secs()),
            None => told.1.to_owned(),
        };
        match &self.then {
            Some(then) => then.settle(stage, told, parameters, false).await,
            None => {
                remember(stage.call, parameters);
                Outcome::next(told)
            }
        }
    }
}
