//! Documents in XML: TwiML and Plivo XML, read with diagnostics and run on a call.
//!
//! Bytes become a tree with places (`reader`), the tree becomes typed verbs (`compile`, with one
//! file per verb under `twiml` and `plivo`), and one executor (`run`) performs the verbs of both
//! dialects, so that a document may mix them. This room knows the telephony vocabulary of `call/`,
//! and nothing of sockets and HTTP: a wish for the next document is an [`Exit::Ask`].

mod attributes;
mod compile;
mod content;
mod dial_report;
mod dialect;
mod document;
mod encoding;
mod error;
mod hints;
mod inside;
mod leg_plan;
mod notes;
mod place;
mod plivo;
mod prompts;
mod queue_report;
mod reader;
mod recordings;
mod report;
mod run;
mod ssml;
pub mod states;
mod stream_url;
#[cfg(test)]
mod tests;
mod tree;
mod twiml;
mod verbs;

pub use dialect::Dialect;
pub use document::{Document, Parsed, check};
pub use error::{Excess, XmlError};
pub use leg_plan::{LegPlan, LegStory, run_leg};
pub use run::{Context, Desk, Exit, Expected, Inside, Names, PlaceToKeep, Post, run, run_from};
