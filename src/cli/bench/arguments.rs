//! What `pivot bench` may be told.

use std::{net::SocketAddr, time::Duration};

/// Arguments of `pivot bench`.
#[derive(Clone, Debug, clap::Args)]
#[command(
    after_help = "Each call connects as FreeSWITCH's `socket` application does, with headers and events of real size \
                  (8-9 KB of channel data). Its caller hears a prompt to the end, types 1234#, and stays until the server \
                  hangs up; every prompt lasts --prompt-ms. Which steps there are is the server's choice.\n\n\
                  With --idle, that many further calls are opened first, each with a prompt that does not end; they stay up \
                  until the measured calls are over.\n\n\
                  Loopback only: this program loads the server as much as it is told to.\n\n\
                  Exit codes: 0 every call was hung up by the server, 1 not, 2 wrong arguments."
)]
pub(in crate::cli) struct Arguments {
    /// The event-socket server to call, HOST:PORT on loopback.
    #[arg(long, value_name = "HOST:PORT", value_parser = loopback, required_unless_present = "own", conflicts_with = "own")]
    pub(super) target: Option<SocketAddr>,
    /// Start a `pivot serve` for this run and call that: `whole` with a web server that answers the
    /// pivot request, a durable database and a CDR for each call; `esl` with a callflow from a file
    /// and no HTTP.
    #[arg(
        long = "self",
        value_name = "WHAT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "whole"
    )]
    pub(super) own: Option<Own>,
    /// Calls to make.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub(super) calls: u64,
    /// Calls at once.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) concurrency: u32,
    /// Calls that begin in a second. Without it, one begins whenever one has ended.
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) rate: Option<u32>,
    /// Calls that are up and do nothing meanwhile.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=200_000))]
    pub(super) idle: u32,
    /// How long the idle calls are watched before the others begin, seconds.
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(super) idle_s: u64,
    /// Process id of the server, for its CPU time and memory; known with --self.
    #[arg(long)]
    pub(super) pid: Option<u32>,
    /// A channel variable of every call; may be repeated.
    #[arg(long = "variable", value_name = "NAME=VALUE", value_parser = variable)]
    pub(super) variables: Vec<(String, String)>,
    /// How long every prompt lasts, milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 100)]
    pub(super) prompt_ms: u64,
    /// Seed of the simulated switch.
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// Print the results as JSON.
    #[arg(long)]
    pub(super) json: bool,
}

/// What a server of our own does for each call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Own {
    /// Pivot request, six steps, durable CDR.
    Whole,
    /// Six steps from a file.
    Esl,
}

impl Arguments {
    pub(super) fn prompt(&self) -> Duration {
        Duration::from_millis(self.prompt_ms)
    }
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| "expected an address and a port, as in 127.0.0.1:8084")?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err(format!("{} is not a loopback address: a load test stays on its own machine", address.ip()))
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
