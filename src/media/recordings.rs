//! Recordings as URLs of the API that expire: made without being stored, checked without being known. The
//! file is found by the recording's id, so a URL works as long as the file is there, also after a restart.

use super::{Kind, folder::hex};
use crate::{
    base::{RecordingId, Timestamp},
    config,
};
use ring::hmac::{HMAC_SHA256, Key, sign, verify};
use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

/// Formats in which recordings are made.
const FORMATS: [&str; 2] = ["wav", "mp3"];

/// What the key is derived for, where it comes from the API's token.
const PURPOSE: &[u8] = b"pivot recordings";

/// Makes and checks the URLs of recordings.
#[derive(Clone)]
pub struct Links {
    key: Option<Key>,
    api: String,
    ttl: Duration,
    folder: PathBuf,
}

/// Why a URL leads to no recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRecording {
    /// We have not made this URL, or the key has changed since.
    #[error("this URL was not signed by this server, or its key has changed since")]
    Signature,
    /// Its time is over.
    #[error("this URL has expired")]
    Expired,
    /// The file is not in the folder of recordings, or this machine does not see that folder.
    #[error("there is no such recording, or the folder media.recordings is not on this machine")]
    Unknown,
}

impl Links {
    /// Links as configured: with the key `media.recordings_secret`, or one derived from `api.token`. None
    /// are made where there is no API, or customers do not reach it (`api.public_url`).
    pub fn new(media: &config::Media, api: &config::Api) -> Self {
        let own = media.recordings_secret.bytes();
        let token = api.token.bytes();
        let key = match (own, token) {
            (_, []) => None,
            ([], token) => {
                let derived = sign(&Key::new(HMAC_SHA256, token), PURPOSE);
                Some(Key::new(HMAC_SHA256, derived.as_ref()))
            }
            (own, _) => Some(Key::new(HMAC_SHA256, own)),
        };
        Self {
            key,
            api: api.public_url.trim_end_matches('/').to_owned(),
            ttl: Duration::from_secs(media.recordings_ttl_h.saturating_mul(3600)),
            folder: PathBuf::from(&media.recordings),
        }
    }

    /// The URL of a recording from `now` on; `None` if none are made.
    pub fn url(&self, id: &RecordingId, now: Timestamp) -> Option<String> {
        let key = self.key.as_ref().filter(|_| !self.api.is_empty())?;
        let expires = now.plus(self.ttl).millis() / 1000;
        let signature = hex(sign(key, message(id, expires).as_bytes()).as_ref());
        Some(format!("{}/v2/recordings/{id}?expires={expires}&signature={signature}", self.api))
    }

    /// The file that a URL of ours leads to. `expires` is in seconds since the Unix epoch. The signature
    /// is compared in constant time.
    pub async fn follow(
        &self,
        id: &str,
        expires: u64,
        signature: &str,
        now: Timestamp,
    ) -> Result<(PathBuf, Kind), NoRecording> {
        let id = RecordingId::parse(id).ok_or(NoRecording::Unknown)?;
        let key = self.key.as_ref().ok_or(NoRecording::Signature)?;
        let given = unhex(signature).ok_or(NoRecording::Signature)?;
        let signed = verify(key, message(&id, expires).as_bytes(), &given);
        signed.map_err(|_| NoRecording::Signature)?;
        if expires <= now.millis() / 1000 {
            return Err(NoRecording::Expired);
        }
        find(&self.folder, &id).await.ok_or(NoRecording::Unknown)
    }
}

/// A recording in its folder.
async fn find(folder: &Path, id: &RecordingId) -> Option<(PathBuf, Kind)> {
    for format in FORMATS {
        let path = folder.join(id.file_name(format));
        let about = tokio::fs::metadata(&path).await;
        if let (Ok(about), Some(kind)) = (about, Kind::of_extension(format))
            && about.is_file()
        {
            return Some((path, kind));
        }
    }
    None
}

fn message(id: &RecordingId, expires: u64) -> String {
    format!("{id}\n{expires}")
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    text.as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
            _ => None,
        })
        .collect()
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Links")
            .field("api", &self.api)
            .field("ttl", &self.ttl)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000 * 1_000_000);

    fn links(folder: &Path, token: &str, secret: &str, public_url: &str) -> Links {
        let text = format!(
            "[api]\ntoken = {token:?}\npublic_url = {public_url:?}\n\
             [media]\nrecordings_secret = {secret:?}\nrecordings_ttl_h = 2\nrecordings = {folder:?}\n"
        );
        let config = config::load_text("", &text, []).unwrap();
        Links::new(&config.media, &config.api)
    }

    /// Id, expiry and signature of a URL.
    fn parts(url: &str) -> (String, u64, String) {
        let url = url::Url::parse(url).unwrap();
        let value = |name: &str| {
            url.query_pairs().find(|(n, _)| n == name).map(|(_, value)| value.into_owned()).unwrap()
        };
        let id = url.path_segments().unwrap().next_back().unwrap().to_owned();
        (id, value("expires").parse().unwrap(), value("signature"))
    }

    #[tokio::test]
    async fn a_url_opens_its_recording_until_it_expires_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let links = links(folder.path(), "0123456789abcdef", "", "https://h.example/pivot/");
        let ids = ["call-1", "call-2", "call-3"].map(|id| RecordingId::parse(id).unwrap());
        std::fs::write(folder.path().join("call-1.wav"), "a").unwrap();
        std::fs::write(folder.path().join("call-2.mp3"), "b").unwrap();
        let url = links.url(&ids[0], NOW).unwrap();
        assert!(url.starts_with("https://h.example/pivot/v2/recordings/call-1?expires=1007200&"));
        let (id, expires, signature) = parts(&url);
        let follow = |id: String, expires, signature: String, later: u64| {
            let (links, now) = (links.clone(), NOW.plus(Duration::from_secs(later)));
            async move { links.follow(&id, expires, &signature, now).await }
        };
        let (path, kind) = follow(id.clone(), expires, signature.clone(), 7199).await.unwrap();
        assert_eq!((path, kind.extension), (folder.path().join("call-1.wav"), "wav"));
        let late = follow(id.clone(), expires, signature.clone(), 7200).await;
        assert_eq!(late.unwrap_err(), NoRecording::Expired);
        for (id, expires, signature) in [
            ("call-2".to_owned(), expires, signature.clone()),
            (id.clone(), expires + 1, signature.clone()),
            (id.clone(), expires, signature.replace(&signature[..4], "0000")),
            (id.clone(), expires, signature[2..].to_owned()),
            (id.clone(), expires, format!("{signature}0")),
            (id.clone(), expires, "é".to_owned()),
            (id.clone(), expires, String::new()),
        ] {
            let refused = follow(id, expires, signature, 0).await;
            assert_eq!(refused.unwrap_err(), NoRecording::Signature);
        }
        let mp3 = parts(&links.url(&ids[1], NOW).unwrap());
        assert_eq!(follow(mp3.0, mp3.1, mp3.2, 0).await.unwrap().1.extension, "mp3");
        let none = parts(&links.url(&ids[2], NOW).unwrap());
        assert_eq!(follow(none.0, none.1, none.2, 0).await.unwrap_err(), NoRecording::Unknown);
        let outside = follow("../call-1".to_owned(), expires, signature, 0).await;
        assert_eq!(outside.unwrap_err(), NoRecording::Unknown);
    }

    #[tokio::test]
    async fn another_key_opens_nothing_and_without_an_api_there_are_no_urls() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("call-1.wav"), "a").unwrap();
        let id = RecordingId::parse("call-1").unwrap();
        let of = |token, secret, public_url| links(folder.path(), token, secret, public_url);
        let derived = of("0123456789abcdef", "", "http://h");
        let own = of("0123456789abcdef", "fedcba9876543210", "http://h");
        let renewed = of("another-token-123", "fedcba9876543210", "http://h");
        let (name, expires, signature) = parts(&own.url(&id, NOW).unwrap());
        assert!(renewed.follow(&name, expires, &signature, NOW).await.is_ok(), "the same secret");
        let refused = derived.follow(&name, expires, &signature, NOW).await;
        assert_eq!(refused.unwrap_err(), NoRecording::Signature);
        assert_eq!(of("", "fedcba9876543210", "http://h").url(&id, NOW), None);
        assert_eq!(of("0123456789abcdef", "", "").url(&id, NOW), None);
    }
}
