//! `policy.toml`: a policy that could never be meant is refused before anybody signs it.

use std::collections::BTreeMap;

use quorate::key::SigningKey;
use quorate::limits::Limits;
use quorate::policy::{CompileError, Compiled, PolicyFile, TermsError};
use quorate::time::Timestamp;
use quorate_testkit::scenario::{AT, Party, PolicyDraft, Scene, ed25519};

fn draft(threshold: usize, parties: usize) -> PolicyDraft {
    let names = ["alice", "bob", "carol"];
    let parties: Vec<_> = names[..parties]
        .iter()
        .map(|name| Party::new(name))
        .collect();
    let owners: Vec<SigningKey> = vec![ed25519("owner")];
    PolicyDraft::of(threshold, &parties, &owners)
}

fn compile(change: impl FnOnce(&mut PolicyDraft)) -> Result<Compiled, CompileError> {
    let mut draft = draft(2, 3);
    change(&mut draft);
    draft.compile(Timestamp::parse(AT).expect("a fixed time"))
}

fn parse(text: &str) -> Result<PolicyFile, CompileError> {
    PolicyFile::parse(text, &Limits::STANDARD)
}

#[test]
fn a_policy_compiles_to_documents_that_are_in_force_once_signed() {
    let compiled = compile(|_| ()).unwrap();
    assert_eq!(compiled.name, "debian-bookworm");
    assert!(compiled.warnings.is_empty(), "{:?}", compiled.warnings);
    let scene = Scene::of(2, 3);
    let case = scene.case();
    let policy = case.policy().unwrap();
    assert_eq!((policy.threshold().get(), policy.parties().len()), (2, 3));
    assert_eq!(
        (policy.name(), policy.signatures()),
        ("debian-bookworm", (1, 1))
    );
    assert_eq!(policy.expires().to_string(), "2027-01-01T00:00:00Z");
}

#[test]
fn key_references_are_what_the_caller_must_read() {
    let draft = draft(1, 2);
    let file = parse(&draft.toml()).unwrap();
    let references: Vec<_> = file.key_references().into_iter().collect();
    assert_eq!(references, ["alice-0.pub", "bob-0.pub", "owner-0.pub"]);
    let at = Timestamp::parse(AT).unwrap();
    let error = file
        .compile(
            &BTreeMap::new(),
            &quorate::policy::SourceFiles::default(),
            at,
            &Limits::STANDARD,
        )
        .unwrap_err();
    assert!(matches!(error, CompileError::KeyMissing(_)), "{error}");
}

#[test]
fn a_misspelt_key_is_refused_wherever_it_stands() {
    let text = draft(2, 3).toml();
    assert!(parse(&text).is_ok());
    for (from, to) in [
        ("threshold =", "treshold ="),
        ("threshold =", "threshold = 2\nk ="),
        ("needed =", "need ="),
        ("[materials]", "[material]"),
        ("source = \"same\"", "sources = \"same\""),
        ("source = \"same\"", "source = \"any\""),
        ("source = \"same\"", "environment = \"similar\""),
        ("[[party]]", "[[parties]]"),
        ("[[party]]\nname", "[[party]]\nweight = 2\nname"),
        ("artifacts =", "on_dissent = \"ignore\"\nartifacts ="),
        ("artifacts =", "On_dissent = \"refuse\"\nartifacts ="),
        ("threshold = 2", "threshold = \"2\""),
        ("threshold = 2", "threshold = -1"),
        ("threshold = 2", "threshold = 2.0"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        assert!(
            matches!(parse(&changed), Err(CompileError::Toml(_))),
            "{to}"
        );
    }
}

#[test]
fn a_policy_without_one_of_its_keys_is_refused() {
    let text = draft(2, 3).toml();
    for key in [
        "format",
        "name",
        "artifacts",
        "threshold",
        "expires",
        "needed",
        "keys",
    ] {
        let start = text.find(&format!("{key} = ")).unwrap();
        let end = start + text[start..].find('\n').unwrap();
        let cut = [&text[..start], &text[end..]].concat();
        assert!(matches!(parse(&cut), Err(CompileError::Toml(_))), "{key}");
    }
}

#[test]
fn a_threshold_of_0_is_refused() {
    assert!(matches!(
        compile(|d| d.threshold = 0),
        Err(CompileError::ThresholdZero)
    ));
}

#[test]
fn a_threshold_above_the_number_of_parties_is_refused() {
    assert!(matches!(
        compile(|d| d.threshold = 4),
        Err(CompileError::ThresholdTooHigh {
            threshold: 4,
            parties: 3
        })
    ));
    assert!(compile(|d| d.threshold = 3).is_ok());
    assert!(compile(|d| d.parties.clear()).is_err());
}

#[test]
fn two_parties_with_one_key_are_refused() {
    let error = compile(|d| d.parties[1].1 = d.parties[0].1.clone()).unwrap_err();
    assert!(
        matches!(error, CompileError::OneKeyTwoPlaces { .. }),
        "{error}"
    );
}

#[test]
fn one_key_under_two_references_is_refused() {
    let error = compile(|draft| {
        let key = draft.keys["alice-0.pub"].clone();
        draft.keys.insert("again.pub".to_owned(), key);
        draft.parties[1].1.push("again.pub".to_owned());
    });
    assert!(matches!(error, Err(CompileError::OneKeyTwoPlaces { .. })));
}

#[test]
fn two_keys_under_one_id_are_refused() {
    let named = |seed: &str| {
        let key = ed25519(seed);
        let json = format!(
            r#"{{"keyid":"same","keytype":"ed25519","scheme":"ed25519","keyval":{{"public":"{}"}}}}"#,
            hex_of(&key)
        );
        quorate::key::PublicKey::from_file(json.as_bytes(), &Limits::STANDARD).unwrap()
    };
    let error = compile(|draft| {
        draft.keys.insert("alice-0.pub".to_owned(), named("a"));
        draft.keys.insert("bob-0.pub".to_owned(), named("b"));
    });
    assert!(matches!(error, Err(CompileError::OneIdTwoKeys(_))));
}

/// The raw key in hex, out of the layout that a policy with it compiles to.
fn hex_of(key: &SigningKey) -> String {
    let party = Party {
        name: "alice".to_owned(),
        keys: Vec::new(),
    };
    let mut draft = PolicyDraft::of(1, &[party], &[ed25519("owner")]);
    draft.keys.insert("k".to_owned(), key.public().clone());
    draft.parties[0].1.push("k".to_owned());
    let compiled = draft
        .compile(Timestamp::parse(AT).expect("a fixed time"))
        .expect("it compiles");
    let text = String::from_utf8(compiled.layout).expect("a layout is text");
    let public = text.split("\"public\":\"").nth(1).expect("the key");
    public[..64].to_owned()
}

#[test]
fn an_expiry_that_has_passed_or_is_now_is_refused() {
    for expires in [AT, "2026-11-24T02:05:59Z", "1970-01-01T00:00:00Z"] {
        let error = compile(|d| d.expires = expires.to_owned());
        assert!(
            matches!(error, Err(CompileError::Expired { .. })),
            "{expires}"
        );
    }
    assert!(compile(|d| d.expires = "2026-11-24T02:06:01Z".to_owned()).is_ok());
    for expires in ["", "tomorrow", "2027-01-01", "2027-02-30T00:00:00Z"] {
        let error = compile(|d| d.expires = expires.to_owned());
        assert!(matches!(error, Err(CompileError::Expires(_))), "{expires}");
    }
}

#[test]
fn owners_whom_nobody_or_everybody_could_satisfy_are_refused() {
    assert!(matches!(
        compile(|d| d.owners_needed = 0),
        Err(CompileError::OwnersZero)
    ));
    let too_many = compile(|d| d.owners_needed = 2);
    assert!(matches!(
        too_many,
        Err(CompileError::Terms(TermsError::OwnersNeeded { .. }))
    ));
    let twice = compile(|d| d.owners.push(d.owners[0].clone()));
    assert!(matches!(
        twice,
        Err(CompileError::Terms(TermsError::OwnerTwice))
    ));
    let none = compile(|d| d.owners.clear());
    assert!(none.is_err());
}

#[test]
fn parties_with_one_name_without_a_key_or_with_an_odd_name_are_refused() {
    let same = compile(|d| d.parties[1].0 = "alice".to_owned());
    assert!(matches!(
        same,
        Err(CompileError::Terms(TermsError::Name(_)))
    ));
    let empty = compile(|d| d.parties[1].1.clear());
    assert!(matches!(
        empty,
        Err(CompileError::Terms(TermsError::Count(..)))
    ));
    for name in ["", "a", "Alice", "../x", "a b", "-x", "a\u{1b}[2J"] {
        let odd = compile(|d| name.clone_into(&mut d.parties[1].0));
        assert!(odd.is_err(), "{name}");
    }
}

#[test]
fn an_empty_pattern_of_artifacts_is_refused() {
    assert!(matches!(
        compile(|d| d.artifacts.clear()),
        Err(CompileError::Artifacts)
    ));
}

#[test]
fn a_policy_of_a_newer_format_says_so_and_another_file_too() {
    let newer = compile(|d| {
        d.format = "quorate-policy/2".to_owned();
        d.more = "unheard_of = true".to_owned();
    });
    assert!(matches!(newer, Err(CompileError::Newer(_))));
    let other = compile(|d| d.format = "policy".to_owned());
    assert!(matches!(other, Err(CompileError::Format(_))));
    assert!(matches!(parse(""), Err(CompileError::Toml(_))));
}

#[test]
fn a_policy_file_larger_than_the_limit_is_refused_before_it_is_read() {
    let huge = " ".repeat(Limits::STANDARD.policy_bytes_max + 1);
    assert!(matches!(parse(&huge), Err(CompileError::TooLarge { .. })));
}

#[test]
fn what_is_allowed_and_weak_is_said() {
    let warnings = |change: &dyn Fn(&mut PolicyDraft)| compile(change).unwrap().warnings.join("\n");
    assert!(warnings(&|d| d.threshold = 1).contains("threshold 1"));
    let split = |d: &mut PolicyDraft| {
        d.parties.pop();
        d.threshold = 1;
    };
    assert!(warnings(&split).contains("two groups"));
    let two = |d: &mut PolicyDraft| {
        let key = ed25519("more").public().clone();
        d.keys.insert("more.pub".to_owned(), key);
        d.parties[0].1.push("more.pub".to_owned());
    };
    assert!(warnings(&two).contains("alice has 2 keys"));
}
