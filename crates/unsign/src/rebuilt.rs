//! What a file was before it was signed: which bytes go, which come back, and the digest of the result.

use std::io::{Read, Seek};

use quorate::digest::{Sha256, Sha256Stream};

use crate::UnsignError;
use crate::delivered::Delivered;

/// What a delivered file was before it was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsigned {
    /// Each form that the rule allows, at least one and at most [`CANDIDATES_MAX`](Self::CANDIDATES_MAX). There is more than one where the
    /// signer overwrote a field or padded the file, so that the file alone does not say what stood there before.
    pub candidates: Vec<Candidate>,
}

impl Unsigned {
    /// More candidates than this are never given: two checksums for each of eight lengths.
    pub const CANDIDATES_MAX: usize = 16;

    /// The candidate that is `product`, bit for bit. The delivered file is then that product and a signature, nothing else.
    ///
    /// `None` says that something else was added, left out or changed, or that the file was made from another product.
    pub fn as_product(&self, product: &Sha256) -> Option<&Candidate> {
        self.candidates
            .iter()
            .find(|candidate| candidate.sha256 == *product)
    }
}

/// One form that a file may have had before it was signed. Outside of `removed` and `changed` the delivered file has exactly these bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// SHA-256 over the reconstructed bytes.
    pub sha256: Sha256,
    /// The number of reconstructed bytes.
    pub size: u64,
    /// What was taken out, by offset in the delivered file, in order.
    pub removed: Vec<Region>,
    /// Fields that have another value in the reconstructed file, by offset in the delivered file, in order.
    pub changed: Vec<Region>,
}

/// A part of the delivered file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Where it begins, in bytes from the beginning of the delivered file.
    pub offset: u64,
    /// How many bytes it has.
    pub size: u64,
    /// What it is, for people. Text of ours, never of the file.
    pub what: String,
}

/// How one candidate is made from the delivered file.
#[derive(Clone, Default)]
pub(crate) struct Plan {
    splices: Vec<Splice>,
}

#[derive(Clone)]
struct Splice {
    region: Region,
    /// Nothing, or as many bytes as the region has.
    with: Vec<u8>,
}

impl Plan {
    /// Leaves out `size` bytes; none are no region.
    pub(crate) fn remove(&mut self, offset: u64, size: u64, what: &str) {
        if size > 0 {
            self.splice(offset, size, what, Vec::new());
        }
    }

    /// Puts other bytes in the place of as many.
    pub(crate) fn replace(&mut self, offset: u64, with: Vec<u8>, what: &str) {
        let size = with.len() as u64;
        if size > 0 {
            self.splice(offset, size, what, with);
        }
    }

    fn splice(&mut self, offset: u64, size: u64, what: &str, with: Vec<u8>) {
        let what = what.to_owned();
        let region = Region { offset, size, what };
        let place = self
            .splices
            .partition_point(|splice| splice.region.offset < offset);
        self.splices.insert(place, Splice { region, with });
    }
}

/// Hashes all candidates in one pass over the delivered file.
pub(crate) fn hash<R: Read + Seek>(
    delivered: &mut Delivered<'_, R>,
    plans: Vec<Plan>,
) -> Result<Unsigned, UnsignError> {
    let mut running: Vec<_> = plans.iter().map(Running::new).collect();
    delivered.pass(delivered.size(), |offset, piece| {
        for one in &mut running {
            one.take(offset, piece);
        }
    })?;
    let done: Vec<_> = running.into_iter().map(Running::finish).collect();
    let mut candidates: Vec<Candidate> = Vec::new();
    for (plan, (sha256, size)) in plans.into_iter().zip(done) {
        if candidates.iter().any(|known| known.sha256 == sha256) {
            continue;
        }
        let (removed, changed): (Vec<_>, Vec<_>) = plan
            .splices
            .into_iter()
            .partition(|splice| splice.with.is_empty());
        let regions = |splices: Vec<Splice>| splices.into_iter().map(|s| s.region).collect();
        candidates.push(Candidate {
            sha256,
            size,
            removed: regions(removed),
            changed: regions(changed),
        });
    }
    Ok(Unsigned { candidates })
}

/// A candidate while the delivered file passes.
struct Running<'p> {
    splices: &'p [Splice],
    hash: Sha256Stream,
    size: u64,
}

impl<'p> Running<'p> {
    fn new(plan: &'p Plan) -> Self {
        Self {
            splices: &plan.splices,
            hash: Sha256Stream::default(),
            size: 0,
        }
    }

    fn take(&mut self, offset: u64, mut piece: &[u8]) {
        let mut at = offset;
        while !piece.is_empty() {
            let (kept, passed) = match self.splices.split_first() {
                Some((splice, later)) if splice.region.offset <= at => {
                    if splice.region.offset == at {
                        self.add(&splice.with);
                    }
                    let left = (splice.region.offset + splice.region.size).saturating_sub(at);
                    let passed = up_to(left, piece.len());
                    if passed as u64 == left {
                        self.splices = later;
                    }
                    (false, passed)
                }
                Some((splice, _)) => (true, up_to(splice.region.offset - at, piece.len())),
                None => (true, piece.len()),
            };
            let (now, rest) = piece.split_at(passed);
            if kept {
                self.add(now);
            }
            at += passed as u64;
            piece = rest;
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
    }

    fn finish(self) -> (Sha256, u64) {
        (self.hash.finish(), self.size)
    }
}

/// The smaller of the two.
fn up_to(bytes: u64, max: usize) -> usize {
    usize::try_from(bytes).map_or(max, |bytes| bytes.min(max))
}
