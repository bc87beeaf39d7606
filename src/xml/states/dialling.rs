//! Dial and its nouns, but for conferences and queues.

use super::entry::{Attribute, Entry, limited, plivo, refused, twiml, works};

/// What a machine is told by.
const DETECTION: &str = "by the length of what is said, before the leg is connected: a beep is not told from \
                         silence, nor a fax from a machine";
/// When a key of the caller's is not heard.
const UNHEARD: &str = "not while one waits for a Conference to begin, or for somebody in a Queue";
const UNHEARD_OTHERS: &str = "KAZOO's: where `hangupOnStar` acts";
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
            limited("hangupOnStar", UNHEARD),
            works("ringTone").note(
                "without one the caller hears what the called side sends (one leg at a time), else ringing",
            ),
            limited("record", "until the dial ends; no effect with a Conference, which has its own, and with a Queue"),
            limited("trim", super::recording::TRIM),
            works("recordingTrack"),
            works("recordingStatusCallback"),
            works("recordingStatusCallbackMethod"),
            works("recordingStatusCallbackEvent"),
            limited("recordingConfigurationId", super::recording::NO_STORE),
            works("sequential"),
            refused("referUrl", "the called side cannot transfer the call to a document"),
            limited("referMethod", "no effect, as `referUrl` has none"),
            limited("callReason", "no effect: it is not sent"),
            limited("events", "no effect: `statusCallbackEvent` of a noun says what is told"),
            refused("passports", "they are not sent"),
            limited("hangupOn", UNHEARD_OTHERS),
            works("strategy").note("KAZOO's"),
            limited("continueOnFail", "KAZOO's: always `true`"),
        ]),
    twiml(&["Dial/Number"]).holds("+14155550100").note("through `dial.gateways`").with(NUMBER),
    twiml(&["Dial/Sip"])
        .holds("sip:alice@example.com")
        .limited(
            "`transport` is honoured, `region` ignored. Headers are for this leg; with several legs a value \
             cannot hold `'`, `\"`, `\\`, brackets, `|`, `$` and `^`",
        )
        .with(SIP),
    twiml(&["Dial/Sip/Uri"])
        .holds("sip:alice@example.com")
        .limited("several are dialled together")
        .with(&[
            works("priority").note("the lowest first, where legs are dialled in turn"),
            works("weight"),
            works("username"),
            works("password"),
        ]),
    twiml(&["Dial/Sip/Headers"]).holds("<Header name=\"X-a\" value=\"1\"/>"),
    twiml(&["Dial/Sip/Headers/Header"]).with(&[works("name"), works("value")]),
    twiml(&["Dial/Client"])
        .holds("alice")
        .note("by `dial.client`, else a user registered at the switch, in `dial.user_domain` unless it has a domain")
        .with(CLIENT),
    twiml(&["Dial/Client/Identity"]).holds("alice"),
    twiml(&["Dial/Client/Parameter"])
        .note("as the header `X-NAME` of the leg")
        .with(&[works("name"), works("value")]),
    twiml(&["Dial/User"]).holds("alice").note("KAZOO's: a user registered at the switch").with(CLIENT),
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
            works("confirmSound").note("heard again every 5 s until the key is pressed"),
            works("confirmKey"),
            works("confirmTimeout").note("1 to 600 s"),
            limited(
                "dialMusic",
                "`real` (one leg), `none`, the URL of an mp3 or wav, or of a document whose Play and Wait are \
                 heard, fetched before the first leg is dialled; Speak is left out",
            ),
            limited("callbackUrl", "without `DialBLegBillRate` and `DialBLegTotalCost`: nothing is priced here"),
            works("callbackMethod"),
            works("digitsMatch").note("up to 50 patterns of 32 keys"),
            works("digitsMatchBLeg"),
            works("sipHeaders").note("`X-PH-…`, sent to every leg"),
            limited("callType", "no effect: every call is a voice call"),
            refused("machineDetection", "a machine is connected like a person"),
        ]),
    plivo(&["Dial/Number"]).holds("14155550100").with(&[
        works("sendDigits"),
        works("sendOnPreanswer"),
        limited("sendDigitsMode", "no effect: the switch decides"),
        works("sipHeaders"),
        works("callerId"),
        works("callerName"),
        refused("gateways", OWN_GATEWAYS),
        refused("gatewayCodecs", OWN_GATEWAYS),
        refused("gatewayTimeouts", OWN_GATEWAYS),
        refused("gatewayRetries", OWN_GATEWAYS),
        refused("extraDialString", OWN_GATEWAYS),
        works("sipAuthUsername"),
        works("sipAuthPassword"),
    ]),
    plivo(&["Dial/User"])
        .holds("sip:alice@example.com")
        .note("without `@` a user registered at the switch")
        .with(&[
            works("sendDigits"),
            works("sendOnPreanswer"),
            works("sipHeaders"),
            works("callerId"),
            works("callerName"),
            works("sipAuthUsername"),
            works("sipAuthPassword"),
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
    works("url").note(
        "Say, Play, Pause, Gather, Hangup, Redirect; without the document the leg is not connected",
    ),
    works("method"),
    works("statusCallback"),
    works("statusCallbackEvent"),
    works("statusCallbackMethod"),
    limited("machineDetection", DETECTION),
    works("machineDetectionTimeout"),
    works("machineDetectionSpeechThreshold"),
    works("machineDetectionSpeechEndThreshold"),
    works("machineDetectionSilenceTimeout"),
    works("amdStatusCallback"),
    works("amdStatusCallbackMethod"),
    refused("byoc", OWN_GATEWAYS),
];

const SIP: &[Attribute] = &[
    works("sendDigits"),
    works("username"),
    works("password"),
    works("url").note(
        "Say, Play, Pause, Gather, Hangup, Redirect; without the document the leg is not connected",
    ),
    works("method"),
    works("statusCallback"),
    works("statusCallbackEvent"),
    works("statusCallbackMethod"),
    limited("machineDetection", DETECTION),
    works("machineDetectionTimeout"),
    works("machineDetectionSpeechThreshold"),
    works("machineDetectionSpeechEndThreshold"),
    works("machineDetectionSilenceTimeout"),
    works("amdStatusCallback"),
    works("amdStatusCallbackMethod"),
];

const CLIENT: &[Attribute] = &[
    works("sendDigits").note("KAZOO's"),
    works("url").note(
        "Say, Play, Pause, Gather, Hangup, Redirect; without the document the leg is not connected",
    ),
    works("method"),
    works("statusCallback"),
    works("statusCallbackEvent"),
    works("statusCallbackMethod"),
    refused("clientNotificationUrl", "nobody is notified"),
    limited("machineDetection", DETECTION),
    works("machineDetectionTimeout"),
    works("machineDetectionSpeechThreshold"),
    works("machineDetectionSpeechEndThreshold"),
    works("machineDetectionSilenceTimeout"),
    works("amdStatusCallback"),
    works("amdStatusCallbackMethod"),
];
