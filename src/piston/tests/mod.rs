//! Tests of the room as a whole.

mod bounds;
mod documents;
mod keys;
mod library;
mod random;
