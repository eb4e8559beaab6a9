//! One header of 512 bytes.

use super::TarFault;
use super::number::{Base256, number, octal};

pub(super) const BLOCK_BYTES: usize = 512;
pub(super) type Block = [u8; BLOCK_BYTES];

/// Whose rules hold for a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// POSIX, with a prefix of the name.
    Ustar,
    /// GNU tar before POSIX, with long names in members of their own.
    Gnu,
}

/// What a header is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TypeFlag {
    File,
    Hardlink,
    Symlink,
    Folder,
    Pax,
    LongName,
    LongLink,
}

/// A header whose every byte was looked at.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) dialect: Dialect,
    pub(super) flag: TypeFlag,
    pub(super) name: Vec<u8>,
    pub(super) prefix: Vec<u8>,
    pub(super) link: Vec<u8>,
    pub(super) mode: u32,
    pub(super) uid: Option<u64>,
    pub(super) gid: Option<u64>,
    pub(super) size: u64,
    pub(super) modified: i64,
    pub(super) user: Vec<u8>,
    pub(super) group: Vec<u8>,
}

impl Header {
    pub(super) fn parse(block: &Block) -> Result<Self, TarFault> {
        let mut fields = Fields(block);
        let name = fields.take(100);
        let (mode, uid, gid) = (fields.take(8), fields.take(8), fields.take(8));
        let (size, modified, checksum) = (fields.take(12), fields.take(12), fields.take(8));
        let (flag, link) = (fields.take(1), fields.take(100));
        let (magic, user, group) = (fields.take(8), fields.take(32), fields.take(32));
        let (major, minor, rest) = (fields.take(8), fields.take(8), fields.take(167));
        if !checksum_is_right(block, checksum) {
            return Err(TarFault::Checksum);
        }
        let dialect = match magic {
            b"ustar\x0000" => Dialect::Ustar,
            b"ustar  \0" => Dialect::Gnu,
            _ => return Err(TarFault::Magic),
        };
        let prefix = match dialect {
            Dialect::Ustar => {
                let (prefix, padding) = rest.split_at(155.min(rest.len()));
                zeros(padding, "padding")?;
                text(prefix, "prefix")?
            }
            // Times of incremental archives, and of sparse files.
            Dialect::Gnu => zeros(rest, "GNU fields").map(|()| Vec::new())?,
        };
        let flag = type_flag(flag.first().copied().unwrap_or(0), dialect)?;
        for (field, bytes) in [("devmajor", major), ("devminor", minor)] {
            if bytes.iter().any(|byte| *byte != 0) && octal(bytes, field)? != 0 {
                return Err(TarFault::HiddenBytes { field });
            }
        }
        let unsigned = |bytes: &[u8], field| {
            let value = number(bytes, field, dialect, Base256::Unsigned)?;
            u64::try_from(value).map_err(|_| TarFault::Number { field })
        };
        // cargo leaves owners blank, which all readers take for 0.
        let owner = |bytes: &[u8], field| match bytes.iter().all(|byte| *byte == 0) {
            true => Ok(None),
            false => unsigned(bytes, field).map(Some),
        };
        Ok(Self {
            dialect,
            flag,
            name: text(name, "name")?,
            prefix,
            link: text(link, "linkname")?,
            mode: permissions(mode, flag)?,
            uid: owner(uid, "uid")?,
            gid: owner(gid, "gid")?,
            size: unsigned(size, "size")?,
            modified: number(modified, "mtime", dialect, Base256::Signed)?,
            user: text(user, "uname")?,
            group: text(group, "gname")?,
        })
    }

    /// The name with its prefix.
    pub(super) fn full_name(&self) -> Vec<u8> {
        match self.prefix.is_empty() {
            true => self.name.clone(),
            false => [&*self.prefix, b"/", &*self.name].concat(),
        }
    }
}

struct Fields<'b>(&'b [u8]);

impl<'b> Fields<'b> {
    fn take(&mut self, count: usize) -> &'b [u8] {
        let (field, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        field
    }
}

/// The sum of all bytes, those of the sum itself counted as spaces; written as all programs write it, or as POSIX says.
fn checksum_is_right(block: &Block, field: &[u8]) -> bool {
    let sum_of = |bytes: &[u8]| bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
    let sum = sum_of(block) + 8 * u64::from(b' ') - sum_of(field);
    let written = match field {
        [digits @ .., 0, b' '] if digits.len() == 6 => octal(&[digits, &[0]].concat(), "chksum"),
        _ => octal(field, "chksum"),
    };
    written == Ok(sum)
}

fn type_flag(flag: u8, dialect: Dialect) -> Result<TypeFlag, TarFault> {
    Ok(match flag {
        b'0' => TypeFlag::File,
        b'1' => TypeFlag::Hardlink,
        b'2' => TypeFlag::Symlink,
        b'5' => TypeFlag::Folder,
        b'x' if dialect == Dialect::Ustar => TypeFlag::Pax,
        b'L' if dialect == Dialect::Gnu => TypeFlag::LongName,
        b'K' if dialect == Dialect::Gnu => TypeFlag::LongLink,
        b'x' | b'L' | b'K' => return Err(TarFault::MixedFormats),
        b'3' | b'4' => return Err(TarFault::Device),
        b'6' => return Err(TarFault::Pipe),
        b'S' => return Err(TarFault::Sparse),
        b'M' => return Err(TarFault::MultiVolume),
        b'g' => return Err(TarFault::GlobalPax),
        0 => return Err(TarFault::OldType),
        other => return Err(TarFault::Type(char::from(other))),
    })
}

/// The permission bits. Some programs write the kind, too; then it must be this one.
fn permissions(field: &[u8], flag: TypeFlag) -> Result<u32, TarFault> {
    let mode = octal(field, "mode")?;
    let mode = u32::try_from(mode).map_err(|_| TarFault::Mode)?;
    let kind = match flag {
        TypeFlag::Folder => 0o040_000,
        TypeFlag::Symlink => 0o120_000,
        _ => 0o100_000,
    };
    match mode & !0o7777 {
        0 => Ok(mode),
        bits if bits == kind => Ok(mode & 0o7777),
        _ => Err(TarFault::Mode),
    }
}

/// Text to the first NUL, behind which there must be nothing.
fn text(bytes: &[u8], field: &'static str) -> Result<Vec<u8>, TarFault> {
    let end = bytes.iter().position(|byte| *byte == 0);
    let (text, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
    zeros(rest, field)?;
    Ok(text.to_vec())
}

fn zeros(bytes: &[u8], field: &'static str) -> Result<(), TarFault> {
    match bytes.iter().all(|byte| *byte == 0) {
        true => Ok(()),
        false => Err(TarFault::HiddenBytes { field }),
    }
}
