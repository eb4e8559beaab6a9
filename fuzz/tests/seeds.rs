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
use quorate::source::git::{Commit, ObjectFormat, Tag, parse_tree};
use quorate::source::ssh::{AllowedSigners, SshSignature};
use quorate::source::{Dsc, Sums};
use quorate::time::Timestamp;
use quorate::verify::Expected;
use quorate_archive::{Format, inventory, inventory_seek};
use quorate_fuzz::archives::ARCHIVE_LIMITS;
use quorate_fuzz::release::{HONEST_KEY, armoured};
use quorate_fuzz::{LIMITS, TAG_KEYS, attestation, differ, key_file, split_tag, two_files};
use quorate_openpgp::signers;
use quorate_trust::limits::TrustLimits;
use quorate_trust::metadata::{Received, Root};
use quorate_unsign::{SignatureFormat, unsigned};

/// Whether a seed of each target is accepted by the reader that the target is for.
#[test]
fn every_target_has_a_seed_that_its_reader_accepts() {
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
            let bytes = fs::read(seed.expect("a seed").path()).expect("a file");
            is_read(&name, &bytes)
        });
        assert!(accepted, "{name}");
    }
}

fn is_unsigned(bytes: &[u8], format: SignatureFormat) -> bool {
    let limits = quorate_unsign::Limits::STANDARD;
    unsigned(&mut std::io::Cursor::new(bytes), format, &limits).is_ok()
}

fn is_read(target: &str, bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    match target {
        "chain" | "digest" | "glob" | "policy" | "rule" | "verdict" => true,
        "dsc" => Dsc::parse(bytes).is_ok(),
        "envelope" => Envelope::parse(bytes, &LIMITS).is_ok(),
        "expected" => Expected::parse(&text).is_ok(),
        "json" => parse(bytes, &LIMITS).is_ok(),
        "layout" => {
            parse(bytes, &LIMITS).is_ok_and(|value| Layout::from_json(&value, &LIMITS).is_ok())
        }
        "terms" => {
            parse(bytes, &LIMITS).is_ok_and(|value| Terms::from_json(&value, &LIMITS).is_ok())
        }
        "link" | "statement" => matches!(attestation(bytes), Ok(Attestation::Rebuild(_))),
        "policy_toml" => PolicyFile::parse(&text, &LIMITS).is_ok(),
        "proof" => Proof::parse(bytes, &LIMITS).is_ok_and(|proof| proof.evidence.len() > 1),
        "public_key" => key_file("PUBLIC KEY", bytes)
            .is_some_and(|text| PublicKey::from_file(text.as_bytes(), &LIMITS).is_ok()),
        "signing_key" => {
            key_file("PRIVATE KEY", bytes).is_some_and(|text| SigningKey::from_pem(&text).is_ok())
        }
        "git_tag" => Tag::parse(bytes, ObjectFormat::Sha1).is_ok(),
        "git_commit" => Commit::parse(bytes, ObjectFormat::Sha1).is_ok(),
        "git_tree" => parse_tree(bytes, ObjectFormat::Sha1).is_ok(),
        "ssh_signature" => SshSignature::parse(&armoured(bytes)).is_ok(),
        "allowed_signers" => {
            let text = text.replace('\u{1}', &HONEST_KEY);
            AllowedSigners::parse(text.as_bytes()).is_ok()
        }
        "sums" => Sums::parse(bytes, &LIMITS).is_ok(),
        "document" => {
            let at = Timestamp::parse("2026-11-22T00:00:00Z").expect("a time");
            let (message, signature) = split_tag(bytes);
            signers(&[TAG_KEYS.to_vec()], signature, message, at, &LIMITS).is_ok()
        }
        "trust_metadata" => Received::<Root>::read(bytes, &TrustLimits::STANDARD).is_ok(),
        "time" => Timestamp::parse(&text).is_ok(),
        target => is_file_read(target, bytes),
    }
}

fn is_file_read(target: &str, bytes: &[u8]) -> bool {
    match target {
        "archive_compressed" => [Format::Gzip, Format::Xz, Format::Zstd, Format::TarGz]
            .into_iter()
            .any(|format| {
                inventory(bytes, format, &ARCHIVE_LIMITS).is_ok_and(|list| !list.members.is_empty())
            }),
        "archive_deb" => inventory(bytes, Format::Deb, &ARCHIVE_LIMITS).is_ok(),
        "archive_tar" => {
            inventory(bytes, Format::Tar, &ARCHIVE_LIMITS).is_ok_and(|list| list.members.len() > 1)
        }
        "archive_zip" => inventory_seek(std::io::Cursor::new(bytes), Format::Zip, &ARCHIVE_LIMITS)
            .is_ok_and(|list| !list.members.is_empty()),
        "diff" => {
            let (a, b) = two_files(bytes);
            let report = differ(a, b);
            report
                .difference
                .is_some_and(|found| found.archive.is_some())
        }
        "unsign_apk" => is_unsigned(bytes, SignatureFormat::ApkSigningBlock),
        "unsign_deb" => is_unsigned(bytes, SignatureFormat::Debsigs),
        "unsign_pe" => is_unsigned(bytes, SignatureFormat::Authenticode),
        unknown => panic!("{unknown}: say here what its reader is"),
    }
}
