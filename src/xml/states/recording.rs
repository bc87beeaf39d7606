//! Record, and what Start records and transcribes.

use super::entry::{Entry, limited, plivo, refused, twiml, works};

/// Where recordings go.
const OPERATOR: &str = "the operator decides where files go";

/// Nothing that needs a transcriber.
const NO_TRANSCRIPT: &str = "nothing is transcribed";

/// A verb that is left out.
const LEFT_OUT: &str = "left out: nothing is streamed, transcribed or recorded";

pub(super) const ALL: &[Entry] = &[
    twiml(&["Record"]).note("a recording of no length is told like any other").with(&[
        works("action"),
        works("method"),
        works("timeout"),
        works("finishOnKey"),
        works("maxLength").note("2 to 86,400 s"),
        works("playBeep"),
        refused("trim", "nothing is trimmed, by default neither"),
        works("recordingStatusCallback"),
        works("recordingStatusCallbackMethod"),
        limited("recordingStatusCallbackEvent", "`completed` only"),
        refused("transcribe", NO_TRANSCRIPT),
        refused("transcribeCallback", NO_TRANSCRIPT),
        refused("recordingConfigurationId", OPERATOR),
        limited("recordingChannels", "KAZOO's: always mono"),
        refused("recordingTrack", "the caller is recorded"),
        works("recordingUrl")
            .note("KAZOO's: the file is sent there by PUT ([MEDIA.md](MEDIA.md#uploads))"),
    ]),
    plivo(&["Record"]).with(&[
        works("action"),
        works("method"),
        works("redirect").note("with `false` the request is made and its answer ignored"),
        limited("fileFormat", "`wav` unless `mp3` is named, which needs FreeSWITCH's mod_shout"),
        works("timeout"),
        works("maxLength"),
        works("playBeep"),
        works("finishOnKey").note("one key or several"),
        refused("recordSession", "the call is not recorded, and the next element runs"),
        refused("startOnDialAnswer", "the call is not recorded, and the next element runs"),
        limited("recordChannelType", "always mono"),
        refused("transcriptionType", NO_TRANSCRIPT),
        refused("transcriptionUrl", NO_TRANSCRIPT),
        limited("transcriptionMethod", "no effect: nothing is transcribed"),
        limited("transcriptionReportType", "no effect: nothing is transcribed"),
        works("callbackUrl"),
        works("callbackMethod"),
        refused("filePath", OPERATOR),
        refused("fileName", OPERATOR),
        refused("bothLegs", OPERATOR),
    ]),
    twiml(&["Start/Recording"]).refused(LEFT_OUT).with(&[
        refused("name", ""),
        refused("recordingStatusCallback", ""),
        refused("recordingStatusCallbackMethod", ""),
        refused("recordingStatusCallbackEvent", ""),
        refused("trim", ""),
        refused("track", ""),
        refused("channels", ""),
        refused("recordingConfigurationId", ""),
    ]),
    twiml(&["Stop/Recording"]).refused(LEFT_OUT).with(&[refused("name", "")]),
    twiml(&["Start/Transcription"]).refused(LEFT_OUT).with(&[
        refused("name", ""),
        refused("statusCallbackUrl", ""),
        refused("statusCallbackMethod", ""),
        refused("languageCode", ""),
        refused("track", ""),
        refused("inboundTrackLabel", ""),
        refused("outboundTrackLabel", ""),
        refused("transcriptionEngine", ""),
        refused("speechModel", ""),
        refused("enableProviderData", ""),
        refused("profanityFilter", ""),
        refused("partialResults", ""),
        refused("hints", ""),
        refused("enableAutomaticPunctuation", ""),
        refused("intelligenceService", ""),
        refused("conversationConfiguration", ""),
        refused("conversationId", ""),
    ]),
    twiml(&["Start/Transcription/Config", "Start/Transcription/Parameter"])
        .refused(LEFT_OUT)
        .with(&[refused("name", ""), refused("value", "")]),
    twiml(&["Stop/Transcription"]).refused(LEFT_OUT).with(&[refused("name", "")]),
];
