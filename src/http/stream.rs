//! A connection to a server, with or without TLS, that counts what it hears.

use hyper_util::client::legacy::connect::{Connected, Connection};
use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Instant,
};
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;

/// What the client writes requests to.
pub struct Stream {
    inner: Either<TcpStream, Box<TlsStream<TcpStream>>>,
    heard: Heard,
    http2: bool,
}

/// What is known of a connection by the requests that use it.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    opened: Instant,
    bytes: Arc<AtomicU64>,
    /// Requests at once share an HTTP/2 connection: what is heard may be for another one.
    shared: bool,
}

impl Heard {
    /// Whether the connection was there already at this moment.
    pub(super) fn before(&self, moment: Instant) -> bool {
        self.opened < moment
    }

    /// Bytes of answers so far; always 0 if they may belong to other requests.
    pub(super) fn bytes(&self) -> u64 {
        if self.shared { 0 } else { self.bytes.load(Ordering::Relaxed) }
    }
}

impl Stream {
    pub(super) fn plain(tcp: TcpStream) -> Self {
        Self::of(Either::Left(tcp), false)
    }

    pub(super) fn secure(tls: TlsStream<TcpStream>) -> Self {
        let http2 = tls.get_ref().1.alpn_protocol() == Some(b"h2");
        Self::of(Either::Right(Box::new(tls)), http2)
    }

    fn of(inner: Either<TcpStream, Box<TlsStream<TcpStream>>>, http2: bool) -> Self {
        let heard = Heard { opened: Instant::now(), bytes: Arc::default(), shared: http2 };
        Self { inner, heard, http2 }
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        let connected = Connected::new().extra(self.heard.clone());
        if self.http2 { connected.negotiated_h2() } else { connected }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buffer);
        let read = buffer.filled().len() - before;
        self.heard.bytes.fetch_add(read as u64, Ordering::Relaxed);
        polled
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, slices)
    }
}
