//! From the tree to verbs: which element is which verb, and what happens to those that are none.

use super::{
    attributes::Attributes,
    content,
    dialect::Dialect,
    notes::Notes,
    plivo,
    tree::{At, Element},
    twiml,
    verbs::{Action, Answer, Compiled, Verb},
};
use crate::base::nearest;

/// Verbs of both dialects, by name.
const KNOWN: [&str; 31] = [
    "Say",
    "Play",
    "Pause",
    "Gather",
    "Record",
    "Dial",
    "Redirect",
    "Hangup",
    "Reject",
    "Refer",
    "Echo",
    "SIPTransfer",
    "Notify",
    "Set",
    "Variable",
    "Start",
    "Stop",
    "Connect",
    "Stream",
    "Speak",
    "Wait",
    "GetDigits",
    "GetInput",
    "GetSpeech",
    "PreAnswer",
    "DTMF",
    "Conference",
    "Enqueue",
    "Leave",
    "Queue",
    "MultiPartyCall",
];

/// Verbs beside the call, whose absence changes nothing that the caller hears: they are left out.
const LEFT_OUT: [(&str, &str); 3] = [
    ("Sms", "no message is sent"),
    ("Message", "no message is sent"),
    ("Annotate", "nothing is annotated"),
];

/// Verbs that the rest of a document rests on: without them it would do something else than it says.
const NEEDED: [&str; 2] = ["Pay", "Prompt"];

/// The verbs of a document; `None` if it must not be run.
///
/// A verb that no dialect has: Twilio's schema warning 12200 is not fatal (`reference/twiml.md` 3.1
/// and 5, 12), so TwiML goes on without it; Plivo answers 8011, "Invalid Answer XML", and its
/// ancestor refuses the whole document before anything runs (`reference/plivo.md` 6).
pub(super) fn document(root: &Element, dialect: Dialect, notes: &mut Notes) -> Option<Vec<Verb>> {
    Attributes::of(root, notes).done();
    content::no_text(root, notes);
    let mut compiler = Compiler { dialect, notes, verbs: Vec::new(), refused: false };
    for element in root.elements() {
        compiler.element(element, false);
    }
    compiler.remark_on_the_unreachable();
    let Compiler { verbs, refused, .. } = compiler;
    (!refused).then_some(verbs)
}

struct Compiler<'n> {
    dialect: Dialect,
    notes: &'n mut Notes,
    verbs: Vec<Verb>,
    refused: bool,
}

impl Compiler<'_> {
    /// Takes one element of the document or, if `early`, of a `<PreAnswer>`.
    fn element(&mut self, element: &Element, early: bool) {
        let plivo = self.dialect == Dialect::Plivo;
        let notes = &mut *self.notes;
        let (name, verb) = match element.name.as_str() {
            "Say" => ("Say", twiml::say(element, notes)),
            "Play" if plivo => ("Play", plivo::play(element, notes)),
            "Play" => ("Play", twiml::play(element, notes)),
            "Pause" => ("Pause", Some(twiml::pause(element, notes))),
            "Gather" => ("Gather", Some(twiml::gather(element, notes))),
            "Record" if plivo => ("Record", Some(plivo::record(element, notes))),
            "Record" => ("Record", Some(twiml::record(element, notes))),
            "Dial" if plivo => ("Dial", Some(plivo::dial(element, notes))),
            "Dial" => ("Dial", Some(twiml::dial(element, notes))),
            "Redirect" => ("Redirect", Some(twiml::redirect(element, notes))),
            "Hangup" if plivo => ("Hangup", Some(plivo::hangup(element, notes))),
            "Hangup" => ("Hangup", Some(twiml::hangup(element, notes))),
            "Reject" => ("Reject", Some(twiml::reject(element, notes))),
            "Set" => ("Set", Some(twiml::set(element, notes))),
            "Variable" => ("Variable", Some(twiml::variable(element, notes))),
            "Speak" => ("Speak", plivo::speak(element, notes)),
            "Wait" => ("Wait", Some(plivo::wait(element, notes))),
            "GetDigits" => ("GetDigits", Some(plivo::get_digits(element, notes))),
            "GetInput" => ("GetInput", Some(plivo::get_input(element, notes))),
            "GetSpeech" => ("GetSpeech", Some(plivo::get_speech(element, notes))),
            "DTMF" => ("DTMF", plivo::dtmf(element, notes)),
            "Refer" => ("Refer", twiml::refer(element, notes)),
            "Echo" => ("Echo", Some(twiml::echo(element, notes))),
            "SIPTransfer" => ("SIPTransfer", plivo::sip_transfer(element, notes)),
            "Notify" => ("Notify", plivo::notify(element, notes)),
            "Leave" => ("Leave", Some(twiml::leave(element, notes))),
            "Queue" => ("Queue", Some(twiml::queue(element, notes))),
            "Enqueue" => match twiml::enqueue(element, notes) {
                Some(made) => ("Enqueue", Some(made)),
                None => {
                    self.refused = true;
                    return;
                }
            },
            "Conference" => ("Conference", plivo::conference(element, notes)),
            "MultiPartyCall" => ("MultiPartyCall", plivo::multi_party_call(element, notes)),
            "Start" => {
                let begun = twiml::start(element, notes);
                begun.into_iter().for_each(|(at, made)| self.step("Start", at, made, early));
                return;
            }
            "Stop" => {
                let ended = twiml::stop(element, notes);
                ended.into_iter().for_each(|(at, made)| self.step("Stop", at, made, early));
                return;
            }
            "Connect" => {
                match twiml::connect(element, notes) {
                    twiml::Connected::Session(made) => {
                        self.step("Connect", element.at, *made, early);
                    }
                    twiml::Connected::LeftOut => {}
                    twiml::Connected::Refused => self.refused = true,
                }
                return;
            }
            "Stream" => ("Stream", plivo::stream(element, notes)),
            "PreAnswer" if early => {
                notes.warn(element.at, "<PreAnswer> inside <PreAnswer> is ignored");
                return;
            }
            "PreAnswer" => {
                self.pre_answer(element);
                return;
            }
            _ => {
                self.no_verb(element);
                return;
            }
        };
        if let Some(made) = verb {
            self.step(name, element.at, made, early);
        }
    }

    /// One more verb of the document.
    fn step(&mut self, name: &'static str, at: At, made: Compiled, early: bool) {
        let (action, detail, answer) = made;
        let answer = if early { Answer::Never } else { answer };
        let detail = detail.chars().take(200).collect();
        self.verbs.push(Verb { name, at, detail, answer, action });
    }

    /// Its children follow it, without answering the call: early media (`reference/plivo.md` 4.0).
    fn pre_answer(&mut self, element: &Element) {
        Attributes::of(element, self.notes).done();
        content::no_text(element, self.notes);
        self.verbs.push(Verb {
            name: "PreAnswer",
            at: element.at,
            detail: String::new(),
            answer: Answer::Never,
            action: Action::PreAnswer,
        });
        let allowed = [
            "Speak",
            "Play",
            "Wait",
            "GetDigits",
            "Redirect",
            "DTMF",
            "Say",
            "Pause",
            "SIPTransfer",
        ];
        for inner in element.elements() {
            let name = inner.name.as_str();
            if allowed.contains(&name) || !KNOWN.contains(&name) {
                self.element(inner, true);
            } else {
                let message = format!("<{name}> inside <PreAnswer> is ignored");
                self.notes.warn(inner.at, message);
            }
        }
    }

    fn no_verb(&mut self, element: &Element) {
        let name: String = element.name.chars().take(60).collect();
        if let Some((_, instead)) = LEFT_OUT.iter().find(|(known, _)| *known == name) {
            let message = format!("<{name}> is not supported and is left out: {instead}");
            self.notes.warn(element.at, message);
            return;
        }
        if NEEDED.contains(&name.as_str()) {
            let message = format!("<{name}> is not supported: the document cannot be run");
            self.notes.error(element.at, message);
            self.refused = true;
            return;
        }
        // No dialect has names with a prefix.
        let local = name.rsplit(':').next().unwrap_or_default();
        let meant = nearest(local, KNOWN).map(|word| format!("; did you mean <{word}>?"));
        let meant = meant.unwrap_or_default();
        let (at, dialect) = (element.at, self.dialect);
        match dialect {
            Dialect::Twiml => {
                self.notes
                    .error(at, format!("{dialect} has no verb <{name}>; it is left out{meant}"));
            }
            Dialect::Plivo => {
                let message =
                    format!("{dialect} has no element <{name}>; the document cannot be run{meant}");
                self.notes.error(at, message);
                self.refused = true;
            }
        }
    }

    fn remark_on_the_unreachable(&mut self) {
        let leaving = self.verbs.iter().position(|verb| verb.action.always_leaves());
        let Some(leaving) = leaving else { return };
        if let (Some(last), Some(next)) = (self.verbs.get(leaving), self.verbs.get(leaving + 1)) {
            let message =
                format!("<{}> never runs: <{}> leaves the document", next.name, last.name);
            self.notes.warn(next.at, message);
        }
    }
}
