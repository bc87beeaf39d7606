//! What can be wrong with a configuration, and where.

use std::path::PathBuf;

/// A mistake in the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {source}", file.display())]
    Read {
        /// Which.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{file}:{line}: not valid TOML: {message}")]
    Syntax {
        /// Which.
        file: String,
        /// Where, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// There is no such setting.
    #[error("{place}: unknown key `{key}`{}", suggest(.nearest.as_deref()))]
    UnknownKey {
        /// `FILE:LINE`, or the environment variable.
        place: String,
        /// As written.
        key: String,
        /// The nearest key that exists.
        nearest: Option<String>,
    },
    /// There is no such section.
    #[error("{place}: unknown section `{section}`; there are {}", known.join(", "))]
    UnknownSection {
        /// `FILE:LINE`, or the environment variable.
        place: String,
        /// As written.
        section: String,
        /// Those that exist.
        known: Vec<String>,
    },
    /// One underscore where two are needed.
    #[error("{variable}: two underscores go after the section: {meant}")]
    Underscore {
        /// The environment variable.
        variable: String,
        /// What it should be called.
        meant: String,
    },
    /// The value does not fit its setting.
    #[error("{place}: `{key}`: {message}")]
    BadValue {
        /// `FILE:LINE`, or the environment variable.
        place: String,
        /// The setting.
        key: String,
        /// What is wrong.
        message: String,
    },
}

fn suggest(nearest: Option<&str>) -> String {
    nearest.map(|key| format!("; did you mean `{key}`?")).unwrap_or_default()
}
