//! The `pivot` program; see `pivot --help`.

use std::process::ExitCode;

/// Calls are made of thousands of small pieces of memory that come and go on few threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    pivot::cli::run()
}
