//! `pivot demo`: a customer's web server, this server and a simulated FreeSWITCH in one process, and
//! calls in all three dialects, shown step by step.

mod cases;
mod run;
mod show;

pub(super) use run::{Arguments, run};
