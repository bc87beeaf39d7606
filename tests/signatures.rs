//! Requests of the running server are signed so that the vendors' own Python libraries, in a customer's
//! place, take them for genuine — and take them for forged with another secret or another content.

#![allow(clippy::unwrap_used, clippy::panic)] // a test fails by panicking

#[path = "signatures/python.rs"]
mod python;
mod world;

use pivot::sim::{Asked, Reply, Web};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use world::{Lived, World};

/// The secrets of one customer, `acme`, in the middle of a rotation, and of the account above it.
const NEW_KEY: &str = "whsec_bmV3IHNlY3JldCBvZiBtb3JlIHRoYW4gMjQgYnl0ZXM=";
const OLD_KEY: &str = "whsec_b2xkIHNlY3JldCBvZiBtb3JlIHRoYW4gMjQgYnl0ZXM=";
const FOREIGN_KEY: &str = "whsec_Zm9yZWlnbiBzZWNyZXQgb2YgPiAyNCBieXRlcy4uLi4=";

fn config(cdr_format: &str) -> String {
    format!(
        r#"
        [cdr]
        format = "{cdr_format}"
        [accounts.main]
        plivo_auth_tokens = ["plivo main"]
        [accounts.acme]
        main_account = "main"
        plivo_auth_tokens = ["plivo new", "plivo old"]
        twilio_auth_tokens = ["twilio new", "twilio old"]
        webhook_secrets = ["{NEW_KEY}", "{OLD_KEY}"]
        "#
    )
}

/// The first document records something, tells that beside the call, and redirects to the second over an
/// HTTP redirect.
fn answer(asked: &Asked) -> Reply {
    match asked.path.as_str() {
        "/cdr" | "/ready" => Reply::Status(200),
        "/plivo" => Reply::xml(
            r#"<Response>
                <Record maxLength="2" callbackUrl="/ready" redirect="false" action="/ready"/>
                <Redirect>/moved?a=%2B+1;2</Redirect>
            </Response>"#,
        ),
        "/twiml" => Reply::xml(
            r#"<Response><Redirect method="POST">/moved?a=%C3%BC+1;2</Redirect></Response>"#,
        ),
        "/moved" => Reply::Redirect(307, "/last?b=2&b=1".to_owned()),
        _ => Reply::xml("<Response><Hangup/></Response>"),
    }
}

/// One call for each way to ask in a format. Gives everything that the web server got.
async fn everything_asked(cdr_format: &str) -> Vec<(String, Asked)> {
    let world = World::with(&config(cdr_format), answer).await;
    for format in ["piston", "plivo", "twiml"] {
        for (method, body) in [("get", "form"), ("post", "form"), ("post", "json")] {
            // plivo-python cannot verify what has more than ASCII in its query.
            let name = if method == "get" { "Ann & Co" } else { "Grüße & Co" };
            let url = world.web.url(&format!("/{format}?own=%2B1&own=&z#rc=2"));
            let caller = world.caller("/").named(name).header("X-PH-Tag", "<a+b>;c=1");
            let caller = caller.variable("pivot_voice_url", url).variable("cav_order", "47 11");
            let caller = caller.variable("pivot_req_format", format);
            let caller =
                caller.variable("pivot_method", method).variable("pivot_req_body_format", body);
            let Lived { report, .. } = world.call(caller).await;
            arrived(&world, "/cdr", &report.uuid).await;
            if format == "plivo" {
                arrived(&world, "/ready", &report.uuid).await;
            }
        }
    }
    let url = |asked: &Asked| world.web.url(&asked.target);
    let all = world.web.asked().into_iter().map(|asked| (url(&asked), asked)).collect();
    world.stopped().await;
    all
}

/// Waits for a delivery about a call.
async fn arrived(world: &World, path: &str, call: &str) {
    let wanted = |asked: &Asked| {
        let about = asked.body.contains(call) || asked.target.contains(call);
        asked.path == path && about && asked.header("x-pivot-delivery").is_some()
    };
    tokio::time::timeout(world::PATIENCE, world.web.wait_for(wanted)).await.unwrap();
}

/// A request as `verify.py` takes it.
fn to_verify(scheme: &str, url: &str, asked: &Asked, secret: &str) -> Value {
    let headers: BTreeMap<_, _> = asked.headers.iter().cloned().collect();
    json!({
        "scheme": scheme, "method": asked.method, "url": url, "headers": headers,
        "body": asked.body, "secret": secret,
    })
}

/// The schemes of a request by its headers, each with secrets that are good and one that is not.
fn schemes(asked: &Asked) -> Vec<(&'static str, Vec<&'static str>, &'static str)> {
    let mut schemes = Vec::new();
    if asked.header("x-plivo-signature-v3").is_some() {
        schemes.push(("plivo", vec!["plivo new", "plivo old"], "plivo main"));
        schemes.push(("plivo main", vec!["plivo main"], "plivo new"));
    }
    if asked.header("x-twilio-signature").is_some() {
        schemes.push(("twilio", vec!["twilio new"], "twilio old"));
    }
    if asked.header("webhook-signature").is_some() {
        schemes.push(("standard", vec![NEW_KEY, OLD_KEY], FOREIGN_KEY));
    }
    schemes
}

/// The scheme that a request must have, by the names in it.
fn scheme_by_content(asked: &Asked) -> &'static str {
    let names = |name: &str| asked.target.contains(name) || asked.body.contains(name);
    match (names("CallUUID"), names("CallSid")) {
        (true, _) => "plivo",
        (_, true) => "twilio",
        _ => "standard",
    }
}

#[tokio::test]
async fn the_vendors_libraries_take_our_requests_for_genuine_and_forged_ones_for_forged() {
    let Some(python) = python::python() else { return };
    let mut requests = Vec::new();
    let mut seen = BTreeSet::new();
    for cdr_format in ["form", "json"] {
        for (url, asked) in everything_asked(cdr_format).await {
            let scheme = schemes(&asked).first().map(|(scheme, ..)| *scheme);
            assert_eq!(scheme, Some(scheme_by_content(&asked)), "{asked:?}");
            let encoding = match asked.header("content-type") {
                Some("application/json") => "json",
                Some(_) => "form",
                None => "query",
            };
            // The same signature under another query, and under another body.
            let (forged_url, mut forged) = (format!("{url}&Forged=1"), asked.clone());
            forged.body = asked.body.replacen(['1', '2', '4', '7'], "9", 1);
            let forged_url = if asked.method == "GET" { &forged_url } else { &url };
            for (scheme, good, bad) in schemes(&asked) {
                seen.insert((scheme, asked.method.clone(), encoding));
                requests.push((false, to_verify(scheme, &url, &asked, bad)));
                requests.push((false, to_verify(scheme, forged_url, &forged, good[0])));
                let genuine = |secret| (true, to_verify(scheme, &url, &asked, secret));
                requests.extend(good.into_iter().map(genuine));
            }
        }
    }
    for scheme in ["plivo", "plivo main", "twilio", "standard"] {
        for (method, encoding) in [("GET", "query"), ("POST", "form"), ("POST", "json")] {
            assert!(seen.contains(&(scheme, method.to_owned(), encoding)), "{seen:?}");
        }
    }
    let (expected, requests): (Vec<bool>, Vec<Value>) = requests.into_iter().unzip();
    let verified = python::verify(&python, &requests);
    assert_eq!(verified.len(), requests.len());
    for ((verified, expected), request) in verified.iter().zip(&expected).zip(&requests) {
        assert_eq!(verified, expected, "{request:#}");
    }
}

#[tokio::test]
async fn every_attempt_is_signed_anew_and_every_repeat_keeps_its_id() {
    let world = World::with(&config("form"), |asked| match asked.path.as_str() {
        "/cdr" if asked.header("x-pivot-attempt") == Some("1") => Reply::Status(503),
        "/cdr" => Reply::Status(200),
        "/busy" => Reply::Status(503),
        "/first" => Reply::Redirect(302, "/second".to_owned()),
        _ => Reply::xml("<Response><Hangup/></Response>"),
    })
    .await;
    let caller = world.caller("/").variable("pivot_req_format", "plivo");
    let caller = caller.variable("pivot_voice_url", world.web.url("/busy#rc=1&rp=5xx"));
    world.call(caller.variable("pivot_fallback_url", world.web.url("/first"))).await;
    let repeated = |asked: &Asked| asked.header("x-pivot-attempt") == Some("2");
    let second = tokio::time::timeout(world::PATIENCE, world.web.wait_for(repeated)).await.unwrap();
    let asked = world.web.asked();
    let documents: Vec<_> = asked.iter().filter(|asked| asked.path != "/cdr").collect();
    let paths: Vec<_> = documents.iter().map(|asked| asked.path.as_str()).collect();
    assert_eq!(paths, ["/busy", "/busy", "/first", "/second"]);
    let nonce = |asked: &&Asked| asked.header("x-plivo-signature-v3-nonce").unwrap().to_owned();
    assert_eq!(documents.iter().map(nonce).collect::<BTreeSet<_>>().len(), 4);
    let first = asked.iter().find(|asked| asked.path == "/cdr").unwrap();
    assert_eq!(first.header("webhook-id"), second.header("x-pivot-delivery"));
    assert_eq!(second.header("webhook-id"), second.header("x-pivot-delivery"));
    world.stopped().await;
}

#[tokio::test]
async fn a_redirect_to_another_host_carries_no_signature() {
    for format in ["piston", "plivo", "twiml"] {
        let elsewhere = Web::start(|_| Reply::xml("<Response><Hangup/></Response>")).await.unwrap();
        let away = elsewhere.url("/away");
        let world = World::with(&config("form"), move |asked| match asked.path.as_str() {
            "/cdr" => Reply::Status(200),
            _ => Reply::Redirect(307, away.clone()),
        })
        .await;
        world.call(world.caller("/here").variable("pivot_req_format", format)).await;
        let signed = |asked: &Asked| {
            asked
                .headers
                .iter()
                .any(|(name, _)| name.contains("signature") || name.contains("webhook"))
        };
        let here = world.web.asked().into_iter().find(|asked| asked.path == "/here").unwrap();
        assert!(signed(&here), "{here:?}");
        let asked_elsewhere = elsewhere.asked();
        assert_eq!(asked_elsewhere.len(), 1);
        assert!(!signed(&asked_elsewhere[0]), "{asked_elsewhere:?}");
        world.stopped().await;
    }
}

#[tokio::test]
async fn an_account_without_secrets_sends_unsigned() {
    let world = World::with("", answer).await;
    let lived = world.call(world.caller("/last").variable("pivot_req_format", "twiml")).await;
    let cdr = world.cdr(&lived.report.uuid).await;
    assert!(schemes(&cdr).is_empty());
    assert!(world.web.asked().iter().all(|asked| schemes(asked).is_empty()));
    world.stopped().await;
}
