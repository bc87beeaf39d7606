//! Callflows on calls: `fixtures/documents/piston/calls/NAME.json` says what is run and what the
//! caller does, `NAME.transcript` what comes of it: the story that the call tells (`pivot`), and what
//! the caller sees and hears (`caller`). To write the latter anew: `UPDATE_GOLDEN=1 cargo test`.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use pivot::{
    base::{CallEvent, HangupCause, Happening, Timestamp, limits},
    call::{Call, Interrupt, Settings},
    config,
    esl::Session,
    piston::{Executor, Exit, Flow, Library},
    sim::{Callee, Callees, Caller, Media, Observation, Switch},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::mpsc;

/// The operator's configuration for these calls.
const CONFIG: &str = "
[media]
sounds = \"/sounds\"
recordings = \"/rec\"
recordings_url = \"https://rec.example\"
[dial]
gateways = [\"carrier\"]
";

/// Lines of what happened, from both sides.
#[derive(Clone, Default)]
struct Story(Arc<Mutex<String>>);

impl Story {
    fn add(&self, side: &str, line: impl AsRef<str>) {
        let line = format!("{side:<7}{}\n", line.as_ref());
        self.0.lock().unwrap().push_str(&line);
    }

    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

#[tokio::test(start_paused = true)]
async fn calls_go_as_their_callflows_say() {
    let folder = Path::new("fixtures/documents/piston/calls");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    paths.sort();
    assert!(paths.len() > 10, "{} calls", paths.len());
    for path in paths {
        let scene: Value = serde_json::from_slice(&fs::read(&path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let told = play(&scene).await;
        golden(&path.with_extension("transcript"), &told);
    }
}

/// Plays a scene to its end.
async fn play(scene: &Value) -> String {
    let flow = parsed(&scene["flow"]);
    let folder = tempfile::tempdir().unwrap();
    for (id, document) in scene["library"].as_object().into_iter().flatten() {
        fs::write(folder.path().join(format!("{id}.json")), document.to_string()).unwrap();
    }
    let library = Arc::new(Library::load(folder.path()).unwrap());
    let story = Story::default();
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let (watch, mut seen) = mpsc::unbounded_channel::<Observation>();
    let switch = switch(scene).watch(watch);
    let caller = caller(scene);
    let calling = tokio::spawn(async move { switch.call(caller, theirs).await });
    let told = story.clone();
    let watching = tokio::spawn(async move {
        while let Some(observation) = seen.recv().await {
            told.add("caller", observation.what.to_string());
        }
    });
    let settings = config::load_text("", CONFIG, []).unwrap();
    let settings = Arc::new(Settings::new(&settings));
    let session = Session::open(Box::new(ours), None).await.unwrap();
    let told = story.clone();
    let sink = move |event: &CallEvent| {
        line(&event.what).into_iter().for_each(|line| told.add("pivot", line));
    };
    let (mut call, _orders) = Call::take_over(session, settings, vec![Box::new(sink)]).unwrap();
    let mut executor = Executor::new(flow, library);
    let replies = scene["replies"].as_array().cloned().unwrap_or_default();
    run(&mut executor, &mut call, replies.iter(), &story).await;
    call.finish().await;
    for (name, digits) in &call.memory.collections {
        story.add("memory", format!("digits {name} = {digits:?}"));
    }
    let typed = call.typed_ahead();
    if !typed.is_empty() {
        story.add("memory", format!("typed ahead {typed:?}"));
    }
    if let Some(recording) = &call.memory.recording {
        let length = recording.length.as_secs_f32();
        story.add("memory", format!("recording {:.1} s, {:?}", length, recording.end));
    }
    drop(call);
    calling.await.unwrap();
    watching.await.unwrap();
    story.text()
}

/// Does what the room above does: asks for documents, hangs up at the end.
async fn run<'a>(
    executor: &mut Executor,
    call: &mut Call,
    mut replies: impl Iterator<Item = &'a Value>,
    story: &Story,
) {
    loop {
        match executor.run(call).await {
            Err(Interrupt::HungUp) => return story.add("exit", "hung up"),
            Err(interrupt) => return story.add("exit", interrupt.to_string()),
            Ok(Exit::HandedOver) => return story.add("exit", "handed over"),
            Ok(Exit::Stopped(cause)) => {
                let named = cause.as_ref().map(HangupCause::as_str);
                story.add("exit", format!("stopped {}", named.unwrap_or("without a cause")));
                call.hang_up(&cause.unwrap_or(HangupCause::NORMAL_CLEARING)).await;
                return;
            }
            Ok(Exit::Pivot(options)) => {
                story.add("exit", format!("{options:?}"));
                match replies.next() {
                    Some(reply) if !reply.is_null() => executor.replace(parsed(reply)),
                    _ if executor.take_wildcard() => {}
                    _ => {
                        story.add("exit", "nothing to go on with");
                        call.hang_up(&HangupCause::NORMAL_TEMPORARY_FAILURE).await;
                        return;
                    }
                }
            }
        }
    }
}

fn parsed(document: &Value) -> Flow {
    let parsed = Flow::parse(document.to_string().as_bytes());
    parsed.value.unwrap_or_else(|| panic!("{:?}", parsed.diagnostics))
}

/// Compares with the golden file, or writes it.
fn golden(path: &Path, found: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, found).unwrap();
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, expected, "{}", path.display());
}

fn switch(scene: &Value) -> Switch {
    let seconds = |value: &Value| Duration::from_secs_f64(value.as_f64().unwrap());
    let mut media = Media::default();
    for name in scene["missing"].as_array().into_iter().flatten() {
        media = media.missing(format!("/sounds/{}.wav", name.as_str().unwrap()));
    }
    let mut callees = Callees::default();
    for (number, does) in scene["callees"].as_object().into_iter().flatten() {
        let callee = match does["does"].as_str().unwrap() {
            "answers" => Callee::answers(seconds(&does["after"])).talks(seconds(&does["talks"])),
            "busy" => Callee::busy(),
            "never" => Callee::never_answers(),
            "rejects" => Callee::rejects(does["code"].as_u64().unwrap() as u16, "No"),
            other => panic!("callee {other}"),
        };
        callees = callees.with(number, callee);
    }
    let epoch = Timestamp::from_micros(1_700_000_000_000_000);
    Switch::new(7).epoch(epoch).media(media).callees(callees)
}

/// The caller's script, a step a line: `hears welcome`, `types 12#`, `pauses 500`, `hangs up`.
fn caller(scene: &Value) -> Caller {
    let number = scene["from"].as_str().unwrap_or("+14155550100");
    let mut caller = Caller::new(number, scene["to"].as_str().unwrap_or("100")).named("Ann");
    for (name, value) in scene["variables"].as_object().into_iter().flatten() {
        caller = caller.variable(name, value.as_str().unwrap());
    }
    for step in scene["caller"].as_array().into_iter().flatten() {
        let step = step.as_str().unwrap();
        let (verb, rest) = step.split_once(' ').unwrap_or((step, ""));
        let ms = || Duration::from_millis(rest.parse().unwrap());
        caller = match verb {
            "hears" => caller.hears(rest),
            "types" => caller.types(rest),
            "pauses" => caller.pauses(ms()),
            "speaks" => caller.speaks(ms()),
            "records" => caller.waits_for_recording(),
            "answered" => caller.waits_for_answer(),
            "talks" => caller.waits_for_bridge(),
            "hangs" => caller.hangs_up(),
            other => panic!("caller {other}"),
        };
    }
    caller
}

#[tokio::test(start_paused = true)]
async fn a_callflow_that_calls_itself_ends_with_a_named_error_and_the_wildcard() {
    let inner = json!({
        "flow": {
            "module": "callflow", "data": { "id": "inner" },
            "children": { "_": { "module": "noop" } },
        },
    });
    let scene = json!({ "library": { "inner": inner }, "flow": inner["flow"] });
    let told = play(&scene).await;
    let faults: Vec<_> = told.lines().filter(|line| line.starts_with("pivot  !")).collect();
    assert_eq!(faults, ["pivot  ! /flow: a call may branch to other callflows 50 times"]);
    // The one that was refused, and all that were saved.
    assert_eq!(told.matches("> /flow/children/_ noop").count(), 50, "{told}");
    assert_eq!(told.matches("> /children/_ noop").count(), 1, "{told}");
    assert!(told.contains("exit   stopped without a cause"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_call_has_an_end_however_many_documents_it_is_given() {
    let flow = json!({
        "module": "set_cid",
        "children": { "_": { "module": "pivot", "data": { "voice_url": "http://h.example" } } },
    });
    let replies = vec![flow.clone(); limits::STEPS_PER_CALL as usize];
    let told = play(&json!({ "flow": flow, "replies": replies })).await;
    assert!(told.contains("pivot  ! a call may run 10000 actions"), "{}", told.len());
    assert!(told.contains("exit   stopped NORMAL_TEMPORARY_FAILURE"));
}

#[tokio::test(start_paused = true)]
async fn as_many_variables_as_allowed_are_all_on_the_channel() {
    let variables: serde_json::Map<_, _> =
        (0..limits::APPLICATION_VARS).map(|n| (format!("v{n}"), json!(n))).collect();
    let last = limits::APPLICATION_VARS - 1;
    let told = play(&json!({ "flow": {
        "module": "set_variables", "data": { "custom_application_vars": variables, "export": true },
        "children": { "_": {
            "module": "set_variables", "data": { "custom_application_vars": { "more": 1 } },
            "children": { "_": {
                "module": "branch_variable", "data": { "variable": format!("cav_v{last}") },
                "children": { last.to_string(): { "module": "noop" } },
            } },
        } },
    } }))
    .await;
    assert!(told.contains("? /children/_: \"more\" is not set: a call keeps 256"), "{told}");
    assert!(told.contains(&format!("branch_variable: \"{last}\"")), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_prompt_ends_after_four_hours_however_often_it_is_to_be_played() {
    let told = play(&json!({
        "caller": ["pauses 18000000", "hangs up"],
        "flow": {
            "module": "play", "data": { "id": "a", "loop_count": u32::MAX },
            "children": { "_": { "module": "hangup" } },
        },
    }))
    .await;
    let often = told.matches("heard all of play /sounds/a.wav").count();
    assert!((7_000..7_300).contains(&often), "{often}");
    assert!(told.ends_with("ended NORMAL_CLEARING by Us\n"), "{}", &told[told.len() - 400..]);
}

/// Trees of actions that take some time at most, with a library to wander in.
fn tree() -> impl Strategy<Value = Value> {
    let actions = vec![
        json!({ "module": "answer" }),
        json!({ "module": "hangup" }),
        json!({ "module": "noop" }),
        json!({ "module": "play", "data": { "id": "a" } }),
        json!({ "module": "play", "data": { "id": "gone", "answer": false } }),
        json!({ "module": "sleep", "data": { "duration": 1 } }),
        json!({ "module": "collect_dtmf", "data": { "timeout": 100 } }),
        json!({ "module": "callflow", "data": { "id": "one" } }),
        json!({ "module": "callflow", "data": { "id": "two" } }),
        json!({ "module": "menu", "data": { "retries": 1, "timeout": 100, "hunt": true } }),
        json!({ "module": "branch_variable", "data": { "variable": "v", "scope": "custom_application_vars" } }),
        json!({ "module": "set_variables", "data": { "custom_application_vars": { "v": "1" } } }),
        json!({ "module": "check_cid", "data": { "regex": "1" } }),
        json!({ "module": "offnet", "data": { "to_did": "200" } }),
        json!({ "module": "pivot", "data": { "voice_url": "http://h.example" } }),
        json!({ "module": "voicemail" }),
        json!({ "module": "response", "data": { "code": 486 } }),
        json!({ "module": "transfer", "data": { "target": "1" } }),
    ];
    let action = prop::sample::select(actions);
    action.clone().prop_recursive(4, 12, 3, move |inner| {
        let children = prop::collection::vec(("_|1|match|timeout|USER_BUSY", inner), 0..3);
        (action.clone(), children).prop_map(|(mut action, children)| {
            action["children"] = Value::Object(children.into_iter().collect());
            action
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn every_callflow_ends(
        trees in prop::collection::vec(tree(), 3),
        replies in prop::collection::vec(prop::option::of(tree()), 0..3),
        leaves in prop::option::of(50..5_000u32),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let caller = leaves.map(|ms| vec![format!("pauses {ms}"), "types 1".into(), "hangs up".into()]);
        let scene = json!({
            "caller": caller.unwrap_or_default(),
            "callees": { "200": { "does": "busy" } },
            "missing": ["gone"],
            "library": { "one": { "flow": trees[1] }, "two": { "flow": trees[2], "numbers": ["1"] } },
            "flow": trees[0],
            "replies": replies,
        });
        let told = runtime.block_on(play(&scene));
        let count = |start: &str| told.lines().filter(|line| line.starts_with(start)).count();
        prop_assert_eq!(count("pivot  ended "), 1, "{}", told);
        // What began has ended.
        prop_assert_eq!(count("pivot  > "), count("pivot  < "), "{}", told);
    }
}

/// What is worth a line of the story; ids and moments are not.
fn line(what: &Happening) -> Option<String> {
    Some(match what {
        Happening::StepStarted { step, detail, at } => format!("> {at} {step} {detail}"),
        Happening::StepEnded { step, outcome } => format!("< {step}: {outcome}"),
        Happening::Noted { error: true, message } => format!("! {message}"),
        Happening::Noted { error: false, message } => format!("? {message}"),
        Happening::Variables { variables } => {
            format!("variables {}", serde_json::to_string(variables).unwrap())
        }
        Happening::HandedOver { to } => format!("handed over to {to}"),
        Happening::Ended(end) => format!("ended {} by {:?}", end.cause, end.by),
        _ => return None,
    })
    .map(|line: String| line.trim_end().to_owned())
}
