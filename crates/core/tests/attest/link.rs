//! Links of step `rebuild`: each is the claim of the statement that it carries, or nothing.

use quorate::json::Json;
use quorate::policy::PAYLOAD_TYPE_TERMS;
use quorate::verify::Standing;
use quorate_testkit::scenario::{Sample, Scene, edited, evidence, replaced, signed, without};

/// A scene in which one party publishes its link with one thing changed.
fn with(path: &[&str], value: Option<Json<'_>>) -> Scene {
    let mut scene = Scene::of(1, 1);
    let link = scene.parties[0].rebuild(&Sample::catdoc()).link();
    let link = edited(&link, path, value);
    let evidence = scene.parties[0].signs(0, &link);
    scene.evidence.push(evidence);
    scene
}

fn dropped(path: &[&str], value: Option<Json<'_>>) -> String {
    let scene = with(path, value);
    assert!(!scene.judge().is_quorate());
    assert_eq!(scene.standing(0), Standing::Absent, "{path:?}");
    scene
        .dropped()
        .first()
        .unwrap_or_else(|| panic!("{path:?}: taken"))
        .clone()
}

#[test]
fn a_link_counts_as_the_statement_that_it_carries() {
    assert_eq!(with(&["command"], Some(Json::Null)).refusal(), None);
    let digest = || Some(Json::object([("sha256", Json::text("0".repeat(64)))]));
    let name = Sample::catdoc().file_name();
    assert!(dropped(&["products", &name], digest()).contains("products"));
    assert!(dropped(&["products", "more.deb"], digest()).contains("products"));
    assert!(dropped(&["products", &name], None).contains("products"));
    assert!(dropped(&["materials", "more.tar"], digest()).contains("materials"));
    assert!(dropped(&["materials", "catdoc_0.95.orig.tar.gz"], digest()).contains("materials"));
    assert!(dropped(&["materials", "catdoc_0.95.orig.tar.gz"], None).contains("materials"));
}

#[test]
fn a_link_of_another_step_does_not_count() {
    for name in ["build", "", "rebuild ", "../rebuild", "Rebuild"] {
        let reason = dropped(&["name"], Some(Json::text(name)));
        assert!(reason.contains("step"), "{name}: {reason}");
    }
}

#[test]
fn a_link_whose_product_is_a_path_does_not_count() {
    let mut scene = Scene::of(1, 1);
    let mut rebuild = scene.parties[0].rebuild(&Sample::catdoc());
    for name in [
        "../catdoc.deb",
        "/etc/passwd",
        "a\\b",
        "..",
        "",
        "a\u{1b}b",
        "a b",
    ] {
        name.clone_into(&mut rebuild.products[0].name);
        let link = scene.parties[0].signs(0, &rebuild.link());
        let statement = scene.parties[0].signs(0, &rebuild.statement());
        scene.evidence = vec![link, statement];
        assert!(!scene.judge().is_quorate());
        assert_eq!(scene.dropped().len(), 2, "{name:?}");
    }
}

#[test]
fn a_weak_link_whose_name_is_a_path_harms_nobody() {
    let mut scene = Scene::quorate(1, 1);
    let link = r#"{"_type":"link","name":"../../x","materials":{},"products":{"../../y":{"sha256":"SHA"}}}"#;
    let link = scene.parties[0].signs(0, link.replace("SHA", &"0".repeat(64)).as_bytes());
    scene.evidence.push(link);
    assert_eq!(scene.refusal(), None);
    assert!(scene.dropped().is_empty());
}

#[test]
fn a_link_without_its_statement_is_weak() {
    for value in [
        None,
        Some(Json::Null),
        Some(Json::text("x")),
        Some(Json::Array(Vec::new())),
    ] {
        let scene = with(&["environment"], value);
        assert_eq!(scene.standing(0), Standing::Weak);
        assert!(!scene.judge().is_quorate());
    }
    let scene = with(&["environment", "statement"], None);
    assert_eq!(scene.standing(0), Standing::Weak);
}

#[test]
fn a_link_with_a_broken_statement_is_not_even_weak() {
    for value in [Json::Null, Json::text("x"), Json::Array(Vec::new())] {
        dropped(&["environment", "statement"], Some(value));
    }
    dropped(&["environment", "statement", "subject"], None);
}

#[test]
fn a_link_without_its_lists_or_with_odd_digests_is_dropped() {
    for list in ["materials", "products", "name", "_type"] {
        dropped(&[list], None);
    }
    let name = Sample::catdoc().file_name();
    for digest in ["", "00", &"A".repeat(64), &"0".repeat(63)] {
        let reason = dropped(&["products", &name, "sha256"], Some(Json::text(digest)));
        assert!(reason.contains("products"), "{reason}");
    }
}

#[test]
fn a_name_in_a_reason_cannot_draw_on_the_terminal() {
    let evil = "\u{1b}[2J";
    let reasons = [
        dropped(&["products", evil], Some(Json::Null)),
        dropped(&["_type"], Some(Json::text(evil))),
        dropped(&["name"], Some(Json::text(evil))),
        dropped(
            &[
                "environment",
                "statement",
                "predicate",
                "buildDefinition",
                "buildType",
            ],
            Some(Json::text(format!("https://quorate.dev/rebuild/{evil}"))),
        ),
        dropped(
            &[
                "environment",
                "statement",
                "predicate",
                "buildDefinition",
                "internalParameters",
                "variables",
                evil,
            ],
            Some(Json::Null),
        ),
    ];
    for reason in reasons {
        assert!(!reason.contains('\u{1b}'), "{reason}");
    }
}

#[test]
fn duplicate_keys_in_a_payload_are_refused() {
    let mut scene = Scene::of(1, 1);
    for (document, member) in [("statement", "\"subject\":[]"), ("link", "\"products\":{}")] {
        let rebuild = scene.parties[0].rebuild(&Sample::catdoc());
        let payload = if document == "link" {
            rebuild.link()
        } else {
            rebuild.statement()
        };
        let text = String::from_utf8(payload).unwrap();
        let doubled = text.replacen('{', &format!("{{{member},"), 1);
        let evidence = scene.parties[0].signs(0, doubled.as_bytes());
        scene.evidence = vec![evidence];
        assert!(scene.dropped()[0].contains("duplicate key"), "{document}");
        assert!(!scene.judge().is_quorate());
    }
}

#[test]
fn a_statement_signed_as_another_kind_of_payload_does_not_count() {
    let mut scene = Scene::of(1, 1);
    let payload = scene.parties[0].rebuild(&Sample::catdoc()).statement();
    for kind in [
        "",
        "application/json",
        "application/vnd.in-toto+json; x",
        PAYLOAD_TYPE_TERMS,
    ] {
        let bytes = signed(kind, &payload, &scene.parties[0].keys);
        scene.evidence = vec![evidence("other kind", bytes)];
        assert_eq!(
            scene.refusal(),
            Some(("source", "source-too-few")),
            "{kind}"
        );
        assert!(scene.dropped()[0].contains("not a rebuild statement"));
    }
}

#[test]
fn a_metablock_with_an_injected_member_is_nobodys() {
    let mut scene = Scene::of(1, 1);
    let link = scene.parties[0].old_link(&Sample::catdoc());
    scene.evidence.push(link.clone());
    assert_eq!(scene.refusal(), None);
    scene.evidence[0].bytes = replaced(&link.bytes, &["signed", "unknown"], "x").into();
    assert!(scene.dropped()[0].contains("no valid signature"));
    scene.evidence[0].bytes = without(&link.bytes, &["signed", "byproducts"]).into();
    assert!(scene.dropped()[0].contains("no valid signature"));
}

#[test]
fn more_artifacts_than_the_limit_are_dropped() {
    // Weak, so that the limits of the statement cannot be what refuses it.
    let mut scene = with(&["environment"], None);
    assert_eq!(scene.standing(0), Standing::Weak);
    scene.limits.materials_max = 2;
    assert!(scene.dropped()[0].contains("too many artifacts"));
}
