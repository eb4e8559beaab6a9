//! ar: the common form, with short names or the table of long names that GNU ar writes (deb(5) and ar(5)).

use crate::error::{LimitFault, shown};
use crate::listing::{Entry, EntryKind, Listing};
use crate::source::{Section, Source, read_array, read_exact, read_into};
use crate::{ArchiveError, Owner};

/// What is wrong with an ar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArFault {
    /// The first eight bytes are not `!<arch>` and a line break.
    #[error("the first bytes are not those of ar")]
    Magic,
    /// A header does not end as it must, so that it is no header.
    #[error("a header without its end mark")]
    HeaderEnd,
    /// A number that is not digits, left-justified, with spaces behind it.
    #[error("the field {field} is no number as it should be written")]
    Number {
        /// The field.
        field: &'static str,
    },
    /// Mode bits that are neither permissions nor those of a file.
    #[error("the mode is not that of a file")]
    Mode,
    /// The byte behind contents of odd size is no line break.
    #[error("the padding is no line break")]
    Padding,
    /// A name in the contents, as BSD writes it.
    #[error("a long name as BSD writes it")]
    BsdName,
    /// A name in a table, in a Debian package.
    #[error("a long name as GNU writes it, in a Debian package")]
    GnuNameInDeb,
    /// A name that is none: another special member, or a path.
    #[error("the name is none of a file")]
    Name,
    /// The table of names, or the index of symbols, is not where it must be.
    #[error("a table of names or an index of symbols in the wrong place")]
    TablePlace,
    /// The table of names is not as GNU ar writes it.
    #[error("the table of names has other names, or in another order, than the members")]
    Table,
}

const MAGIC: &[u8; 8] = b"!<arch>\n";
/// The name under which the index of symbols of a static library is listed; a member that is called so clashes with it.
const SYMBOL_INDEX: &[u8] = b"symbol-index";
/// Type bits of a regular file.
const REGULAR: u64 = 0o100_000;

/// The header of a member, with the name as it is written, without the spaces behind it.
pub(crate) struct Header {
    pub(crate) name: Vec<u8>,
    pub(crate) modified: i64,
    pub(crate) owner: Owner,
    pub(crate) mode: u32,
    pub(crate) size: u64,
}

/// The members of an ar, one after the other.
pub(crate) struct Ar<'s> {
    pub(crate) source: &'s mut dyn Source,
    last: Vec<u8>,
}

impl<'s> Ar<'s> {
    pub(crate) fn open(source: &'s mut dyn Source) -> Result<Self, ArchiveError> {
        let mut ar = Self {
            source,
            last: Vec::new(),
        };
        let magic: [u8; 8] = read_array(ar.source, "the first line of ar")?;
        match magic == *MAGIC {
            true => Ok(ar),
            false => Err(ar.refused(ArFault::Magic)),
        }
    }

    pub(crate) fn refused(&mut self, fault: ArFault) -> ArchiveError {
        ArchiveError::Ar {
            member: shown(&self.last),
            fault,
        }
    }

    /// The next header, or nothing at the end.
    pub(crate) fn header(&mut self) -> Result<Option<Header>, ArchiveError> {
        let mut bytes = [0; 60];
        match read_into(self.source, &mut bytes)? {
            0 => return Ok(None),
            60 => {}
            _ => {
                return Err(ArchiveError::Truncated {
                    what: "an ar header",
                });
            }
        }
        let name = bytes.get(..16).unwrap_or_default().trim_ascii_end();
        self.last = name.to_vec();
        parse(&bytes, name)
            .map(Some)
            .map_err(|fault| self.refused(fault))
    }

    /// The line break behind contents of odd size.
    pub(crate) fn padding(&mut self, size: u64) -> Result<(), ArchiveError> {
        if size.is_multiple_of(2) || read_array(self.source, "the padding of ar")? == *b"\n" {
            return Ok(());
        }
        Err(self.refused(ArFault::Padding))
    }
}

fn parse(bytes: &[u8; 60], name: &[u8]) -> Result<Header, ArFault> {
    if !bytes.ends_with(b"`\n") {
        return Err(ArFault::HeaderEnd);
    }
    let field = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
    let size = number(field(48, 58), 10, "size")?;
    if name == b"//" {
        // GNU ar leaves everything but the size blank.
        let is_blank = field(16, 48).iter().all(|byte| *byte == b' ');
        return match is_blank {
            true => Ok(Header {
                name: name.to_vec(),
                modified: 0,
                owner: Owner::default(),
                mode: 0,
                size,
            }),
            false => Err(ArFault::Number { field: "date" }),
        };
    }
    let date = number(field(16, 28), 10, "date")?;
    let mode = number(field(40, 48), 8, "mode")?;
    let mode = match mode >= REGULAR {
        true => mode - REGULAR,
        false => mode,
    };
    let mode = u32::try_from(mode).ok().filter(|mode| *mode <= 0o7777);
    Ok(Header {
        name: name.to_vec(),
        modified: i64::try_from(date).map_err(|_| ArFault::Number { field: "date" })?,
        owner: Owner {
            uid: Some(number(field(28, 34), 10, "uid")?),
            gid: Some(number(field(34, 40), 10, "gid")?),
            ..Owner::default()
        },
        mode: mode.ok_or(ArFault::Mode)?,
        size,
    })
}

/// Digits from the first byte on, then spaces.
fn number(bytes: &[u8], radix: u32, field: &'static str) -> Result<u64, ArFault> {
    let fault = || ArFault::Number { field };
    let digits = bytes.trim_ascii_end();
    let padding = bytes.get(digits.len()..).unwrap_or_default();
    let is_plain = digits.iter().all(u8::is_ascii_digit) && padding.iter().all(|b| *b == b' ');
    let has_one_form = digits == b"0" || !digits.starts_with(b"0");
    if !is_plain || !has_one_form {
        return Err(fault());
    }
    let digits = str::from_utf8(digits).map_err(|_| fault())?;
    u64::from_str_radix(digits, radix).map_err(|_| fault())
}

/// Reads one ar to its end, which is the end of `source`.
pub(crate) fn walk(source: &mut dyn Source, listing: &mut Listing<'_>) -> Result<(), ArchiveError> {
    let mut ar = Ar::open(source)?;
    let mut names = LongNames::default();
    let mut index = 0u64;
    while let Some(header) = ar.header()? {
        let size = header.size;
        if header.name == b"//" {
            // Behind the index of symbols at most.
            if index > 1 || names.table.is_some() {
                return Err(ar.refused(ArFault::TablePlace));
            }
            names = LongNames::read(&mut ar, size, listing.limits.names_bytes_max)?;
        } else {
            let name = match &*header.name {
                b"/" if index == 0 => Ok(SYMBOL_INDEX.to_vec()),
                b"/" => Err(ArFault::TablePlace),
                name => names.resolve(name),
            };
            let name = name.map_err(|fault| ar.refused(fault))?;
            let entry = Entry {
                name: &name,
                kind: EntryKind::File,
                mode: header.mode,
                owner: header.owner,
                modified: Some(header.modified),
                size,
            };
            let mut contents = Section::new(ar.source, size, "the contents of an ar member");
            listing.add(entry, &mut contents)?;
        }
        ar.padding(size)?;
        index = index.saturating_add(1);
    }
    match names.is_used_up() {
        true => Ok(()),
        false => Err(ar.refused(ArFault::Table)),
    }
}

/// GNU's table: names that end in `/` and a line break. Members refer to them in order, so that the table has nothing else in it.
#[derive(Default)]
struct LongNames {
    table: Option<Vec<u8>>,
    used: usize,
}

impl LongNames {
    fn read(ar: &mut Ar<'_>, size: u64, max: u64) -> Result<Self, ArchiveError> {
        if size > max {
            return Err(LimitFault::Names(max).into());
        }
        let size = usize::try_from(size).map_err(|_| LimitFault::Names(max))?;
        let mut table = vec![0; size];
        read_exact(ar.source, &mut table, "the table of names of ar")?;
        Ok(Self {
            table: Some(table),
            used: 0,
        })
    }

    fn resolve(&mut self, name: &[u8]) -> Result<Vec<u8>, ArFault> {
        if name.starts_with(b"#1/") {
            return Err(ArFault::BsdName);
        }
        if let Some(place) = name.strip_prefix(b"/") {
            let place = str::from_utf8(place).map_err(|_| ArFault::Name)?;
            let place: usize = place.parse().map_err(|_| ArFault::Name)?;
            return self.next(place).ok_or(ArFault::Table);
        }
        let short = name.strip_suffix(b"/").unwrap_or(name);
        match short.contains(&b'/') {
            true => Err(ArFault::Name),
            false => Ok(short.to_vec()),
        }
    }

    fn next(&mut self, place: usize) -> Option<Vec<u8>> {
        let rest = self.table.as_ref()?.get(self.used..)?;
        let length = rest.windows(2).position(|end| end == b"/\n")?;
        let name = rest.get(..length).filter(|name| !name.contains(&b'/'))?;
        let is_next = place == self.used;
        self.used = self.used.checked_add(length)?.checked_add(2)?;
        is_next.then(|| name.to_vec())
    }

    /// What is left may be the line break that makes the size even.
    fn is_used_up(&self) -> bool {
        let table = self.table.as_deref().unwrap_or_default();
        matches!(table.get(self.used..), Some([] | [b'\n']))
    }
}
