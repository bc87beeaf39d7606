//! Whole calls with media streams: a simulated switch, the server, and a customer's WebSocket server.

#![allow(clippy::unwrap_used)] // a test fails by panicking

mod world;

use futures_util::{SinkExt, StreamExt};
use pivot::sim::{Caller, Outcome, Party, Reply, Seen, Switch};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpListener, time::timeout};
use tokio_tungstenite::{accept_async, tungstenite::Message};
use world::{PATIENCE, World};

const TWIML: &str =
    "[pivot]\nreq_format = \"twiml\"\nmethod = \"post\"\n[stream]\nlisten = \"127.0.0.1:0\"\n";

const MODULE: &str = "start = \"uuid_audio_stream {uuid} start {url} {mix} {rate}\"\n\
    stop = \"uuid_audio_stream {uuid} stop\"\n";

/// What a customer's server does when it has heard enough.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// Says something, waits for its mark, and closes.
    Closes,
    /// Stays.
    Stays,
    /// Is gone without a word.
    Dies,
}

/// A customer's WebSocket server: takes one stream after the other, and keeps what it is sent.
struct Audience {
    url: String,
    heard: Arc<Mutex<Vec<Value>>>,
}

impl Audience {
    async fn open(then: Then) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/audio", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let keeps = Arc::clone(&heard);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let mut socket = accept_async(stream).await.unwrap();
                let mut sounds = 0;
                while let Some(Ok(message)) = socket.next().await {
                    let Message::Text(text) = message else { continue };
                    let message: Value = serde_json::from_str(&text).unwrap();
                    let event = message["event"].as_str().unwrap().to_owned();
                    keeps.lock().unwrap().push(message);
                    sounds += usize::from(event == "media");
                    match (event.as_str(), then) {
                        ("media", Then::Closes) if sounds == 5 => {
                            let media = json!({ "event": "media", "media": { "payload": "gIA=" } });
                            let mark = json!({ "event": "mark", "mark": { "name": "said" } });
                            for message in [media, mark] {
                                socket.send(Message::text(message.to_string())).await.unwrap();
                            }
                        }
                        ("mark", _) => socket.close(None).await.unwrap(),
                        ("media", Then::Dies) if sounds == 5 => break,
                        _ => {}
                    }
                }
            }
        });
        Self { url, heard }
    }

    fn events(&self, event: &str) -> Vec<Value> {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|message| message["event"] == event).cloned().collect()
    }

    async fn wait_for(&self, event: &str) -> Value {
        let found = async {
            loop {
                if let Some(message) = self.events(event).pop() {
                    return message;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(PATIENCE, found).await.unwrap()
    }
}

async fn world(config: String, document: String) -> World {
    World::with(&config, move |asked| match asked.path.as_str() {
        "/voice" => Reply::xml(&document),
        "/after" => Reply::xml("<Response><Hangup/></Response>"),
        _ => Reply::Status(200),
    })
    .await
}

/// The events that a customer was told of, once there are so many.
async fn told(world: &World, count: usize) -> Vec<String> {
    let events = || {
        let asked = world.web.asked();
        let event = |asked: &pivot::sim::Asked| asked.parameter("StreamEvent").map(str::to_owned);
        asked.iter().filter_map(event).collect::<Vec<_>>()
    };
    let enough = async {
        while events().len() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, enough).await.unwrap();
    let mut all = events();
    all.sort();
    all
}

fn connect(url: &str) -> String {
    format!(
        "<Response><Connect action=\"/after\"><Stream url=\"{url}\" statusCallback=\"/events\"/></Connect>\
         </Response>"
    )
}

#[tokio::test]
async fn a_call_talks_with_a_server_until_that_closes() {
    let audience = Audience::open(Then::Closes).await;
    let world = world(TWIML.to_owned(), connect(&audience.url)).await;
    let lived = world.call(world.caller("/voice")).await;
    assert_eq!(lived.steps()[1..], ["Connect", "Hangup"]);
    assert!(lived.report.saw(|seen| *seen == Seen::Streamed("unicast".to_owned())));
    assert!(!lived.report.saw(|seen| matches!(seen, Seen::Fault(_))));
    let start = &audience.events("start")[0]["start"];
    assert!(start["callSid"].as_str().unwrap().starts_with("CA"), "{start}");
    assert!(start["accountSid"].as_str().unwrap().starts_with("AC"), "{start}");
    assert_eq!(told(&world, 2).await, ["stream-started", "stream-stopped"]);
    let event = world.web.asked().into_iter().find(|asked| asked.path == "/events").unwrap();
    assert_eq!(event.parameter("CallSid"), start["callSid"].as_str());
    assert!(event.parameter("CallStatus").is_none(), "only what the vendor tells");
}

#[tokio::test]
async fn a_caller_who_leaves_ends_the_stream_in_order() {
    let audience = Audience::open(Then::Stays).await;
    let world = world(TWIML.to_owned(), connect(&audience.url)).await;
    let caller = world.caller("/voice").waits_for_answer().pauses(Duration::from_secs(10));
    let lived = world.call(caller.hangs_up()).await;
    let by_caller = matches!(lived.report.outcome, Outcome::HungUp { by: Party::Caller, .. });
    assert!(by_caller, "{:?}", lived.report.outcome);
    audience.wait_for("stop").await;
    assert_eq!(told(&world, 2).await, ["stream-started", "stream-stopped"]);
    assert_eq!(lived.ends(), 1);
    world.stopped().await;
}

#[tokio::test]
async fn a_server_that_dies_leaves_the_call_to_its_document() {
    let audience = Audience::open(Then::Dies).await;
    let world = world(TWIML.to_owned(), connect(&audience.url)).await;
    let lived = world.call(world.caller("/voice")).await;
    assert_eq!(lived.steps()[1..], ["Connect", "Hangup"]);
    let notes = lived.notes();
    assert!(notes.iter().any(|note| note.contains("the stream has failed")), "{notes:?}");
    assert_eq!(told(&world, 2).await, ["stream-error", "stream-started"]);
}

#[tokio::test]
async fn an_address_that_is_refused_is_not_streamed_to() {
    let document = connect("wss://10.0.0.1/audio");
    let world = world(TWIML.to_owned(), document).await;
    let lived = world.call(world.caller("/voice")).await;
    let notes = lived.notes();
    let refused = "refused: 10.0.0.1 is at 10.0.0.1, a private address";
    assert!(notes.iter().any(|note| note.contains(refused)), "{notes:?}");
    assert_eq!(told(&world, 1).await, ["stream-error"]);
}

fn beside(url: &str) -> String {
    format!(
        "<Response><Start><Stream name=\"copy\" track=\"both_tracks\" url=\"{url}\" \
         statusCallback=\"/events\"/></Start><Say>One.</Say><Pause length=\"1\"/>\
         <Stop><Stream name=\"copy\"/></Stop><Say>Two.</Say></Response>"
    )
}

fn with_module() -> Switch {
    World::switch().forks_sound()
}

#[tokio::test]
async fn a_module_streams_both_tracks_beside_the_call() {
    let audience = Audience::open(Then::Stays).await;
    let world = world(format!("{TWIML}{MODULE}"), beside(&audience.url)).await;
    let lived = world.call_from(&with_module(), world.caller("/voice")).await;
    assert_eq!(lived.steps()[1..], ["Start", "Say", "Pause", "Stop", "Say"]);
    let by = "mod_audio_stream, stereo, 8k".to_owned();
    assert!(lived.report.saw(|seen| *seen == Seen::Streamed(by.clone())));
    assert!(lived.report.saw(|seen| *seen == Seen::StreamedNoMore));
    audience.wait_for("stop").await;
    let tracks = |track: &str| {
        let media = audience.events("media");
        media.iter().filter(|message| message["media"]["track"] == *track).count()
    };
    assert!(tracks("inbound") > 5 && tracks("inbound").abs_diff(tracks("outbound")) <= 1);
    assert_eq!(told(&world, 2).await, ["stream-started", "stream-stopped"]);
}

#[tokio::test]
async fn a_stream_beside_the_call_ends_with_it() {
    let audience = Audience::open(Then::Stays).await;
    let world = world(format!("{TWIML}{MODULE}"), beside(&audience.url)).await;
    let caller: Caller = world.caller("/voice").waits_for_answer().pauses(Duration::from_secs(8));
    let lived = world.call_from(&with_module(), caller.hangs_up()).await;
    assert_eq!(lived.ends(), 1);
    audience.wait_for("stop").await;
    assert_eq!(told(&world, 2).await, ["stream-started", "stream-stopped"]);
}

#[tokio::test]
async fn without_a_module_the_document_goes_on_and_says_why() {
    let audience = Audience::open(Then::Stays).await;
    // None is configured; one is configured that is not there.
    for (config, why) in [
        (TWIML.to_owned(), "the switch has no means for it: see stream.start"),
        (format!("{TWIML}{MODULE}"), "-ERR uuid_audio_stream Command not found!"),
    ] {
        let world = world(config, beside(&audience.url)).await;
        let lived = world.call(world.caller("/voice")).await;
        assert_eq!(lived.steps()[1..], ["Start", "Say", "Pause", "Stop", "Say"]);
        let notes = lived.notes();
        assert!(notes.iter().any(|note| note.contains(why)), "{notes:?}");
        assert_eq!(told(&world, 1).await, ["stream-error"]);
    }
}
