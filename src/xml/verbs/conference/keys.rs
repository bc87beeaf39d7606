//! Rows of keys that somebody wants to be told of.

use crate::base::phone::Key;

/// Looks for rows in what is typed.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyWatch {
    rows: Vec<String>,
    typed: String,
}

impl KeyWatch {
    pub fn new(rows: &[String]) -> Self {
        Self { rows: rows.to_vec(), typed: String::new() }
    }

    /// Takes a key; gives the rows that are complete with it, the longest alone: of `1` and `11`, the
    /// second `1` completes `11`. What made a row makes no other.
    pub fn typed(&mut self, key: Key) -> Option<String> {
        let longest = self.rows.iter().map(String::len).max()?;
        self.typed.push(key.char());
        let excess = self.typed.len().saturating_sub(longest);
        self.typed.drain(..excess);
        let complete = self.rows.iter().filter(|row| self.typed.ends_with(row.as_str()));
        let row = complete.max_by_key(|row| row.len())?.clone();
        if self.rows.iter().all(|other| other.len() <= row.len() || !other.starts_with(&row)) {
            self.typed.clear();
        }
        Some(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_in_what_is_typed() {
        let mut watch = KeyWatch::new(&["12".to_owned(), "*9".to_owned(), "9".to_owned()]);
        let mut found = |keys: &str| -> Vec<String> {
            keys.chars().filter_map(|c| watch.typed(Key::new(c).unwrap())).collect()
        };
        assert_eq!(found("312*9"), ["12", "*9"]);
        assert_eq!(found("1992"), ["9", "9"]);
        assert!(KeyWatch::new(&[]).typed(Key::new('1').unwrap()).is_none());
    }
}
