//! One gzip member (RFC 1952).

use flate2::Crc;

use super::{Inflate, Meter, Source, at_end, read_array};
use crate::ArchiveError;

/// What is wrong with a gzip file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GzipFault {
    /// The first two bytes are not 1f 8b.
    #[error("the first bytes are not those of gzip")]
    Magic,
    /// Another method than deflate.
    #[error("compression method {0}, which is not deflate")]
    Method(u8),
    /// A reserved flag is set.
    #[error("reserved flags are set: {0:#04x}")]
    Flags(u8),
    /// An extra field, which can hold anything.
    #[error("the header has an extra field")]
    Extra,
    /// A comment, which can hold anything.
    #[error("the header has a comment")]
    Comment,
    /// The name in the header is no plain file name.
    #[error("the name in the header is no plain file name")]
    Name,
    /// The header's own checksum is wrong.
    #[error("the header's checksum is wrong")]
    HeaderCrc,
    /// Not a deflate stream.
    #[error("the compressed data are broken")]
    Corrupt,
    /// The contents have another checksum.
    #[error("the checksum of the contents is wrong")]
    Crc,
    /// The contents have another size.
    #[error("the size of the contents is wrong")]
    Size,
    /// Another member follows: readers differ in whether it belongs to the file.
    #[error("a second member follows the first")]
    SecondMember,
    /// Something else follows.
    #[error("bytes follow the end")]
    Trailing,
}

/// What a gzip header says beside the data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GzipHeader {
    /// Seconds since 1970; 0 is none.
    pub(crate) modified: u32,
    pub(crate) name: Option<String>,
    /// XFL: how hard the compressor tried.
    pub(crate) effort: u8,
    pub(crate) system: u8,
}

const MAGIC: [u8; 2] = [0x1f, 0x8b];
const DEFLATE: u8 = 8;
// RFC 1952 §2.3.1.
const TEXT: u8 = 1;
const HEADER_CRC: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;
const RESERVED: u8 = !(TEXT | HEADER_CRC | EXTRA | NAME | COMMENT);
/// `NAME_MAX` of Linux.
const NAME_BYTES_MAX: usize = 255;

/// What the one member of a gzip file unpacks to.
pub(crate) struct Gunzip<S> {
    inflate: Inflate<S>,
    header: Option<GzipHeader>,
    crc: Crc,
    ended: bool,
}

impl<S: Source> Gunzip<S> {
    pub(crate) fn new(packed: S, meter: Meter) -> Self {
        Self {
            inflate: Inflate::new(packed, meter, || GzipFault::Corrupt.into()),
            header: None,
            crc: Crc::new(),
            ended: false,
        }
    }

    /// The header, read now if it was not.
    pub(crate) fn header(&mut self) -> Result<GzipHeader, ArchiveError> {
        if let Some(header) = &self.header {
            return Ok(header.clone());
        }
        let header = read_header(self.inflate.packed())?;
        self.header = Some(header.clone());
        Ok(header)
    }

    fn finish(&mut self) -> Result<(), ArchiveError> {
        let size = self.inflate.unpacked_so_far();
        let packed = self.inflate.packed();
        let crc: [u8; 4] = read_array(packed, "the gzip trailer")?;
        let low: [u8; 4] = read_array(packed, "the gzip trailer")?;
        if u32::from_le_bytes(crc) != self.crc.sum() {
            return Err(GzipFault::Crc.into());
        }
        if u64::from(u32::from_le_bytes(low)) != size & u64::from(u32::MAX) {
            return Err(GzipFault::Size.into());
        }
        match packed.fill()? {
            [] => Ok(()),
            [first, ..] if *first == MAGIC[0] => Err(GzipFault::SecondMember.into()),
            _ => Err(GzipFault::Trailing.into()),
        }
    }
}

impl<S: Source> Source for Gunzip<S> {
    fn fill(&mut self) -> Result<&[u8], ArchiveError> {
        if self.header.is_none() {
            self.header()?;
        }
        if !self.ended && at_end(&mut self.inflate)? {
            self.finish()?;
            self.ended = true;
        }
        self.inflate.fill()
    }

    fn consume(&mut self, count: usize) {
        if let Ok(bytes) = self.inflate.fill() {
            self.crc.update(bytes.get(..count).unwrap_or(bytes));
        }
        self.inflate.consume(count);
    }
}

/// Reads bytes and keeps those that the header's checksum covers.
struct Header<'s, S> {
    source: &'s mut S,
    crc: Crc,
}

impl<S: Source> Header<'_, S> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], ArchiveError> {
        let bytes = read_array(self.source, "the gzip header")?;
        self.crc.update(&bytes);
        Ok(bytes)
    }

    fn name(&mut self) -> Result<String, ArchiveError> {
        let mut name = Vec::new();
        loop {
            match self.take()? {
                [0] => break,
                [b'/'] => return Err(GzipFault::Name.into()),
                [byte] if name.len() < NAME_BYTES_MAX => name.push(byte),
                _ => return Err(GzipFault::Name.into()),
            }
        }
        // The RFC says Latin-1 and programs write what they have, so that only what is the same in both has one meaning.
        let name = String::from_utf8(name).map_err(|_| GzipFault::Name)?;
        let is_plain = !name.is_empty() && name != "." && name != "..";
        match is_plain && !name.chars().any(char::is_control) {
            true => Ok(name),
            false => Err(GzipFault::Name.into()),
        }
    }
}

fn read_header<S: Source>(source: &mut S) -> Result<GzipHeader, ArchiveError> {
    let mut bytes = Header {
        source,
        crc: Crc::new(),
    };
    if bytes.take()? != MAGIC {
        return Err(GzipFault::Magic.into());
    }
    let [method, flags] = bytes.take()?;
    if method != DEFLATE {
        return Err(GzipFault::Method(method).into());
    }
    if flags & RESERVED != 0 {
        return Err(GzipFault::Flags(flags).into());
    }
    if flags & EXTRA != 0 {
        return Err(GzipFault::Extra.into());
    }
    if flags & COMMENT != 0 {
        return Err(GzipFault::Comment.into());
    }
    let modified = u32::from_le_bytes(bytes.take()?);
    let [effort, system] = bytes.take()?;
    let name = match flags & NAME {
        0 => None,
        _ => Some(bytes.name()?),
    };
    if flags & HEADER_CRC != 0 {
        let [low, high, ..] = bytes.crc.sum().to_le_bytes();
        if bytes.take()? != [low, high] {
            return Err(GzipFault::HeaderCrc.into());
        }
    }
    Ok(GzipHeader {
        modified,
        name,
        effort,
        system,
    })
}
