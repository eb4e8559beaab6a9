//! A verdict from a proof of five parties: the whole program, and where its time goes.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and ends when something fails"
)]

mod case;

use std::hint::black_box;
use std::process::Command;

use quorate::attest::Attestation;
use quorate::envelope::Envelope;
use quorate::key::{PublicKey, SigningKey};
use quorate::policy::Policy;
use quorate::proof::Proof;
use quorate::verify::{Case, Tools};
use quorate_bench::{Cost, Series, program, run, time};
use quorate_testkit::scenario::Scene;

/// Runs of a whole program, taken in turn.
const PROCESS_RUNS: usize = 101;
/// Runs of a part in this process.
const PART_RUNS: usize = 301;
/// The goal for the whole program.
const GOAL_MILLISECONDS: f64 = 5.0;
/// Layout and terms are opened with the caller's owners and with the policy's own.
const POLICY_CHECKS: u32 = 4;

const ARTIFACT: &[u8] = b"!<arch>\ndebian-binary of catdoc";

fn main() {
    let scene = case::scene(ARTIFACT);
    assert!(scene.judge().is_quorate());
    let proof = scene.proof();
    println!(
        "verdict: {} of {} parties, {} packages each, proof of {} bytes",
        case::THRESHOLD,
        case::PARTIES,
        case::PACKAGES,
        proof.len()
    );
    whole_program(&scene);
    parts(&scene, &proof);
}

fn whole_program(scene: &Scene) {
    let folder = tempfile::tempdir().unwrap();
    let artifact = folder.path().join("catdoc.deb");
    std::fs::write(&artifact, ARTIFACT).unwrap();
    let files = case::Files::write(scene, folder.path(), artifact).unwrap();
    let quorate = program("quorate").unwrap();
    let (mut verify, mut version) = (Series::default(), Series::default());
    for _ in 0..PROCESS_RUNS {
        let ended = run(&mut files.verify(&quorate)).unwrap();
        assert!(ended.status.success(), "{}", ended.status);
        verify.push(ended.cost);
        let ended = run(Command::new(&quorate).arg("--version")).unwrap();
        assert!(ended.status.success(), "{}", ended.status);
        version.push(ended.cost);
    }
    let (verify, version) = (verify.median(), version.median());
    println!("  quorate verify, whole program  {verify}   goal {GOAL_MILLISECONDS} ms wall");
    println!("  quorate --version              {version}");
    let rest = Cost {
        wall: verify.wall.saturating_sub(version.wall),
        processor: verify.processor.saturating_sub(version.processor),
    };
    println!("  difference                     {rest}");
}

fn parts(scene: &Scene, proof: &[u8]) {
    let limits = &scene.limits;
    let trust = scene.trust();
    let parsed = Proof::parse(proof, limits).unwrap();
    let open = |parsed: &Proof<'_>| {
        Case::open(
            parsed.layout,
            parsed.terms,
            &trust,
            &parsed.evidence,
            scene.at,
            &Tools {
                limits: *limits,
                ..Tools::WITHOUT_OPENPGP
            },
        )
    };
    println!("  in one process:");
    let whole = part("proof to verdict", || {
        open(&Proof::parse(proof, limits).unwrap()).judge(&scene.artifact, None)
    });
    part("- Proof::parse", || Proof::parse(proof, limits));
    part("- Case::open: policy and claims", || open(&parsed));
    part("-- policy: open", || {
        Policy::open(parsed.layout, parsed.terms, &trust, scene.at, limits).unwrap()
    });
    evidence(scene, &parsed);
    let case = open(&parsed);
    let claims = case.claims().claims();
    part("-- environments: digests", || {
        claims
            .iter()
            .filter_map(|claim| Some(claim.rebuild()?.environment_digest()))
            .collect::<Vec<_>>()
    });
    part("- Case::judge", || case.judge(&scene.artifact, None));
    signature_checks(scene, &parsed, whole);
}

fn evidence(scene: &Scene, parsed: &Proof<'_>) {
    let limits = &scene.limits;
    let keys = party_keys(scene);
    let envelopes = || {
        let documents = parsed.evidence.iter();
        documents.map(|document| Envelope::parse(&document.bytes, limits).unwrap())
    };
    part("-- envelopes of evidence: parse", || {
        envelopes().collect::<Vec<_>>()
    });
    part("-- envelopes of evidence: parse, open", || {
        envelopes()
            .filter_map(|envelope| envelope.open(&keys, limits).ok())
            .collect::<Vec<_>>()
    });
    let opened: Vec<_> = envelopes()
        .map(|envelope| envelope.open(&keys, limits).unwrap())
        .collect();
    part("-- statements: read", || {
        opened
            .iter()
            .map(|opened| Attestation::read(opened, limits).unwrap())
            .collect::<Vec<_>>()
    });
}

/// What the signatures alone take, of the whole.
fn signature_checks(scene: &Scene, parsed: &Proof<'_>, whole: Cost) {
    let limits = &scene.limits;
    let first = Envelope::parse(&parsed.evidence[0].bytes, limits).unwrap();
    let first = first.open(&party_keys(scene), limits).unwrap();
    let statement = first.payload().unwrap();
    let key: &SigningKey = &scene.parties[0].keys[0];
    let signature = key.sign(statement);
    let layout = &scene.documents.layout_payload;
    let layout_signature = key.sign(layout);
    let large = part("one signature over one statement", || {
        key.public().verifies(statement, &signature)
    });
    let small = part("one signature over the layout", || {
        key.public().verifies(layout, &layout_signature)
    });
    let checks = large.processor * case::PARTIES as u32 + small.processor * POLICY_CHECKS;
    let share = checks.as_secs_f64() / whole.processor.as_secs_f64();
    println!(
        "  {} and {POLICY_CHECKS} signature checks are {:.0} % of the verdict",
        case::PARTIES,
        share * 100.0
    );
}

fn party_keys(scene: &Scene) -> Vec<&PublicKey> {
    let parties = scene.parties.iter();
    parties.map(|party| party.keys[0].public()).collect()
}

fn part<T>(name: &str, mut work: impl FnMut() -> T) -> Cost {
    let mut series = Series::default();
    for _ in 0..PART_RUNS {
        series.push(time(|| black_box(work())).1);
    }
    let median = series.median();
    println!("    {name:38} {median}");
    median
}
