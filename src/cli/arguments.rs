//! What may stand on the command line, and which subcommand it is.

use super::{bench, check, debug, demo, guard, serve, try_call};
use clap::{Parser, Subcommand};
use std::{error::Error, process::ExitCode};
use tokio::runtime::Builder;

/// Call control for FreeSWITCH: asks your web server what to do with each call.
#[derive(Debug, Parser)]
#[command(version, about, long_about = None, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take calls from FreeSWITCH.
    Serve(serve::Arguments),
    /// Watch calls in all three dialects, with a simulated FreeSWITCH: nothing to set up.
    Demo(demo::Arguments),
    /// Be the caller of a document, in the terminal.
    Try(try_call::Arguments),
    /// Check callflows and XML documents without running them.
    Check(check::Arguments),
    /// Load an event-socket server with simulated calls, and measure it.
    Bench(bench::Arguments),
    /// See and change which hosts and addresses may be reached.
    Guard(guard::Arguments),
    /// Show what calls asked your web server and what it answered.
    Debug(debug::Arguments),
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    match Arguments::parse().command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Try(arguments) => try_call::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Guard(arguments) => guard::run(&arguments),
        Command::Debug(arguments) => debug::run(&arguments),
    }
}

/// Runs asynchronous work to its end on a runtime of its own, with a thread for each processor.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, std::io::Error> {
    Ok(Builder::new_multi_thread().enable_all().build()?.block_on(work))
}

/// The same on so many threads. A single one is this one: nobody has to be woken for what it gets.
pub(super) fn block_on_threads<T>(
    threads: usize,
    work: impl Future<Output = T>,
) -> Result<T, std::io::Error> {
    let mut builder = match threads {
        0 | 1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    Ok(builder.worker_threads(threads.max(1)).enable_all().build()?.block_on(work))
}

/// Says why a subcommand cannot go on.
pub(super) fn complain(error: &dyn Error) -> ExitCode {
    anstream::eprintln!("pivot: {error}");
    ExitCode::FAILURE
}
