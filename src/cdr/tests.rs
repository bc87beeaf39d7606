//! Stories in `fixtures/cdr/NAME.story.json` and the records that they must become, in
//! `NAME.record.json`. With `REWRITE=1` the records are written anew: read the difference.

use super::*;
use crate::{
    base::{
        CallEvent, CallFacts, CallId, DeliveryId, EndFacts, HangupCause, Happening, Sink,
        Timestamp, WhoHungUp, event::Leg,
    },
    config::{self, BodyFormat},
    outbox::Outbox,
    store::Store,
};
use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
    time::Duration,
};

/// A story as a fixture tells it; moments are milliseconds after the channel's creation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Story {
    facts: CallFacts,
    events: Vec<(u64, Told)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Told {
    Created,
    Answered,
    Digit(char),
    LegAnswered(String),
    Recorded(String),
    Variables(BTreeMap<String, Value>),
    CdrRequested(String),
    HandedOver(String),
    Ended(Box<End>),
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct End {
    cause: String,
    by: String,
    code: String,
    billable_ms: u64,
    ringing_ms: u64,
    answered_ms: Option<u64>,
    lost: bool,
    caller: (String, String),
    callee: (String, String),
    other_leg: String,
    disposition: String,
    raw: BTreeMap<String, String>,
}

fn told(story: Story) -> CdrFold {
    let created = story.facts.created;
    let at = |ms| created.plus(Duration::from_millis(ms));
    let mut fold = CdrFold::new();
    for (ms, event) in story.events {
        let what = match event {
            Told::Created => Happening::Created(Arc::new(story.facts.clone())),
            Told::Answered => Happening::Answered,
            Told::Digit(digit) => Happening::Digit { digit },
            Told::LegAnswered(id) => {
                Happening::LegAnswered(Leg { id: CallId::new(id), to: "1000".to_owned() })
            }
            Told::Recorded(url) => {
                let (path, length) = ("/rec/on-the-switch.wav".to_owned(), Duration::from_secs(2));
                Happening::Recorded { path, url, length, bytes: 32_000 }
            }
            Told::Variables(variables) => Happening::Variables { variables },
            Told::CdrRequested(url) => Happening::CdrRequested { url },
            Told::HandedOver(to) => Happening::HandedOver { to },
            Told::Ended(end) => Happening::Ended(Arc::new(ending(*end, ms, &at))),
        };
        fold.tell(&CallEvent { at: at(ms), what });
    }
    fold
}

fn ending(end: End, ms: u64, at: &impl Fn(u64) -> Timestamp) -> EndFacts {
    EndFacts {
        cause: HangupCause::named(&end.cause),
        by: match end.by.as_str() {
            "caller" => WhoHungUp::Caller,
            "us" => WhoHungUp::Us,
            "switch" => WhoHungUp::Switch,
            _ => WhoHungUp::Unknown,
        },
        hangup_code: end.code,
        total: Duration::from_millis(ms),
        billable: Duration::from_millis(end.billable_ms),
        ringing: Duration::from_millis(end.ringing_ms),
        answered: end.answered_ms.map(at),
        ended: at(ms),
        confirmed: !end.lost,
        caller_id: end.caller,
        callee_id: end.callee,
        other_leg: end.other_leg,
        disposition: end.disposition,
        raw: end.raw,
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn story(name: &str) -> CdrFold {
    let path = Path::new("fixtures/cdr").join(format!("{name}.story.json"));
    let story = serde_json::from_str(&read(&path));
    told(story.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

#[test]
fn every_story_becomes_its_record() {
    let files = std::fs::read_dir("fixtures/cdr").unwrap();
    let names: BTreeSet<_> = files
        .filter_map(|file| {
            let name = file.unwrap().file_name().into_string().unwrap();
            name.strip_suffix(".story.json").map(str::to_owned)
        })
        .collect();
    assert!(names.len() >= 7, "{names:?}");
    for name in names {
        let record = story(&name).record().unwrap().fields(&DeliveryId::new("delivery-1"));
        let expected = Path::new("fixtures/cdr").join(format!("{name}.record.json"));
        if std::env::var_os("REWRITE").is_some() {
            let text = serde_json::to_string_pretty(&record).unwrap() + "\n";
            std::fs::write(&expected, text).unwrap();
        }
        // As text: the order of the fields counts.
        let text = serde_json::to_string_pretty(&record).unwrap();
        assert_eq!(text, read(&expected).trim_end(), "{name}");
    }
}

#[test]
fn the_form_has_nested_values_as_keys_with_brackets() {
    let body = story("menu").record().unwrap().body(BodyFormat::Form, &DeliveryId::new("d"));
    assert_eq!(body.content_type, "application/x-www-form-urlencoded");
    let text = String::from_utf8(body.bytes.to_vec()).unwrap();
    for pair in [
        "Call-ID=5f6c1f3e-0f0e-4f5a-9d6e-000000000001&",
        "&Caller-ID-Name=J%C3%B6rg+M%C3%BCller&",
        "&Billing-Seconds=9&",
        "&Media-Recordings[]=%2Frec%2Fa.wav&Media-Recordings[]=%2Frec%2Fb.wav&",
        "&Custom-Application-Vars[order][id]=7&Custom-Application-Vars[order][items][]=tea&",
    ] {
        assert!(text.contains(pair), "{pair} in {text}");
    }
}

#[test]
fn the_latest_word_says_where_the_record_goes() {
    assert_eq!(story("menu").url(), Some("https://b.example/cdr"));
    assert_eq!(story("busy").url(), None);
}

#[test]
fn a_story_without_a_beginning_has_no_record() {
    let mut fold = CdrFold::new();
    fold.tell(&CallEvent { at: Timestamp::from_micros(1), what: Happening::Answered });
    assert!(fold.record().is_none());
}

async fn keeper() -> (Keeper, Outbox) {
    let outbox = config::Outbox {
        retry_first_ms: 2000,
        retry_longest_s: 3600,
        give_up_after_h: 72,
        timeout_ms: 10_000,
        keep_delivered_h: 24,
    };
    let outbox = Outbox::new(Store::in_memory().await.unwrap(), &outbox);
    let cdr = config::Cdr { url: String::new(), format: BodyFormat::Json };
    (Keeper::new(outbox.clone(), &cdr), outbox)
}

#[tokio::test]
async fn a_call_that_ends_leaves_one_delivery() {
    let (keeper, outbox) = keeper().await;
    let fold = story("menu");
    let record = fold.record().unwrap();
    let id = DeliveryId::fresh();
    keeper.promised(&id, record, "http://a.example/").await.unwrap();
    keeper.promised(&id, record, "http://b.example/").await.unwrap();
    keeper.ended(&id, record, "http://b.example/").await.unwrap();
    assert_eq!(keeper.recover().await.unwrap(), 0);
    assert_eq!(outbox.store().counts().await.unwrap().due, 1);
    let row = outbox.store().delivery(&id).await.unwrap().unwrap();
    assert_eq!((row.url.as_str(), row.kind.as_str()), ("http://b.example/", "cdr"));
    assert_eq!((row.call_id.as_str(), row.account_id.as_str()), (record.call_id(), "acme"));
    let body: Value = serde_json::from_slice(&row.body).unwrap();
    assert_eq!(body["Delivery-ID"], id.as_str());
    assert_eq!(body["Hangup-Cause"], "NORMAL_CLEARING");
}

#[tokio::test]
async fn a_call_that_a_crash_cut_off_has_its_record_sent_once() {
    let (keeper, outbox) = keeper().await;
    let fold = story("process-died");
    let id = DeliveryId::fresh();
    keeper.promised(&id, fold.record().unwrap(), "http://a.example/").await.unwrap();
    // A newer version wrote something that we cannot read.
    let strange = crate::store::Draft {
        id: DeliveryId::new("strange"),
        call_id: "call-x".to_owned(),
        account_id: "acme".to_owned(),
        url: "http://a.example/".to_owned(),
        facts: "[1]".to_owned(),
        opened: Timestamp::from_micros(1),
    };
    outbox.promise(strange).await.unwrap();
    assert_eq!(keeper.recover().await.unwrap(), 2);
    assert_eq!(keeper.recover().await.unwrap(), 0);
    let row = outbox.store().delivery(&id).await.unwrap().unwrap();
    let body: Value = serde_json::from_slice(&row.body).unwrap();
    assert_eq!(body["Hangup-Cause"], "UNKNOWN");
    assert_eq!(body["Interrupted"], true);
    assert_eq!(body["Caller-ID-Number"], "+4930123456");
    assert_eq!(body["Custom-Application-Vars"]["a"], "1");
    assert!(body["Timestamp"].is_u64() && body.get("Duration-Seconds").is_none());
    let row = outbox.store().delivery(&DeliveryId::new("strange")).await.unwrap().unwrap();
    let body: Value = serde_json::from_slice(&row.body).unwrap();
    assert_eq!((&body["Call-ID"], &body["Account-ID"]), (&"call-x".into(), &"acme".into()));
}
