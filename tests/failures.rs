//! Everything that can keep a web server from giving instructions: each is named, and the call goes on
//! at `_` at once.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod world;

use pivot::{
    base::Happening,
    sim::{Asked, Caller, Outcome, Reply},
};
use serde_json::{Value, json};
use std::{io, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use world::World;

/// Documents that cannot be run, and other things that a web server may do.
fn answer(asked: &Asked) -> Reply {
    let nested =
        |open: &str, close: &str, n: usize| format!("{}{}", open.repeat(n), close.repeat(n));
    match asked.path.as_str() {
        "/cdr" => Reply::Status(200),
        "/404" => Reply::Status(404),
        "/500" => Reply::Status(500),
        "/no-content" => Reply::Status(204),
        "/silence" => Reply::Silence,
        "/ring" => Reply::Redirect(302, "/ring".to_owned()),
        "/inwards" => Reply::Redirect(302, "http://169.254.169.254/latest".to_owned()),
        "/plain" => Reply::Document {
            content_type: "text/plain".to_owned(),
            body: "<Response/>".to_owned(),
        },
        "/not-json" => Reply::piston("{\"module\": "),
        "/a-list" => Reply::piston("[]"),
        "/unknown-module" => Reply::piston(r#"{"module": "plya", "data": {}}"#),
        "/bad-value" => Reply::piston(r#"{"module": "sleep", "data": {"duration": -1}}"#),
        "/deep-json" => Reply::piston(nested(r#"{"module":"noop","children":{"_":"#, "}}", 10_000)),
        "/big" => Reply::piston(format!("\"{}\"", "x".repeat(10 * 1024 * 1024))),
        "/not-xml" => Reply::xml("<Response><Say>hello</Response>"),
        "/wrong-root" => Reply::xml("<Resonse/>"),
        "/deep-xml" => Reply::xml(nested("<a>", "</a>", 10_000)),
        "/laughs" => Reply::xml(
            "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]><Response><Say>&b;</Say></Response>",
        ),
        "/redirects" => Reply::xml("<Response><Redirect>/redirects</Redirect></Response>"),
        "/pivots" => {
            let host = asked.parameter("host").unwrap_or_default();
            Reply::piston(pivot(&format!("http://{host}/pivots?host={host}")).to_string())
        }
        "/fallback" => Reply::xml("<Response><Say>fallback</Say></Response>"),
        _ => Reply::Status(500),
    }
}

fn pivot(url: &str) -> Value {
    json!({"module": "pivot", "data": {"voice_url": url, "req_timeout_ms": 500}})
}

/// Where a pivot request goes wrong, and what it is called.
const FAILURES: [(&str, &str); 22] = [
    ("http://nowhere.invalid/", "dns"),
    ("http://127.0.0.1:1/", "connect"),
    ("https://{host}/500", "tls"),
    ("http://169.254.169.254/", "refused"),
    ("http://{host}/inwards", "refused"),
    ("http://{host}/silence", "timeout"),
    ("http://{host}/404", "status"),
    ("http://{host}/500", "status"),
    ("http://{host}/ring", "redirect"),
    ("http://{host}/plain", "content_type"),
    ("http://{host}/no-content", "document"),
    ("http://{host}/not-json", "document"),
    ("http://{host}/a-list", "document"),
    ("http://{host}/unknown-module", "document"),
    ("http://{host}/bad-value", "document"),
    ("http://{host}/deep-json", "document"),
    ("http://{host}/big", "too_large"),
    ("http://{host}/not-xml", "document"),
    ("http://{host}/wrong-root", "document"),
    ("http://{host}/deep-xml", "document"),
    ("http://{host}/laughs", "document"),
    ("http://{host}/redirects", "endless"),
];

async fn world() -> (World, String) {
    let world = World::with("", answer).await;
    let host = world.web.url("").trim_start_matches("http://").to_owned();
    (world, host)
}

#[tokio::test]
async fn every_failure_is_named_and_takes_the_wildcard() {
    let (world, host) = world().await;
    for (url, kind) in FAILURES {
        let mut flow = pivot(&url.replace("{host}", &host));
        flow["children"] = json!({"_": {"module": "tts", "data": {"text": "plan b"}}});
        let lived = world.call(world.caller_with(&flow)).await;
        assert_eq!(lived.failures(), [kind], "{url}: {:?}", lived.story);
        assert!(lived.report.transcript().contains("plan b"), "{url}: no `_`");
        let cdr = world.cdr(&lived.report.uuid).await;
        assert_eq!(cdr.parameter("Hangup-Cause"), Some("NORMAL_CLEARING"), "{url}");
    }
    world.stopped().await;
}

/// Servers that do not keep to HTTP, and what is wrong with them by name.
const RUDE: [(&str, &str); 7] = [
    ("/trickle", "timeout"),
    ("/cut", "body"),
    ("/liar", "body"),
    ("/gigabyte", "too_large"),
    ("/endless", "too_large"),
    ("/latin", "document"),
    ("/charset", "document"),
];

/// What such a server writes after it was asked; the connection is then closed.
async fn be_rude(path: &str, stream: &mut TcpStream) -> io::Result<()> {
    let head = |kind: &str, rest: &str| {
        format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{rest}\r\n\r\n")
    };
    let json = |rest: &str| head("application/json", rest);
    let (head, body): (String, &[u8]) = match path {
        "/cut" => (json("Transfer-Encoding: chunked"), b"5\r\n{\"mod"),
        "/liar" => (json("Content-Length: 400"), br#"{"module": "hangup"}"#),
        "/gigabyte" => (json("Content-Length: 1073741824"), b"{"),
        "/latin" => {
            (json("Connection: close"), b"{\"module\": \"tts\", \"data\": {\"text\": \"caf\xe9\"}}")
        }
        "/charset" => (
            head("text/xml; charset=iso-8859-1", "Connection: close"),
            b"<Response><Say>caf\xe9</Say></Response>",
        ),
        _ => (json("Transfer-Encoding: chunked"), b""),
    };
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    match path {
        "/endless" => loop {
            stream.write_all(format!("4000\r\n{}\r\n", " ".repeat(0x4000)).as_bytes()).await?;
        },
        "/trickle" => loop {
            stream.write_all(b"1\r\n \r\n").await?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        },
        _ => stream.shutdown().await,
    }
}

/// A server for [`be_rude`].
async fn rude() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = vec![0; 16 * 1024];
                let length = stream.read(&mut asked).await?;
                let asked = String::from_utf8_lossy(&asked[..length]).into_owned();
                let path = asked.split([' ', '?']).nth(1).unwrap_or_default();
                be_rude(path, &mut stream).await
            });
        }
    });
    address
}

#[tokio::test]
async fn a_server_without_manners_is_named_and_takes_the_wildcard() {
    let (world, _) = world().await;
    let rude = rude().await;
    for (path, kind) in RUDE {
        let mut flow = pivot(&format!("http://{rude}{path}"));
        flow["children"] = json!({"_": {"module": "tts", "data": {"text": "plan b"}}});
        let lived = world.call(world.caller_with(&flow)).await;
        assert_eq!(lived.failures(), [kind], "{path}: {:?}", lived.story);
        assert!(lived.report.transcript().contains("plan b"), "{path}: no `_`");
    }
    world.stopped().await;
}

#[tokio::test]
async fn without_a_wildcard_an_unanswered_call_is_refused_with_a_sensible_code() {
    let (world, host) = world().await;
    for (url, code) in [
        ("http://127.0.0.1:1/", 503),
        ("http://{host}/silence", 504),
        ("http://{host}/not-json", 502),
        ("http://{host}/500", 503),
    ] {
        let lived = world.call(world.caller_with(&pivot(&url.replace("{host}", &host)))).await;
        match &lived.report.outcome {
            Outcome::HungUp { code: seen, .. } => assert_eq!(*seen, code, "{url}"),
            other => panic!("{url}: {other:?}"),
        }
        assert_eq!(lived.ends(), 1);
    }
    world.stopped().await;
}

#[tokio::test]
async fn callflows_that_name_each_other_for_ever_are_stopped() {
    let (world, host) = world().await;
    let flow = pivot(&format!("http://{host}/pivots?host={host}"));
    let lived = world.call(world.caller_with(&flow)).await;
    assert_eq!(lived.failures(), ["endless"]);
    world.stopped().await;
}

#[tokio::test]
async fn the_fallback_url_is_asked_when_the_first_request_fails() {
    let (world, _) = world().await;
    let caller = world.caller("/500").variable("pivot_fallback_url", world.web.url("/fallback"));
    let lived = world.call(caller).await;
    assert_eq!(lived.failures(), ["status"]);
    assert!(lived.report.transcript().contains("fallback"));
    world.stopped().await;
}

#[tokio::test]
async fn wrong_words_in_the_dialplan_do_not_cost_the_call() {
    let (world, _) = world().await;
    let caller = Caller::new("+14155550100", "100")
        .variable("pivot_voice_url", "nope")
        .variable("pivot_fallback_url", world.web.url("/fallback"))
        .variable("pivot_method", "put")
        .variable("pivot_req_format", "bogus")
        .variable("pivot_req_timeout_ms", "90000");
    let lived = world.call(caller).await;
    assert_eq!(lived.failures(), ["url"]);
    assert!(lived.report.transcript().contains("fallback"));
    for name in ["pivot_method", "pivot_req_format", "pivot_req_timeout_ms"] {
        let told = lived.story.iter().any(|event| match &event.what {
            Happening::Noted { message, .. } => message.contains(name),
            _ => false,
        });
        assert!(told, "{name}");
    }
    world.stopped().await;
}

#[tokio::test]
async fn an_inline_callflow_that_cannot_be_run_is_refused_as_a_bad_gateway() {
    let (world, _) = world().await;
    let caller = Caller::new("+14155550100", "100").variable("pivot_callflow", "{nonsense");
    let lived = world.call(caller).await;
    match &lived.report.outcome {
        Outcome::HungUp { code, .. } => assert_eq!(*code, 502),
        other => panic!("{other:?}"),
    }
    world.stopped().await;
}

#[tokio::test]
async fn a_caller_who_hangs_up_during_the_request_ends_it_at_once() {
    let (world, host) = world().await;
    let mut flow = pivot(&format!("http://{host}/silence"));
    flow["data"]["req_timeout_ms"] = json!(5000);
    flow["children"] = json!({"_": {"module": "tts", "data": {"text": "plan b"}}});
    let caller = world.caller_with(&flow).pauses(std::time::Duration::from_millis(500)).hangs_up();
    let lived = world.call(caller).await;
    assert!(lived.failures().is_empty() && lived.steps() == ["pivot"]);
    let cdr = world.cdr(&lived.report.uuid).await;
    assert_eq!(cdr.parameter("Hangup-Cause"), Some("ORIGINATOR_CANCEL"));
    assert_eq!(cdr.parameter("Hung-Up-By"), Some("caller"));
    world.stopped().await;
}

#[tokio::test]
async fn an_answer_that_is_no_xml_is_spoken_or_played_as_twilio_does() {
    let world = World::with("", |asked| {
        let document = |content_type: &str, body: &str| Reply::Document {
            content_type: content_type.to_owned(),
            body: body.to_owned(),
        };
        match asked.path.as_str() {
            "/words" => document("text/plain; charset=utf-8", "Fish & <chips>\nfor two"),
            "/document" => document("text/plain", "<Response><Say>as it says</Say></Response>"),
            "/html" => document("text/html", "<Response><Say>as a page</Say></Response>"),
            "/none" => document("", "<Response><Say>as anything</Say></Response>"),
            "/audio" => Reply::File {
                headers: vec![("content-type", "audio/x-wav".to_owned())],
                // More than a document may have.
                body: [&b"RIFF\0\0\x20\0WAVEfmt "[..], &[0; 2 * 1024 * 1024]].concat(),
            },
            "/css" => document("text/css", "<Response/>"),
            "/empty" => document("text/plain", " \n"),
            _ => Reply::Status(500),
        }
    })
    .await;
    for (path, heard, failures) in [
        ("/words", "say [slt] \"Fish & <chips> for two\"", &[][..]),
        ("/document", "as it says", &[]),
        ("/html", "as a page", &[]),
        ("/none", "as anything", &[]),
        ("/audio", "heard all of play http_cache://", &[]),
        ("/css", "", &["content_type"]),
        ("/empty", "", &["document"]),
    ] {
        let caller = world.caller(path).variable("pivot_req_format", "twiml");
        let lived = world.call(caller).await;
        let transcript = lived.report.transcript();
        assert!(transcript.contains(heard), "{path}: {transcript}");
        assert_eq!(lived.failures(), failures, "{path}");
        if failures.is_empty() {
            let (who, code) = (pivot::sim::Party::Server, 200);
            let cause = "NORMAL_CLEARING".to_owned();
            assert_eq!(lived.report.outcome, Outcome::HungUp { cause, code, by: who }, "{path}");
        }
    }
    // Nobody else speaks a plain text.
    for format in ["piston", "plivo"] {
        let caller = world.caller("/words").variable("pivot_req_format", format);
        assert_eq!(world.call(caller).await.failures(), ["content_type"], "{format}");
    }
    world.stopped().await;
}

#[tokio::test]
async fn a_failure_names_the_verb_that_asked_and_the_fallback_is_there_for_the_next_one_too() {
    let world = World::with("", |asked| {
        let digit = "<Gather numDigits=\"1\" action=\"/404\"><Say>one digit</Say></Gather>";
        match asked.path.as_str() {
            "/start" => Reply::xml(format!("<Response>\n  {digit}</Response>")),
            "/fallback" if asked.parameter("ErrorUrl").unwrap().ends_with("/404") => {
                Reply::xml("<Response>\n\n<Redirect>/500</Redirect></Response>")
            }
            "/fallback" => Reply::xml("<Response><Say>the fallback again</Say></Response>"),
            "/404" => Reply::Status(404),
            "/cdr" => Reply::Status(200),
            _ => Reply::Status(500),
        }
    })
    .await;
    let caller = world.caller("/start").variable("pivot_req_format", "twiml");
    let caller = caller.variable("pivot_fallback_url", world.web.url("/fallback"));
    let lived = world.call(caller.hears("one digit").types("1")).await;
    let place = |event: &pivot::base::CallEvent| match &event.what {
        Happening::FetchFailed { step, at, .. } => Some(format!("{step} {at}")),
        _ => None,
    };
    let places: Vec<_> = lived.story.iter().filter_map(place).collect();
    assert_eq!(places, ["Gather 2:3", "Redirect 3:1"]);
    assert!(lived.report.transcript().contains("the fallback again"));
    world.stopped().await;
}
