//! `<Play>` (`reference/plivo.md` 4.2): Twilio's, whose further attributes do no harm here.

pub(in crate::xml) use crate::xml::twiml::play;
