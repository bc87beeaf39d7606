//! Recordings that are made beside whatever the call does, and what is to be done when they are over.
//!
//! The switch taps the channel (`uuid_record`) and tells the end of a recording, also when that is the end
//! of the call. Each end is told once: by the switch's event or, where that cannot come any more, by us.

use super::{
    Call, DialNews, LegNews, Letter, RecordEnd, Recording, Step, Track, recording::figure,
    wait::Signal,
};
use crate::{
    base::{Happening, RecordingId, Timestamp, limits},
    esl::{Api, Command, Event, EventName, RecordOrder},
};
use futures_util::{
    future::BoxFuture,
    stream::{FuturesUnordered, StreamExt},
};
use std::{fmt, future::pending, time::Duration};
use tokio::time::{Instant, sleep_until, timeout};

/// What somebody is told of a recording.
pub type Telling = Box<dyn FnOnce(&Recording) -> Vec<Letter> + Send + Sync>;

/// What is to be recorded beside the call.
pub struct Background {
    /// By which the document may end it; empty for no name.
    pub name: String,
    /// Its name and place, whose voices it holds and whether apart ([`Call::new_recording`]).
    pub recording: Recording,
    /// Its longest length; `None` for as long as the call.
    pub max: Option<Duration>,
    /// Whether silence is cut from its ends.
    pub trim: bool,
    /// Who is told when it has begun.
    pub begun: Telling,
    /// Who is told when it is over, or was not made.
    pub then: Telling,
}

/// What a recording waits for that does not begin at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeginsWhen {
    /// Somebody who is dialled rings.
    Ringing,
    /// Somebody who is dialled is connected with the caller.
    Connected,
}

/// Work beside the call, and what is to be noted of it. It goes on while the call waits.
type Chore = BoxFuture<'static, Vec<String>>;

/// What a call has to see to beside what it does.
pub(super) enum Aside {
    /// A chore is done; these are its notes.
    Done(Vec<String>),
    /// A recording has its longest length.
    Due,
}

/// The recordings beside one call.
#[derive(Default)]
pub(super) struct Beside {
    running: Vec<Running>,
    /// What is still to begin.
    armed: Vec<(BeginsWhen, Background)>,
    chores: Option<FuturesUnordered<Chore>>,
    /// Whether the switch tells us of the ends of recordings.
    heard: bool,
    /// The last end that was told of a recording that is not beside the call.
    last: Option<(String, Event)>,
}

struct Running {
    name: String,
    recording: Recording,
    /// The switch has said that it began.
    confirmed: bool,
    since: Instant,
    /// When we end it.
    until: Option<Instant>,
    trim: bool,
    then: Telling,
}

impl Call {
    /// Begins to record the call beside whatever it does, until it is stopped, has its longest length or
    /// the call ends. The error says in words why nothing is recorded.
    pub async fn start_recording(&mut self, wanted: Background) -> Step<Result<Recording, String>> {
        if self.beside.running.len() >= limits::RECORDINGS_AT_ONCE {
            let most = limits::RECORDINGS_AT_ONCE;
            self.tell_letters((wanted.then)(&wanted.recording));
            return Ok(Err(format!("{most} recordings are under way, no more are made at once")));
        }
        if !self.beside.heard {
            self.order_blindly(&Command::Subscribe(&[EventName::RecordStop]))?;
            self.beside.heard = true;
        }
        let mut recording = wanted.recording;
        recording.began = Timestamp::now();
        recording.end = RecordEnd::Stopped;
        let max = wanted.max.map(|max| max.clamp(Duration::from_secs(1), limits::RECORDING));
        let mut options = Vec::new();
        match recording.track {
            Track::Inbound => options.push(("RECORD_READ_ONLY", "true")),
            Track::Outbound => options.push(("RECORD_WRITE_ONLY", "true")),
            Track::Both => {
                // What is held back is lost at the end (QUIRKS: recording-waits-for-sound).
                options.push(("RECORD_PRE_BUFFER_FRAMES", "1"));
                if recording.channels == 2 {
                    options.push(("RECORD_STEREO", "true"));
                }
            }
        }
        // It is known before the switch answers: the caller may hang up first.
        let id = recording.id.clone();
        self.beside.running.push(Running {
            name: wanted.name,
            recording,
            confirmed: false,
            since: Instant::now(),
            until: max.map(|max| Instant::now() + max),
            trim: wanted.trim,
            then: wanted.then,
        });
        // Our timer ends it to the moment (QUIRKS: whole-seconds).
        let limit_s = max.map_or(0, |max| max.as_secs() + 2);
        let mut reply = self.begin(&id, limit_s, &options).await?;
        if !reply.starts_with("+OK") && self.fall_back(&id) {
            reply = self.begin(&id, limit_s, &options).await?;
        }
        let Some(at) = self.beside.find(&id) else {
            return Ok(Err("it ended at once".to_owned()));
        };
        if reply.starts_with("+OK") {
            let running = &mut self.beside.running[at];
            running.confirmed = true;
            let recording = running.recording.clone();
            self.tell_letters((wanted.begun)(&recording));
            return Ok(Ok(recording));
        }
        let Running { mut recording, then, .. } = self.beside.running.remove(at);
        recording.end = RecordEnd::Failed;
        self.tell_letters(then(&recording));
        Ok(Err(cannot_write(&recording)))
    }

    /// Has the switch send silence while nothing else is heard, so that a recording of both sides has no
    /// gaps. It looks for that once, when the call has its sound (QUIRKS: recording-waits-for-sound).
    pub fn keep_sound_flowing(&mut self) {
        if !self.is_answered() {
            self.set_variable("send_silence_when_idle", Some("-1"));
        }
    }

    /// Keeps a recording that begins later.
    pub fn record_later(&mut self, when: BeginsWhen, wanted: Background) {
        if self.beside.armed.len() < limits::RECORDINGS_AT_ONCE {
            self.beside.armed.push((when, wanted));
        }
    }

    /// Begins what was waiting for this.
    pub(super) async fn record_on(&mut self, news: &DialNews) -> Step<()> {
        let now = match news {
            DialNews::Leg { what: LegNews::Ringing | LegNews::EarlyMedia, .. } => {
                &[BeginsWhen::Ringing][..]
            }
            DialNews::Leg { what: LegNews::Connected, .. } => {
                &[BeginsWhen::Ringing, BeginsWhen::Connected]
            }
            _ => return Ok(()),
        };
        while let Some(at) = self.beside.armed.iter().position(|(when, _)| now.contains(when)) {
            let (_, wanted) = self.beside.armed.remove(at);
            if let Err(message) = self.start_recording(wanted).await? {
                self.tell(Happening::Noted { error: true, message });
            }
        }
        Ok(())
    }

    /// The recording beside the call that has this name.
    pub fn recording_named(&self, name: &str) -> Option<RecordingId> {
        let named = self.beside.running.iter().find(|running| running.name == name);
        named.map(|running| running.recording.id.clone())
    }

    /// The recordings beside the call, oldest first.
    pub fn recordings_under_way(&self) -> Vec<RecordingId> {
        self.beside.running.iter().map(|running| running.recording.id.clone()).collect()
    }

    /// Ends a recording beside the call and does not wait for its end; one that has not begun will not.
    pub fn drop_recording(&mut self, id: &RecordingId) {
        self.beside.armed.retain(|(_, wanted)| wanted.recording.id != *id);
        // A lost connection is seen by the next wait.
        _ = self.order_recording(id, RecordOrder::Stop);
    }

    /// Ends a recording beside the call, and waits until it has ended. `false` if it is not under way; one
    /// that has not begun will not.
    pub async fn stop_recording(&mut self, id: &RecordingId) -> Step<bool> {
        self.beside.armed.retain(|(_, wanted)| wanted.recording.id != *id);
        if !self.order_recording(id, RecordOrder::Stop)? {
            return Ok(false);
        }
        let deadline = Instant::now() + limits::RECORDING_STOP;
        let ended = |signal| match signal {
            Signal::Recorded(ended) if ended == *id => Some(()),
            _ => None,
        };
        if self.wait(Some(deadline), pending(), ended).await?.is_none()
            && let Some(at) = self.beside.find(id)
        {
            let running = self.beside.running.remove(at);
            self.has_ended(running, None);
        }
        Ok(true)
    }

    /// Records silence in place of what is heard, or what is heard again. `false` if the recording is
    /// not under way.
    pub fn mask_recording(&mut self, id: &RecordingId, masked: bool) -> Step<bool> {
        let order = if masked { RecordOrder::Mask } else { RecordOrder::Unmask };
        self.order_recording(id, order)
    }

    fn order_recording(&mut self, id: &RecordingId, order: RecordOrder<'_>) -> Step<bool> {
        let Some(at) = self.beside.find(id) else { return Ok(false) };
        let (uuid, path) =
            (self.facts.call_id.clone(), self.beside.running[at].recording.path.clone());
        self.api(Api::Record { uuid: &uuid, order, path: &path })?;
        Ok(true)
    }

    async fn begin(
        &mut self,
        id: &RecordingId,
        limit_s: u64,
        options: &[(&'static str, &'static str)],
    ) -> Step<String> {
        let Some(at) = self.beside.find(id) else { return Ok(String::new()) };
        let (uuid, path) =
            (self.facts.call_id.clone(), self.beside.running[at].recording.path.clone());
        let order = RecordOrder::Start { limit_s, options };
        self.ask(Api::Record { uuid: &uuid, order, path: &path }).await
    }

    /// A switch without mod_shout writes no mp3; it may write wav.
    fn fall_back(&mut self, id: &RecordingId) -> bool {
        let Some(at) = self.beside.find(id) else { return false };
        let mut recording = self.beside.running[at].recording.clone();
        if recording.format == "wav" {
            return false;
        }
        let message = no_such_format(recording.format);
        self.change_format(&mut recording, "wav");
        self.beside.running[at].recording = recording;
        self.tell(Happening::Noted { error: true, message });
        true
    }

    /// Takes note of the switch's event; gives the recording that has ended, if it is beside the call.
    pub(super) fn recording_stopped(&mut self, event: Event) -> Option<RecordingId> {
        let path = event.get("Record-File-Path")?.into_owned();
        let at = self.beside.running.iter().position(|running| running.recording.path == path);
        let Some(at) = at else {
            self.beside.last = Some((path, event));
            return None;
        };
        let running = self.beside.running.remove(at);
        let id = running.recording.id.clone();
        self.has_ended(running, Some(&event));
        Some(id)
    }

    /// What the switch told of the end of this recording, where it tells of ends.
    pub(super) fn told_end_of(&self, path: &str) -> Option<Event> {
        let last = self.beside.last.as_ref();
        last.filter(|(known, _)| known == path).map(|(_, event)| event.clone())
    }

    /// Does what is to be done now: notes, and recordings that have their longest length end.
    pub(super) fn heed_recordings(&mut self, aside: Aside) -> Step<()> {
        if let Aside::Done(notes) = aside {
            self.note_chores(notes);
            return Ok(());
        }
        let now = Instant::now();
        let due = |running: &&mut Running| running.until.is_some_and(|until| until <= now);
        let mut ids = Vec::new();
        for running in self.beside.running.iter_mut().filter(due) {
            running.until = None;
            running.recording.end = RecordEnd::MaxLength;
            ids.push(running.recording.id.clone());
        }
        for id in ids {
            self.order_recording(&id, RecordOrder::Stop)?;
        }
        Ok(())
    }

    /// The call is over, and so are its recordings, although nothing was heard of their ends.
    pub(super) fn end_recordings(&mut self) {
        for mut running in std::mem::take(&mut self.beside.running) {
            // One that the switch never confirmed may not have begun.
            if running.confirmed {
                running.recording.end = RecordEnd::HungUp;
                self.has_ended(running, None);
            }
        }
    }

    /// Tells the story of it, and sees to what is to be done now.
    fn has_ended(&mut self, running: Running, event: Option<&Event>) {
        let Running { mut recording, since, trim, then, .. } = running;
        let by_clock = since.elapsed();
        recording.measure(event);
        match event {
            // What the switch says of a channel that is down may be another recording's length: only
            // the samples are always counted (QUIRKS: stale-record-ms).
            Some(event) if event.is("Answer-State", "hangup") => {
                recording.end = RecordEnd::HungUp;
                recording.length = length_of(event, by_clock);
            }
            Some(_) => {}
            None => recording.length = by_clock,
        }
        if !recording.is_absent() {
            self.tell(Happening::Recorded {
                path: recording.path.clone(),
                url: recording.url.clone(),
                length: recording.length,
                bytes: recording.bytes,
            });
        }
        let posts = self.posts(then(&recording));
        let courier = self.settings.courier.as_ref();
        let trimmed = courier.filter(|_| trim && !recording.is_absent());
        let trimmed = trimmed.map(|courier| courier.trim(&recording));
        self.add_chore(Box::pin(async move {
            let mut notes = Vec::new();
            if let Some(trimmed) = trimmed {
                notes.extend(trimmed.await.err());
            }
            for post in posts {
                notes.extend(post.await.err());
            }
            notes
        }));
    }

    /// Stores that a letter goes out. Not cut short by the hangup, which is when most recordings end.
    pub async fn post(&mut self, letter: Letter) {
        for post in self.posts(vec![letter]) {
            if let Err(message) = post.await {
                self.tell(Happening::Noted { error: true, message });
            }
        }
    }

    /// Sees to it that letters go out, while the call goes on.
    fn tell_letters(&mut self, letters: Vec<Letter>) {
        let posts = self.posts(letters);
        if !posts.is_empty() {
            self.add_chore(Box::pin(async move {
                let mut notes = Vec::new();
                for post in posts {
                    notes.extend(post.await.err());
                }
                notes
            }));
        }
    }

    /// With the call's parameters as they are now.
    fn posts(&self, letters: Vec<Letter>) -> Vec<BoxFuture<'static, Result<(), String>>> {
        let Some(courier) = &self.settings.courier else { return Vec::new() };
        letters.into_iter().map(|letter| courier.post(self, letter)).collect()
    }

    fn add_chore(&mut self, chore: Chore) {
        self.beside.chores.get_or_insert_default().push(chore);
    }

    /// Waits for what is still to be done beside the call.
    pub(super) async fn finish_chores(&mut self) {
        let Some(mut chores) = self.beside.chores.take() else { return };
        let all = async {
            let mut notes = Vec::new();
            while let Some(more) = chores.next().await {
                notes.extend(more);
            }
            notes
        };
        let notes = timeout(limits::RECORDING_AFTERMATH, all).await;
        let late = || vec!["what was to follow a recording took too long".to_owned()];
        self.note_chores(notes.unwrap_or_else(|_| late()));
    }

    fn note_chores(&mut self, notes: Vec<String>) {
        for message in notes {
            self.tell(Happening::Noted { error: true, message });
        }
    }
}

impl Beside {
    fn find(&self, id: &RecordingId) -> Option<usize> {
        self.running.iter().position(|running| running.recording.id == *id)
    }

    /// What is next to be seen to; never, if there is nothing. Every wait of a call holds this, so what
    /// few calls need is not in it.
    pub(super) async fn next(&mut self) -> Aside {
        match self.running.is_empty() && self.chores.is_none() {
            true => pending().await,
            false => Box::pin(self.next_aside()).await,
        }
    }

    async fn next_aside(&mut self) -> Aside {
        let until = self.running.iter().filter_map(|running| running.until).min();
        let full_length = async {
            match until {
                Some(at) => sleep_until(at).await,
                None => pending().await,
            }
        };
        let chores = async {
            match self.chores.as_mut().filter(|chores| !chores.is_empty()) {
                Some(chores) => chores.next().await.unwrap_or_default(),
                None => pending().await,
            }
        };
        tokio::select! {
            () = full_length => Aside::Due,
            notes = chores => Aside::Done(notes),
        }
    }
}

impl fmt::Debug for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Background")
            .field("name", &self.name)
            .field("recording", &self.recording.id)
            .field("max", &self.max)
            .finish_non_exhaustive()
    }
}

/// The length by the samples that were written, if they are so many as time passed.
fn length_of(event: &Event, by_clock: Duration) -> Duration {
    let (samples, ms) = (figure(event, "record_samples"), figure(event, "record_ms"));
    let rates = [8_000, 16_000, 24_000, 32_000, 48_000];
    match rates.into_iter().find(|rate| samples / (rate / 1_000) == ms) {
        Some(_) => Duration::from_millis(ms),
        None => by_clock,
    }
}

pub(super) fn cannot_write(recording: &Recording) -> String {
    let Recording { format, path, .. } = recording;
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    format!(
        "nothing is recorded: freeswitch cannot write {format} files in {folder}, or has no sound of \
         this call"
    )
}

pub(super) fn no_such_format(format: &str) -> String {
    format!("freeswitch writes no {format} files (mod_shout is not loaded?): recorded as wav")
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn a_length_that_is_another_recordings_is_not_believed() {
        let by_clock = Duration::from_millis(7_123);
        for (samples, ms, length) in
            [(16_000, 2_000, 2_000), (96_000, 2_000, 2_000), (16_000, 9_000, 7_123), (0, 0, 0)]
        {
            let text = format!("variable_record_samples: {samples}\nvariable_record_ms: {ms}\n\n");
            let event = Event::plain(Bytes::from(text)).unwrap();
            assert_eq!(length_of(&event, by_clock), Duration::from_millis(length), "{samples}");
        }
    }
}
