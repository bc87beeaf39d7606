//! One random call: documents of both dialects, made from the table of states, what the caller does,
//! who can be dialled, what goes wrong. All from one seed.

use pivot::{
    base::HangupCause,
    call::Order,
    sim::{Callee, Callees, Caller, Faults, Media},
    xml::{
        Dialect,
        states::{Entry, State, elements},
    },
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::time::Duration;

/// Pages of the web server. Documents ask for these, and for some that are not there.
const PAGES: usize = 4;
const URLS: [&str; 7] = ["/0", "/1", "/2", "/3", "", "/gone", "mailto:x"];

/// Media that there are, and one that is not.
pub const MEDIA: [&str; 3] = [
    "https://media.example.com/short.wav",
    "https://media.example.com/long.wav",
    "https://media.example.com/gone.wav",
];

const NUMBERS: [&str; 4] = ["1000", "+14155550100", "4930123", "911"];

/// One call.
#[derive(Debug)]
pub struct Case {
    pub dialect: Dialect,
    pub documents: Vec<String>,
    pub caller: Caller,
    pub callees: Callees,
    pub faults: Faults,
    /// The longest that an event is held back.
    pub delay: Duration,
    pub orders: Vec<(Duration, Order)>,
    pub window: usize,
    /// How long the web server takes for each page in turn.
    pub fetches: Vec<Duration>,
}

struct Dice(StdRng);

impl Case {
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice(StdRng::seed_from_u64(seed));
        let dialect = dice.pick(&[Dialect::Twiml, Dialect::Plivo]);
        let delay = dice.pick(&[Duration::ZERO, Duration::ZERO, Duration::from_millis(300)]);
        Self {
            documents: (0..PAGES).map(|_| dice.document(dialect)).collect(),
            caller: dice.caller(),
            callees: dice.callees(),
            faults: dice.faults(delay),
            orders: dice.orders(),
            window: dice.pick(&[300, 4_096, 65_536]),
            fetches: (0..8).map(|_| dice.ms(0..9_000)).collect(),
            dialect,
            delay,
        }
    }
}

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

    fn document(&mut self, dialect: Dialect) -> String {
        // What is refused would keep the whole document from being run; mixing is allowed.
        let mixed = self.one_in(6);
        let runs = |entry: &&Entry| {
            let own = mixed || entry.dialect.is_none_or(|of| of == dialect);
            own && !matches!(entry.state, State::Refused(_))
        };
        let verbs: Vec<_> = elements().filter(runs).collect();
        let at_root: Vec<_> = verbs.iter().copied().filter(|e| stands_in(e, "")).collect();
        let count = self.0.random_range(1..6);
        let inside: String = (0..count)
            .map(|_| {
                let entry = self.pick(&at_root);
                self.element(entry, entry.name(), &verbs, 0)
            })
            .collect();
        format!("<Response>{inside}</Response>")
    }

    fn element(
        &mut self,
        entry: &Entry,
        place: &str,
        verbs: &[&'static Entry],
        depth: u32,
    ) -> String {
        let mut text = format!("<{}", entry.name());
        for attribute in entry.attributes {
            if self.one_in(4) {
                text.push_str(&format!(" {}=\"{}\"", attribute.name, self.value(attribute.name)));
            }
        }
        text.push('>');
        let mut children: Vec<_> =
            verbs.iter().copied().filter(|e| stands_in(e, place)).map(|e| (e, false)).collect();
        if ["Gather", "GetDigits", "GetInput", "PreAnswer"].contains(&entry.name()) {
            let prompts = ["Say", "Play", "Pause", "Speak", "Wait", "DTMF"];
            let inside = |e: &&Entry| stands_in(e, "") && prompts.contains(&e.name());
            children.extend(verbs.iter().copied().filter(inside).map(|e| (e, true)));
        }
        if children.is_empty() || depth > 3 || !entry.body.is_empty() && self.one_in(3) {
            let body = self.body(entry);
            text.push_str(&body);
        } else {
            for _ in 0..self.0.random_range(1..4) {
                let (child, prompt) = self.pick(&children);
                let below = format!("{place}/{}", child.name());
                let place = if prompt { child.name() } else { &below };
                text.push_str(&self.element(child, place, verbs, depth + 1));
            }
        }
        text.push_str(&format!("</{}>", entry.name()));
        text
    }

    fn body(&mut self, entry: &Entry) -> String {
        match entry.name() {
            "Play" => self.pick(&MEDIA).to_owned(),
            "Number" | "Dial" if !entry.body.contains('<') => self.pick(&NUMBERS).to_owned(),
            "Redirect" => self.pick(&URLS).to_owned(),
            "DTMF" => self.pick(&["1", "12#@300", "1w2W3", "x"]).to_owned(),
            "Say" | "Speak" if self.one_in(4) => "word ".repeat(200),
            _ => entry.body.to_owned(),
        }
    }

    /// What an attribute of this name says: mostly something sensible.
    fn value(&mut self, name: &str) -> &'static str {
        let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
        if self.one_in(12) {
            return self.pick(&["", "0", "-1", "99999999999", "true", "none", "\u{fc}ber", "a b"]);
        }
        match name {
            "finishOnKey" | "confirmKey" => self.pick(&["#", "*", "1", "", "none"]),
            "validDigits" | "terminators" | "hangupOn" => self.pick(&["123", "#", "1234567890*#"]),
            "digits" | "sendDigits" => self.pick(&["1", "1w2W3#", "12"]),
            "digitsMatch" | "digitsMatchBLeg" => self.pick(&["1,22", "5", "*"]),
            "loop" => self.pick(&["0", "1", "2", "3"]),
            "callerId" | "callerName" => self.pick(&["+4930999", "Ann", "client:bob"]),
            "reason" => self.pick(&["busy", "rejected"]),
            "schedule" => self.pick(&["1", "9"]),
            "dialMusic" | "waitSound" if self.one_in(2) => self.pick(&["real", "none"]),
            "input" | "inputType" => self.pick(&["dtmf", "speech", "dtmf speech"]),
            "record" => self.pick(&["true", "record-from-answer", "record-from-ringing-dual"]),
            "time" => self.pick(&["1s", "300ms"]),
            _ if ends(&["Method", "method"]) => self.pick(&["GET", "POST"]),
            _ if ends(&["Sound", "Music", "Audio"]) => self.pick(&[MEDIA[0], "/1", "beep:1"]),
            "url" | "waitUrl" | "referUrl" => self.pick(&URLS),
            _ if ends(&["action", "Url", "Callback"]) => self.pick(&URLS),
            _ if ends(&["imeout", "ength", "Limit", "Silence", "Time", "Duration"]) => {
                self.pick(&["1", "2", "5", "15"])
            }
            _ if ends(&["Digits", "Size", "Members", "Participants", "retries"]) => {
                self.pick(&["1", "2", "4"])
            }
            _ => self.pick(&["true", "true", "false", "x"]),
        }
    }

    fn caller(&mut self) -> Caller {
        let mut caller = Caller::new("+4930123", "1000").patience(Duration::from_secs(60));
        for _ in 0..self.0.random_range(0..8) {
            caller = match self.0.random_range(0..10) {
                0..4 => {
                    let keys = self.pick(&["1", "2", "9", "12#", "1234", "*", "#", "0123456789*#"]);
                    let pause = self.ms(30..1_200);
                    caller.types_slowly(keys, pause)
                }
                4..6 => caller.speaks(self.ms(1..9_000)),
                6 => caller.hears(self.pick(&["Hello", "word", "short"])),
                7 if self.one_in(4) => caller.hangs_up(),
                _ => caller.pauses(self.ms(0..9_000)),
            };
        }
        // Most callers hang up some day; the others stay for an hour.
        if self.one_in(6) { caller } else { caller.pauses(self.ms(0..90_000)).hangs_up() }
    }

    fn callees(&mut self) -> Callees {
        let callees = Callees::default().others(self.callee());
        let numbers = NUMBERS.iter().chain(&["alice"]);
        numbers.fold(callees, |callees, number| callees.with(*number, self.callee()))
    }

    fn callee(&mut self) -> Callee {
        let after = self.ms(0..12_000);
        match self.0.random_range(0..10) {
            0 => Callee::busy(),
            1 => Callee::never_answers(),
            2 => Callee::silent(),
            3 => Callee::no_gateway(),
            4 => Callee::early_media(after, self.pick(&[404, 480, 486, 503]), "No"),
            5 => Callee::rejects(self.pick(&[403, 408, 480, 486, 603]), "No").after(after),
            6 => Callee::answers(after),
            7 => Callee::answers(Duration::ZERO).talks(Duration::ZERO),
            _ => Callee::answers(after).talks(self.ms(0..60_000)).types(self.ms(0..9_000), '5'),
        }
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
            let within = self.pick(&[1, 9_000, 40_000]);
            faults = faults.drop_connection(self.ms(0..within));
        }
        if self.one_in(6) {
            let within = self.pick(&[1, 9_000, 40_000]);
            faults = faults.hang_up(self.ms(0..within));
        }
        faults
    }

    fn orders(&mut self) -> Vec<(Duration, Order)> {
        let count = if self.one_in(6) { self.0.random_range(1..4) } else { 0 };
        let order = |dice: &mut Self| match dice.0.random_range(0..3) {
            0 => Order::HangUp(HangupCause::MANAGER_REQUEST),
            1 => Order::Drain,
            _ => Order::Redirect("/1".to_owned()),
        };
        (0..count).map(|_| (self.ms(0..20_000), order(self))).collect()
    }
}

fn stands_in(entry: &Entry, parent: &str) -> bool {
    entry.places.iter().any(|place| match place.rsplit_once('/') {
        Some((above, _)) => above == parent,
        None => parent.is_empty(),
    })
}

/// How long media play.
pub fn media() -> Media {
    Media::default()
        .with(MEDIA[0], Duration::from_secs(2))
        .with(MEDIA[1], Duration::from_secs(90))
        .missing(MEDIA[2])
}
