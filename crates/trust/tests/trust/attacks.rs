//! What a hostile mirror, or the holder of a stolen key, serves to a client. Each is in memory, with real keys.

use quorate_trust::client::{Pin, TrustError};
use quorate_trust::metadata::{MetadataError, TopRole, Version};
use quorate_trust::repository::{Change, Renew, RoleChange, RootChange};

use crate::stage::{
    HOLDERS, Reader, Served, Stage, days, holders, key, now, replaced, resigned, role,
};

const TIMESTAMP: &str = "metadata/timestamp.json";
/// A timestamp's own version, in its file.
const OWN: &str = "\"1.0.34\",\"version\":1}";

fn rotation(role: TopRole, threshold: u64, names: &[&str]) -> Change {
    Change {
        root: Some(RootChange {
            holders: [(role, holders(threshold, names))].into(),
            expires: days(300),
        }),
        roles: [].into(),
    }
}

fn versions(status: &quorate_trust::client::Status) -> Vec<(String, u64)> {
    let roles = status.roles.iter();
    roles
        .map(|role| (role.role.clone(), role.version.number()))
        .collect()
}

#[test]
fn a_client_follows_from_the_pinned_root() {
    let mut stage = Stage::with_projects();
    let mut reader = Reader::of(&stage);
    stage.change(&rotation(TopRole::Root, 2, &["root-1", "root-2", "zlib-1"]));
    stage.change(&rotation(TopRole::Snapshot, 1, &["snapshot"]));
    let status = reader.update(&stage).unwrap();
    let expected = [
        ("root", 3),
        ("timestamp", 5),
        ("snapshot", 5),
        ("targets", 1),
    ];
    assert_eq!(
        versions(&status),
        expected.map(|(role, version)| (role.to_owned(), version))
    );
    assert_eq!(status.roles[0].signed_by.len(), 3);
    assert!(!status.clock_is_behind && status.passed_over.is_empty());
    // Nothing is new: only the next root and the timestamp are asked for.
    let mut served = Served::of(&stage.files);
    reader.update_from(&mut served, now()).unwrap();
    assert_eq!(served.asked, ["metadata/4.root.json", TIMESTAMP]);
}

#[test]
fn an_older_timestamp_than_one_seen_is_refused() {
    let mut stage = Stage::founded();
    let old = stage.files[TIMESTAMP].clone();
    stage.refresh(Renew::Timestamp);
    let mut reader = Reader::of(&stage);
    reader.update(&stage).unwrap();
    stage.files.insert(TIMESTAMP.to_owned(), old);
    let refused = reader.update(&stage);
    assert!(matches!(refused, Err(TrustError::Rollback { role, .. }) if role == "timestamp"));
}

#[test]
fn a_newer_timestamp_with_an_older_snapshot_is_refused() {
    let mut stage = Stage::founded();
    let first = stage.files[TIMESTAMP].clone();
    stage.refresh(Renew::Both);
    let mut reader = Reader::of(&stage);
    reader.update(&stage).unwrap();
    let mixed = resigned(&first, OWN, &OWN.replace("1}", "9}"), &[&key("timestamp")]);
    stage.files.insert(TIMESTAMP.to_owned(), mixed);
    let refused = reader.update(&stage);
    assert!(
        matches!(&refused, Err(TrustError::Rollback { role, .. }) if role == "snapshot"),
        "{refused:?}"
    );
}

#[test]
fn a_snapshot_that_lowers_or_drops_a_role_is_refused() {
    let mut stage = Stage::with_projects();
    let mut reader = Reader::of(&stage);
    reader.update(&stage).unwrap();
    // The holder of the online keys, who is online and may be anybody, forgets that zlib had a policy.
    let mut forgetful = Stage::founded();
    for _ in 0..3 {
        forgetful.refresh(Renew::Both);
    }
    let refused = reader.update(&forgetful);
    assert!(
        matches!(
            refused,
            Err(TrustError::Vanished(_) | TrustError::Rollback { .. })
        ),
        "{refused:?}"
    );
    // That timestamp was signed and seen. The next one ends the matter.
    stage.refresh(Renew::Both);
    stage.refresh(Renew::Both);
    reader.update(&stage).unwrap();
}

#[test]
fn a_mirror_that_stands_still_is_refused_when_the_timestamp_expires() {
    let stage = Stage::founded();
    let mut reader = Reader::of(&stage);
    reader.update_at(&stage, days(6)).unwrap();
    let refused = reader.update_at(&stage, days(7));
    assert!(matches!(refused, Err(TrustError::Expired { role, .. }) if role == "timestamp"));
}

#[test]
fn files_of_two_publications_are_not_mixed() {
    let mut stage = Stage::with_projects();
    let old = stage.files.clone();
    stage.change(&Change {
        root: None,
        roles: [(role("rebuilders"), RoleChange::renewed(days(80)))].into(),
    });
    stage.refresh(Renew::Both);
    let newest = stage.read().online().unwrap().1.version();
    for (name, of) in [
        (
            format!("metadata/{newest}.snapshot.json"),
            "metadata/3.snapshot.json",
        ),
        (
            "metadata/1.targets.json".to_owned(),
            "metadata/2.rebuilders.json",
        ),
    ] {
        let mut mixed = Stage {
            files: stage.files.clone(),
            ..Stage::empty()
        };
        let other = old.get(of).or(stage.files.get(of)).unwrap().clone();
        mixed.files.insert(name.clone(), other);
        let refused = Reader::of(&mixed).update(&mixed);
        assert!(
            matches!(
                refused,
                Err(TrustError::Mismatch { .. } | TrustError::Fetch { .. })
            ),
            "{name}: {refused:?}"
        );
    }
}

#[test]
fn endless_data_is_cut_off_at_the_length_that_is_said_or_the_limit() {
    for name in [
        TIMESTAMP,
        "metadata/1.snapshot.json",
        "metadata/1.targets.json",
        "metadata/2.root.json",
    ] {
        let mut stage = Stage::founded();
        let mut bytes = stage.files.get(name).cloned().unwrap_or_default();
        bytes.resize(6_000_000, b' ');
        stage.files.insert(name.to_owned(), bytes);
        let refused = Reader::of(&stage).update(&stage);
        assert!(
            matches!(refused, Err(TrustError::Fetch { .. })),
            "{name}: {refused:?}"
        );
    }
}

#[test]
fn a_mirror_that_drips_is_given_up() {
    let stage = Stage::with_projects();
    let mut served = Served::of(&stage.files);
    served.seconds_each = 61;
    let refused = Reader::of(&stage).update_from(&mut served, now());
    assert!(
        matches!(refused, Err(TrustError::Fetch { .. })),
        "{refused:?}"
    );
    let mut served = Served::of(&stage.files);
    served.seconds_each = 50;
    let mut reader = Reader::of(&stage);
    reader.limits.update_seconds_max = 100;
    let refused = reader.update_from(&mut served, now());
    assert!(
        matches!(refused, Err(TrustError::TimeSpent { .. })),
        "{refused:?}"
    );
}

#[test]
fn fast_forward_is_recovered_by_a_root_with_other_online_keys() {
    let mut stage = Stage::founded();
    let mut reader = Reader::of(&stage);
    // Who stole the timestamp key sets the version out of reach.
    let good = stage.files[TIMESTAMP].clone();
    let out_of_reach = OWN.replace("1}", "18446744073709551615}");
    let far = resigned(&good, OWN, &out_of_reach, &[&key("timestamp")]);
    stage.files.insert(TIMESTAMP.to_owned(), far);
    reader.update(&stage).unwrap();
    stage.files.insert(TIMESTAMP.to_owned(), good);
    assert!(matches!(
        reader.update(&stage),
        Err(TrustError::Rollback { .. })
    ));
    stage.timestamp = vec![key("timestamp-2")];
    stage.change(&rotation(TopRole::Timestamp, 1, &["timestamp-2"]));
    let status = reader.update(&stage).unwrap();
    assert_eq!(status.roles[1].version.number(), 2);
}

#[test]
fn a_signature_of_another_role_counts_for_nothing() {
    let stage = Stage::founded();
    let wrong = [key("root-1"), key("snapshot"), key("targets-1")];
    let wrong: Vec<_> = wrong.iter().collect();
    let mut hostile = Stage {
        files: stage.files.clone(),
        ..Stage::empty()
    };
    let bytes = resigned(
        &stage.files[TIMESTAMP],
        "\"version\"",
        "\"version\"",
        &wrong,
    );
    hostile.files.insert(TIMESTAMP.to_owned(), bytes);
    let refused = Reader::of(&stage).update(&hostile);
    assert!(
        matches!(refused, Err(TrustError::Signatures { source, .. }) if source.signed_by.is_empty())
    );
}

#[test]
fn a_root_that_jumps_over_a_version_is_refused() {
    let mut stage = Stage::founded();
    stage.change(&rotation(TopRole::Timestamp, 1, &["timestamp"]));
    stage.change(&rotation(TopRole::Timestamp, 1, &["timestamp"]));
    let third = stage.files["metadata/3.root.json"].clone();
    stage.files.insert("metadata/2.root.json".to_owned(), third);
    let refused = Reader::of(&stage).update(&stage);
    assert!(
        matches!(refused, Err(TrustError::RootJump { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_root_that_only_its_own_new_holders_signed_is_refused() {
    let stage = Stage::founded();
    let first = stage.first_root();
    let thief = key("thief");
    let id = key("root-1").public().id().to_owned();
    let own = replaced(&first, "\"version\":1", "\"version\":2");
    let text = String::from_utf8(own).unwrap();
    let text = text.replace(&id, thief.public().id());
    let hex = |key: &quorate::key::SigningKey| {
        let json = String::from_utf8(key.public().to_json().to_text()).unwrap();
        json.split("\"public\":\"").nth(1).unwrap()[..64].to_owned()
    };
    let text = text.replace(&hex(&key("root-1")), &hex(&thief));
    let bytes = resigned(
        text.as_bytes(),
        "\"version\":2",
        "\"version\":2",
        &[&thief, &key("root-2")],
    );
    let mut hostile = Stage {
        files: stage.files.clone(),
        ..Stage::empty()
    };
    hostile
        .files
        .insert("metadata/2.root.json".to_owned(), bytes);
    let refused = Reader::of(&stage).update(&hostile);
    assert!(
        matches!(refused, Err(TrustError::Signatures { source, .. }) if source.role == "root 1")
    );
}

#[test]
fn a_root_whose_threshold_is_0_or_met_by_one_key_twice_is_refused() {
    let stage = Stage::founded();
    let signers: Vec<_> = ["root-1", "root-2"].map(key).into();
    let signers: Vec<_> = signers.iter().collect();
    let second = replaced(&stage.first_root(), "\"version\":1", "\"version\":2");
    let one = String::from_utf8(key("root-1").public().to_json().to_text()).unwrap();
    let twin = format!("\"keys\":{{\"twin\":{one},");
    for (from, to) in [
        ("\"threshold\":2", "\"threshold\":0"),
        ("\"keys\":{", &twin),
    ] {
        let bytes = resigned(&second, from, to, &signers);
        let mut hostile = Stage {
            files: stage.files.clone(),
            ..Stage::empty()
        };
        hostile
            .files
            .insert("metadata/2.root.json".to_owned(), bytes);
        let refused = Reader::of(&stage).update(&hostile);
        assert!(
            matches!(
                refused,
                Err(TrustError::Metadata {
                    source: MetadataError::ThresholdZero(_) | MetadataError::OneKeyTwice { .. },
                    ..
                })
            ),
            "{to}: {refused:?}"
        );
    }
}

#[test]
fn whatever_has_expired_at_the_time_of_the_update_is_refused() {
    // Root and targets expire after 365 days; the online roles here much later.
    let mut stage = Stage::founded();
    stage.online_expires = days(3000);
    stage.refresh(Renew::Both);
    let refused = Reader::of(&stage).update_at(&stage, days(365));
    assert!(matches!(refused, Err(TrustError::Expired { role, .. }) if role == "root"));
    stage.change(&Change {
        root: Some(RootChange {
            holders: [].into(),
            expires: days(2000),
        }),
        roles: [].into(),
    });
    let refused = Reader::of(&stage).update_at(&stage, days(365));
    assert!(matches!(refused, Err(TrustError::Expired { role, .. }) if role == "targets"));
    assert!(Reader::of(&stage).update_at(&stage, days(364)).is_ok());
    let mut stage = Stage::founded();
    let snapshot = stage.online_expires;
    stage.online_expires = days(100);
    stage.refresh(Renew::Timestamp);
    let refused = Reader::of(&stage).update_at(&stage, snapshot);
    assert!(matches!(refused, Err(TrustError::Expired { role, .. }) if role == "snapshot"));
}

#[test]
fn an_expired_root_on_the_way_to_a_newer_one_does_not_stop_a_client() {
    let mut stage = Stage::founded();
    stage.change(&Change {
        root: Some(RootChange {
            holders: [].into(),
            expires: days(2),
        }),
        roles: [].into(),
    });
    stage.change(&rotation(TopRole::Timestamp, 1, &["timestamp"]));
    assert!(Reader::of(&stage).update_at(&stage, days(5)).is_ok());
}

#[test]
fn another_root_than_the_pinned_one_is_never_taken_on_first_use() {
    let stage = Stage::founded();
    let sha256 = quorate::digest::Sha256::of(&stage.first_root());
    let mut reader = Reader::of(&stage);
    reader.pin = Pin::Digest {
        version: Version::FIRST,
        sha256,
    };
    reader.update(&stage).unwrap();
    let mut stranger = Reader::of(&stage);
    stranger.pin = Pin::Digest {
        version: Version::FIRST,
        sha256: quorate::digest::Sha256::of(b""),
    };
    let refused = stranger.update(&stage);
    assert!(matches!(refused, Err(TrustError::Pin(_))), "{refused:?}");
    assert!(stranger.shelf.0.is_empty());
}

#[test]
fn a_root_of_a_stranger_leads_nowhere() {
    let stage = Stage::founded();
    let mut stranger = Stage::empty();
    let mut founding = crate::stage::founding();
    founding.root = holders(1, &["zlib-1"]);
    founding.timestamp = holders(1, &["snapshot"]);
    stranger.timestamp = vec![key("snapshot")];
    stranger.change(&founding.into_change().unwrap());
    assert!(HOLDERS.contains(&"zlib-1"));
    let mut reader = Reader::of(&stage);
    let refused = reader.update(&stranger);
    assert!(
        matches!(refused, Err(TrustError::Signatures { .. })),
        "{refused:?}"
    );
}

#[test]
fn roots_without_end_are_not_followed() {
    let mut stage = Stage::founded();
    for _ in 0..3 {
        stage.change(&rotation(TopRole::Timestamp, 1, &["timestamp"]));
    }
    let mut reader = Reader::of(&stage);
    reader.limits.root_rotations_max = 2;
    assert!(matches!(
        reader.update(&stage),
        Err(TrustError::TooManyRoots(2))
    ));
    // What was verified is kept, so that another update goes on from there.
    assert!(reader.update(&stage).is_ok());
}
