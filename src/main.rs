//! The `pivot` program; see `pivot --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    pivot::cli::run()
}
