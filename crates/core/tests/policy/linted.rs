//! What `quorate layout lint` says of the layouts that we make ourselves.

use quorate::intoto::{Layout, Rule, Severity, WeaknessCode, lint};
use quorate::json;
use quorate::limits::Limits;
use quorate::time::Timestamp;
use quorate_testkit::scenario::{AT, LATER_STEPS, Party, PolicyDraft, ed25519};

/// The layout of a policy of two of three parties, and of later steps that two of two carry out.
fn compiled(change: impl FnOnce(&mut PolicyDraft)) -> Layout {
    let parties = ["alice", "bob", "carol"].map(Party::new);
    let mut draft = PolicyDraft::of(2, &parties, &[ed25519("owner")]);
    change(&mut draft);
    let compiled = draft
        .compile(Timestamp::parse(AT).expect("a fixed time"))
        .expect("it compiles");
    let layout = json::parse(&compiled.layout, &Limits::STANDARD).expect("JSON");
    Layout::from_json(&layout, &Limits::STANDARD).expect("a layout")
}

fn with_later_steps(draft: &mut PolicyDraft) {
    for name in ["translator", "packager"] {
        draft.later_party(&Party::new(name));
    }
    let both = r#"parties = ["translator", "packager"]"#;
    let steps = LATER_STEPS.replace("threshold = 1", "threshold = 2");
    let steps = steps.replace(r#"parties = ["translator"]"#, both);
    draft.tables += &steps.replace(r#"parties = ["packager"]"#, both);
}

fn codes(layout: &Layout) -> Vec<WeaknessCode> {
    let found = lint(layout, Timestamp::parse(AT).expect("a fixed time"));
    found.iter().map(|weakness| weakness.code).collect()
}

#[test]
fn a_compiled_policy_has_no_weakness() {
    assert_eq!(codes(&compiled(|_| ())), [WeaknessCode::PolicyLayout]);
    let later = codes(&compiled(with_later_steps));
    // Whoever localises also packages.
    let shared = [WeaknessCode::SharedFunctionary; 2];
    assert_eq!(later[..2], shared);
    assert_eq!(later[2..], [WeaknessCode::PolicyLayout]);
    assert!(
        later
            .iter()
            .all(|it| it.severity() == Severity::Information)
    );
}

#[test]
fn what_is_weak_in_a_policy_is_found_as_elsewhere() {
    let one_alone = compiled(|draft| {
        for name in ["translator", "packager"] {
            draft.later_party(&Party::new(name));
        }
        draft.tables += LATER_STEPS;
    });
    assert!(codes(&one_alone).contains(&WeaknessCode::SingleFunctionary));
}

#[test]
fn a_layout_that_only_resembles_a_policy_s_is_open() {
    let changes: [fn(&mut Layout); 6] = [
        |layout| layout.steps[0].name = "build".into(),
        |layout| layout.steps[0].expected_products.truncate(1),
        |layout| layout.inspections.clear(),
        |layout| layout.inspections[0].expected_materials.truncate(1),
        |layout| layout.inspections[0].run = vec!["tar".into()],
        |layout| {
            let open = Rule::parse(&["ALLOW".into(), "x".into()]).unwrap();
            layout.steps[0].expected_materials = vec![open];
        },
    ];
    for (at, change) in changes.iter().enumerate() {
        let mut layout = compiled(|_| ());
        change(&mut layout);
        let found = codes(&layout);
        assert!(found.contains(&WeaknessCode::OpenList), "{at}: {found:?}");
        assert!(
            found.contains(&WeaknessCode::NothingRequired),
            "{at}: {found:?}"
        );
        assert!(
            !found.contains(&WeaknessCode::PolicyLayout),
            "{at}: {found:?}"
        );
    }
}
