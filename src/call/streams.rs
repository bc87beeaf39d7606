//! Media streams: the sound of the call to a customer's server, for a while or beside everything else.

use super::{Call, DigitString, Step, wait::Signal};
use crate::{
    base::{Happening, limits, phone::Key},
    esl::{Api, Command, VariableName},
    stream::{Line, Outlet, Plan, StreamEnd, StreamEvent, Studio, Told, Tracks},
};
use std::{future::poll_fn, net::IpAddr, task::Poll, time::Duration};

/// How long each key sounds that a customer's server sends.
const KEY: Duration = Duration::from_millis(200);

/// Why what worked before does not any more.
const ONCE: &str =
    "freeswitch's unicast works once in a call, and has ended with the last prompt; ";

/// A call's streams.
#[derive(Debug, Default)]
pub(super) struct Streams {
    /// Those that run beside what the call does.
    beside: Vec<Running>,
    /// Where the switch sends the call's sound to, once it does, and how many applications had run then:
    /// the next one ends it for good (QUIRKS: unicast-once).
    outlet: Option<(Outlet, u32)>,
}

#[derive(Debug)]
struct Running {
    name: String,
    line: Line,
    /// What ends it at the switch.
    stop: Option<String>,
    tracks: usize,
}

/// By which of the switch's means.
enum Means {
    Unicast(IpAddr),
    Module { many: bool },
}

/// What a stream that is waited for does next.
enum Next {
    Key(Key),
    Told(Told),
}

impl Streams {
    /// What one of them tells next, and which.
    pub(super) async fn next(&mut self) -> (usize, Told) {
        poll_fn(|cx| {
            for (at, running) in self.beside.iter_mut().enumerate() {
                if let Poll::Ready(told) = running.line.poll(cx) {
                    return Poll::Ready((at, told));
                }
            }
            Poll::Pending
        })
        .await
    }

    /// A key that the caller typed.
    pub(super) fn key(&self, key: Key) {
        self.beside.iter().for_each(|running| running.line.key(key.char()));
    }

    /// The call is over. The switch may still send: where to stays the call's.
    pub(super) fn end(&mut self) {
        self.beside.clear();
    }

    fn tracks(&self) -> usize {
        self.beside.iter().map(|running| running.tracks).sum()
    }
}

impl Call {
    /// Connects the caller with a customer's server, until that closes the stream, its time is up, or the
    /// call ends. Keys go to the server; they are no input for the next step.
    pub async fn connect_stream(&mut self, plan: Plan) -> Step<StreamEnd> {
        let mut running = match self.begin_stream(plan, true).await? {
            Ok(running) => running,
            Err(reason) => return Ok(StreamEnd::Failed(reason)),
        };
        let ended = self.sit_with(&mut running).await;
        let stopped = self.stop_at_switch(running);
        let end = ended?;
        stopped.map(|()| end)
    }

    async fn sit_with(&mut self, running: &mut Running) -> Step<StreamEnd> {
        loop {
            let next = async { Next::Told(running.line.next().await) };
            let key = |signal| match signal {
                Signal::Key(key) => Some(Next::Key(key)),
                _ => None,
            };
            match self.wait(None, next, key).await? {
                Some(Next::Key(key)) => {
                    self.typed.take_last();
                    running.line.key(key.char());
                }
                Some(Next::Told(Told::Ended(end))) => return Ok(end),
                Some(Next::Told(told)) => self.hear_of(&running.name, told)?,
                // There is no deadline.
                None => {}
            }
        }
    }

    /// Starts a stream that runs beside what the call does next, until it is stopped by its name, its
    /// time is up, or the call ends. The error says why there is none.
    pub async fn start_stream(&mut self, plan: Plan) -> Step<Result<(), String>> {
        let begun = self.begin_stream(plan, false).await?;
        Ok(begun.map(|running| self.streams.beside.push(running)))
    }

    /// Stops the stream of this name; `false` if none of that name runs.
    pub fn stop_stream(&mut self, name: &str) -> Step<bool> {
        let found = self.streams.beside.iter().position(|running| running.name == name);
        let Some(at) = found else { return Ok(false) };
        let running = self.streams.beside.remove(at);
        self.stop_at_switch(running)?;
        Ok(true)
    }

    /// What a stream beside the call tells.
    pub(super) fn heed_stream(&mut self, at: usize, told: Told) -> Step<()> {
        let Told::Ended(end) = told else {
            let name = self.streams.beside[at].name.clone();
            return self.hear_of(&name, told);
        };
        let running = self.streams.beside.remove(at);
        let (error, how) = match end {
            StreamEnd::Closed => (false, "the server has closed it".to_owned()),
            StreamEnd::TimeUp => (false, "its time is up".to_owned()),
            StreamEnd::Stopped => (false, "stopped".to_owned()),
            StreamEnd::Failed(reason) => (true, reason),
        };
        let message = format!("{}: {how}", title(&running.name));
        self.tell(Happening::Noted { error, message });
        self.stop_at_switch(running)
    }

    fn hear_of(&mut self, name: &str, told: Told) -> Step<()> {
        let message = match told {
            Told::Keys(keys) => match DigitString::parse(&keys) {
                Ok(digits) => {
                    let (uuid, digits) = (self.facts.call_id.clone(), digits.to_string());
                    self.api(Api::SendDigits { uuid: &uuid, digits: &digits, each: KEY })?;
                    return Ok(());
                }
                Err(error) => format!("keys are not sent: {error}"),
            },
            Told::Remark(text) => text,
            Told::Ended(_) => return Ok(()),
        };
        let message = format!("{}: {message}", title(name));
        self.tell(Happening::Noted { error: false, message });
        Ok(())
    }

    /// Opens a stream and lets the switch send its sound. What does not work is told to the customer.
    async fn begin_stream(&mut self, plan: Plan, waits: bool) -> Step<Result<Running, String>> {
        let teller = plan.teller.clone();
        let begun = match self.settings.studio.clone() {
            None => Err("media streams are not set up here".to_owned()),
            Some(studio) => match self.means_for(studio.as_ref(), &plan, waits) {
                Err(reason) => Err(reason),
                Ok(Means::Unicast(local)) => self.by_unicast(studio.as_ref(), plan, local).await?,
                Ok(Means::Module { many }) => self.by_module(studio.as_ref(), plan, many).await?,
            },
        };
        if let (Err(reason), Some(teller)) = (&begun, teller) {
            teller.tell(StreamEvent::Failed(reason.clone())).await;
        }
        Ok(begun)
    }

    fn means_for(&self, studio: &dyn Studio, plan: &Plan, waits: bool) -> Result<Means, String> {
        let means = studio.means();
        let named = |running: &Running| !plan.name.is_empty() && running.name == plan.name;
        if self.streams.beside.iter().any(named) {
            return Err(format!("a stream named {:?} runs already", plan.name));
        }
        if self.streams.tracks() + plan.tracks.names().len() > limits::STREAM_TRACKS {
            return Err(format!("a call streams {} tracks at most", limits::STREAM_TRACKS));
        }
        let worn =
            self.streams.outlet.as_ref().is_some_and(|(_, run)| *run != self.applications_run());
        let by_unicast = waits && plan.tracks == Tracks::Inbound;
        if let Some(local) = means.unicast
            && by_unicast
            && !worn
        {
            return Ok(Means::Unicast(local));
        }
        let once = if worn && by_unicast { ONCE } else { "" };
        let module = means.module.ok_or_else(|| match by_unicast {
            true => {
                format!("{once}the switch has no means for it: see stream.unicast or stream.start")
            }
            false => "the switch has no means for it: see stream.start".to_owned(),
        })?;
        if plan.two_way && !module.plays {
            let message = "the module plays nothing that it is sent (stream.plays)";
            return Err(format!("{once}{message}"));
        }
        Ok(Means::Module { many: module.many })
    }

    /// The switch sends the sound of a parked call, and plays what it is sent. It must have media when it
    /// is told so, or all of it goes down; an application that has run since the answer shows that
    /// (QUIRKS: unicast-before-media).
    async fn by_unicast(
        &mut self,
        studio: &dyn Studio,
        plan: Plan,
        local: IpAddr,
    ) -> Step<Result<Running, String>> {
        let outlet = match self.streams.outlet.clone() {
            Some((outlet, _)) => outlet,
            None => {
                let outlet = match self.during(studio.outlet()).await? {
                    Ok(outlet) => outlet,
                    Err(error) => return Ok(Err(format!("no socket for the sound: {error}"))),
                };
                self.run("sleep", "20", limits::APPLICATION_GRACE).await?;
                self.order_blindly(&Command::Unicast { local, remote: outlet.address })?;
                self.streams.outlet = Some((outlet.clone(), self.applications_run()));
                outlet
            }
        };
        let rate = match VariableName::new("read_rate") {
            Some(name) => self.variable(&name).await?.and_then(|rate| rate.parse().ok()),
            None => None,
        };
        let (name, tracks) = (plan.name.clone(), plan.tracks.names().len());
        let mut line = studio.by_unicast(plan, &outlet, rate.unwrap_or(8_000));
        line.begin();
        Ok(Ok(Running { name, line, stop: None, tracks }))
    }

    async fn by_module(
        &mut self,
        studio: &dyn Studio,
        plan: Plan,
        many: bool,
    ) -> Step<Result<Running, String>> {
        let channel = self.facts.call_id.clone();
        let is_word = |c: char| c.is_ascii_alphanumeric() || "-_.@".contains(c);
        if !channel.chars().all(is_word) {
            return Ok(Err("the channel's name cannot stand in a command".to_owned()));
        }
        if !many && self.streams.beside.iter().any(|running| running.stop.is_some()) {
            return Ok(Err("the module runs one stream at a time".to_owned()));
        }
        let (name, tracks) = (plan.name.clone(), plan.tracks.names().len());
        let (mut line, commands) = studio.by_module(plan, &channel);
        let reply = self.ask(Api::Configured(&commands.start)).await?;
        if reply.starts_with('-') {
            return Ok(Err(format!("freeswitch says {}", reply.trim())));
        }
        line.begin();
        Ok(Ok(Running { name, line, stop: Some(commands.stop), tracks }))
    }

    fn stop_at_switch(&mut self, running: Running) -> Step<()> {
        match &running.stop {
            Some(stop) if !self.is_over() && !stop.is_empty() => self.api(Api::Configured(stop)),
            _ => Ok(()),
        }
    }
}

fn title(name: &str) -> String {
    if name.is_empty() { "the stream".to_owned() } else { format!("the stream {name:?}") }
}
