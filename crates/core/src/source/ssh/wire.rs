//! The binary form of SSH (RFC 4251 §5): a cursor that gives nothing but what is whole.

/// What is left to read.
#[derive(Clone, Copy)]
pub(super) struct Wire<'a>(&'a [u8]);

impl<'a> Wire<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// `string`: a length and as many bytes.
    pub(super) fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        self.take(length)
    }

    /// A `string` that is UTF-8.
    pub(super) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.string()?).ok()
    }

    /// A positive `mpint` in its one shortest form, without the zero in front of a high first bit.
    pub(super) fn positive(&mut self) -> Option<&'a [u8]> {
        match self.string()? {
            [0, rest @ ..] if rest.first().is_some_and(|first| *first >= 0x80) => Some(rest),
            number @ [1..=0x7f, ..] => Some(number),
            _ => None,
        }
    }

    /// Nothing may be left.
    pub(super) fn end(self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

/// Appends a `string`; everything that is written here is shorter than 4 GiB.
pub(super) fn push_string(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::{Wire, push_string};

    #[test]
    fn a_number_has_one_form() {
        let read = |bytes: &[u8]| {
            let mut wire = Vec::new();
            push_string(&mut wire, bytes);
            Wire::new(&wire).positive().map(<[u8]>::to_vec)
        };
        assert_eq!(read(&[0x7f]), Some(vec![0x7f]));
        assert_eq!(read(&[0, 0x80]), Some(vec![0x80]));
        for other in [&[][..], &[0], &[0, 0x7f], &[0x80], &[0, 0, 0x80]] {
            assert_eq!(read(other), None, "{other:?}");
        }
    }

    #[test]
    fn a_length_beyond_the_end_gives_nothing() {
        assert_eq!(Wire::new(&[0xff, 0xff, 0xff, 0xff, 1]).string(), None);
        assert_eq!(Wire::new(&[0, 0, 0]).u32(), None);
        assert!(Wire::new(&[0]).end().is_none());
    }
}
