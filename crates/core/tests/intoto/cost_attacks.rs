//! What a functionary may make a verification cost: patterns, names, repetitions and signatures without end.

use quorate::key::SigningKey;
use quorate_testkit::scenario::ed25519;

use super::workshop::{Workshop, layout, link, path, rule, signed, step};

fn alice() -> SigningKey {
    ed25519("alice")
}

/// A chain whose step `build` alice delegates by a layout with `rule` over the products of the one step of her own.
fn delegated(rule_text: &str, products: &[(&str, &str)]) -> Workshop {
    let mut workshop = Workshop::of([step("build", 1, &[&alice()])], &[&alice()]);
    let mut own = step("own", 1, &[&alice()]);
    own.expected_products = vec![rule(rule_text)];
    let sublayout = layout([own], &[&alice()]).to_json().to_text();
    let top = path("build", &alice());
    workshop
        .links
        .insert(top.clone(), signed(&sublayout, &[&alice()]));
    let payload = link("own", products).to_json().to_text();
    let folder = top.trim_end_matches(".link");
    workshop.links.insert(
        format!("{folder}/{}", path("own", &alice())),
        signed(&payload, &[&alice()]),
    );
    workshop
}

#[test]
fn a_pattern_that_backtracks_over_a_long_name_ends_with_a_reason() {
    let pattern = format!("ALLOW *{}b", "a".repeat(2_000));
    let name = "a".repeat(4_096);
    let mut workshop = delegated(&pattern, &[(&name, "x")]);
    // 2,001 characters in each of 4,096 places at most.
    workshop.limits.rule_steps_max = 10_000_000;
    workshop.outcome().unwrap();
    workshop.limits.rule_steps_max = 1_000_000;
    let said = workshop.outcome().unwrap_err().to_string();
    for part in ["step \"own\"", "ALLOW *aaa", "1000000 steps"] {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn the_steps_of_rules_are_one_budget_for_all_names_and_lookups() {
    let names: Vec<String> = (0..100).map(|at| format!("name{at:03}")).collect();
    let products: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
    let mut workshop = delegated("DELETE *", &products);
    // Each name: 1 to look at, 32 + 7 to look up.
    workshop.limits.rule_steps_max = 4_000;
    workshop.outcome().unwrap();
    workshop.limits.rule_steps_max = 3_999;
    assert!(
        workshop
            .outcome()
            .unwrap_err()
            .to_string()
            .contains("DELETE *")
    );
}

#[test]
fn an_artifact_name_of_eleven_megabytes_is_refused_with_that_reason() {
    let workshop = delegated("ALLOW *", &[(&"a".repeat(11_000_000), "x")]);
    let said = workshop.outcome().unwrap_err().to_string();
    assert!(said.len() < 1_000 && said.contains("an artifact name of 11000000 bytes"));
    delegated("ALLOW *", &[(&"a".repeat(4_096), "x")])
        .outcome()
        .unwrap();
}

#[test]
fn a_key_that_a_step_lists_many_times_is_one_functionary() {
    let mut workshop = Workshop::of([step("build", 1, &[&alice()])], &[&alice()]);
    let id = alice().public().id().to_owned();
    workshop.layout.steps[0].pubkeys = vec![id; 10_000];
    workshop.put(&alice(), &link("build", &[]));
    let mut verification = workshop.verification();
    verification.outcome.unwrap();
    let traced = verification.trace.steps.remove(0);
    assert_eq!((traced.links.len(), traced.links[0].key_ids.len()), (1, 1));
    assert_eq!(
        workshop
            .layout
            .functionaries(&workshop.layout.steps[0])
            .count(),
        1
    );
}

#[test]
fn signatures_of_sublayouts_take_from_the_checks_of_all_links() {
    let mut workshop = delegated("ALLOW *", &[]);
    // The sublayout's signature as a link and as a layout, then that of its link.
    workshop.limits.evidence_signature_checks_max = 3;
    workshop.outcome().unwrap();
    workshop.limits.evidence_signature_checks_max = 2;
    workshop.outcome().unwrap_err();
}
