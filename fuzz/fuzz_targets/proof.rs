//! Proofs: from bytes of any origin no verdict is yes for an artifact that no party ever stated.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use quorate::digest::Sha256;
use quorate::proof::Proof;
use quorate::verify::{Artifact, ArtifactState, Case, View};
use quorate_fuzz::{LIMITS, TOOLS, honest};
use quorate_testkit::scenario::Scene;

static SCENE: LazyLock<Scene> = LazyLock::new(|| honest(None, None));

fuzz_target!(|bytes: &[u8]| {
    let Ok(proof) = Proof::parse(bytes, &LIMITS) else {
        return;
    };
    let open = |proof: &Proof<'_>| {
        Case::open(
            proof.layout,
            proof.terms,
            &SCENE.trust(),
            &proof.evidence,
            SCENE.at,
            &TOOLS,
        )
    };
    let case = open(&proof);
    let unstated = Artifact {
        name: SCENE.artifact.name.clone(),
        state: ArtifactState::Read(Sha256::of(b"nobody built this")),
        view: View::Whole,
    };
    assert!(!case.judge(&unstated, None).is_quorate());
    let verdict = case.judge(&SCENE.artifact, None);
    // A proof that is taken apart and put together leads to the same verdict.
    let evidence = proof.evidence.iter().map(|evidence| &*evidence.bytes);
    if let Ok(again) = Proof::assemble(proof.layout, proof.terms, evidence, &LIMITS) {
        let again = Proof::parse(&again, &LIMITS).expect("what we write is read");
        assert_eq!(
            open(&again).judge(&SCENE.artifact, None).is_quorate(),
            verdict.is_quorate()
        );
    }
});
