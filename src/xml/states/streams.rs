//! Streams, SIPREC, Connect's sessions, and Echo.

use super::entry::{Attribute, Entry, limited, plivo, refused, twiml};

/// A verb beside the call.
const LEFT_OUT: &str = "left out: nothing is streamed, transcribed or recorded";
/// A verb that the rest of a document rests on.
const NEEDED: &str =
    "the document is refused: without its session it would do something else than it says";
/// A product of Twilio's own.
const TWILIOS: &str = "a product of Twilio's own: the document is refused";

pub(super) const ALL: &[Entry] = &[
    twiml(&["Start", "Stop"]).note("each noun for itself").holds("<Stream name=\"a\"/>").with(&[
        limited("action", "no effect, as at Twilio"),
        limited("method", "no effect, as at Twilio"),
    ]),
    twiml(&["Start/Stream"]).refused(LEFT_OUT).with(STREAM),
    twiml(&["Stop/Stream"]).refused(LEFT_OUT).with(&[refused("name", "")]),
    twiml(&["Start/Stream/Parameter", "Connect/Stream/Parameter", "Start/Siprec/Parameter"])
        .refused(LEFT_OUT)
        .with(&[refused("name", ""), refused("value", "")]),
    twiml(&["Start/Siprec"]).refused(LEFT_OUT).with(&[
        refused("name", ""),
        refused("connectorName", ""),
        refused("track", ""),
        refused("statusCallback", ""),
        refused("statusCallbackMethod", ""),
    ]),
    twiml(&["Stop/Siprec"]).refused(LEFT_OUT).with(&[refused("name", "")]),
    twiml(&["Connect"])
        .holds("<Stream url=\"wss://example.com/audio\"/>")
        .refused(NEEDED)
        .with(&[refused("action", ""), refused("method", "")]),
    twiml(&["Connect/Stream"]).refused(NEEDED).with(STREAM),
    twiml(&["Connect/ConversationRelay"]).refused(TWILIOS).with(RELAY),
    twiml(&["Connect/ConversationRelay/Language"]).refused(TWILIOS).with(&[
        refused("code", ""),
        refused("ttsProvider", ""),
        refused("voice", ""),
        refused("transcriptionProvider", ""),
        refused("speechModel", ""),
        refused("hints", ""),
        refused("asrSmartFormat", ""),
        refused("ttsTextNormalization", ""),
        refused("ttsLanguageTextNormalization", ""),
    ]),
    twiml(&[
        "Connect/ConversationRelay/Parameter",
        "Connect/VirtualAgent/Parameter",
        "Connect/VirtualAgent/Config",
    ])
    .refused(TWILIOS)
    .with(&[refused("name", ""), refused("value", "")]),
    twiml(&["Connect/Room"])
        .holds("room")
        .refused(TWILIOS)
        .with(&[refused("participantIdentity", "")]),
    twiml(&["Connect/VirtualAgent"]).refused(TWILIOS).with(&[
        refused("connectorName", ""),
        refused("language", ""),
        refused("sentimentAnalysis", ""),
        refused("statusCallback", ""),
        refused("statusCallbackMethod", ""),
    ]),
    twiml(&["Connect/Autopilot"]).holds("assistant").refused(TWILIOS),
    twiml(&["Connect/AiSession"])
        .refused(TWILIOS)
        .with(&[refused("aiConnector", ""), refused("aiSessionConfiguration", "")]),
    twiml(&["Connect/ConversationRelaySession"])
        .refused(TWILIOS)
        .with(&[refused("connector", ""), refused("sessionConfiguration", "")]),
    twiml(&["Connect/Conversation"]).refused(TWILIOS).with(&[
        refused("serviceInstanceSid", ""),
        refused("inboundAutocreation", ""),
        refused("routingAssignmentTimeout", ""),
        refused("inboundTimeout", ""),
        refused("url", ""),
        refused("method", ""),
        refused("record", ""),
        refused("trim", ""),
        refused("recordingStatusCallback", ""),
        refused("recordingStatusCallbackMethod", ""),
        refused("recordingStatusCallbackEvent", ""),
        refused("statusCallback", ""),
        refused("statusCallbackMethod", ""),
        refused("statusCallbackEvent", ""),
    ]),
    twiml(&["Echo"]).refused(NEEDED).with(&[refused("timeout", "")]),
    plivo(&["Stream"])
        .holds("wss://example.com/audio")
        .refused("left out: nothing is streamed; with `keepCallAlive` the document is refused")
        .with(&[
            refused("bidirectional", ""),
            refused("audioTrack", ""),
            refused("streamTimeout", ""),
            refused("contentType", ""),
            refused("keepCallAlive", ""),
            refused("extraHeaders", ""),
            refused("statusCallbackUrl", ""),
            refused("statusCallbackMethod", ""),
            refused("noiseCancellation", ""),
            refused("noiseCancellationLevel", ""),
        ]),
];

const STREAM: &[Attribute] = &[
    refused("url", ""),
    refused("name", ""),
    refused("track", ""),
    refused("statusCallback", ""),
    refused("statusCallbackMethod", ""),
    refused("connectorName", ""),
    refused("audioFormat", ""),
    refused("sampleRate", ""),
];

const RELAY: &[Attribute] = &[
    refused("url", ""),
    refused("welcomeGreeting", ""),
    refused("welcomeGreetingInterruptible", ""),
    refused("language", ""),
    refused("ttsLanguage", ""),
    refused("ttsProvider", ""),
    refused("voice", ""),
    refused("transcriptionLanguage", ""),
    refused("transcriptionProvider", ""),
    refused("speechModel", ""),
    refused("interruptible", ""),
    refused("interruptSensitivity", ""),
    refused("dtmfDetection", ""),
    refused("reportInputDuringAgentSpeech", ""),
    refused("preemptible", ""),
    refused("hints", ""),
    refused("debug", ""),
    refused("elevenlabsTextNormalization", ""),
    refused("intelligenceService", ""),
    refused("profanityFilter", ""),
    refused("partialPrompts", ""),
    refused("backgroundNoiseReduction", ""),
    refused("speechTimeout", ""),
    refused("deepgramSmartFormat", ""),
    refused("ignoreBackchannel", ""),
    refused("events", ""),
    refused("partialPromptOnHangup", ""),
    refused("eagerEotThreshold", ""),
    refused("asrSmartFormat", ""),
    refused("ttsTextNormalization", ""),
    refused("ttsLanguageTextNormalization", ""),
    refused("elevenlabsLanguageTextNormalization", ""),
    refused("includeInPrompt", ""),
    refused("customerName", ""),
    refused("applicationReconnect", ""),
    refused("echoPromptFiltering", ""),
    refused("turnDetection", ""),
];
