//! From an answer to a document that can be run: the content type picks the dialect.

use super::Failure;
use crate::{base::Diagnostic, config::ReqFormat, piston::Flow, xml};
use bytes::Bytes;

/// A document that can be run.
#[derive(Debug)]
pub enum Answered {
    /// A Piston callflow.
    Flow(Flow),
    /// TwiML or Plivo XML.
    Xml(xml::Document),
}

/// Reads an answer's body as its content type says. Remarks that do not keep the document from being
/// run come along.
///
/// No content type means XML, as in KAZOO (`reference/piston.md` 2.7); `text/html` is XML for requests
/// in TwiML's format only, as at Twilio (`reference/twiml.md` 1.4).
pub fn read(
    content_type: &str,
    body: &Bytes,
    format: ReqFormat,
) -> Result<(Answered, Vec<Diagnostic>), Failure> {
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media_type.as_str() {
        "" | "text/xml" | "application/xml" => read_xml(body, format),
        "text/html" if format == ReqFormat::Twiml => read_xml(body, format),
        "application/json" => {
            let parsed = Flow::parse(body);
            match parsed.value {
                Some(flow) => Ok((Answered::Flow(flow), parsed.diagnostics)),
                None => {
                    let diagnostics = parsed.diagnostics;
                    Err(Failure::Document { dialect: "Piston", diagnostics })
                }
            }
        }
        _ => Err(Failure::ContentType(media_type)),
    }
}

fn read_xml(body: &Bytes, format: ReqFormat) -> Result<(Answered, Vec<Diagnostic>), Failure> {
    let assumed = match format {
        ReqFormat::Plivo => xml::Dialect::Plivo,
        ReqFormat::Piston | ReqFormat::Twiml => xml::Dialect::Twiml,
    };
    let parsed = xml::Document::parse(body, assumed);
    match parsed.document {
        Some(document) => Ok((Answered::Xml(document), parsed.diagnostics)),
        None => Err(Failure::Document { dialect: "XML", diagnostics: parsed.diagnostics }),
    }
}
