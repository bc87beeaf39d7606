//! Where settings come from: the embedded defaults, a file, and the environment.

use super::{
    Config, ConfigError,
    merge::{ACCOUNTS, ENV_PREFIX, Merged, Setting},
};
use std::path::Path;
use toml::{
    Spanned, Table, Value,
    de::{DeString, DeTable},
};

/// The embedded defaults: the reference of every setting.
pub const DEFAULTS: &str = include_str!("../../pivot.toml");

/// Reads the configuration: defaults, then `file`, then the environment variables in `env`.
pub fn load(
    file: Option<&Path>,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, ConfigError> {
    let text = match file {
        None => String::new(),
        Some(path) => std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { file: path.to_owned(), source })?,
    };
    let name = file.map(|path| path.display().to_string()).unwrap_or_default();
    load_text(&name, &text, env)
}

/// As [`load`], from a text; `name` stands for the file in messages.
pub fn load_text(
    name: &str,
    text: &str,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, ConfigError> {
    let mut merged = Merged::defaults();
    for setting in settings_of_file(name, text)? {
        merged.apply(setting)?;
    }
    let mut ours: Vec<_> = env.into_iter().filter(|(k, _)| k.starts_with(ENV_PREFIX)).collect();
    ours.sort();
    for (variable, value) in ours {
        match setting_of_env(&variable, &value) {
            Some(setting) => merged.apply(merged.as_spelt(setting))?,
            None => merged.check_underscores(variable)?,
        }
    }
    merged.finish()
}

/// The leaves of a TOML file, each with its line.
fn settings_of_file(name: &str, text: &str) -> Result<Vec<Setting>, ConfigError> {
    let line_of = |offset: usize| text[..offset.min(text.len())].matches('\n').count() + 1;
    let syntax = |error: toml::de::Error| ConfigError::Syntax {
        file: name.to_owned(),
        line: error.span().map_or(1, |span| line_of(span.start)),
        message: error.message().trim().to_owned(),
    };
    let spanned = DeTable::parse(text).map_err(syntax)?;
    let plain: Table = toml::from_str(text).map_err(syntax)?;
    let place = |offset| format!("{name}:{}", line_of(offset));
    let mut settings = Vec::new();
    for (section, content) in spanned.get_ref() {
        let value = plain.get(section.get_ref().as_ref());
        match (section.get_ref().as_ref(), content.get_ref().as_table()) {
            (ACCOUNTS, Some(accounts)) => {
                for (id, content) in accounts {
                    let value = value.and_then(|accounts| accounts.get(id.get_ref().as_ref()));
                    let section = format!("{ACCOUNTS}.{}", id.get_ref());
                    let inner = content.get_ref().as_table();
                    settings.extend(settings_of(section, id.span().start, inner, value, place));
                }
            }
            (section_name, inner) => {
                let (section_name, start) = (section_name.to_owned(), section.span().start);
                settings.extend(settings_of(section_name, start, inner, value, place));
            }
        }
    }
    Ok(settings)
}

/// The keys of one section, which begins at byte `start`. A section without keys is one setting without a
/// key.
fn settings_of(
    section: String,
    start: usize,
    inner: Option<&DeTable<'_>>,
    value: Option<&Value>,
    place: impl Fn(usize) -> String,
) -> Vec<Setting> {
    let values = value.and_then(Value::as_table);
    let (Some(inner), Some(values)) = (inner.filter(|keys| !keys.is_empty()), values) else {
        let value = value.cloned().unwrap_or(Value::Boolean(false));
        return vec![Setting { place: place(start), section, key: String::new(), value }];
    };
    let setting = |key: &Spanned<DeString<'_>>| {
        let (place, section) = (place(key.span().start), section.clone());
        let key = key.get_ref().to_string();
        values.get(&key).cloned().map(|value| Setting { place, section, key, value })
    };
    inner.keys().filter_map(setting).collect()
}

/// `PIVOT_ESL__LISTEN=…` or `PIVOT_ACCOUNTS__ID__KEY=…` as a setting. The value is read as TOML where it
/// is TOML (numbers, lists, `true`), and as text otherwise.
fn setting_of_env(variable: &str, value: &str) -> Option<Setting> {
    let (section, key) = variable.strip_prefix(ENV_PREFIX)?.split_once("__")?;
    let (section, key) = match (section.to_ascii_lowercase(), key.rsplit_once("__")) {
        (section, Some((id, key))) if section == ACCOUNTS => (format!("{ACCOUNTS}.{id}"), key),
        (section, _) => (section, key),
    };
    let key = key.to_ascii_lowercase();
    let parsed = toml::from_str::<Table>(&format!("value = {value}"))
        .ok()
        .and_then(|mut table| table.remove("value"))
        .unwrap_or_else(|| Value::String(value.to_owned()));
    Some(Setting { place: variable.to_owned(), section, key, value: parsed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Voice;

    fn with(text: &str) -> Result<Config, String> {
        load_text("my.toml", text, []).map_err(|e| e.to_string())
    }

    #[test]
    fn the_embedded_defaults_are_valid_and_safe() {
        let config = with("").unwrap();
        assert!(config.esl.listen.ip().is_loopback());
        assert!(config.http.allow_cidrs.is_empty());
    }

    #[test]
    fn a_file_changes_only_what_it_names() {
        let config = with("[esl]\nmax_calls = 7\n[speech.voices]\nalice = \"kal\"\n").unwrap();
        assert_eq!(config.esl.max_calls, 7);
        assert_eq!(config.speech.voices["alice"], Voice::Named("kal".to_owned()));
        assert_eq!(config.speech.voices["man"], Voice::Named("rms".to_owned()));
    }

    #[test]
    fn an_unknown_key_names_its_line_and_the_nearest_key() {
        let error = with("[esl]\n\nmax_cals = 7\n").unwrap_err();
        assert_eq!(error, "my.toml:3: unknown key `esl.max_cals`; did you mean `esl.max_calls`?");
        let error = with("[esk]\nlisten = \"127.0.0.1:1\"\n").unwrap_err();
        assert_eq!(error, "my.toml:2: unknown key `esk.listen`; did you mean `esl.listen`?");
    }

    #[test]
    fn a_key_outside_its_section_and_an_unknown_section_are_led_home() {
        for (text, error) in [
            (
                "voice_url = \"http://h\"\n",
                "unknown key `voice_url`; did you mean `pivot.voice_url`?",
            ),
            ("[foo]\nmax_call = 1\n", "unknown key `foo.max_call`; did you mean `esl.max_calls`?"),
            (
                "[outbx]\ntimeout_ms = 1\n",
                "unknown key `outbx.timeout_ms`; did you mean `outbox.timeout_ms`?",
            ),
            ("[piwot]\n", "unknown key `piwot`; did you mean `pivot`?"),
            ("esl = 5\n", "`esl`: is a section: write [esl] and its keys under it"),
            (
                "[foo]\n",
                "unknown section `foo`; there are accounts, api, callflows, cdr, conference, dial, esl, http, log, media, \
                          outbox, pivot, server, speech, store, stream, transcription",
            ),
        ] {
            let told = with(text).unwrap_err();
            let (place, told) = told.split_once(": ").unwrap();
            assert!(place.starts_with("my.toml:"), "{place}");
            assert_eq!(told, error);
        }
        assert!(with("[esl]\n[log]\n").is_ok());
    }

    #[test]
    fn one_underscore_in_the_environment_is_a_mistake() {
        let with = |name: &str| {
            let env = [(name.to_owned(), "127.0.0.1:9".to_owned())];
            load_text("f", "", env).map(|_| ()).map_err(|e| e.to_string())
        };
        assert_eq!(
            with("PIVOT_ESL_LISTEN").unwrap_err(),
            "PIVOT_ESL_LISTEN: two underscores go after the section: PIVOT_ESL__LISTEN"
        );
        assert!(with("PIVOT_PIVOT_VOICE_URL").unwrap_err().ends_with("PIVOT_PIVOT__VOICE_URL"));
        let foreign = [
            "PIVOT_HOME",
            "PIVOT_ESLX_Y",
            "PIVOT_",
            "PIVOT_ESL",
            "PIVOT_CONFIG",
            "PIVOT_HTTP_SERVICE_HOST",
        ];
        for foreign in foreign {
            assert_eq!(with(foreign), Ok(()), "{foreign}");
        }
    }

    #[test]
    fn a_bad_value_names_its_line_and_key() {
        let error = with("[esl]\nallow = [\"everyone\"]\n").unwrap_err();
        assert!(error.starts_with("my.toml:2: `esl.allow`: "), "{error}");
        let error = with("[outbox]\n\ngive_up_after_h = 1\n").unwrap_err();
        assert_eq!(error, "my.toml:3: `outbox.give_up_after_h`: must be from 24 to 8760 hours");
        let error = with("[esl\n").unwrap_err();
        assert!(error.starts_with("my.toml:1: not valid TOML"), "{error}");
    }

    #[test]
    fn the_environment_goes_over_the_file() {
        let env = [
            ("PIVOT_ESL__MAX_CALLS".to_owned(), "9".to_owned()),
            ("PIVOT_DIAL__GATEWAYS".to_owned(), r#"["a","b"]"#.to_owned()),
            ("PIVOT_ESL__LISTEN".to_owned(), "127.0.0.1:9".to_owned()),
            ("HOME".to_owned(), "/root".to_owned()),
        ];
        let config = load_text("f", "[esl]\nmax_calls = 7\n", env).unwrap();
        assert_eq!((config.esl.max_calls, config.esl.listen.port()), (9, 9));
        assert_eq!(config.dial.gateways, ["a", "b"]);
        let bad = [("PIVOT_ESL__LISTN".to_owned(), "x".to_owned())];
        let error = load_text("f", "", bad).unwrap_err().to_string();
        assert_eq!(error, "PIVOT_ESL__LISTN: unknown key `esl.listn`; did you mean `esl.listen`?");
    }

    #[test]
    fn an_account_is_a_section_of_its_own() {
        for (text, error) in [
            (
                "[accounts.acme]\n\nplivo_auth_token = [\"x\"]\n",
                "my.toml:3: unknown key `accounts.acme.plivo_auth_token`; did you mean \
                 `accounts.acme.plivo_auth_tokens`?",
            ),
            (
                "[accounts]\ntwilio_auth_tokens = [\"x\"]\n",
                "my.toml:2: `accounts.twilio_auth_tokens`: is no account: write [accounts.ID] and its \
                 keys under it",
            ),
            (
                "accounts = 5\n",
                "my.toml:1: `accounts`: is no account: write [accounts.ID] and its keys under it",
            ),
            (
                "[accounts.sub]\nmain_account = \"acme\"\n[accounts.acmee]\n",
                "my.toml:2: `accounts.sub.main_account`: there is no account \"acme\"",
            ),
        ] {
            assert_eq!(with(text).unwrap_err(), error);
        }
        assert!(with("[accounts.acme]\n[accounts.sub]\nmain_account = \"acme\"\n").is_ok());
        assert!(with("[accounts]\n").is_ok());
    }

    #[test]
    fn the_environment_finds_an_account_whatever_its_capitals() {
        let env = [
            ("PIVOT_ACCOUNTS__DEFAULT__TWILIO_AUTH_TOKENS".to_owned(), "one".to_owned()),
            ("PIVOT_ACCOUNTS__ACME__TWILIO_AUTH_TOKENS".to_owned(), r#"["b","a"]"#.to_owned()),
            ("PIVOT_ACCOUNTS__MA__1__TWILIO_AUTH_TOKENS".to_owned(), "two".to_owned()),
        ];
        let config = load_text("f", "[accounts.Acme]\nplivo_auth_tokens = \"p\"\n", env).unwrap();
        let tokens = |id: &str| {
            let tokens = &config.accounts[id].twilio_auth_tokens;
            tokens.iter().map(|t| String::from_utf8_lossy(t.bytes())).collect::<Vec<_>>()
        };
        assert_eq!(tokens("default"), ["one"]);
        assert_eq!(tokens("Acme"), ["b", "a"]);
        assert_eq!(tokens("MA__1"), ["two"]);
        assert_eq!(config.accounts.len(), 3);
        assert_eq!(config.accounts["Acme"].plivo_auth_tokens.len(), 1);
        let empty = [("PIVOT_ACCOUNTS__ACME__WEBHOOK_SECRETS".to_owned(), String::new())];
        let error = load_text("f", "", empty).unwrap_err().to_string();
        let place = "PIVOT_ACCOUNTS__ACME__WEBHOOK_SECRETS: `accounts.ACME.webhook_secrets`: ";
        assert!(error.starts_with(place), "{error}");
    }

    #[test]
    fn every_default_has_a_comment() {
        let mut commented = false;
        for line in DEFAULTS.lines() {
            let line = line.trim();
            match line {
                "" => commented = false,
                _ if line.starts_with('#') => commented = true,
                _ if line.starts_with('[') => {}
                _ => assert!(commented, "no comment above: {line}"),
            }
        }
    }
}
