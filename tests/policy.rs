//! How URLs are asked within calls: settings by dialect, every attempt in the trace, the fallback URL
//! and what it is told.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod world;

use pivot::{
    base::{Attempt, Happening},
    sim::{Asked, Caller, Reply},
};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use world::{Lived, World};

/// `/busy` answers 503 twice and then a document; `/busy-always` never does.
fn answers() -> impl Fn(&Asked) -> Reply + Send + Sync {
    let asked_before = Arc::new(AtomicUsize::new(0));
    move |asked| match asked.path.as_str() {
        "/busy" if asked_before.fetch_add(1, Ordering::SeqCst) < 2 => Reply::Status(503),
        "/busy" | "/fine" => Reply::xml("<Response><Say>at last</Say></Response>"),
        "/fallback" => Reply::xml("<Response><Say>the fallback</Say></Response>"),
        "/leads-nowhere" => {
            Reply::xml("<Response><Say>hello</Say><Redirect>/404</Redirect></Response>")
        }
        "/callback" => {
            let url = "/told#ct=150&tt=200000";
            Reply::xml(format!(
                r#"<Response><Record action="/fine" callbackUrl="{}"/></Response>"#,
                url.replace('&', "&amp;")
            ))
        }
        "/not-xml" => Reply::xml("<Response>"),
        "/404" => Reply::Status(404),
        "/silence" => Reply::Silence,
        "/cdr" | "/told" => Reply::Status(200),
        _ => Reply::Status(500),
    }
}

async fn world() -> World {
    World::with("", answers()).await
}

fn caller(world: &World, url: &str, format: &str) -> Caller {
    world
        .caller(url)
        .variable("pivot_req_format", format)
        .variable("pivot_fallback_url", world.web.url("/fallback#rc=0"))
}

fn attempts(lived: &Lived) -> Vec<Attempt> {
    let attempt = |event: &pivot::base::CallEvent| match &event.what {
        Happening::Attempted(attempt) => Some((**attempt).clone()),
        _ => None,
    };
    lived.story.iter().filter_map(attempt).collect()
}

fn outcomes(lived: &Lived) -> Vec<String> {
    attempts(lived).iter().map(Attempt::outcome).collect()
}

#[tokio::test]
async fn every_attempt_is_in_the_trace_with_its_reason() {
    let world = world().await;
    let lived = world.call(caller(&world, "/busy#rc=3&rp=5xx", "plivo")).await;
    assert_eq!(outcomes(&lived), ["503", "503", "200"]);
    let made = attempts(&lived);
    assert!(made[0].then.ends_with("5xx is in the retry policy"), "{}", made[0].then);
    assert!(made[1].reused() && !made[0].reused() && made[0].connect.is_some());
    assert_eq!(made[2].then, "answered");
    assert!(made.iter().all(|attempt| !attempt.url.contains('#')));
    assert!(lived.failures().is_empty() && lived.report.transcript().contains("at last"));
    let told = world.web.asked().iter().filter(|asked| asked.path == "/fallback").count();
    assert_eq!(told, 0);
    world.stopped().await;
}

#[tokio::test]
async fn the_format_decides_which_settings_a_url_has() {
    let world = world().await;
    for (format, fragment, expected) in [
        ("plivo", "#rp=5xx", vec!["500", "500", "200"]),
        ("twiml", "#rp=5xx&rc=2", vec!["500", "500", "500", "200"]),
        // Neither default names 5xx, and Piston has no fragment.
        ("plivo", "", vec!["500", "200"]),
        ("twiml", "", vec!["500", "200"]),
        ("piston", "#rp=5xx&rc=5", vec!["500", "200"]),
    ] {
        let lived = world.call(caller(&world, &format!("/500{fragment}"), format)).await;
        assert_eq!(outcomes(&lived), expected, "{format} {fragment}");
        let notes = lived.notes();
        match (format, fragment) {
            ("piston", _) => {
                assert!(notes[0].contains("no effect in Piston's format"), "{notes:?}")
            }
            _ => assert!(!notes.iter().any(|note| note.contains("fragment")), "{notes:?}"),
        }
    }
    world.stopped().await;
}

#[tokio::test]
async fn a_wrong_setting_is_noted_and_its_default_used() {
    let world = world().await;
    let lived = world.call(caller(&world, "/fine#ct=5&er=mars", "plivo")).await;
    assert_eq!(
        lived.notes(),
        ["the URL's fragment says ct=5; allowed is 100 to 10000 milliseconds"]
    );
    assert_eq!(attempts(&lived)[0].instead_of.as_deref(), Some("mars"));
    assert!(lived.report.transcript().contains("at last"));
    world.stopped().await;
}

#[tokio::test]
async fn req_timeout_ms_bounds_everything_in_every_format() {
    let world = world().await;
    for format in ["piston", "twiml", "plivo"] {
        let caller = caller(&world, "/silence", format).variable("pivot_req_timeout_ms", "500");
        let lived = world.call(caller).await;
        assert_eq!(outcomes(&lived), ["timeout", "200"], "{format}");
        assert_eq!(lived.failures(), ["timeout"]);
    }
    world.stopped().await;
}

#[tokio::test]
async fn the_fallback_is_told_what_failed() {
    let world = world().await;
    for (format, path, names, code) in [
        ("twiml", "/404", ["ErrorCode", "ErrorUrl"], "11217"),
        ("twiml", "/not-xml", ["ErrorCode", "ErrorUrl"], "12100"),
        ("plivo", "/404", ["ErrorCode", "ErrorUrl"], "7011"),
        ("plivo", "/not-xml", ["ErrorCode", "ErrorUrl"], "8011"),
        ("piston", "/404", ["Error-Code", "Error-Url"], "status"),
    ] {
        let before = world.web.asked().len();
        let url = format!("{path}?token=1#rc=0");
        let lived = world.call(caller(&world, &url, format)).await;
        assert!(lived.report.transcript().contains("the fallback"), "{format} {path}");
        let asked = &world.web.asked()[before..];
        let told = asked.iter().find(|asked| asked.path == "/fallback").unwrap();
        assert_eq!(told.parameter(names[0]), Some(code), "{format} {path}");
        let failed = world.web.url(&format!("{path}?token=1"));
        assert_eq!(told.parameter(names[1]), Some(failed.as_str()));
        // Beside them, what every request is told.
        assert!(told.parameter("From").is_some());
        let first = asked.iter().find(|asked| asked.path == path).unwrap();
        assert!(first.parameter(names[0]).is_none());
    }
    world.stopped().await;
}

#[tokio::test]
async fn a_follow_up_that_fails_has_the_fallback_too_but_not_in_plivos_format() {
    let world = world().await;
    for (format, heard) in [("twiml", true), ("piston", true), ("plivo", false)] {
        let lived = world.call(caller(&world, "/leads-nowhere", format)).await;
        assert_eq!(lived.failures(), ["status"], "{format}");
        assert_eq!(lived.report.transcript().contains("the fallback"), heard, "{format}");
    }
    let told = world.web.asked().into_iter().find(|asked| asked.path == "/fallback").unwrap();
    assert_eq!(told.parameter("ErrorUrl"), Some(world.web.url("/404").as_str()));
    world.stopped().await;
}

#[tokio::test]
async fn when_the_fallback_fails_too_the_call_goes_on_at_the_wildcard() {
    let world = world().await;
    let flow = json!({
        "module": "pivot",
        "data": {
            "voice_url": world.web.url("/404"),
            "fallback_url": world.web.url("/not-xml"),
        },
        "children": {"_": {"module": "tts", "data": {"text": "plan c"}}},
    });
    let lived = world.call(world.caller_with(&flow)).await;
    assert_eq!(lived.failures(), ["status", "document"]);
    assert!(lived.report.transcript().contains("plan c"));
    assert_eq!(lived.steps(), ["pivot", "tts"]);
    world.stopped().await;
}

#[tokio::test]
async fn a_callback_keeps_its_fragment_to_itself() {
    let world = world().await;
    let caller = caller(&world, "/callback", "plivo")
        .waits_for_recording()
        .speaks(std::time::Duration::from_secs(2))
        .types("#");
    let lived = world.call(caller).await;
    let noted = "the URL's fragment says tt=200000; allowed is 100 to 55000 milliseconds";
    assert!(lived.notes().contains(&noted.to_owned()), "{:?}", lived.notes());
    let told = world.web.wait_for(|asked| asked.path == "/told");
    let told = tokio::time::timeout(world::PATIENCE, told).await.unwrap();
    assert!(told.parameter("RecordUrl").is_some(), "{told:?}");
    world.stopped().await;
}

#[tokio::test]
async fn local_is_the_region_of_the_switch_that_holds_the_call() {
    // The simulated switch is called switch1.
    let config = "[http]\nregion = \"here\"\nswitch_regions = { switch1 = \"there\" }\n\
                  [http.egress.here]\nsource = \"127.0.0.2\"\n\
                  [http.egress.there]\nsource = \"127.0.0.3\"\n";
    let world = World::with(config, answers()).await;
    let lived = world.call(caller(&world, "/fine#er=local", "plivo")).await;
    assert_eq!(attempts(&lived)[0].region, "there");
    assert!(lived.report.transcript().contains("at last"));
    world.stopped().await;
}
