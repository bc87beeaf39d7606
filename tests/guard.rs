//! The address guard from a call's point of view: whatever names a refused server, it is not asked, and
//! the call's story says so.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod world;

use pivot::{
    api::Client,
    base::{CallEvent, Happening, Secret},
    sim::{Asked, Caller, Reply},
};
use serde_json::{Value, json};
use std::sync::OnceLock;
use tokio::time::timeout;
use world::{PATIENCE, World};

/// Our web server is at 127.0.0.1, which is allowed, and at `localhost`, which is blocked: what arrives
/// there at `/inside` has passed the guard.
const CONFIG: &str = r#"
    [api]
    listen = "127.0.0.1:0"
    token = "0123456789abcdef"
    [http]
    block_hosts = ["LOCALHOST."]
"#;

/// A world whose web server answers with these documents, in which `{inside}` is the blocked address.
async fn world(answer: fn(&Asked) -> Reply) -> (World, String) {
    let inside = std::sync::Arc::new(OnceLock::<String>::new());
    let known = std::sync::Arc::clone(&inside);
    let world = World::with(CONFIG, move |asked| {
        let inside = known.get().unwrap();
        match answer(asked) {
            Reply::Document { content_type, body } => {
                Reply::Document { content_type, body: body.replace("{inside}", inside) }
            }
            Reply::Redirect(status, to) => Reply::Redirect(status, to.replace("{inside}", inside)),
            other => other,
        }
    })
    .await;
    let url = world.web.url("/inside").replace("127.0.0.1", "u:p@LocalHost");
    inside.set(url.clone()).unwrap();
    (world, url)
}

fn answer(asked: &Asked) -> Reply {
    match asked.path.as_str() {
        "/redirect" => Reply::xml("<Response><Redirect>{inside}</Redirect></Response>"),
        "/action" => Reply::xml(
            r#"<Response><Gather timeout="1" actionOnEmptyResult="true" action="{inside}"/></Response>"#,
        ),
        "/hop" => Reply::Redirect(302, "{inside}".to_owned()),
        "/hop-after-hop" => Reply::Redirect(307, "/hop".to_owned()),
        "/pivot" => Reply::piston(
            r#"{"module": "pivot", "data": {"voice_url": "{inside}"}, "children": {}}"#,
        ),
        "/cdr" => Reply::Status(200),
        "/hello" => Reply::xml("<Response><Say>hello</Say></Response>"),
        _ => Reply::Status(500),
    }
}

#[tokio::test]
async fn no_document_is_asked_for_at_a_refused_address() {
    let (world, inside) = world(answer).await;
    let direct = world.caller("/").variable("pivot_voice_url", &inside);
    let fallback = world.caller("/500").variable("pivot_fallback_url", &inside);
    let cases: [(Caller, &[&str]); 7] = [
        (direct, &["refused"]),
        (fallback, &["status", "refused"]),
        (world.caller("/redirect"), &["refused"]),
        (world.caller("/action"), &["refused"]),
        (world.caller("/hop"), &["refused"]),
        (world.caller("/hop-after-hop"), &["refused"]),
        (world.caller("/pivot"), &["refused"]),
    ];
    for (case, (caller, failures)) in cases.into_iter().enumerate() {
        let lived = world.call(caller).await;
        assert_eq!(lived.failures(), failures, "case {case}");
        let failed = |event: &&CallEvent| matches!(event.what, Happening::FetchFailed { .. });
        let told = format!("{:?}", lived.story.iter().filter(failed).collect::<Vec<_>>());
        assert!(told.contains("host localhost is on the block-list"), "case {case}: {told}");
        assert!(!told.contains("u:p@"), "case {case}: {told}");
    }
    assert!(!world.web.asked().iter().any(|asked| asked.path == "/inside"));
}

#[tokio::test]
async fn a_cdr_is_not_sent_to_a_refused_address() {
    let (world, inside) = world(answer).await;
    let lived = world.call(world.caller("/hello").variable("pivot_cdr_url", &inside)).await;
    assert_eq!(lived.failures(), [""; 0]);
    let client = Client::new(world.api.unwrap(), Secret::new(*b"0123456789abcdef"));
    let refused = async {
        // The worker tries in its own time; asking the guard is not counted.
        let question = json!({"url": "http://localhost/"});
        loop {
            let answer = client.ask("POST", "/v2/guard/test", Some(&question)).await.unwrap();
            assert_eq!(answer.body["allowed"], Value::from(false));
            if refusals(&world).await > 0 {
                return;
            }
        }
    };
    timeout(PATIENCE, refused).await.unwrap();
    assert!(!world.web.asked().iter().any(|asked| asked.path == "/inside"));
}

/// `pivot_guard_refusals_total{reason="blocked_host"}`.
async fn refusals(world: &World) -> u64 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(world.api.unwrap()).await.unwrap();
    let request = "GET /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\
                   Authorization: Bearer 0123456789abcdef\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).await.unwrap();
    let name = "pivot_guard_refusals_total{reason=\"blocked_host\"} ";
    page.lines().find_map(|line| line.strip_prefix(name)?.parse().ok()).unwrap_or(0)
}
