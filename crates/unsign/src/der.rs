//! DER: one element after the other, with nothing left over (X.690 §10.1: definite lengths, each the shortest).

use crate::UnsignError;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OID: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

const CONSTRUCTED: u8 = 0x20;
const LONG_TAG: u8 = 0x1f;

/// A nested timestamp is 30 deep at the most, and no certificate is deeper.
const DEPTH_MAX: usize = 40;

/// One element.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    /// Tag, length and content.
    pub(crate) whole: &'a [u8],
    pub(crate) content: &'a [u8],
}

/// What is left to read of the content of an element.
#[derive(Clone, Copy)]
pub(crate) struct Der<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Der<'a> {
    /// `what` is the structure's name in errors.
    pub(crate) const fn new(rest: &'a [u8], what: &'static str) -> Self {
        Self { rest, what }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Everything that was not read yet.
    pub(crate) const fn rest(self) -> &'a [u8] {
        self.rest
    }

    /// The next element, of any tag.
    pub(crate) fn any(&mut self) -> Result<Element<'a>, UnsignError> {
        let truncated = UnsignError::Truncated { what: self.what };
        let [tag, first, ..] = *self.rest else {
            return Err(truncated);
        };
        if tag & LONG_TAG == LONG_TAG {
            return Err(self.refused("a tag of more than one byte"));
        }
        let (header, length) = match first {
            0..=0x7f => (2, usize::from(first)),
            0x81..=0x84 => {
                let count = usize::from(first & 0x7f);
                let bytes = self.rest.get(2..2 + count);
                let bytes = bytes.ok_or(UnsignError::Truncated { what: self.what })?;
                let length = bytes
                    .iter()
                    .fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
                let shortest = if count == 1 {
                    0x80
                } else {
                    1 << (8 * (count - 1))
                };
                if length < shortest {
                    return Err(self.refused("a length that is not written in the shortest way"));
                }
                (2 + count, length)
            }
            _ => return Err(self.refused("a length that is indefinite or too large")),
        };
        let whole = header
            .checked_add(length)
            .and_then(|end| self.rest.split_at_checked(end));
        let (whole, rest) = whole.ok_or(truncated)?;
        self.rest = rest;
        let content = whole.get(header..).unwrap_or_default();
        Ok(Element {
            tag,
            whole,
            content,
        })
    }

    /// The next element, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<Element<'a>, UnsignError> {
        let element = self.any()?;
        if element.tag != tag {
            return Err(self.refused("an element of another kind than the structure has there"));
        }
        Ok(element)
    }

    /// The content of the next element, which must have this tag.
    pub(crate) fn inside(&mut self, tag: u8, what: &'static str) -> Result<Self, UnsignError> {
        self.expect(tag)
            .map(|element| Self::new(element.content, what))
    }

    /// The next element if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, UnsignError> {
        if self.rest.first() == Some(&tag) {
            return self.any().map(Some);
        }
        Ok(None)
    }

    /// Refuses what was not read.
    pub(crate) const fn end(self) -> Result<(), UnsignError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        let bytes = self.rest.len() as u64;
        Err(UnsignError::LeftOver {
            what: self.what,
            bytes,
        })
    }

    pub(crate) const fn refused(&self, why: &'static str) -> UnsignError {
        UnsignError::refused(self.what, why)
    }
}

/// Refuses DER in which anything stands between or after elements, at any depth. Octet strings are opaque.
pub(crate) fn tiled(bytes: &[u8], what: &'static str) -> Result<(), UnsignError> {
    let mut open = vec![Der::new(bytes, what)];
    while let Some(mut level) = open.pop() {
        if level.is_empty() {
            continue;
        }
        let element = level.any()?;
        open.push(level);
        if element.tag & CONSTRUCTED != 0 {
            open.push(Der::new(element.content, what));
        }
        if open.len() > DEPTH_MAX {
            return Err(UnsignError::refused(what, "it is nested too deep"));
        }
    }
    Ok(())
}

/// Two integers and nothing else: a DSA or ECDSA signature.
pub(crate) fn two_integers(bytes: &[u8], what: &'static str) -> Result<(), UnsignError> {
    let mut outer = Der::new(bytes, what);
    let mut inner = outer.inside(SEQUENCE, what)?;
    outer.end()?;
    for _ in 0..2 {
        unsigned_integer(inner.expect(INTEGER)?, what)?;
    }
    inner.end()
}

/// The bytes of an integer above zero, without the zero byte that keeps it positive.
pub(crate) fn unsigned_integer<'a>(
    element: Element<'a>,
    what: &'static str,
) -> Result<&'a [u8], UnsignError> {
    match element.content {
        [0, rest @ ..] if rest.first().is_some_and(|first| *first >= 0x80) => Ok(rest),
        [1..=0x7f, ..] => Ok(element.content),
        _ => Err(UnsignError::refused(
            what,
            "an integer is not above zero, or not written in the shortest way",
        )),
    }
}
