//! The zip around the signing block (PKWARE APPNOTE §4.3): one end record, one directory, members that all lie before the block.

use std::io::{Read, Seek};

use crate::cursor::Cursor;
use crate::delivered::Delivered;
use crate::error::bounded;
use crate::{Limits, UnsignError};

const END: &str = "the zip's end record";
const DIRECTORY: &str = "the zip's central directory";
const MEMBER: &str = "a member of the zip";
const DESCRIPTOR: &str = "the data descriptor of the last member";

const END_MAGIC: u32 = 0x0605_4b50;
const ZIP64_MAGIC: u32 = 0x0706_4b50;
const ENTRY_MAGIC: u32 = 0x0201_4b50;
const MEMBER_MAGIC: u32 = 0x0403_4b50;
const DESCRIPTOR_MAGIC: u32 = 0x0807_4b50;

const END_BYTES: u64 = 22;
const ZIP64_BYTES: u64 = 20;
const MEMBER_BYTES: u64 = 30;

/// Bit 3 of the general purpose flags: sizes and checksum come after the data.
const HAS_DESCRIPTOR: u16 = 1 << 3;

/// The record at the end of a zip, as far as it is needed.
pub(super) struct EndRecord {
    pub(super) directory_offset: u64,
    /// Where in the file the directory's offset is written.
    pub(super) offset_field: u64,
    directory_bytes: u64,
    entries: usize,
}

impl EndRecord {
    /// Reads the record in the last 22 bytes, and refuses a file in which a reader could take another for it.
    pub(super) fn read<R: Read + Seek>(
        delivered: &mut Delivered<'_, R>,
    ) -> Result<Self, UnsignError> {
        let start = delivered.size().checked_sub(END_BYTES);
        let start = start.ok_or(UnsignError::Truncated { what: END })?;
        let record = delivered.part(start, END_BYTES, END)?;
        let mut record = Cursor::new(&record, END);
        if record.u32()? != END_MAGIC {
            return Err(UnsignError::refused(
                END,
                "it must be the last thing in the file, without a comment",
            ));
        }
        let (disk, directory_disk) = (record.u16()?, record.u16()?);
        let (entries_here, entries) = (record.u16()?, record.u16()?);
        let (directory_bytes, directory_offset) = (record.u32()?, record.u32()?);
        if record.u16()? != 0 {
            return Err(UnsignError::refused(END, "it announces a comment"));
        }
        if (disk, directory_disk) != (0, 0) || entries_here != entries {
            return Err(UnsignError::refused(END, "the zip has several parts"));
        }
        if entries == u16::MAX || directory_bytes == u32::MAX || directory_offset == u32::MAX {
            return Err(UnsignError::refused(END, "zip64 is not for packages"));
        }
        let end = u64::from(directory_offset) + u64::from(directory_bytes);
        if end != start {
            return Err(UnsignError::refused(
                END,
                "the central directory does not end where it begins",
            ));
        }
        refuse_another(delivered, start)?;
        Ok(Self {
            directory_offset: directory_offset.into(),
            offset_field: start + 16,
            directory_bytes: directory_bytes.into(),
            entries: entries.into(),
        })
    }
}

/// Refuses a second record whose comment would be the rest of the file, and a zip64 locator.
fn refuse_another<R: Read + Seek>(
    delivered: &mut Delivered<'_, R>,
    start: u64,
) -> Result<(), UnsignError> {
    let from = start.saturating_sub(u16::MAX.into());
    let tail = delivered.part(from, delivered.size() - from, END)?;
    let magic = END_MAGIC.to_le_bytes();
    let own = usize::try_from(start - from).unwrap_or_default();
    for (at, window) in tail.windows(22).enumerate().take(own) {
        let comment = window.last_chunk().map_or(0, |c| u16::from_le_bytes(*c));
        let end = at + window.len() + usize::from(comment);
        if window.starts_with(&magic) && end == tail.len() {
            return Err(UnsignError::Twice { what: END });
        }
    }
    let Some(locator) = start.checked_sub(ZIP64_BYTES) else {
        return Ok(());
    };
    let locator = delivered.part(locator, 4, END)?;
    if locator == ZIP64_MAGIC.to_le_bytes() {
        return Err(UnsignError::refused(END, "zip64 is not for packages"));
    }
    Ok(())
}

/// An entry of the central directory, as far as it is needed.
struct Entry {
    flags: u16,
    checksum: u32,
    packed_bytes: u32,
    bytes: u32,
    offset: u64,
}

/// Where the last member ends, with its data descriptor. No member reaches behind `block_start`.
///
/// Without this a package could be built whose directory points at a member that only the signature brings.
pub(super) fn members_end<R: Read + Seek>(
    delivered: &mut Delivered<'_, R>,
    end: &EndRecord,
    block_start: u64,
    limits: &Limits,
) -> Result<u64, UnsignError> {
    let max = limits.members_max as u64;
    bounded("the number of members", end.entries as u64, max)?;
    let max = limits.directory_bytes_max;
    bounded(
        "the size of the central directory in bytes",
        end.directory_bytes,
        max,
    )?;
    let directory = delivered.part(end.directory_offset, end.directory_bytes, DIRECTORY)?;
    let mut directory = Cursor::new(&directory, DIRECTORY);
    let mut last: Option<(u64, Entry)> = None;
    for _ in 0..end.entries {
        let entry = Entry::read(&mut directory)?;
        let ends = data_end(delivered, &entry)?;
        if last.as_ref().is_none_or(|(latest, _)| ends > *latest) {
            last = Some((ends, entry));
        }
    }
    directory.end()?;
    let Some((ends, entry)) = last else {
        return Err(UnsignError::refused(DIRECTORY, "it has no members"));
    };
    let ends = ends + descriptor_bytes(delivered, ends, &entry)?;
    if ends > block_start {
        return Err(UnsignError::refused(
            MEMBER,
            "it reaches into the signing block",
        ));
    }
    Ok(ends)
}

impl Entry {
    fn read(directory: &mut Cursor<'_>) -> Result<Self, UnsignError> {
        if directory.u32()? != ENTRY_MAGIC {
            return Err(UnsignError::refused(
                DIRECTORY,
                "something else stands between its entries",
            ));
        }
        directory.take(4)?; // versions
        let flags = directory.u16()?;
        directory.take(6)?; // method and time
        let (checksum, packed_bytes, bytes) =
            (directory.u32()?, directory.u32()?, directory.u32()?);
        let (name, extra, comment) = (directory.u16()?, directory.u16()?, directory.u16()?);
        let disk = directory.u16()?;
        directory.take(6)?; // attributes
        let offset = directory.u32()?;
        for size in [name, extra, comment] {
            directory.take(size.into())?;
        }
        if disk != 0 || [packed_bytes, bytes, offset].contains(&u32::MAX) {
            return Err(UnsignError::refused(
                MEMBER,
                "zip64 and zips of several parts are not for packages",
            ));
        }
        Ok(Self {
            flags,
            checksum,
            packed_bytes,
            bytes,
            offset: offset.into(),
        })
    }
}

/// Where the packed data of a member ends.
fn data_end<R: Read + Seek>(
    delivered: &mut Delivered<'_, R>,
    entry: &Entry,
) -> Result<u64, UnsignError> {
    let header = delivered.part(entry.offset, MEMBER_BYTES, MEMBER)?;
    let mut header = Cursor::new(&header, MEMBER);
    if header.u32()? != MEMBER_MAGIC {
        return Err(UnsignError::refused(
            MEMBER,
            "it has no header where the central directory says",
        ));
    }
    header.take(22)?; // what the directory says, too
    let (name, extra) = (header.u16()?, header.u16()?);
    Ok(entry.offset
        + MEMBER_BYTES
        + u64::from(name)
        + u64::from(extra)
        + u64::from(entry.packed_bytes))
}

/// The size of the data descriptor behind the data of the last member. Its magic number may be missing (APPNOTE §4.3.9.3).
fn descriptor_bytes<R: Read + Seek>(
    delivered: &mut Delivered<'_, R>,
    offset: u64,
    entry: &Entry,
) -> Result<u64, UnsignError> {
    if entry.flags & HAS_DESCRIPTOR == 0 {
        return Ok(0);
    }
    let said = [entry.checksum, entry.packed_bytes, entry.bytes].map(u32::to_le_bytes);
    let plain = said.concat();
    let marked = [&DESCRIPTOR_MAGIC.to_le_bytes()[..], &plain].concat();
    for form in [marked, plain] {
        let size = form.len() as u64;
        if delivered.part(offset, size, DESCRIPTOR)? == form {
            return Ok(size);
        }
    }
    Err(UnsignError::refused(
        DESCRIPTOR,
        "it does not say what the central directory says",
    ))
}
