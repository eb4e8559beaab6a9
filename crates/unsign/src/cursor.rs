//! Little-endian bytes, read once from front to back with nothing left over.

use crate::UnsignError;

/// What is left to read of a structure.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Cursor<'a> {
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

    pub(crate) fn take(&mut self, bytes: usize) -> Result<&'a [u8], UnsignError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(bytes)
            .ok_or(UnsignError::Truncated { what: self.what })?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, UnsignError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, UnsignError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, UnsignError> {
        self.array().map(u64::from_le_bytes)
    }

    /// What a 32-bit length before it says is its size.
    pub(crate) fn prefixed(&mut self, what: &'static str) -> Result<Self, UnsignError> {
        let size = self.u32()?;
        let size = usize::try_from(size).map_err(|_| UnsignError::Truncated { what })?;
        let taken = self.take(size);
        Ok(Self::new(
            taken.map_err(|_| UnsignError::Truncated { what })?,
            what,
        ))
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

    fn array<const N: usize>(&mut self) -> Result<[u8; N], UnsignError> {
        let (taken, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(UnsignError::Truncated { what: self.what })?;
        self.rest = rest;
        Ok(*taken)
    }
}
