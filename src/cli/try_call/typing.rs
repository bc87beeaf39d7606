//! What the person at the terminal, or a pipe, types becomes what the caller does.

use crate::sim::{Live, Prompt, Seen};
use std::{
    io::{BufRead, IsTerminal},
    time::Duration,
};
use tokio::sync::{Notify, mpsc};

/// What has begun since the last line was done. Lines of a pipe wait for it; a person does that by ear.
#[derive(Debug, Default)]
pub(super) struct Begun {
    prompt: Notify,
    recording: Notify,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
enum Line {
    Keys(String),
    Speak(Duration),
    HangUp,
}

impl Begun {
    pub(super) fn notice(&self, seen: &Seen) {
        match seen {
            Seen::Started(Prompt::Silence(_)) => {}
            Seen::Started(_) => self.prompt.notify_one(),
            Seen::Recording(_) => self.recording.notify_one(),
            _ => {}
        }
    }
}

/// Does what standard input says. At its end a person hangs up; a pipe leaves the call to its document.
pub(super) async fn follow(acts: mpsc::UnboundedSender<Live>, begun: &Begun) {
    let piped = !std::io::stdin().is_terminal();
    let mut lines = lines();
    let mut spoke = false;
    while let Some(line) = lines.recv().await {
        let line = Line::read(&line);
        if piped {
            match line {
                Line::Speak(_) => begun.recording.notified().await,
                // The key that ends what was spoken follows at once.
                _ if spoke => {}
                _ => begun.prompt.notified().await,
            }
        }
        spoke = matches!(line, Line::Speak(_));
        // The call may be over: then nobody takes the act, and this task is ended.
        match line {
            Line::Keys(keys) => keys.chars().for_each(|key| {
                let _ = acts.send(Live::Type(key));
            }),
            Line::Speak(length) => {
                let _ = acts.send(Live::Sound(true));
                tokio::time::sleep(length).await;
                let _ = acts.send(Live::Sound(false));
            }
            Line::HangUp => {
                let _ = acts.send(Live::HangUp);
            }
        }
    }
    if piped {
        // A caller whose line of acts is dropped hangs up, so it is kept.
        std::future::pending().await
    }
}

/// Lines of standard input, read by a thread of their own: a read cannot be given up, and the program
/// must not wait for one when the call is over.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (give, take) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if give.send(line).is_err() {
                return;
            }
        }
    });
    take
}

impl Line {
    fn read(line: &str) -> Self {
        let line = line.trim();
        let spoken = line.strip_prefix("say ").and_then(|n| n.trim().parse::<f32>().ok());
        match (line, spoken) {
            (_, Some(seconds)) if seconds.is_finite() => {
                Self::Speak(Duration::from_secs_f32(seconds.clamp(0.1, 600.0)))
            }
            ("" | "h" | "hangup", _) => Self::HangUp,
            _ => Self::Keys(line.chars().filter(|c| !c.is_whitespace()).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_keys_speech_or_the_end() {
        let cases = [
            ("1 2#", Line::Keys("12#".to_owned())),
            (" say 2 ", Line::Speak(Duration::from_secs(2))),
            ("say 9999", Line::Speak(Duration::from_secs(600))),
            ("", Line::HangUp),
            ("h", Line::HangUp),
        ];
        for (text, expected) in cases {
            assert_eq!(Line::read(text), expected, "{text:?}");
        }
    }
}
