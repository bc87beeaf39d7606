//! Enqueue: a caller waits until an agent takes it, or somebody or something else takes it out.

use super::{Outcome, Stage, Then, meeting};
use crate::{
    base::{Ask, Happening, Timestamp, limits, phone::KeySet},
    call::{Interrupt, Order, Prompt, QueueId, QueuePlace, Side, Sound, Step, Summons},
    config::Method,
    xml::{
        Exit, PlaceToKeep,
        inside::{InsideEnd, Wanted},
        queue_report as report,
        report::remember,
        tree::At,
    },
};
use std::time::Duration;
use tokio::time::Instant;

/// Verbs of a wait document (`reference/twiml.md` 2.8).
const WAITING: [&str; 7] = ["Play", "Say", "Pause", "Hangup", "Redirect", "Leave", "Gather"];

/// Verbs of a document that the caller hears before it meets the agent (`reference/twiml.md` 2.7.4).
const WHISPER: [&str; 4] = ["Play", "Say", "Pause", "Redirect"];

/// Where a caller waits, and what it hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct Enqueue {
    /// The queue's name.
    pub queue: String,
    /// How many may wait there.
    pub most: u32,
    /// What is heard.
    pub waits: Waits,
    /// The follow-up; without one the next verb is next.
    pub then: Option<Then>,
    /// Where the verb stands in its document, by which it is found again after a restart.
    pub at: At,
}

/// What a caller hears who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) enum Waits {
    /// The operator's music.
    Music,
    /// Nothing.
    Silence,
    /// A document, again and again.
    Document {
        /// Where; empty is not possible.
        url: String,
        /// How.
        method: Method,
    },
}

/// How a caller left its queue.
enum End {
    /// Nobody may wait there any more.
    Full,
    /// `<Leave>`.
    Left,
    /// There is no wait document.
    NoDocument(String),
    /// Somebody outside sent it to a document.
    Dequeued(Ask),
    /// It has met an agent, who or which has left.
    Met,
    /// The switch did not let them meet.
    Apart,
}

/// How far a caller has come, and how long it waited for that.
#[derive(Clone, Copy, Debug)]
struct Way {
    far: Far,
    waited: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Far {
    Outside,
    Waiting,
    /// An agent has taken it, and it is on its way.
    Called,
    /// It is with the agent.
    Met,
}

impl Enqueue {
    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        let queue = QueueId::new(&stage.call.facts().account_id, &self.queue);
        let mut way = Way { far: Far::Outside, waited: None };
        let ended = self.stay(stage, &queue, &mut way).await;
        stage.call.await_summons(false);
        let comes_back =
            matches!(ended, Err(Interrupt::Lost(_) | Interrupt::Ordered(Order::Drain)))
                && stage.call.comes_back();
        if !comes_back {
            stage.desk.give_up_place(stage.call).await;
        }
        match ended {
            Ok(end) => Ok(self.left(stage, &queue, way, end).await),
            Err(interrupt) => self.interrupted(stage, &queue, way, interrupt).await,
        }
    }

    /// Waits, is called, meets; gives how it left.
    async fn stay(&self, stage: &mut Stage<'_>, queue: &QueueId, way: &mut Way) -> Step<End> {
        let came_back = stage.desk.came_back(stage.call, queue);
        let joined = came_back.unwrap_or_else(Timestamp::now);
        let whose = (stage.call.facts().id(), stage.call.orders());
        let queues = stage.call.settings().queues.clone();
        let place = match queues.join(queue, self.most, whose, joined, came_back.is_some()) {
            Ok(place) => place,
            Err(full) => {
                let message = format!("the queue {:?} is full: {full}", self.queue);
                stage.call.tell(Happening::Noted { error: true, message });
                return Ok(End::Full);
            }
        };
        way.far = Far::Waiting;
        let ended = self.serve(stage, queue, &place, way).await;
        way.waited.get_or_insert_with(|| place.waited());
        ended
    }

    async fn serve(
        &self,
        stage: &mut Stage<'_>,
        queue: &QueueId,
        place: &QueuePlace,
        way: &mut Way,
    ) -> Step<End> {
        let mut heard = false;
        loop {
            let (joined, steps_left) = (place.joined(), *stage.steps_left);
            let kept = PlaceToKeep { queue, joined, verb: self.at, steps_left };
            stage.desk.keep_place(stage.call, kept).await?;
            let summons = match self.await_summons(stage, queue, place, &mut heard).await? {
                Ok(summons) => summons,
                Err(end) => return Ok(end),
            };
            let side = match summons {
                Summons::Document(ask) => return Ok(End::Dequeued(ask)),
                Summons::Agent(side) => side,
            };
            *way = Way { far: Far::Called, waited: Some(side.waited()) };
            let met = self.meet(stage, queue, &side).await;
            if side.talked().is_some() {
                way.far = Far::Met;
            }
            match met? {
                None if side.talked().is_none() => {}
                None => return Ok(End::Met),
                Some(end) => return Ok(end),
            }
            // The agent has gone before they met.
            *way = Way { far: Far::Waiting, waited: None };
            place.wait_again();
        }
    }

    /// Waits until somebody takes the caller, or the wait ends by itself.
    async fn await_summons(
        &self,
        stage: &mut Stage<'_>,
        queue: &QueueId,
        place: &QueuePlace,
        heard: &mut bool,
    ) -> Step<Result<Summons, End>> {
        loop {
            if let Some(summons) = place.summons() {
                return Ok(Ok(summons));
            }
            stage.call.await_summons(true);
            let waited = self.wait(stage, queue, place, heard).await;
            stage.call.await_summons(false);
            let end = match waited {
                Ok(end) => end,
                Err(Interrupt::Ordered(Order::Summons)) => {
                    stage.call.settle().await?;
                    continue;
                }
                Err(interrupt) => return Err(interrupt),
            };
            // Who was called in this moment is not lost to its agent.
            return Ok(place.leave().ok_or(end));
        }
    }

    /// What the caller hears, for as long as nothing comes of it.
    async fn wait(
        &self,
        stage: &mut Stage<'_>,
        queue: &QueueId,
        place: &QueuePlace,
        heard: &mut bool,
    ) -> Step<End> {
        loop {
            // However long somebody waits, it runs no more than a document's verbs at a time.
            let (began, steps) = (Instant::now(), *stage.steps_left);
            match &self.waits {
                Waits::Music => music(stage, limits::PROMPT).await?,
                Waits::Silence => stage.call.pause(limits::PROMPT).await?,
                Waits::Document { url, method } => {
                    let (url, method) = (url.clone(), *method);
                    let ask = Ask { url, method, parameters: Vec::new(), after_hangup: false };
                    let tells = || report::waiting(queue, &place.figures());
                    let from = stage.url;
                    let wanted = Wanted { ask, from, allowed: &WAITING, tells: &tells };
                    match stage.run_wanted(wanted).await? {
                        InsideEnd::RanOut => *heard = true,
                        InsideEnd::Left => return Ok(End::Left),
                        InsideEnd::Failed(reason) if !*heard => {
                            return Ok(End::NoDocument(reason));
                        }
                        // Who has waited so long is not put out for one request.
                        InsideEnd::Failed(_) => music(stage, limits::WAIT_RETRY).await?,
                    }
                }
            }
            if let Some(rest) = limits::WAIT_ROUND.checked_sub(began.elapsed()) {
                stage.call.pause(rest).await?;
            }
            *stage.steps_left = steps;
        }
    }

    /// From the queue to the agent. `None` when one of them has left, or the agent before they met.
    async fn meet(&self, stage: &mut Stage<'_>, queue: &QueueId, side: &Side) -> Step<Option<End>> {
        if let Some(whisper) = side.whisper() {
            let tells = || report::whisper(queue, side);
            let (ask, from) = (whisper.ask.clone(), whisper.from.as_str());
            let wanted = Wanted { ask, from, allowed: &WHISPER, tells: &tells };
            stage.call.await_summons(true);
            let heard = stage.run_wanted(wanted).await;
            stage.call.await_summons(false);
            match heard {
                // The agent has gone.
                Err(Interrupt::Ordered(Order::Summons)) => stage.call.settle().await?,
                Err(interrupt) => return Err(interrupt),
                Ok(_) => {}
            }
        }
        if side.is_alone() {
            return Ok(None);
        }
        stage.desk.give_up_place(stage.call).await;
        side.is_ready();
        Ok(match meeting::talk(stage, side, KeySet::NONE, None).await? {
            Some(_) => None,
            None => Some(End::Apart),
        })
    }

    /// What follows, and what is told of it.
    async fn left(&self, stage: &mut Stage<'_>, queue: &QueueId, way: Way, end: End) -> Outcome {
        let result = match &end {
            End::Full => "queue-full",
            End::Left => "leave",
            End::NoDocument(_) => "error",
            End::Dequeued(_) => "redirected",
            End::Met => "bridged",
            End::Apart => "system-error",
        };
        let told = match &end {
            End::NoDocument(reason) => format!("{result}: {reason}"),
            _ => result.to_owned(),
        };
        let parameters = report::left(queue, result, way.waited);
        if let End::Dequeued(ask) = end {
            self.notify(stage, parameters).await;
            return Outcome { told, exit: Some(Exit::Ask(ask)) };
        }
        match &self.then {
            Some(then) => then.settle(stage, told, parameters, false).await,
            None => {
                remember(stage.call, parameters);
                Outcome::next(told)
            }
        }
    }

    /// Tells what is to be told of a caller whose wait or conversation was cut off.
    async fn interrupted(
        &self,
        stage: &mut Stage<'_>,
        queue: &QueueId,
        way: Way,
        interrupt: Interrupt,
    ) -> Step<Outcome> {
        let result = match (&interrupt, way.far) {
            (_, Far::Outside) => None,
            (Interrupt::HungUp, Far::Met) => Some("bridged"),
            (Interrupt::HungUp | Interrupt::Ordered(Order::HangUp(_)), _) => Some("hangup"),
            (Interrupt::Ordered(Order::Redirect(_)), Far::Met) => Some("redirected-from-bridged"),
            (Interrupt::Ordered(Order::Redirect(_)), Far::Called) => Some("bridging-in-process"),
            (Interrupt::Ordered(Order::Redirect(_)), _) => Some("redirected"),
            // The call comes back, or has gone where nobody knows.
            (Interrupt::Lost(_) | Interrupt::Ordered(_), _) => None,
            (Interrupt::Stuck { .. } | Interrupt::Refused { .. }, _) => Some("system-error"),
        };
        let Some(result) = result else { return Err(interrupt) };
        let parameters = report::left(queue, result, way.waited);
        match &self.then {
            Some(then) if matches!(interrupt, Interrupt::HungUp) => {
                Ok(then.settle(stage, result.to_owned(), parameters, true).await)
            }
            _ => {
                self.notify(stage, parameters).await;
                Err(interrupt)
            }
        }
    }

    /// Requests the action although nobody runs its answer.
    async fn notify(&self, stage: &mut Stage<'_>, parameters: Vec<(String, String)>) {
        if let Some(Then { url, method, .. }) = &self.then {
            let (url, method) = (url.clone(), *method);
            stage.notify(Ask { url, method, parameters, after_hangup: false }).await;
        }
    }
}

/// The operator's music, or silence where there is none.
async fn music(stage: &mut Stage<'_>, length: Duration) -> Step<()> {
    let deadline = Instant::now() + length;
    let music = stage.call.settings().conference.music.clone();
    if !music.is_empty() {
        let prompt = Prompt { sound: Sound::Media(music), loops: crate::call::Loops::Endless };
        stage.call.prompt_until(&prompt, KeySet::NONE, deadline).await?;
    }
    // Music that cannot be played has been remarked upon.
    stage.call.pause(deadline.saturating_duration_since(Instant::now())).await
}
