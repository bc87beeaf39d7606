//! Why bytes are not a document at all.

use crate::base::limits;

/// Why a body cannot be read as a document. Remarks about a document that can be read are
/// [`crate::base::Diagnostic`]s without a type of their own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// Nothing, or only blanks and comments.
    #[error("the document is empty: answer with <Response>…</Response>")]
    Empty,
    /// More than its dialect allows, or than `limits::DOCUMENT_BYTES`.
    #[error("the document has {} bytes, {} are allowed", .0.bytes, .0.most)]
    TooLarge(Excess),
    /// Deeper than `limits::DOCUMENT_DEPTH`.
    #[error("elements are nested deeper than {max} levels", max = limits::DOCUMENT_DEPTH)]
    TooDeep,
    /// More than `limits::DOCUMENT_NODES`.
    #[error("the document has more than {max} elements", max = limits::DOCUMENT_NODES)]
    TooManyElements,
    /// More than `limits::DOCUMENT_ATTRIBUTES`.
    #[error(
        "<{0}> has more than {max} attributes",
        max = limits::DOCUMENT_ATTRIBUTES
    )]
    TooManyAttributes(String),
    /// Not in the encoding that it declares, or in one that nobody knows.
    #[error("the document's encoding: {0}")]
    Encoding(String),
    /// A document type that declares entities.
    #[error("a document type (<!DOCTYPE>) that declares entities is not allowed: leave it out")]
    DocumentType,
    /// A second declaration, or one behind the first element.
    #[error("the XML declaration (<?xml …?>) may stand at the start only")]
    Declaration,
    /// A version of XML that there is not.
    #[error("the XML declaration needs version=\"1.0\"")]
    Version,
    /// `&name;`
    #[error(
        "the entity &{0}; is not known: only &amp; &lt; &gt; &quot; &apos; and numbers (&#233;) are"
    )]
    Entity(String),
    /// `&` that begins nothing.
    #[error("a lone & is not allowed: write &amp;")]
    Ampersand,
    /// A character that XML 1.0 does not allow.
    #[error("the character U+{0:04X} is not allowed in XML")]
    Character(u32),
    /// Text around the root element.
    #[error("there is text outside the root element: {0:?}")]
    Outside(String),
    /// Two roots.
    #[error("<{0}> follows the root element: a document has one <Response>")]
    SecondRoot(String),
    /// An element without its end.
    #[error("<{0}> is not closed: </{0}> is missing")]
    Unclosed(String),
    /// The root is not `<Response>`.
    #[error("the root element is <{0}>, <Response> is expected{hint}", hint = case_hint(.0))]
    Root(String),
    /// The same attribute twice.
    #[error("attribute {0} is given twice")]
    Duplicate(String),
    /// Whatever else is not XML.
    #[error("not well-formed XML: {0}")]
    Malformed(String),
}

/// How large a document is, and how large it may be, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Excess {
    /// Its size.
    pub bytes: usize,
    /// What is allowed.
    pub most: usize,
}

fn case_hint(found: &str) -> &'static str {
    match found.rsplit_once(':') {
        Some((_, "Response")) => " (without a prefix)",
        _ if found.eq_ignore_ascii_case("response") => " (names are case-sensitive)",
        _ => "",
    }
}
