//! From bytes to the tree. Nothing here recurses, and every bound is checked before memory is taken.

use super::{
    encoding,
    error::{Excess, XmlError},
    place::Places,
    tree::{At, Attribute, Element, Node},
};
use crate::base::limits;
use quick_xml::{
    errors::{Error, IllFormedError},
    events::{BytesDecl, BytesStart, Event, attributes::AttrError},
    reader::Reader,
};

/// What is wrong, and where.
pub(super) type Failure = (At, XmlError);

/// A document that could be read.
#[derive(Debug)]
pub(super) struct Read {
    pub root: Element,
    /// What the author should know about what stands around the elements.
    pub remarks: Vec<(At, String)>,
}

/// Reads a document; its root may be any element.
pub(super) fn read(bytes: &[u8]) -> Result<Read, Failure> {
    if bytes.len() > limits::DOCUMENT_BYTES {
        let excess = Excess { bytes: bytes.len(), most: limits::DOCUMENT_BYTES };
        return Err(((1, 1), XmlError::TooLarge(excess)));
    }
    let decoded = encoding::decode(bytes)?;
    let text = &*decoded.text;
    if text.trim().is_empty() {
        return Err(((1, 1), XmlError::Empty));
    }
    let mut builder = Builder {
        text,
        places: Places::new(text),
        open: Vec::new(),
        root: None,
        elements: 0,
        declared: false,
        remarks: decoded.remark.iter().map(|remark| ((1, 1), remark.clone())).collect(),
    };
    let mut reader = Reader::from_str(text);
    loop {
        let from = offset(reader.buffer_position());
        match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(event) => builder.take(from, event)?,
            Err(error) => return Err(builder.refuse(offset(reader.error_position()), error)),
        }
    }
    builder.finish()
}

/// Line and column of a byte in a body that can be read.
pub(super) fn place_of(bytes: &[u8], byte: usize) -> At {
    let read = bytes.get(..byte).unwrap_or_default();
    let text = String::from_utf8_lossy(read);
    Places::new(&text).at(text.len())
}

struct Builder<'t> {
    text: &'t str,
    places: Places<'t>,
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
    declared: bool,
    remarks: Vec<(At, String)>,
}

impl<'t> Builder<'t> {
    /// Takes the event that stands at the byte offset `from`.
    fn take(&mut self, from: usize, event: Event<'t>) -> Result<(), Failure> {
        match event {
            Event::Start(start) => {
                let element = self.element(from, &start)?;
                self.open.push(element);
            }
            Event::Empty(start) => {
                let element = self.element(from, &start)?;
                self.close(element);
            }
            Event::End(_) => {
                // The reader has checked the name; an end without a start is its error.
                if let Some(element) = self.open.pop() {
                    self.close(element);
                }
            }
            Event::Text(text) => self.add_text(from, &text)?,
            Event::CData(data) => self.add_text(from + "<![CDATA[".len(), &data)?,
            Event::GeneralRef(name) => {
                let at = self.places.at(from);
                let c = resolve(&name).map_err(|error| (at, error))?;
                self.add(&c.to_string(), at)?;
            }
            Event::Comment(_) | Event::Eof => {}
            Event::Decl(declaration) => self.declaration(from, &declaration)?,
            // Instructions are for other readers.
            Event::PI(instruction) => {
                let target = shorten(instruction.target());
                self.remark(from, format!("the processing instruction <?{target}?> is ignored"));
            }
            Event::DocType(declared) if declared.contains("<!ENTITY") => {
                return Err((self.places.at(from), XmlError::DocumentType));
            }
            Event::DocType(_) => {
                let remark =
                    "the document type (<!DOCTYPE>) is ignored, and nothing is fetched for it";
                self.remark(from, remark.to_owned());
            }
        }
        Ok(())
    }

    fn element(&mut self, from: usize, start: &BytesStart<'t>) -> Result<Element, Failure> {
        let at = self.places.at(from);
        let name = start.name().0;
        self.elements += 1;
        let error = if self.open.is_empty() && self.root.is_some() {
            XmlError::SecondRoot(shorten(name))
        } else if self.open.len() >= limits::DOCUMENT_DEPTH {
            XmlError::TooDeep
        } else if self.elements > limits::DOCUMENT_NODES {
            XmlError::TooManyElements
        } else if !is_name(name) {
            XmlError::Malformed(format!("{:?} is not the name of an element", shorten(name)))
        } else {
            let attributes = self.attributes(from, start)?;
            return Ok(Element { name: name.to_owned(), at, attributes, children: Vec::new() });
        };
        Err((at, error))
    }

    fn attributes(
        &mut self,
        from: usize,
        start: &BytesStart<'t>,
    ) -> Result<Vec<Attribute>, Failure> {
        // Attributes are slices of the text, behind `<name`.
        let base = from + 1 + start.name().0.len();
        let place_of = |part: &str| part.as_ptr().addr().wrapping_sub(self.text.as_ptr().addr());
        let mut found: Vec<Attribute> = Vec::new();
        for attribute in start.attributes() {
            let attribute = match attribute {
                Ok(attribute) => attribute,
                Err(AttrError::Duplicated(second, _)) => {
                    let name: String = start.get(second..).unwrap_or_default().into();
                    let name = name.split(['=', ' ']).next().unwrap_or_default().to_owned();
                    return Err((self.places.at(from + 1 + second), XmlError::Duplicate(name)));
                }
                Err(error) => {
                    let at = self.places.at(from + 1 + position_of(&error));
                    return Err((at, XmlError::Malformed(in_words(&error).to_owned())));
                }
            };
            let offset = place_of(attribute.key.0).clamp(base, self.text.len());
            let at = self.places.at(offset);
            if found.len() == limits::DOCUMENT_ATTRIBUTES {
                return Err((at, XmlError::TooManyAttributes(shorten(start.name().0))));
            }
            if !is_name(attribute.key.0) {
                let name = shorten(attribute.key.0);
                let message = format!("{name:?} is not the name of an attribute");
                return Err((at, XmlError::Malformed(message)));
            }
            let value = self.value(&attribute.value, place_of(&attribute.value))?;
            found.push(Attribute { name: attribute.key.0.to_owned(), value, at });
        }
        Ok(found)
    }

    /// An attribute's value: references resolved, white space made blanks (XML 1.0, 3.3.3).
    fn value(&mut self, raw: &str, from: usize) -> Result<String, Failure> {
        let mut value = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(next) = rest.find(['&', '<']) {
            let (plain, behind) = rest.split_at(next);
            self.check_characters(plain, from + raw.len() - rest.len())?;
            value.extend(plain.chars().map(blank));
            let at = self.places.at(from + raw.len() - behind.len());
            if behind.starts_with('<') {
                let message = "< is not allowed in an attribute: write &lt;";
                return Err((at, XmlError::Malformed(message.to_owned())));
            }
            let end = behind.find(';').ok_or((at, XmlError::Ampersand))?;
            value.push(resolve(&behind[1..end]).map_err(|error| (at, error))?);
            rest = &behind[end + 1..];
        }
        self.check_characters(rest, from + raw.len() - rest.len())?;
        value.extend(rest.chars().map(blank));
        Ok(value)
    }

    fn add_text(&mut self, from: usize, text: &str) -> Result<(), Failure> {
        self.check_characters(text, from)?;
        let visible = text.len() - text.trim_start().len();
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let at = self.places.at(from + if visible < text.len() { visible } else { 0 });
        self.add(&text, at)
    }

    /// Adds text to what is open, joined to text before it.
    fn add(&mut self, text: &str, at: At) -> Result<(), Failure> {
        let Some(parent) = self.open.last_mut() else {
            let outside = text.trim();
            return match outside.is_empty() {
                true => Ok(()),
                false => Err((at, XmlError::Outside(shorten(outside)))),
            };
        };
        match parent.children.last_mut() {
            Some(Node::Text(before, since)) => {
                if before.trim().is_empty() {
                    *since = at;
                }
                before.push_str(text);
            }
            _ => parent.children.push(Node::Text(text.to_owned(), at)),
        }
        Ok(())
    }

    fn close(&mut self, element: Element) {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Node::Element(element)),
            None => self.root = Some(element),
        }
    }

    /// A remark on what stands at a byte offset; bounded like all remarks.
    fn remark(&mut self, from: usize, remark: String) {
        let at = self.places.at(from);
        if self.remarks.len() < limits::DIAGNOSTICS {
            self.remarks.push((at, remark));
        }
    }

    fn declaration(&mut self, from: usize, declared: &BytesDecl<'_>) -> Result<(), Failure> {
        let at = self.places.at(from);
        if self.elements > 0 || self.declared {
            return Err((at, XmlError::Declaration));
        }
        self.declared = true;
        if from > 0 {
            // Twilio refuses it (12100), Plivo's ancestor takes it; nothing is lost by taking it.
            let remark = "the XML declaration should be the very first thing in the document";
            self.remark(from, remark.to_owned());
        }
        match declared.version() {
            Ok(version) if matches!(&*version, "1.0" | "1.1") => Ok(()),
            _ => Err((at, XmlError::Version)),
        }
    }

    fn check_characters(&mut self, text: &str, from: usize) -> Result<(), Failure> {
        match text.char_indices().find(|(_, c)| !is_allowed(*c)) {
            Some((index, c)) => Err((self.places.at(from + index), XmlError::Character(c.into()))),
            None => Ok(()),
        }
    }

    fn refuse(&mut self, at: usize, error: Error) -> Failure {
        let at = self.places.at(at.min(self.text.len()));
        let error = match error {
            Error::IllFormed(IllFormedError::UnclosedReference) => XmlError::Ampersand,
            Error::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
                let (expected, found) = (shorten(&expected), shorten(&found));
                XmlError::Malformed(format!("</{expected}> is expected here, not </{found}>"))
            }
            Error::IllFormed(IllFormedError::UnmatchedEndTag(name)) => {
                XmlError::Malformed(format!("</{}> closes nothing", shorten(&name)))
            }
            other => XmlError::Malformed(other.to_string()),
        };
        (at, error)
    }

    fn finish(mut self) -> Result<Read, Failure> {
        if let Some(open) = self.open.last() {
            return Err((open.at, XmlError::Unclosed(shorten(&open.name))));
        }
        match self.root.take() {
            Some(root) => Ok(Read { root, remarks: self.remarks }),
            None => Err(((1, 1), XmlError::Empty)),
        }
    }
}

/// The character that `&name;` stands for.
fn resolve(name: &str) -> Result<char, XmlError> {
    let number = match name.strip_prefix('#') {
        None => {
            return match name {
                "amp" => Ok('&'),
                "lt" => Ok('<'),
                "gt" => Ok('>'),
                "quot" => Ok('"'),
                "apos" => Ok('\''),
                // `?a=1&b=2 …;` is an unescaped URL far more often than an entity.
                other if is_name(other) => Err(XmlError::Entity(shorten(other))),
                _ => Err(XmlError::Ampersand),
            };
        }
        Some(number) => number,
    };
    let code = match number.strip_prefix('x') {
        Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16),
        None if number.bytes().all(|b| b.is_ascii_digit()) => number.parse(),
        _ => return Err(XmlError::Entity(shorten(name))),
    };
    let code = code.map_err(|_| XmlError::Entity(shorten(name)))?;
    char::from_u32(code).filter(|c| is_allowed(*c)).ok_or(XmlError::Character(code))
}

/// XML 1.0, 2.2.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Names as they occur; XML allows some more characters.
fn is_name(name: &str) -> bool {
    let first = name.chars().next();
    first.is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | ':'))
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.'))
}

fn blank(c: char) -> char {
    if matches!(c, '\t' | '\n' | '\r') { ' ' } else { c }
}

fn position_of(error: &AttrError) -> usize {
    match error {
        AttrError::ExpectedEq(at)
        | AttrError::ExpectedValue(at)
        | AttrError::UnquotedValue(at)
        | AttrError::ExpectedQuote(at, _)
        | AttrError::Duplicated(at, _) => *at,
    }
}

fn in_words(error: &AttrError) -> &'static str {
    match error {
        AttrError::ExpectedEq(_) => "an attribute needs a value: name=\"value\"",
        AttrError::ExpectedValue(_) | AttrError::UnquotedValue(_) => {
            "an attribute's value needs quotes: name=\"value\""
        }
        AttrError::ExpectedQuote(..) => "the closing quote of an attribute's value is missing",
        AttrError::Duplicated(..) => "an attribute is given twice",
    }
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}
