//! SSML for an engine that takes it, written anew: only elements and values that are known, and all
//! text escaped.

use super::elements;
use crate::{
    call::ssml_text,
    xml::tree::{Element, Node},
};
use std::fmt::Write;

/// The content of a Say or Speak, from `<speak>` to `</speak>`.
pub(super) fn ssml(element: &Element, language: &str) -> String {
    let mut text = String::from("<speak");
    if elements::is_language(language) {
        // Writing to a string cannot fail.
        let _ = write!(text, " xml:lang=\"{language}\"");
    }
    text.push('>');
    children(element, &mut text);
    text.push_str("</speak>");
    text
}

/// Recursion ends at `limits::DOCUMENT_DEPTH`.
fn children(element: &Element, text: &mut String) {
    for node in &element.children {
        match node {
            Node::Text(words, _) => text.push_str(&ssml_text(words)),
            Node::Element(inner) if elements::is_known(&inner.name) => tag(inner, text),
            Node::Element(inner) => children(inner, text),
        }
    }
}

fn tag(element: &Element, text: &mut String) {
    let name = &element.name;
    let _ = write!(text, "<{name}");
    for attribute in elements::sound_attributes(element) {
        let value = ssml_text(attribute.value.trim());
        let _ = write!(text, " {}=\"{value}\"", attribute.name);
    }
    match element.children.is_empty() {
        true => text.push_str("/>"),
        false => {
            text.push('>');
            children(element, text);
            let _ = write!(text, "</{name}>");
        }
    }
}
