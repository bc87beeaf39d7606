//! What kind of audio a file is: by its first bytes, and where a format has no mark of its own, by what
//! the web server says. FreeSWITCH goes by the extension, so this decides how a file is read.

/// A kind of audio file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The extension by which FreeSWITCH knows it.
    pub extension: &'static str,
    /// Its media type.
    pub content_type: &'static str,
}

/// First bytes that are needed to tell.
pub(super) const HEAD: usize = 12;

const KINDS: [Kind; 8] = [
    Kind { extension: "wav", content_type: "audio/wav" },
    Kind { extension: "mp3", content_type: "audio/mpeg" },
    Kind { extension: "ogg", content_type: "audio/ogg" },
    Kind { extension: "flac", content_type: "audio/flac" },
    Kind { extension: "au", content_type: "audio/basic" },
    Kind { extension: "aiff", content_type: "audio/aiff" },
    Kind { extension: "gsm", content_type: "audio/gsm" },
    Kind { extension: "ul", content_type: "audio/x-mulaw" },
];

/// Media types of the formats that are bare samples.
const BARE: [(&str, &str); 7] = [
    ("audio/gsm", "gsm"),
    ("audio/x-gsm", "gsm"),
    ("audio/basic", "ul"),
    ("audio/ulaw", "ul"),
    ("audio/x-mulaw", "ul"),
    ("audio/x-ulaw", "ul"),
    ("audio/pcmu", "ul"),
];

impl Kind {
    /// The kind of a file with this extension.
    pub fn of_extension(extension: &str) -> Option<Self> {
        KINDS.into_iter().find(|kind| kind.extension == extension)
    }

    /// The kind of a file that begins with `head` and is called `content_type` by its server.
    pub(super) fn of_answer(content_type: &str, head: &[u8]) -> Option<Self> {
        Self::of_extension(marked(head).or_else(|| bare(content_type))?)
    }
}

fn marked(head: &[u8]) -> Option<&'static str> {
    Some(match head {
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => "wav",
        [b'F', b'O', b'R', b'M', _, _, _, _, b'A', b'I', b'F', b'F' | b'C', ..] => "aiff",
        [b'O', b'g', b'g', b'S', ..] => "ogg",
        [b'f', b'L', b'a', b'C', ..] => "flac",
        [b'.', b's', b'n', b'd', ..] => "au",
        [b'I', b'D', b'3', ..] => "mp3",
        // An MPEG frame: eleven bits set, a version that exists, layer III.
        [0xff, second, ..] if second & 0xe6 == 0xe2 && second & 0x18 != 0x08 => "mp3",
        _ => return None,
    })
}

fn bare(content_type: &str) -> Option<&'static str> {
    let named = content_type.split(';').next().unwrap_or_default().trim();
    let known = BARE.iter().find(|(name, _)| name.eq_ignore_ascii_case(named));
    known.map(|(_, extension)| *extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_and_the_server_only_where_there_is_no_mark() {
        for (content_type, head, extension) in [
            ("audio/x-wav", &b"RIFF\x24\0\0\0WAVEfmt "[..], Some("wav")),
            ("text/plain", b"RIFF\x24\0\0\0WAVEfmt ", Some("wav")),
            ("audio/wav", b"RIFF\x24\0\0\0AVI LIST", None),
            ("audio/mpeg", b"ID3\x04\0\0\0\0\0\0\0\0", Some("mp3")),
            ("application/octet-stream", b"\xff\xfb\x90\x64\0\0\0\0\0\0\0\0", Some("mp3")),
            ("text/html", b"\xff\xfe<\0h\0t\0m\0l\0", None),
            ("audio/mpeg", b"<html><body>", None),
            ("audio/wav", b"<html><body>", None),
            ("text/html", b"<html><body>", None),
            ("audio/ogg", b"OggS\0\x02\0\0\0\0\0\0", Some("ogg")),
            ("audio/basic", b".snd\0\0\0\x18\0\0\0\0", Some("au")),
            ("audio/basic; rate=8000", b"\x7f\x7f\x7f\x7f", Some("ul")),
            ("Audio/GSM", b"\xd2\x01", Some("gsm")),
            ("audio/aiff", b"FORM\0\0\0\x10AIFFCOMM", Some("aiff")),
            ("", b"", None),
        ] {
            let kind = Kind::of_answer(content_type, head);
            assert_eq!(kind.map(|kind| kind.extension), extension, "{content_type} {head:?}");
        }
    }
}
