//! Android packages: the signing block between the members and the central directory of a zip.
//!
//! **Enters:** a delivered APK.
//! **Leaves:** how it was before signing: without the block, with the directory's old offset.
//! **Never:** a block with anything in it but signatures; a zip that can be read in two ways; a member that is opened.

mod block;
mod rotation;
mod signers;
mod zip;

use std::io::{Read, Seek};

use crate::delivered::Delivered;
use crate::rebuilt::Plan;
use crate::{Limits, UnsignError};

/// What the signer aligns the block's beginning and size to, for fs-verity.
const PAGE_BYTES: u64 = 4096;

/// The forms that the package may have had before signing: with and without the zero bytes that align the block.
pub(crate) fn plans<R: Read + Seek>(
    delivered: &mut Delivered<'_, R>,
    limits: &Limits,
) -> Result<Vec<Plan>, UnsignError> {
    let end = zip::EndRecord::read(delivered)?;
    let block = block::read(delivered, end.directory_offset, limits)?;
    let members_end = zip::members_end(delivered, &end, block.start, limits)?;
    let padding = padding_before(delivered, members_end, block.start)?;

    let mut plans = Vec::new();
    let lengths = if padding == 0 {
        vec![0]
    } else {
        vec![padding, 0]
    };
    for removed in lengths {
        let start = block.start - removed;
        let mut plan = Plan::default();
        plan.remove(start, removed, "zero bytes that align the signing block");
        plan.remove(
            block.start,
            end.directory_offset - block.start,
            &format!("the signing block with {}", block.schemes.join(", ")),
        );
        // The directory began at a 32-bit offset, and now begins before that.
        let offset = u32::try_from(start).unwrap_or_default();
        plan.replace(
            end.offset_field,
            offset.to_le_bytes().to_vec(),
            "the central directory's offset",
        );
        plans.push(plan);
    }
    Ok(plans)
}

/// How many zero bytes stand between the members and the block.
fn padding_before<R: Read + Seek>(
    delivered: &mut Delivered<'_, R>,
    members_end: u64,
    block_start: u64,
) -> Result<u64, UnsignError> {
    const WHAT: &str = "what stands between the members and the signing block";
    let bytes = block_start - members_end;
    if bytes == 0 {
        return Ok(0);
    }
    if bytes >= PAGE_BYTES || !block_start.is_multiple_of(PAGE_BYTES) {
        return Err(UnsignError::refused(
            WHAT,
            "it is no padding to the next page",
        ));
    }
    let padding = delivered.part(members_end, bytes, WHAT)?;
    if padding.iter().any(|byte| *byte != 0) {
        return Err(UnsignError::refused(WHAT, "padding has zero bytes only"));
    }
    Ok(bytes)
}
