//! The API over real HTTP: who may use it, and what it answers.

#![allow(clippy::unwrap_used)] // helpers of tests, too

mod world;

use pivot::{
    api::{Client, Reply as Answer},
    base::Secret,
    config,
    server::Server,
    sim::{Asked, Reply},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use world::{PATIENCE, World};

const TOKEN: &[u8] = b"0123456789abcdef";
const CONFIG: &str = "[api]\nlisten = \"127.0.0.1:0\"\ntoken = \"0123456789abcdef\"\n";

async fn world() -> World {
    World::with(CONFIG, |_| Reply::xml("<Response><Hangup/></Response>")).await
}

/// Asks the API with its token.
async fn ask(world: &World, method: &str, path: &str) -> Answer {
    client(world).ask(method, path, None).await.unwrap()
}

fn client(world: &World) -> Client {
    Client::new(world.api.unwrap(), Secret::new(TOKEN))
}

/// Status, code and message of an answer that is no success.
fn error_of(answer: &Answer) -> (u16, String, String) {
    let text = |key: &str| answer.body["error"][key].as_str().unwrap().to_owned();
    (answer.status, text("code"), text("message"))
}

/// Sends a GET with these further header lines and gives the whole answer.
async fn get(world: &World, path: &str, headers: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(world.api.unwrap()).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn without_a_token_there_is_no_api() {
    let world = World::with("", |_| Reply::Status(404)).await;
    assert_eq!(world.api, None);
}

#[tokio::test]
async fn only_who_knows_the_token_is_answered() {
    let world = world().await;
    for (sent, words) in [
        ("", "api.token"),
        ("Authorization: Bearer 0123456789abcdeF\r\n", "not the token"),
        ("Authorization: Bearer 0123456789abcdef0\r\n", "not the token"),
        ("Authorization: Bearer \r\n", "Bearer TOKEN"),
        ("Authorization: Basic MDEyMzQ1Njc4OWFiY2RlZg==\r\n", "Bearer TOKEN"),
        ("Authorization: 0123456789abcdef\r\n", "Bearer TOKEN"),
    ] {
        for path in ["/metrics", "/v2/guard/rules"] {
            let answer = get(&world, path, sent).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 401 "), "{sent:?}: {answer}");
            assert!(answer.contains("www-authenticate: Bearer\r\n"), "{answer}");
            assert!(answer.contains(r#"{"error":{"code":"unauthorized""#), "{answer}");
            assert!(answer.contains(words), "{sent:?}: {answer}");
        }
    }
    let right = "Authorization: bearer 0123456789abcdef\r\n";
    let answer = get(&world, "/metrics", right).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn what_cannot_be_answered_says_so_in_json() {
    let world = world().await;
    for (method, path, status, code) in [
        ("GET", "/v2/nothing", 404, "not_found"),
        ("POST", "/metrics", 405, "method_not_allowed"),
        ("PUT", "/v2/guard/rules/block-cidr/%FF", 400, "bad_request"),
        ("POST", "/v2/guard/test", 400, "bad_request"),
    ] {
        let (told, name, _) = error_of(&ask(&world, method, path).await);
        assert_eq!((told, name.as_str()), (status, code), "{method} {path}");
    }
    let large = json!({"url": "x".repeat(70_000)});
    let answer = client(&world).ask("POST", "/v2/guard/test", Some(&large)).await.unwrap();
    assert_eq!(error_of(&answer).1, "too_large");
}

#[tokio::test]
async fn health_needs_no_token_and_tells_of_the_drain() {
    let silent = |asked: &Asked| match asked.path.as_str() {
        "/cdr" => Reply::Status(200),
        _ => Reply::Silence,
    };
    let mut world = World::with(CONFIG, silent).await;
    let healthy = get(&world, "/health", "").await.unwrap();
    assert!(healthy.starts_with("HTTP/1.1 200 ") && healthy.ends_with(r#"{"status":"ok"}"#));
    // A call that waits for its document keeps the server draining.
    let (address, caller) = (world.address, world.caller("/"));
    let call = tokio::spawn(async move { World::switch().dial(caller, address).await });
    while world.registry.is_empty() {
        tokio::task::yield_now().await;
    }
    world.begin_to_stop();
    let draining = async {
        loop {
            let answer = get(&world, "/health", "").await.unwrap();
            if !answer.starts_with("HTTP/1.1 200 ") {
                return answer;
            }
        }
    };
    let draining = timeout(PATIENCE, draining).await.unwrap();
    assert!(draining.starts_with("HTTP/1.1 503 "), "{draining}");
    assert!(draining.ends_with(r#"{"status":"draining"}"#), "{draining}");
    let api = world.api.unwrap();
    world.stopped().await;
    call.await.unwrap().unwrap();
    assert!(TcpStream::connect(api).await.is_err(), "the api has ended with the server");
}

#[tokio::test]
async fn metrics_count_calls_failures_and_refusals() {
    let world = world().await;
    world.call(world.caller("/")).await;
    let refused = world.caller("/").variable("pivot_voice_url", "http://10.0.0.1/");
    world.call(refused).await;
    let right = "Authorization: Bearer 0123456789abcdef\r\n";
    let page = get(&world, "/metrics", right).await.unwrap();
    for line in [
        "# TYPE pivot_calls_total counter",
        "pivot_calls_total 2",
        "pivot_calls 0",
        "pivot_documents_total 1",
        "pivot_fetch_failures_total{kind=\"refused\"} 1",
        "pivot_guard_refusals_total{reason=\"private\"} 1",
        "pivot_deliveries{state=\"dead\"} 0",
    ] {
        assert!(page.lines().any(|l| l == line), "{line} in\n{page}");
    }
}

#[tokio::test]
async fn rules_are_added_listed_and_removed() {
    let world = world().await;
    let rule = |kind: &str, value: &str, source: &str| json!({"kind": kind, "value": value, "source": source});
    let configured = rule("allow-cidr", "127.0.0.0/8", "configuration");
    let listed = async || ask(&world, "GET", "/v2/guard/rules").await.body["rules"].clone();
    assert_eq!(listed().await, json!([configured]));
    let block = rule("block-cidr", "9.0.0.0/8", "operator");
    for status in [201, 200] {
        let answer = ask(&world, "PUT", "/v2/guard/rules/block-cidr/9.9.9.9/8").await;
        assert_eq!(answer, Answer { status, body: block.clone() });
    }
    let host = ask(&world, "PUT", "/v2/guard/rules/block-host/Bad.Example").await;
    assert_eq!(host.status, 201);
    let v6 = ask(&world, "PUT", "/v2/guard/rules/block-cidr/2001:4860::%2F32").await;
    let v6_rule = rule("block-cidr", "2001:4860::/32", "operator");
    assert_eq!((v6.status, &v6.body), (201, &v6_rule));
    let bad = rule("block-host", "bad.example", "operator");
    assert_eq!(listed().await, json!([configured, block, bad, v6_rule]));
    let gone = ask(&world, "DELETE", "/v2/guard/rules/block-cidr/9.0.0.0/8").await;
    assert_eq!(gone, Answer { status: 204, body: Value::Null });
    assert_eq!(listed().await, json!([configured, bad, v6_rule]));
    for (path, status, words) in [
        ("block-cidr/9.0.0.0/8", 404, "no rule `block-cidr 9.0.0.0/8`"),
        ("allow-cidr/127.0.0.0/8", 409, "in the configuration"),
        ("block/x", 400, "not a kind of rule"),
        ("block-cidr/x", 400, "not a network"),
    ] {
        let answer = ask(&world, "DELETE", &format!("/v2/guard/rules/{path}")).await;
        let (told, _, message) = error_of(&answer);
        assert_eq!(told, status, "{path}");
        assert!(message.contains(words), "{path}: {message}");
    }
}

#[tokio::test]
async fn a_question_is_answered_with_every_address_and_the_rule_that_decides() {
    let world = world().await;
    for path in ["block-cidr/127.9.0.0/16", "block-host/bad.example", "block-host/8.8.8.8"] {
        ask(&world, "PUT", &format!("/v2/guard/rules/{path}")).await;
    }
    let test = async |url: &str| {
        let question = json!({"url": url});
        client(&world).ask("POST", "/v2/guard/test", Some(&question)).await.unwrap().body
    };
    for (url, kind, address, decided) in [
        ("http://u:s3cret@127.0.0.1:1/?t=s3cret", Value::Null, "127.0.0.1", "allow-cidr"),
        ("http://localhost/", Value::Null, "127.0.0.1", "allow-cidr"),
        ("http://0x7f.9.1/", json!("refused"), "127.9.0.1", "block-cidr"),
        ("http://[::ffff:127.9.0.1]/", json!("refused"), "::ffff:127.9.0.1", "block-cidr"),
        ("http://[64:ff9b::10.0.0.1]/", json!("refused"), "64:ff9b::a00:1", ""),
        ("https://9.9.9.9/", Value::Null, "9.9.9.9", ""),
    ] {
        let answer = test(url).await;
        assert_eq!(answer["kind"], kind, "{url}: {answer}");
        assert_eq!(answer["allowed"], json!(kind.is_null()), "{url}: {answer}");
        let decisions = answer["addresses"].as_array().unwrap();
        let decision = decisions.iter().find(|d| d["address"] == address).unwrap();
        assert_eq!(decision["rule"]["kind"].as_str().unwrap_or_default(), decided, "{answer}");
        assert!(!answer.to_string().contains("s3cret"), "{answer}");
    }
    for (url, kind, words) in [
        ("http://user@BAD.example./", "refused", "host bad.example is on the block-list"),
        ("http://8.8.8.8/", "refused", "host 8.8.8.8 is on the block-list"),
        ("ftp://h/", "url", "not http or https"),
        ("http://nowhere.invalid/", "dns", "does not resolve"),
    ] {
        let answer = test(url).await;
        assert_eq!((&answer["kind"], &answer["allowed"]), (&json!(kind), &json!(false)), "{url}");
        assert!(answer["reason"].as_str().unwrap().contains(words), "{answer}");
    }
}

/// A call that asks for one document after another until a change of the rules stops it: the connection
/// to the web server stays open all the while, and must not be used any more.
#[tokio::test]
async fn a_change_holds_from_the_next_request_of_a_call_that_is_up() {
    for url_host in ["127.0.0.1", "localhost"] {
        let document = |asked: &Asked| match asked.path.as_str() {
            "/cdr" => Reply::Status(200),
            _ => Reply::xml("<Response><Say>wait</Say><Redirect>/again</Redirect></Response>"),
        };
        let world = World::with(CONFIG, document).await;
        let url = world.web.url("/").replace("127.0.0.1", url_host);
        let caller = world.caller("/").variable("pivot_voice_url", url);
        let change = async {
            world.web.wait_for(|asked| asked.path == "/again").await;
            let path = "/v2/guard/rules/block-cidr/127.0.0.0/8";
            assert_eq!(ask(&world, "PUT", path).await.status, 201);
            world.web.asked().len()
        };
        let (lived, before) = tokio::join!(world.call(caller), change);
        assert_eq!(lived.failures(), ["refused"], "{url_host}");
        let documents = world.web.asked();
        // The document that was under way when the rule came may still have been asked for.
        assert!(documents.len() <= before + 1, "{before} and then {documents:?}");
    }
}

#[tokio::test]
async fn a_rule_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pivot.sqlite");
    let config = config::load_text(
        "test",
        CONFIG,
        [
            ("PIVOT_ESL__LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
            ("PIVOT_MEDIA__HTTP".to_owned(), "false".to_owned()),
            ("PIVOT_STORE__PATH".to_owned(), path.display().to_string()),
        ],
    )
    .unwrap();
    for round in ["first", "second"] {
        let server = Server::start(config.clone(), vec![]).await.unwrap();
        let client = Client::new(server.api_address().unwrap(), Secret::new(TOKEN));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(server.run(async { _ = stopped.await }));
        let test = async |url: &str| {
            let question = json!({"url": url});
            let answer = client.ask("POST", "/v2/guard/test", Some(&question)).await.unwrap();
            answer.body["allowed"].as_bool().unwrap()
        };
        if round == "first" {
            assert!(!test("http://10.0.0.1/").await && test("http://9.9.9.9/").await);
            for path in ["allow-cidr/10.0.0.0/24", "block-host/9.9.9.9"] {
                let path = format!("/v2/guard/rules/{path}");
                assert_eq!(client.ask("PUT", &path, None).await.unwrap().status, 201);
            }
        }
        assert!(test("http://10.0.0.1/").await && !test("http://9.9.9.9/").await, "{round}");
        drop(stop);
        running.await.unwrap();
    }
}
