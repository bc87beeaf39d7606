//! Asking the guard about a URL without asking the URL's server.

use super::{Decision, Door, HttpError, Refusal, rule, url};
use ::url::Host;
use std::net::IpAddr;
use tokio::time::timeout;

/// What the guard says about a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examination {
    /// The URL's host, in the one spelling in which it is judged.
    pub host: String,
    /// For each address of the host what becomes of it. A host that its name alone refuses is not looked
    /// up: then there is one decision, without an address.
    pub decisions: Vec<(Option<IpAddr>, Decision)>,
    /// What the door would say: why a request is refused, or why the name has no address.
    pub verdict: Result<(), HttpError>,
}

impl Door {
    /// Judges a URL as a request to it would be judged: its name is looked up, and every address
    /// judged. Fails with [`HttpError::Url`] if it is not a web address.
    pub async fn examine(&self, text: &str) -> Result<Examination, HttpError> {
        let url = url::parse(text)?;
        let (host, addresses) = match url.host() {
            Some(Host::Ipv4(v4)) => (v4.to_string(), Ok(vec![v4.into()])),
            Some(Host::Ipv6(v6)) => (v6.to_string(), Ok(vec![v6.into()])),
            Some(Host::Domain(name)) => (name.to_owned(), self.addresses(name).await),
            None => (String::new(), Ok(Vec::new())),
        };
        let host = rule::plain(&host);
        let by_name = self.guard().decide(&host, None);
        if let Decision::Blocked(_) = by_name {
            let verdict = Err(Refusal::Host(host.clone()).into());
            return Ok(Examination { host, decisions: vec![(None, by_name)], verdict });
        }
        let decided = |address: IpAddr| (Some(address), self.guard().decide(&host, Some(address)));
        let (decisions, verdict) = match addresses {
            Err(error) => (Vec::new(), Err(error)),
            Ok(addresses) => {
                let verdict = self.guard().examine(&host, &addresses);
                (addresses.into_iter().map(decided).collect(), verdict.map_err(HttpError::from))
            }
        };
        Ok(Examination { host, decisions, verdict })
    }

    /// The addresses of a name, unjudged.
    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, HttpError> {
        let failed = |reason: String| HttpError::Dns { host: name.to_owned(), reason };
        match timeout(self.connect, self.lookup.lookup(name.to_owned())).await {
            Ok(Ok(found)) if found.is_empty() => Err(failed("it has no address".to_owned())),
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => Err(failed(error.to_string())),
            Err(_) => Err(failed(format!("no answer within {} ms", self.connect.as_millis()))),
        }
    }
}
