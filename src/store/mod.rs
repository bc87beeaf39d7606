//! Floor 1: facts that survive a restart. Deliveries that wait to be sent, and drafts of what must
//! be sent when a call under way has ended, rules that an operator added, and what calls
//! asked and were answered, and where callers wait. No SQL is written outside this room, and no policy
//! inside it: when to try again and when to give up is decided by who calls.

mod debug;
mod deliveries;
mod drafts;
mod error;
mod guard_rules;
mod places;
mod rows;
mod sqlite;
#[cfg(test)]
mod tests;
mod writer;

pub use error::StoreError;
pub use rows::{
    Attempt, Counts, DebugCall, DebugNote, DebugRecord, Delivery, Draft, Filter, GuardRule,
    GuardRules, NewDelivery, Outcome, PlaceRow, Resent, State,
};
pub use sqlite::Store;
