//! From bytes to text: the encodings that documents come in.
//!
//! A byte order mark decides, then UTF-16's look, then what the XML declaration says, else it is
//! UTF-8 (XML 1.0, appendix F). .NET's writers declare `utf-16` in documents that are sent as UTF-8;
//! those are taken for what they are.

use super::{error::XmlError, place::Places, reader::Failure};
use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// How many bytes a declaration may be looked for in.
const DECLARATION: usize = 256;

/// A document's text.
#[derive(Debug)]
pub(super) struct Decoded<'b> {
    pub text: Cow<'b, str>,
    /// What its author should know about its encoding.
    pub remark: Option<String>,
}

/// The text of a body, without its byte order mark.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded<'_>, Failure> {
    let (encoding, bytes, remark) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (encoding, bytes.get(mark..).unwrap_or_default(), None),
        None => {
            let (encoding, remark) = without_mark(bytes)?;
            (encoding, bytes, remark)
        }
    };
    let text = match encoding == UTF_8 {
        true => Cow::Borrowed(utf_8(bytes)?),
        false => Cow::Owned(other(encoding, bytes)?),
    };
    Ok(Decoded { text, remark })
}

fn without_mark(bytes: &[u8]) -> Result<(&'static Encoding, Option<String>), Failure> {
    match bytes {
        [b'<', 0, ..] => return Ok((UTF_16LE, None)),
        [0, b'<', ..] => return Ok((UTF_16BE, None)),
        _ => {}
    }
    let Some(label) = declared(bytes) else { return Ok((UTF_8, None)) };
    // ASCII is a part of UTF-8.
    if ["us-ascii", "ascii"].iter().any(|ascii| label.eq_ignore_ascii_case(ascii)) {
        return Ok((UTF_8, None));
    }
    match Encoding::for_label(label.as_bytes()) {
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => {
            let remark = format!("it declares encoding {label:?}, but is read as UTF-8");
            Ok((UTF_8, Some(remark)))
        }
        Some(encoding) => Ok((encoding, None)),
        None => {
            let label: String = label.chars().take(60).collect();
            let message = format!("it declares the encoding {label:?}, which is not known");
            Err(((1, 1), XmlError::Encoding(message)))
        }
    }
}

/// What `<?xml … encoding="…"?>` says, blanks before it allowed.
fn declared(bytes: &[u8]) -> Option<&str> {
    let start = bytes.trim_ascii_start();
    let start = start.get(..DECLARATION.min(start.len()))?;
    let end = start.windows(2).position(|two| two == b"?>")?;
    let declaration = std::str::from_utf8(start.get(..end)?).ok()?.strip_prefix("<?xml")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value.get(1..)?.split_once(quote).map(|(label, _)| label)
}

fn utf_8(bytes: &[u8]) -> Result<&str, Failure> {
    std::str::from_utf8(bytes).map_err(|error| {
        let (valid, bad) = bytes.split_at(error.valid_up_to());
        let valid = std::str::from_utf8(valid).unwrap_or_default();
        let byte = bad.first().copied().unwrap_or_default();
        cannot_stand(valid, byte, UTF_8)
    })
}

fn other(encoding: &'static Encoding, bytes: &[u8]) -> Result<String, Failure> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
    let mut text = String::with_capacity(room.unwrap_or_default());
    match decoder.decode_to_string_without_replacement(bytes, &mut text, true) {
        (DecoderResult::InputEmpty, _) => Ok(text),
        (_, read) => {
            let byte = bytes.get(read.saturating_sub(1)).copied().unwrap_or_default();
            Err(cannot_stand(&text, byte, encoding))
        }
    }
}

fn cannot_stand(before: &str, byte: u8, encoding: &'static Encoding) -> Failure {
    let at = Places::new(before).at(before.len());
    let name = encoding.name();
    (at, XmlError::Encoding(format!("it is not {name}: the byte {byte:02X} cannot stand here")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Result<String, String> {
        let decoded =
            decode(bytes).map_err(|((line, column), e)| format!("{line}:{column} {e}"))?;
        Ok(format!("{}{}", decoded.text, decoded.remark.unwrap_or_default()))
    }

    fn utf_16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    #[test]
    fn every_way_to_write_a_text_gives_the_text() {
        let hello = "<a>gr\u{fc}\u{20ac} \u{1f600}</a>";
        let mark = format!("\u{feff}{hello}");
        assert_eq!(text(mark.as_bytes()).unwrap(), hello);
        assert_eq!(text(&utf_16(&mark, u16::to_le_bytes)).unwrap(), hello);
        assert_eq!(text(&utf_16(&mark, u16::to_be_bytes)).unwrap(), hello);
        assert_eq!(text(&utf_16(hello, u16::to_le_bytes)).unwrap(), hello);
        assert_eq!(text(&utf_16(hello, u16::to_be_bytes)).unwrap(), hello);
        let latin = b"<?xml version='1.0' encoding = 'windows-1252'?><a>\x80\xe9</a>";
        assert!(text(latin).unwrap().ends_with("<a>\u{20ac}\u{e9}</a>"));
    }

    #[test]
    fn what_is_not_what_it_says_is_refused_at_its_place() {
        let cut = [utf_16("<a>\n\u{1f600}", u16::to_le_bytes), vec![b'<', 0]].concat();
        let cut = [&cut[..10], &cut[12..]].concat();
        assert!(text(&cut).unwrap_err().starts_with("2:1 "), "{:?}", text(&cut));
        assert!(text(b"<a>\xe9</a>").unwrap_err().starts_with("1:4 "));
        let unknown = b"<?xml version=\"1.0\" encoding=\"klingon\"?><a/>";
        assert!(text(unknown).unwrap_err().contains("klingon"));
        let wrong = b"<?xml version=\"1.0\" encoding=\"utf-16\"?><a/>";
        assert!(text(wrong).unwrap().contains("read as UTF-8"));
    }
}
