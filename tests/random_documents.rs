//! Random documents of both dialects on the simulated switch: whatever they say, the caller does, the web
//! server answers and the network breaks, every call ends soon after its channel, in order and once.
//!
//! The grammar is the table of states: a verb that starts to work is tried without a change here. Each
//! call comes from one number. `SEED=n cargo test --test random_documents` runs that one and shows it;
//! `CASES=n` runs more than usual.

#![allow(clippy::unwrap_used)] // a test fails by panicking

#[path = "random_documents/draw.rs"]
mod draw;

use draw::{Case, MEDIA};
use futures_util::future::BoxFuture;
use pivot::{
    base::{
        Address, Ask, CallEvent, CallFacts, HangupCause, Happening, RecordingId, Timestamp, limits,
    },
    call::{
        Call, Courier, Interrupt, Letter, Order, Orders, Recording, Settings, Step, UploadTarget,
    },
    config::{self, BodyFormat, Method, ReqFormat},
    esl::Session,
    sim::{CallReport, Seen, Switch},
    xml::{
        Context, Desk, Dialect, Document, Exit, Inside, Names, Post, run,
        states::{State, elements},
    },
};
use std::{
    collections::BTreeSet,
    future::ready,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, sleep, timeout};

const CONFIG: &str = "
dial.gateways = [\"one\", \"two\"]
dial.user_domain = \"pbx.example\"
media.recordings = \"/rec\"
media.recordings_url = \"https://media.example.com/rec\"
";

/// Calls in one run, unless `CASES` says otherwise.
const CASES: u64 = 500;

/// The longest call: a caller whose script has ended stays for an hour.
const LONGEST: Duration = Duration::from_secs(2 * 3_600);

/// How soon after its channel, or the connection, a call is over.
const SOON: Duration = Duration::from_secs(10);

#[test]
fn every_document_ends_with_its_call() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let (seeds, only): (Vec<u64>, _) = match number("SEED") {
        Some(seed) => (vec![seed], true),
        None => {
            // Below 2⁵³, so that a seed survives every tool that it is pasted through.
            let first = rand::random::<u64>() >> 12;
            ((first..first + number("CASES").unwrap_or(CASES)).collect(), false)
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut verbs, mut faults, mut shown) = (BTreeSet::new(), Vec::new(), None);
    runtime.block_on(async {
        tokio::time::pause();
        for seed in &seeds {
            match live(*seed).await {
                Ok(lived) => {
                    verbs.extend(lived.verbs());
                    let judged = lived.judge();
                    if only || judged.is_err() && shown.is_none() {
                        shown = Some(lived.shown());
                    }
                    faults.extend(judged.err().map(|fault| format!("SEED={seed}: {fault}")));
                }
                Err(fault) => faults.push(format!("SEED={seed}: {fault}")),
            }
        }
    });
    if only || !faults.is_empty() {
        println!("{}", shown.unwrap_or_default());
    }
    assert!(faults.is_empty(), "of {} calls:\n{}", seeds.len(), faults.join("\n"));
    if seeds.len() as u64 >= CASES {
        let at_root = elements().filter(|entry| {
            let here = entry.places.iter().any(|place| !place.contains('/'));
            here && !matches!(entry.state, State::Refused(_))
        });
        // Those that are steps of their own.
        let parts = ["Start", "Stop", "Leave"];
        let names = at_root.map(|entry| entry.name()).filter(|name| !parts.contains(name));
        let never: BTreeSet<_> = names.filter(|name| !verbs.contains(*name)).collect();
        assert!(never.is_empty(), "no call got as far as {never:?}");
    }
}

/// A call that is over.
struct Lived {
    documents: Vec<String>,
    delay: Duration,
    report: CallReport,
    story: Vec<CallEvent>,
    /// From dialling to the moment at which nothing was left to do.
    lasted: Duration,
}

async fn live(seed: u64) -> Result<Lived, String> {
    let case = Case::of(seed);
    let story = Arc::new(Mutex::new(Vec::new()));
    let switch = Switch::new(seed)
        .epoch(Timestamp::from_micros(1_750_000_000_000_000))
        .callees(case.callees)
        .media(draw::media())
        .faults(case.faults);
    let (near, far) = tokio::io::duplex(case.window);
    let began = Instant::now();
    let settings = Settings::new(&config::load_text("", CONFIG, []).unwrap());
    let settings = Arc::new(settings.with_courier(Arc::new(Media)));
    let told = Arc::clone(&story);
    let sink = move |event: &CallEvent| told.lock().unwrap().push(event.clone());
    let (give, orders) = tokio::sync::oneshot::channel::<Orders>();
    let mut pages = Pages {
        documents: case.documents.clone(),
        dialect: case.dialect,
        fetches: case.fetches,
        asked: 0,
    };
    let lived = async {
        // Caller or connection may be gone before there is a call.
        let Ok(session) = Session::open(Box::new(far), None).await else { return began.elapsed() };
        if let Ok((mut call, orders)) = Call::take_over(session, settings, vec![Box::new(sink)]) {
            _ = give.send(orders);
            converse(&mut call, &mut pages).await;
            call.finish().await;
        }
        began.elapsed()
    };
    let ordered = async {
        let Ok(orders) = orders.await else { return };
        for (after, order) in case.orders {
            sleep(after).await;
            orders.give(order);
        }
    };
    let all = async { tokio::join!(switch.call(case.caller, near), lived, ordered) };
    let Ok((report, lasted, ())) = timeout(LONGEST, all).await else {
        let (story, documents) = (story.lock().unwrap(), case.documents.join("\n"));
        return Err(format!("never ends:\n{documents}\n{}", told_lines(&story)));
    };
    let story = std::mem::take(&mut *story.lock().unwrap());
    Ok(Lived { documents: case.documents, delay: case.delay, report, story, lasted })
}

/// Runs documents as long as the call lasts, as a server would.
async fn converse(call: &mut Call, pages: &mut Pages) {
    let mut steps_left = limits::STEPS_PER_CALL;
    let mut next = pages.page("https://example.com/0");
    for _ in 0..limits::DOCUMENTS_PER_CALL {
        let Ok(Inside { document, url }) = next else { return };
        let dialect = pages.dialect;
        let context = Context { dialect, url: &url, steps_left: &mut steps_left, desk: pages };
        let ended = match run(&document, call, context).await {
            Ok(Exit::Ask(_)) if call.is_over() => return,
            Ok(Exit::Ask(ask)) => pages.document(call, &url, ask).await,
            Ok(Exit::Ended | Exit::Left | Exit::OutOfSteps) => return,
            Err(interrupt) => Err(interrupt),
        };
        next = match ended {
            Ok(next) => next,
            Err(Interrupt::Ordered(Order::Redirect(to))) => {
                if call.settle().await.is_err() {
                    return;
                }
                pages.page(&format!("https://example.com{to}"))
            }
            Err(Interrupt::Ordered(Order::HangUp(cause))) => {
                call.hang_up(&cause).await;
                return;
            }
            Err(Interrupt::Ordered(_)) => {
                call.hang_up(&HangupCause::NORMAL_CLEARING).await;
                return;
            }
            Err(_) => return,
        };
    }
}

/// The documents of one call.
struct Pages {
    documents: Vec<String>,
    dialect: Dialect,
    fetches: Vec<Duration>,
    asked: usize,
}

impl Pages {
    fn page(&self, url: &str) -> Result<Inside, String> {
        let number = url.rsplit('/').next().and_then(|name| name.parse::<usize>().ok());
        let text = number.and_then(|number| self.documents.get(number)).ok_or("no such page")?;
        let parsed = Document::parse(text.as_bytes(), self.dialect);
        match parsed.document {
            Some(document) => Ok(Inside { document, url: url.to_owned() }),
            None => Err("it cannot be run".to_owned()),
        }
    }
}

impl Desk for Pages {
    fn notify<'a>(&'a mut self, _: &'a mut Call, _: &'a str, _: Ask) -> BoxFuture<'a, ()> {
        Box::pin(ready(()))
    }

    fn names(&self, call: &Call, _: Dialect) -> Names {
        let facts = call.facts();
        Names { call: facts.call_id.clone(), account: facts.account_id.clone() }
    }

    fn post(
        &mut self,
        _: &mut Call,
        _: &str,
        _: &str,
        _: Method,
        _: &'static [&'static str],
    ) -> Option<Post> {
        Some(Arc::new(|_: Vec<(String, String)>| Box::pin(ready(()))))
    }

    fn address(&self, from: &str, url: &str, method: Method) -> Result<Address, String> {
        let (format, body) = (ReqFormat::Twiml, BodyFormat::Form);
        let url = url::Url::parse(from).and_then(|base| base.join(url));
        let url = url.map_err(|error| error.to_string())?.into();
        Ok(Address { url, method, format, body })
    }

    fn document<'a>(
        &'a mut self,
        call: &'a mut Call,
        from: &'a str,
        ask: Ask,
    ) -> BoxFuture<'a, Step<Result<Inside, String>>> {
        let takes = self.fetches[self.asked % self.fetches.len()];
        self.asked += 1;
        Box::pin(async move {
            call.memory.happened.clear();
            call.during(sleep(takes)).await?;
            let url = url::Url::parse(from).and_then(|base| base.join(&ask.url));
            Ok(url.map_err(|error| error.to_string()).and_then(|url| self.page(url.as_str())))
        })
    }
}

impl Lived {
    /// What must be true of every call.
    fn judge(&self) -> Result<(), String> {
        let over = self.report.observations.iter().find(|seen| match &seen.what {
            Seen::HungUp { .. } => true,
            Seen::Fault(what) => what == "connection dropped",
            _ => false,
        });
        let due = over.map_or(LONGEST, |seen| seen.at + SOON + self.delay);
        ensure(self.lasted <= due, || format!("over after {:?}, due {due:?}", self.lasted))?;
        if self.story.is_empty() {
            return Ok(());
        }
        let count = |what: fn(&Happening) -> bool| {
            self.story.iter().filter(|event| what(&event.what)).count()
        };
        let created = count(|what| matches!(what, Happening::Created(_)));
        let ended = count(|what| matches!(what, Happening::Ended(_)));
        let answered = count(|what| matches!(what, Happening::Answered));
        ensure((created, ended) == (1, 1), || format!("{created} Created, {ended} Ended"))?;
        ensure(answered <= 1, || format!("answered {answered} times"))?;
        let last = matches!(self.story.last().unwrap().what, Happening::Ended(_));
        ensure(last, || "Ended is not last".to_owned())?;
        let mut running: Vec<&str> = Vec::new();
        for event in &self.story {
            match &event.what {
                Happening::StepStarted { step, .. } => running.push(step),
                Happening::StepEnded { step, .. } => {
                    let began = running.pop();
                    ensure(began == Some(step), || format!("{step} ended, {began:?} ran"))?;
                }
                _ => {}
            }
        }
        ensure(running.is_empty(), || format!("{running:?} never ended"))
    }

    fn verbs(&self) -> impl Iterator<Item = String> {
        self.story.iter().filter_map(|event| match &event.what {
            Happening::StepStarted { step, .. } => Some(step.clone()),
            _ => None,
        })
    }

    fn shown(&self) -> String {
        let seen: Vec<_> = self.report.observations.iter().map(|seen| seen.line()).collect();
        format!(
            "{}\n\nthe call ({:?}):\n{}\nthe caller ({:?}):\n{}",
            self.documents.join("\n"),
            self.lasted,
            told_lines(&self.story),
            self.report.outcome,
            seen.join("\n"),
        )
    }
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

/// Brings all but one of the media.
#[derive(Debug)]
struct Media;

impl Courier for Media {
    fn bring<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(ready(match MEDIA.contains(&url) {
            true => Ok(format!("http_cache://{url}")),
            false => Err("not there".to_owned()),
        }))
    }

    fn offer(&self, _: &RecordingId) -> Option<String> {
        None
    }

    fn take<'a>(
        &'a self,
        _: &'a CallFacts,
        _: &'a Recording,
        _: &'a UploadTarget,
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(ready(Ok(())))
    }

    fn post(&self, _: &Call, _: Letter) -> BoxFuture<'static, Result<(), String>> {
        Box::pin(ready(Ok(())))
    }

    fn trim(&self, _: &Recording) -> BoxFuture<'static, Result<(), String>> {
        Box::pin(ready(Ok(())))
    }
}
