//! What `docs/recovery.md` says, played: a key is stolen, its holders act, clients follow.

use std::fs;

use quorate_testkit::scenario::{Party, Sample, ed25519, signed};

use crate::stage::DEB;
use crate::town::{LATER, NOW, PARTY, Town};

#[test]
fn a_stolen_online_key_is_replaced_by_the_root_and_clients_follow() {
    let town = Town::with_user();
    let ceremony = town.prepare("rotate", "online --key online-2.pub");
    town.sign(&ceremony, &["root-1", "root-3"]);
    // The thief has the old key and no other.
    town.publication(&ceremony).refused("not enough for");
    town.ok(&format!(
        "publish repository {ceremony} --online-key online-2.key --at {NOW}"
    ));
    let shown = town.update();
    assert!(shown.contains("root             version 2"), "{shown}");
    assert_eq!(town.verify().code, 0);
    town.run(&format!(
        "refresh repository --online-key online.key --at {NOW}"
    ))
    .refused("not enough for");
}

#[test]
fn a_root_is_handed_over_by_holders_before_and_after_it() {
    let town = Town::with_user();
    let change = "root --key root-2.pub --key root-3.pub --key root-4.pub --needed 2";
    let ceremony = town.prepare("rotate", change);
    town.sign(&ceremony, &["root-4", "root-3"]);
    town.publication(&ceremony)
        .refused("1 of 2 needed holders of root 1 signed");
    // One who leaves signs the root that lets him go.
    town.sign(&ceremony, &["root-1"]);
    town.publish(&ceremony);
    town.update();
    assert_eq!(town.verify().code, 0);
}

#[test]
fn targets_that_were_stolen_are_taken_back_by_the_root() {
    let town = Town::with_user();
    let honest = town.stage.path("repository/targets");
    let honest = fs::read_dir(honest)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let honest = honest.filter(|path| path.to_string_lossy().ends_with(".naming.json"));
    let rules = fs::read(honest.last().unwrap()).unwrap();
    // Thieves with enough keys of targets give the files to a project of theirs.
    town.stage.write(
        "theirs.json",
        r#"{"_type":"https://quorate.dev/naming/v1","rules":[{"pattern":"*","project":"theirs"}]}"#,
    );
    town.change("naming", "theirs.json", &["targets-1", "targets-2"]);
    town.update();
    assert_ne!(town.verify().code, 0, "it is judged by no policy of demo's");
    let ceremony = town.prepare("rotate", "targets --key root-4.pub --needed 1");
    town.sign(&ceremony, &["root-1", "root-2"]);
    town.publication(&ceremony)
        .refused("holders of targets signed");
    town.sign(&ceremony, &["root-4"]);
    town.publish(&ceremony);
    town.stage.write("honest.json", rules);
    town.change("naming", "honest.json", &["root-4"]);
    town.update();
    assert_eq!(town.verify().code, 0);
    let again = town.prepare("naming", "theirs.json");
    town.run(&format!("sign {again} --key targets-1.key"))
        .refused("holds nothing that this ceremony changes");
}

#[test]
fn one_stolen_root_key_changes_nothing_and_is_replaced() {
    let town = Town::with_user();
    let theirs = town.prepare("rotate", "root --key thief.pub --needed 1");
    town.sign(&theirs, &["root-1", "thief"]);
    town.publication(&theirs)
        .refused("1 of 2 needed holders of root 1 signed");
    let change = "root --key root-2.pub --key root-3.pub --key root-4.pub --needed 2";
    town.change("rotate", change, &["root-2", "root-3"]);
    town.update();
    assert_eq!(town.verify().code, 0);
    let again = town.prepare("rotate", "root --key thief.pub --needed 1");
    town.run(&format!("sign {again} --key root-1.key"))
        .refused("holds nothing that this ceremony changes");
}

#[test]
fn the_roster_and_the_bins_get_other_holders_from_targets() {
    let town = Town::with_user();
    town.change(
        "rotate",
        "rebuilders --key maria.pub",
        &["targets-1", "targets-2", "maria"],
    );
    town.change(
        "rotate",
        "bins --key bins-2.pub",
        &["targets-1", "targets-2", "bins-2"],
    );
    town.update();
    assert_eq!(town.verify().code, 0);
    let ceremony = town.prepare("renew", "rebuilders bins");
    town.sign(&ceremony, &["maria", "bins-2"]);
    town.publish(&ceremony);
}

#[test]
fn a_thief_with_the_rosters_keys_takes_votes_away_and_gives_none_until_targets_take_them_back() {
    let town = Town::with_user();
    // The thief lists his own key for alice, and ends bob's.
    let rogue = format!("alice --key thief.pub {PARTY} --from 2026-01-01T00:00:00Z");
    town.change("add-party", &rogue, &["board"]);
    town.update();
    town.verify()
        .refused("the roster lists the party and not the key that signed this");
    let sample = Sample::catdoc();
    let statement = Party::new("alice").rebuild(&sample).statement();
    let lie = signed(
        "application/vnd.in-toto+json",
        &statement,
        [&ed25519("thief")],
    );
    town.stage.write("evidence/thief.json", lie);
    town.verify().refused("1 of 2 needed parties");
    // Targets give the roster to others, who put alice's key back.
    let other = "rebuilders --key maria.pub";
    town.change("rotate", other, &["targets-1", "targets-2", "maria"]);
    let back = format!("alice --replace --key alice.pub {PARTY} --from 2026-01-01T00:00:00Z");
    town.change("add-party", &back, &["maria"]);
    town.update();
    let ran = town.verify();
    assert_eq!(ran.code, 0, "{ran:#?}");
    let renewed = town.prepare("renew", "rebuilders");
    town.run(&format!("sign {renewed} --key board.key"))
        .refused("holds nothing that this ceremony changes");
}

#[test]
fn a_thief_with_the_online_key_makes_an_old_state_look_fresh_and_clients_hold_what_they_saw() {
    let town = Town::with_user();
    let stage = &town.stage;
    stage.shell("cp", &["-r", "repository", "old"]);
    let party = format!("alice --key alice.pub {PARTY} --from 2026-01-01T00:00:00Z");
    town.change("add-party", &party, &["board"]);
    town.update();
    // He makes the old state look fresh, with versions far ahead of those that clients saw.
    for _ in 0..6 {
        town.ok(&format!("refresh old --online-key online.key --at {NOW}"));
    }
    town.run(&format!("update old --store store --at {NOW}"))
        .refused("snapshot: version 2 is offered, and 3 was seen before");
    assert_eq!(town.verify().code, 0, "what was seen stays in force");
    // Nothing of it stays: the honest repository is followed.
    town.update();
    // The root gives the online roles another key: floors under the old one are forgotten, clients follow.
    let ceremony = town.prepare("rotate", "online --key online-2.pub");
    town.sign(&ceremony, &["root-1", "root-3"]);
    town.ok(&format!(
        "publish repository {ceremony} --online-key online-2.key --at {NOW}"
    ));
    town.update();
    assert_eq!(town.verify().code, 0);
    town.run(&format!("update old --store store --at {NOW}"))
        .refused("timestamp");
}

#[test]
fn owners_below_the_threshold_are_replaced_by_the_bins() {
    let town = Town::with_user();
    // Maria's key is stolen; Omar and a new owner sign from now on.
    let change = "proj-demo --key omar.pub --key root-4.pub --needed 2";
    town.change("rotate", change, &["bins", "omar", "root-4"]);
    town.update();
    let ran = town.verify();
    assert!(
        ran.code == 0 && ran.stdout.contains("proj-demo 2"),
        "{ran:#?}"
    );
    let ceremony = town.prepare("policy", "demo --layout demo.layout");
    town.run(&format!("sign {ceremony} --key maria.key"))
        .refused("holds nothing that this ceremony changes");
}

#[test]
fn a_project_whose_keys_are_all_stolen_gets_a_role_of_another_name() {
    let town = Town::with_user();
    town.run(&format!(
        "delegate repository ceremony demo --owner root-4.pub --at {NOW}"
    ))
    .refused("demo has the role proj-demo already");
    town.change(
        "delegate",
        "demo --owner root-4.pub --layout demo.layout --new-role",
        &["bins", "root-4"],
    );
    town.update();
    let ran = town.verify();
    assert!(
        ran.code == 0 && ran.stdout.contains("proj-demo_2 1"),
        "{ran:#?}"
    );
    // What the thieves sign is published by nobody, because nobody delegates to it.
    let ceremony = town.prepare("renew", "proj-demo");
    let ran = town.run(&format!("sign {ceremony} --key maria.key"));
    ran.refused("holds nothing");
}

#[test]
fn clients_of_a_stolen_root_pin_a_new_one() {
    let town = Town::with_user();
    let new = Town::founded_by_a_thief();
    // Whose repository it is does not matter to the test; to users it is what they were told by people they know.
    let digest = quorate::digest::Sha256::of(&new.stage.read("repository/metadata/1.root.json"));
    town.ok(&format!(
        "pin --sha256 {digest} --version 1 --replace --store store"
    ));
    let old = town.run(&format!("update repository --store store --at {NOW}"));
    old.refused("no root with the pinned digest");
    let place = new.stage.path("repository");
    town.ok(&format!(
        "update {} --store store --at {NOW}",
        place.display()
    ));
    town.verify_file(DEB, NOW)
        .unable("no role that may vouches for naming.json");
    town.run(&format!("show --store store --at {LATER}"))
        .refused("expired");
}

#[test]
fn every_command_of_the_recovery_page_exists_with_its_flags() {
    let town = Town::empty();
    let page = include_str!("../../../../docs/recovery.md").replace("\\\n", " ");
    let mut seen = 0;
    for line in page.lines().flat_map(|line| line.split("&&")) {
        let line = line.split('#').next().unwrap_or_default();
        let words: Vec<_> = line.split_whitespace().collect();
        let [first, room, verb, rest @ ..] = words.as_slice() else {
            continue;
        };
        if *first != "quorate" {
            continue;
        }
        let help = town.stage.ok(&format!("{room} {verb} --help"));
        for flag in rest.iter().filter(|word| word.starts_with("--")) {
            assert!(
                help.contains(&format!("{flag} ")) || help.contains(&format!("{flag}\n")),
                "{line}"
            );
        }
        seen += 1;
    }
    assert!(seen > 20, "{seen} commands");
}
