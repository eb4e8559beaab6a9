//! Those who rely on the repository: what they pin, and what they are shown.

use crate::town::{LATER, NOW, Town};

#[test]
fn a_pin_is_not_replaced_by_another_one_unless_the_user_says_so() {
    let town = Town::with_user();
    let other = Town::founded_by_a_thief();
    town.stage.write(
        "other.json",
        other.stage.read("repository/metadata/1.root.json"),
    );
    let pin = format!("pin other.json --store store --at {NOW}");
    town.run(&pin).refused("pinned already: root 1");
    assert_eq!(town.verify().code, 0);
    // The same again is nothing new.
    town.ok(&format!(
        "pin repository/metadata/1.root.json --store store --at {NOW}"
    ));
    town.ok(&format!("{pin} --replace"));
    // Nothing of what was trusted before is trusted under the new root.
    town.verify().unable("is not in the local store");
}

#[test]
fn nothing_is_trusted_on_first_use() {
    let town = Town::with_project();
    town.run(&format!("update repository --store store --at {NOW}"))
        .unable("no root is pinned");
    town.run(&format!("show --store store --at {NOW}"))
        .unable("no root is pinned");
    town.verify().unable("no root is pinned");
}

#[test]
fn a_repository_with_another_root_than_the_pinned_digest_is_refused() {
    let town = Town::with_project();
    let digest = quorate::digest::Sha256::of(&town.stage.read("repository/metadata/1.root.json"));
    town.run("pin --sha256 0 --version 1 --store store")
        .unable("invalid value '0'");
    town.ok(&format!(
        "pin --sha256 {} --version 1 --store other",
        "0".repeat(64)
    ));
    town.run(&format!("update repository --store other --at {NOW}"))
        .refused("no root with the pinned digest");
    town.ok(&format!("pin --sha256 {digest} --version 1 --store store"));
    town.update();
    assert_eq!(town.verify().code, 0);
}

#[test]
fn a_root_that_its_own_holders_did_not_sign_is_not_pinned() {
    let town = Town::empty();
    town.ok(&format!(
        "init ceremony {} --at {NOW}",
        crate::town::FOUNDING
    ));
    town.run(&format!("pin ceremony/root.json --store store --at {NOW}"))
        .refused("0 of 2 needed holders of root signed");
    assert!(!town.stage.exists("store/pin.json"));
}

#[test]
fn a_damaged_pin_is_never_taken_for_none() {
    let town = Town::with_user();
    let root = "pin repository/metadata/1.root.json --store store";
    for damaged in [
        "",
        "{}",
        r#"{"_type":"https://quorate.dev/pin/v1","version":0,"sha256":"00"}"#,
    ] {
        town.stage.write("store/pin.json", damaged);
        town.verify().refused("pin.json");
        town.run(&format!("{root} --at {NOW}")).refused("pin.json");
    }
    town.ok(&format!("{root} --replace --at {NOW}"));
}

#[test]
fn what_is_trusted_is_shown_with_versions_signers_and_ends() {
    let town = Town::with_user();
    let text = town.ok(&format!("show --store store --at {NOW}"));
    for row in ["root ", "timestamp ", "snapshot ", "targets "] {
        assert!(text.lines().any(|line| line.starts_with(row)), "{text}");
    }
    assert!(
        text.contains("version 1, until 2028-01-01T00:00:00Z, signed by "),
        "{text}"
    );
    let json = town.ok(&format!("show --store store --json --at {NOW}"));
    assert!(
        json.contains("\"format\":\"quorate-trust/1\"") && json.contains("\"clockIsBehind\":false")
    );
    town.run(&format!("show --store store --at {LATER}"))
        .refused("timestamp version 2 expired");
    let behind = town.run("show --store store --at 2026-01-01T00:00:00Z");
    assert!(
        behind
            .stderr
            .contains("the clock is behind the last update"),
        "{behind:#?}"
    );
}

#[test]
fn trust_is_kept_in_the_data_home_of_the_user() {
    let town = Town::with_project();
    let home = town.stage.path("data");
    let ran = |words: &str| {
        let mut program = town.stage.program();
        program.env("XDG_DATA_HOME", &home).args(words.split(' '));
        crate::stage::Ran::of(program.output().unwrap())
    };
    let pinned = ran(&format!(
        "trust pin repository/metadata/1.root.json --at {NOW}"
    ));
    assert_eq!(pinned.code, 0, "{pinned:#?}");
    assert!(town.stage.exists("data/quorate/trust/pin.json"));
}

#[test]
fn a_repository_behind_another_scheme_is_mirrored_by_somebody_else() {
    let town = Town::with_user();
    town.run(&format!(
        "update rsync://example.org/trust --store store --at {NOW}"
    ))
    .unable("rsync is not spoken here");
    let folder = town.stage.path("repository");
    town.ok(&format!(
        "update file://{} --store store --at {NOW}",
        folder.display()
    ));
}
