//! Reading documents from files.

use crate::base::limits;
use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// The bytes of a file, but at most one more than a document may have: enough to say that it is too
/// long.
pub(super) fn read(file: &Path) -> io::Result<Vec<u8>> {
    read_from(File::open(file)?)
}

/// The same from anything that can be read, such as standard input.
pub(super) fn read_from(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(limits::DOCUMENT_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether a document is XML: its first character is `<`. Any other is a Piston callflow.
pub(super) fn is_xml(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}
