//! The tree of a document, every part with its place.

/// Line and column, both from 1; the column counts characters.
pub(super) type At = (u32, u32);

/// One element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Element {
    /// Its name, with a prefix if it has one.
    pub name: String,
    /// Where its `<` stands.
    pub at: At,
    /// Its attributes, in order.
    pub attributes: Vec<Attribute>,
    /// What it holds, in order.
    pub children: Vec<Node>,
}

/// One attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    /// Its name, with a prefix if it has one.
    pub name: String,
    /// Its value, references resolved.
    pub value: String,
    /// Where its name stands.
    pub at: At,
}

/// What an element holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// An element.
    Element(Element),
    /// Text between elements, references resolved and CDATA joined; at its first visible character.
    Text(String, At),
}

impl Element {
    /// The elements inside, in order.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(..) => None,
        })
    }

    /// The text directly inside, without blanks around it.
    pub fn text(&self) -> String {
        let texts = self.children.iter().filter_map(|node| match node {
            Node::Text(text, _) => Some(text.as_str()),
            Node::Element(_) => None,
        });
        texts.collect::<String>().trim().to_owned()
    }

    /// Where the text begins; the element itself if there is none.
    pub fn text_at(&self) -> At {
        self.children
            .iter()
            .find_map(|node| match node {
                Node::Text(text, at) if !text.trim().is_empty() => Some(*at),
                _ => None,
            })
            .unwrap_or(self.at)
    }

    /// An attribute by name; names are case-sensitive.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}
