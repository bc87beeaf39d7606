//! Streams between a switch, by both of its ways, and customers' servers of every kind.

use super::{
    audio::{frame_of, from_l16, to_l16, to_mulaw},
    source::Unicast,
    *,
};
use crate::{
    config,
    http::{Door, Keyring},
};
use base64::prelude::{BASE64_STANDARD, Engine};
use futures_util::{SinkExt, StreamExt, future::BoxFuture};
use ring::hmac;
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream, UdpSocket},
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async, client_async,
    tungstenite::{
        Message,
        handshake::server::{Request, Response},
    },
};
use tokio_util::sync::CancellationToken;

/// No test waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(10);

const SETTINGS: &str = "[http]\nallow_cidrs = [\"127.0.0.0/8\"]\n\
    [stream]\nstart = \"fork {uuid} {url} {mix} {rate} {name}\"\nstop = \"stop {uuid} {name}\"\n\
    plays = true\nlisten = \"127.0.0.1:0\"\n\
    [accounts.acme]\ntwilio_auth_tokens = [\"12345\"]\nplivo_auth_tokens = [\"abcde\"]\n";

/// What a customer was told of a stream.
#[derive(Clone, Debug, Default)]
struct Heard(Arc<Mutex<Vec<StreamEvent>>>);

impl Teller for Heard {
    fn tell(&self, event: StreamEvent) -> BoxFuture<'static, ()> {
        self.0.lock().unwrap().push(event);
        Box::pin(std::future::ready(()))
    }
}

impl Heard {
    fn all(&self) -> Vec<StreamEvent> {
        self.0.lock().unwrap().clone()
    }
}

/// A customer's server.
struct Customer {
    listener: TcpListener,
    heard: Heard,
}

/// One connection of it.
struct Conversation {
    socket: WebSocketStream<TcpStream>,
    head: Vec<(String, String)>,
}

impl Customer {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener, heard: Heard::default() }
    }

    fn url(&self) -> String {
        format!("ws://{}/audio?a=1", self.listener.local_addr().unwrap())
    }

    fn plan(&self, vendor: Vendor) -> Plan {
        Plan {
            id: "MZ1".to_owned(),
            name: "x".to_owned(),
            url: self.url(),
            vendor,
            call_id: "CA1".to_owned(),
            account_id: "AC1".to_owned(),
            signer: "acme".to_owned(),
            tracks: Tracks::Inbound,
            two_way: true,
            encoding: Encoding::Mulaw,
            parameters: Vec::new(),
            at_most: Duration::from_secs(60),
            teller: Some(Arc::new(self.heard.clone())),
        }
    }

    #[allow(clippy::result_large_err)] // the library's own type
    async fn accept(&self) -> Conversation {
        let accepted = timeout(PATIENCE, self.listener.accept()).await.unwrap();
        let mut head = Vec::new();
        let look = |request: &Request, response: Response| {
            let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
            head.extend(request.headers().iter().map(|(n, v)| (n.to_string(), text(v))));
            Ok(response)
        };
        let socket = accept_hdr_async(accepted.unwrap().0, look).await.unwrap();
        Conversation { socket, head }
    }
}

impl Conversation {
    /// The next message; `None` when it has ended.
    async fn next(&mut self) -> Option<Value> {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.unwrap()?.ok()? {
                Message::Text(text) => return Some(serde_json::from_str(&text).unwrap()),
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    async fn wait_for(&mut self, event: &str) -> Value {
        loop {
            let message = self.next().await.expect("the stream has ended");
            if message["event"] == event {
                return message;
            }
        }
    }

    async fn say(&mut self, message: &Value) {
        self.socket.send(Message::text(message.to_string())).await.unwrap();
    }

    fn header(&self, name: &str) -> &str {
        let found = self.head.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }
}

async fn studio(settings: &str) -> (Arc<Streams>, Option<ModuleListener>) {
    let config = config::load_text("t", settings, []).unwrap();
    let door = Door::new(&config.http).unwrap().with_keys(Keyring::new(&config.accounts));
    Streams::open(&config.stream, door).await.unwrap()
}

/// A switch that sends the sound of a parked call.
struct Switch {
    socket: UdpSocket,
    to: SocketAddr,
}

impl Switch {
    async fn by_unicast(studio: &Streams, plan: Plan, rate: u32) -> (Self, Line) {
        let outlet = studio.outlet().await.unwrap();
        let mut line = studio.by_unicast(plan, &outlet, rate);
        line.begin();
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        (Self { socket, to: outlet.address }, line)
    }

    async fn sends(&self, sample: i16, samples: usize) {
        self.socket.send_to(&to_l16(&vec![sample; samples]), self.to).await.unwrap();
    }

    /// What it is to play next, silence left out.
    async fn hears(&self) -> Vec<i16> {
        let mut packet = [0; 4096];
        loop {
            let received = timeout(PATIENCE, self.socket.recv_from(&mut packet)).await.unwrap();
            let samples = from_l16(&packet[..received.unwrap().0]);
            if samples.iter().any(|sample| *sample != 0) {
                return samples;
            }
        }
    }
}

async fn end(line: &mut Line) -> StreamEnd {
    loop {
        if let Told::Ended(end) = timeout(PATIENCE, line.next()).await.unwrap() {
            return end;
        }
    }
}

async fn told(customer: &Customer, count: usize) -> Vec<StreamEvent> {
    let enough = async {
        while customer.heard.all().len() < count {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, enough).await.unwrap();
    customer.heard.all()
}

#[tokio::test]
async fn sound_goes_both_ways_by_unicast() {
    let (studio, _) = studio(SETTINGS).await;
    let customer = Customer::new().await;
    let (switch, mut line) =
        Switch::by_unicast(&studio, customer.plan(Vendor::Twilio), 16_000).await;
    let mut server = customer.accept().await;
    assert_eq!(server.wait_for("connected").await["protocol"], "Call");
    assert_eq!(server.wait_for("start").await["start"]["callSid"], "CA1");
    // Nobody but the switch is heard once it has spoken.
    switch.sends(1_000, frame_of(16_000)).await;
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    stranger.send_to(&to_l16(&[9_000; 320]), switch.to).await.unwrap();
    switch.sends(1_000, frame_of(16_000)).await;
    for chunk in ["1", "2"] {
        let media = server.wait_for("media").await["media"].clone();
        let payload = BASE64_STANDARD.decode(media["payload"].as_str().unwrap()).unwrap();
        assert_eq!((media["chunk"].as_str(), payload.len()), (Some(chunk), 160));
        assert!(payload.iter().all(|byte| *byte == to_mulaw(1_000)));
    }
    let payload = BASE64_STANDARD.encode([to_mulaw(4_000); 240]);
    server.say(&json!({ "event": "media", "media": { "payload": payload } })).await;
    server.say(&json!({ "event": "mark", "mark": { "name": "done" } })).await;
    let first = switch.hears().await;
    assert_eq!(first.len(), 320, "20 ms at the rate of the switch");
    assert!((3_500..4_500).contains(&first[300]), "{}", first[300]);
    assert_eq!(server.wait_for("mark").await["mark"]["name"], "done");
    line.key('5');
    assert_eq!(server.wait_for("dtmf").await["dtmf"]["digit"], "5");
    server.say(&json!({ "event": "nonsense" })).await;
    let remark = "the server sent what is ignored: the event \"nonsense\" is not known".to_owned();
    assert_eq!(timeout(PATIENCE, line.next()).await.unwrap(), Told::Remark(remark));
    server.socket.close(None).await.unwrap();
    assert_eq!(end(&mut line).await, StreamEnd::Closed);
    assert_eq!(told(&customer, 2).await, [StreamEvent::Started, StreamEvent::Stopped]);
}

#[tokio::test]
async fn a_module_brings_both_tracks_and_plays() {
    let (studio, listener) = studio(SETTINGS).await;
    let listener = listener.unwrap();
    let address = listener.address().unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(listener.serve(stop.clone()));
    let customer = Customer::new().await;
    let plan =
        Plan { tracks: Tracks::Both, encoding: Encoding::L16At16, ..customer.plan(Vendor::Plivo) };
    let (mut line, commands) = studio.by_module(plan, "u-1");
    line.begin();
    let words: Vec<_> = commands.start.split(' ').collect();
    assert_eq!((words[0], words[1], &words[3..5]), ("fork", "u-1", &["stereo", "16k"][..]));
    assert_eq!(commands.stop, format!("stop u-1 {}", words[5]));
    let url = words[2].to_owned();
    let module = async |url: String| {
        let stream = TcpStream::connect(address).await.unwrap();
        client_async(url, stream).await
    };
    let guessed = module(format!("ws://{address}/0123")).await;
    assert!(guessed.is_err(), "a word that nobody expects");
    let mut fork = module(url.clone()).await.unwrap().0;
    assert!(module(url).await.is_err(), "it counts once");
    let mut server = customer.accept().await;
    server.wait_for("start").await;
    fork.send(Message::text("{}")).await.unwrap();
    let both: Vec<i16> = (0..640).map(|n| if n % 2 == 0 { 11 } else { 22 }).collect();
    fork.send(Message::Binary(to_l16(&both).into())).await.unwrap();
    for (track, sample) in [("inbound", 11), ("outbound", 22)] {
        let media = server.wait_for("media").await["media"].clone();
        let payload = BASE64_STANDARD.decode(media["payload"].as_str().unwrap()).unwrap();
        assert_eq!((media["track"].as_str(), from_l16(&payload)), (Some(track), vec![sample; 320]));
    }
    let payload = BASE64_STANDARD.encode(to_l16(&[77; 320]));
    let media = json!({ "contentType": "audio/x-l16", "sampleRate": 16000, "payload": payload });
    server.say(&json!({ "event": "playAudio", "media": media })).await;
    server.say(&json!({ "event": "sendDTMF", "dtmf": "12" })).await;
    let played = timeout(PATIENCE, fork.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(from_l16(&played.into_data()), [77; 320]);
    assert_eq!(timeout(PATIENCE, line.next()).await.unwrap(), Told::Keys("12".to_owned()));
    // The switch ends it: its call is over.
    fork.close(None).await.unwrap();
    assert_eq!(end(&mut line).await, StreamEnd::Stopped);
    stop.cancel();
    serving.await.unwrap();
}

#[tokio::test]
async fn a_call_that_ends_ends_its_stream_in_order() {
    let (studio, _) = studio(SETTINGS).await;
    let customer = Customer::new().await;
    let (switch, line) = Switch::by_unicast(&studio, customer.plan(Vendor::Twilio), 8_000).await;
    let mut server = customer.accept().await;
    server.wait_for("start").await;
    switch.sends(5, 160).await;
    server.wait_for("media").await;
    drop(line);
    let stop = server.wait_for("stop").await;
    assert_eq!(stop["stop"], json!({ "accountSid": "AC1", "callSid": "CA1" }));
    assert_eq!(server.next().await, None);
    assert_eq!(told(&customer, 2).await, [StreamEvent::Started, StreamEvent::Stopped]);
    timeout(PATIENCE, studio.ended()).await.unwrap();
}

#[tokio::test]
async fn the_handshake_is_signed_as_each_vendor_signs_it() {
    let (studio, _) = studio(SETTINGS).await;
    let customer = Customer::new().await;
    let mac = |algorithm, key: &str, text: &str| {
        let key = hmac::Key::new(algorithm, key.as_bytes());
        BASE64_STANDARD.encode(hmac::sign(&key, text.as_bytes()))
    };
    let (_switch, _line) = Switch::by_unicast(&studio, customer.plan(Vendor::Twilio), 8_000).await;
    let server = customer.accept().await;
    let expected = mac(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, "12345", &customer.url());
    assert_eq!(server.header("x-twilio-signature"), expected);
    let (_switch, _line) = Switch::by_unicast(&studio, customer.plan(Vendor::Plivo), 8_000).await;
    let server = customer.accept().await;
    let nonce = server.header("x-plivo-signature-v3-nonce");
    let text = format!("{}.{nonce}", customer.url().replace("ws://", "http://"));
    assert_eq!(server.header("x-plivo-signature-v3"), mac(hmac::HMAC_SHA256, "abcde", &text));
}

#[tokio::test]
async fn addresses_that_are_refused_to_documents_are_refused_to_streams() {
    let (studio, _) = studio("[http]\nblock_hosts = [\"bad.example\"]\n").await;
    let customer = Customer::new().await;
    for (url, why) in [
        (customer.url(), "loopback"),
        ("wss://localhost/a".to_owned(), "loopback"),
        ("wss://bad.example/a".to_owned(), "block-list"),
        ("wss://169.254.169.254/latest".to_owned(), "http.allow_cidrs"),
        ("https://example.com/a".to_owned(), "does not begin with wss://"),
    ] {
        let plan = Plan { url: url.clone(), ..customer.plan(Vendor::Twilio) };
        let (_switch, mut line) = Switch::by_unicast(&studio, plan, 8_000).await;
        let ended = end(&mut line).await;
        let named = matches!(&ended, StreamEnd::Failed(reason) if reason.contains(why));
        assert!(named, "{url}: {ended:?}");
        let last = customer.heard.all().pop().unwrap();
        assert!(matches!(last, StreamEvent::Failed(_)), "{last:?}");
    }
    assert!(!customer.heard.all().contains(&StreamEvent::Started));
}

#[tokio::test]
async fn servers_that_are_none_or_die_are_named() {
    let (studio, _) = studio(SETTINGS).await;
    // One that speaks no WebSocket.
    let customer = Customer::new().await;
    let (_switch, mut line) =
        Switch::by_unicast(&studio, customer.plan(Vendor::Twilio), 8_000).await;
    drop(customer.listener.accept().await.unwrap());
    let ended = end(&mut line).await;
    let named =
        matches!(&ended, StreamEnd::Failed(reason) if reason.contains("opens no WebSocket"));
    assert!(named, "{ended:?}");
    // One that dies.
    let (switch, mut line) =
        Switch::by_unicast(&studio, customer.plan(Vendor::Twilio), 8_000).await;
    let mut server = customer.accept().await;
    server.wait_for("start").await;
    switch.sends(1, 160).await;
    server.wait_for("media").await;
    drop(server);
    let ended = end(&mut line).await;
    let named = matches!(&ended, StreamEnd::Failed(reason) if reason.contains("broke"));
    assert!(named, "{ended:?}");
}

#[tokio::test]
async fn a_server_that_does_not_read_loses_sound_and_nothing_grows() {
    let (studio, _) = studio(SETTINGS).await;
    let customer = Customer::new().await;
    let plan = Plan { encoding: Encoding::L16At16, ..customer.plan(Vendor::Plivo) };
    let (switch, mut line) = Switch::by_unicast(&studio, plan, 16_000).await;
    let mut server = customer.accept().await;
    server.wait_for("start").await;
    let slow = async {
        // As fast as the stream takes it: until the connection is full, and what is kept beside it.
        while !customer.heard.all().contains(&StreamEvent::Slow(90)) {
            for _ in 0..50 {
                switch.sends(3, 320).await;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE * 3, slow).await.unwrap();
    let all = customer.heard.all();
    assert_eq!(
        all[..4],
        [StreamEvent::Started, StreamEvent::Slow(30), StreamEvent::Slow(60), StreamEvent::Slow(90)]
    );
    let mut remarks = Vec::new();
    while let Ok(Told::Remark(text)) = timeout(Duration::from_millis(50), line.next()).await {
        remarks.push(text);
    }
    assert!(remarks.iter().any(|text| text.contains("slow: 90 %")), "{remarks:?}");
    drop(line);
    timeout(PATIENCE, studio.ended()).await.unwrap();
}

#[tokio::test]
async fn what_the_switch_refuses_is_never_begun() {
    let (studio, _) = studio(SETTINGS).await;
    let customer = Customer::new().await;
    let (line, _) = studio.by_module(customer.plan(Vendor::Twilio), "u-1");
    drop(line);
    timeout(PATIENCE, studio.ended()).await.unwrap();
    assert_eq!(customer.heard.all(), []);
}

#[tokio::test]
async fn a_stream_has_its_time() {
    let (studio, _) = studio(SETTINGS).await;
    let customer = Customer::new().await;
    let plan = Plan { at_most: Duration::from_millis(100), ..customer.plan(Vendor::Plivo) };
    let (_switch, mut line) = Switch::by_unicast(&studio, plan, 8_000).await;
    let mut server = customer.accept().await;
    server.wait_for("start").await;
    assert_eq!(server.next().await, None);
    assert_eq!(end(&mut line).await, StreamEnd::TimeUp);
}

#[tokio::test(start_paused = true)]
async fn a_switch_that_sends_nothing_is_named() {
    let (studio, _) = studio(SETTINGS).await;
    let outlet = studio.outlet().await.unwrap();
    let mut source = source::Source::Unicast(Unicast::new(outlet, Vec::new(), 8_000));
    let over = source::Over::Failed("the switch sent no sound".to_owned());
    assert_eq!(source.next().await, Err(over));
}

#[tokio::test]
async fn there_are_the_means_that_are_configured() {
    let (studio, listener) = studio("").await;
    let loopback = Some([127, 0, 0, 1].into());
    assert_eq!(studio.means(), Means { unicast: loopback, module: None });
    assert!(listener.is_none());
    let (studio, _) = self::studio("[stream]\nunicast = \"\"\n").await;
    assert_eq!(studio.means(), Means::default());
    let (studio, _) = self::studio(SETTINGS).await;
    let module = Some(ModuleMeans { plays: true, many: true });
    assert_eq!(studio.means(), Means { unicast: loopback, module });
}
