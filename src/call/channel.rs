//! The handle of one call: what it knows, how it begins, and how its commands are sent.

use super::{
    DialPlan, Interrupt, MediaPolicy, Memory, Orders, Step,
    digits::TypedAhead,
    facts,
    interrupt::Order,
    legs::Legs,
    wait::{Progress, Signal},
};
use crate::{
    base::{CallEvent, CallFacts, EndFacts, HangupCause, Happening, Sink, Timestamp, limits},
    config,
    esl::{
        Api, Command, Connection, EslError, Event, EventName, Execute, Session, Ticket,
        VariableName,
    },
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::Instant,
};

/// What all calls of a server share.
#[derive(Debug)]
pub struct Settings {
    /// How numbers, addresses and users become dial strings.
    pub dial: DialPlan,
    /// What may be played, and where recordings go.
    pub media: MediaPolicy,
    /// Text to speech.
    pub speech: config::Speech,
    /// Time for which FreeSWITCH keeps the connection after a hangup, seconds.
    pub linger_s: u32,
}

impl Settings {
    /// Reads the settings that concern calls.
    pub fn new(config: &config::Config) -> Self {
        Self {
            dial: DialPlan::new(&config.dial),
            media: MediaPolicy::new(&config.media),
            speech: config.speech.clone(),
            linger_s: config.esl.linger_s,
        }
    }
}

/// Events that a call uses. `CHANNEL_EXECUTE`, `CHANNEL_HANGUP`, `CHANNEL_STATE` and the other ten of
/// `myevents` cost the switch 5–8 KB each and tell nothing that these do not.
const SUBSCRIPTION: [EventName; 7] = [
    EventName::ExecuteComplete,
    EventName::HangupComplete,
    EventName::Dtmf,
    EventName::Answer,
    EventName::Progress,
    EventName::ProgressMedia,
    EventName::Bridge,
];

/// Channel variables that make the switch do what it is told and nothing else.
const HOUSE_RULES: [(&str, &str); 5] = [
    // `${…}` in an argument is text, not a program (QUIRKS: argument-expansion).
    ("app_disable_expand_variables", "true"),
    // Keys are ours to judge; the default `*` would end prompts and recordings.
    ("playback_terminators", "none"),
    // The end of a dial is ours to judge (QUIRKS: bridge-hangs-up-caller).
    ("continue_on_fail", "true"),
    ("hangup_after_bridge", "false"),
    // Should we die, the dialplan goes on at once and apologises (QUIRKS: dead-server).
    (RESUME, "true"),
];

/// Whether the dialplan cuts off what is running when our connection goes.
pub(super) const RESUME: &str = "socket_resume";

/// What the dialplan may have chosen before: a caller hears ringing while we dial, answered or not.
const HOUSE_HABITS: [&str; 2] = ["ringback", "transfer_ringback"];

/// Ringing as in North America: two seconds of 440 and 480 Hz, four of silence.
pub(super) const RINGING: &str = "%(2000,4000,440,480)";

/// One call: the caller's channel and everything that is done to it.
pub struct Call {
    pub(super) link: Connection,
    pub(super) facts: CallFacts,
    pub(super) settings: Arc<Settings>,
    pub(super) typed: TypedAhead,
    pub(super) legs: Legs,
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) progress: Progress,
    /// When the call is hung up whatever it does, and why.
    pub(super) curfew: Option<(Instant, HangupCause)>,
    /// What is remembered from one document to the next.
    pub memory: Memory,
    /// `CHANNEL_HANGUP_COMPLETE` of the caller's leg, once it has come.
    pub(super) last_event: Option<Event>,
    pub(super) end: Option<EndFacts>,
    /// What the dialplan exports to dialled legs already (`export_vars`).
    pub(super) exported: String,
    sinks: Vec<Box<dyn Sink>>,
    executes: u32,
    /// Applications that have been started and have not completed: one, as a rule.
    pub(super) under_way: Vec<Running>,
    /// Variables that a dial has set, and what they go back to.
    pub(super) dressed: Vec<(String, Option<String>)>,
    pub(super) recordings: u32,
    _place: Option<OwnedSemaphorePermit>,
}

/// An application that has been sent to the switch and has not completed.
#[derive(Clone, Debug)]
pub(super) struct Running {
    pub(super) id: String,
    pub(super) application: &'static str,
    pub(super) ticket: Ticket,
}

impl Call {
    /// Takes over what FreeSWITCH handed us: subscribes to the call's events, sets the house rules,
    /// and tells `Created`.
    ///
    /// Fails if the switch does not answer; the call then goes on in the dialplan.
    pub async fn take_over(
        session: Session,
        settings: Arc<Settings>,
        sinks: Vec<Box<dyn Sink>>,
    ) -> Result<(Self, Orders), EslError> {
        let (link, channel, place) = session.into_parts();
        let (give, orders) = Orders::channel();
        let facts = facts::of_call(&channel);
        let unset = |name: &&str| channel.variable(name).is_none();
        let habits = HOUSE_HABITS.into_iter().filter(unset).collect();
        let exported = channel.variable("export_vars").map(|v| v.into_owned()).unwrap_or_default();
        let mut call = Self {
            link,
            settings,
            typed: TypedAhead::default(),
            legs: Legs::default(),
            orders,
            progress: Progress::of(&channel),
            curfew: None,
            memory: remembered(&facts),
            last_event: None,
            end: None,
            exported,
            sinks,
            executes: 0,
            under_way: Vec::new(),
            dressed: Vec::new(),
            recordings: 0,
            facts,
            _place: place,
        };
        call.tell(Happening::Created(Box::new(call.facts.clone())));
        match call.subscribe(habits).await {
            // A caller who is gone already is found out by the first wait.
            Ok(()) | Err(Interrupt::HungUp) => Ok((call, give)),
            Err(Interrupt::Lost(reason)) => Err(EslError::Io(std::io::Error::other(reason))),
            Err(other) => Err(EslError::NotFreeSwitch(other.to_string())),
        }
    }

    /// What was known when the call came.
    pub fn facts(&self) -> &CallFacts {
        &self.facts
    }

    /// What all calls share.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether the caller's leg has been answered.
    pub fn is_answered(&self) -> bool {
        self.progress.answered
    }

    /// Whether the caller's leg is over.
    pub fn is_over(&self) -> bool {
        self.progress.over
    }

    /// How many applications the switch has been told to run. A document that runs none does nothing
    /// that the caller could notice but wait.
    pub fn applications_run(&self) -> u32 {
        self.executes
    }

    /// Adds an event to the call's story. Verbs tell their own steps; what the switch reports is told
    /// from here.
    pub fn tell(&mut self, what: Happening) {
        if self.end.is_some() {
            return;
        }
        let event = CallEvent { at: Timestamp::now(), what };
        self.sinks.iter_mut().for_each(|sink| sink.tell(&event));
    }

    /// The language of prompts from here on; `facts` keep the one that the call came with.
    pub fn set_language(&mut self, language: &str) {
        language.clone_into(&mut self.facts.language);
        self.set_variable("default_language", Some(language));
    }

    /// `linger` first, so that the end of the call is never missed; filters before the subscription,
    /// so that no other call's event slips in (QUIRKS: filters-first).
    async fn subscribe(&mut self, habits: Vec<&'static str>) -> Step<()> {
        let uuid = self.facts.call_id.clone();
        self.order(&Command::Linger(self.settings.linger_s))?;
        for header in ["Unique-ID", "Other-Leg-Unique-ID"] {
            self.order(&Command::Filter { header, value: &uuid })?;
        }
        let subscribed = self.order(&Command::Subscribe(&SUBSCRIPTION))?;
        for (name, value) in HOUSE_RULES {
            self.set_variable(name, Some(value));
        }
        for name in habits {
            self.set_variable(name, Some(RINGING));
        }
        let deadline = Instant::now() + limits::ESL_REPLY;
        let reply = self
            .wait(Some(deadline), std::future::pending(), |signal| match signal {
                Signal::Reply(ticket, reply) if ticket == subscribed => {
                    Some((reply.is_ok(), reply.text().into_owned()))
                }
                _ => None,
            })
            .await?;
        match reply {
            Some((true, _)) => Ok(()),
            Some((false, reply)) => Err(Interrupt::Refused { application: "event", reply }),
            None => Err(Interrupt::Stuck { application: "event", after: limits::ESL_REPLY }),
        }
    }

    /// Lifts the house rules, for the dialplan that goes on after us.
    pub(super) fn leave_house(&mut self) {
        for (name, _) in HOUSE_RULES {
            self.set_variable(name, None);
        }
    }

    /// Sends a command whose reply somebody will wait for.
    pub(super) fn order(&mut self, command: &Command<'_>) -> Step<Ticket> {
        self.link.send(command).map_err(|error| Interrupt::Lost(error.to_string()))
    }

    /// Sends a command whose reply nobody waits for.
    pub(super) fn order_blindly(&mut self, command: &Command<'_>) -> Step<()> {
        let ticket = self.order(command)?;
        self.link.forget(ticket);
        Ok(())
    }

    /// Starts an application and does not wait for it. The one before must have completed: nested
    /// applications can bring the switch down (QUIRKS: nested-executes).
    pub(super) fn start(&mut self, application: &'static str, argument: &str) -> Step<Running> {
        if self.under_way.len() == limits::NESTED_APPLICATIONS {
            let reply = format!("{} applications have not completed", self.under_way.len());
            return Err(Interrupt::Refused { application, reply });
        }
        self.executes += 1;
        let id = format!("pivot-{}", self.executes);
        let execute = Execute { application, argument, id: &id };
        let ticket = self.order(&Command::Execute(execute))?;
        let running = Running { id, application, ticket };
        self.under_way.push(running.clone());
        Ok(running)
    }

    /// Runs an application to its end; gives its `CHANNEL_EXECUTE_COMPLETE`.
    pub(super) async fn run(
        &mut self,
        application: &'static str,
        argument: &str,
        patience: Duration,
    ) -> Step<Event> {
        let running = self.start(application, argument)?;
        let deadline = Instant::now() + patience;
        self.completion(&running, Some(deadline), |_| None::<()>)
            .await?
            .into_done()
            .ok_or(Interrupt::Stuck { application, after: patience })
    }

    /// Calls an API function and forgets it.
    pub(super) fn api(&mut self, api: Api<'_>) -> Step<()> {
        self.order_blindly(&Command::Api(api))
    }

    /// Reads a channel variable; `None` if it is not set.
    pub async fn variable(&mut self, name: &VariableName) -> Step<Option<String>> {
        let uuid = self.facts.call_id.clone();
        let asked = self.order(&Command::Api(Api::GetVariable { uuid: &uuid, name }))?;
        let deadline = Instant::now() + limits::ESL_REPLY;
        let reply = self
            .wait(Some(deadline), std::future::pending(), |signal| match signal {
                Signal::Reply(ticket, reply) if ticket == asked => Some(reply.text().into_owned()),
                _ => None,
            })
            .await?;
        match reply {
            None => {
                self.link.forget(asked);
                Err(Interrupt::Stuck { application: "uuid_getvar", after: limits::ESL_REPLY })
            }
            Some(value) if value == "_undef_" || value.starts_with("-ERR") => Ok(None),
            Some(value) => Ok(Some(value)),
        }
    }
}

/// Application variables that the dialplan has set.
fn remembered(facts: &CallFacts) -> Memory {
    let vars = facts.application_vars.iter();
    let application_vars =
        vars.map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    Memory { application_vars, ..Memory::default() }
}

impl Drop for Call {
    /// However a call's task ends, its story has an end.
    fn drop(&mut self) {
        if self.end.is_none() {
            let end = facts::of_end(None, &self.facts, self.progress.we_hung_up);
            self.conclude(end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Caller, Switch};

    #[tokio::test(start_paused = true)]
    async fn applications_do_not_pile_up() {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let switch =
            tokio::spawn(async move { Switch::new(1).call(Caller::new("1", "2"), near).await });
        let session = Session::open(Box::new(far), None).await.unwrap();
        let settings = Arc::new(Settings::new(&config::load_text("", "", []).unwrap()));
        let (mut call, _orders) = Call::take_over(session, settings, vec![]).await.unwrap();
        for _ in 0..limits::NESTED_APPLICATIONS {
            call.start("playback", "silence_stream://100").unwrap();
        }
        let one_too_many = call.start("playback", "silence_stream://100");
        assert!(matches!(one_too_many, Err(Interrupt::Refused { application: "playback", .. })));
        call.pause(Duration::from_secs(1)).await.unwrap();
        assert!(call.under_way.is_empty());
        call.finish().await;
        switch.await.unwrap();
    }
}
