//! Properties over random input: nothing panics, forms round-trip, and evidence can only be counted for what it is.

use proptest::collection::{btree_map, vec};
use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest,
};

use quorate::digest::{Digests, Sha256};
use quorate::envelope::Envelope;
use quorate::json::{Json, canonical, parse};
use quorate::key::{PublicKey, SigningKey};
use quorate::limits::Limits;
use quorate::policy::PolicyFile;
use quorate::proof::Proof;
use quorate::source::Dsc;
use quorate::time::Timestamp;
use quorate::verify::{Evidence, Expected, Standing};
use quorate_testkit::scenario::{Party, Sample, Scene, evidence};

fn json() -> impl Strategy<Value = Json<'static>> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        any::<i128>().prop_map(Json::number),
        any::<String>().prop_map(Json::text),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Json::Array),
            btree_map(any::<String>(), inner, 0..6).prop_map(Json::object),
        ]
    })
}

/// Text with the punctuation of our formats, which random bytes hardly ever have.
fn near_json() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\u",
        "d800",
        "\"payload\":",
        "\"signatures\":",
        "\"signed\":",
        "\"sig\":",
        "\"_type\":",
        "-",
        "0",
        "1",
        "e30=",
        "true",
        "null",
        " ",
        "\n",
        "\u{e9}",
        "\u{0}",
        "https://quorate.dev/proof/v1",
    ];
    vec(proptest::sample::select(pieces.to_vec()), 0..40)
        .prop_map(|pieces| pieces.concat().into_bytes())
}

/// One of a few things that a party may publish, honest or not.
fn published() -> impl Strategy<Value = Evidence<'static>> {
    (0..4_usize, 0..6_u8, any::<bool>()).prop_map(|(party, what, link)| {
        let party = Party::new(["alice", "bob", "carol", "stranger"][party]);
        let sample = match what {
            0..3 => Sample::catdoc(),
            3 => Sample::catdoc().bytes("other"),
            4 => Sample::catdoc().version("1:0.95-5"),
            _ => Sample::catdoc().source_bytes("another upstream"),
        };
        if link {
            party.link(&sample)
        } else {
            party.statement(&sample)
        }
    })
}

fn scene_of(evidence: Vec<Evidence<'static>>, refuse: bool) -> Scene {
    let mut scene = Scene::with(2, 3, |draft| {
        draft.on_dissent = refuse.then(|| "refuse".to_owned());
    });
    scene.evidence = evidence;
    scene
}

fn verdict(scene: &Scene) -> Vec<u8> {
    scene.judge().to_json().to_text()
}

/// The parties that are counted, whatever the verdict.
fn votes(scene: &Scene) -> usize {
    let verdict = scene.judge();
    let tally = verdict.report().tally();
    tally
        .and_then(|tally| tally.group())
        .map_or(0, |group| group.parties.len())
}

/// A parser may say yes or no; it has come back, which is all that is asked of it.
fn tried<T>(_outcome: T) {}

proptest! {
    #[test]
    fn json_text_reads_back_as_the_same_value(value in json()) {
        let text = value.to_text();
        prop_assert_eq!(parse(&text, &Limits::STANDARD).unwrap(), value);
    }

    #[test]
    fn the_canonical_form_depends_on_the_meaning_alone(value in json()) {
        let text = value.to_text();
        let again = parse(&text, &Limits::STANDARD).unwrap();
        prop_assert_eq!(canonical(&again), canonical(&value));
        // Where no string holds a control character, the canonical form is the text itself.
        if !text.windows(2).any(|pair| pair == b"\\u") {
            prop_assert_eq!(canonical(&value), text);
        }
    }

    #[test]
    fn two_values_never_share_a_canonical_form(one in json(), two in json()) {
        prop_assert_eq!(canonical(&one) == canonical(&two), one == two);
    }

    #[test]
    fn no_parser_panics_on_any_bytes(bytes in prop_oneof![vec(any::<u8>(), 0..300), near_json()]) {
        let limits = &Limits::STANDARD;
        tried(parse(&bytes, limits).map(|value| value.to_text()));
        tried(Envelope::parse(&bytes, limits).map(|envelope| envelope.digest()));
        tried(Proof::parse(&bytes, limits).map(|proof| proof.evidence.len()));
        tried(PublicKey::from_file(&bytes, limits).map(|key| key.fingerprint()));
        tried(Dsc::parse(&bytes));
        if let Ok(text) = std::str::from_utf8(&bytes) {
            tried(PolicyFile::parse(text, limits).map(|file| file.key_references().len()));
            tried(SigningKey::from_pem(text));
            tried(Timestamp::parse(text));
            tried(Expected::parse(text));
            tried(Sha256::parse(text));
        }
    }

    #[test]
    fn a_broken_document_of_ours_never_panics(at in any::<proptest::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let scene = Scene::quorate(1, 1);
        let limits = &Limits::STANDARD;
        let broken = |text: &[u8]| {
            let mut text = text.to_vec();
            let at = at.index(text.len());
            if cut { text.truncate(at) } else { text[at] = byte }
            text
        };
        tried(Proof::parse(&broken(&scene.proof()), limits).map(|proof| proof.evidence.len()));
        tried(Dsc::parse(&broken(&Sample::catdoc().dsc())));
        tried(PublicKey::from_file(&broken(scene.owners[0].public().to_pem().as_bytes()), limits).map(|key| key.fingerprint()));
        let statement = broken(&scene.parties[0].rebuild(&Sample::catdoc()).statement());
        tried(quorate::attest::rebuild::Rebuild::from_statement(&statement, limits));
    }

    #[test]
    fn digests_print_as_they_parse(bytes in vec(any::<u8>(), 0..200)) {
        let Digests { sha256, sha512 } = Digests::of(&bytes);
        prop_assert_eq!(Sha256::parse(&sha256.to_string()).unwrap(), sha256);
        prop_assert_eq!(quorate::digest::Sha512::parse(&sha512.to_string()).unwrap(), sha512);
    }

    #[test]
    fn times_print_as_they_parse(seconds in -62_167_219_200_i64..253_402_300_800) {
        let time = Timestamp::from_unix_seconds(seconds).unwrap();
        prop_assert_eq!(Timestamp::parse(&time.to_string()).unwrap(), time);
    }

    #[test]
    fn a_text_is_a_time_only_in_the_spelling_that_is_printed(text in "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z") {
        if let Ok(time) = Timestamp::parse(&text) {
            prop_assert_eq!(time.to_string(), text);
        }
    }

    #[test]
    fn an_expectation_prints_as_it_parses(text in "[a-z][a-z0-9+.-]{1,8}=([0-9]:)?[0-9][A-Za-z0-9.+~-]{0,8}(:[a-z][a-z0-9-]{1,6})?") {
        let expected = Expected::parse(&text).unwrap();
        prop_assert_eq!(expected.to_string(), text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_order_of_evidence_changes_nothing(
        (documents, shuffled) in vec(published(), 0..7).prop_flat_map(|d| (Just(d.clone()), Just(d).prop_shuffle())),
        refuse in any::<bool>(),
    ) {
        prop_assert_eq!(verdict(&scene_of(documents, refuse)), verdict(&scene_of(shuffled, refuse)));
    }

    #[test]
    fn junk_changes_nothing(
        documents in vec(published(), 0..5),
        junk in vec(prop_oneof![vec(any::<u8>(), 0..80), near_json()], 1..5),
        at in any::<proptest::sample::Index>(),
    ) {
        let mut more = documents.clone();
        for bytes in junk {
            more.insert(at.index(more.len() + 1), evidence("junk", bytes));
        }
        let stranger = Party::new("stranger").statement(&Sample::catdoc());
        more.insert(0, stranger);
        prop_assert_eq!(verdict(&scene_of(more, true)), verdict(&scene_of(documents, true)));
    }

    /// Evidence that is withheld may hide that somebody objects; it never makes anybody agree. So a refusal turns into a yes only
    /// where the whole body of evidence had k parties for these bytes, and was refused for an objection alone: a veto, a party that
    /// contradicts itself, or a second identity.
    #[test]
    fn withheld_evidence_hides_objections_and_never_makes_votes(
        documents in vec(published(), 1..7),
        withheld in any::<proptest::sample::Index>(),
        refuse in any::<bool>(),
    ) {
        let mut fewer = documents.clone();
        fewer.remove(withheld.index(documents.len()));
        let (mut all, fewer) = (scene_of(documents, refuse), scene_of(fewer, refuse));
        if !all.judge().is_quorate() && fewer.judge().is_quorate() {
            let ambiguous = !all.judge().report().tally().unwrap().rivals().is_empty();
            // What is said of the identity that is accepted without the withheld document.
            let accepted = fewer.judge().report().tally().unwrap().identity().unwrap().to_string();
            all.expect(&accepted);
            let verdict = all.judge();
            let tally = verdict.report().tally().unwrap();
            let void = tally.standings().iter().any(|(_, standing)| *standing == Standing::Void);
            let vetoed = tally.has_quorum() && tally.dissenters().next().is_some();
            prop_assert!(ambiguous || void || (vetoed && refuse), "{:?} {accepted}", all.refusal());
        }
    }

    #[test]
    fn a_changed_byte_anywhere_never_makes_more_votes(
        at in any::<proptest::sample::Index>(),
        bit in 0..8_u8,
        which in 0..3_usize,
    ) {
        let mut scene = Scene::of(3, 3);
        scene.states(0, &Sample::catdoc());
        let old = scene.parties[1].old_link(&Sample::catdoc());
        scene.evidence.push(old);
        scene.states(2, &Sample::catdoc().bytes("other"));
        let before = votes(&scene);
        prop_assert_eq!(before, 2);
        let mut bytes = scene.evidence[which].bytes.to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        scene.evidence[which].bytes = bytes.into();
        prop_assert!(votes(&scene) <= before);
    }

    #[test]
    fn a_changed_byte_in_the_policy_never_lowers_the_bar(at in any::<proptest::sample::Index>(), bit in 0..8_u8, layout in any::<bool>()) {
        let mut scene = Scene::quorate(2, 3);
        scene.evidence.pop();
        let document = if layout { &mut scene.documents.layout } else { &mut scene.documents.terms };
        let at = at.index(document.len());
        document[at] ^= 1 << bit;
        prop_assert!(!scene.judge().is_quorate());
    }

    #[test]
    fn a_proof_leads_to_the_verdict_of_its_folder(documents in vec(published(), 0..6), refuse in any::<bool>()) {
        let scene = scene_of(documents, refuse);
        let by_proof = scene.judge_proof(&scene.proof());
        prop_assert_eq!(by_proof.to_json().to_text(), verdict(&scene));
    }
}
