//! The address guard: which hosts and addresses may be reached. What is blocked is always refused;
//! what is allowed is taken although it is special; special addresses are refused; the rest passes.
//!
//! The lists are those of the configuration, and those that an operator has added since. They are
//! replaced as a whole while requests are under way: whoever judges works with the lists of that
//! moment.

use super::{
    address::Special,
    lists::{Decision, Lists},
    rule::{Rule, RuleError, plain},
};
use crate::config;
use ipnet::IpNet;
use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError, RwLock},
};
use url::{Host, Url};

/// The guard of one door.
#[derive(Debug)]
pub struct Guard {
    configured: Vec<Rule>,
    current: RwLock<Arc<Current>>,
    /// How many refusals there were, by [`Refusal::kind`].
    refused: Mutex<BTreeMap<&'static str, u64>>,
}

/// The lists of one moment.
#[derive(Debug)]
struct Current {
    revision: u64,
    added: Vec<Rule>,
    lists: Lists,
}

/// Where a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The configuration.
    Configuration,
    /// An operator, while the server ran.
    Operator,
}

impl Source {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Operator => "operator",
        }
    }
}

/// Why an address may not be reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The operator's list of hosts.
    #[error("host {0} is on the block-list (http.block_hosts, or `pivot guard list`)")]
    Host(String),
    /// The operator's list of networks.
    #[error(
        "{host} is at {address}, which is on the block-list (http.block_cidrs, or `pivot guard list`)"
    )]
    Network {
        /// As named in the URL.
        host: String,
        /// One of its addresses.
        address: IpAddr,
    },
    /// Not an address of the public internet, and not allowed by the operator.
    #[error(
        "{host} is at {address}, {special}; to permit it, add it to http.allow_cidrs or \
         http.allow_hosts, or with `pivot guard`"
    )]
    Special {
        /// As named in the URL.
        host: String,
        /// One of its addresses.
        address: IpAddr,
        /// What it is instead.
        special: Special,
    },
}

impl Refusal {
    /// A short, stable name of the reason, for metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Host(_) => "blocked_host",
            Self::Network { .. } => "blocked_network",
            Self::Special { special, .. } => special.name(),
        }
    }
}

impl Guard {
    /// With the lists of the configuration. Fails if something in them is not a host.
    pub fn new(config: &config::Http) -> Result<Self, RuleError> {
        let nets = |nets: &[IpNet]| nets.iter().map(IpNet::to_string).collect();
        let lists: [(&str, Vec<String>); 4] = [
            ("block-cidr", nets(&config.block_cidrs)),
            ("block-host", config.block_hosts.clone()),
            ("allow-cidr", nets(&config.allow_cidrs)),
            ("allow-host", config.allow_hosts.clone()),
        ];
        let mut configured = Vec::new();
        for (kind, values) in lists {
            for value in values {
                configured.push(Rule::parse(kind, &value)?);
            }
        }
        let current = Current { revision: 0, added: Vec::new(), lists: Lists::of(&configured) };
        let current = RwLock::new(Arc::new(current));
        Ok(Self { configured, current, refused: Mutex::default() })
    }

    /// From now on these rules hold beside those of the configuration. `revision` grows with every
    /// change: a change that comes late, behind a later one, changes nothing.
    pub fn replace(&self, revision: u64, added: Vec<Rule>) {
        let lists = Lists::of(self.configured.iter().chain(&added));
        let new = Arc::new(Current { revision, added, lists });
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        if revision > current.revision {
            *current = new;
        }
    }

    /// Which lists hold: grows with every change of them. A connection that was opened under other
    /// lists must not be used any more.
    pub fn revision(&self) -> u64 {
        self.current().revision
    }

    /// All rules: those of the configuration, then those that were added.
    pub fn rules(&self) -> Vec<(Rule, Source)> {
        let configured = self.configured.iter().map(|rule| (rule.clone(), Source::Configuration));
        let current = self.current();
        let added = current.added.iter().map(|rule| (rule.clone(), Source::Operator));
        configured.chain(added).collect()
    }

    /// Where a rule comes from; `None` if there is no such rule. The configuration counts first.
    pub fn source(&self, rule: &Rule) -> Option<Source> {
        match (self.configured.contains(rule), self.current().added.contains(rule)) {
            (true, _) => Some(Source::Configuration),
            (false, true) => Some(Source::Operator),
            (false, false) => None,
        }
    }

    /// How many refusals there were since the start, by [`Refusal::kind`].
    pub fn refusals(&self) -> BTreeMap<&'static str, u64> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Judges what the URL itself tells: a host's name, and the address where the host is one
    /// (in whatever spelling: the URL parser has made `0x7f.1` into `127.0.0.1`).
    pub fn judge_url(&self, url: &Url) -> Result<(), Refusal> {
        match url.host() {
            Some(Host::Ipv4(v4)) => self.judge(&v4.to_string(), &[IpAddr::V4(v4)]),
            Some(Host::Ipv6(v6)) => self.judge(&v6.to_string(), &[IpAddr::V6(v6)]),
            Some(Host::Domain(name)) => self.judge(name, &[]),
            None => Ok(()),
        }
    }

    /// Judges a host and every address that it has. One bad address refuses the host: a name that
    /// points both outside and inside is an attack or a mistake.
    pub fn judge(&self, host: &str, addresses: &[IpAddr]) -> Result<(), Refusal> {
        self.examine(host, addresses).inspect_err(|refusal| {
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            *refused.entry(refusal.kind()).or_default() += 1;
        })
    }

    /// As [`Guard::judge`], for somebody who only asks: nothing is counted.
    pub fn examine(&self, host: &str, addresses: &[IpAddr]) -> Result<(), Refusal> {
        let (host, current) = (plain(host), self.current());
        let named = || host.clone();
        if let Decision::Blocked(_) = current.lists.decide(&host, None) {
            return Err(Refusal::Host(named()));
        }
        for &address in addresses {
            match current.lists.decide(&host, Some(address)) {
                Decision::Blocked(_) => return Err(Refusal::Network { host: named(), address }),
                Decision::Special(special) => {
                    return Err(Refusal::Special { host: named(), address, special });
                }
                Decision::Allowed(_) | Decision::Public => {}
            }
        }
        Ok(())
    }

    /// What becomes of a host at an address, and by which rule; without an address, what its name
    /// alone decides. Nothing is counted.
    pub fn decide(&self, host: &str, address: Option<IpAddr>) -> Decision {
        self.current().lists.decide(&plain(host), address)
    }

    fn current(&self) -> Arc<Current> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(allow: &[&str], allow_hosts: &[&str], block: &[&str], block_hosts: &[&str]) -> Guard {
        let owned = |list: &[&str]| list.iter().map(|&h| h.to_owned()).collect();
        let nets = |list: &[&str]| list.iter().map(|n| n.parse().unwrap()).collect();
        Guard::new(&config::Http {
            connect_timeout_ms: 1000,
            allow_cidrs: nets(allow),
            allow_hosts: owned(allow_hosts),
            block_cidrs: nets(block),
            block_hosts: owned(block_hosts),
            region: String::new(),
            switch_regions: Default::default(),
            egress: Default::default(),
        })
        .unwrap()
    }

    fn judge(guard: &Guard, url: &str) -> Result<(), Refusal> {
        guard.judge_url(&Url::parse(url).unwrap())
    }

    #[test]
    fn every_spelling_of_an_inner_address_is_refused() {
        let guard = guard(&[], &[], &[], &[]);
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0177.0.0.1/",
            "http://0x7f.0.0.1/",
            "http://0x7f000001/",
            "http://127.1/",
            "http://127.0.0.1./",
            "http://%31%32%37.0.0.1/",
            "http://１２７.0.0.1/",
            "http://user:pass@127.0.0.1/",
            "http://example.com@127.0.0.1/",
            "http://127.0.0.1\\@example.com/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://0/",
            "http://169.254.169.254/latest/meta-data/",
            "http://0251.0376.0251.0376/",
            "http://[64:ff9b::169.254.169.254]/",
            "http://[2002:a9fe:a9fe::1]/",
            "http://100.100.100.200/",
            "http://224.0.0.1/",
            "http://[fe80::1]/",
            "http://[fd00:ec2::254]/",
            "http://10.0.0.1:pass@10.0.0.1:80/",
        ] {
            assert!(matches!(judge(&guard, url), Err(Refusal::Special { .. })), "{url}");
        }
        assert_eq!(judge(&guard, "http://8.8.8.8/"), Ok(()));
        assert_eq!(judge(&guard, "http://example.com/"), Ok(()));
    }

    #[test]
    fn one_inner_address_among_outer_ones_refuses_the_name() {
        let addresses = ["8.8.8.8".parse().unwrap(), "10.0.0.1".parse().unwrap()];
        let error = guard(&[], &[], &[], &[]).judge("Mixed.Example.", &addresses).unwrap_err();
        assert_eq!(
            error.to_string(),
            "mixed.example is at 10.0.0.1, a private address; to permit it, add it to \
             http.allow_cidrs or http.allow_hosts, or with `pivot guard`"
        );
    }

    #[test]
    fn the_allow_list_wins_over_the_defaults_and_the_block_list_over_everything() {
        let ip = |text: &str| [text.parse().unwrap()];
        let guard = guard(&["10.0.0.0/8"], &["inside"], &["10.9.0.0/16"], &["Bad.example"]);
        assert_eq!(guard.judge("a", &ip("10.1.1.1")), Ok(()));
        assert_eq!(guard.judge("a", &ip("::ffff:10.1.1.1")), Ok(()));
        assert_eq!(guard.judge("INSIDE", &ip("192.168.0.1")), Ok(()));
        assert!(matches!(guard.judge("a", &ip("10.9.1.1")), Err(Refusal::Network { .. })));
        assert!(matches!(guard.judge("a", &ip("::ffff:10.9.1.1")), Err(Refusal::Network { .. })));
        assert!(matches!(guard.judge("inside", &ip("10.9.1.1")), Err(Refusal::Network { .. })));
        assert!(matches!(judge(&guard, "http://bad.EXAMPLE./"), Err(Refusal::Host(_))));
        assert_eq!(judge(&guard, "http://notbad.example/"), Ok(()));
    }

    #[test]
    fn added_rules_hold_beside_the_configured_ones_and_the_latest_change_wins() {
        let guard = guard(&["10.0.0.0/8"], &[], &[], &[]);
        let rule = |kind, value| Rule::parse(kind, value).unwrap();
        let (block, allow) = (rule("block-cidr", "10.9.0.0/16"), rule("allow-host", "inside"));
        let ip = |text: &str| [text.parse().unwrap()];
        guard.replace(2, vec![block.clone(), allow.clone()]);
        assert!(matches!(guard.judge("a", &ip("10.9.0.1")), Err(Refusal::Network { .. })));
        assert_eq!(guard.judge("a", &ip("10.8.0.1")), Ok(()));
        assert_eq!(guard.judge("inside", &ip("192.168.0.1")), Ok(()));
        // The answer to an earlier change that was overtaken.
        guard.replace(1, vec![]);
        assert_eq!((guard.revision(), guard.source(&block)), (2, Some(Source::Operator)));
        let configured = rule("allow-cidr", "10.0.0.0/8");
        assert_eq!(
            guard.rules(),
            [
                (configured, Source::Configuration),
                (block.clone(), Source::Operator),
                (allow, Source::Operator)
            ]
        );
        guard.replace(3, vec![]);
        assert_eq!(guard.judge("a", &ip("10.9.0.1")), Ok(()));
        assert_eq!(guard.source(&block), None);
    }

    #[test]
    fn refusals_are_counted_by_kind_and_questions_are_not() {
        let guard = guard(&[], &[], &["8.8.8.0/24"], &["bad.example"]);
        for url in ["http://bad.example/", "http://8.8.8.8/", "http://10.0.0.1/", "http://0/"] {
            assert!(judge(&guard, url).is_err());
            assert!(judge(&guard, "http://9.9.9.9/").is_ok());
        }
        assert!(judge(&guard, "http://10.0.0.2/").is_err());
        _ = guard.decide("x", Some("10.0.0.1".parse().unwrap()));
        let counts =
            [("blocked_host", 1), ("blocked_network", 1), ("private", 2), ("unspecified", 1)];
        assert_eq!(guard.refusals(), BTreeMap::from(counts));
    }

    #[test]
    fn an_allowed_host_may_be_an_address() {
        assert_eq!(judge(&guard(&[], &["127.0.0.1"], &[], &[]), "http://127.0.0.1:8/"), Ok(()));
        assert_eq!(judge(&guard(&[], &["[::1]"], &[], &[]), "http://[::1]:8/"), Ok(()));
    }
}
