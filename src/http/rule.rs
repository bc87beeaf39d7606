//! Rules of the address guard: what an operator blocks and allows, in one spelling.

use ipnet::{IpNet, Ipv4Net};
use std::{fmt, net::IpAddr};
use url::Host;

/// One entry of the operator's lists.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Addresses in this network are refused.
    BlockCidr(IpNet),
    /// This host is refused.
    BlockHost(String),
    /// Addresses in this network are taken although they are special.
    AllowCidr(IpNet),
    /// The addresses of this host are taken although they are special.
    AllowHost(String),
}

/// Why something is not a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Nothing that a rule can do.
    #[error("{0:?} is not a kind of rule; there are {kinds}", kinds = Rule::KINDS.join(", "))]
    Kind(String),
    /// Neither a network nor an address.
    #[error("{0:?} is not a network such as 10.0.0.0/8 or fd00::/8, nor an address")]
    Network(String),
    /// Something else than a host.
    #[error(
        "{0:?} is not a host: give a name or an address as it stands between // and the port of a \
         URL; patterns are not known"
    )]
    Host(String),
}

impl Rule {
    /// What a rule can do, as people write it.
    pub const KINDS: [&str; 4] = ["block-cidr", "block-host", "allow-cidr", "allow-host"];

    /// Reads a rule: one of [`Rule::KINDS`], and the network or host that it is about. All spellings of
    /// the same network or host give the same rule.
    pub fn parse(kind: &str, value: &str) -> Result<Self, RuleError> {
        Ok(match kind {
            "block-cidr" => Self::BlockCidr(network(value)?),
            "block-host" => Self::BlockHost(host(value)?),
            "allow-cidr" => Self::AllowCidr(network(value)?),
            "allow-host" => Self::AllowHost(host(value)?),
            _ => return Err(RuleError::Kind(kind.to_owned())),
        })
    }

    /// One of [`Rule::KINDS`].
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::BlockCidr(_) => Self::KINDS[0],
            Self::BlockHost(_) => Self::KINDS[1],
            Self::AllowCidr(_) => Self::KINDS[2],
            Self::AllowHost(_) => Self::KINDS[3],
        }
    }

    /// What it is about.
    pub fn value(&self) -> String {
        match self {
            Self::BlockCidr(net) | Self::AllowCidr(net) => net.to_string(),
            Self::BlockHost(host) | Self::AllowHost(host) => host.clone(),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind(), self.value())
    }
}

/// One spelling of a host: lower case, no final dot, no brackets; a v4-mapped address is its IPv4
/// address.
pub(super) fn plain(host: &str) -> String {
    let host = host.trim().trim_end_matches('.');
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    match host.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().to_string(),
        Err(_) => host,
    }
}

/// A network without the bits of a host in it. An address is a network of its own; a v4-mapped network
/// is its IPv4 network.
fn network(text: &str) -> Result<IpNet, RuleError> {
    let bad = || RuleError::Network(text.to_owned());
    let text = text.trim();
    let net: IpNet = match text.parse::<IpAddr>() {
        Ok(address) => address.into(),
        Err(_) => text.parse().map_err(|_| bad())?,
    };
    let net = net.trunc();
    Ok(match (net.addr().to_canonical(), net.prefix_len()) {
        (IpAddr::V4(v4), bits @ 96..) => Ipv4Net::new(v4, bits - 96).map_err(|_| bad())?.into(),
        _ => net,
    })
}

/// A host as the URL parser gives it, so that every spelling of an address and of an international name
/// is the same.
fn host(text: &str) -> Result<String, RuleError> {
    let bad = || RuleError::Host(text.to_owned());
    let host = plain(text);
    if host.parse::<IpAddr>().is_ok() {
        return Ok(host);
    }
    match Host::parse(&host) {
        Ok(Host::Domain(name)) if !name.is_empty() && !name.contains('*') => Ok(name),
        Ok(Host::Ipv4(v4)) => Ok(v4.to_string()),
        _ => Err(bad()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_give_the_same_rule() {
        for (kind, value, read) in [
            ("block-cidr", "10.1.2.3/8", "10.0.0.0/8"),
            ("block-cidr", " 10.1.2.3 ", "10.1.2.3/32"),
            ("allow-cidr", "::ffff:10.1.2.0/120", "10.1.2.0/24"),
            ("allow-cidr", "FD00::1/8", "fd00::/8"),
            ("allow-cidr", "::1", "::1/128"),
            ("allow-cidr", "::/0", "::/0"),
            ("block-host", "Bad.Example.", "bad.example"),
            ("block-host", "bücher.example", "xn--bcher-kva.example"),
            ("allow-host", "0x7f.1", "127.0.0.1"),
            ("allow-host", "[::FFFF:127.0.0.1]", "127.0.0.1"),
            ("allow-host", "[FD00::0:1]", "fd00::1"),
        ] {
            let rule = Rule::parse(kind, value).unwrap();
            assert_eq!(rule.to_string(), format!("{kind} {read}"));
            assert_eq!(Rule::parse(rule.kind(), &rule.value()), Ok(rule));
        }
    }

    #[test]
    fn what_is_no_rule_says_so() {
        for (kind, value, words) in [
            ("block", "10.0.0.0/8", "block-cidr, block-host, allow-cidr, allow-host"),
            ("block-cidr", "example.com", "not a network"),
            ("block-cidr", "10.0.0.0/33", "not a network"),
            ("block-cidr", "10.0.0.0/8/8", "not a network"),
            ("block-host", "", "not a host"),
            ("block-host", "http://h/", "not a host"),
            ("block-host", "h.example:80", "not a host"),
            ("block-host", "user@h.example", "not a host"),
            ("block-host", "10.0.0.0/8", "not a host"),
            ("block-host", "*.example.com", "patterns are not known"),
        ] {
            let error = Rule::parse(kind, value).unwrap_err().to_string();
            assert!(error.contains(words), "{kind} {value}: {error}");
        }
    }
}
