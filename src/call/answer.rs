//! Answering, ringing, refusing.

use super::{Call, Interrupt, Step};
use crate::{
    base::{HangupCause, limits},
    esl::Api,
};

/// How long `answer` and its like may take: the caller's side has to acknowledge.
const PATIENCE: std::time::Duration = limits::APPLICATION_GRACE;

/// A refusal with a SIP status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    code: u16,
    reason: String,
}

impl Rejection {
    /// A status from 300 to 699 with its reason phrase; other codes, which the switch would not send
    /// (QUIRKS: respond-codes), become 480. Characters that cannot stand in a status line are left
    /// out.
    pub fn new(code: u16, reason: &str) -> Self {
        let code = if (300..=699).contains(&code) { code } else { 480 };
        let reason = reason.chars().filter(|c| !c.is_control()).take(128).collect();
        Self { code, reason }
    }

    /// The SIP status.
    pub fn code(&self) -> u16 {
        self.code
    }
}

impl Call {
    /// Answers the caller's leg, if it is not answered yet.
    ///
    /// The API function does at once, and without two events of 7 KB, what the application `answer`
    /// does in the channel's next frame (QUIRKS: price-of-events).
    pub async fn answer(&mut self) -> Step<()> {
        if self.is_answered() {
            return Ok(());
        }
        let uuid = self.facts.call_id.clone();
        let reply = self.ask(Api::Answer { uuid: &uuid }).await?;
        if reply.starts_with('-') {
            // The caller has just gone, and we are about to hear of it.
            self.pause(limits::ESL_REPLY).await?;
            return Err(Interrupt::Refused { application: "uuid_answer", reply });
        }
        self.note_answer();
        Ok(())
    }

    /// Opens early media towards the caller without answering.
    pub async fn pre_answer(&mut self) -> Step<()> {
        if !self.is_answered() {
            self.run("pre_answer", "", PATIENCE).await?;
        }
        Ok(())
    }

    /// Tells the caller's phone to ring.
    pub async fn ring(&mut self) -> Step<()> {
        if !self.is_answered() {
            self.run("ring_ready", "", PATIENCE).await?;
        }
        Ok(())
    }

    /// Refuses the call with a SIP status; after an answer it is hung up instead. Gives the interrupt
    /// that ends the call.
    pub async fn reject(&mut self, rejection: &Rejection) -> Interrupt {
        self.progress.we_hung_up = true;
        let Rejection { code, reason } = rejection;
        let argument = format!("{code} {reason}");
        match self.run("respond", argument.trim_end(), PATIENCE).await {
            Err(interrupt) => interrupt,
            // The switch takes the call down after the application has completed.
            Ok(_) => match self.pause(PATIENCE).await {
                Err(interrupt) => interrupt,
                Ok(()) => self.hang_up(&HangupCause::CALL_REJECTED).await,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Rejection;

    #[test]
    fn only_final_refusals_are_sent() {
        let codes = [100, 183, 200, 299, 300, 486, 603, 699, 700, 999];
        let sent = codes.map(|code| Rejection::new(code, "").code());
        assert_eq!(sent, [480, 480, 480, 480, 300, 486, 603, 699, 480, 480]);
        assert_eq!(Rejection::new(486, "Busy\r\nX: y").reason, "BusyX: y");
    }
}
