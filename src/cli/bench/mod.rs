//! `pivot bench`: plays FreeSWITCH's side of many calls against a server, and measures the server.

mod arguments;
mod gauge;
mod load;
mod own;
mod progress;
mod report;
mod run;

pub(super) use arguments::Arguments;
pub(super) use run::run;
