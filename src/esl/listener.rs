//! The door for FreeSWITCH's outbound connections: who may come in, how many, and in which mode.

use super::{Api, Command, Connection, EslError, Event, Incoming, Io, Reply};
use crate::{
    base::{HangupCause, limits},
    config,
};
use ipnet::IpNet;
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

/// Channel variable of a dialled leg that comes to us.
const LEG_TOKEN: &str = "pivot_leg";

/// Listens for FreeSWITCH.
pub struct Listener {
    socket: TcpListener,
    allowed: Vec<IpNet>,
    places: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
}

/// A connection of FreeSWITCH, and the place that it takes until it is dropped.
#[derive(Debug)]
pub enum Arrival {
    /// There is a place for the call.
    Call(TcpStream, OwnedSemaphorePermit),
    /// All places are taken; see [`Session::refuse`].
    TooMany(TcpStream, OwnedSemaphorePermit),
}

/// A call that FreeSWITCH has handed over.
pub struct Session {
    /// The conversation with the switch.
    pub connection: Connection,
    /// The channel's data: headers and variables at the moment of the hand-over.
    pub channel: Event,
    /// Where the switch has found us; `None` if it did not come over a network.
    pub reached_at: Option<SocketAddr>,
    /// The place that this call takes; free again when it is dropped.
    place: Option<OwnedSemaphorePermit>,
}

impl Listener {
    /// Binds the address of `[esl]`.
    pub async fn bind(settings: &config::Esl) -> Result<Self, EslError> {
        Ok(Self {
            socket: TcpListener::bind(settings.listen).await?,
            allowed: settings.allow.clone(),
            places: Arc::new(Semaphore::new(settings.max_calls)),
            refusals: Arc::new(Semaphore::new(limits::ESL_REFUSALS)),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> Result<SocketAddr, EslError> {
        Ok(self.socket.local_addr()?)
    }

    /// Gives the next connection that may come in. Strangers are closed without a word.
    pub async fn accept(&self) -> Arrival {
        loop {
            let (stream, peer) = match self.socket.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, mostly: give calls a moment to end.
                    tracing::error!(%error, "cannot accept a connection from freeswitch");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                    continue;
                }
            };
            if !self.admits(peer.ip()) {
                tracing::warn!(%peer, "connection refused: the address is not in esl.allow");
                continue;
            }
            // Small writes go out at once; nothing else is lost if this fails.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "cannot set TCP_NODELAY");
            }
            if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
                return Arrival::Call(stream, place);
            }
            tracing::warn!(%peer, "call refused: esl.max_calls calls are up already");
            if let Ok(place) = Arc::clone(&self.refusals).try_acquire_owned() {
                return Arrival::TooMany(stream, place);
            }
        }
    }

    fn admits(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        self.allowed.iter().any(|net| net.contains(&peer))
    }
}

impl Session {
    /// Takes a connection over: `connect`, and a check that the dialplan says `async full`.
    ///
    /// Fails with [`EslError::WrongMode`] if it does not; the connection is then closed, and
    /// FreeSWITCH goes on with its dialplan. Fails with [`EslError::NotACall`] if the peer leaves
    /// without a word.
    pub async fn open(
        io: Box<dyn Io>,
        place: Option<OwnedSemaphorePermit>,
    ) -> Result<Self, EslError> {
        let mut connection = Connection::new(io);
        let channel = Event::from(connect(&mut connection).await?.into_headers());
        if channel.get("Unique-ID").is_none() {
            return Err(EslError::NotFreeSwitch("there is no Unique-ID".to_owned()));
        }
        let mode = (channel.is("Socket-Mode", "async"), channel.is("Control", "full"));
        let missing = match mode {
            (true, true) => return Ok(Self { connection, channel, reached_at: None, place }),
            (false, true) => "async",
            (true, false) => "full",
            (false, false) => "async full",
        };
        turn_away(connection).await;
        let text = |name| channel.get(name).unwrap_or_default().into_owned();
        let (to, from) = (text("Caller-Destination-Number"), text("Caller-Caller-ID-Number"));
        Err(EslError::WrongMode { missing, to, from })
    }

    /// Refuses a call in order: FreeSWITCH goes on with its dialplan, where the operator has said
    /// what to do.
    pub async fn refuse(io: Box<dyn Io>) -> Result<(), EslError> {
        let mut connection = Connection::new(io);
        let channel = Event::from(connect(&mut connection).await?.into_headers());
        // A leg that is left would be connected unseen (QUIRKS: left-is-let-in).
        if let (Some(_), Some(uuid)) = (channel.variable(LEG_TOKEN), channel.get("Unique-ID")) {
            let cause = &HangupCause::NORMAL_TEMPORARY_FAILURE;
            let kill = Command::Api(Api::Kill { uuid: &uuid, cause });
            connection.ask(&kill, limits::ESL_REPLY, |_| {}).await?;
        }
        turn_away(connection).await;
        Ok(())
    }

    /// That the switch has found us there.
    #[must_use]
    pub fn reached_at(self, address: Option<SocketAddr>) -> Self {
        Self { reached_at: address, ..self }
    }

    /// The word that a dialled leg says which comes to us before it is connected; `None` for a call.
    pub fn leg_token(&self) -> Option<String> {
        self.channel.variable(LEG_TOKEN).map(|token| token.into_owned())
    }

    /// Takes the session apart.
    pub fn into_parts(self) -> (Connection, Event, Option<OwnedSemaphorePermit>) {
        (self.connection, self.channel, self.place)
    }
}

/// Asks for the channel's data. A peer that leaves before it has said anything had no call for us.
async fn connect(connection: &mut Connection) -> Result<Reply, EslError> {
    let mut silent = true;
    let early = |incoming| {
        silent = false;
        tracing::debug!(?incoming, "came before the reply to connect");
    };
    match connection.ask(&Command::Connect, limits::ESL_CONNECT, early).await {
        Err(EslError::Io(_)) if silent => Err(EslError::NotACall),
        reply => reply,
    }
}

/// Takes leave of a call that we do not want. A connection that is closed, or told `exit`, before the
/// channel has parked leaves the caller parked in silence for ever, so there is a pause before it
/// (QUIRKS: parked-for-ever).
async fn turn_away(mut connection: Connection) {
    let mut parked = std::pin::pin!(tokio::time::sleep(limits::ESL_PARKING));
    loop {
        tokio::select! {
            () = &mut parked => break,
            incoming = connection.next() => match incoming {
                Ok(Incoming::Closed) | Err(_) => return,
                Ok(_) => {}
            },
        }
    }
    if let Err(error) = connection.ask(&Command::Exit, limits::ESL_REPLY, |_| {}).await {
        tracing::debug!(%error, "exit was not answered");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    async fn listener(allow: &str, max_calls: usize) -> Listener {
        let allow = vec![allow.parse().unwrap()];
        let listen = "127.0.0.1:0".parse().unwrap();
        Listener::bind(&config::Esl { listen, allow, max_calls, linger_s: 1 }).await.unwrap()
    }

    #[tokio::test]
    async fn a_stranger_is_closed_without_a_word() {
        let listener = listener("10.0.0.0/8", 1).await;
        let mut stranger = TcpStream::connect(listener.address().unwrap()).await.unwrap();
        let mut heard = Vec::new();
        tokio::select! {
            _ = listener.accept() => panic!("let in"),
            read = stranger.read_to_end(&mut heard) => assert_eq!(read.unwrap(), 0),
        }
    }

    #[tokio::test]
    async fn the_call_over_the_limit_is_told_apart_and_a_free_place_is_given_again() {
        let listener = listener("127.0.0.0/8", 1).await;
        let address = listener.address().unwrap();
        let _first = TcpStream::connect(address).await.unwrap();
        let first = listener.accept().await;
        assert!(matches!(first, Arrival::Call(..)));
        let _second = TcpStream::connect(address).await.unwrap();
        assert!(matches!(listener.accept().await, Arrival::TooMany(..)));
        drop(first);
        let _third = TcpStream::connect(address).await.unwrap();
        assert!(matches!(listener.accept().await, Arrival::Call(..)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_call_is_connected_parked_and_left() {
        let (ours, mut switch) = tokio::io::duplex(4096);
        let refused = tokio::spawn(Session::refuse(Box::new(ours)));
        let mut heard = [0; 9];
        switch.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"connect\n\n");
        let began = tokio::time::Instant::now();
        switch.write_all(b"Unique-ID: u\nContent-Type: command/reply\n\n").await.unwrap();
        let mut exit = [0; 6];
        switch.read_exact(&mut exit).await.unwrap();
        assert_eq!(&exit, b"exit\n\n");
        assert!(began.elapsed() >= limits::ESL_PARKING);
        drop(switch);
        refused.await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_leg_that_is_refused_is_not_let_in() {
        let (ours, mut switch) = tokio::io::duplex(4096);
        let refused = tokio::spawn(Session::refuse(Box::new(ours)));
        let mut heard = [0; 9];
        switch.read_exact(&mut heard).await.unwrap();
        let reply = "Unique-ID: u\nvariable_pivot_leg: x\nContent-Type: command/reply\n\n";
        switch.write_all(reply.as_bytes()).await.unwrap();
        let kill = b"api uuid_kill u NORMAL_TEMPORARY_FAILURE\n\n";
        let mut heard = vec![0; kill.len()];
        switch.read_exact(&mut heard).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&heard), String::from_utf8_lossy(kill));
        drop(switch);
        assert!(refused.await.unwrap().is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_socket_line_without_full_is_named() {
        let (ours, mut switch) = tokio::io::duplex(4096);
        let switch = tokio::spawn(async move {
            let mut heard = [0; 9];
            switch.read_exact(&mut heard).await.unwrap();
            let reply = "Unique-ID: u\nCaller-Destination-Number: 100\n\
                         Caller-Caller-ID-Number: 200\nContent-Type: command/reply\nReply-Text: %2BOK%0A\n\
                         Socket-Mode: async\nControl: single-channel\n\n";
            switch.write_all(reply.as_bytes()).await.unwrap();
            let mut exit = [0; 6];
            switch.read_exact(&mut exit).await.unwrap();
            assert_eq!(&exit, b"exit\n\n");
        });
        let opened = Session::open(Box::new(ours), None).await;
        let told = opened.err().unwrap().to_string();
        let begin = "the dialplan's socket application of the call to \"100\" from \"200\" runs \
                     without full: ";
        assert!(told.starts_with(begin), "{told}");
        switch.await.unwrap();
    }

    #[tokio::test]
    async fn a_peer_that_leaves_without_a_word_is_told_apart_from_a_lost_call() {
        let (ours, switch) = tokio::io::duplex(4096);
        drop(switch);
        let opened = Session::open(Box::new(ours), None).await;
        assert!(matches!(opened, Err(EslError::NotACall)));
        let (ours, mut switch) = tokio::io::duplex(4096);
        switch.write_all(b"Content-Type: comm").await.unwrap();
        switch.shutdown().await.unwrap();
        let opened = Session::open(Box::new(ours), None).await;
        assert!(matches!(opened, Err(error) if !matches!(error, EslError::NotACall)));
    }
}
