//! Redirect, Hangup, Reject, Refer, SIPTransfer, and KAZOO's variables.

use super::entry::{Entry, both, limited, plivo, refused, twiml, works};

pub(super) const ALL: &[Entry] = &[
    both(&["Redirect"])
        .holds("/next")
        .note("empty is the document's own URL; relative URLs are taken in Plivo XML too; may hold KAZOO's `Variable`")
        .with(&[works("method")]),
    twiml(&["Hangup"]).note("answers, then ends, as at Twilio"),
    twiml(&["Hangup/Parameter"])
        .limited("taken, without effect")
        .with(&[limited("name", "no effect"), limited("value", "no effect")]),
    plivo(&["Hangup"])
        .note(
            "refuses a call that is not answered; without a reason a refusal as the first element, else an \
             ordinary end",
        )
        .with(&[
            works("reason").note("`rejected` is SIP 603, `busy` 486"),
            works("schedule").note("with nothing behind it ends the call at once"),
        ]),
    twiml(&["Reject"]).note("an answered call is ended").with(&[
        works("reason").note("`rejected` is SIP 603, `busy` 486"),
        refused("prompt", "KAZOO's: the caller hears the network's own announcement"),
    ]),
    twiml(&["Reject/Parameter"])
        .limited("taken, without effect")
        .with(&[limited("name", "no effect"), limited("value", "no effect")]),
    twiml(&["Refer"])
        .holds("<Sip>sip:alice@example.com</Sip>")
        .refused("calls are not referred: the document is refused")
        .with(&[refused("action", ""), refused("method", "")]),
    twiml(&["Refer/Sip"]).holds("sip:alice@example.com").refused("calls are not referred: the document is refused"),
    plivo(&["SIPTransfer"])
        .holds("sip:alice@example.com")
        .refused("calls are not referred: the document is refused"),
    twiml(&["Set"]).holds("<Variable key=\"a\" value=\"b\"/>").note("KAZOO's: 500 variables in one call, 4 KiB each"),
    twiml(&["Set/Variable", "Variable", "Redirect/Variable"])
        .note("KAZOO's: sent with every later request")
        .with(&[works("key"), works("name"), works("value")]),
];
