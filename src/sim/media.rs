//! What can be played and how long it lasts, and what becomes of recordings.

use super::{fetch, observe::Prompt};
use std::{collections::BTreeMap, fs, io, path::Path, time::Duration};

/// How long a local file plays that nothing is known about.
const FILE: Duration = Duration::from_secs(2);

/// Voices of the engine that is always there, flite.
const VOICES: [&str; 5] = ["slt", "kal", "awb", "rms", "kal16"];

/// Files and URLs that the switch can play. Local files play for two seconds unless a length is
/// given; URLs are fetched unless a length is given.
#[derive(Clone, Debug, Default)]
pub struct Media {
    lengths: BTreeMap<String, Option<Duration>>,
    every: Option<Duration>,
    closed_folders: Vec<String>,
    keeps_recordings: bool,
    engines: Vec<String>,
    recognisers: Vec<String>,
}

impl Media {
    /// A file or URL that plays for that long.
    pub fn with(mut self, path: impl Into<String>, length: Duration) -> Self {
        self.lengths.insert(path.into(), Some(length));
        self
    }

    /// Every file, URL and speech that is not named otherwise plays for that long.
    pub fn every(mut self, length: Duration) -> Self {
        self.every = Some(length);
        self
    }

    /// A file that does not exist.
    pub fn missing(mut self, path: impl Into<String>) -> Self {
        self.lengths.insert(path.into(), None);
        self
    }

    /// A folder that recordings cannot be written to: trying hangs up the call.
    pub fn unwritable(mut self, folder: impl Into<String>) -> Self {
        self.closed_folders.push(folder.into());
        self
    }

    /// Recordings become files, with as much silence in them as they are long; otherwise they are only
    /// told of.
    pub const fn keeps_recordings(mut self) -> Self {
        self.keeps_recordings = true;
        self
    }

    /// Another speech engine than flite, which has every voice.
    pub fn engine(mut self, name: impl Into<String>) -> Self {
        self.engines.push(name.into());
        self
    }

    /// A speech recognition engine, which understands all that a caller says.
    pub fn recogniser(mut self, name: impl Into<String>) -> Self {
        self.recognisers.push(name.into());
        self
    }

    /// Whether there is a recogniser of that name.
    pub(super) fn recognises(&self, engine: &str) -> bool {
        self.recognisers.iter().any(|known| known == engine)
    }

    /// Writes a recording of so many samples in each channel, if recordings become files.
    pub(super) fn keep_recording(&self, path: &str, samples: u64, channels: u64) -> io::Result<()> {
        if !self.keeps_recordings {
            return Ok(());
        }
        if let Some(folder) = Path::new(path).parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, fetch::wave(samples, channels))
    }

    /// Whether a recording can be opened there.
    pub(super) fn can_record(&self, path: &str) -> bool {
        const FORMATS: [&str; 8] = ["wav", "au", "raw", "gsm", "flac", "ogg", "ul", "al"];
        let known = path.rsplit('.').next().is_some_and(|end| FORMATS.contains(&end));
        known && !self.closed_folders.iter().any(|folder| path.starts_with(folder.as_str()))
    }

    /// The parts of what `playback` is asked to play.
    pub(super) fn clips(&self, argument: &str, delimiter: Option<&str>) -> Vec<Clip> {
        let argument = without_options(argument);
        let list = argument.strip_prefix("file_string://").map(|list| (list, "!"));
        match list.or_else(|| delimiter.map(|delimiter| (argument, delimiter))) {
            Some((list, delimiter)) => list.split(delimiter).map(|one| self.clip(one)).collect(),
            None => vec![self.clip(argument)],
        }
    }

    /// How long an engine needs for a text, by its length; nothing for a voice that it does not have.
    pub(super) fn spoken(&self, engine: &str, voice: &str, text: &str) -> Duration {
        let flite = engine == "flite" && VOICES.contains(&voice);
        let known = flite || self.engines.iter().any(|known| known == engine);
        if known { self.every.unwrap_or(speech_length(text)) } else { Duration::ZERO }
    }

    fn clip(&self, path: &str) -> Clip {
        let path = without_options(path);
        if let Some(tone) = path.strip_prefix("tone_stream://") {
            return Clip::new(Prompt::Tone(tone.to_owned()), tone_length(tone));
        }
        if let Some(spec) = path.strip_prefix("silence_stream://") {
            let ms = spec.split(',').next().and_then(|ms| ms.trim().parse::<i64>().ok());
            let length = u64::try_from(ms.unwrap_or(0))
                .map_or(Length::Endless, |ms| Length::Lasts(Duration::from_millis(ms)));
            let shown = if let Length::Lasts(length) = length { length } else { Duration::MAX };
            return Clip::new(Prompt::Silence(shown), length);
        }
        if let Some(speech) = path.strip_prefix("say:") {
            let parts: Vec<&str> = speech.splitn(3, ':').collect();
            let (voice, text) = match parts.as_slice() {
                [_, voice, text] => (*voice, *text),
                _ => ("", speech),
            };
            let prompt = Prompt::Speech { voice: voice.to_owned(), text: text.to_owned() };
            return Clip::new(prompt, Length::Lasts(self.every.unwrap_or(speech_length(text))));
        }
        let prompt = Prompt::File(path.to_owned());
        if path.starts_with("local_stream://") {
            return Clip::new(prompt, Length::Endless);
        }
        let bare = path.split("@@").next().unwrap_or(path);
        let url = bare.strip_prefix("http_cache://").unwrap_or(bare);
        let remote = url.starts_with("http://") || url.starts_with("https://");
        let known = self.lengths.get(bare).or_else(|| self.lengths.get(url));
        let length = match known {
            Some(Some(length)) => Length::Lasts(*length),
            Some(None) => Length::Missing,
            None if remote && self.every.is_none() => Length::Remote(url.to_owned()),
            None if bare.is_empty() => Length::Missing,
            None => Length::Lasts(self.every.unwrap_or(FILE)),
        };
        Clip::new(prompt, length)
    }
}

/// One thing to play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Clip {
    pub(super) prompt: Prompt,
    pub(super) length: Length,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Lasts(Duration),
    Endless,
    Missing,
    /// Whatever is found at this URL.
    Remote(String),
}

impl Clip {
    const fn new(prompt: Prompt, length: Length) -> Self {
        Self { prompt, length }
    }

    /// Fetches what has to be fetched to know how long it lasts.
    pub(super) async fn find(&mut self) {
        if let Length::Remote(url) = &self.length {
            self.length = match fetch::get(url).await {
                Ok(file) => Length::Lasts(fetch::length(&file).unwrap_or(FILE)),
                Err(_) => Length::Missing,
            };
        }
    }

    /// The kind that `Playback-File-Type` shows.
    pub(super) const fn kind(&self) -> &'static str {
        match self.prompt {
            Prompt::Tone(_) => "tone_stream",
            Prompt::Silence(_) => "silence_stream",
            _ => "file",
        }
    }
}

fn speech_length(text: &str) -> Duration {
    let characters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    Duration::from_millis(66).saturating_mul(characters) + Duration::from_millis(80)
}

/// Sums the `%(on,off,…)` groups of a tone script, with its loops. A malformed one plays nothing.
fn tone_length(tone: &str) -> Length {
    let mut once = Duration::ZERO;
    let mut rest = tone;
    while let Some((_, group)) = rest.split_once("%(") {
        let Some((numbers, after)) = group.split_once(')') else { break };
        let ms = numbers.split(',').take(2).filter_map(|n| n.trim().parse::<u64>().ok()).sum();
        once += Duration::from_millis(ms);
        rest = after;
    }
    let option = |name: &str| {
        let found = tone.split(';').find_map(|part| part.trim().strip_prefix(name));
        found.and_then(|n| n.parse::<i64>().ok())
    };
    match option("loops=").or_else(|| option("L=")).unwrap_or(1) {
        n if n < 0 => Length::Endless,
        n => Length::Lasts(once * u32::try_from(n.max(1)).unwrap_or(u32::MAX)),
    }
}

/// Drops a leading `{name=value,…}`.
fn without_options(path: &str) -> &str {
    let path = path.trim_start();
    match path.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((_, rest)) => rest,
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(path: &str) -> Length {
        Media::default().clip(path).length
    }

    const fn ms(n: u64) -> Length {
        Length::Lasts(Duration::from_millis(n))
    }

    #[test]
    fn tones_and_silence_last_as_written() {
        assert_eq!(length("tone_stream://%(600,0,440)"), ms(600));
        assert_eq!(length("tone_stream://%(200,200,440);loops=2"), ms(800));
        assert_eq!(length("tone_stream://%(100,0,1)%(50,50,2)"), ms(200));
        assert_eq!(length("tone_stream://v=-7;%(100,0,1);loops=-1"), Length::Endless);
        assert_eq!(length("tone_stream://nonsense"), ms(0));
        assert_eq!(length("silence_stream://1500,1400"), ms(1500));
        assert_eq!(length("silence_stream://-1"), Length::Endless);
    }

    #[test]
    fn urls_are_fetched_unless_known() {
        let media = Media::default().with("http://h/a.wav", Duration::from_secs(5));
        assert_eq!(media.clip("http_cache://http://h/a.wav").length, ms(5_000));
        assert_eq!(media.clip("{x=1}http://h/a.wav").length, ms(5_000));
        let remote = |url: &str| Length::Remote(url.to_owned());
        assert_eq!(media.clip("http_cache://http://h/b.wav").length, remote("http://h/b.wav"));
        assert_eq!(media.clip("/sounds/b.wav").length, Length::Lasts(FILE));
    }

    #[test]
    fn lists_are_taken_apart() {
        let clips = Media::default().clips("file_string://a.wav!silence_stream://100", None);
        assert_eq!(clips.len(), 2);
        assert_eq!(Media::default().clips("a.wav&b.wav", Some("&")).len(), 2);
    }

    #[test]
    fn speech_lasts_by_its_length() {
        let spoken = |voice, text| Media::default().spoken("flite", voice, text);
        let length = spoken("slt", "Thank you for calling.");
        assert!(length > Duration::from_millis(1_400) && length < Duration::from_millis(1_700));
        assert_eq!(spoken("nobody", "hello"), Duration::ZERO);
        let media = Media::default().engine("tts_commandline");
        assert!(media.spoken("tts_commandline", "anybody", "hello") > Duration::ZERO);
        assert_eq!(media.spoken("other", "slt", "hello"), Duration::ZERO);
    }
}
