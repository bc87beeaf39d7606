//! What every database must do: each case runs in memory and in a file.

use super::*;
use crate::{
    base::{
        DeliveryId, Timestamp, limits,
        web::{FileUpload, UploadMethod},
    },
    config,
};
use std::{path::Path, time::Duration};

async fn in_file(folder: &Path) -> Result<Store, StoreError> {
    Store::open(&config::Store { path: folder.join("pivot.sqlite") }).await
}

/// Names each case once; it becomes a test in memory and one in a file.
macro_rules! conformance {
    ($($name:ident,)*) => {
        mod memory {
            $(#[tokio::test]
            async fn $name() {
                super::$name(super::Store::in_memory().await.unwrap()).await;
            })*
        }
        mod file {
            $(#[tokio::test]
            async fn $name() {
                let folder = tempfile::tempdir().unwrap();
                super::$name(super::in_file(folder.path()).await.unwrap()).await;
            })*
        }
    };
}

conformance! {
    a_delivery_reads_back_as_it_was_written,
    a_second_delivery_of_the_same_id_is_not_stored,
    claims_are_exclusive_ordered_and_run_out,
    claims_leave_out_busy_destinations,
    attempts_are_kept_and_decide_what_follows,
    what_was_delivered_stays_delivered,
    dead_deliveries_can_be_sent_again,
    lists_are_filtered_and_paged,
    purging_keeps_what_still_matters,
    a_draft_becomes_its_delivery_exactly_once,
    many_writers_at_once_all_get_their_answer,
    guard_rules_are_kept_once_and_every_change_has_its_revision,
    debug_records_are_numbered_by_exchange_and_listed_by_call,
    debug_records_are_bounded_in_number_and_age,
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

fn id(text: &str) -> DeliveryId {
    DeliveryId::new(text)
}

fn new(name: &str, due: u64) -> NewDelivery {
    NewDelivery {
        id: id(name),
        kind: "cdr",
        call_id: format!("call-{name}"),
        account_id: "acme".to_owned(),
        url: "https://u:p@h.example/cdr?x=1#f".to_owned(),
        destination: "https://h.example:443".to_owned(),
        content_type: "application/json".into(),
        body: bytes::Bytes::from_static(b"{\"\0\xff\":1}"),
        file: None,
        created: at(1),
        due: at(due),
        give_up: at(1000),
        claimed_until: None,
    }
}

fn attempt(number: u32, error: Option<&str>) -> Attempt {
    Attempt {
        number,
        at: at(10),
        took: Duration::from_millis(1500),
        status: Some(if error.is_some() { 503 } else { 204 }),
        error: error.map(str::to_owned),
    }
}

async fn claimed(store: &Store, now: u64, limit: usize, busy: &[&str]) -> Vec<String> {
    let busy: Vec<_> = busy.iter().map(|&b| b.to_owned()).collect();
    let claimed = store.claim(at(now), at(now + 60), limit, &busy).await.unwrap();
    claimed.into_iter().map(|d| d.id.to_string()).collect()
}

async fn a_delivery_reads_back_as_it_was_written(store: Store) {
    assert!(store.enqueue(new("a", 5)).await.unwrap());
    let read = store.delivery(&id("a")).await.unwrap().unwrap();
    let expected = Delivery {
        id: id("a"),
        kind: "cdr".to_owned(),
        call_id: "call-a".to_owned(),
        account_id: "acme".to_owned(),
        url: "https://u:p@h.example/cdr?x=1#f".to_owned(),
        destination: "https://h.example:443".to_owned(),
        content_type: "application/json".to_owned(),
        body: bytes::Bytes::from_static(b"{\"\0\xff\":1}"),
        file: None,
        state: State::Due,
        created: at(1),
        due: at(5),
        give_up: at(1000),
        claimed_until: None,
        attempts: 0,
        failures: 0,
        last_status: None,
        last_error: None,
        finished: None,
    };
    assert_eq!(read, expected);
    assert_eq!(store.delivery(&id("b")).await.unwrap(), None);
    let file = Some(FileUpload { method: UploadMethod::Post, path: "/rec/a b.wav".into() });
    assert!(store.enqueue(NewDelivery { file: file.clone(), ..new("c", 5) }).await.unwrap());
    assert_eq!(store.delivery(&id("c")).await.unwrap().unwrap().file, file);
}

async fn a_second_delivery_of_the_same_id_is_not_stored(store: Store) {
    assert!(store.enqueue(new("a", 5)).await.unwrap());
    assert!(!store.enqueue(new("a", 6)).await.unwrap());
    assert_eq!(store.delivery(&id("a")).await.unwrap().unwrap().due, at(5));
}

async fn claims_are_exclusive_ordered_and_run_out(store: Store) {
    for (name, due) in [("c", 1), ("a", 3), ("b", 2), ("later", 50)] {
        store.enqueue(new(name, due)).await.unwrap();
    }
    assert_eq!(store.next_due(at(10), &[]).await.unwrap(), Some(at(1)));
    assert_eq!(claimed(&store, 10, 2, &[]).await, ["c", "b"]);
    assert_eq!(claimed(&store, 10, 9, &[]).await, ["a"]);
    assert_eq!(claimed(&store, 10, 9, &[]).await, [""; 0]);
    assert_eq!(store.next_due(at(69), &[]).await.unwrap(), Some(at(50)));
    // Nobody gave the claims back: at 70 they have run out.
    assert_eq!(store.next_due(at(70), &[]).await.unwrap(), Some(at(1)));
    assert_eq!(claimed(&store, 69, 9, &[]).await, ["later"]);
    assert_eq!(claimed(&store, 70, 9, &[]).await, ["c", "b", "a"]);
}

async fn claims_leave_out_busy_destinations(store: Store) {
    for (name, destination) in [("a", "x"), ("b", "y"), ("c", "x"), ("d", "\"z")] {
        let delivery = NewDelivery { destination: destination.to_owned(), ..new(name, 1) };
        store.enqueue(delivery).await.unwrap();
    }
    let busy = ["x".to_owned(), "y".to_owned(), "\"z".to_owned()];
    assert_eq!(store.next_due(at(10), &busy).await.unwrap(), None);
    assert_eq!(claimed(&store, 10, 9, &["x", "\"z"]).await, ["b"]);
    assert_eq!(claimed(&store, 10, 9, &[]).await, ["a", "c", "d"]);
}

async fn attempts_are_kept_and_decide_what_follows(store: Store) {
    store.enqueue(new("a", 1)).await.unwrap();
    claimed(&store, 10, 1, &[]).await;
    let (first, second) = (attempt(1, Some("busy")), attempt(2, None));
    store.finish(&id("a"), first.clone(), Outcome::Again { due: at(20) }).await.unwrap();
    let read = store.delivery(&id("a")).await.unwrap().unwrap();
    assert_eq!((read.state, read.due, read.claimed_until), (State::Due, at(20), None));
    assert_eq!((read.attempts, read.failures, read.last_status), (1, 1, Some(503)));
    assert_eq!(read.last_error.as_deref(), Some("busy"));
    assert_eq!(claimed(&store, 19, 1, &[]).await, [""; 0]);
    assert_eq!(claimed(&store, 20, 1, &[]).await, ["a"]);
    store.finish(&id("a"), second.clone(), Outcome::Delivered).await.unwrap();
    let read = store.delivery(&id("a")).await.unwrap().unwrap();
    assert_eq!((read.state, read.attempts, read.failures), (State::Delivered, 2, 1));
    assert_eq!((read.last_status, read.last_error), (Some(204), None));
    assert_eq!(read.finished, Some(at(10).plus(Duration::from_millis(1500))));
    assert_eq!(store.attempts(&id("a")).await.unwrap(), [first, second]);
    let none = store.finish(&id("unknown"), attempt(1, None), Outcome::Delivered).await;
    assert!(matches!(none, Err(StoreError::Database(_))));
}

async fn what_was_delivered_stays_delivered(store: Store) {
    store.enqueue(new("a", 1)).await.unwrap();
    store.finish(&id("a"), attempt(1, None), Outcome::Delivered).await.unwrap();
    store.finish(&id("a"), attempt(2, Some("x")), Outcome::Again { due: at(2) }).await.unwrap();
    store.finish(&id("a"), attempt(3, Some("x")), Outcome::Dead).await.unwrap();
    assert_eq!(store.delivery(&id("a")).await.unwrap().unwrap().state, State::Delivered);
    assert_eq!(store.resend(&id("a"), at(20), at(99)).await.unwrap(), Resent::Delivered);
    assert_eq!(claimed(&store, 500, 9, &[]).await, [""; 0]);
}

async fn dead_deliveries_can_be_sent_again(store: Store) {
    store.enqueue(new("a", 1)).await.unwrap();
    store.finish(&id("a"), attempt(1, Some("x")), Outcome::Dead).await.unwrap();
    assert_eq!(claimed(&store, 50, 9, &[]).await, [""; 0]);
    let dead = store.counts().await.unwrap();
    assert_eq!((dead.due, dead.dead, dead.oldest_due), (0, 1, None));
    assert_eq!(store.resend(&id("a"), at(60), at(5000)).await.unwrap(), Resent::Due);
    let read = store.delivery(&id("a")).await.unwrap().unwrap();
    assert_eq!((read.due, read.give_up, read.finished), (at(60), at(5000), None));
    assert_eq!((read.attempts, read.failures), (1, 0));
    assert_eq!(claimed(&store, 60, 9, &[]).await, ["a"]);
    assert_eq!(store.resend(&id("b"), at(60), at(99)).await.unwrap(), Resent::Unknown);
}

async fn lists_are_filtered_and_paged(store: Store) {
    for name in ["a", "b", "c", "d"] {
        store.enqueue(new(name, 1)).await.unwrap();
    }
    let other = NewDelivery { account_id: "other".to_owned(), ..new("e", 1) };
    store.enqueue(other).await.unwrap();
    store.finish(&id("c"), attempt(1, None), Outcome::Delivered).await.unwrap();
    let list = async |filter: Filter| {
        let rows = store.deliveries(filter).await.unwrap();
        rows.iter().map(|d| d.id.to_string()).collect::<Vec<_>>().join(" ")
    };
    let all = || Filter { limit: 100, ..Filter::default() };
    assert_eq!(list(all()).await, "e d c b a");
    assert_eq!(list(Filter { limit: 2, ..all() }).await, "e d");
    assert_eq!(list(Filter { before: Some(id("d")), limit: 2, ..all() }).await, "c b");
    assert_eq!(list(Filter { state: Some(State::Delivered), ..all() }).await, "c");
    assert_eq!(list(Filter { call_id: Some("call-b".to_owned()), ..all() }).await, "b");
    assert_eq!(list(Filter { account_id: Some("other".to_owned()), ..all() }).await, "e");
}

async fn purging_keeps_what_still_matters(store: Store) {
    for name in ["due", "dead", "done"] {
        store.enqueue(new(name, 1)).await.unwrap();
    }
    store.finish(&id("dead"), attempt(1, Some("x")), Outcome::Dead).await.unwrap();
    store.finish(&id("done"), attempt(1, None), Outcome::Delivered).await.unwrap();
    assert_eq!(store.purge(at(11), at(11)).await.unwrap(), 0);
    assert_eq!(store.purge(at(12), at(11)).await.unwrap(), 1);
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.due, counts.delivered, counts.dead), (1, 0, 1));
    assert_eq!(store.purge(at(9999), at(9999)).await.unwrap(), 1);
    assert_eq!(store.attempts(&id("dead")).await.unwrap(), []);
    assert_eq!(store.counts().await.unwrap().due, 1);
}

fn draft(name: &str, url: &str) -> Draft {
    Draft {
        id: id(name),
        call_id: format!("call-{name}"),
        account_id: "acme".to_owned(),
        url: url.to_owned(),
        facts: "{}".to_owned(),
        opened: at(3),
    }
}

async fn a_draft_becomes_its_delivery_exactly_once(store: Store) {
    store.open_call(draft("a", "http://one/")).await.unwrap();
    store.open_call(draft("a", "http://two/")).await.unwrap();
    store.open_call(draft("b", "http://three/")).await.unwrap();
    store.open_call(draft("c", "http://four/")).await.unwrap();
    store.drop_call(id("c")).await.unwrap();
    let left = store.drafts().await.unwrap();
    assert_eq!(left, [draft("a", "http://two/"), draft("b", "http://three/")]);
    assert!(store.close_call(new("a", 1)).await.unwrap());
    assert!(!store.close_call(new("a", 2)).await.unwrap());
    assert_eq!(store.drafts().await.unwrap(), [draft("b", "http://three/")]);
    assert_eq!(store.counts().await.unwrap().due, 1);
    // A call that never had a draft has its delivery all the same.
    assert!(store.close_call(new("x", 1)).await.unwrap());
    assert_eq!(store.counts().await.unwrap().due, 2);
}

async fn many_writers_at_once_all_get_their_answer(store: Store) {
    let writes = (0..500).map(|n| {
        let (store, name) = (store.clone(), format!("{:03}", n / 2));
        // Every second one repeats an id; every tenth one fails alone.
        async move {
            if n % 10 == 9 {
                let unknown = id(&format!("none-{n}"));
                let failed = store.finish(&unknown, attempt(1, None), Outcome::Dead).await;
                assert!(failed.is_err());
            }
            store.enqueue(new(&name, 1)).await.unwrap()
        }
    });
    let stored = futures_util::future::join_all(writes).await;
    assert_eq!(stored.iter().filter(|&&first| first).count(), 250);
    assert_eq!(store.counts().await.unwrap().due, 250);
}

async fn guard_rules_are_kept_once_and_every_change_has_its_revision(store: Store) {
    let rule = |value: &str, added| GuardRule {
        kind: "block-cidr".to_owned(),
        value: value.to_owned(),
        added: at(added),
    };
    let (first, second) = (rule("10.0.0.0/8", 1), rule("9.9.9.9/32", 2));
    assert_eq!(store.guard_rules().await.unwrap(), GuardRules { revision: 1, rules: vec![] });
    let (new, rules) = store.add_guard_rule(first.clone()).await.unwrap();
    assert!(new && rules == GuardRules { revision: 2, rules: vec![first.clone()] });
    store.add_guard_rule(second.clone()).await.unwrap();
    let (new, rules) = store.add_guard_rule(rule("10.0.0.0/8", 3)).await.unwrap();
    assert!(!new && rules == GuardRules { revision: 3, rules: vec![first, second.clone()] });
    let remove = async |value: &str| {
        store.remove_guard_rule("block-cidr".to_owned(), value.to_owned()).await.unwrap()
    };
    let left = GuardRules { revision: 4, rules: vec![second] };
    assert_eq!(remove("10.0.0.0/8").await, (true, left.clone()));
    assert_eq!(remove("10.0.0.0/8").await, (false, left.clone()));
    assert_eq!(store.guard_rules().await.unwrap(), left);
}

fn note(call: &str, account: &str, second: u64, records: &[(&'static str, &str)]) -> DebugNote {
    DebugNote {
        call_id: call.to_owned(),
        account_id: account.to_owned(),
        node: "switch1".to_owned(),
        at: at(second),
        continues: false,
        records: records.iter().map(|&(kind, fields)| (kind, fields.to_owned())).collect(),
    }
}

async fn debug_records_are_numbered_by_exchange_and_listed_by_call(store: Store) {
    let request = ("request", r#"{"uri": "http://one/"}"#);
    let response = ("response", r#"{"resp_status_code": "200"}"#);
    let errors = ("schema_errors", "{}");
    let again = ("request", r#"{"uri": "http://two/"}"#);
    let failure = ("failure", r#"{"error": {}}"#);
    let notes = vec![
        note("a", "acme", 1, &[request, response]),
        DebugNote { continues: true, ..note("a", "acme", 2, &[errors]) },
        note("b", "other", 3, &[("json_errors", "{}")]),
        note("a", "acme", 4, &[again, failure]),
    ];
    store.keep_debug(notes).await.unwrap();
    let records = store.debug_records("a".to_owned()).await.unwrap();
    let shown: Vec<_> =
        records.iter().map(|r| (r.iteration, r.kind.as_str(), r.fields.as_str(), r.at)).collect();
    let row = |iteration, (kind, fields), second| (iteration, kind, fields, at(second));
    let expected = [
        row(1, request, 1),
        row(1, response, 1),
        row(1, errors, 2),
        row(2, again, 4),
        row(2, failure, 4),
    ];
    assert_eq!(shown, expected);
    let list = async |account: Option<&str>, since| {
        let calls = store.debug_calls(account.map(str::to_owned), at(since)).await.unwrap();
        calls.iter().map(|call| call.call_id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(list(None, 0).await, ["b", "a"]);
    assert_eq!(list(Some("acme"), 0).await, ["a"]);
    assert_eq!(list(None, 3).await, ["b"]);
    let one = async |account: Option<&str>, ids: [&str; 2]| {
        let ids = ids.map(str::to_owned);
        store.debug_call(account.map(str::to_owned), ids, at(0)).await.unwrap()
    };
    let call = one(Some("acme"), ["202611-a", "a"]).await.unwrap();
    assert_eq!((call.uri.as_deref(), call.status.as_deref()), (Some("http://one/"), Some("200")));
    assert!(call.has_schema_errors && !call.has_json_errors);
    let call = one(None, ["b", "b"]).await.unwrap();
    assert_eq!((call.uri, call.status, call.account_id.as_str()), (None, None, "other"));
    assert!(!call.has_schema_errors && call.has_json_errors);
    assert_eq!(one(Some("acme"), ["b", "b"]).await, None);
}

async fn debug_records_are_bounded_in_number_and_age(store: Store) {
    let many: Vec<_> = (0..limits::DEBUG_RECORDS_PER_CALL + 5).map(|_| ("request", "{}")).collect();
    store.keep_debug(vec![note("a", "acme", 1, &many)]).await.unwrap();
    let kept = store.debug_records("a".to_owned()).await.unwrap().len();
    assert_eq!(kept, limits::DEBUG_RECORDS_PER_CALL);
    let calls = 2..limits::DEBUG_CALLS_PER_ACCOUNT as u64 + 3;
    let mut notes: Vec<_> =
        calls.map(|n| note(&format!("c{n}"), "acme", n, &[("request", "{}")])).collect();
    notes.push(note("other", "other", 1, &[("request", "{}")]));
    store.keep_debug(notes).await.unwrap();
    let of_acme = store.debug_calls(Some("acme".to_owned()), at(0)).await.unwrap();
    assert_eq!(of_acme.len(), limits::DEBUG_CALLS_PER_ACCOUNT);
    assert_eq!(of_acme.last().unwrap().call_id, "c3");
    assert_eq!(store.debug_records("a".to_owned()).await.unwrap(), []);
    assert_eq!(store.purge_debug(at(4)).await.unwrap(), 2);
    let left = store.debug_calls(None, at(0)).await.unwrap();
    assert_eq!(left.last().unwrap().call_id, "c4");
}

#[tokio::test]
async fn a_file_outlives_its_store_and_frees_old_claims() {
    let folder = tempfile::tempdir().unwrap();
    let store = in_file(folder.path()).await.unwrap();
    store.enqueue(new("a", 1)).await.unwrap();
    store.open_call(draft("b", "http://h/")).await.unwrap();
    assert_eq!(claimed(&store, 10, 9, &[]).await, ["a"]);
    store.close().await;
    assert!(matches!(store.counts().await, Err(StoreError::Closed)));
    assert!(matches!(store.enqueue(new("c", 1)).await, Err(StoreError::Closed)));
    let store = in_file(folder.path()).await.unwrap();
    assert_eq!(claimed(&store, 10, 9, &[]).await, ["a"]);
    assert_eq!(store.drafts().await.unwrap().len(), 1);
}

#[tokio::test]
async fn files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = in_file(folder.path()).await.unwrap();
    store.enqueue(new("a", 1)).await.unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
    assert!(files.len() >= 3, "database, log and lock: {files:?}");
    for file in files {
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?}", file.path());
    }
}

#[tokio::test]
async fn a_file_has_one_owner() {
    let folder = tempfile::tempdir().unwrap();
    let _owner = in_file(folder.path()).await.unwrap();
    let error = in_file(folder.path()).await.unwrap_err();
    assert!(error.to_string().ends_with("is in use by another pivot process"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("pivot.sqlite"), [b'x'; 8192]).unwrap();
    let error = in_file(folder.path()).await.unwrap_err();
    assert!(error.to_string().contains("pivot.sqlite"), "{error}");
    let error = in_file(&folder.path().join("missing")).await.unwrap_err();
    assert!(error.to_string().contains("missing/pivot.sqlite-lock"), "{error}");
}
