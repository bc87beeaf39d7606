//! Floor 0: the words that every room shares. No I/O, no tasks, no clock but [`clock`].

pub mod attempt;
pub mod cause;
pub mod clock;
pub mod document;
pub mod ending;
pub mod event;
pub mod fragment;
pub mod ids;
pub mod limits;
pub mod phone;
pub mod plivo_cause;
pub mod secret;
pub mod settings;
pub mod sid;
pub mod web;

pub use attempt::Attempt;
pub use cause::HangupCause;
pub use clock::Timestamp;
pub use document::{Address, Ask, Diagnostic, Severity, nearest};
pub use ending::EndReason;
pub use event::{CallEvent, CallFacts, EndFacts, Happening, Sink, WhoHungUp};
pub use fragment::Complaint;
pub use ids::{AccountId, CallId, DeliveryId, RecordingId};
pub use plivo_cause::PlivoCause;
pub use secret::Secret;
pub use settings::{Region, RetryPolicy, Settings};
