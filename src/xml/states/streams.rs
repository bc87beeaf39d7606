//! Streams, SIPREC, Connect's sessions, and Echo.

use super::entry::{Attribute, Entry, limited, plivo, refused, twiml, works};

/// FreeSWITCH has no such client.
const SIPREC: &str = "left out: FreeSWITCH records to no SIPREC server";
/// What a stream beside the call needs.
const MODULE: &str = "needs a module that forks sound (`stream.start`, STREAMS.md): without one it is \
     told as `stream-error`, and the next verb runs";
/// What a stream that is waited for needs.
const UNICAST: &str = "by FreeSWITCH's own `unicast`, once in a call, or a module that plays \
     (STREAMS.md): without either it is told as `stream-error`, and the next verb or `action` follows";
/// A product of Twilio's own.
const TWILIOS: &str = "a product of Twilio's own: the document is refused";

/// What a stop does not need.
const BY_NAME: &str = "a stream is stopped by its name";

pub(super) const ALL: &[Entry] = &[
    twiml(&["Start", "Stop"]).note("each noun for itself").holds("<Stream name=\"a\"/>").with(&[
        limited("action", "no effect, as at Twilio"),
        limited("method", "no effect, as at Twilio"),
    ]),
    twiml(&["Start/Stream"]).limited(MODULE).with(STREAM),
    twiml(&["Stop/Stream"]).with(&[
        works("name").note("needed"),
        refused("url", BY_NAME),
        refused("track", BY_NAME),
        refused("statusCallback", BY_NAME),
        refused("statusCallbackMethod", BY_NAME),
    ]),
    twiml(&["Start/Stream/Parameter", "Connect/Stream/Parameter"])
        .note("`customParameters` of the message `start`; under 500 characters")
        .with(&[works("name"), works("value")]),
    twiml(&["Start/Siprec/Parameter"])
        .refused(SIPREC)
        .with(&[refused("name", ""), refused("value", "")]),
    twiml(&["Start/Siprec"]).refused(SIPREC).with(&[
        refused("name", ""),
        refused("connectorName", ""),
        refused("track", ""),
        refused("statusCallback", ""),
        refused("statusCallbackMethod", ""),
    ]),
    twiml(&["Stop/Siprec"]).refused(SIPREC).with(&[refused("name", "")]),
    twiml(&["Connect"])
        .holds("<Stream url=\"wss://example.com/audio\"/>")
        .note("the first noun counts; the next verb, or `action`, follows when the session ends")
        .with(&[works("action"), works("method")]),
    twiml(&["Connect/Stream"]).limited(UNICAST).with(STREAM),
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
    twiml(&["Echo"]).note("until the caller hangs up").with(&[works("timeout")
        .note("SignalWire's: for so many seconds, up to 14,400; then the next verb")]),
    plivo(&["Stream"])
        .holds("wss://example.com/audio")
        .limited("with `keepCallAlive` as `Connect/Stream`, without it as `Start/Stream`; one beside the call")
        .with(&[
            works("bidirectional"),
            works("audioTrack").note("`inbound` alone if bidirectional, or with FreeSWITCH's `unicast`"),
            works("streamTimeout"),
            limited("contentType", "`rate=24000` is taken for the default"),
            works("keepCallAlive"),
            works("extraHeaders").note("in every message, as `k=v;k=v`"),
            works("statusCallbackUrl")
                .note("`StartStream`, `StopStream`, `DroppedStream`, `DegradedStream`"),
            works("statusCallbackMethod"),
            refused("noiseCancellation", "the sound is sent as it is"),
            refused("noiseCancellationLevel", "the sound is sent as it is"),
        ]),
];

const STREAM: &[Attribute] = &[
    limited("url", "`wss`, and `ws` for tests; a query is sent, although Twilio forbids it"),
    works("name").note("of one stream at a time"),
    works("track").note("in `Connect` always the inbound one"),
    works("statusCallback").note("`stream-started`, `stream-stopped`, `stream-error`"),
    works("statusCallbackMethod"),
    refused("connectorName", "the stream goes to its `url`"),
    refused("audioFormat", "sound travels as µ-law"),
    refused("sampleRate", "sound travels at 8,000 Hz"),
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
