//! The header lines of tags and commits: `KEY VALUE`, up to the first empty line.

use super::{ObjectFormat, ObjectId};

/// Walks over header lines. What is left after [`Self::end`] is the message.
pub(super) struct Header<'a> {
    rest: &'a [u8],
}

impl<'a> Header<'a> {
    pub(super) const fn new(object: &'a [u8]) -> Self {
        Self { rest: object }
    }

    /// The value of the next line when its key is `key`; otherwise nothing is taken.
    pub(super) fn value(&mut self, key: &str) -> Option<&'a [u8]> {
        let (found, value, rest) = self.split()?;
        if found != key.as_bytes() {
            return None;
        }
        self.rest = rest;
        Some(value)
    }

    /// Key and value of the next line whatever its key is, the value with its continuation lines as they stand.
    pub(super) fn any(&mut self) -> Option<(&'a [u8], &'a [u8])> {
        let (key, first, mut rest) = self.split()?;
        let from = self.rest;
        while rest.first() == Some(&b' ') {
            rest = line(rest)?.1;
        }
        // The value runs from behind the key's space up to before the last line feed.
        let start = key.len().checked_add(1)?;
        let end = from.len().checked_sub(rest.len())?.checked_sub(1)?;
        let value = from.get(start..end)?;
        debug_assert!(value.starts_with(first));
        self.rest = rest;
        Some((key, value))
    }

    /// The key of the next line, for reasons; a line without a space is its own key.
    pub(super) fn next_key(&self) -> String {
        let first = line(self.rest).map_or(self.rest, |(first, _)| first);
        let key = first.split(|byte| *byte == b' ').next().unwrap_or_default();
        printable(key)
    }

    /// Whether the header ends here, with the empty line that separates it from the message.
    pub(super) fn is_at_end(&self) -> bool {
        self.rest.first() == Some(&b'\n')
    }

    /// The message, when the header ends here.
    pub(super) fn end(self) -> Option<&'a [u8]> {
        self.rest.strip_prefix(b"\n")
    }

    fn split(&self) -> Option<(&'a [u8], &'a [u8], &'a [u8])> {
        let (line, rest) = line(self.rest)?;
        let space = line.iter().position(|byte| *byte == b' ')?;
        let (key, value) = (line.get(..space)?, line.get(space.checked_add(1)?..)?);
        (!key.is_empty()).then_some((key, value, rest))
    }
}

/// An id of the format, as a header's value.
pub(super) fn id(value: &[u8], format: ObjectFormat) -> Option<ObjectId> {
    let id = ObjectId::parse(std::str::from_utf8(value).ok()?).ok()?;
    (id.format() == format).then_some(id)
}

/// What bytes of an object look like in a reason: at most 60 characters, none of which moves a terminal's cursor.
pub(super) fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut shown: String = text
        .chars()
        .take(60)
        .flat_map(char::escape_default)
        .collect();
    if text.chars().nth(60).is_some() {
        shown.push('…');
    }
    shown
}

/// The first line without its line feed, and what follows; `None` when no line feed comes.
fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((bytes.get(..end)?, bytes.get(end.checked_add(1)?..)?))
}
