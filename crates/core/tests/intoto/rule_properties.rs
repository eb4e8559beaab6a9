//! Properties of artifact rules over random lists, through the verification of whole chains.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::{ProptestConfig, Strategy, prop_assert, prop_assert_eq, proptest};
use proptest::sample::select;

use quorate::digest::Sha256;
use quorate::intoto::chain::{Refusal, RuleTrace};
use quorate::intoto::{ArtifactList, Artifacts, Link, Rule};
use quorate_testkit::scenario::ed25519;

use super::naive;
use super::workshop::{Workshop, rule, step};

const NAMES: [&str; 14] = [
    "a",
    "b",
    "ab",
    "a/b",
    "lib/a",
    "lib/b.c",
    "b.c",
    ".a",
    "[a",
    "*",
    "é",
    "lib/lib/a",
    "/abs/a",
    "http://h/a",
];
const PATTERNS: [&str; 20] = [
    "*", "a", "a*", "*a", "*.c", "?", "[ab]*", "[!a]*", "[a", "lib/*", "*/*", "**", "", "[*]",
    "[]a]*", "*b*", "{a,b}", "é", "/*", "[a-b]",
];
const PREFIXES: [&str; 7] = ["lib", "lib/", "a", "", "http:", "/abs", "*"];

/// Two links: of the step under test, and of another.
type Facts = (Link, Link);

fn list() -> impl Strategy<Value = Artifacts> {
    let digest = (0..3_u8).prop_map(|content| Sha256::of(&[content]).into());
    btree_map(select(NAMES.to_vec()).prop_map(str::to_owned), digest, 0..7)
}

fn facts() -> impl Strategy<Value = Facts> {
    let link = |name: &'static str| {
        (list(), list()).prop_map(move |(materials, products)| Link {
            materials,
            products,
            ..Link::new(name)
        })
    };
    (link("tested"), link("other"))
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let words = [
        "ALLOW", "CREATE", "DELETE", "MODIFY", "DISALLOW", "REQUIRE", "MATCH", "MATCH", "MATCH",
    ];
    let prefix = || option::of(select(PREFIXES.to_vec()));
    let patterns = || select([&PATTERNS[..], &NAMES].concat());
    let from = select(vec!["tested", "other", "nowhere"]);
    let lists = select(vec!["MATERIALS", "PRODUCTS"]);
    (
        select(words.to_vec()),
        patterns(),
        prefix(),
        lists,
        prefix(),
        from,
    )
        .prop_map(|(word, pattern, source, list, destination, from)| {
            let mut words = vec![word, pattern];
            if word == "MATCH" {
                words.extend(source.iter().flat_map(|prefix| ["IN", *prefix]));
                words.extend(["WITH", list]);
                words.extend(destination.iter().flat_map(|prefix| ["IN", *prefix]));
                words.extend(["FROM", from]);
            }
            let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
            Rule::parse(&words).unwrap()
        })
}

fn consuming_or_forbidding() -> impl Strategy<Value = Rule> {
    any_rule().prop_filter("a REQUIRE wants an artifact", |rule| {
        !matches!(rule, Rule::Require(_))
    })
}

/// What the rules over the products of the step under test did, and whether the chain holds.
fn ruled(rules: &[Rule], facts: &Facts) -> (Vec<RuleTrace>, bool) {
    ruled_over(ArtifactList::Products, rules, facts)
}

fn ruled_over(
    list: ArtifactList,
    rules: &[Rule],
    (tested, other): &Facts,
) -> (Vec<RuleTrace>, bool) {
    let key = ed25519("functionary");
    let mut steps = [step("tested", 1, &[&key]), step("other", 1, &[&key])];
    match list {
        ArtifactList::Materials => steps[0].expected_materials = rules.to_vec(),
        ArtifactList::Products => steps[0].expected_products = rules.to_vec(),
    }
    let mut workshop = Workshop::of(steps, &[&key]);
    workshop.put(&key, tested);
    workshop.put(&key, other);
    let mut verification = workshop.verification();
    let holds = match verification.outcome {
        Ok(_) => true,
        Err(Refusal::Rule { .. }) => false,
        Err(other) => panic!("{other}"),
    };
    (verification.trace.steps.remove(0).rules, holds)
}

fn holds(rules: &[Rule], facts: &Facts) -> bool {
    ruled(rules, facts).1
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_queue_is_what_plain_sets_would_be(rules in vec(any_rule(), 0..8), facts in facts()) {
        for list in [ArtifactList::Materials, ArtifactList::Products] {
            let (traces, _) = ruled_over(list, &rules, &facts);
            let links = BTreeMap::from([("tested", &facts.0), ("other", &facts.1)]);
            let expected = naive::apply(&rules, list, &facts.0, &links);
            let did: Vec<naive::Did> = traces
                .iter()
                .map(|trace| (trace.artifacts.iter().cloned().collect(), !trace.is_violation()))
                .collect();
            prop_assert_eq!(did, expected);
        }
    }

    #[test]
    fn many_patterns_by_ending_do_what_plain_sets_would_do(
        rules in vec((select(vec!["ALLOW", "CREATE", "MODIFY"]), select(vec!["*a", "*.c", "*/a", "*b", "*lib/a"])), 6..16),
        facts in facts(),
    ) {
        // After a few of them the engine looks names up by their endings.
        let rules: Vec<Rule> = rules.iter().map(|(word, pattern)| rule(&format!("{word} {pattern}"))).collect();
        let links = BTreeMap::from([("tested", &facts.0), ("other", &facts.1)]);
        let expected = naive::apply(&rules, ArtifactList::Products, &facts.0, &links);
        let traces = ruled(&rules, &facts).0;
        let consumed = traces.iter().map(|trace| (trace.artifacts.iter().cloned().collect(), true));
        prop_assert_eq!(consumed.collect::<Vec<naive::Did>>(), expected);
    }

    #[test]
    fn a_rule_before_a_consuming_one_sees_what_that_consumes_and_one_after_it_does_not(
        pattern in select([&PATTERNS[..], &NAMES].concat()), facts in facts(),
    ) {
        let (allow, disallow) = (rule(&format!("ALLOW {pattern}")), rule(&format!("DISALLOW {pattern}")));
        let matched = ruled(std::slice::from_ref(&allow), &facts).0[0].artifacts.len();
        prop_assert_eq!(holds(&[disallow.clone(), allow.clone()], &facts), matched == 0);
        prop_assert!(holds(&[allow, disallow], &facts));
    }

    #[test]
    fn what_one_rule_consumed_no_later_rule_sees(rules in vec(any_rule(), 0..8), facts in facts()) {
        let mut gone = BTreeSet::new();
        for trace in ruled(&rules, &facts).0 {
            for name in &trace.artifacts {
                prop_assert!(!gone.contains(name), "{name} again in {}", trace.rule);
            }
            if !trace.is_violation() {
                gone.extend(trace.artifacts);
            }
        }
    }

    #[test]
    fn another_disallow_never_turns_a_refusal_into_a_yes(
        rules in vec(any_rule(), 0..6), at in 0..7_usize, pattern in select(PATTERNS.to_vec()), facts in facts(),
    ) {
        let mut more = rules.clone();
        more.insert(at.min(rules.len()), rule(&format!("DISALLOW {pattern}")));
        prop_assert!(holds(&rules, &facts) || !holds(&more, &facts));
    }

    #[test]
    fn another_artifact_in_a_closed_list_never_turns_a_refusal_into_a_yes_when_nothing_is_required(
        rules in vec(consuming_or_forbidding(), 0..6), name in select(NAMES.to_vec()), facts in facts(),
    ) {
        let closed = [&rules[..], &[rule("DISALLOW *")]].concat();
        // A MATCH of the step with itself would look into the longer list, too.
        let looks_at_itself = |rule: &Rule| matches!(rule, Rule::Match { from, .. } if from == "tested");
        if rules.iter().any(looks_at_itself) || facts.0.products.contains_key(name) {
            return Ok(());
        }
        let mut more = facts.clone();
        more.0.products.insert(name.to_owned(), Sha256::of(b"new").into());
        prop_assert!(holds(&closed, &facts) || !holds(&closed, &more));
    }

    #[test]
    fn after_an_allow_for_everything_a_disallow_for_everything_holds(
        rules in vec(any_rule(), 0..4), facts in facts(),
    ) {
        let open = [&[rule("ALLOW *")], &rules[..], &[rule("DISALLOW *")]].concat();
        let requires = rules.iter().any(|rule| matches!(rule, Rule::Require(_)));
        prop_assert_eq!(holds(&open, &facts), !requires);
    }

    #[test]
    fn what_no_rule_looks_at_is_allowed(facts in facts()) {
        prop_assert!(holds(&[], &facts));
        prop_assert_eq!(holds(&[rule("DISALLOW *")], &facts), facts.0.products.is_empty());
    }
}
