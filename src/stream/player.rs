//! What the customer's server wants the caller to hear, in order, and the marks between it.

use super::audio::frame_of;
use crate::base::limits;
use std::collections::VecDeque;

/// Sound that waits to be played, and marks.
#[derive(Debug)]
pub(super) struct Player {
    queue: VecDeque<Item>,
    /// Samples that wait.
    waiting: usize,
    room: usize,
    frame: usize,
}

#[derive(Debug)]
enum Item {
    /// Samples, and how many of them have been played.
    Sound(Vec<i16>, usize),
    Mark(String),
}

impl Player {
    /// For sound at this rate.
    pub(super) fn new(rate: u32) -> Self {
        let seconds = usize::try_from(limits::STREAM_PLAYBACK.as_secs()).unwrap_or(usize::MAX);
        let room = seconds.saturating_mul(usize::try_from(rate).unwrap_or(8_000));
        Self { queue: VecDeque::new(), waiting: 0, room, frame: frame_of(rate) }
    }

    /// Whether more may be taken in. Where not, the customer's server is not read for a while: what it
    /// sends waits in its own memory.
    pub(super) fn has_room(&self) -> bool {
        self.waiting < self.room && self.queue.len() < limits::STREAM_ITEMS
    }

    pub(super) fn play(&mut self, samples: Vec<i16>) {
        if !samples.is_empty() {
            self.waiting += samples.len();
            self.queue.push_back(Item::Sound(samples, 0));
        }
    }

    pub(super) fn mark(&mut self, name: String) {
        self.queue.push_back(Item::Mark(name));
    }

    /// Forgets all sound; gives the marks that were not reached.
    pub(super) fn clear(&mut self) -> Vec<String> {
        self.waiting = 0;
        let marks = self.queue.drain(..).filter_map(|item| match item {
            Item::Mark(name) => Some(name),
            Item::Sound(..) => None,
        });
        marks.collect()
    }

    /// The next 20 ms, if there is sound, and the marks that have been reached: those behind which the
    /// last frame ended.
    pub(super) fn next(&mut self) -> (Option<Vec<i16>>, Vec<String>) {
        let mut reached = Vec::new();
        while let Some(Item::Mark(_)) = self.queue.front() {
            if let Some(Item::Mark(name)) = self.queue.pop_front() {
                reached.push(name);
            }
        }
        let mut frame = Vec::new();
        while frame.len() < self.frame
            && let Some(Item::Sound(samples, played)) = self.queue.front_mut()
        {
            let wanted = self.frame - frame.len();
            let end = samples.len().min(*played + wanted);
            frame.extend_from_slice(&samples[*played..end]);
            self.waiting -= end - *played;
            *played = end;
            if end == samples.len() {
                self.queue.pop_front();
            }
        }
        if frame.is_empty() {
            return (None, reached);
        }
        // The end of what is said: the rest of the frame is silence.
        frame.resize(self.frame, 0);
        (Some(frame), reached)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(player: &mut Player) -> Vec<String> {
        player.next().1
    }

    #[test]
    fn marks_are_reached_when_what_stands_before_them_has_been_played() {
        let mut player = Player::new(8_000);
        player.mark("at once".to_owned());
        player.play(vec![1; 200]);
        player.mark("after".to_owned());
        player.play(vec![2; 160]);
        let (frame, reached) = player.next();
        assert_eq!((frame.unwrap().len(), reached), (160, vec!["at once".to_owned()]));
        // A mark ends a frame: what follows it has not been heard when it is told.
        let (frame, reached) = player.next();
        assert_eq!(frame.unwrap().iter().filter(|s| **s == 1).count(), 40);
        assert!(reached.is_empty());
        let (frame, reached) = player.next();
        assert_eq!((frame.unwrap(), reached), (vec![2; 160], vec!["after".to_owned()]));
        assert_eq!(player.next(), (None, vec![]));
    }

    #[test]
    fn clearing_gives_back_the_marks_in_order() {
        let mut player = Player::new(8_000);
        player.play(vec![1; 800]);
        player.mark("a".to_owned());
        player.play(vec![1; 800]);
        player.mark("b".to_owned());
        assert_eq!(player.clear(), ["a", "b"]);
        assert_eq!(player.next(), (None, vec![]));
        assert!(marks(&mut player).is_empty());
    }

    #[test]
    fn sound_and_marks_are_bounded() {
        let mut player = Player::new(8_000);
        let seconds = limits::STREAM_PLAYBACK.as_secs() as usize;
        (0..seconds).for_each(|_| player.play(vec![0; 8_000]));
        assert!(!player.has_room());
        player.next();
        assert!(player.has_room());
        player.clear();
        (0..limits::STREAM_ITEMS).for_each(|_| player.mark(String::new()));
        assert!(!player.has_room());
    }
}
