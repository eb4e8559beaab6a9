//! Debian packages: signature members behind the others of an `ar` archive, as `debsigs` adds them.
//!
//! **Enters:** a delivered `.deb`.
//! **Leaves:** how it was before signing: without the signature members.
//! **Never:** a signature member with anything in it but signature packets; a member behind the signatures; a member that is opened.

mod ar;
mod armor;
mod openpgp;

use std::io::{Read, Seek};

use crate::delivered::Delivered;
use crate::error::bounded;
use crate::rebuilt::Plan;
use crate::{Limits, UnsignError};

use ar::Member;

const PACKAGE: &str = "the Debian package";
const SIGNATURE: &str = "a signature member";

/// What the name of every signature member begins with.
const PREFIX: &str = "_gpg";

/// The members that `debsigs` and `debsig-verify` document, and the one of builders.
const NAMES: [&str; 4] = ["_gpgorigin", "_gpgmaint", "_gpgarchive", "_gpgbuilder"];

/// The form that the package had before signing.
pub(crate) fn plans<R: Read + Seek>(
    delivered: &mut Delivered<'_, R>,
    limits: &Limits,
) -> Result<Vec<Plan>, UnsignError> {
    let members = ar::members(delivered, limits)?;
    if members.first().is_none_or(|m| m.name != "debian-binary") {
        return Err(UnsignError::refused(
            PACKAGE,
            "its first member is not debian-binary",
        ));
    }
    let first = members.iter().position(|m| m.name.starts_with(PREFIX));
    let Some(signatures) = first.and_then(|first| members.get(first..)) else {
        return Err(UnsignError::NotSigned { what: SIGNATURE });
    };
    let bytes = signatures.iter().map(|member| member.end - member.start);
    bounded(
        "the size of the signature members in bytes",
        bytes.fold(0, u64::saturating_add),
        limits.signature_bytes_max,
    )?;
    let mut plan = Plan::default();
    let mut seen = Vec::new();
    for member in signatures {
        let name = signature_name(member)?;
        if seen.contains(&name) {
            return Err(UnsignError::Twice { what: SIGNATURE });
        }
        seen.push(name);
        read_signature(delivered, member, limits)?;
        let what = format!("the member {name}");
        plan.remove(member.start, member.end - member.start, &what);
    }
    Ok(vec![plan])
}

fn signature_name(member: &Member) -> Result<&'static str, UnsignError> {
    if !member.name.starts_with(PREFIX) {
        return Err(UnsignError::refused(
            PACKAGE,
            "another member stands behind a signature",
        ));
    }
    let known = NAMES.into_iter().find(|name| *name == member.name);
    known.ok_or_else(|| UnsignError::unknown(SIGNATURE, member.name.clone()))
}

/// Refuses a member that is anything but signatures.
fn read_signature<R: Read + Seek>(
    delivered: &mut Delivered<'_, R>,
    member: &Member,
    limits: &Limits,
) -> Result<(), UnsignError> {
    member.as_signers_write_it()?;
    let content = delivered.part(member.content, member.size, SIGNATURE)?;
    let end = member.content + member.size;
    let padding = delivered.part(end, member.end - end, SIGNATURE)?;
    if padding.iter().any(|byte| *byte != b'\n') {
        return Err(UnsignError::refused(
            SIGNATURE,
            "its padding is not a line feed",
        ));
    }
    if content.starts_with(b"-----") {
        return openpgp::signatures(&armor::packets(&content)?, limits);
    }
    openpgp::signatures(&content, limits)
}
