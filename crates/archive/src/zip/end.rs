//! The end of a zip: APPNOTE §4.3.14 to §4.3.16.

use std::io::{Read, Seek, SeekFrom};

use super::fields::Fields;
use super::{ZipFault, refused};
use crate::ArchiveError;

const END_BYTES: usize = 22;
const LOCATOR_BYTES: usize = 20;
const END64_BYTES: usize = 56;
const TAIL_BYTES: usize = END64_BYTES + LOCATOR_BYTES + END_BYTES;

const END_MARK: u32 = 0x0605_4b50;
const LOCATOR_MARK: u32 = 0x0706_4b50;
const END64_MARK: u32 = 0x0606_4b50;

/// Where the directory is.
#[derive(Debug)]
pub(super) struct End {
    pub(super) entries: u64,
    pub(super) directory_offset: u64,
    pub(super) directory_bytes: u64,
    /// Bytes behind the directory: the end records.
    pub(super) tail_bytes: u64,
    pub(super) file_bytes: u64,
}

/// What the plain record says.
struct Plain {
    entries: u16,
    bytes: u32,
    offset: u32,
}

impl End {
    pub(super) fn read<R: Read + Seek>(reader: &mut R) -> Result<Self, ArchiveError> {
        let file_bytes = reader.seek(SeekFrom::End(0)).map_err(ArchiveError::Read)?;
        let tail_bytes = file_bytes.min(TAIL_BYTES as u64);
        let place = SeekFrom::Start(file_bytes.saturating_sub(tail_bytes));
        reader.seek(place).map_err(ArchiveError::Read)?;
        let mut tail = Vec::new();
        reader
            .take(tail_bytes)
            .read_to_end(&mut tail)
            .map_err(ArchiveError::Read)?;
        let end = parse(&tail, file_bytes).map_err(|fault| refused(b"", fault))?;
        let directory_end = end.directory_offset.checked_add(end.directory_bytes);
        match directory_end.and_then(|place| place.checked_add(end.tail_bytes)) {
            Some(place) if place == file_bytes => Ok(end),
            _ => Err(refused(b"", ZipFault::DirectoryPlace)),
        }
    }
}

fn parse(tail: &[u8], file_bytes: u64) -> Result<End, ZipFault> {
    let (before, end) = tail
        .len()
        .checked_sub(END_BYTES)
        .and_then(|place| tail.split_at_checked(place))
        .ok_or(ZipFault::End)?;
    let plain = plain(end)?;
    let is_large = plain.entries == u16::MAX || plain.bytes == u32::MAX || plain.offset == u32::MAX;
    if !is_large {
        return Ok(End {
            entries: plain.entries.into(),
            directory_offset: plain.offset.into(),
            directory_bytes: plain.bytes.into(),
            tail_bytes: END_BYTES as u64,
            file_bytes,
        });
    }
    if before.len() != END64_BYTES + LOCATOR_BYTES {
        return Err(ZipFault::End64);
    }
    let place = file_bytes.saturating_sub(TAIL_BYTES as u64);
    let (entries, bytes, offset) = large(before, place).ok_or(ZipFault::End64)?;
    // A reader without zip64 takes what is plain: it must be the same, or say that it is too small for it.
    let agrees = |plain: u64, max: u64, large: u64| plain == large.min(max);
    let is_same = agrees(plain.entries.into(), u16::MAX.into(), entries)
        && agrees(plain.bytes.into(), u32::MAX.into(), bytes)
        && agrees(plain.offset.into(), u32::MAX.into(), offset);
    match is_same {
        true => Ok(End {
            entries,
            directory_offset: offset,
            directory_bytes: bytes,
            tail_bytes: TAIL_BYTES as u64,
            file_bytes,
        }),
        false => Err(ZipFault::End64),
    }
}

fn plain(bytes: &[u8]) -> Result<Plain, ZipFault> {
    let mut fields = Fields(bytes);
    let record = (|| {
        let mark = fields.four()?;
        let disks = (fields.two()?, fields.two()?);
        let (here, entries) = (fields.two()?, fields.two()?);
        let (bytes, offset) = (fields.four()?, fields.four()?);
        let plain = Plain {
            entries,
            bytes,
            offset,
        };
        Some((mark, disks, here, plain, fields.two()?))
    })();
    match record {
        Some((END_MARK, disks, here, plain, 0)) => match disks == (0, 0) && here == plain.entries {
            true => Ok(plain),
            false => Err(ZipFault::Disks),
        },
        _ => Err(ZipFault::End),
    }
}

/// Number of entries, bytes and place of the directory, if both records are as they must be.
fn large(bytes: &[u8], place: u64) -> Option<(u64, u64, u64)> {
    let mut fields = Fields(bytes);
    let is_record = fields.four()? == END64_MARK && fields.eight()? == END64_BYTES as u64 - 12;
    let _versions = (fields.two()?, fields.two()?);
    let disks = (fields.four()?, fields.four()?);
    let (here, entries) = (fields.eight()?, fields.eight()?);
    let (size, offset) = (fields.eight()?, fields.eight()?);
    let is_locator = fields.four()? == LOCATOR_MARK
        && fields.four()? == 0
        && fields.eight()? == place
        && fields.four()? == 1;
    let is_good = is_record && is_locator && disks == (0, 0) && here == entries;
    is_good.then_some((entries, size, offset))
}
