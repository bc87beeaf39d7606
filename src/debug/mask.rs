//! Hiding secrets in what is kept: by the name under which a value stands, and by its form.

use crate::base::web;
use regex::{Captures, Regex};
use serde_json::{Map, Value};

/// What stands in place of a secret.
pub(super) const HIDDEN: &str = "***";

/// Names whose values are secrets have one of these in them; in `-key`,
/// `-` may also be `_`, or missing.
const SECRET_PARTS: &str = "access-key|api-key|authorization|cookie|credential|passcode|passphrase|\
    passwd|password|private-key|secret|signature|token";

/// Short names whose values are secrets only if the whole name is this.
const SECRET_NAMES: &str = "auth|key|pass|pin|pwd|sig|x-auth";

/// A value in double quotes, also in those of JSON within JSON, in single quotes, or bare; the closing
/// quote may be missing where a text was cut off.
const VALUE: &str = concat!(
    r#"(?:"(?:[^"\\]|\\.)*"?|\\"(?:[^"\\]|\\[^"])*(?:\\")?|'[^']*'?"#,
    r#"|[^\s"'&<>,;}\]]+)"#
);

/// Knows secrets in texts.
#[derive(Clone, Debug)]
pub(super) struct Mask {
    /// The name of a secret.
    name: Regex,
    /// `scheme://user:password@`
    user_part: Regex,
    /// `sip:user:password@`
    sip_password: Regex,
    /// `token="…"`, `"token": "…"`, `token=…`
    named: Regex,
    /// `name="token" value="…"`, `"name": "token", "value": "…"`
    name_and_value: Regex,
    /// `Bearer …`, `Basic …`
    scheme: Regex,
}

impl Mask {
    /// Fails only if one of the patterns is none.
    pub(super) fn new() -> Result<Self, regex::Error> {
        let names = format!(r"(?:[\w.-]*(?:{SECRET_PARTS})[\w.-]*|{SECRET_NAMES})");
        let names = names.replace("-key", "[-_]?key");
        Ok(Self {
            name: Regex::new(&format!("(?i)^{names}$"))?,
            user_part: Regex::new(r#"(?i)([a-z][a-z0-9+.-]*:(?:\\?/){2})[^/\\\s"'<>?#]*@"#)?,
            sip_password: Regex::new(r#"(?i)(sips?:[^\s"'<>@:;/?]*:)[^\s"'<>@;/?]*@"#)?,
            named: Regex::new(&format!(
                r#"(?is)(^|[^\w.-])({names}(?:\]|%5D)?)(\\?["']?\s*[:=]\s*)({VALUE})"#
            ))?,
            name_and_value: Regex::new(&format!(
                r#"(?is)(["']?\bname["']?\s*[:=]\s*["']{names}["']\s*,?\s*["']?value["']?\s*[:=]\s*)({VALUE})"#
            ))?,
            scheme: Regex::new(r"(?i)(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}")?,
        })
    }

    /// A text without the secrets in it.
    pub(super) fn text(&self, text: &str) -> String {
        let text = self.user_part.replace_all(text, format!("${{1}}{HIDDEN}@"));
        let text = self.sip_password.replace_all(&text, format!("${{1}}{HIDDEN}@"));
        let text = self
            .name_and_value
            .replace_all(&text, |found: &Captures| format!("{}{}", &found[1], hidden(&found[2])));
        let text = self.named.replace_all(&text, |found: &Captures| {
            format!("{}{}{}{}", &found[1], &found[2], &found[3], hidden(&found[4]))
        });
        self.scheme.replace_all(&text, format!("${{1}} {HIDDEN}")).into_owned()
    }

    /// A header's value: hidden if its name says so.
    pub(super) fn header(&self, name: &str, value: &str) -> String {
        if self.name.is_match(name) { HIDDEN.to_owned() } else { self.text(value) }
    }

    /// Parameters of a request: hidden by their names, and texts without secrets.
    pub(super) fn parameters(&self, params: &Map<String, Value>) -> Map<String, Value> {
        let shown = |(name, value): (&String, &Value)| (name.clone(), self.value(name, value));
        params.iter().map(shown).collect()
    }

    fn value(&self, name: &str, value: &Value) -> Value {
        match value {
            Value::Object(fields) => Value::Object(self.parameters(fields)),
            Value::Array(items) => items.iter().map(|item| self.value(name, item)).collect(),
            Value::Null => Value::Null,
            _ if self.name.is_match(name) => HIDDEN.into(),
            Value::String(text) if web::is_web_address(text) => web::masked(text).into(),
            Value::String(text) => self.text(text).into(),
            plain => plain.clone(),
        }
    }
}

/// As much of the value as is no secret: its quotes.
fn hidden(value: &str) -> String {
    let quote = [r#"\""#, "\"", "'"].into_iter().find(|quote| value.starts_with(quote));
    let quote = quote.unwrap_or_default();
    format!("{quote}{HIDDEN}{quote}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_in_texts_are_hidden_and_the_rest_stays() {
        let mask = Mask::new().unwrap();
        for (text, shown) in [
            (
                r#"<Redirect>https://u:s3cret@h/x</Redirect>"#,
                r#"<Redirect>https://***@h/x</Redirect>"#,
            ),
            (r#"{"url": "https:\/\/u:s3cret@h\/x"}"#, r#"{"url": "https:\/\/***@h\/x"}"#),
            ("ähttps://u:s3cret@h/", "ähttps://***@h/"),
            ("http://u:s3@cret@h/a@b", "http://***@h/a@b"),
            ("<Sip>sip:bob:s3cret@h;x=1</Sip>", "<Sip>sip:bob:***@h;x=1</Sip>"),
            ("<Sip>sip:bob@h</Sip>", "<Sip>sip:bob@h</Sip>"),
            (r#"{"api_key": "s3cret", "text": "hi"}"#, r#"{"api_key": "***", "text": "hi"}"#),
            (r#"{"pin": 4711, "to": 1}"#, r#"{"pin": ***, "to": 1}"#),
            (r#"{"a": "{\"token\": \"s3cret\"}"}"#, r#"{"a": "{\"token\": \"***\"}"}"#),
            (r#"{"Client-Secret": "s3\"cret"}"#, r#"{"Client-Secret": "***"}"#),
            (r#"<Sip username="u" password='s3cret'>"#, r#"<Sip username="u" password='***'>"#),
            (r#"<P name="auth_token" value="s3cret"/>"#, r#"<P name="auth_token" value="***"/>"#),
            (r#"{"name":"token","value":"s3cret"}"#, r#"{"name":"token","value":"***"}"#),
            (
                "https://h/p?x=1&amp;access_token=s3cret&amp;y=2",
                "https://h/p?x=1&amp;access_token=***&amp;y=2",
            ),
            ("a[pin]=s3cret&b=1", "a[pin]=***&b=1"),
            ("say Bearer s3cret-s3cret.x", "say Bearer ***"),
            (r#"{"token": "cut off s3cre"#, r#"{"token": "***""#),
            ("{\"token\": \"on two\ns3cret lines\"}", "{\"token\": \"***\"}"),
            (
                "<Say>Your PIN is wrong. The key point: none.</Say>",
                "<Say>Your PIN is wrong. The key point: none.</Say>",
            ),
            ("mailto:u@h keypad=1 monkey=2", "mailto:u@h keypad=1 monkey=2"),
        ] {
            assert_eq!(mask.text(text), shown);
        }
    }

    #[test]
    fn headers_and_parameters_are_hidden_by_name() {
        let mask = Mask::new().unwrap();
        for name in [
            "Authorization",
            "proxy-authorization",
            "Cookie",
            "set-cookie",
            "X-Twilio-Signature",
            "X-Plivo-Signature-V3",
            "X-Plivo-Signature-Ma-V3",
            "webhook-signature",
            "X-Auth-Token",
            "x-api-key",
            "X-Auth",
        ] {
            assert_eq!(mask.header(name, "s3cret"), "***", "{name}");
        }
        assert_eq!(mask.header("Location", "http://u:s3cret@h/"), "http://***@h/");
        assert_eq!(mask.header("Content-Type", "text/xml"), "text/xml");
        let params = json!({
            "From": "+1415", "Digits": {"pin": "s3cret", "menu": "1"}, "Password": ["s3cret"],
            "Recording-Url": "https://h/r.wav?sig=s3cret", "n": 7, "note": "token=s3cret",
        });
        let shown = mask.parameters(params.as_object().unwrap());
        assert_eq!(
            Value::Object(shown),
            json!({
                "From": "+1415", "Digits": {"pin": "***", "menu": "1"}, "Password": ["***"],
                "Recording-Url": "https://h/r.wav?sig=…", "n": 7, "note": "token=***",
            })
        );
    }
}
