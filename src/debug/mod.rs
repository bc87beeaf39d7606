//! Floor 2: debug records. What a call asked the customer's web server and what it was answered, kept for
//! the author of the documents (`reference/piston.md` 2.10) — without secrets, within bounds, and off
//! the call's path: a call hands over what it knows and goes on.

mod exchange;
mod keeper;
mod mask;
mod read;
mod record;

pub use exchange::{Question, Watch};
pub use keeper::Keeper;
pub use read::{call_shown, debug_ids, oldest, record_shown};
