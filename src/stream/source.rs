//! Where a stream's sound comes from, and where what the caller is to hear goes: the switch's own
//! `unicast`, or a module that forks sound into a WebSocket.

use super::{
    audio::{Resampler, from_l16, to_l16},
    module::Ticket,
    plan::Tracks,
};
use crate::base::limits;
use bytes::Bytes;
use futures_util::{FutureExt, SinkExt, StreamExt};
use ipnet::IpNet;
use std::{
    future::pending,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    net::{TcpStream, UdpSocket},
    sync::oneshot,
    time::{Instant, sleep_until},
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

/// Largest packet that is read, bytes: 20 ms at 48,000 Hz are 1,920.
const PACKET: usize = 8 * 1024;

/// A call's socket for `unicast`. It is the call's for as long as that lives: the switch sends to it
/// until it runs an application again (QUIRKS: unicast-once), and nobody else may be sent that sound.
#[derive(Clone, Debug)]
pub struct Outlet {
    pub(super) socket: Arc<UdpSocket>,
    /// Where the switch sends to.
    pub address: SocketAddr,
}

impl Outlet {
    /// One at this address of ours.
    pub async fn bind(ours: IpAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind(SocketAddr::new(ours, 0)).await?;
        let address = socket.local_addr()?;
        Ok(Self { socket: Arc::new(socket), address })
    }
}

/// A connection of a module.
pub(super) type ModuleSocket = WebSocketStream<TcpStream>;

/// The switch's side of a stream.
#[derive(Debug)]
pub(super) enum Source {
    Unicast(Unicast),
    Module(Box<Module>),
}

/// What was heard: samples of the tracks at the source's rate.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) inbound: Vec<i16>,
    pub(super) outbound: Vec<i16>,
}

/// Why no more is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// The switch has ended it: the call is over, as a rule.
    Ended,
    /// It broke off, or never began.
    Failed(String),
}

impl Over {
    fn failed(reason: &str) -> Self {
        Self::Failed(reason.to_owned())
    }
}

#[derive(Debug)]
pub(super) struct Unicast {
    outlet: Outlet,
    /// Who sends: the first one that may.
    peer: Option<SocketAddr>,
    allowed: Vec<IpNet>,
    rate: u32,
    packet: Vec<u8>,
    until: Instant,
}

#[derive(Debug)]
pub(super) struct Module {
    arriving: Option<oneshot::Receiver<ModuleSocket>>,
    _ticket: Ticket,
    socket: Option<ModuleSocket>,
    tracks: Tracks,
    rate: u32,
    plays: bool,
    until: Instant,
    /// Whether any sound has come.
    heard: bool,
}

impl Unicast {
    /// Sound may come from the networks in `allowed`.
    pub(super) fn new(outlet: Outlet, allowed: Vec<IpNet>, rate: u32) -> Self {
        let until = Instant::now() + limits::STREAM_FIRST_SOUND;
        Self { outlet, peer: None, allowed, rate, packet: vec![0; PACKET], until }
    }

    async fn next(&mut self) -> Result<Heard, Over> {
        loop {
            let silence = async {
                match self.peer {
                    None => sleep_until(self.until).await,
                    Some(_) => pending().await,
                }
            };
            let received = tokio::select! {
                received = self.outlet.socket.recv_from(&mut self.packet) => received,
                () = silence => return Err(Over::failed(NO_SOUND)),
            };
            let (length, from) = match received {
                Ok(received) => received,
                // A port that is closed by now answers so; it is no end.
                Err(_) => continue,
            };
            let known = match self.peer {
                Some(peer) => peer == from,
                None => {
                    let ip = from.ip().to_canonical();
                    self.allowed.iter().any(|net| net.contains(&ip))
                }
            };
            if known {
                self.peer = Some(from);
                let inbound = from_l16(&self.packet[..length]);
                return Ok(Heard { inbound, outbound: Vec::new() });
            }
        }
    }

    /// Throws away what came before the stream began.
    fn forget_the_past(&mut self) {
        while self.outlet.socket.try_recv_from(&mut self.packet).is_ok() {}
    }

    fn play(&self, samples: &[i16]) {
        if let Some(peer) = self.peer {
            // Sound that finds no room is lost, as on any way.
            _ = self.outlet.socket.try_send_to(&to_l16(samples), peer);
        }
    }
}

impl Module {
    /// `arriving` gives the module's connection.
    pub(super) fn new(
        arriving: oneshot::Receiver<ModuleSocket>,
        ticket: Ticket,
        tracks: Tracks,
        rate: u32,
        plays: bool,
    ) -> Self {
        let until = Instant::now() + limits::STREAM_FIRST_SOUND;
        let arriving = Some(arriving);
        let _ticket = ticket;
        Self { arriving, _ticket, socket: None, tracks, rate, plays, until, heard: false }
    }

    async fn next(&mut self) -> Result<Heard, Over> {
        loop {
            let (until, heard) = (self.until, self.heard);
            let silence = async { if heard { pending().await } else { sleep_until(until).await } };
            let message = tokio::select! {
                message = message(&mut self.arriving, &mut self.socket) => message?,
                () = silence => return Err(Over::failed(NO_SOUND)),
            };
            // Text is the module's own business.
            if let Message::Binary(bytes) = message {
                self.heard = true;
                return Ok(self.split(&bytes));
            }
        }
    }

    /// With two channels, the caller's is the first.
    fn split(&self, bytes: &Bytes) -> Heard {
        let samples = from_l16(bytes);
        if self.tracks == Tracks::Inbound {
            return Heard { inbound: samples, outbound: Vec::new() };
        }
        let channel = |at: usize| samples.chunks_exact(2).map(|pair| pair[at]).collect();
        let inbound = if self.tracks == Tracks::Both { channel(0) } else { Vec::new() };
        Heard { inbound, outbound: channel(1) }
    }

    fn play(&mut self, samples: &[i16]) {
        if let Some(socket) = &mut self.socket {
            let message = Message::Binary(to_l16(samples).into());
            // A module that does not read loses sound; nothing waits for it.
            _ = socket.send(message).now_or_never();
        }
    }
}

const NO_SOUND: &str = "the switch sent no sound";

/// The module's next message, its connection being awaited first.
async fn message(
    arriving: &mut Option<oneshot::Receiver<ModuleSocket>>,
    socket: &mut Option<ModuleSocket>,
) -> Result<Message, Over> {
    if let Some(waiting) = arriving {
        let arrived =
            waiting.await.map_err(|_| Over::failed("the listener for modules has gone"))?;
        *arriving = None;
        *socket = Some(arrived);
    }
    match socket {
        Some(socket) => match socket.next().await {
            Some(Ok(Message::Close(_))) | None => Err(Over::Ended),
            Some(Ok(message)) => Ok(message),
            Some(Err(error)) => Err(Over::Failed(format!("the module broke off: {error}"))),
        },
        None => pending().await,
    }
}

impl Source {
    /// Samples a second.
    pub(super) fn rate(&self) -> u32 {
        match self {
            Self::Unicast(unicast) => unicast.rate,
            Self::Module(module) => module.rate,
        }
    }

    /// Whether the caller can be played something.
    pub(super) fn plays(&self) -> bool {
        match self {
            Self::Unicast(_) => true,
            Self::Module(module) => module.plays,
        }
    }

    /// Whether silence is played where there is nothing to play, so that the sound has no holes.
    pub(super) fn plays_silence(&self) -> bool {
        matches!(self, Self::Unicast(_))
    }

    /// The next sound; may be dropped and asked anew.
    pub(super) async fn next(&mut self) -> Result<Heard, Over> {
        match self {
            Self::Unicast(unicast) => unicast.next().await,
            Self::Module(module) => module.next().await,
        }
    }

    pub(super) fn forget_the_past(&mut self) {
        if let Self::Unicast(unicast) = self {
            unicast.forget_the_past();
        }
    }

    /// Plays a frame.
    pub(super) fn play(&mut self, samples: &[i16]) {
        match self {
            Self::Unicast(unicast) => unicast.play(samples),
            Self::Module(module) => module.play(samples),
        }
    }

    /// Ends a module's connection in order.
    pub(super) async fn close(&mut self, within: Duration) {
        if let Self::Module(module) = self
            && let Some(socket) = &mut module.socket
        {
            _ = tokio::time::timeout(within, socket.close(None)).await;
        }
    }
}

/// Both tracks at the rate that the customer's server wants.
#[derive(Debug)]
pub(super) struct Rates {
    inbound: Resampler,
    outbound: Resampler,
}

impl Rates {
    pub(super) fn new(from: u32, to: u32) -> Self {
        Self { inbound: Resampler::new(from, to), outbound: Resampler::new(from, to) }
    }

    pub(super) fn convert(&mut self, heard: Heard) -> Heard {
        Heard {
            inbound: self.inbound.convert(heard.inbound),
            outbound: self.outbound.convert(heard.outbound),
        }
    }
}
