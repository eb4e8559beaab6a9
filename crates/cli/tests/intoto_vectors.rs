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
    let home = tempfile::tempdir().unwrap();
    let id = "8465a1e2e0fb2b40adb2478e18fb3f537e0c8a17";
    let home = home.path().to_str().unwrap();
    let output = verify(&vectors().join("base"), &["--gpg", id, "--gpg-home", home]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains(id));
}

/// The real k-of-n case: a layout that an OpenPGP key signed, and two OpenPGP functionaries who rebuilt a package.
fn verify_threshold(product: &str, links: &[&str]) -> Output {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/openpgp/threshold");
    let case = case.canonicalize().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for link in links {
        fs::copy(case.join(link), folder.path().join(link)).unwrap();
    }
    let delivered = folder.path().join("delivered");
    fs::create_dir(&delivered).unwrap();
    for entry in fs::read_dir(case.join(product)).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), delivered.join(entry.file_name())).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    command.current_dir(&delivered);
    command.args([
        "in-toto",
        "verify",
        "--at",
        "2026-11-25T00:00:00Z",
        "--link-dir",
        "..",
    ]);
    command.arg("--layout").arg(case.join("test.layout"));
    command
        .arg("--verification-keys")
        .arg(case.join("alice.asc"));
    command.output().unwrap()
}

#[test]
fn two_openpgp_functionaries_of_two_are_enough_for_the_good_file_alone() {
    let both = ["rebuild.5863835e.link", "rebuild.e946fc60.link"];
    let good = verify_threshold("good", &both);
    let said = String::from_utf8_lossy(&good.stderr).into_owned();
    assert_eq!(good.status.code(), Some(0), "{said}");
    let bad = verify_threshold("bad", &both);
    assert_eq!(bad.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&bad.stderr).contains("DISALLOW"));
    let one = verify_threshold("good", &both[..1]);
    assert_eq!(one.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&one.stderr).contains("1 of the 2 functionaries"));
}
