//! The CheckSum field: the sum of all 16-bit words with end-around carry, and the file's length (what `CheckSumMappedFile` computes).

use std::io::{Read, Seek};

use crate::UnsignError;
use crate::delivered::Delivered;

use super::headers::Headers;

/// The sums of a delivered file, without its CheckSum field.
pub(super) struct Sums {
    /// Of everything before the table, without the table's directory entry: what the product's is, whatever zero bytes end it.
    program: u64,
    /// Of the directory entry and the table.
    signature: u64,
    size: u64,
}

impl Sums {
    pub(super) fn read<R: Read + Seek>(
        delivered: &mut Delivered<'_, R>,
        headers: &Headers,
    ) -> Result<Self, UnsignError> {
        let size = delivered.size();
        let (checksum, entry) = (headers.checksum_offset, headers.entry_offset);
        // Each stretch, and whose sum it counts to.
        let stretches = [
            (checksum, 0),
            (checksum + 4, 2),
            (entry, 0),
            (entry + 8, 1),
            (headers.table_offset, 0),
            (size, 1),
        ];
        let mut sums = [0_u64; 3];
        let mut stretches = stretches.into_iter().peekable();
        delivered.pass(size, |offset, piece| {
            let mut at = offset;
            let mut left = piece;
            while let (false, Some((end, sum))) = (left.is_empty(), stretches.peek().copied()) {
                let now = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX);
                let (now, rest) = left.split_at(now.min(left.len()));
                if let Some(sum) = sums.get_mut(sum) {
                    *sum += words(at, now);
                }
                at += now.len() as u64;
                left = rest;
                if at >= end {
                    stretches.next();
                }
            }
        })?;
        let [program, signature, _] = sums;
        Ok(Self {
            program,
            signature,
            size,
        })
    }

    /// What the CheckSum may have been in a product of `size` bytes.
    ///
    /// A signer that sets it replaced nothing or the right one. One that leaves it alone left what is there.
    pub(super) fn before_signing(&self, headers: &Headers, size: u64) -> Vec<u32> {
        let right_now = folded(self.program + self.signature, self.size);
        if headers.checksum == 0 || headers.checksum != right_now {
            return vec![headers.checksum];
        }
        vec![0, folded(self.program, size)]
    }
}

/// The sum of the little-endian words whose bytes begin at `offset`.
fn words(offset: u64, bytes: &[u8]) -> u64 {
    // The bytes at even offsets are the low ones.
    let sum = |bytes: &[u8]| {
        bytes.chunks(2).fold((0_u64, 0_u64), |(low, high), pair| {
            let byte = |index| pair.get(index).copied().map_or(0, u64::from);
            (low + byte(0), high + byte(1))
        })
    };
    let (first, second) = sum(bytes);
    if offset.is_multiple_of(2) {
        first + (second << 8)
    } else {
        (first << 8) + second
    }
}

fn folded(mut sum: u64, size: u64) -> u32 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    // The field has 32 bits, and so has the length that is added to it.
    u32::try_from(sum + (size & 0xffff_ffff)).unwrap_or(u32::MAX)
}
