//! `audio_macro`: several sounds one after the other.

use super::{
    action::Perform,
    language,
    play::{heard, loops},
    tts,
};
use crate::{
    base::phone::KeySet,
    call::{Loops, Phrase, Prompt, PromptEnd, Sound, Step},
    piston::{
        fields::Fields,
        stage::{Ended, Stage},
    },
};

/// `macros`, `terminators`, `language`.
#[derive(Debug)]
pub(in crate::piston) struct AudioMacro {
    entries: Vec<Entry>,
}

/// One sound of a macro.
#[derive(Debug)]
struct Entry {
    /// The sound; if it cannot be played, the next one.
    sounds: Vec<Sound>,
    loops: Loops,
    keys: KeySet,
    answer: bool,
}

/// What an entry takes from the macro where it says nothing itself.
struct Outer {
    keys: KeySet,
    language: Option<String>,
}

impl Perform for AudioMacro {
    fn read(fields: &mut Fields<'_, '_, '_>) -> Self {
        let outer = Outer {
            keys: fields.keys("terminators").unwrap_or(KeySet::KEYPAD),
            language: fields.parsed("language", language::tag),
        };
        let entries = fields.each("macros", |entry| Some(Entry::read(entry, &outer)));
        if entries.as_ref().is_none_or(Vec::is_empty) {
            fields.remark("no \"macros\": nothing is played");
        }
        Self { entries: entries.unwrap_or_default() }
    }

    fn about(&self) -> String {
        let first = self.entries.iter().filter_map(|entry| entry.sounds.first());
        first.map(Sound::to_string).collect::<Vec<_>>().join(", ")
    }

    /// A key ends the whole macro, not only the sound that it interrupts.
    async fn run(&self, stage: &mut Stage<'_>) -> Step<Ended> {
        for entry in &self.entries {
            if entry.answer {
                stage.answer().await?;
            }
            if let end @ PromptEnd::Key(_) = entry.play(stage).await? {
                return Ok(Ended::go_on(heard(&end)));
            }
        }
        Ok(Ended::go_on("heard to the end"))
    }
}

impl Entry {
    fn read(fields: &mut Fields<'_, '_, '_>, outer: &Outer) -> Self {
        type Read = fn(&mut Fields<'_, '_, '_>, &Outer) -> Vec<Sound>;
        let kinds: [(&str, Read); 5] =
            [("play", play), ("prompt", prompt), ("say", say), ("tts", speech), ("tone", tone)];
        let read = fields.choice("macro", &kinds);
        if !fields.has("macro") {
            fields.missing("macro", "it is play, prompt, say, tts or tone");
        }
        let kind = fields.text("macro").unwrap_or_default();
        let answer = kind != "play" || fields.boolean("answer").unwrap_or(true);
        let loops = match kind {
            "play" => loops(fields),
            "tts" if fields.boolean("endless_playback") == Some(true) => Loops::Endless,
            _ => Loops::Times(1),
        };
        let keys = fields.keys("terminators").unwrap_or(outer.keys);
        let sounds = read.map(|read| read(fields, outer)).unwrap_or_default();
        Self { sounds, loops, keys, answer }
    }

    async fn play(&self, stage: &mut Stage<'_>) -> Step<PromptEnd> {
        let mut end = PromptEnd::Done;
        for sound in &self.sounds {
            let prompt = Prompt { sound: sound.clone(), loops: self.loops };
            end = stage.call.prompt(&prompt, self.keys).await?;
            if !matches!(end, PromptEnd::Failed(_)) {
                break;
            }
        }
        Ok(end)
    }
}

fn play(fields: &mut Fields<'_, '_, '_>, _: &Outer) -> Vec<Sound> {
    media(fields).map(Sound::Media).into_iter().collect()
}

/// A prompt in a language is looked for in that language's folder first: `fr/welcome`, `welcome`.
fn prompt(fields: &mut Fields<'_, '_, '_>, outer: &Outer) -> Vec<Sound> {
    let language = fields.parsed("language", language::tag).or_else(|| outer.language.clone());
    let Some(id) = media(fields) else { return Vec::new() };
    let translated = language.map(|tag| format!("{}/{id}", tag.to_ascii_lowercase()));
    translated.into_iter().chain([id]).map(Sound::Media).collect()
}

fn media(fields: &mut Fields<'_, '_, '_>) -> Option<String> {
    let id = fields.text("id").filter(|id| !id.trim().is_empty());
    if id.is_none() {
        fields.remark("no \"id\": nothing is played");
    }
    id.map(str::to_owned)
}

fn say(fields: &mut Fields<'_, '_, '_>, outer: &Outer) -> Vec<Sound> {
    let text = fields.text("text").filter(|text| !text.trim().is_empty());
    if text.is_none() {
        fields.remark("no \"text\": nothing is said");
    }
    let tag = fields.parsed("language", language::tag).or_else(|| outer.language.clone());
    // FreeSWITCH names the sets of sounds by the bare language.
    let language = tag.as_deref().and_then(|tag| tag.get(..2)).unwrap_or("en").to_lowercase();
    let mut word = |key, words: &[&'static str], or| {
        let words: Vec<_> = words.iter().map(|word| (*word, *word)).collect();
        fields.choice(key, &words).unwrap_or(or).to_owned()
    };
    let phrase = Phrase {
        language,
        kind: word("type", &SAY_TYPES, "name_spelled"),
        method: word("method", &SAY_METHODS, "pronounced"),
        gender: word("gender", &SAY_GENDERS, ""),
        text: text.unwrap_or_default().to_owned(),
    };
    text.map(|_| Sound::Phrase(phrase)).into_iter().collect()
}

fn speech(fields: &mut Fields<'_, '_, '_>, outer: &Outer) -> Vec<Sound> {
    let mut speech = tts::speech(fields);
    if speech.language.is_empty() {
        speech.language = outer.language.clone().unwrap_or_default();
    }
    vec![Sound::Speech(speech)]
}

/// A tone in FreeSWITCH's notation: `v=` decibels, `l=` repeats, `%(on,off,frequencies)`.
fn tone(fields: &mut Fields<'_, '_, '_>, _: &Outer) -> Vec<Sound> {
    /// Longest sound or pause of a tone, milliseconds.
    const LONGEST: u64 = 60_000;
    /// Most frequencies that FreeSWITCH mixes (`TELETONE_MAX_TONES`).
    const MIXED: usize = 18;
    let frequencies = fields.integers("frequencies", 1..=20_000).unwrap_or_default();
    if frequencies.is_empty() {
        fields.remark("no \"frequencies\": nothing is played");
    }
    if frequencies.len() > MIXED {
        fields.error(
            "frequencies",
            format!("found {}; at most {MIXED} are allowed", frequencies.len()),
        );
    }
    let on = fields.integer("duration_on", 1..=LONGEST).unwrap_or(500);
    let off = fields.integer("duration_off", 0..=LONGEST).unwrap_or(0);
    let repeat = fields.integer("repeat", 1..=1_000).unwrap_or(1);
    let volume = fields.integer("volume", 0..=100);
    if frequencies.is_empty() {
        return Vec::new();
    }
    // 0 to 100 becomes -63 dB to 0 dB, FreeSWITCH's own range.
    let volume = volume.map(|v| format!("v=-{};", 63 - 63 * v / 100)).unwrap_or_default();
    let tones = frequencies.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
    vec![Sound::Media(format!("tone_stream://{volume}l={repeat};%({on},{off},{tones})"))]
}

/// What `say` can put together.
const SAY_TYPES: [&str; 19] = [
    "number",
    "items",
    "persons",
    "messages",
    "currency",
    "time_measurement",
    "current_date",
    "current_time",
    "current_date_time",
    "telephone_number",
    "telephone_extension",
    "url",
    "ip_address",
    "e-mail_address",
    "postal_address",
    "account_number",
    "name_spelled",
    "name_phonetic",
    "short_date_time",
];
const SAY_METHODS: [&str; 4] = ["none", "pronounced", "iterated", "counted"];
const SAY_GENDERS: [&str; 3] = ["masculine", "feminine", "neuter"];
