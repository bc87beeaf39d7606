//! A Say or Speak as sounds: what its markup becomes for an engine that takes plain text.

use super::{elements, length, length::Allowed, markup, say_as};
use crate::{
    base::phone::KeySet,
    call::{Loops, Marked, Sound, Speech},
    xml::{
        notes::Notes,
        tree::{At, Element, Node},
        verbs::{Action, Answer, Compiled, Spoken},
    },
};

/// The verb that says an element's content: `<Say>` and `<Speak>` differ only in their attributes.
/// `None` if there is nothing to say (Twilio's warning 13520).
pub(in crate::xml) fn spoken(
    element: &Element,
    voice: &Speech,
    (loops, keys): (Loops, KeySet),
    allowed: Option<Allowed>,
    notes: &mut Notes,
) -> Option<Compiled> {
    elements::check(element, notes);
    let mut reducer = Reducer::new(voice);
    reducer.children(element);
    reducer.flush();
    let Reducer { sounds, characters, noted, .. } = reducer;
    for (name, at) in noted {
        let message =
            format!("<{name}> is heard only from an engine that takes SSML; others say its text");
        notes.warn(at, message);
    }
    if sounds.is_empty() {
        let message = format!("<{}> has nothing to say; it is left out", element.name);
        notes.warn(element.at, message);
        return None;
    }
    let marked = element.elements().next().is_some();
    let ssml = if marked { markup::ssml(element, &voice.language) } else { String::new() };
    check_length(element, characters, ssml.chars().count(), allowed, notes);
    let sounds = match marked {
        true => {
            let ssml = Speech { text: ssml, markup: true, ..voice.clone() };
            vec![Sound::Marked(Marked { ssml, plain: sounds })]
        }
        false => sounds,
    };
    let detail = detail(&sounds);
    Some((Action::Speak(Spoken { sounds, loops, keys }), detail, Answer::Before))
}

/// What is said, for a person.
fn detail(sounds: &[Sound]) -> String {
    let texts = sounds.iter().map(|sound| match sound {
        Sound::Speech(speech) => speech.text.clone(),
        Sound::Marked(marked) => marked.text(),
        _ => String::new(),
    });
    texts.collect::<Vec<_>>().join(" … ")
}

fn check_length(
    element: &Element,
    characters: usize,
    with_markup: usize,
    allowed: Option<Allowed>,
    notes: &mut Notes,
) {
    let Some(allowed) = allowed else { return };
    let found = if allowed.with_markup { characters.max(with_markup) } else { characters };
    if found > allowed.characters {
        let Allowed { of, characters, .. } = allowed;
        let message =
            format!("the text has {found} characters, {of} takes {characters}; all of it is said");
        notes.warn(element.text_at(), message);
    }
}

struct Reducer<'a> {
    voice: &'a Speech,
    /// The language of what is being read, where it is another one (`<lang>`).
    language: String,
    text: String,
    sounds: Vec<Sound>,
    /// Characters of all texts.
    characters: usize,
    /// Elements without effect here.
    noted: Vec<(String, At)>,
}

impl<'a> Reducer<'a> {
    fn new(voice: &'a Speech) -> Self {
        Self {
            voice,
            language: String::new(),
            text: String::new(),
            sounds: Vec::new(),
            characters: 0,
            noted: Vec::new(),
        }
    }

    /// Recursion ends at `limits::DOCUMENT_DEPTH`.
    fn children(&mut self, element: &Element) {
        for node in &element.children {
            match node {
                Node::Text(text, _) => self.words(text),
                Node::Element(inner) => self.tag(inner),
            }
        }
    }

    /// A mark behind what was put into words belongs to the last of them.
    fn words(&mut self, text: &str) {
        if text.starts_with([',', '.', ';', ':', '!', '?']) {
            self.text.truncate(self.text.trim_end().len());
        }
        self.text.push_str(text);
    }

    fn tag(&mut self, tag: &Element) {
        match tag.name.as_str() {
            "break" => {
                self.flush();
                let length = elements::break_length(tag);
                if !length.is_zero() {
                    self.sounds.push(Sound::Silence(length));
                }
                self.children(tag);
            }
            "sub" => match tag.attribute("alias").filter(|alias| !alias.value.trim().is_empty()) {
                Some(alias) => self.text.push_str(&alias.value),
                None => self.children(tag),
            },
            "say-as" => self.say_as(tag),
            "p" | "s" => {
                self.text.push(' ');
                self.children(tag);
                self.end_sentence();
            }
            "lang" => self.in_language(tag),
            "emphasis" | "phoneme" | "prosody" | "w" => {
                if !self.noted.iter().any(|(name, _)| *name == tag.name) {
                    self.noted.push((tag.name.clone(), tag.at));
                }
                self.children(tag);
            }
            _ => self.children(tag),
        }
    }

    /// An engine without SSML ends a sentence at its full stop only.
    fn end_sentence(&mut self) {
        let ended = self.text.trim_end();
        if ended.ends_with(char::is_alphanumeric) {
            let end = ended.len();
            self.text.truncate(end);
            self.text.push('.');
        }
        self.text.push(' ');
    }

    fn in_language(&mut self, tag: &Element) {
        let language = tag.attribute("xml:lang").map_or("", |a| a.value.trim());
        if !elements::is_language(language) || language == self.language {
            return self.children(tag);
        }
        self.flush();
        let outer = std::mem::replace(&mut self.language, language.to_owned());
        self.children(tag);
        self.flush();
        self.language = outer;
    }

    fn say_as(&mut self, tag: &Element) {
        let what = elements::interpretation(tag);
        let text = all_text(tag);
        if what == "expletive" {
            self.flush();
            self.sounds.push(say_as::bleep(&text));
            return;
        }
        let format = tag.attribute("format").map_or("", |a| a.value.trim());
        match say_as::words(what, format, &text, self.is_english()) {
            Some(words) => {
                self.text.push(' ');
                self.text.push_str(&words);
                self.text.push(' ');
            }
            None => self.text.push_str(&text),
        }
    }

    /// Both vendors' voices are English unless something else is asked for.
    fn is_english(&self) -> bool {
        let language = if self.language.is_empty() {
            crate::call::language_of(&self.voice.voice, &self.voice.language)
        } else {
            &self.language
        };
        language.is_empty() || language.split('-').next() == Some("en")
    }

    fn flush(&mut self) {
        let text = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.text.clear();
        self.characters += text.chars().count();
        // A mark alone, between two sounds, is nothing to say.
        let pieces = length::pieces(&text).into_iter();
        for piece in pieces.filter(|piece| piece.chars().any(is_said)) {
            let (text, part_language) = (piece.to_owned(), self.language.clone());
            self.sounds.push(Sound::Speech(Speech { text, part_language, ..self.voice.clone() }));
        }
    }
}

fn is_said(c: char) -> bool {
    c.is_alphanumeric() || "*#@&%+=$€£".contains(c)
}

/// The text of an element and of all inside it.
fn all_text(element: &Element) -> String {
    let parts = element.children.iter().map(|node| match node {
        Node::Text(text, _) => text.clone(),
        Node::Element(inner) => all_text(inner),
    });
    parts.collect()
}
