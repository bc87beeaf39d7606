//! HTTP/2 where the server has it: many requests at once on one connection.

use super::*;
use bytes::Bytes;
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::PrivateKeyDer;
use std::{
    convert::Infallible,
    sync::atomic::{AtomicUsize, Ordering},
};
use tokio_rustls::TlsAcceptor;

/// A TLS server that speaks HTTP/2 only, and counts its connections.
async fn http2_server() -> (SocketAddr, Arc<AtomicUsize>) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()],
            PrivateKeyDer::from_pem_slice(KEY).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    let address = server(move |stream, _| {
        count.fetch_add(1, Ordering::SeqCst);
        let acceptor = acceptor.clone();
        async move {
            let stream = TokioIo::new(acceptor.accept(stream).await?);
            let answer = hyper::service::service_fn(async |request: ::http::Request<_>| {
                let _: hyper::body::Incoming = request.into_body();
                Ok::<_, Infallible>(::http::Response::new(Full::new(Bytes::from("two"))))
            });
            let served = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            served.serve_connection(stream, answer).await.map_err(io::Error::other)
        }
    })
    .await;
    (address, connections)
}

#[tokio::test]
async fn follow_ups_share_one_http2_connection() {
    let (address, connections) = http2_server().await;
    let trusted = vec![CertificateDer::from_pem_slice(AUTHORITY).unwrap()];
    let lookup = Arc::new(Changing(Mutex::new(vec![vec!["127.0.0.1".parse().unwrap()]].into())));
    let door = Door::assemble(&config(&["127.0.0.0/8"]), lookup, trusted).unwrap();
    let url = format!("https://localhost:{}/", address.port());
    assert_eq!(&door.send(get(&url)).await.unwrap().body[..], b"two");
    let at_once = (0..20).map(|_| door.send(get(&url)));
    for answer in futures_util::future::join_all(at_once).await {
        assert_eq!(&answer.unwrap().body[..], b"two");
    }
    let (made, _) = attempts::asks_through(&door, &url).await;
    assert!(made[0].reused() && made[0].tls.is_none(), "{made:?}");
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}
