//! Debug records of real calls: complete, without secrets, and read back by the API.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests, too

mod world;

use pivot::{
    api::{Client, Reply as Answer},
    base::{Secret, Timestamp},
    config,
    sim::{Asked, Caller, Pace, Reply, Switch},
    store::{DebugNote, Store},
};
use serde_json::{Value, json};
use std::{process::Command, time::Duration};
use tokio::time::timeout;
use world::{PATIENCE, World};

const CONFIG: &str = r#"
    [api]
    listen = "127.0.0.1:0"
    token = "0123456789abcdef"
    [accounts.default]
    twilio_auth_tokens = ["s3cret"]
"#;

async fn ask(world: &World, path: &str) -> Answer {
    let client = Client::new(world.api.unwrap(), Secret::new(*b"0123456789abcdef"));
    client.ask("GET", path, None).await.unwrap()
}

/// The records of a call, once there are so many.
async fn records(world: &World, call_id: &str, many: usize) -> Vec<Value> {
    let path = format!("/v2/accounts/acme/pivot/debug/{call_id}");
    let kept = async {
        loop {
            let answer = ask(world, &path).await;
            match answer.body["data"].as_array() {
                Some(records) if records.len() >= many => return records.clone(),
                _ => tokio::task::yield_now().await,
            }
        }
    };
    timeout(PATIENCE, kept).await.unwrap()
}

fn kinds(records: &[Value]) -> Vec<(u64, &str)> {
    records
        .iter()
        .map(|r| (r["iteration"].as_u64().unwrap(), r["kind"].as_str().unwrap()))
        .collect()
}

fn answer(asked: &Asked) -> Reply {
    match asked.path.as_str() {
        "/start" => Reply::xml(
            r#"<Response><Gather numDigits="1" timeout="1" method="POST" actionOnEmptyResult="true"
               action="/next?access_token=s3cret"/></Response>"#,
        ),
        "/next" => Reply::piston(
            r#"{"module": "pivot", "children": {}, "data": {"debug": true, "voice_url": "http://10.0.0.1/",
               "method": "post", "req_body_format": "json", "note": {"password": "s3cret", "url":
               "https://u:s3cret@h/"}}}"#,
        ),
        "/bad-json" => Reply::piston("{\n  \"module\": \"tts\",,\n}"),
        "/bad-document" => Reply::piston(r#"{"module": "plai", "data": {"token": "s3cret"}}"#),
        "/silence" => Reply::Silence,
        "/busy" => Reply::Status(503),
        "/cdr" => Reply::Status(200),
        _ => Reply::xml("<Response><Hangup/></Response>"),
    }
}

/// A switch whose calls have other ids than those of another seed.
fn switch(seed: u64) -> Switch {
    Switch::new(seed).pace(Pace::Faster(20))
}

async fn world() -> World {
    World::with(CONFIG, answer).await
}

fn debugged(world: &World, path: &str) -> Caller {
    let url = world.web.url(path).replace("//", "//u:s3cret@");
    world.caller("/").variable("pivot_voice_url", url).variable("pivot_debug", "true")
}

#[tokio::test]
async fn every_request_and_answer_of_a_call_is_kept_without_its_secrets() {
    let world = world().await;
    let caller = debugged(&world, "/start?key=s3cret")
        .variable("cav_api_token", "s3cret")
        .variable("sip_h_X-Auth-Token", "s3cret")
        .variable("pivot_req_format", "twiml");
    let lived = world.call(caller).await;
    assert_eq!(lived.failures(), ["refused"], "{:?}", lived.notes());
    let call_id = lived.report.uuid.as_str();
    let records = records(&world, call_id, 6).await;
    let halves = [
        (1, "request"),
        (1, "response"),
        (2, "request"),
        (2, "response"),
        (3, "request"),
        (3, "failure"),
    ];
    assert_eq!(kinds(&records), halves);
    let all = json!(records).to_string();
    assert!(!all.contains("s3cret"), "{all}");

    let [first, answered, second, _, third, failed] = &records[..] else { panic!("{all}") };
    let uri = first["uri"].as_str().unwrap();
    let host = world.web.url("").replace("//", "//***@");
    let sid = pivot::base::sid::call(call_id);
    assert!(uri.starts_with(&format!("{host}/start?key=…&CallSid={sid}")), "{uri}");
    assert_eq!(self::records(&world, &sid, 6).await, records);
    assert_eq!((&first["method"], &first["req_body"]), (&json!("get"), &json!("")));
    assert_eq!(first["call_id"], call_id);
    assert_eq!(answered["resp_status_code"], "200");
    assert_eq!(answered["resp_headers"]["content-type"], "text/xml");
    assert!(answered["resp_body"].as_str().unwrap().contains("access_token=***\"/>"), "{all}");
    assert!(second["uri"].as_str().unwrap().ends_with("/next?access_token=…"), "{second}");
    assert!(second["req_body"].as_str().unwrap().contains("CallStatus=in-progress"), "{second}");
    assert_eq!(first["req_headers"], json!({"x-twilio-signature": "***"}));
    let form = "application/x-www-form-urlencoded";
    assert_eq!(second["req_headers"], json!({"content-type": form, "x-twilio-signature": "***"}));
    let body: Value = serde_json::from_str(third["req_body"].as_str().unwrap()).unwrap();
    assert_eq!(body["Call-ID"], call_id);
    assert_eq!(body["Custom-Application-Vars"], json!({"api_token": "***"}));
    assert_eq!(body["Custom-SIP-Headers"]["X-Auth-Token"], "***");
    assert_eq!(failed["error"]["kind"], "refused");

    let list = ask(&world, "/v2/accounts/acme/pivot/debug").await.body;
    let call = &list["data"][0];
    assert_eq!((&call["uri"], &call["status_code"]), (&first["uri"], &json!("200")));
    assert_eq!((&call["has_schema_errors"], &call["node"]), (&json!(false), &json!("switch1")));
    let debug_id = call["debug_id"].as_str().unwrap();
    assert!(debug_id.ends_with(&format!("-{call_id}")) && debug_id.len() == call_id.len() + 7);
    for path in [format!("acme/pivot/debug/{debug_id}"), format!("_/pivot/debug/{call_id}")] {
        let again = ask(&world, &format!("/v2/accounts/{path}")).await.body;
        assert_eq!((&again["data"], &again["complete"]), (&json!(records), &json!(true)));
        assert_eq!(&again["call"], call);
    }
    let other = ask(&world, "/v2/accounts/other/pivot/debug").await.body;
    assert_eq!(other, json!({"data": []}));
    let other = ask(&world, &format!("/v2/accounts/other/pivot/debug/{debug_id}")).await;
    assert_eq!(other.status, 404);
}

#[tokio::test]
async fn faulty_documents_are_kept_for_every_call_and_the_rest_only_when_asked_for() {
    let world = world().await;
    let calls = [
        (world.caller("/bad-json"), vec![(1, "json_errors")]),
        (world.caller("/bad-document"), vec![(1, "schema_errors")]),
        (debugged(&world, "/bad-json"), vec![(1, "request"), (1, "response"), (1, "json_errors")]),
    ];
    for (seed, (caller, expected)) in (1..).zip(calls) {
        let lived = world.call_from(&switch(seed), caller).await;
        assert_eq!(lived.failures(), ["document"]);
        let records = records(&world, &lived.report.uuid, expected.len()).await;
        assert_eq!(kinds(&records), expected);
        let fault = records.last().unwrap();
        match expected.last().unwrap().1 {
            "json_errors" => {
                let error = &fault["json_errors"];
                assert_eq!(
                    (&error["before"], &error["after"]),
                    (&json!("{\n  \"module\": \"tts\","), &json!(",\n}"))
                );
            }
            _ => {
                let errors = fault["schema_errors"].as_object().unwrap();
                let error = errors.values().next().unwrap();
                assert!(error["invalid"]["message"].as_str().unwrap().contains("plai"));
                assert!(!fault.to_string().contains("s3cret"), "{fault}");
            }
        }
    }
    let fine = world.call_from(&switch(9), world.caller("/hangup")).await;
    let answer = ask(&world, &format!("/v2/accounts/_/pivot/debug/{}", fine.report.uuid)).await;
    assert_eq!(answer.status, 404);
    let message = answer.body["error"]["message"].as_str().unwrap();
    assert!(message.contains("pivot_debug=true"), "{message}");
}

#[tokio::test]
async fn a_request_that_the_caller_did_not_wait_for_is_kept_too() {
    let world = world().await;
    let caller = debugged(&world, "/silence").pauses(Duration::from_secs(20)).hangs_up();
    let lived = world.call(caller).await;
    let records = records(&world, &lived.report.uuid, 2).await;
    assert_eq!(kinds(&records), [(1, "request"), (1, "failure")]);
    assert_eq!(records[1]["error"]["kind"], "left_alone");
}

#[tokio::test]
async fn every_attempt_has_records_of_its_own() {
    let world = world().await;
    let caller = debugged(&world, "/busy#rc=1&rp=5xx").variable("pivot_req_format", "twiml");
    let lived = world.call(caller).await;
    let records = records(&world, &lived.report.uuid, 4).await;
    let halves = [(1, "request"), (1, "response"), (2, "request"), (2, "response")];
    assert_eq!(kinds(&records), halves);
    assert_eq!(
        (&records[0]["uri"], &records[1]["resp_status_code"]),
        (&records[2]["uri"], &json!("503"))
    );
    assert!(!records[0]["uri"].as_str().unwrap().contains('#'), "{}", records[0]);
    world.stopped().await;
}

#[tokio::test]
async fn the_command_shows_the_records_of_a_call() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pivot.sqlite");
    let store = Store::open(&config::Store { path }).await.unwrap();
    let note = |records: &[(&'static str, Value)]| DebugNote {
        call_id: "call-1".to_owned(),
        account_id: "acme".to_owned(),
        node: "switch1".to_owned(),
        at: Timestamp::now(),
        continues: false,
        records: records.iter().map(|(kind, fields)| (*kind, fields.to_string())).collect(),
    };
    let request = json!({"uri": "http://h/a", "method": "get", "req_headers": {}, "req_body": ""});
    let response = json!({
        "resp_status_code": "200", "resp_headers": {"content-type": "text/xml"},
        "resp_body": "<Response>\n</Response>", "took_ms": 31,
    });
    let failure = json!({"error": {"kind": "dns", "message": "the name h does not resolve"}});
    let errors = json!({"json_errors": {"before": "{", "after": ",}", "message": "no key"}});
    let notes = vec![
        note(&[("request", request.clone()), ("response", response)]),
        note(&[("request", request), ("failure", failure)]),
        note(&[("json_errors", errors)]),
    ];
    store.keep_debug(notes).await.unwrap();
    store.close().await;
    let shown = |arguments: &[&str]| {
        let mut pivot = Command::new(env!("CARGO_BIN_EXE_pivot"));
        let output =
            pivot.arg("debug").args(arguments).current_dir(folder.path()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let text = shown(&["call-1"]);
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let at = |line: &str| lines.iter().position(|l| l.starts_with(line)).expect(line);
    assert!(lines[0].contains("call-1  acme  switch1  200  http://h/a"), "{text}");
    let order = [
        "1. GET http://h/a",
        "200 after 31 ms",
        "content-type: text/xml",
        "<Response>",
        "</Response>",
        "2. GET http://h/a",
        "no answer (dns): the name h does not resolve",
        "not JSON: no key",
        "…{⟨here⟩,}…",
    ];
    assert!(order.map(at).is_sorted(), "{text}");
    assert!(!text.contains('\u{1b}'), "no colours for a file: {text:?}");
    assert_eq!(shown(&["--account", "other"]), "");
    assert!(shown(&[]).contains("faulty document"));
    let read: Value = serde_json::from_str(&shown(&["call-1", "--json"])).unwrap();
    assert_eq!(read["data"].as_array().unwrap().len(), 5);
}
