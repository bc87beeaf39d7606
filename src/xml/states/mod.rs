//! What becomes of every verb, noun and attribute of the vendors' references: it works, it works with
//! a limit, or it is refused. `docs/DOCUMENTS.md` shows this table, a document's remarks quote it, and
//! tests hold it against the parser and the corpus.
//!
//! To change a state, change its line in the family's file:
//!
//! ```text
//! refused("trim", "silence is not trimmed")   becomes   limited("trim", "in steps of 0.5 s")
//! limited("timeout", "in whole seconds")      becomes   works("timeout")
//! ```
//!
//! A reason is a sentence for the author of a document: what is so, and what the call does then. An
//! empty reason of a refused attribute is that of its element; an element that is refused has only
//! such attributes. An attribute that is refused need not be known to the parser: the remark about it
//! comes from here. Then `UPDATE_GOLDEN=1 cargo test --lib xml::` writes the tables of
//! `docs/DOCUMENTS.md` anew, and a document of the corpus must show the attribute.

mod conferences;
mod dialling;
mod entry;
mod input;
mod leaving;
mod lookup;
#[cfg(test)]
mod markdown;
mod messages;
mod queues;
mod recording;
mod speaking;
mod streams;
#[cfg(test)]
mod tests;

pub use entry::{Attribute, Entry, State};
pub use lookup::elements;
pub(super) use lookup::{refusal, vendors};
