//! Documents run on a call of the simulated switch. Each case's transcript stands beside its document
//! as `NAME.transcript`: the steps and follow-up requests as the call tells them, then what the
//! caller saw and heard. `UPDATE_GOLDEN=1` writes them anew.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use futures_util::future::BoxFuture;
use pivot::{
    base::{Ask, CallEvent, CallFacts, Happening, RecordingId, Timestamp, limits},
    call::{Call, Courier, Recording, Settings, Step, UploadTarget},
    config,
    esl::Session,
    sim::{Callee, Callees, Caller, Media, Switch},
    xml::{Context, Desk, Dialect, Document, Inside, run},
};
use std::{
    fs,
    future::ready,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

const SETTINGS: &str = "[dial]\ngateways = [\"trunk\"]\nuser_domain = \"pbx.example\"\n\
    [media]\nrecordings = \"/rec\"\nrecordings_url = \"https://media.example.com/rec\"\n";

type Lines = Arc<Mutex<Vec<String>>>;

struct Case {
    /// `folder/document` or `folder/document.variant`.
    name: &'static str,
    caller: Caller,
    callees: Callees,
    steps: u32,
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn caller() -> Caller {
    Caller::new("+4930123", "1000").uuid("7d000000-0000-4000-8000-000000000001")
}

fn case(name: &'static str, caller: Caller) -> Case {
    Case { name, caller, callees: Callees::default(), steps: limits::STEPS_PER_CALL }
}

impl Case {
    fn callees(mut self, callees: Callees) -> Self {
        self.callees = callees;
        self
    }
}

fn twiml() -> Vec<Case> {
    let number = |callee| Callees::default().with("14155550100", callee);
    let answers = || Callee::answers(secs(2)).talks(secs(7));
    vec![
        case("twiml/hello", caller()),
        case("twiml/gather-menu", caller().hears("Press one").types("2")),
        case("twiml/gather-menu.nothing-typed", caller()),
        case("twiml/gather-menu.ended-first", caller().hears("Press one").types("#")),
        case("twiml/gather-menu.hangup", caller().hears("Press one").hangs_up()),
        case("twiml/gather-attributes.nothing-typed", caller()),
        case("twiml/gather-attributes", caller().hears("may stand").types("12*4")),
        case("twiml/record-voicemail", caller().waits_for_recording().speaks(secs(4)).types("#")),
        case(
            "twiml/record-voicemail.hangup",
            caller().waits_for_recording().speaks(secs(3)).hangs_up(),
        ),
        case("twiml/dial-number", caller()).callees(number(answers())),
        case("twiml/dial-number.busy", caller()).callees(number(Callee::busy())),
        case("twiml/dial-number.no-answer", caller()).callees(number(Callee::never_answers())),
        case("twiml/dial-number.star", caller().waits_for_bridge().pauses(secs(2)).types("*"))
            .callees(number(Callee::answers(secs(1)))),
        case("twiml/dial-number.hangup", caller().waits_for_bridge().pauses(secs(3)).hangs_up())
            .callees(number(Callee::answers(secs(1)))),
        case("twiml/dial-nouns", caller()).callees(
            Callees::default()
                .with("4155550100", Callee::busy())
                .with("alice@example.com:5080", Callee::rejects(603, "Decline"))
                .with("bob", answers()),
        ),
        case("twiml/dial-refused", caller()),
        case("twiml/reject", caller()),
        case("twiml/reject-busy", caller()),
        case("twiml/pause-first", caller()),
        case("twiml/redirect", caller()),
        case("twiml/play-digits", caller()),
        case("twiml/set-variables", caller()),
        case("twiml/ssml", caller()),
        case("twiml/mixed", caller().hears("Type one").types("412")),
        case("twiml/unknown-verb", caller()),
        case("twiml/kazoo", caller().hears("Stop me").types("1#")),
        case("twiml/empty-response", caller()),
        Case { steps: 1, ..case("twiml/hello.out-of-steps", caller()) },
    ]
}

fn plivo() -> Vec<Case> {
    let answers = || Callee::answers(secs(2)).talks(secs(7));
    let music = |callee| Callees::default().with("1000", callee);
    vec![
        case("plivo/speak-play", caller()),
        case("plivo/get-digits", caller().hears("Your pin").types("12*")),
        case(
            "plivo/get-digits.invalid",
            caller().hears("Your pin").types("9").pauses(secs(9)).types("34*"),
        ),
        case("plivo/get-digits.nothing-typed", caller()),
        case("plivo/get-digits-redirect-false", caller().waits_for_answer().types("5")),
        case("plivo/get-digits-without-action", caller().waits_for_answer().types("5")),
        case("plivo/get-input", caller().hears("Say or type").types("47#")),
        case("plivo/record-hears-on", caller().waits_for_recording().speaks(secs(2)).types("#")),
        case(
            "plivo/record-hears-on.hangup",
            caller().waits_for_recording().speaks(secs(2)).hangs_up(),
        ),
        case("plivo/dial", caller()).callees(
            Callees::default()
                .with("14155550100", Callee::never_answers())
                .with("alice", Callee::busy())
                .with("bob", answers()),
        ),
        case("plivo/dial.nobody", caller()).callees(Callees::default().others(Callee::busy())),
        case("plivo/dial.given-up", caller().pauses(secs(5)).hangs_up())
            .callees(Callees::default().others(Callee::never_answers())),
        case("plivo/dial-music", caller())
            .callees(music(answers()).with("carol", Callee::rejects(408, "Timeout"))),
        case("plivo/hangup-busy", caller()),
        case("plivo/hangup-first", caller()),
        case("plivo/hangup-later", caller()),
        case("plivo/hangup-scheduled", caller()),
        case("plivo/hangup-scheduled-last", caller()),
        case("plivo/pre-answer", caller()),
        case("plivo/wait-then-reject", caller()),
        case("plivo/dtmf", caller()),
        case("plivo/empty-response", caller()),
    ]
}

#[tokio::test(start_paused = true)]
async fn twiml_documents_do_what_is_expected() {
    check(twiml(), Dialect::Twiml).await;
}

#[tokio::test(start_paused = true)]
async fn plivo_documents_do_what_is_expected() {
    check(plivo(), Dialect::Plivo).await;
}

async fn check(cases: Vec<Case>, dialect: Dialect) {
    let mut wrong = Vec::new();
    for case in cases {
        let path = Path::new("fixtures/documents").join(format!("{}.transcript", case.name));
        let found = perform(case, dialect).await;
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &found).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if expected != found {
            let path = path.display();
            wrong.push(format!("{path}:\n--- expected\n{expected}--- found\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One call; gives its transcript.
async fn perform(case: Case, dialect: Dialect) -> String {
    let file = case.name.split('.').next().unwrap();
    let bytes = fs::read(Path::new("fixtures/documents").join(format!("{file}.xml"))).unwrap();
    let document = Document::parse(&bytes, dialect).document.unwrap();
    let known = |media: Media, path: &str| media.with(path, Duration::from_secs(3));
    let media = ["jingle.wav", "hold.wav", "pin.wav", "wrong.wav", "a.mp3"]
        .iter()
        .fold(Media::default(), |media, f| known(media, &format!("https://media.example.com/{f}")));
    let switch = Switch::new(7)
        .epoch(Timestamp::from_micros(1_750_000_000_000_000))
        .callees(case.callees)
        .media(media);
    let (near, far) = tokio::io::duplex(64 * 1024);
    let caller = case.caller;
    let switch = tokio::spawn(async move { switch.call(caller, near).await });

    let lines = Lines::default();
    let story = Arc::clone(&lines);
    let sink = move |event: &CallEvent| story.lock().unwrap().extend(line(&event.what));
    let session = Session::open(Box::new(far), None).await.unwrap();
    let settings = Settings::new(&config::load_text("", SETTINGS, []).unwrap());
    let settings = Arc::new(settings.with_courier(Arc::new(AtHand)));
    let (mut call, _orders) = Call::take_over(session, settings, vec![Box::new(sink)]).unwrap();
    let told = Arc::clone(&lines);
    let mut desk = Told(told);
    let mut steps_left = case.steps;
    let url = "https://example.com/";
    let context = Context { dialect, url, steps_left: &mut steps_left, desk: &mut desk };
    let exit = match run(&document, &mut call, context).await {
        Ok(pivot::xml::Exit::Ask(ask)) => format!("ask {}", wish(&ask)),
        Ok(exit) => format!("{exit:?}"),
        Err(interrupt) => format!("interrupt: {interrupt}"),
    };
    lines.lock().unwrap().push(exit);
    for (name, value) in &call.memory.user_vars {
        lines.lock().unwrap().push(format!("remembers {name}={value}"));
    }
    for (name, value) in &call.memory.happened {
        lines.lock().unwrap().push(format!("happened {}", pair(name, value)));
    }
    call.finish().await;
    drop(call);
    let report = switch.await.unwrap();
    let lines = lines.lock().unwrap().join("\n");
    format!("{lines}\n\nthe caller:\n{}", report.transcript())
}

/// All that the web has is at hand.
#[derive(Debug)]
struct AtHand;

impl Courier for AtHand {
    fn bring<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(ready(Ok(format!("http_cache://{url}"))))
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
}

/// Writes down what a document tells beside itself.
struct Told(Lines);

impl Desk for Told {
    fn notify<'a>(&'a mut self, _: &'a mut Call, _: &'a str, ask: Ask) -> BoxFuture<'a, ()> {
        self.0.lock().unwrap().push(format!("notify {}", wish(&ask)));
        Box::pin(ready(()))
    }

    fn document<'a>(
        &'a mut self,
        _: &'a mut Call,
        _: &'a str,
        ask: Ask,
    ) -> BoxFuture<'a, Step<Result<Inside, String>>> {
        self.0.lock().unwrap().push(format!("inside {}", wish(&ask)));
        Box::pin(ready(Ok(Err("the web has no such document".to_owned()))))
    }
}

/// A line of the story, for what the executor tells; prompts and keys are in the switch's part.
fn line(what: &Happening) -> Option<String> {
    Some(match what {
        Happening::Answered => "answered".to_owned(),
        Happening::StepStarted { step, detail, at } => format!("{at} {step} [{detail}]"),
        Happening::StepEnded { step, outcome } => format!("  {step}: {outcome}"),
        Happening::Noted { error, message } => {
            format!("  {}: {message}", if *error { "error" } else { "note" })
        }
        Happening::Ended(end) => format!("ended: {} by {:?}", end.cause, end.by),
        _ => return None,
    })
}

fn wish(ask: &Ask) -> String {
    let parameters: Vec<_> = ask.parameters.iter().map(|(name, value)| pair(name, value)).collect();
    let after = if ask.after_hangup { " after the hangup" } else { "" };
    format!("{:?} {:?}{after} {}", ask.method, ask.url, parameters.join(" "))
}

/// Ids of dialled legs are random, and moments are the wall clock's.
fn pair(name: &str, value: &str) -> String {
    let shown = match name {
        "DialCallSid" | "DialBLegUUID" if !value.is_empty() => "<leg>",
        "RecordingStartMs" | "RecordingEndMs" => "<moment>",
        _ => value,
    };
    format!("{name}={shown}")
}
