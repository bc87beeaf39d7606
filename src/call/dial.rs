//! Dialling: one or several legs, together or in turn, until one answers or none does.

use super::{
    Attendant, Call, DialOutcome, DialStatus, DialTarget, Sound, Step, Target,
    dial_outcome::is_gateway_trouble,
};
use crate::base::{limits, phone::KeySet};
use std::time::Duration;

/// Whom to dial, and how.
#[derive(Clone, Debug)]
pub struct Dial {
    /// The legs.
    pub targets: Vec<DialTarget>,
    /// Together or in turn.
    pub order: DialOrder,
    /// How long each leg may ring.
    pub ring: Duration,
    /// Longest conversation; bounded by `limits::CONVERSATION`.
    pub time_limit: Option<Duration>,
    /// Shown to the called party instead of the caller's own.
    pub caller_id: Option<CallerId>,
    /// Keys with which the caller ends the dialled leg and keeps the call.
    pub hang_up_on: KeySet,
    /// What the caller hears while it rings: media and silence; nothing for ringing.
    pub ringback: Vec<Sound>,
    /// Whether the caller hears what the called side sends before it answers.
    pub early_media: bool,
    /// SIP headers for the called side; names begin with `X-`, others are left out.
    pub headers: Vec<(String, String)>,
}

/// In which order several legs are dialled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DialOrder {
    /// All at once; the first to answer wins.
    #[default]
    Together,
    /// One after the other.
    InTurn,
}

/// What the called party is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallerId {
    /// Name; empty for the caller's own.
    pub name: String,
    /// Number; empty for the caller's own.
    pub number: String,
}

impl Dial {
    /// Dials these targets together, with everything else as it usually is.
    pub fn new(targets: Vec<Target>, ring: Duration) -> Self {
        Self {
            targets: targets.into_iter().map(DialTarget::new).collect(),
            order: DialOrder::Together,
            ring,
            time_limit: None,
            caller_id: None,
            hang_up_on: KeySet::NONE,
            ringback: Vec::new(),
            early_media: false,
            headers: Vec::new(),
        }
    }
}

impl Call {
    /// Dials, connects the caller to the first leg that answers, and waits until that conversation is
    /// over or no leg has answered. The caller stays with us afterwards; a caller who hangs up is an
    /// error as everywhere.
    pub async fn dial(&mut self, dial: &Dial) -> Step<DialOutcome> {
        self.dial_attended(dial, &mut ()).await
    }

    /// The same, with somebody who is told what happens meanwhile; see [`Attendant`].
    pub async fn dial_attended(
        &mut self,
        dial: &Dial,
        attendant: &mut dyn Attendant,
    ) -> Step<DialOutcome> {
        let mut routes = Vec::new();
        for (index, target) in dial.targets.iter().enumerate().take(limits::DIAL_LEGS) {
            match self.settings.dial.routes(&target.target) {
                Ok(ways) => routes.push((index, ways)),
                Err(error) => return Ok(DialOutcome::impossible(error.to_string())),
            }
        }
        self.dress(dial).await?;
        let groups: Vec<_> = match dial.order {
            DialOrder::Together => vec![routes],
            DialOrder::InTurn => routes.into_iter().map(|route| vec![route]).collect(),
        };
        let mut outcome = DialOutcome::impossible("there is nobody to dial".to_owned());
        for group in groups.into_iter().filter(|group| !group.is_empty()) {
            outcome = self.dial_group(dial, group, attendant).await?;
            if outcome.status == DialStatus::Answered || outcome.ended_by.is_some() {
                break;
            }
        }
        self.undress().await?;
        Ok(outcome)
    }

    /// Legs that ring together; over the next gateway as long as gateways are what fails.
    async fn dial_group(
        &mut self,
        dial: &Dial,
        group: Vec<(usize, Vec<String>)>,
        attendant: &mut dyn Attendant,
    ) -> Step<DialOutcome> {
        let ways = group.iter().map(|(_, ways)| ways.len()).max().unwrap_or(1);
        let mut outcome = DialOutcome::impossible("there is nobody to dial".to_owned());
        for way in 0..ways {
            let legs =
                group.iter().filter_map(|(target, ways)| Some((*target, ways.get(way)?.as_str())));
            outcome = self.bridge(dial, legs.collect(), attendant).await?;
            if outcome.status != DialStatus::Failed || !is_gateway_trouble(&outcome.cause) {
                break;
            }
        }
        Ok(outcome)
    }
}
