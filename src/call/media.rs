//! What a document names as media, and what becomes of it. A document cannot name a file outside the
//! configured folders, nor smuggle FreeSWITCH's own syntax; what is in the web is fetched by us.

use crate::{
    base::{RecordingId, limits, web::masked},
    config,
};
use url::Url;

/// The operator's rules for media.
#[derive(Clone, Debug)]
pub struct MediaPolicy {
    settings: config::Media,
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Playable {
    /// FreeSWITCH plays this, as it stands.
    Here(String),
    /// This is in the web, and has to be brought first.
    Web(Url),
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
    /// A link in a configured folder that leads out of all of them.
    #[error("{0:?} leads out of the folders of media.roots and media.sounds")]
    LeadsOut(String),
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

    /// What `name` stands for: an http(s) URL, a `tone_stream://`, `silence_stream://` or
    /// `local_stream://`, an absolute path under a configured folder, or a name in the sounds folder
    /// (`.wav` is added where there is no extension).
    pub fn resolve(&self, name: &str) -> Result<Playable, MediaError> {
        let name = name.trim();
        if name.is_empty() {
            return Err(MediaError::Empty);
        }
        let here = match name.split_once("://") {
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("http") => return self.url(name),
            Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => return self.url(name),
            // Without the letters of `path=`, which would name a file.
            Some(("tone_stream", tones)) => {
                stream(name, tones, "0123456789%(),.;=-+>vldtrosp LVDTR")
            }
            Some(("silence_stream", length)) => stream(name, length, "0123456789-,"),
            Some(("local_stream", which)) => stream(name, which, NAME),
            Some(_) => Err(MediaError::BadStream(shorten(name))),
            None => self.file(name),
        };
        here.map(Playable::Here)
    }

    /// Whether a file that [`Self::resolve`] gave stays inside the configured folders when links are
    /// followed. Where the folders are on another machine, nothing can be found out, and it passes.
    pub async fn stays_inside(&self, file: &str) -> Result<(), MediaError> {
        // Streams, and names in a folder that only the switch knows.
        if !file.starts_with('/') {
            return Ok(());
        }
        let Ok(real) = tokio::fs::canonicalize(file).await else { return Ok(()) };
        let folders = self.settings.roots.iter().chain([&self.settings.sounds]);
        for folder in folders.filter(|folder| !folder.is_empty()) {
            let real_folder = tokio::fs::canonicalize(folder).await;
            if real_folder.is_ok_and(|folder| real.starts_with(folder)) {
                return Ok(());
            }
        }
        Err(MediaError::LeadsOut(shorten(file)))
    }

    /// Where a new recording goes on the switch.
    pub fn recording_path(&self, id: &RecordingId, format: &str) -> String {
        join(&self.settings.recordings, &id.file_name(format))
    }

    /// Where the operator's own web server offers a recording; `None` if there is none.
    pub fn recording_url(&self, id: &RecordingId, format: &str) -> Option<String> {
        let prefix = self.settings.recordings_url.as_str();
        (!prefix.is_empty()).then(|| join(prefix, &id.file_name(format)))
    }

    fn url(&self, name: &str) -> Result<Playable, MediaError> {
        let shown = || shorten(&masked(name));
        if !self.settings.http {
            return Err(MediaError::UrlsOff(shown()));
        }
        let url = Url::parse(name).map_err(|_| MediaError::BadUrl(shown()))?;
        match name.len() <= limits::URL_BYTES && url.host_str().is_some() {
            true => Ok(Playable::Web(url)),
            false => Err(MediaError::BadUrl(shown())),
        }
    }

    fn file(&self, name: &str) -> Result<String, MediaError> {
        let named_well = name.chars().all(|c| c.is_ascii_alphanumeric() || NAME.contains(c));
        // `@@` would say where in the file to begin.
        if !named_well || name.contains("@@") || name.split('/').any(|part| part == "..") {
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
        && !description.contains("..")
        && !description.contains("@@");
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
    use proptest::prelude::*;
    use regex::Regex;
    use std::os::unix::fs::symlink;

    fn policy() -> MediaPolicy {
        let mut media = config::load_text("", "", []).unwrap().media;
        media.sounds = "/sounds/en/".to_owned();
        media.roots = vec!["/media".to_owned()];
        MediaPolicy::new(&media)
    }

    #[test]
    fn names_and_streams_become_what_freeswitch_plays() {
        for (name, played) in [
            ("ivr/welcome", "/sounds/en/ivr/welcome.wav"),
            ("welcome.mp3", "/sounds/en/welcome.mp3"),
            ("/media/a/b.wav", "/media/a/b.wav"),
            (
                "tone_stream://%(500,500,480,620);loops=3",
                "tone_stream://%(500,500,480,620);loops=3",
            ),
            ("silence_stream://1000", "silence_stream://1000"),
        ] {
            assert_eq!(policy().resolve(name).unwrap(), Playable::Here(played.to_owned()));
        }
    }

    #[test]
    fn urls_are_the_webs_whatever_is_in_them() {
        for url in
            ["https://h.example/a b.wav?x=1", "HTTP://h.example/${x}!{y}.wav", "http://[::1]/"]
        {
            assert_eq!(policy().resolve(url).unwrap(), Playable::Web(Url::parse(url).unwrap()));
        }
        let off = MediaPolicy::new(&config::Media { http: false, ..policy().settings });
        let error = off.resolve("http://u:s3cret@h.example/x?token=s3cret").unwrap_err();
        assert!(matches!(&error, MediaError::UrlsOff(shown) if !shown.contains("s3cret")));
    }

    #[test]
    fn nothing_else_can_be_named() {
        for name in [
            "",
            "../etc/passwd",
            "/etc/passwd",
            "/media/../etc/x.wav",
            "/mediaX/a.wav",
            "/media",
            "%2e%2e/x.wav",
            "\u{2025}/x.wav",
            "．．/x.wav",
            "a\u{2215}b",
            "a\\b",
            "a!b",
            "a|b",
            "a,b",
            "[a=b]x.wav",
            "{a=b}x.wav",
            "file_string://a!b",
            "FILE_STRING://a!b",
            "file://etc/passwd",
            "say:hello",
            "phrase:x",
            "shout://h/x",
            "vlc://x",
            "http_cache://http://h/x",
            "http:h/x",
            "a${b}",
            "$${x}",
            "local_stream://../x",
            "tone_stream://${x}",
            "tone_stream://path=/etc/passwd",
            "silence_stream://1!x",
            "http://",
            "a\nb",
            "a.wav\r\nExecute-App: x",
            "a.wav@@8000",
            "a@@b c",
        ] {
            assert!(policy().resolve(name).is_err(), "{name:?}");
        }
    }

    /// Text as somebody would write it who knows FreeSWITCH.
    fn nasty() -> impl Strategy<Value = String> {
        let token = prop_oneof![
            prop::sample::select(vec![
                "file_string://",
                "tone_stream://",
                "silence_stream://",
                "local_stream://",
                "say:",
                "phrase:",
                "http://",
                "https://",
                "http_cache://",
                "shout://",
                "/media/",
                "..",
                "/",
                "!",
                "{a=b}",
                "[a=b]",
                "<a=b>",
                ",",
                "|",
                "${system(id)}",
                "$${x}",
                "$",
                "@@",
                "%2e",
                "%(1,0,1)",
                "path=",
                ";",
                "'",
                "\"",
                "\\",
                "\n",
                "\r",
                "\0",
                " ",
                ":_:",
                "&",
                "^^;",
                ".wav",
                "loops=-1",
                "a",
                "1",
            ])
            .prop_map(str::to_owned),
            any::<char>().prop_map(|c| c.to_string()),
        ];
        prop::collection::vec(token, 0..8).prop_map(|tokens| tokens.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn no_text_becomes_an_argument_with_syntax_in_it(name in nasty()) {
            // What FreeSWITCH may be given: a plain path, or a stream with nothing but its figures.
            let harmless = Regex::new(
                r"^(/sounds/en/|/media/)[A-Za-z0-9/_.+@-]+$|^tone_stream://[0-9%(),.;=+>a-zA-Z -]+$|^silence_stream://[0-9,-]+$|^local_stream://[A-Za-z0-9/_.+@-]+$",
            )
            .unwrap();
            match policy().resolve(&name) {
                Ok(Playable::Here(argument)) => {
                    prop_assert!(harmless.is_match(&argument), "{argument:?}");
                    prop_assert!(!argument.contains("@@") && !argument.contains("path="));
                    prop_assert!(argument.split('/').all(|part| part != ".."), "{argument:?}");
                }
                Ok(Playable::Web(url)) => prop_assert!(matches!(url.scheme(), "http" | "https")),
                Err(_) => {}
            }
        }
    }

    #[tokio::test]
    async fn a_link_must_not_lead_out() {
        let place = tempfile::tempdir().unwrap();
        let folder = |name: &str| place.path().join(name);
        for name in ["root", "sounds", "secret"] {
            std::fs::create_dir(folder(name)).unwrap();
        }
        std::fs::write(folder("secret/x.wav"), "").unwrap();
        std::fs::write(folder("sounds/y.wav"), "").unwrap();
        symlink(folder("secret/x.wav"), folder("root/out.wav")).unwrap();
        symlink(folder("secret"), folder("root/out")).unwrap();
        symlink(folder("sounds/y.wav"), folder("root/other.wav")).unwrap();
        let text = |name: &str| folder(name).to_str().unwrap().to_owned();
        let settings = config::Media {
            roots: vec![text("root")],
            sounds: text("sounds"),
            ..policy().settings
        };
        let policy = MediaPolicy::new(&settings);
        for inside in ["root/other.wav", "sounds/y.wav", "root/missing.wav"] {
            assert_eq!(policy.stays_inside(&text(inside)).await, Ok(()), "{inside}");
        }
        for outside in ["root/out.wav", "root/out/x.wav"] {
            let refused = policy.stays_inside(&text(outside)).await;
            assert!(matches!(refused, Err(MediaError::LeadsOut(_))), "{outside}");
        }
    }
}
