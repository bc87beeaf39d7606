//! Dial and its nouns, but for conferences and queues.

use super::entry::{Attribute, Entry, limited, plivo, refused, twiml, works};

/// What a document for the called side needs.
const AT_ONCE: &str = "the leg is connected as soon as it answers";
/// What telling about a leg needs.
const NOT_TOLD: &str = "no effect: the leg's progress is not told";
/// What asks for a machine's detection.
const NO_DETECTION: &str = "no effect: a machine is connected like a person";
/// Credentials of a leg.
const OWN_CREDENTIALS: &str = "the switch's own credentials are used";
/// The way of a leg.
const OWN_GATEWAYS: &str = "the operator's gateways are used";
/// A noun that reaches nobody.
const NOT_DIALLED: &str = "not dialled; a Dial with nobody else fails at once";

pub(super) const ALL: &[Entry] = &[
    twiml(&["Dial"])
        .holds("+14155550100")
        .note("up to 30 legs; the document always goes on after a dial")
        .with(&[
            works("action"),
            works("method"),
            works("timeout").note("kept to the second"),
            works("timeLimit"),
            works("callerId").note("`client:NAME` shows the name; what breaks a header is left out"),
            works("answerOnBridge"),
            works("hangupOnStar"),
            works("ringTone").note(
                "without one the caller hears what the called side sends (one leg at a time), else ringing",
            ),
            works("record").note("until the dial ends"),
            limited("trim", super::recording::TRIM),
            works("recordingTrack"),
            works("recordingStatusCallback"),
            works("recordingStatusCallbackMethod"),
            works("recordingStatusCallbackEvent"),
            limited("recordingConfigurationId", super::recording::OPERATOR),
            works("sequential"),
            refused("referUrl", "the called side cannot transfer the call to a document"),
            limited("referMethod", "no effect"),
            limited("callReason", "no effect: it is not sent"),
            limited("events", "no effect"),
            refused("passports", "they are not sent"),
            works("hangupOn").note("KAZOO's"),
            works("strategy").note("KAZOO's"),
            limited("continueOnFail", "KAZOO's: always `true`"),
        ]),
    twiml(&["Dial/Number"]).holds("+14155550100").note("through `dial.gateways`").with(NUMBER),
    twiml(&["Dial/Sip"])
        .holds("sip:alice@example.com")
        .limited(
            "`transport` is honoured, `region` ignored. Headers: `X-…` only, sent to every leg of the Dial",
        )
        .with(SIP),
    twiml(&["Dial/Sip/Uri"]).holds("sip:alice@example.com").refused(NOT_DIALLED).with(&[
        refused("priority", ""),
        refused("weight", ""),
        refused("username", ""),
        refused("password", ""),
    ]),
    twiml(&["Dial/Sip/Headers"]).refused(NOT_DIALLED),
    twiml(&["Dial/Sip/Headers/Header"])
        .refused(NOT_DIALLED)
        .with(&[refused("name", ""), refused("value", "")]),
    twiml(&["Dial/Client"])
        .holds("alice")
        .note("a user registered at the switch, in `dial.user_domain` unless it has a domain")
        .with(CLIENT),
    twiml(&["Dial/Client/Identity"]).holds("alice"),
    twiml(&["Dial/Client/Parameter"])
        .refused("not passed on to the client")
        .with(&[refused("name", ""), refused("value", "")]),
    twiml(&["Dial/User"]).holds("alice").note("KAZOO's: as `Client`").with(CLIENT),
    twiml(&["Dial/Application"]).refused(NOT_DIALLED).with(&[
        refused("customerId", ""),
        refused("copyParentTo", ""),
        refused("url", ""),
        refused("method", ""),
        refused("statusCallback", ""),
        refused("statusCallbackEvent", ""),
        refused("statusCallbackMethod", ""),
    ]),
    twiml(&["Dial/Application/ApplicationSid"]).holds("AP00000000000000000000000000000001").refused(NOT_DIALLED),
    twiml(&["Dial/Application/Parameter"])
        .refused(NOT_DIALLED)
        .with(&[refused("name", ""), refused("value", "")]),
    twiml(&["Dial/Sim"]).holds("DE00000000000000000000000000000001").refused(NOT_DIALLED),
    twiml(&["Dial/WhatsApp"]).holds("+14155550100").refused(NOT_DIALLED).with(&[
        refused("url", ""),
        refused("method", ""),
        refused("statusCallback", ""),
        refused("statusCallbackEvent", ""),
        refused("statusCallbackMethod", ""),
    ]),
    twiml(&["Dial/Device"]).holds("0a1b").refused(NOT_DIALLED),
    plivo(&["Dial"])
        .holds("<Number>14155550100</Number>")
        .note("up to 30 legs; does not answer, the first leg that answers does")
        .with(&[
            works("action"),
            works("method"),
            works("redirect").note("with `false` the request is made and its answer ignored"),
            works("hangupOnStar"),
            works("timeLimit"),
            works("timeout").note("without it `dial.timeout_s`"),
            works("callerId"),
            works("callerName"),
            refused("confirmSound", AT_ONCE),
            refused("confirmKey", AT_ONCE),
            limited("confirmTimeout", "no effect: the leg is connected as soon as it answers"),
            limited(
                "dialMusic",
                "`real` (one leg), `none`, or the URL of an mp3 or wav, fetched before the first leg is dialled; \
                 a document with music is not fetched",
            ),
            refused("callbackUrl", "only action is requested, at the end"),
            limited("callbackMethod", "no effect: only action is requested, at the end"),
            refused("digitsMatch", "the keys are not told"),
            limited("digitsMatchBLeg", "no effect: the keys are not told"),
            works("sipHeaders").note("`X-PH-…`, sent to every leg"),
            limited("callType", "no effect: every call is a voice call"),
            refused("machineDetection", "a machine is connected like a person"),
        ]),
    plivo(&["Dial/Number"]).holds("14155550100").with(&[
        limited("sendDigits", "`@ms` is ignored"),
        refused("sendOnPreanswer", "the keys are sent once the leg has answered"),
        limited("sendDigitsMode", "no effect: the switch decides"),
        limited("sipHeaders", "sent to every leg of the Dial"),
        refused("callerId", "the caller id of the Dial is shown"),
        refused("callerName", "the caller id of the Dial is shown"),
        refused("gateways", OWN_GATEWAYS),
        refused("gatewayCodecs", OWN_GATEWAYS),
        refused("gatewayTimeouts", OWN_GATEWAYS),
        refused("gatewayRetries", OWN_GATEWAYS),
        refused("extraDialString", OWN_GATEWAYS),
        refused("sipAuthUsername", OWN_CREDENTIALS),
        refused("sipAuthPassword", OWN_CREDENTIALS),
    ]),
    plivo(&["Dial/User"])
        .holds("sip:alice@example.com")
        .note("without `@` a user registered at the switch")
        .with(&[
            limited("sendDigits", "`@ms` is ignored"),
            refused("sendOnPreanswer", "the keys are sent once the leg has answered"),
            limited("sipHeaders", "sent to every leg of the Dial"),
            refused("callerId", "the caller id of the Dial is shown"),
            refused("callerName", "the caller id of the Dial is shown"),
            refused("sipAuthUsername", OWN_CREDENTIALS),
            refused("sipAuthPassword", OWN_CREDENTIALS),
            limited("sendDigitsMode", "no effect: the switch decides"),
            refused("gateways", OWN_GATEWAYS),
            refused("gatewayCodecs", OWN_GATEWAYS),
            refused("gatewayTimeouts", OWN_GATEWAYS),
            refused("gatewayRetries", OWN_GATEWAYS),
            refused("extraDialString", OWN_GATEWAYS),
        ]),
];

const NUMBER: &[Attribute] = &[
    works("sendDigits"),
    refused("url", AT_ONCE),
    limited("method", "no effect: the leg is connected as soon as it answers"),
    refused("statusCallback", "the leg's progress is not told"),
    limited("statusCallbackEvent", NOT_TOLD),
    limited("statusCallbackMethod", NOT_TOLD),
    refused("machineDetection", "a machine is connected like a person"),
    limited("machineDetectionTimeout", NO_DETECTION),
    limited("machineDetectionSpeechThreshold", NO_DETECTION),
    limited("machineDetectionSpeechEndThreshold", NO_DETECTION),
    limited("machineDetectionSilenceTimeout", NO_DETECTION),
    limited("amdStatusCallback", NO_DETECTION),
    limited("amdStatusCallbackMethod", NO_DETECTION),
    refused("byoc", OWN_GATEWAYS),
];

const SIP: &[Attribute] = &[
    works("sendDigits"),
    refused("username", OWN_CREDENTIALS),
    refused("password", OWN_CREDENTIALS),
    refused("url", AT_ONCE),
    limited("method", "no effect: the leg is connected as soon as it answers"),
    refused("statusCallback", "the leg's progress is not told"),
    limited("statusCallbackEvent", NOT_TOLD),
    limited("statusCallbackMethod", NOT_TOLD),
    refused("machineDetection", "a machine is connected like a person"),
    limited("machineDetectionTimeout", NO_DETECTION),
    limited("machineDetectionSpeechThreshold", NO_DETECTION),
    limited("machineDetectionSpeechEndThreshold", NO_DETECTION),
    limited("machineDetectionSilenceTimeout", NO_DETECTION),
    limited("amdStatusCallback", NO_DETECTION),
    limited("amdStatusCallbackMethod", NO_DETECTION),
];

const CLIENT: &[Attribute] = &[
    works("sendDigits").note("KAZOO's"),
    refused("url", AT_ONCE),
    limited("method", "no effect: the leg is connected as soon as it answers"),
    refused("statusCallback", "the leg's progress is not told"),
    limited("statusCallbackEvent", NOT_TOLD),
    limited("statusCallbackMethod", NOT_TOLD),
    refused("clientNotificationUrl", "nobody is notified"),
    refused("machineDetection", "a machine is connected like a person"),
    limited("machineDetectionTimeout", NO_DETECTION),
    limited("machineDetectionSpeechThreshold", NO_DETECTION),
    limited("machineDetectionSpeechEndThreshold", NO_DETECTION),
    limited("machineDetectionSilenceTimeout", NO_DETECTION),
    limited("amdStatusCallback", NO_DETECTION),
    limited("amdStatusCallbackMethod", NO_DETECTION),
];
