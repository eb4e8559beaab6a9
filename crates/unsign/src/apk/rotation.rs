//! Proof of rotation: the signer's earlier keys, each with a signature over the next (apksig's `V3SigningCertificateLineage`).
//!
//! ```text
//! u32 version 1 │ nodes: signed data: certificate, u32 algorithm │ u32 flags │ u32 next algorithm │ signature by the node before
//! ```

use crate::cursor::Cursor;
use crate::error::bounded;
use crate::x509::Certificate;
use crate::{Limits, UnsignError};

use super::signers::Algorithm;

const ROTATION: &str = "the proof of rotation";
const NODE: &str = "a step of the proof of rotation";

/// Flags that apksig knows: five capabilities of an earlier key.
const FLAGS: u32 = 0b1_1111;

/// Walks the attribute's value, whose last certificate must be the signer's.
pub(super) fn walk(
    mut nodes: Cursor<'_>,
    signer: &Certificate<'_>,
    limits: &Limits,
) -> Result<(), UnsignError> {
    if nodes.u32()? != 1 {
        return Err(UnsignError::refused(ROTATION, "its version is not 1"));
    }
    let mut before: Option<(Certificate<'_>, u32)> = None;
    let mut count = 0;
    while !nodes.is_empty() {
        count += 1;
        let max = limits.signers_max as u64;
        bounded("the number of steps of a key's rotation", count, max)?;
        before = Some(node(nodes.prefixed(NODE)?, before)?);
    }
    match before {
        Some((last, _)) if last == *signer => Ok(()),
        _ => Err(UnsignError::refused(
            ROTATION,
            "it does not lead to the signer",
        )),
    }
}

/// Reads one step, signed by the one `before`, and gives its certificate and the algorithm that it signs the next with.
fn node<'a>(
    mut node: Cursor<'a>,
    before: Option<(Certificate<'a>, u32)>,
) -> Result<(Certificate<'a>, u32), UnsignError> {
    let mut data = node.prefixed(NODE)?;
    let certificate = Certificate::parse(data.prefixed(NODE)?.rest())?;
    let algorithm = data.u32()?;
    data.end()?;
    let (flags, next) = (node.u32()?, node.u32()?);
    let signature = node.prefixed(NODE)?;
    node.end()?;
    if flags & !FLAGS != 0 {
        return Err(UnsignError::unknown(NODE, format!("with flags {flags:#x}")));
    }
    if next != 0 {
        Algorithm::of(next)?;
    }
    match before {
        Some((by, with)) if with == algorithm => {
            Algorithm::of(algorithm)?.0.form(signature.rest(), &by)?;
        }
        Some(_) => {
            return Err(UnsignError::refused(
                NODE,
                "its algorithm is not the one announced before",
            ));
        }
        None if algorithm == 0 => signature.end()?,
        None => {
            return Err(UnsignError::refused(
                NODE,
                "the first one is signed by none",
            ));
        }
    }
    Ok((certificate, next))
}
