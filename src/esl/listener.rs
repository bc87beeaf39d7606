//! The door for FreeSWITCH's outbound connections: who may come in, how many, and in which mode.

use super::{Command, Connection, EslError, Event, Incoming, Io};
use crate::{base::limits, config};
use ipnet::IpNet;
use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

/// Listens for FreeSWITCH.
pub struct Listener {
    socket: TcpListener,
    allowed: Vec<IpNet>,
    places: Arc<Semaphore>,
}

/// A call that FreeSWITCH has handed over.
pub struct Session {
    /// The conversation with the switch.
    pub connection: Connection,
    /// The channel's data: headers and variables at the moment of the hand-over.
    pub channel: Event,
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
        })
    }

    /// Where it listens.
    pub fn address(&self) -> Result<SocketAddr, EslError> {
        Ok(self.socket.local_addr()?)
    }

    /// Gives the next connection that may come in and for which there is a place. Others are closed
    /// before a command is sent: FreeSWITCH then goes on with its dialplan at once, where the
    /// operator has said what to do.
    pub async fn accept(&self) -> (TcpStream, OwnedSemaphorePermit) {
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
            match Arc::clone(&self.places).try_acquire_owned() {
                Ok(place) => {
                    // Small writes go out at once; nothing else is lost if this fails.
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "cannot set TCP_NODELAY");
                    }
                    return (stream, place);
                }
                Err(_) => {
                    tracing::warn!(%peer, "call refused: esl.max_calls calls are up already");
                }
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
    /// FreeSWITCH goes on with its dialplan.
    pub async fn open(
        io: Box<dyn Io>,
        place: Option<OwnedSemaphorePermit>,
    ) -> Result<Self, EslError> {
        let mut connection = Connection::new(io);
        let early = |incoming| tracing::debug!(?incoming, "came before the reply to connect");
        let reply = connection.ask(&Command::Connect, limits::ESL_CONNECT, early).await?;
        let channel = Event::from(reply.into_headers());
        if channel.get("Unique-ID").is_none() {
            return Err(EslError::NotFreeSwitch("there is no Unique-ID".to_owned()));
        }
        let mode = (channel.is("Socket-Mode", "async"), channel.is("Control", "full"));
        let missing = match mode {
            (true, true) => return Ok(Self { connection, channel, place }),
            (false, true) => "async",
            (true, false) => "full",
            (false, false) => "async full",
        };
        // Leave politely, so that the dialplan goes on at once.
        let bye = connection.ask(&Command::Exit, limits::ESL_REPLY, |_: Incoming| {}).await;
        if let Err(error) = bye {
            tracing::debug!(%error, "exit was not answered");
        }
        Err(EslError::WrongMode { missing })
    }

    /// Takes the session apart.
    pub fn into_parts(self) -> (Connection, Event, Option<OwnedSemaphorePermit>) {
        (self.connection, self.channel, self.place)
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
    async fn the_call_over_the_limit_is_closed_and_a_free_place_is_given_again() {
        let listener = listener("127.0.0.0/8", 1).await;
        let address = listener.address().unwrap();
        let _first = TcpStream::connect(address).await.unwrap();
        let (_stream, place) = listener.accept().await;
        let mut second = TcpStream::connect(address).await.unwrap();
        let mut heard = Vec::new();
        tokio::select! {
            _ = listener.accept() => panic!("let in"),
            read = second.read_to_end(&mut heard) => assert_eq!(read.unwrap(), 0),
        }
        drop(place);
        let _third = TcpStream::connect(address).await.unwrap();
        let _given = listener.accept().await;
    }

    #[tokio::test]
    async fn a_socket_line_without_full_is_named() {
        let (ours, mut switch) = tokio::io::duplex(4096);
        let switch = tokio::spawn(async move {
            let mut heard = [0; 9];
            switch.read_exact(&mut heard).await.unwrap();
            let reply = "Unique-ID: u\nContent-Type: command/reply\nReply-Text: %2BOK%0A\n\
                         Socket-Mode: async\nControl: single-channel\n\n";
            switch.write_all(reply.as_bytes()).await.unwrap();
            let mut exit = [0; 6];
            switch.read_exact(&mut exit).await.unwrap();
            assert_eq!(&exit, b"exit\n\n");
        });
        let opened = Session::open(Box::new(ours), None).await;
        assert!(matches!(opened, Err(EslError::WrongMode { missing: "full" })));
        switch.await.unwrap();
    }
}
