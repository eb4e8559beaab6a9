//! What holds for any bytes, and for any change to a signed file.

use std::io::Cursor;

use proptest::prelude::*;
use proptest::sample::Index;
use quorate::digest::Sha256;
use quorate_unsign::{Candidate, Limits, SignatureFormat, Unsigned, unsigned};

use crate::signing::taken_out;
use crate::{apk_sample, deb, pe_sample};

/// Signed files of every format.
fn samples() -> [(SignatureFormat, &'static [u8]); 3] {
    [
        (
            SignatureFormat::ApkSigningBlock,
            &apk_sample::plain().signed,
        ),
        (SignatureFormat::Authenticode, &pe_sample::nested().signed),
        (SignatureFormat::Debsigs, &deb::plain().signed),
    ]
}

/// A change to a file at places anywhere, or at its last bytes, where most of the structure is.
fn changed(mut bytes: Vec<u8>, places: &[(Index, u8, u8)]) -> Vec<u8> {
    for (place, kind, value) in places {
        let at = place.index(bytes.len());
        match kind % 4 {
            0 | 1 => bytes[at] = *value,
            2 => bytes.insert(at, *value),
            _ => drop(bytes.remove(at)),
        }
    }
    bytes
}

/// The file with what a candidate lists blanked out.
fn outside(bytes: &[u8], candidate: &Candidate) -> Vec<u8> {
    let mut left = bytes.to_vec();
    for region in &candidate.changed {
        let from = usize::try_from(region.offset).unwrap();
        left[from..from + usize::try_from(region.size).unwrap()].fill(0);
    }
    for region in candidate.removed.iter().rev() {
        let from = usize::try_from(region.offset).unwrap();
        left.drain(from..from + usize::try_from(region.size).unwrap());
    }
    left
}

/// The first candidate made by hand: a zip's directory begins where the removed bytes did; fields of a PE file were zero.
fn put_back(bytes: &[u8], first: &Candidate) -> Vec<u8> {
    let mut left = bytes.to_vec();
    for region in &first.changed {
        let from = usize::try_from(region.offset).unwrap();
        let size = usize::try_from(region.size).unwrap();
        let start = u32::try_from(first.removed[0].offset).unwrap();
        let with = if region.what.contains("offset") {
            start.to_le_bytes().into()
        } else {
            vec![0; size]
        };
        left.splice(from..from + size, with);
    }
    for region in first.removed.iter().rev() {
        let from = usize::try_from(region.offset).unwrap();
        left.drain(from..from + usize::try_from(region.size).unwrap());
    }
    left
}

/// What every accepted file has.
fn holds(bytes: &[u8], found: &Unsigned) {
    assert!((1..=Unsigned::CANDIDATES_MAX).contains(&found.candidates.len()));
    for candidate in &found.candidates {
        let removed: u64 = candidate.removed.iter().map(|region| region.size).sum();
        assert_eq!(candidate.size + removed, bytes.len() as u64);
        for regions in [&candidate.removed, &candidate.changed] {
            assert!(regions.is_sorted_by(|a, b| a.offset + a.size <= b.offset));
        }
        let product = found.as_product(&candidate.sha256).unwrap();
        assert_eq!(product, candidate);
    }
    let first = &found.candidates[0];
    assert_eq!(Sha256::of(&put_back(bytes, first)), first.sha256);
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        for format in SignatureFormat::ALL {
            if let Ok(found) = taken_out(&bytes, format) {
                holds(&bytes, &found);
            }
        }
    }

    #[test]
    fn mutated_files_never_panic_and_two_of_one_product_differ_in_the_listed_regions_only(
        places in proptest::collection::vec((any::<Index>(), any::<u8>(), any::<u8>()), 1..4),
    ) {
        for (format, original) in samples() {
            let first = taken_out(original, format).unwrap();
            let bytes = changed(original.to_vec(), &places);
            let Ok(second) = taken_out(&bytes, format) else {
                continue;
            };
            holds(&bytes, &second);
            for one in &first.candidates {
                if let Some(other) = second.as_product(&one.sha256) {
                    prop_assert_eq!(outside(original, one), outside(&bytes, other));
                }
            }
        }
    }

    #[test]
    fn a_byte_outside_of_the_listed_regions_makes_another_product(place in any::<Index>(), bit in 0..8_u8) {
        for (format, original) in samples() {
            let first = taken_out(original, format).unwrap();
            let candidate = &first.candidates[0];
            let at = place.index(original.len());
            let listed = candidate.removed.iter().chain(&candidate.changed);
            let covers = |offset: u64, size: u64| (offset..offset + size).contains(&(at as u64));
            if listed.into_iter().any(|region| covers(region.offset, region.size)) {
                continue;
            }
            let mut bytes = original.to_vec();
            bytes[at] ^= 1 << bit;
            if let Ok(found) = taken_out(&bytes, format) {
                prop_assert!(found.as_product(&candidate.sha256).is_none());
            }
        }
    }
}

/// A reader that gives one byte at a time: no piece has the bounds of a region.
struct Slow<'b>(Cursor<&'b [u8]>);

impl std::io::Read for Slow<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let one = into.len().min(1);
        self.0.read(&mut into[..one])
    }
}

impl std::io::Seek for Slow<'_> {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn how_a_file_is_read_changes_nothing() {
    for (format, bytes) in samples() {
        let slow = unsigned(&mut Slow(Cursor::new(bytes)), format, &Limits::STANDARD);
        assert_eq!(slow.unwrap(), taken_out(bytes, format).unwrap());
    }
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused() {
    for (format, bytes) in samples() {
        for end in (0..bytes.len()).step_by(7) {
            assert!(
                taken_out(&bytes[..end], format).is_err(),
                "{format:?} {end}"
            );
        }
    }
}

#[test]
fn a_detached_signature_leaves_the_file_as_it_is() {
    let found = taken_out(b"anything", SignatureFormat::Detached).unwrap();
    let [candidate] = &found.candidates[..] else {
        panic!("{found:?}")
    };
    assert_eq!(candidate.sha256, Sha256::of(b"anything"));
    assert_eq!((candidate.size, candidate.removed.len()), (8, 0));
    assert_eq!(found.as_product(&Sha256::of(b"other")), None);
}

#[test]
fn a_format_without_a_rule_is_refused_by_name() {
    for format in SignatureFormat::ALL {
        assert_eq!(SignatureFormat::parse(format.name()).unwrap(), format);
    }
    for name in ["macho", "rpm", "msi", "APK", "pe ", "", &"x".repeat(9999)] {
        let refusal = SignatureFormat::parse(name).unwrap_err().to_string();
        assert!(
            refusal.contains("no rule") && refusal.len() < 300,
            "{refusal}"
        );
    }
}

#[test]
fn a_format_is_never_taken_from_the_file() {
    for (format, bytes) in samples() {
        for other in SignatureFormat::ALL {
            if other != format && other != SignatureFormat::Detached {
                assert!(taken_out(bytes, other).is_err());
            }
        }
    }
}
