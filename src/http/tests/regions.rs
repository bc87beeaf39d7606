//! Requests leave from where the URL says: two local addresses, and proxies that know no names.

use super::{attempts::asks_through, *};
use crate::config::load_text;

/// A server that answers with the address that it was asked from.
async fn mirror() -> SocketAddr {
    server(|mut stream, _| async move {
        read_request(&mut stream).await?;
        let from = stream.peer_addr()?.ip().to_string();
        stream.write_all(ok(&from).as_bytes()).await?;
        stream.shutdown().await
    })
    .await
}

fn regions(text: &str) -> Door {
    let env = [("PIVOT_HTTP__ALLOW_CIDRS".to_owned(), r#"["127.0.0.0/8"]"#.to_owned())];
    Door::new(&load_text("test", text, env).unwrap().http).unwrap()
}

const TWO: &str = "[http]\nregion = \"b\"\n[http.egress.a]\nsource = \"127.0.0.2\"\n\
                   [http.egress.b]\nsource = \"127.0.0.3\"\n";

/// From where the server was asked, through which region, and which one was wanted instead.
async fn asked_from(door: &Door, url: &str) -> (String, String, Option<String>) {
    let (mut attempts, outcome) = asks_through(door, url).await;
    let attempt = attempts.remove(0);
    let body = String::from_utf8(outcome.unwrap().body.to_vec()).unwrap();
    (body, attempt.region, attempt.instead_of)
}

fn seen(from: &str, region: &str, instead_of: Option<&str>) -> (String, String, Option<String>) {
    (from.to_owned(), region.to_owned(), instead_of.map(str::to_owned))
}

#[tokio::test]
async fn a_request_leaves_from_the_region_that_the_url_names() {
    let (door, address) = (regions(TWO), mirror().await);
    let url = |region: &str| format!("http://{address}/#er={region}");
    assert_eq!(asked_from(&door, &url("a")).await, seen("127.0.0.2", "a", None));
    assert_eq!(asked_from(&door, &url("b")).await, seen("127.0.0.3", "b", None));
    // This node's region; and that of another switch.
    assert_eq!(asked_from(&door, &url("local")).await, seen("127.0.0.3", "b", None));
    let settings = Settings::plivo(&url("local")).0;
    let request = Request::get(&url("local")).unwrap().settings(settings).local(Some("a"));
    let answer = door.send(request).await.unwrap();
    assert_eq!(&answer.body[..], b"127.0.0.2");
    let (_, region, instead_of) = asked_from(&door, &url("sydney")).await;
    assert_eq!(instead_of.as_deref(), Some("sydney"));
    assert!(region == "a" || region == "b");
}

#[tokio::test]
async fn a_new_rule_of_the_guard_ends_kept_connections_on_every_way_out() {
    let (address, connections) = keeping().await;
    let door = regions(TWO);
    for (revision, opened) in [(1, 2), (1, 2), (2, 4), (2, 4)] {
        let rule = Rule::parse("block-cidr", "9.9.9.9").unwrap();
        door.guard().replace(revision, vec![rule]);
        for region in ["a", "b"] {
            let url = format!("http://{address}/#er={region}");
            let request = get(&url).settings(Settings::plivo(&url).0);
            door.send(request).await.unwrap();
        }
        assert_eq!(*connections.lock().unwrap(), opened, "revision {revision}");
    }
}

#[tokio::test]
async fn twilio_goes_through_its_edges_in_turn() {
    let door = regions(TWO);
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = format!("http://{nobody}/#e=b,a&rc=2");
    let mut asking = door.asking(get(&url).settings(Settings::twilio(&url).0));
    let mut regions = Vec::new();
    while let Some((attempt, _)) = asking.attempt().await {
        regions.push(attempt.region);
    }
    assert_eq!(regions, ["b", "a", "b"]);
}

#[tokio::test]
async fn without_regions_everything_leaves_directly_and_says_what_was_wanted() {
    let (door, address) = (door(), mirror().await);
    let url = |region: &str| format!("http://{address}/#er={region}");
    assert_eq!(asked_from(&door, &url("nearest")).await, seen("127.0.0.1", "direct", None));
    assert_eq!(asked_from(&door, &url("local")).await, seen("127.0.0.1", "direct", None));
    let sydney = seen("127.0.0.1", "direct", Some("sydney"));
    assert_eq!(asked_from(&door, &url("sydney")).await, sydney);
}

#[tokio::test]
async fn the_nearest_is_the_one_that_connects() {
    let address = mirror().await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let door = regions(&format!(
        "[http.egress.far]\nproxy = \"socks5://{nobody}\"\n[http.egress.near]\nsource = \"127.0.0.2\"\n"
    ));
    // Before it is measured, the first one is taken; then the one that reaches the server.
    let url = format!("http://{address}/#rc=0");
    let measured = async {
        loop {
            let (attempts, _) = asks_through(&door, &url).await;
            if attempts[0].region == "near" {
                break attempts;
            }
        }
    };
    let attempts = tokio::time::timeout(Duration::from_secs(20), measured).await.unwrap();
    assert_eq!(attempts[0].status, Some(200));
}

/// A SOCKS 5 proxy, or one that takes CONNECT; remembers where it was sent, as it was told.
async fn proxy(socks: bool) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&told);
    let address = server(move |mut stream, _| {
        let keep = Arc::clone(&keep);
        async move {
            let to = if socks {
                socks_told(&mut stream).await?
            } else {
                connect_told(&mut stream).await?
            };
            keep.lock().unwrap().push(to.clone());
            let mut server = TcpStream::connect(&to).await?;
            let reply: &[u8] =
                if socks { &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0] } else { b"HTTP/1.1 200 Fine\r\n\r\n" };
            stream.write_all(reply).await?;
            tokio::io::copy_bidirectional(&mut stream, &mut server).await.map(|_| ())
        }
    })
    .await;
    (address, told)
}

/// User and password, then an address (RFC 1928, 1929).
async fn socks_told(stream: &mut TcpStream) -> io::Result<String> {
    let mut greeting = [0; 3];
    stream.read_exact(&mut greeting).await?;
    assert_eq!(greeting, [5, 1, 2], "user and password are offered");
    stream.write_all(&[5, 2]).await?;
    let mut login = [0; 11];
    stream.read_exact(&mut login).await?;
    assert_eq!(&login, b"\x01\x02me\x06s3cret");
    stream.write_all(&[1, 0]).await?;
    let mut request = [0; 10];
    stream.read_exact(&mut request).await?;
    assert_eq!(request[..4], [5, 1, 0, 1], "an IPv4 address, not a name");
    let ip: IpAddr = <[u8; 4]>::try_from(&request[4..8]).unwrap().into();
    Ok(format!("{ip}:{}", u16::from_be_bytes([request[8], request[9]])))
}

async fn connect_told(stream: &mut TcpStream) -> io::Result<String> {
    let request = read_request(stream).await?;
    // base64 of me:s3cret
    assert!(request.contains(": Basic bWU6czNjcmV0\r\n"), "{request}");
    let target = request.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next());
    Ok(target.unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_proxy_is_given_the_judged_address_and_the_server_its_name() {
    let trusted = || vec![CertificateDer::from_pem_slice(AUTHORITY).unwrap()];
    for (socks, scheme) in [(true, "socks5"), (false, "http")] {
        let (proxy, told) = proxy(socks).await;
        let text = format!("[http.egress.out]\nproxy = \"{scheme}://me:s3cret@{proxy}\"\n");
        let env = [("PIVOT_HTTP__ALLOW_CIDRS".to_owned(), r#"["127.0.0.0/8"]"#.to_owned())];
        let config = load_text("test", &text, env).unwrap().http;
        // The name has this address for one look-up only: nobody else can have asked for it.
        let lookup =
            || Arc::new(Changing(Mutex::new(vec![vec!["127.0.0.1".parse().unwrap()]].into())));
        let door = Door::assemble(&config, lookup(), trusted()).unwrap();
        let plain = answering(ok("plain")).await;
        let url = format!("http://some.example:{}/", plain.port());
        assert_eq!(&door.send(get(&url)).await.unwrap().body[..], b"plain");
        // TLS goes through the proxy to the server itself, for the server's name.
        let door = Door::assemble(&config, lookup(), trusted()).unwrap();
        let secure = tls_server();
        let url = format!("https://localhost:{}/", secure.port());
        assert_eq!(&door.send(get(&url)).await.unwrap().body[..], b"secure");
        assert_eq!(*told.lock().unwrap(), [plain.to_string(), secure.to_string()]);
    }
}

#[tokio::test]
async fn a_proxy_changes_nothing_about_what_is_refused() {
    let (proxy, told) = proxy(true).await;
    let door = regions(&format!("[http.egress.out]\nproxy = \"socks5://me:s3cret@{proxy}\"\n"));
    for url in ["http://10.0.0.1/", "http://169.254.169.254/", "http://[::1]/"] {
        let error = door.send(get(url)).await.unwrap_err();
        assert_eq!(error.kind(), "refused", "{url}");
    }
    assert!(told.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_proxy_that_says_no_or_nothing_is_named() {
    let refusing = answering("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n").await;
    let door = regions(&format!("[http.egress.out]\nproxy = \"http://{refusing}\"\n"));
    let error = door.send(get("http://127.0.0.1:9/")).await.unwrap_err();
    assert_eq!(error.kind(), "connect");
    assert!(error.to_string().contains("the proxy says: "), "{error}");
}
