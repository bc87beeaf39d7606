//! Who calls whom, and what the network says about it, as both vendors write it.

use crate::base::{CallFacts, event::SipParty};

/// The caller: a number as it came, or a SIP URI if the user part is a name.
pub(super) fn from(facts: &CallFacts) -> String {
    party(&facts.from, &facts.caller_number)
}

/// The called number or SIP URI.
pub(super) fn to(facts: &CallFacts) -> String {
    party(&facts.to, &facts.destination)
}

/// Whether FreeSWITCH made this call rather than received it.
pub(super) fn is_outbound(facts: &CallFacts) -> bool {
    facts.direction == "outbound"
}

/// Who forwarded the call: the user part of its Diversion header, between `:` and `@`.
pub(super) fn forwarded_from(facts: &CallFacts) -> Option<&str> {
    let header = header(facts, "Diversion")?;
    let after = header.split_once(':').map_or(header, |(_, rest)| rest);
    after.split(['@', '>', ';']).next().filter(|user| !user.is_empty())
}

/// A header of the INVITE, by its name in any case.
pub(super) fn header<'f>(facts: &'f CallFacts, name: &str) -> Option<&'f str> {
    let found = facts.sip_headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.as_str())
}

fn party(party: &SipParty, otherwise: &str) -> String {
    let user = if party.user.is_empty() { otherwise } else { &party.user };
    if is_number(user) || is_nobody(user) || party.uri.is_empty() {
        return user.to_owned();
    }
    format!("sip:{}", party.uri)
}

/// Digits, as E.164 or as they were dialled; `*` and `#` are in service codes.
fn is_number(user: &str) -> bool {
    let digits = user.strip_prefix('+').unwrap_or(user);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'*' || b == b'#')
}

/// What stands for a caller who does not want to be known.
fn is_nobody(user: &str) -> bool {
    ["", "anonymous", "unknown", "restricted", "unavailable"]
        .iter()
        .any(|word| user.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(user: &str, host: &str) -> CallFacts {
        let uri = if host.is_empty() { String::new() } else { format!("{user}@{host}") };
        let from = SipParty { user: user.to_owned(), host: host.to_owned(), uri };
        CallFacts { from, caller_number: "100".to_owned(), ..CallFacts::default() }
    }

    #[test]
    fn a_number_stays_one_and_a_name_has_its_address() {
        for (user, host, shown) in [
            ("+14155550100", "h.example", "+14155550100"),
            ("004930123", "h.example", "004930123"),
            ("*98", "h.example", "*98"),
            ("alice", "h.example:5080", "sip:alice@h.example:5080"),
            ("+", "h.example", "sip:+@h.example"),
            ("Anonymous", "anonymous.invalid", "Anonymous"),
            ("", "h.example", "100"),
            ("alice", "", "alice"),
        ] {
            assert_eq!(from(&facts(user, host)), shown);
        }
    }

    #[test]
    fn a_diversion_header_gives_its_user() {
        let mut facts = facts("1", "h");
        assert_eq!(forwarded_from(&facts), None);
        for (header, user) in [
            ("<sip:4711@example.com>;reason=unconditional", Some("4711")),
            ("\"Desk\" <tel:+4930123>;reason=no-answer", Some("+4930123")),
            ("<sip:@example.com>", None),
        ] {
            facts.sip_headers.insert("diversion".to_owned(), header.to_owned());
            assert_eq!(forwarded_from(&facts), user);
        }
    }
}
