//! The command line: one file or folder per subcommand.

mod arguments;
mod bench;
mod check;
mod debug;
mod demo;
mod documents;
mod guard;
mod local;
mod own_api;
mod serve;
mod try_call;

pub use arguments::run;
