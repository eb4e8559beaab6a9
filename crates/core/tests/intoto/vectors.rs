//! The vectors: small supply chains with the verdict that each must get. Those with inspections run commands, so that they are judged
//! in full by the program's test (`crates/cli/tests/intoto_vectors.rs`); here they get as far as the first inspection.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use quorate::intoto::Parameters;
use quorate::intoto::chain::{Chain, NoInspections, Refusal};
use quorate::json::{self, Json};
use quorate::key::PublicKey;
use quorate::limits::Limits;
use quorate::time::Timestamp;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/intoto/vectors")
}

#[allow(clippy::disallowed_methods, reason = "fixtures are files")]
fn read(path: &Path) -> Option<Vec<u8>> {
    std::fs::read(path).ok()
}

#[allow(clippy::disallowed_methods, reason = "fixtures are files")]
fn links_below(folder: &Path, prefix: &str, links: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            links_below(&entry.path(), &format!("{name}/"), links);
        } else {
            links.insert(name, read(&entry.path()).unwrap());
        }
    }
}

/// The layout's keys as the vectors hold them: key id → key.
fn keys(bytes: &[u8]) -> Vec<PublicKey> {
    let limits = Limits::STANDARD;
    let Json::Object(keys) = json::parse(bytes, &limits).unwrap() else {
        panic!("an object of keys");
    };
    let read = |(_, key): (&str, &Json<'_>)| PublicKey::from_file(&key.to_text(), &limits).unwrap();
    keys.iter().map(read).collect()
}

/// The outcome of one vector, as far as it can be judged without running anything.
fn outcome(case: &Path) -> Result<(), Refusal> {
    let limits = Limits::STANDARD;
    let mut links = BTreeMap::new();
    links_below(&case.join("links"), "", &mut links);
    let parameters = read(&case.join("params.json"))
        .map(|bytes| Parameters::from_file(&bytes, &limits).map_err(Refusal::Parameters))
        .transpose()?;
    let chain = Chain {
        layout: &read(&case.join("root.layout")).unwrap(),
        keys: &keys(&read(&case.join("keys.json")).unwrap()),
        parameters: parameters.as_ref(),
        at: Timestamp::parse("2026-11-25T00:00:00Z").unwrap(),
        limits: &limits,
    };
    let verification = chain.verify(&links, &mut NoInspections);
    verification.outcome.map(|_| ())
}

#[test]
fn every_vector_gets_its_verdict() {
    let text = read(&folder().join("expected.json")).unwrap();
    let Json::Object(expected) = json::parse(&text, &Limits::STANDARD).unwrap() else {
        panic!("an object of cases");
    };
    let (mut judged, mut left, mut wrong) = (0, Vec::new(), Vec::new());
    for (name, about) in expected.iter() {
        let Json::Object(about) = about else {
            panic!("an object about {name}");
        };
        let passes = about.get("expected") == Some(&Json::text("PASS"));
        match outcome(&folder().join(name)) {
            // What comes after the first inspection is judged by the program's test.
            Err(Refusal::Inspection { .. }) => left.push(name),
            outcome => {
                judged += 1;
                if outcome.is_ok() != passes {
                    wrong.push(format!("{name}: {outcome:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{judged} of {judged} vectors as expected");
    assert!(
        left.iter().all(|name| name.starts_with("insp-")),
        "{left:?}"
    );
    assert_eq!((judged, left.len()), (118, 6));
}
