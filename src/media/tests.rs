//! The cache against real web servers on loopback, on a clock that the test turns.

use super::{cache::Clock, *};
use crate::{
    base::Timestamp,
    config,
    http::{Door, HttpError},
};
use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::{Notify, mpsc},
};

const SECOND: u64 = 1_000_000;
const HOUR: u64 = 3600 * SECOND;

/// So much of a wav file that it is one.
fn wav(length: usize) -> Vec<u8> {
    let mut file = b"RIFF\xff\xff\xff\xffWAVEfmt ".to_vec();
    file.resize(length, 0);
    file
}

/// A cache in a folder of its own, and the hand on its clock.
struct Bench {
    cache: Cache,
    now: Arc<AtomicU64>,
    folder: TempDir,
}

impl Bench {
    fn new(change: impl FnOnce(&mut config::Media)) -> Self {
        Self::with_door(&["127.0.0.0/8"], change)
    }

    fn with_door(allow: &[&str], change: impl FnOnce(&mut config::Media)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now = Arc::new(AtomicU64::new(1_000_000 * SECOND));
        let cache = open(folder.path(), allow, Arc::clone(&now), change);
        Self { cache, now, folder }
    }

    /// As after a restart.
    fn reopen(self) -> Self {
        let Self { cache, now, folder } = self;
        drop(cache);
        let cache = open(folder.path(), &["127.0.0.0/8"], Arc::clone(&now), |_| {});
        Self { cache, now, folder }
    }

    fn turn(&self, micros: u64) {
        self.now.fetch_add(micros, Ordering::SeqCst);
    }

    /// Fetches, and reads what was kept.
    async fn content(&self, url: &str) -> (String, Vec<u8>) {
        let name = self.cache.fetch(url).await.unwrap();
        let content = std::fs::read(self.cache.file(&name).unwrap()).unwrap();
        (name, content)
    }

    /// Files of the folder, the lock left out.
    fn files(&self) -> usize {
        std::fs::read_dir(self.folder.path()).unwrap().count() - 1
    }
}

fn open(
    folder: &Path,
    allow: &[&str],
    now: Arc<AtomicU64>,
    change: impl FnOnce(&mut config::Media),
) -> Cache {
    let config = config::load_text("", "", []).unwrap();
    let (mut media, mut http) = (config.media, config.http);
    http.allow_cidrs = allow.iter().map(|net| net.parse().unwrap()).collect();
    media.cache = folder.to_owned();
    change(&mut media);
    let clock: Clock = Arc::new(move || Timestamp::from_micros(now.load(Ordering::SeqCst)));
    Cache::with_clock(&media, Door::new(&http).unwrap(), clock).unwrap()
}

type Seen = Arc<Mutex<Vec<String>>>;

/// A web server; remembers path and validators of what it is asked.
async fn site<F, R>(
    serve: impl Fn(String, HeaderMap) -> F + Clone + Send + Sync + 'static,
) -> (SocketAddr, Seen)
where
    F: Future<Output = R> + Send + 'static,
    R: IntoResponse,
{
    let seen = Seen::default();
    let keep = Arc::clone(&seen);
    let app = Router::new().fallback(move |request: Request| {
        let (serve, keep) = (serve.clone(), Arc::clone(&keep));
        async move {
            let (head, _) = request.into_parts();
            let path = head.uri.path().to_owned();
            let validator = head.headers.get("if-none-match").map(|v| v.to_str().unwrap());
            keep.lock().unwrap().push(format!("{path} {}", validator.unwrap_or("-")));
            serve(path, head.headers).await
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, seen)
}

/// Answers everything with a wav file and these headers.
async fn giving(headers: &'static [(&'static str, &'static str)]) -> (SocketAddr, Seen) {
    site(move |_, asked: HeaderMap| async move {
        let etag = headers.iter().find(|(name, _)| *name == "etag").map(|(_, value)| *value);
        let given = asked.get("if-none-match").map(|value| value.to_str().unwrap());
        let mut answer = match etag.is_some() && etag == given {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => wav(100).into_response(),
        };
        for (name, value) in headers {
            answer.headers_mut().insert(*name, value.parse().unwrap());
        }
        answer
    })
    .await
}

#[tokio::test]
async fn a_file_is_fetched_once_while_it_is_fresh() {
    let bench = Bench::new(|_| {});
    let (site, seen) = giving(&[("cache-control", "max-age=60")]).await;
    let url = format!("http://{site}/a");
    let (name, content) = bench.content(&url).await;
    assert_eq!(content, wav(100));
    assert!(name.ends_with(".wav") && !name.contains('/'));
    bench.turn(59 * SECOND);
    assert_eq!(bench.content(&format!("{url}#fragment")).await.0, name);
    assert_eq!(*seen.lock().unwrap(), ["/a -"]);
    bench.turn(2 * SECOND);
    assert_ne!(bench.content(&url).await.0, name, "another content has another name");
    assert_eq!(seen.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn an_old_file_is_asked_about_and_kept_if_it_has_not_changed() {
    let bench = Bench::new(|_| {});
    let (site, seen) = giving(&[("cache-control", "max-age=60"), ("etag", "\"v1\"")]).await;
    let url = format!("http://{site}/a");
    let (name, _) = bench.content(&url).await;
    bench.turn(61 * SECOND);
    assert_eq!(bench.content(&url).await.0, name);
    bench.turn(59 * SECOND);
    assert_eq!(bench.content(&url).await.0, name, "fresh again");
    // The copy, and what is known of it, survive a restart.
    let bench = bench.reopen();
    bench.turn(30 * SECOND);
    assert_eq!(bench.content(&url).await.0, name);
    assert_eq!(*seen.lock().unwrap(), ["/a -", "/a \"v1\"", "/a \"v1\""]);
}

#[tokio::test]
async fn what_must_not_be_stored_is_fetched_each_time_and_soon_deleted() {
    let bench = Bench::new(|_| {});
    let (site, seen) = giving(&[("cache-control", "no-store"), ("etag", "\"v1\"")]).await;
    let url = format!("http://{site}/a");
    let (first, _) = bench.content(&url).await;
    let (second, _) = bench.content(&url).await;
    assert_ne!(first, second);
    assert_eq!(*seen.lock().unwrap(), ["/a -", "/a -"]);
    assert!(bench.cache.file(&first).unwrap().exists(), "the switch may be fetching it");
    bench.turn(HOUR);
    let (third, _) = bench.content(&url).await;
    let there = |name: &str| bench.cache.file(name).unwrap().exists();
    assert!(!there(&first) && there(&second) && there(&third));
}

#[tokio::test]
async fn calls_that_want_the_same_file_wait_for_one_request() {
    let bench = Bench::new(|_| {});
    let go = Arc::new(Notify::new());
    let wait = Arc::clone(&go);
    let (arrived, mut arrivals) = mpsc::unbounded_channel();
    let (site, seen) = site(move |_, _| {
        let wait = Arc::clone(&wait);
        arrived.send(()).unwrap();
        async move {
            wait.notified().await;
            wav(50)
        }
    })
    .await;
    let url = format!("http://{site}/a");
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let (cache, url) = (bench.cache.clone(), url.clone());
            tokio::spawn(async move { cache.fetch(&url).await.unwrap() })
        })
        .collect();
    arrivals.recv().await.unwrap();
    // The call that began it hangs up: the others still get their file.
    calls[0].abort();
    tokio::task::yield_now().await;
    go.notify_one();
    let mut names = Vec::new();
    for call in calls.into_iter().skip(1) {
        names.push(call.await.unwrap());
    }
    names.dedup();
    assert_eq!((names.len(), seen.lock().unwrap().len()), (1, 1));
}

#[tokio::test]
async fn a_fetch_that_nobody_waits_for_any_more_leaves_nothing() {
    let bench = Bench::new(|_| {});
    let (begun, mut beginning) = mpsc::unbounded_channel();
    let (site, _) = site(move |_, _| {
        let begun = begun.clone();
        async move {
            let head = futures_util::stream::once(async { Ok::<_, std::io::Error>(wav(64)) });
            let rest = futures_util::stream::once(async move {
                begun.send(()).unwrap();
                std::future::pending().await
            });
            Response::new(Body::from_stream(futures_util::StreamExt::chain(head, rest)))
        }
    })
    .await;
    let (cache, url) = (bench.cache.clone(), format!("http://{site}/a"));
    let call = tokio::spawn(async move { cache.fetch(&url).await });
    beginning.recv().await.unwrap();
    while bench.files() == 0 {
        tokio::task::yield_now().await;
    }
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert_eq!(bench.files(), 0);
}

#[tokio::test]
async fn what_cannot_be_played_has_a_name() {
    let bench = Bench::new(|media| media.file_mb = 1);
    let (site, _) = site(|path, _| async move {
        match path.as_str() {
            "/page" => ([("content-type", "text/html")], "<html>").into_response(),
            "/lie" => ([("content-type", "audio/wav")], "<html>").into_response(),
            "/empty" => ([("content-type", "audio/wav")], "").into_response(),
            "/large" => wav(1024 * 1024 + 1).into_response(),
            "/endless" => {
                let more =
                    futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(wav(65_536)));
                Response::new(Body::from_stream(more))
            }
            "/part" => (StatusCode::PARTIAL_CONTENT, wav(100)).into_response(),
            "/same" => StatusCode::NOT_MODIFIED.into_response(),
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    })
    .await;
    for (path, kind, words) in [
        ("/page", "not_audio", "\"text/html\""),
        ("/lie", "not_audio", "no audio that can be played"),
        ("/empty", "empty", "empty file"),
        ("/large", "too_large", "larger than 1048576 bytes"),
        ("/endless", "too_large", "larger than 1048576 bytes"),
        ("/part", "status", "answered 206"),
        ("/same", "status", "answered 304"),
        ("/missing", "status", "answered 404"),
    ] {
        let error = bench.cache.fetch(&format!("http://{site}{path}")).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{path}");
        assert!(error.to_string().contains(words), "{path}: {error}");
    }
    assert_eq!(bench.files(), 0);
}

#[tokio::test]
async fn a_refused_address_is_never_asked_not_even_by_redirect() {
    let (inside, seen) = giving(&[]).await;
    let bench = Bench::with_door(&[], |_| {});
    let refused = bench.cache.fetch(&format!("http://{inside}/a")).await.unwrap_err();
    assert!(matches!(refused, MediaError::Http(HttpError::Refused(_))), "{refused}");
    assert!(refused.to_string().contains("http.allow_cidrs"), "{refused}");
    // From an allowed server to one that is not.
    let bench = Bench::with_door(&["127.0.0.1/32"], |_| {});
    let (site, _) = site(move |_, _| async move {
        let to = format!("http://127.0.0.2:{}/a", inside.port());
        (StatusCode::FOUND, [("location", to)]).into_response()
    })
    .await;
    let refused = bench.cache.fetch(&format!("http://{site}/a")).await.unwrap_err();
    assert_eq!(refused.kind(), "refused");
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_server_in_trouble_is_asked_twice_and_then_the_old_copy_is_played() {
    let bench = Bench::new(|_| {});
    let (site, seen) = {
        let answers = Arc::new(Mutex::new(vec![500, 500, 500, 500, 200, 503]));
        site(move |path, _| {
            let status = answers.lock().unwrap().pop().unwrap();
            let strict = path.contains("strict");
            async move {
                let cache = if strict { "max-age=60, must-revalidate" } else { "max-age=60" };
                let status = StatusCode::from_u16(status).unwrap();
                (status, [("cache-control", cache)], wav(100)).into_response()
            }
        })
        .await
    };
    let url = format!("http://{site}/a");
    let (name, _) = bench.content(&url).await;
    assert_eq!(seen.lock().unwrap().len(), 2, "503, then 200");
    bench.turn(61 * SECOND);
    assert_eq!(bench.content(&url).await.0, name);
    assert_eq!(seen.lock().unwrap().len(), 4);
    let never = bench.cache.fetch(&format!("http://{site}/strict")).await.unwrap_err();
    assert_eq!(never, MediaError::Status(500));
}

#[tokio::test]
async fn a_copy_that_must_be_asked_about_is_not_played_while_its_server_fails() {
    let bench = Bench::new(|_| {});
    let answers = Arc::new(Mutex::new(vec![500, 500, 200]));
    let (site, _) = site(move |_, _| {
        let status = StatusCode::from_u16(answers.lock().unwrap().pop().unwrap()).unwrap();
        async move { (status, [("cache-control", "no-cache")], wav(100)).into_response() }
    })
    .await;
    let url = format!("http://{site}/a");
    bench.content(&url).await;
    assert_eq!(bench.cache.fetch(&url).await.unwrap_err(), MediaError::Status(500));
}

#[tokio::test]
async fn the_least_recently_played_make_room_and_old_ones_go() {
    // The smallest cache that can be configured is too large for a test to fill by size alone.
    let bench = Bench::new(|media| media.cache_mb = 1);
    let (site, seen) =
        site(|_, _| async { ([("cache-control", "max-age=999999")], wav(400 * 1024)) }).await;
    let url = |name: &str| format!("http://{site}/{name}");
    for name in ["a", "b"] {
        bench.content(&url(name)).await;
        bench.turn(SECOND);
    }
    bench.content(&url("a")).await;
    bench.turn(SECOND);
    bench.content(&url("c")).await;
    assert_eq!(bench.files(), 4, "two files and their notes");
    bench.turn(SECOND);
    bench.content(&url("a")).await;
    assert_eq!(*seen.lock().unwrap(), ["/a -", "/b -", "/c -"], "b made room for c");
    bench.turn(200 * HOUR);
    bench.content(&url("d")).await;
    assert_eq!(bench.files(), 2, "a and c are too old");
}

#[tokio::test]
async fn a_file_that_somebody_deleted_is_fetched_again() {
    let bench = Bench::new(|_| {});
    let (site, seen) = giving(&[("etag", "\"v1\"")]).await;
    let url = format!("http://{site}/a");
    let (name, _) = bench.content(&url).await;
    std::fs::remove_file(bench.cache.file(&name).unwrap()).unwrap();
    bench.content(&url).await;
    assert_eq!(*seen.lock().unwrap(), ["/a -", "/a -"]);
}

#[tokio::test]
async fn the_listener_serves_files_of_the_cache_and_nothing_else() {
    let bench = Bench::new(|_| {});
    let (site, _) = giving(&[]).await;
    let (name, content) = bench.content(&format!("http://{site}/a")).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ours = listener.local_addr().unwrap();
    let routes = routes(bench.cache.clone());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let path = format!("/media/{name}");
    let (status, headers, body) = ask(ours, "GET", &path, "").await;
    assert_eq!((status, body), (200, content));
    assert!(headers.contains("content-type: audio/wav\r\n"), "{headers}");
    let (status, headers, body) = ask(ours, "HEAD", &path, "").await;
    assert_eq!((status, body.len()), (200, 0));
    assert!(headers.contains("content-length: 100\r\n"), "{headers}");
    let (status, _, body) = ask(ours, "GET", &path, "Range: bytes=0-3\r\n").await;
    assert_eq!((status, body), (206, b"RIFF".to_vec()));
    assert_eq!(ask(ours, "PUT", &path, "").await.0, 405);
    std::fs::write(bench.folder.path().join("secret.wav"), "x").unwrap();
    for wrong in [
        "/",
        "/media/",
        "/media/lock",
        "/media/secret.wav",
        "/media/../secret.wav",
        "/media/..%2fsecret.wav",
        "/media/%2e%2e/secret.wav",
        "/media/00000000000000000000000000000000.wav",
        "/media/%00.wav",
    ] {
        assert_eq!(ask(ours, "GET", wrong, "").await.0, 404, "{wrong}");
    }
}

/// One request, its path as it stands; gives status, headers and body.
async fn ask(to: SocketAddr, method: &str, path: &str, more: &str) -> (u16, String, Vec<u8>) {
    let mut stream = tokio::net::TcpStream::connect(to).await.unwrap();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{more}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    let body = answer.split_off(end);
    let head = String::from_utf8(answer).unwrap();
    (head[9..12].parse().unwrap(), head, body)
}
