//! Silence cut from the ends of recordings: WAV files of 16-bit samples, read piece by piece. A file is
//! replaced at once or not at all.

use crate::base::limits;
use std::{
    fs::{self, File},
    io::{self, BufReader, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// Why a recording is not trimmed.
#[derive(Debug, thiserror::Error)]
pub enum TrimError {
    /// Something else than a WAV file of 16-bit samples.
    #[error("{0} is not a WAV file of 16-bit samples")]
    Format(PathBuf),
    /// This machine cannot read it, or cannot write beside it.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Where the samples of a file are, and what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wave {
    channels: u16,
    rate: u32,
    /// Where the first sample is, bytes.
    start: u64,
    /// Length of all samples, bytes.
    length: u64,
}

/// Cuts the silence from both ends, but for a short margin. Gives what was cut. One that is silent all
/// through is left as it is, like one that begins and ends with sound.
///
/// Blocks while it works.
pub fn trim(path: &Path) -> Result<Duration, TrimError> {
    let failed = |source| TrimError::Io { path: path.to_owned(), source };
    let mut file = BufReader::with_capacity(limits::TRIM_PIECE, File::open(path).map_err(failed)?);
    let size = file.get_ref().metadata().map_err(failed)?.len();
    let Some(wave) = Wave::read(&mut file, size).map_err(failed)? else {
        return Err(TrimError::Format(path.to_owned()));
    };
    let Some((from, to)) = wave.sound(&mut file).map_err(failed)? else {
        return Ok(Duration::ZERO);
    };
    let cut = wave.length - (to - from);
    if cut > 0 {
        replace(path, &mut file, wave, from, to).map_err(failed)?;
    }
    Ok(wave.time(cut))
}

impl Wave {
    /// Reads chunks up to the samples; `None` if this is no such file.
    fn read(file: &mut (impl Read + Seek), size: u64) -> io::Result<Option<Self>> {
        let mut head = [0; 12];
        if size < 44 || file.read_exact(&mut head).is_err() {
            return Ok(None);
        }
        if &head[..4] != b"RIFF" || &head[8..] != b"WAVE" {
            return Ok(None);
        }
        let (mut at, mut format) = (12, None);
        // A header has few chunks before the samples.
        for _ in 0..16 {
            let mut chunk = [0; 8];
            if at + 8 > size || file.read_exact(&mut chunk).is_err() {
                return Ok(None);
            }
            let length = u64::from(number(&chunk[4..]));
            at += 8;
            match (&chunk[..4], format) {
                (b"fmt ", _) => {
                    let mut body = [0; 16];
                    if length < 16 || file.read_exact(&mut body).is_err() {
                        return Ok(None);
                    }
                    let (kind, channels) = (number(&body[..2]), number(&body[2..4]) as u16);
                    let (rate, bits) = (number(&body[4..8]), number(&body[14..16]));
                    if kind != 1 || bits != 16 || !matches!(channels, 1 | 2) || rate < 8_000 {
                        return Ok(None);
                    }
                    format = Some((channels, rate));
                    file.seek_relative_to(length - 16 + length % 2)?;
                }
                (b"data", Some((channels, rate))) => {
                    // The length is unknown until the file is closed; some never say.
                    let frame = u64::from(channels) * 2;
                    let length = length.min(size - at) / frame * frame;
                    return Ok(Some(Self { channels, rate, start: at, length }));
                }
                _ => file.seek_relative_to(length + length % 2)?,
            }
            at += length + length % 2;
        }
        Ok(None)
    }

    /// From where to where there is sound, with a margin, in bytes from the first sample; `None` if there
    /// is none.
    fn sound(&self, file: &mut (impl Read + Seek)) -> io::Result<Option<(u64, u64)>> {
        file.seek(SeekFrom::Start(self.start))?;
        let window = self.bytes(Duration::from_millis(20));
        let mut piece = vec![0; usize::try_from(window).unwrap_or(limits::TRIM_PIECE)];
        let (mut first, mut last, mut at) = (None, 0, 0);
        while at < self.length {
            let length = window.min(self.length - at);
            let piece = &mut piece[..usize::try_from(length).unwrap_or_default()];
            file.read_exact(piece)?;
            if is_loud(piece) {
                first.get_or_insert(at);
                last = at + length;
            }
            at += length;
        }
        let margin = self.bytes(limits::TRIM_MARGIN);
        Ok(first.map(|first: u64| (first.saturating_sub(margin), (last + margin).min(self.length))))
    }

    /// Whole frames of that time.
    fn bytes(&self, time: Duration) -> u64 {
        let frames = u128::from(self.rate) * time.as_millis() / 1_000;
        u64::try_from(frames).unwrap_or(u64::MAX) * u64::from(self.channels) * 2
    }

    fn time(&self, bytes: u64) -> Duration {
        let frames = bytes / (u64::from(self.channels) * 2);
        Duration::from_millis(frames * 1_000 / u64::from(self.rate))
    }

    fn header(&self, length: u32) -> [u8; 44] {
        let frame = self.channels * 2;
        let mut header = [0; 44];
        let parts: [&[u8]; 12] = [
            b"RIFF",
            &length.saturating_add(36).to_le_bytes(),
            b"WAVE",
            b"fmt ",
            &16_u32.to_le_bytes(),
            &1_u16.to_le_bytes(),
            &self.channels.to_le_bytes(),
            &self.rate.to_le_bytes(),
            &(self.rate * u32::from(frame)).to_le_bytes(),
            &frame.to_le_bytes(),
            &16_u16.to_le_bytes(),
            b"data",
        ];
        let mut at = 0;
        for part in parts {
            header[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        header[40..].copy_from_slice(&length.to_le_bytes());
        header
    }
}

trait SeekForward: Seek {
    /// Leaves out so many bytes.
    fn seek_relative_to(&mut self, bytes: u64) -> io::Result<()> {
        let bytes = i64::try_from(bytes).map_err(io::Error::other)?;
        self.seek(SeekFrom::Current(bytes)).map(|_| ())
    }
}

impl<S: Seek> SeekForward for S {}

/// Writes the part beside the file, and puts it in its place.
fn replace(
    path: &Path,
    file: &mut (impl Read + Seek),
    wave: Wave,
    from: u64,
    to: u64,
) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", uuid::Uuid::new_v4()));
    let written = write_part(path, &beside, file, wave, from, to);
    let done = written.and_then(|()| fs::rename(&beside, path));
    if done.is_err() {
        // What is left is of no use to anybody; the reason for that is the one that counts.
        _ = fs::remove_file(&beside);
    }
    done
}

fn write_part(
    path: &Path,
    beside: &Path,
    file: &mut (impl Read + Seek),
    wave: Wave,
    from: u64,
    to: u64,
) -> io::Result<()> {
    let mut part = File::options().write(true).create_new(true).mode(0o600).open(beside)?;
    file.seek(SeekFrom::Start(wave.start + from))?;
    let length = to - from;
    part.write_all(&wave.header(u32::try_from(length).map_err(io::Error::other)?))?;
    let copied = io::copy(&mut file.take(length), &mut part)?;
    if copied < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    // Whoever could read the recording can still read it.
    part.set_permissions(fs::metadata(path)?.permissions())?;
    part.sync_all()
}

/// Whether the mean of these samples is louder than silence.
fn is_loud(samples: &[u8]) -> bool {
    let sum: u64 = samples
        .chunks_exact(2)
        .map(|pair| u64::from(i16::from_le_bytes([pair[0], pair[1]]).unsigned_abs()))
        .sum();
    sum > u64::from(limits::SILENCE_LEVEL) * (samples.len() as u64 / 2)
}

/// A little-endian number of two or four bytes.
fn number(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RATE: u32 = 8_000;

    /// Parts of a recording: milliseconds, and how loud.
    fn wave(channels: u16, parts: &[(u64, i16)]) -> Vec<u8> {
        let shape = Wave { channels, rate: RATE, start: 44, length: 0 };
        let mut samples = Vec::new();
        for (ms, level) in parts {
            let frames = shape.bytes(Duration::from_millis(*ms)) / 2;
            samples.extend((0..frames).flat_map(|at| {
                let sample = if at % 2 == 0 { *level } else { -*level };
                sample.to_le_bytes()
            }));
        }
        let mut file = shape.header(samples.len() as u32).to_vec();
        file.extend(samples);
        file
    }

    fn trimmed(bytes: &[u8]) -> (Result<Duration, TrimError>, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wav");
        fs::write(&path, bytes).unwrap();
        let cut = trim(&path);
        let left = fs::read(&path).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        (cut, left)
    }

    #[test]
    fn silence_is_cut_from_both_ends_and_nowhere_else() {
        for channels in [1, 2] {
            let file =
                wave(channels, &[(1_000, 3), (500, 4_000), (2_000, 0), (700, 4_000), (300, 9)]);
            let (cut, left) = trimmed(&file);
            assert_eq!(cut.unwrap(), Duration::from_millis(900 + 200));
            let kept =
                wave(channels, &[(100, 3), (500, 4_000), (2_000, 0), (700, 4_000), (100, 9)]);
            assert!(left == kept, "{channels} channels");
        }
    }

    #[test]
    fn what_is_silent_all_through_or_not_at_all_is_left_alone() {
        for parts in [&[(2_000, 0)][..], &[(1_000, 5_000)], &[(80, 0), (500, 900), (90, 0)], &[]] {
            let file = wave(1, parts);
            let (cut, left) = trimmed(&file);
            assert_eq!(cut.unwrap(), Duration::ZERO);
            assert!(left == file);
        }
    }

    #[test]
    fn other_chunks_and_lengths_that_are_wrong_do_no_harm() {
        let sound = wave(1, &[(1_000, 0), (500, 4_000), (1_000, 0)]);
        let mut file = sound[..36].to_vec();
        file.extend(b"LIST\x05\0\0\0INFOx\0");
        file.extend(b"data\xff\xff\xff\xff");
        file.extend(&sound[44..]);
        let (cut, left) = trimmed(&file);
        assert_eq!(cut.unwrap(), Duration::from_millis(1_800));
        assert!(left == wave(1, &[(100, 0), (500, 4_000), (100, 0)]));
    }

    #[test]
    fn what_is_no_such_file_has_a_name() {
        let mut eight_bits = wave(1, &[(100, 0)]);
        eight_bits[34] = 8;
        for odd in [&b""[..], b"RIFF", &[0; 100], &eight_bits] {
            let (cut, left) = trimmed(odd);
            assert!(matches!(cut, Err(TrimError::Format(_))));
            assert!(left == odd);
        }
        let missing = trim(Path::new("/nowhere/a.wav")).unwrap_err().to_string();
        assert!(missing.starts_with("/nowhere/a.wav: "), "{missing}");
    }

    proptest! {
        #[test]
        fn no_file_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in 0..44_usize) {
            let mut file = wave(1, &[(50, 0), (50, 3_000)]);
            file.truncate(at);
            file.extend(bytes);
            _ = trimmed(&file);
        }
    }
}
