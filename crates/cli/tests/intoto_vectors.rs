//! The vectors, whole, through the program: small supply chains with the verdict that each must get.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and says how many cases it judged"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/intoto/vectors")
}

/// Verifies one case in its product folder, or in an empty one.
fn verify(case: &Path, extra: &[&str]) -> Output {
    let case = case.canonicalize().unwrap();
    let empty = tempfile::tempdir().unwrap();
    let product = case.join("product");
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    command.current_dir(if product.is_dir() {
        &product
    } else {
        empty.path()
    });
    command.args(["in-toto", "verify", "--at", "2026-11-25T00:00:00Z"]);
    command.arg("--layout").arg(case.join("root.layout"));
    command
        .arg("--verification-keys")
        .arg(case.join("keys.json"));
    command.arg("--link-dir").arg(case.join("links"));
    if case.join("params.json").is_file() {
        command.arg("--parameters").arg(case.join("params.json"));
    }
    command.args(extra).output().unwrap()
}

fn expected() -> Vec<(String, bool)> {
    let text = fs::read(vectors().join("expected.json")).unwrap();
    let cases: serde_json::Map<_, _> = serde_json::from_slice(&text).unwrap();
    cases
        .into_iter()
        .map(|(name, about)| (name, about["expected"] == "PASS"))
        .collect()
}

#[test]
fn every_vector_gets_its_verdict_from_the_program() {
    let cases = expected();
    let mut wrong = Vec::new();
    for (name, passes) in &cases {
        let output = verify(&vectors().join(name), &[]);
        if output.status.code() != Some(if *passes { 0 } else { 1 }) {
            let stderr = String::from_utf8_lossy(&output.stderr);
            wrong.push(format!("{name}: {}: {stderr}", output.status));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} of {} vectors as expected", cases.len(), cases.len());
}

#[test]
fn a_verification_can_be_repeated_and_leaves_the_folder_as_it_was() {
    let product = vectors().join("insp-create-product/product");
    let listing = || {
        let mut names: Vec<_> = fs::read_dir(&product)
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        names
    };
    let before = listing();
    let codes: Vec<_> = (0..2)
        .map(|_| {
            verify(&vectors().join("insp-create-product"), &[])
                .status
                .code()
        })
        .collect();
    assert_eq!(codes[0], codes[1]);
    assert_eq!(listing(), before);
}

#[test]
fn a_key_of_a_keyring_that_must_have_signed_is_never_passed_over() {
    let output = verify(
        &vectors().join("base"),
        &["--gpg", "8465a1e2e0fb2b40adb2478e18fb3f537e0c8a17"],
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not supported"));
}
