//! Layouts that say more, less or something else than they seem to: each is refused, with that reason.

use std::num::NonZeroUsize;

use quorate::envelope::sign;
use quorate::intoto::chain::{Chain, Ending, InspectionRecord, Inspector, NoInspections, Refusal};
use quorate::intoto::{Artifacts, Inspection, LayoutError, Parameters};
use quorate::json::Json;
use quorate::time::Timestamp;
use quorate_testkit::scenario::{ed25519, edited, metablock, without};

use super::workshop::{AT, Workshop, link, rule, rules, signed, step, verify};

/// One step of alice's that is done: a chain that holds.
fn sound() -> Workshop {
    let alice = ed25519("alice");
    let mut workshop = Workshop::of([step("build", 1, &[&alice])], &[&alice]);
    workshop.put(&alice, &link("build", &[("out", "bytes")]));
    workshop
}

fn payload(workshop: &Workshop) -> Vec<u8> {
    workshop.layout.to_json().to_text()
}

/// The refusal of the payload, signed by the owner.
fn refusal_of(payload: &[u8]) -> String {
    let workshop = sound();
    let outcome = workshop.outcome_of(&signed(payload, &[&workshop.owner]));
    outcome.unwrap_err().to_string()
}

fn refusal_with(path: &[&str], value: Json<'_>) -> String {
    refusal_of(&edited(&payload(&sound()), path, Some(value)))
}

#[test]
fn a_sound_chain_is_accepted_in_both_envelopes() {
    let workshop = sound();
    workshop.outcome().unwrap();
    workshop
        .outcome_of(&metablock(&payload(&workshop), [&workshop.owner]))
        .unwrap();
}

#[test]
fn a_member_that_nobody_knows_is_refused_wherever_it_stands() {
    let id = ed25519("alice").public().id().to_owned();
    for path in [
        &["more"][..],
        &["steps", "0", "more"],
        &["keys", &id, "more"],
    ] {
        assert!(
            refusal_with(path, Json::number(1)).contains("unknown member"),
            "{path:?}"
        );
    }
    assert!(
        refusal_with(&["keys", &id, "keyval", "more"], Json::text("")).contains("unknown member")
    );
}

#[test]
fn constraints_on_certificates_are_refused_and_never_passed_over() {
    let some = |name: &'static str| Json::object([(name, Json::text("*"))]);
    for (path, value) in [
        (&["rootcas"][..], Json::object([("ab", some("keytype"))])),
        (
            &["intermediatecas"],
            Json::object([("ab", some("keytype"))]),
        ),
        (
            &["steps", "0", "cert_constraints"],
            Json::Array(vec![some("common_name")]),
        ),
    ] {
        assert!(
            refusal_with(path, value).contains("X.509 certificates"),
            "{path:?}"
        );
    }
    // Empty ones constrain nobody, and are unknown members like others.
    for path in [&["rootcas"][..], &["steps", "0", "cert_constraints"]] {
        assert!(
            refusal_with(path, Json::Null).contains("unknown member"),
            "{path:?}"
        );
    }
}

#[test]
fn a_member_that_was_added_after_signing_breaks_the_signature() {
    let workshop = sound();
    let envelope = metablock(&payload(&workshop), [&workshop.owner]);
    let injected = edited(&envelope, &["signed", "more"], Some(Json::number(1)));
    let refusal = workshop.outcome_of(&injected).unwrap_err();
    assert!(matches!(refusal, Refusal::NotSigned(_)), "{refusal}");
}

#[test]
fn a_member_that_is_missing_is_refused_and_a_readme_is_not_needed() {
    for member in ["_type", "expires", "keys", "steps", "inspect"] {
        assert!(refusal_of(&without(&payload(&sound()), &[member])).contains(member));
    }
    let of_step = [
        "_type",
        "name",
        "threshold",
        "pubkeys",
        "expected_command",
        "expected_materials",
        "expected_products",
    ];
    for member in of_step {
        let refusal = refusal_of(&without(&payload(&sound()), &["steps", "0", member]));
        assert!(refusal.contains(member), "{refusal}");
    }
    let workshop = sound();
    let without_readme = without(&payload(&workshop), &["readme"]);
    workshop
        .outcome_of(&signed(&without_readme, &[&workshop.owner]))
        .unwrap();
}

#[test]
fn a_layout_that_has_no_end_has_none_because_of_another_spelling_either() {
    for text in [
        "",
        "2999-01-01",
        "2999-01-01T00:00:00+00:00",
        "2999-01-01T00:00:00.5Z",
        "2999-02-30T00:00:00Z",
    ] {
        assert!(
            refusal_with(&["expires"], Json::text(text)).contains("expires"),
            "{text}"
        );
    }
    assert!(refusal_with(&["expires"], Json::Null).contains("expires"));
}

#[test]
fn a_layout_is_expired_from_its_last_second_on() {
    let mut workshop = sound();
    for (expires, accepted) in [
        ("2026-11-24T23:59:59Z", false),
        (AT, false),
        ("2026-11-25T00:00:01Z", true),
    ] {
        workshop.layout.expires = Timestamp::parse(expires).unwrap();
        match workshop.outcome() {
            Ok(_) => assert!(accepted, "{expires}"),
            Err(refusal) => assert!(
                !accepted && matches!(refusal, Refusal::Expired { .. }),
                "{refusal}"
            ),
        }
    }
}

#[test]
fn a_threshold_that_asks_for_nothing_or_for_no_number_is_refused() {
    for threshold in [
        Json::number(0),
        Json::number(-1),
        Json::Bool(true),
        Json::text("1"),
        Json::Null,
    ] {
        let words = format!("{threshold:?}");
        assert!(
            refusal_with(&["steps", "0", "threshold"], threshold).contains("threshold"),
            "{words}"
        );
    }
}

#[test]
fn a_threshold_that_the_keys_cannot_reach_is_refused_at_once() {
    let mut workshop = sound();
    workshop.layout.steps[0].threshold = NonZeroUsize::new(2).unwrap();
    assert!(matches!(
        workshop.outcome(),
        Err(Refusal::Layout(LayoutError::Threshold {
            threshold: 2,
            keys: 1,
            ..
        }))
    ));
}

#[test]
fn one_key_under_two_ids_is_no_second_functionary() {
    let (alice, bob) = (ed25519("alice"), ed25519("bob"));
    let alias = ed25519("alice").with_id(&"ab".repeat(32)).unwrap();
    // With two keys the layout can't be met; with three, the step isn't.
    for keys in [&[&alice, &alias][..], &[&alice, &alias, &bob]] {
        let mut workshop = Workshop::of([step("build", 2, keys)], keys);
        workshop.put(&alice, &link("build", &[("out", "bytes")]));
        workshop.put(&alias, &link("build", &[("out", "bytes")]));
        match workshop.outcome().unwrap_err() {
            Refusal::Layout(LayoutError::Threshold { keys: 1, .. }) => assert_eq!(keys.len(), 2),
            Refusal::TooFew {
                counted: 1,
                threshold: 2,
                ..
            } => assert_eq!(keys.len(), 3),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_step_whose_name_is_a_path_or_a_pattern_is_refused() {
    for name in [
        "../links/build",
        "a/b",
        ".hidden",
        "a..b",
        "",
        "s*",
        "é",
        "a\nb",
        "/build",
    ] {
        let refusal = refusal_with(&["steps", "0", "name"], Json::text(name));
        assert!(refusal.contains("plain name"), "{name:?}: {refusal}");
    }
    assert!(
        refusal_with(&["steps", "0", "name"], Json::text("s".repeat(129))).contains("plain name")
    );
}

#[test]
fn two_steps_or_a_step_and_an_inspection_of_one_name_are_refused() {
    let mut workshop = sound();
    workshop.layout.steps.push(workshop.layout.steps[0].clone());
    assert!(matches!(
        workshop.outcome(),
        Err(Refusal::Layout(LayoutError::Name(_)))
    ));
    let mut workshop = sound();
    workshop.layout.inspections.push(inspection("build"));
    assert!(matches!(
        workshop.outcome(),
        Err(Refusal::Layout(LayoutError::Name(_)))
    ));
}

#[test]
fn a_key_id_that_is_a_path_or_a_pattern_is_refused_where_it_is_listed_and_where_it_is_defined() {
    for id in ["../etc", "xyz", "*", ""] {
        let mut workshop = sound();
        workshop.layout.steps[0].pubkeys.push(id.to_owned());
        let refusal = workshop.outcome().unwrap_err().to_string();
        assert!(refusal.contains("not hex"), "{id:?}: {refusal}");
    }
    let key = ed25519("alice").with_id("xyz").unwrap();
    let mut workshop = sound();
    workshop
        .layout
        .keys
        .insert("xyz".to_owned(), key.public().clone());
    assert!(
        workshop
            .outcome()
            .unwrap_err()
            .to_string()
            .contains("not hex")
    );
}

#[test]
fn a_key_that_calls_itself_something_else_than_its_place_is_refused() {
    let id = ed25519("alice").public().id().to_owned();
    assert!(refusal_with(&["keys", &id, "keyid"], Json::text("ab")).contains("one id"));
}

#[test]
fn every_owner_that_is_asked_for_must_have_signed() {
    let workshop = sound();
    let (second, stranger) = (ed25519("second"), ed25519("stranger"));
    let both = [workshop.owner.public(), second.public()];
    let by_both = signed(&payload(&workshop), &[&workshop.owner, &second, &stranger]);
    assert!(verify(&by_both, &both, &workshop).outcome.is_ok());
    for signers in [&[&workshop.owner][..], &[&second], &[&stranger], &[]] {
        let envelope = signed(&payload(&workshop), signers);
        let refusal = verify(&envelope, &both, &workshop).outcome.unwrap_err();
        assert!(matches!(refusal, Refusal::NotSigned(_)), "{refusal}");
    }
    assert!(matches!(
        verify(&by_both, &[], &workshop).outcome,
        Err(Refusal::NoKeys)
    ));
}

#[test]
fn a_strangers_signature_under_the_owners_id_is_none() {
    let workshop = sound();
    let stranger = ed25519("stranger")
        .with_id(workshop.owner.public().id())
        .unwrap();
    let envelope = signed(&payload(&workshop), &[&stranger]);
    assert!(matches!(
        workshop.outcome_of(&envelope),
        Err(Refusal::NotSigned(_))
    ));
}

#[test]
fn a_layout_of_another_payload_type_is_refused() {
    let workshop = sound();
    let envelope = sign("application/json", &payload(&workshop), &[&workshop.owner]);
    assert!(matches!(
        workshop.outcome_of(&envelope),
        Err(Refusal::PayloadType(_))
    ));
}

#[test]
fn a_layout_with_two_readings_is_refused() {
    let text = String::from_utf8(payload(&sound())).unwrap();
    let twice = text.replacen('{', r#"{"steps":[],"#, 1);
    for payload in [
        twice,
        format!("\u{feff}{text}"),
        format!("{text}{{}}"),
        text.replace("[]", "[1.0]"),
    ] {
        assert!(
            refusal_of(payload.as_bytes()).contains("strict JSON"),
            "{payload}"
        );
    }
}

#[test]
fn a_link_in_the_place_of_the_layout_is_refused() {
    assert!(refusal_of(&link("build", &[]).to_json().to_text()).contains("unknown member"));
}

#[test]
fn what_is_no_rule_is_refused_even_where_no_rule_would_be_applied() {
    for words in [
        &[][..],
        &["ALLOW"],
        &["ALLOW", "a", "b"],
        &["GRANT", "a"],
        &["{T}", "a"],
        &["MATCH", "*", "WITH", "FILES", "FROM", "build"],
        &["MATCH", "*", "WITH", "PRODUCTS", "FROM"],
        &["MATCH", "*", "IN", "WITH", "PRODUCTS", "FROM", "build"],
    ] {
        let listed = Json::Array(vec![Json::texts(
            words.iter().map(|word| (*word).to_owned()),
        )]);
        let refusal = refusal_with(&["steps", "0", "expected_materials"], listed);
        assert!(
            refusal.contains("not an artifact rule"),
            "{words:?}: {refusal}"
        );
    }
}

#[test]
fn parameters_are_put_in_by_name_and_by_nothing_else() {
    let filled = |word: &str, parameters: Option<&[(&str, &str)]>| {
        let mut workshop = sound();
        workshop.layout.steps[0].expected_products = rules(&[&format!("DISALLOW {word}")]);
        workshop.parameters = parameters.map(|values| {
            let owned = values
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Parameters::new(owned).unwrap()
        });
        workshop.outcome()
    };
    assert!(
        filled("{NAME}", None).is_ok(),
        "without parameters, braces are characters"
    );
    assert!(matches!(
        filled("{NAME}", Some(&[("NAME", "o*")])),
        Err(Refusal::Rule { .. })
    ));
    assert!(filled("{NAME}", Some(&[("NAME", "x")])).is_ok());
    for word in [
        "{NAME}",
        "{NAME!r}",
        "{NAME.x}",
        "{NAME[0]}",
        "{NAME:>9}",
        "{0}",
        "{",
        "}",
    ] {
        let given = if word == "{NAME}" { "OTHER" } else { "NAME" };
        let refusal = filled(word, Some(&[(given, "x"), ("0", "x")])).unwrap_err();
        assert!(
            matches!(refusal, Refusal::Parameters(_)),
            "{word}: {refusal}"
        );
    }
}

#[test]
fn a_layout_over_the_limit_is_not_read() {
    let mut workshop = sound();
    workshop.limits.envelope_bytes_max = 100;
    assert!(matches!(workshop.outcome(), Err(Refusal::Envelope(_))));
}

fn inspection(name: &str) -> Inspection {
    Inspection {
        name: name.to_owned(),
        run: vec!["true".to_owned()],
        expected_materials: Vec::new(),
        expected_products: rules(&["DISALLOW evil"]),
    }
}

/// An inspection that ended so and left that file.
struct Ran(Ending, &'static str, Vec<String>);

impl Inspector for Ran {
    fn inspect(
        &mut self,
        inspection: &Inspection,
        place: &str,
    ) -> Result<InspectionRecord, String> {
        self.2.push(format!("{place}{}", inspection.name));
        Ok(InspectionRecord {
            materials: Artifacts::new(),
            products: super::workshop::artifacts(&[(self.1, "")]),
            ending: self.0,
        })
    }
}

fn inspected(workshop: &Workshop, inspector: &mut dyn Inspector) -> Result<(), Refusal> {
    let keys = [workshop.owner.public().clone()];
    let layout = signed(&payload(workshop), &[&workshop.owner]);
    let (parameters, limits) = (None, &workshop.limits);
    let at = Timestamp::parse(AT).unwrap();
    let chain = Chain {
        layout: &layout,
        keys: &keys,
        parameters,
        at,
        limits,
    };
    chain.verify(&workshop.links, inspector).outcome.map(|_| ())
}

#[test]
fn an_inspection_counts_when_it_returned_0_and_its_rules_hold() {
    let mut workshop = sound();
    workshop.layout.inspections.push(inspection("look"));
    assert!(matches!(
        inspected(&workshop, &mut NoInspections),
        Err(Refusal::Inspection { .. })
    ));
    inspected(&workshop, &mut Ran(Ending::Returned(0), "good", Vec::new())).unwrap();
    for ending in [
        Ending::Returned(1),
        Ending::Returned(-1),
        Ending::Returned(256),
        Ending::Killed,
    ] {
        let refusal = inspected(&workshop, &mut Ran(ending, "good", Vec::new())).unwrap_err();
        assert!(matches!(refusal, Refusal::Inspection { .. }), "{ending:?}");
    }
    let refusal =
        inspected(&workshop, &mut Ran(Ending::Returned(0), "evil", Vec::new())).unwrap_err();
    assert!(matches!(refusal, Refusal::Rule { .. }), "{refusal}");
    workshop.layout.inspections[0].run.clear();
    let refusal =
        inspected(&workshop, &mut Ran(Ending::Returned(0), "good", Vec::new())).unwrap_err();
    assert!(refusal.to_string().contains("has no command"), "{refusal}");
}

#[test]
fn no_inspection_is_run_for_a_chain_that_does_not_hold_without_it() {
    let mut workshop = sound();
    workshop.layout.inspections.push(inspection("look"));
    workshop.layout.steps[0]
        .expected_products
        .push(rule("DISALLOW *"));
    let mut inspector = Ran(Ending::Returned(0), "good", Vec::new());
    inspected(&workshop, &mut inspector).unwrap_err();
    assert!(inspector.2.is_empty());
}
