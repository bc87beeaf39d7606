//! Wire recordings of real calls (`fixtures/esl/README.md`): loaded to be replayed or compared.

use serde::Deserialize;
use std::{fs, io, path::Path, time::Duration};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A recorded conversation between FreeSWITCH and a server.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Every read and write, in the order in which the server saw them.
    pub chunks: Vec<Chunk>,
}

/// One read or write.
#[derive(Clone, Debug, Deserialize)]
pub struct Chunk {
    /// Milliseconds since the server accepted the connection.
    pub ms: f64,
    /// Who wrote it.
    pub from: Side,
    /// The bytes as text; empty when the side closed.
    #[serde(default)]
    pub data: String,
    /// Whether this side ended the connection.
    #[serde(default)]
    pub close: bool,
}

/// A side of a recorded connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// FreeSWITCH.
    Switch,
    /// The server.
    Server,
}

/// Why a recording cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file cannot be read.
    #[error("cannot read the recording {path}: {source}")]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A line is not a chunk.
    #[error("line {line} of the recording is not a chunk: {source}")]
    Malformed {
        /// Which, from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
}

impl Recording {
    /// Loads a `.jsonl` file.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, RecordingError> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|source| RecordingError::Unreadable {
            path: path.display().to_string(),
            source,
        })?;
        Self::parse(&text)
    }

    /// Reads a recording: one JSON object per line.
    pub fn parse(text: &str) -> Result<Self, RecordingError> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let chunks = lines.map(|(at, line)| {
            serde_json::from_str(line)
                .map_err(|source| RecordingError::Malformed { line: at + 1, source })
        });
        Ok(Self { chunks: chunks.collect::<Result<_, _>>()? })
    }

    /// All bytes of one side, joined.
    pub fn bytes(&self, side: Side) -> Vec<u8> {
        self.chunks_of(side).flat_map(|chunk| chunk.data.bytes()).collect()
    }

    /// The chunks of one side.
    pub fn chunks_of(&self, side: Side) -> impl Iterator<Item = &Chunk> {
        self.chunks.iter().filter(move |chunk| chunk.from == side)
    }

    /// Plays the switch's side over a stream: waits for as many bytes from the server as had been
    /// written at each point of the recording (whatever they are), keeps the recorded pauses, and
    /// closes when the switch did.
    ///
    /// # Errors
    /// When the server closes earlier than in the recording, or the stream fails.
    pub async fn replay(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        let mut before = 0.0;
        let mut space = [0_u8; 4 * 1024];
        let mut owed = 0_usize;
        for chunk in &self.chunks {
            match chunk.from {
                Side::Server if chunk.close => return Ok(()),
                Side::Server => owed += chunk.data.len(),
                Side::Switch => {
                    while owed > 0 {
                        let most = owed.min(space.len());
                        let read = stream.read(&mut space[..most]).await?;
                        if read == 0 {
                            return Err(io::ErrorKind::UnexpectedEof.into());
                        }
                        owed -= read;
                    }
                    let pause = Duration::from_secs_f64((chunk.ms - before).max(0.0) / 1_000.0);
                    tokio::time::sleep(pause).await;
                    stream.write_all(chunk.data.as_bytes()).await?;
                    if chunk.close {
                        return stream.shutdown().await;
                    }
                }
            }
            before = chunk.ms;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"ms":0.0,"from":"server","data":"connect\n\n"}
{"ms":0.3,"from":"switch","data":"Event-Name: "}
{"ms":0.4,"from":"switch","data":"CHANNEL_DATA\n\n"}
{"ms":1.0,"from":"switch","data":"","close":true}"#;

    #[test]
    fn one_side_is_joined() {
        let recording = Recording::parse(TEXT).unwrap();
        assert_eq!(recording.bytes(Side::Switch), b"Event-Name: CHANNEL_DATA\n\n");
        assert!(Recording::parse("{}").is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_replay_waits_for_the_server() {
        let recording = Recording::parse(TEXT).unwrap();
        let (near, mut far) = tokio::io::duplex(1024);
        let server = async {
            far.write_all(b"connect\n\n").await.unwrap();
            let mut all = String::new();
            far.read_to_string(&mut all).await.unwrap();
            all
        };
        let (replayed, all) = tokio::join!(recording.replay(near), server);
        replayed.unwrap();
        assert_eq!(all, "Event-Name: CHANNEL_DATA\n\n");
    }
}
