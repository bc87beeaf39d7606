//! The end of a call, which is told exactly once.

use super::{Call, Interrupt, Order, Step, facts};
use crate::{
    base::{EndFacts, HangupCause, Happening, limits, web::masked},
    esl::{Api, Command, Event, EventName},
};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout_at};

/// How much longer than the linger time we wait for the last events.
const LAST_EVENTS: Duration = Duration::from_secs(3);

/// How long legs may outlive the caller's.
const GOODBYE: Duration = Duration::from_secs(1);

impl Call {
    /// Sees the call to its end: hangs up if it is still there, waits for how it ended, closes the
    /// connection and tells `Ended`. A call that was handed over is followed until somebody hangs
    /// up. Asking again gives the same answer.
    pub async fn finish(&mut self) -> Arc<EndFacts> {
        if let Some(end) = &self.end {
            return Arc::clone(end);
        }
        if !self.progress.over && !self.progress.handed_over {
            self.kill(&HangupCause::NORMAL_CLEARING);
        }
        if !self.progress.handed_over {
            self.streams.end();
        }
        let patience = if self.progress.handed_over && !self.progress.over {
            limits::CONVERSATION
        } else {
            Duration::from_secs(self.settings.linger_s.into()) + LAST_EVENTS
        };
        self.hear_out(Instant::now() + patience).await;
        // The switch lingers no longer. `exit` would do the same at the price of two more messages.
        self.link.close();
        self.end_recordings();
        Box::pin(self.finish_chores()).await;
        let last = self.last_event.as_ref().map(Event::index);
        let end = facts::of_end(last.as_ref(), &self.facts, self.progress.we_hung_up);
        let end = Arc::new(end);
        self.conclude(Arc::clone(&end));
        end
    }

    /// Hangs up. The caller's leg is down soon after; the wait ends with [`Interrupt::HungUp`], or
    /// with whatever else kept the call from ending in order.
    pub async fn hang_up(&mut self, cause: &HangupCause) -> Interrupt {
        self.kill(cause);
        let patience = Instant::now() + limits::APPLICATION_GRACE;
        match self.wait(Some(patience), std::future::pending::<()>(), |_| None).await {
            Err(interrupt) => interrupt,
            Ok(_) => {
                let after = limits::APPLICATION_GRACE;
                Interrupt::Stuck { application: "uuid_kill", after }
            }
        }
    }

    /// Ends what an interrupted step has left behind: dialled legs, running applications, what was set
    /// for a dial. To be called before the call goes on with something else.
    pub async fn settle(&mut self) -> Step<()> {
        let uuids: Vec<_> = self.legs.open().map(|leg| leg.leg.id.clone()).collect();
        for uuid in uuids {
            self.api(Api::Kill { uuid: uuid.as_str(), cause: &HangupCause::NORMAL_CLEARING })?;
        }
        while let Some(running) = self.under_way.last().cloned() {
            self.stop(&running).await?;
        }
        self.undress().await
    }

    /// Hangs up later, whatever the call is doing then: its wait ends with an order to hang up. A
    /// later appointment takes the place of an earlier one.
    pub fn hang_up_after(&mut self, after: Duration, cause: HangupCause) {
        self.curfew = Some((Instant::now() + after.min(limits::CONVERSATION), cause));
    }

    /// `uuid_kill` never waits for a running application (a `hangup` behind a locked one would). Where
    /// none runs, the end of `socket` itself would be the only one that we hear of, and tell nothing.
    fn kill(&mut self, cause: &HangupCause) {
        let uuid = self.facts.call_id.clone();
        if self.under_way.is_empty() {
            let deaf = self.order_blindly(&Command::Unsubscribe(&[EventName::ExecuteComplete]));
            if deaf.is_err() {
                return;
            }
        }
        if self.api(Api::Kill { uuid: &uuid, cause }).is_ok() {
            self.progress.we_hung_up = true;
        }
    }

    /// Reads on until the last events have come: the notice that the channel is down may arrive
    /// before them (QUIRKS: linger-notice-early).
    pub(super) async fn hear_out(&mut self, deadline: Instant) {
        while self.progress.lost.is_none() && (self.last_event.is_none() || self.legs.any_up()) {
            // A leg that does not end within the grace of its caller's end is not waited for.
            let deadline = match self.last_event {
                Some(_) => deadline.min(Instant::now() + GOODBYE),
                None => deadline,
            };
            let incoming = tokio::select! {
                biased;
                // Nobody but us can end our part in a call that was handed over.
                Some(order) = self.orders.recv(), if self.progress.handed_over => match order {
                    Order::HangUp(cause) => {
                        self.kill(&cause);
                        continue;
                    }
                    Order::Drain => return,
                    Order::Summons => continue,
                    // It runs no document of ours any more; how it ends is still to be told.
                    Order::Redirect(url) => {
                        let url = masked(&url);
                        let message = format!("not redirected to {url}: the call was handed over");
                        self.tell(Happening::Noted { error: true, message });
                        continue;
                    }
                },
                incoming = timeout_at(deadline, self.link.next()) => match incoming {
                    Ok(incoming) => incoming,
                    Err(_) => return,
                },
            };
            let absorbed = match incoming {
                Ok(incoming) => self.absorb(incoming),
                Err(error) => Err(self.lose(error.to_string())),
            };
            if let Err(Interrupt::Lost(reason)) = absorbed {
                tracing::warn!(call = %self.facts.call_id, %reason, "connection to freeswitch lost");
            }
        }
    }

    pub(super) fn conclude(&mut self, end: Arc<EndFacts>) {
        for told in self.legs.close() {
            self.tell(told);
        }
        self.tell(Happening::Ended(Arc::clone(&end)));
        self.end = Some(end);
    }
}
