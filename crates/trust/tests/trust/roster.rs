//! Parties, naming rules and policies as target files: read strictly, and taken from the role that alone may vouch for them.

use std::collections::BTreeMap;

use proptest::prelude::{Strategy, any, prop, proptest};
use quorate::time::Timestamp;
use quorate_trust::client::{ProjectPolicy, TrustError, Workflow};
use quorate_trust::metadata::{RoleName, Scope};
use quorate_trust::naming::{self, Naming, NamingError};
use quorate_trust::project::{Project, is_project_name};
use quorate_trust::repository::{Change, Delegate, RoleChange};
use quorate_trust::roster::{Domain, Party, PartyKey, Roster, RosterError, path_of};

use crate::stage::{
    LIMITS, Reader, Served, Stage, bins, days, holders, now, public, replaced, role,
};

fn party(name: &str) -> Party {
    Party {
        name: name.to_owned(),
        principal: format!("{name}-university"),
        operator: "Some University, Départment 1".to_owned(),
        domain: Domain {
            hosting: "self".to_owned(),
            country: "DE".to_owned(),
            toolchain: "debian-bookworm".to_owned(),
        },
        roles: vec!["rebuilder".to_owned()],
        contact: "mailto:somebody@example.org".to_owned(),
        keys: vec![PartyKey {
            key: public(name),
            valid_from: now(),
            valid_until: None,
            compromised_since: None,
        }],
    }
}

fn roster_of(parties: &[(&str, Party)]) -> Result<Roster, RosterError> {
    let files = parties
        .iter()
        .map(|(name, party)| (path_of(name).unwrap(), party.to_bytes()));
    let files: BTreeMap<_, _> = files.collect();
    let files = files.iter().map(|(path, bytes)| (path, bytes.as_slice()));
    Roster::read(files, &LIMITS)
}

fn project(name: &str) -> Project {
    Project::new(name).unwrap()
}

/// A role's next version with these target files.
fn with_files(files: &[(&str, &[u8])]) -> RoleChange {
    let mut change = RoleChange::renewed(days(80));
    for (path, bytes) in files {
        change.put.insert(crate::stage::path(path), bytes.to_vec());
    }
    change
}

/// What a client that just brought everything up to date finds.
fn found<T>(
    stage: &Stage,
    look: impl FnOnce(
        &mut Workflow<'_, quorate_trust::client::MemoryShelf>,
        &mut Served<'_>,
    ) -> Result<T, TrustError>,
) -> Result<T, TrustError> {
    let mut reader = Reader::of(stage);
    reader.update(stage).unwrap();
    let mut served = Served::of(&stage.files);
    let mut workflow = Workflow::begin(&mut reader.shelf, &reader.pin, None, now(), reader.limits)?;
    workflow.load()?;
    look(&mut workflow, &mut served)
}

fn policy_in(stage: &Stage, name: &str) -> Result<ProjectPolicy, TrustError> {
    found(stage, |workflow, served| {
        workflow.policy_of(&project(name), Some(served))
    })
}

/// A repository with the project hello, whose policy files are given to `others` where they are named there.
fn with_policy(others: &[(&str, &str)]) -> Stage {
    let mut stage = Stage::founded();
    let mut change = Change::default();
    for path in project("hello").paths().all() {
        let moved = others.iter().find(|(end, _)| path.as_str().ends_with(end));
        let owner = role(moved.map_or("proj-hello", |(_, other)| other));
        let delegations = bins().delegations(
            &owner,
            &holders(1, &["zlib-1"]),
            std::slice::from_ref(&path),
        );
        for (bin, delegate) in delegations.unwrap() {
            let bin = change
                .roles
                .entry(bin)
                .or_insert(RoleChange::renewed(days(80)));
            match bin.delegate.iter_mut().find(|it| it.role == delegate.role) {
                Some(Delegate {
                    scope: Scope::Paths(paths),
                    ..
                }) => {
                    paths.push(path.to_string());
                }
                _ => bin.delegate.push(delegate),
            }
        }
        if !path.as_str().ends_with("certificates") {
            let file = change
                .roles
                .entry(owner)
                .or_insert(RoleChange::renewed(days(80)));
            file.put.insert(path.clone(), path.to_string().into_bytes());
        }
    }
    stage.change(&change);
    stage
}

#[test]
fn an_entry_that_says_more_or_less_than_the_format_is_refused() {
    let good = party("alpha").to_bytes();
    assert_eq!(Party::read(&good, &LIMITS).unwrap(), party("alpha"));
    for (from, to) in [
        ("/party/v1\"", "/party/v2\""),
        ("/party/v1\"", "/naming/v1\""),
        ("\"name\":\"alpha\"", "\"name\":\"Alpha\""),
        ("\"name\":\"alpha\"", "\"name\":\"../alpha\""),
        ("\"name\":\"alpha\"", "\"name\":\"alpha\",\"vote\":2"),
        ("\"hosting\":\"self\"", "\"hosting\":\"Self\""),
        ("\"hosting\":\"self\",", ""),
        ("\"country\":\"DE\"", "\"country\":\"Germany\""),
        ("\"roles\":[\"rebuilder\"]", "\"roles\":[]"),
        (
            "\"roles\":[\"rebuilder\"]",
            "\"roles\":[\"rebuilder\",\"rebuilder\"]",
        ),
        ("somebody@", "somebody\\n@"),
        (
            "\"validUntil\":null",
            "\"validUntil\":\"2026-01-01T00:00:00Z\"",
        ),
        ("\"validUntil\":null", "\"validUntil\":\"never\""),
        (
            "\"validUntil\":null",
            "\"validUntil\":null,\"trusted\":true",
        ),
        (",\"validUntil\":null", ""),
        ("\"compromisedSince\":null,", ""),
        ("\"compromisedSince\":null", "\"compromisedSince\":\"soon\""),
        ("\"keytype\":\"ed25519\"", "\"keytype\":\"ed448\""),
    ] {
        let refused = Party::read(&replaced(&good, from, to), &LIMITS);
        assert!(refused.is_err(), "{to}");
    }
    let large = [&good[..], &vec![b' '; LIMITS.party_bytes_max]].concat();
    assert!(Party::read(&large, &LIMITS).is_err());
}

#[test]
fn an_entry_without_a_key_or_with_one_key_twice_is_refused() {
    let mut keyless = party("alpha");
    keyless.keys.clear();
    assert!(Party::read(&keyless.to_bytes(), &LIMITS).is_err());
    let mut doubled = party("alpha");
    let again = doubled.keys[0].key.with_id("another-name").unwrap();
    doubled.keys.push(PartyKey {
        key: again,
        valid_from: days(1),
        valid_until: None,
        compromised_since: None,
    });
    assert!(Party::read(&doubled.to_bytes(), &LIMITS).is_err());
}

#[test]
fn a_key_of_two_parties_is_refused_whatever_it_is_called() {
    let mut beta = party("beta");
    beta.keys[0].key = public("alpha").with_id("another-name").unwrap();
    let refused = roster_of(&[("alpha", party("alpha")), ("beta", beta)]);
    assert!(matches!(refused, Err(RosterError::SharedKey { .. })));
    let both = roster_of(&[("alpha", party("alpha")), ("beta", party("beta"))]);
    assert_eq!(both.unwrap().parties().len(), 2);
}

#[test]
fn an_entry_under_another_partys_path_is_refused() {
    let refused = roster_of(&[("alpha", party("beta"))]);
    assert!(matches!(refused, Err(RosterError::OtherPath { .. })));
}

#[test]
fn a_client_reads_the_roster_and_knows_holders_by_name() {
    let mut stage = Stage::founded();
    let (alpha, beta) = (party("alpha").to_bytes(), party("board-1").to_bytes());
    let files = [
        ("rebuilders/alpha.json", &alpha[..]),
        ("rebuilders/board-1.json", &beta[..]),
    ];
    stage.change(&Change {
        root: None,
        roles: [(role("rebuilders"), with_files(&files))].into(),
    });
    let (roster, status) = found(&stage, |workflow, served| {
        let roster = workflow.roster(Some(served))?;
        Ok((roster, workflow.status()))
    })
    .unwrap();
    assert_eq!(roster.party("alpha"), Some(&party("alpha")));
    let board = status
        .roles
        .iter()
        .find(|it| it.role == "rebuilders")
        .unwrap();
    let names: Vec<_> = board
        .signed_by
        .iter()
        .map(|id| roster.holder_of(id))
        .collect();
    assert!(
        names.contains(&Some("board-1")) && names.contains(&None),
        "{names:?}"
    );
}

#[test]
fn one_bad_entry_makes_the_roster_none() {
    let mut stage = Stage::founded();
    let good = party("alpha").to_bytes();
    let files = [
        ("rebuilders/alpha.json", &good[..]),
        ("rebuilders/beta.json", b"{}"),
    ];
    stage.change(&Change {
        root: None,
        roles: [(role("rebuilders"), with_files(&files))].into(),
    });
    let refused = found(&stage, |workflow, served| workflow.roster(Some(served)));
    assert!(matches!(refused, Err(TrustError::Roster(_))), "{refused:?}");
}

#[test]
fn the_first_naming_rule_that_matches_decides() {
    let text = br#"{"_type":"https://quorate.dev/naming/v1","rules":[
        {"pattern":"hello-doc*","project":"hello-doc"},{"pattern":"hello*","project":"hello"},
        {"pattern":"*_*_*.deb","before":"_"},{"pattern":"hello*","project":"never"}]}"#;
    let naming = Naming::read(text, &LIMITS).unwrap();
    assert_eq!(Naming::read(&naming.to_bytes(), &LIMITS).unwrap(), naming);
    for (file, project) in [
        ("hello_1.0_amd64.deb", "hello"),
        ("hello-doc_1.0_all.deb", "hello-doc"),
        ("zlib1g_1.2_amd64.deb", "zlib1g"),
    ] {
        assert_eq!(naming.project_of(file).unwrap(), project);
    }
    for (file, project) in [
        ("zlib.tar", false),
        ("ZLIB_1_2.deb", true),
        ("_1_2.deb", true),
    ] {
        let refused = naming.project_of(file).unwrap_err();
        assert_eq!(
            matches!(refused, NamingError::NoProject { .. }),
            project,
            "{file}"
        );
    }
}

#[test]
fn a_naming_rule_that_names_no_project_or_two_is_refused() {
    for rule in [
        r#"{"pattern":"*"}"#,
        r#"{"pattern":"*","project":"a1","before":"_"}"#,
        r#"{"pattern":"*","project":"../a"}"#,
        r#"{"pattern":"*","before":""}"#,
        r#"{"pattern":"*","project":"a1","also":1}"#,
        r#"{"project":"a1"}"#,
    ] {
        let text = format!(r#"{{"_type":"https://quorate.dev/naming/v1","rules":[{rule}]}}"#);
        assert!(Naming::read(text.as_bytes(), &LIMITS).is_err(), "{rule}");
    }
}

#[test]
fn naming_rules_of_another_role_than_targets_are_refused() {
    let mut stage = Stage::with_projects();
    let path = naming::path();
    let delegations = bins().delegations(&role("proj-zlib"), &holders(1, &["zlib-1"]), &[path]);
    let mut change = Change::default();
    let rules = Naming::default().to_bytes();
    for (bin, delegate) in delegations.unwrap() {
        let mut renewed = RoleChange::renewed(days(80));
        renewed.delegate.push(delegate);
        change.roles.insert(bin, renewed);
    }
    let own = with_files(&[("naming.json", &rules)]);
    change.roles.insert(role("proj-zlib"), own);
    stage.change(&change);
    let refused = found(&stage, |workflow, served| workflow.naming(Some(served)));
    assert!(
        matches!(refused, Err(TrustError::OtherRole { .. })),
        "{refused:?}"
    );

    let mut change = Change::default();
    change
        .roles
        .insert(RoleName::targets(), with_files(&[("naming.json", &rules)]));
    stage.change(&change);
    assert!(found(&stage, |workflow, served| workflow.naming(Some(served))).is_ok());
}

#[test]
fn a_policy_is_of_one_role_whole() {
    let policy = policy_in(&with_policy(&[]), "hello").unwrap();
    assert_eq!(policy.terms(), b"p/hello/policy.terms");
    assert_eq!(policy.certificates(), None);
    assert_eq!(policy.role(), &role("proj-hello"));
    let refused = policy_in(&with_policy(&[("terms", "proj-zlib")]), "hello");
    assert!(
        matches!(refused, Err(TrustError::OtherRole { .. })),
        "{refused:?}"
    );
    let refused = policy_in(&with_policy(&[]), "zlib");
    assert!(
        matches!(refused, Err(TrustError::NoTarget(_))),
        "{refused:?}"
    );
}

#[test]
fn no_project_has_the_role_of_another() {
    let second = project("hello").role(2).unwrap();
    assert_eq!(second.as_str(), "proj-hello_2");
    assert!(!is_project_name("hello_2"));
    let longest = "h".repeat(52);
    assert!(project(&longest).role(999_999).is_ok());
    assert!(!is_project_name(&format!("{longest}h")));
}

fn words() -> impl Strategy<Value = String> {
    "[a-z0-9][a-z0-9+.-]{1,20}".prop_map(|word| word)
}

proptest! {
    #[test]
    fn what_is_written_of_a_party_is_read_as_it_was(
        words in prop::array::uniform5(words()),
        texts in prop::array::uniform2("[ -~é]{1,90}"),
        seconds in prop::collection::vec((0_i64..4_000_000_000, 0_i64..1_000_000_000, any::<bool>()), 1..6),
    ) {
        let [name, principal, hosting, toolchain, role] = words;
        let [operator, contact] = texts;
        let keys = seconds.iter().enumerate().map(|(number, (from, length, ends))| PartyKey {
            key: public(&format!("{number}")),
            valid_from: Timestamp::from_unix_seconds(*from).unwrap(),
            valid_until: ends.then(|| Timestamp::from_unix_seconds(from + length).unwrap()),
            compromised_since: ends.then(|| Timestamp::from_unix_seconds(*from).unwrap()),
        });
        let domain = Domain { hosting, country: "FR".to_owned(), toolchain };
        let party = Party { name, principal, operator, domain, roles: vec![role], contact, keys: keys.collect() };
        assert_eq!(Party::read(&party.to_bytes(), &LIMITS).unwrap(), party);
    }

    #[test]
    fn an_entry_with_a_hole_never_panics_and_is_never_read_as_two_things(at in any::<usize>(), with in any::<u8>()) {
        let mut bytes = party("alpha").to_bytes();
        let at = at % bytes.len();
        bytes[at] = with;
        if let Ok(read) = Party::read(&bytes, &LIMITS) {
            assert_eq!(Party::read(&read.to_bytes(), &LIMITS).unwrap(), read);
        }
        drop(Naming::read(&bytes, &LIMITS));
    }
}
