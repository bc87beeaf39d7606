//! The way to the customer's web server while a document runs.

use super::{
    Origin, Request,
    answer::Answered,
    fetcher::{Fetcher, note_failure},
    parameters::account_sid,
    places::{self, Running, Waited},
    story::Story,
};
use crate::{
    base::{Address, Ask, CallFacts, Timestamp, sid},
    call::{Call, QueueId, Step},
    config::{Method, ReqFormat},
    xml::{Desk, Dialect, Expected, Inside, LegPlan, Names, PlaceToKeep, Post},
};
use futures_util::future::BoxFuture;

/// Makes the requests of a running document, as that was asked for.
pub(super) struct CallDesk<'r, 'f, 'h> {
    /// How the running document was asked for.
    pub(super) request: &'r Request,
    /// The dialect of its follow-ups.
    pub(super) follows: ReqFormat,
    pub(super) fetcher: &'f mut Fetcher<'h>,
    /// What a caller needs to come back to its place in a queue; a called party never does.
    pub(super) keeps: Option<Keeps<'r, 'f>>,
}

/// What is kept of a caller who waits.
pub(super) struct Keeps<'r, 'f> {
    pub(super) running: Running<'r>,
    pub(super) story: &'r Story,
    /// Where the caller waited when an earlier server ended, until that is asked for.
    pub(super) waited: &'f mut Option<Waited>,
}

impl CallDesk<'_, '_, '_> {
    /// Stores that a request is to be made whose answer nobody runs.
    pub(super) async fn tell(&self, call: &mut Call, from: &str, ask: &Ask) {
        match self.request.following(self.follows, from, Origin::Action, ask) {
            Ok(request) => request.tell(call, self.fetcher.house).await,
            Err(failure) => note_failure(call, &ask.url, &failure),
        }
    }

    async fn fetch(
        &mut self,
        call: &mut Call,
        from: &str,
        ask: &Ask,
    ) -> Step<Result<Inside, String>> {
        let request = match self.request.following(self.follows, from, Origin::Action, ask) {
            Ok(request) => request,
            Err(failure) => {
                note_failure(call, &ask.url, &failure);
                return Ok(Err(failure.to_string()));
            }
        };
        Ok(match self.fetcher.fetch(call, &request).await? {
            Ok((Answered::Xml(document), url)) => Ok(Inside { document, url }),
            Ok((Answered::Flow(_), _)) => {
                Err("a callflow cannot be run inside a verb; answer with XML".to_owned())
            }
            Err(failure) => Err(failure.to_string()),
        })
    }
}

impl Desk for CallDesk<'_, '_, '_> {
    fn notify<'a>(&'a mut self, call: &'a mut Call, from: &'a str, ask: Ask) -> BoxFuture<'a, ()> {
        Box::pin(async move { self.tell(call, from, &ask).await })
    }

    fn address(&self, from: &str, url: &str, method: Method) -> Result<Address, String> {
        let ask = Ask { url: url.to_owned(), method, parameters: Vec::new(), after_hangup: true };
        let request = self.request.following(self.follows, from, Origin::Action, &ask);
        request.map(|request| request.address()).map_err(|failure| failure.to_string())
    }

    fn names(&self, call: &Call, dialect: Dialect) -> Names {
        let facts = call.facts();
        match dialect {
            Dialect::Twiml => Names {
                call: sid::call(&facts.call_id),
                account: account_sid(&self.fetcher.house.config.accounts, &facts.account_id),
            },
            Dialect::Plivo => {
                Names { call: facts.call_id.clone(), account: facts.account_id.clone() }
            }
        }
    }

    fn post(
        &mut self,
        call: &mut Call,
        from: &str,
        url: &str,
        method: Method,
        own: &'static [&'static str],
    ) -> Option<Post> {
        let ask = Ask { url: url.to_owned(), method, parameters: Vec::new(), after_hangup: true };
        match self.request.following(self.follows, from, Origin::Action, &ask) {
            Ok(request) => Some(request.post(call, self.fetcher.house, own)),
            Err(failure) => {
                note_failure(call, url, &failure);
                None
            }
        }
    }

    fn document<'a>(
        &'a mut self,
        call: &'a mut Call,
        from: &'a str,
        ask: Ask,
    ) -> BoxFuture<'a, Step<Result<Inside, String>>> {
        Box::pin(async move { self.fetch(call, from, &ask).await })
    }

    fn notify_of<'a>(
        &'a mut self,
        call: &'a mut Call,
        from: &'a str,
        leg: &'a CallFacts,
        ask: Ask,
    ) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            match self.request.following(self.follows, from, Origin::Action, &ask) {
                Ok(request) => request.tell_of(call, leg, self.fetcher.house).await,
                Err(failure) => note_failure(call, &ask.url, &failure),
            }
        })
    }

    fn expect(&mut self, call: &Call, from: &str, plan: LegPlan) -> Option<Expected> {
        let house = self.fetcher.house;
        let address = house.config.dial.legs_at.parse().ok().or_else(|| call.reached_at())?;
        let (token, story, until) = house.lobby.expect(plan, self.request, self.follows, from);
        Some(Expected { token, address, story, until })
    }

    fn came_back(&mut self, _: &Call, queue: &QueueId) -> Option<Timestamp> {
        self.keeps.as_mut()?.waited.take()?.in_queue(queue)
    }

    fn keep_place<'a>(
        &'a mut self,
        call: &'a mut Call,
        place: PlaceToKeep<'a>,
    ) -> BoxFuture<'a, Step<()>> {
        Box::pin(async move {
            let Some(Keeps { running, story, .. }) = &self.keeps else { return Ok(()) };
            places::keep(call, self.fetcher.house, story, running, place).await
        })
    }

    fn give_up_place<'a>(&'a mut self, call: &'a mut Call) -> BoxFuture<'a, ()> {
        Box::pin(async move { places::give_up(call, self.fetcher.house).await })
    }
}
