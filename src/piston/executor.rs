//! Walks a callflow: one action after the other, with the saved flows of those that branched
//! (`reference/piston.md` section 1).

use super::{
    Flow, Library, PivotOptions,
    caller::Caller,
    stage::{Ended, Next, Stage, place},
    tree::Place,
};
use crate::{
    base::{HangupCause, Happening, limits},
    call::{Call, Interrupt, Step},
};
use futures_util::FutureExt;
use std::{panic::AssertUnwindSafe, sync::Arc};

/// A callflow that is being run: where it stands, the flows to come back to, and how much of its
/// bounds is used up.
#[derive(Debug)]
pub struct Executor {
    library: Arc<Library>,
    /// The next action; after a pivot the pivot itself.
    at: Option<Place>,
    /// Where to go on when a flow that was branched to stops.
    saved: Vec<Place>,
    /// The last cause with which a flow stopped; a flow that goes on after it does not forget it.
    cause: Option<HangupCause>,
    caller: Caller,
    branches: u32,
    steps: u32,
}

/// Why an executor has nothing more to run. A caller who hangs up is no exit but
/// [`Interrupt::HungUp`], as everywhere.
#[derive(Debug)]
pub enum Exit {
    /// The callflow is over: hang up, with this cause if it names one.
    Stopped(Option<HangupCause>),
    /// The call was transferred and goes on without us.
    HandedOver,
    /// A web server is to be asked. Its answer is given to [`Executor::replace`]; if there is none,
    /// [`Executor::take_wildcard`] goes on at the pivot's `_` child.
    Pivot(Box<PivotOptions>),
}

impl Executor {
    /// Begins at the first action of a flow.
    pub fn new(flow: Flow, library: Arc<Library>) -> Self {
        Self {
            library,
            at: Some(flow.start()),
            saved: Vec::new(),
            cause: None,
            caller: Caller::default(),
            branches: 0,
            steps: 0,
        }
    }

    /// Remembers the number that led to the flow, or what its pattern captured: `resources` and
    /// `offnet` dial it when they are given none.
    #[must_use]
    pub fn dialled(mut self, number: Option<String>) -> Self {
        self.caller.hunted = number;
        self
    }

    /// Runs actions until there is a reason to leave.
    pub async fn run(&mut self, call: &mut Call) -> Step<Exit> {
        while let Some(here) = self.at.clone() {
            // Even a row of actions that wait for nothing learns of a hangup and of an order.
            call.catch_up().await?;
            if !self.one_more_step(call) {
                return Ok(Exit::Stopped(Some(HangupCause::NORMAL_TEMPORARY_FAILURE)));
            }
            let next = self.act(&here, call).await?;
            if let Some(exit) = self.follow(next, &here, call) {
                return Ok(exit);
            }
        }
        Ok(Exit::Stopped(self.cause.clone()))
    }

    /// Runs what the web server has answered instead. Saved flows are kept.
    pub fn replace(&mut self, flow: Flow) {
        self.at = Some(flow.start());
    }

    /// Goes on after a pivot that failed: at its `_` child, else at the saved flow. `false` if there
    /// is neither.
    pub fn take_wildcard(&mut self) -> bool {
        let next = self.at.take().and_then(|pivot| pivot.next("_"));
        self.at = next.or_else(|| self.saved.pop());
        self.at.is_some()
    }

    /// Runs one action and tells how it went.
    async fn act(&mut self, here: &Place, call: &mut Call) -> Step<Next> {
        let node = here.node();
        let step = node.action.name();
        let at = place(&node.path).to_owned();
        call.tell(Happening::StepStarted {
            step: step.to_owned(),
            detail: node.action.about(),
            at: at.clone(),
        });
        let ended = if node.skip {
            Ok(Ended::go_on("skipped"))
        } else {
            let mut stage = Stage { call, caller: &mut self.caller, library: &self.library, node };
            // What a panic leaves running on the call is ended before the next action.
            let done = AssertUnwindSafe(node.action.run(&mut stage)).catch_unwind().await;
            match done {
                Ok(Err(Interrupt::Refused { application, reply })) => {
                    fault(call, &at, &format!("freeswitch refused {application}: {reply}"));
                    Ok(Ended::go_on("refused"))
                }
                Ok(ended) => ended,
                Err(panic) => {
                    let reason = panic
                        .downcast_ref::<&str>()
                        .map(ToString::to_string)
                        .or_else(|| panic.downcast_ref::<String>().cloned())
                        .unwrap_or_default();
                    tracing::error!(call = %call.facts().call_id, step, %at, %reason, "action failed");
                    fault(call, &at, &format!("{step} failed within the server"));
                    call.settle().await.map(|()| Ended::go_on("failed"))
                }
            }
        };
        let outcome = match &ended {
            Ok(ended) => ended.outcome.clone(),
            Err(interrupt) => interrupt.to_string(),
        };
        call.tell(Happening::StepEnded { step: step.to_owned(), outcome });
        ended.map(|ended| ended.next)
    }

    /// Finds the next place; gives an exit if there is none or it is not ours to find.
    fn follow(&mut self, next: Next, here: &Place, call: &mut Call) -> Option<Exit> {
        self.at = match next {
            Next::Child(key) => here.next(&key).or_else(|| self.saved.pop()),
            Next::Stop(cause) => {
                self.cause = cause.or(self.cause.take());
                self.saved.pop()
            }
            Next::Branch(flow) => self.branch(flow, here, call),
            Next::HangUp => return Some(Exit::Stopped(None)),
            Next::HandedOver => return Some(Exit::HandedOver),
            Next::Pivot(options) => return Some(Exit::Pivot(options)),
        };
        None
    }

    /// Saves this action's `_` child and goes to another flow. Past the bound the branch fails: the
    /// action goes on at `_` itself.
    fn branch(&mut self, flow: Flow, here: &Place, call: &mut Call) -> Option<Place> {
        let after = here.next("_");
        if self.branches == limits::BRANCHES_PER_CALL {
            let most = limits::BRANCHES_PER_CALL;
            let at = place(&here.node().path);
            fault(call, at, &format!("a call may branch to other callflows {most} times"));
            return after.or_else(|| self.saved.pop());
        }
        self.branches += 1;
        self.saved.extend(after);
        Some(flow.start())
    }

    fn one_more_step(&mut self, call: &mut Call) -> bool {
        self.steps += 1;
        let within = self.steps <= limits::STEPS_PER_CALL;
        if !within {
            let message = format!("a call may run {} actions", limits::STEPS_PER_CALL);
            call.tell(Happening::Noted { error: true, message });
        }
        within
    }
}

/// Tells of a fault that changes what the call does.
fn fault(call: &mut Call, at: &str, message: &str) {
    call.tell(Happening::Noted { error: true, message: format!("{at}: {message}") });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::CallEvent,
        call::Settings,
        config,
        esl::Session,
        sim::{Caller, Switch},
    };
    use std::sync::Mutex;

    #[tokio::test(start_paused = true)]
    async fn an_action_that_fails_within_us_costs_only_itself() {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let caller = Caller::new("100", "200");
        let calling = tokio::spawn(async move { Switch::new(1).call(caller, theirs).await });
        let settings = Arc::new(Settings::new(&config::load_text("", "", []).unwrap()));
        let session = Session::open(Box::new(ours), None).await.unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let story = Arc::clone(&told);
        let sink = move |event: &CallEvent| match &event.what {
            Happening::StepEnded { step, outcome } => {
                story.lock().unwrap().push(format!("{step}: {outcome}"));
            }
            Happening::Noted { error: true, message } => {
                story.lock().unwrap().push(message.clone())
            }
            _ => {}
        };
        let (mut call, _orders) = Call::take_over(session, settings, vec![Box::new(sink)]).unwrap();
        let document = br#"{"module":"test_panic","children":{"_":{"module":"answer"}}}"#;
        let flow = Flow::parse(document).value.unwrap();
        let mut executor = Executor::new(flow, Arc::default());
        assert!(matches!(executor.run(&mut call).await, Ok(Exit::Stopped(None))));
        call.finish().await;
        calling.await.unwrap();
        assert_eq!(
            *told.lock().unwrap(),
            ["/: test_panic failed within the server", "test_panic: failed", "answer: answered"]
        );
    }

    #[test]
    fn a_call_may_move_between_threads() {
        fn is_send(_: impl Send) {}
        #[allow(dead_code)]
        fn run(executor: &mut Executor, call: &mut Call) {
            is_send(executor.run(call));
        }
    }
}
