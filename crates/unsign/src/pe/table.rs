//! The certificate table: `WIN_CERTIFICATE` entries, each with one PKCS#7 signature and no byte more.
//!
//! ```text
//! u32 length │ u16 revision 0x0200 │ u16 type 0x0002 │ PKCS#7 │ zero bytes to the next multiple of eight
//! ```

use crate::cursor::Cursor;
use crate::der::{Der, SEQUENCE};
use crate::error::bounded;
use crate::{Limits, UnsignError};

use super::TABLE;
use super::signed_data;

const ENTRY: &str = "an entry of the certificate table";
const HEADER_BYTES: usize = 8;
const ALIGNMENT: usize = 8;

/// Walks all entries and gives their number.
pub(super) fn walk(table: &[u8], limits: &Limits) -> Result<usize, UnsignError> {
    let mut table = Cursor::new(table, TABLE);
    let mut count = 0;
    while !table.is_empty() {
        count += 1;
        let max = limits.signers_max as u64;
        bounded("the number of signatures in the table", count as u64, max)?;
        entry(&mut table, limits)?;
    }
    if count == 0 {
        return Err(UnsignError::NotSigned { what: TABLE });
    }
    Ok(count)
}

fn entry(table: &mut Cursor<'_>, limits: &Limits) -> Result<(), UnsignError> {
    let length = usize::try_from(table.u32()?).unwrap_or(usize::MAX);
    let (revision, kind) = (table.u16()?, table.u16()?);
    if (revision, kind) != (0x0200, 0x0002) {
        let id = format!("of revision {revision:#06x} and type {kind:#06x}");
        return Err(UnsignError::unknown(ENTRY, id));
    }
    let content = length.checked_sub(HEADER_BYTES);
    let content = table.take(content.ok_or(UnsignError::Truncated { what: ENTRY })?)?;
    let mut rest = Der::new(content, ENTRY);
    let signature = rest.expect(SEQUENCE)?;
    // Some signers count the padding to the length, others do not. Room for more than that is what CVE-2013-3900 is about.
    let needed = padding(HEADER_BYTES + signature.whole.len());
    let counted = rest.rest();
    if !counted.is_empty() && counted.len() != needed {
        return Err(UnsignError::LeftOver {
            what: ENTRY,
            bytes: counted.len() as u64,
        });
    }
    let uncounted = table.take(padding(length))?;
    if counted.iter().chain(uncounted).any(|byte| *byte != 0) {
        return Err(UnsignError::refused(
            ENTRY,
            "its padding is not of zero bytes",
        ));
    }
    signed_data::authenticode(signature.whole, limits)
}

const fn padding(length: usize) -> usize {
    (ALIGNMENT - length % ALIGNMENT) % ALIGNMENT
}
