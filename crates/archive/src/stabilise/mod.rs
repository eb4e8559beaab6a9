//! Normalisers: what an archive says without its times, order, owners and compression (`docs/spec/stabilised.md`).
//!
//! **Enters:** an archive that is listed without a refusal; a normaliser by name and version.
//! **Leaves:** one digest, and in words what it leaves out.
//! **Never:** equal bytes: two files with one such digest differ, and are always called *stabilised*, never *equal*. Never a
//! normalised file, nor a mode, a kind, a name, a target or contents left out.

use std::io::{Read, Seek, SeekFrom};

use quorate::digest::{Sha256, Sha256Stream};

use crate::source::{Gunzip, Input, Meter, Source, at_end};
use crate::{ArchiveError, Format, Inventory, Limits, Member, MemberKind, inventory_seek};

/// A normaliser. What one does never changes under its name: a change gets another version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Normaliser {
    /// One file in gzip: header and compression are left out.
    GzipV1,
    /// A tar, plain or compressed: compression, order, times, owners and header formats are left out.
    TarV1,
    /// A zip: order, times, owners, compression and the rest of the headers are left out.
    ZipV1,
}

impl Normaliser {
    /// All normalisers.
    pub const ALL: [Self; 3] = [Self::GzipV1, Self::TarV1, Self::ZipV1];

    /// Returns the name with the version, which is also the first line of what is hashed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GzipV1 => "quorate-stabilise-gzip/1",
            Self::TarV1 => "quorate-stabilise-tar/1",
            Self::ZipV1 => "quorate-stabilise-zip/1",
        }
    }

    /// Parses exactly what [`Self::name`] returns.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// What is left of an archive, as a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stabilised {
    /// By which normaliser. Digests of different ones say nothing about each other.
    pub normaliser: Normaliser,
    /// SHA-256 of the text that `docs/spec/stabilised.md` specifies.
    pub sha256: Sha256,
    /// What was set aside in this archive, in words, such as "time of 12 members".
    pub regions: Vec<String>,
}

/// Reads the whole of `reader` and returns the digest of what `normaliser` keeps of it.
///
/// # Errors
/// [`ArchiveError`] as [`inventory_seek`] has it: what is not listed is not stabilised either.
pub fn stabilised<R: Read + Seek>(
    mut reader: R,
    normaliser: Normaliser,
    limits: &Limits,
) -> Result<Stabilised, ArchiveError> {
    let (text, regions) = match normaliser {
        Normaliser::GzipV1 => gzip(reader, limits)?,
        Normaliser::TarV1 => {
            let format = tar_format(&mut reader)?;
            let inventory = inventory_seek(reader, format, limits)?;
            let mut regions = regions(&inventory);
            regions.push(format!(
                "header formats and comments of {}",
                members(inventory.members.len())
            ));
            if format != Format::Tar {
                regions.push(format!("compression of the whole ({})", format.name()));
            }
            (text(inventory.members), regions)
        }
        Normaliser::ZipV1 => {
            let inventory = inventory_seek(reader, Format::Zip, limits)?;
            let mut regions = regions(&inventory);
            let count = members(inventory.members.len());
            regions.push(format!("compression, flags and extra fields of {count}"));
            if inventory.signing_block.is_some() {
                regions.push("signing block".to_owned());
            }
            (text(inventory.members), regions)
        }
    };
    let mut hash = Sha256Stream::default();
    for line in std::iter::once(format!("{}\n", normaliser.name())).chain(text) {
        hash.update(line.as_bytes());
    }
    Ok(Stabilised {
        normaliser,
        sha256: hash.finish(),
        regions,
    })
}

type Lines = Box<dyn Iterator<Item = String>>;

fn gzip<R: Read + Seek>(
    mut reader: R,
    limits: &Limits,
) -> Result<(Lines, Vec<String>), ArchiveError> {
    reader
        .seek(SeekFrom::Start(0))
        .map_err(ArchiveError::Read)?;
    let mut input = Input::new(reader);
    let mut gunzip = Gunzip::new(&mut input, Meter::new(limits));
    let header = gunzip.header()?;
    let (mut hash, mut size) = (Sha256Stream::default(), 0u64);
    while !at_end(&mut gunzip)? {
        let bytes = gunzip.fill()?;
        let count = bytes.len();
        hash.update(bytes);
        gunzip.consume(count);
        size = size.saturating_add(count as u64);
    }
    let line = format!("{size}\t{}\n", hash.finish());
    let mut regions = vec![
        format!("compression, with effort {} in the header", header.effort),
        format!("system {} in the header", header.system),
    ];
    if header.modified != 0 {
        regions.push(format!("time {} in the header", header.modified));
    }
    if let Some(name) = header.name {
        regions.push(format!("name {name} in the header"));
    }
    Ok((Box::new(std::iter::once(line)), regions))
}

/// Says how a tar is compressed. No tar that is listed begins like this: a first name of these bytes is no text.
fn tar_format<R: Read + Seek>(reader: &mut R) -> Result<Format, ArchiveError> {
    let mut first = Vec::new();
    reader
        .seek(SeekFrom::Start(0))
        .and_then(|_| reader.take(4).read_to_end(&mut first))
        .map_err(ArchiveError::Read)?;
    Ok(match *first {
        [0x1f, 0x8b, ..] => Format::TarGz,
        [0xfd, b'7', b'z', b'X'] => Format::TarXz,
        [0x28, 0xb5, 0x2f, 0xfd] => Format::TarZst,
        _ => Format::Tar,
    })
}

/// One line a member, sorted by name. Names and targets have no tabs and no line breaks: control characters are refused.
fn text(mut members: Vec<Member>) -> Lines {
    members.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Box::new(members.into_iter().map(|member| {
        let digest = member.sha256.map(|digest| digest.to_string());
        let target = match &member.kind {
            MemberKind::File | MemberKind::Folder => "",
            MemberKind::Symlink { target } | MemberKind::Hardlink { target } => target,
        };
        format!(
            "{}\t{:04o}\t{}\t{}\t{}\t{target}\n",
            member.kind.word(),
            member.mode,
            member.size,
            digest.as_deref().unwrap_or("-"),
            member.name,
        )
    }))
}

/// What both lists of members leave out.
fn regions(inventory: &Inventory) -> Vec<String> {
    let all = &inventory.members;
    let count = |is: fn(&Member) -> bool| all.iter().filter(|member| is(member)).count();
    let counts = [
        ("order", all.len()),
        ("time", count(|member| member.modified.is_some())),
        (
            "owner",
            count(|member| member.owner != crate::Owner::default()),
        ),
    ];
    let present = counts.into_iter().filter(|(_, count)| *count > 0);
    present
        .map(|(what, count)| format!("{what} of {}", members(count)))
        .collect()
}

fn members(count: usize) -> String {
    match count {
        1 => "1 member".to_owned(),
        count => format!("{count} members"),
    }
}
