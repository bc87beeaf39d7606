//! The address guard: which hosts and addresses may be reached. What is blocked is always refused;
//! what is allowed is taken although it is special; special addresses are refused; the rest passes.

use super::address::{Special, carried_v4, special};
use crate::config;
use ipnet::IpNet;
use std::{collections::HashSet, net::IpAddr};
use url::{Host, Url};

/// The operator's lists.
#[derive(Debug)]
pub struct Guard {
    allow_cidrs: Vec<IpNet>,
    allow_hosts: HashSet<String>,
    block_cidrs: Vec<IpNet>,
    block_hosts: HashSet<String>,
}

/// Why an address may not be reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The operator's list of hosts.
    #[error("host {0} is on the block-list (http.block_hosts)")]
    Host(String),
    /// The operator's list of networks.
    #[error("{host} is at {address}, which is on the block-list (http.block_cidrs)")]
    Network {
        /// As named in the URL.
        host: String,
        /// One of its addresses.
        address: IpAddr,
    },
    /// Not an address of the public internet, and not allowed by the operator.
    #[error(
        "{host} is at {address}, {special}; to permit it, add it to http.allow_cidrs or \
         http.allow_hosts"
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

impl Guard {
    /// With the lists of the configuration.
    pub fn new(config: &config::Http) -> Self {
        let hosts = |list: &[String]| list.iter().map(|host| plain(host)).collect();
        Self {
            allow_cidrs: config.allow_cidrs.clone(),
            allow_hosts: hosts(&config.allow_hosts),
            block_cidrs: config.block_cidrs.clone(),
            block_hosts: hosts(&config.block_hosts),
        }
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
        let host = plain(host);
        if self.block_hosts.contains(&host) {
            return Err(Refusal::Host(host));
        }
        let allowed_host = self.allow_hosts.contains(&host);
        for &address in addresses {
            if within(&self.block_cidrs, address) {
                return Err(Refusal::Network { host, address });
            }
            if allowed_host || within(&self.allow_cidrs, address) {
                continue;
            }
            if let Some(special) = special(address) {
                return Err(Refusal::Special { host, address, special });
            }
        }
        Ok(())
    }
}

/// Whether one of the networks holds the address, or the IPv4 address that it carries.
fn within(networks: &[IpNet], address: IpAddr) -> bool {
    let carried = match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(v6) => carried_v4(v6).map(IpAddr::V4),
    };
    networks
        .iter()
        .any(|net| net.contains(&address) || carried.is_some_and(|inner| net.contains(&inner)))
}

/// One spelling of a host: lower case, no final dot, no brackets.
fn plain(host: &str) -> String {
    let host = host.trim().trim_end_matches('.');
    host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase()
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
        })
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
             http.allow_cidrs or http.allow_hosts"
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
    fn an_allowed_host_may_be_an_address() {
        assert_eq!(judge(&guard(&[], &["127.0.0.1"], &[], &[]), "http://127.0.0.1:8/"), Ok(()));
        assert_eq!(judge(&guard(&[], &["[::1]"], &[], &[]), "http://[::1]:8/"), Ok(()));
    }
}
