//! Links that would count for more than they are: each is dropped with its reason, and undoes nothing else.

use std::borrow::Cow;
use std::collections::BTreeMap;

use quorate::envelope::sign;
use quorate::intoto::Link;
use quorate::intoto::chain::{Chain, LinkSource, NoInspections, Refusal};
use quorate::json::Json;
use quorate::key::SigningKey;
use quorate::time::Timestamp;
use quorate_testkit::scenario::{ed25519, edited, metablock};

use super::workshop::{AT, Workshop, artifacts, link, path, rules, signed, step};

fn people() -> [SigningKey; 3] {
    ["alice", "bob", "carol"].map(ed25519)
}

fn built() -> Link {
    link("build", &[("out", "bytes")])
}

/// A step that `threshold` of three carry out, and the honest links of the first `linked`.
fn build(threshold: usize, linked: usize) -> Workshop {
    let keys = people();
    let all: Vec<&SigningKey> = keys.iter().collect();
    let mut workshop = Workshop::of([step("build", threshold, &all)], &all);
    for key in &keys[..linked] {
        workshop.put(key, &built());
    }
    workshop
}

/// Two of three needed, alice's link there, and this in the place of bob's: what was said of it.
fn dropped(content: Vec<u8>) -> String {
    let bobs = path("build", &people()[1]);
    let mut workshop = build(2, 1);
    workshop.links.insert(bobs.clone(), content.clone());
    let refusal = workshop.outcome().unwrap_err();
    assert!(
        matches!(refusal, Refusal::TooFew { counted: 1, .. }),
        "{refusal}"
    );
    let said = workshop.fate(&bobs);
    // The same beside two that are enough undoes nothing.
    workshop.put(&people()[2], &built());
    workshop.outcome().unwrap();
    said
}

fn dropped_payload(payload: &[u8]) -> String {
    dropped(signed(payload, &[&people()[1]]))
}

fn dropped_with(member: &[&str], value: Json<'_>) -> String {
    dropped_payload(&edited(&built().to_json().to_text(), member, Some(value)))
}

#[test]
fn fewer_links_than_the_threshold_are_refused_and_as_many_are_enough() {
    for threshold in 1..=3 {
        for linked in 0..=3 {
            let outcome = build(threshold, linked).outcome();
            assert_eq!(
                outcome.is_ok(),
                linked >= threshold,
                "{linked} of {threshold}"
            );
        }
    }
}

#[test]
fn a_link_of_another_step_under_this_steps_name_does_not_count() {
    assert!(
        dropped_payload(&link("test", &[("out", "bytes")]).to_json().to_text())
            .contains("step \"test\"")
    );
}

#[test]
fn a_strangers_link_under_a_functionarys_name_does_not_count() {
    let stranger = ed25519("stranger");
    let payload = built().to_json().to_text();
    assert!(dropped(signed(&payload, &[&stranger])).contains("has signed it"));
    let posing = ed25519("stranger")
        .with_id(people()[1].public().id())
        .unwrap();
    assert!(dropped(signed(&payload, &[&posing])).contains("has signed it"));
    assert!(dropped(signed(&payload, &[])).contains("has signed it"));
}

#[test]
fn a_functionarys_signature_under_an_id_that_the_layout_does_not_know_does_not_count() {
    let renamed = ed25519("bob").with_id(&"ab".repeat(32)).unwrap();
    let said = dropped(signed(&built().to_json().to_text(), &[&renamed]));
    assert!(said.contains("has signed it"), "{said}");
}

#[test]
fn a_link_by_a_key_of_the_layout_that_is_not_the_steps_does_not_count() {
    let [alice, bob, _] = people();
    let mut workshop = Workshop::of([step("build", 1, &[&alice])], &[&alice, &bob]);
    workshop.put(&bob, &built());
    assert!(matches!(
        workshop.outcome(),
        Err(Refusal::TooFew { counted: 0, .. })
    ));
    // Nor under the name of the key that is.
    let bobs = workshop.links.remove(&path("build", &bob)).unwrap();
    workshop.links.insert(path("build", &alice), bobs);
    assert!(matches!(
        workshop.outcome(),
        Err(Refusal::TooFew { counted: 0, .. })
    ));
}

#[test]
fn one_link_copied_to_another_functionarys_place_counts_once() {
    let [alice, ..] = people();
    assert!(dropped(signed(&built().to_json().to_text(), &[&alice])).contains("has signed it"));
}

#[test]
fn a_link_with_two_signatures_counts_for_the_one_whose_place_it_is_in() {
    let [alice, bob, _] = people();
    let mut workshop = build(2, 0);
    let both = signed(&built().to_json().to_text(), &[&alice, &bob]);
    workshop.links.insert(path("build", &alice), both.clone());
    assert!(matches!(
        workshop.outcome(),
        Err(Refusal::TooFew { counted: 1, .. })
    ));
    workshop.links.insert(path("build", &bob), both);
    workshop.outcome().unwrap();
}

#[test]
fn keys_whose_ids_begin_alike_share_a_place_and_count_by_their_signatures() {
    let alice = ed25519("alice").with_id("aaaaaaaa00").unwrap();
    let twin = ed25519("twin").with_id("aaaaaaaa11").unwrap();
    let mut workshop = Workshop::of([step("build", 2, &[&alice, &twin])], &[&alice, &twin]);
    let payload = built().to_json().to_text();
    let place = path("build", &alice);
    assert_eq!(place, path("build", &twin));
    for (signers, counted) in [
        (&[&alice][..], 1),
        (&[&twin], 1),
        (&[&twin, &twin], 1),
        (&[&alice, &twin], 2),
    ] {
        workshop
            .links
            .insert(place.clone(), signed(&payload, signers));
        match workshop.outcome() {
            Ok(_) => assert_eq!(counted, 2),
            Err(Refusal::TooFew { counted: found, .. }) => assert_eq!(found, counted),
            Err(other) => panic!("{other}"),
        }
    }
    // Each other's ids on the signatures: nobody's.
    let swapped = [
        ed25519("alice").with_id("aaaaaaaa11").unwrap(),
        ed25519("twin").with_id("aaaaaaaa00").unwrap(),
    ];
    workshop
        .links
        .insert(place, signed(&payload, &[&swapped[0], &swapped[1]]));
    assert!(matches!(
        workshop.outcome(),
        Err(Refusal::TooFew { counted: 0, .. })
    ));
}

#[test]
fn a_repeated_signature_is_one_vote_and_a_foreign_one_harms_nobody() {
    let [alice, bob, _] = people();
    let mut workshop = build(1, 0);
    let payload = built().to_json().to_text();
    workshop.links.insert(
        path("build", &alice),
        signed(&payload, &[&ed25519("stranger"), &bob, &alice, &alice]),
    );
    workshop.outcome().unwrap();
}

#[test]
fn links_of_one_step_that_differ_are_refused_whatever_the_threshold() {
    let carol = &people()[2];
    let short = link("build", &[]);
    let longer = link("build", &[("out", "bytes"), ("more", "")]);
    let other = link("build", &[("out", "other bytes")]);
    let materials = Link {
        materials: artifacts(&[("in", "")]),
        ..built()
    };
    for threshold in 1..=2 {
        for dissent in [&short, &longer, &other, &materials] {
            let mut workshop = build(threshold, 2);
            workshop.put(carol, dissent);
            let refusal = workshop.outcome().unwrap_err();
            assert!(matches!(refusal, Refusal::Disagree(_)), "{refusal}");
        }
        let mut workshop = build(threshold, 2);
        workshop.put(
            carol,
            &Link {
                command: vec!["make".to_owned()],
                ..built()
            },
        );
        workshop.outcome().unwrap();
    }
}

#[test]
fn a_link_of_another_payload_type_does_not_count() {
    let payload = built().to_json().to_text();
    let said = dropped(sign("application/json", &payload, &[&people()[1]]));
    assert!(said.contains("\"application/json\""), "{said}");
}

#[test]
fn what_is_no_link_does_not_count() {
    for content in [
        "",
        "{",
        "[]",
        "{}",
        "null",
        "{\"signed\":{},\"signatures\":[]}",
    ] {
        dropped(content.as_bytes().to_vec());
    }
    for payload in ["", "[]", "{}", "null", "{\"_type\":\"statement\"}"] {
        dropped_payload(payload.as_bytes());
    }
}

#[test]
fn a_link_with_two_readings_does_not_count() {
    let text = String::from_utf8(built().to_json().to_text()).unwrap();
    let twice = text.replacen('{', r#"{"products":{},"#, 1);
    for payload in [
        twice,
        format!("\u{feff}{text}"),
        format!("{text} 1"),
        text.replace("{}", "{\"x\":1.5}"),
    ] {
        assert!(
            dropped_payload(payload.as_bytes()).contains("strict JSON"),
            "{payload}"
        );
    }
}

#[test]
fn a_member_that_was_added_to_a_metablock_after_signing_breaks_its_signature() {
    let envelope = metablock(&built().to_json().to_text(), [&people()[1]]);
    let injected = edited(&envelope, &["signed", "more"], Some(Json::number(1)));
    assert!(dropped(injected).contains("has signed it"));
}

#[test]
fn a_name_that_is_spelt_around_the_rules_does_not_count() {
    for name in [
        "./out",
        "a//out",
        "x/../out",
        "out/",
        "",
        "..",
        "file:./out",
    ] {
        let digest = Json::object([("sha256", Json::text("ab".repeat(32)))]);
        let said = dropped_with(&["products", name], digest);
        assert!(said.contains("normal form"), "{name:?}: {said}");
    }
}

#[test]
fn an_artifact_without_a_digest_or_with_one_in_two_spellings_does_not_count() {
    let with =
        |algorithm: &'static str, value: String| Json::object([(algorithm, Json::text(value))]);
    for digests in [
        Json::object::<&str>([]),
        with("sha256", "AB".repeat(32)),
        with("sha256", "ab".to_owned()),
        with("sha512", "ab".repeat(32)),
        with("x", "abc".to_owned()),
        with("x", "ABCD".to_owned()),
        with("x", "zz".to_owned()),
        with("sha512", "AB".repeat(64)),
        with("sha256", "zz".repeat(32)),
        Json::Null,
    ] {
        dropped_with(&["products", "out"], digests);
    }
}

#[test]
fn members_that_rules_look_at_must_be_there_and_others_need_not() {
    for member in ["_type", "name", "materials", "products"] {
        dropped_payload(&quorate_testkit::scenario::without(
            &built().to_json().to_text(),
            &[member],
        ));
    }
    dropped_with(&["command"], Json::text("make"));
    let mut workshop = build(1, 0);
    let payload = edited(
        &built().to_json().to_text(),
        &["environment"],
        Some(Json::Null),
    );
    let payload = quorate_testkit::scenario::without(&payload, &["byproducts"]);
    workshop.links.insert(
        path("build", &people()[0]),
        signed(&payload, &[&people()[0]]),
    );
    workshop.outcome().unwrap();
}

#[test]
fn a_flood_of_links_or_of_bytes_is_not_read() {
    let mut workshop = build(3, 3);
    workshop.outcome().unwrap();
    workshop.limits.evidence_count_max = 2;
    let carols = path("build", &people()[2]);
    assert!(workshop.fate(&carols).contains("over the limit"));
    assert!(matches!(
        workshop.outcome(),
        Err(Refusal::TooFew { counted: 2, .. })
    ));
    let mut workshop = build(3, 3);
    let bytes: usize = workshop.links.values().map(Vec::len).sum();
    workshop.limits.evidence_bytes_max = bytes;
    workshop.outcome().unwrap();
    workshop.limits.evidence_bytes_max = bytes - 1;
    assert!(workshop.fate(&carols).contains("over the limit"));
    let mut workshop = build(3, 3);
    workshop.limits.evidence_signature_checks_max = 2;
    assert!(matches!(
        workshop.outcome(),
        Err(Refusal::TooFew { counted: 2, .. })
    ));
    workshop.limits.evidence_signature_checks_max = 3;
    workshop.outcome().unwrap();
    workshop.limits.envelope_bytes_max = 8_192;
    workshop.links.insert(
        carols.clone(),
        vec![b' '; workshop.limits.envelope_bytes_max + 1],
    );
    assert!(workshop.fate(&carols).contains("larger than"));
}

/// Links of which one cannot be read.
struct Broken(BTreeMap<String, Vec<u8>>, String);

impl LinkSource for Broken {
    fn link(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, String> {
        if path == self.1 {
            Err("a directory".to_owned())
        } else {
            self.0.link(path)
        }
    }
}

#[test]
fn a_link_that_cannot_be_read_undoes_nothing_else() {
    for (threshold, accepted) in [(2, true), (3, false)] {
        let workshop = build(threshold, 3);
        let links = Broken(workshop.links.clone(), path("build", &people()[0]));
        let chain = Chain {
            layout: &signed(&workshop.layout.to_json().to_text(), &[&workshop.owner]),
            keys: &[workshop.owner.public().clone()],
            parameters: None,
            at: Timestamp::parse(AT).unwrap(),
            limits: &workshop.limits,
        };
        let outcome = chain.verify(&links, &mut NoInspections).outcome;
        assert_eq!(outcome.is_ok(), accepted, "{outcome:?}");
    }
}

/// Whether a chain holds whose one step made these products under this rule.
fn holds(rule: &str, products: &[(&str, &str)]) -> bool {
    let mut workshop = build(1, 0);
    workshop.layout.steps[0].expected_products = rules(&[rule]);
    workshop.put(&people()[0], &link("build", products));
    workshop.outcome().is_ok()
}

#[test]
fn no_pattern_becomes_inert_by_what_is_odd_in_it() {
    for (pattern, name) in [
        ("[abc", "[abc"),
        ("**.py", "x/y.py"),
        ("a**b", "a/x/b"),
        ("a\\b", "a\\b"),
        ("[]a]", "]"),
        ("[a-]", "-"),
        ("*", ".hidden"),
        ("*", "a\nb"),
        ("[!x]oo", "foo"),
        ("[^x]oo", "^oo"),
        ("lib*", "lib/x"),
        ("?", "é"),
        ("{a,b}", "{a,b}"),
    ] {
        assert!(
            !holds(&format!("DISALLOW {pattern}"), &[(name, "")]),
            "{pattern} {name}"
        );
    }
    assert!(holds("DISALLOW FOO", &[("foo", "")]) && holds("DISALLOW foo", &[("foo.c", "")]));
}

#[test]
fn a_match_takes_out_what_its_pattern_and_prefixes_say_and_nothing_else() {
    let alice = &people()[0];
    let matched = |rule: &str, products: &[(&str, &str)]| {
        let mut steps = [step("fetch", 1, &[alice]), step("build", 1, &[alice])];
        steps[1].expected_products = rules(&[rule, "DISALLOW *"]);
        let mut workshop = Workshop::of(steps, &[alice]);
        workshop.put(
            alice,
            &link("fetch", &[("foo", "1"), ("src/foo", "1"), ("bar", "2")]),
        );
        workshop.put(alice, &link("build", products));
        workshop.outcome().is_ok()
    };
    assert!(matched(
        "MATCH foo WITH PRODUCTS FROM fetch",
        &[("foo", "1")]
    ));
    assert!(
        !matched("MATCH foo WITH PRODUCTS FROM fetch", &[("bar", "2")]),
        "the pattern filters"
    );
    assert!(
        !matched("MATCH * WITH PRODUCTS FROM fetch", &[("foo", "2")]),
        "other bytes"
    );
    assert!(
        !matched("MATCH * WITH MATERIALS FROM fetch", &[("foo", "1")]),
        "the other list"
    );
    assert!(!matched(
        "MATCH * WITH PRODUCTS FROM nowhere",
        &[("foo", "1")]
    ));
    assert!(matched(
        "MATCH foo IN lib WITH PRODUCTS FROM fetch",
        &[("lib/foo", "1")]
    ));
    assert!(
        !matched("MATCH foo IN lib WITH PRODUCTS FROM fetch", &[("foo", "1")]),
        "outside of the prefix"
    );
    assert!(
        !matched(
            "MATCH foo IN li* WITH PRODUCTS FROM fetch",
            &[("lib/foo", "1")]
        ),
        "a prefix is no pattern"
    );
    assert!(matched(
        "MATCH foo IN lib WITH PRODUCTS IN src FROM fetch",
        &[("lib/foo", "1")]
    ));
    assert!(!matched(
        "MATCH * WITH PRODUCTS IN other FROM fetch",
        &[("foo", "1")]
    ));
}

#[test]
fn a_name_that_begins_with_a_slash_below_its_prefix_does_not_leave_the_other_prefix() {
    let alice = &people()[0];
    let accepted = |product: &str| {
        let mut steps = [step("fetch", 1, &[alice]), step("build", 1, &[alice])];
        let rule = "MATCH * IN https: WITH PRODUCTS IN trusted FROM fetch";
        steps[1].expected_materials = rules(&[rule, "DISALLOW *"]);
        let mut workshop = Workshop::of(steps, &[alice]);
        workshop.put(alice, &link("fetch", &[(product, "1")]));
        let mut build = link("build", &[]);
        build.materials = link("", &[("https://evil", "1")]).products;
        workshop.put(alice, &build);
        workshop.outcome().is_ok()
    };
    assert!(!accepted("/evil"));
}
