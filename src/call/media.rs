//! What a document names as media, and what FreeSWITCH is given to play for it. A document cannot
//! name a file outside the configured folders, nor smuggle FreeSWITCH's own syntax.

use crate::{base::limits, config};
use url::Url;

/// The operator's rules for media.
#[derive(Clone, Debug)]
pub struct MediaPolicy {
    settings: config::Media,
}

/// Why something cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// Nothing was named.
    #[error("no media is named")]
    Empty,
    /// Not a usable URL.
    #[error("{0:?} is not a usable http or https URL")]
    BadUrl(String),
    /// URLs are switched off.
    #[error("{0:?}: playing URLs is switched off (media.http in the configuration)")]
    UrlsOff(String),
    /// A path outside the configured folders.
    #[error("{0:?} is in none of the folders of media.roots")]
    Outside(String),
    /// A name with characters that no media has.
    #[error("{0:?} is not the name of a media file: use letters, digits, / _ - .")]
    BadName(String),
    /// A stream with a description that FreeSWITCH would not understand as such.
    #[error("{0:?} is not a valid tone, silence or local stream")]
    BadStream(String),
}

impl MediaPolicy {
    /// Takes the rules from `[media]`.
    pub fn new(settings: &config::Media) -> Self {
        Self { settings: settings.clone() }
    }

    /// What FreeSWITCH is to play for `name`: an http(s) URL, a `tone_stream://`, `silence_stream://`
    /// or `local_stream://`, an absolute path under a configured folder, or a name in the sounds
    /// folder (`.wav` is added where there is no extension).
    pub fn resolve(&self, name: &str) -> Result<String, MediaError> {
        let name = name.trim();
        if name.is_empty() {
            return Err(MediaError::Empty);
        }
        match name.split_once("://") {
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") => self.url(name),
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => self.url(name),
            Some(("tone_stream", tones)) => {
                stream(name, tones, "0123456789%(),.;=-+>vldtrosp LVDTR")
            }
            Some(("silence_stream", length)) => stream(name, length, "0123456789-,"),
            Some(("local_stream", which)) => stream(name, which, NAME),
            Some(_) => Err(MediaError::BadStream(shorten(name))),
            None => self.file(name),
        }
    }

    /// The path on the switch and the customer's URL of a new recording.
    pub fn recording(&self, file: &str) -> (String, String) {
        let path = join(&self.settings.recordings, file);
        let url = match self.settings.recordings_url.as_str() {
            "" => format!("file://{path}"),
            prefix => join(prefix, file),
        };
        (path, url)
    }

    /// Parsing normalises the URL; what FreeSWITCH would take for its own syntax is escaped on top.
    fn url(&self, name: &str) -> Result<String, MediaError> {
        if !self.settings.http {
            return Err(MediaError::UrlsOff(shorten(name)));
        }
        let bad = || MediaError::BadUrl(shorten(name));
        let url = Url::parse(name).map_err(|_| bad())?;
        if name.len() > limits::URL_BYTES || url.host_str().is_none() {
            return Err(bad());
        }
        let mut safe = String::with_capacity(name.len());
        for c in url.as_str().chars() {
            match c {
                '!' | '$' | '\'' | '(' | ')' | ',' | ';' | '\\' | '^' | '`' | '{' | '|' | '}' => {
                    safe.push_str(&format!("%{:02X}", u32::from(c)));
                }
                c => safe.push(c),
            }
        }
        Ok(self.settings.http_template.replace("{url}", &safe))
    }

    fn file(&self, name: &str) -> Result<String, MediaError> {
        let named_well = name.chars().all(|c| c.is_ascii_alphanumeric() || NAME.contains(c));
        if !named_well || name.split('/').any(|part| part == "..") {
            return Err(MediaError::BadName(shorten(name)));
        }
        let has_extension = name.rsplit('/').next().is_some_and(|last| last.contains('.'));
        let file = if has_extension { name.to_owned() } else { format!("{name}.wav") };
        if file.starts_with('/') {
            let inside = |root: &String| {
                file.strip_prefix(root.trim_end_matches('/')).is_some_and(|f| f.starts_with('/'))
            };
            let found = self.settings.roots.iter().any(inside);
            return if found { Ok(file) } else { Err(MediaError::Outside(shorten(name))) };
        }
        Ok(match self.settings.sounds.as_str() {
            "" => file,
            folder => join(folder, &file),
        })
    }
}

/// Characters of a media name besides letters and digits.
const NAME: &str = "/_-.+@";

fn stream(name: &str, description: &str, allowed: &str) -> Result<String, MediaError> {
    let fits = !description.is_empty()
        && description.len() <= 512
        && description
            .chars()
            .all(|c| allowed.contains(c) || (allowed == NAME && c.is_ascii_alphanumeric()))
        && !description.contains("..");
    if fits { Ok(name.to_owned()) } else { Err(MediaError::BadStream(shorten(name))) }
}

fn join(folder: &str, file: &str) -> String {
    format!("{}/{file}", folder.trim_end_matches('/'))
}

fn shorten(name: &str) -> String {
    name.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> MediaPolicy {
        let mut media = config::load_text("", "", []).unwrap().media;
        media.sounds = "/sounds/en/".to_owned();
        media.roots = vec!["/media".to_owned()];
        MediaPolicy::new(&media)
    }

    #[test]
    fn names_urls_and_streams_become_what_freeswitch_plays() {
        for (name, played) in [
            ("ivr/welcome", "/sounds/en/ivr/welcome.wav"),
            ("welcome.mp3", "/sounds/en/welcome.mp3"),
            ("/media/a/b.wav", "/media/a/b.wav"),
            ("https://h.example/a b.wav?x=1", "http_cache://https://h.example/a%20b.wav?x=1"),
            (
                "http://h.example/$%7Bx%7D!{y}.wav",
                "http_cache://http://h.example/%24%7Bx%7D%21%7By%7D.wav",
            ),
            (
                "tone_stream://%(500,500,480,620);loops=3",
                "tone_stream://%(500,500,480,620);loops=3",
            ),
            ("silence_stream://1000", "silence_stream://1000"),
        ] {
            assert_eq!(policy().resolve(name).unwrap(), played);
        }
    }

    #[test]
    fn nothing_else_can_be_named() {
        for name in [
            "",
            "../etc/passwd",
            "/etc/passwd",
            "/media/../etc/x.wav",
            "/mediaX/a.wav",
            "a!b",
            "{a=b}x.wav",
            "file_string://a!b",
            "say:hello",
            "phrase:x",
            "shout://h/x",
            "http_cache://http://h/x",
            "a${b}",
            "local_stream://../x",
            "tone_stream://${x}",
            "http://",
            "a\nb",
            "a@@b c",
        ] {
            assert!(policy().resolve(name).is_err(), "{name:?}");
        }
    }
}
