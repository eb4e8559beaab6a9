//! What is published is what enough holders signed, in an order that misleads nobody.

use std::collections::BTreeMap;

use quorate_trust::metadata::{Received, RoleName, Targets, TopRole, sign};
use quorate_trust::repository::{
    Bins, Change, Founding, Renew, Repository, RepositoryError, RoleChange, RootChange, prepare,
    publish, refresh,
};

use crate::stage::{
    HOLDERS, LIMITS, Stage, bins, days, founding, holders, key, now, path, policy, role,
    signed_by_all,
};

fn renewal(name: RoleName) -> Change {
    Change {
        root: None,
        roles: BTreeMap::from([(name, RoleChange::renewed(days(30)))]),
    }
}

fn rotation(role: TopRole, threshold: u64, names: &[&str]) -> Change {
    Change {
        root: Some(RootChange {
            holders: BTreeMap::from([(role, holders(threshold, names))]),
            expires: days(300),
        }),
        roles: BTreeMap::new(),
    }
}

#[test]
fn a_publication_is_written_from_what_nobody_asks_for_to_the_timestamp() {
    let stage = Stage::founded();
    let mut change = rotation(TopRole::Timestamp, 1, &["timestamp"]);
    let mut board = RoleChange::renewed(days(30));
    board
        .put
        .insert(path("rebuilders/alpha.json"), b"alpha".to_vec());
    change.roles.insert(role("rebuilders"), board);
    let publication = stage.publication(&change, &HOLDERS).unwrap();
    let names: Vec<_> = publication
        .writes
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert!(names[0].starts_with("targets/rebuilders/") && names[0].ends_with(".alpha.json"));
    assert_eq!(
        names[1..],
        [
            "metadata/2.rebuilders.json",
            "metadata/2.snapshot.json",
            "metadata/2.root.json",
            "metadata/timestamp.json"
        ]
    );
}

#[test]
fn a_change_is_said_in_words_before_anybody_signs() {
    let stage = Stage::with_projects();
    let mut change = rotation(TopRole::Root, 3, &["root-1", "root-2", "zlib-1"]);
    let mut catdoc = RoleChange::renewed(days(30));
    catdoc.put.insert(policy("catdoc"), b"another".to_vec());
    change.roles.insert(role("proj-catdoc"), catdoc);
    let words = prepare(&stage.read(), &change, &LIMITS).unwrap().words;
    let said = |text: &str| {
        assert!(
            words.iter().any(|line| line.contains(text)),
            "{text}: {words:#?}"
        )
    };
    said("root: version 1 becomes 2, expires 2027-10-28T00:00:00Z");
    said(&format!(
        "root: adds the key {}",
        key("zlib-1").public().id()
    ));
    said(&format!(
        "root: removes the key {}",
        key("root-3").public().id()
    ));
    said("root: needs 3 of 3 keys");
    said("proj-catdoc: replaces p/catdoc/policy.json by 7 bytes");
    assert_eq!(words.len(), 6, "{words:#?}");
}

#[test]
fn a_role_that_too_few_holders_signed_is_not_published() {
    let stage = Stage::with_projects();
    let change = renewal(role("proj-catdoc"));
    let refused = stage.publication(&change, &["catdoc-1", "zlib-1", "root-1", "targets-1"]);
    assert!(matches!(refused, Err(RepositoryError::Signatures { .. })));
    assert!(
        stage
            .publication(&change, &["catdoc-1", "catdoc-2"])
            .is_ok()
    );
}

#[test]
fn a_root_needs_the_holders_before_it_and_its_own() {
    let stage = Stage::founded();
    let change = rotation(TopRole::Root, 2, &["zlib-1", "catdoc-1"]);
    for (signers, fits) in [
        (&["root-1", "root-2"][..], false),
        (&["zlib-1", "catdoc-1"], false),
        (&["root-1", "zlib-1", "catdoc-1"], false),
        (&["root-1", "root-3", "zlib-1", "catdoc-1"], true),
    ] {
        let published = stage.publication(&change, signers);
        assert_eq!(published.is_ok(), fits, "{signers:?}");
    }
}

#[test]
fn versions_rise_by_exactly_one() {
    let stage = Stage::founded();
    let prepared = prepare(&stage.read(), &renewal(role("rebuilders")), &LIMITS).unwrap();
    for version in ["1", "3", "4"] {
        let files = prepared.files.iter().map(|(name, bytes)| {
            let to = format!("\"version\":{version}");
            (
                name.clone(),
                crate::stage::replaced(bytes, "\"version\":2", &to),
            )
        });
        let signed = signed_by_all(files.collect(), &HOLDERS);
        let refused = publish(&stage.read(), &signed, stage.online(), now(), &LIMITS);
        assert!(
            matches!(
                (version, refused),
                ("1", Err(RepositoryError::Stale { .. }))
                    | ("3" | "4", Err(RepositoryError::Version { .. }))
            ),
            "{version}"
        );
    }
}

#[test]
fn new_holders_sign_what_was_signed_by_those_before() {
    let mut stage = Stage::with_projects();
    let change = rotation(TopRole::Targets, 1, &["late"]);
    let prepared = prepare(&stage.read(), &change, &LIMITS).unwrap();
    assert_eq!(
        prepared.files.keys().collect::<Vec<_>>(),
        ["root.json", "targets.json"]
    );
    // Taken out of the ceremony, the old file would be left behind without a signature that counts.
    let mut without = prepared.files;
    without.remove("targets.json");
    let signed = signed_by_all(without, &HOLDERS);
    let refused = publish(&stage.read(), &signed, stage.online(), now(), &LIMITS);
    assert!(matches!(refused, Err(RepositoryError::Signatures { .. })));
    let published = stage.publication(&change, &["root-1", "root-2", "late"]);
    stage.files.extend(published.unwrap().writes);
    assert_eq!(stage.read().root().unwrap().version().number(), 2);
}

#[test]
fn what_nobody_delegates_and_what_belongs_to_nothing_is_not_published() {
    let stage = Stage::founded();
    let refused = stage.publication(&renewal(role("proj-nobody")), &HOLDERS);
    assert!(matches!(refused, Err(RepositoryError::NobodyDelegates(_))));

    let prepared = prepare(&stage.read(), &renewal(role("rebuilders")), &LIMITS).unwrap();
    for name in ["targets/ab.stray", "notes.txt"] {
        let mut files = signed_by_all(prepared.files.clone(), &HOLDERS);
        files.insert(name.to_owned(), b"{}".to_vec());
        let refused = publish(&stage.read(), &files, stage.online(), now(), &LIMITS);
        assert!(matches!(refused, Err(RepositoryError::Stray(_))), "{name}");
    }
}

#[test]
fn a_target_whose_file_is_missing_or_another_is_not_published() {
    let stage = Stage::with_projects();
    let mut catdoc = RoleChange::renewed(days(30));
    catdoc.put.insert(policy("catdoc"), b"another".to_vec());
    let change = Change {
        root: None,
        roles: BTreeMap::from([(role("proj-catdoc"), catdoc)]),
    };
    let prepared = prepare(&stage.read(), &change, &LIMITS).unwrap();
    let signed = signed_by_all(prepared.files, &HOLDERS);
    let name = signed
        .keys()
        .find(|name| name.starts_with("targets/"))
        .unwrap()
        .clone();
    let mut without = signed.clone();
    without.remove(&name);
    let refused = publish(&stage.read(), &without, stage.online(), now(), &LIMITS);
    assert!(matches!(refused, Err(RepositoryError::Missing(_))));
    let mut other = signed;
    other.insert(name, b"anothex".to_vec());
    let refused = publish(&stage.read(), &other, stage.online(), now(), &LIMITS);
    assert!(matches!(refused, Err(RepositoryError::Mismatch { .. })));
}

#[test]
fn an_expired_role_is_not_published() {
    let stage = Stage::founded();
    let mut change = renewal(role("rebuilders"));
    change
        .roles
        .insert(role("rebuilders"), RoleChange::renewed(now()));
    let refused = stage.publication(&change, &HOLDERS);
    assert!(matches!(refused, Err(RepositoryError::Expired { .. })));
}

#[test]
fn online_keys_of_somebody_else_publish_nothing() {
    let mut stage = Stage::founded();
    stage.timestamp = vec![key("snapshot")];
    let refused = refresh(&stage.read(), Renew::Timestamp, stage.online(), &LIMITS);
    assert!(matches!(refused, Err(RepositoryError::OnlineKeys { .. })));
}

#[test]
fn a_refresh_makes_the_online_roles_alone() {
    let stage = Stage::founded();
    let names = |renew| {
        let publication = refresh(&stage.read(), renew, stage.online(), &LIMITS).unwrap();
        let writes = publication.writes.into_iter();
        writes.map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(names(Renew::Timestamp), ["metadata/timestamp.json"]);
    assert_eq!(
        names(Renew::Both),
        ["metadata/2.snapshot.json", "metadata/timestamp.json"]
    );
}

#[test]
fn a_project_that_nobody_delegates_to_any_more_stays_in_the_snapshot() {
    let mut stage = Stage::with_projects();
    let bin = bins().bin_of(&policy("zlib")).unwrap();
    let mut ended = RoleChange::renewed(days(180));
    ended.undelegate.insert(role("proj-zlib"));
    stage.change(&Change {
        root: None,
        roles: BTreeMap::from([(bin, ended)]),
    });
    // A client that has seen it would refuse a snapshot without it.
    let repository = stage.read();
    let (_, snapshot) = repository.online().unwrap();
    assert!(snapshot.content().meta(&role("proj-zlib")).is_some());
}

#[test]
fn a_second_signature_of_one_holder_takes_the_place_of_the_first() {
    let stage = Stage::founded();
    let prepared = prepare(&stage.read(), &renewal(role("rebuilders")), &LIMITS).unwrap();
    let once = sign(&prepared.files["rebuilders.json"], &key("board-1"), &LIMITS).unwrap();
    let twice = sign(&once, &key("board-1"), &LIMITS).unwrap();
    assert_eq!(once, twice);
}

#[test]
fn the_largest_number_of_bins_fits_what_every_client_reads() {
    let founding = Founding {
        bins: Bins::of_bits(12).unwrap(),
        ..founding()
    };
    let change = founding.into_change().unwrap();
    let prepared = prepare(&Repository::default(), &change, &LIMITS).unwrap();
    let targets = Received::<Targets>::read(&prepared.files["targets.json"], &LIMITS).unwrap();
    assert!(targets.unverified().delegations().iter().count() > 4_096);
}
