//! What an element holds: remarks on what it should not hold.

use super::{
    notes::Notes,
    tree::{Element, Node},
};

/// Remarks on elements inside one that holds text only, or nothing.
pub(super) fn no_elements(element: &Element, notes: &mut Notes) {
    for inner in element.elements() {
        let (outer, inner, at) = (&element.name, &inner.name, inner.at);
        notes.warn(at, format!("<{inner}> inside <{outer}> is ignored: nothing may stand there"));
    }
}

/// Remarks on text inside an element that holds none.
pub(super) fn no_text(element: &Element, notes: &mut Notes) {
    for node in &element.children {
        if let Node::Text(text, at) = node
            && !text.trim().is_empty()
        {
            let text: String = text.trim().chars().take(40).collect();
            let message = format!("the text {text:?} inside <{}> is ignored", element.name);
            notes.warn(*at, message);
        }
    }
}

/// Remarks on whatever stands inside an element that is empty by nature.
pub(super) fn nothing(element: &Element, notes: &mut Notes) {
    no_elements(element, notes);
    no_text(element, notes);
}
