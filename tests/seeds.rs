//! Random calls from the first word to the last, on the simulated switch: whatever the callflow says,
//! the caller does and the network breaks, every call ends, in order and once.
//!
//! Each call comes from one number. `SEED=n cargo test --test seeds` runs that one and shows it;
//! `CASES=n` runs more than usual. A number that fails is added to `seeds.txt`, and stays there.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod draw;

use draw::{Case, MODULES, Ordered, REFUSED};
use pivot::{
    base::{CallEvent, EndFacts, HangupCause, Happening, Timestamp, WhoHungUp},
    call::{Order, Orders, Settings},
    cdr::Keeper,
    config::{self, Config},
    debug,
    esl::Session,
    http::Door,
    outbox::Outbox,
    piston::{Flow, Library},
    pivot::{House, Observer, attend},
    sim::{CallReport, Outcome, Party, Seen, Switch},
    store::Store,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};

/// The operator's configuration for these calls.
const CONFIG: &str = "
[media]
sounds = \"/sounds\"
recordings = \"/rec\"
[dial]
gateways = [\"one\", \"two\"]
[store]
path = \"\"
";

/// Calls in one run, unless `CASES` says otherwise.
const CASES: u64 = 600;

/// The longest call: a caller whose script has ended stays for an hour.
const LONGEST: Duration = Duration::from_secs(2 * 3_600);

/// How soon after its channel, or the connection, a call is over: what a switch that lives sends
/// comes sooner than the time it lingers.
const SOON: Duration = Duration::from_secs(10);

/// What so many calls tell, together.
const TOLD: [&str; 16] = [
    "created",
    "answered",
    "step_started",
    "step_ended",
    "prompted",
    "digit",
    "leg_ringing",
    "leg_answered",
    "leg_ended",
    "recorded",
    "fetching",
    "fetch_failed",
    "noted",
    "variables",
    "handed_over",
    "ended",
];

/// Seeds that once failed.
const PAST: &str = include_str!("seeds.txt");

#[test]
fn every_call_ends_in_order_and_once() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let (seeds, only): (Vec<u64>, _) = match number("SEED") {
        Some(seed) => (vec![seed], true),
        None => {
            let past = PAST.lines().filter(|line| !line.starts_with('#'));
            let past = past.map(|line| line.split_whitespace().next().unwrap().parse().unwrap());
            // Below 2⁵³, so that a seed survives every tool that it is pasted through.
            let first = rand::random::<u64>() >> 12;
            (past.chain(first..first + number("CASES").unwrap_or(CASES)).collect(), false)
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut steps: BTreeSet<String> = BTreeSet::new();
    let mut told: BTreeSet<String> = BTreeSet::new();
    let mut faults: Vec<String> = Vec::new();
    let mut shown = None;
    runtime.block_on(async {
        let world = World::new().await;
        // The database is open and will not be asked: time may jump from now on.
        tokio::time::pause();
        for seed in &seeds {
            let lived = world.live(*seed).await;
            let judged = lived.as_ref().map_err(Clone::clone).and_then(Lived::judge);
            if let Ok(lived) = lived {
                steps.extend(lived.steps().map(str::to_owned));
                told.extend(lived.story.iter().map(|event| name(&event.what)));
                if only || judged.is_err() && shown.is_none() {
                    shown = Some(lived.shown());
                }
            }
            faults.extend(judged.err().map(|fault| format!("SEED={seed}: {fault}")));
        }
    });
    if only || !faults.is_empty() {
        println!("{}", shown.unwrap_or_default());
    }
    assert!(faults.is_empty(), "of {} calls:\n{}", seeds.len(), faults.join("\n"));
    if seeds.len() as u64 >= CASES {
        let never: Vec<_> = MODULES.iter().filter(|name| !steps.contains(**name)).collect();
        assert!(never.is_empty(), "no call got as far as {never:?}");
        // All that can be told but of calls that fetch documents or have a CDR.
        let never: Vec<_> = TOLD.iter().filter(|name| !told.contains(**name)).collect();
        assert!(never.is_empty(), "no call told {never:?}");
    }
}

/// What all calls share.
struct World {
    config: Config,
    door: Door,
    outbox: Outbox,
    debug: debug::Keeper,
}

/// A call that is over.
struct Lived {
    case: Case,
    report: CallReport,
    story: Vec<CallEvent>,
    /// From dialling to the moment at which the call's task had nothing left to do.
    lasted: Duration,
    /// Tasks that the call left behind.
    left: usize,
}

impl World {
    async fn new() -> Self {
        let config = config::load_text("test", CONFIG, []).unwrap();
        let store = Store::open(&config.store).await.unwrap();
        let debug = debug::Keeper::start(store.clone()).unwrap();
        let outbox = Outbox::new(store, &config.outbox);
        Self { door: Door::new(&config.http).unwrap(), outbox, debug, config }
    }

    /// Lives the call of a seed; fails if that never ends.
    async fn live(&self, seed: u64) -> Result<Lived, String> {
        let case = Case::of(seed);
        let story = Arc::new(Mutex::new(Vec::new()));
        let house = self.house(&case, Arc::clone(&story));
        let switch = Switch::new(seed)
            .epoch(Timestamp::from_micros(1_700_000_000_000_000 + seed % 1_000_000))
            .callees(case.callees.clone())
            .media(case.media.clone())
            .faults(case.faults.clone());
        let (ours, theirs) = tokio::io::duplex(case.window);
        let alive = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
        let (before, began) = (alive(), Instant::now());
        let (give, orders) = tokio::sync::oneshot::channel::<Orders>();
        let attended = async {
            // Caller or connection may be gone before there is a call; `judge` knows.
            if let Ok(session) = Session::open(Box::new(ours), None).await {
                let entered = |_: &_, orders| give.send(orders).is_ok();
                let _ = attend(&house, session, entered).await;
            }
            began.elapsed()
        };
        let ordered = async {
            let Ok(orders) = orders.await else { return };
            for (after, what) in &case.orders {
                sleep(*after).await;
                orders.give(match what {
                    Ordered::HangUp => Order::HangUp(HangupCause::MANAGER_REQUEST),
                    Ordered::Redirect => Order::Redirect(REFUSED[0].to_owned()),
                    Ordered::Drain => Order::Drain,
                });
            }
        };
        let all = async { tokio::join!(switch.call(case.caller(), theirs), attended, ordered) };
        let Ok((report, lasted, ())) = timeout(LONGEST, all).await else {
            let told = story.lock().unwrap();
            return Err(format!("never ends:\n{}", told_lines(&told)));
        };
        drop(house);
        let story = Arc::into_inner(story).unwrap().into_inner().unwrap();
        Ok(Lived { case, report, story, lasted, left: alive() - before })
    }

    fn house(&self, case: &Case, story: Arc<Mutex<Vec<CallEvent>>>) -> House {
        let folder = tempfile::tempdir().unwrap();
        for (name, flow) in ["one", "two"].iter().zip(&case.saved) {
            let document = serde_json::json!({ "flow": flow }).to_string();
            fs::write(folder.path().join(format!("{name}.json")), document).unwrap();
        }
        let observer: Observer = Arc::new(move || {
            let story = Arc::clone(&story);
            Box::new(move |event: &CallEvent| story.lock().unwrap().push(event.clone()))
        });
        House {
            calls: Arc::new(Settings::new(&self.config)),
            door: self.door.clone(),
            library: Arc::new(Library::load(folder.path()).unwrap()),
            outbox: self.outbox.clone(),
            cdrs: Keeper::new(self.outbox.clone(), &self.config.cdr),
            debug: self.debug.clone(),
            lobby: pivot::pivot::Lobby::default(),
            observers: vec![observer],
            config: self.config.clone(),
        }
    }
}

impl Lived {
    /// What must be true of every call.
    fn judge(&self) -> Result<(), String> {
        let parsed = Flow::parse(self.case.flow.to_string().as_bytes());
        ensure(parsed.value.is_some(), || format!("the draw is bad: {:?}", parsed.diagnostics))?;
        ensure(self.left == 0, || format!("{} tasks are left", self.left))?;
        ensure(self.lasted <= self.over_by(), || {
            format!("over after {:?}, due after {:?}", self.lasted, self.over_by())
        })?;
        let dropped = self.dropped();
        if self.story.is_empty() {
            // The connection, or the caller, was gone before the first command.
            let stillborn = dropped || self.report.commands == 0;
            return ensure(stillborn, || "nothing was told".to_owned());
        }
        let end = self.frame()?;
        self.steps_pair()?;
        self.legs_end()?;
        self.nothing_failed_within()?;
        if dropped {
            return Ok(());
        }
        // A server that stops does not follow a call that was handed over to its end.
        let drained = self.case.orders.iter().any(|(_, order)| matches!(order, Ordered::Drain));
        let left = drained && matches!(self.report.outcome, Outcome::Transferred(_));
        ensure(end.confirmed || left, || "the end is not confirmed".to_owned())?;
        match &self.report.outcome {
            Outcome::HungUp { cause, by, .. } => {
                ensure(end.cause.as_str() == cause, || format!("told {}, was {cause}", end.cause))?;
                let told = match by {
                    Party::Caller => end.by == WhoHungUp::Caller,
                    // Our order and the caller's hangup may cross.
                    Party::Server => matches!(end.by, WhoHungUp::Us),
                    Party::Switch | Party::Callee => true,
                };
                ensure(told, || format!("told by {:?}, was by {by:?}", end.by))
            }
            Outcome::Transferred(_) => Ok(()),
            left => Err(format!("the call was left alone: {left:?}")),
        }
    }

    /// `Created` first, `Ended` last, each once, and at most one answer.
    fn frame(&self) -> Result<&EndFacts, String> {
        let first = matches!(self.story[0].what, Happening::Created(_));
        ensure(first, || "Created is not first".to_owned())?;
        let Some(Happening::Ended(end)) = self.story.last().map(|event| &event.what) else {
            return Err("Ended is not last".to_owned());
        };
        let count = |what: fn(&Happening) -> bool| {
            self.story.iter().filter(|event| what(&event.what)).count()
        };
        let created = count(|what| matches!(what, Happening::Created(_)));
        let ended = count(|what| matches!(what, Happening::Ended(_)));
        let answered = count(|what| matches!(what, Happening::Answered));
        ensure((created, ended) == (1, 1), || format!("{created} Created, {ended} Ended"))?;
        ensure(answered <= 1, || format!("answered {answered} times"))?;
        Ok(end)
    }

    /// What began has ended, and before something else began.
    fn steps_pair(&self) -> Result<(), String> {
        let mut running: Option<&str> = None;
        for event in &self.story {
            match &event.what {
                Happening::StepStarted { step, .. } => {
                    let before = running.replace(step);
                    ensure(before.is_none(), || format!("{step} began within {before:?}"))?;
                }
                Happening::StepEnded { step, .. } => {
                    let began = running.take();
                    ensure(began == Some(step), || format!("{step} ended, {began:?} ran"))?;
                }
                _ => {}
            }
        }
        ensure(running.is_none(), || format!("{running:?} never ended"))
    }

    /// A leg that was told of has one end, and nothing is told of it afterwards.
    fn legs_end(&self) -> Result<(), String> {
        let mut legs: BTreeMap<String, bool> = BTreeMap::new();
        for event in &self.story {
            let (leg, over) = match &event.what {
                Happening::LegRinging(leg) | Happening::LegAnswered(leg) => (leg, false),
                Happening::LegEnded { leg, .. } => (leg, true),
                _ => continue,
            };
            let was_over = legs.insert(leg.id.to_string(), over);
            ensure(was_over != Some(true), || format!("{leg:?} goes on after its end"))?;
        }
        let up: Vec<_> = legs.iter().filter(|(_, over)| !**over).collect();
        ensure(up.is_empty(), || format!("legs without an end: {up:?}"))
    }

    /// No panic, and nothing that a switch which answers could not finish.
    fn nothing_failed_within(&self) -> Result<(), String> {
        for event in &self.story {
            let said = match &event.what {
                Happening::StepEnded { outcome, .. } => outcome,
                Happening::Noted { message, .. } => message,
                _ => continue,
            };
            for bad in ["failed within the server", "did not finish", "refused"] {
                ensure(!said.contains(bad), || said.clone())?;
            }
        }
        Ok(())
    }

    /// When everything had to be over.
    fn over_by(&self) -> Duration {
        let over = self
            .report
            .observations
            .iter()
            .find(|seen| matches!(&seen.what, Seen::HungUp { .. }) || is_drop(&seen.what));
        over.map_or(LONGEST, |seen| seen.at + SOON + self.case.delay)
    }

    fn dropped(&self) -> bool {
        self.report.saw(is_drop)
    }

    fn steps(&self) -> impl Iterator<Item = &str> {
        self.story.iter().filter_map(|event| match &event.what {
            Happening::StepStarted { step, .. } => Some(step.as_str()),
            _ => None,
        })
    }

    fn shown(&self) -> String {
        let seen: Vec<_> = self.report.observations.iter().map(|seen| seen.line()).collect();
        format!(
            "{:#}\n{:?}\n\nthe call ({:?}):\n{}\nthe caller ({:?}):\n{}",
            self.case.flow,
            (&self.case.script, &self.case.faults, &self.case.orders, &self.case.callees),
            self.lasted,
            told_lines(&self.story),
            self.report.outcome,
            seen.join("\n"),
        )
    }
}

fn name(what: &Happening) -> String {
    serde_json::to_value(what).unwrap()["event"].as_str().unwrap().to_owned()
}

fn is_drop(seen: &Seen) -> bool {
    matches!(seen, Seen::Fault(what) if what == "connection dropped")
}

fn told_lines(story: &[CallEvent]) -> String {
    let line = |event: &CallEvent| match &event.what {
        Happening::Created(_) => "Created\n".to_owned(),
        Happening::Ended(end) => format!("Ended {} by {:?} {}\n", end.cause, end.by, end.confirmed),
        what => format!("{what:?}\n"),
    };
    story.iter().map(line).collect()
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}
