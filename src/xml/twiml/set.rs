//! `<Set>` and `<Variable>`: KAZOO's (`reference/piston.md` 2.9.2).

use crate::{
    base::limits,
    xml::{
        attributes::Attributes,
        content,
        notes::Notes,
        tree::Element,
        verbs::{Action, Answer, Compiled, Set},
    },
};

pub(in crate::xml) fn set(element: &Element, notes: &mut Notes) -> Compiled {
    Attributes::of(element, notes).done();
    content::no_text(element, notes);
    let mut variables = Vec::new();
    for inner in element.elements() {
        if inner.name == "Variable" {
            variables.extend(pair(inner, notes));
        } else {
            let message = format!("<{}> inside <Set> is ignored: write <Variable>", inner.name);
            notes.warn(inner.at, message);
        }
    }
    done(variables)
}

/// One variable outside of a `<Set>`.
pub(in crate::xml) fn variable(element: &Element, notes: &mut Notes) -> Compiled {
    done(pair(element, notes).into_iter().collect())
}

/// Name and value of a `<Variable>`; `None` with a remark if it cannot be one.
pub(super) fn pair(element: &Element, notes: &mut Notes) -> Option<(String, String)> {
    content::nothing(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let key = attributes.text("key");
    // KAZOO writes `key`, several of its examples `name`.
    let name = attributes.text("name");
    let value = attributes.given("value").unwrap_or_default().to_owned();
    attributes.done();
    let name = if key.is_empty() { name } else { key };
    if name.is_empty() {
        notes.error(element.at, "<Variable> needs key=\"NAME\"; it is left out");
        return None;
    }
    if name.len() > 128 || value.len() > limits::USER_VARIABLE_BYTES {
        let most = limits::USER_VARIABLE_BYTES;
        let message = format!(
            "a variable has a name of at most 128 and a value of at most {most} bytes; it is left out"
        );
        notes.error(element.at, message);
        return None;
    }
    Some((name, value))
}

fn done(variables: Vec<(String, String)>) -> Compiled {
    let names: Vec<_> = variables.iter().map(|(name, _)| name.as_str()).collect();
    let detail = names.join(", ");
    (Action::Set(Set { variables }), detail, Answer::Never)
}
