//! A party's entry is changed: what is not given stays, what goes away is shown, and a theft is never taken back.

use std::fs;

use quorate::digest::Sha256;

use crate::town::{LATER, NOW, PARTY, Town};

const SINCE: &str = "2026-12-01T00:00:00Z";

/// A roster with alice, whose principal has another name.
fn with_alice() -> Town {
    let town = Town::founded();
    let party = format!("alice --key alice.pub --principal uni {PARTY}");
    town.change("add-party", &party, &["board"]);
    town
}

/// Writes another entry of alice into a ceremony, and makes the role vouch for it.
fn forge(town: &Town, ceremony: &str, change: impl Fn(String) -> String) {
    let entry = town
        .files(&format!("{ceremony}/targets/rebuilders"), ".alice.json")
        .remove(0);
    let before = String::from_utf8(town.stage.read(&entry)).unwrap();
    let after = change(before.clone());
    assert_ne!(before, after);
    let digest = |text: &str| Sha256::of(text.as_bytes()).to_string();
    let role = format!("{ceremony}/rebuilders.json");
    let text = String::from_utf8(town.stage.read(&role)).unwrap();
    let length = |text: &str| format!("\"length\":{}", text.len());
    let text = text
        .replace(&digest(&before), &digest(&after))
        .replace(&length(&before), &length(&after));
    town.stage.write(&role, text);
    fs::remove_file(town.stage.path(&entry)).unwrap();
    let entry = entry.replace(&digest(&before), &digest(&after));
    town.stage.write(&entry, after);
}

#[test]
fn what_is_not_given_with_replace_stays_in_the_entry() {
    let town = with_alice();
    let ceremony = town.prepare("add-party", "alice --replace --key bob.pub");
    let look = town.ok(&format!("sign {ceremony} --dry-run"));
    assert!(
        look.contains("party alice: Somebody (uni), hosting self, country DE"),
        "{look}"
    );
    assert!(!look.contains("becomes alice"), "{look}");
    assert!(look.contains("is added"), "{look}");
    let contact = town.prepare(
        "add-party",
        "alice --replace --contact mailto:b@example.org",
    );
    let look = town.ok(&format!("sign {contact} --dry-run"));
    assert!(
        look.contains("contact mailto:a@example.org becomes mailto:b@example.org"),
        "{look}"
    );
    assert!(!look.contains("valid until"), "its keys stay: {look}");
    town.run(&format!(
        "add-party repository new carol --key carol.pub --at {NOW}"
    ))
    .unable("--operator");
}

#[test]
fn holders_read_what_an_entry_was_before_it_changes() {
    let town = with_alice();
    let ceremony = town.ceremony();
    let words = town.ok(&format!(
        "add-party repository {ceremony} alice --replace --key bob.pub --principal alice --at {LATER}"
    ));
    for shown in [
        words.clone(),
        town.ok(&format!("sign {ceremony} --dry-run")),
        town.run(&format!("diff repository {ceremony}")).stdout,
    ] {
        assert!(
            shown.contains("party alice: principal uni becomes alice"),
            "{shown}"
        );
        assert!(
            shown.contains(&format!("valid until without end becomes {LATER}")),
            "{shown}"
        );
    }
    // Without the copy of the entry it is said that nobody sees what goes away.
    fs::remove_dir_all(town.stage.path(format!("{ceremony}/before/targets"))).unwrap();
    let look = town.ok(&format!("sign {ceremony} --dry-run"));
    assert!(look.contains("WHAT IT REPLACES IS NOT HERE"), "{look}");
}

#[test]
fn a_roster_that_takes_a_compromise_back_is_not_published() {
    let town = with_alice();
    let revoke = format!("alice --key alice.pub --since {SINCE}");
    town.change("revoke", &revoke, &["board"]);
    let stolen = format!("\"compromisedSince\":\"{SINCE}\"");
    let later = stolen.replace("2026-12", "2027-12");
    let cases = [
        (
            "\"compromisedSince\":null",
            "NO LONGER COMPROMISED",
            "is no longer compromised since",
        ),
        (
            later.as_str(),
            "BECOMES LATER",
            "is compromised since 2027-12-01T00:00:00Z only",
        ),
    ];
    for (forged, shown, refused) in cases {
        let ceremony = town.prepare(
            "add-party",
            "alice --replace --contact mailto:b@example.org",
        );
        forge(&town, &ceremony, |text| text.replace(&stolen, forged));
        let look = town.ok(&format!("sign {ceremony} --dry-run"));
        assert!(look.contains(shown), "{look}");
        town.sign(&ceremony, &["board"]);
        town.publication(&ceremony).refused(refused);
    }
    // What says more of a theft is published.
    let earlier = "alice --key alice.pub --since 2026-11-01T00:00:00Z";
    town.change("revoke", earlier, &["board"]);
}

#[test]
fn a_stolen_key_and_its_entry_do_not_vanish_from_the_roster() {
    let town = with_alice();
    let revoke = format!("alice --key alice.pub --since {SINCE}");
    town.change("revoke", &revoke, &["board"]);
    // The key goes, and another one takes its place.
    let ceremony = town.prepare("add-party", "alice --replace --key bob.pub");
    forge(&town, &ceremony, |text| {
        let (head, keys) = text.split_once("\"keys\":[").unwrap();
        let (stolen, new) = keys.split_once("},{").unwrap();
        let (_, rest) = new.split_once(']').unwrap();
        let new = new.strip_suffix(rest).unwrap();
        assert!(stolen.contains(SINCE));
        format!("{head}\"keys\":[{{{new}{rest}")
    });
    let look = town.ok(&format!("sign {ceremony} --dry-run"));
    assert!(look.contains("IS REMOVED"), "{look}");
    town.sign(&ceremony, &["board"]);
    town.publication(&ceremony)
        .refused("vanishes from its entry");
    // The whole entry goes.
    let ceremony = town.prepare("renew", "rebuilders");
    let role = format!("{ceremony}/rebuilders.json");
    let text = String::from_utf8(town.stage.read(&role)).unwrap();
    let (head, rest) = text.split_once("\"targets\":{").unwrap();
    let (_, tail) = rest.split_once("}}").unwrap();
    let tail = tail.strip_prefix('}').unwrap_or(tail);
    town.stage
        .write(&role, format!("{head}\"targets\":{{}}{tail}"));
    let look = town.ok(&format!("sign {ceremony} --dry-run"));
    assert!(
        look.contains("THE ENTRY OF THIS PARTY IS REMOVED"),
        "{look}"
    );
    town.sign(&ceremony, &["board"]);
    town.publication(&ceremony).refused("alice.json vanishes");
    // Nor does it help to take away what is published.
    let ceremony = town.prepare(
        "add-party",
        "alice --replace --contact mailto:b@example.org",
    );
    town.sign(&ceremony, &["board"]);
    let said = town.files("repository/targets/rebuilders", ".alice.json");
    for name in &said {
        fs::remove_file(town.stage.path(name)).unwrap();
    }
    town.publication(&ceremony)
        .refused("as the published roster names it, is missing");
}

#[test]
fn a_ceremony_over_an_older_state_is_to_be_prepared_anew() {
    let town = with_alice();
    let old = town.prepare("add-party", "alice --replace --key bob.pub");
    town.change("renew", "rebuilders", &["board"]);
    let stale = "prepared from an older state of the repository; prepare it anew";
    town.run(&format!("diff repository {old}")).refused(stale);
    town.sign(&old, &["board"]);
    town.publication(&old).refused(stale);
    // The same without a repository, where the folder's own copies say so.
    let newer = town.prepare("renew", "rebuilders");
    let copy = town.stage.read(&format!("{newer}/before/rebuilders.json"));
    town.stage
        .write(&format!("{old}/before/rebuilders.json"), copy);
    town.run(&format!("sign {old} --dry-run")).refused(stale);
}

#[test]
fn each_step_of_a_ceremony_says_what_comes_next() {
    let town = Town::empty();
    let keys = "--root root-1.pub --targets targets-1.pub --online online.pub";
    town.ok(&format!("init founding {keys} --at {NOW}"));
    let one = town.run("sign founding --key root-1.key");
    assert!(!one.stderr.contains("next:"), "{one:#?}");
    let all = town.run("sign founding --key targets-1.key");
    assert!(
        all.stderr
            .contains("next: `quorate trust publish REPOSITORY founding --online-key KEY`"),
        "{all:#?}"
    );
    let published = town.publication("founding");
    assert!(
        published
            .stderr
            .contains("next: hand out repository/metadata/1.root.json, or its SHA-256"),
        "{published:#?}"
    );
}

#[test]
fn naming_rules_that_go_away_are_named() {
    let town = Town::with_project();
    let rules =
        r#"{"_type":"https://quorate.dev/naming/v1","rules":[{"pattern":"x*","project":"demo"}]}"#;
    town.stage.write("naming.json", rules);
    let ceremony = town.ceremony();
    let words = town.ok(&format!(
        "naming repository {ceremony} naming.json --at {NOW}"
    ));
    for shown in [words, town.ok(&format!("sign {ceremony} --dry-run"))] {
        assert!(
            shown.contains("naming: \"catdoc_*.deb\" belongs to demo: THIS RULE GOES AWAY"),
            "{shown}"
        );
    }
}

#[test]
fn a_new_partys_keys_speak_from_the_beginning_and_added_ones_from_now() {
    let town = Town::founded();
    let ceremony = town.ceremony();
    let words = town.ok(&format!(
        "add-party repository {ceremony} alice --key alice.pub {PARTY} --at {NOW}"
    ));
    assert!(
        words.contains("from the beginning (1970-01-01T00:00:00Z) without end"),
        "{words}"
    );
    town.sign(&ceremony, &["board"]);
    town.publish(&ceremony);
    let ceremony = town.prepare("add-party", "alice --replace --key alice.pub --key bob.pub");
    let look = town.ok(&format!("sign {ceremony} --dry-run"));
    assert!(look.contains(&format!("from {NOW} without end")), "{look}");
}

#[test]
fn a_key_that_is_named_again_is_moved_and_never_revived_in_silence() {
    let town = with_alice();
    let moved = town.prepare(
        "add-party",
        "alice --replace --key alice.pub --from 2026-06-01T00:00:00Z --until 2027-06-01T00:00:00Z",
    );
    let look = town.ok(&format!("sign {moved} --dry-run"));
    assert!(
        look.contains("valid from 1970-01-01T00:00:00Z becomes 2026-06-01T00:00:00Z"),
        "{look}"
    );
    assert!(
        look.contains("valid until without end becomes 2027-06-01T00:00:00Z"),
        "{look}"
    );
    let both = format!("--key alice.pub --key bob.pub --from {SINCE} --at {NOW}");
    town.run(&format!("add-party repository no alice --replace {both}"))
        .unable("change them in two ceremonies");
    town.change("remove-party", "alice", &["board"]);
    let back = format!("add-party repository no alice --replace --key alice.pub --at {LATER}");
    town.run(&back).refused("--until TIME gives it another end");
    assert!(!town.stage.exists("no"));
}
