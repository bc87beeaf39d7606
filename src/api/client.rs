//! A client of this API, for the command line.

use crate::base::{Secret, limits};
use axum::{
    body::{Body, to_bytes},
    http::{
        HeaderValue, Request,
        header::{AUTHORIZATION, CONTENT_TYPE, HOST},
    },
};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};
use tokio::{net::TcpStream, time::timeout};

/// Why the API did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens there.
    #[error("no api at {address} (api.listen): {source}")]
    Connect {
        /// Where it should be.
        address: SocketAddr,
        /// Why it is not.
        source: io::Error,
    },
    /// What is there did not answer as the API does.
    #[error("{address} (api.listen) did not answer as the api does: {reason}")]
    NoAnswer {
        /// Who.
        address: SocketAddr,
        /// What it did instead.
        reason: String,
    },
}

/// What the API answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The body; `null` if there was none.
    pub body: Value,
}

/// Speaks to one API. It goes to the address in the operator's own configuration, so no guard stands
/// before it.
#[derive(Clone, Debug)]
pub struct Client {
    address: SocketAddr,
    token: Secret,
}

impl Client {
    /// A client of the API that listens on `listen`; an API that listens everywhere is asked on loopback.
    pub const fn new(listen: SocketAddr, token: Secret) -> Self {
        let ip = match listen.ip() {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        Self { address: SocketAddr::new(ip, listen.port()), token }
    }

    /// Makes one request, with a JSON body if there is one. Any status is a reply.
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Reply, ClientError> {
        match timeout(limits::API_REQUEST, self.exchange(method, path, body)).await {
            Ok(reply) => reply,
            Err(_) => {
                let within = limits::API_REQUEST.as_secs();
                Err(self.no_answer(format!("nothing came within {within} s")))
            }
        }
    }

    async fn exchange(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Reply, ClientError> {
        let address = self.address;
        let connected = TcpStream::connect(address).await;
        let stream = connected.map_err(|source| ClientError::Connect { address, source })?;
        let request = self.request(method, path, body).map_err(|e| self.no_answer(e))?;
        let opened = handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = opened.map_err(|e| self.no_answer(e))?;
        // Ends with the sender.
        tokio::spawn(connection);
        let answer = sender.send_request(request).await.map_err(|e| self.no_answer(e))?;
        let status = answer.status().as_u16();
        let read = to_bytes(Body::new(answer.into_body()), limits::API_ANSWER_BYTES).await;
        let bytes = read.map_err(|e| self.no_answer(e))?;
        let body = match bytes.is_empty() {
            true => Value::Null,
            false => serde_json::from_slice(&bytes).map_err(|e| self.no_answer(e))?,
        };
        Ok(Reply { status, body })
    }

    fn request(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Request<Body>, axum::http::Error> {
        let token = [b"Bearer ", self.token.bytes()].concat();
        let mut authorization = HeaderValue::from_bytes(&token)?;
        authorization.set_sensitive(true);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.address.to_string())
            .header(AUTHORIZATION, authorization);
        match body {
            None => request.body(Body::empty()),
            Some(body) => {
                request.header(CONTENT_TYPE, "application/json").body(Body::from(body.to_string()))
            }
        }
    }

    fn no_answer(&self, reason: impl ToString) -> ClientError {
        ClientError::NoAnswer { address: self.address, reason: reason.to_string() }
    }
}
