//! A member where it lies: local header, data, data descriptor (APPNOTE §4.3.7 to §4.3.9).

use flate2::Crc;

use super::directory::{DEFLATED, DESCRIPTOR, DirectoryEntry, Kind, Shared, Sizes};
use super::extra::{Extra, Side};
use super::fields::Fields;
use super::{Tape, ZipFault, refused};
use crate::listing::{Entry, EntryKind, Listing};
use crate::source::{Bytes, Inflate, Meter, Section, Source, at_end, read_array, read_exact};
use crate::{ArchiveError, NameFault, Owner};

const MARK: u32 = 0x0403_4b50;
const DESCRIPTOR_MARK: u32 = 0x0807_4b50;
const WHAT: &str = "a local header of a zip";

/// Reads the member that begins here, and holds everything against what the directory says.
pub(super) fn read(
    tape: &mut Tape<'_>,
    entry: &DirectoryEntry,
    listing: &mut Listing<'_>,
) -> Result<(), ArchiveError> {
    let refuse = |fault| refused(&entry.name, fault);
    let extra = header(tape, entry)?;
    let is_large = extra.zip64.is_some();
    let listed = Listed {
        entry,
        modified: extra.modified.or(entry.extended_time).or(entry.header_time),
        owner: extra.owner.or(entry.owner),
    };
    let packed = &mut Section::new(tape, entry.sizes.packed, "the data of a zip member");
    if entry.shared.method == DEFLATED {
        let corrupt = || refused(b"", ZipFault::Corrupt);
        let mut inflate = Inflate::new(packed, Meter::new(listing.limits), corrupt);
        contents(&mut inflate, &listed, listing)?;
        if !at_end(inflate.packed())? {
            return Err(refuse(ZipFault::Size));
        }
    } else {
        contents(packed, &listed, listing)?;
    }
    if entry.shared.flags & DESCRIPTOR == 0 {
        return Ok(());
    }
    match descriptor(tape, is_large)? == Some(entry.sizes) {
        true => Ok(()),
        false => Err(refuse(ZipFault::Descriptor)),
    }
}

/// A member as both headers say together: either may have an extra field that the other has not.
struct Listed<'e> {
    entry: &'e DirectoryEntry,
    modified: Option<i64>,
    owner: Option<(u64, u64)>,
}

/// Reads the local header and returns its extra fields.
fn header(tape: &mut Tape<'_>, entry: &DirectoryEntry) -> Result<Extra, ArchiveError> {
    let refuse = |fault| refused(&entry.name, fault);
    let bytes: [u8; 30] = read_array(tape, WHAT)?;
    let local = Local::read(&bytes).ok_or_else(|| refuse(ZipFault::LocalHeader))?;
    let conflict = |field| Err(refuse(ZipFault::Conflict { field }));
    let (ours, theirs) = (&local.shared, &entry.shared);
    let shared = [
        (ours.version == theirs.version, "the version"),
        (ours.flags == theirs.flags, "the flags"),
        (ours.method == theirs.method, "the method"),
        (
            ours.time == theirs.time && ours.date == theirs.date,
            "the time",
        ),
        (
            usize::from(local.name_bytes) == entry.name.len(),
            "the name",
        ),
    ];
    if let Some((_, field)) = shared.iter().find(|(is_same, _)| !is_same) {
        return conflict(field);
    }
    let mut take = |count: u16| {
        let mut bytes = vec![0; usize::from(count)];
        read_exact(tape, &mut bytes, WHAT).map(|()| bytes)
    };
    let (name, extra) = (take(local.name_bytes)?, take(local.extra_bytes)?);
    if name != entry.name {
        return conflict("the name");
    }
    let extra = Extra::parse(&extra, &name, Side::Local).map_err(refuse)?;
    if differ(extra.modified, entry.extended_time) {
        return conflict("the extended time");
    }
    if differ(extra.owner, entry.owner) {
        return conflict("the owner");
    }
    let sizes = local.sizes(extra.zip64.as_deref()).map_err(refuse)?;
    // What comes in a descriptor is 0 here; Info-ZIP writes the size that it knows.
    let is_later = entry.shared.flags & DESCRIPTOR != 0;
    let agrees = |here: u64, there: u64| here == there || (is_later && here == 0);
    let all_agree = agrees(sizes.crc.into(), entry.sizes.crc.into())
        && agrees(sizes.packed, entry.sizes.packed)
        && agrees(sizes.unpacked, entry.sizes.unpacked);
    if !all_agree {
        return conflict("checksum or sizes");
    }
    Ok(extra)
}

fn differ<T: PartialEq>(here: Option<T>, there: Option<T>) -> bool {
    here.zip(there).is_some_and(|(here, there)| here != there)
}

struct Local {
    shared: Shared,
    crc: u32,
    packed: u32,
    unpacked: u32,
    name_bytes: u16,
    extra_bytes: u16,
}

impl Local {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes);
        (fields.four()? == MARK).then_some(())?;
        Some(Self {
            shared: Shared::read(&mut fields)?,
            crc: fields.four()?,
            packed: fields.four()?,
            unpacked: fields.four()?,
            name_bytes: fields.two()?,
            extra_bytes: fields.two()?,
        })
    }

    /// §4.5.3: in a local header the large form has both sizes, and both plain ones are all ones.
    fn sizes(&self, zip64: Option<&[u8]>) -> Result<Sizes, ZipFault> {
        let crc = self.crc;
        let is_large = [self.packed, self.unpacked].map(|size| size == u32::MAX);
        match (zip64, is_large) {
            (None, [false, false]) => Ok(Sizes {
                crc,
                packed: self.packed.into(),
                unpacked: self.unpacked.into(),
            }),
            (Some(bytes), [true, true]) => {
                let mut fields = Fields(bytes);
                let sizes = fields.eight().zip(fields.eight());
                let (unpacked, packed) = sizes.ok_or(ZipFault::Zip64)?;
                let sizes = Sizes {
                    crc,
                    packed,
                    unpacked,
                };
                fields.0.is_empty().then_some(sizes).ok_or(ZipFault::Zip64)
            }
            _ => Err(ZipFault::Zip64),
        }
    }
}

/// §4.3.9, with its mark: without one it cannot be told from data.
fn descriptor(tape: &mut Tape<'_>, is_large: bool) -> Result<Option<Sizes>, ArchiveError> {
    const WHAT: &str = "a data descriptor of a zip";
    let (short, long): ([u8; 16], [u8; 8]) = match is_large {
        true => (read_array(tape, WHAT)?, read_array(tape, WHAT)?),
        false => (read_array(tape, WHAT)?, [0; 8]),
    };
    let all = [&short[..], &long].concat();
    let mut fields = Fields(&all);
    let mark = fields.four();
    let sizes = (|| {
        let crc = fields.four()?;
        let (packed, unpacked) = match is_large {
            true => (fields.eight()?, fields.eight()?),
            false => (fields.four()?.into(), fields.four()?.into()),
        };
        Some(Sizes {
            crc,
            packed,
            unpacked,
        })
    })();
    Ok(sizes.filter(|_| mark == Some(DESCRIPTOR_MARK)))
}

/// Lists the member with what it unpacks to.
fn contents(
    source: &mut dyn Source,
    member: &Listed<'_>,
    listing: &mut Listing<'_>,
) -> Result<(), ArchiveError> {
    let entry = member.entry;
    let mut checked = Checked {
        source,
        crc: Crc::new(),
        bytes: 0,
        max: entry.sizes.unpacked,
        name: &entry.name,
    };
    let target;
    let kind = match entry.kind {
        Kind::File => EntryKind::File,
        Kind::Folder => EntryKind::Folder,
        Kind::Symlink => {
            target = link_target(&mut checked, entry, listing)?;
            EntryKind::Symlink(&target)
        }
    };
    let is_symlink = entry.kind == Kind::Symlink;
    let (uid, gid) = member.owner.unzip();
    let listed = Entry {
        name: &entry.name,
        kind,
        mode: entry.mode,
        owner: Owner {
            uid,
            gid,
            ..Owner::default()
        },
        modified: member.modified,
        size: if is_symlink { 0 } else { entry.sizes.unpacked },
    };
    match entry.kind {
        Kind::File => listing.add(listed, &mut checked)?,
        Kind::Folder | Kind::Symlink => listing.add(listed, &mut Bytes(&[]))?,
    };
    // A folder may have an empty deflate stream.
    if !at_end(&mut checked)? || checked.bytes != entry.sizes.unpacked {
        return Err(refused(&entry.name, ZipFault::Size));
    }
    match checked.crc.sum() == entry.sizes.crc {
        true => Ok(()),
        false => Err(refused(&entry.name, ZipFault::Crc)),
    }
}

/// A symbolic link has its target as contents.
fn link_target(
    source: &mut Checked<'_>,
    entry: &DirectoryEntry,
    listing: &Listing<'_>,
) -> Result<Vec<u8>, ArchiveError> {
    let max = listing.limits.name_bytes_max;
    let bytes = usize::try_from(entry.sizes.unpacked).unwrap_or(usize::MAX);
    if bytes > max {
        return Err(ArchiveError::Name {
            member: crate::error::shown(&entry.name),
            fault: NameFault::TargetTooLong { bytes, max },
        });
    }
    let mut target = vec![0; bytes];
    read_exact(source, &mut target, "the target of a link")?;
    Ok(target)
}

/// What a member unpacks to, with its checksum, and never more than the directory says.
struct Checked<'s> {
    source: &'s mut dyn Source,
    crc: Crc,
    bytes: u64,
    max: u64,
    name: &'s [u8],
}

impl Source for Checked<'_> {
    fn fill(&mut self) -> Result<&[u8], ArchiveError> {
        let bytes = match self.source.fill() {
            Err(ArchiveError::Zip { fault, .. }) => return Err(refused(self.name, fault)),
            other => other?,
        };
        if bytes.len() as u64 > self.max.saturating_sub(self.bytes) {
            return Err(refused(self.name, ZipFault::Size));
        }
        Ok(bytes)
    }

    fn consume(&mut self, count: usize) {
        if let Ok(bytes) = self.source.fill() {
            self.crc.update(bytes.get(..count).unwrap_or(bytes));
        }
        self.bytes = self.bytes.saturating_add(count as u64);
        self.source.consume(count);
    }
}
