//! A called party that comes to us before it is connected: a call of its own, which nobody bills.

use super::{
    Call, Orders, Settings, Step,
    channel::{LEG_RULES, Rule},
    facts,
};
use crate::{
    base::{CallFacts, Happening, Sink},
    esl::{EslError, Session},
};
use std::{future::pending, sync::Arc};
use tokio::time::Instant;

impl Call {
    /// Takes a dialled leg over that has answered. Who it is, and for whom it is dialled, is known from
    /// its dial; the switch tells the rest.
    pub fn take_over_leg(
        session: Session,
        settings: Arc<Settings>,
        sinks: Vec<Box<dyn Sink>>,
        dialled: CallFacts,
    ) -> Result<(Self, Orders), EslError> {
        let known = session.channel.index();
        let own = facts::of_call(&known);
        let facts = CallFacts {
            call_id: own.call_id,
            sip_call_id: own.sip_call_id,
            user_agent: own.user_agent,
            network_ip: own.network_ip,
            // What it has answered with.
            sip_headers: known
                .with_prefix("variable_sip_rh_")
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
            created: own.created,
            answered: own.answered,
            switch: own.switch,
            channel_name: own.channel_name,
            context: own.context,
            direction: own.direction,
            ..dialled
        };
        let rules: Vec<Rule> = LEG_RULES.to_vec();
        Self::begin_with(session, settings, sinks, Arc::new(facts), rules)
    }

    /// Lets a leg go: it is connected with whoever has dialled it.
    pub async fn let_go(&mut self) -> Step<()> {
        for (name, _) in LEG_RULES {
            self.set_variable(name, None);
        }
        // The connection is not closed before the switch has read the last command.
        let last = self.link.want_last();
        let deadline = Instant::now() + crate::base::limits::ESL_REPLY;
        let replied = |signal| match signal {
            super::wait::Signal::Reply(ticket, _) if Some(ticket) == last => Some(()),
            _ => None,
        };
        self.wait(Some(deadline), pending(), replied).await?;
        self.link.close();
        self.progress.handed_over = true;
        let to = "the caller".to_owned();
        self.tell(Happening::HandedOver { to });
        let end = facts::of_end(None, &self.facts, false);
        self.conclude(Arc::new(end));
        Ok(())
    }
}
