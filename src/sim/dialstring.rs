//! Dial strings: `{vars}[vars]endpoint,endpoint|endpoint` (`reference/freeswitch.md` 3.7).

/// A parsed dial string: groups tried one after the other, each of legs dialled at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DialString {
    /// The variables in `{}`.
    pub(super) variables: Vec<(String, String)>,
    pub(super) groups: Vec<Vec<Target>>,
}

/// One leg to be dialled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// The leg's variables: those in `[]`, under those in `{}`.
    pub(super) variables: Vec<(String, String)>,
    pub(super) endpoint: Endpoint,
}

/// Where a leg goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// `sofia/<profile>/<uri>`, and `user/<id>@<domain>`.
    Sip { user: String, uri: String },
    /// `sofia/gateway/<name>/<number>`.
    Gateway { name: String, number: String },
    /// `error/<cause>`.
    Fails(String),
    /// An endpoint that is not loaded.
    Unknown,
}

impl Endpoint {
    /// What a callee is looked up by.
    pub(super) fn address(&self) -> &str {
        match self {
            Self::Sip { uri, .. } => uri,
            Self::Gateway { number, .. } => number,
            Self::Fails(_) | Self::Unknown => "",
        }
    }

    /// The name that the leg's channel gets.
    pub(super) fn channel_name(&self) -> String {
        match self {
            Self::Sip { uri, .. } => format!("sofia/internal/{uri}"),
            Self::Gateway { number, .. } => format!("sofia/external/{number}"),
            Self::Fails(_) | Self::Unknown => String::new(),
        }
    }
}

/// Reads a dial string. One that the switch would refuse as a whole gives no groups.
pub(super) fn parse(text: &str) -> DialString {
    let (variables, rest) = match text.trim().strip_prefix('{') {
        Some(inside) => match split_at_close(inside, '}') {
            Some((inside, rest)) => (assignments(inside), rest),
            None => return DialString::default(),
        },
        None => (Vec::new(), text.trim()),
    };
    let clobber = variables
        .iter()
        .any(|(name, value)| name == "local_var_clobber" && super::variables::is_true(value));
    let groups = split_outside(rest, '|').into_iter().map(|group| {
        let legs = split_outside(group, ',').into_iter().filter(|leg| !leg.trim().is_empty());
        legs.map(|leg| target(leg, &variables, clobber)).collect::<Vec<_>>()
    });
    let groups = groups.filter(|group| !group.is_empty()).collect();
    DialString { variables, groups }
}

fn target(text: &str, global: &[(String, String)], clobber: bool) -> Target {
    let text = text.trim();
    let (local, rest) = match text.strip_prefix('[') {
        Some(inside) => match split_at_close(inside, ']') {
            Some((inside, rest)) => (assignments(inside), rest),
            None => (Vec::new(), text),
        },
        None => (Vec::new(), text),
    };
    // What stands in `{}` beats what stands in `[]`, unless it says otherwise.
    let (weak, strong) = if clobber { (global, &*local) } else { (&*local, global) };
    let mut variables: Vec<(String, String)> = weak.to_vec();
    variables.retain(|(name, _)| !strong.iter().any(|(other, _)| other == name));
    variables.extend_from_slice(strong);
    Target { variables, endpoint: endpoint(rest.trim()) }
}

fn endpoint(text: &str) -> Endpoint {
    let mut parts = text.splitn(3, '/');
    let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
    let (second, third) = (parts.next().unwrap_or_default(), parts.next());
    match (kind.as_str(), third) {
        ("sofia", Some(rest)) if second.eq_ignore_ascii_case("gateway") => {
            match rest.split_once('/') {
                Some((name, number)) => {
                    Endpoint::Gateway { name: name.to_owned(), number: number.to_owned() }
                }
                None => Endpoint::Unknown,
            }
        }
        ("sofia", Some(uri)) => sip(uri),
        ("user", None) => sip(second),
        ("error", None) => Endpoint::Fails(second.to_ascii_uppercase()),
        _ => Endpoint::Unknown,
    }
}

fn sip(uri: &str) -> Endpoint {
    let uri = uri.trim_start_matches("sips:").trim_start_matches("sip:");
    let bare = uri.split(';').next().unwrap_or(uri);
    let user = bare.split('@').next().unwrap_or_default();
    Endpoint::Sip { user: user.to_owned(), uri: uri.to_owned() }
}

/// `a=1,b='x,y'`, or with `^^:` another separator than the comma.
fn assignments(text: &str) -> Vec<(String, String)> {
    let chosen = text.strip_prefix("^^").and_then(|rest| rest.chars().next());
    let (separator, list) = match chosen {
        Some(separator) => (separator, &text[2 + separator.len_utf8()..]),
        None => (',', text),
    };
    let pairs = split_outside(list, separator).into_iter().filter_map(|part| {
        let (name, value) = part.split_once('=')?;
        Some((name.trim().to_owned(), unquoted(value)))
    });
    pairs.filter(|(_, value)| !value.is_empty()).collect()
}

/// Splits where the separator stands outside of quotes and brackets and has no backslash.
fn split_outside(text: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth, mut quoted, mut escaped) = (0, 0_i32, false, false);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => {
                escaped = false;
                continue;
            }
            '\\' => escaped = true,
            '\'' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted => depth -= 1,
            c if c == separator && !quoted && depth <= 0 => {
                parts.push(&text[start..at]);
                start = at + character.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Splits at the bracket that closes the one before the text.
fn split_at_close(text: &str, close: char) -> Option<(&str, &str)> {
    let open = if close == '}' { '{' } else { '[' };
    let mut depth = 0_u32;
    for (at, character) in text.char_indices() {
        if character == open {
            depth += 1;
        } else if character == close {
            if depth == 0 {
                return Some((&text[..at], &text[at + 1..]));
            }
            depth -= 1;
        }
    }
    None
}

/// A value without its quotes and without the backslashes before separators.
fn unquoted(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if matches!(characters.peek(), Some(',' | '\'' | '\\')) => {
                out.extend(characters.next());
            }
            '\'' => {}
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value<'a>(target: &'a Target, name: &str) -> Option<&'a str> {
        target.variables.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    #[test]
    fn groups_legs_and_variables_are_found() {
        let parsed =
            parse("{a=1,b='x,y'}[leg_timeout=5,a=2]sofia/gateway/gw/+49,user/bob@h|sofia/i/c@h:1");
        assert_eq!(parsed.groups.len(), 2);
        let first = &parsed.groups[0][0];
        assert_eq!(value(first, "a"), Some("1"));
        assert_eq!(value(first, "b"), Some("x,y"));
        assert_eq!(value(first, "leg_timeout"), Some("5"));
        let gateway = Endpoint::Gateway { name: "gw".into(), number: "+49".into() };
        assert_eq!(first.endpoint, gateway);
        assert_eq!(parsed.groups[0][1].endpoint, sip("bob@h"));
        assert_eq!(parsed.groups[1][0].endpoint, sip("c@h:1"));
    }

    #[test]
    fn local_variables_win_only_when_told() {
        let parsed = parse("{local_var_clobber=true,a=1}[a=2]sofia/i/x@h");
        assert_eq!(value(&parsed.groups[0][0], "a"), Some("2"));
    }

    #[test]
    fn values_are_quoted_in_several_ways() {
        let parsed = parse(r"{^^:a=x,y:b=2}sofia/i/x@h");
        assert_eq!(value(&parsed.groups[0][0], "a"), Some("x,y"));
        // As it is after the expansion of the argument, which has eaten one backslash.
        let parsed = parse(r"{a=x\,y,b=it\'s,c=x|y}sofia/i/x@h");
        assert_eq!(value(&parsed.groups[0][0], "a"), Some("x,y"));
        assert_eq!(value(&parsed.groups[0][0], "b"), Some("it's"));
        assert_eq!(value(&parsed.groups[0][0], "c"), Some("x|y"));
    }

    #[test]
    fn what_is_not_an_endpoint_is_unknown() {
        assert_eq!(parse("nowhere/x").groups[0][0].endpoint, Endpoint::Unknown);
        assert_eq!(
            parse("error/user_busy").groups[0][0].endpoint,
            Endpoint::Fails("USER_BUSY".into())
        );
        assert!(parse("{a=1").groups.is_empty());
        assert!(parse("").groups.is_empty());
    }
}
