//! The seeds reach what lies behind the first check: a target whose seeds are all refused would find nothing.

use std::fs;
use std::path::Path;

use quorate::attest::Attestation;
use quorate::envelope::Envelope;
use quorate::intoto::Layout;
use quorate::json::parse;
use quorate::key::{PublicKey, SigningKey};
use quorate::policy::{PolicyFile, Terms};
use quorate::proof::Proof;
use quorate::source::Dsc;
use quorate::time::Timestamp;
use quorate::verify::Expected;
use quorate_fuzz::{LIMITS, attestation, key_file};
use quorate_trust::limits::TrustLimits;
use quorate_trust::metadata::{Received, Root};

/// Whether a seed of each target is accepted by the reader that the target is for.
#[test]
fn every_target_has_a_seed_that_its_reader_accepts() {
    let is_read =
        |target: &str, bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            match target {
                "digest" | "glob" | "policy" | "verdict" => true,
                "dsc" => Dsc::parse(bytes).is_ok(),
                "envelope" => Envelope::parse(bytes, &LIMITS).is_ok(),
                "expected" => Expected::parse(&text).is_ok(),
                "json" => parse(bytes, &LIMITS).is_ok(),
                "layout" => parse(bytes, &LIMITS)
                    .is_ok_and(|value| Layout::from_json(&value, &LIMITS).is_ok()),
                "terms" => parse(bytes, &LIMITS)
                    .is_ok_and(|value| Terms::from_json(&value, &LIMITS).is_ok()),
                "link" | "statement" => matches!(attestation(bytes), Ok(Attestation::Rebuild(_))),
                "policy_toml" => PolicyFile::parse(&text, &LIMITS).is_ok(),
                "proof" => Proof::parse(bytes, &LIMITS).is_ok_and(|proof| proof.evidence.len() > 1),
                "public_key" => key_file("PUBLIC KEY", bytes)
                    .is_some_and(|text| PublicKey::from_file(text.as_bytes(), &LIMITS).is_ok()),
                "signing_key" => key_file("PRIVATE KEY", bytes)
                    .is_some_and(|text| SigningKey::from_pem(&text).is_ok()),
                "trust_metadata" => Received::<Root>::read(bytes, &TrustLimits::STANDARD).is_ok(),
                "time" => Timestamp::parse(&text).is_ok(),
                unknown => panic!("{unknown}: say here what its reader is"),
            }
        };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    for entry in fs::read_dir(folder).expect("the seeds are there") {
        let target = entry.expect("a folder").path();
        let name = target
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let mut seeds = fs::read_dir(&target).expect("seeds of a target");
        let accepted = seeds.any(|seed| {
            is_read(
                &name,
                &fs::read(seed.expect("a seed").path()).expect("a file"),
            )
        });
        assert!(accepted, "{name}");
    }
}
