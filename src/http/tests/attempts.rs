//! Retries and times against servers that fail in every way.

use super::*;
use crate::base::Attempt;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Asks with the settings of Plivo's fragment, and gives what every attempt was and what came of it.
async fn asks(url: &str) -> (Vec<Attempt>, Result<Answer, HttpError>) {
    asks_through(&door(), url).await
}

pub(super) async fn asks_through(
    door: &Door,
    url: &str,
) -> (Vec<Attempt>, Result<Answer, HttpError>) {
    let (settings, complaints) = Settings::plivo(url);
    assert_eq!(complaints, []);
    let mut asking = door.asking(Request::get(url).unwrap().settings(settings));
    let mut attempts = Vec::new();
    while let Some((attempt, _)) = asking.attempt().await {
        attempts.push(attempt);
    }
    (attempts, asking.outcome())
}

/// A server that treats each connection as its number says, and counts them.
async fn scripted(script: &'static [What]) -> (SocketAddr, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let asked = Arc::clone(&count);
    let address = server(move |mut stream, n| {
        asked.fetch_add(1, Ordering::SeqCst);
        async move {
            read_request(&mut stream).await?;
            match script.get(n).unwrap_or(&What::Status(200)) {
                What::Status(status) => {
                    let answer = format!(
                        "HTTP/1.1 {status} X\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
                    );
                    stream.write_all(answer.as_bytes()).await
                }
                What::Silence => std::future::pending().await,
                What::Close => Ok(()),
                What::Then(part) => {
                    stream.write_all(part.as_bytes()).await?;
                    std::future::pending().await
                }
                What::Break(part) => stream.write_all(part.as_bytes()).await,
            }
        }
    })
    .await;
    (address, count)
}

#[derive(Clone, Copy)]
enum What {
    Status(u16),
    Silence,
    Close,
    /// This, and then nothing more.
    Then(&'static str),
    /// This, and then the end of the connection.
    Break(&'static str),
}

#[tokio::test]
async fn what_the_policy_names_is_asked_again_and_nothing_else() {
    use What::*;
    // Script, fragment, outcomes of the attempts.
    const CASES: &[(&[What], &str, &[&str])] = &[
        (&[Status(503)], "rp=5xx", &["503", "200"]),
        (&[Status(503)], "rp=4xx", &["503"]),
        (&[Status(503)], "", &["503"]),
        (&[Status(404)], "rp=4xx", &["404", "200"]),
        (&[Status(404)], "rp=5xx,ct,rt", &["404"]),
        (&[Status(500), Status(404), Close], "rp=all&rc=3", &["500", "404", "closed", "200"]),
        (&[Status(500), Status(500), Status(500), Status(500)], "rp=all&rc=3", &["500"; 4]),
        (&[Status(500), Status(500)], "rp=all", &["500"; 2]),
        (&[Status(500)], "rp=all&rc=0", &["500"]),
        (&[Silence], "rt=500", &["read_timeout", "200"]),
        (&[Silence], "rt=100&rp=ct,4xx,5xx", &["read_timeout"]),
        (&[Silence, Silence, Silence], "rt=100&rc=2", &["read_timeout"; 3]),
        (&[Close], "", &["closed", "200"]),
        (&[Close], "rp=ct", &["closed"]),
        // Part of an answer is never asked for again.
        (&[Then("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart")], "rt=500&rp=all", &["body"]),
        (&[Break("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart")], "rp=all", &["body"]),
        (&[Then("HTTP/1.1 200 O")], "rt=500&rp=all", &["body"]),
        (&[Break("HTTP/1.1 200 O")], "rp=all", &["body"]),
        (&[Break("SSH-2.0-OpenSSH\r\n")], "rp=all", &["protocol"]),
        (&[Status(302)], "rp=all", &["302"]),
    ];
    for (script, fragment, outcomes) in CASES {
        let (address, asked) = scripted(script).await;
        let (attempts, outcome) = asks(&format!("http://{address}/#{fragment}")).await;
        let went: Vec<_> = attempts.iter().map(Attempt::outcome).collect();
        assert_eq!(went, *outcomes, "{fragment}");
        assert_eq!(asked.load(Ordering::SeqCst), outcomes.len(), "{fragment}");
        let last = outcome.map_or_else(|error| error.kind().to_owned(), |a| a.status.to_string());
        assert_eq!(last, *outcomes.last().unwrap());
        let numbers: Vec<_> = attempts.iter().map(|attempt| attempt.number).collect();
        assert_eq!(numbers, (1..=u32::try_from(outcomes.len()).unwrap()).collect::<Vec<_>>());
        let (last, before) = attempts.split_last().unwrap();
        assert!(before.iter().all(|attempt| attempt.then.starts_with("again in ")));
        assert!(!last.then.starts_with("again"), "{}", last.then);
    }
}

#[tokio::test]
async fn no_connection_is_tried_again_where_ct_says_so() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for (fragment, attempts) in [("", 2), ("rc=3&ct=2000", 4), ("rp=rt,4xx,5xx", 1), ("rc=0", 1)] {
        let (made, outcome) = asks(&format!("http://{nobody}/#{fragment}")).await;
        assert_eq!((made.len(), outcome.unwrap_err().kind()), (attempts, "connect"), "{fragment}");
        assert!(made.iter().all(|a| a.connect.is_some() && a.resolve.is_none() && !a.reused()));
    }
    let (made, outcome) = asks("http://nowhere.invalid/").await;
    assert_eq!((made.len(), outcome.unwrap_err().kind()), (2, "dns"));
    assert!(made[0].resolve.is_some() && made[0].connect.is_none());
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_bounded_by_ct() {
    let address = server(|stream, _| async move {
        let _held_open = stream;
        std::future::pending().await
    })
    .await;
    let (made, outcome) = asks(&format!("https://{address}/#ct=300")).await;
    let error = outcome.unwrap_err();
    assert_eq!((made.len(), error.kind()), (2, "connect_timeout"));
    assert!(error.to_string().ends_with("within 300 ms"), "{error}");
    assert!(made[0].connect.is_some() && made[0].tls.is_some() && made[0].first_byte.is_none());
}

#[tokio::test]
async fn the_total_time_bounds_all_attempts_and_what_is_refused_is_asked_once() {
    let (address, _) = scripted(&[What::Silence; 6]).await;
    let (made, outcome) = asks(&format!("http://{address}/#tt=200&rp=all")).await;
    let words = format!("no complete answer from {address} within 200 ms");
    assert_eq!((made.len(), outcome.unwrap_err().to_string()), (1, words));
    // Of six attempts of 100 ms there is time for three, and for a part of a fourth.
    let (made, outcome) = asks(&format!("http://{address}/#tt=350&rt=100&rc=5&rp=all")).await;
    assert!(outcome.is_err() && made.len() <= 4, "{made:?}");
    assert!(made.last().unwrap().then.ends_with(" over"), "{made:?}");
    let (made, outcome) = asks("http://10.0.0.1/#rp=all").await;
    assert_eq!((made.len(), outcome.unwrap_err().kind()), (1, "refused"));
    assert_eq!(made[0].then, "not tried again: the address is refused");
}

#[tokio::test]
async fn a_slow_head_and_a_slow_body_are_let_live_while_parts_arrive() {
    let address = server(|mut stream, _| async move {
        read_request(&mut stream).await?;
        // Slower than `rt` in all, but never for so long between two parts.
        for part in ["HTTP", "/1.1", " 200", " OK\r\n", "Content", "-Length", ": 3\r\n", "\r\n"] {
            tokio::time::sleep(Duration::from_millis(100)).await;
            stream.write_all(part.as_bytes()).await?;
        }
        for part in ["a", "b", "c"] {
            tokio::time::sleep(Duration::from_millis(300)).await;
            stream.write_all(part.as_bytes()).await?;
        }
        Ok(())
    })
    .await;
    let (made, outcome) = asks(&format!("http://{address}/#rt=700")).await;
    assert_eq!((made.len(), &outcome.unwrap().body[..]), (1, &b"abc"[..]));
}

#[tokio::test]
async fn a_kept_connection_has_no_times_of_its_own() {
    let address = server(|mut stream, _| async move {
        loop {
            read_request(&mut stream).await?;
            stream.write_all(ok("x").as_bytes()).await?;
        }
    })
    .await;
    let door = door();
    let url = format!("http://localhost:{}/", address.port());
    let (first, _) = asks_through(&door, &url).await;
    assert!(first[0].resolve.is_some() && first[0].connect.is_some() && !first[0].reused());
    assert!(first[0].first_byte.unwrap() <= first[0].total);
    let (second, _) = asks_through(&door, &url).await;
    assert!(second[0].reused() && second[0].resolve.is_none() && second[0].tls.is_none());
    assert_eq!((second[0].region.as_str(), second[0].then.as_str()), ("direct", "answered"));
}

#[tokio::test]
async fn what_is_dropped_half_way_asks_nothing_more() {
    let (address, asked) = scripted(&[What::Silence]).await;
    let door = door();
    let url = format!("http://{address}/#rc=5&rp=all");
    let request = Request::get(&url).unwrap().settings(Settings::plivo(&url).0);
    let mut asking = door.asking(request);
    let hung_up = async {
        while asked.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = asking.attempt() => panic!("nobody answered"),
        () = hung_up => {}
    }
    assert!(asking.attempt().await.is_none());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_packed_answer_is_not_unpacked() {
    // gzip of 10 MB of zeros would be 10 KB; what counts is what came.
    let answer =
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\u{1f}\u{8}zz";
    let address = answering(answer).await;
    let answer = door().send(get(&format!("http://{address}/"))).await.unwrap();
    assert_eq!(&answer.body[..], "\u{1f}\u{8}zz".as_bytes());
}
