//! The signing block of an Android package: between the members and the directory, where the directory does not speak about it.

use quorate::digest::Sha256;

use super::{Hashed, Tape, ZipFault, refused};
use crate::ArchiveError;
use crate::source::read_array;

const MAGIC: &[u8; 16] = b"APK Sig Block 42";
const WHAT: &str = "a signing block";

/// Reads a block that reaches to `end`: a size, pairs with sizes of their own, the size again, and a magic.
pub(super) fn read(tape: &mut Tape<'_>, end: u64) -> Result<Sha256, ArchiveError> {
    let fault = || refused(b"", ZipFault::SigningBlock);
    // The first size counts everything but itself.
    let expected = end
        .checked_sub(tape.position)
        .and_then(|bytes| bytes.checked_sub(8))
        .ok_or_else(fault)?;
    let mut pairs = expected.checked_sub(24).ok_or_else(fault)?;
    let mut block = Hashed::new(tape);
    if u64::from_le_bytes(read_array(&mut block, WHAT)?) != expected {
        return Err(fault());
    }
    while pairs > 0 {
        let size = u64::from_le_bytes(read_array(&mut block, WHAT)?);
        pairs = size
            .checked_add(8)
            .and_then(|whole| pairs.checked_sub(whole))
            .filter(|_| size >= 4)
            .ok_or_else(fault)?;
        block.drain(size)?;
    }
    let again = u64::from_le_bytes(read_array(&mut block, WHAT)?);
    let magic: [u8; 16] = read_array(&mut block, WHAT)?;
    match again == expected && magic == *MAGIC {
        true => Ok(block.hash.finish()),
        false => Err(fault()),
    }
}
