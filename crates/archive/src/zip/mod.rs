//! zip (PKWARE APPNOTE 6.3): stored and deflated members, zip64, one volume.
//!
//! **Enters:** a file that can be read at any place.
//! **Leaves:** its members, in the listing, in the order in which they lie in the file.
//! **Never:** a byte that neither a member nor the directory covers; a local header and a directory that differ.
//!
//! The directory is read first, then the whole file from its first byte to its last, and the directory once more with it.

mod directory;
mod end;
mod extra;
mod fault;
mod fields;
mod local;
mod signing_block;

use std::io::{Read, Seek, SeekFrom};

use quorate::digest::Sha256Stream;

use crate::error::{LimitFault, shown};
use crate::listing::Listing;
use crate::source::{Input, Section, Source, at_end};
use crate::visit::Walked;
use crate::{ArchiveError, SigningBlock};

use directory::DirectoryEntry;
use end::End;
pub use fault::ZipFault;

/// Reads one zip, which is the whole of `reader`.
pub(crate) fn walk<R: Read + Seek>(
    mut reader: R,
    listing: &mut Listing<'_>,
) -> Result<Walked, ArchiveError> {
    let end = End::read(&mut reader)?;
    if end.entries > listing.limits.members_max {
        return Err(LimitFault::Members(listing.limits.members_max).into());
    }
    seek(&mut reader, end.directory_offset)?;
    let mut input = Input::new(&mut reader);
    let mut seen = Hashed::new(&mut input);
    let entries = directory::read(&mut seen, &end, listing.limits)?;
    seen.drain(end.tail_bytes)?;
    let expected = seen.hash.finish();
    refuse_bombs(&entries, end.file_bytes, listing)?;

    seek(&mut reader, 0)?;
    let mut input = Input::new(&mut reader);
    let mut tape = Tape {
        inner: &mut input,
        position: 0,
    };
    for entry in &entries {
        tape.expect(entry.offset, &entry.name)?;
        local::read(&mut tape, entry, listing)?;
    }
    let mut signing_block = None;
    if tape.position != end.directory_offset && listing.limits.signing_block == SigningBlock::Allow
    {
        signing_block = Some(signing_block::read(&mut tape, end.directory_offset)?);
    }
    tape.expect(end.directory_offset, b"")?;
    let mut seen = Hashed::new(&mut input);
    seen.drain(end.file_bytes.saturating_sub(end.directory_offset))?;
    if seen.hash.finish() != expected || !at_end(&mut input)? {
        return Err(ArchiveError::Changed);
    }
    Ok(Walked {
        whole: input.finish(),
        signing_block,
    })
}

fn seek<R: Seek>(reader: &mut R, place: u64) -> Result<(), ArchiveError> {
    let sought = reader.seek(SeekFrom::Start(place));
    sought.map(drop).map_err(ArchiveError::Read)
}

/// The directory says how much comes out before anything is unpacked, and each member is held to it.
fn refuse_bombs(
    entries: &[DirectoryEntry],
    file_bytes: u64,
    listing: &Listing<'_>,
) -> Result<(), ArchiveError> {
    let limits = listing.limits;
    let sizes = entries.iter().map(|entry| entry.sizes.unpacked);
    let unpacked = sizes.fold(0u64, u64::saturating_add);
    if unpacked > limits.unpacked_bytes_max {
        return Err(LimitFault::Unpacked(limits.unpacked_bytes_max).into());
    }
    let honest = file_bytes.saturating_mul(limits.ratio_max);
    if unpacked > limits.ratio_floor_bytes && unpacked > honest {
        return Err(LimitFault::Ratio(limits.ratio_max).into());
    }
    Ok(())
}

fn refused(member: &[u8], fault: ZipFault) -> ArchiveError {
    ArchiveError::Zip {
        member: shown(member),
        fault,
    }
}

/// Bytes of the file, and where they are.
struct Tape<'s> {
    inner: &'s mut dyn Source,
    position: u64,
}

impl Tape<'_> {
    /// Demands that the next byte is at `place`, where something begins.
    fn expect(&self, place: u64, member: &[u8]) -> Result<(), ArchiveError> {
        match self.position.cmp(&place) {
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Less => Err(refused(member, ZipFault::Gap)),
            std::cmp::Ordering::Greater => Err(refused(member, ZipFault::Overlap)),
        }
    }
}

impl Source for Tape<'_> {
    fn fill(&mut self) -> Result<&[u8], ArchiveError> {
        self.inner.fill()
    }

    fn consume(&mut self, count: usize) {
        self.position = self.position.saturating_add(count as u64);
        self.inner.consume(count);
    }
}

/// Bytes, hashed when they are taken.
struct Hashed<'s> {
    inner: &'s mut dyn Source,
    hash: Sha256Stream,
}

impl<'s> Hashed<'s> {
    fn new(inner: &'s mut dyn Source) -> Self {
        Self {
            inner,
            hash: Sha256Stream::default(),
        }
    }

    fn drain(&mut self, bytes: u64) -> Result<(), ArchiveError> {
        let mut section = Section::new(self, bytes, "a zip that was longer a moment ago");
        loop {
            let count = section.fill()?.len();
            if count == 0 {
                return Ok(());
            }
            section.consume(count);
        }
    }
}

impl Source for Hashed<'_> {
    fn fill(&mut self) -> Result<&[u8], ArchiveError> {
        self.inner.fill()
    }

    fn consume(&mut self, count: usize) {
        if let Ok(bytes) = self.inner.fill() {
            self.hash.update(bytes.get(..count).unwrap_or(bytes));
        }
        self.inner.consume(count);
    }
}
