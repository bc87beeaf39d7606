//! The two dialects, and which one a document is written in.

use super::{states, tree::Element};
use crate::base::limits;
use std::fmt;

/// A family of XML verbs, and the names in which follow-up requests tell what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Twilio's, with KAZOO's additions (`<Set>`, `<Variable>`).
    Twiml,
    /// Plivo's.
    Plivo,
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Twiml => "TwiML",
            Self::Plivo => "Plivo XML",
        })
    }
}

impl Dialect {
    /// The largest document that its vendor takes, bytes. A larger one would fail there, whatever it
    /// does here.
    pub(super) fn largest_document(self) -> usize {
        match self {
            Self::Twiml => limits::TWIML_BYTES,
            Self::Plivo => limits::PLIVO_XML_BYTES,
        }
    }

    /// The dialect that the elements and attributes of a document belong to; `assumed` if they
    /// belong to both, or to neither.
    pub(super) fn of_document(root: &Element, assumed: Self) -> Self {
        let (mut twiml, mut plivo) = (false, false);
        let mut take = |within: &str, element: &Element| {
            let vendors = states::vendors(within, element);
            twiml |= vendors.twiml;
            plivo |= vendors.plivo;
        };
        for element in root.elements() {
            take("", element);
            element.elements().for_each(|inner| take(&element.name, inner));
        }
        match (twiml, plivo) {
            (true, false) => Self::Twiml,
            (false, true) => Self::Plivo,
            _ => assumed,
        }
    }
}
