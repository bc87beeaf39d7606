//! Piston: KAZOO's JSON callflows, read, checked and run.
//!
//! A document is read once, with line and column kept (`json.rs`), into a tree of typed actions
//! (`tree.rs`, `document.rs`), and every fault is reported at its place. The [`Executor`] walks that
//! tree with the semantics of `reference/piston.md` section 1. An action's file under `actions/`
//! holds its keys, its checks and what it does to the call, in the vocabulary of `call/`.

mod actions;
mod caller;
mod check;
mod document;
mod executor;
mod fields;
mod json;
mod known;
mod library;
mod report;
mod stage;
#[cfg(test)]
mod tests;
mod tree;

pub use actions::PivotOptions;
pub use check::check;
pub use executor::{Executor, Exit};
pub use library::{Found, Library, LibraryError};
pub use report::Parsed;
pub use tree::Flow;
