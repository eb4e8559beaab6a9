//! `policy.toml`: what compiles can be put in force when all its keys sign.

#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use quorate::policy::{GivenCertificate, Owners, Policy, PolicyFile, SourceFiles};
use quorate::time::Timestamp;
use quorate_fuzz::LIMITS;
use quorate_testkit::scenario::{AT, Documents, ed25519};

fuzz_target!(|text: &str| {
    let Ok(file) = PolicyFile::parse(text, &LIMITS) else {
        return;
    };
    let references = file.key_references();
    if references.len() > LIMITS.signatures_max {
        return;
    }
    let secret: Vec<_> = references.iter().map(|name| ed25519(name)).collect();
    let public: BTreeMap<_, _> = references
        .iter()
        .zip(&secret)
        .map(|(name, key)| ((*name).to_owned(), key.public().clone()))
        .collect();
    let at = Timestamp::parse(AT).expect("a fixed time");
    // Files that say their own names: a policy may name what it likes.
    let bytes = |name: &str| name.as_bytes().to_vec();
    let certificate = |name: &str| GivenCertificate {
        bytes: bytes(name),
        key_ids: ["00112233445566aa".to_owned()].into(),
    };
    let files = SourceFiles {
        certificates: file
            .certificate_files()
            .iter()
            .map(|name| (name.clone(), vec![certificate(name)]))
            .collect(),
        texts: file
            .text_files()
            .into_iter()
            .map(|name| (name.to_owned(), bytes(name)))
            .collect(),
    };
    let Ok(compiled) = file.compile(&public, &files, at, &LIMITS) else {
        return;
    };
    let documents = Documents::sign(&compiled.layout, &compiled.terms, &secret);
    let owners =
        Owners::dangerous_declared_by(&documents.terms, &LIMITS).expect("the terms are read");
    let policy = Policy::open(&documents.layout, &documents.terms, &owners, at, &LIMITS);
    let policy = policy.expect("what compiles can be in force");
    assert_eq!(policy.name(), compiled.name);
});
