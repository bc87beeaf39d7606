//! Record, and what Start records and transcribes.

use super::entry::{Entry, limited, plivo, refused, twiml, works};

/// Where recordings go.
pub(super) const OPERATOR: &str = "the operator decides where files go";

/// What names a place for recordings.
pub(super) const NO_STORE: &str = "no effect: the operator decides where files go";

/// Where silence is cut.
pub(super) const TRIM: &str = "of WAV files, where the operator lets Pivot write them ([MEDIA.md](MEDIA.md#trimming)); durations \
                    are those before";

/// Who transcribes.
const TRANSCRIBER: &str = "by the operator's command `transcription.command`; without one, a failure \
                           is told";

/// A verb that is left out.
const LEFT_OUT: &str = "left out: nothing is streamed, transcribed or recorded";

pub(super) const ALL: &[Entry] = &[
    twiml(&["Record"])
        .note("`action` is told of a recording of no length like of any other")
        .with(&[
        works("action"),
        works("method"),
        works("timeout"),
        works("finishOnKey"),
        works("maxLength").note("2 to 86,400 s"),
        works("playBeep"),
        limited("trim", TRIM),
        works("recordingStatusCallback"),
        works("recordingStatusCallbackMethod"),
        works("recordingStatusCallbackEvent").note("`absent` is a recording of no length"),
        limited("transcribe", TRANSCRIBER),
        works("transcribeCallback").note("implies `transcribe`; 2 to 120 s; no `TranscriptionUrl`"),
        limited("recordingConfigurationId", NO_STORE),
        limited("recordingChannels", "KAZOO's: no effect, always mono"),
        refused("recordingTrack", "the caller is recorded"),
        works("recordingUrl")
            .note("KAZOO's: the file is sent there by PUT ([MEDIA.md](MEDIA.md#uploads))"),
    ]),
    plivo(&["Record"]).with(&[
        works("action"),
        works("method"),
        works("redirect").note("with `false` the request is made and its answer ignored"),
        limited(
            "fileFormat",
            "`wav` unless `mp3` is named; a FreeSWITCH without mod_shout records wav, which the trace \
             and the URL say",
        ),
        works("timeout"),
        works("maxLength"),
        works("playBeep"),
        works("finishOnKey").note("one key or several"),
        works("recordSession").note("until `maxLength`; `action` is requested at once"),
        works("startOnDialAnswer").note("until `maxLength`; `action` is requested at once"),
        works("recordChannelType").note("`stereo` unless given, for recordings beside the call"),
        limited("transcriptionType", "always `auto`: no person transcribes"),
        limited("transcriptionUrl", TRANSCRIBER),
        works("transcriptionMethod"),
        limited("transcriptionReportType", "no effect: the text alone is told"),
        works("callbackUrl"),
        works("callbackMethod"),
        refused("filePath", OPERATOR),
        refused("fileName", OPERATOR),
        refused("bothLegs", OPERATOR),
    ]),
    twiml(&["Start/Recording"]).note("several at once, up to 8").with(&[
        works("name"),
        works("recordingStatusCallback"),
        works("recordingStatusCallbackMethod"),
        works("recordingStatusCallbackEvent"),
        limited("trim", TRIM),
        works("track"),
        works("channels"),
        limited("recordingConfigurationId", NO_STORE),
    ]),
    twiml(&["Stop/Recording"])
        .note("without a name, the one that was begun last")
        .with(&[works("name")]),
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
