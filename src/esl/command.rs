//! Commands as types. What comes from outside can only be a value inside one of them, and no value
//! can end its line: text that holds a line end, or is long, travels as a body.

use super::{ConferenceOrder, RoomName};
use crate::base::HangupCause;
use bytes::{BufMut, BytesMut};
use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

/// Longest argument that travels as a header, bytes. The switch reads headers at a system call for each
/// byte and a body at once (QUIRKS: byte-by-byte); the headers of a body are some 25 bytes longer.
const HEADER_ARGUMENT: usize = 25;

/// One command to FreeSWITCH.
#[derive(Clone, Debug, PartialEq)]
pub enum Command<'a> {
    /// Take the call over; the reply is the channel's data.
    Connect,
    /// Keep the connection after the hangup, for so many whole seconds. Without a number it would
    /// never end (QUIRKS: endless-linger), so there is always one.
    Linger(u32),
    /// Let only events pass whose header has this value. Several are an OR.
    Filter {
        /// Header name.
        header: &'static str,
        /// Its value; a UUID.
        value: &'a str,
    },
    /// Subscribe to events, in the plain format if no other was ever asked for.
    Subscribe(&'a [EventName]),
    /// Take a subscription back.
    Unsubscribe(&'a [EventName]),
    /// Run a dialplan application on the channel.
    Execute(Execute<'a>),
    /// Send the channel's sound to this UDP address, and play what comes back, while the channel is parked
    /// and runs nothing (QUIRKS: unicast-once, unicast-before-media).
    Unicast {
        /// Where the switch binds its end.
        local: IpAddr,
        /// Where it sends to.
        remote: SocketAddr,
    },
    /// Call an API function.
    Api(Api<'a>),
    /// Close the connection.
    Exit,
}

/// A dialplan application to run.
#[derive(Clone, Debug, PartialEq)]
pub struct Execute<'a> {
    /// Its name.
    pub application: &'static str,
    /// Its argument, verbatim.
    pub argument: &'a str,
    /// Comes back in `Application-UUID` of `CHANNEL_EXECUTE_COMPLETE`: the key to match them.
    pub id: &'a str,
}

/// An API function.
#[derive(Clone, Debug, PartialEq)]
pub enum Api<'a> {
    /// `uuid_answer`: answer a channel.
    Answer {
        /// The channel.
        uuid: &'a str,
    },
    /// `uuid_buglist`: what listens to a channel.
    BugList {
        /// The channel.
        uuid: &'a str,
    },
    /// `uuid_break`: stop the running playback, speech or recording.
    Break {
        /// The channel.
        uuid: &'a str,
    },
    /// `uuid_kill`: hang a channel up, whatever it is doing.
    Kill {
        /// The channel.
        uuid: &'a str,
        /// Why.
        cause: &'a HangupCause,
    },
    /// `uuid_setvar`: set a channel variable without expansion; `None` unsets it.
    SetVariable {
        /// The channel.
        uuid: &'a str,
        /// The variable.
        name: &'a VariableName,
        /// Its value.
        value: Option<&'a str>,
    },
    /// `uuid_setvar_multi`: set several channel variables at once, to words of our own: a `;` would
    /// end a value, and one with `${` is dropped by the switch.
    SetVariables {
        /// The channel.
        uuid: &'a str,
        /// Names and values.
        pairs: &'a [(&'static str, &'static str)],
    },
    /// A command that the operator has configured, filled in with words of our own.
    Configured(&'a str),
    /// `uuid_getvar`: read a channel variable (`_undef_` if it is not set).
    GetVariable {
        /// The channel.
        uuid: &'a str,
        /// The variable.
        name: &'a VariableName,
    },
    /// `uuid_send_dtmf`: send keys to the far end of a channel.
    SendDigits {
        /// The channel.
        uuid: &'a str,
        /// Keys and pauses (`w` half a second, `W` a second).
        digits: &'a str,
        /// Length of one key.
        each: Duration,
    },
    /// `conference`: tell a conference to do something.
    Conference {
        /// Which.
        room: &'a RoomName,
        /// What.
        order: ConferenceOrder<'a>,
    },
    /// `uuid_record`: record a channel beside what it does.
    Record {
        /// The channel.
        uuid: &'a str,
        /// What about it.
        order: RecordOrder<'a>,
        /// The file on the switch, by which a recording is known.
        path: &'a str,
    },
}

/// What is to become of a recording beside a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordOrder<'a> {
    /// It begins.
    Start {
        /// Whole seconds after which it ends by itself; 0 for never.
        limit_s: u64,
        /// What holds for this recording alone: `RECORD_STEREO`.
        options: &'a [(&'static str, &'static str)],
    },
    /// It ends.
    Stop,
    /// Silence is recorded from here on.
    Mask,
    /// What is heard is recorded again.
    Unmask,
}

/// The name of a channel variable: letters, digits and `_ - . :`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VariableName(String);

impl VariableName {
    /// Checks a name; `None` if it could not be one, or is longer than 128 characters.
    pub fn new(name: &str) -> Option<Self> {
        let fits = (1..=128).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.:".contains(&b));
        fits.then(|| Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! event_names {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Events that we can subscribe to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum EventName {
            $($(#[$doc])* $name,)*
        }

        impl EventName {
            /// FreeSWITCH's name of the event.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// The event of that name.
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$name),)*
                    _ => None,
                }
            }
        }
    };
}

event_names! {
    /// A leg was answered.
    Answer = "CHANNEL_ANSWER",
    /// Two legs were connected.
    Bridge = "CHANNEL_BRIDGE",
    /// Something happened in a conference. Names after it would be taken for further subclasses.
    Conference = "CUSTOM conference::maintenance",
    /// A recogniser has heard something of the caller.
    DetectedSpeech = "DETECTED_SPEECH",
    /// An application has ended.
    ExecuteComplete = "CHANNEL_EXECUTE_COMPLETE",
    /// A leg is over, with all that is known about it.
    HangupComplete = "CHANNEL_HANGUP_COMPLETE",
    /// A leg is ringing.
    Progress = "CHANNEL_PROGRESS",
    /// A leg sends early media.
    ProgressMedia = "CHANNEL_PROGRESS_MEDIA",
    /// A key was taken from the channel.
    Dtmf = "DTMF",
    /// A recording has ended.
    RecordStop = "RECORD_STOP",
}

impl Command<'_> {
    /// A short name for logs and errors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Linger(_) => "linger",
            Self::Filter { .. } => "filter",
            Self::Subscribe(_) => "event",
            Self::Unsubscribe(_) => "nixevent",
            Self::Execute(execute) => execute.application,
            Self::Api(Api::Answer { .. }) => "uuid_answer",
            Self::Api(Api::Break { .. }) => "uuid_break",
            Self::Api(Api::BugList { .. }) => "uuid_buglist",
            Self::Api(Api::Kill { .. }) => "uuid_kill",
            Self::Api(Api::SetVariable { .. }) => "uuid_setvar",
            Self::Api(Api::SetVariables { .. }) => "uuid_setvar_multi",
            Self::Api(Api::GetVariable { .. }) => "uuid_getvar",
            Self::Api(Api::SendDigits { .. }) => "uuid_send_dtmf",
            Self::Api(Api::Conference { .. }) => "conference",
            Self::Api(Api::Record { .. }) => "uuid_record",
            Self::Api(Api::Configured(_)) => "api",
            Self::Unicast { .. } => "unicast",
            Self::Exit => "exit",
        }
    }

    /// Writes the command as FreeSWITCH reads it.
    pub fn encode(&self, to: &mut BytesMut) {
        match self {
            Self::Connect => to.put_slice(b"connect"),
            Self::Linger(seconds) => {
                put(to, &["linger "]);
                put_word(to, &seconds.to_string());
            }
            Self::Filter { header, value } => {
                put(to, &["filter ", header, " "]);
                put_word(to, value);
            }
            Self::Subscribe(names) => {
                put(to, &["event"]);
                names.iter().for_each(|name| put(to, &[" ", name.as_str()]));
            }
            Self::Unsubscribe(names) => {
                put(to, &["nixevent"]);
                names.iter().for_each(|name| put(to, &[" ", name.as_str()]));
            }
            Self::Execute(execute) => return execute.encode(to),
            Self::Api(Api::Configured(text)) => {
                put(to, &["api "]);
                put_word(to, text);
            }
            Self::Api(api) => api.encode(to),
            Self::Unicast { local, remote } => {
                put(to, &["sendmsg\ncall-command:unicast\nlocal-ip:"]);
                put_word(to, &local.to_string());
                // Any free port of the switch's.
                put(to, &["\nlocal-port:0\nremote-ip:"]);
                put_word(to, &remote.ip().to_string());
                put(to, &["\nremote-port:"]);
                put_word(to, &remote.port().to_string());
                put(to, &["\ntransport:udp"]);
            }
            Self::Exit => to.put_slice(b"exit"),
        }
        to.put_slice(b"\n\n");
    }
}

impl Execute<'_> {
    fn encode(&self, to: &mut BytesMut) {
        // The switch reads a command byte by byte, at a system call each (QUIRKS: byte-by-byte), so
        // there is no blank that it does not need.
        put(to, &["sendmsg\ncall-command:execute\nexecute-app-name:", self.application, "\n"]);
        put(to, &["Event-UUID:"]);
        put_word(to, self.id);
        put(to, &["\n"]);
        let fits_a_line = self.argument.len() <= HEADER_ARGUMENT
            && !self.argument.bytes().any(|b| matches!(b, b'\n' | b'\r' | 0))
            && !self.argument.starts_with(' ');
        if self.argument.is_empty() {
            to.put_slice(b"\n");
        } else if fits_a_line {
            put(to, &["execute-app-arg:"]);
            to.put_slice(self.argument.as_bytes());
            to.put_slice(b"\n\n");
        } else {
            let length = self.argument.len().to_string();
            put(to, &["content-type:text/plain\ncontent-length:"]);
            put_word(to, &length);
            put(to, &["\n\n"]);
            to.put_slice(self.argument.as_bytes());
        }
    }
}

impl Api<'_> {
    fn encode(&self, to: &mut BytesMut) {
        let (function, uuid) = match self {
            Self::Answer { uuid } => ("api uuid_answer ", uuid),
            Self::Break { uuid } => ("api uuid_break ", uuid),
            Self::BugList { uuid } => ("api uuid_buglist ", uuid),
            Self::Kill { uuid, .. } => ("api uuid_kill ", uuid),
            Self::SetVariable { uuid, .. } => ("api uuid_setvar ", uuid),
            Self::SetVariables { uuid, .. } => ("api uuid_setvar_multi ", uuid),
            Self::GetVariable { uuid, .. } => ("api uuid_getvar ", uuid),
            Self::SendDigits { uuid, .. } => ("api uuid_send_dtmf ", uuid),
            Self::Conference { room, .. } => ("api conference ", &room.as_str()),
            Self::Record { uuid, .. } => ("api uuid_record ", uuid),
            // Written by the command, whole.
            Self::Configured(_) => return,
        };
        put(to, &[function]);
        put_word(to, uuid);
        if !matches!(self, Self::Answer { .. } | Self::Break { .. } | Self::BugList { .. }) {
            put(to, &[" "]);
        }
        match self {
            Self::Answer { .. }
            | Self::Break { .. }
            | Self::BugList { .. }
            | Self::Configured(_) => {}
            Self::Kill { cause, .. } => put_word(to, cause.as_str()),
            Self::GetVariable { name, .. } => put_word(to, name.as_str()),
            Self::SetVariable { name, value, .. } => {
                put_word(to, name.as_str());
                put(to, &[" "]);
                put_variable_value(to, value.unwrap_or_default());
            }
            Self::SetVariables { pairs, .. } => {
                for (at, (name, value)) in pairs.iter().enumerate() {
                    put(to, &[if at == 0 { "" } else { ";" }, name, "=", value]);
                }
            }
            Self::SendDigits { digits, each, .. } => {
                put_word(to, digits);
                put(to, &["@"]);
                put_word(to, &each.as_millis().to_string());
            }
            Self::Conference { order, .. } => order.encode(to),
            Self::Record { order, path, .. } => order.encode(path, to),
        }
    }
}

impl RecordOrder<'_> {
    fn encode(&self, path: &str, to: &mut BytesMut) {
        let word = match self {
            Self::Start { .. } => "start ",
            Self::Stop => "stop ",
            Self::Mask => "mask ",
            Self::Unmask => "unmask ",
        };
        put(to, &[word]);
        put_word(to, path);
        let Self::Start { limit_s, options } = self else { return };
        if *limit_s > 0 || !options.is_empty() {
            put(to, &[" "]);
            put_word(to, &limit_s.to_string());
        }
        for (at, (name, value)) in options.iter().enumerate() {
            put(to, &[if at == 0 { " {" } else { "," }, name, "=", value]);
        }
        if !options.is_empty() {
            put(to, &["}"]);
        }
    }
}

/// `uuid_setvar` drops quotes, reads backslash escapes and strips blanks at both ends
/// (QUIRKS: setvar-escapes); everything else arrives as it is.
fn put_variable_value(to: &mut BytesMut, value: &str) {
    let first = value.len() - value.trim_start_matches(' ').len();
    let last = value.trim_end_matches(' ').len();
    for (at, c) in value.char_indices() {
        match c {
            '\\' => to.put_slice(br"\\"),
            '\'' => to.put_slice(br"\'"),
            '\n' => to.put_slice(br"\n"),
            '\r' => to.put_slice(br"\r"),
            '\t' => to.put_slice(br"\t"),
            ' ' if at < first || at >= last => to.put_slice(br"\s"),
            c if c.is_control() => {}
            c => to.put_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// Writes a word that came from elsewhere (a UUID, keys): without control characters, so that it
/// cannot end the line.
fn put_word(to: &mut BytesMut, word: &str) {
    word.bytes().filter(|b| !b.is_ascii_control()).for_each(|b| to.put_u8(b));
}

/// Writes our own literals, line ends of the protocol included.
fn put(to: &mut BytesMut, parts: &[&'static str]) {
    parts.iter().for_each(|part| to.put_slice(part.as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(command: &Command<'_>) -> String {
        let mut bytes = BytesMut::new();
        command.encode(&mut bytes);
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn simple_commands_are_one_line_and_an_empty_one() {
        assert_eq!(written(&Command::Connect), "connect\n\n");
        assert_eq!(written(&Command::Linger(7)), "linger 7\n\n");
        let names = [EventName::Dtmf, EventName::HangupComplete];
        assert_eq!(written(&Command::Subscribe(&names)), "event DTMF CHANNEL_HANGUP_COMPLETE\n\n");
    }

    #[test]
    fn a_short_argument_is_a_header_and_one_with_line_ends_is_a_body() {
        let execute = Execute { application: "playback", argument: "a.wav", id: "7" };
        let long = Execute { argument: "/sounds/customers/0042/a.wav", ..execute };
        assert_eq!(
            written(&Command::Execute(execute.clone())),
            "sendmsg\ncall-command:execute\nexecute-app-name:playback\nEvent-UUID:7\n\
             execute-app-arg:a.wav\n\n"
        );
        let body = "\ncontent-length:28\n\n/sounds/customers/0042/a.wav";
        assert!(written(&Command::Execute(long)).ends_with(body));
        let evil = Execute { argument: "a\n\nexit\n\n", ..execute };
        assert_eq!(
            written(&Command::Execute(evil)),
            "sendmsg\ncall-command:execute\nexecute-app-name:playback\nEvent-UUID:7\n\
             content-type:text/plain\ncontent-length:9\n\na\n\nexit\n\n"
        );
    }

    #[test]
    fn a_recording_is_known_by_its_file() {
        let record =
            |order| written(&Command::Api(Api::Record { uuid: "u", order, path: "/r/a.wav" }));
        let options = [("RECORD_STEREO", "true"), ("RECORD_READ_ONLY", "true")];
        let start = |limit_s, options| record(RecordOrder::Start { limit_s, options });
        assert_eq!(start(0, &[]), "api uuid_record u start /r/a.wav\n\n");
        assert_eq!(start(60, &[]), "api uuid_record u start /r/a.wav 60\n\n");
        assert_eq!(
            start(0, &options),
            "api uuid_record u start /r/a.wav 0 {RECORD_STEREO=true,RECORD_READ_ONLY=true}\n\n"
        );
        assert_eq!(record(RecordOrder::Stop), "api uuid_record u stop /r/a.wav\n\n");
    }

    #[test]
    fn sound_goes_to_one_address_and_configured_commands_stay_in_their_line() {
        let (local, remote) =
            (IpAddr::from([127, 0, 0, 1]), SocketAddr::from(([127, 0, 0, 1], 4002)));
        assert_eq!(
            written(&Command::Unicast { local, remote }),
            "sendmsg\ncall-command:unicast\nlocal-ip:127.0.0.1\nlocal-port:0\nremote-ip:127.0.0.1\n\
             remote-port:4002\ntransport:udp\n\n"
        );
        let api = Api::Configured("uuid_audio_stream u\n\nexit start");
        assert_eq!(written(&Command::Api(api)), "api uuid_audio_stream uexit start\n\n");
    }

    #[test]
    fn a_variable_value_cannot_end_the_line() {
        let name = VariableName::new("x").unwrap();
        let set = Api::SetVariable { uuid: "u", name: &name, value: Some(" a\n\nexit\\'") };
        assert_eq!(written(&Command::Api(set)), "api uuid_setvar u x \\sa\\n\\nexit\\\\\\'\n\n");
        let cause = HangupCause::USER_BUSY;
        let kill = Api::Kill { uuid: "u\n\nexit", cause: &cause };
        assert_eq!(written(&Command::Api(kill)), "api uuid_kill uexit USER_BUSY\n\n");
        assert!(VariableName::new("a b").is_none());
        assert!(VariableName::new("a\nb").is_none());
    }
}
