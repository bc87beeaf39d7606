//! The server's commands, cut out of the byte stream as FreeSWITCH does it
//! (`reference/freeswitch.md` 2.2). Written without a look at the server's own codec, so that a
//! mistake there is not mirrored here.

use bytes::{Buf, BytesMut};

/// A command block is cut here and the rest is read as a new command.
const BLOCK_BYTES: usize = 10_485_760;

/// One command: its line, its headers and its body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) line: String,
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Command {
    /// The first header of that name, without regard to case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the line begins with a word, without regard to case.
    pub(super) fn begins(&self, word: &str) -> bool {
        self.line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
    }

    /// What follows the first word.
    pub(super) fn rest(&self) -> &str {
        self.line.split_once(' ').map_or("", |(_, rest)| rest)
    }

    /// The whole block, for the `Command` header of `PRIVATE_COMMAND`.
    pub(super) fn text(&self) -> String {
        let headers = self.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
        headers.collect()
    }
}

/// Takes the next complete command from the bytes received so far.
pub(super) fn take(input: &mut BytesMut) -> Option<Command> {
    while matches!(input.first(), Some(b'\n' | b'\r')) {
        input.advance(1);
    }
    let end = match block_end(input) {
        Some(end) => end,
        None if input.len() >= BLOCK_BYTES => BLOCK_BYTES,
        None => return None,
    };
    let mut command = parse(&input[..end]);
    let length = command.header("content-length").and_then(|n| n.trim().parse::<usize>().ok());
    let length = length.unwrap_or(0);
    if input.len() < end + length {
        return None;
    }
    command.body = String::from_utf8_lossy(&input[end..end + length]).into_owned();
    input.advance(end + length);
    Some(command)
}

/// Where the first empty line ends, in either style of line ends.
fn block_end(input: &[u8]) -> Option<usize> {
    let lf = memchr::memmem::find(input, b"\n\n").map(|at| at + 2);
    let crlf = memchr::memmem::find(input, b"\r\n\r\n").map(|at| at + 4);
    match (lf, crlf) {
        (Some(lf), Some(crlf)) => Some(lf.min(crlf)),
        (end, None) | (None, end) => end,
    }
}

fn parse(block: &[u8]) -> Command {
    let text = String::from_utf8_lossy(block);
    let mut lines = text.split('\n').map(|line| line.trim_end_matches('\r'));
    let line = lines.next().unwrap_or_default().to_owned();
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers
        .map(|(name, value)| (name.to_owned(), value.trim_start_matches([' ', '\t']).to_owned()));
    Command { line, headers: headers.collect(), body: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<Command> {
        let mut input = BytesMut::from(text.as_bytes());
        std::iter::from_fn(|| take(&mut input)).collect()
    }

    #[test]
    fn bodies_belong_to_their_command() {
        let found = all("sendmsg\nContent-Length: 3\n\na\nbexit\n\n");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].body, "a\nb");
        assert_eq!(found[1].line, "exit");
    }

    #[test]
    fn both_line_ends_and_any_case_are_understood() {
        let found = all("\n\nSENDMSG\r\nCall-Command: execute \r\nnonsense\r\n\r\ngetvar x\n\n");
        assert!(found[0].begins("sendmsg"));
        assert_eq!(found[0].header("call-command"), Some("execute "));
        assert_eq!(found[1].rest(), "x");
    }

    #[test]
    fn half_a_command_waits() {
        assert!(all("sendmsg\ncall-command: execute\n").is_empty());
        assert!(all("sendmsg\ncontent-length: 9\n\nabc").is_empty());
    }

    #[test]
    fn the_first_of_repeated_headers_wins() {
        let found = all("sendmsg\nloops: 2\nloops: 3\n\n");
        assert_eq!(found[0].header("loops"), Some("2"));
    }

    proptest::proptest! {
        #[test]
        fn commands_do_not_depend_on_how_the_bytes_arrive(
            text in "[a-c:\\n\\r 0-9]{0,120}|(sendmsg\\ncontent-length: [0-9]\\n\\n[a-z\\n]{0,20}){1,4}",
            chunk in 1_usize..9,
        ) {
            let mut input = BytesMut::new();
            let mut pieces = Vec::new();
            for bytes in text.as_bytes().chunks(chunk) {
                input.extend_from_slice(bytes);
                pieces.extend(std::iter::from_fn(|| take(&mut input)));
            }
            proptest::prop_assert_eq!(pieces, all(&text));
        }
    }
}
