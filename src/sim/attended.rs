//! A dialled leg that is attended to before it is connected: `group_confirm_key=exec` has the switch run
//! `socket` on a leg that has answered. It has a connection of its own then, and is connected if it is
//! still up when that ends (`reference/freeswitch.md` 3.7).

use super::{
    caller::{Act, Performance, Refer},
    causes,
    channel::{Channel, Ended, Person},
    clock::Clock,
    conference::Mail,
    dialled::{LegEnd, Stage},
    encoding::Event,
    events::Whose,
    faults::{Chance, Faults},
    leg::Leg,
    observe::{Party, Seen},
    switch::{Mode, Options},
    wire::Stream,
};
use crate::base::Timestamp;
use futures_util::future::BoxFuture;
use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::TcpStream,
    sync::mpsc::{self, UnboundedSender},
};

/// How long a callee waits for each thing that its script waits for.
const PATIENCE: Duration = Duration::from_secs(120);

/// Events that the dialling call fires for its leg by itself.
const OF_THE_CALL: [&str; 4] =
    ["CHANNEL_HANGUP", "CHANNEL_HANGUP_COMPLETE", "CHANNEL_STATE", "CHANNEL_CALLSTATE"];

/// A connection that is being made.
pub(super) type Connecting = BoxFuture<'static, io::Result<Box<dyn Stream>>>;

/// How the connection of a leg is made.
#[derive(Clone)]
pub(super) struct Connector(Arc<dyn Fn(SocketAddr) -> Connecting + Send + Sync>);

/// What runs on a leg that has answered: where `socket` connects to, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gate {
    /// `None` if the switch cannot make anything of it.
    address: Option<SocketAddr>,
    mode: Mode,
}

/// The call that has dialled a leg, and the leg's place there.
#[derive(Debug)]
pub(super) struct Dialler {
    call: UnboundedSender<Mail>,
    index: usize,
}

/// What the dialling call hears of its leg.
#[derive(Clone, Debug)]
pub(in crate::sim) enum LegNews {
    /// An event of the leg.
    Event(Arc<Event>),
    /// What its party heard or did.
    Saw(Seen),
    /// The connection has ended and the leg is up.
    LetIn(Box<Leg>),
    /// It has ended.
    Ended(String, Party),
}

/// What happens to an attended leg from outside.
#[derive(Clone, Debug)]
pub(in crate::sim) enum LegOrder {
    /// Its party types a key.
    Types(char),
    /// Its party hangs up.
    HangsUp,
    /// The switch ends it.
    Ends(String),
}

impl Connector {
    pub(super) fn new(connect: impl Fn(SocketAddr) -> Connecting + Send + Sync + 'static) -> Self {
        Self(Arc::new(connect))
    }
}

impl Default for Connector {
    fn default() -> Self {
        Self::new(|address| {
            Box::pin(async move {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream) as Box<dyn Stream>)
            })
        })
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl Gate {
    /// What the variables of a leg have run on it, if anything.
    pub(super) fn read(variables: &[(String, String)]) -> Option<Self> {
        let get = |name: &str| variables.iter().find(|(key, _)| key == name).map(|(_, v)| &**v);
        get("group_confirm_key").filter(|key| key.eq_ignore_ascii_case("exec"))?;
        let mut words = get("group_confirm_file")?.split_ascii_whitespace();
        words.next().filter(|application| *application == "socket")?;
        let address = words.next().and_then(|text| {
            let (ip, port) = text.rsplit_once(':')?;
            Some(SocketAddr::new(ip.parse::<IpAddr>().ok()?, port.parse().ok()?))
        });
        let modes: Vec<_> = words.collect();
        let mode = Mode { asynchronous: modes.contains(&"async"), full: modes.contains(&"full") };
        Some(Self { address, mode })
    }
}

impl Channel {
    /// Has a leg that has answered attended to.
    pub(super) fn attend_leg(&mut self, index: usize, gate: Gate) {
        let options = Options {
            seed: self.chance.below(u64::MAX),
            epoch: Some(Timestamp::from_micros(self.clock.micros(self.clock.now()))),
            mode: gate.mode,
            faults: Faults::default(),
            watch: None,
            ..(*self.options).clone()
        };
        let dialled = &mut self.legs[index];
        dialled.stage = Stage::Attended;
        let (orders, letters) = mpsc::unbounded_channel();
        dialled.attended = Some(orders.clone());
        let (leg, script) = (dialled.leg.clone(), std::mem::take(&mut dialled.callee.script));
        let dialler = Dialler { call: self.mailbox.clone(), index };
        tokio::spawn(async move {
            let connected = match gate.address {
                Some(address) => (options.connector.0)(address).await.ok(),
                None => None,
            };
            let Some(stream) = connected else {
                // The application does nothing then, and the leg is up.
                return dialler.tell(LegNews::LetIn(Box::new(leg)));
            };
            let epoch = options.epoch.unwrap_or_else(Timestamp::now);
            let clock = Clock::start(options.pace, epoch);
            let chance = Chance::new(options.seed, &options.faults);
            let person = Person {
                performance: Performance::new(script, PATIENCE.max(clock.real(PATIENCE))),
                live: None,
                sends_rtp: true,
                refer: Refer::default(),
            };
            let options = Arc::new(options);
            let mail = (orders, letters);
            let mut channel = Self::new(options, (clock, chance), leg, person, stream, mail);
            channel.dialler = Some(dialler);
            channel.be_attended().await;
        });
    }

    /// The leg's side, from the first command to the last byte.
    async fn be_attended(mut self) {
        self.run_socket().await;
        let news = match &self.ended {
            Some(Ended { cause, by, .. }) => LegNews::Ended(cause.clone(), *by),
            None => LegNews::LetIn(Box::new(self.leg.clone())),
        };
        self.tell_dialler(news);
        match self.ended {
            Some(_) => self.leave_socket().await,
            None => self.let_in().await,
        }
    }

    /// Tells the call that has dialled this leg, if any has.
    pub(super) fn tell_dialler(&self, news: LegNews) {
        if let Some(dialler) = &self.dialler {
            dialler.tell(news);
        }
    }

    /// Shows the call that has dialled this leg what its party hears and does.
    pub(super) fn show_dialler(&self, seen: &Seen) {
        let told_otherwise = matches!(seen, Seen::HungUp { .. } | Seen::ContinuedDialplan);
        if !told_otherwise {
            self.tell_dialler(LegNews::Saw(seen.clone()));
        }
    }

    /// An event of an attended leg is for the connection of the dialling call as well.
    pub(super) fn share_event(&self, event: &Event) {
        if self.dialler.is_some()
            && event.get("Event-Name").is_some_and(|name| !OF_THE_CALL.contains(&name))
        {
            self.tell_dialler(LegNews::Event(Arc::new(event.clone())));
        }
    }

    /// What the dialling call hears of a leg.
    pub(super) fn leg_news(&mut self, index: usize, news: LegNews) {
        if self.legs[index].stage != Stage::Attended {
            return;
        }
        match news {
            LegNews::Event(event) => self.send(&event),
            LegNews::Saw(what) => {
                let to = self.legs[index].to.clone();
                self.observe(Seen::OfLeg { to, what: Box::new(what) });
            }
            LegNews::LetIn(leg) => {
                let dialled = &mut self.legs[index];
                dialled.attended = None;
                dialled.leg = *leg;
                dialled.leg.variables.set("group_dial_status", "winner");
                dialled.stage = Stage::Answered;
                self.legs_changed = true;
            }
            LegNews::Ended(cause, by) => {
                self.legs[index].attended = None;
                let how = if by == Party::Caller { LegEnd::Bye } else { LegEnd::Released };
                self.end_leg(index, &cause, how);
                self.complete_leg(index);
            }
        }
    }

    /// What happens to this leg from outside while it is attended to.
    pub(super) fn leg_ordered(&mut self, order: LegOrder) {
        match order {
            LegOrder::Types(key) => self.act(Act::Type(key)),
            LegOrder::HangsUp => self.act(Act::HangUp),
            LegOrder::Ends(cause) => self.hang_up(causes::named(&cause), Party::Switch, None),
        }
    }

    /// An attended leg ends from the dialling call's side.
    pub(super) fn end_attendance(&mut self, index: usize, cause: &str, how: &LegEnd) {
        if let Some(leg) = self.legs[index].attended.take() {
            let order = match how {
                LegEnd::Bye => LegOrder::HangsUp,
                _ => LegOrder::Ends(cause.to_owned()),
            };
            // A leg that has ended by itself has told so.
            let _ = leg.send(Mail::Order(order));
        }
    }

    /// A key of a callee's phone goes to whoever attends to the leg; `false` if nobody does.
    pub(super) fn type_to_attendant(&self, index: usize, key: char) -> bool {
        let leg = self.legs[index].attended.as_ref();
        leg.is_some_and(|leg| leg.send(Mail::Order(LegOrder::Types(key))).is_ok())
    }

    /// The end of `socket` on a leg that is up: it goes back to the call that has dialled it.
    async fn let_in(&mut self) {
        if self.options.mode.asynchronous {
            self.fire("CHANNEL_UNPARK", Whose::Caller, &[]);
            self.complete_socket();
        }
        self.linger().await;
    }
}

impl Dialler {
    fn tell(&self, news: LegNews) {
        // A call that is over does not hear it.
        let _ = self.call.send(Mail::Leg(self.index, news));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(file: &str) -> Option<Gate> {
        let pairs = [("group_confirm_key", "exec"), ("group_confirm_file", file)];
        Gate::read(&pairs.map(|(name, value)| (name.to_owned(), value.to_owned())))
    }

    #[test]
    fn the_words_of_socket_say_where_and_how() {
        let full = Mode { asynchronous: true, full: true };
        let plain = Mode { asynchronous: false, full: false };
        let address = "127.0.0.1:8084".parse().ok();
        let found = gate("socket 127.0.0.1:8084 async full");
        assert_eq!(found, Some(Gate { address, mode: full }));
        let address = "[::1]:8084".parse().ok();
        assert_eq!(gate("socket ::1:8084"), Some(Gate { address, mode: plain }));
        assert_eq!(gate("socket nonsense"), Some(Gate { address: None, mode: plain }));
        assert_eq!(gate("playback a.wav"), None);
        assert_eq!(Gate::read(&[]), None);
    }
}
