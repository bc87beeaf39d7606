//! `pivot serve`

use super::arguments::{block_on_threads, complain};
use crate::{
    config::{self, Config},
    server::{Server, ServerError, start_logging},
};
use std::{path::PathBuf, process::ExitCode};
use tokio::signal::unix::{SignalKind, signal};

/// Arguments of `pivot serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit codes: 0 stopped in order (SIGTERM or SIGINT), 1 could not start, \
                        2 wrong arguments.")]
pub(super) struct Arguments {
    /// Configuration file (TOML). Without one, the defaults and the PIVOT_SECTION__KEY environment
    /// variables hold.
    #[arg(long, short, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print all settings with their defaults and explanations, and exit.
    #[arg(long)]
    defaults: bool,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    if arguments.defaults {
        anstream::print!("{}", config::DEFAULTS);
        return ExitCode::SUCCESS;
    }
    let config = match config::load(arguments.config.as_deref(), std::env::vars()) {
        Ok(config) => config,
        Err(error) => return complain(&error),
    };
    match block_on_threads(config.server.threads, serve(config)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => complain(&error),
        Err(error) => complain(&error),
    }
}

async fn serve(config: Config) -> Result<(), ServerError> {
    start_logging(&config.log)?;
    let server = Server::start(config, Vec::new()).await?;
    tracing::info!(address = %server.address(), "listening for freeswitch");
    match server.api_address() {
        Some(address) => tracing::info!(%address, "listening for clients of the api"),
        None => tracing::info!("the api is off: api.token is empty"),
    }
    server.run(told_to_stop()).await;
    Ok(())
}

/// SIGTERM or SIGINT.
async fn told_to_stop() {
    let (terminate, interrupt) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    match (terminate, interrupt) {
        (Ok(mut terminate), Ok(mut interrupt)) => tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        },
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!(%error, "signals cannot be received; stop with SIGKILL");
            std::future::pending().await
        }
    }
}
