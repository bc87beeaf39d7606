//! The door against real servers on loopback that misbehave.

mod attempts;
mod http2;
mod regions;

use super::{resolve::Lookup, *};
use crate::config::{self, BodyFormat, Method};
use futures_util::future::BoxFuture;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::{
    collections::VecDeque,
    future::Future,
    io::{self, Read, Write},
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const AUTHORITY: &[u8] = include_bytes!("../../fixtures/tls/authority.pem");
const CERTIFICATE: &[u8] = include_bytes!("../../fixtures/tls/server.pem");
const KEY: &[u8] = include_bytes!("../../fixtures/tls/server.key");

fn config(allow: &[&str]) -> config::Http {
    config::Http {
        connect_timeout_ms: 2000,
        allow_cidrs: allow.iter().map(|net| net.parse().unwrap()).collect(),
        allow_hosts: Vec::new(),
        block_cidrs: Vec::new(),
        block_hosts: Vec::new(),
        region: String::new(),
        switch_regions: Default::default(),
        egress: Default::default(),
    }
}

/// A door that may reach this machine.
fn door() -> Door {
    Door::new(&config(&["127.0.0.0/8", "::1/128"])).unwrap()
}

fn get(url: &str) -> Request {
    get_within(url, Duration::from_secs(10))
}

fn get_within(url: &str, total: Duration) -> Request {
    Request::get(url).unwrap().settings(Settings::once(Duration::from_secs(2), total))
}

/// A server that hands every connection to `serve` and remembers what it was asked.
async fn server<F, S>(serve: S) -> SocketAddr
where
    S: Fn(TcpStream, usize) -> F + Send + 'static,
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut count = 0;
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, count));
            count += 1;
        }
    });
    address
}

/// The head of a request, and as much of its body as `Content-Length` announces.
async fn read_request(stream: &mut TcpStream) -> io::Result<String> {
    let mut text = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let n = stream.read(&mut buffer).await?;
        text.extend_from_slice(&buffer[..n]);
        let seen = String::from_utf8_lossy(&text).into_owned();
        if let Some((head, body)) = seen.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok())
                .unwrap_or(0);
            if body.len() >= length {
                return Ok(seen);
            }
        }
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// A server that answers each connection's only request with `answer`.
async fn answering(answer: impl Into<Vec<u8>>) -> SocketAddr {
    let answer = Arc::new(answer.into());
    server(move |mut stream, _| {
        let answer = Arc::clone(&answer);
        async move {
            read_request(&mut stream).await?;
            stream.write_all(&answer).await?;
            stream.shutdown().await
        }
    })
    .await
}

/// A server that keeps its connections open, and counts them.
async fn keeping() -> (SocketAddr, Arc<Mutex<usize>>) {
    let connections = Arc::new(Mutex::new(0));
    let count = Arc::clone(&connections);
    let address = server(move |mut stream, n| {
        *count.lock().unwrap() = n + 1;
        async move {
            loop {
                read_request(&mut stream).await?;
                stream.write_all(ok("x").as_bytes()).await?;
            }
        }
    })
    .await;
    (address, connections)
}

/// A server that redirects as told, request by request, and keeps the requests.
async fn recording(answers: Vec<String>) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let answers = Arc::new(Mutex::new(VecDeque::from(answers)));
    let keep = Arc::clone(&seen);
    let address = server(move |mut stream, _| {
        let (keep, answers) = (Arc::clone(&keep), Arc::clone(&answers));
        async move {
            loop {
                let request = read_request(&mut stream).await?;
                keep.lock().unwrap().push(request);
                let answer = answers.lock().unwrap().pop_front().unwrap_or_else(|| ok("done"));
                stream.write_all(answer.as_bytes()).await?;
            }
        }
    })
    .await;
    (address, seen)
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn redirect(status: u16, location: &str) -> String {
    format!("HTTP/1.1 {status} Go\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n")
}

/// Asks and expects a failure of `kind` whose words contain `words`.
async fn fails(request: Request, kind: &str, words: &str) {
    let error = door().send(request).await.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(words), "{error}");
}

#[tokio::test]
async fn an_answer_comes_whole_and_the_fragment_stays_at_home() {
    let (address, seen) = recording(vec![]).await;
    let params = serde_json::json!({"Call-ID": "1 2"});
    let url = format!("http://user:p%40ss@{address}/a?b=c#rc=3");
    let request =
        Request::with_parameters(Method::Get, &url, BodyFormat::Form, params.as_object().unwrap());
    let answer = door().send(request.unwrap().header("X-Pivot-Attempt", "1")).await.unwrap();
    assert_eq!((answer.status, &answer.body[..], answer.redirects), (200, &b"done"[..], 0));
    assert!(!answer.url.contains('#'));
    let asked = seen.lock().unwrap()[0].clone();
    assert!(asked.starts_with("GET /a?b=c&Call-ID=1+2 HTTP/1.1\r\n"), "{asked}");
    // base64 of user:p@ss
    assert!(asked.contains("authorization: Basic dXNlcjpwQHNz\r\n"), "{asked}");
    assert!(asked.contains("x-pivot-attempt: 1\r\n"), "{asked}");
    assert!(!asked.to_ascii_lowercase().contains("accept-encoding"), "{asked}");
}

#[tokio::test]
async fn connections_are_kept_between_requests() {
    let (address, connections) = keeping().await;
    let door = door();
    for _ in 0..5 {
        door.send(get(&format!("http://{address}/"))).await.unwrap();
    }
    assert_eq!(*connections.lock().unwrap(), 1);
}

#[tokio::test]
async fn any_status_is_an_answer() {
    let answer = "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n";
    let address = answering(answer).await;
    let answer = door().send(get(&format!("http://{address}/"))).await.unwrap();
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("7")));
    assert!(!answer.is_success());
}

#[tokio::test]
async fn a_port_where_nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let words = format!("connection to {address} failed: connection refused");
    fails(get(&format!("http://{address}/")), "connect", &words).await;
    fails(get(&format!("https://{address}/")), "connect", "connection refused").await;
}

#[tokio::test]
async fn a_name_that_does_not_exist() {
    let words = "the name nonexistent.invalid does not resolve";
    fails(get("http://nonexistent.invalid/"), "dns", words).await;
    fails(get("https://nonexistent.invalid/"), "dns", words).await;
}

#[tokio::test]
async fn a_server_that_never_answers() {
    let address = server(|mut stream, _| async move {
        read_request(&mut stream).await?;
        std::future::pending().await
    })
    .await;
    let request = get_within(&format!("http://{address}/"), Duration::from_millis(200));
    fails(request, "timeout", "within 200 ms").await;
}

#[tokio::test]
async fn a_server_that_trickles() {
    let address = server(|mut stream, _| async move {
        read_request(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").await?;
        loop {
            stream.write_all(b"x").await?;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    let request = get_within(&format!("http://{address}/"), Duration::from_millis(300));
    fails(request, "timeout", "no complete answer").await;
}

#[tokio::test]
async fn a_tls_server_that_never_shakes_hands() {
    let address = server(|stream, _| async move {
        let _held_open = stream;
        std::future::pending().await
    })
    .await;
    let config = config::Http { connect_timeout_ms: 200, ..config(&["127.0.0.0/8"]) };
    let door = Door::new(&config).unwrap();
    let error = door.send(Request::get(&format!("https://{address}/")).unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), "connect_timeout", "{error}");
    assert!(error.to_string().contains("within 200 ms"), "{error}");
}

#[tokio::test]
async fn a_server_that_closes_before_it_answers() {
    let address = server(|mut stream, _| async move {
        read_request(&mut stream).await?;
        Ok(())
    })
    .await;
    fails(get(&format!("http://{address}/")), "closed", "without an answer").await;
}

#[tokio::test]
async fn a_server_that_closes_in_the_middle_or_lies_about_its_length() {
    let address = answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this").await;
    fails(get(&format!("http://{address}/")), "body", "broke off").await;
    let address = answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab").await;
    fails(get(&format!("http://{address}/")), "body", "broke off").await;
    let address = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nmore than two").await;
    let answer = door().send(get(&format!("http://{address}/"))).await.unwrap();
    assert_eq!(&answer.body[..], b"mo");
}

#[tokio::test]
async fn an_answer_that_is_too_large() {
    let words = "larger than 1048576 bytes";
    let mut announced = b"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n".to_vec();
    announced.resize(10 * 1024 * 1024, b'x');
    let address = answering(announced).await;
    fails(get(&format!("http://{address}/")), "too_large", words).await;
    // Without a length, and without an end.
    let address = server(|mut stream, _| async move {
        read_request(&mut stream).await?;
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
        loop {
            stream.write_all(&[b'x'; 65536]).await?;
        }
    })
    .await;
    fails(get(&format!("http://{address}/")), "too_large", words).await;
    let address =
        answering("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n").await;
    let error = door().send(get(&format!("http://{address}/"))).await.unwrap_err();
    assert!(matches!(error.kind(), "too_large" | "protocol"), "{error}");
}

#[tokio::test]
async fn a_server_that_does_not_speak_http() {
    let address = answering("SSH-2.0-OpenSSH_9.6\r\n\r\n").await;
    fails(get(&format!("http://{address}/")), "protocol", "not HTTP").await;
    let address = server(|mut stream, _| async move {
        stream.write_all(b"220 mail.example ESMTP\r\n").await?;
        std::future::pending().await
    })
    .await;
    fails(get(&format!("https://{address}/")), "tls", "TLS with").await;
    let address = server(|_hung_up_on, _| async { Ok(()) }).await;
    fails(get(&format!("https://{address}/")), "tls", "TLS with").await;
}

#[tokio::test]
async fn endless_redirects_end() {
    let address = answering(redirect(302, "/again")).await;
    fails(get(&format!("http://{address}/")), "redirect", "more than 5 redirects").await;
}

#[tokio::test]
async fn a_redirect_is_judged_like_a_first_request() {
    for target in
        ["http://169.254.169.254/latest/", "http://[fd00::1]/", "//10.0.0.1/", "http://0xa000001/"]
    {
        let address = answering(redirect(307, target)).await;
        fails(get(&format!("http://{address}/")), "refused", "http.allow_cidrs").await;
    }
}

#[tokio::test]
async fn redirects_change_methods_and_keep_credentials_at_home() {
    let (other, seen_by_other) = recording(vec![]).await;
    let (address, seen) = recording(vec![
        redirect(307, "/kept"),
        redirect(302, "/changed"),
        redirect(303, &format!("http://{other}/away")),
    ])
    .await;
    let params = serde_json::json!({"a": "b"});
    let body = Body::of(BodyFormat::Form, params.as_object().unwrap());
    let request = Request::post(&format!("http://u:p@{address}/first"), body).unwrap();
    let answer = door().send(request).await.unwrap();
    assert_eq!((answer.redirects, answer.url), (3, format!("http://{other}/away")));
    let seen = seen.lock().unwrap();
    let first: Vec<_> = seen.iter().map(|r| r.lines().next().unwrap()).collect();
    assert_eq!(first, ["POST /first HTTP/1.1", "POST /kept HTTP/1.1", "GET /changed HTTP/1.1"]);
    assert!(seen[0].ends_with("a=b") && seen[1].ends_with("a=b") && !seen[2].ends_with("a=b"));
    assert!(seen.iter().all(|r| r.contains("authorization: Basic")));
    let away = &seen_by_other.lock().unwrap()[0];
    assert!(away.starts_with("GET /away") && !away.contains("authorization"), "{away}");
}

#[tokio::test]
async fn inner_addresses_are_refused_unless_allowed() {
    let address = answering(ok("secret")).await;
    let closed = Door::new(&config(&[])).unwrap();
    for host in ["127.0.0.1", "localhost", "2130706433", "127.1", "[::ffff:127.0.0.1]"] {
        let url = format!("http://{host}:{}/", address.port());
        let error = closed.send(get(&url)).await.unwrap_err();
        assert_eq!(error.kind(), "refused", "{url}: {error}");
    }
    let config = config::Http { allow_hosts: vec!["localhost".to_owned()], ..config(&[]) };
    let url = format!("http://localhost:{}/", address.port());
    let answer = Door::new(&config).unwrap().send(get(&url)).await.unwrap();
    assert_eq!(&answer.body[..], b"secret");
}

/// A name server whose answer changes from one look-up to the next.
#[derive(Debug)]
struct Changing(Mutex<VecDeque<Vec<IpAddr>>>);

impl Lookup for Changing {
    fn lookup(&self, _: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let next = self.0.lock().unwrap().pop_front();
        Box::pin(async { next.ok_or_else(|| io::Error::other("asked more often than expected")) })
    }
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_only_judged_addresses_are_connected_to() {
    let address = answering(ok("inside")).await;
    let inside: IpAddr = "127.0.0.1".parse().unwrap();
    let outside: IpAddr = "127.99.0.1".parse().unwrap();
    // 127.99.0.0/16 plays the internet: allowed, and nobody listens on this port there.
    let ask = async |answers: Vec<Vec<IpAddr>>| {
        let lookup = Arc::new(Changing(Mutex::new(answers.into())));
        let door = Door::assemble(&config(&["127.99.0.0/16"]), lookup, Vec::new()).unwrap();
        let url = format!("http://rebinding.example:{}/", address.port());
        door.send(get(&url)).await.unwrap_err().kind()
    };
    assert_eq!(ask(vec![vec![inside]]).await, "refused");
    assert_eq!(ask(vec![vec![outside, inside]]).await, "refused");
    // Judged as outside: were it looked up again for the connection, it would reach the server.
    assert_eq!(ask(vec![vec![outside], vec![inside]]).await, "connect");
    assert_eq!(ask(vec![vec![]]).await, "dns");
}

#[test]
fn a_configured_host_that_can_never_match_is_a_mistake() {
    let config =
        config::Http { block_hosts: vec!["http://bad.example/".to_owned()], ..config(&[]) };
    let error = Door::new(&config).unwrap_err().to_string();
    assert!(error.contains("http.block_hosts") && error.contains("is not a host"), "{error}");
}

#[tokio::test]
async fn a_name_that_a_redirect_leads_to_is_judged_by_its_addresses() {
    let (inside, outside): (IpAddr, IpAddr) =
        ("169.254.169.254".parse().unwrap(), "127.0.0.1".parse().unwrap());
    let address = answering(redirect(302, "http://metadata.example/")).await;
    let lookup = Arc::new(Changing(Mutex::new(vec![vec![outside], vec![inside]].into())));
    let door = Door::assemble(&config(&["127.0.0.0/8"]), lookup, Vec::new()).unwrap();
    let url = format!("http://public.example:{}/", address.port());
    let error = door.send(get(&url)).await.unwrap_err();
    assert_eq!(error.kind(), "refused");
    assert!(error.to_string().contains("metadata.example is at 169.254.169.254"), "{error}");
}

#[tokio::test]
async fn an_examination_names_what_decides_at_every_address() {
    let (inside, outside): (IpAddr, IpAddr) =
        ("10.0.0.1".parse().unwrap(), "8.8.8.8".parse().unwrap());
    let lookup = Arc::new(Changing(Mutex::new(vec![vec![outside, inside]].into())));
    let door = Door::assemble(&config(&[]), lookup, Vec::new()).unwrap();
    let examined = door.examine("https://u:p@Mixed.example./").await.unwrap();
    let decisions = vec![
        (Some(outside), Decision::Public),
        (Some(inside), Decision::Special(Special::Private)),
    ];
    assert_eq!((examined.host.as_str(), examined.decisions), ("mixed.example", decisions));
    assert_eq!(examined.verdict.unwrap_err().kind(), "refused");
    // The name server has nothing more to say.
    let error = door.examine("https://mixed.example/").await.unwrap().verdict.unwrap_err();
    assert_eq!(error.kind(), "dns");
    assert!(door.guard().refusals().is_empty(), "an examination is not a refused request");
}

/// A TLS server for one connection, on a thread of its own.
fn tls_server() -> SocketAddr {
    use rustls::pki_types::PrivateKeyDer;
    _ = rustls::crypto::ring::default_provider().install_default();
    let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let config =
        rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || -> io::Result<()> {
        let (stream, _) = listener.accept()?;
        let connection = rustls::ServerConnection::new(config.into()).map_err(io::Error::other)?;
        let mut stream = rustls::StreamOwned::new(connection, stream);
        let mut buffer = [0; 4096];
        _ = stream.read(&mut buffer)?;
        stream.write_all(ok("secure").as_bytes())?;
        stream.conn.send_close_notify();
        stream.flush()
    });
    address
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for() {
    let address = tls_server();
    fails(get(&format!("https://{address}/")), "tls", "certificate").await;
}

#[tokio::test]
async fn a_certificate_that_is_trusted_but_for_another_name() {
    let trusted = || vec![CertificateDer::from_pem_slice(AUTHORITY).unwrap()];
    let lookup = || Arc::new(Changing(Mutex::new(vec![vec!["127.0.0.1".parse().unwrap()]].into())));
    let config = config(&["127.0.0.0/8"]);
    let door = Door::assemble(&config, lookup(), trusted()).unwrap();
    let url = format!("https://localhost:{}/", tls_server().port());
    let answer = door.send(get(&url)).await.unwrap();
    assert_eq!(&answer.body[..], b"secure");
    let door = Door::assemble(&config, lookup(), trusted()).unwrap();
    let url = format!("https://other.example:{}/", tls_server().port());
    let error = door.send(get(&url)).await.unwrap_err();
    assert_eq!(error.kind(), "tls", "{error}");
}

#[tokio::test]
async fn headers_cannot_smuggle_lines() {
    let request = get("http://127.0.0.1:1/").header("X-A", "b\r\nX-C: d");
    fails(request, "header", "X-A").await;
}
