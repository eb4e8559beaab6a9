//! Windows programs: the certificate table at the end of a PE file.
//!
//! **Enters:** a delivered PE file.
//! **Leaves:** how it may have been before signing: without the table, its directory entry zero, its checksum as a linker leaves it.
//! **Never:** a table with anything in it but signatures; a table that the loader would map; a section that is looked into.

mod attributes;
mod certificates;
mod checksum;
mod content;
mod headers;
mod signed_data;
mod table;

use std::io::{Read, Seek};

use crate::delivered::Delivered;
use crate::error::bounded;
use crate::rebuilt::Plan;
use crate::{Limits, UnsignError};

use checksum::Sums;
use headers::Headers;

const TABLE: &str = "the certificate table";

/// The table, and each entry in it, begins at a multiple of this.
const ALIGNMENT: u64 = 8;

/// The forms that the program may have had before signing: for each length, one or two checksums.
pub(crate) fn plans<R: Read + Seek>(
    delivered: &mut Delivered<'_, R>,
    limits: &Limits,
) -> Result<Vec<Plan>, UnsignError> {
    let headers = Headers::read(delivered)?;
    let start = headers.table_offset;
    bounded(
        "the size of the certificate table in bytes",
        delivered.size() - start,
        limits.signature_bytes_max,
    )?;
    let table = delivered.part(start, delivered.size() - start, TABLE)?;
    let signatures = table::walk(&table, limits)?;
    let what = format!("the certificate table with {signatures} signatures");
    let padding_max = padding_max(delivered, &headers)?;
    let sums = Sums::read(delivered, &headers)?;

    let mut plans = Vec::new();
    for padding in 0..=padding_max {
        for checksum in sums.before_signing(&headers, start - padding) {
            let mut plan = Plan::default();
            if checksum != headers.checksum {
                let field = checksum.to_le_bytes().to_vec();
                plan.replace(headers.checksum_offset, field, "the checksum");
            }
            plan.replace(
                headers.entry_offset,
                vec![0; 8],
                "the directory entry of the certificate table",
            );
            plan.remove(start - padding, padding, "zero bytes that align the table");
            plan.remove(start, delivered.size() - start, &what);
            plans.push(plan);
        }
    }
    Ok(plans)
}

/// How many bytes the signer may have added to align the table: zero bytes behind all sections, fewer than eight.
fn padding_max<R: Read + Seek>(
    delivered: &mut Delivered<'_, R>,
    headers: &Headers,
) -> Result<u64, UnsignError> {
    let behind_sections = headers.table_offset - headers.sections_end;
    let possible = behind_sections.min(ALIGNMENT - 1);
    let before = delivered.part(headers.table_offset - possible, possible, TABLE)?;
    let zeros = before.iter().rev().take_while(|byte| **byte == 0);
    Ok(zeros.count() as u64)
}
