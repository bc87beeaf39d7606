//! What a call tells while a document runs, line by line, the same in every run.

use pivot::base::Happening;
use regex::Regex;
use std::sync::{Arc, Mutex};

/// The lines of one call's story.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    lines: Arc<Mutex<Vec<String>>>,
    /// Before each line.
    mark: &'static str,
}

impl Lines {
    pub fn add(&self, line: String) {
        self.lines.lock().unwrap().push(format!("{}{line}", self.mark));
    }

    /// The same story, told by a leg.
    pub fn of_leg(&self) -> Self {
        Self { lines: Arc::clone(&self.lines), mark: "leg: " }
    }

    /// Takes what the executor tells; prompts and keys are in the switch's part.
    pub fn take(&self, what: &Happening) {
        let line = match what {
            Happening::Answered => "answered".to_owned(),
            Happening::StepStarted { step, detail, at } => format!("{at} {step} [{detail}]"),
            Happening::StepEnded { step, outcome } => format!("  {step}: {outcome}"),
            Happening::Noted { error, message } => {
                format!("  {}: {message}", if *error { "error" } else { "note" })
            }
            Happening::Ended(end) => format!("ended: {} by {:?}", end.cause, end.by),
            _ => return,
        };
        self.add(line);
    }

    pub fn text(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }
}

/// The caller's channel, whose id a case fixes.
const CALLER: &str = "7d000000-0000-4000-8000-000000000001";

/// Ids that are drawn become `<id 1>`, `<id 2>` in the order in which they occur; moments of the clock
/// become `<moment>`.
pub fn settled(text: &str) -> String {
    let id = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[A-Z]{2}[0-9a-f]{32}";
    let id = Regex::new(&format!("\\b({id})\\b")).unwrap();
    let mut seen: Vec<String> = Vec::new();
    let text = id.replace_all(text, |found: &regex::Captures<'_>| {
        let found = &found[0];
        if found == CALLER {
            return "<call>".to_owned();
        }
        let known = seen.iter().position(|id| id == found).unwrap_or_else(|| {
            seen.push(found.to_owned());
            seen.len() - 1
        });
        format!("<id {}>", known + 1)
    });
    let moment = "[A-Za-z]*(?:StartMs|EndMs|StartTime|EndTime|JoinTime|Timestamp|SessionStart)";
    let value = "(?:[A-Z][a-z]{2}, [^+-]*[+-]\\d{4}|\\d{4}-\\d\\d-\\d\\d[T ][0-9:.]+Z?|\\d{10,})";
    let moment = Regex::new(&format!("\\b({moment})={value}")).unwrap();
    shorter(&moment.replace_all(&text, "$1=<moment>"))
}

/// Lines that repeat themselves more than three times are there once.
fn shorter(text: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (mut short, mut at) = (String::new(), 0);
    while at < lines.len() {
        let rest = &lines[at..];
        let again = |length: usize| {
            let mut parts = rest.chunks_exact(length);
            let first = parts.next();
            1 + parts.take_while(|part| Some(*part) == first).count()
        };
        let most = 6.min(rest.len());
        match (1..=most).map(|length| (length, again(length))).find(|(_, times)| *times > 3) {
            Some((length, times)) => {
                short.push_str(&rest[..length].concat());
                let what = if length == 1 { "line".to_owned() } else { format!("{length} lines") };
                short.push_str(&format!("  (the last {what} {times} times)\n"));
                at += length * times;
            }
            None => {
                short.push_str(rest[0]);
                at += 1;
            }
        }
    }
    short
}
