//! What a customer's server is told when a call is over, besides the CDR: Plivo's `hangup_url` and Twilio's
//! `StatusCallback`, with the reason for every end.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod world;

use pivot::{
    base::sid,
    sim::{Asked, Caller, Reply},
};
use std::time::Duration;
use world::{PATIENCE, World};

fn xml(verbs: &str) -> Reply {
    Reply::xml(format!("<Response>{verbs}</Response>"))
}

/// Documents by their path.
fn answer(asked: &Asked) -> Reply {
    match asked.path.as_str() {
        "/cdr" | "/hangup" | "/status" => Reply::Status(200),
        "/runs-out" => xml("<Speak>hello</Speak>"),
        "/hangs-up" => xml("<Speak>hello</Speak><Hangup/>"),
        "/busy" => xml("<Hangup reason=\"busy\"/>"),
        "/rejected" => xml("<Hangup reason=\"rejected\"/>"),
        "/reject" => xml("<Reject reason=\"busy\"/>"),
        "/scheduled" => xml("<Hangup schedule=\"2\"/><Speak>hello</Speak><Wait length=\"600\"/>"),
        "/waits" => xml("<Speak>hello</Speak><Wait length=\"600\"/>"),
        "/rings" => xml("<Wait length=\"600\"/>"),
        "/action-404" => action("/404", ""),
        "/action-bad" => action("/bad", ""),
        "/action-odd" => action("mailto:a@b", ""),
        "/action-beside" => action("/404", "redirect=\"false\""),
        "/redirect-404" => xml("<Redirect>/404</Redirect>"),
        "/redirect-bad" => xml("<Redirect>/bad</Redirect>"),
        "/bad" => Reply::xml("<Response><Speak>"),
        "/html" => {
            Reply::Document { content_type: "text/html".to_owned(), body: "<Response/>".to_owned() }
        }
        _ => Reply::Status(404),
    }
}

fn action(url: &str, more: &str) -> Reply {
    xml(&format!(
        "<GetDigits action=\"{url}\" numDigits=\"1\" {more}><Speak>one digit</Speak></GetDigits>"
    ))
}

fn caller(world: &World, path: &str, format: &str) -> Caller {
    world
        .caller(path)
        .variable("pivot_req_format", format)
        .variable("pivot_method", "post")
        .variable("pivot_hangup_url", world.web.url("/hangup"))
        .variable("pivot_status_callback", world.web.url("/status"))
        .variable("pivot_status_callback_method", "get")
}

async fn told(world: &World, path: &'static str, call: &str) -> Asked {
    let (uuid, sid) = (call.to_owned(), sid::call(call));
    let told = world.web.wait_for(move |asked| {
        let named = [asked.parameter("CallUUID"), asked.parameter("CallSid")];
        let this = [Some(uuid.as_str()), Some(sid.as_str())];
        asked.path == path && named.iter().flatten().any(|id| this.contains(&Some(id)))
    });
    tokio::time::timeout(PATIENCE, told).await.unwrap()
}

#[tokio::test]
async fn each_end_has_its_reason_in_each_vendors_words() {
    let world = World::with("", answer).await;
    let types = |caller: Caller| caller.hears("one digit").types("5");
    let leaves = |caller: Caller| caller.hears("hello").hangs_up();
    let gives_up = |caller: Caller| caller.pauses(Duration::from_secs(2)).hangs_up();
    let waits = |caller: Caller| caller;
    type Does<'a> = &'a dyn Fn(Caller) -> Caller;
    let cases: [(&str, Does<'_>, &str, &str, &str, &str); 17] = [
        ("/runs-out", &waits, "4010", "Answer XML", "completed", "200"),
        ("/hangs-up", &waits, "4000", "Answer XML", "completed", "200"),
        ("/busy", &waits, "3010", "Answer XML", "busy", "486"),
        ("/rejected", &waits, "3020", "Answer XML", "no-answer", "603"),
        ("/reject", &waits, "3010", "Answer XML", "busy", "486"),
        ("/scheduled", &waits, "6000", "Answer XML", "completed", "200"),
        ("/waits", &leaves, "4000", "Caller", "completed", "200"),
        ("/rings", &gives_up, "1000", "Caller", "canceled", "487"),
        ("/action-404", &types, "7012", "Error", "completed", "200"),
        ("/action-bad", &types, "8012", "Error", "completed", "200"),
        ("/action-odd", &types, "7022", "Error", "completed", "200"),
        ("/action-beside", &types, "4010", "Answer XML", "completed", "200"),
        ("/redirect-404", &waits, "7014", "Error", "completed", "200"),
        ("/redirect-bad", &waits, "8014", "Error", "completed", "200"),
        ("/404", &waits, "7011", "Error", "failed", "503"),
        ("/bad", &waits, "8011", "Error", "failed", "502"),
        ("/html", &waits, "8011", "Error", "failed", "502"),
    ];
    for (n, (path, does, code, source, status, sip)) in cases.into_iter().enumerate() {
        let caller = caller(&world, path, "plivo").uuid(format!("5a0f7d0e-0000-4000-8000-{n:012}"));
        let lived = world.call(does(caller)).await;
        let uuid = lived.report.uuid.as_str();
        let hangup = told(&world, "/hangup", uuid).await;
        let names = ["HangupCauseCode", "HangupSource", "CallStatus", "Event", "From"];
        let values = names.map(|name| hangup.parameter(name));
        let expected = [code, source, "completed", "Hangup", "14155550100"].map(Some);
        assert_eq!(values, expected, "{path}");
        assert_eq!(hangup.method, "POST");
        for name in ["HangupCause", "HangupCauseName", "Duration", "StartTime", "EndTime"] {
            assert!(hangup.parameter(name).is_some(), "{path} {name}");
        }
        let answered = hangup.parameter("AnswerTime").is_some();
        assert_eq!(answered, status == "completed", "{path}");
        let callback = told(&world, "/status", uuid).await;
        let names = ["CallStatus", "SipResponseCode", "CallbackSource", "SequenceNumber"];
        let values = names.map(|name| callback.parameter(name));
        let expected = [status, sip, "call-progress-events", "0"].map(Some);
        assert_eq!(values, expected, "{path}");
        assert_eq!(callback.method, "GET");
        assert!(callback.parameter("Timestamp").unwrap().ends_with(" +0000"));
        assert!(callback.parameter("CallDuration").is_some());
    }
    let all = world.web.asked();
    for path in ["/hangup", "/status"] {
        assert_eq!(all.iter().filter(|asked| asked.path == path).count(), cases.len(), "{path}");
    }
    world.stopped().await;
}

#[tokio::test]
async fn the_configuration_says_who_is_told_where_the_dialplan_does_not() {
    let receiver = World::with("", answer).await;
    let (hangup, status) = (receiver.web.url("/hangup"), receiver.web.url("/status"));
    let config = format!(
        "[pivot]\nhangup_url = \"{hangup}\"\nhangup_method = \"get\"\nstatus_callback = \"{status}\"\n"
    );
    let world = World::with(&config, answer).await;
    let caller = world.caller("/runs-out").variable("pivot_status_callback", "nowhere");
    let lived = world.call(caller).await;
    let uuid = lived.report.uuid.as_str();
    assert_eq!(told(&receiver, "/hangup", uuid).await.method, "GET");
    assert!(
        lived.notes().iter().any(|note| note.contains("pivot_status_callback")),
        "{:?}",
        lived.notes()
    );
    world.cdr(uuid).await;
    assert!(receiver.web.asked().iter().all(|asked| asked.path != "/status"));
    world.stopped().await;
    receiver.stopped().await;
}
