//! Bytes on their way to a container's reader.
//!
//! **Enters:** a reader.
//! **Leaves:** its bytes, or what they unpack to, in pieces; the end is only reported after everything behind it was checked.
//! **Never:** more than one window of a decompressor in memory; a second stream, frame or member taken for the rest of the first.

mod gzip;
mod inflate;
mod meter;
mod xz;
mod zstd;

use std::io::{ErrorKind, Read};

use quorate::digest::{Sha256, Sha256Stream};

use crate::ArchiveError;

pub(crate) use gzip::Gunzip;
pub use gzip::GzipFault;
pub(crate) use inflate::Inflate;
pub(crate) use meter::Meter;
pub(crate) use xz::Unxz;
pub use xz::XzFault;
pub(crate) use zstd::Unzstd;
pub use zstd::ZstdFault;

/// Bytes that are looked at before they are taken.
pub(crate) trait Source {
    /// The next bytes, at least one; none at the end, and then everything about the end was checked.
    fn fill(&mut self) -> Result<&[u8], ArchiveError>;

    /// Takes the first `count` of the bytes that [`Self::fill`] gave last.
    fn consume(&mut self, count: usize);
}

impl<S: Source + ?Sized> Source for &mut S {
    fn fill(&mut self) -> Result<&[u8], ArchiveError> {
        (**self).fill()
    }

    fn consume(&mut self, count: usize) {
        (**self).consume(count);
    }
}

/// Fills `buffer` and says how many bytes there were: fewer only at the end.
pub(crate) fn read_into(
    source: &mut (impl Source + ?Sized),
    buffer: &mut [u8],
) -> Result<usize, ArchiveError> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        let count = copy(rest, source.fill()?);
        if count == 0 {
            break;
        }
        source.consume(count);
        filled += count;
    }
    Ok(filled)
}

/// Copies as many bytes as both have, and says how many.
fn copy(to: &mut [u8], from: &[u8]) -> usize {
    let count = to.len().min(from.len());
    if let (Some(to), Some(from)) = (to.get_mut(..count), from.get(..count)) {
        to.copy_from_slice(from);
    }
    count
}

/// Fills `buffer`, or says within what the bytes end.
pub(crate) fn read_exact(
    source: &mut (impl Source + ?Sized),
    buffer: &mut [u8],
    what: &'static str,
) -> Result<(), ArchiveError> {
    match read_into(source, buffer)? == buffer.len() {
        true => Ok(()),
        false => Err(ArchiveError::Truncated { what }),
    }
}

/// As [`read_exact`], for a number of bytes that is known here.
pub(crate) fn read_array<const N: usize>(
    source: &mut (impl Source + ?Sized),
    what: &'static str,
) -> Result<[u8; N], ArchiveError> {
    let mut bytes = [0; N];
    read_exact(source, &mut bytes, what)?;
    Ok(bytes)
}

/// Says whether nothing is left.
pub(crate) fn at_end(source: &mut (impl Source + ?Sized)) -> Result<bool, ArchiveError> {
    Ok(source.fill()?.is_empty())
}

/// Bytes made by a decompressor and not taken yet.
pub(crate) struct Outbox {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Outbox {
    /// Large enough that a call costs little beside its work.
    const BYTES: usize = 64 << 10;

    pub(crate) fn new() -> Self {
        Self {
            bytes: vec![0; Self::BYTES],
            start: 0,
            end: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    pub(crate) fn ready(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    pub(crate) fn consume(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
    }

    /// The whole space, for new bytes in the place of those that were taken.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        (self.start, self.end) = (0, 0);
        &mut self.bytes
    }

    /// Says how many bytes are in the space now.
    pub(crate) fn made(&mut self, count: usize) -> &[u8] {
        self.end = count.min(self.bytes.len());
        self.ready()
    }
}

/// What the caller's reader gives, hashed as a whole.
pub(crate) struct Input<R> {
    reader: R,
    outbox: Outbox,
    hash: Sha256Stream,
    ended: bool,
}

impl<R: Read> Input<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            reader,
            outbox: Outbox::new(),
            hash: Sha256Stream::default(),
            ended: false,
        }
    }

    /// The digest of everything that was read.
    pub(crate) fn finish(self) -> Sha256 {
        self.hash.finish()
    }
}

impl<R: Read> Source for Input<R> {
    fn fill(&mut self) -> Result<&[u8], ArchiveError> {
        while self.outbox.is_empty() && !self.ended {
            match self.reader.read(self.outbox.space()) {
                // An end is an end: what a reader gives after it would be outside of what was judged.
                Ok(0) => self.ended = true,
                Ok(count) => self.hash.update(self.outbox.made(count)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(ArchiveError::Read(error)),
            }
        }
        Ok(self.outbox.ready())
    }

    fn consume(&mut self, count: usize) {
        self.outbox.consume(count);
    }
}

/// The next so many bytes of another source.
pub(crate) struct Section<'s> {
    inner: &'s mut dyn Source,
    left: u64,
    what: &'static str,
}

impl<'s> Section<'s> {
    /// `what` is what ends too early when `inner` ends before the section.
    pub(crate) fn new(inner: &'s mut dyn Source, bytes: u64, what: &'static str) -> Self {
        Self {
            inner,
            left: bytes,
            what,
        }
    }
}

impl Source for Section<'_> {
    fn fill(&mut self) -> Result<&[u8], ArchiveError> {
        if self.left == 0 {
            return Ok(&[]);
        }
        let bytes = self.inner.fill()?;
        if bytes.is_empty() {
            return Err(ArchiveError::Truncated { what: self.what });
        }
        let count = bytes
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        Ok(bytes.get(..count).unwrap_or(bytes))
    }

    fn consume(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count as u64);
        self.inner.consume(count);
    }
}

/// Bytes that are at hand.
pub(crate) struct Bytes<'b>(pub(crate) &'b [u8]);

impl Source for Bytes<'_> {
    fn fill(&mut self) -> Result<&[u8], ArchiveError> {
        Ok(self.0)
    }

    fn consume(&mut self, count: usize) {
        self.0 = self.0.get(count..).unwrap_or_default();
    }
}
