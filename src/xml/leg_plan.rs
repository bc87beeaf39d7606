//! What a called party meets before it is connected, on a call of its own.

use super::{
    inside::InsideEnd,
    prompts,
    run::Context,
    verbs::{Confirm, Machine, Stage, confirm_sound},
};
use crate::{
    base::{Ask, CallEvent, CallFacts, HangupCause, Happening, Sink, phone::KeySet},
    call::{Call, Detected, Prompt, Step},
};
use std::time::Duration;
use tokio::sync::mpsc;

/// Verbs of a document for the called party (`reference/twiml.md` 2.7.1): nothing that leaves it.
const ALLOWED: [&str; 10] = [
    "Say",
    "Play",
    "Pause",
    "Gather",
    "Hangup",
    "Redirect",
    "Speak",
    "Wait",
    "GetDigits",
    "GetInput",
];

/// How long a party that has to press a key is listened to before it is asked again.
const ASKED_AGAIN: Duration = Duration::from_secs(5);

/// What a called party meets before it is connected.
#[derive(Clone, Debug)]
pub struct LegPlan {
    /// Who it is, and for whom it is dialled; the switch tells the rest.
    pub facts: CallFacts,
    /// Whether it is found out who has answered.
    pub(super) machine: Option<Machine>,
    /// A document that is run.
    pub(super) whisper: Option<Ask>,
    /// What it has to do.
    pub(super) confirm: Option<Confirm>,
}

/// Runs a plan on the call of a called party. When it comes back the party may be connected; otherwise
/// its call is over, or is to end.
pub async fn run_leg(plan: &LegPlan, call: &mut Call, context: Context<'_>) -> Step<()> {
    let Context { dialect, url, steps_left, desk } = context;
    let mut stage = Stage { call, dialect, url, steps_left, desk, first: true, more: false };
    let mut known = Vec::new();
    if let Some(machine) = &plan.machine {
        known = detect(machine, &mut stage).await?;
    }
    if let Some(whisper) = &plan.whisper {
        let mut ask = whisper.clone();
        ask.parameters.extend(known);
        if let InsideEnd::Failed(reason) = stage.run_inside(ask, &ALLOWED).await? {
            // Whoever was to be asked is not connected unasked.
            let message = format!("the called party is not connected: {reason}");
            stage.call.tell(Happening::Noted { error: true, message });
            return Err(stage.call.hang_up(&HangupCause::NORMAL_TEMPORARY_FAILURE).await);
        }
    }
    match &plan.confirm {
        Some(confirm) => confirmed(confirm, &mut stage).await,
        None => Ok(()),
    }
}

/// Finds out who has answered, and tells it (`reference/twiml.md` 4.4).
async fn detect(machine: &Machine, stage: &mut Stage<'_>) -> Step<Vec<(String, String)>> {
    let step = "machineDetection".to_owned();
    let (detail, at) = (String::new(), String::new());
    stage.call.tell(Happening::StepStarted { step: step.clone(), detail, at });
    let (detected, took) = stage.call.detect(&machine.rules).await?;
    let word = match detected {
        Detected::Human => "human",
        Detected::MachineStart => "machine_start",
        Detected::MachineEndSilence => "machine_end_silence",
        Detected::MachineEndOther => "machine_end_other",
        Detected::Unknown => "unknown",
    };
    stage.call.tell(Happening::StepEnded { step, outcome: word.to_owned() });
    let known = vec![("AnsweredBy".to_owned(), word.to_owned())];
    if let Some(told) = &machine.told {
        let mut parameters = known.clone();
        let took = took.as_millis().to_string();
        parameters.push(("MachineDetectionDuration".to_owned(), took));
        let (url, method) = (told.url.clone(), told.method);
        stage.notify(Ask { url, method, parameters, after_hangup: false }).await;
    }
    Ok(known)
}

/// Until the called party has pressed the key; without a key, until it has heard the sound.
async fn confirmed(confirm: &Confirm, stage: &mut Stage<'_>) -> Step<()> {
    let sound = match &confirm.sound {
        Some(url) => hear(url, stage).await?,
        None => Vec::new(),
    };
    let Some(key) = confirm.key else {
        stage.call.prompts(&sound, KeySet::NONE).await?;
        return Ok(());
    };
    stage.call.hang_up_after(confirm.within, HangupCause::NO_ANSWER);
    loop {
        stage.call.prompts(&sound, KeySet::NONE.with(key)).await?;
        while let Some(typed) = stage.call.key(ASKED_AGAIN).await? {
            if typed == key {
                return Ok(());
            }
        }
    }
}

async fn hear(url: &str, stage: &mut Stage<'_>) -> Step<Vec<Prompt>> {
    let ask = confirm_sound(url);
    Ok(match stage.desk.document(stage.call, stage.url, ask).await? {
        Ok(inside) => prompts::of(&inside.document, stage.call),
        Err(reason) => {
            let message = format!("confirmSound: {reason}; nothing is heard");
            stage.call.tell(Happening::Noted { error: true, message });
            Vec::new()
        }
    })
}

/// Tells the call that has dialled what its called party meets. What that call tells by itself, and
/// what its CDR would take for its own, is left out.
pub struct LegStory(mpsc::Sender<Happening>);

impl LegStory {
    /// Tells it there.
    pub fn new(call: mpsc::Sender<Happening>) -> Self {
        Self(call)
    }
}

impl Sink for LegStory {
    fn tell(&mut self, event: &CallEvent) {
        let of_interest = match &event.what {
            Happening::StepStarted { step, detail, at } => {
                let (step, detail, at) = (format!("leg: {step}"), detail.clone(), at.clone());
                Happening::StepStarted { step, detail, at }
            }
            Happening::StepEnded { step, outcome } => {
                Happening::StepEnded { step: format!("leg: {step}"), outcome: outcome.clone() }
            }
            Happening::Noted { .. }
            | Happening::Fetching { .. }
            | Happening::Fetched { .. }
            | Happening::FetchFailed { .. }
            | Happening::Attempted(_) => event.what.clone(),
            _ => return,
        };
        // A party that meets more than anybody looks at loses the rest.
        let _ = self.0.try_send(of_interest);
    }
}
