//! Lists of secrets: one, or two while they are changed. Whatever is wrong with one, the message does not
//! repeat it.

use crate::base::{Secret, limits};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, de::Error};
use std::ops::RangeInclusive;
use toml::Value;

/// What a Standard Webhooks secret begins with.
const WEBHOOK_PREFIX: &str = "whsec_";

/// Length of a Standard Webhooks key, bytes (standardwebhooks.com, "Signature scheme").
const WEBHOOK_KEY: RangeInclusive<usize> = 24..=64;

/// Auth tokens: their text is the key.
pub(super) fn tokens<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Secret>, D::Error> {
    list(from, |token| Ok(Secret::new(token.as_bytes())))
}

/// Standard Webhooks secrets: `whsec_` and the key in Base64.
pub(super) fn webhook_keys<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Secret>, D::Error> {
    let (shortest, longest) = (WEBHOOK_KEY.start(), WEBHOOK_KEY.end());
    let wrong = || {
        format!(
            "must be {WEBHOOK_PREFIX} and the Base64 of {shortest} to {longest} random bytes: \
             echo {WEBHOOK_PREFIX}$(openssl rand -base64 32)"
        )
    };
    list(from, |secret| webhook_key(secret).ok_or_else(wrong))
}

/// The key in a Standard Webhooks secret: what follows `whsec_`, decoded.
pub(crate) fn webhook_key(secret: &str) -> Option<Secret> {
    let key = STANDARD.decode(secret.strip_prefix(WEBHOOK_PREFIX)?).ok()?;
    WEBHOOK_KEY.contains(&key.len()).then(|| Secret::new(key))
}

/// A list, or one text for a list of one, as it comes from the environment. It is read as a plain value
/// first, because the parser's own complaints show what they complain about.
fn list<'de, D: Deserializer<'de>, T>(
    from: D,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, D::Error> {
    let values = match Value::deserialize(from)? {
        Value::Array(values) => values,
        single => vec![single],
    };
    if values.len() > limits::SECRETS_AT_ONCE {
        return Err(D::Error::custom(format!(
            "holds {} secrets; at most {} are in use at once, while one replaces the other",
            values.len(),
            limits::SECRETS_AT_ONCE
        )));
    }
    let secret = |value: &Value| match value.as_str() {
        None => Err("a secret is a text: write it in quotes".to_owned()),
        Some(text) if text.trim().is_empty() => {
            Err("a secret is empty: anybody could sign with it. Leave it out, or set it".to_owned())
        }
        Some(text) if text.trim() != text => {
            Err("a secret begins or ends with a blank, which is surely not a part of it".to_owned())
        }
        Some(text) => read(text),
    };
    values.iter().map(secret).collect::<Result<_, _>>().map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load_text;

    const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn mistake(text: &str) -> String {
        load_text("my.toml", text, []).map_or_else(|error| error.to_string(), |_| String::new())
    }

    #[test]
    fn an_account_has_up_to_two_secrets_of_each_kind_and_shows_none() {
        let text = format!(
            "[accounts.default]\nwebhook_secrets = \"{KEY}\"\n[accounts.\"acme.eu\"]\n\
             plivo_auth_tokens = [\"new one\", \"old one\"]\ntwilio_auth_tokens = [\"t\"]\n"
        );
        let config = load_text("f", &text, []).unwrap();
        let acme = &config.accounts["acme.eu"];
        let tokens: Vec<_> = acme.plivo_auth_tokens.iter().map(Secret::bytes).collect();
        assert_eq!(tokens, [b"new one", b"old one"]);
        assert_eq!(config.accounts["default"].webhook_secrets[0].bytes().len(), 24);
        assert!(acme.webhook_secrets.is_empty());
        let shown = format!("{config:?}");
        assert!(!shown.contains("new one") && !shown.contains("MfKQ"), "{shown}");
        assert!(shown.contains("plivo_auth_tokens: [***, ***]"), "{shown}");
    }

    #[test]
    fn a_secret_that_cannot_be_meant_is_a_mistake_that_names_its_key_and_not_the_secret() {
        for (key, value, says) in [
            ("plivo_auth_tokens", r#"[""]"#, "is empty"),
            ("twilio_auth_tokens", r#"["good", " "]"#, "is empty"),
            ("webhook_secrets", r#""""#, "is empty"),
            ("plivo_auth_tokens", r#"["s3cret\n"]"#, "begins or ends with a blank"),
            ("plivo_auth_tokens", r#"["s3cret1", "s3cret2", "s3cret3"]"#, "holds 3 secrets"),
            ("twilio_auth_tokens", "83733", "write it in quotes"),
            ("twilio_auth_tokens", r#"[["s3cret"]]"#, "write it in quotes"),
            ("webhook_secrets", r#"["s3cret"]"#, "must be whsec_ and the Base64 of 24 to 64"),
            ("webhook_secrets", r#"["whsec_s3cret!"]"#, "must be whsec_"),
            ("webhook_secrets", r#"["whsec_czNjcmV0"]"#, "must be whsec_"),
        ] {
            let error = mistake(&format!("[accounts.acme]\n{key} = {value}\n"));
            let place = format!("my.toml:2: `accounts.acme.{key}`: ");
            assert!(error.starts_with(&place) && error.contains(says), "{value}: {error}");
            for secret in ["s3cret", "83733", "czNj"] {
                assert!(!error.contains(secret), "{error}");
            }
        }
    }
}
