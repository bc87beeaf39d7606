//! Whatever a document holds, reading it ends with remarks, never with a panic.

use crate::piston::{Flow, actions::Action, check, known};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A value of any kind, as a key of `data` may hold it.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|n| json!(n)),
        (0..100u32).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[0-9*#]{0,3}".prop_map(Value::from),
        Just(json!("https://example.com/x")),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    let words = [
        "id",
        "text",
        "timeout",
        "terminators",
        "macros",
        "macro",
        "media",
        "greeting",
        "digits",
        "custom_application_vars",
        "variable",
        "regex",
        "caller_id",
        "voice_url",
        "frequencies",
        "to_did",
        "custom_sip_headers",
        "code",
        "duration",
        "language",
        "target",
        "captures",
    ];
    prop_oneof![4 => prop::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => ".{0,8}"]
}

fn module() -> impl Strategy<Value = String> {
    let all: Vec<_> = Action::RUN.into_iter().chain(known::NOT_RUN).collect();
    prop_oneof![9 => prop::sample::select(all).prop_map(str::to_owned), 1 => ".{0,8}"]
}

fn node() -> impl Strategy<Value = Value> {
    let data = || prop::collection::vec((key(), any_value()), 0..4);
    let leaf = (module(), data()).prop_map(|(module, data)| {
        json!({ "module": module, "data": Value::Object(data.into_iter().collect()) })
    });
    leaf.prop_recursive(5, 32, 3, move |inner| {
        let children = prop::collection::vec(("[_1-3]", inner), 0..3);
        (module(), data(), children).prop_map(|(module, data, children)| {
            json!({
                "module": module,
                "data": Value::Object(data.into_iter().collect()),
                "children": Value::Object(children.into_iter().collect()),
            })
        })
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Flow::parse(&bytes);
    }

    #[test]
    fn any_tree_is_read_the_same_every_time(tree in node()) {
        let text = tree.to_string();
        let remarks = check(text.as_bytes());
        prop_assert_eq!(&remarks, &check(text.as_bytes()));
        let flow = Flow::parse(text.as_bytes());
        prop_assert_eq!(&remarks, &flow.diagnostics);
    }

    #[test]
    fn a_tree_cut_anywhere_is_refused(tree in node(), cut in 0.0..1.0f64) {
        let text = tree.to_string();
        let mut end = (text.len() as f64 * cut) as usize;
        while !text.is_char_boundary(end) { end -= 1; }
        prop_assert!(Flow::parse(&text.as_bytes()[..end]).value.is_none());
    }
}
