//! The headers of a PE file, as far as a signer changes them and the table depends on them (Microsoft PE format).

use std::io::{Read, Seek};

use crate::UnsignError;
use crate::cursor::Cursor;
use crate::delivered::Delivered;

use super::{ALIGNMENT, TABLE};

const DOS: &str = "the DOS header";
const COFF: &str = "the COFF header";
const OPTIONAL: &str = "the optional header";
const SECTION: &str = "a section";

const DOS_BYTES: u64 = 64;
const COFF_BYTES: u64 = 24;
const SECTION_BYTES: u64 = 40;

/// The optional header of 64-bit programs with its sixteen directories.
const OPTIONAL_BYTES_MAX: u64 = 240;

const PE32: u16 = 0x10b;
const PE32_PLUS: u16 = 0x20b;

/// What the headers say, all as offsets in the file.
pub(super) struct Headers {
    /// The CheckSum field as it is in the delivered file.
    pub(super) checksum: u32,
    pub(super) checksum_offset: u64,
    /// Where the entry of the certificate table stands among the data directories.
    pub(super) entry_offset: u64,
    /// Where the table begins. It ends with the file.
    pub(super) table_offset: u64,
    /// Where the last of headers and sections ends.
    pub(super) sections_end: u64,
}

/// Where the COFF header says that things are.
struct Coff {
    sections: u16,
    optional: u64,
    optional_bytes: u64,
}

impl Headers {
    pub(super) fn read<R: Read + Seek>(
        delivered: &mut Delivered<'_, R>,
    ) -> Result<Self, UnsignError> {
        let coff = coff(delivered)?;
        let bytes = delivered.part(coff.optional, coff.optional_bytes, OPTIONAL)?;
        let mut optional = Cursor::new(&bytes, OPTIONAL);
        let wide = match optional.u16()? {
            PE32 => false,
            PE32_PLUS => true,
            _ => {
                return Err(UnsignError::refused(
                    OPTIONAL,
                    "its magic number is unknown",
                ));
            }
        };
        optional.take(34)?;
        let file_alignment = u64::from(optional.u32()?);
        optional.take(20)?;
        let headers_end = u64::from(optional.u32()?);
        let checksum = optional.u32()?;
        optional.take(if wide { 40 } else { 24 })?;
        let directories = optional.u32()?;
        // Entry 4 is the certificate table.
        if !(5..=16).contains(&directories) {
            return Err(UnsignError::NotSigned { what: TABLE });
        }
        optional.take(32)?;
        let (table_offset, table_bytes) = (optional.u32()?, optional.u32()?);
        if (table_offset, table_bytes) == (0, 0) {
            return Err(UnsignError::NotSigned { what: TABLE });
        }
        let headers_end = headers_end
            .max(coff.optional + coff.optional_bytes + u64::from(coff.sections) * SECTION_BYTES);
        let headers = Self {
            checksum,
            checksum_offset: coff.optional + 64,
            entry_offset: coff.optional + if wide { 144 } else { 128 },
            table_offset: table_offset.into(),
            sections_end: sections_end(delivered, &coff, file_alignment, headers_end)?,
        };
        headers.refuse_other_places(table_bytes.into(), delivered.size())?;
        Ok(headers)
    }

    /// Refuses a table that is not the end of the file, or that headers or a section reach into: it would be mapped.
    fn refuse_other_places(&self, table_bytes: u64, size: u64) -> Result<(), UnsignError> {
        let refused = |why| Err(UnsignError::refused(TABLE, why));
        if self.table_offset + table_bytes != size {
            return refused("it does not end with the file");
        }
        if !self.table_offset.is_multiple_of(ALIGNMENT) {
            return refused("it does not begin at a multiple of eight");
        }
        if self.sections_end > self.table_offset {
            return refused("the headers or a section reach into it");
        }
        Ok(())
    }
}

fn coff<R: Read + Seek>(delivered: &mut Delivered<'_, R>) -> Result<Coff, UnsignError> {
    let dos = delivered.part(0, DOS_BYTES, DOS)?;
    let mut dos = Cursor::new(&dos, DOS);
    if dos.take(2)? != b"MZ" {
        return Err(UnsignError::refused(DOS, "it does not begin as one does"));
    }
    dos.take(58)?;
    let start = u64::from(dos.u32()?);
    // Otherwise the checksum would not be over whole words.
    if !start.is_multiple_of(4) {
        return Err(UnsignError::refused(
            COFF,
            "it does not begin at a multiple of four",
        ));
    }
    let coff = delivered.part(start, COFF_BYTES, COFF)?;
    let mut coff = Cursor::new(&coff, COFF);
    if coff.take(4)? != b"PE\0\0" {
        return Err(UnsignError::refused(COFF, "it does not begin as one does"));
    }
    coff.take(2)?;
    let sections = coff.u16()?;
    coff.take(12)?;
    let optional_bytes = u64::from(coff.u16()?);
    crate::error::bounded(
        "the size of the optional header in bytes",
        optional_bytes,
        OPTIONAL_BYTES_MAX,
    )?;
    Ok(Coff {
        sections,
        optional: start + COFF_BYTES,
        optional_bytes,
    })
}

/// Where the last section ends, in whole units of the file's alignment as the loader reads it, or the headers if they end later.
fn sections_end<R: Read + Seek>(
    delivered: &mut Delivered<'_, R>,
    coff: &Coff,
    file_alignment: u64,
    headers_end: u64,
) -> Result<u64, UnsignError> {
    if !file_alignment.is_power_of_two() || file_alignment > 1 << 16 {
        return Err(UnsignError::refused(
            OPTIONAL,
            "its file alignment is no power of two up to 64 KiB",
        ));
    }
    let bytes = u64::from(coff.sections) * SECTION_BYTES;
    let start = coff.optional + coff.optional_bytes;
    let sections = delivered.part(start, bytes, SECTION)?;
    let mut sections = Cursor::new(&sections, SECTION);
    let mut end = headers_end;
    while !sections.is_empty() {
        sections.take(16)?;
        let (bytes, offset) = (u64::from(sections.u32()?), u64::from(sections.u32()?));
        sections.take(16)?;
        if bytes > 0 {
            end = end.max((offset + bytes).next_multiple_of(file_alignment));
        }
    }
    Ok(end)
}
