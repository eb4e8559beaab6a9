//! As what two files are read: by their first bytes, and then by the strict reader's word.

use std::io::SeekFrom;

use quorate_archive::{ArchiveError, Format, Inventory, Limits, inventory_seek};

use crate::bytes::{Bytes, fill};
use crate::error::{DiffError, Side};

/// What came of it.
pub(crate) enum Chosen {
    /// Both are archives of one family.
    Archives(Box<(Inventory, Inventory)>, Vec<String>),
    /// At least one is none, or they are of two families; why the reader refused one that begins like an archive.
    Bytes(Vec<String>),
}

/// Reads both as the first formats of one family that the strict reader takes them for.
pub(crate) fn choose(
    a: &mut dyn Bytes,
    b: &mut dyn Bytes,
    limits: &Limits,
) -> Result<Chosen, DiffError> {
    let (of_a, of_b) = (candidates(a, Side::A)?, candidates(b, Side::B)?);
    let mut notes = Vec::new();
    for format_a in of_a {
        let same = |format: &&Format| family(**format) == family(*format_a);
        let Some(format_b) = of_b.iter().find(same) else {
            continue;
        };
        let left = list(a, *format_a, limits, Side::A)?;
        // What is refused on one side need not be read on the other, except to say that it is refused there too.
        let right = list(b, *format_b, limits, Side::B)?;
        match (left, right) {
            (Ok(left), Ok(right)) => {
                // A compressed file that is no tar is refused as one, which says nothing.
                if family(*format_a) == Family::Single {
                    notes.clear();
                }
                return Ok(Chosen::Archives(Box::new((left, right)), notes));
            }
            (left, right) => {
                notes.extend(refusal(Side::A, *format_a, left.err()));
                notes.extend(refusal(Side::B, *format_b, right.err()));
            }
        }
    }
    Ok(Chosen::Bytes(notes))
}

fn refusal(side: Side, format: Format, error: Option<ArchiveError>) -> Option<String> {
    let error = error?;
    Some(format!(
        "{side} is not read as {}, but as plain bytes: {error}",
        format.name()
    ))
}

fn list(
    source: &mut dyn Bytes,
    format: Format,
    limits: &Limits,
    side: Side,
) -> Result<Result<Inventory, ArchiveError>, DiffError> {
    match inventory_seek(source, format, limits) {
        Err(ArchiveError::Read(error)) => Err(DiffError::read(side)(error)),
        other => Ok(other),
    }
}

/// Archives of one family have members that can be held against each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Tar,
    Single,
    Zip,
    Ar,
    Deb,
    Other,
}

const fn family(format: Format) -> Family {
    match format {
        Format::Tar | Format::TarGz | Format::TarXz | Format::TarZst => Family::Tar,
        Format::Gzip | Format::Xz | Format::Zstd => Family::Single,
        Format::Zip => Family::Zip,
        Format::Ar => Family::Ar,
        Format::Deb => Family::Deb,
        _ => Family::Other,
    }
}

/// The first 512 bytes tell a tar.
const HEAD_BYTES: usize = 512;

fn candidates(source: &mut dyn Bytes, side: Side) -> Result<&'static [Format], DiffError> {
    let mut head = [0; HEAD_BYTES];
    source
        .seek(SeekFrom::Start(0))
        .map_err(DiffError::read(side))?;
    let count = fill(source, &mut head).map_err(DiffError::read(side))?;
    Ok(sniff(head.get(..count).unwrap_or_default()))
}

/// What a content that begins so may be.
fn sniff(head: &[u8]) -> &'static [Format] {
    match head {
        // RFC 1952 §2.3.1.
        [0x1f, 0x8b, ..] => &[Format::TarGz, Format::Gzip],
        // The .xz file format §2.1.1.1.
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => &[Format::TarXz, Format::Xz],
        // RFC 8878 §3.1.1.
        [0x28, 0xb5, 0x2f, 0xfd, ..] => &[Format::TarZst, Format::Zstd],
        // APPNOTE.TXT §4.3.7; an empty one begins with its end, §4.3.16.
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => &[Format::Zip],
        _ if head.starts_with(b"!<arch>\ndebian-binary") => &[Format::Deb, Format::Ar],
        _ if head.starts_with(b"!<arch>\n") => &[Format::Ar],
        // POSIX ustar: the magic field, which GNU tar ends otherwise.
        _ if head.get(257..262) == Some(b"ustar") => &[Format::Tar],
        _ => &[],
    }
}
