//! `<Sip>` (`reference/twiml.md` 2.7.1): an address as its text, or `<Uri>` and `<Headers>` inside.

use super::leg_attributes;
use crate::{
    base::phone::SipUri,
    call::Credentials,
    xml::{
        attributes::Attributes,
        content,
        notes::Notes,
        tree::{At, Element},
        verbs::{Leg, Whom},
    },
};

/// Headers that Twilio sends besides `X-…`.
const OTHER_HEADERS: [&str; 4] =
    ["User-to-User", "Remote-Party-ID", "P-Preferred-Identity", "P-Called-Party-ID"];

/// One leg for each address, the best first. Several are dialled together, as all legs of a Dial are.
pub(super) fn sip(element: &Element, notes: &mut Notes) -> Vec<Leg> {
    let mut addresses = Vec::new();
    let mut headers = Vec::new();
    for inner in element.elements() {
        match inner.name.as_str() {
            "Uri" => addresses.push(uri(inner, notes)),
            "Headers" => headers.extend(header_list(inner, notes)),
            other => {
                let other: String = other.chars().take(60).collect();
                notes.warn(inner.at, format!("<{other}> is ignored here"));
            }
        }
    }
    let mut attributes = Attributes::of(element, notes);
    let credentials = credentials(&mut attributes);
    let own = leg_attributes::read(&mut attributes);
    attributes.done();
    if addresses.is_empty() {
        addresses.push(Address {
            text: element.text(),
            at: element.text_at(),
            rank: (0, 0),
            credentials: None,
        });
    }
    // The lowest priority is the best, as in DNS; of equal ones the highest weight.
    addresses.sort_by_key(|address| address.rank);
    let mut template = Leg::to(Whom::User(String::new()));
    own(&mut template);
    let mut legs = Vec::new();
    for address in addresses {
        let Some((uri, named)) = read(&address, notes) else { continue };
        legs.push(Leg {
            whom: Whom::Sip(uri),
            headers: headers.iter().cloned().chain(named).collect(),
            credentials: address.credentials.or_else(|| credentials.clone()),
            ..template.clone()
        });
    }
    legs
}

/// A SIP address with the headers in its query; a remark says why there is none.
pub(super) fn sip_address(
    element: &Element,
    notes: &mut Notes,
) -> Option<(SipUri, Vec<(String, String)>)> {
    let (text, at) = (element.text(), element.text_at());
    read(&Address { text, at, rank: (0, 0), credentials: None }, notes)
}

struct Address {
    text: String,
    at: At,
    rank: (u32, i64),
    credentials: Option<Credentials>,
}

fn uri(element: &Element, notes: &mut Notes) -> Address {
    content::no_elements(element, notes);
    let mut attributes = Attributes::of(element, notes);
    let priority = attributes.whole("priority", 0..=65_535, 0);
    let weight = attributes.whole("weight", 0..=65_535, 0);
    let credentials = credentials(&mut attributes);
    attributes.done();
    let rank = (priority, -i64::from(weight));
    Address { text: element.text(), at: element.text_at(), rank, credentials }
}

fn credentials(attributes: &mut Attributes<'_, '_>) -> Option<Credentials> {
    let (username, password) = (attributes.text("username"), attributes.text("password"));
    (!username.is_empty()).then_some(Credentials { username, password })
}

/// `<Headers><Header name="X-…" value="…"/></Headers>`
fn header_list(element: &Element, notes: &mut Notes) -> Vec<(String, String)> {
    Attributes::of(element, notes).done();
    let mut headers = Vec::new();
    for inner in element.elements() {
        if inner.name != "Header" {
            let other: String = inner.name.chars().take(60).collect();
            notes.warn(inner.at, format!("<{other}> is ignored here"));
            continue;
        }
        let mut attributes = Attributes::of(inner, notes);
        let (name, value) = (attributes.text("name"), attributes.text("value"));
        attributes.done();
        headers.extend(header(name, value, inner.at, notes));
    }
    headers
}

/// The address of one leg, and the headers that it names.
fn read(address: &Address, notes: &mut Notes) -> Option<(SipUri, Vec<(String, String)>)> {
    let at = address.at;
    let (bare, query) = address.text.split_once('?').unwrap_or((&address.text, ""));
    // Twilio's region chooses one of its own edges.
    let mut bare = bare.to_owned();
    if let Some(region) = bare.split(';').find(|part| part.starts_with("region=")) {
        notes.warn(at, format!("{region} is ignored"));
        bare = bare.replace(&format!(";{region}"), "");
    }
    let named = form_urlencoded::parse(query.as_bytes());
    let headers = named
        .filter_map(|(name, value)| header(name.into_owned(), value.into_owned(), at, notes))
        .collect();
    match SipUri::parse(&bare) {
        Ok(uri) => Some((uri, headers)),
        Err(error) => {
            notes.error(at, format!("{error}; it is not dialled"));
            None
        }
    }
}

fn header(name: String, value: String, at: At, notes: &mut Notes) -> Option<(String, String)> {
    let custom = name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("x-"))
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if custom {
        return Some((name, value));
    }
    if let Some(known) = OTHER_HEADERS.iter().find(|known| known.eq_ignore_ascii_case(&name)) {
        return Some(((*known).to_owned(), value));
    }
    let name: String = name.chars().take(60).collect();
    let allowed = OTHER_HEADERS.join(", ");
    notes.warn(at, format!("the header {name} is not sent: only X- headers are, and {allowed}"));
    None
}
