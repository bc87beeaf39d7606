//! Sending the caller's phone elsewhere: REFER once the call is answered, 302 before.

use super::{Call, Interrupt, Step};
use crate::{
    base::{HangupCause, limits, phone::SipUri},
    esl::VariableName,
};
use std::{fmt, time::Duration};
use tokio::time::Instant;

/// How often we look what the phone has told the switch.
const EVERY: Duration = Duration::from_millis(250);

/// How long the last event of a call may take that has just gone.
const LAST_WORD: Duration = Duration::from_secs(2);

/// What mod_sofia keeps of a REFER: the phone's answer, and what it told afterwards.
const REPLY: &str = "sip_refer_status_code";
const PROVISIONAL: &str = "sip_refer_target_provisional_status_code";
const FINAL: &str = "sip_refer_target_status_code";

/// Where a phone is sent: an address, and headers that its INVITE shall have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferTo {
    uri: SipUri,
    headers: Vec<(String, String)>,
}

impl ReferTo {
    /// An address. Names of headers that are none are left out; values are escaped.
    pub fn new(uri: SipUri, headers: Vec<(String, String)>) -> Self {
        let is_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let headers = headers.into_iter().filter(|(name, _)| is_name(name));
        Self { uri, headers: headers.take(limits::DIAL_HEADERS).collect() }
    }
}

impl fmt::Display for ReferTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sip:{}", self.uri)?;
        for (index, (name, value)) in self.headers.iter().enumerate() {
            write!(f, "{}{name}=", if index == 0 { '?' } else { '&' })?;
            for byte in value.bytes() {
                match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                        write!(f, "{}", char::from(byte))?;
                    }
                    _ => write!(f, "%{byte:02X}")?,
                }
            }
        }
        Ok(())
    }
}

/// How sending a phone elsewhere went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Referral {
    /// The phone's answer to REFER.
    pub reply: Option<u16>,
    /// What it told last of the call that it makes.
    pub notified: Option<u16>,
    /// Whether it has left us.
    pub gone: bool,
}

impl Referral {
    /// Whether it is talking, or may be: told so, or gone after it agreed.
    pub fn succeeded(&self) -> bool {
        match self.notified {
            Some(code) if code >= 200 => code < 300,
            _ => self.gone && self.reply.is_some_and(|reply| reply < 300),
        }
    }

    fn is_final(&self) -> bool {
        self.reply.is_some_and(|code| code >= 300) || self.notified.is_some_and(|code| code >= 200)
    }
}

impl Call {
    /// Asks the caller's phone to call another address, and waits for what it tells of that. The call
    /// stays ours unless the phone leaves.
    ///
    /// By itself the switch would hang up (QUIRKS: deflect-hangs-up), and what it learns it tells in
    /// variables only.
    pub async fn refer(&mut self, to: &ReferTo) -> Step<Referral> {
        for name in [REPLY, PROVISIONAL, FINAL] {
            self.set_variable(name, None);
        }
        self.set_variable("sip_refer_continue_after_reply", Some("true"));
        match self.follow_referral(to).await {
            Err(Interrupt::HungUp) => {
                self.hear_out(Instant::now() + LAST_WORD).await;
                Ok(self.last_of_referral())
            }
            other => other,
        }
    }

    async fn follow_referral(&mut self, to: &ReferTo) -> Step<Referral> {
        self.run("deflect", &format!("<{to}>"), limits::APPLICATION_GRACE).await?;
        let give_up = Instant::now() + limits::REFERRAL;
        loop {
            let reply = self.status_in(REPLY).await?;
            let notified = match self.status_in(FINAL).await? {
                Some(last) => Some(last),
                None => self.status_in(PROVISIONAL).await?,
            };
            let referral = Referral { reply, notified, gone: false };
            if referral.is_final() || Instant::now() >= give_up {
                return Ok(referral);
            }
            self.pause(EVERY).await?;
        }
    }

    async fn status_in(&mut self, name: &str) -> Step<Option<u16>> {
        let Some(name) = VariableName::new(name) else { return Ok(None) };
        let text = self.variable(&name).await?;
        Ok(text.and_then(|text| text.trim().parse().ok()))
    }

    /// What the last event of a call that is over says.
    fn last_of_referral(&self) -> Referral {
        let last = self.last_event.as_ref();
        let status = |name: &str| {
            let text = last?.get(&format!("variable_{name}"))?;
            text.trim().parse::<u16>().ok()
        };
        Referral {
            reply: status(REPLY),
            notified: status(FINAL).or_else(|| status(PROVISIONAL)),
            gone: true,
        }
    }

    /// Tells the phone of a call that is not answered to try these addresses, best first. Gives the
    /// interrupt that ends the call.
    pub async fn send_on(&mut self, to: &[ReferTo]) -> Interrupt {
        self.progress.we_hung_up = true;
        let addresses: Vec<_> = to.iter().map(ToString::to_string).collect();
        let argument = addresses.join(",");
        match self.run("redirect", &argument, limits::APPLICATION_GRACE).await {
            Err(interrupt) => interrupt,
            // The switch takes the call down after the application has completed.
            Ok(_) => match self.pause(limits::APPLICATION_GRACE).await {
                Err(interrupt) => interrupt,
                Ok(()) => self.hang_up(&HangupCause::NORMAL_CLEARING).await,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_cannot_break_out_of_the_address() {
        let uri = || SipUri::parse("sip:alice@h.example:5080;transport=tcp").unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let to = ReferTo::new(uri(), vec![]);
        assert_eq!(to.to_string(), "sip:alice@h.example:5080;transport=tcp");
        let headers = vec![
            pair("X-Order", "4 7&8>;q=1"),
            pair("X Bad", "1"),
            pair("", "1"),
            pair("X-Euro", "\u{20ac}\r\n${x}"),
        ];
        assert_eq!(
            ReferTo::new(uri(), headers).to_string(),
            "sip:alice@h.example:5080;transport=tcp?X-Order=4%207%268%3E%3Bq%3D1\
             &X-Euro=%E2%82%AC%0D%0A%24%7Bx%7D"
        );
    }

    #[test]
    fn a_phone_that_agreed_and_left_has_gone_there() {
        let referral = |reply, notified, gone| Referral { reply, notified, gone };
        for (referral, succeeded) in [
            (referral(Some(202), Some(200), false), true),
            (referral(Some(202), Some(486), false), false),
            (referral(Some(202), Some(180), true), true),
            (referral(Some(202), None, true), true),
            (referral(Some(202), None, false), false),
            (referral(Some(603), None, true), false),
            (referral(None, None, true), false),
        ] {
            assert_eq!(referral.succeeded(), succeeded, "{referral:?}");
        }
    }
}
