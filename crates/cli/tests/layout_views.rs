//! `quorate layout show`, `lint` and `draw`: what is said of a layout; hostile names reach neither terminal nor XML.

mod stage;

use std::time::{Duration, Instant};

use serde_json::Value;
use stage::Stage;

fn shown(stage: &Stage) -> Value {
    serde_json::from_str(&stage.ok("layout show demo.layout --json")).expect("it is JSON")
}

#[test]
fn what_is_shown_is_the_layout_and_who_claims_to_have_signed_it() {
    let stage = Stage::chain();
    let text = stage.ok("layout show demo.layout --at 2998-12-31T00:00:00Z");
    for part in [
        "signed   by nobody",
        "in 1 day",
        "1 build: 2 of 2: ",
        "runs       make 'all of it'",
        "MATCH * IN in WITH PRODUCTS IN out FROM build",
        "REQUIRE 'release notes.txt'",
        "keys (3)",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert!(
        text.lines().all(|line| line.chars().count() <= 100),
        "{text}"
    );
    let json = shown(&stage);
    assert_eq!(
        (json["format"].as_str(), json["form"].as_str()),
        (Some("quorate-layout/1"), Some("dsse"))
    );
    assert_eq!(json["steps"][1]["products"][0][1], "release notes.txt");
    let signed = Stage::of(2).ok("layout show demo.layout");
    assert!(
        signed.contains("signed   not checked here; it says by "),
        "{signed}"
    );
}

#[test]
fn lint_says_what_is_weak_and_its_exit_code_says_whether() {
    let stage = Stage::chain();
    let ran = stage.run("layout lint demo.layout --at 2998-06-01T00:00:00Z");
    ran.refused("[single-functionary]");
    assert!(ran.stdout.contains("step \"pack\""), "{}", ran.stdout);
    let ran = stage.run("layout lint demo.layout --json --at 2998-06-01T00:00:00Z");
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &json["weak"]), (1, &Value::Bool(true)));
    assert_eq!(json["format"], "quorate-layout-lint/1");
    assert_eq!(json["findings"][0]["place"]["step"], "pack");

    stage.ok("layout remove-step demo.layout pack");
    stage
        .layout(&[
            "add-rule",
            "demo.layout",
            "build",
            "--products",
            "REQUIRE out/a",
        ])
        .yes();
    stage
        .run("layout lint demo.layout --at 2998-06-01T00:00:00Z")
        .refused("[unused-key]");
    stage.ok("layout add-step demo.layout copy --key alice.pub --key bob.pub --key carol.pub --threshold 3 --before build");
    for list in ["--materials", "--products"] {
        stage
            .layout(&["add-rule", "demo.layout", "copy", list, "DISALLOW *"])
            .yes();
    }
    let notes = stage.ok("layout lint demo.layout --at 2998-06-01T00:00:00Z");
    assert!(
        notes.ends_with("nothing is weak; worth knowing: 3\n"),
        "{notes}"
    );
}

#[test]
fn what_is_no_layout_cannot_be_shown_edited_or_drawn() {
    let stage = Stage::keys();
    for (bytes, reason) in [
        (&b""[..], "not strict JSON"),
        (b"{}", "not an envelope"),
        (
            br#"{"signed": {"_type": "link"}, "signatures": []}"#,
            "not a layout that can be used",
        ),
    ] {
        stage.write("demo.layout", bytes);
        for verb in ["show", "lint", "draw"] {
            stage
                .run(&format!("layout {verb} demo.layout"))
                .unable(reason);
        }
        stage
            .run("layout set-threshold demo.layout build 1")
            .unable(reason);
        assert_eq!(stage.read("demo.layout"), bytes);
    }
    stage
        .run("layout lint missing.layout")
        .unable("missing.layout");
}

#[test]
fn a_drawing_holds_the_chain() {
    let stage = Stage::chain();
    stage
        .layout(&[
            "add-inspection",
            "demo.layout",
            "unpack",
            "--run",
            "tar xf a.tar",
            "--materials",
            "MATCH a.tar WITH PRODUCTS FROM pack",
        ])
        .yes();
    stage.ok("layout draw demo.layout -o chain.svg");
    let svg = String::from_utf8(stage.read("chain.svg")).unwrap();
    for part in [
        ">build<",
        ">2 of 2<",
        ">1 of 1<",
        ">out/*<",
        ">out/* → in/*<",
        ">unpack<",
        ">tar xf a.tar<",
        "ed25519<",
    ] {
        assert!(svg.contains(part), "{part:?} is not in\n{svg}");
    }
    assert_eq!(svg.matches("marker-end").count(), 2, "two arrows");
    assert!(!svg.contains("script") && !svg.contains("href"));
    assert_eq!(svg, stage.ok("layout draw demo.layout"));
}

#[test]
fn steps_that_feed_each_other_in_a_circle_are_drawn() {
    let stage = Stage::chain();
    stage
        .layout(&[
            "add-rule",
            "demo.layout",
            "build",
            "--materials",
            "MATCH a WITH PRODUCTS FROM pack",
        ])
        .yes();
    stage
        .layout(&[
            "add-rule",
            "demo.layout",
            "pack",
            "--materials",
            "MATCH a WITH PRODUCTS FROM pack",
        ])
        .yes();
    let svg = stage.ok("layout draw demo.layout");
    assert_eq!(
        svg.matches("stroke-dasharray").count(),
        1,
        "one arrow runs back"
    );
}

#[test]
fn a_layout_of_very_many_steps_is_refused_or_drawn_soon() {
    let stage = Stage::chain();
    let (mut many, ..) = stage.draft();
    let template = many.steps[1].clone();
    for at in 0..290 {
        let mut step = template.clone();
        step.name = format!("s{at}");
        step.expected_materials = many
            .steps
            .iter()
            .rev()
            .take(6)
            .filter_map(|other| {
                let words =
                    ["MATCH", "*", "WITH", "PRODUCTS", "FROM", &other.name].map(str::to_owned);
                quorate::intoto::Rule::parse(&words).ok()
            })
            .collect();
        many.steps.push(step);
    }
    stage.plant(&many);
    let started = Instant::now();
    stage.ok("layout draw demo.layout");
    assert!(started.elapsed() < Duration::from_secs(20));
    for at in 0..20 {
        let mut step = template.clone();
        step.name = format!("t{at}");
        many.steps.push(step);
    }
    stage.plant(&many);
    stage
        .run("layout draw demo.layout")
        .unable("too many for a picture");
}

#[test]
fn hostile_text_reaches_neither_terminal_nor_xml() {
    let stage = Stage::chain();
    let (mut hostile, ..) = stage.draft();
    let evil = "\u{1b}[31m<script>alert('1')</script>\n\u{202e}\"&\u{ffff}";
    let rule = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        quorate::intoto::Rule::parse(&words).unwrap()
    };
    hostile.readme = evil.into();
    hostile.steps[0].expected_command = vec![evil.into()];
    hostile.steps[0]
        .expected_products
        .push(rule(&["CREATE", evil]));
    hostile.steps[1]
        .expected_materials
        .push(rule(&["MATCH", evil, "WITH", "PRODUCTS", "FROM", evil]));
    hostile.steps[1]
        .expected_materials
        .push(rule(&["MATCH", evil, "WITH", "PRODUCTS", "FROM", "build"]));
    stage.plant(&hostile);
    for words in ["show", "show --json", "lint", "lint --json", "draw"] {
        let ran = stage.run(&format!("layout {} demo.layout", words));
        assert!(ran.code < 2, "{ran:#?}");
        for raw in ['\u{1b}', '\u{202e}'] {
            assert!(
                !ran.stdout.contains(raw) && !ran.stderr.contains(raw),
                "{words}: {ran:#?}"
            );
        }
    }
    let svg = stage.ok("layout draw demo.layout");
    assert!(
        svg.contains("&lt;script&gt;") && !svg.contains("<script") && !svg.contains('\u{ffff}'),
        "{svg}"
    );
    let named = stage.layout(&["set-threshold", "demo.layout", "\u{1b}[31m", "1"]);
    named.refused("no \"\\u{1b}[31m\"");
}
