//! The central directory: APPNOTE §4.3.12.

use super::end::End;
use super::extra::{Extra, Side};
use super::fields::Fields;
use super::{ZipFault, refused};
use crate::error::LimitFault;
use crate::source::{Section, Source, at_end, read_array, read_exact};
use crate::{ArchiveError, Limits};

const MARK: u32 = 0x0201_4b50;
const FIXED_BYTES: usize = 46;
const WHAT: &str = "the directory of a zip";

/// APPNOTE §4.4.4.
pub(super) const DESCRIPTOR: u16 = 0x0008;
const UTF8: u16 = 0x0800;
const EFFORT: u16 = 0x0006;
const ENCRYPTION: u16 = 0x0001 | 0x0040 | 0x2000;

pub(super) const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;

/// What both headers of a member say in the same words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shared {
    pub(super) version: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) time: u16,
    pub(super) date: u16,
}

impl Shared {
    /// Reads the five fields, which stand in the same order in both headers.
    pub(super) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self {
            version: fields.two()?,
            flags: fields.two()?,
            method: fields.two()?,
            time: fields.two()?,
            date: fields.two()?,
        })
    }
}

/// Checksum and sizes of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) unpacked: u64,
}

/// What a member is, by its attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Folder,
    Symlink,
}

/// One member as the directory has it.
#[derive(Debug)]
pub(super) struct DirectoryEntry {
    pub(super) shared: Shared,
    pub(super) sizes: Sizes,
    pub(super) name: Vec<u8>,
    pub(super) kind: Kind,
    pub(super) mode: u32,
    /// From the time in the header.
    pub(super) header_time: Option<i64>,
    /// From the extended timestamp.
    pub(super) extended_time: Option<i64>,
    pub(super) owner: Option<(u64, u64)>,
    pub(super) offset: u64,
}

/// Reads all entries and sorts them by their place in the file.
pub(super) fn read(
    source: &mut dyn Source,
    end: &End,
    limits: &Limits,
) -> Result<Vec<DirectoryEntry>, ArchiveError> {
    let mut section = Section::new(source, end.directory_bytes, WHAT);
    let mut entries: Vec<DirectoryEntry> = Vec::new();
    let mut names_bytes = 0u64;
    for _ in 0..end.entries {
        if at_end(&mut section)? {
            return Err(refused(b"", ZipFault::Directory));
        }
        let entry = entry(&mut section)?;
        names_bytes = names_bytes.saturating_add(entry.name.len() as u64);
        if names_bytes > limits.names_bytes_max {
            return Err(LimitFault::Names(limits.names_bytes_max).into());
        }
        entries.push(entry);
    }
    if !at_end(&mut section)? {
        return Err(refused(b"", ZipFault::Directory));
    }
    entries.sort_by_key(|entry| entry.offset);
    Ok(entries)
}

fn entry(source: &mut Section<'_>) -> Result<DirectoryEntry, ArchiveError> {
    let bytes: [u8; FIXED_BYTES] = read_array(source, WHAT)?;
    let fixed = Fixed::read(&bytes).ok_or_else(|| refused(b"", ZipFault::Directory))?;
    let mut take = |count: u16| {
        let mut bytes = vec![0; usize::from(count)];
        read_exact(source, &mut bytes, WHAT).map(|()| bytes)
    };
    let (name, extra) = (take(fixed.name_bytes)?, take(fixed.extra_bytes)?);
    let parsed = if fixed.comment_bytes > 0 {
        Err(ZipFault::Comment)
    } else {
        fixed.entry(&name, &extra)
    };
    parsed.map_err(|fault| refused(&name, fault))
}

struct Fixed {
    made_by: u16,
    shared: Shared,
    crc: u32,
    packed: u32,
    unpacked: u32,
    name_bytes: u16,
    extra_bytes: u16,
    comment_bytes: u16,
    disk: u16,
    internal: u16,
    external: u32,
    offset: u32,
}

impl Fixed {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes);
        (fields.four()? == MARK).then_some(())?;
        Some(Self {
            made_by: fields.two()?,
            shared: Shared::read(&mut fields)?,
            crc: fields.four()?,
            packed: fields.four()?,
            unpacked: fields.four()?,
            name_bytes: fields.two()?,
            extra_bytes: fields.two()?,
            comment_bytes: fields.two()?,
            disk: fields.two()?,
            internal: fields.two()?,
            external: fields.four()?,
            offset: fields.four()?,
        })
    }

    fn entry(&self, name: &[u8], extra: &[u8]) -> Result<DirectoryEntry, ZipFault> {
        check_method(&self.shared)?;
        if self.disk != 0 {
            return Err(ZipFault::Disks);
        }
        if !name.is_ascii() && self.shared.flags & UTF8 == 0 {
            return Err(ZipFault::NameEncoding);
        }
        let extra = Extra::parse(extra, name, Side::Directory)?;
        let (sizes, offset) = self.sizes(extra.zip64.as_deref())?;
        if self.shared.method == STORED && sizes.packed != sizes.unpacked {
            return Err(ZipFault::Size);
        }
        let (kind, mode) = self.kind(name)?;
        Ok(DirectoryEntry {
            shared: self.shared,
            sizes,
            name: name.to_vec(),
            kind,
            mode,
            extended_time: extra.modified,
            header_time: dos_time(self.shared.date, self.shared.time)?,
            owner: extra.owner,
            offset,
        })
    }

    /// §4.5.3: the large form has those fields, in order, that are all ones in the plain form, and no other.
    fn sizes(&self, zip64: Option<&[u8]>) -> Result<(Sizes, u64), ZipFault> {
        let mut large = Fields(zip64.unwrap_or_default());
        let mut number = |plain: u32| match plain {
            u32::MAX => large
                .eight()
                .filter(|value| *value >= u64::from(u32::MAX))
                .ok_or(ZipFault::Zip64),
            plain => Ok(u64::from(plain)),
        };
        let (unpacked, packed) = (number(self.unpacked)?, number(self.packed)?);
        let offset = number(self.offset)?;
        let is_used = zip64.is_none_or(|bytes| !bytes.is_empty()) && large.0.is_empty();
        let sizes = Sizes {
            crc: self.crc,
            packed,
            unpacked,
        };
        is_used.then_some((sizes, offset)).ok_or(ZipFault::Zip64)
    }

    /// §4.4.15: the upper half is the system's own, the lower one MS-DOS's.
    fn kind(&self, name: &[u8]) -> Result<(Kind, u32), ZipFault> {
        const TEXT: u16 = 1;
        const DOS_FOLDER: u32 = 0x10;
        const DOS_VOLUME: u32 = 0x08;
        let [_, system] = self.made_by.to_le_bytes();
        let upper = self.external >> 16;
        let has_slash = name.ends_with(b"/");
        let by_name = if has_slash { Kind::Folder } else { Kind::File };
        let by_unix = match upper & 0o170_000 {
            0 => by_name,
            0o100_000 => Kind::File,
            0o040_000 => Kind::Folder,
            0o120_000 => Kind::Symlink,
            _ => return Err(ZipFault::Kind),
        };
        let (kind, mode) = match system {
            3 => (by_unix, upper & 0o7777),
            // MS-DOS, and NTFS by its two numbers. Python on Windows adds a mode of Unix, which installers of wheels follow.
            0 | 10 | 11 if upper & 0o170_000 == 0o120_000 => return Err(ZipFault::Attributes),
            0 | 10 | 11 => (by_unix, upper & 0o7777),
            system => return Err(ZipFault::System(system)),
        };
        let is_folder = kind == Kind::Folder;
        let lower = self.external & 0xffff;
        let fits = is_folder == has_slash
            && (lower & DOS_FOLDER == 0 || is_folder)
            && lower & DOS_VOLUME == 0
            && self.internal & !TEXT == 0;
        fits.then_some((kind, mode)).ok_or(ZipFault::Attributes)
    }
}

fn check_method(shared: &Shared) -> Result<(), ZipFault> {
    let Shared {
        flags,
        method,
        version,
        ..
    } = *shared;
    if flags & ENCRYPTION != 0 {
        return Err(ZipFault::Encrypted);
    }
    if method != STORED && method != DEFLATED {
        return Err(ZipFault::Method(method));
    }
    // Info-ZIP says how hard it tried also where it then stored.
    if flags & !(DESCRIPTOR | UTF8 | EFFORT) != 0 {
        return Err(ZipFault::Flags(flags));
    }
    match version {
        10 | 20 | 45 => Ok(()),
        other => Err(ZipFault::Version(other)),
    }
}

/// §4.4.6. A date and time of zeros is none.
fn dos_time(date: u16, time: u16) -> Result<Option<i64>, ZipFault> {
    if (date, time) == (0, 0) {
        return Ok(None);
    }
    let (year, month, day) = (
        1980 + i64::from(date >> 9),
        i64::from(date >> 5 & 15),
        i64::from(date & 31),
    );
    let (hour, minute, second) = (
        i64::from(time >> 11),
        i64::from(time >> 5 & 63),
        2 * i64::from(time & 31),
    );
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    if !(1..=days).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return Err(ZipFault::Time);
    }
    // Days before the year, then before the month, with March as the first month so that the leap day is the last of a year.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    const DAYS_TO_1970: i64 = 719_468;
    Ok(Some(
        (days - DAYS_TO_1970) * 86_400 + hour * 3600 + minute * 60 + second,
    ))
}

#[cfg(test)]
mod tests {
    use super::{ZipFault, dos_time};

    fn of(year: u16, month: u16, day: u16, time: u16) -> Result<Option<i64>, ZipFault> {
        dos_time((year - 1980) << 9 | month << 5 | day, time)
    }

    #[test]
    fn dos_times_are_read_as_utc() {
        assert_eq!(of(1980, 1, 1, 0), Ok(Some(315_532_800)));
        assert_eq!(of(2000, 2, 29, 0), Ok(Some(951_782_400)));
        assert_eq!(of(2000, 3, 1, 0), Ok(Some(951_868_800)));
        let last = 23 << 11 | 59 << 5 | 29;
        assert_eq!(of(2107, 12, 31, last), Ok(Some(4_354_819_198)));
        assert_eq!(dos_time(0, 0), Ok(None));
    }

    #[test]
    fn a_date_that_no_calendar_has_is_refused() {
        for (year, month, day, time) in [
            (2001, 2, 29, 0),
            (2000, 4, 31, 0),
            (2000, 13, 1, 0),
            (2000, 0, 1, 0),
            (2000, 1, 0, 0),
            (2000, 1, 1, 24 << 11),
            (2000, 1, 1, 60 << 5),
            (2000, 1, 1, 30),
        ] {
            assert_eq!(of(year, month, day, time), Err(ZipFault::Time));
        }
        assert_eq!(dos_time(0, 1), Err(ZipFault::Time));
    }
}
