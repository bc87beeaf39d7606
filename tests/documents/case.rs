//! Cases of the corpus: who calls a document, whom it reaches, and what its web server answers. One
//! statement a line, as in a script for a play; `#` begins a remark.
//!
//! ```text
//! call from +4930123 to 1000 named "Ann"      the call; these are the usual numbers
//! call header X-PH-Tag gold                   a header of the INVITE
//! call refers 202 notifies 486 leaves          what the phone does when it is sent elsewhere
//! call without audio                          the caller's phone sends no RTP
//!
//! caller waits for answer                     or: bridge, recording, conference
//! caller hears "Press one" types 2            waits until that is heard, then types
//! caller hears all "Press one" pauses 2s
//! caller types 12# slowly 3s                  with so much time between keys
//! caller speaks 4s
//! caller says "yes please" 2s                  what a recogniser hears
//! caller begins to speak                      caller falls silent
//! caller hangs up                             steps may be several to a line, and many lines
//!
//! callee 14155550100 answers after 2s talks 7s types 1 after 3s
//! callee alice answers after 1s then hears "Press one" types 1    as a caller does, before it is connected
//! callee bob busy                             or: never answers, silent, no gateway
//! callee alice@example.com:5080 rejects 603 "Decline" after 2s because CALL_REJECTED
//! callee carol early media 3s 486 "Busy Here"
//! callees busy                                everybody else
//!
//! guest +49301 after 3s runs guest.xml pauses 5s hangs up     another caller, with a document of its own;
//!                                             then what that caller does, as above
//!
//! web POST /menu answers menu.xml             a document of the same folder
//! web /menu answers <Response/>               in one line; GET or POST
//! web /slow answers menu.xml after 20s
//! web /gone answers 404                       or: answers nothing
//! web /menu answers second.xml                a second answer of the same address comes second
//!
//! media https://media.example.com/a.mp3 3s    or: missing
//! recogniser vosk                             a speech recognition engine of the switch
//! engine tts_commandline                      a speech engine of the switch besides flite
//! media /rec unwritable                       a folder that cannot be recorded to
//! config dial.timeout_s = 20                  a setting of pivot.toml
//! steps 1                                     verbs that the call may run
//! format plivo                                names of follow-ups, unless the folder's
//! ```
//!
//! The case's document is its file's name up to the first dot; it came from `https://example.com/answer`.

use pivot::{
    config::Method,
    sim::{Callee, Callees, Caller, Media},
    xml::Dialect,
};
use std::{collections::BTreeMap, fs, path::Path, time::Duration};

/// A case of the corpus.
pub struct Case {
    pub caller: Caller,
    pub callees: Callees,
    pub guests: Vec<Guest>,
    pub media: Media,
    /// URLs of the web that the switch can be given.
    pub at_hand: Vec<String>,
    pub web: Vec<Answer>,
    pub config: BTreeMap<String, String>,
    pub steps: u32,
    pub dialect: Dialect,
}

/// Another call to the same switch and the same server.
pub struct Guest {
    pub number: String,
    pub after: Duration,
    pub document: Vec<u8>,
    pub caller: Caller,
}

/// One thing that the web server answers.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Any if not given.
    pub method: Option<Method>,
    /// Path with query, or the whole address of another host.
    pub url: String,
    pub reply: Reply,
    pub after: Duration,
}

/// What is in an answer.
#[derive(Clone, Debug)]
pub enum Reply {
    Document(Vec<u8>),
    Status(u16),
    /// The server never answers.
    Nothing,
}

const CONFIG: [(&str, &str); 4] = [
    ("dial.gateways", "[\"trunk\"]"),
    ("dial.user_domain", "\"pbx.example\""),
    ("media.recordings", "\"/rec\""),
    ("media.recordings_url", "\"https://media.example.com/rec\""),
];

/// Media of three seconds that every case has.
const MEDIA: [&str; 5] = ["jingle.wav", "hold.wav", "pin.wav", "wrong.wav", "a.mp3"];

impl Case {
    /// Reads a case; says which line cannot be understood.
    pub fn read(file: &Path, dialect: Dialect) -> Result<Self, String> {
        let text = fs::read_to_string(file).map_err(|error| format!("{file:?}: {error}"))?;
        let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
        let lines: Vec<_> =
            lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).collect();
        let (mut from, mut to) = ("+4930123".to_owned(), "1000".to_owned());
        for (_, line) in &lines {
            let mut words = Words::of(line);
            if words.take("call") && words.take("from") {
                from = words.text().unwrap_or_default();
                to = if words.take("to") { words.text().unwrap_or_default() } else { to };
            }
        }
        let mut case = Self {
            caller: Caller::new(from, to).uuid("7d000000-0000-4000-8000-000000000001"),
            callees: Callees::default(),
            guests: Vec::new(),
            media: Media::default(),
            at_hand: Vec::new(),
            web: Vec::new(),
            config: CONFIG.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            steps: pivot::base::limits::STEPS_PER_CALL,
            dialect,
        };
        for name in MEDIA {
            case.add_media(format!("https://media.example.com/{name}"), Duration::from_secs(3));
        }
        for (number, line) in lines {
            let folder = file.parent().unwrap_or(Path::new(""));
            case.line(line, folder).ok_or(format!("{}:{number}: {line:?}", file.display()))?;
        }
        Ok(case)
    }

    fn add_media(&mut self, url: String, length: Duration) {
        self.media = std::mem::take(&mut self.media).with(url.clone(), length);
        self.at_hand.push(url);
    }

    fn line(&mut self, line: &str, folder: &Path) -> Option<()> {
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        let mut words = Words::of(rest);
        match first {
            "call" => self.call(&mut words)?,
            "caller" => {
                while !words.is_empty() {
                    self.step(&mut words)?;
                }
            }
            "guest" => self.guest(&mut words, folder)?,
            "callee" => {
                let (whom, callee) = (words.text()?, self.callee(&mut words)?);
                self.callees = std::mem::take(&mut self.callees).with(whom, callee);
            }
            "callees" => {
                let callee = self.callee(&mut words)?;
                self.callees = std::mem::take(&mut self.callees).others(callee);
            }
            "web" => {
                self.web.push(answer(rest, folder)?);
                return Some(());
            }
            "media" => {
                let url = words.text()?;
                match (words.take("missing"), words.take("unwritable")) {
                    (true, _) => self.media = std::mem::take(&mut self.media).missing(url),
                    (_, true) => self.media = std::mem::take(&mut self.media).unwritable(url),
                    _ => {
                        let length = words.time()?;
                        self.add_media(url, length);
                    }
                }
            }
            "recogniser" => {
                self.media = std::mem::take(&mut self.media).recogniser(words.text()?);
            }
            "engine" => {
                self.media = std::mem::take(&mut self.media).engine(words.text()?);
            }
            "config" => {
                let (key, value) = rest.split_once('=')?;
                self.config.insert(key.trim().to_owned(), value.trim().to_owned());
                return Some(());
            }
            "steps" => self.steps = words.number()?,
            "format" => {
                self.dialect = match words.text()?.as_str() {
                    "twiml" => Dialect::Twiml,
                    "plivo" => Dialect::Plivo,
                    _ => return None,
                }
            }
            _ => return None,
        }
        words.is_empty().then_some(())
    }

    fn caller(&mut self, change: impl FnOnce(Caller) -> Caller) {
        let caller = std::mem::replace(&mut self.caller, Caller::new("", ""));
        self.caller = change(caller);
    }

    fn call(&mut self, words: &mut Words) -> Option<()> {
        if words.take("header") {
            let (name, value) = (words.text()?, words.text()?);
            self.caller(|caller| caller.header(name, value));
        } else if words.take("refers") {
            let reply = words.number()?;
            let notify = if words.take("notifies") { Some(words.number()?) } else { None };
            let leaves = words.take("leaves");
            self.caller(|caller| caller.referred(reply, notify, leaves));
        } else if words.take("without") {
            words.take("audio").then_some(())?;
            self.caller(Caller::sends_no_audio);
        } else {
            // The numbers have been read before.
            words.take("from").then(|| words.text())??;
            if words.take("to") {
                words.text()?;
            }
        }
        if words.take("named") {
            let name = words.text()?;
            self.caller(|caller| caller.named(name));
        }
        Some(())
    }

    fn guest(&mut self, words: &mut Words, folder: &Path) -> Option<()> {
        let number = words.text()?;
        words.take("after").then_some(())?;
        let after = words.time()?;
        words.take("runs").then_some(())?;
        let document = fs::read(folder.join(words.text()?)).ok()?;
        let id = format!("7d000000-0000-4000-8000-{:012}", self.guests.len() + 2);
        let guest = Caller::new(number.as_str(), "1000").uuid(id);
        let caller = std::mem::replace(&mut self.caller, guest);
        while !words.is_empty() {
            self.step(words)?;
        }
        let caller = std::mem::replace(&mut self.caller, caller);
        self.guests.push(Guest { number, after, document, caller });
        Some(())
    }

    fn callee(&mut self, words: &mut Words) -> Option<Callee> {
        let callee = callee(words)?;
        let caller = std::mem::replace(&mut self.caller, Caller::new("", ""));
        while !words.is_empty() {
            self.step(words)?;
        }
        Some(callee.attended(std::mem::replace(&mut self.caller, caller)))
    }

    fn step(&mut self, words: &mut Words) -> Option<()> {
        match words.text()?.as_str() {
            "waits" => {
                words.take("for").then_some(())?;
                match words.text()?.as_str() {
                    "answer" => self.caller(Caller::waits_for_answer),
                    "bridge" => self.caller(Caller::waits_for_bridge),
                    "recording" => self.caller(Caller::waits_for_recording),
                    "conference" => self.caller(Caller::waits_for_conference),
                    _ => return None,
                }
            }
            "hears" if words.take("all") => {
                let text = words.text()?;
                self.caller(|caller| caller.hears_all(text));
            }
            "hears" => {
                let text = words.text()?;
                self.caller(|caller| caller.hears(text));
            }
            "types" => {
                let keys = words.text()?;
                match words.take("slowly") {
                    true => {
                        let pause = words.time()?;
                        self.caller(|caller| caller.types_slowly(&keys, pause));
                    }
                    false => self.caller(|caller| caller.types(&keys)),
                }
            }
            "pauses" => {
                let length = words.time()?;
                self.caller(|caller| caller.pauses(length));
            }
            "speaks" => {
                let length = words.time()?;
                self.caller(|caller| caller.speaks(length));
            }
            "says" => {
                let (text, length) = (words.text()?, words.time()?);
                self.caller(|caller| caller.says(&text, length));
            }
            "begins" => {
                (words.take("to") && words.take("speak")).then_some(())?;
                self.caller(|caller| caller.sound(true));
            }
            "falls" => {
                words.take("silent").then_some(())?;
                self.caller(|caller| caller.sound(false));
            }
            "hangs" => {
                words.take("up").then_some(())?;
                self.caller(Caller::hangs_up);
            }
            _ => return None,
        }
        Some(())
    }
}

fn callee(words: &mut Words) -> Option<Callee> {
    let mut callee = match words.text()?.as_str() {
        "answers" => Callee::answers(Duration::ZERO),
        "busy" => Callee::busy(),
        "silent" => Callee::silent(),
        "never" => words.take("answers").then(Callee::never_answers)?,
        "no" => words.take("gateway").then(Callee::no_gateway)?,
        "rejects" => Callee::rejects(words.number()?, words.text()?),
        "early" => {
            words.take("media").then_some(())?;
            Callee::early_media(words.time()?, words.number()?, words.text()?)
        }
        _ => return None,
    };
    while !words.is_empty() && !words.take("then") {
        callee = match words.text()?.as_str() {
            "after" => callee.after(words.time()?),
            "talks" => callee.talks(words.time()?),
            "because" => callee.reason(&words.text()?),
            "types" => {
                let key = words.text()?.chars().next()?;
                words.take("after").then_some(())?;
                callee.types(words.time()?, key)
            }
            _ => return None,
        };
    }
    Some(callee)
}

fn answer(rest: &str, folder: &Path) -> Option<Answer> {
    let (asked, reply) = rest.split_once(" answers ")?;
    let (method, url) = match asked.split_once(' ') {
        Some(("GET", url)) => (Some(Method::Get), url),
        Some(("POST", url)) => (Some(Method::Post), url),
        Some(_) => return None,
        None => (None, asked),
    };
    let (reply, after) = match reply.rsplit_once(" after ") {
        Some((reply, after)) => (reply, Words::of(after).time()?),
        None => (reply, Duration::ZERO),
    };
    let reply = match reply.trim() {
        "nothing" => Reply::Nothing,
        inline if inline.starts_with('<') => Reply::Document(inline.as_bytes().to_owned()),
        status if status.parse::<u16>().is_ok() => Reply::Status(status.parse().ok()?),
        file => Reply::Document(fs::read(folder.join(file)).ok()?),
    };
    Some(Answer { method, url: url.trim().to_owned(), reply, after })
}

/// The words of a line; what stands in quotes is one.
struct Words(Vec<String>);

impl Words {
    fn of(line: &str) -> Self {
        let mut words = Vec::new();
        for (index, part) in line.split('"').enumerate() {
            match index % 2 {
                1 => words.push(part.to_owned()),
                _ => words
                    .extend(part.split([' ', ',']).filter(|w| !w.is_empty()).map(str::to_owned)),
            }
        }
        words.reverse();
        Self(words)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn text(&mut self) -> Option<String> {
        self.0.pop()
    }

    /// Takes the next word if it is this one.
    fn take(&mut self, word: &str) -> bool {
        let is = self.0.last().is_some_and(|next| next == word);
        if is {
            self.0.pop();
        }
        is
    }

    fn number<T: std::str::FromStr>(&mut self) -> Option<T> {
        self.text()?.parse().ok()
    }

    /// `3s`, `200ms`, `2m`.
    fn time(&mut self) -> Option<Duration> {
        let text = self.text()?;
        let unit = text.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = text[..unit].parse().ok()?;
        match &text[unit..] {
            "ms" => Some(Duration::from_millis(number)),
            "s" => Some(Duration::from_secs(number)),
            "m" => Some(Duration::from_secs(60 * number)),
            _ => None,
        }
    }
}
