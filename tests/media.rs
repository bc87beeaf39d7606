//! Media from the customer's web server to the caller's ear, and recordings the other way.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod world;

use pivot::{
    config,
    http::{Answer, Door, Request},
    sim::{Asked, Caller, Media, Prompt, Reply, Seen},
};
use serde_json::json;
use std::{
    path::Path,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use tempfile::tempdir;
use tokio::time::timeout;
use world::{Lived, PATIENCE, World};

/// A second of audio at 8 kHz.
fn wav() -> Vec<u8> {
    let data = 16_000_u32;
    let mut file = Vec::new();
    for part in [
        &b"RIFF"[..],
        &(data + 36).to_le_bytes(),
        b"WAVEfmt \x10\0\0\0\x01\0\x01\0",
        &8_000_u32.to_le_bytes(),
        &16_000_u32.to_le_bytes(),
        b"\x02\0\x10\0data",
        &data.to_le_bytes(),
    ] {
        file.extend_from_slice(part);
    }
    file.resize(44 + data as usize, 7);
    file
}

fn file(headers: &[(&'static str, &str)]) -> Reply {
    let mut all = vec![("content-type", "audio/x-wav".to_owned())];
    all.extend(headers.iter().map(|(name, value)| (*name, (*value).to_owned())));
    Reply::File { headers: all, body: wav() }
}

/// Files that the caller heard to their end.
fn heard(lived: &Lived) -> Vec<String> {
    let file = |seen: &Seen| match seen {
        Seen::Finished(Prompt::File(name)) => Some(name.clone()),
        _ => None,
    };
    lived.report.observations.iter().filter_map(|seen| file(&seen.what)).collect()
}

fn times_asked(world: &World, path: &str) -> usize {
    world.web.asked().iter().filter(|asked| asked.path == path).count()
}

async fn get(url: &str) -> Answer {
    let mut http = config::load_text("", "", []).unwrap().http;
    http.allow_cidrs = vec!["127.0.0.0/8".parse().unwrap()];
    Door::new(&http).unwrap().send(Request::get(url).unwrap()).await.unwrap()
}

#[tokio::test]
async fn the_switch_fetches_from_us_what_we_fetched_once() {
    let world = World::with("", |asked: &Asked| match asked.path.as_str() {
        "/cdr" => Reply::Status(200),
        "/fresh.wav" => file(&[("cache-control", "max-age=60")]),
        "/checked.wav" if asked.header("if-none-match") == Some("\"v1\"") => Reply::Status(304),
        "/checked.wav" => file(&[("cache-control", "no-cache"), ("etag", "\"v1\"")]),
        _ => {
            let site = format!("http://{}", asked.header("host").unwrap());
            Reply::xml(format!(
                "<Response><Play loop=\"2\">{site}/fresh.wav?token=s3cret</Play>\
                 <Play>{site}/checked.wav</Play><Hangup/></Response>"
            ))
        }
    })
    .await;
    let first = world.call(world.caller("/answer")).await;
    let played = heard(&first);
    let [fresh, again, checked] = played.as_slice() else { panic!("{played:?}") };
    assert_eq!(fresh, again);
    for url in [fresh, checked] {
        let url = url.strip_prefix("http_cache://").unwrap();
        assert!(url.starts_with("http://127.0.0.1:") && url.ends_with(".wav"), "{url}");
        assert!(!url.contains("s3cret"));
        let answer = get(url).await;
        assert_eq!((answer.content_type(), &answer.body[..]), ("audio/wav", &wav()[..]));
    }
    assert!(first.notes().is_empty(), "{:?}", first.notes());
    let told = serde_json::to_string(&first.story).unwrap();
    assert!(!told.contains("s3cret"), "{told}");
    // The next caller hears the same files: one from the cache, one after a 304.
    assert_eq!(heard(&world.call(world.caller("/answer")).await), played);
    assert_eq!((times_asked(&world, "/fresh.wav"), times_asked(&world, "/checked.wav")), (1, 2));
    world.stopped().await;
}

#[tokio::test]
async fn media_that_cannot_be_fetched_are_left_out_with_a_reason() {
    let world = World::with("", |asked: &Asked| match asked.path.as_str() {
        "/cdr" => Reply::Status(200),
        "/page.wav" => Reply::xml("<html/>"),
        "/good.wav" => file(&[]),
        _ => {
            let site = format!("http://{}", asked.header("host").unwrap());
            Reply::xml(format!(
                "<Response><Play>http://169.254.169.254/latest/meta-data</Play>\
                 <Play>http://u:p4ss@10.1.2.3/a.wav</Play><Play>{site}/page.wav</Play>\
                 <Play>{site}/missing.wav</Play><Play>{site}/good.wav</Play><Hangup/></Response>"
            ))
        }
    })
    .await;
    let lived = world.call(world.caller("/answer")).await;
    let notes = lived.notes();
    for (note, words) in notes.iter().zip([
        "(refused): refused: 169.254.169.254 is at 169.254.169.254, a link-local address",
        "(refused): refused: 10.1.2.3 is at 10.1.2.3, a private address",
        "(not_audio): what the web server sent (\"text/xml\") is no audio",
        "(not_audio): what the web server sent (\"text/xml\") is no audio",
    ]) {
        assert!(note.contains(words) && !note.contains("p4ss"), "{note}");
    }
    assert_eq!((notes.len(), heard(&lived).len()), (4, 1), "{notes:?}");
    world.stopped().await;
}

#[tokio::test]
async fn a_caller_who_hangs_up_does_not_wait_for_a_slow_file() {
    let world = World::with("", |asked: &Asked| match asked.path.as_str() {
        "/cdr" => Reply::Status(200),
        "/slow.wav" => Reply::Silence,
        _ => Reply::xml(format!(
            "<Response><Play>http://{}/slow.wav</Play></Response>",
            asked.header("host").unwrap()
        )),
    })
    .await;
    let caller =
        world.caller("/answer").waits_for_answer().pauses(Duration::from_secs(2)).hangs_up();
    let lived = world.call(caller).await;
    assert_eq!((lived.ends(), heard(&lived).len()), (1, 0));
    assert_eq!(times_asked(&world, "/slow.wav"), 1);
    world.stopped().await;
}

#[tokio::test]
async fn a_key_ends_the_wait_for_a_slow_file() {
    let world = World::with("", |asked: &Asked| match asked.path.as_str() {
        "/cdr" => Reply::Status(200),
        "/slow.wav" => Reply::Silence,
        "/typed" => Reply::xml("<Response><Hangup/></Response>"),
        _ => Reply::xml(format!(
            "<Response><Gather action=\"/typed\" numDigits=\"1\"><Play>http://{}/slow.wav</Play>\
             </Gather></Response>",
            asked.header("host").unwrap()
        )),
    })
    .await;
    let caller =
        world.caller("/answer").waits_for_answer().pauses(Duration::from_secs(2)).types("5");
    world.call(caller).await;
    let typed = world.web.asked().into_iter().find(|asked| asked.path == "/typed").unwrap();
    assert_eq!(typed.parameter("Digits"), Some("5"));
    world.stopped().await;
}

/// A server whose recordings are files in this folder.
fn recording_into(folder: &Path) -> String {
    format!(
        "[media]\nrecordings = {folder:?}\n[outbox]\nretry_first_ms = 100\n[api]\n\
         listen = \"127.0.0.1:0\"\ntoken = \"0123456789abcdef\"\n\
         public_url = \"https://pivot.example\"\n[accounts.default]\n\
         webhook_secrets = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n"
    )
}

fn speaker(caller: Caller) -> Caller {
    caller.waits_for_recording().speaks(Duration::from_secs(2)).types("#")
}

#[tokio::test]
async fn a_recording_is_uploaded_where_the_document_says_until_it_has_arrived() {
    let folder = tempdir().unwrap();
    let uploads = AtomicU32::new(0);
    let world = World::with(&recording_into(folder.path()), move |asked: &Asked| {
        match (asked.path.as_str(), uploads.load(Ordering::SeqCst)) {
            ("/upload", 0) => {
                uploads.fetch_add(1, Ordering::SeqCst);
                Reply::Status(503)
            }
            _ => Reply::Status(200),
        }
    })
    .await;
    let switch = World::switch().media(Media::default().keeps_recordings());
    for (method, verb) in [("put", "PUT"), ("post", "POST")] {
        let caller = world.caller_with(&json!({
            "module": "record_caller",
            "data": { "method": method, "url": world.web.url("/upload?box=7") },
        }));
        let lived = world.call_from(&switch, speaker(caller)).await;
        assert!(lived.notes().is_empty(), "{:?}", lived.notes());
        let id = lived.report.uuid.clone();
        let arrived = world.web.wait_for(|asked| {
            // The first one is answered with 503.
            let again = verb == "POST" || asked.header("x-pivot-attempt") == Some("2");
            asked.path == "/upload" && asked.method == verb && again
        });
        let arrived = timeout(PATIENCE, arrived).await.unwrap();
        let file = std::fs::read(folder.path().join(format!("{id}-1.wav"))).unwrap();
        assert_eq!((arrived.method.as_str(), arrived.content_type.as_str()), (verb, "audio/wav"));
        assert_eq!(arrived.header("content-length"), Some(file.len().to_string().as_str()));
        assert_eq!(arrived.body, String::from_utf8_lossy(&file));
        assert_eq!(arrived.header("webhook-id"), arrived.header("x-pivot-delivery"));
        assert!(arrived.header("webhook-signature").unwrap().starts_with("v1,"));
        for (name, value) in [
            ("box", "7"),
            ("caller_id_number", "+14155550100"),
            ("recording_id", &format!("{id}-1")),
        ] {
            assert_eq!(arrived.parameter(name), Some(value), "{name}");
        }
    }
    world.stopped().await;
}

#[tokio::test]
async fn a_recording_is_offered_as_a_url_that_opens_it_and_nothing_else() {
    let folder = tempdir().unwrap();
    let world =
        World::with(&recording_into(folder.path()), |asked: &Asked| match asked.path.as_str() {
            "/answer" => Reply::xml("<Response><Record action=\"/recorded\"/></Response>"),
            "/recorded" => Reply::xml("<Response><Hangup/></Response>"),
            _ => Reply::Status(200),
        })
        .await;
    let switch = World::switch().media(Media::default().keeps_recordings());
    let lived = world.call_from(&switch, speaker(world.caller("/answer"))).await;
    let asked = world.web.asked().into_iter().find(|asked| asked.path == "/recorded").unwrap();
    let url = asked.parameter("RecordingUrl").unwrap().to_owned();
    let id = format!("{}-1", lived.report.uuid);
    assert!(
        url.starts_with(&format!("https://pivot.example/v2/recordings/{id}?expires=")),
        "{url}"
    );
    let cdr = world.cdr(&lived.report.uuid).await;
    assert_eq!(cdr.parameter("Media-Recordings[]"), Some(url.as_str()));
    let here = url.replace("https://pivot.example", &format!("http://{}", world.api.unwrap()));
    let answer = get(&here).await;
    let file = std::fs::read(folder.path().join(format!("{id}.wav"))).unwrap();
    assert_eq!((answer.status, answer.content_type()), (200, "audio/wav"));
    assert_eq!(&answer.body[..], file);
    for (wrong, status) in [
        (here.replace("expires=", "expires=9"), 403),
        (here.replace(&id, "another"), 403),
        (here.split("&signature").next().unwrap().to_owned(), 400),
        (here.split('?').next().unwrap().to_owned(), 400),
    ] {
        assert_eq!(get(&wrong).await.status, status, "{wrong}");
    }
    std::fs::remove_file(folder.path().join(format!("{id}.wav"))).unwrap();
    assert_eq!(get(&here).await.status, 404);
    world.stopped().await;
}
