//! One stream: the sound of a call to the customer's server, and what it says to the caller.
//!
//! A stream is a connection, and has a task of its own that lives no longer than its call: it ends when
//! the call's [`super::Line`] is dropped, whatever it is doing.

use super::{
    audio::{Cutter, Resampler, frame_of, to_l16, to_mulaw},
    line::{FarEnd, StreamEnd, Told},
    messages::{Messages, Wish},
    outgoing::Outgoing,
    plan::{Encoding, Plan, StreamEvent, Vendor},
    player::Player,
    source::{Heard, Over, Rates, Source},
};
use crate::{
    base::limits,
    http::{Door, HttpError, Scheme, Signing, Socket},
};
use base64::prelude::{BASE64_STANDARD, Engine};
use futures_util::{
    Sink, SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use std::{future::poll_fn, pin::Pin, task::Poll, time::Duration};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_tungstenite::tungstenite::{self, Message};

/// Lives one stream, from its connection to its last word.
pub(super) async fn run(plan: Plan, source: Source, mut far: FarEnd, door: Door) {
    let stopped = far.stopped.clone();
    let begun = tokio::select! {
        biased;
        () = stopped.cancelled() => return,
        begun = &mut far.begun => begun,
    };
    if begun.is_err() {
        return;
    }
    let told = far.told.clone();
    let teller = plan.teller.clone();
    let ended = match open(&plan, &door, source, &far).await {
        Ok(Some((socket, source))) => {
            if let Some(teller) = &teller {
                teller.tell(StreamEvent::Started).await;
            }
            Relay::new(plan, socket, source, far).live().await
        }
        Ok(None) => return,
        Err(error) => StreamEnd::Failed(error.to_string()),
    };
    if let Some(teller) = &teller {
        teller.tell(event_of(&ended)).await;
    }
    tokio::select! {
        _ = told.send(Told::Ended(ended)) => {}
        () = stopped.cancelled() => {}
    }
}

/// Plivo's and Twilio's events agree in this: what a stream was meant to do is no failure.
fn event_of(end: &StreamEnd) -> StreamEvent {
    match end {
        StreamEnd::Failed(reason) => StreamEvent::Failed(reason.clone()),
        StreamEnd::Closed | StreamEnd::TimeUp | StreamEnd::Stopped => StreamEvent::Stopped,
    }
}

/// Connects to the customer's server; what is heard meanwhile is of no use to it. `None` if nobody wants
/// the stream any more.
async fn open(
    plan: &Plan,
    door: &Door,
    mut source: Source,
    far: &FarEnd,
) -> Result<Option<(Socket, Source)>, HttpError> {
    let scheme = match plan.vendor {
        Vendor::Twilio => Scheme::Twilio,
        Vendor::Plivo => Scheme::Plivo,
    };
    let signing = Signing { account_id: plan.signer.clone(), scheme };
    let connecting = door.socket(&plan.url, &signing);
    tokio::pin!(connecting);
    let mut deaf = false;
    loop {
        tokio::select! {
            biased;
            () = far.stopped.cancelled() => return Ok(None),
            connected = &mut connecting => {
                source.forget_the_past();
                return connected.map(|socket| Some((socket, source)));
            }
            // Why there is no sound is told when there is somebody to tell.
            heard = source.next(), if !deaf => deaf = heard.is_err(),
        }
    }
}

struct Relay {
    plan: Plan,
    messages: Messages,
    outgoing: Outgoing,
    player: Player,
    to_switch: Option<(u32, Resampler)>,
    rates: Rates,
    inbound: Track,
    outbound: Track,
    source: Source,
    far: FarEnd,
    sink: SplitSink<Socket, Message>,
    stream: SplitStream<Socket>,
    began: Instant,
    complaints: u32,
}

/// One track on its way to the customer's server.
struct Track {
    name: &'static str,
    cutter: Cutter,
    chunks: u64,
}

impl Track {
    fn new(name: &'static str, rate: u32) -> Self {
        Self { name, cutter: Cutter::new(rate), chunks: 0 }
    }
}

impl Relay {
    fn new(plan: Plan, socket: Socket, source: Source, far: FarEnd) -> Self {
        let (sink, stream) = socket.split();
        let rate = plan.encoding.rate();
        Self {
            messages: Messages::new(&plan),
            outgoing: Outgoing::default(),
            player: Player::new(source.rate()),
            to_switch: None,
            rates: Rates::new(source.rate(), rate),
            inbound: Track::new("inbound", rate),
            outbound: Track::new("outbound", rate),
            source,
            far,
            sink,
            stream,
            began: Instant::now(),
            complaints: 0,
            plan,
        }
    }

    async fn live(mut self) -> StreamEnd {
        for greeting in self.messages.greeting(&self.plan) {
            self.outgoing.push(greeting);
        }
        let end = self.talk().await;
        self.say_goodbye(&end).await;
        let lost = self.outgoing.lost();
        if lost > 0 {
            let ms = lost.saturating_mul(limits::STREAM_FRAME_MS.into());
            self.remark(format!("{ms} ms of sound were lost: the server takes too little of it"));
        }
        end
    }

    /// Until somebody ends it.
    async fn talk(&mut self) -> StreamEnd {
        let time_up = self.began + self.plan.at_most;
        let plays = self.plan.two_way && self.source.plays();
        let mut clock = interval(Duration::from_millis(limits::STREAM_FRAME_MS.into()));
        clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut progress = Instant::now();
        loop {
            let Self { sink, stream, outgoing, source, far, player, .. } = self;
            let waiting = !outgoing.is_empty();
            tokio::select! {
                biased;
                () = far.stopped.cancelled() => return StreamEnd::Stopped,
                Some(key) = far.keys.recv() => self.key(key),
                written = write(sink, outgoing), if waiting => match written {
                    Ok(()) => progress = Instant::now(),
                    Err(error) => return broken(&error),
                },
                heard = source.next() => match heard {
                    Ok(heard) => {
                        if !waiting { progress = Instant::now() }
                        self.hear(heard).await;
                    }
                    Err(Over::Ended) => return StreamEnd::Stopped,
                    Err(Over::Failed(reason)) => return StreamEnd::Failed(reason),
                },
                _ = tick(&mut clock), if plays => self.play(),
                incoming = stream.next(), if player.has_room() => match incoming {
                    Some(Ok(message)) => if let Some(end) = self.take(message) { return end },
                    Some(Err(error)) => return broken(&error),
                    None => return StreamEnd::Closed,
                },
                () = sleep_until(time_up) => return StreamEnd::TimeUp,
                () = sleep_until(progress + limits::STREAM_STALL), if waiting => {
                    return StreamEnd::Failed("the server takes nothing any more".to_owned());
                }
            }
        }
    }

    /// Sound of the call, as messages.
    async fn hear(&mut self, heard: Heard) {
        let heard = self.rates.convert(heard);
        let mut levels = Vec::new();
        for (track, samples) in
            [(&mut self.inbound, heard.inbound), (&mut self.outbound, heard.outbound)]
        {
            for frame in track.cutter.cut(&samples) {
                let at_ms = track.chunks.saturating_mul(limits::STREAM_FRAME_MS.into());
                track.chunks += 1;
                let bytes = match self.plan.encoding {
                    Encoding::Mulaw => frame.into_iter().map(to_mulaw).collect(),
                    Encoding::L16At8 | Encoding::L16At16 => to_l16(&frame),
                };
                let payload = BASE64_STANDARD.encode(bytes);
                let message = self.messages.sound(track.name, track.chunks, at_ms, &payload);
                levels.extend(self.outgoing.sound(message));
            }
        }
        for level in levels {
            self.remark(format!("the server is slow: {level} % of what is kept for it wait"));
            if let Some(teller) = &self.plan.teller {
                teller.tell(StreamEvent::Slow(level)).await;
            }
        }
    }

    /// A key of the caller's; only a server that may speak is told.
    fn key(&mut self, key: char) {
        if self.plan.two_way {
            let at_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
            let message = self.messages.key(key, at_ms);
            self.outgoing.push(message);
        }
    }

    /// What the customer's server says.
    fn take(&mut self, message: Message) -> Option<StreamEnd> {
        let text = match message {
            Message::Text(text) => text,
            Message::Close(_) => return Some(StreamEnd::Closed),
            Message::Binary(_) => {
                self.complain("a binary message means nothing here");
                return None;
            }
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => return None,
        };
        if !self.plan.two_way {
            self.complain("this stream goes one way only");
            return None;
        }
        match self.messages.read(&text) {
            Ok(wish) => self.grant(wish),
            Err(problem) => {
                self.complain(&problem);
                None
            }
        }
    }

    fn grant(&mut self, wish: Wish) -> Option<StreamEnd> {
        match wish {
            Wish::Play { samples, rate } => {
                let to = self.source.rate();
                let known = self.to_switch.take().filter(|(known, _)| *known == rate);
                let (_, resampler) =
                    self.to_switch.insert(known.unwrap_or((rate, Resampler::new(rate, to))));
                self.player.play(resampler.convert(samples));
            }
            Wish::Mark(name) => self.player.mark(name),
            Wish::Clear => {
                let marks = self.player.clear();
                let answers = self.messages.cleared(&marks);
                if !self.say(answers) {
                    return Some(too_many_words());
                }
            }
            Wish::Keys(keys) => _ = self.far.told.try_send(Told::Keys(keys)),
        }
        None
    }

    /// 20 ms for the caller.
    fn play(&mut self) {
        let (frame, reached) = self.player.next();
        match frame {
            Some(frame) => self.source.play(&frame),
            None if self.source.plays_silence() => {
                self.source.play(&vec![0; frame_of(self.source.rate())]);
            }
            None => {}
        }
        let answers = reached.iter().map(|name| self.messages.reached(name)).collect();
        self.say(answers);
    }

    fn say(&mut self, messages: Vec<String>) -> bool {
        messages.into_iter().all(|message| self.outgoing.push(message))
    }

    fn complain(&mut self, problem: &str) {
        self.complaints += 1;
        if self.complaints <= limits::STREAM_COMPLAINTS {
            let problem: String = problem.chars().take(200).collect();
            self.remark(format!("the server sent what is ignored: {problem}"));
        }
    }

    fn remark(&self, text: String) {
        _ = self.far.told.try_send(Told::Remark(text));
    }

    /// `stop` and the closing of both connections, within a bound.
    async fn say_goodbye(&mut self, end: &StreamEnd) {
        self.outgoing.only_words();
        if *end != StreamEnd::Closed
            && let Some(stop) = self.messages.stop()
        {
            self.outgoing.push(stop);
        }
        let goodbye = async {
            while !self.outgoing.is_empty() {
                write(&mut self.sink, &mut self.outgoing).await?;
            }
            self.sink.close().await
        };
        if let Ok(Err(error)) = timeout(limits::STREAM_GOODBYE, goodbye).await {
            tracing::debug!(%error, "a stream did not close in order");
        }
        self.source.close(limits::STREAM_GOODBYE).await;
    }
}

async fn tick(clock: &mut Interval) -> Instant {
    clock.tick().await
}

/// Writes the next message; what has been given to the connection has left the queue, so that this may be
/// dropped at any moment.
async fn write(
    sink: &mut SplitSink<Socket, Message>,
    outgoing: &mut Outgoing,
) -> Result<(), tungstenite::Error> {
    poll_fn(|cx| {
        match Pin::new(&mut *sink).poll_ready(cx) {
            Poll::Ready(Ok(())) => {}
            other => return other,
        }
        if let Some(text) = outgoing.take() {
            Pin::new(&mut *sink).start_send(Message::text(text))?;
        }
        // What cannot leave at once is flushed before the next one.
        match Pin::new(&mut *sink).poll_flush(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(())),
        }
    })
    .await
}

fn broken(error: &tungstenite::Error) -> StreamEnd {
    match error {
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => {
            StreamEnd::Closed
        }
        other => StreamEnd::Failed(format!("the connection to the server broke: {other}")),
    }
}

fn too_many_words() -> StreamEnd {
    StreamEnd::Failed("the server reads nothing of what it asks for".to_owned())
}
