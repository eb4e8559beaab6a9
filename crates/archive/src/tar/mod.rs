//! tar: POSIX ustar and pax (IEEE Std 1003.1-2017, pax, "ustar Interchange Format"), and GNU tar's own format.
//!
//! **Enters:** the bytes of one tar.
//! **Leaves:** its members, in the listing.
//! **Never:** an extension that only some readers know; a name or a size that is said twice and differs.

mod fault;
mod header;
mod number;
mod overrides;
mod pax;

use crate::error::{LimitFault, shown};
use crate::listing::{Entry, EntryKind, Listing};
use crate::source::{Section, Source, read_exact, read_into};
use crate::{ArchiveError, Owner};

pub use fault::TarFault;
use header::{BLOCK_BYTES, Block, Header, TypeFlag};
use overrides::Overrides;
use pax::Pax;

/// Twenty blocks: the blocking factor that every tar program has by default.
const RECORD_BYTES: u64 = 20 * BLOCK_BYTES as u64;

/// Reads one tar to its end, which is the end of `source`.
pub(crate) fn walk(source: &mut dyn Source, listing: &mut Listing<'_>) -> Result<(), ArchiveError> {
    let mut tar = Tar {
        source,
        position: 0,
        last: Vec::new(),
    };
    let mut overrides = Overrides::default();
    while let Some(block) = tar.header_block(&overrides)? {
        let header = Header::parse(&block).map_err(|fault| tar.refused(fault))?;
        tar.last = header.full_name();
        match header.flag {
            TypeFlag::Pax => {
                let text = tar.extension(&header, listing.limits.pax_bytes_max)?;
                let pax = Pax::parse(&text).map_err(|fault| tar.refused(fault))?;
                overrides.add_pax(pax).map_err(|fault| tar.refused(fault))?;
            }
            TypeFlag::LongName | TypeFlag::LongLink => {
                let name_bytes_max = listing.limits.name_bytes_max as u64;
                let text = tar.extension(&header, name_bytes_max.saturating_add(1))?;
                overrides
                    .add_long(header.flag, text)
                    .map_err(|fault| tar.refused(fault))?;
            }
            _ => {
                let overrides = std::mem::take(&mut overrides);
                tar.member(header, overrides, listing)?;
            }
        }
    }
    Ok(())
}

struct Tar<'s> {
    source: &'s mut dyn Source,
    /// Bytes read so far.
    position: u64,
    /// The name in the last header, for errors.
    last: Vec<u8>,
}

impl Tar<'_> {
    fn refused(&self, fault: TarFault) -> ArchiveError {
        ArchiveError::Tar {
            member: shown(&self.last),
            fault,
        }
    }

    /// The next header, or nothing when the archive ended as it must.
    fn header_block(&mut self, pending: &Overrides) -> Result<Option<Block>, ArchiveError> {
        let block = self.block()?;
        if block.iter().any(|byte| *byte != 0) {
            return Ok(Some(block));
        }
        if !pending.is_empty() {
            return Err(self.refused(TarFault::ExtensionWithoutMember));
        }
        self.end()?;
        Ok(None)
    }

    fn block(&mut self) -> Result<Block, ArchiveError> {
        let mut block = [0; BLOCK_BYTES];
        match read_into(self.source, &mut block)? {
            BLOCK_BYTES => {}
            0 => return Err(self.refused(TarFault::NoEnd)),
            _ => {
                return Err(ArchiveError::Truncated {
                    what: "a tar header",
                });
            }
        }
        self.position = self.position.saturating_add(BLOCK_BYTES as u64);
        Ok(block)
    }

    /// A second block of zeros, then zeros to the end of the record at most.
    fn end(&mut self) -> Result<(), ArchiveError> {
        if self.block()?.iter().any(|byte| *byte != 0) {
            return Err(self.refused(TarFault::LoneZeroBlock));
        }
        let record_end = self.position.next_multiple_of(RECORD_BYTES);
        loop {
            let bytes = self.source.fill()?;
            let count = bytes.len();
            if bytes.iter().any(|byte| *byte != 0) {
                return Err(self.refused(TarFault::DataAfterEnd));
            }
            if count == 0 {
                break;
            }
            self.source.consume(count);
            self.position = self.position.saturating_add(count as u64);
            if self.position > record_end {
                return Err(self.refused(TarFault::LongPadding));
            }
        }
        match self.position.is_multiple_of(BLOCK_BYTES as u64) {
            true => Ok(()),
            false => Err(self.refused(TarFault::LongPadding)),
        }
    }

    /// The contents of a header that speaks about the next member.
    fn extension(&mut self, header: &Header, bytes_max: u64) -> Result<Vec<u8>, ArchiveError> {
        let (asked, max) = (header.size, bytes_max);
        if asked > max {
            return Err(LimitFault::Header { asked, max }.into());
        }
        let size = usize::try_from(asked).map_err(|_| LimitFault::Header { asked, max })?;
        let mut text = vec![0; size];
        read_exact(self.source, &mut text, "a tar extension header")?;
        self.padding(asked)?;
        Ok(text)
    }

    fn padding(&mut self, size: u64) -> Result<(), ArchiveError> {
        let padding = (size.wrapping_neg() % BLOCK_BYTES as u64) as usize;
        let mut bytes = [0; BLOCK_BYTES];
        let bytes = bytes.get_mut(..padding).unwrap_or_default();
        read_exact(self.source, bytes, "the padding of a tar member")?;
        if bytes.iter().any(|byte| *byte != 0) {
            return Err(self.refused(TarFault::Padding));
        }
        let whole = size.saturating_add(padding as u64);
        self.position = self.position.saturating_add(whole);
        Ok(())
    }

    fn member(
        &mut self,
        header: Header,
        overrides: Overrides,
        listing: &mut Listing<'_>,
    ) -> Result<(), ArchiveError> {
        let flag = header.flag;
        let member = overrides
            .apply(header)
            .map_err(|fault| self.refused(fault))?;
        self.last.clone_from(&member.name);
        let kind = match flag {
            TypeFlag::File => EntryKind::File,
            TypeFlag::Folder => EntryKind::Folder,
            TypeFlag::Symlink => EntryKind::Symlink(&member.link),
            TypeFlag::Hardlink => EntryKind::Hardlink(&member.link),
            TypeFlag::Pax | TypeFlag::LongName | TypeFlag::LongLink => {
                return Err(self.refused(TarFault::ExtensionWithoutMember));
            }
        };
        if matches!(kind, EntryKind::File | EntryKind::Folder) && !member.link.is_empty() {
            return Err(self.refused(TarFault::LinkOfNoLink));
        }
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).map_err(|_| TarFault::Owner);
        let owner = |user, group| Ok::<_, TarFault>((text(user)?, text(group)?));
        let (user, group) =
            owner(member.user, member.group).map_err(|fault| self.refused(fault))?;
        let size = member.size;
        let entry = Entry {
            name: &member.name,
            kind,
            mode: member.mode,
            owner: Owner {
                uid: member.uid,
                gid: member.gid,
                user,
                group,
            },
            modified: Some(member.modified),
            size,
        };
        let mut contents = Section::new(self.source, size, "the contents of a tar member");
        listing.add(entry, &mut contents)?;
        self.padding(size)
    }
}
