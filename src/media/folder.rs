//! The cache on disk: a folder of our own with files under random names, and beside each a note of where
//! it came from. Files appear whole or not at all, and what a crash left half done goes at the start.

use super::{Kind, MediaError};
use crate::base::Timestamp;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, HashSet},
    fmt::Write,
    fs::{self, DirBuilder, TryLockError},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};
use tokio::{fs::File, io::AsyncWriteExt};

/// Letters of a random file name.
const NAME: usize = 32;

/// Letters of a key.
const KEY: usize = 64;

/// Holds the lock that keeps a second process out.
const LOCK: &str = "lock";

/// A URL in a form that tells nothing about it: URLs may hold passwords and tokens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(String);

impl Key {
    /// The key of a URL; its fragment does not count.
    pub(super) fn of(url: &str) -> Self {
        let url = url.split('#').next().unwrap_or_default();
        Self(hex(digest(&SHA256, url.as_bytes()).as_ref()))
    }
}

/// One file that is kept, as its note has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The file's name in the folder. Another content has another name (QUIRKS: blocking-fetch).
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    pub(super) fresh_until: Timestamp,
    pub(super) reusable: bool,
    pub(super) stale_is_better: bool,
    pub(super) used: Timestamp,
}

/// The folder. One process has it at a time.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Whether it goes when we go.
    temporary: bool,
    _lock: fs::File,
}

impl Folder {
    /// Takes the folder, making it if it is missing; an empty path is a new temporary one. Gives what is
    /// kept there; whatever else of ours there is, is deleted.
    pub(super) fn open(path: &Path) -> Result<(Self, HashMap<Key, Entry>), MediaError> {
        let temporary = path.as_os_str().is_empty();
        let path = match temporary {
            true => std::env::temp_dir().join(format!("pivot-media-{}", random_name())),
            false => path.to_owned(),
        };
        let failed = |error: &io::Error| MediaError::folder(&path, error);
        // What customers play is nobody else's business.
        DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(|e| failed(&e))?;
        let lock = lock(&path).map_err(|e| failed(&e))?;
        let kept = tidy(&path).map_err(|e| failed(&e))?;
        Ok((Self { path, temporary, _lock: lock }, kept))
    }

    /// A file to be written; it is gone unless it is kept.
    pub(super) fn draft(&self) -> Result<Draft, MediaError> {
        let path = self.path.join(format!("{}.part", random_name()));
        // In one go: were this awaited, a hangup could leave a file that nobody deletes.
        let file = fs::File::create_new(&path).map_err(|e| MediaError::folder(&path, &e))?;
        Ok(Draft { path, file: File::from_std(file), bytes: 0 })
    }

    /// Gives a whole file its name. In one go, as well.
    pub(super) fn keep(&self, draft: &Draft, kind: Kind) -> Result<String, MediaError> {
        let name = format!("{}.{}", random_name(), kind.extension);
        let renamed = fs::rename(&draft.path, self.path.join(&name));
        renamed.map_err(|error| MediaError::folder(&self.path, &error))?;
        Ok(name)
    }

    /// Writes the note of a file.
    pub(super) async fn note(&self, key: &Key, entry: &Entry) -> Result<(), MediaError> {
        let failed = |error: io::Error| MediaError::folder(&self.path, &error);
        let text = serde_json::to_vec(entry).map_err(|error| failed(error.into()))?;
        let mut draft = self.draft()?;
        draft.write(&text).await?;
        draft.finish().await?;
        tokio::fs::rename(&draft.path, self.note_path(key)).await.map_err(failed)
    }

    /// Deletes the note of a file.
    pub(super) async fn forget(&self, key: &Key) {
        remove(self.note_path(key)).await;
    }

    /// Deletes a file. A reader that has it open goes on reading.
    pub(super) async fn delete(&self, name: &str) {
        if let Some(path) = self.path_of(name) {
            remove(path).await;
        }
    }

    /// Where a file of this name is, if it can be one of ours at all: no other text becomes a path.
    pub(super) fn path_of(&self, name: &str) -> Option<PathBuf> {
        is_media_name(name).then(|| self.path.join(name))
    }

    fn note_path(&self, key: &Key) -> PathBuf {
        self.path.join(format!("{}.json", key.0))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary {
            _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// A file that is being written. Dropping it deletes it, so that a caller who hangs up leaves nothing.
#[derive(Debug)]
pub(super) struct Draft {
    path: PathBuf,
    file: File,
    pub(super) bytes: u64,
}

impl Draft {
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), MediaError> {
        let written = self.file.write_all(bytes).await;
        written.map_err(|error| MediaError::folder(&self.path, &error))?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Waits until all of it is with the system.
    pub(super) async fn finish(&mut self) -> Result<(), MediaError> {
        self.file.flush().await.map_err(|error| MediaError::folder(&self.path, &error))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        _ = fs::remove_file(&self.path);
    }
}

/// Nobody guesses this, and nobody is told but the switch.
fn random_name() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

fn is_media_name(name: &str) -> bool {
    let known = |extension| Kind::of_extension(extension).is_some();
    name.split_once('.').is_some_and(|(name, end)| is_hex(name, NAME) && known(end))
}

fn is_draft_name(name: &str) -> bool {
    name.strip_suffix(".part").is_some_and(|name| is_hex(name, NAME))
}

fn is_note_name(name: &str) -> bool {
    name.strip_suffix(".json").is_some_and(|key| is_hex(key, KEY))
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        _ = write!(text, "{byte:02x}");
        text
    })
}

async fn remove(path: PathBuf) {
    if let Err(error) = tokio::fs::remove_file(&path).await
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "a file of media.cache cannot be deleted");
    }
}

/// The system drops the lock when the process ends.
fn lock(folder: &Path) -> io::Result<fs::File> {
    let file = fs::File::create(folder.join(LOCK))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(io::Error::other("another pivot process uses it")),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Reads the notes; deletes notes without a file and files without a note. What is not ours stays.
fn tidy(folder: &Path) -> io::Result<HashMap<Key, Entry>> {
    let mut kept = HashMap::new();
    let names = fs::read_dir(folder)?
        .filter_map(|file| file.ok()?.file_name().into_string().ok())
        .collect::<Vec<_>>();
    for name in names.iter().filter(|name| is_note_name(name)) {
        let entry = fs::read(folder.join(name))
            .ok()
            .and_then(|text| serde_json::from_slice::<Entry>(&text).ok())
            .filter(|entry| is_whole(folder, entry));
        match entry {
            Some(entry) => _ = kept.insert(Key(name[..KEY].to_owned()), entry),
            None => fs::remove_file(folder.join(name))?,
        }
    }
    let noted: HashSet<_> = kept.values().map(|entry| entry.name.as_str()).collect();
    let left_over = |name: &&String| {
        is_draft_name(name) || (is_media_name(name) && !noted.contains(name.as_str()))
    };
    for name in names.iter().filter(left_over) {
        fs::remove_file(folder.join(name))?;
    }
    Ok(kept)
}

fn is_whole(folder: &Path, entry: &Entry) -> bool {
    let about = is_media_name(&entry.name).then(|| fs::metadata(folder.join(&entry.name)));
    matches!(about, Some(Ok(about)) if about.is_file() && about.len() == entry.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, bytes: u64) -> Entry {
        Entry {
            name: name.to_owned(),
            bytes,
            etag: Some("\"1\"".to_owned()),
            last_modified: None,
            fresh_until: Timestamp::from_micros(7),
            reusable: true,
            stale_is_better: true,
            used: Timestamp::from_micros(5),
        }
    }

    #[tokio::test]
    async fn a_start_finds_what_is_whole_and_deletes_what_is_not() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("cache");
        let wav = Kind::of_extension("wav").unwrap();
        let (folder, kept) = Folder::open(&path).unwrap();
        assert!(kept.is_empty());
        let mut draft = folder.draft().unwrap();
        draft.write(b"RIFF").await.unwrap();
        draft.finish().await.unwrap();
        let (name, bytes) = (folder.keep(&draft, wav).unwrap(), draft.bytes);
        let whole = entry(&name, bytes);
        folder.note(&Key::of("http://h/a"), &whole).await.unwrap();
        // A note without a file, a file of another length, a file without a note, half a file, and
        // something of somebody else's.
        folder
            .note(&Key::of("http://h/b"), &entry(&format!("{}.wav", "0".repeat(32)), 1))
            .await
            .unwrap();
        folder.note(&Key::of("http://h/c"), &entry(&name, bytes + 1)).await.unwrap();
        fs::write(path.join(format!("{}.mp3", "1".repeat(32))), "x").unwrap();
        fs::write(path.join(format!("{}.part", "2".repeat(32))), "x").unwrap();
        fs::write(path.join("holiday.wav"), "x").unwrap();
        assert!(matches!(Folder::open(&path), Err(MediaError::Folder { .. })), "it is in use");
        drop(folder);
        let (_folder, kept) = Folder::open(&path).unwrap();
        assert_eq!(kept, HashMap::from([(Key::of("http://h/a#x"), whole)]));
        let mut left: Vec<_> = fs::read_dir(&path)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        let note = format!("{}.json", Key::of("http://h/a").0);
        let mut expected = vec![name, note, "holiday.wav".to_owned(), LOCK.to_owned()];
        expected.sort();
        assert_eq!(left, expected);
    }

    #[tokio::test]
    async fn a_draft_that_is_not_kept_leaves_nothing_and_neither_does_a_temporary_folder() {
        let (folder, _) = Folder::open(Path::new("")).unwrap();
        let path = folder.path.clone();
        drop(folder.draft().unwrap());
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1, "the lock");
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn nothing_but_a_random_name_becomes_a_path() {
        let (folder, _) = Folder::open(Path::new("")).unwrap();
        let name = random_name();
        assert!(folder.path_of(&format!("{name}.wav")).is_some());
        for wrong in ["", "lock", "..", "../etc/passwd", "a.wav", &name, &format!("{name}.json")] {
            assert_eq!(folder.path_of(wrong), None, "{wrong}");
        }
        for wrong in ["/../x.wav", ".wav/../x", ".wav\0", ".WAV", ".part", "/.wav"] {
            assert_eq!(folder.path_of(&format!("{name}{wrong}")), None, "{wrong}");
        }
        assert_eq!(folder.path_of(&format!("{}.wav", name.to_uppercase() + "é")), None);
    }
}
