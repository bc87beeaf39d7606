//! Log lines: one a happening, fields with units in their names.

use super::ServerError;
use crate::config::{self, LogFormat};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging to standard error. A second start in one process changes nothing.
pub fn start(settings: &config::Log) -> Result<(), ServerError> {
    let filter = EnvFilter::try_new(&settings.level)
        .map_err(|_| ServerError::LogFilter(settings.level.clone()))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match settings.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
    Ok(())
}
