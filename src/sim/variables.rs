//! Channel variables: kept in the order in which the switch shows them, and expanded in arguments
//! as it does (`reference/freeswitch.md` 2.12).

/// How deep `${…}` inside a value is followed.
const EXPANSION_DEPTH: u8 = 20;

/// The variables of one channel. Setting one again moves it to the end, as in the switch.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables(Vec<(String, String)>);

impl Variables {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether the variable says yes, in one of the words that the switch takes for it.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(is_true)
    }

    /// Sets a variable; an empty value unsets it.
    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.unset(name);
        let value = value.into();
        if !value.is_empty() {
            self.0.push((name.to_owned(), value));
        }
    }

    /// Sets a variable without moving it, as adding to an array does.
    pub(super) fn replace(&mut self, name: &str, value: String) {
        match self.0.iter_mut().find(|(key, _)| key.eq_ignore_ascii_case(name)) {
            Some((_, old)) => *old = value,
            None => self.set(name, value),
        }
    }

    /// Sets several in this order.
    pub(super) fn set_all<'a>(&mut self, pairs: impl IntoIterator<Item = (&'a str, String)>) {
        for (name, value) in pairs {
            self.set(name, value);
        }
    }

    pub(super) fn unset(&mut self, name: &str) {
        self.0.retain(|(key, _)| !key.eq_ignore_ascii_case(name));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// `true`, `yes`, `on`, `enabled`, `active`, `allow`, `t` or a number other than 0.
pub(super) fn is_true(value: &str) -> bool {
    const WORDS: [&str; 7] = ["true", "yes", "on", "enabled", "active", "allow", "t"];
    WORDS.iter().any(|word| value.eq_ignore_ascii_case(word))
        || value.parse::<i64>().is_ok_and(|number| number != 0)
}

/// Expands an argument once: `${name}` becomes the variable's (expanded) value, `\$` a dollar sign,
/// `\\` one backslash, and `\'` disappears. A text without `$` and backslash is not touched.
/// Only plain variables are looked up; anything else inside the braces becomes empty.
pub(super) fn expand(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> String {
    expand_to(text, lookup, EXPANSION_DEPTH)
}

fn expand_to(text: &str, lookup: &dyn Fn(&str) -> Option<String>, depth: u8) -> String {
    if depth == 0 || !text.contains(['$', '\\']) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let after = &rest[character.len_utf8()..];
        rest = match character {
            '\\' if after.starts_with('$') => {
                out.push('$');
                &after[1..]
            }
            '\\' if after.starts_with('\'') => &after[1..],
            '\\' if after.starts_with('\\') => {
                out.push('\\');
                &after[1..]
            }
            '$' if after.starts_with('{') => match closing_brace(after) {
                Some(close) => {
                    let name = &after[1..close];
                    let value = lookup(name).unwrap_or_default();
                    out.push_str(&expand_to(&value, lookup, depth - 1));
                    &after[close + 1..]
                }
                None => {
                    out.push(character);
                    after
                }
            },
            other => {
                out.push(other);
                after
            }
        };
    }
    out
}

/// The `}` that closes the `{` at the beginning.
fn closing_brace(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 1 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> String {
        expand(text, &|name| match name {
            "uuid" => Some("abc".to_owned()),
            "outer" => Some("<${uuid}>".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn expansion_follows_values_and_escapes() {
        assert_eq!(expanded("x=${uuid}"), "x=abc");
        assert_eq!(expanded("${outer}${none}"), "<abc>");
        assert_eq!(expanded(r"x=\${uuid}"), "x=${uuid}");
        assert_eq!(expanded(r"x=\\\${uuid}"), r"x=\${uuid}");
        assert_eq!(expanded(r"it\'s $5"), "its $5");
        assert_eq!(expanded("100% 'plain'"), "100% 'plain'");
    }

    #[test]
    fn setting_again_moves_to_the_end_and_empty_unsets() {
        let mut variables = Variables::default();
        variables.set("a", "1");
        variables.set("b", "2");
        variables.set("A", "3");
        let names: Vec<_> = variables.iter().collect();
        assert_eq!(names, [("b", "2"), ("A", "3")]);
        variables.set("b", "");
        assert_eq!(variables.get("b"), None);
    }
}
