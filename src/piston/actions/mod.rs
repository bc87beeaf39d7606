//! The actions, one file each or for a tight family. A file holds the keys of its action with their
//! types, defaults and limits (`read`), and what the action does to the call (`run`).
//!
//! Keys and defaults are those of `reference/piston.md` section 3 and its tables; where schema and
//! run time of the original differ, `docs/DECISIONS.md` says which of them is kept and why.

mod action;
mod answer;
mod audio_macro;
mod branch_variable;
mod caller_id;
mod callflow;
mod digits;
mod language;
mod menu;
mod menu_media;
mod offnet;
mod pivot;
mod play;
mod record_caller;
mod response;
mod sleep;
mod transfer;
mod tts;
mod variables;

pub(super) use action::Action;
pub(super) use pivot::Pivot;
pub use pivot::PivotOptions;
