//! What takes a call's sound elsewhere: the core's `unicast`, and mod_audio_stream, where it is loaded.
//!
//! Both send a frame every 20 ms of real time and take what comes back; `unicast` does so only while the
//! channel is parked and runs nothing, until an application resets the session (`switch_ivr_park`).

use super::{channel::Channel, command::Command, observe::Seen};
use futures_util::{SinkExt, StreamExt};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    net::{TcpStream, UdpSocket},
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};
use tokio_tungstenite::{client_async, tungstenite::Message};

/// Samples of a frame at 8,000 Hz.
const SAMPLES: usize = 160;

/// What the caller says, as a sample: never nothing, so that it is recognised.
const INBOUND: i16 = 1_000;

/// What the caller hears.
const OUTBOUND: i16 = -1_000;

/// A call's forks.
#[derive(Debug, Default)]
pub(super) struct Forks {
    unicast: Option<Fork>,
    unicasts: u32,
    module: Option<Fork>,
    parked: Arc<AtomicBool>,
}

/// A task that ends with its call.
#[derive(Debug)]
struct Fork(JoinHandle<()>);

impl Drop for Fork {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A `sendmsg` with `call-command: unicast`.
#[derive(Clone, Debug, Default)]
pub(super) struct Unicast {
    remote: String,
}

impl Unicast {
    pub(super) fn read(command: &Command) -> Self {
        let header = |name: &str| command.header(name).unwrap_or_default().trim().to_owned();
        Self { remote: format!("{}:{}", header("remote-ip"), header("remote-port")) }
    }
}

impl Channel {
    /// Begins to send the call's sound to a UDP address. Without media the real switch goes down.
    pub(super) fn unicast(&mut self, unicast: &Unicast) {
        if !self.leg.is_answered() {
            self.observe(Seen::Fault("unicast without media: the switch goes down".to_owned()));
            self.out_of_order();
            return;
        }
        let Ok(to) = unicast.remote.parse::<SocketAddr>() else { return };
        if self.forks.unicasts > 0 {
            self.observe(Seen::Fault("a second unicast: the switch goes down".to_owned()));
            self.out_of_order();
            return;
        }
        self.forks.unicasts += 1;
        self.note_parked();
        let parked = Arc::clone(&self.forks.parked);
        self.forks.unicast = Some(Fork(tokio::spawn(send_datagrams(to, parked))));
        self.observe(Seen::Streamed("unicast".to_owned()));
    }

    /// Whether an application runs now.
    pub(super) fn note_parked(&self) {
        self.forks.parked.store(self.running.is_empty(), Ordering::Relaxed);
    }

    /// An application that plays, records or bridges ends it, as it ends.
    pub(super) fn session_reset(&mut self) {
        if self.forks.unicast.take().is_some() {
            self.observe(Seen::StreamedNoMore);
        }
    }

    /// `uuid_audio_stream`, once for each channel.
    pub(super) fn api_audio_stream(&mut self, words: &str) -> String {
        const FAILED: &str = "-ERR Operation Failed\n";
        let words: Vec<&str> = words.split_ascii_whitespace().collect();
        let done = match words.as_slice() {
            ["start", url, mix @ ("mono" | "mixed" | "stereo"), rate] => {
                let free = self.forks.module.is_none();
                if free {
                    let stereo = *mix == "stereo";
                    let wide = *rate == "16k";
                    let forking = send_messages((*url).to_owned(), stereo, wide);
                    self.forks.module = Some(Fork(tokio::spawn(forking)));
                    self.observe(Seen::Streamed(format!("mod_audio_stream, {mix}, {rate}")));
                }
                free
            }
            ["stop", ..] => {
                let ended = self.forks.module.take().is_some();
                if ended {
                    self.observe(Seen::StreamedNoMore);
                }
                ended
            }
            _ => return "-USAGE: <uuid> [start | stop | …]\n".to_owned(),
        };
        if done { "+OK Success\n" } else { FAILED }.to_owned()
    }
}

async fn send_datagrams(to: SocketAddr, parked: Arc<AtomicBool>) {
    let Ok(socket) = UdpSocket::bind("127.0.0.1:0").await else { return };
    let frame: Vec<u8> = INBOUND.to_le_bytes().repeat(SAMPLES);
    let mut clock = clock();
    let mut packet = [0; 2048];
    loop {
        tokio::select! {
            _ = clock.tick() => {
                if parked.load(Ordering::Relaxed) && socket.send_to(&frame, to).await.is_err() {
                    return;
                }
            }
            _ = socket.recv_from(&mut packet) => {}
        }
    }
}

async fn send_messages(url: String, stereo: bool, wide: bool) {
    let Some(place) = url.strip_prefix("ws://").and_then(|rest| rest.split('/').next()) else {
        return;
    };
    let Ok(stream) = TcpStream::connect(place).await else { return };
    let Ok((mut socket, _)) = client_async(url.as_str(), stream).await else { return };
    let one: Vec<u8> = match stereo {
        true => [INBOUND.to_le_bytes(), OUTBOUND.to_le_bytes()].concat(),
        false => INBOUND.to_le_bytes().to_vec(),
    };
    let frame = one.repeat(if wide { SAMPLES * 2 } else { SAMPLES });
    let mut clock = clock();
    loop {
        tokio::select! {
            _ = clock.tick() => {
                if socket.send(Message::Binary(frame.clone().into())).await.is_err() {
                    return;
                }
            }
            heard = socket.next() => match heard {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            }
        }
    }
}

fn clock() -> tokio::time::Interval {
    let mut clock = interval(Duration::from_millis(20));
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    clock
}
