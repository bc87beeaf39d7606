//! The address guard from a call's point of view: whatever names a refused server, it is not asked, and
//! the call's story says so.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod world;

use pivot::{
    api::Client,
    base::{CallEvent, Happening, Secret},
    config,
    server::Server,
    sim::{Asked, Caller, Reply},
};
use serde_json::{Value, json};
use std::{net::SocketAddr, path::Path, process::Command, sync::OnceLock};
use tokio::{
    sync::oneshot,
    task::{JoinHandle, spawn_blocking},
    time::timeout,
};
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

/// A server over the database in this folder, and the address of its API.
async fn serve(
    folder: &Path,
    token: &str,
) -> (Option<SocketAddr>, oneshot::Sender<()>, JoinHandle<()>) {
    let text = format!("[api]\nlisten = \"127.0.0.1:0\"\ntoken = \"{token}\"\n");
    let path = folder.join("pivot.sqlite").display().to_string();
    let env = [
        ("PIVOT_ESL__LISTEN", "127.0.0.1:0"),
        ("PIVOT_MEDIA__HTTP", "false"),
        ("PIVOT_STORE__PATH", path.as_str()),
    ];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let server =
        Server::start(config::load_text("test", &text, env).unwrap(), vec![]).await.unwrap();
    let (address, (stop, stopped)) = (server.api_address(), oneshot::channel::<()>());
    let running = tokio::spawn(server.run(async { _ = stopped.await }));
    (address, stop, running)
}

/// Runs `pivot guard` in that folder: its exit code and what it says.
async fn guard(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let mut pivot = Command::new(env!("CARGO_BIN_EXE_pivot"));
    pivot.args(["guard", "--config", "my.toml"]).args(arguments).current_dir(folder);
    let output = spawn_blocking(move || pivot.output().unwrap()).await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(said).unwrap())
}

#[tokio::test]
async fn the_command_reaches_a_running_server_by_its_api() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (address, stop, running) = serve(folder, "0123456789abcdef").await;
    let with_token = |token: &str| {
        let text = format!("[api]\nlisten = \"{}\"\ntoken = \"{token}\"\n", address.unwrap());
        std::fs::write(folder.join("my.toml"), text).unwrap();
    };
    with_token("0123456789abcdef");
    assert_eq!(guard(folder, &["test", "http://9.9.9.9/"]).await.0, 0);
    assert_eq!(guard(folder, &["block-cidr", "9.9.9.9"]).await.0, 0);
    assert_eq!(guard(folder, &["test", "http://9.9.9.9/"]).await.0, 1);
    let (code, said) = guard(folder, &["list", "--json"]).await;
    assert!(code == 0 && said.contains(r#""value":"9.9.9.9/32","source":"operator""#), "{said}");
    with_token("another-token-of-16");
    let (code, said) = guard(folder, &["list"]).await;
    assert!(code == 1 && said.contains("not the token of the configuration"), "{said}");
    with_token("");
    let (code, said) = guard(folder, &["list"]).await;
    assert!(code == 1 && said.contains("set api.token"), "{said}");
    drop(stop);
    running.await.unwrap();
    // The server is gone, its rules are not.
    with_token("0123456789abcdef");
    assert_eq!(guard(folder, &["test", "http://9.9.9.9/"]).await.0, 1);

    let (none, stop, running) = serve(folder, "").await;
    assert_eq!(none, None);
    let (code, said) = guard(folder, &["block-cidr", "8.8.8.8"]).await;
    assert!(code == 1 && said.contains("a server is running that has no api at"), "{said}");
    drop(stop);
    running.await.unwrap();
}
