//! Machines without a network: a copy of the repository that lasts longer, and that nobody else is held up with.

use std::fs;

use crate::town::{LATER, NOW, Town};

/// A day within the medium's time, and one after it.
const IN_A_MONTH: &str = "2027-01-20T00:00:00Z";
const TOO_LATE: &str = "2027-01-31T00:00:00Z";

fn exported() -> Town {
    let town = Town::with_project();
    town.ok(&format!(
        "pin repository/metadata/1.root.json --store store --at {NOW}"
    ));
    let said = town.ok(&format!(
        "export repository stick --online-key online.key --at {NOW}"
    ));
    assert!(
        said.contains("a medium until 2027-01-31T00:00:00Z"),
        "{said}"
    );
    town
}

#[test]
fn a_machine_without_a_network_trusts_a_medium_for_a_month() {
    let town = exported();
    fs::remove_dir_all(town.stage.path("repository")).unwrap();
    let shown = town.ok(&format!(
        "update stick --medium --project demo --store store --at {IN_A_MONTH}"
    ));
    assert!(
        shown.contains("timestamp        version 3, until 2027-01-31T00:00:00Z"),
        "{shown}"
    );
    fs::remove_dir_all(town.stage.path("stick")).unwrap();
    let ran = town.verify_file(crate::stage::DEB, IN_A_MONTH);
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(ran.stdout.contains("2027-01-31"), "{ran:#?}");
    town.verify_file(crate::stage::DEB, TOO_LATE)
        .refused("timestamp version 3 expired");
}

#[test]
fn nobody_is_held_up_for_a_month_by_a_mirror_that_serves_a_medium() {
    let town = exported();
    let refused = town.run(&format!("update stick --store store --at {LATER}"));
    refused.refused("is for a medium");
    assert!(refused.stderr.contains("--medium"), "{refused:#?}");
    // Nor does it count for one who took it once and is on the network again.
    town.ok(&format!("update stick --medium --store store --at {NOW}"));
    town.run(&format!("update stick --store store --at {LATER}"))
        .refused("is for a medium");
    town.ok(&format!("update repository --store store --at {NOW}"));
}

#[test]
fn a_medium_is_neither_a_rollback_nor_the_newest_thing() {
    let town = Town::with_user();
    town.ok(&format!(
        "export repository stick --online-key online.key --at {NOW}"
    ));
    // Who saw what was published before takes the medium, and then what was published with it.
    town.ok(&format!("update stick --medium --store store --at {NOW}"));
    town.ok(&format!("update repository --store store --at {NOW}"));
    // Who saw that takes no older medium, and takes the next one.
    town.run(&format!("update stick --medium --store store --at {NOW}"))
        .refused("timestamp");
    town.ok(&format!(
        "export repository stick --online-key online.key --days 90 --at {LATER}"
    ));
    town.ok(&format!("update stick --medium --store store --at {LATER}"));
}

#[test]
fn an_export_never_overwrites_a_repository() {
    let town = Town::with_user();
    let before = town.stage.read("repository/metadata/timestamp.json");
    town.run(&format!(
        "export repository repository --online-key online.key --at {NOW}"
    ))
    .unable("a repository is there that is not for media");
    assert_eq!(
        town.stage.read("repository/metadata/timestamp.json"),
        before
    );
    town.run(&format!(
        "export repository stick --days 91 --online-key online.key --at {NOW}"
    ))
    .unable("91");
    assert!(!town.stage.exists("stick"));
}
