//! The command line: one file per subcommand.

mod arguments;
mod check;
mod demo;
mod serve;
mod try_call;

pub use arguments::run;
