//! The signing block: pairs of an id and a value, each known, each once.
//!
//! ```text
//! u64 size of what follows │ pairs: u64 size, u32 id, value │ u64 the same size │ "APK Sig Block 42"
//! ```

use std::io::{Read, Seek};

use crate::cursor::Cursor;
use crate::delivered::Delivered;
use crate::error::bounded;
use crate::{Limits, UnsignError};

use super::PAGE_BYTES;
use super::signers::{Scheme, walk};

const BLOCK: &str = "the APK signing block";
const PAIR: &str = "a pair of the APK signing block";
const PADDING: &str = "the padding of the APK signing block";

const MAGIC: &[u8] = b"APK Sig Block 42";
const FOOTER_BYTES: u64 = 24;
const SIZE_BYTES: u64 = 8;

/// A pair's size and id.
const PAIR_HEADER_BYTES: u64 = 12;

/// `VERITY_PADDING_BLOCK_ID` of apksig.
const PADDING_ID: u32 = 0x4272_6577;

/// Ids that are in use for other things than signatures of the package, so that the refusal can name them.
const OTHERS: [(u32, &str); 7] = [
    (0x2b09_189e, "source stamp of version 1"),
    (0x6dff_800d, "source stamp of version 2"),
    (0x504b_4453, "dependency information"),
    (0x2146_444e, "metadata of Google Play"),
    (0x7177_7777, "channel of Walle"),
    (0x8811_55ff, "channel of VasDolly"),
    (0x2010_1129, "channel of a store"),
];

/// A block that holds signatures only.
pub(super) struct Block {
    /// Its offset in the file.
    pub(super) start: u64,
    /// Which schemes it has, in its order.
    pub(super) schemes: Vec<&'static str>,
}

/// Reads the block that ends at `end`, where the central directory begins.
pub(super) fn read<R: Read + Seek>(
    delivered: &mut Delivered<'_, R>,
    end: u64,
    limits: &Limits,
) -> Result<Block, UnsignError> {
    let absent = UnsignError::NotSigned { what: BLOCK };
    let Some(footer_start) = end.checked_sub(FOOTER_BYTES) else {
        return Err(absent);
    };
    let footer = delivered.part(footer_start, FOOTER_BYTES, BLOCK)?;
    let mut footer = Cursor::new(&footer, BLOCK);
    let size = footer.u64()?;
    if footer.rest() != MAGIC {
        return Err(absent);
    }
    bounded(
        "the size of the APK signing block in bytes",
        size,
        limits.signature_bytes_max,
    )?;
    let start = size
        .checked_add(SIZE_BYTES)
        .and_then(|whole| end.checked_sub(whole))
        .ok_or(UnsignError::Truncated { what: BLOCK })?;
    let bytes = delivered.part(start, end - start, BLOCK)?;
    let mut block = Cursor::new(&bytes, BLOCK);
    if block.u64()? != size {
        return Err(UnsignError::refused(BLOCK, "its two sizes differ"));
    }
    let pairs = size.checked_sub(FOOTER_BYTES);
    let pairs = pairs.and_then(|pairs| usize::try_from(pairs).ok());
    let pairs = block.take(pairs.ok_or(UnsignError::Truncated { what: BLOCK })?)?;
    let schemes = schemes(Cursor::new(pairs, BLOCK), bytes.len() as u64, limits)?;
    Ok(Block { start, schemes })
}

/// The schemes of all pairs of a block that has `block_bytes` bytes as a whole.
fn schemes(
    mut pairs: Cursor<'_>,
    block_bytes: u64,
    limits: &Limits,
) -> Result<Vec<&'static str>, UnsignError> {
    let mut found = Vec::new();
    while !pairs.is_empty() {
        let size = usize::try_from(pairs.u64()?);
        let size = size.map_err(|_| UnsignError::Truncated { what: PAIR })?;
        let mut pair = Cursor::new(pairs.take(size)?, PAIR);
        let id = pair.u32()?;
        let value = pair.rest();
        if id == PADDING_ID {
            padding(value, block_bytes)?;
            pairs.end()?;
            break;
        }
        let Some(scheme) = Scheme::of(id) else {
            return Err(UnsignError::unknown(PAIR, name_of(id)));
        };
        if found.contains(&scheme.name()) {
            return Err(UnsignError::Twice { what: PAIR });
        }
        walk(value, scheme, limits)?;
        found.push(scheme.name());
    }
    if found.is_empty() {
        return Err(UnsignError::refused(BLOCK, "no signature is in it"));
    }
    Ok(found)
}

fn name_of(id: u32) -> String {
    match OTHERS.into_iter().find(|(known, _)| *known == id) {
        Some((_, name)) => format!("{id:#010x} ({name})"),
        None => format!("{id:#010x}"),
    }
}

/// Refuses padding that is not what fills the block to whole pages, of zero bytes.
fn padding(value: &[u8], block_bytes: u64) -> Result<(), UnsignError> {
    let pair = PAIR_HEADER_BYTES + value.len() as u64;
    let without = block_bytes.saturating_sub(pair);
    // The shortest pair that does it: a pair cannot be shorter than its header.
    let mut needed = without.next_multiple_of(PAGE_BYTES) - without;
    if (1..PAIR_HEADER_BYTES).contains(&needed) {
        needed += PAGE_BYTES;
    }
    if pair != needed {
        return Err(UnsignError::refused(
            PADDING,
            "it is not the shortest that fills whole pages",
        ));
    }
    if value.iter().any(|byte| *byte != 0) {
        return Err(UnsignError::refused(PADDING, "it is not of zero bytes"));
    }
    Ok(())
}
