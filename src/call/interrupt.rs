//! The ways out of a wait that are not what was waited for.

use crate::base::HangupCause;
use std::time::Duration;
use tokio::sync::mpsc;

/// What a step of a call gives back, or why there will be no further step.
pub type Step<T> = Result<T, Interrupt>;

/// Why a call cannot go on with what it was doing.
#[derive(Debug, thiserror::Error)]
pub enum Interrupt {
    /// The caller's leg is over.
    #[error("the call is over")]
    HungUp,
    /// The connection to the switch is gone; the call may still be up there.
    #[error("the connection to freeswitch is lost: {0}")]
    Lost(String),
    /// Somebody outside gave an order.
    #[error("ordered from outside: {0:?}")]
    Ordered(Order),
    /// FreeSWITCH did not finish an application in its time.
    #[error("freeswitch did not finish {application} within {after:?}")]
    Stuck {
        /// Which application.
        application: &'static str,
        /// The time it had.
        after: Duration,
    },
    /// FreeSWITCH refused a command.
    #[error("freeswitch refused {application}: {reply}")]
    Refused {
        /// Which command.
        application: &'static str,
        /// What it said.
        reply: String,
    },
}

/// An order to a running call from outside its task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Hang up with this cause.
    HangUp(HangupCause),
    /// Leave the document and run the one at this URL.
    Redirect(String),
    /// The server is going down: apologise and hang up.
    Drain,
    /// What the call was waiting for is there: its conference begins, an agent takes it from its queue.
    /// Leaves what the caller hears meanwhile; whoever let the call wait knows what is next.
    Summons,
}

/// The end of a call's order queue that others hold.
#[derive(Clone, Debug)]
pub struct Orders(mpsc::Sender<Order>);

impl Orders {
    /// How many orders may wait; one is taken at a time and each ends what the call was doing.
    const QUEUE: usize = 4;

    pub(crate) fn channel() -> (Self, mpsc::Receiver<Order>) {
        let (sender, receiver) = mpsc::channel(Self::QUEUE);
        (Self(sender), receiver)
    }

    /// Gives an order. `false` if the call is over or has more orders than it can take.
    pub fn give(&self, order: Order) -> bool {
        self.0.try_send(order).is_ok()
    }
}
