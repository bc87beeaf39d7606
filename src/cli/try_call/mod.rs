//! `pivot try`: be the caller of a document, in the terminal.

mod run;
mod site;
mod typing;
mod verdict;

pub(super) use run::{Arguments, run};
