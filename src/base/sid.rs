//! Twilio's names of things: two letters and 32 hexadecimal digits (`reference/twiml.md` 1.2).
//!
//! They are derived from our own names, so that nothing has to be remembered: a UUID gives its digits,
//! anything else the first half of its SHA-256. A name that has the shape already is taken as it is.

use ring::digest::{SHA256, digest};
use std::fmt::Write as _;
use uuid::{Uuid, fmt::Hyphenated};

/// Hexadecimal digits after the two letters.
const DIGITS: usize = 32;

/// A call: `CA…` of the channel's UUID. The same channel has the same name in every parameter.
pub fn call(channel: &str) -> String {
    named("CA", channel)
}

/// An account: `AC…`.
pub fn account(id: &str) -> String {
    named("AC", id)
}

/// A recording: `RE…`.
pub fn recording(id: &str) -> String {
    named("RE", id)
}

/// The text of a recording: `TR…`.
pub fn transcription(id: &str) -> String {
    named("TR", id)
}

/// A conference: `CF…`.
pub fn conference(id: &str) -> String {
    named("CF", id)
}

/// A queue: `QU…`.
pub fn queue(id: &str) -> String {
    named("QU", id)
}

/// A media stream: `MZ…`.
pub fn stream(id: &str) -> String {
    named("MZ", id)
}

/// The channel of a call, whether it is named in Twilio's way or in the switch's own. A channel that
/// is no UUID cannot be told from its `CA…`; then the text is given back.
pub fn channel(call: &str) -> String {
    match call.strip_prefix("CA").filter(|digits| are_digits(digits)).map(Uuid::try_parse) {
        Some(Ok(uuid)) => uuid.hyphenated().to_string(),
        _ => call.to_owned(),
    }
}

fn named(letters: &str, id: &str) -> String {
    if id.strip_prefix(letters).is_some_and(are_digits) {
        return id.to_owned();
    }
    let mut sid = letters.to_owned();
    match uuid(id) {
        Some(uuid) => sid.push_str(uuid.simple().encode_lower(&mut Uuid::encode_buffer())),
        None => {
            for byte in digest(&SHA256, id.as_bytes()).as_ref().iter().take(DIGITS / 2) {
                // Writing to a String cannot fail.
                _ = write!(sid, "{byte:02x}");
            }
        }
    }
    sid
}

/// A UUID as the switch writes it: from its digits comes exactly this text again.
fn uuid(id: &str) -> Option<Uuid> {
    let uuid = (id.len() == Hyphenated::LENGTH).then(|| Uuid::try_parse(id).ok()).flatten()?;
    (!id.bytes().any(|b| b.is_ascii_uppercase())).then_some(uuid)
}

fn are_digits(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_and_its_name_lead_to_each_other() {
        let uuid = "5f6c1f3e-0f0e-4f5a-9d6e-000000000001";
        let sid = call(uuid);
        assert_eq!(sid, "CA5f6c1f3e0f0e4f5a9d6e000000000001");
        assert_eq!(call(&sid), sid);
        assert_eq!((channel(&sid), channel(uuid)), (uuid.to_owned(), uuid.to_owned()));
        for other in
            ["", "CA", "CAxyz", "a7b@10.0.0.1", &uuid.to_uppercase(), &uuid.replace('-', "")]
        {
            assert_eq!(channel(other), other);
        }
    }

    #[test]
    fn everything_else_has_a_name_of_the_same_shape_that_stays() {
        let uuid = "5F6C1F3E-0F0E-4F5A-9D6E-000000000001";
        for id in ["acme", "", "a7b@10.0.0.1", "c1-1", uuid, "AC123", "é\u{1F600}"] {
            let names =
                [call(id), account(id), recording(id), conference(id), queue(id), stream(id)];
            for (name, letters) in names.iter().zip(["CA", "AC", "RE", "CF", "QU", "MZ"]) {
                assert!(name.strip_prefix(letters).is_some_and(are_digits), "{id:?} {name}");
            }
        }
        assert_eq!(account("abc"), "ACba7816bf8f01cfea414140de5dae2223");
        let own = "AC00112233445566778899aabbccddeeff";
        assert_eq!(account(own), own);
        assert_ne!(call("a"), call("b"));
        assert_ne!(call(uuid), call(&uuid.to_lowercase()));
    }
}
