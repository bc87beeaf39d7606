//! A customer's web server as a case describes it, without sockets.

use super::{
    case::{Answer, Case, Reply},
    lobby::Lobby,
    story::Lines,
};
use futures_util::future::BoxFuture;
use pivot::{
    base::{Address, Ask, sid},
    call::{Call, Step},
    config::{BodyFormat, Method, ReqFormat},
    xml::{Desk, Dialect, Document, Expected, Inside, LegPlan, Names, Post},
};
use std::{
    future::pending,
    sync::{Arc, Mutex},
};
use url::Url;

/// Where the case's own document came from.
pub const START: &str = "https://example.com/answer";

/// The answers of a case, and the lines of its story.
#[derive(Clone)]
pub struct Web {
    answers: Arc<Mutex<Vec<Answer>>>,
    pub dialect: Dialect,
    lines: Lines,
    lobby: Lobby,
}

impl Web {
    pub fn new(case: &Case, lines: Lines, lobby: Lobby) -> Self {
        let answers = Arc::new(Mutex::new(case.web.clone()));
        Self { answers, dialect: case.dialect, lines, lobby }
    }

    /// The same server, as a leg of the call asks it.
    fn of_leg(&self) -> Self {
        Self { lines: self.lines.of_leg(), ..self.clone() }
    }

    /// The story of the call that asks.
    pub fn lines(&self) -> Lines {
        self.lines.clone()
    }

    /// Writes a request down.
    pub fn log(&self, word: &str, call: &Call, from: &str, ask: &Ask) {
        self.lines.add(line(word, call, from, ask));
    }

    /// Asks for a document; the error says why there is none.
    pub async fn ask(
        &mut self,
        word: &str,
        call: &mut Call,
        from: &str,
        ask: &Ask,
    ) -> Step<Result<Inside, String>> {
        self.log(word, call, from, ask);
        call.memory.happened.clear();
        let url = address(from, &ask.url);
        let answered = match self.find(&url, ask.method) {
            Some(answer) => {
                call.during(tokio::time::sleep(answer.after)).await?;
                match answer.reply {
                    Reply::Document(bytes) => self.parse(&bytes),
                    Reply::Status(status) => Err(format!("the web server answers {status}")),
                    Reply::Nothing => call.during(pending()).await?,
                }
            }
            None => Err("the web server has no such page".to_owned()),
        };
        Ok(match answered {
            Ok(document) => Ok(Inside { document, url }),
            Err(reason) => {
                self.lines.add(format!("  no document: {reason}"));
                Err(reason)
            }
        })
    }

    /// The answer that is next for an address; the last one of it stays.
    fn find(&mut self, url: &str, method: Method) -> Option<Answer> {
        let fits = |answer: &Answer| {
            address(START, &answer.url) == url && answer.method.is_none_or(|m| m == method)
        };
        let mut answers = self.answers.lock().unwrap();
        let first = answers.iter().position(fits)?;
        let several = answers.iter().filter(|answer| fits(answer)).count() > 1;
        Some(if several { answers.remove(first) } else { answers[first].clone() })
    }

    fn parse(&self, bytes: &[u8]) -> Result<Document, String> {
        let parsed = Document::parse(bytes, self.dialect);
        let refusal = parsed.refusal().map(ToString::to_string);
        for remark in parsed.diagnostics.iter().filter(|_| refusal.is_none()) {
            self.lines.add(format!("  {remark}"));
        }
        parsed.document.ok_or(refusal.unwrap_or_default())
    }
}

/// A request as one line, with what happened since the last one.
pub fn line(word: &str, call: &Call, from: &str, ask: &Ask) -> String {
    let method = if ask.method == Method::Get { "GET" } else { "POST" };
    let url = address(from, &ask.url);
    let shown = url.strip_prefix("https://example.com").unwrap_or(&url);
    let after = if ask.after_hangup { " after the hangup" } else { "" };
    let mut line = format!("{word} {method} {shown}{after}");
    let happened = call.memory.happened.iter();
    let happened = happened.filter(|(name, _)| ask.parameters.iter().all(|(n, _)| n != name));
    for (name, value) in ask.parameters.iter().chain(happened) {
        line.push_str(&format!(" {name}={value}"));
    }
    for (name, value) in &call.memory.user_vars {
        line.push_str(&format!(" {name}={}", value.as_str().unwrap_or_default()));
    }
    line
}

impl Desk for Web {
    fn expect(&mut self, _: &Call, from: &str, plan: LegPlan) -> Option<Expected> {
        Some(self.lobby.expect(plan, self.of_leg(), from))
    }

    fn notify<'a>(&'a mut self, call: &'a mut Call, from: &'a str, ask: Ask) -> BoxFuture<'a, ()> {
        self.log("tells", call, from, &ask);
        Box::pin(std::future::ready(()))
    }

    fn address(&self, from: &str, url: &str, method: Method) -> Result<Address, String> {
        let (format, body) = (ReqFormat::Twiml, BodyFormat::Form);
        Ok(Address { url: address(from, url), method, format, body })
    }

    fn names(&self, call: &Call, dialect: Dialect) -> Names {
        let facts = call.facts();
        match dialect {
            Dialect::Twiml => {
                let account = sid::account(&facts.account_id);
                Names { call: sid::call(&facts.call_id), account }
            }
            Dialect::Plivo => {
                Names { call: facts.call_id.clone(), account: facts.account_id.clone() }
            }
        }
    }

    fn post(
        &mut self,
        _: &mut Call,
        from: &str,
        url: &str,
        method: Method,
        own: &'static [&'static str],
    ) -> Option<Post> {
        let method = if method == Method::Get { "GET" } else { "POST" };
        let url = address(from, url);
        let shown = url.strip_prefix("https://example.com").unwrap_or(&url).to_owned();
        let (lines, own) = (self.lines.clone(), own.join(" "));
        Some(Arc::new(move |told: Vec<(String, String)>| {
            let told: Vec<_> = told.iter().map(|(n, v)| format!("{n}={v}")).collect();
            lines.add(format!("tells {method} {shown} {} ({own})", told.join(" ")));
            Box::pin(std::future::ready(()))
        }))
    }

    fn document<'a>(
        &'a mut self,
        call: &'a mut Call,
        from: &'a str,
        ask: Ask,
    ) -> BoxFuture<'a, Step<Result<Inside, String>>> {
        Box::pin(async move { self.ask("asks within", call, from, &ask).await })
    }
}

fn address(from: &str, url: &str) -> String {
    let joined = Url::parse(from).and_then(|base| base.join(url));
    joined.map_or_else(|_| url.to_owned(), String::from)
}
