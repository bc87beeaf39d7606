//! Speech with SSML inside, reduced to what every engine can say.
//!
//! FreeSWITCH's engines take plain text. A break becomes silence, `sub` its alias, `say-as` with
//! characters or digits is spelled; of everything else the text remains, with a remark.

use super::{
    notes::Notes,
    tree::{Element, Node},
    verbs::{Action, Answer, Compiled, Spoken},
};
use crate::{
    base::{limits, phone::KeySet},
    call::{Loops, Sound, Speech},
};
use std::time::Duration;

/// Longest break, as Polly has it.
const LONGEST_BREAK: Duration = Duration::from_secs(10);

/// The sounds of a Say or Speak; `voice` is how its texts are said. None if there is nothing to say.
pub(super) fn sounds(element: &Element, voice: &Speech, notes: &mut Notes) -> Vec<Sound> {
    let mut reader = Reducer { voice, notes, text: String::new(), sounds: Vec::new(), bytes: 0 };
    reader.children(element);
    reader.flush();
    let Reducer { sounds, bytes, .. } = reader;
    if sounds.is_empty() {
        let message = format!("<{}> has nothing to say; it is left out", element.name);
        notes.warn(element.at, message);
    }
    if bytes > limits::SPEECH_BYTES {
        let most = limits::SPEECH_BYTES;
        let message = format!("{bytes} bytes of text are too long: {most} are said");
        notes.warn(element.text_at(), message);
    }
    sounds
}

/// The verb that says an element's content: `<Say>` and `<Speak>` differ only in their attributes.
/// `None` if there is nothing to say.
pub(super) fn spoken(
    element: &Element,
    voice: &Speech,
    loops: Loops,
    keys: KeySet,
    notes: &mut Notes,
) -> Option<Compiled> {
    let sounds = sounds(element, voice, notes);
    if sounds.is_empty() {
        return None;
    }
    let detail = detail(&sounds);
    Some((Action::Speak(Spoken { sounds, loops, keys }), detail, Answer::Before))
}

/// What is said, for a person.
pub(super) fn detail(sounds: &[Sound]) -> String {
    let texts = sounds.iter().filter_map(|sound| match sound {
        Sound::Speech(speech) => Some(speech.text.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join(" … ")
}

struct Reducer<'a> {
    voice: &'a Speech,
    notes: &'a mut Notes,
    text: String,
    sounds: Vec<Sound>,
    /// Length of the longest text so far.
    bytes: usize,
}

impl Reducer<'_> {
    /// Recursion ends at `limits::DOCUMENT_DEPTH`.
    fn children(&mut self, element: &Element) {
        for node in &element.children {
            match node {
                Node::Text(text, _) => self.text.push_str(text),
                Node::Element(inner) => self.tag(inner),
            }
        }
    }

    fn tag(&mut self, tag: &Element) {
        match tag.name.as_str() {
            "break" => {
                self.flush();
                let length = self.break_length(tag);
                self.sounds.push(Sound::Silence(length));
            }
            "sub" => match tag.attribute("alias") {
                Some(alias) => self.text.push_str(&alias.value),
                None => self.children(tag),
            },
            "say-as" => self.say_as(tag),
            "p" | "s" => {
                self.text.push(' ');
                self.children(tag);
                self.text.push(' ');
            }
            "emphasis" | "lang" | "phoneme" | "prosody" | "w" => {
                let name = &tag.name;
                let message = format!("<{name}> has no effect: its text is said as any other");
                self.notes.warn(tag.at, message);
                self.children(tag);
            }
            name => {
                let name: String = name.chars().take(60).collect();
                let message = format!("<{name}> is no SSML that can be said: its text is said");
                self.notes.warn(tag.at, message);
                self.children(tag);
            }
        }
    }

    fn say_as(&mut self, tag: &Element) {
        let what = tag.attribute("interpret-as").map_or("", |attribute| attribute.value.as_str());
        if matches!(what, "characters" | "spell-out" | "digits" | "telephone") {
            // Engines read characters with blanks between them one by one.
            for c in tag.text().chars().filter(|c| !c.is_whitespace()) {
                self.text.push(' ');
                self.text.push(c);
            }
            self.text.push(' ');
            return;
        }
        let message = format!("say-as {what:?} has no effect: its text is said as any other");
        self.notes.warn(tag.at, message);
        self.children(tag);
    }

    /// `time` in `s` or `ms`, else `strength`, else medium.
    fn break_length(&mut self, tag: &Element) -> Duration {
        if let Some(time) = tag.attribute("time") {
            let value = time.value.trim();
            let (number, unit) = match (value.strip_suffix("ms"), value.strip_suffix('s')) {
                (Some(number), _) => (number, 1.0),
                (None, Some(number)) => (number, 1_000.0),
                (None, None) => ("", 0.0),
            };
            if let Ok(number) = number.parse::<f64>()
                && (0.0..=1e9).contains(&number)
            {
                let length = Duration::from_secs_f64(number * unit / 1_000.0);
                return length.min(LONGEST_BREAK);
            }
            self.notes.warn(time.at, format!("time={value:?} is ignored; write 2s or 300ms"));
        }
        let strength = tag.attribute("strength").map_or("medium", |strength| &strength.value);
        Duration::from_millis(match strength {
            "none" => 0,
            "x-weak" => 100,
            "weak" => 250,
            "strong" => 1_000,
            "x-strong" => 1_500,
            _ => 500,
        })
    }

    fn flush(&mut self) {
        let text = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.text.clear();
        self.bytes = self.bytes.max(text.len());
        if !text.is_empty() {
            self.sounds.push(Sound::Speech(Speech { text, ..self.voice.clone() }));
        }
    }
}
