//! Media of web servers, as mod_http_cache has them: one GET; and wav files, by their headers.

use std::{io, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::{Position, Url};

/// Largest file, bytes.
const FILE: u64 = 64 * 1024 * 1024;

/// Samples per second of a recording.
const RATE: u32 = 8_000;

/// Bytes of a wav file before its samples.
const HEADER: usize = 44;

/// Fetches a file over plain HTTP. Any status but 200 is an error.
pub(super) async fn get(url: &str) -> io::Result<Vec<u8>> {
    let url = Url::parse(url).map_err(io::Error::other)?;
    let bad = |what: &str| io::Error::other(what.to_owned());
    let host = url.host_str().ok_or_else(|| bad("no host"))?;
    let port = url.port_or_known_default().ok_or_else(|| bad("no port"))?;
    let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
    let target = &url[Position::BeforePath..Position::AfterQuery];
    let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(FILE).read_to_end(&mut answer).await?;
    let end = b"\r\n\r\n";
    let head = answer.windows(end.len()).position(|window| window == end);
    let head = head.ok_or_else(|| bad("not HTTP"))?;
    match answer.starts_with(b"HTTP/1.1 200 ") {
        true => Ok(answer.split_off(head + end.len())),
        false => Err(bad("not found")),
    }
}

/// How long a wav file plays; `None` if it is none.
pub(super) fn length(file: &[u8]) -> Option<Duration> {
    let number = |at: usize| Some(u32::from_le_bytes(file.get(at..at + 4)?.try_into().ok()?));
    let mut at = 12;
    let mut bytes_per_second = None;
    while file.starts_with(b"RIFF") {
        let (name, size) = (file.get(at..at + 4)?, number(at + 4)?);
        match name {
            b"fmt " => bytes_per_second = number(at + 16).filter(|rate| *rate > 0),
            b"data" => {
                let seconds = f64::from(size) / f64::from(bytes_per_second?);
                return Some(Duration::from_secs_f64(seconds));
            }
            _ => {}
        }
        at = at.checked_add(8 + size as usize + size as usize % 2)?;
    }
    None
}

/// A wav file of so much silence: 16 bits, mono.
pub(super) fn wave(samples: u64, channels: u64) -> Vec<u8> {
    let channels = u16::try_from(channels).unwrap_or(1);
    let frame = 2 * channels;
    let data = samples.saturating_mul(frame.into());
    let data = u32::try_from(data).unwrap_or(u32::MAX - HEADER as u32);
    let mut file = Vec::with_capacity(HEADER + data as usize);
    for part in [
        &b"RIFF"[..],
        &(data + 36).to_le_bytes(),
        b"WAVEfmt ",
        &16_u32.to_le_bytes(),
        &1_u16.to_le_bytes(),
        &channels.to_le_bytes(),
        &RATE.to_le_bytes(),
        &(RATE * u32::from(frame)).to_le_bytes(),
        &frame.to_le_bytes(),
        &16_u16.to_le_bytes(),
        b"data",
        &data.to_le_bytes(),
    ] {
        file.extend_from_slice(part);
    }
    file.resize(HEADER + data as usize, 0);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wav_file_is_as_long_as_its_header_says() {
        assert_eq!(length(&wave(12_000, 1)), Some(Duration::from_millis(1_500)));
        assert_eq!(wave(0, 1).len(), HEADER);
        for odd in [&b"RIFF"[..], b"", b"ID3\x04", &wave(10, 2)[..30]] {
            assert_eq!(length(odd), None);
        }
    }
}
