//! What happens to calls that meet a full, stopping, wrongly configured or broken server, and to
//! those that somebody gives orders to.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod world;

use pivot::{
    base::{CallEvent, CallId, HangupCause, Happening},
    call::Order,
    pivot::Observer,
    sim::{Asked, CallReport, Callee, Callees, Caller, Mode, Outcome, Party, Reply},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;
use world::{PATIENCE, World};

fn answer(asked: &Asked) -> Reply {
    match asked.path.as_str() {
        "/cdr" => Reply::Status(200),
        "/next" => Reply::xml("<Response><Say>the next document</Say></Response>"),
        _ => Reply::xml("<Response><Say>hello</Say><Pause length=\"600\"/></Response>"),
    }
}

fn waiting() -> serde_json::Value {
    json!({
        "module": "tts", "data": {"text": "please hold"},
        "children": {"_": {"module": "sleep", "data": {"duration": 600}}}
    })
}

async fn dial(caller: Caller, world: &World) -> CallReport {
    timeout(PATIENCE, World::switch().dial(caller, world.address)).await.unwrap().unwrap()
}

fn hung_up(cause: &str, code: u16, by: Party) -> Outcome {
    Outcome::HungUp { cause: cause.to_owned(), code, by }
}

#[tokio::test]
async fn a_panic_ends_its_call_in_order_and_no_other() {
    let clumsy: Observer = Arc::new(|| {
        Box::new(|event: &CallEvent| {
            if let Happening::Prompted { prompt } = &event.what {
                assert!(!prompt.contains("trip"), "a listener trips over this prompt");
            }
        })
    });
    let world = World::watched("", answer, vec![clumsy]).await;
    let other = World::switch();
    let address = world.address;
    let bystander = world.caller_with(&waiting()).hears("please hold");
    let bystander = tokio::spawn(async move {
        other.dial(bystander.pauses(Duration::from_secs(40)).hangs_up(), address).await.unwrap()
    });
    // The listener trips in the XML document's first verb, outside of any action.
    let tripping = World::with("", |_| Reply::xml("<Response><Say>trip</Say></Response>")).await;
    let caller = Caller::new("1", "2")
        .variable("pivot_voice_url", tripping.web.url("/"))
        .variable("pivot_cdr_url", world.web.url("/cdr"));
    let report = dial(caller, &world).await;
    assert!(report.transcript().contains("We are sorry"), "{}", report.transcript());
    assert_eq!(report.outcome, hung_up("NORMAL_TEMPORARY_FAILURE", 200, Party::Server));
    let cdr = world.cdr(&report.uuid).await;
    assert_eq!(cdr.parameter("Hangup-Cause"), Some("NORMAL_TEMPORARY_FAILURE"));
    let bystander = bystander.await.unwrap();
    assert_eq!(bystander.outcome, hung_up("NORMAL_CLEARING", 200, Party::Caller));
    tripping.stopped().await;
    world.stopped().await;
}

#[tokio::test]
async fn a_call_over_the_limit_goes_on_in_the_dialplan() {
    let world = World::with("[esl]\nmax_calls = 1\n", answer).await;
    let first = world.caller_with(&waiting()).hears("please hold").pauses(Duration::from_secs(20));
    let (switch, address) = (World::switch(), world.address);
    let first = tokio::spawn(async move { switch.dial(first.hangs_up(), address).await.unwrap() });
    while world.registry.is_empty() {
        tokio::task::yield_now().await;
    }
    let second = dial(Caller::new("3", "4"), &world).await;
    assert_eq!(second.outcome, Outcome::ContinuedDialplan);
    assert_eq!(second.commands, 2); // connect, exit
    assert_eq!(first.await.unwrap().outcome, hung_up("NORMAL_CLEARING", 200, Party::Caller));
    world.stopped().await;
}

#[tokio::test]
async fn a_dialplan_without_async_or_full_keeps_its_call() {
    let world = World::with("", answer).await;
    for (asynchronous, full) in [(false, true), (true, false), (false, false)] {
        let switch = World::switch().mode(Mode { asynchronous, full });
        let call = switch.dial(world.caller_with(&waiting()), world.address);
        let report = timeout(PATIENCE, call).await.unwrap().unwrap();
        assert_eq!(report.outcome, Outcome::ContinuedDialplan, "{asynchronous} {full}");
    }
    world.stopped().await;
}

#[tokio::test]
async fn orders_from_outside_reach_their_call() {
    let world = World::with("", answer).await;
    let (switch, address) = (World::switch(), world.address);
    let id = CallId::from("5a0f7d0e-0000-4000-8000-000000000001");
    let caller = world.caller("/").uuid(id.as_str());
    let call = tokio::spawn(async move { switch.dial(caller, address).await.unwrap() });
    while world.registry.is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(!world.registry.order(&CallId::from("another"), Order::Drain));
    assert!(world.registry.order(&id, Order::Redirect(world.web.url("/next"))));
    let report = timeout(PATIENCE, call).await.unwrap().unwrap();
    assert!(report.transcript().contains("the next document"), "{}", report.transcript());
    assert_eq!(report.outcome, hung_up("NORMAL_CLEARING", 200, Party::Server));

    let (switch, address) = (World::switch(), world.address);
    let id = CallId::from("5a0f7d0e-0000-4000-8000-000000000002");
    let caller = world.caller("/").uuid(id.as_str());
    let call = tokio::spawn(async move { switch.dial(caller, address).await.unwrap() });
    while !world.registry.order(&id, Order::HangUp(HangupCause::MANAGER_REQUEST)) {
        tokio::task::yield_now().await;
    }
    let cause = match timeout(PATIENCE, call).await.unwrap().unwrap().outcome {
        Outcome::HungUp { cause, .. } => cause,
        other => panic!("{other:?}"),
    };
    assert_eq!(cause, "MANAGER_REQUEST");
    world.stopped().await;
}

#[tokio::test]
async fn a_stopping_server_lets_calls_end_and_then_says_sorry() {
    let mut world = World::with("", answer).await;
    let (switch, address) = (World::switch(), world.address);
    let caller = world.caller("/").hears("hello");
    let call = tokio::spawn(async move { switch.dial(caller, address).await.unwrap() });
    while world.web.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    world.begin_to_stop();
    let report = timeout(PATIENCE, call).await.unwrap().unwrap();
    assert!(report.transcript().contains("We are sorry"), "{}", report.transcript());
    // The next call finds the door closed, so that FreeSWITCH tries its next host.
    assert!(World::switch().dial(Caller::new("1", "2"), address).await.is_err());
    let cdr = world.web.wait_for(|asked| asked.path == "/cdr");
    let cdr = timeout(PATIENCE, cdr).await.unwrap();
    assert_eq!(cdr.parameter("Call-ID"), Some(report.uuid.as_str()));
    world.stopped().await;
}

#[tokio::test]
async fn a_call_to_nobody_is_refused() {
    let world = World::with("", answer).await;
    let lived = world.call(Caller::new("1", "999")).await;
    assert_eq!(lived.report.outcome, hung_up("UNALLOCATED_NUMBER", 404, Party::Server));
    assert!(lived.notes()[0].contains("nothing says what to do with calls to \"999\""));
    world.stopped().await;
}

#[tokio::test]
async fn an_order_to_redirect_ends_what_is_running() {
    let tone = r#"<Response><Play loop="0">tone_stream://%(60000,0,440)</Play></Response>"#;
    let dial = "<Response><Dial><Number>2001</Number></Dial></Response>";
    let record = r#"<Response><Record maxLength="600" timeout="600"/></Response>"#;
    for (document, running, ended) in [
        (tone, "hears tone %(60000", "heard part of tone %(60000"),
        (dial, "talks to 2001", "no longer talks to 2001"),
        (record, "recording ", "recorded "),
    ] {
        let world = World::with("", move |asked| match asked.path.as_str() {
            "/next" => Reply::xml("<Response><Say>the next document</Say></Response>"),
            _ => Reply::xml(document),
        })
        .await;
        let (seen, mut sees) = tokio::sync::mpsc::unbounded_channel();
        let (switch, address) = (World::switch().watch(seen), world.address);
        let id = CallId::from("5a0f7d0e-0000-4000-8000-000000000003");
        let callee = Callee::answers(Duration::from_secs(1)).talks(Duration::from_secs(600));
        let switch = switch.callees(Callees::default().with("2001", callee));
        let caller = Caller::new("1", "2")
            .uuid(id.as_str())
            .variable("pivot_voice_url", world.web.url("/"))
            .variable("pivot_req_format", "twiml")
            .sound(true);
        let call = tokio::spawn(async move { switch.dial(caller, address).await.unwrap() });
        let begun =
            async { while !sees.recv().await.unwrap().what.to_string().starts_with(running) {} };
        timeout(PATIENCE, begun).await.unwrap();
        assert!(world.registry.order(&id, Order::Redirect(world.web.url("/next"))));
        let report = timeout(PATIENCE, call).await.unwrap().unwrap();
        let transcript = report.transcript();
        let place = |text: &str| transcript.find(text).unwrap_or_else(|| panic!("{transcript}"));
        assert!(place(ended) < place("the next document"), "{transcript}");
        let asked = world.web.asked().into_iter().find(|asked| asked.path == "/next").unwrap();
        assert!(asked.parameter("CallSid").is_some(), "asked in the names of the call's dialect");
        world.stopped().await;
    }
}

#[tokio::test]
async fn a_call_without_a_callflow_has_its_cdr_too() {
    let world = World::with("", answer).await;
    let caller = Caller::new("1", "999").variable("pivot_cdr_url", world.web.url("/cdr"));
    let lived = world.call(caller).await;
    let cdr = world.cdr(&lived.report.uuid).await;
    assert_eq!(cdr.parameter("Hangup-Cause"), Some("UNALLOCATED_NUMBER"));
    world.stopped().await;
}

#[tokio::test]
async fn many_headers_do_not_lose_the_call() {
    let world = World::with("", answer).await;
    let headers: serde_json::Map<_, _> =
        (0..200).map(|n| (format!("X-Header-{n}"), json!("value"))).collect();
    let flow = json!({
        "module": "offnet", "data": {"to_did": "2001", "custom_sip_headers": headers}
    });
    let lived = world.call(world.caller_with(&flow)).await;
    assert!(lived.report.transcript().contains("talks to 2001"), "{}", lived.report.transcript());
    assert_eq!(lived.report.outcome, hung_up("NORMAL_CLEARING", 200, Party::Server));
    world.stopped().await;
}
