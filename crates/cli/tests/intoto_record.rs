//! `quorate in-toto record`, `sign` and `match-products`.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stage;

use serde_json::Value;
use stage::Stage;

fn names_with(stage: &Stage, end: &str) -> Vec<String> {
    let mut names = stage.names();
    names.retain(|name| name.ends_with(end));
    names
}

/// Between start and stop, with one material.
fn started(form: &str) -> Stage {
    let stage = Stage::keys();
    stage.write("a", "material");
    stage.ok(&format!(
        "in-toto record start -n edit --signing-key alice.key -m a {form}"
    ));
    stage
}

#[test]
fn stop_finishes_what_start_began_in_the_same_form() {
    for (form, member) in [("--use-dsse", "payload"), ("--metablock", "signed")] {
        let stage = started(form);
        assert_eq!(names_with(&stage, ".link-unfinished").len(), 1);
        stage.write("b", "product");
        stage.ok("in-toto record stop -n edit --signing-key alice.key -p b");
        assert_eq!(names_with(&stage, ".link-unfinished"), [""; 0]);
        let [name] = names_with(&stage, ".link").try_into().unwrap();
        assert!(name.starts_with("edit."));
        let text: Value = serde_json::from_slice(&stage.read(&name)).unwrap();
        assert!(text.get(member).is_some());
        stage.ok(&format!("in-toto sign --verify -f {name} -k alice.pub"));
        stage.ok(&format!(
            "in-toto match-products -l {name} -p b --verification-keys alice.pub"
        ));
    }
}

#[test]
fn materials_that_were_changed_after_the_start_are_refused() {
    let stage = started("--metablock");
    let [name] = names_with(&stage, ".link-unfinished").try_into().unwrap();
    let text = String::from_utf8(stage.read(&name)).unwrap();
    stage.write(&name, text.replace("\"a\":", "\"z\":"));
    let ran = stage.run("in-toto record stop -n edit --signing-key alice.key");
    ran.refused("not signed by this key");
    assert_eq!(names_with(&stage, ".link"), [""; 0]);
}

#[test]
fn another_key_or_step_has_nothing_to_stop() {
    let stage = started("");
    stage
        .run("in-toto record stop -n edit --signing-key bob.key")
        .refused("record start");
    stage
        .run("in-toto record stop -n other --signing-key alice.key")
        .refused("record start");
}

#[test]
fn a_preliminary_link_of_another_step_is_refused() {
    let stage = started("");
    let [name] = names_with(&stage, ".link-unfinished").try_into().unwrap();
    stage.write(&name.replace("edit", "build"), stage.read(&name));
    let ran = stage.run("in-toto record stop -n build --signing-key alice.key");
    ran.refused("it is of step \"edit\"");
}

/// A link of alice's with the products `out/a` and `out/b`.
fn products(form: &str) -> (Stage, String) {
    let stage = Stage::keys();
    std::fs::create_dir(stage.path("out")).unwrap();
    stage.write("out/a", "a");
    stage.write("out/b", "b");
    stage.ok(&format!(
        "in-toto run -n build --signing-key alice.key -p out -x {form}"
    ));
    let [name] = names_with(&stage, ".link").try_into().unwrap();
    (stage, name)
}

#[test]
fn files_are_compared_with_the_products_of_either_form() {
    for form in ["", "--metablock"] {
        let (stage, name) = products(form);
        let compare = format!("in-toto match-products --link {name} --paths out");
        let ran = stage.run(&compare);
        assert_eq!((ran.code, ran.stdout.as_str()), (0, "equal: 2 files\n"));
        assert!(ran.stderr.contains("nobody checked who signed"), "{ran:#?}");
        stage.write("out/a", "other");
        stage.write("out/c", "");
        std::fs::remove_file(stage.path("out/b")).unwrap();
        let ran = stage.run(&compare);
        assert_eq!(ran.code, 1);
        assert_eq!(
            ran.stdout,
            "Only in products: out/b\nNot in products: out/c\nHashes differ: out/a\n"
        );
        let ran = stage.run(&format!(
            "{compare} --json --verification-keys alice.pub bob.pub"
        ));
        let value: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(
            (ran.code, &value["equal"], &value["verified"]),
            (1, &false.into(), &true.into())
        );
        assert_eq!(value["differ"], serde_json::json!(["out/a"]));
        assert_eq!(
            stage.run(&format!("{compare} -e a c")).stdout,
            "Only in products: out/a\nOnly in products: out/b\n"
        );
    }
}

#[test]
fn a_link_by_somebody_else_is_not_compared_with() {
    let (stage, name) = products("");
    let ran = stage.run(&format!(
        "in-toto match-products -l {name} -p out --verification-keys bob.pub"
    ));
    ran.refused("no valid signature");
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_link_is_signed_anew_by_one_key_under_its_name() {
    let (stage, name) = products("--metablock");
    stage.ok(&format!("in-toto sign -f {name} -k bob.key"));
    let links = names_with(&stage, ".link");
    assert_eq!(links.len(), 2);
    let other = links.iter().find(|link| **link != name).unwrap();
    stage.ok(&format!("in-toto sign --verify -f {other} -k bob.pub"));
    stage
        .run(&format!("in-toto sign --verify -f {other} -k alice.pub"))
        .refused("no valid signature");
    for wrong in ["-k bob.key carol.key", "-k bob.key --append"] {
        stage
            .run(&format!("in-toto sign -f {name} {wrong}"))
            .unable("one signer");
    }
    stage
        .run(&format!("in-toto sign -f {name} -k bob.key -o x --verify"))
        .unable("cannot be used");
    stage.run("in-toto sign -f gone -k bob.key").unable("gone");
}

#[test]
fn a_layout_is_signed_in_place_by_all_its_owners() {
    let stage = Stage::of(2);
    let file = "demo.layout";
    stage.ok(&format!(
        "in-toto sign -f {file} -k owner.key second.key -o both"
    ));
    stage.ok("in-toto sign --verify -f both -k owner.pub second.pub");
    stage
        .run("in-toto sign --verify -f both -k owner.pub alice.pub")
        .refused("alice.pub");
    stage.ok(&format!("in-toto sign -f {file} -k second.key"));
    stage
        .run(&format!("in-toto sign --verify -f {file} -k owner.pub"))
        .refused("owner.pub");
    stage.ok(&format!("in-toto sign -f {file} -a -k owner.key"));
    stage.ok(&format!(
        "in-toto sign --verify -f {file} -k owner.pub second.pub"
    ));
}

#[test]
fn what_is_neither_link_nor_layout_is_not_signed() {
    let stage = Stage::keys();
    stage.write("x", r#"{"signed":{"_type":"other"},"signatures":[]}"#);
    stage
        .run("in-toto sign -f x -k alice.key")
        .unable("neither a link nor a layout");
}
