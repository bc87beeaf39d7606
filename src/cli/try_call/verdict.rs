//! Whether a call ended in order.

use crate::{
    base::Happening,
    sim::{Outcome, Party},
};

/// What the story says so far: whether something of the customer's is being run.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    runs: bool,
}

impl Verdict {
    pub(super) fn tell(&mut self, what: &Happening) {
        match what {
            Happening::Fetched { .. } | Happening::StepStarted { .. } => self.runs = true,
            // Caught if a step or a document follows: the `_` child.
            Happening::FetchFailed { .. } => self.runs = false,
            _ => {}
        }
    }

    /// `false` for a call that was given up, or that the server left. A refusal that a document asked
    /// for is in order, and so is a caller who hangs up.
    pub(super) fn in_order(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::HungUp { by: Party::Caller, .. } => true,
            Outcome::HungUp { .. } | Outcome::Transferred(_) => self.runs,
            Outcome::ContinuedDialplan | Outcome::Abandoned => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(by: Party) -> Outcome {
        Outcome::HungUp { cause: "DESTINATION_OUT_OF_ORDER".to_owned(), code: 502, by }
    }

    fn step() -> Happening {
        Happening::StepStarted {
            step: "tts".to_owned(),
            detail: String::new(),
            at: "/children/_".to_owned(),
        }
    }

    fn failure() -> Happening {
        let (step, at) = ("pivot".to_owned(), "/".to_owned());
        let (url, reason) = (String::new(), String::new());
        Happening::FetchFailed { step, at, url, kind: "document", reason }
    }

    #[test]
    fn only_an_uncaught_failure_is_out_of_order() {
        let mut verdict = Verdict::default();
        assert!(!verdict.in_order(&ended(Party::Server)));
        verdict.tell(&step());
        assert!(verdict.in_order(&ended(Party::Server)));
        verdict.tell(&failure());
        assert!(!verdict.in_order(&ended(Party::Server)));
        assert!(verdict.in_order(&ended(Party::Caller)));
        verdict.tell(&step());
        assert!(verdict.in_order(&ended(Party::Server)));
        assert!(!verdict.in_order(&Outcome::Abandoned));
    }
}
