//! Media streams without a network: customers' servers that do what their names say.

use super::story::Lines;
use futures_util::future::BoxFuture;
use pivot::{
    config,
    stream::{
        FarEnd, Line, Means, ModuleCommands, ModuleMeans, Outlet, Plan, StreamEnd, StreamEvent,
        Studio, Told,
    },
};
use std::{fmt, io, time::Duration};
use tokio::time::{Instant, sleep_until};

/// How long a server stays.
const STAYS: Duration = Duration::from_secs(5);

/// Opens such streams, and writes down what is asked of them.
#[derive(Clone)]
pub struct Scripted {
    lines: Lines,
    settings: config::Stream,
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scripted")
    }
}

impl Scripted {
    pub fn new(lines: Lines, settings: config::Stream) -> Self {
        Self { lines, settings }
    }

    fn note(&self, line: String) {
        self.lines.add(line);
    }

    fn open(&self, plan: Plan) -> Line {
        let way = if plan.two_way { "both ways" } else { "one way" };
        let (tracks, encoding) = (plan.tracks.names().join(" and "), plan.encoding);
        let parameters: Vec<_> = plan.parameters.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let parameters = parameters.join(" ");
        self.note(format!(
            "  stream {:?} to {} ({:?}): {tracks}, {way}, {encoding:?}, at most {} s [{parameters}] of {} {}",
            plan.name,
            plan.url,
            plan.vendor,
            plan.at_most.as_secs(),
            plan.call_id,
            plan.account_id,
        ));
        let (line, far) = Line::pair();
        tokio::spawn(self.clone().serve(plan, far));
        line
    }

    async fn serve(self, plan: Plan, mut far: FarEnd) {
        if (&mut far.begun).await.is_err() {
            return;
        }
        let tell = async |event| {
            if let Some(teller) = &plan.teller {
                teller.tell(event).await;
            }
        };
        let end = if plan.url.contains("nobody") {
            StreamEnd::Failed("connection refused".to_owned())
        } else {
            tell(StreamEvent::Started).await;
            if plan.url.contains("types") {
                far.told.send(Told::Keys("42".to_owned())).await.unwrap();
            }
            if plan.url.contains("slow") {
                tell(StreamEvent::Slow(30)).await;
                far.told.send(Told::Remark("the server is slow".to_owned())).await.unwrap();
            }
            self.talk(&plan, &mut far).await
        };
        match &end {
            StreamEnd::Failed(reason) => tell(StreamEvent::Failed(reason.clone())).await,
            _ => tell(StreamEvent::Stopped).await,
        }
        _ = far.told.send(Told::Ended(end)).await;
    }

    async fn talk(&self, plan: &Plan, far: &mut FarEnd) -> StreamEnd {
        let began = Instant::now();
        loop {
            tokio::select! {
                biased;
                () = far.stopped.cancelled() => return StreamEnd::Stopped,
                Some(key) = far.keys.recv() => self.note(format!("  the server hears of {key}")),
                () = sleep_until(began + plan.at_most) => return StreamEnd::TimeUp,
                () = sleep_until(began + STAYS), if !plan.url.contains("stays") => {
                    return StreamEnd::Closed;
                }
            }
        }
    }
}

impl Studio for Scripted {
    fn means(&self) -> Means {
        let module = (!self.settings.start.is_empty())
            .then_some(ModuleMeans { plays: self.settings.plays, many: false });
        Means { unicast: self.settings.unicast.parse().ok(), module }
    }

    fn outlet(&self) -> BoxFuture<'_, io::Result<Outlet>> {
        Box::pin(Outlet::bind([127, 0, 0, 1].into()))
    }

    fn by_unicast(&self, plan: Plan, _: &Outlet, _: u32) -> Line {
        self.open(plan)
    }

    fn by_module(&self, plan: Plan, channel: &str) -> (Line, ModuleCommands) {
        let mix = if plan.tracks.names() == ["inbound"] { "mono" } else { "stereo" };
        let rate = plan.encoding.rate() / 1_000;
        let commands = ModuleCommands {
            start: format!("uuid_audio_stream {channel} start ws://127.0.0.1:9/x {mix} {rate}k"),
            stop: format!("uuid_audio_stream {channel} stop"),
        };
        (self.open(plan), commands)
    }
}
