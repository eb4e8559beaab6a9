//! Parties' keys in the trust repository: stolen, revoked, replaced; what was valid before stays so.

use quorate_testkit::scenario::{Party, Sample, ed25519, signed};

use crate::stage::DEB;
use crate::town::{NOW, PARTY, Town};

/// Every build of a [`Sample`] was finished on 20 November 2026.
const BEFORE: &str = "2026-11-01T00:00:00Z";
const AFTER: &str = "2026-12-01T00:00:00Z";

/// A user, and a roster with alice and bob.
fn with_roster() -> Town {
    let town = Town::with_user();
    let long_ago = "--from 2026-01-01T00:00:00Z";
    for name in ["alice", "bob"] {
        let party = format!("{name} --key {name}.pub {PARTY} {long_ago}");
        town.change("add-party", &party, &["board"]);
    }
    town.update();
    town
}

/// What a party states of a build, signed by any key.
fn states(town: &Town, file: &str, party: &str, (key, sample): (&str, &Sample)) {
    let statement = Party::new(party).rebuild(sample).statement();
    let key = ed25519(key);
    let bytes = signed("application/vnd.in-toto+json", &statement, [&key]);
    town.stage.write(&format!("evidence/{file}"), bytes);
}

#[test]
fn a_stolen_machine_is_taken_out_by_its_party_without_asking_anyone() {
    let town = with_roster();
    let stage = &town.stage;
    stage.key("rack", &ed25519("rack"));
    std::fs::remove_file(stage.path("evidence/alice.json")).unwrap();
    states(&town, "rack.json", "alice", ("rack", &Sample::catdoc()));
    town.verify().refused("only 1 of 3 parties");
    stage.ok("party machines --machine rack.pub --until 2027-06-01T00:00:00Z --key alice.key -o evidence/alice.machines");
    let ran = town.verify();
    assert_eq!(ran.code, 0, "{ran:#?}");
    // The thief has the machine, and makes its party contradict itself.
    let lie = Sample::catdoc().bytes(*b"a lie");
    states(&town, "lie.json", "alice", ("rack", &lie));
    town.verify().refused("alice contradicts itself");
    // The machine goes, another one of the party's builds again.
    stage.ok(&format!("party revoke alice rack.pub --since {BEFORE} --key alice.key --reason stolen -o evidence/alice.revocation"));
    town.verify().refused("struck: the vote of alice");
    stage.ok("party machines --machine second.pub --until 2027-06-01T00:00:00Z --key alice.key -o evidence/alice-2.machines");
    let rebuilt = Party::new("alice").rebuild(&Sample::catdoc()).statement();
    let second = ed25519("owner 1");
    let bytes = signed("application/vnd.in-toto+json", &rebuilt, [&second]);
    stage.write("evidence/second.json", bytes);
    let ran = town.verify();
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(ran.stdout.contains("struck: the vote of alice"), "{ran:#?}");
}

#[test]
fn a_stolen_party_key_is_revoked_replaced_and_its_lie_struck_while_old_verdicts_stand() {
    let town = with_roster();
    let stage = &town.stage;
    // Every night each party writes down what it has seen.
    for name in ["bob", "carol"] {
        stage.ok(&format!(
            "party witness {name} evidence --key {name}.key --at 2026-11-21T06:00:00Z -o {name}.witness"
        ));
        std::fs::rename(
            stage.path(format!("{name}.witness")),
            stage.path(format!("evidence/{name}.witness")),
        )
        .unwrap();
    }
    assert_eq!(town.verify().code, 0);
    // Alice's key is stolen in December: the thief dates a lie back.
    let lie = Sample::catdoc().bytes(*b"a lie");
    states(&town, "lie.json", "alice", ("alice 0", &lie));
    town.verify().refused("alice contradicts itself");
    // She revokes it herself: her old vote was seen by two others before.
    stage.ok(&format!(
        "party revoke alice alice.pub --since {AFTER} --key alice.key -o alice.revocation"
    ));
    std::fs::copy(
        stage.path("alice.revocation"),
        stage.path("evidence/alice.revocation"),
    )
    .unwrap();
    let ran = town.verify();
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(
        ran.stdout
            .contains("2 of 3 parties got the same bytes (2 needed): alice, bob"),
        "{ran:#?}"
    );
    assert!(
        ran.stdout
            .contains("struck: the vote of alice for other bytes"),
        "{ran:#?}"
    );
    // Whoever hands over evidence leaves the revocation out: the roster says it, too.
    std::fs::remove_file(stage.path("evidence/alice.revocation")).unwrap();
    town.verify().refused("alice contradicts itself");
    let ceremony = town.prepare("revoke", "alice --statement alice.revocation");
    let told = town.run(&format!("diff repository {ceremony}"));
    assert!(
        told.stdout
            .contains("COMPROMISED since 2026-12-01T00:00:00Z"),
        "{told:#?}"
    );
    town.sign(&ceremony, &["board"]);
    town.publish(&ceremony);
    town.update();
    let ran = town.verify();
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(
        ran.stdout
            .contains("struck: the vote of alice for other bytes"),
        "{ran:#?}"
    );
    // The thief's file has no quorum, under whatever name.
    stage.write(DEB, b"a lie");
    town.verify()
        .refused("struck: the vote of alice for these bytes");
}

#[test]
fn a_party_that_leaves_keeps_what_it_said_and_says_no_more() {
    let town = with_roster();
    let leave = town.ceremony();
    town.ok(&format!(
        "remove-party repository {leave} alice --at {AFTER}"
    ));
    town.sign(&leave, &["board"]);
    town.publish(&leave);
    town.update();
    assert_eq!(town.verify().code, 0, "built before she left");
    let ceremony = town.ceremony();
    town.ok(&format!(
        "remove-party repository {ceremony} alice --at {BEFORE}"
    ));
    town.sign(&ceremony, &["board"]);
    town.publish(&ceremony);
    town.update();
    town.verify()
        .refused("its key spoke for it until 2026-11-01T00:00:00Z");
}

#[test]
fn a_roster_that_has_expired_answers_nothing_because_it_may_hide_a_theft() {
    let town = with_roster();
    town.ok(&format!(
        "refresh repository --online-key online.key --timestamp-days 365 --snapshot-days 365 --at {NOW}"
    ));
    town.update();
    town.verify_file(DEB, "2027-04-15T00:00:00Z")
        .refused("rebuilders");
    // An update says at once that nothing will be judged.
    town.run("update repository --store store --at 2027-04-15T00:00:00Z")
        .refused("`quorate verify` will refuse everything");
}

#[test]
fn a_revocation_that_another_party_signed_does_not_reach_the_roster() {
    let town = with_roster();
    let stage = &town.stage;
    stage.ok(&format!(
        "party revoke alice alice.pub --since {BEFORE} --key bob.key -o bobs.revocation"
    ));
    town.run(&format!(
        "revoke repository ceremony alice --statement bobs.revocation --at {NOW}"
    ))
    .refused("no key that the roster lists for alice signed it");
    town.run(&format!(
        "revoke repository ceremony alice --key bob.pub --since {BEFORE} --at {NOW}"
    ))
    .refused("the roster does not list the key");
    assert!(!stage.exists("ceremony"));
}

#[test]
fn a_thief_with_a_revoked_key_does_not_get_the_next_one_into_the_roster_as_stolen() {
    let town = with_roster();
    let stage = &town.stage;
    stage.key("next", &ed25519("next"));
    town.change(
        "revoke",
        &format!("alice --key alice.pub --since {BEFORE}"),
        &["board"],
    );
    let next = format!("alice --replace --key alice.pub --key next.pub {PARTY}");
    town.change("add-party", &next, &["board"]);
    stage.ok(&format!(
        "party revoke alice next.pub --since {BEFORE} --key alice.key -o revenge"
    ));
    town.run(&format!(
        "revoke repository ceremony alice --statement revenge --at {NOW}"
    ))
    .refused("has ended or is compromised, and it revokes another");
}

#[test]
fn thefts_that_thieves_of_the_roster_made_up_are_taken_back_by_its_next_holders() {
    let town = with_roster();
    for name in ["alice", "bob"] {
        let theirs = format!("{name} --key {name}.pub --since 2000-01-01T00:00:00Z");
        town.change("revoke", &theirs, &["board"]);
    }
    town.update();
    town.verify()
        .refused("its key is compromised since 2000-01-01");
    let next = "rebuilders --key maria.pub";
    town.change("rotate", next, &["targets-1", "targets-2", "maria"]);
    // Version 3 is the last that the board itself signed.
    let ceremony = town.prepare("restore", "rebuilders 3");
    let told = town.run(&format!("diff repository {ceremony}"));
    assert!(told.stdout.contains("NO LONGER COMPROMISED"), "{told:#?}");
    town.sign(&ceremony, &["maria"]);
    town.publication(&ceremony).refused("--take-back");
    town.ok(&format!(
        "publish repository {ceremony} --take-back --online-key online.key --at {NOW}"
    ));
    town.update();
    let ran = town.verify();
    assert_eq!(ran.code, 0, "{ran:#?}");
}

#[test]
fn what_a_party_signed_is_never_written_over() {
    let town = Town::empty();
    let words = "party rotate alice --key alice.key --new bob.key -o out";
    town.stage.ok(words);
    town.stage.run(words).unable("never written over");
}
