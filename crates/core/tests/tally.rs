//! The count: one vote per party, k of the n that the policy names, whoever answered.

use quorate::envelope::PAYLOAD_TYPE_IN_TOTO;
use quorate::verify::{Standing, Verdict};
use quorate_testkit::scenario::{
    Party, Sample, Scene, ed25519, evidence, flipped, p256, p384, signed,
};

const NO_QUORUM: Option<(&str, &str)> = Some(("source", "source-too-few"));
const QUORATE: Option<(&str, &str)> = None;

/// The names of the parties whose results are counted together.
fn group(scene: &Scene) -> Vec<String> {
    let verdict = scene.judge();
    let tally = verdict.report().tally().expect("a policy is in force");
    tally
        .group()
        .map(|group| group.parties.clone())
        .unwrap_or_default()
}

#[test]
fn k_parties_with_equal_bytes_are_enough() {
    let scene = Scene::quorate(2, 3);
    assert!(matches!(scene.judge(), Verdict::Quorate(_)));
    assert_eq!(group(&scene), ["alice", "bob"]);
    assert_eq!(scene.standing(2), Standing::Absent);
}

#[test]
fn k_minus_1_parties_are_never_enough() {
    for (k, n) in [(1, 1), (2, 2), (2, 3), (3, 5), (5, 5)] {
        let mut scene = Scene::quorate(k, n);
        assert_eq!(scene.refusal(), QUORATE, "{k} of {n}");
        scene.evidence.pop();
        assert_eq!(
            scene.refusal().map(|(_, code)| code),
            Some("source-too-few"),
            "{k} of {n}"
        );
    }
}

#[test]
fn no_evidence_is_no() {
    assert_eq!(Scene::of(1, 1).refusal(), NO_QUORUM);
}

#[test]
fn silence_of_the_others_does_not_lower_the_bar() {
    let mut scene = Scene::of(3, 5);
    scene.states(0, &Sample::catdoc());
    scene.states(4, &Sample::catdoc());
    assert_eq!(scene.refusal(), NO_QUORUM);
}

#[test]
fn one_party_with_two_keys_has_one_vote() {
    let parties = vec![Party::with_keys("alice", 2), Party::new("bob")];
    let mut scene = Scene::with_parties(2, parties, |_| ());
    for key in 0..2 {
        let statement = scene.parties[0].statement_by(key, &Sample::catdoc());
        scene.evidence.push(statement);
    }
    assert_eq!(scene.refusal(), NO_QUORUM);
    assert_eq!(group(&scene), ["alice"]);
    scene.states(1, &Sample::catdoc());
    assert_eq!(scene.refusal(), QUORATE);
}

#[test]
fn one_document_signed_by_both_keys_of_a_party_is_one_vote() {
    let parties = vec![Party::with_keys("alice", 2), Party::new("bob")];
    let mut scene = Scene::with_parties(2, parties, |_| ());
    let alice = &scene.parties[0];
    let payload = alice.rebuild(&Sample::catdoc()).statement();
    let bytes = signed(PAYLOAD_TYPE_IN_TOTO, &payload, &alice.keys);
    scene.evidence.push(evidence("both", bytes));
    assert_eq!(scene.refusal(), NO_QUORUM);
}

#[test]
fn a_statement_repeated_a_hundred_times_is_one_vote() {
    let mut scene = Scene::of(2, 3);
    for _ in 0..100 {
        scene.states(0, &Sample::catdoc());
    }
    assert_eq!(scene.refusal(), NO_QUORUM);
}

#[test]
fn a_party_that_publishes_statement_and_link_counts_once() {
    let mut scene = Scene::of(2, 3);
    let alice = &scene.parties[0];
    let both = [
        alice.statement(&Sample::catdoc()),
        alice.link(&Sample::catdoc()),
        alice.old_link(&Sample::catdoc()),
    ];
    scene.evidence.extend(both);
    assert_eq!(scene.case().claims().claims().len(), 3);
    assert_eq!(scene.refusal(), NO_QUORUM);
    let bob = scene.parties[1].link(&Sample::catdoc());
    scene.evidence.push(bob);
    assert_eq!(scene.refusal(), QUORATE);
}

#[test]
fn a_statement_by_a_key_that_the_step_does_not_list_counts_for_nobody() {
    let mut scene = Scene::quorate(1, 2);
    let stolen = Party {
        name: "alice".to_owned(),
        keys: vec![ed25519("a stranger")],
    };
    scene.evidence = vec![stolen.statement(&Sample::catdoc())];
    assert_eq!(scene.refusal(), NO_QUORUM);
    assert!(scene.dropped()[0].contains("no valid signature"));
}

#[test]
fn an_owner_is_no_party() {
    let mut scene = Scene::of(1, 1);
    let payload = scene.parties[0].rebuild(&Sample::catdoc()).statement();
    let bytes = signed(PAYLOAD_TYPE_IN_TOTO, &payload, &scene.owners);
    scene.evidence.push(evidence("owner", bytes));
    assert_eq!(scene.refusal(), NO_QUORUM);
}

#[test]
fn a_copied_statement_signed_again_by_another_party_counts_for_neither() {
    let mut scene = Scene::of(2, 2);
    scene.states(0, &Sample::catdoc());
    let copied = scene.parties[0].rebuild(&Sample::catdoc()).statement();
    let again = scene.parties[1].signs(0, &copied);
    scene.evidence.push(again);
    assert_eq!(scene.refusal(), NO_QUORUM);
    assert_eq!(
        scene.dropped(),
        ["signed by bob but says that alice rebuilt"]
    );
}

#[test]
fn a_statement_that_two_parties_sign_is_one_vote() {
    let mut scene = Scene::of(2, 2);
    let payload = scene.parties[0].rebuild(&Sample::catdoc()).statement();
    let keys = scene.parties.iter().flat_map(|party| &party.keys);
    let bytes = signed(PAYLOAD_TYPE_IN_TOTO, &payload, keys);
    scene.evidence.push(evidence("both", bytes));
    assert_eq!(scene.refusal(), NO_QUORUM);
    assert_eq!(group(&scene), ["alice"]);
}

#[test]
fn a_flipped_bit_in_a_payload_takes_the_vote_away() {
    let mut scene = Scene::quorate(1, 1);
    let whole = scene.evidence[0].bytes.to_vec();
    for bit in (0..30_000).step_by(997) {
        scene.evidence[0].bytes = flipped(&whole, bit).into();
        assert_eq!(scene.refusal(), NO_QUORUM, "bit {bit}");
    }
}

#[test]
fn machines_of_one_party_that_disagree_make_its_word_void() {
    let parties = vec![
        Party::with_keys("alice", 2),
        Party::new("bob"),
        Party::new("carol"),
    ];
    let mut scene = Scene::with_parties(2, parties, |_| ());
    let other = scene.parties[0].statement_by(1, &Sample::catdoc().bytes("other"));
    scene.states(0, &Sample::catdoc());
    scene.states(1, &Sample::catdoc());
    assert_eq!(scene.refusal(), QUORATE);
    scene.evidence.push(other);
    assert_eq!(scene.refusal(), NO_QUORUM);
    assert_eq!(scene.standing(0), Standing::Void);
    scene.states(2, &Sample::catdoc());
    assert_eq!(
        scene.refusal(),
        QUORATE,
        "the others are enough by themselves"
    );
}

#[test]
fn a_party_that_states_two_sources_under_one_version_is_void() {
    let mut scene = Scene::quorate(2, 2);
    scene.states(0, &Sample::catdoc().source_bytes("another upstream"));
    assert_eq!(scene.standing(0), Standing::Void);
    assert_eq!(scene.refusal(), NO_QUORUM);
}

#[test]
fn equal_bytes_from_different_sources_do_not_count_together() {
    let mut scene = Scene::of(2, 2);
    scene.states(0, &Sample::catdoc());
    scene.states(1, &Sample::catdoc().source_bytes("another upstream"));
    assert_eq!(scene.refusal(), NO_QUORUM);
    let standings = [scene.standing(0), scene.standing(1)];
    assert!(
        standings
            .iter()
            .any(|standing| matches!(standing, Standing::OtherSource { .. }))
    );
}

#[test]
fn equal_sha256_with_another_sha512_does_not_count_together() {
    let mut scene = Scene::quorate(1, 2);
    let mut rebuild = scene.parties[1].rebuild(&Sample::catdoc());
    rebuild.products[0].digests.sha512 = quorate::digest::Sha512::of(b"other");
    let lie = scene.parties[1].signs(0, &rebuild.statement());
    scene.evidence.push(lie);
    assert_eq!(group(&scene).len(), 1);
}

#[test]
fn other_outputs_that_differ_do_not_split_the_group() {
    let mut scene = Scene::of(2, 2);
    scene.states(0, &Sample::catdoc().output("catdoc-dbgsym", "one"));
    scene.states(1, &Sample::catdoc().output("catdoc-dbgsym", "two"));
    assert_eq!(scene.refusal(), QUORATE);
}

#[test]
fn different_environments_count_together_unless_the_policy_says_otherwise() {
    let mut scene = Scene::of(2, 2);
    scene.states(0, &Sample::catdoc().environment("one"));
    scene.states(1, &Sample::catdoc().environment("two"));
    assert_eq!(scene.refusal(), QUORATE);
}

#[test]
fn a_dissenter_is_named_and_has_no_veto_by_default() {
    let mut scene = Scene::quorate(2, 3);
    scene.states(2, &Sample::catdoc().bytes("other"));
    assert_eq!(scene.refusal(), QUORATE);
    assert!(matches!(scene.standing(2), Standing::Dissents { .. }));
    let verdict = scene.judge();
    let codes: Vec<_> = verdict.report().answers()[2]
        .reasons
        .iter()
        .map(|r| r.code())
        .collect();
    assert_eq!(codes, ["quorum", "dissent"]);
}

#[test]
fn a_dissenter_vetoes_where_the_policy_says_refuse() {
    let dissent = [
        Sample::catdoc().bytes("other"),
        Sample::catdoc().source_bytes("another upstream"),
    ];
    for other in dissent {
        let mut scene = Scene::with(2, 3, |draft| draft.on_dissent = Some("refuse".to_owned()));
        scene.states(0, &Sample::catdoc());
        scene.states(1, &Sample::catdoc());
        assert_eq!(scene.refusal(), QUORATE);
        scene.states(2, &other);
        assert_eq!(scene.refusal(), Some(("rebuilt", "dissent-refuses")));
    }
}

#[test]
fn a_party_that_contradicts_itself_vetoes_where_the_policy_says_refuse() {
    let mut scene = Scene::with(2, 3, |draft| draft.on_dissent = Some("refuse".to_owned()));
    for party in 0..3 {
        scene.states(party, &Sample::catdoc());
    }
    scene.states(2, &Sample::catdoc().bytes("other"));
    assert_eq!(scene.refusal(), Some(("rebuilt", "dissent-refuses")));
}

#[test]
fn two_camps_of_k_parties_each_get_their_own_bytes_confirmed_and_the_other_named() {
    let mut scene = Scene::of(2, 4);
    for (party, bytes) in [(0, "x"), (1, "x"), (2, "y"), (3, "y")] {
        scene.states(party, &Sample::catdoc().bytes(bytes));
    }
    for bytes in ["x", "y"] {
        scene.hold(bytes.as_bytes());
        assert_eq!(scene.refusal(), QUORATE);
        let verdict = scene.judge();
        assert_eq!(verdict.report().tally().unwrap().dissenters().count(), 2);
    }
}

#[test]
fn the_bytes_of_a_lone_liar_do_not_look_like_the_product() {
    let mut scene = Scene::quorate(2, 3);
    scene.states(2, &Sample::catdoc().bytes("malware"));
    scene.hold(b"malware");
    assert_eq!(scene.refusal(), Some(("bytes", "other-bytes")));
    assert_eq!(group(&scene), ["alice", "bob"]);
    assert!(matches!(scene.standing(2), Standing::Dissents { .. }));
}

#[test]
fn weak_links_confirm_nothing() {
    let mut scene = Scene::of(1, 3);
    let sha256 = quorate::digest::Sha256::of(Sample::catdoc().artifact());
    let payload = format!(
        r#"{{"_type":"link","name":"rebuild","materials":{{}},"products":{{"catdoc.deb":{{"sha256":"{sha256}"}}}},"environment":null}}"#
    );
    for party in 0..3 {
        let link = scene.parties[party].signs(0, payload.as_bytes());
        scene.evidence.push(link);
    }
    assert_eq!(scene.refusal(), NO_QUORUM);
    assert_eq!(scene.standing(0), Standing::Weak);
    assert!(
        scene
            .case()
            .claims()
            .claims()
            .iter()
            .all(|claim| claim.rebuild().is_none())
    );
    scene.states(1, &Sample::catdoc());
    assert_eq!(scene.refusal(), QUORATE);
}

#[test]
fn junk_among_the_evidence_costs_nothing_else() {
    let mut scene = Scene::of(2, 2);
    let junk: [&[u8]; 8] = [
        b"",
        b"\0",
        b"{",
        b"null",
        b"{}",
        &[0xff; 100],
        b"[[[[",
        b"{\"signed\":{},\"signatures\":[]}",
    ];
    let junk = junk.iter().map(|bytes| evidence("junk", bytes.to_vec()));
    scene.evidence = junk.collect();
    scene.states(0, &Sample::catdoc());
    let stranger = Party::new("stranger").statement(&Sample::catdoc());
    scene.evidence.push(stranger);
    let other_type = signed("text/plain", b"{}", &scene.parties[0].keys);
    scene.evidence.push(evidence("other", other_type));
    scene.states(1, &Sample::catdoc());
    assert_eq!(scene.refusal(), QUORATE);
    assert_eq!(scene.dropped().len(), 10);
}

#[test]
fn a_document_too_large_is_dropped_alone() {
    let mut scene = Scene::quorate(2, 2);
    let size = scene.evidence[0].bytes.len();
    scene.limits.envelope_bytes_max = size + 1_000;
    scene
        .evidence
        .insert(0, evidence("huge", vec![b' '; size + 1_001]));
    assert_eq!(scene.refusal(), QUORATE);
    assert!(scene.dropped()[0].contains("larger than"));
}

#[test]
fn evidence_past_the_limits_is_dropped_with_that_reason() {
    let mut scene = Scene::quorate(2, 2);
    scene.limits.evidence_count_max = 1;
    assert_eq!(scene.refusal(), NO_QUORUM);
    assert!(scene.dropped()[0].contains("more evidence than the limits allow"));
    scene.limits = quorate::limits::Limits::STANDARD;
    scene.limits.evidence_bytes_max = scene.evidence[0].bytes.len() + 10;
    assert_eq!(scene.refusal(), NO_QUORUM);
    assert_eq!(scene.dropped().len(), 1);
}

#[test]
fn signature_checks_past_the_limit_end_reading_with_that_reason() {
    let mut scene = Scene::quorate(2, 2);
    scene.limits.evidence_signature_checks_max = 1;
    assert_eq!(scene.refusal(), NO_QUORUM);
    assert!(scene.dropped()[0].contains("more evidence than the limits allow"));
}

#[test]
fn bytes_that_too_few_parties_state_are_not_called_the_product() {
    let mut scene = Scene::quorate(2, 3);
    scene.evidence.truncate(1);
    let verdict = scene.judge();
    let bytes = &verdict.report().answers()[3];
    assert_eq!(bytes.outcome, quorate::verify::Outcome::No);
    assert_eq!(bytes.reasons[0].code(), "no-product");
}

#[test]
fn parties_with_keys_of_every_type_count_alike() {
    let party = |name: &str, key| Party {
        name: name.to_owned(),
        keys: vec![key],
    };
    let parties = vec![
        party("alice", ed25519("a")),
        party("bob", p256("b")),
        party("carol", p384("c")),
    ];
    let mut scene = Scene::with_parties(3, parties, |_| ());
    for party in 0..3 {
        scene.states(party, &Sample::catdoc());
    }
    assert_eq!(scene.refusal(), QUORATE);
}

#[test]
fn outputs_that_the_policy_does_not_speak_of_are_not_judged() {
    let mut scene = Scene::with(1, 1, |draft| draft.artifacts = "*.udeb".to_owned());
    scene.states(0, &Sample::catdoc());
    assert_eq!(scene.refusal(), NO_QUORUM);
    scene.evidence.clear();
    scene.states(0, &Sample::catdoc().extension("udeb"));
    assert_eq!(scene.refusal(), QUORATE);
}
