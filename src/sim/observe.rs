//! What an onlooker of a simulated call sees and hears, in order and with simulated time.

use std::{fmt, time::Duration};

/// One thing that was observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Simulated time since the caller dialled.
    pub at: Duration,
    /// What.
    pub what: Seen,
}

/// What can be observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The caller hears ringing (180).
    Ringing,
    /// The caller hears early media (183).
    EarlyMedia,
    /// The call was answered (200).
    Answered,
    /// The caller began to hear something.
    Started(Prompt),
    /// The caller heard something to its end.
    Finished(Prompt),
    /// Something that the caller heard was cut off: by a key, a break or a hangup.
    Interrupted {
        /// What.
        prompt: Prompt,
        /// How much of it was heard.
        after: Duration,
    },
    /// The switch could not play something.
    NotFound(Prompt),
    /// The caller typed a key.
    Typed(char),
    /// The caller began or ceased to make a sound.
    Sound(bool),
    /// The caller has said these words.
    Said(String),
    /// The switch began to record the caller.
    Recording(String),
    /// The switch began to record the call beside what it does.
    RecordingBeside {
        /// The recording's path on the switch.
        path: String,
        /// Whose voices it holds.
        holds: String,
    },
    /// A recording ended.
    Recorded {
        /// Its path on the switch.
        path: String,
        /// Its length.
        length: Duration,
    },
    /// The caller's phone is asked to call another address (REFER).
    Referred(String),
    /// The caller's phone is told to try other addresses (302, or 300 for several).
    Redirected(String),
    /// The caller hears himself, or no longer does.
    Echo(bool),
    /// The switch sent keys to the far end of the caller's leg.
    KeysSent(String),
    /// The switch sent keys to the far end of a dialled leg.
    LegKeysSent {
        /// Whom the leg is for.
        to: String,
        /// Which keys.
        keys: String,
    },
    /// The call's sound goes elsewhere from now on: by what.
    Streamed(String),
    /// It does not any more.
    StreamedNoMore,
    /// A leg is being dialled.
    Dialled {
        /// Whom: number or SIP URI as in the dial string.
        to: String,
        /// The caller's number that the callee sees.
        from: String,
    },
    /// A dialled leg rings.
    LegRinging(String),
    /// A dialled leg was answered.
    LegAnswered(String),
    /// The party of a leg that is attended to before it is connected heard or did something.
    OfLeg {
        /// Whom the leg is for.
        to: String,
        /// What.
        what: Box<Seen>,
    },
    /// A dialled leg ended.
    LegEnded {
        /// Whom it was for.
        to: String,
        /// Why it ended.
        cause: String,
    },
    /// Caller and callee talk to each other.
    Bridged(String),
    /// Caller and callee no longer talk to each other.
    Unbridged(String),
    /// The caller is in a conference.
    Conferring {
        /// Its name on the switch.
        room: String,
        /// Whether the others do not hear the caller.
        muted: bool,
    },
    /// The caller has left a conference.
    NoLongerConferring(String),
    /// The members of the caller's conference, or the caller alone, begin to hear something.
    HeardInConference(Prompt),
    /// The caller hears another member begin or cease to speak.
    HearsMember {
        /// The other's number.
        number: String,
        /// Begin or cease.
        on: bool,
    },
    /// The channel left `socket` for another place of the dialplan.
    Transferred(String),
    /// The server's connection ended while the call lived; the dialplan went on.
    ContinuedDialplan,
    /// The call ended.
    HungUp {
        /// FreeSWITCH's cause.
        cause: String,
        /// SIP code that the caller saw: the final response, or 200 for a BYE.
        code: u16,
        /// Who ended it.
        by: Party,
    },
    /// The scripted caller waited in vain.
    GaveUp(String),
    /// A fault was made on purpose.
    Fault(String),
}

/// What the caller hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// Text to speech.
    Speech {
        /// The voice.
        voice: String,
        /// The text.
        text: String,
    },
    /// A file or URL.
    File(String),
    /// A tone.
    Tone(String),
    /// Silence.
    Silence(Duration),
}

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// The caller.
    Caller,
    /// The callee, by ending a bridge after which the caller's leg ends too.
    Callee,
    /// The server under test, by an order to the switch.
    Server,
    /// The switch on its own account.
    Switch,
}

impl Prompt {
    /// Whether the prompt is about that text: in its words, path or tone, without regard to case.
    pub fn mentions(&self, text: &str) -> bool {
        self.to_string().to_lowercase().contains(&text.to_lowercase())
    }
}

impl Observation {
    /// The observation as one line with its time in seconds, for a display or a golden file.
    pub fn line(&self) -> String {
        format!("{:>7.2}s  {}", self.at.as_secs_f64(), self.what)
    }
}

/// Observations as text, one line each and without times: the stable form for golden files.
pub fn transcript<'a>(observations: impl IntoIterator<Item = &'a Observation>) -> String {
    observations.into_iter().map(|seen| format!("{}\n", seen.what)).collect()
}

impl fmt::Display for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line())
    }
}

impl fmt::Display for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Speech { voice, text } => write!(f, "say [{voice}] {text:?}"),
            Self::File(path) => write!(f, "play {path}"),
            Self::Tone(tone) => write!(f, "tone {tone}"),
            Self::Silence(length) => write!(f, "silence {}", seconds(*length)),
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ringing => f.write_str("ringing"),
            Self::EarlyMedia => f.write_str("early media"),
            Self::Answered => f.write_str("answered"),
            Self::Started(prompt) => write!(f, "hears {prompt}"),
            Self::Finished(prompt) => write!(f, "heard all of {prompt}"),
            Self::Interrupted { prompt, .. } => write!(f, "heard part of {prompt}"),
            Self::NotFound(prompt) => write!(f, "nothing there: {prompt}"),
            Self::Typed(key) => write!(f, "types {key}"),
            Self::Sound(true) => f.write_str("speaks"),
            Self::Sound(false) => f.write_str("is silent"),
            Self::Said(words) => write!(f, "said {words:?}"),
            Self::Recording(path) => write!(f, "recording {path}"),
            Self::RecordingBeside { path, holds } => {
                write!(f, "recording {path} beside the call ({holds})")
            }
            Self::Recorded { path, length } => write!(f, "recorded {} of {path}", seconds(*length)),
            Self::Referred(to) => write!(f, "is sent to {to} (REFER)"),
            Self::Redirected(to) => write!(f, "is told to try {to}"),
            Self::Echo(true) => f.write_str("hears an echo"),
            Self::Echo(false) => f.write_str("no longer hears an echo"),
            Self::KeysSent(keys) => write!(f, "is sent keys {keys}"),
            Self::Streamed(by) => write!(f, "is streamed by {by}"),
            Self::StreamedNoMore => f.write_str("is streamed no more"),
            Self::LegKeysSent { to, keys } => write!(f, "{to} is sent keys {keys}"),
            Self::Dialled { to, from } => write!(f, "dialling {to} as {from}"),
            Self::LegRinging(to) => write!(f, "{to} rings"),
            Self::LegAnswered(to) => write!(f, "{to} answers"),
            Self::OfLeg { to, what } => write!(f, "{to}: {what}"),
            Self::LegEnded { to, cause } => write!(f, "{to} ended: {cause}"),
            Self::Bridged(to) => write!(f, "talks to {to}"),
            Self::Unbridged(to) => write!(f, "no longer talks to {to}"),
            // Names of conferences are drawn anew for each.
            Self::Conferring { muted: false, .. } => f.write_str("is in a conference"),
            Self::Conferring { muted: true, .. } => f.write_str("is in a conference, muted"),
            Self::NoLongerConferring(_) => f.write_str("is no longer in the conference"),
            Self::HeardInConference(prompt) => write!(f, "hears {prompt} in the conference"),
            Self::HearsMember { number, on: true } => write!(f, "hears {number} speak"),
            Self::HearsMember { number, on: false } => write!(f, "hears {number} no longer"),
            Self::Transferred(to) => write!(f, "transferred to {to}"),
            Self::ContinuedDialplan => f.write_str("dialplan continues"),
            Self::HungUp { cause, code, by } => write!(f, "hung up by {by}: {cause} ({code})"),
            Self::GaveUp(what) => write!(f, "gave up waiting: {what}"),
            Self::Fault(what) => write!(f, "fault: {what}"),
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Caller => "caller",
            Self::Callee => "callee",
            Self::Server => "server",
            Self::Switch => "switch",
        })
    }
}

/// A length with one decimal: what stays the same from run to run.
fn seconds(length: Duration) -> String {
    format!("{:.1}s", length.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_when_and_what() {
        let prompt = Prompt::Speech { voice: "slt".into(), text: "Welcome".into() };
        let seen = Observation { at: Duration::from_millis(1_240), what: Seen::Started(prompt) };
        assert_eq!(seen.line(), "   1.24s  hears say [slt] \"Welcome\"");
        assert_eq!(transcript([&seen]), "hears say [slt] \"Welcome\"\n");
    }
}
