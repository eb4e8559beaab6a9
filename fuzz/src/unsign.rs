//! What holds for every file whose signature is taken out.

use std::io::Cursor;

use quorate::digest::Sha256;
use quorate_unsign::{Candidate, Limits, Region, SignatureFormat, Unsigned, unsigned};

/// Takes the signature out, and takes each region out again by hand; `put_back` says what stood in a changed one.
///
/// # Panics
/// When the first candidate is not what its regions say, or has a signature still.
pub fn taken_out_as_listed(
    bytes: &[u8],
    format: SignatureFormat,
    put_back: impl Fn(&Region, &Candidate) -> Vec<u8>,
) {
    let taken_out = |bytes: &[u8]| unsigned(&mut Cursor::new(bytes), format, &Limits::STANDARD);
    let Ok(found) = taken_out(bytes) else {
        return;
    };
    assert!((1..=Unsigned::CANDIDATES_MAX).contains(&found.candidates.len()));
    for candidate in &found.candidates {
        let removed: u64 = candidate.removed.iter().map(|region| region.size).sum();
        assert_eq!(candidate.size + removed, bytes.len() as u64);
    }
    let first = &found.candidates[0];
    let mut left = bytes.to_vec();
    for region in &first.changed {
        left.splice(range(region), put_back(region, first));
    }
    for region in first.removed.iter().rev() {
        drop(left.drain(range(region)));
    }
    assert_eq!(Sha256::of(&left), first.sha256);
    assert!(taken_out(&left).is_err());
}

fn range(region: &Region) -> std::ops::Range<usize> {
    let [from, size] =
        [region.offset, region.size].map(|n| usize::try_from(n).expect("it is in memory"));
    from..from + size
}
