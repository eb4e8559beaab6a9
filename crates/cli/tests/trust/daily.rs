//! `quorate verify FILE`: the file's name gives the project, and the project's role the policy.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use quorate::time::Timestamp;
use quorate_testkit::scenario::{Party, Sample, ed25519};

use crate::stage::{DEB, Stage};
use crate::town::{LATER, NOW, Town};

#[test]
fn a_whole_ceremony_leads_to_a_yes_without_a_flag() {
    let town = Town::with_user();
    let ran = town.verify();
    assert_eq!(ran.code, 0, "{ran:#?}");
    let first = |text: &str| assert!(ran.stdout.contains(text), "{text}: {ran:#?}");
    first("QUORATE");
    first("1 policy   yes       policy demo version 1, signed by 1 of 1 trusted owners");
    first("proj-demo 1, signed by ");
    first("root 1, signed by ");
    first("targets 2, signed by ");
    first("snapshot 2, signed by ");
    // A proof beside the file is evidence enough.
    town.stage.prove();
    fs::rename(
        town.stage.path("demo.proof"),
        town.stage.path(format!("{DEB}.proof")),
    )
    .unwrap();
    let ran = town
        .stage
        .run(&format!("verify {DEB} --store store --at {NOW}"));
    assert_eq!(ran.code, 0, "{ran:#?}");
    let json = town
        .stage
        .ok(&format!("verify {DEB} --store store --json --at {NOW}"));
    assert!(json.contains("\"roles-in-force\""), "{json}");
}

#[test]
fn a_policy_that_was_brought_needs_no_repository() {
    let town = Town::with_user();
    town.ok(&format!(
        "update repository --project demo --store store --at {NOW}"
    ));
    fs::remove_dir_all(town.stage.path("repository")).unwrap();
    assert_eq!(town.verify().code, 0);
    let unknown = town.run(&format!("update repository --store store --at {NOW}"));
    unknown.unable("No such file");
}

#[test]
fn a_policy_that_was_not_brought_is_unknown_without_the_repository() {
    let town = Town::with_user();
    fs::remove_dir_all(town.stage.path("repository")).unwrap();
    town.verify().unable("is not in the local store");
}

#[test]
fn trust_that_has_expired_at_the_time_answers_nothing() {
    let town = Town::with_user();
    town.verify_file(DEB, LATER)
        .refused("timestamp version 2 expired");
    // A time to come that is looked at is no floor.
    let floor = String::from_utf8(town.stage.read("store/floor")).unwrap();
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let floor = Timestamp::parse(floor.trim_end()).unwrap();
    assert!(floor.unix_seconds() <= clock.as_secs() as i64, "{floor}");
    // The clock set back revives nothing: the floor is the newest time that anything was updated at.
    town.stage.write("store/floor", format!("{LATER}\n"));
    let behind = town.verify();
    behind.refused(&format!("it is {LATER} by the time floor of the store"));
    assert!(
        behind.stderr.contains("`floor` of the store"),
        "{behind:#?}"
    );
    town.ok(&format!(
        "refresh repository --online-key online.key --at {LATER}"
    ));
    town.ok(&format!("update repository --store store --at {LATER}"));
    let behind = town.verify();
    assert!(
        behind.stderr.contains(&format!("judged as of {LATER}")),
        "{behind:#?}"
    );
}

#[test]
fn a_file_of_another_content_is_refused_under_the_projects_policy() {
    let town = Town::with_user();
    town.stage.write(DEB, b"another package");
    town.verify().refused("the file is not the catdoc");
}

#[test]
fn a_file_that_no_rule_names_has_no_policy() {
    let town = Town::with_user();
    town.stage.write("zlib_1.0.deb", b"zlib");
    town.verify_file("zlib_1.0.deb", NOW)
        .unable("no naming rule says which project");
    fs::copy(town.stage.path(DEB), town.stage.path("catdoc_1.deb")).unwrap();
    assert_eq!(town.verify_file("catdoc_1.deb", NOW).code, 0);
}

#[test]
fn a_policy_of_an_attackers_own_beside_the_file_is_not_asked() {
    let town = Town::with_user();
    // An owner and a party of the attacker's make a proof of a file of the attacker's; it is good under its own policy.
    let attacker = Stage::keys();
    attacker.key("owner", &ed25519("thief"));
    attacker.policy(1, |text| text);
    attacker.ok("policy compile policy.toml --at 2020-01-01T00:00:00Z");
    attacker.ok("policy sign demo.layout --key owner.key");
    let lie = Sample::catdoc().bytes(b"a lie");
    attacker.write(DEB, lie.artifact());
    attacker.write(
        "evidence/alice.json",
        Party::new("alice").statement(&lie).bytes,
    );
    attacker.prove();
    attacker.ok(&format!(
        "verify {DEB} --proof demo.proof --owner owner.pub"
    ));
    town.stage.copy(&attacker, &[DEB]);
    fs::copy(
        attacker.path("demo.proof"),
        town.stage.path(format!("{DEB}.proof")),
    )
    .unwrap();
    let ran = town
        .stage
        .run(&format!("verify {DEB} --store store --at {NOW}"));
    ran.refused("only 1 of 3 parties got the same bytes (2 needed): alice");
}

#[test]
fn a_projects_policy_offered_for_another_projects_file_is_not_its_policy() {
    let town = Town::with_user();
    // The owners of a second project vouch for a policy in the place of the first; nobody gave them that place.
    town.change(
        "delegate",
        "zlib --owner thief.pub --files zlib_*.deb",
        &["targets-1", "targets-2", "bins", "thief"],
    );
    let ceremony = town.prepare("renew", "proj-zlib");
    let file = format!("{ceremony}/proj-zlib.json");
    let mut claims = Vec::new();
    for (path, document) in [
        ("p/demo/policy.layout", "demo.layout"),
        ("p/zlib/policy.layout", "demo.layout"),
        ("p/zlib/policy.terms", "demo.terms"),
    ] {
        let bytes = town.stage.read(document);
        let digest = quorate::digest::Sha256::of(&bytes);
        claims.push(format!(
            "\"{path}\":{{\"hashes\":{{\"sha256\":\"{digest}\"}},\"length\":{}}}",
            bytes.len()
        ));
        let (folder, name) = path.rsplit_once('/').unwrap();
        let folder = format!("{ceremony}/targets/{folder}");
        fs::create_dir_all(town.stage.path(&folder)).unwrap();
        town.stage
            .write(&format!("{folder}/{digest}.{name}"), &bytes);
    }
    let text = String::from_utf8(town.stage.read(&file)).unwrap();
    assert!(text.contains("\"targets\":{}"), "{text}");
    let claims = format!("\"targets\":{{{}}}", claims.join(","));
    town.stage
        .write(&file, text.replace("\"targets\":{}", &claims));
    town.sign(&ceremony, &["thief"]);
    town.publish(&ceremony);
    town.update();
    let ran = town.verify();
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(
        ran.stdout.contains("proj-demo 1") && !ran.stdout.contains("proj-zlib"),
        "{ran:#?}"
    );
    // Nor does another project's policy judge the files of its own.
    town.stage.write("zlib_1.deb", town.stage.read(DEB));
    town.verify_file("zlib_1.deb", NOW)
        .refused("proj-zlib vouches for the policy demo, which is not that of its project zlib");
    let json = town.stage.run(&format!(
        "verify zlib_1.deb --evidence evidence --store store --json --at {NOW}"
    ));
    assert!(
        json.stdout.contains("\"refusal\":\"the role proj-zlib"),
        "{json:#?}"
    );
}

#[test]
fn a_tampered_store_is_believed_in_nothing() {
    let town = Town::with_user();
    assert_eq!(town.verify().code, 0);
    let role = town.files("store/roles", ".proj-demo.json").remove(0);
    let good = town.stage.read(&role);
    let files = town.files("store/files", "");
    for damaged in files.iter().chain([&role]) {
        let before = town.stage.read(damaged);
        town.stage.write(damaged, b"{\"tampered\":true}");
        // The repository has the right one.
        assert_eq!(town.verify().code, 0, "{damaged}");
        town.stage.write(damaged, before);
    }
    // The pinned root is what everything else is held against: an update brings it again, and no look-up does.
    town.stage.write("store/root/1.root.json", b"{}");
    town.verify()
        .unable("1.root.json is not in the local store");
    town.update();
    assert_eq!(town.verify().code, 0);
    town.stage.write(&role, [&good[..], b" "].concat());
    fs::rename(town.stage.path("repository"), town.stage.path("gone")).unwrap();
    let ran = town.verify();
    assert_ne!(ran.code, 0, "{ran:#?}");
    assert!(!ran.stdout.contains("QUORATE"));
}

#[test]
fn flags_and_trust_are_not_mixed() {
    let town = Town::with_user();
    town.stage
        .run(&format!(
            "verify {DEB} --policy demo.layout --evidence evidence"
        ))
        .unable("--owner");
    town.stage
        .run(&format!("verify {DEB} --owner owner.pub"))
        .unable("nothing says what was signed");
    town.stage
        .run(&format!("verify {DEB} --store store --at {NOW}"))
        .unable("no evidence about");
}
