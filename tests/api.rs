//! The API over real HTTP: who may use it, and what it answers.

#![allow(clippy::unwrap_used)] // helpers of tests, too

mod world;

use pivot::sim::{Asked, Reply};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::Value;
use world::World;

const TOKEN: &str = "0123456789abcdef";
const CONFIG: &str = "[api]\nlisten = \"127.0.0.1:0\"\ntoken = \"0123456789abcdef\"\n";

async fn world() -> World {
    World::with(CONFIG, |_| Reply::xml("<Response><Hangup/></Response>")).await
}

/// Asks the API with its token.
async fn ask(world: &World, method: Method, path: &str) -> Response {
    let url = format!("http://{}{path}", world.api.unwrap());
    Client::new().request(method, url).bearer_auth(TOKEN).send().await.unwrap()
}

async fn error_of(answer: Response) -> (u16, String, String) {
    let status = answer.status().as_u16();
    let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let text = |key: &str| body["error"][key].as_str().unwrap().to_owned();
    (status, text("code"), text("message"))
}

#[tokio::test]
async fn without_a_token_there_is_no_api() {
    let world = World::with("", |_| Reply::Status(404)).await;
    assert_eq!(world.api, None);
}

#[tokio::test]
async fn only_who_knows_the_token_is_answered() {
    let world = world().await;
    let url = format!("http://{}/metrics", world.api.unwrap());
    for (sent, words) in [
        (None, "api.token"),
        (Some("Bearer 0123456789abcdeF"), "not the token"),
        (Some("Bearer "), "Bearer TOKEN"),
        (Some("Bearer 0123456789abcdef0"), "not the token"),
        (Some("Basic MDEyMzQ1Njc4OWFiY2RlZg=="), "Bearer TOKEN"),
        (Some("0123456789abcdef"), "Bearer TOKEN"),
    ] {
        let mut request = Client::new().get(&url);
        if let Some(sent) = sent {
            request = request.header("Authorization", sent);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        let (status, code, message) = error_of(answer).await;
        assert_eq!((status, code.as_str()), (401, "unauthorized"), "{sent:?}");
        assert!(message.contains(words), "{sent:?}: {message}");
    }
    let answer = Client::new().get(&url).header("Authorization", "bearer 0123456789abcdef");
    assert_eq!(answer.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn what_is_not_there_says_so_in_json() {
    let world = world().await;
    let (status, code, _) = error_of(ask(&world, Method::GET, "/v2/nothing").await).await;
    assert_eq!((status, code.as_str()), (404, "not_found"));
    let (status, code, message) = error_of(ask(&world, Method::POST, "/metrics").await).await;
    assert_eq!((status, code.as_str()), (405, "method_not_allowed"));
    assert!(message.contains("Allow"), "{message}");
}

#[tokio::test]
async fn health_needs_no_token_and_tells_of_the_drain() {
    let silent = |asked: &Asked| match asked.path.as_str() {
        "/cdr" => Reply::Status(200),
        _ => Reply::Silence,
    };
    let mut world = World::with(CONFIG, silent).await;
    let url = format!("http://{}/health", world.api.unwrap());
    let healthy = reqwest::get(&url).await.unwrap();
    assert_eq!((healthy.status(), healthy.text().await.unwrap()), ok());
    // A call that waits for its document keeps the server draining.
    let (address, caller) = (world.address, world.caller("/"));
    let call = tokio::spawn(async move { World::switch().dial(caller, address).await });
    while world.registry.is_empty() {
        tokio::task::yield_now().await;
    }
    world.begin_to_stop();
    let draining = async {
        loop {
            let answer = reqwest::get(&url).await.unwrap();
            match answer.status() {
                StatusCode::OK => tokio::task::yield_now().await,
                status => return (status, answer.text().await.unwrap()),
            }
        }
    };
    let draining = tokio::time::timeout(world::PATIENCE, draining).await.unwrap();
    let body = r#"{"status":"draining"}"#.to_owned();
    assert_eq!(draining, (StatusCode::SERVICE_UNAVAILABLE, body));
    world.stopped().await;
    call.await.unwrap().unwrap();
    assert!(reqwest::get(&url).await.is_err(), "the api has ended with the server");
}

fn ok() -> (StatusCode, String) {
    (StatusCode::OK, r#"{"status":"ok"}"#.to_owned())
}

#[tokio::test]
async fn metrics_count_calls_and_failures() {
    let world = world().await;
    world.call(world.caller("/")).await;
    let refused = world.caller("/").variable("pivot_voice_url", "http://10.0.0.1/");
    world.call(refused).await;
    let page = ask(&world, Method::GET, "/metrics").await.text().await.unwrap();
    for line in [
        "# TYPE pivot_calls_total counter",
        "pivot_calls_total 2",
        "pivot_calls 0",
        "pivot_documents_total 1",
        "pivot_fetch_failures_total{kind=\"refused\"} 1",
        "pivot_deliveries{state=\"dead\"} 0",
    ] {
        assert!(page.lines().any(|l| l == line), "{line} in\n{page}");
    }
}
