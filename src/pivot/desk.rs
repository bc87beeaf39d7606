//! The way to the customer's web server while a document runs.

use super::{
    Origin, Request,
    answer::Answered,
    fetcher::{Fetcher, note_failure},
    parameters::account_sid,
};
use crate::{
    base::{Address, Ask, CallFacts, sid},
    call::{Call, Step},
    config::{Method, ReqFormat},
    xml::{Desk, Dialect, Expected, Inside, LegPlan, Names, Post},
};
use futures_util::future::BoxFuture;

/// Makes the requests of a running document, as that was asked for.
pub(super) struct CallDesk<'r, 'f, 'h> {
    /// How the running document was asked for.
    pub(super) request: &'r Request,
    /// The dialect of its follow-ups.
    pub(super) follows: ReqFormat,
    pub(super) fetcher: &'f mut Fetcher<'h>,
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
}
