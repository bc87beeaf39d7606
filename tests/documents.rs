//! Documents run on a call of the simulated switch. A document of `fixtures/documents` has cases beside
//! it, `NAME.case` or `NAME.VARIANT.case` (the words are in `documents/case.rs`), and each case a
//! transcript: the steps and requests as the call tells them, then what the caller saw and heard.
//! `UPDATE_GOLDEN=1` writes the transcripts anew; `CASE=NAME` runs the cases with that in their names.

#![allow(clippy::unwrap_used)] // a test fails by panicking

#[path = "documents/case.rs"]
mod case;
#[path = "documents/lobby.rs"]
mod lobby;
#[path = "documents/story.rs"]
mod story;
#[path = "documents/studio.rs"]
mod studio;
#[path = "documents/web.rs"]
mod web;

use case::Case;
use futures_util::future::BoxFuture;
use lobby::Lobby;
use pivot::{
    base::{Address, Ask, CallEvent, CallFacts, RecordingId, Timestamp, limits},
    call::{Call, Courier, Letter, Recording, Settings, UploadTarget},
    config,
    esl::Session,
    sim::{Caller, Switch},
    xml::{Context, Dialect, Document, Exit, Inside, run},
};
use std::{
    collections::BTreeSet,
    fs,
    future::ready,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use story::{Lines, settled};
use studio::Scripted;
use web::{START, Web};

const ROOM: &str = "fixtures/documents";

const FOLDERS: [(&str, Dialect); 3] =
    [("twiml", Dialect::Twiml), ("plivo", Dialect::Plivo), ("xml", Dialect::Twiml)];

/// Files of a folder with this extension, in order.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(Path::new(ROOM).join(folder)).unwrap();
    let mut files: Vec<_> = all.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == extension));
    files.sort();
    files
}

/// The name of the document that a case is about.
fn document_of(case: &Path) -> &str {
    case.file_name().unwrap().to_str().unwrap().split('.').next().unwrap()
}

#[tokio::test(start_paused = true)]
async fn documents_do_what_is_expected() {
    let wanted = std::env::var("CASE").unwrap_or_default();
    let mut wrong = Vec::new();
    for (folder, dialect) in FOLDERS {
        for file in files(folder, "case") {
            if !file.to_string_lossy().contains(&wanted) {
                continue;
            }
            let found = match Case::read(&file, dialect) {
                Ok(case) => perform(case, &file, dialect).await,
                Err(line) => {
                    wrong.push(format!("cannot be understood: {line}"));
                    continue;
                }
            };
            let path = file.with_extension("transcript");
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                fs::write(&path, &found).unwrap();
            }
            let expected = fs::read_to_string(&path).unwrap_or_default();
            if expected != found {
                let path = path.display();
                wrong.push(format!("{path}:\n--- expected\n{expected}--- found\n{found}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_document_that_can_be_run_is_run() {
    let mut left = Vec::new();
    for (folder, dialect) in &FOLDERS[..2] {
        let cases = files(folder, "case");
        let told: BTreeSet<_> = files(folder, "transcript").into_iter().collect();
        let wanted: BTreeSet<_> = cases.iter().map(|c| c.with_extension("transcript")).collect();
        assert_eq!(told, wanted, "transcripts and cases of {folder}");
        let run: BTreeSet<_> = cases.iter().map(|case| document_of(case).to_owned()).collect();
        let answers = cases.iter().map(|case| fs::read_to_string(case).unwrap());
        let answers = answers.collect::<String>();
        for file in files(folder, "xml") {
            let name = document_of(&file);
            let asked_for = answers.contains(&format!(" answers {name}.xml"))
                || answers.contains(&format!(" runs {name}.xml"));
            let parsed = Document::parse(&fs::read(&file).unwrap(), *dialect);
            if parsed.document.is_some() && !run.contains(name) && !asked_for {
                left.push(file.clone());
            }
        }
    }
    assert!(left.is_empty(), "no case runs {left:#?}");
}

/// One call and its guests; gives the transcript.
async fn perform(mut case: Case, file: &Path, dialect: Dialect) -> String {
    let document = file.with_file_name(format!("{}.xml", document_of(file)));
    let bytes = fs::read(&document).unwrap_or_else(|error| panic!("{document:?}: {error}"));
    let settings = case.config.iter().map(|(key, value)| format!("{key} = {value}\n"));
    let settings = config::load_text("", &settings.collect::<String>(), []);
    let settings = settings.unwrap_or_else(|error| panic!("{file:?}: {error}"));
    let at_hand = std::mem::take(&mut case.at_hand);
    // What the switch's media bring is told with the first call.
    let first = Lines::default();
    let studio = Arc::new(Scripted::new(first.clone(), settings.stream.clone()));
    let courier = Arc::new(AtHand(at_hand, first.clone()));
    let settings = Settings::new(&settings).with_courier(courier).with_studio(studio);
    let settings = Arc::new(settings);
    let switch = Switch::new(7)
        .epoch(Timestamp::from_micros(1_750_000_000_000_000))
        .callees(std::mem::take(&mut case.callees))
        .media(std::mem::take(&mut case.media))
        .forks_sound();
    let lobby = Lobby::new(Arc::clone(&settings));
    let door = lobby.clone();
    let switch = switch.legs_connect(move |_| Box::pin(ready(Ok(door.enter()))));
    let mut calls = Vec::new();
    let guests = std::mem::take(&mut case.guests);
    let caller = std::mem::replace(&mut case.caller, Caller::new("", ""));
    let main = (String::new(), Duration::ZERO, bytes, caller);
    let guests = guests.into_iter().map(|guest| {
        let heading = format!("\nguest {}:\n", guest.number);
        (heading, guest.after, guest.document, guest.caller)
    });
    for (heading, after, bytes, caller) in std::iter::once(main).chain(guests) {
        let document = Document::parse(&bytes, dialect).document;
        let document = document.unwrap_or_else(|| panic!("{file:?}: a document is refused"));
        let lines = if calls.is_empty() { first.clone() } else { Lines::default() };
        let web = Web::new(&case, lines.clone(), lobby.clone());
        let switch = switch.clone().seed(7 + u64::try_from(calls.len()).unwrap());
        let (settings, dialect, steps) = (Arc::clone(&settings), case.dialect, case.steps);
        calls.push(tokio::spawn(async move {
            tokio::time::sleep(after).await;
            let told = call_in(switch, caller, settings, document, web, (dialect, steps)).await;
            format!("{heading}{}\n\nthe caller:\n{told}", lines.text())
        }));
    }
    let mut told = String::new();
    for call in calls {
        told.push_str(&call.await.unwrap());
    }
    lobby.empty().await;
    settled(&told)
}

/// One call that begins with a document; gives what its caller saw and heard.
async fn call_in(
    switch: Switch,
    caller: Caller,
    settings: Arc<Settings>,
    document: Document,
    mut web: Web,
    (dialect, steps): (Dialect, u32),
) -> String {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let switch = tokio::spawn(async move { switch.call(caller, near).await });
    let lines = web.lines();
    let story = lines.clone();
    let sink = move |event: &CallEvent| story.take(&event.what);
    let session = Session::open(Box::new(far), None).await.unwrap();
    let (mut call, _orders) = Call::take_over(session, settings, vec![Box::new(sink)]).unwrap();
    let start = Inside { document, url: START.to_owned() };
    follow(start, &mut call, &mut web, dialect, steps, &lines).await;
    for (name, value) in &call.memory.user_vars {
        lines.add(format!("remembers {name}={value}"));
    }
    for (name, value) in &call.memory.happened {
        lines.add(format!("happened {name}={value}"));
    }
    call.finish().await;
    drop(call);
    switch.await.unwrap().transcript()
}

/// Runs a document and those that it asks for.
async fn follow(
    mut next: Inside,
    call: &mut Call,
    web: &mut Web,
    dialect: Dialect,
    mut steps_left: u32,
    lines: &Lines,
) {
    for _ in 0..limits::DOCUMENTS_PER_CALL {
        let Inside { document, url } = next;
        let context = Context { dialect, url: &url, steps_left: &mut steps_left, desk: web };
        let answered = match run(&document, call, context).await {
            Ok(Exit::Ask(ask)) if call.is_over() => {
                if ask.after_hangup {
                    web.log("tells", call, &url, &ask);
                }
                return;
            }
            Ok(Exit::Ask(ask)) => web.ask("asks", call, &url, &ask).await,
            Ok(Exit::Ended | Exit::Left) => {
                return lines.add("the document has run out".to_owned());
            }
            Ok(Exit::OutOfSteps) => return,
            Err(interrupt) => return lines.add(format!("left: {interrupt}")),
        };
        next = match answered {
            Ok(Ok(inside)) => inside,
            Ok(Err(_)) => return,
            Err(interrupt) => return lines.add(format!("left: {interrupt}")),
        };
    }
    panic!("the case never ends");
}

/// Media of the web are at hand at once, if the case has them.
#[derive(Debug)]
struct AtHand(Vec<String>, Lines);

impl Courier for AtHand {
    fn bring<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<String, String>> {
        let known = self.0.iter().any(|known| known == url);
        Box::pin(ready(match known {
            true => Ok(format!("http_cache://{url}")),
            false => Err(format!("{url} is not there")),
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

    fn post(&self, call: &Call, letter: Letter) -> BoxFuture<'static, Result<(), String>> {
        let Letter { address, parameters, transcript } = letter;
        let Address { url, method, .. } = address;
        let ask = Ask { url, method, parameters, after_hangup: call.is_over() };
        let word = match transcript {
            Some(transcript) => format!("tells the text ({})", transcript.language),
            None => "tells later".to_owned(),
        };
        self.1.add(web::line(&word, call, START, &ask));
        Box::pin(ready(Ok(())))
    }

    fn trim(&self, recording: &Recording) -> BoxFuture<'static, Result<(), String>> {
        self.1.add(format!("  trimmed {}", recording.path));
        Box::pin(ready(Ok(())))
    }
}
