//! From an answer to a document that can be run: the content type picks the dialect.

use super::Failure;
use crate::{base::Diagnostic, config::ReqFormat, http::Answer, piston::Flow, xml};

/// A document that can be run.
#[derive(Debug)]
pub enum Answered {
    /// A Piston callflow.
    Flow(Flow),
    /// TwiML or Plivo XML.
    Xml(xml::Document),
}

/// Audio that Twilio plays in place of a document (`reference/twiml.md` 1.4 and 2.2).
pub const AUDIO: &[&str] = &[
    "audio/mpeg",
    "audio/wav",
    "audio/wave",
    "audio/x-wav",
    "audio/aiff",
    "audio/x-aifc",
    "audio/x-aiff",
    "audio/x-gsm",
    "audio/gsm",
    "audio/ulaw",
];

/// Reads an answer as its content type says; `url` is its own address. Remarks that do not keep the
/// document from being run come along.
///
/// No content type means XML, as in KAZOO (`reference/piston.md` 2.7). In TwiML's format, as at Twilio
/// (`reference/twiml.md` 1.4), `text/html` is XML, a plain text is spoken unless it is a document, and
/// audio is played.
pub fn read(
    answer: &Answer,
    url: &str,
    format: ReqFormat,
) -> Result<(Answered, Vec<Diagnostic>), Failure> {
    let twiml = format == ReqFormat::Twiml;
    let media_type = answer.content_type().split(';').next().unwrap_or_default();
    let media_type = media_type.trim().to_ascii_lowercase();
    match media_type.as_str() {
        "" | "text/xml" | "application/xml" => read_xml(&answer.body, format),
        "text/html" if twiml => read_xml(&answer.body, format),
        "text/plain" if twiml => read_plain(&answer.body),
        audio if twiml && AUDIO.contains(&audio) => Ok(run_and_end("Play", url)),
        "application/json" => {
            let parsed = Flow::parse(&answer.body);
            match parsed.value {
                Some(flow) => Ok((Answered::Flow(flow), parsed.diagnostics)),
                None => {
                    let diagnostics = parsed.diagnostics;
                    Err(Failure::Document { dialect: "Piston", diagnostics, error: None })
                }
            }
        }
        _ => Err(Failure::ContentType(media_type)),
    }
}

fn read_xml(body: &[u8], format: ReqFormat) -> Result<(Answered, Vec<Diagnostic>), Failure> {
    let assumed = match format {
        ReqFormat::Plivo => xml::Dialect::Plivo,
        ReqFormat::Piston | ReqFormat::Twiml => xml::Dialect::Twiml,
    };
    let xml::Parsed { document, diagnostics, error } = xml::Document::parse(body, assumed);
    match document {
        Some(document) => Ok((Answered::Xml(document), diagnostics)),
        None => Err(Failure::Document { dialect: "XML", diagnostics, error }),
    }
}

/// A document all the same, or words to be said.
fn read_plain(body: &[u8]) -> Result<(Answered, Vec<Diagnostic>), Failure> {
    match read_xml(body, ReqFormat::Twiml) {
        Err(_) if !body.trim_ascii().is_empty() => {
            Ok(run_and_end("Say", &String::from_utf8_lossy(body)))
        }
        read => read,
    }
}

/// The document of one verb with this text, and the end.
fn run_and_end(verb: &str, text: &str) -> (Answered, Vec<Diagnostic>) {
    let mut written = format!("<Response><{verb}>");
    for c in text.chars() {
        match c {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            c if c.is_control() => written.push(' '),
            '\u{fffd}'.. if c as u32 <= 0xffff => {}
            c => written.push(c),
        }
    }
    written.push_str(&format!("</{verb}><Hangup/></Response>"));
    let parsed = xml::Document::parse(written.as_bytes(), xml::Dialect::Twiml);
    // Escaped text in known verbs is a document.
    let document = parsed.document.unwrap_or_else(xml::Document::empty);
    (Answered::Xml(document), parsed.diagnostics)
}
