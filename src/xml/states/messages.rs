//! Pay, Sms, Message and Notify.

use super::entry::{Entry, plivo, refused, twiml, works};

/// Taking payments.
const NO_PAYMENT: &str = "payments are not taken: the document is refused";
/// Sending texts.
const NO_MESSAGE: &str = "left out: no message is sent";

pub(super) const ALL: &[Entry] = &[
    twiml(&["Pay"]).refused(NO_PAYMENT).with(&[
        refused("input", ""),
        refused("action", ""),
        refused("bankAccountType", ""),
        refused("statusCallback", ""),
        refused("statusCallbackMethod", ""),
        refused("timeout", ""),
        refused("maxAttempts", ""),
        refused("securityCode", ""),
        refused("postalCode", ""),
        refused("minPostalCodeLength", ""),
        refused("paymentConnector", ""),
        refused("paymentMethod", ""),
        refused("tokenType", ""),
        refused("chargeAmount", ""),
        refused("currency", ""),
        refused("description", ""),
        refused("validCardTypes", ""),
        refused("language", ""),
    ]),
    twiml(&["Pay/Prompt", "Prompt"]).refused(NO_PAYMENT).with(&[
        refused("for", ""),
        refused("errorType", ""),
        refused("cardType", ""),
        refused("attempt", ""),
        refused("requireMatchingInputs", ""),
    ]),
    twiml(&["Pay/Parameter"])
        .refused(NO_PAYMENT)
        .with(&[refused("name", ""), refused("value", "")]),
    twiml(&["Annotate"]).refused("left out: nothing is annotated"),
    twiml(&["Sms"]).holds("Hello").refused(NO_MESSAGE).with(&[
        refused("to", ""),
        refused("from", ""),
        refused("action", ""),
        refused("method", ""),
        refused("statusCallback", ""),
    ]),
    plivo(&["Message"]).holds("Hello").refused(NO_MESSAGE).with(&[
        refused("src", ""),
        refused("dst", ""),
        refused("type", ""),
        refused("callbackUrl", ""),
        refused("callbackMethod", ""),
    ]),
    plivo(&["Notify"])
        .holds("https://example.com/notify")
        .note("the old framework's: asked beside the call; its answer is ignored")
        .with(&[works("method")]),
];
