//! Dial, of either dialect.

use super::{Answer, Outcome, Stage, Then};
use crate::{
    base::{
        Happening,
        phone::{KeySet, Number, SipUri},
    },
    call::{
        self, BeginsWhen, CallerId, DialOrder, DialStatus, DialTarget, DigitString, Step, Target,
    },
    xml::{recordings::Beside, report},
};
use std::time::Duration;

/// Whom to dial, and how.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::xml) struct Dial {
    pub legs: Vec<Leg>,
    pub order: DialOrder,
    /// `None` for the operator's ring time.
    pub ring: Option<Duration>,
    pub time_limit: Duration,
    /// `None` for the caller's own.
    pub caller_id: Option<CallerId>,
    pub hang_up_on: KeySet,
    /// Media that the caller hears while it rings; `None` for plain ringing.
    pub ringback: Option<String>,
    /// Whether the caller hears what the called side sends before it answers.
    pub early_media: bool,
    pub headers: Vec<(String, String)>,
    /// The conversation is recorded, from this moment on.
    pub record: Option<(BeginsWhen, Beside)>,
    /// The follow-up; without one the next verb is next.
    pub then: Option<Then>,
}

/// One leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct Leg {
    pub whom: Whom,
    pub send_digits: Option<DigitString>,
}

/// Whom a leg goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) enum Whom {
    Number(Number),
    Sip(SipUri),
    /// A user registered at the switch, by name; the domain is the operator's.
    User(String),
}

impl Dial {
    /// Dials these legs, with everything else as it usually is.
    pub fn new(legs: Vec<Leg>, time_limit: Duration) -> Self {
        Self {
            legs,
            order: DialOrder::Together,
            ring: None,
            time_limit,
            caller_id: None,
            hang_up_on: KeySet::NONE,
            ringback: None,
            early_media: false,
            headers: Vec::new(),
            record: None,
            then: None,
        }
    }

    /// The legs, for a person.
    pub fn detail(&self) -> String {
        let legs = self.legs.iter().map(|leg| match &leg.whom {
            Whom::Number(number) => number.to_string(),
            Whom::Sip(uri) => format!("sip:{uri}"),
            Whom::User(name) => name.clone(),
        });
        legs.collect::<Vec<_>>().join(", ")
    }

    /// Whether the caller is answered before anybody is dialled.
    pub fn answer(on_bridge: bool) -> Answer {
        if on_bridge { Answer::Never } else { Answer::Before }
    }

    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        stage.call.ring().await?;
        let dial = self.order_of(stage);
        let recording = self.record.as_ref().map(|(when, beside)| stage.record_dial(*when, beside));
        let dialled = stage.call.dial(&dial).await;
        if let (Err(_), Some(recording)) = (&dialled, &recording) {
            stage.call.drop_recording(&recording.id);
        }
        let outcome = dialled?;
        if let Some(problem) = &outcome.problem {
            let message = format!("nobody was dialled: {problem}");
            stage.call.tell(Happening::Noted { error: true, message });
        }
        let cause = &outcome.cause;
        let told = match outcome.status {
            DialStatus::Answered => format!("answered, {} s", outcome.talked.as_secs()),
            DialStatus::Busy => "busy".to_owned(),
            DialStatus::NoAnswer => "no answer".to_owned(),
            DialStatus::Rejected => "rejected".to_owned(),
            DialStatus::Failed => format!("failed: {cause}"),
        };
        let sip = dial.targets.iter().any(|target| matches!(target.target, Target::Sip(_)));
        let caller = stage.call.facts().call_id.clone();
        let mut parameters = report::dial(stage.dialect, &outcome, &caller, sip);
        if let Some(recording) = recording
            && stage.call.stop_recording(&recording.id).await?
        {
            parameters.push(("RecordingUrl".to_owned(), recording.url));
        }
        Ok(match &self.then {
            Some(then) => then.settle(stage, told, parameters, false).await,
            None => {
                report::remember(stage.call, parameters);
                Outcome::next(told)
            }
        })
    }

    /// The order to the switch, with what only the call knows.
    fn order_of(&self, stage: &mut Stage<'_>) -> call::Dial {
        let plan = &stage.call.settings().dial;
        let ring = self.ring.unwrap_or_else(|| plan.ring_time());
        let (mut targets, mut problems) = (Vec::new(), Vec::new());
        for leg in &self.legs {
            let target = match &leg.whom {
                Whom::Number(number) => Ok(Target::Number(number.clone())),
                Whom::Sip(uri) => Ok(Target::Sip(uri.clone())),
                Whom::User(name) => plan.user(name),
            };
            match target {
                Ok(target) => {
                    targets.push(DialTarget { target, send_digits: leg.send_digits.clone() });
                }
                Err(error) => problems.push(error.to_string()),
            }
        }
        for message in problems {
            stage.call.tell(Happening::Noted { error: true, message });
        }
        let remembered = &stage.call.memory.caller_id;
        let caller_id = self
            .caller_id
            .clone()
            .or_else(|| (*remembered != CallerId::default()).then(|| remembered.clone()));
        let mut dial = call::Dial::new(Vec::new(), ring);
        // The first leg with early media would take the caller from all others that ring.
        let one_at_a_time = targets.len() == 1 || self.order == DialOrder::InTurn;
        dial.targets = targets;
        dial.order = self.order;
        dial.time_limit = Some(self.time_limit);
        dial.caller_id = caller_id;
        dial.hang_up_on = self.hang_up_on;
        dial.ringback = self.ringback.clone();
        dial.early_media = self.early_media && one_at_a_time;
        dial.headers = self.headers.clone();
        dial
    }
}
