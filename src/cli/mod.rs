//! The command line: one file or folder per subcommand.

mod arguments;
mod bench;
mod check;
mod demo;
mod documents;
mod local;
mod serve;
mod try_call;

pub use arguments::run;
