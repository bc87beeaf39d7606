//! The operator's lists, and what they decide together with what an address is.

use super::{
    address::{Special, carried_v4, special},
    rule::Rule,
};
use ipnet::IpNet;
use std::{collections::HashSet, net::IpAddr};

/// Rules, sorted by what they do.
#[derive(Debug, Default)]
pub(super) struct Lists {
    block_cidrs: Vec<IpNet>,
    block_hosts: HashSet<String>,
    allow_cidrs: Vec<IpNet>,
    allow_hosts: HashSet<String>,
}

/// What becomes of a host at one address, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Refused by this rule.
    Blocked(Rule),
    /// Taken because of this rule.
    Allowed(Rule),
    /// Refused because it is not an address of the public internet.
    Special(Special),
    /// Taken: no rule is about it, and nothing is special about it.
    Public,
}

impl Decision {
    /// Whether it may be reached.
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_) | Self::Public)
    }
}

impl Lists {
    pub(super) fn of<'a>(rules: impl IntoIterator<Item = &'a Rule>) -> Self {
        let mut lists = Self::default();
        for rule in rules.into_iter().cloned() {
            match rule {
                Rule::BlockCidr(net) => lists.block_cidrs.push(net),
                Rule::BlockHost(host) => _ = lists.block_hosts.insert(host),
                Rule::AllowCidr(net) => lists.allow_cidrs.push(net),
                Rule::AllowHost(host) => _ = lists.allow_hosts.insert(host),
            }
        }
        lists
    }

    /// Blocked before allowed, allowed before special. `host` is in the one spelling of
    /// [`super::rule::plain`].
    pub(super) fn decide(&self, host: &str, address: Option<IpAddr>) -> Decision {
        let net_in = |nets: &[IpNet]| address.and_then(|address| holder(nets, address));
        if self.block_hosts.contains(host) {
            return Decision::Blocked(Rule::BlockHost(host.to_owned()));
        }
        if let Some(net) = net_in(&self.block_cidrs) {
            return Decision::Blocked(Rule::BlockCidr(net));
        }
        if self.allow_hosts.contains(host) {
            return Decision::Allowed(Rule::AllowHost(host.to_owned()));
        }
        if let Some(net) = net_in(&self.allow_cidrs) {
            return Decision::Allowed(Rule::AllowCidr(net));
        }
        address.and_then(special).map_or(Decision::Public, Decision::Special)
    }
}

/// The first network that holds the address, or the IPv4 address that it carries.
fn holder(networks: &[IpNet], address: IpAddr) -> Option<IpNet> {
    let carried = match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(v6) => carried_v4(v6).map(IpAddr::V4),
    };
    let holds =
        |net: &&IpNet| net.contains(&address) || carried.is_some_and(|inner| net.contains(&inner));
    networks.iter().find(holds).copied()
}
