//! From a byte offset to line and column.

use super::tree::At;

/// Walks along a text. Asking for offsets in ascending order costs one pass over the text in all.
#[derive(Debug)]
pub(super) struct Places<'t> {
    text: &'t str,
    offset: usize,
    at: At,
}

impl<'t> Places<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { text, offset: 0, at: (1, 1) }
    }

    /// The place of the character at `offset`. An offset before the last one asked for gives that
    /// one's place.
    pub fn at(&mut self, offset: usize) -> At {
        let walked = self.text.get(self.offset..offset).unwrap_or_default();
        for c in walked.chars() {
            self.at = match c {
                '\n' => (self.at.0.saturating_add(1), 1),
                _ => (self.at.0, self.at.1.saturating_add(1)),
            };
        }
        self.offset = self.offset.max(offset);
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::Places;

    #[test]
    fn columns_count_characters() {
        let mut places = Places::new("aé\n<ü>\r\nx");
        assert_eq!(places.at(0), (1, 1));
        assert_eq!(places.at(3), (1, 3));
        assert_eq!(places.at(4), (2, 1));
        assert_eq!(places.at(7), (2, 3));
        assert_eq!(places.at(10), (3, 1));
        assert_eq!(places.at(2), (3, 1), "never backwards");
    }
}
