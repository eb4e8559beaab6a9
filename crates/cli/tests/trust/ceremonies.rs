//! Those who hold keys: a change is prepared, signed and published by files, and not by fewer than it needs.

use crate::stage::Stage;
use crate::town::{FOUNDING, LATER, NOW, PARTY, Town};

#[test]
fn an_unsigned_ceremony_is_not_published() {
    let town = Town::empty();
    town.ok(&format!("init ceremony {FOUNDING} --at {NOW}"));
    town.publication("ceremony")
        .refused("0 of 2 needed holders of root signed");
    assert!(
        town.files("repository", "")
            .iter()
            .all(|name| name.ends_with(".lock"))
    );
}

#[test]
fn one_of_two_holders_publishes_nothing() {
    let town = Town::with_project();
    let ceremony = town.prepare("policy", "demo --layout demo.layout");
    town.sign(&ceremony, &["maria"]);
    town.publication(&ceremony)
        .refused("1 of 2 needed holders of targets signed");
    // The same holder twice is one holder.
    town.sign(&ceremony, &["maria"]);
    town.publication(&ceremony).refused("1 of 2 needed");
    town.sign(&ceremony, &["omar"]);
    town.publish(&ceremony);
}

#[test]
fn a_role_signed_by_the_wrong_holder_is_not_published() {
    let town = Town::with_project();
    let ceremony = town.prepare("policy", "demo --layout demo.layout");
    for stranger in ["thief", "root-1", "targets-1", "bins", "board", "online"] {
        let before = town.stage.read(&format!("{ceremony}/proj-demo.json"));
        town.run(&format!("sign {ceremony} --key {stranger}.key"))
            .refused("holds nothing that this ceremony changes");
        let after = town.stage.read(&format!("{ceremony}/proj-demo.json"));
        assert_eq!(before, after, "{stranger}");
    }
    // A folder in which somebody claims to hold it makes a stranger sign, and still is not published.
    for bin in town.files(&format!("{ceremony}/before"), ".json") {
        let text = String::from_utf8(town.stage.read(&bin)).unwrap();
        let (maria, thief) = (hex_of(&town.stage, "maria"), hex_of(&town.stage, "thief"));
        town.stage.write(&bin, text.replace(&maria, &thief));
    }
    town.sign(&ceremony, &["thief", "omar"]);
    town.publication(&ceremony).refused("1 of 2 needed holders");
}

/// A public key's bytes in hex, as metadata has them.
fn hex_of(stage: &Stage, name: &str) -> String {
    let der = stage.shell(
        "sh",
        &[
            "-c",
            &format!(
                "grep -v -- - {name}.pub | base64 -d | tail -c 32 | od -An -tx1 | tr -d ' \\n'"
            ),
        ],
    );
    assert_eq!(der.len(), 64);
    der
}

#[test]
fn what_would_change_is_said_before_anybody_signs() {
    let town = Town::founded();
    let ceremony = town.ceremony();
    let words = town.ok(&format!(
        "delegate repository {ceremony} demo --owner maria.pub --files catdoc_*.deb --at {NOW}"
    ));
    assert!(
        words.contains("naming: \"catdoc_*.deb\" belongs to demo"),
        "{words}"
    );
    assert!(
        words.contains("delegates p/demo/policy.layout to proj-demo, 1 of 1 keys needed"),
        "{words}"
    );
    let ran = town.run(&format!("diff repository {ceremony}"));
    assert_eq!(ran.code, 1, "{ran:#?}");
    assert!(ran.stdout.starts_with(&words), "{ran:#?}");
    assert!(
        ran.stdout
            .contains("targets.json: 0 of 2 needed holders signed; not yet by"),
        "{ran:#?}"
    );
    // Whoever signs sees it, too, without a repository.
    let look = town.ok(&format!("sign {ceremony} --dry-run"));
    assert_eq!(look, ran.stdout);
    town.run(&format!("sign {ceremony}")).unable("--key <KEY>");
    let signed = town.run(&format!("sign {ceremony} --key maria.key"));
    assert!(
        signed
            .stderr
            .contains("naming: \"catdoc_*.deb\" belongs to demo"),
        "{signed:#?}"
    );
    assert_eq!(signed.stdout, "signed proj-demo.json\n");
    town.sign(&ceremony, &["targets-1", "targets-2", "bins"]);
    assert_eq!(town.run(&format!("diff repository {ceremony}")).code, 0);
}

#[test]
fn a_document_that_is_not_the_one_to_be_signed_is_not_shown_as_it() {
    let town = Town::founded();
    let ceremony = town.prepare("add-party", &format!("alice --key alice.pub {PARTY}"));
    let look = || town.ok(&format!("sign {ceremony} --dry-run"));
    assert!(look().contains("party alice: Somebody (alice)"));
    let folder = format!("{ceremony}/targets/rebuilders");
    let good = town.files(&folder, ".alice.json").remove(0);
    let bytes = town.stage.read(&good);
    // Another entry in the place of the one that the role names.
    town.stage.write(
        &good,
        String::from_utf8(bytes.clone())
            .unwrap()
            .replace("Somebody", "Who else"),
    );
    let shown = look();
    assert!(
        shown.contains("rebuilders/alice.json: ITS FILE IS ANOTHER ONE"),
        "{shown}"
    );
    assert!(!shown.contains("party alice"), "{shown}");
    // A harmless one beside, while the one that would be signed is nowhere to be seen.
    std::fs::remove_file(town.stage.path(&good)).unwrap();
    town.stage
        .write(&format!("{folder}/{}.alice.json", "0".repeat(64)), &bytes);
    let shown = look();
    assert!(
        shown.contains("rebuilders/alice.json: ITS FILE IS MISSING"),
        "{shown}"
    );
    assert!(shown.contains("BELONGS TO NOTHING"), "{shown}");
    assert!(!shown.contains("party alice"), "{shown}");
}

#[test]
fn a_key_of_two_parties_is_not_put_into_the_roster() {
    let town = Town::founded();
    town.change(
        "add-party",
        &format!("alice --key alice.pub {PARTY}"),
        &["board"],
    );
    let again = town.run(&format!(
        "add-party repository ceremony bob --key bob.pub --key alice.pub {PARTY} --at {NOW}"
    ));
    again.refused("alice and bob both have the key");
    let doubled = town.run(&format!(
        "add-party repository ceremony alice --key alice.pub {PARTY} --at {NOW}"
    ));
    doubled.refused("the roster has alice already");
    assert!(!town.stage.exists("ceremony/rebuilders.json"));
}

#[test]
fn a_party_that_gets_another_key_keeps_the_old_one_up_to_now() {
    let town = Town::founded();
    town.change(
        "add-party",
        &format!("alice --key alice.pub {PARTY}"),
        &["board"],
    );
    let ceremony = town.ceremony();
    let words = town.ok(&format!(
        "add-party repository {ceremony} alice --replace --key bob.pub {PARTY} --at {LATER}"
    ));
    assert!(
        words.contains(&format!("(1970-01-01T00:00:00Z) until {LATER}")),
        "{words}"
    );
    assert!(
        words.contains(&format!("from {LATER} without end")),
        "{words}"
    );
}

#[test]
fn holders_are_called_by_the_name_that_the_roster_has_for_them() {
    let town = Town::founded();
    town.change(
        "add-party",
        &format!("the-board --key board.pub --role board {PARTY}"),
        &["board"],
    );
    let status = town.ok(&format!("status repository --at {NOW}"));
    assert!(status.contains("signed by the-board ("), "{status}");
    let removed = town.prepare("remove-party", "the-board");
    town.sign(&removed, &["board"]);
    town.publish(&removed);
    // Whoever left has its name still.
    let status = town.ok(&format!("status repository --at {NOW}"));
    assert!(status.contains("signed by the-board ("), "{status}");
}

#[test]
fn a_policy_that_its_owners_did_not_sign_or_of_another_name_gets_no_role() {
    let town = Town::with_project();
    let stage = &town.stage;
    stage.ok("policy compile policy.toml --at 2020-01-01T00:00:00Z");
    town.run(&format!(
        "policy repository ceremony demo --layout demo.layout --at {NOW}"
    ))
    .refused("0 of 1 needed owners");
    stage.ok("policy sign demo.layout --key owner.key");
    town.run(&format!(
        "delegate repository ceremony other --owner maria.pub --layout demo.layout --at {NOW}"
    ))
    .refused("it is the policy demo");
    assert!(!stage.exists("ceremony"));
}

#[test]
fn naming_rules_that_name_a_project_stand_before_those_that_find_one() {
    let town = Town::with_project();
    town.stage.write(
        "naming.json",
        r#"{"_type":"https://quorate.dev/naming/v1","rules":[{"pattern":"*_*.deb","before":"_"}]}"#,
    );
    town.change("naming", "naming.json", &["targets-1", "targets-2"]);
    let ceremony = town.ceremony();
    let words = town.ok(&format!(
        "delegate repository {ceremony} hello --owner maria.pub --files greet_*.deb salute_*.deb --at {NOW}"
    ));
    let rules: Vec<_> = words
        .lines()
        .filter(|line| line.starts_with("naming:"))
        .collect();
    assert_eq!(
        rules,
        [
            "naming: \"greet_*.deb\" belongs to hello",
            "naming: \"salute_*.deb\" belongs to hello",
            "naming: \"*_*.deb\" belongs to the project named before \"_\"",
        ]
    );
}

#[test]
fn history_has_every_version_with_who_signed_it() {
    let town = Town::with_project();
    town.change(
        "add-party",
        &format!("maria --key maria.pub {PARTY}"),
        &["board"],
    );
    town.change("policy", "demo --layout demo.layout", &["maria", "omar"]);
    let history = town.ok("history repository");
    let heads: Vec<_> = history
        .lines()
        .filter(|line| !line.starts_with(' '))
        .collect();
    let names: Vec<_> = heads
        .iter()
        .map(|line| line.split(':').next().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "root 1",
            "targets 1",
            "targets 2",
            "proj-demo 1",
            "proj-demo 2",
            "rebuilders 1",
            "rebuilders 2"
        ]
    );
    let policy = heads
        .iter()
        .find(|line| line.starts_with("proj-demo 2"))
        .unwrap();
    assert!(
        policy.contains("maria (") && policy.ends_with("(2 needed)"),
        "{policy}"
    );
    let json = town.ok("history repository --all --json");
    assert!(json.contains("\"format\":\"quorate-trust-history/1\"") && json.contains("\"bins-f\""));
    // A version that somebody took away is missed.
    std::fs::remove_file(town.stage.path("repository/metadata/1.proj-demo.json")).unwrap();
    town.run("history repository")
        .refused("1.proj-demo.json is missing");
}

#[test]
fn what_expires_is_named_and_renewed() {
    let town = Town::with_project();
    let ran = town.run("status repository --at 2027-04-02T00:00:00Z");
    assert_eq!(ran.code, 1, "{ran:#?}");
    assert!(
        ran.stdout
            .contains("rebuilders       version 1, expired, until 2027-04-01T00:00:00Z"),
        "{ran:#?}"
    );
    let ceremony = town.ceremony();
    town.ok(&format!(
        "renew repository {ceremony} rebuilders --at 2027-04-02T00:00:00Z"
    ));
    town.sign(&ceremony, &["board"]);
    town.ok(&format!(
        "publish repository {ceremony} --online-key online.key --at 2027-04-02T00:00:00Z"
    ));
    town.ok("status repository --json --at 2027-04-02T00:00:00Z");
}

#[test]
fn a_refresh_makes_a_snapshot_anew_when_half_of_its_time_is_gone() {
    let town = Town::founded();
    let refresh = |at: &str| {
        town.ok(&format!(
            "refresh repository --online-key online.key --at {at}"
        ))
    };
    assert_eq!(refresh("2027-01-02T00:00:00Z"), "metadata/timestamp.json\n");
    assert_eq!(
        refresh("2027-01-06T00:00:00Z"),
        "metadata/2.snapshot.json\nmetadata/timestamp.json\n"
    );
    town.run(&format!(
        "refresh repository --online-key thief.key --at {LATER}"
    ))
    .refused("not enough for");
    // For machines without a network.
    town.ok(
        "refresh repository --online-key online.key --timestamp-days 30 --at 2027-01-06T00:00:00Z",
    );
    assert!(
        town.ok(&format!("status repository --at {LATER}"))
            .contains("until 2027-02-05T00:00:00Z")
    );
}

#[test]
fn a_holder_signs_with_a_key_under_a_passphrase() {
    let town = Town::with_project();
    town.stage.write("passphrase", "open sesame\n");
    town.stage.shell(
        "openssl",
        &[
            "pkcs8",
            "-topk8",
            "-in",
            "maria.key",
            "-out",
            "locked.key",
            "-passout",
            "pass:open sesame",
        ],
    );
    let ceremony = town.prepare("policy", "demo --layout demo.layout");
    town.ok(&format!(
        "sign {ceremony} --key locked.key --passphrase-file passphrase"
    ));
    town.stage.write("passphrase", "wrong\n");
    town.run(&format!(
        "sign {ceremony} --key locked.key --passphrase-file passphrase"
    ))
    .unable("the passphrase does not open the key");
    town.sign(&ceremony, &["omar"]);
    town.publish(&ceremony);
}

#[test]
fn a_ceremony_begins_in_an_empty_folder_and_over_a_repository() {
    let town = Town::founded();
    let ceremony = town.prepare("renew", "rebuilders");
    town.run(&format!(
        "renew repository {ceremony} rebuilders --at {NOW}"
    ))
    .unable("a ceremony begins in an empty folder");
    town.run(&format!("renew nowhere other rebuilders --at {NOW}"))
        .unable("no trust repository is there");
    town.run("sign nowhere --key board.key")
        .unable("no ceremony is there");
    assert!(!town.stage.exists("nowhere"));
    town.run(&format!("renew repository other proj-nobody --at {NOW}"))
        .refused("proj-nobody.json is missing");
    town.run(&format!("init other {FOUNDING} --bins 7 --at {NOW}"))
        .unable("there are 16, 256 or 4096");
}
