//! Versions of a project's policy: an older one than was seen, and releases that are bound to one.

use std::fs;

use quorate_testkit::scenario::Sample;

use crate::stage::DEB;
use crate::town::{NOW, Town};

/// The release of [`Sample::catdoc`].
const RELEASE: &str =
    "--source catdoc --version 1:0.95-6~deb12u1 --artifacts catdoc_0.95-6~deb12u1_*.deb";
const MARIA_AND_OMAR: &[&str] = &["maria", "omar"];

/// Writes and signs version `version` of the policy, by two parties without alice unless `text` says otherwise.
fn write_version(town: &Town, version: u64, change: impl FnOnce(String) -> String) {
    town.stage.policy(2, |text| {
        change(text.replace("version = 1", &format!("version = {version}")))
    });
    let stage = &town.stage;
    stage.ok("policy compile policy.toml --at 2020-01-01T00:00:00Z");
    stage.ok("policy sign demo.layout --key owner.key");
}

/// Alice's table is taken out: her evidence is a stranger's from then on.
fn without_alice(text: String) -> String {
    let table = "\n[[party]]\nname = \"alice\"\nkeys = [\"alice.pub\"]\n";
    assert!(text.contains(table), "{text}");
    text.replace(table, "")
}

/// Version 2 of the policy without alice takes the place of version 1.
fn remove_alice(town: &Town) {
    write_version(town, 2, without_alice);
    town.change("policy", "demo --layout demo.layout", MARIA_AND_OMAR);
    town.update();
}

fn bind(town: &Town, rest: &str) {
    let signers = ["bins", "maria", "omar"];
    town.change("bind", &format!("demo {RELEASE} {rest}"), &signers);
}

#[test]
fn a_bound_release_of_a_removed_party_stays_valid_under_the_policy_that_it_was_made_under() {
    let town = Town::with_user();
    bind(&town, "--policy 1");
    remove_alice(&town);
    let ran = town.verify();
    assert_eq!(ran.code, 0, "{ran:#?}");
    let said = "policy demo version 1, signed by 1 of 1 trusted owners, in force for catdoc 1:0.95-6~deb12u1 alone";
    assert!(ran.stdout.contains(said), "{ran:#?}");
    // All of it is brought for use without the repository, too.
    town.ok(&format!(
        "update repository --project demo --store store --at {NOW}"
    ));
    fs::remove_dir_all(town.stage.path("repository")).unwrap();
    assert_eq!(town.verify().code, 0);
}

#[test]
fn an_old_release_that_is_not_bound_is_refused_with_the_advice_to_bind_it() {
    let town = Town::with_user();
    remove_alice(&town);
    let ran = town.verify();
    assert!(ran.stderr.contains("quorate trust bind"), "{ran:#?}");
    ran.refused("only 1 of 2 parties got the same bytes (2 needed): bob");
}

#[test]
fn a_release_can_be_bound_after_its_policy_was_replaced() {
    let town = Town::with_user();
    for ending in ["layout", "terms"] {
        let name = format!("demo.{ending}");
        fs::copy(
            town.stage.path(name),
            town.stage.path(format!("first.{ending}")),
        )
        .unwrap();
    }
    remove_alice(&town);
    let ceremony = town.ceremony();
    town.run(&format!(
        "bind repository {ceremony} demo {RELEASE} --policy 1 --at {NOW}"
    ))
    .refused("is not the one in force, and is not kept either");
    // Another version than it is said to be is not kept.
    town.run(&format!(
        "bind repository {ceremony} demo {RELEASE} --policy 3 --layout first.layout --at {NOW}"
    ))
    .refused("is bound to version 3");
    bind(&town, "--policy 1 --layout first.layout");
    town.update();
    assert_eq!(town.verify().code, 0);
    // The next release that is bound to it needs the project's owners alone.
    let more = "demo --source catdoc --version 0.95-5 --artifacts catdoc_0.95-5_*.deb --policy 1";
    town.change("bind", more, MARIA_AND_OMAR);
    town.update();
    assert_eq!(town.verify().code, 0);
    town.run(&format!(
        "bind repository {} demo {RELEASE} --policy 2 --at {NOW}",
        town.ceremony()
    ))
    .refused("is bound to version 1 of the policy already");
}

#[test]
fn a_file_of_another_release_under_the_name_of_a_bound_one_is_refused() {
    let town = Town::with_user();
    bind(&town, "--policy 1");
    remove_alice(&town);
    // The removed party and another, which version 1 trusts, built something that is not that release.
    let evil = Sample::catdoc().version("6.66").bytes("evil");
    town.stage.write(DEB, evil.artifact());
    town.stage.says("alice", &evil);
    town.stage.says("bob", &evil);
    let ran = town.verify();
    assert!(
        ran.stdout
            .contains("and these bytes were built from catdoc 6.66"),
        "{ran:#?}"
    );
    ran.refused("is in force for catdoc 1:0.95-6~deb12u1 alone");
}

#[test]
fn a_bound_policy_that_is_not_the_version_it_is_kept_as_is_refused() {
    let town = Town::with_user();
    bind(&town, "--policy 1");
    // The role's holders put another policy into the place of the kept one.
    write_version(&town, 2, |text| text);
    let ceremony = town.prepare("renew", "proj-demo");
    let file = format!("{ceremony}/proj-demo.json");
    let mut text = String::from_utf8(town.stage.read(&file)).unwrap();
    for ending in ["layout", "terms"] {
        let path = format!("\"p/demo/1.policy.{ending}\":{{\"hashes\":{{\"sha256\":\"");
        let at = text.find(&path).unwrap() + path.len();
        let end = at + text[at..].find('}').unwrap();
        let rest = end + 1 + text[end + 1..].find('}').unwrap();
        let bytes = town.stage.read(&format!("demo.{ending}"));
        let digest = quorate::digest::Sha256::of(&bytes);
        let said = format!("{digest}\"}},\"length\":{}", bytes.len());
        text.replace_range(at..rest, &said);
        let folder = format!("{ceremony}/targets/p/demo");
        fs::create_dir_all(town.stage.path(&folder)).unwrap();
        town.stage
            .write(&format!("{folder}/{digest}.1.policy.{ending}"), &bytes);
    }
    town.stage.write(&file, text);
    town.sign(&ceremony, MARIA_AND_OMAR);
    town.publish(&ceremony);
    town.update();
    town.verify()
        .refused("it is version 2, and catdoc 1:0.95-6~deb12u1 is bound to version 1");
}

#[test]
fn a_policy_older_than_the_user_has_seen_is_refused_though_its_role_is_newer() {
    let town = Town::with_user();
    for ending in ["layout", "terms"] {
        let name = format!("demo.{ending}");
        fs::copy(
            town.stage.path(name),
            town.stage.path(format!("first.{ending}")),
        )
        .unwrap();
    }
    write_version(&town, 2, |text| text);
    town.change("policy", "demo --layout demo.layout", MARIA_AND_OMAR);
    town.update();
    assert_eq!(town.verify().code, 0);
    // A user who has seen nothing yet takes what the role vouches for.
    town.change(
        "policy",
        "demo --layout first.layout --terms first.terms",
        MARIA_AND_OMAR,
    );
    town.update();
    town.verify()
        .refused("it is version 1, and version 2 takes its place");
    town.stage.write("store/policies/demo.json", b"{}");
    town.verify().refused("the store: policies/demo.json");
    let root = "repository/metadata/1.root.json";
    town.ok(&format!("pin {root} --store other --at {NOW}"));
    town.ok(&format!("update repository --store other --at {NOW}"));
    let ran = town.stage.run(&format!(
        "verify {DEB} --evidence evidence --store other --at {NOW}"
    ));
    assert_eq!(ran.code, 0, "{ran:#?}");
}

#[test]
fn holders_read_what_is_bound_before_they_sign() {
    let town = Town::with_user();
    let ceremony = town.prepare("bind", &format!("demo {RELEASE} --policy 1"));
    let said = town.ok(&format!("sign {ceremony} --key maria.key --dry-run"));
    let line = "releases: \"catdoc_0.95-6~deb12u1_*.deb\" is catdoc 1:0.95-6~deb12u1, judged by version 1 of the policy";
    assert!(said.contains(line), "{said}");
}

#[test]
fn a_release_that_is_no_longer_bound_is_judged_by_the_policy_in_force() {
    let town = Town::with_user();
    bind(&town, "--policy 1");
    remove_alice(&town);
    assert_eq!(town.verify().code, 0);
    let release = "demo --source catdoc --version 1:0.95-6~deb12u1";
    town.change("unbind", release, MARIA_AND_OMAR);
    town.update();
    town.verify()
        .refused("only 1 of 2 parties got the same bytes");
    let role = town.stage.read("repository/metadata/4.proj-demo.json");
    let role = String::from_utf8(role).unwrap();
    assert!(!role.contains("1.policy.layout"), "{role}");
    let ceremony = town.ceremony();
    town.run(&format!(
        "unbind repository {ceremony} {release} --at {NOW}"
    ))
    .refused("catdoc 1:0.95-6~deb12u1 is not bound");
}
