//! One random call: a callflow and two saved ones, what the caller does, who can be dialled, what goes
//! wrong. All from one seed.

use pivot::sim::{Callee, Callees, Caller, Faults, Media};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The actions that are run.
pub const MODULES: [&str; 25] = [
    "answer",
    "audio_macro",
    "branch_variable",
    "callflow",
    "check_cid",
    "collect_dtmf",
    "flush_dtmf",
    "hangup",
    "language",
    "menu",
    "noop",
    "offnet",
    "pivot",
    "play",
    "prepend_cid",
    "record_caller",
    "resources",
    "response",
    "send_dtmf",
    "set_cid",
    "set_variable",
    "set_variables",
    "sleep",
    "transfer",
    "tts",
];

/// Actions in the course of which much can happen: half of all but the first.
const LONG: [&str; 7] =
    ["audio_macro", "collect_dtmf", "menu", "offnet", "play", "record_caller", "resources"];

/// Names of children; those that an action does not know are never taken.
const KEYS: [&str; 12] = [
    "_",
    "_",
    "_",
    "1",
    "2",
    "#",
    "timeout",
    "max_retries",
    "match",
    "nomatch",
    "USER_BUSY",
    "NO_ANSWER",
];

/// Numbers that callflows dial; each has a callee of its own.
const NUMBERS: [&str; 5] = ["200", "201", "+4930123", "+14155550100", "911"];

/// An address that the door refuses at once, and one that is no address at all.
pub const REFUSED: [&str; 2] = ["http://127.0.0.1:9/", "http://10.0.0.1/pivot?x=1"];

/// An order from outside.
#[derive(Clone, Copy, Debug)]
pub enum Ordered {
    HangUp,
    Redirect,
    Drain,
}

/// What a seed stands for.
#[derive(Debug)]
pub struct Case {
    pub flow: Value,
    pub saved: [Value; 2],
    pub script: Vec<Act>,
    pub callees: Callees,
    pub media: Media,
    pub faults: Faults,
    /// How long events are held back at most.
    pub delay: Duration,
    /// Orders from outside, with the pause before each.
    pub orders: Vec<(Duration, Ordered)>,
    /// Bytes that fit into the connection in each direction before a writer has to wait.
    pub window: usize,
    /// What the dialplan has set.
    pub variables: Vec<(&'static str, &'static str)>,
}

/// A step of the caller's script.
#[derive(Clone, Debug)]
pub enum Act {
    Types(String, Duration),
    Speaks(Duration),
    Pauses(Duration),
    Hears(&'static str),
    HangsUp,
}

impl Case {
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice(StdRng::seed_from_u64(seed));
        let first = MODULES[(seed % MODULES.len() as u64) as usize];
        let flow = dice.tree(first, 5);
        let saved = [0, 1].map(|_| {
            let module = dice.pick(&MODULES);
            dice.tree(module, 2)
        });
        let delay = if dice.one_in(3) { dice.until(&[20, 1_500, 8_000]) } else { Duration::ZERO };
        Self {
            flow,
            saved,
            script: dice.script(),
            callees: dice.callees(),
            media: dice.media(),
            faults: dice.faults(delay),
            delay,
            orders: dice.orders(),
            window: dice.pick(&[64, 1_000, 8_000, 64_000]),
            variables: if dice.one_in(4) {
                vec![("cav_v", "1"), ("pivot_account_id", "acme"), ("default_language", "de")]
            } else {
                vec![]
            },
        }
    }

    pub fn caller(&self) -> Caller {
        let caller = Caller::new("+14155550100", "100").patience(Duration::from_secs(60));
        let caller = caller.variable("pivot_callflow", self.flow.to_string());
        let variables = self.variables.iter();
        let caller = variables.fold(caller, |caller, (name, value)| caller.variable(*name, *value));
        self.script.iter().fold(caller, |caller, act| match act {
            Act::Types(keys, pause) => caller.types_slowly(keys, *pause),
            Act::Speaks(length) => caller.speaks(*length),
            Act::Pauses(length) => caller.pauses(*length),
            Act::Hears(text) => caller.hears(*text),
            Act::HangsUp => caller.hangs_up(),
        })
    }
}

struct Dice(StdRng);

impl Dice {
    fn one_in(&mut self, n: u32) -> bool {
        self.0.random_range(0..n) == 0
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.0.random_range(0..of.len())]
    }

    fn ms(&mut self, range: std::ops::Range<u64>) -> Duration {
        Duration::from_millis(self.0.random_range(range))
    }

    /// A random length within one of these numbers of milliseconds.
    fn until(&mut self, within: &[u64]) -> Duration {
        let most = self.pick(within);
        Duration::from_micros(self.0.random_range(1..=most * 1_000))
    }

    fn keys(&mut self) -> Value {
        let keys = ["0", "1", "2", "5", "9", "*", "#"];
        let count = self.0.random_range(0..4);
        (0..count).map(|_| self.pick(&keys)).collect()
    }

    fn tree(&mut self, module: &str, depth: u32) -> Value {
        let mut children = Map::new();
        let most = if depth == 0 { 0 } else { 3 };
        for _ in 0..self.0.random_range(0..=most) {
            let key = self.pick(&KEYS);
            let module = if self.one_in(2) { self.pick(&LONG) } else { self.pick(&MODULES) };
            let child = if self.one_in(12) { json!({}) } else { self.tree(module, depth - 1) };
            children.insert(key.to_owned(), child);
        }
        let mut data = self.data(module);
        if self.one_in(40) {
            data["skip_module"] = json!(true);
        }
        json!({ "module": module, "data": data, "children": children })
    }

    fn data(&mut self, module: &str) -> Value {
        let n = |dice: &mut Self, range: std::ops::Range<u64>| dice.0.random_range(range);
        match module {
            "audio_macro" => {
                let count = n(self, 0..4);
                let macros: Vec<Value> = (0..count).map(|_| self.sound()).collect();
                json!({ "macros": macros, "terminators": self.keys() })
            }
            "branch_variable" => json!({
                "variable": self.pick(&["v", "call_priority", "hangup_cause"]),
                "scope": self.pick(&["custom_application_vars", "custom_channel_vars", "user"]),
            }),
            "callflow" => json!({ "id": self.pick(&["one", "two", "nobody"]) }),
            "check_cid" => json!({
                "regex": self.pick(&["^\\+1415", "^$", "9"]),
                "use_absolute_mode": self.one_in(2),
            }),
            "collect_dtmf" => json!({
                "max_digits": n(self, 1..6),
                "timeout": n(self, 1..8_000),
                "interdigit_timeout": n(self, 1..3_000),
                "terminators": self.keys(),
                "collection_name": self.pick(&["a", "b"]),
            }),
            "flush_dtmf" => json!({ "collection_name": self.pick(&["a", "b"]) }),
            "language" => json!({ "language": self.pick(&["en", "fr-FR", "de"]) }),
            "menu" => json!({
                "retries": n(self, 1..4),
                "timeout": n(self, 1..9_000),
                "interdigit_timeout": n(self, 1..3_000),
                "max_extension_length": n(self, 1..5),
                "hunt": self.one_in(2),
                "suppress_media": self.one_in(4),
                "media": { "greeting": { "text": "Press one or two." } },
            }),
            "offnet" | "resources" => {
                let mut data = json!({
                    "timeout": n(self, 1..40),
                    "ignore_early_media": self.one_in(2),
                    "emit_account_id": self.one_in(2),
                });
                if !self.one_in(6) {
                    data["to_did"] = json!(self.pick(&NUMBERS));
                }
                if self.one_in(3) {
                    data["ringback"] =
                        json!(self.pick(&["ring", "gone", "tone_stream://%(1,1,9)"]));
                }
                data
            }
            "pivot" => json!({
                "voice_url": self.pick(&REFUSED),
                "method": self.pick(&["get", "post"]),
                "req_format": self.pick(&["piston", "twiml", "plivo"]),
                "req_body_format": self.pick(&["form", "json"]),
            }),
            "play" => json!({
                "id": self.pick(&["a", "gone", "long", "http://h.example/a.mp3", "../etc/passwd"]),
                "answer": self.one_in(2),
                "loop_count": n(self, 1..4),
                "endless_playback": self.one_in(12),
                "terminators": self.keys(),
            }),
            "prepend_cid" => json!({
                "action": self.pick(&["reset", "prepend"]),
                "caller_id_name_prefix": "Sales ",
                "caller_id_number_prefix": self.pick(&["9", ""]),
            }),
            "record_caller" => json!({
                "time_limit": n(self, 5..90),
                "format": self.pick(&["wav", "wav", "wav", "mp3"]),
            }),
            "response" => json!({
                "code": n(self, 0..1_000),
                "message": self.pick(&["", "Not now", "a\r\nb: c"]),
                "media": self.pick(&["", "a", "gone"]),
            }),
            "send_dtmf" => {
                json!({ "digits": self.pick(&["1", "12w#", "WW*"]), "duration_ms": 100 })
            }
            "set_cid" => json!({
                "caller_id_name": self.pick(&["Ann", "", "${x}"]),
                "caller_id_number": self.pick(&["100", "+49"]),
            }),
            "set_variable" => json!({
                "variable": self.pick(&["call_priority", "group_id"]),
                "value": self.pick(&["1", "", "a b;c=d"]),
                "channel": self.pick(&["a", "both"]),
            }),
            "set_variables" => json!({
                "custom_application_vars": {
                    "v": self.pick(&["1", "2", "", "${x}"]),
                    "w": [n(self, 0..9), { "deep": true }],
                    "gone": null,
                },
                "export": self.one_in(2),
            }),
            "sleep" => {
                let unit = self.pick(&["ms", "ms", "s", "s", "m"]);
                let most = if unit == "m" { 3 } else { 20 };
                json!({ "duration": n(self, 0..most), "unit": unit })
            }
            "transfer" => json!({ "target": self.pick(&["100", "200", "no_match"]) }),
            "tts" => json!({
                "text": self.pick(&["Hello.", "Press one, please.", "a'b|c${d}"]),
                "endless_playback": self.one_in(12),
                "terminators": self.keys(),
            }),
            _ => json!({}),
        }
    }

    fn sound(&mut self) -> Value {
        let id = self.pick(&["a", "gone", "long"]);
        match self.0.random_range(0..5) {
            0 => json!({ "macro": "play", "id": id, "answer": self.one_in(2) }),
            1 => json!({ "macro": "prompt", "id": id, "language": "fr-FR" }),
            2 => json!({ "macro": "say", "text": "42", "type": "number" }),
            3 => json!({ "macro": "tts", "text": "Bonjour" }),
            _ => json!({ "macro": "tone", "frequencies": [350, 440], "repeat": 2 }),
        }
    }

    fn orders(&mut self) -> Vec<(Duration, Ordered)> {
        let count = if self.one_in(8) { self.0.random_range(1..4) } else { 0 };
        let kinds = [Ordered::HangUp, Ordered::Redirect, Ordered::Redirect, Ordered::Drain];
        (0..count).map(|_| (self.until(&[1, 2_000, 40_000]), self.pick(&kinds))).collect()
    }

    fn script(&mut self) -> Vec<Act> {
        let mut script: Vec<Act> = (0..self.0.random_range(0..8)).map(|_| self.act()).collect();
        // Most callers hang up some day; the others stay for an hour.
        if !self.one_in(6) {
            script.push(Act::Pauses(self.ms(0..90_000)));
            script.push(Act::HangsUp);
        }
        script
    }

    fn act(&mut self) -> Act {
        match self.0.random_range(0..10) {
            0..4 => {
                let keys = ["1", "2", "9", "12#", "1234", "*", "#", "00112233", "0123456789*#ABCD"];
                Act::Types(self.pick(&keys).to_owned(), self.until(&[30, 1_200]))
            }
            4..6 => Act::Speaks(self.ms(1..9_000)),
            6 => Act::Hears(self.pick(&["press", "play", "say"])),
            7 if self.one_in(4) => Act::HangsUp,
            _ => Act::Pauses(self.ms(0..9_000)),
        }
    }

    fn callees(&mut self) -> Callees {
        let callees = Callees::default().others(self.callee());
        NUMBERS.iter().fold(callees, |callees, number| callees.with(*number, self.callee()))
    }

    fn callee(&mut self) -> Callee {
        let after = self.ms(0..12_000);
        match self.0.random_range(0..10) {
            0 => Callee::busy(),
            1 => Callee::never_answers(),
            2 => Callee::silent(),
            3 => Callee::no_gateway(),
            4 => Callee::early_media(after, self.pick(&[404, 480, 486, 503]), "No"),
            5 => {
                Callee::rejects(self.pick(&[403, 404, 408, 480, 486, 500, 603]), "No").after(after)
            }
            6 => Callee::answers(after),
            7 => Callee::answers(Duration::ZERO).talks(Duration::ZERO),
            _ => Callee::answers(after).talks(self.ms(0..60_000)).types(self.ms(0..9_000), '5'),
        }
    }

    fn media(&mut self) -> Media {
        let media = Media::default()
            .missing("/sounds/gone.wav")
            .missing("/sounds/gone")
            .with("/sounds/long.wav", self.ms(1..120_000));
        if self.one_in(6) { media.unwritable("/rec") } else { media }
    }

    fn faults(&mut self, delay: Duration) -> Faults {
        let mut faults = Faults::none();
        if !delay.is_zero() {
            faults = faults.delay_events(delay);
        }
        if self.one_in(2) {
            faults = faults.split_writes();
        }
        if self.one_in(4) {
            faults = faults.drop_connection(self.until(&[1, 9_000, 40_000]));
        }
        if self.one_in(6) {
            faults = faults.hang_up(self.until(&[1, 9_000, 40_000]));
        }
        faults
    }
}
