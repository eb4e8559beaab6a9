//! One xz stream (the .xz file format 1.2.1) of LZMA2 blocks.

use flate2::Crc;
use lzma_rust2::{Action, Lzma2Stream, Status};
use quorate::digest::Sha256Stream;

use super::{Meter, Outbox, Source, read_exact};
use crate::ArchiveError;

/// What is wrong with an xz file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum XzFault {
    /// The first six bytes are not those of xz.
    #[error("the first bytes are not those of xz")]
    Magic,
    /// The checksum of header, index or footer is wrong.
    #[error("the checksum of its {0} is wrong")]
    Crc(&'static str),
    /// Reserved bits are set.
    #[error("reserved bits of its {0} are set")]
    Reserved(&'static str),
    /// Without a check of the contents a flipped bit is not noticed.
    #[error("it has no check of its contents")]
    NoCheck,
    /// A check that nobody defined.
    #[error("its check of the contents has the unknown number {0}")]
    UnknownCheck(u8),
    /// Another filter than LZMA2, or more than one.
    #[error("it has filters besides LZMA2")]
    Filter,
    /// The header of a block is not as specified.
    #[error("the header of a block is broken")]
    BlockHeader,
    /// Sizes are written longer than needed, or too large.
    #[error("a number is not in its shortest form")]
    Number,
    /// The data are no LZMA2.
    #[error("the compressed data are broken")]
    Corrupt,
    /// A block has another size than its header or the index says.
    #[error("a block has another size than its {0} says")]
    Size(&'static str),
    /// The check of a block is wrong.
    #[error("the check of the contents is wrong")]
    Check,
    /// Padding is not zero.
    #[error("its padding is not zero")]
    Padding,
    /// A block that is not the last one unpacks to almost nothing: each costs the memory of a window.
    #[error("a block of {0} bytes that is not the last one")]
    SmallBlock(u64),
    /// The footer says other things than the header.
    #[error("footer and header differ")]
    Footer,
    /// Another stream follows.
    #[error("a second stream follows the first")]
    SecondStream,
    /// Zeros follow: stream padding.
    #[error("padding follows the stream")]
    StreamPadding,
    /// Something else follows.
    #[error("bytes follow the end")]
    Trailing,
}

const MAGIC: [u8; 6] = [0xfd, b'7', b'z', b'X', b'Z', 0];
const FOOTER_MAGIC: [u8; 2] = *b"YZ";
/// §5.3.1: the id of LZMA2.
const LZMA2: u64 = 0x21;
/// Smaller blocks would make the cost of setting up a window the main cost.
const BLOCK_BYTES_MIN: u64 = 4096;

/// What the one stream of an xz file unpacks to.
pub(crate) struct Unxz<S> {
    packed: S,
    meter: Meter,
    outbox: Outbox,
    state: State,
    check: CheckKind,
    /// Digest of the sizes of all blocks so far, to hold the index against.
    records: Sha256Stream,
    blocks: u64,
    last_block_bytes: u64,
}

enum State {
    Header,
    Between,
    Block(Box<Block>),
    End,
}

struct Block {
    lzma2: Lzma2Stream,
    check: Check,
    header_bytes: u64,
    packed_declared: Option<u64>,
    unpacked_declared: Option<u64>,
}

impl<S: Source> Unxz<S> {
    pub(crate) fn new(packed: S, meter: Meter) -> Self {
        Self {
            packed,
            meter,
            outbox: Outbox::new(),
            state: State::Header,
            check: CheckKind::Crc32,
            records: Sha256Stream::default(),
            blocks: 0,
            last_block_bytes: 0,
        }
    }

    fn take(&mut self, buffer: &mut [u8], what: &'static str) -> Result<(), ArchiveError> {
        self.meter.packed(buffer.len());
        read_exact(&mut self.packed, buffer, what)
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], ArchiveError> {
        let mut bytes = [0; N];
        self.take(&mut bytes, what)?;
        Ok(bytes)
    }

    fn step(&mut self) -> Result<(), ArchiveError> {
        match self.state {
            State::Header => self.stream_header(),
            State::Between => match self.array("the xz blocks")? {
                [0] => self.index_and_footer(),
                [size] => self.block_header(size),
            },
            State::Block(_) => self.block_data(),
            State::End => Ok(()),
        }
    }

    /// §2.1.1.
    fn stream_header(&mut self) -> Result<(), ArchiveError> {
        if self.array("the xz header")? != MAGIC {
            return Err(XzFault::Magic.into());
        }
        let flags: [u8; 2] = self.array("the xz header")?;
        if self.array("the xz header")? != crc32(&flags) {
            return Err(XzFault::Crc("header").into());
        }
        self.check = match flags {
            [0, 0] => return Err(XzFault::NoCheck.into()),
            [0, 1] => CheckKind::Crc32,
            [0, 4] => CheckKind::Crc64,
            [0, 10] => CheckKind::Sha256,
            [0, number @ 0..16] => return Err(XzFault::UnknownCheck(number).into()),
            _ => return Err(XzFault::Reserved("header").into()),
        };
        self.state = State::Between;
        Ok(())
    }

    /// §3.1.
    fn block_header(&mut self, size: u8) -> Result<(), ArchiveError> {
        if self.blocks > 0 && self.last_block_bytes < BLOCK_BYTES_MIN {
            return Err(XzFault::SmallBlock(self.last_block_bytes).into());
        }
        // The size byte counts in fours; the last four are the checksum.
        let body_bytes = usize::from(size) * 4;
        let mut bytes = vec![0; body_bytes];
        if let Some((first, rest)) = bytes.split_first_mut() {
            *first = size;
            self.take(rest, "a block header of xz")?;
        }
        if self.array("a block header of xz")? != crc32(&bytes) {
            return Err(XzFault::Crc("block header").into());
        }
        let mut fields = Fields(bytes.get(1..).unwrap_or_default());
        let flags = fields.byte().ok_or(XzFault::BlockHeader)?;
        if flags & 0x3c != 0 {
            return Err(XzFault::Reserved("block header").into());
        }
        if flags & 0x03 != 0 {
            return Err(XzFault::Filter.into());
        }
        let mut declared = |bit: u8| match flags & bit {
            0 => Ok(None),
            _ => fields.number().map(Some),
        };
        let (packed_declared, unpacked_declared) = (declared(0x40)?, declared(0x80)?);
        let filter = (fields.number()?, fields.number()?);
        if filter != (LZMA2, 1) {
            return Err(XzFault::Filter.into());
        }
        let dictionary = fields.byte().and_then(dictionary_bytes);
        let dictionary = dictionary.ok_or(XzFault::BlockHeader)?;
        if fields.0.iter().any(|byte| *byte != 0) {
            return Err(XzFault::Padding.into());
        }
        self.meter.window(u64::from(dictionary))?;
        self.state = State::Block(Box::new(Block {
            lzma2: Lzma2Stream::new(dictionary),
            check: self.check.start(),
            header_bytes: body_bytes as u64 + 4,
            packed_declared,
            unpacked_declared,
        }));
        Ok(())
    }

    fn block_data(&mut self) -> Result<(), ArchiveError> {
        let State::Block(block) = &mut self.state else {
            return Ok(());
        };
        let input = self.packed.fill()?;
        let is_empty = input.is_empty();
        let space = self.outbox.space();
        let result = block
            .lzma2
            .process(input, space, Action::Run)
            .map_err(|_| XzFault::Corrupt)?;
        let (used, made) = (result.bytes_consumed, result.bytes_produced);
        self.packed.consume(used);
        self.meter.packed(used);
        self.meter.unpacked(made)?;
        block.check.update(self.outbox.made(made));
        if result.status == Status::StreamEnd {
            let State::Block(block) = std::mem::replace(&mut self.state, State::Between) else {
                return Ok(());
            };
            return self.block_end(*block);
        }
        if used == 0 && made == 0 {
            return Err(match is_empty {
                true => ArchiveError::Truncated {
                    what: "a block of xz",
                },
                false => XzFault::Corrupt.into(),
            });
        }
        Ok(())
    }

    /// §3.3 and §3.4.
    fn block_end(&mut self, block: Block) -> Result<(), ArchiveError> {
        let (packed, unpacked) = (block.lzma2.total_in(), block.lzma2.total_out());
        let differs = |declared: Option<u64>, is| declared.is_some_and(|size| size != is);
        if differs(block.packed_declared, packed) || differs(block.unpacked_declared, unpacked) {
            return Err(XzFault::Size("header").into());
        }
        self.zeros_to_four(packed, "the padding of a block of xz")?;
        let check = block.check.finish();
        let mut stored = vec![0; check.len()];
        self.take(&mut stored, "the check of a block of xz")?;
        if stored != check {
            return Err(XzFault::Check.into());
        }
        let unpadded = block
            .header_bytes
            .saturating_add(packed)
            .saturating_add(check.len() as u64);
        record(&mut self.records, unpadded, unpacked);
        self.blocks = self.blocks.saturating_add(1);
        self.last_block_bytes = unpacked;
        Ok(())
    }

    fn zeros_to_four(&mut self, bytes: u64, what: &'static str) -> Result<usize, ArchiveError> {
        let mut padding = 0;
        while !bytes.wrapping_add(padding as u64).is_multiple_of(4) {
            if self.array(what)? != [0] {
                return Err(XzFault::Padding.into());
            }
            padding += 1;
        }
        Ok(padding)
    }

    /// §4, §2.1.2.
    fn index_and_footer(&mut self) -> Result<(), ArchiveError> {
        let mut index = Index {
            crc: Crc::new(),
            bytes: 0,
        };
        index.count(&[0]);
        if index.number(self)? != self.blocks {
            return Err(XzFault::Size("index").into());
        }
        let mut records = Sha256Stream::default();
        for _ in 0..self.blocks {
            record(&mut records, index.number(self)?, index.number(self)?);
        }
        if records.finish() != self.records.clone().finish() {
            return Err(XzFault::Size("index").into());
        }
        let padding = self.zeros_to_four(index.bytes, "the xz index")?;
        index.count([0; 4].get(..padding).unwrap_or_default());
        if self.array("the xz index")? != index.crc.sum().to_le_bytes() {
            return Err(XzFault::Crc("index").into());
        }
        let crc: [u8; 4] = self.array("the xz footer")?;
        let [size @ .., reserved, check]: [u8; 6] = self.array("the xz footer")?;
        if self.array("the xz footer")? != FOOTER_MAGIC {
            return Err(XzFault::Footer.into());
        }
        let [a, b, c, d] = size;
        if crc != crc32(&[a, b, c, d, reserved, check]) {
            return Err(XzFault::Crc("footer").into());
        }
        // Backward size: the index with its checksum, in fours, minus one. The index without its checksum is as many fours.
        let fours = u64::from(u32::from_le_bytes(size));
        if fours.checked_mul(4) != Some(index.bytes) || [reserved, check] != [0, self.check as u8] {
            return Err(XzFault::Footer.into());
        }
        self.state = State::End;
        match self.packed.fill()? {
            [] => Ok(()),
            [0xfd, ..] => Err(XzFault::SecondStream.into()),
            [0, ..] => Err(XzFault::StreamPadding.into()),
            _ => Err(XzFault::Trailing.into()),
        }
    }
}

impl<S: Source> Source for Unxz<S> {
    fn fill(&mut self) -> Result<&[u8], ArchiveError> {
        while self.outbox.is_empty() && !matches!(self.state, State::End) {
            self.step()?;
        }
        Ok(self.outbox.ready())
    }

    fn consume(&mut self, count: usize) {
        self.outbox.consume(count);
    }
}

/// What the index says of one block.
fn record(records: &mut Sha256Stream, unpadded: u64, unpacked: u64) {
    records.update(&unpadded.to_le_bytes());
    records.update(&unpacked.to_le_bytes());
}

struct Index {
    crc: Crc,
    bytes: u64,
}

impl Index {
    fn count(&mut self, bytes: &[u8]) {
        self.crc.update(bytes);
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
    }

    fn number<S: Source>(&mut self, xz: &mut Unxz<S>) -> Result<u64, ArchiveError> {
        let mut number = Number::default();
        loop {
            let byte: [u8; 1] = xz.array("the xz index")?;
            self.count(&byte);
            if let Some(value) = number.add(byte[0])? {
                return Ok(value);
            }
        }
    }
}

/// §1.2: seven bits a byte, at most nine bytes, in the shortest form.
#[derive(Default)]
struct Number {
    value: u64,
    bits: u32,
}

impl Number {
    fn add(&mut self, byte: u8) -> Result<Option<u64>, XzFault> {
        self.value |= u64::from(byte & 0x7f) << self.bits;
        if byte & 0x80 == 0 {
            let is_shortest = byte != 0 || self.bits == 0;
            return is_shortest
                .then_some(Some(self.value))
                .ok_or(XzFault::Number);
        }
        self.bits += 7;
        if self.bits >= 63 {
            return Err(XzFault::Number);
        }
        Ok(None)
    }
}

/// The fields of a block header.
struct Fields<'b>(&'b [u8]);

impl Fields<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Result<u64, XzFault> {
        let mut number = Number::default();
        loop {
            let byte = self.byte().ok_or(XzFault::BlockHeader)?;
            if let Some(value) = number.add(byte)? {
                return Ok(value);
            }
        }
    }
}

/// §5.3.1.
fn dictionary_bytes(coded: u8) -> Option<u32> {
    match coded {
        0..40 => Some((2 | u32::from(coded & 1)) << (coded / 2 + 11)),
        40 => Some(u32::MAX),
        _ => None,
    }
}

fn crc32(bytes: &[u8]) -> [u8; 4] {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum().to_le_bytes()
}

/// §2.1.1.2, with its number in the header.
#[derive(Clone, Copy)]
enum CheckKind {
    Crc32 = 1,
    Crc64 = 4,
    Sha256 = 10,
}

impl CheckKind {
    fn start(self) -> Check {
        match self {
            Self::Crc32 => Check::Crc32(Crc::new()),
            Self::Crc64 => Check::Crc64(u64::MAX),
            Self::Sha256 => Check::Sha256(Sha256Stream::default()),
        }
    }
}

enum Check {
    Crc32(Crc),
    Crc64(u64),
    Sha256(Sha256Stream),
}

impl Check {
    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc32(crc) => crc.update(bytes),
            Self::Crc64(crc) => *crc = crc64(*crc, bytes),
            Self::Sha256(hash) => hash.update(bytes),
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Crc32(crc) => crc.sum().to_le_bytes().into(),
            Self::Crc64(crc) => (!crc).to_le_bytes().into(),
            Self::Sha256(hash) => hash.finish().as_bytes().to_vec(),
        }
    }
}

/// §6: the polynomial of ECMA-182, reflected.
const CRC64: [u64; 256] = {
    const POLYNOMIAL: u64 = 0xc96c_5795_d787_0f42;
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut value = index as u64;
        let mut bit = 0;
        while bit < 8 {
            value = match value & 1 {
                0 => value >> 1,
                _ => value >> 1 ^ POLYNOMIAL,
            };
            bit += 1;
        }
        table[index] = value;
        index += 1;
    }
    table
};

fn crc64(crc: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(crc, |crc, byte| {
        let [low, ..] = crc.to_le_bytes();
        CRC64[usize::from(low ^ byte)] ^ crc >> 8
    })
}

#[cfg(test)]
mod tests {
    use super::{Number, XzFault, crc64, dictionary_bytes};

    #[test]
    fn crc64_has_the_check_value_of_its_catalogue_entry() {
        assert_eq!(!crc64(u64::MAX, b"123456789"), 0x995d_c9bb_df19_39fa);
    }

    #[test]
    fn a_number_is_in_its_shortest_form() {
        let of = |bytes: &[u8]| {
            let mut number = Number::default();
            let mut last = Ok(None);
            for byte in bytes {
                last = number.add(*byte);
            }
            last
        };
        assert_eq!(of(&[0]), Ok(Some(0)));
        assert_eq!(of(&[0x80, 1]), Ok(Some(128)));
        assert_eq!(of(&[0x81, 0]), Err(XzFault::Number));
        assert_eq!(of(&[0xff; 9]), Err(XzFault::Number));
        let largest = [&[0xff; 8][..], &[0x7f]].concat();
        assert_eq!(of(&largest), Ok(Some(u64::MAX >> 1)));
    }

    #[test]
    fn dictionaries_are_sized_as_specified() {
        assert_eq!(dictionary_bytes(0), Some(4096));
        assert_eq!(dictionary_bytes(1), Some(6144));
        assert_eq!(dictionary_bytes(39), Some(3 << 30));
        assert_eq!(dictionary_bytes(40), Some(u32::MAX));
        assert_eq!(dictionary_bytes(41), None);
    }
}
