//! Delegations: who may speak about which project, and that nobody speaks for another or keeps another from speaking.

use quorate_trust::client::TrustError;
use quorate_trust::metadata::{Scope, TargetPath};
use quorate_trust::repository::{Change, Delegate, RoleChange};

use crate::stage::{Reader, Served, Stage, bins, days, holders, now, path, policy, replaced, role};

fn updated(stage: &Stage) -> Reader {
    let mut reader = Reader::of(stage);
    reader.update(stage).unwrap();
    reader
}

/// The file whose name ends so, for a test to damage.
fn name_of(stage: &Stage, end: &str) -> String {
    stage
        .files
        .keys()
        .find(|name| name.ends_with(end))
        .unwrap()
        .clone()
}

#[test]
fn a_policy_comes_from_the_role_of_its_project() {
    let stage = Stage::with_projects();
    let mut reader = updated(&stage);
    let target = reader.target(&stage, &policy("catdoc"), now()).unwrap();
    assert_eq!(target.bytes, b"the policy of catdoc");
    assert_eq!(target.role, role("proj-catdoc"));
    // What was looked at is on the shelf; nobody is asked again.
    let nothing = Stage::empty();
    assert!(reader.target(&nothing, &policy("catdoc"), now()).is_ok());
    let refused = reader.target(&nothing, &policy("zlib"), now());
    assert!(
        matches!(refused, Err(TrustError::Missing(_))),
        "{refused:?}"
    );
    let refused = reader.target(&stage, &policy("nobody"), now());
    assert!(
        matches!(refused, Err(TrustError::NoTarget(_))),
        "{refused:?}"
    );
}

#[test]
fn a_project_that_claims_the_files_of_another_project_is_not_asked() {
    let mut stage = Stage::with_projects();
    let mut zlib = RoleChange::renewed(days(90));
    zlib.put.insert(policy("catdoc"), b"zlib says so".to_vec());
    zlib.put
        .insert(policy("unclaimed"), b"zlib says so".to_vec());
    zlib.put
        .insert(path("rebuilders/zlib.json"), b"zlib says so".to_vec());
    // And it delegates what it does not have.
    let everything = [
        policy("catdoc"),
        policy("unclaimed"),
        path("rebuilders/x.json"),
    ];
    zlib.delegate.push(Delegate {
        role: role("helper"),
        holders: holders(1, &["zlib-1"]),
        scope: Scope::Paths(everything.iter().map(TargetPath::to_string).collect()),
    });
    let mut helper = RoleChange::renewed(days(90));
    for path in everything {
        helper.put.insert(path, b"the helper says so".to_vec());
    }
    stage.change(&Change {
        root: None,
        roles: [(role("proj-zlib"), zlib), (role("helper"), helper)].into(),
    });
    let mut reader = updated(&stage);
    let target = reader.target(&stage, &policy("catdoc"), now()).unwrap();
    assert_eq!(target.bytes, b"the policy of catdoc");
    for claimed in [
        policy("unclaimed"),
        path("rebuilders/zlib.json"),
        path("rebuilders/x.json"),
    ] {
        let refused = reader.target(&stage, &claimed, now());
        assert!(
            matches!(refused, Err(TrustError::NoTarget(_))),
            "{claimed}: {refused:?}"
        );
    }
    assert!(reader.target(&stage, &policy("zlib"), now()).is_ok());
}

#[test]
fn a_project_whose_role_expired_harms_no_other_project() {
    let mut stage = Stage::with_projects();
    stage.online_expires = days(400);
    stage.project("short", holders(1, &["zlib-1"]), 10);
    let mut reader = Reader::of(&stage);
    reader.update_at(&stage, days(20)).unwrap();
    let refused = reader.target(&stage, &policy("short"), days(20));
    assert!(matches!(refused, Err(TrustError::Expired { role, .. }) if role == "proj-short"));
    for project in ["catdoc", "zlib"] {
        assert!(
            reader.target(&stage, &policy(project), days(20)).is_ok(),
            "{project}"
        );
    }
    // Nor does it keep others from publishing.
    stage.project("later", holders(1, &["zlib-1"]), 100);
}

#[test]
fn a_project_whose_file_is_broken_harms_no_other_project() {
    let mut stage = Stage::with_projects();
    let name = name_of(&stage, "1.proj-zlib.json");
    let good = stage.files[&name].clone();
    let mut reader = updated(&stage);
    for broken in [
        b"{".to_vec(),
        replaced(&good, "\"version\":1", "\"version\":2"),
        vec![b' '; 5_000_000],
    ] {
        stage.files.insert(name.clone(), broken);
        assert!(reader.target(&stage, &policy("zlib"), now()).is_err());
        assert!(reader.target(&stage, &policy("catdoc"), now()).is_ok());
    }
    stage.files.insert(name, good);
    assert!(reader.target(&stage, &policy("zlib"), now()).is_ok());
}

#[test]
fn one_of_two_stolen_keys_of_a_project_publishes_nothing() {
    let stage = Stage::with_projects();
    let mut change = Change::default();
    let mut lie = RoleChange::renewed(days(90));
    lie.put.insert(policy("catdoc"), b"a lie".to_vec());
    change.roles.insert(role("proj-catdoc"), lie);
    let thief = [
        "catdoc-1",
        "root-1",
        "targets-1",
        "bins-1",
        "board-1",
        "zlib-1",
    ];
    assert!(stage.publication(&change, &thief).is_err());
    assert!(
        stage
            .publication(&change, &["catdoc-1", "catdoc-2"])
            .is_ok()
    );
}

#[test]
fn a_project_whose_keys_are_stolen_is_given_a_role_of_another_name() {
    let mut stage = Stage::with_projects();
    let mut reader = updated(&stage);
    let (new, bin) = (role("proj-zlib-2"), bins().bin_of(&policy("zlib")).unwrap());
    let mut moved = RoleChange::renewed(days(180));
    moved.undelegate.insert(role("proj-zlib"));
    let delegations = bins().delegations(&new, &holders(1, &["board-1"]), &[policy("zlib")]);
    moved.delegate.extend(delegations.unwrap().into_values());
    let mut fresh = RoleChange::renewed(days(180));
    fresh
        .put
        .insert(policy("zlib"), b"the policy of zlib, again".to_vec());
    stage.change(&Change {
        root: None,
        roles: [(bin, moved), (new.clone(), fresh)].into(),
    });
    reader.update(&stage).unwrap();
    let target = reader.target(&stage, &policy("zlib"), now()).unwrap();
    assert_eq!(
        (target.role, target.bytes),
        (new, b"the policy of zlib, again".to_vec())
    );
}

#[test]
fn a_target_file_that_is_not_the_one_that_is_vouched_for_is_refused() {
    let mut stage = Stage::with_projects();
    let name = stage
        .files
        .keys()
        .find(|name| name.starts_with("targets/p/catdoc/"))
        .unwrap()
        .clone();
    let mut reader = updated(&stage);
    for wrong in [
        &b"the policy of catdox"[..],
        b"short",
        b"the policy of catdoc, and more",
    ] {
        stage.files.insert(name.clone(), wrong.to_vec());
        let refused = reader.target(&stage, &policy("catdoc"), now());
        assert!(
            matches!(
                refused,
                Err(TrustError::Mismatch { .. } | TrustError::Fetch { .. })
            ),
            "{refused:?}"
        );
    }
    stage.files.remove(&name);
    assert!(matches!(
        reader.target(&stage, &policy("catdoc"), now()),
        Err(TrustError::Missing(_))
    ));
}

#[test]
fn delegations_without_end_are_not_followed() {
    let mut stage = Stage::with_projects();
    let mut change = Change::default();
    for number in 0..40 {
        let mut link = RoleChange::renewed(days(90));
        link.delegate.push(Delegate {
            role: role(&format!("link-{}", number + 1)),
            holders: holders(1, &["zlib-1"]),
            scope: Scope::Paths(vec![policy("zlib").to_string()]),
        });
        let name = if number == 0 {
            "proj-zlib".to_owned()
        } else {
            format!("link-{number}")
        };
        if number == 0 {
            link.remove.insert(policy("zlib"));
        }
        change.roles.insert(role(&name), link);
    }
    change
        .roles
        .insert(role("link-40"), RoleChange::renewed(days(90)));
    stage.change(&change);
    let mut reader = updated(&stage);
    let refused = reader.target(&stage, &policy("zlib"), now());
    assert!(
        matches!(refused, Err(TrustError::TooManyRoles { .. })),
        "{refused:?}"
    );
    assert!(reader.target(&stage, &policy("catdoc"), now()).is_ok());
}

#[test]
fn a_look_up_fetches_one_bin_and_one_project() {
    let stage = Stage::with_projects();
    let mut reader = updated(&stage);
    let mut served = Served::of(&stage.files);
    let mut workflow = quorate_trust::client::Workflow::begin(
        &mut reader.shelf,
        &reader.pin,
        None,
        now(),
        reader.limits,
    )
    .unwrap();
    workflow.load().unwrap();
    workflow
        .target(&policy("catdoc"), Some(&mut served))
        .unwrap();
    assert_eq!(served.asked.len(), 3, "{:?}", served.asked);
    assert!(served.bytes < 20_000, "{} bytes", served.bytes);
}
