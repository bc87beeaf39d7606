//! One leg to dial, with everything that is its own.

use super::{CallerId, DigitString, Target, dress::shown};
use crate::base::limits;
use std::{fmt, net::SocketAddr, time::Duration};

/// SIP headers that a leg may have besides `X-…`.
pub(super) const OTHER_HEADERS: [&str; 4] =
    ["User-to-User", "Remote-Party-ID", "P-Preferred-Identity", "P-Called-Party-ID"];

/// One leg to dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialTarget {
    /// Whom.
    pub target: Target,
    /// Keys to send.
    pub send_digits: Option<LegDigits>,
    /// Shown to this party instead of what the dial shows.
    pub caller_id: Option<CallerId>,
    /// SIP headers for this party alone: `X-…`, and the few others that vendors allow.
    pub headers: Vec<(String, String)>,
    /// For the party's server, should it ask.
    pub credentials: Option<Credentials>,
    /// Whether the party comes to us before it is connected.
    pub gate: Option<Gate>,
}

/// Keys for a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegDigits {
    /// Keys and pauses.
    pub keys: DigitString,
    /// Length of one key.
    pub each: Duration,
    /// Already while the far end sends early media; else, and without early media, after the answer.
    pub early: bool,
}

/// What a party's server is shown when it asks who calls. `Debug` does not show the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User.
    pub username: String,
    /// Password.
    pub password: String,
}

/// How a called party comes to us once it has answered: its leg connects to our own listener as a call
/// does, says this token, and is connected with the caller when that connection is closed and the leg
/// is still up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// A word that nobody can guess; the leg's variable `pivot_leg`.
    pub token: uuid::Uuid,
    /// Where our listener is for the switch.
    pub address: SocketAddr,
    /// How long it may take.
    pub patience: Duration,
}

/// What is wrong with a leg of which a part is left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} of the leg to {to} is not sent: it holds a character that a leg cannot carry")]
pub struct Unwritable {
    what: String,
    to: String,
}

impl DialTarget {
    /// A leg with nothing of its own.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            send_digits: None,
            caller_id: None,
            headers: Vec::new(),
            credentials: None,
            gate: None,
        }
    }

    /// Its variables as they stand in the dial string, and what of them cannot stand there.
    /// `headers` says whether its SIP headers are among them.
    pub(super) fn variables(&self, headers: bool) -> (Vec<(String, Value)>, Vec<Unwritable>) {
        let mut all = Written { to: self.target.to_string(), values: vec![], unwritable: vec![] };
        if let Some(CallerId { name, number }) = &self.caller_id {
            all.add("origination_caller_id_name", "the name", &Value::cleaned(&shown(name)));
            let number = shown(number).replace(' ', "");
            all.add("origination_caller_id_number", "the number", &Value::cleaned(&number));
        }
        for (name, value) in self.headers.iter().filter(|_| headers).take(limits::DIAL_HEADERS) {
            let what = format!("the header {name}");
            all.add(&format!("sip_h_{name}"), &what, value);
            if name.eq_ignore_ascii_case("Remote-Party-ID") {
                // The switch would add one of its own.
                all.add("sip_cid_type", &what, "none");
            }
        }
        if let Some(Credentials { username, password }) = &self.credentials {
            all.add("sip_auth_username", "the user name", username);
            all.add("sip_auth_password", "the password", password);
        }
        (all.values, all.unwritable)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({}, ***)", self.username)
    }
}

struct Written {
    to: String,
    values: Vec<(String, Value)>,
    unwritable: Vec<Unwritable>,
}

impl Written {
    fn add(&mut self, name: &str, what: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        match Value::new(value) {
            Some(value) => self.values.push((name.to_owned(), value)),
            None => {
                let to = self.to.clone();
                self.unwritable.push(Unwritable { what: what.to_owned(), to });
            }
        }
    }
}

/// A value between the brackets of a dial string: it holds nothing that could end it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value(String);

impl Value {
    /// Checks a value; `None` if a leg cannot carry it.
    pub(super) fn new(text: &str) -> Option<Self> {
        let fits = text.len() <= 1024
            && text.chars().all(may_stand)
            && !text.starts_with("^^")
            && !text.contains(":_:")
            && text.trim() == text;
        fits.then(|| Self(text.replace(',', "\\,")))
    }

    /// A text without what a leg cannot carry.
    fn cleaned(text: &str) -> String {
        text.replace(":_:", " ")
            .chars()
            .filter(|c| may_stand(*c))
            .collect::<String>()
            .trim()
            .to_owned()
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn may_stand(c: char) -> bool {
    !c.is_control() && !matches!(c, '\'' | '"' | '\\' | '|' | '[' | ']' | '{' | '}' | '$' | '^')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::phone::Number;

    #[test]
    fn nothing_from_outside_ends_a_value() {
        for bad in ["a'b", "a]b", "a|b", "${x}", "a:_:b", "^^;a", "a\nb", " a", "a\\"] {
            assert_eq!(Value::new(bad), None, "{bad:?}");
        }
        assert_eq!(Value::new("<sip:a@b>;x=1,2").unwrap().to_string(), "<sip:a@b>;x=1\\,2");
    }

    #[test]
    fn a_name_is_cleaned_and_a_password_is_left_out_whole() {
        let mut target = DialTarget::new(Target::Number(Number::parse("100").unwrap()));
        target.caller_id =
            Some(CallerId { name: "O'Neil [x]".to_owned(), number: "+49 123".to_owned() });
        let (username, password) = ("me".to_owned(), "a'b".to_owned());
        target.credentials = Some(Credentials { username, password });
        let (values, unwritable) = target.variables(true);
        let values: Vec<_> = values.iter().map(|(n, v)| format!("{n}={v}")).collect();
        assert_eq!(
            values,
            [
                "origination_caller_id_name=ONeil x",
                "origination_caller_id_number=+49123",
                "sip_auth_username=me"
            ]
        );
        assert_eq!(unwritable.len(), 1);
        assert!(!format!("{:?}", target.credentials).contains("a'b"));
    }
}
