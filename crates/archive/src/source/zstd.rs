//! One Zstandard frame (RFC 8878).

use std::io;

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::{Meter, Outbox, Source, copy, read_array};
use crate::ArchiveError;

/// What is wrong with a Zstandard file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ZstdFault {
    /// The first four bytes are not those of a frame.
    #[error("the first bytes are not those of a Zstandard frame")]
    Magic,
    /// A frame that readers skip and that can hold anything.
    #[error("a skippable frame")]
    Skippable,
    /// The reserved bit is set.
    #[error("the reserved bit of the header is set")]
    Reserved,
    /// The contents depend on a dictionary that is not in the file.
    #[error("it needs a dictionary")]
    Dictionary,
    /// No Zstandard data.
    #[error("the compressed data are broken")]
    Corrupt,
    /// The contents have another checksum.
    #[error("the checksum of the contents is wrong")]
    Check,
    /// The contents have another size than the header says.
    #[error("the contents have {is} bytes, the header says {declared}")]
    Size {
        /// What the header says.
        declared: u64,
        /// What came out.
        is: u64,
    },
    /// Another frame follows.
    #[error("a second frame follows the first")]
    SecondFrame,
    /// Something else follows.
    #[error("bytes follow the end")]
    Trailing,
}

/// §3.1.1 and §3.1.2.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// What the one frame of a Zstandard file unpacks to.
pub(crate) struct Unzstd<S> {
    packed: S,
    meter: Meter,
    outbox: Outbox,
    frame: Option<Frame>,
    ended: bool,
}

struct Frame {
    decoder: FrameDecoder,
    size_declared: Option<u64>,
    packed_counted: u64,
}

impl<S: Source> Unzstd<S> {
    pub(crate) fn new(packed: S, meter: Meter) -> Self {
        Self {
            packed,
            meter,
            outbox: Outbox::new(),
            frame: None,
            ended: false,
        }
    }

    fn step(&mut self) -> Result<(), ArchiveError> {
        let Some(frame) = &mut self.frame else {
            self.frame = Some(read_header(&mut self.packed, &self.meter)?);
            return Ok(());
        };
        let decoder = &mut frame.decoder;
        if decoder.can_collect() > 0 {
            let made = io::Read::read(decoder, self.outbox.space()).unwrap_or(0);
            if made == 0 {
                return Err(ZstdFault::Corrupt.into());
            }
            self.meter.unpacked(made)?;
            self.outbox.made(made);
            return Ok(());
        }
        if decoder.is_finished() {
            return self.finish();
        }
        let mut packed = AsRead {
            source: &mut self.packed,
            error: None,
        };
        let decoded = decoder.decode_blocks(&mut packed, BlockDecodingStrategy::UptoBlocks(1));
        if let Some(error) = packed.error {
            return Err(error);
        }
        decoded.map_err(|_| ZstdFault::Corrupt)?;
        let read = decoder.bytes_read_from_source();
        let new = read.saturating_sub(frame.packed_counted);
        frame.packed_counted = read;
        self.meter
            .packed(usize::try_from(new).unwrap_or(usize::MAX));
        Ok(())
    }

    fn finish(&mut self) -> Result<(), ArchiveError> {
        let Some(frame) = &self.frame else {
            return Err(ZstdFault::Corrupt.into());
        };
        let is = self.meter.unpacked_so_far();
        if let Some(declared) = frame.size_declared.filter(|size| *size != is) {
            return Err(ZstdFault::Size { declared, is }.into());
        }
        let stored = frame.decoder.get_checksum_from_data();
        if stored.is_some() && stored != frame.decoder.get_calculated_checksum() {
            return Err(ZstdFault::Check.into());
        }
        self.ended = true;
        match self.packed.fill()? {
            [] => Ok(()),
            [first, ..] if *first == MAGIC[0] => Err(ZstdFault::SecondFrame.into()),
            [0x50..=0x5f, ..] => Err(ZstdFault::Skippable.into()),
            _ => Err(ZstdFault::Trailing.into()),
        }
    }
}

impl<S: Source> Source for Unzstd<S> {
    fn fill(&mut self) -> Result<&[u8], ArchiveError> {
        while self.outbox.is_empty() && !self.ended {
            self.step()?;
        }
        Ok(self.outbox.ready())
    }

    fn consume(&mut self, count: usize) {
        self.outbox.consume(count);
    }
}

/// §3.1.1.1: the header is read here, strictly, and handed to the decoder as it is.
fn read_header<S: Source>(packed: &mut S, meter: &Meter) -> Result<Frame, ArchiveError> {
    const WHAT: &str = "the Zstandard header";
    let magic: [u8; 4] = read_array(packed, WHAT)?;
    if let [0x50..=0x5f, 0x2a, 0x4d, 0x18] = magic {
        return Err(ZstdFault::Skippable.into());
    }
    if magic != MAGIC {
        return Err(ZstdFault::Magic.into());
    }
    let [descriptor] = read_array(packed, WHAT)?;
    if descriptor & 0x08 != 0 {
        return Err(ZstdFault::Reserved.into());
    }
    if descriptor & 0x03 != 0 {
        return Err(ZstdFault::Dictionary.into());
    }
    let is_single_segment = descriptor & 0x20 != 0;
    let mut header = [&magic[..], &[descriptor]].concat();
    let mut window = None;
    if !is_single_segment {
        let [coded] = read_array(packed, WHAT)?;
        header.push(coded);
        let base = 1u64 << (10 + u32::from(coded >> 3));
        window = Some(base + base / 8 * u64::from(coded & 7));
    }
    let size_bytes = match (descriptor >> 6, is_single_segment) {
        (0, false) => 0,
        (0, true) => 1,
        (1, _) => 2,
        (2, _) => 4,
        _ => 8,
    };
    let mut size = [0; 8];
    for byte in size.iter_mut().take(size_bytes) {
        let [next] = read_array(packed, WHAT)?;
        *byte = next;
        header.push(next);
    }
    let size = match size_bytes {
        0 => None,
        // Two bytes count from 256 on.
        2 => Some(u64::from_le_bytes(size) + 256),
        _ => Some(u64::from_le_bytes(size)),
    };
    meter.window(window.or(size).unwrap_or(0))?;
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(meter.window_max());
    decoder.init(&*header).map_err(|_| ZstdFault::Corrupt)?;
    Ok(Frame {
        decoder,
        size_declared: size,
        packed_counted: 0,
    })
}

/// A source for a decoder that wants a reader; its own error is kept aside.
struct AsRead<'s, S> {
    source: &'s mut S,
    error: Option<ArchiveError>,
}

impl<S: Source> io::Read for AsRead<'_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.source.fill() {
            Ok([]) if !buffer.is_empty() => {
                let what = "a Zstandard frame";
                self.error = Some(ArchiveError::Truncated { what });
                return Ok(0);
            }
            Ok(bytes) => copy(buffer, bytes),
            Err(error) => {
                self.error = Some(error);
                return Err(io::Error::other("the source failed"));
            }
        };
        self.source.consume(count);
        Ok(count)
    }
}
