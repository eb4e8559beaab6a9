//! Proofs: the same verdict from one file, and no verdict from a file that somebody cut, padded or put together.

use quorate::envelope::PAYLOAD_TYPE_IN_TOTO;
use quorate::limits::Limits;
use quorate::proof::{Proof, ProofError};
use quorate_testkit::scenario::{Party, Sample, Scene, evidence, refusal, replaced, signed};

fn parse(bytes: &[u8]) -> Result<Proof<'_>, ProofError> {
    Proof::parse(bytes, &Limits::STANDARD)
}

fn lines(proof: &[u8]) -> Vec<Vec<u8>> {
    let lines = proof
        .strip_suffix(b"\n")
        .expect("a proof ends in a line end");
    lines
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

fn joined(lines: &[Vec<u8>]) -> Vec<u8> {
    let mut text = lines.join(&b'\n');
    text.push(b'\n');
    text
}

/// What a scene says besides names of places: outcome, codes and texts of all answers, and the standings.
fn essence(verdict: &quorate::verify::Verdict) -> Vec<u8> {
    verdict.to_json().to_text()
}

#[test]
fn a_proof_leads_to_the_verdict_of_the_folder() {
    let mut scenes = vec![Scene::quorate(2, 3), Scene::of(2, 3)];
    let mut dissent = Scene::quorate(2, 3);
    dissent.states(2, &Sample::catdoc().bytes("other"));
    scenes.push(dissent);
    let mut refusing = Scene::with(2, 3, |draft| draft.on_dissent = Some("refuse".to_owned()));
    for (party, bytes) in [(0, "x"), (1, "x"), (2, "y")] {
        refusing.states(party, &Sample::catdoc().bytes(bytes));
    }
    refusing.hold(b"x");
    scenes.push(refusing);
    let mut links = Scene::of(2, 2);
    for party in 0..2 {
        let old = links.parties[party].old_link(&Sample::catdoc());
        links.evidence.push(old);
    }
    scenes.push(links);
    for scene in scenes {
        let proof = scene.proof();
        assert_eq!(essence(&scene.judge_proof(&proof)), essence(&scene.judge()));
    }
}

#[test]
fn a_proof_is_the_same_whatever_the_order_and_repetition_of_evidence() {
    let mut scene = Scene::quorate(3, 3);
    let proof = scene.proof();
    scene.evidence.reverse();
    scene.states(1, &Sample::catdoc());
    assert_eq!(scene.proof(), proof);
    assert_eq!(parse(&proof).unwrap().evidence.len(), 3);
}

#[test]
fn envelopes_spelled_over_many_lines_become_one_line_each() {
    let mut scene = Scene::quorate(2, 2);
    let text = String::from_utf8(scene.evidence[0].bytes.to_vec()).unwrap();
    let spaced = text.replacen('{', "{\n\t", 1).replace(',', ",\r\n ");
    scene.evidence[0].bytes = spaced.into_bytes().into();
    let proof = scene.proof();
    assert_eq!(lines(&proof).len(), 5);
    assert!(scene.judge_proof(&proof).is_quorate());
}

#[test]
fn a_proof_of_a_refused_file_is_no_proof_for_another() {
    let mut scene = Scene::quorate(2, 3);
    let proof = scene.proof();
    scene.hold(b"malware");
    assert_eq!(
        refusal(&scene.judge_proof(&proof)),
        Some(("bytes", "other-bytes"))
    );
}

#[test]
fn a_truncated_proof_is_refused_wherever_it_is_cut() {
    let proof = Scene::quorate(2, 3).proof();
    for end in (0..proof.len()).step_by(37).chain([proof.len() - 1]) {
        assert!(parse(&proof[..end]).is_err(), "{end}");
    }
    let lines = lines(&proof);
    for count in 0..lines.len() {
        assert!(parse(&joined(&lines[..count])).is_err(), "{count} lines");
    }
}

#[test]
fn a_padded_proof_is_refused() {
    let proof = Scene::quorate(2, 3).proof();
    let stranger = Party::new("stranger").statement(&Sample::catdoc());
    for padding in [&b"\n"[..], b" \n", b"{}\n", b"\0\n", &stranger.bytes] {
        assert!(matches!(
            parse(&[&proof, padding].concat()),
            Err(ProofError::Cut)
        ));
    }
    assert!(parse(&[b"\n", &proof[..]].concat()).is_err());
}

#[test]
fn a_proof_of_nothing_but_line_breaks_is_refused_by_its_header() {
    let mut scene = Scene::quorate(2, 3);
    scene.limits.evidence_count_max = 3;
    let mut lines = lines(&scene.proof());
    lines[0] = b"{\"_type\":\"https://quorate.dev/proof/v1\",\"evidence\":4}".to_vec();
    lines.extend([b"".to_vec(), b"".to_vec()]);
    let refused = Proof::parse(&joined(&lines), &scene.limits).unwrap_err();
    assert!(matches!(refused, ProofError::TooMany { documents_max: 3 }));
}

#[test]
fn no_proof_is_made_that_nobody_would_read() {
    let mut scene = Scene::quorate(2, 3);
    let made = |scene: &Scene| {
        let evidence = scene.evidence.iter().map(|one| one.bytes.as_ref());
        let documents = &scene.documents;
        Proof::assemble(&documents.layout, &documents.terms, evidence, &scene.limits)
    };
    scene.limits.proof_bytes_max = made(&scene).unwrap().len();
    assert!(made(&scene).is_ok());
    scene.limits.proof_bytes_max -= 1;
    assert!(matches!(made(&scene), Err(ProofError::TooLarge { .. })));
}

#[test]
fn a_proof_with_evidence_removed_is_refused_and_with_its_header_mended_judged_by_what_is_left() {
    let scene = Scene::quorate(2, 3);
    let mut lines = lines(&scene.proof());
    lines.pop();
    assert!(matches!(parse(&joined(&lines)), Err(ProofError::Cut)));
    lines[0] = String::from_utf8(lines[0].clone())
        .unwrap()
        .replace(":2}", ":1}")
        .replace(":2,", ":1,")
        .into_bytes();
    let verdict = scene.judge_proof(&joined(&lines));
    assert_eq!(refusal(&verdict), Some(("source", "source-too-few")));
}

#[test]
fn a_proof_with_one_document_in_the_place_of_another_is_refused() {
    let scene = Scene::quorate(2, 3);
    let whole = lines(&scene.proof());
    for (one, other) in [(1, 2), (1, 3), (2, 3), (2, 4)] {
        let mut lines = whole.clone();
        lines.swap(one, other);
        let verdict = scene.judge_proof(&joined(&lines));
        assert_eq!(
            refusal(&verdict),
            Some(("policy", "policy-refused")),
            "{one} {other}"
        );
    }
    let mut lines = whole;
    lines[4] = lines[3].clone();
    let verdict = scene.judge_proof(&joined(&lines));
    assert_eq!(refusal(&verdict), Some(("source", "source-too-few")));
}

#[test]
fn a_proof_spliced_from_two_policies_is_refused() {
    let strict = Scene::quorate(3, 3);
    let lax = Scene::quorate(1, 3);
    let (strict_lines, lax_lines) = (lines(&strict.proof()), lines(&lax.proof()));
    for line in [1, 2] {
        let mut spliced = strict_lines.clone();
        spliced[line] = lax_lines[line].clone();
        let verdict = strict.judge_proof(&joined(&spliced));
        assert_eq!(refusal(&verdict), Some(("policy", "policy-refused")));
    }
}

#[test]
fn a_proof_of_another_owners_policy_is_refused() {
    let mut scene = Scene::quorate(2, 3);
    let proof = scene.proof();
    scene.owners = vec![quorate_testkit::scenario::ed25519("another owner")];
    assert_eq!(
        refusal(&scene.judge_proof(&proof)),
        Some(("policy", "policy-refused"))
    );
}

#[test]
fn a_proof_outlives_its_policy_by_no_second() {
    let mut scene = Scene::quorate(2, 3);
    let proof = scene.proof();
    scene.at = quorate::time::Timestamp::parse("2027-01-01T00:00:00Z").unwrap();
    assert_eq!(
        refusal(&scene.judge_proof(&proof)),
        Some(("policy", "policy-refused"))
    );
}

#[test]
fn a_proof_of_a_newer_version_says_so_and_another_file_too() {
    let lines = lines(&Scene::quorate(2, 3).proof());
    let with = |value: &str| {
        let mut lines = lines.clone();
        lines[0] = replaced(&lines[0], &["_type"], value);
        joined(&lines)
    };
    let newer = with("https://quorate.dev/proof/v2");
    assert!(matches!(parse(&newer), Err(ProofError::Newer(_))));
    let other = with("https://in-toto.io/Statement/v1");
    assert!(matches!(parse(&other), Err(ProofError::Type(_))));
    let hostile = with("https://quorate.dev/proof/\u{1b}[2J");
    let error = parse(&hostile).unwrap_err().to_string();
    assert!(
        !error.contains('\u{1b}'),
        "nothing in it can draw on the terminal"
    );
}

#[test]
fn a_header_with_unknown_or_odd_members_is_refused() {
    let lines = lines(&Scene::quorate(2, 3).proof());
    for header in [
        r#"{"_type":"https://quorate.dev/proof/v1","evidence":2,"skip":true}"#,
        r#"{"_type":"https://quorate.dev/proof/v1","evidence":2,"evidence":2}"#,
        r#"{"_type":"https://quorate.dev/proof/v1","evidence":-2}"#,
        r#"{"_type":"https://quorate.dev/proof/v1","evidence":"2"}"#,
        r#"{"_type":"https://quorate.dev/proof/v1","evidence":18446744073709551618}"#,
        r#"{"_type":"https://quorate.dev/proof/v1"}"#,
        r#"{"evidence":2}"#,
        "[]",
        "",
    ] {
        let mut lines = lines.clone();
        lines[0] = header.as_bytes().to_vec();
        assert!(parse(&joined(&lines)).is_err(), "{header}");
    }
}

#[test]
fn a_proof_larger_than_the_limit_is_refused_before_it_is_read() {
    let proof = Scene::quorate(2, 3).proof();
    let limits = Limits {
        proof_bytes_max: proof.len() - 1,
        ..Limits::STANDARD
    };
    assert!(matches!(
        Proof::parse(&proof, &limits),
        Err(ProofError::TooLarge { .. })
    ));
    let limits = Limits {
        proof_bytes_max: proof.len(),
        ..Limits::STANDARD
    };
    assert!(Proof::parse(&proof, &limits).is_ok());
}

#[test]
fn what_is_no_json_cannot_be_packed() {
    let scene = Scene::quorate(2, 3);
    let documents = &scene.documents;
    let packed = Proof::assemble(
        &documents.layout,
        &documents.terms,
        [&b"junk"[..]],
        &scene.limits,
    );
    assert!(matches!(packed, Err(ProofError::Json(_))));
}

#[test]
fn what_a_proof_must_hold_names_every_claim_that_could_change_its_verdict() {
    // The same bytes under two names, k parties each: ambiguous in the folder, so ambiguous by the proof.
    let mut scene = Scene::of(1, 2);
    scene.states(0, &Sample::catdoc());
    let other = Sample::catdoc().source("catdoc-again");
    let bytes = signed(
        PAYLOAD_TYPE_IN_TOTO,
        &scene.parties[1].rebuild(&other).statement(),
        &scene.parties[1].keys,
    );
    scene.evidence.push(evidence("the other name", bytes));
    let verdict = scene.judge();
    assert_eq!(refusal(&verdict), Some(("rebuilt", "ambiguous-identity")));
    let case = scene.case();
    let origins = case.origins_for(&verdict);
    assert!(
        origins.contains(&"the other name") && origins.len() == 2,
        "{origins:?}"
    );
}
