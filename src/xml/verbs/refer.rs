//! Refer and SIPTransfer: the caller's phone calls somebody else.

use super::{Outcome, Stage, Then};
use crate::{
    base::{EndReason, HangupCause},
    call::{ReferTo, Referral, Step},
    xml::report,
};

/// Twilio's Refer: the document goes on, whatever comes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct Refer {
    /// Where the phone is sent.
    pub to: ReferTo,
    /// The follow-up; without one the next verb is next.
    pub then: Option<Then>,
}

impl Refer {
    /// A phone that leaves is told of all the same (`reference/twiml.md` 2.0).
    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        let referral = stage.call.refer(&self.to).await?;
        if referral.gone && referral.succeeded() {
            stage.call.memory.end = Some(EndReason::SentOn);
        }
        let told = told(&referral);
        let parameters = report::referral(&referral);
        Ok(match &self.then {
            Some(then) => then.settle(stage, told, parameters, referral.gone).await,
            None => {
                report::remember(stage.call, parameters);
                Outcome::next(told)
            }
        })
    }
}

/// Plivo's SIPTransfer: the call leaves us, unless it cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::xml) struct SipTransfer {
    /// Where the phone is sent, best first.
    pub to: Vec<ReferTo>,
}

impl SipTransfer {
    /// A call that is not answered is redirected. One that is answered is referred, to one address after
    /// the other; if none takes it, the next element is next.
    pub async fn run(&self, stage: &mut Stage<'_>) -> Step<Outcome> {
        if !stage.call.is_answered() {
            stage.call.memory.end = Some(EndReason::SentOn);
            return Err(stage.call.send_on(&self.to).await);
        }
        let mut last = Referral::default();
        for to in &self.to {
            last = stage.call.refer(to).await?;
            if last.succeeded() {
                stage.call.memory.end = Some(EndReason::SentOn);
                return Err(stage.call.hang_up(&HangupCause::BLIND_TRANSFER).await);
            }
            if last.gone {
                break;
            }
        }
        Ok(Outcome::next(told(&last)))
    }
}

fn told(referral: &Referral) -> String {
    let code = |code: Option<u16>| code.map_or("nothing".to_owned(), |code| code.to_string());
    let gone = if referral.gone { ", gone" } else { "" };
    format!("answered {}, then told {}{gone}", code(referral.reply), code(referral.notified))
}
