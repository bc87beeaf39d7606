//! A request with its retries, attempt by attempt, so that whoever asks can tell each one.

use super::{
    Answer, Door, HttpError, Request,
    door::Trial,
    retry::{self, Then},
};
use crate::base::{Attempt, Settings, web::masked};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A request under way.
///
/// ```text
/// let mut asking = door.asking(request);
/// while let Some((attempt, outcome)) = asking.attempt().await { … }
/// let answer = asking.outcome();
/// ```
#[derive(Debug)]
pub struct Asking<'d> {
    door: &'d Door,
    request: Request,
    settings: Settings,
    /// When the time for this URL is over; it begins with the first attempt.
    until: Option<Instant>,
    made: u32,
    /// The pause before the next attempt; `None` if there is none.
    pause: Option<Duration>,
    outcome: Option<Result<Answer, HttpError>>,
}

impl<'d> Asking<'d> {
    pub(super) fn new(door: &'d Door, request: Request) -> Self {
        let settings = door.settings(&request);
        let pause = Some(Duration::ZERO);
        Self { door, request, settings, until: None, made: 0, pause, outcome: None }
    }

    /// Waits for the pause before the next attempt; `false` if there is none to make.
    pub async fn due(&mut self) -> bool {
        let Some(pause) = self.pause else { return false };
        if !pause.is_zero() {
            sleep(pause).await;
        }
        self.pause = Some(Duration::ZERO);
        true
    }

    /// Makes the next attempt when it is due, and gives it with what came of it; `None` if there is none
    /// to make. Dropped half way, the attempt is broken off and nothing more is asked.
    pub async fn attempt(&mut self) -> Option<(Attempt, &Result<Answer, HttpError>)> {
        if !self.due().await {
            return None;
        }
        self.pause = None;
        let until = *self.until.get_or_insert_with(|| Instant::now() + self.settings.total);
        self.made += 1;
        let (trial, outcome) =
            self.door.attempt(&self.request, &self.settings, self.made, until).await;
        let left = until.saturating_duration_since(Instant::now());
        let then = retry::after(
            outcome.as_ref().map(|answer| answer.status),
            self.made,
            left,
            &self.settings,
            rand::random(),
        );
        let attempt = self.told(trial, &outcome, &then);
        self.pause = then.again;
        Some((attempt, self.outcome.insert(outcome)))
    }

    /// What came of the last attempt. Any status is an answer.
    pub fn outcome(self) -> Result<Answer, HttpError> {
        let host = self.request.hop.host();
        self.outcome.unwrap_or(Err(HttpError::Timeout { host, within: Duration::ZERO }))
    }

    fn told(&self, trial: Trial, outcome: &Result<Answer, HttpError>, then: &Then) -> Attempt {
        Attempt {
            number: self.made,
            url: masked(self.request.url()),
            region: trial.region,
            instead_of: trial.instead_of,
            resolve: trial.laps.resolve,
            connect: trial.laps.connect,
            tls: trial.laps.tls,
            first_byte: trial.first_byte,
            total: trial.total,
            status: outcome.as_ref().ok().map(|answer| answer.status),
            failure: outcome.as_ref().err().map(HttpError::kind),
            then: then.why.clone(),
        }
    }
}
