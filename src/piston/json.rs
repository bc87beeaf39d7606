//! JSON with its places kept: every key and value knows where it stands, so that a remark can name
//! line and column. Bounded in depth and size; a fault is named, never a panic.

use crate::base::limits;
use serde_json::{Map, Number, Value};

/// Deepest nesting of objects and lists. One level of a callflow takes two (its `children` and the
/// node), and a node's data takes some more.
const DEPTH: usize = 2 * limits::DOCUMENT_DEPTH + 16;

/// A value and where it begins, in bytes from the start of the document.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Json {
    pub(super) at: usize,
    pub(super) value: Kind,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Null,
    Boolean(bool),
    Number(Number),
    Text(String),
    List(Vec<Json>),
    Object(Object),
}

/// The members of an object, in the order of the document.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Object(pub(super) Vec<Member>);

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) key: String,
    pub(super) at: usize,
    pub(super) value: Json,
}

/// Why a text is no JSON, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JsonError {
    pub(super) at: usize,
    pub(super) message: String,
}

/// Reads a document.
pub(super) fn parse(text: &str) -> Result<Json, JsonError> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    reader.blanks();
    if reader.at == text.len() {
        return Err(reader.fault("the document is empty; a JSON object is expected"));
    }
    let value = reader.value()?;
    reader.blanks();
    match reader.at == text.len() {
        true => Ok(value),
        false => Err(reader.unexpected("the end of the document")),
    }
}

impl Json {
    /// What it is, for a message: `text "abc"`, `number 7`, `a list`.
    pub(super) fn describe(&self) -> String {
        match &self.value {
            Kind::Null => "null".to_owned(),
            Kind::Boolean(value) => format!("the boolean {value}"),
            Kind::Number(value) => format!("the number {value}"),
            Kind::Text(text) => format!("the text {:?}", shorten(text)),
            Kind::List(_) => "a list".to_owned(),
            Kind::Object(_) => "an object".to_owned(),
        }
    }

    /// The value without its places.
    pub(super) fn plain(&self) -> Value {
        match &self.value {
            Kind::Null => Value::Null,
            Kind::Boolean(value) => Value::Bool(*value),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Text(text) => Value::String(text.clone()),
            Kind::List(items) => Value::Array(items.iter().map(Self::plain).collect()),
            Kind::Object(object) => Value::Object(object.plain()),
        }
    }
}

impl Object {
    /// The last member of this name, which is the one that counts.
    pub(super) fn get(&self, key: &str) -> Option<&Member> {
        self.0.iter().rev().find(|member| member.key == key)
    }

    pub(super) fn plain(&self) -> Map<String, Value> {
        self.0.iter().map(|member| (member.key.clone(), member.value.plain())).collect()
    }
}

/// Cuts foreign text for a message.
pub(super) fn shorten(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn value(&mut self) -> Result<Json, JsonError> {
        let at = self.at;
        let value = match self.peek() {
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::list)?,
            Some(b'"') => Kind::Text(self.text()?),
            Some(b'-' | b'0'..=b'9') => Kind::Number(self.number()?),
            _ if self.word("true") => Kind::Boolean(true),
            _ if self.word("false") => Kind::Boolean(false),
            _ if self.word("null") => Kind::Null,
            _ => return Err(self.unexpected("a value")),
        };
        Ok(Json { at, value })
    }

    fn nested(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Kind, JsonError>,
    ) -> Result<Kind, JsonError> {
        if self.depth == DEPTH {
            return Err(self.fault(format!(
                "the document nests deeper than {DEPTH} levels of JSON ({} levels of actions)",
                limits::DOCUMENT_DEPTH
            )));
        }
        self.depth += 1;
        self.at += 1;
        self.blanks();
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn object(&mut self) -> Result<Kind, JsonError> {
        let mut members = Vec::new();
        if self.take(b'}') {
            return Ok(Kind::Object(Object(members)));
        }
        loop {
            let at = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a key in double quotes"));
            }
            let key = self.text()?;
            self.blanks();
            if !self.take(b':') {
                return Err(self.unexpected("':' after a key"));
            }
            self.blanks();
            let value = self.value()?;
            members.push(Member { key, at, value });
            self.blanks();
            if self.take(b'}') {
                return Ok(Kind::Object(Object(members)));
            }
            if !self.take(b',') {
                return Err(self.unexpected("',' or '}' after a member"));
            }
            self.blanks();
        }
    }

    fn list(&mut self) -> Result<Kind, JsonError> {
        let mut items = Vec::new();
        if self.take(b']') {
            return Ok(Kind::List(items));
        }
        loop {
            items.push(self.value()?);
            self.blanks();
            if self.take(b']') {
                return Ok(Kind::List(items));
            }
            if !self.take(b',') {
                return Err(self.unexpected("',' or ']' after an item"));
            }
            self.blanks();
        }
    }

    fn number(&mut self) -> Result<Number, JsonError> {
        let end = self.text[self.at..]
            .find(|c: char| !matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'))
            .map_or(self.text.len(), |length| self.at + length);
        let found = &self.text[self.at..end];
        match serde_json::from_str(found) {
            Ok(number) => {
                self.at = end;
                Ok(number)
            }
            Err(_) => Err(self.fault(format!("{:?} is not a number", shorten(found)))),
        }
    }

    fn text(&mut self) -> Result<String, JsonError> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let plain = self.text[self.at..]
                .find(|c: char| c == '"' || c == '\\' || c < ' ')
                .map_or(self.text.len(), |length| self.at + length);
            text.push_str(&self.text[self.at..plain]);
            self.at = plain;
            match self.peek() {
                None => return Err(self.fault("the document ends within a text")),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => {
                    return Err(self.fault("a control character stands in a text; write it as \\n"));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let escape = self.text.as_bytes().get(self.at + 1).copied();
        let plain = match escape {
            Some(b'u') => return self.code_point(),
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            _ => {
                return Err(self
                    .fault("unknown escape; JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX"));
            }
        };
        self.at += 2;
        Ok(plain)
    }

    /// `\uXXXX`, or two of them for a character beyond 16 bits.
    fn code_point(&mut self) -> Result<char, JsonError> {
        let start = self.at;
        let bad =
            |at| JsonError { at, message: "\\u needs four hex digits of a character".to_owned() };
        let high = self.code_unit().ok_or_else(|| bad(start))?;
        let code = match high {
            0xd800..=0xdbff => match self.code_unit() {
                Some(low @ 0xdc00..=0xdfff) => 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00),
                _ => return Err(bad(start)),
            },
            code => code,
        };
        char::from_u32(code).ok_or_else(|| bad(start))
    }

    fn code_unit(&mut self) -> Option<u32> {
        let digits = self.text[self.at..].strip_prefix("\\u")?.get(..4)?;
        let hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
        let unit = hex.then(|| u32::from_str_radix(digits, 16).ok())??;
        self.at += 6;
        Some(unit)
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.text[self.at..].starts_with(word);
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn unexpected(&self, expected: &str) -> JsonError {
        match self.text[self.at..].chars().next() {
            Some(found) => self.fault(format!("expected {expected}, found {found:?}")),
            None => self.fault(format!("expected {expected}, found the end of the document")),
        }
    }

    fn fault(&self, message: impl Into<String>) -> JsonError {
        JsonError { at: self.at, message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn places_are_kept() {
        let json = parse(" {\"a\": [1, \"x\"]}").unwrap();
        let Kind::Object(object) = json.value else { panic!() };
        let a = object.get("a").unwrap();
        assert_eq!((json.at, a.at, a.value.at), (1, 2, 7));
    }

    #[test]
    fn ten_thousand_levels_are_a_named_error() {
        let error = parse(&"[".repeat(10_000)).unwrap_err();
        assert!(error.message.contains("nests deeper"), "{}", error.message);
    }

    #[test]
    fn faults_are_named() {
        for (text, fault) in [
            ("", "empty"),
            ("{a:1}", "key in double quotes"),
            ("{\"a\" 1}", "':'"),
            ("{\"a\":1,}", "key in double quotes"),
            ("[1 2]", "',' or ']'"),
            ("\"\\ud800x\"", "four hex digits"),
            ("\"a\nb\"", "control character"),
            ("01", "not a number"),
            ("{} x", "end of the document"),
            ("\"abc", "ends within a text"),
            ("nul", "expected a value"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.message.contains(fault), "{text:?}: {}", error.message);
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_json_is_read_as_it_was_meant(value in any_json()) {
            prop_assert_eq!(parse(&value.to_string()).unwrap().plain(), value.clone());
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            prop_assert_eq!(parse(&pretty).unwrap().plain(), value);
        }

        #[test]
        fn we_take_what_serde_takes_and_nothing_else(text in "[\\[\\]{}:,\"\\\\0-9a-fu.eE+\\- \n-]{0,12}") {
            let theirs = serde_json::from_str::<Value>(&text).is_ok();
            prop_assert_eq!(parse(&text).is_ok(), theirs, "{}", text);
        }
    }
}
