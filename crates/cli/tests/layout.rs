//! `quorate layout`: layouts made and edited; what no verifier would take is never written.

mod stage;

use quorate::envelope::EnvelopeForm;
use serde_json::Value;
use stage::Stage;
use stage::layouts::EXPIRES;

fn names(stage: &Stage) -> Vec<String> {
    stage
        .draft()
        .0
        .steps
        .into_iter()
        .map(|step| step.name)
        .collect()
}

#[test]
fn a_new_layout_is_empty_unsigned_and_never_written_over() {
    let stage = Stage::started();
    let (layout, form, signatures) = stage.draft();
    assert_eq!(
        (layout.expires.to_string(), form, signatures),
        (EXPIRES.into(), EnvelopeForm::Dsse, 0)
    );
    let before = stage.read("demo.layout");
    let again = stage.run(&format!("layout new demo.layout --expires {EXPIRES}"));
    again.unable("hint: an existing file is never overwritten");
    assert_eq!(stage.read("demo.layout"), before);
    stage.run("layout new other.layout").unable("--expires");
    stage
        .run("layout new other.layout --expires-in 1y")
        .unable("90d or 52w");
    assert!(!stage.exists("other.layout"));
    stage.ok("layout new other.layout --expires-in 52w");
}

#[test]
fn a_step_is_added_as_it_was_asked_for() {
    let stage = Stage::chain();
    let (layout, ..) = stage.draft();
    let build = &layout.steps[0];
    assert_eq!((build.threshold.get(), build.pubkeys.len()), (2, 2));
    assert_eq!(build.expected_command, ["make", "all of it"]);
    let pack = &layout.steps[1];
    assert_eq!(
        pack.expected_materials[0].to_string(),
        "MATCH * IN in WITH PRODUCTS IN out FROM build"
    );
    assert_eq!(
        pack.expected_products[0].words(),
        ["REQUIRE", "release notes.txt"]
    );
    assert_eq!(layout.keys.len(), 3);
}

#[test]
fn the_same_commands_make_the_same_bytes_and_leave_no_other_file() {
    let (one, other) = (Stage::chain(), Stage::chain());
    assert_eq!(one.read("demo.layout"), other.read("demo.layout"));
    assert_eq!(
        one.ok("layout draw demo.layout"),
        other.ok("layout draw demo.layout")
    );
    assert!(!one.exists("demo.layout.new"));
}

#[test]
fn keys_are_named_by_file_or_by_id_and_added_once() {
    let stage = Stage::started();
    let id = stage
        .ok("layout add-key demo.layout alice.pub")
        .trim_end()
        .to_owned();
    assert_eq!(
        stage.ok("layout add-key demo.layout alice.pub").trim_end(),
        id
    );
    let short = &id[..8];
    stage.ok(&format!(
        "layout add-step demo.layout build --key {short} --key alice.pub"
    ));
    assert_eq!(stage.draft().0.steps[0].pubkeys, [id.as_str()]);
    let few = stage.run(&format!("layout add-step demo.layout x --key {}", &id[..7]));
    few.refused("neither the id of a key of the layout nor a file");
    few.refused("hint: give a public key file, or an id");
    stage
        .run("layout add-key demo.layout alice.key")
        .unable("private key");
}

#[test]
fn a_step_that_no_verifier_would_take_is_refused_and_nothing_is_written() {
    let stage = Stage::chain();
    let before = stage.read("demo.layout");
    let refused = |arguments: &[&str], reason: &str, hint: &str| {
        let ran = stage.layout(&[&["add-step", "demo.layout"], arguments].concat());
        ran.refused(reason);
        ran.refused(&format!("hint: {hint}"));
        assert_eq!(stage.read("demo.layout"), before, "{arguments:?}");
    };
    let key = ["--key", "alice.pub"];
    let with = |name: &'static str, more: &[&'static str]| [&[name], &key[..], more].concat();
    refused(&["x"], "has no key", "say who may with --key");
    refused(
        &with("x", &["--threshold", "0"]),
        "ask for nothing",
        "a threshold is at least 1",
    );
    refused(
        &with("x", &["--threshold", "2"]),
        "asks for 2 of 1 keys",
        "add keys",
    );
    // One key in two files is one functionary.
    stage.write("twin.pub", stage.read("alice.pub"));
    refused(
        &with("x", &["--key", "twin.pub", "--threshold", "2"]),
        "2 of 1",
        "add keys",
    );
    refused(&with("build", &[]), "used twice", "use a new name");
    refused(&with("../x", &[]), "not a plain name", "use a new name");
    refused(
        &with("x", &["--products", "PERMIT *"]),
        "not an artifact rule",
        "rules are CREATE",
    );
    refused(
        &with("x", &["--products", "ALLOW a b"]),
        "not an artifact rule",
        "rules are CREATE",
    );
    refused(
        &with("x", &["--products", "ALLOW 'a"]),
        "a quote is opened",
        "rules are CREATE",
    );
    let nowhere = "MATCH * WITH PRODUCTS FROM nowhere";
    refused(
        &with("x", &["--materials", nowhere]),
        "no step \"nowhere\"",
        "add that step first",
    );
    refused(
        &with("x", &["--after", "nowhere"]),
        "no \"nowhere\"",
        "it has [\"build\", \"pack\"]",
    );
}

#[test]
fn steps_stand_where_they_are_put_and_go_when_nothing_names_them() {
    let stage = Stage::chain();
    stage.ok("layout add-step demo.layout first --key alice.pub --before build");
    stage.ok("layout add-step demo.layout middle --key alice.pub --after build");
    assert_eq!(names(&stage), ["first", "build", "middle", "pack"]);
    let named = stage.run("layout remove-step demo.layout build");
    named.refused("\"pack\" has the rule MATCH * IN in WITH PRODUCTS IN out FROM build");
    stage.ok("layout remove-step demo.layout pack");
    stage.ok("layout remove-step demo.layout build");
    assert_eq!(names(&stage), ["first", "middle"]);
    stage
        .run("layout remove-step demo.layout build")
        .refused("hint: it has");
}

#[test]
fn added_rules_stand_where_they_do_something() {
    let stage = Stage::chain();
    let products = |stage: &Stage| -> Vec<String> {
        let rules = stage.draft().0.steps.remove(0).expected_products;
        rules.iter().map(ToString::to_string).collect()
    };
    let add = |more: &[&str]| stage.layout(&[&["add-rule", "demo.layout", "build"], more].concat());
    add(&["--products", "ALLOW log", "--products", "REQUIRE out/a"]).yes();
    assert_eq!(
        products(&stage),
        ["REQUIRE out/a", "CREATE out/*", "ALLOW log", "DISALLOW *"]
    );
    add(&["--products", "DISALLOW *.so", "--position", "2"]).yes();
    assert_eq!(products(&stage)[1], "DISALLOW *.so");
    add(&["--products", "ALLOW x", "--position", "7"]).refused("position 7 is not in a list of 5");
    add(&["--products", "ALLOW x", "--position", "0"]).refused("positions begin at 1");
    add(&[]).unable("no rule to add");
}

#[test]
fn thresholds_and_expiries_are_set_within_bounds() {
    let stage = Stage::chain();
    stage.ok("layout set-threshold demo.layout build 1");
    stage.ok("layout set-expiry demo.layout --expires 2998-01-01T00:00:00Z");
    let (layout, ..) = stage.draft();
    assert_eq!(layout.steps[0].threshold.get(), 1);
    assert_eq!(layout.expires.to_string(), "2998-01-01T00:00:00Z");
    stage
        .run("layout set-threshold demo.layout build 3")
        .refused("asks for 3 of 2 keys");
    stage
        .run("layout set-threshold demo.layout build 0")
        .refused("ask for nothing");
    stage
        .run("layout set-threshold demo.layout nowhere 1")
        .refused("no \"nowhere\"");
}

#[test]
fn editing_a_signed_layout_drops_its_signatures_and_says_so() {
    let stage = Stage::of(2);
    assert_eq!(stage.draft().2, 1);
    let ran = stage
        .run("layout set-expiry demo.layout --expires 2998-01-01T00:00:00Z")
        .yes();
    assert!(
        ran.stderr.contains("1 signature was dropped"),
        "{}",
        ran.stderr
    );
    assert_eq!(stage.draft().2, 0);
    stage
        .run("policy show demo.layout --owner owner.pub")
        .refused("owner");
}

#[test]
fn an_edit_that_changes_nothing_keeps_signatures() {
    let stage = Stage::of(2);
    let before = stage.read("demo.layout");
    let ran = stage
        .run(&format!(
            "layout set-expiry demo.layout --expires {EXPIRES}"
        ))
        .yes();
    assert!(ran.stderr.contains("nothing to change"), "{}", ran.stderr);
    assert_eq!(stage.read("demo.layout"), before);
}

#[test]
fn edits_keep_the_form_of_the_file() {
    let stage = Stage::keys();
    stage.ok(&format!(
        "layout new demo.layout --expires {EXPIRES} --metablock"
    ));
    stage.ok("layout add-step demo.layout build --key alice.pub");
    assert_eq!(stage.draft().1, EnvelopeForm::Metablock);
    let file: Value = serde_json::from_slice(&stage.read("demo.layout")).unwrap();
    assert_eq!(file["signed"]["steps"][0]["name"], "build");
}

#[test]
fn a_step_gets_the_key_of_another_functionary() {
    let stage = Stage::keys();
    stage.ok("layout new demo.layout --expires-in 30d");
    stage.ok("layout add-step demo.layout build --key alice.pub");
    let refused = stage.run("layout set-threshold demo.layout build 2");
    assert!(
        refused.stderr.contains("add-key FILE KEY --step NAME"),
        "{refused:#?}"
    );
    for _ in 0..2 {
        stage.ok("layout add-key demo.layout bob.pub --step build");
    }
    stage.ok("layout set-threshold demo.layout build 2");
    let more = stage.run("layout set-threshold demo.layout build 3");
    assert_ne!(more.code, 0, "the same key again is no third: {more:#?}");
    let nowhere = stage.run("layout add-key demo.layout carol.pub --step nowhere");
    assert_ne!(nowhere.code, 0, "{nowhere:#?}");
}
