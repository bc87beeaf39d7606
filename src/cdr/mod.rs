//! Floor 2: the call detail record. [`CdrFold`] folds the story of a call into one [`Record`];
//! [`Keeper`] makes sure that the customer gets it, also when the process dies in the middle of the
//! call. The room does not know how a record is sent.

mod fields;
mod fold;
mod keeper;
mod record;
#[cfg(test)]
mod tests;

pub use fold::CdrFold;
pub use keeper::{Keeper, NO_RECORD};
pub use record::Record;
