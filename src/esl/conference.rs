//! What the switch's conferences are told: `conference ROOM …`, with every part of a type that cannot
//! hold the syntax around it.

use bytes::{BufMut, BytesMut};
use std::fmt;

/// The name of a conference on the switch, or of a profile: letters, digits, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoomName(String);

impl RoomName {
    /// Checks a name; `None` if it could not be one, or is longer than 64 characters.
    pub fn new(name: &str) -> Option<Self> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        let whole = (1..=64).contains(&name.len()) && name.bytes().all(fits);
        whole.then(|| Self(name.to_owned()))
    }

    /// A name that no other conference has, or ever had.
    pub fn unique() -> Self {
        Self(uuid::Uuid::new_v4().to_string())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a conference is told to do. Members are named by the switch's own numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConferenceOrder<'a> {
    /// A member leaves, and its call goes on.
    PutOut(u32),
    /// A member is heard no longer, or again.
    Mute(u32, bool),
    /// A member hears no longer, or again.
    Deafen(u32, bool),
    /// A member waits on hold, with this media in its ear.
    Hold(u32, Option<&'a str>),
    /// All members hear this once, or one of them does.
    Play {
        /// Media as the switch plays it.
        media: &'a str,
        /// Who hears it; `None` for all.
        to: Option<u32>,
    },
    /// The mix of all is recorded there.
    Record(&'a str),
    /// That recording ends.
    StopRecording(&'a str),
    /// The first does not speak to the second.
    KeepSilent(u32, u32),
}

impl ConferenceOrder<'_> {
    pub(super) fn encode(&self, to: &mut BytesMut) {
        match self {
            Self::PutOut(member) => put(to, &["hup ", &member.to_string()]),
            Self::Mute(member, true) => put(to, &["mute ", &member.to_string()]),
            Self::Mute(member, false) => put(to, &["unmute ", &member.to_string()]),
            Self::Deafen(member, true) => put(to, &["deaf ", &member.to_string()]),
            Self::Deafen(member, false) => put(to, &["undeaf ", &member.to_string()]),
            Self::Hold(member, None) => put(to, &["hold ", &member.to_string()]),
            Self::Hold(member, Some(media)) => {
                put(to, &["hold ", &member.to_string(), " "]);
                put_one_word(to, media);
            }
            Self::Play { media, to: None } => {
                put(to, &["play "]);
                put_one_word(to, media);
            }
            Self::Play { media, to: Some(member) } => {
                put(to, &["play "]);
                put_one_word(to, media);
                put(to, &[" ", &member.to_string()]);
            }
            Self::Record(path) => {
                put(to, &["record "]);
                put_one_word(to, path);
            }
            Self::StopRecording(path) => {
                put(to, &["norecord "]);
                put_one_word(to, path);
            }
            Self::KeepSilent(from, other) => {
                put(to, &["relate ", &from.to_string(), " ", &other.to_string(), " nospeak"]);
            }
        }
    }
}

/// The switch splits its arguments at blanks, and reads quotes and backslashes; a path or a tone that
/// has any of them loses it.
fn put_one_word(to: &mut BytesMut, word: &str) {
    let fits = |c: char| !(c.is_control() || c.is_whitespace() || matches!(c, '\'' | '"' | '\\'));
    word.chars().filter(|c| fits(*c)).for_each(|c| {
        to.put_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    });
}

fn put(to: &mut BytesMut, parts: &[&str]) {
    parts.iter().for_each(|part| to.put_slice(part.as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_holds_no_syntax() {
        assert!(RoomName::new("sales_1-a").is_some());
        for bad in ["", "a b", "a@b", "a+flags{x}", "a\nb", "bridge:x:y"] {
            assert!(RoomName::new(bad).is_none(), "{bad:?}");
        }
        assert_ne!(RoomName::unique(), RoomName::unique());
    }

    #[test]
    fn media_stay_one_word() {
        let mut bytes = BytesMut::new();
        ConferenceOrder::Play { media: "a b'\n\nexit", to: Some(3) }.encode(&mut bytes);
        assert_eq!(&bytes[..], b"play abexit 3");
    }
}
