//! Contents of chosen members, held in memory up to a fixed number of bytes.

use std::collections::HashMap;

use quorate::digest::Sha256;
use quorate_archive::{ArchiveError, Contents, Format, Limits, Member, Visitor, visit_seek};

use crate::bytes::Bytes;
use crate::error::{DiffError, Side};

/// Contents by the name of their member.
pub(crate) type Held = HashMap<String, Vec<u8>>;

/// Reads the archive again, which was read before and had the digest `whole`, and holds the contents of members that are `wanted`
/// with their sizes. More than these sizes is never held.
pub(crate) fn hold(
    source: &mut dyn Bytes,
    side: Side,
    (format, whole): (Format, Sha256),
    limits: &Limits,
    wanted: HashMap<String, u64>,
) -> Result<Held, DiffError> {
    let mut spool = Spool {
        wanted,
        current: None,
        held: Held::new(),
    };
    match visit_seek(source, format, limits, &mut spool) {
        Ok(walked) if walked.whole == whole => Ok(spool.held),
        Err(ArchiveError::Read(error)) => Err(DiffError::read(side)(error)),
        // It was read without a refusal and has changed since.
        _ => Err(DiffError::Changed { side }),
    }
}

struct Spool {
    wanted: HashMap<String, u64>,
    /// The member that is being held, and how many bytes it may still have.
    current: Option<(String, Vec<u8>, u64)>,
    held: Held,
}

impl Visitor for Spool {
    fn member(&mut self, member: &Member) -> Contents {
        self.current = self
            .wanted
            .remove(&member.name)
            .map(|size| (member.name.clone(), Vec::new(), size));
        match self.current {
            Some(_) => Contents::Wanted,
            None => Contents::Unwanted,
        }
    }

    fn data(&mut self, chunk: &[u8]) {
        let Some((_, bytes, left)) = &mut self.current else {
            return;
        };
        match left.checked_sub(chunk.len() as u64) {
            Some(rest) => {
                *left = rest;
                bytes.extend_from_slice(chunk);
            }
            None => self.current = None,
        }
    }

    fn end(&mut self, _: &Member) {
        if let Some((name, bytes, _)) = self.current.take() {
            self.held.insert(name, bytes);
        }
    }
}
