//! Dial, of either dialect.

use super::{
    Answer, Leg, Outcome, Stage, Then, Watch,
    dial_gates::{Confirm, Gates},
    dial_teller::Teller,
};
use crate::{
    base::{Ask, Happening, phone::KeySet},
    call::{
        self, BeginsWhen, CallerId, DialOrder, DialOutcome, DialStatus, Interrupt, Sound, Step,
    },
    config::Method,
    xml::{Inside, dial_report, prompts, recordings::Beside, report},
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
    /// What the caller hears while it rings.
    pub ringback: Ringback,
    /// Whether the caller hears what the called side sends before it answers.
    pub early_media: bool,
    /// For every leg.
    pub headers: Vec<(String, String)>,
    /// The conversation is recorded, from this moment on.
    pub record: Option<(BeginsWhen, Beside)>,
    /// What a called party has to do before it is connected.
    pub confirm: Option<Confirm>,
    /// Who is told meanwhile.
    pub watch: Option<Watch>,
    /// The follow-up; without one the next verb is next.
    pub then: Option<Then>,
}

/// What a caller hears while it rings.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::xml) enum Ringback {
    /// Ringing.
    #[default]
    Plain,
    /// Media, as the document names them.
    Media(String),
    /// What the document at this URL says (`reference/plivo.md` 0, 7).
    Document(String),
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
            ringback: Ringback::Plain,
            early_media: false,
            headers: Vec::new(),
            record: None,
            confirm: None,
            watch: None,
            then: None,
        }
    }

    /// The legs, for a person.
    pub fn detail(&self) -> String {
        self.legs.iter().map(Leg::shown).collect::<Vec<_>>().join(", ")
    }

    /// Whether the caller is answered before anybody is dialled.
    pub fn answer(on_bridge: bool) -> Answer {
        if on_bridge { Answer::Never } else { Answer::Before }
    }

    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        stage.call.ring().await?;
        let mut dial = call::Dial::new(Vec::new(), Duration::ZERO);
        dial.ringback = self.ringback(stage).await?;
        let (legs, gates) = self.order(&mut dial, stage);
        let recording = self.record.as_ref().map(|(when, beside)| stage.record_dial(*when, beside));
        let mut teller = Teller::new(self, legs, gates, stage);
        let dialled = teller.call.dial_attended(&dial, &mut teller.desk).await;
        let far = teller.desk.so_far();
        if let (Err(_), Some(recording)) = (&dialled, &recording) {
            stage.call.drop_recording(&recording.id);
        }
        match dialled {
            Ok(outcome) => {
                let mut more = Vec::new();
                if let Some(recording) = recording
                    && stage.call.stop_recording(&recording.id).await?
                {
                    more.push(("RecordingUrl".to_owned(), recording.url));
                }
                Ok(self.settle(stage, &outcome, more).await)
            }
            Err(Interrupt::HungUp) => {
                // The hangup wins; only a request whose answer nobody runs is still made.
                if let Some(then) = self.then.as_ref().filter(|then| !then.redirect) {
                    let parameters = self.parameters(stage, &far);
                    then.settle(stage, String::new(), parameters, true).await;
                }
                Err(Interrupt::HungUp)
            }
            Err(interrupt) => Err(interrupt),
        }
    }

    async fn settle(
        &self,
        stage: &mut Stage<'_>,
        outcome: &DialOutcome,
        more: Vec<(String, String)>,
    ) -> Outcome {
        if let Some(problem) = &outcome.problem {
            let message = format!("nobody was dialled: {problem}");
            stage.call.tell(Happening::Noted { error: true, message });
        }
        let told = match outcome.status {
            DialStatus::Answered => format!("answered, {} s", outcome.talked.as_secs()),
            DialStatus::Busy => "busy".to_owned(),
            DialStatus::NoAnswer => "no answer".to_owned(),
            DialStatus::Rejected => "rejected".to_owned(),
            DialStatus::Failed => format!("failed: {}", outcome.cause),
        };
        let mut parameters = self.parameters(stage, outcome);
        parameters.extend(more);
        match &self.then {
            Some(then) => then.settle(stage, told, parameters, false).await,
            None => {
                report::remember(stage.call, parameters);
                Outcome::next(told)
            }
        }
    }

    fn parameters(&self, stage: &Stage<'_>, outcome: &DialOutcome) -> Vec<(String, String)> {
        let told = dial_report::Told {
            caller: &stage.call.facts().call_id,
            sip: self.legs.iter().any(|leg| matches!(leg.whom, super::Whom::Sip(_))),
            credentials: self.legs.iter().any(|leg| leg.credentials.is_some()),
        };
        dial_report::action(stage.dialect, outcome, &told)
    }

    /// What the caller hears while it rings; a document of music is fetched before anybody is dialled.
    async fn ringback(&self, stage: &mut Stage<'_>) -> Step<Vec<Sound>> {
        let url = match &self.ringback {
            Ringback::Plain => return Ok(Vec::new()),
            Ringback::Media(name) => return Ok(vec![Sound::Media(name.clone())]),
            Ringback::Document(url) => url.clone(),
        };
        let ask = Ask { url, method: Method::Post, parameters: vec![], after_hangup: false };
        let fetched = stage.desk.document(stage.call, stage.url, ask).await?;
        Ok(match fetched {
            Ok(Inside { document, .. }) => {
                prompts::of(&document, stage.call).into_iter().map(|prompt| prompt.sound).collect()
            }
            Err(reason) => {
                let message = format!("dialMusic: {reason}; the caller hears ringing");
                stage.call.tell(Happening::Noted { error: true, message });
                Vec::new()
            }
        })
    }

    /// The order to the switch, with what only the call knows. Gives the legs that can be dialled by
    /// their numbers here, and what waits for their parties.
    fn order(&self, dial: &mut call::Dial, stage: &mut Stage<'_>) -> (Vec<usize>, Gates) {
        let mut gates = Gates::default();
        let mut legs = Vec::new();
        for (index, leg) in self.legs.iter().enumerate() {
            match leg.target(&stage.call.settings().dial) {
                Ok(mut target) => {
                    target.gate = gates.open(self, leg, stage);
                    dial.targets.push(target);
                    legs.push(index);
                }
                Err(message) => stage.call.tell(Happening::Noted { error: true, message }),
            }
        }
        // The first leg with early media would take the caller from all others that ring.
        let one_at_a_time = dial.targets.len() == 1 || self.order == DialOrder::InTurn;
        dial.ring = self.ring.unwrap_or_else(|| stage.call.settings().dial.ring_time());
        dial.order = self.order;
        dial.time_limit = Some(self.time_limit);
        dial.caller_id = self.caller_id(stage);
        dial.hang_up_on = self.hang_up_on;
        dial.early_media = self.early_media && one_at_a_time;
        dial.headers = self.headers.clone();
        (legs, gates)
    }

    /// What the called parties are shown, if not the caller's own.
    fn caller_id(&self, stage: &Stage<'_>) -> Option<CallerId> {
        let remembered = &stage.call.memory.caller_id;
        let remembered = (*remembered != CallerId::default()).then(|| remembered.clone());
        self.caller_id.clone().or(remembered)
    }

    /// The number that a leg shows to its party.
    pub(super) fn shown_to(&self, leg: &Leg, stage: &Stage<'_>) -> String {
        let number = |id: Option<CallerId>| id.map(|id| id.number).filter(|n| !n.is_empty());
        let own = number(leg.caller_id.clone()).or_else(|| number(self.caller_id(stage)));
        own.unwrap_or_else(|| stage.call.facts().caller_number.clone())
    }
}
