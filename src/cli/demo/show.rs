//! The display: what the caller hears and does, what the server asks, and the CDR, as it happens.

use crate::{
    base::{CallEvent, Happening},
    sim::{Asked, Observation, Seen},
};
use anstyle::{AnsiColor, Style};
use std::time::Duration;
use tokio::time::Instant;

/// Something to show.
#[derive(Debug)]
pub(super) enum Shown {
    /// From the caller's side of the line.
    Caller(Observation),
    /// From the server's story of the call.
    Server(CallEvent),
}

/// Prints the calls.
#[derive(Debug)]
pub(super) struct Display {
    began: Instant,
    speed: u32,
}

const CALLER: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Cyan)));
const SERVER: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Magenta)));
const GOOD: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Green))).bold();
const BAD: Style = Style::new().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red))).bold();
const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

impl Display {
    /// A display of calls that are played that many times as fast as life.
    pub(super) fn new(speed: u32) -> Self {
        Self { began: Instant::now(), speed }
    }

    pub(super) fn heading(&mut self, number: usize, of: usize, title: &str) {
        self.began = Instant::now();
        anstream::println!("\n{STRONG}call {number} of {of}: {title}{STRONG:#}");
    }

    pub(super) fn show(&self, shown: &Shown) {
        match shown {
            Shown::Caller(observation) => match &observation.what {
                // The story tells of legs and fetches; the caller tells of everything that is heard.
                Seen::Dialled { .. } | Seen::LegRinging(_) | Seen::LegAnswered(_) => {}
                Seen::LegEnded { .. } | Seen::Finished(_) => {}
                seen => self.line(CALLER, "caller", &seen.to_string()),
            },
            Shown::Server(event) => {
                if let Some(text) = told(&event.what, self.speed) {
                    self.line(SERVER, "pivot", &text);
                }
            }
        }
    }

    pub(super) fn cdr(&self, cdr: &Asked) {
        let field = |name: &str| cdr.parameter(name).unwrap_or("–").to_owned();
        let text = format!(
            "{} by {}, {} s in all, {} s billed, from {} to {}",
            field("Hangup-Cause"),
            field("Hung-Up-By"),
            field("Duration-Seconds"),
            field("Billing-Seconds"),
            field("Caller-ID-Number"),
            field("Caller-Destination-Number"),
        );
        self.line(GOOD, "cdr", &text);
    }

    pub(super) fn verdict(&self, mistakes: &[String]) {
        for mistake in mistakes {
            anstream::println!("  {BAD}✗ {mistake}{BAD:#}");
        }
        if mistakes.is_empty() {
            anstream::println!("  {GOOD}✓ as its script says{GOOD:#}");
        }
    }

    pub(super) fn summary(good: usize, bad: usize, took: Duration) {
        let style = if bad == 0 { GOOD } else { BAD };
        let took = took.as_secs_f64();
        anstream::println!(
            "\n{style}{good} calls as their scripts say, {bad} not{style:#} (took {took:.1} s)"
        );
    }

    fn line(&self, style: Style, who: &str, what: &str) {
        // Seconds of the call, as in its CDR, not those of the onlooker.
        let at = (self.began.elapsed() * self.speed).as_secs_f64();
        anstream::println!("  {FAINT}{at:6.2}s{FAINT:#}  {style}{who:<6}{style:#}  {what}");
    }
}

/// A line for what an onlooker cannot hear.
fn told(what: &Happening, speed: u32) -> Option<String> {
    Some(match what {
        Happening::Fetching { method, url, parameters } => {
            format!("asks {method} {url}{}", telling(parameters))
        }
        Happening::Attempted(attempt) if !attempt.is_plain() => attempt.to_string(),
        Happening::Fetched { status, dialect, bytes, took, .. } => {
            format!("gets {status}, {dialect}, {bytes} bytes in {} ms", took.as_millis())
        }
        Happening::FetchFailed { kind, reason, .. } => {
            format!("gets no document ({kind}): {reason}")
        }
        Happening::StepStarted { step, at, .. } => format!("runs {step} ({at})"),
        Happening::LegRinging(leg) => format!("{} is ringing", leg.to),
        Happening::LegAnswered(leg) => format!("{} has answered", leg.to),
        Happening::LegEnded { leg, cause, talked } => {
            let talked = (*talked * speed).as_secs_f64();
            format!("{} has ended: {cause} after {talked:.1} s", leg.to)
        }
        Happening::Noted { message, .. } => message.clone(),
        _ => return None,
    })
}

/// The parameters that say what happened.
fn telling(parameters: &[(String, String)]) -> String {
    const WORTH: [&str; 6] =
        ["Digits", "DialStatus", "DialCallStatus", "RecordUrl", "ErrorCode", "Error-Code"];
    let worth = parameters.iter().filter(|(name, _)| WORTH.contains(&name.as_str()));
    worth.map(|(name, value)| format!("  {name}={value}")).collect()
}
