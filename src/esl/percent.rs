//! FreeSWITCH's own percent-encoding of header values.
//!
//! Its encoder leaves a `%` alone when two upper-case hexadecimal digits follow, so a decoded value
//! is not always what was set (QUIRKS: percent-ambiguity). Its decoder, which we follow, decodes `%`
//! and two hexadecimal digits, keeps every other `%`, and never turns `+` into a blank.

use memchr::memchr;
use std::borrow::Cow;

/// Decodes a value; borrows when there is nothing to decode.
pub fn decode(value: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr(b'%', value) else { return Cow::Borrowed(value) };
    let mut decoded = Vec::with_capacity(value.len());
    decoded.extend_from_slice(&value[..first]);
    let mut rest = &value[first..];
    while let Some(at) = memchr(b'%', rest) {
        decoded.extend_from_slice(&rest[..at]);
        match hex_pair(&rest[at + 1..]) {
            Some(byte) => {
                decoded.push(byte);
                rest = &rest[at + 3..];
            }
            None => {
                decoded.push(b'%');
                rest = &rest[at + 1..];
            }
        }
    }
    decoded.extend_from_slice(rest);
    Cow::Owned(decoded)
}

fn hex_pair(after_percent: &[u8]) -> Option<u8> {
    let high = (*after_percent.first()? as char).to_digit(16)?;
    let low = (*after_percent.get(1)? as char).to_digit(16)?;
    u8::try_from(high * 16 + low).ok()
}

#[cfg(test)]
mod tests {
    use super::decode;
    use proptest::prelude::*;
    use std::borrow::Cow;

    fn text(value: &str) -> String {
        String::from_utf8(decode(value.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn good_escapes_are_decoded_and_bad_ones_stay() {
        assert_eq!(text("a%20b%2Cc"), "a b,c");
        assert_eq!(text("gr%C3%BC"), "grü");
        assert_eq!(text("100%"), "100%");
        assert_eq!(text("%zz%4"), "%zz%4");
        assert_eq!(text("%%41"), "%A");
        assert_eq!(text("1+1"), "1+1");
    }

    #[test]
    fn a_value_without_escapes_is_not_copied() {
        assert!(matches!(decode(b"plain"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn decoding_never_fails_and_never_grows(value: Vec<u8>) {
            prop_assert!(decode(&value).len() <= value.len());
        }
    }
}
