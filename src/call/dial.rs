//! Dialling: one or several legs, together or in turn, until one answers or none does.

use super::{
    Call, DigitString, Interrupt, Step, Target, dial_string,
    wait::{Completion, Signal},
};
use crate::{
    base::{
        CallId, HangupCause,
        event::Leg,
        limits,
        phone::{Key, KeySet},
    },
    esl::{Api, Event, EventName},
};
use std::{future::pending, time::Duration};
use tokio::time::Instant;

/// Whom to dial, and how.
#[derive(Clone, Debug)]
pub struct Dial {
    /// The legs.
    pub targets: Vec<DialTarget>,
    /// Together or in turn.
    pub order: DialOrder,
    /// How long each leg may ring.
    pub ring: Duration,
    /// Longest conversation; bounded by `limits::CONVERSATION`.
    pub time_limit: Option<Duration>,
    /// Shown to the called party instead of the caller's own.
    pub caller_id: Option<CallerId>,
    /// Keys with which the caller ends the dialled leg and keeps the call.
    pub hang_up_on: KeySet,
    /// Media that the caller hears while it rings, as the document names it; `None` for ringing.
    pub ringback: Option<String>,
    /// Whether the caller hears what the called side sends before it answers.
    pub early_media: bool,
    /// SIP headers for the called side; names begin with `X-`, others are left out.
    pub headers: Vec<(String, String)>,
}

/// One leg to dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialTarget {
    /// Whom.
    pub target: Target,
    /// Keys to send once it has answered.
    pub send_digits: Option<DigitString>,
}

/// In which order several legs are dialled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DialOrder {
    /// All at once; the first to answer wins.
    #[default]
    Together,
    /// One after the other.
    InTurn,
}

/// What the called party is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallerId {
    /// Name; empty for the caller's own.
    pub name: String,
    /// Number; empty for the caller's own.
    pub number: String,
}

/// How a dial went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialOutcome {
    /// In one word.
    pub status: DialStatus,
    /// FreeSWITCH's cause: of the conversation's end, or of the failure.
    pub cause: HangupCause,
    /// SIP status of a failure in FreeSWITCH's spelling (`sip:486`); empty if there is none.
    pub sip: String,
    /// The leg that answered; otherwise the last one that was dialled.
    pub leg: Option<Leg>,
    /// Length of the conversation.
    pub talked: Duration,
    /// Whether any leg rang.
    pub rang: bool,
    /// The key with which the caller ended it.
    pub ended_by: Option<Key>,
    /// Why nobody could be dialled at all.
    pub problem: Option<String>,
}

/// How a dial went, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialStatus {
    /// Somebody answered, and the conversation is over.
    Answered,
    /// Busy.
    Busy,
    /// Nobody answered in time.
    NoAnswer,
    /// The called party refused.
    Rejected,
    /// There was no way to the called party.
    Failed,
}

/// What happened while a bridge was up.
enum Turn {
    Answered(CallId),
    Key(Key),
}

impl Dial {
    /// Dials these targets together, with everything else as it usually is.
    pub fn new(targets: Vec<Target>, ring: Duration) -> Self {
        let plain = |target| DialTarget { target, send_digits: None };
        Self {
            targets: targets.into_iter().map(plain).collect(),
            order: DialOrder::Together,
            ring,
            time_limit: None,
            caller_id: None,
            hang_up_on: KeySet::NONE,
            ringback: None,
            early_media: false,
            headers: Vec::new(),
        }
    }
}

impl Call {
    /// Dials, connects the caller to the first leg that answers, and waits until that conversation is
    /// over or no leg has answered. The caller stays with us afterwards; a caller who hangs up is an
    /// error as everywhere.
    pub async fn dial(&mut self, dial: &Dial) -> Step<DialOutcome> {
        let mut routes = Vec::new();
        for target in dial.targets.iter().take(limits::DIAL_LEGS) {
            match self.settings.dial.routes(&target.target) {
                Ok(ways) => routes.push((target.clone(), ways)),
                Err(error) => return Ok(DialOutcome::impossible(error.to_string())),
            }
        }
        self.dress(dial).await?;
        let groups: Vec<_> = match dial.order {
            DialOrder::Together => vec![routes],
            DialOrder::InTurn => routes.into_iter().map(|route| vec![route]).collect(),
        };
        let mut outcome = DialOutcome::impossible("there is nobody to dial".to_owned());
        for group in groups.into_iter().filter(|group| !group.is_empty()) {
            outcome = self.dial_group(dial, group).await?;
            if outcome.status == DialStatus::Answered || outcome.ended_by.is_some() {
                break;
            }
        }
        self.undress().await?;
        Ok(outcome)
    }

    /// Legs that ring together; over the next gateway as long as gateways are what fails.
    async fn dial_group(
        &mut self,
        dial: &Dial,
        group: Vec<(DialTarget, Vec<String>)>,
    ) -> Step<DialOutcome> {
        let ways = group.iter().map(|(_, ways)| ways.len()).max().unwrap_or(1);
        let mut outcome = DialOutcome::impossible("there is nobody to dial".to_owned());
        for way in 0..ways {
            let legs: Vec<_> = group
                .iter()
                .filter_map(|(target, ways)| Some((target, ways.get(way)?.as_str())))
                .collect();
            outcome = self.bridge(dial, &legs).await?;
            if outcome.status != DialStatus::Failed || !is_gateway_trouble(&outcome.cause) {
                break;
            }
        }
        Ok(outcome)
    }

    async fn bridge(&mut self, dial: &Dial, legs: &[(&DialTarget, &str)]) -> Step<DialOutcome> {
        let mut ids = Vec::new();
        for (target, endpoint) in legs {
            let id = CallId::new(uuid::Uuid::new_v4().to_string());
            self.legs.add(Leg { id: id.clone(), to: target.target.to_string() });
            ids.push((id, (*endpoint).to_owned()));
        }
        let string = dial_string::together(&ids, dial.ring, dial.early_media);
        let running = self.start("bridge", &string)?;
        let mut deadline = Instant::now() + dial.ring;
        let (mut winner, mut ended_by, mut ordered_down) = (None, None, false);
        let last = loop {
            let watching = |signal: Signal| match signal {
                Signal::Key(key) if dial.hang_up_on.contains(key) => Some(Turn::Key(key)),
                Signal::Leg(event) if event.kind() == Some(EventName::Answer) => {
                    let id = event.get("Unique-ID").map(|id| CallId::from(&*id))?;
                    ids.iter().any(|(ours, _)| *ours == id).then_some(Turn::Answered(id))
                }
                _ => None,
            };
            match self.completion(&running, Some(deadline), watching).await? {
                Completion::Done(event) => break event,
                Completion::Instead(Turn::Answered(id)) if winner.is_none() => {
                    let limit = dial.time_limit.unwrap_or(limits::CONVERSATION);
                    deadline = Instant::now() + limit.min(limits::CONVERSATION);
                    let at = ids.iter().position(|(ours, _)| *ours == id);
                    let keys = at.and_then(|at| legs[at].0.send_digits.clone());
                    if let Some(keys) = keys {
                        let each = Duration::from_millis(200);
                        self.api(Api::SendDigits {
                            uuid: id.as_str(),
                            digits: keys.as_str(),
                            each,
                        })?;
                    }
                    winner = Some(id);
                }
                Completion::Instead(Turn::Answered(_)) => {}
                Completion::Instead(Turn::Key(key)) => {
                    self.typed.take_last();
                    ended_by = Some(key);
                    self.end_legs(&ids, &HangupCause::NORMAL_CLEARING)?;
                }
                Completion::TimeUp if ordered_down => {
                    let after = limits::APPLICATION_GRACE;
                    return Err(Interrupt::Stuck { application: "bridge", after });
                }
                Completion::TimeUp => {
                    let limit_reached = HangupCause::ALLOTTED_TIMEOUT;
                    let cause =
                        if winner.is_some() { limit_reached } else { HangupCause::NO_ANSWER };
                    self.end_legs(&ids, &cause)?;
                    deadline = Instant::now() + limits::APPLICATION_GRACE;
                    ordered_down = true;
                }
            }
        };
        if let Some(id) = &winner {
            self.await_end_of(id).await?;
        }
        Ok(self.outcome(&ids, winner, ended_by, &last))
    }

    fn end_legs(&mut self, ids: &[(CallId, String)], cause: &HangupCause) -> Step<()> {
        for (id, _) in ids {
            if self.legs.find(id).is_some_and(|leg| leg.ended.is_none()) {
                self.api(Api::Kill { uuid: id.as_str(), cause })?;
            }
        }
        Ok(())
    }

    /// The end of the other leg may come a moment after the bridge's completion.
    async fn await_end_of(&mut self, id: &CallId) -> Step<()> {
        let ended = |call: &Self| call.legs.find(id).is_some_and(|leg| leg.ended.is_some());
        let deadline = Instant::now() + Duration::from_secs(1);
        while !ended(self) {
            let leg = |signal| matches!(signal, Signal::Leg(_)).then_some(());
            if self.wait(Some(deadline), pending(), leg).await?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn outcome(
        &self,
        ids: &[(CallId, String)],
        winner: Option<CallId>,
        ended_by: Option<Key>,
        last: &Event,
    ) -> DialOutcome {
        let legs: Vec<_> = ids.iter().filter_map(|(id, _)| self.legs.find(id)).collect();
        let bridged = legs.iter().find(|leg| leg.bridged && leg.answered.is_some());
        let answered = bridged.or(legs.iter().find(|leg| Some(&leg.leg.id) == winner.as_ref()));
        let rang = legs.iter().any(|leg| leg.rang || leg.answered.is_some());
        if let Some(leg) = answered {
            let end = leg.ended.as_ref();
            let until = end.map_or_else(Instant::now, |end| end.at);
            return DialOutcome {
                status: DialStatus::Answered,
                cause: end.map_or(HangupCause::NORMAL_CLEARING, |end| end.cause.clone()),
                sip: String::new(),
                leg: Some(leg.leg.clone()),
                talked: leg.answered.map(|since| until - since).unwrap_or_default(),
                rang,
                ended_by,
                problem: None,
            };
        }
        let cause = last.variable("originate_disposition").unwrap_or_default();
        let cause = match legs.as_slice() {
            // One leg knows best why it failed; the caller's variables may be an earlier bridge's.
            [leg] => leg.ended.as_ref().map_or(HangupCause::named(&cause), |e| e.cause.clone()),
            _ => HangupCause::named(&cause),
        };
        let sip = legs.iter().filter_map(|leg| leg.ended.as_ref()).map(|end| end.sip.clone());
        DialOutcome {
            status: if ended_by.is_some() { DialStatus::NoAnswer } else { status_of(&cause) },
            cause,
            sip: sip.into_iter().find(|sip| !sip.is_empty()).unwrap_or_default(),
            leg: legs.last().map(|leg| leg.leg.clone()),
            talked: Duration::ZERO,
            rang,
            ended_by,
            problem: None,
        }
    }
}

impl DialOutcome {
    fn impossible(problem: String) -> Self {
        Self {
            status: DialStatus::Failed,
            cause: HangupCause::NO_ROUTE_DESTINATION,
            sip: String::new(),
            leg: None,
            talked: Duration::ZERO,
            rang: false,
            ended_by: None,
            problem: Some(problem),
        }
    }
}

fn status_of(cause: &HangupCause) -> DialStatus {
    match cause.as_str() {
        "USER_BUSY" => DialStatus::Busy,
        "CALL_REJECTED" | "DECLINE" => DialStatus::Rejected,
        "NO_ANSWER" | "NO_USER_RESPONSE" | "ALLOTTED_TIMEOUT" | "PROGRESS_TIMEOUT"
        | "ORIGINATOR_CANCEL" => DialStatus::NoAnswer,
        _ => DialStatus::Failed,
    }
}

/// Whether another gateway might do better: this one is down, full or broken. A busy, absent or
/// unknown number is the same through every gateway.
fn is_gateway_trouble(cause: &HangupCause) -> bool {
    matches!(
        cause.as_str(),
        "GATEWAY_DOWN"
            | "INVALID_GATEWAY"
            | "CHAN_NOT_IMPLEMENTED"
            | "NETWORK_OUT_OF_ORDER"
            | "NORMAL_TEMPORARY_FAILURE"
            | "SERVICE_UNAVAILABLE"
            | "RECOVERY_ON_TIMER_EXPIRE"
            | "NORMAL_CIRCUIT_CONGESTION"
            | "SWITCH_CONGESTION"
            | "REQUESTED_CHAN_UNAVAIL"
            | "DESTINATION_OUT_OF_ORDER"
            | "INVALID_PROFILE"
            | "INTERWORKING"
    )
}
