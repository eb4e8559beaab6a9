//! Reading an archive: one pass, in which a visitor sees every member.

use std::io::{Read, Seek, SeekFrom};

use quorate::digest::Sha256;

use crate::listing::{Entry, EntryKind, Listing};
use crate::source::{Gunzip, Input, Meter, Source, Unxz, Unzstd, at_end};
use crate::{ArchiveError, Format, Inventory, Limits, Member, Owner, ar, deb, tar, zip};

/// Whether a visitor wants to see the contents of a member. They are read and hashed in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    /// [`Visitor::data`] gets them.
    Wanted,
    /// Only their digest is of interest.
    Unwanted,
}

/// Sees each member once, in the order of the archive.
///
/// What it sees is not yet known to be good: the archive may be refused later, and then nothing that was seen counts.
pub trait Visitor {
    /// A member begins; its digest is not yet known, nor is the size of the one member of a compressed file (it is 0 here). The answer matters for files alone.
    fn member(&mut self, member: &Member) -> Contents;

    /// The next bytes of the file that began last. There may be none.
    fn data(&mut self, chunk: &[u8]) {
        let _ = chunk;
    }

    /// The member ends; a file has its digest now.
    fn end(&mut self, member: &Member);
}

/// What is known of the whole archive after it was read to its end without a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walked {
    /// Digest of all bytes of the archive itself.
    pub whole: Sha256,
    /// Digest of an allowed signing block of an Android package.
    pub signing_block: Option<Sha256>,
}

/// Lists what is in the archive that `reader` gives from its current place to its end, in one pass.
///
/// Memory is bounded by the list, by one window of a decompressor and by about 200 KiB.
///
/// # Errors
/// [`ArchiveError`] when the reader fails, when the bytes are not exactly one archive of `format`, when two readers could read them
/// in two ways, when a limit is passed; [`ArchiveError::NeedsSeek`] for a zip.
pub fn inventory<R: Read>(
    reader: R,
    format: Format,
    limits: &Limits,
) -> Result<Inventory, ArchiveError> {
    let mut list = List(Vec::new());
    let walked = visit(reader, format, limits, &mut list)?;
    Ok(list.with(format, walked))
}

/// Lists what is in the whole of `reader`, of any format. It is read from its first byte, wherever it stands.
///
/// # Errors
/// As [`inventory`]; [`ArchiveError::Changed`] when a zip changed between its two readings.
pub fn inventory_seek<R: Read + Seek>(
    reader: R,
    format: Format,
    limits: &Limits,
) -> Result<Inventory, ArchiveError> {
    let mut list = List(Vec::new());
    let walked = visit_seek(reader, format, limits, &mut list)?;
    Ok(list.with(format, walked))
}

/// As [`inventory`], for a visitor that sees members and contents while they are read.
///
/// # Errors
/// As [`inventory`].
pub fn visit<R: Read>(
    reader: R,
    format: Format,
    limits: &Limits,
    visitor: &mut dyn Visitor,
) -> Result<Walked, ArchiveError> {
    let mut input = Input::new(reader);
    let mut listing = Listing::new(limits, visitor);
    let meter = || Meter::new(limits);
    match format {
        Format::Tar => tar::walk(&mut input, &mut listing)?,
        Format::TarGz => tar::walk(&mut Gunzip::new(&mut input, meter()), &mut listing)?,
        Format::TarXz => tar::walk(&mut Unxz::new(&mut input, meter()), &mut listing)?,
        Format::TarZst => tar::walk(&mut Unzstd::new(&mut input, meter()), &mut listing)?,
        Format::Ar => ar::walk(&mut input, &mut listing)?,
        Format::Deb => deb::walk(&mut input, &mut listing)?,
        Format::Gzip | Format::Xz | Format::Zstd => {
            compressed(&mut input, format, &mut listing)?;
        }
        Format::Zip => return Err(ArchiveError::NeedsSeek),
    }
    // Each walk ends at the end of its source; that this is so for all of them is the reason why `whole` is the whole.
    if !at_end(&mut input)? {
        return Err(ArchiveError::Changed);
    }
    Ok(Walked {
        whole: input.finish(),
        signing_block: None,
    })
}

/// As [`inventory_seek`], for a visitor that sees members and contents while they are read.
///
/// # Errors
/// As [`inventory_seek`].
pub fn visit_seek<R: Read + Seek>(
    mut reader: R,
    format: Format,
    limits: &Limits,
    visitor: &mut dyn Visitor,
) -> Result<Walked, ArchiveError> {
    if format == Format::Zip {
        return zip::walk(reader, &mut Listing::new(limits, visitor));
    }
    reader
        .seek(SeekFrom::Start(0))
        .map_err(ArchiveError::Read)?;
    visit(reader, format, limits, visitor)
}

/// One compressed file is an archive of one member, which is always called the same: names in headers differ from the file's own.
fn compressed(
    input: &mut dyn Source,
    format: Format,
    listing: &mut Listing<'_>,
) -> Result<(), ArchiveError> {
    let meter = Meter::new(listing.limits);
    let entry = |modified| Entry {
        name: COMPRESSED_NAME.as_bytes(),
        kind: EntryKind::File,
        mode: 0,
        owner: Owner::default(),
        modified,
        size: 0,
    };
    match format {
        Format::Xz => listing.add(entry(None), &mut Unxz::new(input, meter))?,
        Format::Zstd => listing.add(entry(None), &mut Unzstd::new(input, meter))?,
        _ => {
            let mut gunzip = Gunzip::new(input, meter);
            let modified = gunzip.header()?.modified;
            let modified = (modified != 0).then_some(i64::from(modified));
            listing.add(entry(modified), &mut gunzip)?
        }
    };
    Ok(())
}

/// The name of the one member of a compressed file.
const COMPRESSED_NAME: &str = "content";

struct List(Vec<Member>);

impl List {
    fn with(self, format: Format, walked: Walked) -> Inventory {
        Inventory {
            format,
            members: self.0,
            whole: walked.whole,
            signing_block: walked.signing_block,
        }
    }
}

impl Visitor for List {
    fn member(&mut self, _: &Member) -> Contents {
        Contents::Unwanted
    }

    fn end(&mut self, member: &Member) {
        self.0.push(member.clone());
    }
}
