//! ELF: the table of sections and the build id (System V gABI, chapters 4 and 5; the note is that of GNU ld).

/// Why something is not read as ELF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ElfFault {
    /// The first bytes are not those of ELF.
    #[error("the first bytes are not those of ELF")]
    Magic,
    /// Neither 32 nor 64 bits, neither byte order.
    #[error("an unknown class or byte order")]
    Class,
    /// The table of sections is not where the header says, or entries have another size than they must.
    #[error("the table of sections is not as the header says")]
    Table,
    /// More sections than are looked at.
    #[error("more than {0} sections")]
    Sections(usize),
    /// A section reaches beyond the end, or its name does.
    #[error("a section reaches beyond the end")]
    Bounds,
    /// Sections have more bytes together than the file.
    #[error("sections lie over each other")]
    Overlap,
}

/// A section of an ELF file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its name; bytes that are no UTF-8 are replaced.
    pub name: String,
    /// Offset of its first byte in the file.
    pub offset: usize,
    /// Bytes in the file; 0 where it has none.
    pub size: usize,
}

impl Section {
    /// Its bytes in the file that it was read from.
    pub fn contents<'f>(&self, file: &'f [u8]) -> Option<&'f [u8]> {
        file.get(self.offset..self.offset.checked_add(self.size)?)
    }
}

/// Programs with a section for each function have some thousands.
const SECTIONS_MAX: usize = 20_000;
const NAME_BYTES_MAX: usize = 256;
/// `SHT_NOBITS`: no bytes in the file.
const NO_BITS: u64 = 8;
/// Where GNU ld writes the build id.
pub(crate) const BUILD_ID_SECTION: &str = ".note.gnu.build-id";
/// `NT_GNU_BUILD_ID`.
const BUILD_ID_TYPE: u64 = 3;

/// Lists the sections of a whole file, without the first one, which is none.
///
/// # Errors
/// [`ElfFault`] when any of them is not as the specification has it.
pub fn sections(file: &[u8]) -> Result<Vec<Section>, ElfFault> {
    let layout = Layout::of(file)?;
    let number = |at: usize, size: usize| layout.number(file, at, size);
    let (table, each, count, names) = match layout.is_64 {
        true => (number(40, 8), number(58, 2), number(60, 2), number(62, 2)),
        false => (number(32, 4), number(46, 2), number(48, 2), number(50, 2)),
    };
    let (Some(table), Some(each), Some(count), Some(names)) = (table, each, count, names) else {
        return Err(ElfFault::Table);
    };
    if count == 0 {
        return Ok(Vec::new());
    }
    if count > SECTIONS_MAX {
        return Err(ElfFault::Sections(SECTIONS_MAX));
    }
    if each != layout.entry_bytes() || names >= count {
        return Err(ElfFault::Table);
    }
    let entry = |index: usize| {
        let at = table.checked_add(index.checked_mul(each)?)?;
        layout.entry(file, at)
    };
    let strings = entry(names).ok_or(ElfFault::Table)?;
    let strings = strings.contents(file).ok_or(ElfFault::Bounds)?;
    let mut found = Vec::new();
    let mut left = file.len();
    for index in 1..count {
        let entry = entry(index).ok_or(ElfFault::Table)?;
        entry.contents(file).ok_or(ElfFault::Bounds)?;
        let name = name(strings, entry.name).ok_or(ElfFault::Bounds)?;
        let (offset, size) = (entry.offset, entry.size);
        // Whoever looks at all sections then looks at no more than the file.
        left = left.checked_sub(size).ok_or(ElfFault::Overlap)?;
        found.push(Section { name, offset, size });
    }
    Ok(found)
}

/// Returns the build id of an ELF file that has exactly one.
pub fn build_id(file: &[u8]) -> Option<&[u8]> {
    let layout = Layout::of(file).ok()?;
    let sections = sections(file).ok()?;
    let mut notes = sections.iter().filter(|s| s.name == BUILD_ID_SECTION);
    let note = notes.next()?.contents(file)?;
    if notes.next().is_some() {
        return None;
    }
    let number = |at: usize| layout.number(note, at, 4);
    let (name, id, kind) = (number(0)?, number(4)?, number(8)?);
    // Name and description are padded to four bytes; `GNU` and its NUL need no padding.
    if name != 4 || note.get(12..16)? != b"GNU\0" || kind as u64 != BUILD_ID_TYPE {
        return None;
    }
    note.get(16..id.checked_add(16)?)
}

/// Class and byte order.
#[derive(Clone, Copy)]
struct Layout {
    is_64: bool,
    is_big: bool,
}

/// What an entry of the table says.
struct Entry {
    name: usize,
    offset: usize,
    size: usize,
}

impl Entry {
    fn contents<'f>(&self, file: &'f [u8]) -> Option<&'f [u8]> {
        file.get(self.offset..self.offset.checked_add(self.size)?)
    }
}

impl Layout {
    fn of(file: &[u8]) -> Result<Self, ElfFault> {
        match file {
            [0x7f, b'E', b'L', b'F', class @ (1 | 2), order @ (1 | 2), ..] => Ok(Self {
                is_64: *class == 2,
                is_big: *order == 2,
            }),
            [0x7f, b'E', b'L', b'F', ..] => Err(ElfFault::Class),
            _ => Err(ElfFault::Magic),
        }
    }

    const fn entry_bytes(self) -> usize {
        if self.is_64 { 64 } else { 40 }
    }

    fn entry(self, file: &[u8], at: usize) -> Option<Entry> {
        let entry = file.get(at..at.checked_add(self.entry_bytes())?)?;
        let number = |at, size| self.number(entry, at, size);
        let (name, kind) = (number(0, 4)?, number(4, 4)?);
        let (offset, size) = match self.is_64 {
            true => (number(24, 8)?, number(32, 8)?),
            false => (number(16, 4)?, number(20, 4)?),
        };
        Some(match kind as u64 {
            NO_BITS => Entry {
                name,
                offset: 0,
                size: 0,
            },
            _ => Entry { name, offset, size },
        })
    }

    fn number(self, bytes: &[u8], at: usize, size: usize) -> Option<usize> {
        let bytes = bytes.get(at..at.checked_add(size)?)?;
        let sum = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        let value = match self.is_big {
            true => bytes.iter().fold(0, sum),
            false => bytes.iter().rev().fold(0, sum),
        };
        usize::try_from(value).ok()
    }
}

fn name(strings: &[u8], at: usize) -> Option<String> {
    let rest = strings.get(at..)?;
    let length = rest
        .iter()
        .take(NAME_BYTES_MAX)
        .position(|byte| *byte == 0)?;
    Some(String::from_utf8_lossy(rest.get(..length)?).into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ElfFault, build_id, sections};

    #[test]
    fn this_program_has_sections() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let found = sections(&own).unwrap();
        assert!(found.iter().any(|section| section.name == ".text"));
        assert_eq!(sections(&own[..own.len() - 1]), Err(ElfFault::Table));
    }

    #[test]
    fn sections_that_lie_over_each_other_are_refused() {
        // Two sections of 100 bytes in a file of 64 + 3 * 64 bytes, and names of none.
        let mut file = vec![0u8; 256];
        file[..6].copy_from_slice(b"\x7fELF\x02\x01");
        (file[40], file[58], file[60]) = (64, 64, 3);
        for entry in [128, 192] {
            (file[entry + 4], file[entry + 32]) = (1, 100);
        }
        file[64 + 32] = 8;
        assert_eq!(sections(&file).unwrap().len(), 2);
        file[192 + 32] = 200;
        assert_eq!(sections(&file), Err(ElfFault::Overlap));
    }

    #[test]
    fn what_is_no_elf_is_refused() {
        assert_eq!(sections(b"MZ"), Err(ElfFault::Magic));
        assert_eq!(sections(b"\x7fELF\x03\x01"), Err(ElfFault::Class));
        assert_eq!(sections(b"\x7fELF\x02\x01"), Err(ElfFault::Table));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(mut bytes in prop::collection::vec(any::<u8>(), 6..400), class in 1u8..3, order in 1u8..3) {
            bytes[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', class, order]);
            drop(sections(&bytes));
            build_id(&bytes);
        }
    }
}
