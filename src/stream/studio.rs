//! Opens streams: what a call needs for one, and the server's means for it.

use super::{
    line::Line,
    module::{Expected, ModuleListener},
    plan::{Plan, Tracks},
    relay,
    source::{Module, Outlet, Source, Unicast},
};
use crate::{base::limits, config, http::Door};
use futures_util::future::BoxFuture;
use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};
use tokio_util::task::TaskTracker;

/// Opens streams. The server's is [`Streams`]; tests put their own in its place.
pub trait Studio: Send + Sync + fmt::Debug {
    /// What there is to open streams with.
    fn means(&self) -> Means;

    /// A socket for a call's `unicast`, once in a call.
    fn outlet(&self) -> BoxFuture<'_, io::Result<Outlet>>;

    /// Opens a stream by the switch's `unicast`, whose sound has this rate.
    fn by_unicast(&self, plan: Plan, outlet: &Outlet, rate: u32) -> Line;

    /// Opens a stream by the configured module; gives what the switch is to be told. `channel` is its
    /// name of the call.
    fn by_module(&self, plan: Plan, channel: &str) -> (Line, ModuleCommands);
}

/// What there is to open streams with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Means {
    /// Where the switch's `unicast` binds its end; `None` if it is not used.
    pub unicast: Option<IpAddr>,
    /// The module, if one is configured.
    pub module: Option<ModuleMeans>,
}

/// What the configured module can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModuleMeans {
    /// Whether it plays what it is sent.
    pub plays: bool,
    /// Whether it runs several streams in one call.
    pub many: bool,
}

/// API commands to the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleCommands {
    /// Begins the stream.
    pub start: String,
    /// Ends it.
    pub stop: String,
}

/// The server's streams.
#[derive(Debug)]
pub struct Streams {
    settings: config::Stream,
    door: Door,
    expected: Expected,
    /// The listener as the switch reaches it: `ws://127.0.0.1:8088`.
    listener: String,
    running: TaskTracker,
}

impl Streams {
    /// Binds the modules' listener, if a module is configured.
    pub async fn open(
        settings: &config::Stream,
        door: Door,
    ) -> io::Result<(Arc<Self>, Option<ModuleListener>)> {
        let expected = Expected::default();
        let listener = match settings.start.as_str() {
            "" => None,
            _ => {
                let allowed = settings.allow.clone();
                Some(ModuleListener::bind(settings.listen, allowed, expected.clone()).await?)
            }
        };
        if listener.is_some()
            && settings.listen.ip().is_unspecified()
            && settings.switch_url.is_empty()
        {
            let message = "every address of this machine: set stream.switch_url to the one that \
                           the switches use, such as ws://10.0.0.5:8088";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let address = match (&listener, settings.switch_url.as_str()) {
            (Some(listener), "") => format!("ws://{}", listener.address()?),
            (_, url) => url.trim_end_matches('/').to_owned(),
        };
        let streams = Self {
            settings: settings.clone(),
            door,
            expected,
            listener: address,
            running: TaskTracker::new(),
        };
        Ok((Arc::new(streams), listener))
    }

    /// Waits until the streams have ended whose calls are over.
    pub async fn ended(&self) {
        self.running.close();
        self.running.wait().await;
    }

    fn spawn(&self, plan: Plan, source: Source) -> Line {
        let (line, far) = Line::pair();
        self.running.spawn(relay::run(plan, source, far, self.door.clone()));
        line
    }

    fn address(&self) -> Option<IpAddr> {
        self.settings.unicast.parse().ok()
    }
}

impl Studio for Streams {
    fn means(&self) -> Means {
        let module = (!self.settings.start.is_empty()).then(|| ModuleMeans {
            plays: self.settings.plays,
            many: self.settings.start.contains("{name}"),
        });
        // A switch elsewhere binds to all of its addresses: we do not know them.
        let bound = |ours: IpAddr| match ours.is_loopback() {
            true => ours,
            false => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        };
        Means { unicast: self.address().map(bound), module }
    }

    fn outlet(&self) -> BoxFuture<'_, io::Result<Outlet>> {
        Box::pin(async move {
            let ours = self.address().ok_or(io::ErrorKind::Unsupported)?;
            Outlet::bind(ours).await
        })
    }

    fn by_unicast(&self, plan: Plan, outlet: &Outlet, rate: u32) -> Line {
        let source = Unicast::new(outlet.clone(), self.settings.allow.clone(), rate);
        self.spawn(plan, Source::Unicast(source))
    }

    fn by_module(&self, plan: Plan, channel: &str) -> (Line, ModuleCommands) {
        let (ticket, arriving) = self.expected.one();
        let url = format!("{}/{}", self.listener, ticket.word);
        let mix = if plan.tracks == Tracks::Inbound { "mono" } else { "stereo" };
        let rate = plan.encoding.rate();
        let fill = |template: &str| {
            template
                .replace("{uuid}", channel)
                .replace("{url}", &url)
                .replace("{mix}", mix)
                .replace("{rate}", &format!("{}k", rate / 1_000))
                .replace("{name}", &ticket.word)
        };
        let commands =
            ModuleCommands { start: fill(&self.settings.start), stop: fill(&self.settings.stop) };
        let plays = self.settings.plays;
        let source = Module::new(arriving, ticket, plan.tracks, rate, plays);
        (self.spawn(plan, Source::Module(Box::new(source))), commands)
    }
}

const _: () = assert!(limits::STREAM_FRAME_MS > 0 && 1_000 % limits::STREAM_FRAME_MS == 0);
