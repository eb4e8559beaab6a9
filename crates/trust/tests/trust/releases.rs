//! Releases that are bound to a version of a project's policy: read strictly, and taken from the role that the policy is of.

use std::num::NonZeroU64;

use quorate_trust::client::{ProjectPolicy, TrustError, Workflow};
use quorate_trust::metadata::Scope;
use quorate_trust::project::Project;
use quorate_trust::releases::{Binding, Releases, ReleasesError};
use quorate_trust::repository::{Change, Delegate, RoleChange};

use crate::stage::{LIMITS, Reader, Served, Stage, bins, days, holders, now, replaced, role};

const FILE: &str = "hello_2.10-3_amd64.deb";

fn version(number: u64) -> NonZeroU64 {
    NonZeroU64::new(number).unwrap()
}

fn binding(release: &str, artifacts: &str, policy: u64) -> Binding {
    Binding::new("hello", release, artifacts, version(policy)).unwrap()
}

fn releases() -> Releases {
    let mut releases = Releases::default();
    releases
        .bind(binding("2.10-3", "hello_2.10-3_*.deb", 3))
        .unwrap();
    releases
}

/// A repository with the project hello, its policy, version 3 of it, and what is bound, which `binder` vouches for.
fn with_bound(binder: &str) -> Stage {
    let mut stage = Stage::founded();
    let hello = Project::new("hello").unwrap();
    let mut change = Change::default();
    let renewed = || RoleChange::renewed(days(80));
    let kept = hello.kept_paths(version(3)).all();
    for path in hello.own_paths().into_iter().chain(kept) {
        let says_what_is_bound = path == hello.releases();
        let owner = role(if says_what_is_bound {
            binder
        } else {
            "proj-hello"
        });
        let one = std::slice::from_ref(&path);
        let delegations = bins().delegations(&owner, &holders(1, &["zlib-1"]), one);
        for (bin, delegate) in delegations.unwrap() {
            let bin = change.roles.entry(bin).or_insert_with(renewed);
            match bin.delegate.iter_mut().find(|it| it.role == delegate.role) {
                Some(Delegate {
                    scope: Scope::Paths(paths),
                    ..
                }) => paths.push(path.to_string()),
                _ => bin.delegate.push(delegate),
            }
        }
        if !path.as_str().ends_with("certificates") {
            let bytes = match says_what_is_bound {
                true => releases().to_bytes(),
                false => path.to_string().into_bytes(),
            };
            let file = change.roles.entry(owner).or_insert_with(renewed);
            file.put.insert(path, bytes);
        }
    }
    stage.change(&change);
    stage
}

/// What judges a file of that name, for a client that just brought everything up to date and is served `stage` now.
fn policy_for(stage: &Stage, name: &str) -> Result<ProjectPolicy, TrustError> {
    let mut reader = Reader::of(stage);
    reader.update(stage).unwrap();
    let mut served = Served::of(&stage.files);
    let mut workflow = Workflow::begin(&mut reader.shelf, &reader.pin, None, now(), reader.limits)?;
    workflow.load()?;
    workflow.policy_for(&Project::new("hello").unwrap(), name, Some(&mut served))
}

#[test]
fn a_list_of_releases_that_says_more_or_less_than_the_format_is_refused() {
    let good = releases().to_bytes();
    assert_eq!(Releases::read(&good, &LIMITS).unwrap(), releases());
    for (from, to) in [
        ("/releases/v1\"", "/releases/v2\""),
        ("/releases/v1\"", "/naming/v1\""),
        ("\"policy\":3", "\"policy\":0"),
        ("\"policy\":3", "\"policy\":\"3\""),
        ("\"policy\":3,", ""),
        ("\"policy\":3", "\"policy\":3,\"sha256\":\"\""),
        ("\"source\":\"hello\"", "\"source\":\"\""),
        ("\"version\":\"2.10-3\"", "\"version\":\"\""),
        ("\"artifacts\":\"hello_2.10-3_*.deb\"", "\"artifacts\":\"\""),
        ("\"bound\":", "\"unbound\":"),
    ] {
        let refused = Releases::read(&replaced(&good, from, to), &LIMITS);
        assert!(refused.is_err(), "{to}");
    }
    let large = [&good[..], &vec![b' '; LIMITS.releases_bytes_max]].concat();
    assert!(Releases::read(&large, &LIMITS).is_err());
}

#[test]
fn a_release_is_bound_to_one_version_and_the_first_pattern_that_matches_decides() {
    let mut releases = releases();
    let other = releases.bind(binding("2.10-3", "hello_2.10-3.tar.gz", 2));
    assert!(matches!(other, Err(ReleasesError::Twice { .. })));
    assert!(
        releases
            .bind(binding("2.10-3", "hello_2.10-3_*.deb", 3))
            .is_err()
    );
    releases
        .bind(binding("2.10-3", "hello_2.10-3.tar.gz", 3))
        .unwrap();
    releases.bind(binding("2.10-2", "hello_*", 2)).unwrap();
    assert_eq!(releases.of_file(FILE).unwrap().version, "2.10-3");
    assert_eq!(releases.of_file("hello_1.deb").unwrap().policy, version(2));
    assert!(releases.of_file("zlib_1.deb").is_none());
    assert_eq!(
        Releases::read(&releases.to_bytes(), &LIMITS).unwrap(),
        releases
    );
}

#[test]
fn a_bound_release_is_judged_by_the_version_that_is_kept_and_other_files_by_the_one_in_force() {
    let stage = with_bound("proj-hello");
    let kept = policy_for(&stage, FILE).unwrap();
    assert_eq!(kept.layout(), b"p/hello/3.policy.layout");
    assert_eq!(kept.terms(), b"p/hello/3.policy.terms");
    assert_eq!(kept.bound().unwrap().to_string(), "hello 2.10-3");
    let now = policy_for(&stage, "hello_2.10-4_amd64.deb").unwrap();
    assert_eq!(
        (now.layout(), now.bound()),
        (&b"p/hello/policy.layout"[..], None)
    );
}

#[test]
fn another_role_than_the_policys_binds_no_release() {
    let stage = with_bound("proj-zlib");
    for name in [FILE, "hello_2.10-4_amd64.deb"] {
        let refused = policy_for(&stage, name);
        assert!(
            matches!(refused, Err(TrustError::OtherRole { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn a_list_of_releases_that_is_withheld_leads_to_no_policy() {
    let mut stage = with_bound("proj-hello");
    let before = stage.files.len();
    stage
        .files
        .retain(|name, _| !name.ends_with(".releases.json"));
    assert_eq!(stage.files.len(), before - 1);
    for name in [FILE, "hello_2.10-4_amd64.deb"] {
        let refused = policy_for(&stage, name);
        assert!(
            matches!(refused, Err(TrustError::Missing(_))),
            "{refused:?}"
        );
    }
}
