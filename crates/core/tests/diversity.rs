//! Independence: parties that agree are a quorum when they are k principals and as diverse as the policy asks.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use quorate::key::SigningKey;
use quorate::policy::{CompileError, Declared, DiversityError, Domain, PolicyError};
use quorate::tenure::{Listed, ListedKey};
use quorate::time::Timestamp;
use quorate::verify::{Outcome, Reason, Verdict};
use quorate_testkit::scenario::{
    AT, Documents, PolicyDraft, Sample, Scene, Tagged, allowed_signer, edited, refusal,
};

const HOME: [&str; 3] = ["self", "DE", "debian"];
const CLOUD: [&str; 3] = ["cloud", "US", "debian"];
const BARN: [&str; 3] = ["barn", "FR", "guix"];

const GIT: &str = r#"
[source]
kind = "git"
repository = "https://example.org/hello.git"
tags = "v*"
allowed_signers = "allowed_signers"
recipe = "quorate.toml"
"#;

/// Who declares what.
type Declaring<'d> = [(&'d str, &'d str, [&'d str; 3])];

fn declared(rules: &str, declaring: &Declaring<'_>) -> impl FnOnce(&mut PolicyDraft) {
    move |draft| {
        for (party, principal, domain) in declaring {
            draft.declare(party, principal, *domain);
        }
        draft.tables.push_str(rules);
    }
}

/// k of n parties, of whom the first `stating` state the sample.
fn scene(
    (threshold, parties, stating): (usize, usize, usize),
    change: impl FnOnce(&mut PolicyDraft),
) -> Scene {
    let mut scene = Scene::with(threshold, parties, change);
    for party in 0..stating {
        scene.states(party, &Sample::catdoc());
    }
    scene
}

fn words(verdict: &Verdict) -> String {
    let answers = verdict.report().answers().iter();
    let reasons = answers.flat_map(|answer| &answer.reasons);
    let diverse = reasons.filter(|reason| reason.code() == "not-diverse");
    diverse
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

fn rule(text: &str) -> String {
    format!("\n[[diversity]]\n{text}\n")
}

fn from_roster(principal: &str, [hosting, country, toolchain]: [&str; 3]) -> Option<Declared> {
    let domain = Domain {
        hosting: hosting.to_owned(),
        country: country.to_owned(),
        toolchain: toolchain.to_owned(),
    };
    Some(Declared::new(principal.to_owned(), domain).unwrap())
}

/// The verdict when a roster declares that of the parties, in their order.
fn judged(scene: &mut Scene, declared: Vec<Option<Declared>>) -> Verdict {
    let parties = scene.parties.iter().zip(declared);
    scene.roster = parties
        .map(|(party, declared)| Listed {
            name: party.name.clone(),
            declared,
            keys: party.keys.iter().map(listed).collect(),
        })
        .collect();
    scene.judge()
}

fn listed(key: &SigningKey) -> ListedKey {
    ListedKey {
        key: key.public().clone(),
        valid_from: Timestamp::from_unix_seconds(0).unwrap(),
        valid_until: None,
        compromised_since: None,
    }
}

#[test]
fn one_operator_listed_as_three_parties_in_one_domain_is_not_two_domains() {
    let same = [
        ("alice", "acme", HOME),
        ("bob", "acme", HOME),
        ("carol", "acme", HOME),
        ("dave", "zeta", CLOUD),
    ];
    let rules = rule("by = \"hosting\"\nat_least = 2");
    let scene = scene((2, 4, 3), declared(&rules, &same));
    assert_eq!(scene.refusal(), Some(("source", "not-diverse")));
    let verdict = scene.judge();
    let said = words(&verdict);
    assert!(
        said.contains("one vote together, which leaves 1 of 2 needed votes"),
        "{said}"
    );
    assert!(said.contains("3 of 4 parties got the same bytes"), "{said}");
    let rebuilt = &verdict.report().answers()[2];
    assert_eq!(
        (rebuilt.outcome, rebuilt.reasons[0].code()),
        (Outcome::No, "not-diverse")
    );
    assert!(
        rebuilt.reasons[0]
            .next_step()
            .unwrap()
            .contains("another principal")
    );
    // No vote of theirs makes the file a product either.
    assert_eq!(verdict.report().answers()[3].outcome, Outcome::No);
}

#[test]
fn parties_of_one_principal_have_one_vote_together_whatever_the_policy_asks() {
    let same = [("alice", "acme", HOME), ("bob", "acme", CLOUD)];
    let two = scene((2, 3, 2), declared("", &same));
    assert_eq!(two.refusal(), Some(("source", "not-diverse")));
    let mut three = two;
    three.states(2, &Sample::catdoc());
    assert_eq!(three.refusal(), None);
    // Whoever declares nothing is its own principal, under its own name.
    let named = [("alice", "carol", HOME), ("bob", "bob", CLOUD)];
    let mut shared = scene((2, 3, 1), declared("", &named));
    shared.states(2, &Sample::catdoc());
    assert_eq!(shared.refusal(), Some(("source", "not-diverse")));
}

#[test]
fn k_parties_in_too_few_domains_are_refused_and_one_more_domain_is_enough() {
    let three = [
        ("alice", "a1", HOME),
        ("bob", "b1", HOME),
        ("carol", "c1", CLOUD),
    ];
    for by in ["hosting", "country"] {
        let rules = rule(&format!("by = \"{by}\"\nat_least = 2"));
        let mut scene = scene((2, 3, 2), declared(&rules, &three));
        let said = words(&scene.judge());
        assert!(
            said.contains(&format!("1 of 2 needed different values of {by}")),
            "{said}"
        );
        scene.states(2, &Sample::catdoc());
        assert_eq!(scene.refusal(), None, "{by}");
    }
}

#[test]
fn a_domain_has_no_more_votes_than_the_policy_gives_it() {
    let four = [
        ("alice", "a1", HOME),
        ("bob", "b1", HOME),
        ("carol", "c1", HOME),
        ("dave", "d1", CLOUD),
        ("erin", "e1", BARN),
    ];
    let rules = rule("by = \"country\"\nvotes_at_most = 1");
    let mut scene = scene((3, 5, 4), declared(&rules, &four));
    let said = words(&scene.judge());
    assert!(
        said.contains("at most 1 of the votes may have one country, which leaves 2 of 3"),
        "{said}"
    );
    scene.states(4, &Sample::catdoc());
    assert_eq!(scene.refusal(), None);
}

#[test]
fn one_principal_in_two_domains_stands_for_one_of_them() {
    // acme is in both countries; whichever it stands for, beta can stand for DE alone.
    let both = [
        ("alice", "acme", HOME),
        ("bob", "acme", CLOUD),
        ("carol", "beta", HOME),
        ("dave", "zeta", BARN),
    ];
    let rules = rule("by = \"country\"\nat_least = 2\nvotes_at_most = 1");
    assert_eq!(scene((2, 4, 3), declared(&rules, &both)).refusal(), None);
    let rules = rule("by = \"country\"\nat_least = 3");
    let three = scene((3, 4, 3), declared(&rules, &both));
    assert_eq!(three.refusal(), Some(("source", "not-diverse")));
}

#[test]
fn a_party_that_does_not_declare_what_a_rule_asks_has_no_vote_under_it() {
    let one = [("alice", "a1", HOME), ("carol", "c1", CLOUD)];
    for rules in [
        "by = \"hosting\"\nat_least = 2",
        "by = \"principal\"\nvotes_at_most = 1",
        "by = \"toolchain\"\nvotes_at_most = 2",
    ] {
        let mut scene = scene((2, 3, 2), declared(&rule(rules), &one));
        let said = words(&scene.judge());
        assert!(said.contains("not declared by bob"), "{rules}: {said}");
        scene.states(2, &Sample::catdoc());
        assert_eq!(scene.refusal(), None, "{rules}");
    }
}

#[test]
fn a_roster_declares_for_parties_of_which_the_policy_says_nothing() {
    let rules = rule("by = \"hosting\"\nat_least = 2");
    let mut scene = scene((2, 2, 2), declared(&rules, &[]));
    assert_eq!(scene.refusal(), Some(("source", "not-diverse")));
    let roster = vec![from_roster("a1", HOME), from_roster("b1", CLOUD)];
    let verdict = judged(&mut scene, roster);
    assert_eq!(refusal(&verdict), None);
    let roster = vec![from_roster("a1", HOME), from_roster("a1", CLOUD)];
    let verdict = judged(&mut scene, roster);
    assert_eq!(refusal(&verdict), Some(("source", "not-diverse")));
}

#[test]
fn where_policy_and_roster_both_declare_the_parties_must_be_independent_by_either() {
    let rules = rule("by = \"hosting\"\nat_least = 2");
    let apart = [("alice", "a1", HOME), ("bob", "b1", CLOUD)];
    let mut scene = scene((2, 2, 2), declared(&rules, &apart));
    let together = vec![from_roster("a1", HOME), from_roster("b1", HOME)];
    let verdict = judged(&mut scene, together);
    assert_eq!(refusal(&verdict), Some(("source", "not-diverse")));
    // What the roster does not say stands as the policy says it.
    let half = vec![None, from_roster("b1", BARN)];
    assert_eq!(refusal(&judged(&mut scene, half)), None);
}

#[test]
fn the_group_that_is_a_quorum_wins_over_a_larger_one_that_is_not() {
    let five = [
        ("alice", "acme", HOME),
        ("bob", "acme", HOME),
        ("carol", "acme", HOME),
        ("dave", "d1", CLOUD),
        ("erin", "e1", BARN),
    ];
    let mut scene = scene((2, 5, 0), declared("", &five));
    for party in 0..3 {
        scene.states(party, &Sample::catdoc().bytes("a lie"));
    }
    scene.states(3, &Sample::catdoc());
    scene.states(4, &Sample::catdoc());
    assert_eq!(scene.refusal(), None);
    scene.hold(b"a lie");
    assert!(!scene.judge().is_quorate());
}

#[test]
fn rules_that_say_nothing_or_can_never_hold_are_refused_when_compiled() {
    let at = Timestamp::parse(AT).unwrap();
    let compile = |rules: &str, declaring: &Declaring<'_>| {
        let scene = Scene::of(2, 3);
        let mut draft = PolicyDraft::of(2, &scene.parties, &scene.owners);
        declared(rules, declaring)(&mut draft);
        draft.compile(at).map(|_| ())
    };
    let diversity = |rules: &str, declaring: &Declaring<'_>| match compile(rules, declaring) {
        Err(CompileError::Diversity(error)) => error,
        other => panic!("{rules}: {other:?}"),
    };
    let nothing = diversity(&rule("by = \"country\""), &[]);
    assert!(matches!(nothing, DiversityError::Nothing("country")));
    let twice = rule("by = \"country\"\nat_least = 2").repeat(2);
    assert!(matches!(
        diversity(&twice, &[]),
        DiversityError::Twice("country")
    ));
    for at_least in [1, 3] {
        let rules = rule(&format!("by = \"country\"\nat_least = {at_least}"));
        assert!(matches!(
            diversity(&rules, &[]),
            DiversityError::AtLeast { .. }
        ));
    }
    assert!(compile(&rule("by = \"country\"\nvotes_at_most = 0"), &[]).is_err());
    assert!(compile(&rule("by = \"colour\"\nat_least = 2"), &[]).is_err());
    let all = [
        ("alice", "a1", HOME),
        ("bob", "b1", HOME),
        ("carol", "c1", HOME),
    ];
    let never = diversity(&rule("by = \"country\"\nat_least = 2"), &all);
    assert!(
        never
            .to_string()
            .contains("1 of 2 needed different values of country"),
        "{never}"
    );
    let one = [
        ("alice", "a1", HOME),
        ("bob", "a1", HOME),
        ("carol", "a1", HOME),
    ];
    assert!(matches!(
        diversity("", &one),
        DiversityError::Unreachable(_)
    ));
    // A roster may declare what the policy leaves out.
    assert!(compile(&rule("by = \"country\"\nat_least = 2"), &all[..2]).is_ok());
}

#[test]
fn words_that_could_mean_two_things_are_refused_in_both_documents() {
    let at = Timestamp::parse(AT).unwrap();
    let draft = |lines: &str| {
        let scene = Scene::of(2, 3);
        let mut draft = PolicyDraft::of(2, &scene.parties, &scene.owners);
        draft
            .party_lines
            .insert("alice".to_owned(), lines.to_owned());
        draft.compile(at).map(|_| ())
    };
    for lines in [
        "principal = \"Acme\"\nhosting = \"self\"\ncountry = \"DE\"\ntoolchain = \"gcc\"\n",
        "principal = \"acme\"\nhosting = \"our own\"\ncountry = \"DE\"\ntoolchain = \"gcc\"\n",
        "principal = \"acme\"\nhosting = \"self\"\ncountry = \"de\"\ntoolchain = \"gcc\"\n",
        "principal = \"acme\"\nhosting = \"self\"\ncountry = \"DEU\"\ntoolchain = \"gcc\"\n",
        "principal = \"acme\"\n",
    ] {
        assert!(
            draft(lines).unwrap_err().to_string().contains("alice"),
            "{lines}"
        );
    }
    let all = [
        ("alice", "a1", HOME),
        ("bob", "b1", CLOUD),
        ("carol", "c1", BARN),
    ];
    let rules = rule("by = \"country\"\nat_least = 2");
    for (path, text) in [
        (&["parties", "0", "declared", "principal"][..], "Acme"),
        (
            &["parties", "0", "declared", "domain", "country"],
            "Germany",
        ),
        (&["parties", "0", "declared", "extra"], "acme"),
        (&["parties", "0", "validFrom"], "yesterday"),
        (&["diversity", "0", "by"], "colour"),
        (&["diversity", "0", "atLeast"], "2"),
    ] {
        let mut scene = scene((2, 3, 2), declared(&rules, &all));
        let text = quorate::json::Json::text(text);
        let terms = edited(&scene.documents.terms_payload, path, Some(text));
        scene.documents = scene.documents.with_terms(&terms, &scene.owners);
        assert_eq!(
            scene.refusal(),
            Some(("policy", "policy-refused")),
            "{path:?}"
        );
    }
}

#[test]
fn signed_rules_that_can_never_hold_are_refused() {
    let all = [
        ("alice", "a1", HOME),
        ("bob", "b1", CLOUD),
        ("carol", "c1", BARN),
    ];
    let rules = rule("by = \"country\"\nat_least = 2");
    let mut scene = scene((2, 3, 2), declared(&rules, &all));
    let three = quorate::json::Json::number(3);
    let terms = edited(
        &scene.documents.terms_payload,
        &["diversity", "0", "atLeast"],
        Some(three),
    );
    scene.documents = scene.documents.with_terms(&terms, &scene.owners);
    let Documents { layout, terms, .. } = &scene.documents;
    let opened =
        quorate::policy::Policy::open(layout, terms, &scene.trust(), scene.at, &scene.limits);
    assert!(matches!(
        opened,
        Err(PolicyError::Diversity(DiversityError::AtLeast { .. }))
    ));
}

#[test]
fn what_a_policy_declares_is_read_back_from_the_signed_terms() {
    let all = [("alice", "a1", HOME), ("bob", "b1", CLOUD)];
    let rules = rule("by = \"toolchain\"\nvotes_at_most = 2");
    let scene = scene((2, 3, 0), declared(&rules, &all));
    let case = scene.case();
    let policy = case.policy().unwrap();
    let alice = policy.parties()[0].declared().unwrap();
    assert_eq!(
        (alice.principal(), alice.domain().country.as_str()),
        ("a1", "DE")
    );
    assert_eq!(policy.parties()[2].declared(), None);
    assert_eq!(policy.diversity().len(), 1);
    let said = scene.judge().report().answers()[0].reasons[0].clone();
    assert!(matches!(said, Reason::PolicyInForce { .. }), "{said}");
}

#[test]
fn two_parties_of_one_principal_cannot_make_the_witnessed_time_earlier() {
    let mut scene = Scene::with(2, 3, |draft| {
        draft.tables.push_str(GIT);
        for party in ["alice", "bob"] {
            draft.declare(party, "acme", HOME);
        }
        let signers = allowed_signer("maria", "namespaces=\"git\"").into_bytes();
        let texts = &mut draft.files.texts;
        texts.insert("allowed_signers".to_owned(), signers);
    });
    scene.hold(Tagged::hello().artifact());
    for (party, seen) in ["10:00:01", "10:00:02", "10:00:40"].into_iter().enumerate() {
        let seen = format!("2026-11-20T{seen}Z");
        scene.states(party, &Tagged::hello().seen(&seen));
    }
    let verdict = scene.judge();
    assert!(verdict.is_quorate(), "{:?}", verdict.report().answers());
    let said = verdict.report().answers()[1].reasons[0].to_string();
    assert!(said.contains("held at 2026-11-20T10:00:40Z"), "{said}");
}
