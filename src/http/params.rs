//! Parameters of a request: how named values become a query, a form or a JSON object
//! (`reference/piston.md` 2.5, with its gaps closed: keys are escaped, nothing is written for
//! `null` and for what is empty, and lists of objects have a form).

use serde_json::{Map, Value};

/// Named values in the order in which they are sent.
pub type Params = Map<String, Value>;

/// The parameters as `application/x-www-form-urlencoded` text.
///
/// Objects become `k[sub]=v`, lists of plain values `k[]=v`, lists that hold an object or a list
/// `k[0][sub]=v`; brackets that we write stay as they are, keys and values are escaped.
pub fn form_text(params: &Params) -> String {
    let mut text = String::new();
    for (key, value) in flatten(params, escaped) {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(&key);
        text.push('=');
        text.push_str(&escaped(&value));
    }
    text
}

/// The parameters as a compact JSON object, without what is `null`.
pub fn json_text(params: &Params) -> String {
    Value::Object(without_nulls(params)).to_string()
}

/// The parameters as a person reads them: the names of the form, nothing escaped.
pub fn pairs(params: &Params) -> Vec<(String, String)> {
    flatten(params, str::to_owned)
}

fn flatten(params: &Params, name: fn(&str) -> String) -> Vec<(String, String)> {
    let mut out = Vec::with_capacity(params.len());
    for (key, value) in params {
        collect(name(key), value, name, &mut out);
    }
    out
}

fn collect(key: String, value: &Value, name: fn(&str) -> String, out: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Bool(flag) => out.push((key, flag.to_string())),
        Value::Number(number) => out.push((key, number.to_string())),
        Value::String(text) => out.push((key, text.clone())),
        Value::Object(fields) => {
            for (sub, value) in fields {
                collect(format!("{key}[{}]", name(sub)), value, name, out);
            }
        }
        Value::Array(items) => {
            let flat = !items.iter().any(|item| item.is_object() || item.is_array());
            for (at, item) in items.iter().filter(|item| !item.is_null()).enumerate() {
                let place = if flat { format!("{key}[]") } else { format!("{key}[{at}]") };
                collect(place, item, name, out);
            }
        }
    }
}

/// Letters, digits and `. - _ ~` stay, a blank becomes `+`, every other byte `%XX`.
fn escaped(text: &str) -> String {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => out.extend(['%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]),
        }
    }
    out
}

fn without_nulls(fields: &Params) -> Params {
    fields
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| (key.clone(), cleaned(value)))
        .collect()
}

fn cleaned(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(without_nulls(fields)),
        Value::Array(items) => {
            Value::Array(items.iter().filter(|item| !item.is_null()).map(cleaned).collect())
        }
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn params(value: Value) -> Params {
        match value {
            Value::Object(fields) => fields,
            other => panic!("not an object: {other}"),
        }
    }

    #[test]
    fn forms_follow_the_reference() {
        for (value, form) in [
            (json!({"a": "x y", "b": 7, "c": true}), "a=x+y&b=7&c=true"),
            (
                json!({"Digits": {"default": "123", "pin": "4"}}),
                "Digits[default]=123&Digits[pin]=4",
            ),
            (json!({"k": {"a": {"b": "v"}}}), "k[a][b]=v"),
            (json!({"k": ["a", "b"]}), "k[]=a&k[]=b"),
            (json!({"k": [{"s": 1}, {"s": 2}]}), "k[0][s]=1&k[1][s]=2"),
            (json!({"k": [["a"], "b", null]}), "k[0][]=a&k[1]=b"),
            (json!({"k": "+1*#~._-"}), "k=%2B1%2A%23~._-"),
            (json!({"k": "ä€"}), "k=%C3%A4%E2%82%AC"),
            (json!({"a&b=c[d]": {"e]=": "f"}}), "a%26b%3Dc%5Bd%5D[e%5D%3D]=f"),
            (json!({"a": null, "b": {}, "c": [], "d": [null], "e": {"f": null}}), ""),
            (json!({"a": "", "b": 1}), "a=&b=1"),
            (json!({"n": 62_167_219_200_u64, "f": 1.5}), "n=62167219200&f=1.5"),
        ] {
            assert_eq!(form_text(&params(value.clone())), form, "{value}");
        }
    }

    #[test]
    fn json_has_no_nulls_and_keeps_the_order() {
        let value = json!({"b": null, "z": [1, null, {"q": null}], "a": {"x": null, "y": 1}});
        assert_eq!(json_text(&params(value)), r#"{"z":[1,{}],"a":{"y":1}}"#);
    }

    #[test]
    fn pairs_are_for_people() {
        let value = json!({"To": "a b", "V": {"k&": ["ü"]}});
        assert_eq!(
            pairs(&params(value)),
            [("To".to_owned(), "a b".to_owned()), ("V[k&][]".to_owned(), "ü".to_owned())]
        );
    }

    proptest! {
        /// Whatever names and values hold, a receiver's ordinary form parser reads them back.
        #[test]
        fn a_form_parser_reads_back_what_was_written(key in ".{1,12}", value in ".{0,24}") {
            let mut params = Params::new();
            params.insert(key.clone(), Value::String(value.clone()));
            let text = form_text(&params);
            let read: Vec<_> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
            prop_assert_eq!(read, vec![(key, value)]);
        }
    }
}
