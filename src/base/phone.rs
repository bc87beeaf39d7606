//! Numbers, SIP addresses and digits, parsed once at the edge. What these types hold cannot carry
//! FreeSWITCH dial-string syntax: no separators, no variable groups, no quotes, no `$`.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest number or SIP user part that we dial, in characters.
const MAX_USER: usize = 128;

/// A telephone number or extension that is safe inside a dial string.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Number(String);

impl Number {
    /// Parses a number as a person writes it: blanks, dots, dashes and brackets between the digits
    /// are dropped; what remains must be letters, digits, `+`, `*`, `#`, `_`.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let kept: String =
            text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '\u{a0}')).collect();
        let fits = !kept.is_empty()
            && kept.len() <= MAX_USER
            && kept
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '*' | '#' | '_'));
        if fits { Ok(Self(kept)) } else { Err(AddressError::Number(shorten(text))) }
    }

    /// The number, without the characters people put between digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A SIP address (`sip:user@host:port`), reduced to what is safe inside a dial string.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct SipUri {
    user: String,
    host: String,
    port: Option<u16>,
    transport: Option<Transport>,
}

/// How a SIP request travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// An encrypted stream.
    Tls,
}

impl SipUri {
    /// Parses `[sip:|sips:]user@host[:port][;transport=udp|tcp|tls]`. Other parameters and
    /// headers (`?X-a=b`) are the caller's business and are refused here.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let bad = || AddressError::Sip(shorten(text));
        let text = text.trim();
        let (rest, secure) = match text.split_once(':') {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("sip") => (rest, false),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("sips") => (rest, true),
            _ => (text, false),
        };
        let mut parts = rest.split(';');
        let (user, hostport) = parts.next().and_then(|p| p.split_once('@')).ok_or_else(bad)?;
        let mut transport = secure.then_some(Transport::Tls);
        for parameter in parts {
            transport = match parameter.to_ascii_lowercase().as_str() {
                "transport=udp" => Some(Transport::Udp),
                "transport=tcp" => Some(Transport::Tcp),
                "transport=tls" => Some(Transport::Tls),
                _ => return Err(bad()),
            };
        }
        let (host, port) = split_port(hostport).ok_or_else(bad)?;
        let user_fits = !user.is_empty()
            && user.len() <= MAX_USER
            && user.chars().all(|c| c.is_ascii_alphanumeric() || "+*#_.-".contains(c));
        let host_fits = !host.is_empty()
            && host.len() <= 253
            && (host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
                || bracketed_v6(host));
        if !user_fits || !host_fits {
            return Err(bad());
        }
        Ok(Self { user: user.to_owned(), host: host.to_owned(), port, transport })
    }

    /// The user part.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The host, without a port.
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl fmt::Display for SipUri {
    /// Without the scheme: `user@host:port;transport=tcp`, as sofia's dial strings take it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.user, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        match self.transport {
            None => Ok(()),
            Some(Transport::Udp) => f.write_str(";transport=udp"),
            Some(Transport::Tcp) => f.write_str(";transport=tcp"),
            Some(Transport::Tls) => f.write_str(";transport=tls"),
        }
    }
}

fn split_port(hostport: &str) -> Option<(&str, Option<u16>)> {
    let after_host = if hostport.starts_with('[') { hostport.find(']')? + 1 } else { 0 };
    match hostport[after_host..].find(':') {
        None => Some((hostport, None)),
        Some(at) => {
            let at = after_host + at;
            Some((&hostport[..at], Some(hostport[at + 1..].parse().ok()?)))
        }
    }
}

fn bracketed_v6(host: &str) -> bool {
    host.strip_prefix('[')
        .and_then(|h| h.strip_suffix(']'))
        .is_some_and(|h| h.parse::<std::net::Ipv6Addr>().is_ok())
}

/// Why a number or an address cannot be dialled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not a number.
    #[error("{0:?} is not a telephone number: use digits, letters, + * # _")]
    Number(String),
    /// Not a SIP address.
    #[error("{0:?} is not a SIP address of the form sip:user@host[:port][;transport=udp|tcp|tls]")]
    Sip(String),
}

/// One key of a telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(char);

impl Key {
    /// All sixteen keys, in the order of [`KeySet`]'s bits.
    const ALL: &'static str = "0123456789*#ABCD";

    /// A key from its character; letters in either case.
    pub fn new(c: char) -> Option<Self> {
        let c = c.to_ascii_uppercase();
        Self::ALL.contains(c).then_some(Self(c))
    }

    /// The key's character.
    pub const fn char(self) -> char {
        self.0
    }

    fn bit(self) -> u16 {
        Self::ALL.find(self.0).map_or(0, |at| 1 << at)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A set of keys: the terminators of a collection, the keys that end a prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeySet(u16);

impl KeySet {
    /// No key.
    pub const NONE: Self = Self(0);
    /// Every key of the ordinary keypad: `0`–`9`, `*`, `#`.
    pub const KEYPAD: Self = Self(0x0fff);
    /// `0`–`9`.
    pub const DIGITS: Self = Self(0x03ff);
    /// Every key, `A`–`D` included.
    pub const ALL: Self = Self(0xffff);

    /// The set of the keys in `text`; `None` if any character is not a key.
    pub fn parse(text: &str) -> Option<Self> {
        text.chars().map(Key::new).try_fold(Self::NONE, |set, key| Some(set.with(key?)))
    }

    /// This set and one more key.
    #[must_use]
    pub fn with(self, key: Key) -> Self {
        Self(self.0 | key.bit())
    }

    /// Keys of both sets.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the set holds `key`.
    pub fn contains(self, key: Key) -> bool {
        self.0 & key.bit() != 0
    }

    /// Whether the set holds nothing.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<Key> for KeySet {
    fn from_iter<I: IntoIterator<Item = Key>>(keys: I) -> Self {
        keys.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Display for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Key::ALL.chars().filter(|&c| self.contains(Key(c))).try_for_each(|c| write!(f, "{c}"))
    }
}

/// Cuts foreign text for an error message.
fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lose_what_people_write_between_digits() {
        assert_eq!(Number::parse(" +1 (415) 555-0100 ").unwrap().as_str(), "+14155550100");
        assert_eq!(Number::parse("*72").unwrap().as_str(), "*72");
    }

    #[test]
    fn nothing_that_freeswitch_would_read_as_syntax_is_a_number() {
        for text in
            ["", "1,2", "1|2", "{a=b}1", "[a=b]1", "1:_:2", "$1", "1'", "1/2", "1@x", "1\n2"]
        {
            assert!(Number::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn sip_addresses_keep_only_what_is_dialled() {
        let uri = SipUri::parse("sip:alice@example.com:5080;transport=tcp").unwrap();
        assert_eq!(uri.to_string(), "alice@example.com:5080;transport=tcp");
        assert_eq!(SipUri::parse("bob@[2001:db8::1]:5060").unwrap().host(), "[2001:db8::1]");
    }

    #[test]
    fn sip_addresses_with_dial_string_syntax_are_refused() {
        for text in [
            "sip:alice",
            "sip:a,b@host",
            "sip:a@host,sofia/x/b@c",
            "sip:a@host|b",
            "sip:{x=y}a@h",
            "sip:a@host;fs_path=sip:evil",
            "sip:a@ho st",
            "sip:a@host:port",
            "sip:@host",
            "sip:a@",
        ] {
            assert!(SipUri::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn key_sets_hold_keys() {
        let set = KeySet::parse("12#d").unwrap();
        assert_eq!(set.to_string(), "12#D");
        assert!(KeySet::KEYPAD.contains(Key::new('*').unwrap()));
        assert!(!KeySet::KEYPAD.contains(Key::new('A').unwrap()));
        assert!(KeySet::parse("12x").is_none());
    }
}
