//! Versions of a policy, and how independent its parties must be, with the real program.

mod stage;

use stage::{Stage, VERIFY};

#[test]
fn a_policy_of_an_older_version_than_the_user_names_is_refused() {
    let stage = Stage::quorate();
    let with = |version: u32| {
        let flag = format!("verify --policy-version-min {version}");
        stage.run(&VERIFY.replace("verify", &flag))
    };
    assert_eq!(with(1).code, 0);
    with(2).refused("it is version 1, and version 2 takes its place");
}

#[test]
fn the_next_version_is_written_over_a_signed_one_and_an_older_one_is_not() {
    let version = |stage: &Stage, version: u32| {
        stage.policy(2, |text| {
            text.replace("version = 1", &format!("version = {version}"))
        });
        stage.run("policy compile policy.toml --at 2020-01-01T00:00:00Z")
    };
    let stage = Stage::of(2);
    let ran = version(&stage, 3);
    assert_eq!(ran.code, 0, "{ran:#?}");
    let said = "version 3 takes the place of version 1";
    assert!(ran.stderr.contains(said), "{ran:#?}");
    stage.ok("policy sign demo.layout --key owner.key");
    version(&stage, 2).refused("raise `version` in policy.toml");
    let ran = stage.run("policy compile policy.toml --at 2020-01-01T00:00:00Z --force");
    let said = "warning: version 2 takes the place of version 3; whoever has seen that one refuses this one";
    assert!(ran.code == 0 && ran.stderr.contains(said), "{ran:#?}");
    // Nobody signed it, and somebody may have it all the same.
    stage.policy(3, |text| text.replace("version = 1", "version = 2"));
    let ran = stage.run("policy compile policy.toml --at 2020-01-01T00:00:00Z");
    let said = "warning: another policy of version 2 stood here";
    assert!(ran.code == 0 && ran.stderr.contains(said), "{ran:#?}");
}

#[test]
fn two_parties_of_one_operator_are_not_the_two_domains_that_a_policy_asks_for() {
    let declared = |text: String| {
        let said =
            "principal = \"acme\"\nhosting = \"self\"\ncountry = \"DE\"\ntoolchain = \"debian\"";
        ["alice", "bob"].iter().fold(text, |text, party| {
            let name = format!("name = \"{party}\"");
            text.replace(&name, &format!("{name}\n{said}"))
        }) + "\n[[diversity]]\nby = \"hosting\"\nat_least = 2\n"
    };
    let stage = Stage::quorate_with(declared);
    let ran = stage.run(VERIFY);
    ran.refused("2 of 3 parties got the same bytes and are not independent enough: alice, bob");
    ran.refused("a party of another principal");
    let json = stage.run(&VERIFY.replace("verify", "verify --json"));
    assert!(json.stdout.contains("\"not-diverse\""), "{json:#?}");
}
