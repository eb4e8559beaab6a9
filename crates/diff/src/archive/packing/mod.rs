//! What headers outside of members say: of compressors, of the ar around a Debian package, of a zip's entries.
//!
//! **Enters:** contents that the strict reader took for an archive of a known format.
//! **Leaves:** facts in words, to be held against those of another archive; digests of what compressed parts unpack to.
//! **Never:** a header taken for good: a fact that cannot be read is left out, as the strict reader has had its say.

mod ar;
mod gzip;
mod xz;
mod zip;
mod zstd;

pub(crate) use zip::PACKED_SIZE;

use std::collections::HashMap;
use std::io::{Read, SeekFrom};

use quorate::digest::Sha256;
use quorate_archive::{Format, Limits, inventory};

use crate::bytes::{Bytes, fill};
use crate::error::{DiffError, Side};
use crate::report::{FieldDiff, Shown};

/// What a header says.
struct Fact {
    part: String,
    field: &'static str,
    value: String,
}

impl Fact {
    fn new(part: &str, field: &'static str, value: impl ToString) -> Self {
        Self {
            part: part.to_owned(),
            field,
            value: value.to_string(),
        }
    }
}

/// Compares what the headers of both say, in the order of the first.
pub(crate) fn compare(
    (a, format_a): (&mut dyn Bytes, Format),
    (b, format_b): (&mut dyn Bytes, Format),
    listed_max: usize,
) -> Result<Shown<FieldDiff>, DiffError> {
    let (left, right) = (facts(a, format_a, Side::A)?, facts(b, format_b, Side::B)?);
    let key = |fact: &Fact| (fact.part.clone(), fact.field);
    let values = |facts: &[Fact]| -> HashMap<_, _> {
        facts.iter().map(|f| (key(f), f.value.clone())).collect()
    };
    let (in_a, in_b) = (values(&left), values(&right));
    let none = || "none".to_owned();
    let alone = right.iter().filter(|fact| !in_a.contains_key(&key(fact)));
    let mut found = Shown::default();
    for fact in left.iter().chain(alone) {
        let value = |of: &HashMap<_, _>| of.get(&key(fact)).cloned().unwrap_or_else(none);
        let (a, b) = (value(&in_a), value(&in_b));
        if a != b {
            let (part, field) = (fact.part.clone(), fact.field);
            found.push(FieldDiff { part, field, a, b }, listed_max);
        }
    }
    Ok(found)
}

/// The first bytes of a compressed stream hold all that its header says.
const HEAD_BYTES: usize = 1024;

fn facts(source: &mut dyn Bytes, format: Format, side: Side) -> Result<Vec<Fact>, DiffError> {
    let mut found = Vec::new();
    match format {
        Format::Deb => {
            for part in ar::parts(source).map_err(DiffError::read(side))? {
                found.extend(part.facts());
                let head = head(source, part.offset, side)?;
                found.extend(of_stream(&part.stem(), &head));
            }
        }
        Format::Zip => found = zip::facts(source).map_err(DiffError::read(side))?,
        Format::Tar | Format::Ar => {}
        _ => found = of_stream("", &head(source, 0, side)?),
    }
    Ok(found)
}

fn head(source: &mut dyn Bytes, offset: u64, side: Side) -> Result<Vec<u8>, DiffError> {
    let mut head = vec![0; HEAD_BYTES];
    source
        .seek(SeekFrom::Start(offset))
        .map_err(DiffError::read(side))?;
    let count = fill(source, &mut head).map_err(DiffError::read(side))?;
    head.truncate(count);
    Ok(head)
}

fn of_stream(part: &str, head: &[u8]) -> Vec<Fact> {
    let (kind, facts) = match head {
        [0x1f, 0x8b, ..] => ("gzip", gzip::facts(part, head)),
        [0xfd, b'7', b'z', ..] => ("xz", xz::facts(part, head)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => ("zstd", zstd::facts(part, head)),
        _ => ("none", None),
    };
    let mut found = vec![Fact::new(part, "compression", kind)];
    found.extend(facts.into_iter().flatten());
    found
}

/// The compressed parts of an archive: what they are and what they unpack to.
pub(crate) type Streams = Vec<(String, Packed)>;

/// One compressed part.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Packed {
    pub(crate) packed: Sha256,
    pub(crate) unpacked: Sha256,
}

/// Unpacks each compressed part of an archive that the strict reader took, to know its digest. A part that is not compressed has none.
pub(crate) fn streams(
    source: &mut dyn Bytes,
    format: Format,
    limits: &Limits,
    side: Side,
) -> Result<Streams, DiffError> {
    let places: Vec<(String, u64, u64)> = match format {
        Format::Deb => {
            let parts = ar::parts(source).map_err(DiffError::read(side))?;
            let place = |part: ar::Part| (part.stem(), part.offset, part.size);
            parts.into_iter().map(place).collect()
        }
        Format::TarGz | Format::TarXz | Format::TarZst => vec![(String::new(), 0, u64::MAX)],
        Format::Gzip | Format::Xz | Format::Zstd => vec![(String::new(), 0, u64::MAX)],
        _ => Vec::new(),
    };
    let mut found = Vec::new();
    for (part, offset, size) in places {
        let format = match head(source, offset, side)?.as_slice() {
            [0x1f, 0x8b, ..] => Format::Gzip,
            [0xfd, b'7', b'z', ..] => Format::Xz,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Format::Zstd,
            _ => continue,
        };
        source
            .seek(SeekFrom::Start(offset))
            .map_err(DiffError::read(side))?;
        // Nothing rests on it but a cause that is likely; a part that is refused has none.
        let Ok(list) = inventory(Read::take(&mut *source, size), format, limits) else {
            continue;
        };
        let unpacked = list.members.first().and_then(|content| content.sha256);
        let packed = list.whole;
        found.extend(unpacked.map(|unpacked| (part, Packed { packed, unpacked })));
    }
    Ok(found)
}
