//! What is weak in a layout: each code is found where it should be, and nowhere else; each is documented.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use quorate::intoto::{
    Inspection, Layout, LintPlace, Rule, Severity, Step, Weakness, WeaknessCode, lint,
};
use quorate::key::PublicKey;
use quorate::time::Timestamp;
use quorate_testkit::scenario::ed25519;

const NOW: &str = "2026-11-25T00:00:00Z";

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn rules(texts: &[&str]) -> Vec<Rule> {
    let words = |text: &&str| -> Vec<String> { text.split(' ').map(str::to_owned).collect() };
    texts
        .iter()
        .map(|text| Rule::parse(&words(text)).unwrap())
        .collect()
}

fn key(name: &str) -> PublicKey {
    ed25519(name).public().clone()
}

fn step(name: &str, keys: &[&str], materials: &[&str], products: &[&str]) -> Step {
    Step {
        name: name.into(),
        threshold: NonZeroUsize::new(keys.len()).unwrap(),
        pubkeys: keys.iter().map(|name| key(name).id().to_owned()).collect(),
        expected_command: Vec::new(),
        expected_materials: rules(materials),
        expected_products: rules(products),
    }
}

/// Two steps of four functionaries, in which nothing is weak.
fn sound() -> Layout {
    let keys = ["a", "b", "c", "d"].map(key);
    Layout {
        expires: time("2027-11-25T00:00:00Z"),
        readme: String::new(),
        keys: BTreeMap::from(keys.map(|key| (key.id().to_owned(), key))),
        steps: vec![
            step(
                "build",
                &["a", "b"],
                &["ALLOW src/*", "DISALLOW *"],
                &["REQUIRE out", "CREATE out", "ALLOW src/*", "DISALLOW *"],
            ),
            step(
                "pack",
                &["c", "d"],
                &["MATCH out WITH PRODUCTS FROM build", "DISALLOW *"],
                &[
                    "REQUIRE out.deb",
                    "CREATE *.deb",
                    "MODIFY out",
                    "DISALLOW *",
                ],
            ),
        ],
        inspections: Vec::new(),
    }
}

/// What is found, but that there is no inspection, which nearly every layout here has in common.
fn found_at(layout: &Layout, at: &str) -> Vec<Weakness> {
    let mut found = lint(layout, time(at));
    found.retain(|one| one.code != WeaknessCode::DeliveryNotCompared);
    found
}

fn codes(layout: &Layout) -> Vec<WeaknessCode> {
    let found = found_at(layout, NOW);
    found.into_iter().map(|one| one.code).collect()
}

/// The codes found after a change of the sound layout.
fn after(change: impl FnOnce(&mut Layout)) -> Vec<WeaknessCode> {
    let mut layout = sound();
    change(&mut layout);
    codes(&layout)
}

/// The codes found when the last step's products have these rules before `DISALLOW *`.
fn with_products(texts: &[&str]) -> Vec<WeaknessCode> {
    after(|layout| {
        let texts = [&["REQUIRE x.deb"], texts, &["DISALLOW *"]].concat();
        layout.steps[1].expected_products = rules(&texts);
    })
}

fn inspected(run: &[&str], materials: &[&str]) -> Layout {
    let mut layout = sound();
    layout.inspections.push(Inspection {
        name: "look".into(),
        run: run.iter().map(|word| (*word).to_owned()).collect(),
        expected_materials: rules(materials),
        expected_products: rules(&["DISALLOW *"]),
    });
    layout
}

#[test]
fn a_sound_layout_has_no_weakness() {
    assert_eq!(codes(&sound()), []);
}

#[test]
fn an_expiry_is_past_or_far_or_neither() {
    for (at, expected) in [
        ("2027-11-24T23:59:59Z", None),
        // The reference tools refuse at the very second.
        ("2027-11-25T00:00:00Z", Some(WeaknessCode::Expired)),
        ("2025-11-24T00:00:00Z", None),
        ("2025-11-23T23:59:59Z", Some(WeaknessCode::FarExpiry)),
    ] {
        let found = found_at(&sound(), at);
        let found: Vec<_> = found.iter().map(|one| one.code).collect();
        assert_eq!(found, Vec::from_iter(expected), "{at}");
    }
}

#[test]
fn a_layout_without_steps_asks_for_nothing() {
    let found = after(|layout| {
        layout.steps.clear();
        layout.keys.clear();
    });
    assert_eq!(found, [WeaknessCode::NoSteps]);
}

#[test]
fn a_key_that_no_step_lists_is_named() {
    let stranger = key("stranger");
    let id = stranger.id().to_owned();
    let mut layout = sound();
    layout.keys.insert(id.clone(), stranger);
    let found = found_at(&layout, NOW);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].code, WeaknessCode::UnusedKey);
    assert_eq!(found[0].place, LintPlace::Key(id));
}

#[test]
fn one_key_under_two_ids_is_found() {
    let found = after(|layout| {
        let id = "ff".repeat(32);
        layout
            .keys
            .insert(id.clone(), key("a").with_id(&id).unwrap());
        layout.steps[0].pubkeys.push("ff".repeat(32));
    });
    assert_eq!(found, [WeaknessCode::OneKeyTwoIds]);
}

#[test]
fn a_functionary_of_two_steps_is_worth_knowing() {
    let id = key("a").id().to_owned();
    let found = after(|layout| layout.steps[1].pubkeys.push(id));
    assert_eq!(found, [WeaknessCode::SharedFunctionary]);
    assert_eq!(found[0].severity(), Severity::Information);
}

#[test]
fn one_key_that_decides_alone_is_found() {
    let one = NonZeroUsize::MIN;
    // Any one of two is another matter than one alone.
    assert_eq!(after(|layout| layout.steps[0].threshold = one), []);
    let found = after(|layout| {
        layout.steps[0].threshold = one;
        let id = layout.steps[0].pubkeys.pop().unwrap();
        layout.keys.remove(&id);
    });
    assert_eq!(found, [WeaknessCode::SingleFunctionary]);
}

#[test]
fn names_that_not_every_tool_takes_are_found() {
    for (name, found) in [
        ("pack it", true),
        ("-pack", true),
        ("pack.", true),
        ("Build", true),
        ("päck", true),
        ("pack-1.0_b", false),
    ] {
        let codes = after(|layout| layout.steps[1].name = name.into());
        assert_eq!(
            codes.contains(&WeaknessCode::UnportableName),
            found,
            "{name}"
        );
    }
}

#[test]
fn an_inspection_runs_a_command_or_nothing() {
    let materials = ["DISALLOW *"];
    assert_eq!(
        codes(&inspected(&["true"], &materials)),
        [],
        "it only compares"
    );
    assert_eq!(
        codes(&inspected(&["tar", "xf"], &materials)),
        [WeaknessCode::RunsCommand]
    );
    assert_eq!(
        codes(&inspected(&[], &materials)),
        [WeaknessCode::RunsNothing]
    );
}

#[test]
fn a_list_that_lets_anything_else_pass_is_found() {
    for open in [&[][..], &["ALLOW *"], &["ALLOW x", "DISALLOW *.so"]] {
        let found = after(|layout| layout.steps[0].expected_materials = rules(open));
        assert_eq!(found, [WeaknessCode::OpenList], "{open:?}");
    }
}

#[test]
fn a_rule_after_disallow_all_never_does_anything() {
    for late in [
        "ALLOW x",
        "DISALLOW x",
        "REQUIRE x",
        "MATCH * WITH PRODUCTS FROM build",
    ] {
        let found = with_products(&["DISALLOW **", late]);
        // The closing DISALLOW * comes after the first, too.
        assert_eq!(found, [WeaknessCode::AfterDisallowAll; 2], "{late}");
    }
}

#[test]
fn a_rule_for_which_an_earlier_one_leaves_nothing_is_found() {
    for pair in [
        ["ALLOW *.x", "CREATE a.x"],
        ["ALLOW *.x", "CREATE *.a.x"],
        ["ALLOW src/*", "MATCH *.c IN src WITH PRODUCTS FROM build"],
        ["ALLOW src/*", "DISALLOW src/?"],
        ["DISALLOW *.so", "ALLOW a.so"],
        ["CREATE a*", "CREATE ab"],
        [
            "MATCH a* IN x WITH PRODUCTS FROM build",
            "MATCH ab* IN x WITH PRODUCTS FROM build",
        ],
        [
            "MATCH * WITH PRODUCTS FROM build",
            "MATCH a* WITH PRODUCTS FROM build",
        ],
    ] {
        assert_eq!(with_products(&pair), [WeaknessCode::Shadowed], "{pair:?}");
    }
    let all = after(|layout| {
        layout.steps[0].expected_materials = rules(&["ALLOW *", "DISALLOW *"]);
    });
    assert_eq!(all, [WeaknessCode::Shadowed], "DISALLOW * after ALLOW *");
}

#[test]
fn a_rule_for_which_something_may_be_left_is_not_shadowed() {
    for pair in [
        ["ALLOW a*", "CREATE *"],
        ["ALLOW a*", "ALLOW *b"],
        ["CREATE *", "ALLOW a"],
        ["ALLOW *.c", "MATCH * IN src WITH PRODUCTS FROM build"],
        ["ALLOW lib/*", "MATCH * IN src WITH PRODUCTS FROM build"],
        [
            "MATCH * WITH PRODUCTS FROM build",
            "MATCH a WITH MATERIALS FROM build",
        ],
        ["ALLOW [ab]", "ALLOW [bc]"],
        ["MODIFY *", "CREATE *"],
        [
            "MATCH * IN x WITH PRODUCTS FROM build",
            "MATCH a* IN y WITH PRODUCTS FROM build",
        ],
    ] {
        assert_eq!(with_products(&pair), [], "{pair:?}");
    }
}

#[test]
fn a_kind_of_rule_that_takes_nothing_in_its_list_is_found() {
    assert_eq!(with_products(&["DELETE x"]), [WeaknessCode::WrongList]);
    let materials = |rule: &str| {
        let texts = ["MATCH out WITH PRODUCTS FROM build", rule, "DISALLOW *"];
        after(|layout| layout.steps[1].expected_materials = rules(&texts))
    };
    assert_eq!(materials("CREATE x"), [WeaknessCode::WrongList]);
    assert_eq!(materials("DELETE x"), []);
    assert_eq!(materials("MODIFY x"), []);
}

#[test]
fn a_match_needs_another_step_that_is_there() {
    assert_eq!(
        with_products(&["MATCH * WITH PRODUCTS FROM nowhere"]),
        [WeaknessCode::MatchUnknownStep]
    );
    assert_eq!(
        with_products(&["MATCH * WITH MATERIALS FROM pack"]),
        [WeaknessCode::MatchItself]
    );
    assert_eq!(with_products(&["MATCH * WITH MATERIALS FROM build"]), []);
}

#[test]
fn only_inspections_can_match_inspections() {
    let mut layout = inspected(
        &["tar"],
        &["MATCH a WITH PRODUCTS FROM other", "DISALLOW *"],
    );
    assert_eq!(
        codes(&layout),
        [WeaknessCode::RunsCommand, WeaknessCode::MatchUnknownStep]
    );
    let mut other = layout.inspections[0].clone();
    other.name = "other".into();
    other.expected_materials = rules(&["DISALLOW *"]);
    layout.inspections.push(other);
    assert_eq!(codes(&layout), [WeaknessCode::RunsCommand; 2]);
    layout.steps[1].expected_products =
        rules(&["REQUIRE x", "MATCH a WITH PRODUCTS FROM look", "DISALLOW *"]);
    assert_eq!(codes(&layout)[0], WeaknessCode::MatchUnknownStep);
}

#[test]
fn a_name_that_no_artifact_has_is_found() {
    for rule in [
        "ALLOW ./x",
        "DISALLOW a//b",
        "REQUIRE ../x",
        "MATCH * IN ./src WITH PRODUCTS FROM build",
        "MATCH * WITH PRODUCTS IN a//b FROM build",
    ] {
        assert_eq!(
            with_products(&[rule]),
            [WeaknessCode::ImpossibleName],
            "{rule}"
        );
    }
    assert_eq!(
        with_products(&["ALLOW .x", "MATCH * IN src/ WITH PRODUCTS FROM build"]),
        []
    );
}

#[test]
fn a_require_after_what_takes_its_name_is_found() {
    for early in [
        "ALLOW *",
        "CREATE a/*",
        "DISALLOW a/b",
        "MATCH b IN a WITH PRODUCTS FROM build",
    ] {
        let found = after(|layout| {
            layout.steps[1].expected_products = rules(&["REQUIRE x", early, "REQUIRE a/b"]);
        });
        let expected = [WeaknessCode::OpenList, WeaknessCode::LateRequire];
        assert_eq!(found, expected, "{early}");
    }
    let elsewhere = with_products(&["MATCH b IN lib WITH PRODUCTS FROM build", "REQUIRE a/b"]);
    assert!(!elsewhere.contains(&WeaknessCode::LateRequire));
}

#[test]
fn a_product_that_is_matched_by_name_and_not_demanded_is_found() {
    let products = rules(&["CREATE out", "DISALLOW *"]);
    let mut layout = sound();
    layout.steps[0].expected_products = products;
    assert_eq!(codes(&layout), [WeaknessCode::MissingRequire]);
    // Either side may demand it.
    layout.steps[1]
        .expected_materials
        .insert(0, rules(&["REQUIRE out"]).remove(0));
    assert_eq!(codes(&layout), []);
}

#[test]
fn a_last_step_that_demands_nothing_is_found() {
    let found =
        after(|layout| layout.steps[1].expected_products = rules(&["CREATE *", "DISALLOW *"]));
    assert_eq!(found, [WeaknessCode::NothingRequired]);
}

#[test]
fn parameters_are_worth_knowing_and_are_not_guessed() {
    assert_eq!(
        with_products(&["CREATE {NAME}.deb"]),
        [WeaknessCode::Parameter]
    );
    let command =
        after(|layout| layout.steps[0].expected_command = vec!["make".into(), "{target}".into()]);
    assert_eq!(command, [WeaknessCode::Parameter]);
    assert_eq!(
        with_products(&["MATCH * WITH PRODUCTS FROM {step}"]),
        [WeaknessCode::Parameter]
    );
    assert_eq!(
        with_products(&["CREATE a{}b", "CREATE {a.b}"]),
        [],
        "no parameters"
    );
}

#[test]
fn each_code_is_documented_with_its_severity() {
    let page = include_str!("../../../docs/spec/layout-lint.md");
    for code in WeaknessCode::ALL {
        let row = format!("| `{}` | {} |", code.name(), code.severity().name());
        assert!(page.contains(&row), "{row} is not in the page");
    }
    let rows = page.lines().filter(|line| {
        line.ends_with(" |") && (line.contains("| weakness |") || line.contains("| information |"))
    });
    assert_eq!(rows.count(), WeaknessCode::ALL.len());
}

#[test]
fn a_layout_of_very_many_rules_and_steps_does_not_take_long() {
    let allow = |n| Rule::parse(&["ALLOW".to_owned(), format!("a{n}/*")]).unwrap();
    let many = after(|layout| {
        let mut rules: Vec<Rule> = (0..10_000).map(allow).collect();
        rules.extend(self::rules(&["DISALLOW *"]));
        layout.steps[0].expected_materials = rules;
        let name = |n| format!("s{n}");
        layout.steps.splice(
            1..1,
            (0..5_000).map(|n| {
                let mut step = step(
                    "s",
                    &["a", "b"],
                    &["DISALLOW *"],
                    &["REQUIRE out", "DISALLOW *"],
                );
                step.name = name(n);
                let rule =
                    ["MATCH", "out", "WITH", "PRODUCTS", "FROM", &name(n / 2)].map(str::to_owned);
                step.expected_materials
                    .insert(0, Rule::parse(&rule).unwrap());
                step
            }),
        );
    });
    // The first of them matches with itself; the functionaries of `build` serve all.
    let expected = [
        WeaknessCode::SharedFunctionary,
        WeaknessCode::SharedFunctionary,
        WeaknessCode::MatchItself,
    ];
    assert_eq!(many, expected);
}

#[test]
fn a_layout_that_compares_no_file_at_hand_is_said_to() {
    let compares = |layout: &Layout| {
        let found = lint(layout, time(NOW));
        let not = |one: &Weakness| one.code == WeaknessCode::DeliveryNotCompared;
        !found.iter().any(not)
    };
    assert!(!compares(&sound()));
    assert!(compares(&inspected(&["true"], &["DISALLOW *"])));
}
