//! Called parties that come to the server before they are connected, each on a connection of its own.

use super::web::Web;
use pivot::{
    base::{CallFacts, HangupCause, Happening, Sink, limits},
    call::{Call, Interrupt, Order, Settings},
    esl::Session,
    sim::Stream,
    xml::{Context, Expected, LegPlan, LegStory, run_leg},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use tokio::{sync::mpsc, task::JoinHandle};
use uuid::Uuid;

/// How much of what a party meets is kept until its call looks at it.
const STORY: usize = 256;

/// Who is expected, and who is there.
#[derive(Clone)]
pub struct Lobby {
    settings: Arc<Settings>,
    expected: Arc<Mutex<BTreeMap<String, Awaited>>>,
    attended: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

struct Awaited {
    plan: LegPlan,
    web: Web,
    from: String,
    story: mpsc::Sender<Happening>,
}

/// Expects a party until it is dropped.
struct Expecting(Lobby, String);

impl Lobby {
    pub fn new(settings: Arc<Settings>) -> Self {
        Self { settings, expected: Arc::default(), attended: Arc::default() }
    }

    pub fn expect(&self, plan: LegPlan, web: Web, from: &str) -> Expected {
        let (story, told) = mpsc::channel(STORY);
        let token = Uuid::new_v4();
        let awaited = Awaited { plan, web, from: from.to_owned(), story };
        self.expected.lock().unwrap().insert(token.to_string(), awaited);
        let until = Box::new(Expecting(self.clone(), token.to_string()));
        Expected { token, address: ([127, 0, 0, 1], 8084).into(), story: told, until }
    }

    /// The switch's end of a party's connection.
    pub fn enter(&self) -> Box<dyn Stream> {
        let (near, far) = tokio::io::duplex(64 * 1024);
        let attended = tokio::spawn(self.clone().attend(Box::new(far)));
        self.attended.lock().unwrap().push(attended);
        Box::new(near)
    }

    /// Waits until all have gone.
    pub async fn empty(&self) {
        let attended = std::mem::take(&mut *self.attended.lock().unwrap());
        for one in attended {
            one.await.unwrap();
        }
    }

    /// As the server does it, without what is about HTTP.
    async fn attend(self, stream: Box<tokio::io::DuplexStream>) {
        let session = Session::open(stream, None).await.unwrap();
        let word = session.leg_token().unwrap();
        let awaited = self.expected.lock().unwrap().remove(&word);
        let (sinks, facts): (Vec<Box<dyn Sink>>, _) = match &awaited {
            Some(a) => (vec![Box::new(LegStory::new(a.story.clone()))], a.plan.facts.clone()),
            None => (vec![], CallFacts::default()),
        };
        let (mut call, _orders) =
            Call::take_over_leg(session, self.settings, sinks, facts).unwrap();
        let met = match awaited {
            Some(awaited) => meet(&mut call, awaited).await,
            None => Err(Interrupt::Ordered(Order::HangUp(HangupCause::ORIGINATOR_CANCEL))),
        };
        match met {
            Ok(()) => return,
            Err(Interrupt::Ordered(Order::HangUp(cause))) => {
                let _ = call.hang_up(&cause).await;
            }
            Err(_) => {}
        }
        call.finish().await;
    }
}

async fn meet(call: &mut Call, awaited: Awaited) -> Result<(), Interrupt> {
    let Awaited { plan, mut web, from, .. } = awaited;
    let (dialect, mut steps_left) = (web.dialect, limits::STEPS_PER_CALL);
    let context = Context { dialect, url: &from, steps_left: &mut steps_left, desk: &mut web };
    run_leg(&plan, call, context).await?;
    call.let_go().await
}

impl Drop for Expecting {
    fn drop(&mut self) {
        self.0.expected.lock().unwrap().remove(&self.1);
    }
}
