//! The handle of one call: what it knows, how it begins, and how its commands are sent.

use super::{
    Interrupt, Memory, Orders, Settings, Step,
    background::Beside,
    conference::KeptNews,
    digits::TypedAhead,
    facts,
    interrupt::Order,
    legs::Legs,
    listen::Ear,
    streams::Streams,
    wait::{Progress, Signal},
};
use crate::{
    base::{CallEvent, CallFacts, EndFacts, HangupCause, Happening, Sink, Timestamp, limits},
    esl::{
        Api, Command, Connection, EslError, Event, EventName, Execute, Reply, Session, Ticket,
        VariableName,
    },
};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::Instant,
};

/// Events that every call uses. Each costs the switch as much as an application, so nothing is asked
/// for that these tell as well: that the call was answered, for one (QUIRKS: price-of-events).
const SUBSCRIPTION: [EventName; 3] =
    [EventName::ExecuteComplete, EventName::HangupComplete, EventName::Dtmf];

/// Further events of a call that dials: what becomes of its legs.
const DIAL_SUBSCRIPTION: [EventName; 4] =
    [EventName::Answer, EventName::Progress, EventName::ProgressMedia, EventName::Bridge];

/// A variable and the value that it must have.
pub(super) type Rule = (&'static str, &'static str);

/// Channel variables that make the switch do what it is told and nothing else.
const HOUSE_RULES: [Rule; 3] = [
    // `${…}` in an argument is text, not a program (QUIRKS: argument-expansion).
    ("app_disable_expand_variables", "true"),
    // Keys are ours to judge; the default `*` would end prompts and recordings.
    ("playback_terminators", "none"),
    // Should we die, the dialplan goes on at once and apologises (QUIRKS: dead-server).
    (RESUME, "true"),
];

/// The same for a dialled leg that comes to us: without us it is connected.
pub(super) const LEG_RULES: [Rule; 2] =
    [("app_disable_expand_variables", "true"), ("playback_terminators", "none")];

/// The same for a call that dials, whose end is ours to judge (QUIRKS: bridge-hangs-up-caller).
const DIAL_RULES: [Rule; 2] = [("continue_on_fail", "true"), ("hangup_after_bridge", "false")];

/// Whether the dialplan cuts off what is running when our connection goes.
pub(super) const RESUME: &str = "socket_resume";

/// What the dialplan knows of a call that waits, and how often it has tried to give it back to us.
const WAITED: &str = "pivot_resume";
const WAITED_TRIES: &str = "pivot_resume_tries";

/// A caller hears ringing while we dial, answered or not, unless the dialplan has chosen something else.
const RINGBACK: [Rule; 2] = [("ringback", RINGING), ("transfer_ringback", RINGING)];

/// Ringing as in North America: two seconds of 440 and 480 Hz, four of silence.
pub(super) const RINGING: &str = "%(2000,4000,440,480)";

/// One call: the caller's channel and everything that is done to it.
pub struct Call {
    pub(super) link: Connection,
    pub(super) facts: Arc<CallFacts>,
    pub(super) settings: Arc<Settings>,
    pub(super) typed: TypedAhead,
    /// What a recogniser reports; there while somebody listens.
    pub(super) ear: Option<Ear>,
    pub(super) legs: Legs,
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) progress: Progress,
    /// When the call is hung up whatever it does, and why.
    pub(super) curfew: Option<(Instant, HangupCause)>,
    /// The verb or action that began last.
    last_step: Place,
    /// What is remembered from one document to the next.
    pub memory: Memory,
    /// `CHANNEL_HANGUP_COMPLETE` of the caller's leg, once it has come.
    pub(super) last_event: Option<Event>,
    pub(super) end: Option<Arc<EndFacts>>,
    /// What the dialplan exports to dialled legs already (`export_vars`).
    pub(super) exported: String,
    /// What the first dial has to set up; `None` once it has.
    dial_rules: Option<Vec<Rule>>,
    /// The command that must not be refused: nothing would ever be heard of the call.
    subscribed: Option<Ticket>,
    sinks: Vec<Box<dyn Sink>>,
    executes: u32,
    /// Applications that have been started and have not completed: one, as a rule.
    pub(super) under_way: Vec<Running>,
    /// Variables that a dial has set, and what they go back to.
    pub(super) dressed: Vec<(String, Option<String>)>,
    pub(super) recordings: u32,
    /// Recordings beside what the call does.
    pub(super) beside: Beside,
    pub(super) streams: Streams,
    reached_at: Option<SocketAddr>,
    /// Whether the call waits for a place in a conference or an agent.
    pub(super) awaits_summons: bool,
    /// What happened in the conference that the call is in, and is not yet told.
    pub(super) conference_news: KeptNews,
    /// Whether the events of conferences have been asked for.
    pub(super) has_conferred: bool,
    /// Whether the dialplan may have the call while it waits, and gives it back.
    pub(super) comes_back: bool,
    own_orders: Orders,
    _place: Option<OwnedSemaphorePermit>,
}

/// A verb or action in its document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its name.
    pub step: String,
    /// Where it stands: `/children/1`, or `4:3` (line and column).
    pub at: String,
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
    /// and tells `Created`. The commands leave with whatever the call does first.
    ///
    /// Fails if they do not fit the connection; the call then goes on in the dialplan.
    pub fn take_over(
        session: Session,
        settings: Arc<Settings>,
        sinks: Vec<Box<dyn Sink>>,
    ) -> Result<(Self, Orders), EslError> {
        let known = session.channel.index();
        let facts = Arc::new(facts::of_call(&known));
        let broken = |(name, value): &Rule| known.variable(name).is_none_or(|v| v != *value);
        let rules = HOUSE_RULES.into_iter().filter(broken).collect();
        Self::begin_with(session, settings, sinks, facts, rules)
    }

    pub(super) fn begin_with(
        session: Session,
        settings: Arc<Settings>,
        sinks: Vec<Box<dyn Sink>>,
        facts: Arc<CallFacts>,
        rules: Vec<Rule>,
    ) -> Result<(Self, Orders), EslError> {
        let reached_at = session.reached_at;
        let (link, channel, place) = session.into_parts();
        let (give, orders) = Orders::channel();
        let known = channel.index();
        let broken = |(name, value): &Rule| known.variable(name).is_none_or(|v| v != *value);
        let unset = |(name, _): &Rule| known.variable(name).is_none();
        let ringback = RINGBACK.into_iter().filter(unset);
        let dial_rules = DIAL_RULES.into_iter().filter(broken).chain(ringback).collect();
        let exported = known.variable("export_vars").map(|v| v.into_owned()).unwrap_or_default();
        let mut call = Self {
            link,
            settings,
            typed: TypedAhead::default(),
            ear: None,
            legs: Legs::default(),
            orders,
            progress: Progress::of(&channel),
            curfew: None,
            last_step: Place::default(),
            memory: remembered(&facts),
            last_event: None,
            end: None,
            exported,
            dial_rules: Some(dial_rules),
            subscribed: None,
            sinks,
            executes: 0,
            under_way: Vec::new(),
            dressed: Vec::new(),
            recordings: 0,
            beside: Beside::default(),
            streams: Streams::default(),
            awaits_summons: false,
            conference_news: None,
            has_conferred: false,
            comes_back: false,
            own_orders: give.clone(),
            reached_at,
            facts,
            _place: place,
        };
        call.tell(Happening::Created(Arc::clone(&call.facts)));
        call.subscribe(&rules)?;
        Ok((call, give))
    }

    /// Where the switch has found us; `None` if it did not come over a network.
    pub fn reached_at(&self) -> Option<SocketAddr> {
        self.reached_at
    }

    /// What was known when the call came.
    pub fn facts(&self) -> &CallFacts {
        &self.facts
    }

    /// What all calls share.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The way to give this call an order, for those that it waits for.
    pub fn orders(&self) -> Orders {
        self.own_orders.clone()
    }

    /// Says in a channel variable, where a dialplan finds it that gets the call back from a server that
    /// has ended, that the call was waiting, and where; `None` when it waits no longer. The words are
    /// ours: the dialplan may expand them.
    pub fn say_where_it_waits(&mut self, place: Option<&str>) {
        self.comes_back = self.set_variable(WAITED, place) && place.is_some();
        if self.comes_back {
            self.set_variable(WAITED_TRIES, None);
        }
    }

    /// Whether the dialplan would bring the call back if our connection ended now.
    pub fn comes_back(&self) -> bool {
        self.comes_back
    }

    /// Leaves the call to the dialplan, which goes on at once (`socket_resume`).
    pub fn leave_to_dialplan(&mut self) {
        self.link.close();
    }

    /// Whether the caller's leg has been answered.
    pub fn is_answered(&self) -> bool {
        self.progress.answered
    }

    /// Whether the caller's leg is over.
    pub fn is_over(&self) -> bool {
        self.progress.over
    }

    /// The verb or action that began last: the one that runs, or that asked for what is next.
    pub const fn last_step(&self) -> &Place {
        &self.last_step
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
        if let Happening::StepStarted { step, at, .. } = &what {
            self.last_step = Place { step: step.clone(), at: at.clone() };
        }
        let event = CallEvent { at: Timestamp::now(), what };
        self.sinks.iter_mut().for_each(|sink| sink.tell(&event));
    }

    /// The language of prompts from here on; `facts` keep the one that the call came with.
    pub fn set_language(&mut self, language: &str) {
        language.clone_into(&mut Arc::make_mut(&mut self.facts).language);
        self.set_variable("default_language", Some(language));
    }

    /// `linger` first, so that the end of the call is never missed; the filter before the subscription,
    /// so that no other call's event slips in (QUIRKS: filters-first).
    fn subscribe(&mut self, rules: &[Rule]) -> Result<(), EslError> {
        let uuid = self.facts.call_id.as_str();
        self.link.send(&Command::Linger(self.settings.linger_s))?;
        self.link.send(&Command::Filter { header: "Unique-ID", value: uuid })?;
        self.subscribed = Some(self.link.send(&Command::Subscribe(&SUBSCRIPTION))?);
        if !rules.is_empty() {
            let set = Api::SetVariables { uuid, pairs: rules };
            let ticket = self.link.send(&Command::Api(set))?;
            self.link.forget(ticket);
        }
        Ok(())
    }

    /// What only a call that dials needs; before its first dial.
    pub(super) fn prepare_to_dial(&mut self) -> Step<()> {
        let Some(rules) = self.dial_rules.take() else { return Ok(()) };
        let uuid = self.facts.call_id.clone();
        self.order_blindly(&Command::Filter { header: "Other-Leg-Unique-ID", value: &uuid })?;
        self.order_blindly(&Command::Subscribe(&DIAL_SUBSCRIPTION))?;
        if !rules.is_empty() {
            self.api(Api::SetVariables { uuid: &uuid, pairs: &rules })?;
        }
        Ok(())
    }

    /// Whether this reply says that we shall hear nothing of the call.
    pub(super) fn loses_the_events(&mut self, ticket: Ticket, reply: &Reply) -> bool {
        self.subscribed.take_if(|subscribed| *subscribed == ticket).is_some() && !reply.is_ok()
    }

    /// Lifts the house rules, for the dialplan that goes on after us.
    pub(super) fn leave_house(&mut self) {
        let of_dials = if self.dial_rules.is_none() { &DIAL_RULES[..] } else { &[] };
        for (name, _) in HOUSE_RULES.iter().chain(of_dials) {
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
        let id = self.executes.to_string();
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

    /// Calls an API function and gives what it says.
    pub(super) async fn ask(&mut self, api: Api<'_>) -> Step<String> {
        let command = Command::Api(api);
        let asked = self.order(&command)?;
        let deadline = Instant::now() + limits::ESL_REPLY;
        let reply = self
            .wait(Some(deadline), std::future::pending(), |signal| match signal {
                Signal::Reply(ticket, reply) if ticket == asked => Some(reply.text().into_owned()),
                _ => None,
            })
            .await?;
        reply.ok_or_else(|| {
            self.link.forget(asked);
            Interrupt::Stuck { application: command.name(), after: limits::ESL_REPLY }
        })
    }

    /// Reads a channel variable; `None` if it is not set.
    pub async fn variable(&mut self, name: &VariableName) -> Step<Option<String>> {
        let uuid = self.facts.call_id.clone();
        let value = self.ask(Api::GetVariable { uuid: &uuid, name }).await?;
        Ok(Some(value).filter(|value| value != "_undef_" && !value.starts_with("-ERR")))
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
            self.conclude(Arc::new(end));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config,
        sim::{CallReport, Caller, Switch},
    };
    use tokio::task::JoinHandle;

    /// A call on a simulated switch, and what that has to report when the call is over.
    async fn taken_over() -> (Call, Orders, JoinHandle<CallReport>) {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let switch =
            tokio::spawn(async move { Switch::new(1).call(Caller::new("1", "2"), near).await });
        let session = Session::open(Box::new(far), None).await.unwrap();
        let settings = Arc::new(Settings::new(&config::load_text("", "", []).unwrap()));
        let (call, orders) = Call::take_over(session, settings, vec![]).unwrap();
        (call, orders, switch)
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_is_told_no_more_than_it_needs() {
        let (mut call, _orders, switch) = taken_over().await;
        call.answer().await.unwrap();
        let patience = Duration::from_secs(10);
        call.run("playback", "silence_stream://100", patience).await.unwrap();
        call.hang_up(&HangupCause::NORMAL_CLEARING).await;
        call.finish().await;
        // The end of the playback, and the end of the call.
        assert_eq!(switch.await.unwrap().events, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn applications_do_not_pile_up() {
        let (mut call, _orders, switch) = taken_over().await;
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
