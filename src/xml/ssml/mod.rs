//! Speech with SSML inside (`reference/twiml.md` 2.1, `reference/plivo.md` 4.1).
//!
//! Which engine says a text is known when it is said, so a text with markup is kept in two forms: the
//! SSML itself, with nothing in it that is not known (`markup`), for engines that take it; and what
//! the markup becomes as text, silence and tones (`reduce`, `say_as`) for all others. Elements and
//! values are checked in one place (`elements`), whoever says the text.

mod elements;
mod english;
mod length;
mod markup;
mod reduce;
mod say_as;
mod unit;
mod when;

pub(super) use elements::is_language;
pub(super) use length::Allowed;
pub(super) use reduce::spoken;
