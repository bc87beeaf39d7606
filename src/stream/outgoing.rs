//! Messages that wait for the customer's server. One that reads slowly loses the oldest sound; how much
//! is counted. Nothing grows.

use crate::base::limits;
use std::collections::VecDeque;

/// Messages in order.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    queue: VecDeque<Message>,
    sounds: usize,
    lost: u64,
    /// The highest tenth of the room that has been told.
    told: usize,
}

#[derive(Debug)]
struct Message {
    text: String,
    sound: bool,
}

/// How full it was when a customer is told (Plivo's DegradedStream: at 30, 60 and 90 %).
const LEVELS: [usize; 3] = [30, 60, 90];

impl Outgoing {
    /// A frame of sound. Gives how full the room is, in hundredths, when a level is passed.
    pub(super) fn sound(&mut self, text: String) -> Option<u32> {
        if self.sounds >= limits::STREAM_WAITING {
            if let Some(oldest) = self.queue.iter().position(|message| message.sound) {
                self.queue.remove(oldest);
                self.sounds -= 1;
            }
            self.lost += 1;
        }
        self.sounds += 1;
        self.queue.push_back(Message { text, sound: true });
        let full = self.sounds * 100 / limits::STREAM_WAITING;
        let level = LEVELS.into_iter().rfind(|level| full >= *level).unwrap_or_default();
        let passed = level > self.told;
        self.told = if full == 0 { 0 } else { self.told.max(level) };
        passed.then(|| u32::try_from(level).unwrap_or(100))
    }

    /// Any other message: never left out. `false` if there is no room for it.
    pub(super) fn push(&mut self, text: String) -> bool {
        let room = self.queue.len() < limits::STREAM_WAITING * 2;
        if room {
            self.queue.push_back(Message { text, sound: false });
        }
        room
    }

    pub(super) fn take(&mut self) -> Option<String> {
        let message = self.queue.pop_front()?;
        self.sounds -= usize::from(message.sound);
        if self.sounds == 0 {
            self.told = 0;
        }
        Some(message.text)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Drops the sound that waits: the stream has ended.
    pub(super) fn only_words(&mut self) {
        self.queue.retain(|message| !message.sound);
        self.sounds = 0;
    }

    /// Frames that were never sent.
    pub(super) fn lost(&self) -> u64 {
        self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_server_loses_the_oldest_sound_and_no_word() {
        let mut outgoing = Outgoing::default();
        assert!(outgoing.push("start".to_owned()));
        let mut levels = Vec::new();
        for n in 0..limits::STREAM_WAITING + 3 {
            levels.extend(outgoing.sound(n.to_string()));
        }
        assert_eq!((levels, outgoing.lost()), (vec![30, 60, 90], 3));
        assert_eq!(outgoing.take().as_deref(), Some("start"));
        assert_eq!(outgoing.take().as_deref(), Some("3"));
        outgoing.push("stop".to_owned());
        outgoing.only_words();
        assert_eq!(outgoing.take().as_deref(), Some("stop"));
        assert!(outgoing.is_empty());
        // Once it has caught up, slowness is told anew.
        let again: Vec<_> =
            (0..limits::STREAM_WAITING).filter_map(|_| outgoing.sound(String::new())).collect();
        assert_eq!(again, [30, 60, 90]);
    }

    #[test]
    fn words_are_bounded_too() {
        let mut outgoing = Outgoing::default();
        let taken = (0..limits::STREAM_WAITING * 3).filter(|_| outgoing.push(String::new()));
        assert_eq!(taken.count(), limits::STREAM_WAITING * 2);
    }
}
