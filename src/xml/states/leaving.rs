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
        .note("answers, and waits up to 30 s for what the phone tells of its new call")
        .with(&[works("action"), works("method")]),
    twiml(&["Refer/Sip"])
        .holds("sip:alice@example.com")
        .limited("of the headers in the address only `X-…`; `transport` is honoured, `region` ignored"),
    plivo(&["SIPTransfer"])
        .holds("sip:alice@example.com")
        .note(
            "a call that is not answered is redirected (302, 300 for several addresses); an answered one is referred to one \
             address after the other, and goes on with the next element if none takes it",
        ),
    twiml(&["Set"]).holds("<Variable key=\"a\" value=\"b\"/>").note("KAZOO's: 500 variables in one call, 4 KiB each"),
    twiml(&["Set/Variable", "Variable", "Redirect/Variable"])
        .note("KAZOO's: sent with every later request")
        .with(&[works("key"), works("name"), works("value")]),
];
