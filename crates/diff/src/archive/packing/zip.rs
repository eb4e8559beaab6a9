//! The central directory of a zip (APPNOTE.TXT §4.3.12): what it says of each entry beside name, times, mode and contents.

use std::io::{self, SeekFrom};

use super::Fact;
use crate::bytes::{Bytes, fill};

/// As many entries are looked at, and no more bytes of the directory than they can need in all but made-up zips.
const ENTRIES_MAX: usize = 20_000;
const DIRECTORY_BYTES_MAX: u64 = 32 << 20;
const END_BYTES: u64 = 22;
const COMMENT_BYTES_MAX: u64 = 65_535;
const END_MAGIC: &[u8; 4] = b"PK\x05\x06";
const ENTRY_MAGIC: &[u8; 4] = b"PK\x01\x02";

/// The field whose value follows from the contents and from how they are compressed.
pub(crate) const PACKED_SIZE: &str = "zip packed size";

/// Lists the facts. A directory that is not as expected, or of a zip64 archive, has none from there on.
pub(super) fn facts(source: &mut dyn Bytes) -> io::Result<Vec<Fact>> {
    let Some((offset, size)) = directory(source)? else {
        return Ok(Vec::new());
    };
    source.seek(SeekFrom::Start(offset))?;
    let bytes = usize::try_from(size.min(DIRECTORY_BYTES_MAX)).unwrap_or(0);
    let mut directory = vec![0; bytes];
    let count = fill(source, &mut directory)?;
    directory.truncate(count);
    let mut found = Vec::new();
    let mut rest = directory.as_slice();
    for _ in 0..ENTRIES_MAX {
        let Some((facts, after)) = entry(rest) else {
            break;
        };
        found.extend(facts);
        rest = after;
    }
    Ok(found)
}

/// Where the directory is: said by the end record, the last of its magic in the file.
fn directory(source: &mut dyn Bytes) -> io::Result<Option<(u64, u64)>> {
    let size = source.seek(SeekFrom::End(0))?;
    let start = size.saturating_sub(END_BYTES + COMMENT_BYTES_MAX);
    source.seek(SeekFrom::Start(start))?;
    let mut tail = vec![0; usize::try_from(size - start).unwrap_or(0)];
    let count = fill(source, &mut tail)?;
    tail.truncate(count);
    let at = tail.windows(4).rposition(|window| window == END_MAGIC);
    let end = at.and_then(|at| tail.get(at..));
    Ok(end.and_then(|end| Some((number(end, 16, 4)?, number(end, 12, 4)?))))
}

fn entry(bytes: &[u8]) -> Option<(Vec<Fact>, &[u8])> {
    if !bytes.starts_with(ENTRY_MAGIC) {
        return None;
    }
    let of = |at, size| number(bytes, at, size);
    let length = |at| of(at, 2).and_then(|n| usize::try_from(n).ok());
    let (name, extra, comment) = (length(28)?, length(30)?, length(32)?);
    let name_end = 46usize.checked_add(name)?;
    let extra_end = name_end.checked_add(extra)?;
    let name = String::from_utf8_lossy(bytes.get(46..name_end)?).into_owned();
    let extras = extra_ids(bytes.get(name_end..extra_end)?);
    let method = match of(10, 2)? {
        0 => "stored".to_owned(),
        8 => "deflated".to_owned(),
        other => other.to_string(),
    };
    let (made_by, system) = (of(4, 1)?, of(5, 1)?);
    let facts = vec![
        Fact::new(&name, "zip method", method),
        Fact::new(&name, PACKED_SIZE, of(20, 4)?),
        Fact::new(&name, "zip flags", format!("{:#06x}", of(8, 2)?)),
        Fact::new(
            &name,
            "zip made by",
            format!("version {made_by}, system {system}"),
        ),
        Fact::new(&name, "zip needs version", of(6, 2)?),
        Fact::new(&name, "zip extra fields", extras),
    ];
    Some((facts, bytes.get(extra_end.checked_add(comment)?..)?))
}

fn extra_ids(mut bytes: &[u8]) -> String {
    let mut ids = Vec::new();
    while let (Some(id), Some(size)) = (number(bytes, 0, 2), number(bytes, 2, 2)) {
        ids.push(format!("{id:#06x}"));
        let end = usize::try_from(size)
            .ok()
            .and_then(|size| size.checked_add(4));
        bytes = end.and_then(|end| bytes.get(end..)).unwrap_or_default();
    }
    match ids.is_empty() {
        true => "none".to_owned(),
        false => ids.join(" "),
    }
}

/// A little-endian number of up to eight bytes.
fn number(bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    let bytes = bytes.get(at..at.checked_add(size)?)?;
    Some(
        bytes
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
    )
}
