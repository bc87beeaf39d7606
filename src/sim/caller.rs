//! The caller: facts of the call, and a script of what the person does — or a live person.

use super::{
    applications::Noticed,
    observe::{Prompt, Seen},
};
use std::{collections::VecDeque, time::Duration};
use tokio::sync::mpsc::UnboundedReceiver;

/// How long a scripted caller waits for what the script says, unless told otherwise.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long a caller whose script has ended stays on the line.
const STAY: Duration = Duration::from_secs(3_600);

/// The silence that ends speech for a recogniser.
const SPEECH_ENDS: Duration = Duration::from_millis(700);

/// Pause between two typed keys, unless told otherwise.
const KEY_PAUSE: Duration = Duration::from_millis(200);

/// A caller who dials, with the facts of the call and a script. The builder's methods add steps in
/// the order in which they are called; after the last one the caller stays until the call ends.
#[derive(Debug)]
pub struct Caller {
    pub(super) facts: Facts,
    pub(super) steps: VecDeque<Step>,
    pub(super) patience: Duration,
    pub(super) live: Option<UnboundedReceiver<Live>>,
}

/// What the switch knows about the call before any application runs.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) number: String,
    pub(super) name: String,
    pub(super) dialled: String,
    pub(super) uuid: Option<String>,
    pub(super) address: String,
    pub(super) port: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) variables: Vec<(String, String)>,
    pub(super) sends_rtp: bool,
    pub(super) user_agent: Option<String>,
    pub(super) refer: Refer,
}

/// What the caller's phone does when it is sent elsewhere (REFER).
#[derive(Clone, Copy, Debug)]
pub(super) struct Refer {
    /// Its answer.
    pub(super) reply: u16,
    /// What it tells in the end of the call that it makes; `None` for nothing.
    pub(super) notify: Option<u16>,
    /// Whether it then leaves the call with the switch.
    pub(super) leaves: bool,
}

impl Default for Refer {
    fn default() -> Self {
        Self { reply: 202, notify: Some(200), leaves: false }
    }
}

/// One step of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Answered,
    Bridged,
    Conferring,
    Recording,
    Hears { text: String, to_the_end: bool },
    Pauses(Duration),
    Types { keys: VecDeque<char>, pause: Duration },
    Sound(bool),
    Words(Noticed),
    HangsUp,
}

/// What a live person at the caller's phone does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Live {
    /// Types a key.
    Type(char),
    /// Begins (`true`) or ceases (`false`) to make a sound.
    Sound(bool),
    /// Hangs up, or cancels before answer.
    HangUp,
}

impl Caller {
    /// A caller with this number who dials that one.
    pub fn new(number: impl Into<String>, dialled: impl Into<String>) -> Self {
        let number = number.into();
        let facts = Facts {
            name: number.clone(),
            number,
            dialled: dialled.into(),
            uuid: None,
            address: "127.0.0.1".to_owned(),
            port: 47_335,
            headers: Vec::new(),
            variables: Vec::new(),
            sends_rtp: true,
            user_agent: None,
            refer: Refer::default(),
        };
        Self { facts, steps: VecDeque::new(), patience: PATIENCE, live: None }
    }

    /// The caller's display name; the number if not given.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.facts.name = name.into();
        self
    }

    /// Fixes the channel's id, which is otherwise drawn from the seed.
    pub fn uuid(mut self, uuid: impl Into<String>) -> Self {
        self.facts.uuid = Some(uuid.into());
        self
    }

    /// A SIP header of the INVITE that the switch shows as `variable_sip_h_<name>`.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.facts.headers.push((name.into(), value.into()));
        self
    }

    /// The caller's phone, as its `User-Agent` header names it.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.facts.user_agent = Some(name.into());
        self
    }

    /// What the caller's phone does when it is sent elsewhere: its answer to REFER, what it tells then
    /// of the call that it makes (`None` for nothing), and whether it leaves its call with the switch.
    /// Without this it takes it, tells 200 and stays.
    pub fn referred(mut self, reply: u16, notify: Option<u16>, leaves: bool) -> Self {
        self.facts.refer = Refer { reply, notify, leaves };
        self
    }

    /// A channel variable that the dialplan sets before `socket`: `pivot_voice_url`, ….
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.facts.variables.push((name.into(), value.into()));
        self
    }

    /// The caller's phone sends no audio at all: recordings stay empty.
    pub fn sends_no_audio(mut self) -> Self {
        self.facts.sends_rtp = false;
        self
    }

    /// How long to wait for each thing that the script waits for (120 s if not given). When it is
    /// over the caller hangs up and [`Seen::GaveUp`] says what did not come.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Waits until the call is answered.
    pub fn waits_for_answer(self) -> Self {
        self.step(Step::Answered)
    }

    /// Waits until a prompt begins that mentions the text. A prompt that began after the last one
    /// waited for counts, even if it has ended since.
    pub fn hears(self, text: impl Into<String>) -> Self {
        self.step(Step::Hears { text: text.into(), to_the_end: false })
    }

    /// The same, until the prompt has been heard to its end.
    pub fn hears_all(self, text: impl Into<String>) -> Self {
        self.step(Step::Hears { text: text.into(), to_the_end: true })
    }

    /// Waits until the switch records the caller.
    pub fn waits_for_recording(self) -> Self {
        self.step(Step::Recording)
    }

    /// Waits until the caller talks to a callee.
    pub fn waits_for_bridge(self) -> Self {
        self.step(Step::Bridged)
    }

    /// Waits until the caller is in a conference.
    pub fn waits_for_conference(self) -> Self {
        self.step(Step::Conferring)
    }

    /// Does nothing for that long.
    pub fn pauses(self, length: Duration) -> Self {
        self.step(Step::Pauses(length))
    }

    /// Types keys, 200 ms apart.
    pub fn types(self, keys: &str) -> Self {
        self.types_slowly(keys, KEY_PAUSE)
    }

    /// Types keys with that pause before each but the first.
    pub fn types_slowly(self, keys: &str, pause: Duration) -> Self {
        self.step(Step::Types { keys: keys.chars().collect(), pause })
    }

    /// Makes a sound for that long.
    pub fn speaks(self, length: Duration) -> Self {
        self.step(Step::Sound(true)).step(Step::Pauses(length)).step(Step::Sound(false))
    }

    /// Begins (`true`) or ceases (`false`) to make a sound, and goes on with the script.
    pub fn sound(self, on: bool) -> Self {
        self.step(Step::Sound(on))
    }

    /// Says these words within that time. A recogniser notices the beginning, the first half of the
    /// words, and all of them when the caller has been silent for a moment.
    pub fn says(self, words: &str, length: Duration) -> Self {
        let half: Vec<_> = words.split_whitespace().collect();
        let half = half[..half.len().div_ceil(2)].join(" ");
        self.step(Step::Sound(true))
            .step(Step::Words(Noticed::Begins))
            .step(Step::Pauses(length / 2))
            .step(Step::Words(Noticed::Partly(half)))
            .step(Step::Pauses(length / 2))
            .step(Step::Sound(false))
            .step(Step::Pauses(SPEECH_ENDS))
            .step(Step::Words(Noticed::Wholly(words.to_owned())))
    }

    /// Hangs up; before answer this cancels the call.
    pub fn hangs_up(self) -> Self {
        self.step(Step::HangsUp)
    }

    /// A live caller: what comes out of `acts` is done at once, besides the script. When the other
    /// end is dropped, the caller hangs up.
    pub fn live(mut self, acts: UnboundedReceiver<Live>) -> Self {
        self.live = Some(acts);
        self
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push_back(step);
        self
    }
}

/// What the script wants done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Type(char),
    Sound(bool),
    Words(Noticed),
    HangUp,
    GiveUp(String),
}

/// A script being performed.
#[derive(Debug)]
pub(super) struct Performance {
    steps: VecDeque<Step>,
    patience: Duration,
    since: Duration,
    answered: bool,
    bridged: bool,
    conferring: bool,
    recording: bool,
    heard: Vec<(Prompt, bool)>,
    cursor: usize,
}

impl Performance {
    pub(super) fn new(steps: VecDeque<Step>, patience: Duration) -> Self {
        Self {
            steps,
            patience,
            since: Duration::ZERO,
            answered: false,
            bridged: false,
            conferring: false,
            recording: false,
            heard: Vec::new(),
            cursor: 0,
        }
    }

    /// Takes note of what the caller perceives.
    pub(super) fn perceive(&mut self, seen: &Seen) {
        match seen {
            Seen::Answered => self.answered = true,
            Seen::Bridged(_) => self.bridged = true,
            Seen::Unbridged(_) => self.bridged = false,
            Seen::Conferring { .. } => self.conferring = true,
            Seen::NoLongerConferring(_) => self.conferring = false,
            Seen::HeardInConference(prompt) => self.heard.push((prompt.clone(), true)),
            Seen::Recording(_) | Seen::RecordingBeside { .. } => self.recording = true,
            Seen::Recorded { .. } => self.recording = false,
            Seen::Started(prompt) => self.heard.push((prompt.clone(), false)),
            Seen::Finished(prompt) => {
                let unfinished = self.heard.iter_mut().rev().find(|(p, _)| p == prompt);
                if let Some((_, finished)) = unfinished {
                    *finished = true;
                }
            }
            _ => {}
        }
    }

    /// Whether the script has nothing more to do.
    pub(super) fn is_over(&self) -> bool {
        self.steps.is_empty()
    }

    /// When the script wants to act next.
    pub(super) fn next(&self) -> Duration {
        match self.steps.front() {
            Some(Step::Pauses(length)) => self.since + *length,
            None => self.since + STAY,
            Some(step) if self.met(step) => Duration::ZERO,
            Some(_) => self.since + self.patience,
        }
    }

    /// What is to be done by now, if anything; asked until it says nothing.
    pub(super) fn act(&mut self, now: Duration) -> Option<Act> {
        loop {
            let due = self.next();
            if due > now {
                return None;
            }
            let Some(step) = self.steps.pop_front() else {
                self.since = now;
                return Some(Act::GiveUp("the end of the call".to_owned()));
            };
            let met = self.met(&step);
            self.since = if matches!(step, Step::Pauses(_)) { due } else { now };
            match step {
                Step::Pauses(_) => {}
                Step::Hears { text, to_the_end } if met => self.pass_prompt(&text, to_the_end),
                Step::Types { mut keys, pause } => {
                    let key = keys.pop_front();
                    if !keys.is_empty() {
                        self.steps.push_front(Step::Types { keys, pause });
                        self.steps.push_front(Step::Pauses(pause));
                    }
                    if let Some(key) = key {
                        return Some(Act::Type(key));
                    }
                }
                Step::Sound(on) => return Some(Act::Sound(on)),
                Step::Words(noticed) => return Some(Act::Words(noticed)),
                Step::HangsUp => return Some(Act::HangUp),
                _ if met => {}
                step => {
                    self.steps.clear();
                    return Some(Act::GiveUp(waited_for(&step)));
                }
            }
        }
    }

    /// Whether the step can be taken without waiting.
    fn met(&self, step: &Step) -> bool {
        match step {
            Step::Answered => self.answered,
            Step::Bridged => self.bridged,
            Step::Conferring => self.conferring,
            Step::Recording => self.recording,
            Step::Hears { text, to_the_end } => self.prompt_with(text, *to_the_end).is_some(),
            Step::Types { .. } | Step::Sound(_) | Step::Words(_) | Step::HangsUp => true,
            Step::Pauses(_) => false,
        }
    }

    fn prompt_with(&self, text: &str, to_the_end: bool) -> Option<usize> {
        let fresh = self.heard.iter().enumerate().skip(self.cursor);
        let mut matching = fresh.filter(|(_, (prompt, _))| prompt.mentions(text));
        matching.find(|(_, (_, finished))| *finished || !to_the_end).map(|(at, _)| at)
    }

    fn pass_prompt(&mut self, text: &str, to_the_end: bool) {
        if let Some(at) = self.prompt_with(text, to_the_end) {
            self.cursor = at + 1;
        }
    }
}

fn waited_for(step: &Step) -> String {
    match step {
        Step::Answered => "an answer".to_owned(),
        Step::Bridged => "a callee".to_owned(),
        Step::Conferring => "a conference".to_owned(),
        Step::Recording => "a recording".to_owned(),
        Step::Hears { text, .. } => format!("a prompt with {text:?}"),
        _ => "the end of the call".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn performance(caller: Caller) -> Performance {
        Performance::new(caller.steps, caller.patience)
    }

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn keys_are_typed_with_pauses_after_the_prompt() {
        let mut script = performance(Caller::new("1", "2").hears("welcome").types("1#"));
        assert_eq!(script.act(ms(10)), None);
        script.perceive(&Seen::Started(Prompt::File("/a/Welcome.wav".into())));
        assert_eq!(script.next(), Duration::ZERO);
        assert_eq!(script.act(ms(500)), Some(Act::Type('1')));
        assert_eq!(script.act(ms(500)), None);
        assert_eq!(script.next(), ms(700));
        assert_eq!(script.act(ms(700)), Some(Act::Type('#')));
    }

    #[test]
    fn a_prompt_counts_once() {
        let mut script = performance(Caller::new("1", "2").hears("a").hears("a").hangs_up());
        script.perceive(&Seen::Started(Prompt::File("a".into())));
        assert_eq!(script.act(ms(1)), None);
        script.perceive(&Seen::Started(Prompt::File("a".into())));
        assert_eq!(script.act(ms(2)), Some(Act::HangUp));
    }

    #[test]
    fn waiting_in_vain_ends_the_call() {
        let mut script = performance(Caller::new("1", "2").patience(ms(50)).hears("never"));
        assert_eq!(script.act(ms(49)), None);
        assert_eq!(script.act(ms(50)), Some(Act::GiveUp("a prompt with \"never\"".into())));
    }
}
