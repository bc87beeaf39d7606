//! Settings laid over the defaults one by one, and who is meant by a word that nobody knows.

use super::{Account, Config, ConfigError, DEFAULTS};
use std::collections::BTreeMap;
use toml::{Table, Value};

/// Environment variables that belong to us begin so.
pub(super) const ENV_PREFIX: &str = "PIVOT_";

/// Tables whose keys are the operator's own words.
const FREE_TABLES: &[&str] =
    &["speech.voices", "speech.recogniser_parameters", "http.switch_regions", "http.egress"];

/// The section whose own sections are the accounts, by ids that are the operator's words, too.
pub(super) const ACCOUNTS: &str = "accounts";

/// How like a key another word must be to be taken for it, when its section is wrong: from 0 to 1.
const NEAR_KEY: f64 = 0.85;

/// One value that somebody set, and where.
pub(super) struct Setting {
    pub(super) place: String,
    /// `esl`; for an account, `accounts.ID`.
    pub(super) section: String,
    pub(super) key: String,
    pub(super) value: Value,
}

/// The defaults with settings laid over them one by one, so that a mistake always knows its place.
pub(super) struct Merged {
    table: Table,
    /// An account of which nothing is set.
    account: Table,
    /// Where each key was set, for mistakes that only the whole shows.
    places: BTreeMap<String, String>,
    config: Result<Config, toml::de::Error>,
}

impl Merged {
    pub(super) fn defaults() -> Self {
        let table: Table = toml::from_str(DEFAULTS).unwrap_or_default();
        let accounts = table.get(ACCOUNTS).and_then(|accounts| accounts.get(Account::DEFAULT));
        let account = accounts.and_then(Value::as_table).cloned().unwrap_or_default();
        let config = Config::try_from_table(&table);
        Self { table, account, places: BTreeMap::new(), config }
    }

    pub(super) fn apply(&mut self, setting: Setting) -> Result<(), ConfigError> {
        let Setting { place, section, key, value } = setting;
        let full = if key.is_empty() { section.clone() } else { format!("{section}.{key}") };
        let Some(known) = self.section(&section) else {
            return Err(self.unknown(place, section, key));
        };
        if key.is_empty() {
            // An empty section says nothing.
            return match value {
                Value::Table(_) => Ok(()),
                _ if section.starts_with(ACCOUNTS) => Err(ConfigError::BadValue {
                    place,
                    message: format!("is no account: write [{ACCOUNTS}.ID] and its keys under it"),
                    key: full,
                }),
                _ => Err(ConfigError::BadValue {
                    place,
                    message: format!("is a section: write [{full}] and its keys under it"),
                    key: full,
                }),
            };
        }
        let free_table = FREE_TABLES.contains(&full.as_str());
        match (known.get_mut(&key), value) {
            (None, _) => {
                let nearest = nearest(&key, known.keys()).map(|k| format!("{section}.{k}"));
                return Err(ConfigError::UnknownKey { place, key: full, nearest });
            }
            (Some(Value::Table(old)), Value::Table(new)) if free_table => old.extend(new),
            (Some(old), new) => *old = new,
        }
        self.config = Config::try_from_table(&self.table);
        match &self.config {
            Ok(_) => {
                self.places.insert(full, place);
                Ok(())
            }
            Err(error) => Err(ConfigError::BadValue {
                place,
                key: full,
                message: error.message().trim().to_owned(),
            }),
        }
    }

    /// The keys of a section. An account comes to be when it is first named.
    fn section(&mut self, name: &str) -> Option<&mut Table> {
        let Some((ACCOUNTS, id)) = name.split_once('.') else {
            return self.table.get_mut(name)?.as_table_mut();
        };
        let accounts = self.table.get_mut(ACCOUNTS)?.as_table_mut()?;
        let fresh = || Value::Table(self.account.clone());
        accounts.entry(id).or_insert_with(fresh).as_table_mut()
    }

    /// A setting from the environment, where names are usually in capitals: it is for the account that
    /// differs in that only, if there is one.
    pub(super) fn as_spelt(&self, mut setting: Setting) -> Setting {
        if let Some((ACCOUNTS, id)) = setting.section.split_once('.') {
            let accounts = self.table.get(ACCOUNTS).and_then(Value::as_table);
            let mut known = accounts.into_iter().flat_map(Table::keys);
            if let Some(known) = known.find(|known| known.eq_ignore_ascii_case(id)) {
                setting.section = format!("{ACCOUNTS}.{known}");
            }
        }
        setting
    }

    /// The mistake of a section that does not exist, or of a key outside its section.
    fn unknown(&self, place: String, section: String, key: String) -> ConfigError {
        let word = if key.is_empty() { &section } else { &key };
        let keys = self.table.iter().flat_map(|(known, content)| {
            let keys = content.as_table().into_iter().flat_map(Table::keys);
            keys.map(move |key| (known, key))
        });
        // The key decides; of keys that are alike, the section.
        let likeness = |known: &String, key: &String| {
            (strsim::jaro_winkler(word, key), strsim::jaro_winkler(&section, known))
        };
        let nearest = keys
            .map(|(known, key)| (likeness(known, key), format!("{known}.{key}")))
            .filter(|((likeness, _), _)| *likeness > NEAR_KEY)
            .max_by(|(a, _), (b, _)| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)))
            .map(|(_, full)| full)
            .or_else(|| nearest(&section, self.table.keys()));
        match nearest {
            Some(_) => {
                let key = if key.is_empty() { section } else { format!("{section}.{key}") };
                ConfigError::UnknownKey { place, key, nearest }
            }
            None => {
                let known = self.table.keys().cloned().collect();
                ConfigError::UnknownSection { place, section, known }
            }
        }
    }

    /// `PIVOT_ESL_LISTEN` is meant for us, and would be passed over in silence. A variable that names no
    /// key of ours (`PIVOT_HOME` of some other tool) may be anything.
    pub(super) fn check_underscores(&self, variable: String) -> Result<(), ConfigError> {
        let rest = variable.strip_prefix(ENV_PREFIX).unwrap_or_default();
        let key = rest.split_once('_').filter(|(section, key)| {
            let section = self.table.get(&section.to_ascii_lowercase());
            section.and_then(Value::as_table).is_some_and(|keys| {
                // Only a key that exists: an orchestrator may set PIVOT_HTTP_SERVICE_HOST.
                keys.contains_key(&key.to_ascii_lowercase())
            })
        });
        match key {
            None => Ok(()),
            Some((section, key)) => {
                let meant = format!("{ENV_PREFIX}{section}__{key}");
                Err(ConfigError::Underscore { variable, meant })
            }
        }
    }

    pub(super) fn finish(self) -> Result<Config, ConfigError> {
        let config = self.config.map_err(|error| ConfigError::BadValue {
            place: "pivot.toml".to_owned(),
            key: "defaults".to_owned(),
            message: error.to_string(),
        })?;
        match config.stranger() {
            None => Ok(config),
            Some((id, main)) => {
                let key = format!("{ACCOUNTS}.{id}.main_account");
                let place = self.places.get(&key).cloned().unwrap_or_default();
                let message = format!("there is no account {main:?}");
                Err(ConfigError::BadValue { place, key, message })
            }
        }
    }
}

impl Config {
    fn try_from_table(table: &Table) -> Result<Self, toml::de::Error> {
        let config: Self = table.clone().try_into()?;
        config.check().map_err(serde::de::Error::custom)?;
        Ok(config)
    }
}

/// The known word nearest to `word`, if one is near enough to be meant.
fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a String>) -> Option<String> {
    known
        .map(|k| (strsim::jaro_winkler(word, k), k))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| k.clone())
}
