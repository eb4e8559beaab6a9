//! One party of three says anything at all, one payload a line: its bytes are never accepted, and under the default policy the
//! bytes that the two honest ones built stay accepted.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use quorate::digest::Sha256;
use quorate::verify::{Artifact, ArtifactState, Case, View};
use quorate_fuzz::{TOOLS, honest};
use quorate_testkit::scenario::Scene;

static SCENES: LazyLock<[Scene; 3]> = LazyLock::new(|| {
    [
        honest(None, None),
        honest(Some("same"), None),
        honest(None, Some("refuse")),
    ]
});

fuzz_target!(|bytes: &[u8]| {
    let choice = bytes.first().copied().unwrap_or(0);
    let scene = &SCENES[usize::from(choice % 3)];
    let carol = &scene.parties[2];
    let lies = bytes.split(|byte| *byte == b'\n').skip(1).take(8);
    let mut evidence: Vec<_> = lies.map(|payload| carol.signs(0, payload)).collect();
    evidence.extend(scene.evidence.iter().cloned());
    let case = Case::open(
        &scene.documents.layout,
        &scene.documents.terms,
        &scene.trust(),
        &evidence,
        scene.at,
        &TOOLS,
    );
    let judge = |sha256| {
        let artifact = Artifact {
            name: scene.artifact.name.clone(),
            state: ArtifactState::Read(sha256),
        view: View::Whole,
        };
        case.judge(&artifact, None).is_quorate()
    };
    for claim in case.claims().claims() {
        for product in claim
            .rebuild()
            .into_iter()
            .flat_map(|rebuild| &rebuild.products)
        {
            let honest = matches!(&scene.artifact.state, ArtifactState::Read(sha256) if *sha256 == product.digests.sha256);
            assert!(
                honest || !judge(product.digests.sha256),
                "one party alone was believed"
            );
        }
    }
    assert!(!judge(Sha256::of(b"nobody built this")));
    let vetoes = choice % 3 == 2;
    assert!(
        vetoes || case.judge(&scene.artifact, None).is_quorate(),
        "one party alone prevented a yes"
    );
});
