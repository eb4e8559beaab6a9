//! Debian binary packages of format 2.0 (deb(5)): an ar of three members, two of which are tars.

use crate::ar::{Ar, ArFault, Header};
use crate::error::shown;
use crate::listing::{Entry, EntryKind, Listing, Place};
use crate::source::{Bytes, Gunzip, Meter, Section, Source, Unxz, Unzstd, read_array};
use crate::{ArchiveError, tar};

/// What makes an ar no Debian package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DebFault {
    /// The first member is not `debian-binary`.
    #[error("the first member is not debian-binary")]
    First,
    /// `debian-binary` is not exactly `2.0` and a line break.
    #[error("debian-binary is not 2.0")]
    Version,
    /// The second member is no control.tar.
    #[error("not a control.tar, which must be the second member")]
    Control,
    /// The third member is no data.tar.
    #[error("not a data.tar, which must be the third member")]
    Data,
    /// The tar is compressed in a way that is not read here.
    #[error("not compressed by gzip, xz or zstd, nor uncompressed")]
    Compression,
    /// A member is missing.
    #[error("the last member, and {0} is missing")]
    Missing(&'static str),
    /// A signature of debsigs, which says nothing that is checked here and would be bytes outside of the list.
    #[error("a signature inside of the package, as debsigs makes it")]
    Signature,
    /// Another member, which dpkg may or may not skip.
    #[error("a member that no Debian package has")]
    Unexpected,
}

/// How a tar in a package is compressed.
enum Packing {
    None,
    Gzip,
    Xz,
    Zstd,
}

/// Reads one package to its end, which is the end of `source`.
pub(crate) fn walk(source: &mut dyn Source, listing: &mut Listing<'_>) -> Result<(), ArchiveError> {
    let mut ar = Ar::open(source)?;
    let header = next(&mut ar, "debian-binary")?;
    if header.name != b"debian-binary" {
        return Err(refused(&header.name, DebFault::First));
    }
    version(&mut ar, header, listing)?;
    let parts = [
        ("control.tar", DebFault::Control, Place::DEB_CONTROL),
        ("data.tar", DebFault::Data, Place::DEB_DATA),
    ];
    for (part, fault, place) in parts {
        let header = next(&mut ar, part)?;
        let packing = match header.name.strip_prefix(part.as_bytes()) {
            Some(b"") => Packing::None,
            Some(b".gz") => Packing::Gzip,
            Some(b".xz") => Packing::Xz,
            Some(b".zst") => Packing::Zstd,
            Some([b'.', ..]) => return Err(refused(&header.name, DebFault::Compression)),
            _ if header.name.starts_with(b"_gpg") => {
                return Err(refused(&header.name, DebFault::Signature));
            }
            _ => return Err(refused(&header.name, fault)),
        };
        listing.place = place;
        let mut section = Section::new(ar.source, header.size, "a tar of a Debian package");
        unpack(&mut section, packing, listing)?;
        ar.padding(header.size)?;
    }
    match ar.header()? {
        None => Ok(()),
        Some(header) if header.name.starts_with(b"_gpg") => {
            Err(refused(&header.name, DebFault::Signature))
        }
        Some(header) => Err(refused(&header.name, DebFault::Unexpected)),
    }
}

fn refused(member: &[u8], fault: DebFault) -> ArchiveError {
    ArchiveError::Deb {
        member: shown(member),
        fault,
    }
}

/// The next header, with the slash that GNU ar puts behind a short name taken off.
fn next(ar: &mut Ar<'_>, expected: &'static str) -> Result<Header, ArchiveError> {
    let Some(mut header) = ar.header()? else {
        return Err(refused(b"", DebFault::Missing(expected)));
    };
    let fault = match &*header.name {
        [b'/', ..] => ArFault::GnuNameInDeb,
        [b'#', b'1', b'/', ..] => ArFault::BsdName,
        [name @ .., b'/'] => {
            header.name = name.to_vec();
            return Ok(header);
        }
        _ => return Ok(header),
    };
    Err(ar.refused(fault))
}

fn version(ar: &mut Ar<'_>, header: Header, listing: &mut Listing<'_>) -> Result<(), ArchiveError> {
    let fault = || refused(&header.name, DebFault::Version);
    if header.size != 4 {
        return Err(fault());
    }
    let text: [u8; 4] = read_array(ar.source, "debian-binary")?;
    if text != *b"2.0\n" {
        return Err(fault());
    }
    let entry = Entry {
        name: &header.name,
        kind: EntryKind::File,
        mode: header.mode,
        owner: header.owner,
        modified: Some(header.modified),
        size: header.size,
    };
    listing.add(entry, &mut Bytes(&text)).map(drop)
}

fn unpack(
    section: &mut Section<'_>,
    packing: Packing,
    listing: &mut Listing<'_>,
) -> Result<(), ArchiveError> {
    let meter = Meter::new(listing.limits);
    match packing {
        Packing::None => tar::walk(section, listing),
        Packing::Gzip => tar::walk(&mut Gunzip::new(section, meter), listing),
        Packing::Xz => tar::walk(&mut Unxz::new(section, meter), listing),
        Packing::Zstd => tar::walk(&mut Unzstd::new(section, meter), listing),
    }
}
