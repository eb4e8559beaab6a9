//! One party of three says anything at all about keys, one payload a line: what is accepted is written as something that is read as the
//! same; nobody else's vote is lost, and no bytes are accepted that nobody else built.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use quorate::digest::Sha256;
use quorate::envelope::{PAYLOAD_TYPE_IN_TOTO, sign};
use quorate::tenure::{KeyStatement, PAYLOAD_TYPE_KEYS};
use quorate::verify::{Artifact, ArtifactState, Case, View};
use quorate_fuzz::{LIMITS, TOOLS, honest};
use quorate_testkit::scenario::{Scene, evidence};

static SCENE: LazyLock<Scene> = LazyLock::new(|| honest(None, None));

fuzz_target!(|bytes: &[u8]| {
    let scene = &*SCENE;
    let carol = &scene.parties[2].keys[0];
    let mut said: Vec<_> = scene.evidence.clone();
    for line in bytes.split(|byte| *byte == b'\n').take(8) {
        if let Ok(statement) = KeyStatement::from_payload(line, &LIMITS) {
            let again = KeyStatement::from_payload(&statement.to_payload(), &LIMITS);
            assert_eq!(again.expect("what we write is read"), statement);
        }
        for kind in [PAYLOAD_TYPE_KEYS, PAYLOAD_TYPE_IN_TOTO] {
            said.push(evidence("carol", sign(kind, line, &[carol])));
        }
    }
    let case = Case::open(
        &scene.documents.layout,
        &scene.documents.terms,
        &scene.trust(),
        &said,
        scene.at,
        &TOOLS,
    );
    assert!(
        case.judge(&scene.artifact, None).is_quorate(),
        "one party took another's vote"
    );
    let other = Artifact {
        name: scene.artifact.name.clone(),
        state: ArtifactState::Read(Sha256::of(b"nobody built this")),
        view: View::Whole,
    };
    assert!(!case.judge(&other, None).is_quorate());
});
