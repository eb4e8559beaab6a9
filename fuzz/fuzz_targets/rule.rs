//! Rules, a line each, then `m|p|o NAME CONTENT`: materials and products of a link, products of another. A rule is written as it is read,
//! and the engine does with the artifacts what plain sets would do.

#![no_main]

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use quorate::digest::Sha256;
use quorate::envelope::{PAYLOAD_TYPE_IN_TOTO, sign};
use quorate::intoto::chain::{Chain, NoInspections, RuleTrace};
use quorate::intoto::{ArtifactList, Layout, Link, Rule, Step, is_normal_name};
use quorate::key::SigningKey;
use quorate::time::Timestamp;
use quorate_fuzz::{LIMITS, naive};
use quorate_testkit::scenario::ed25519;

static KEY: LazyLock<SigningKey> = LazyLock::new(|| ed25519("functionary"));

/// More rules and artifacts try nothing new, and the plain model's patterns cost what they cost.
const LINES_MAX: usize = 24;
const LINE_BYTES_MAX: usize = 80;

fuzz_target!(|text: &str| {
    let (mut rules, mut tested, mut other) = (Vec::new(), Link::new("tested"), Link::new("other"));
    for line in text
        .lines()
        .take(LINES_MAX)
        .filter(|line| line.len() <= LINE_BYTES_MAX)
    {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        if let Ok(rule) = Rule::parse(&words) {
            assert_eq!(Rule::parse(&rule.words()).as_ref().ok(), Some(&rule));
            // Runs of stars are exponential in the plain model.
            if rule.words()[1].matches('*').count() <= 4 {
                rules.push(rule);
            }
        } else if let [list, name, content] = &words[..]
            && is_normal_name(name)
        {
            let digest = Sha256::of(content.as_bytes()).into();
            match list.as_str() {
                "m" => tested.materials.insert(name.clone(), digest),
                "p" => tested.products.insert(name.clone(), digest),
                _ => other.products.insert(name.clone(), digest),
            };
        }
    }
    for list in [ArtifactList::Materials, ArtifactList::Products] {
        let links = BTreeMap::from([("tested", &tested), ("other", &other)]);
        let expected = naive::apply(&rules, list, &tested, &links);
        let did: Vec<(BTreeSet<String>, bool)> = applied(&rules, list, &tested, &other)
            .into_iter()
            .map(|trace| {
                (
                    trace.artifacts.iter().cloned().collect(),
                    !trace.is_violation(),
                )
            })
            .collect();
        assert_eq!(did, expected);
    }
});

/// What the rules did in the verification of a chain of two steps.
fn applied(rules: &[Rule], list: ArtifactList, tested: &Link, other: &Link) -> Vec<RuleTrace> {
    let id = KEY.public().id().to_owned();
    let mut steps = ["tested", "other"].map(|name| Step {
        name: name.to_owned(),
        threshold: NonZeroUsize::MIN,
        pubkeys: vec![id.clone()],
        expected_command: Vec::new(),
        expected_materials: Vec::new(),
        expected_products: Vec::new(),
    });
    match list {
        ArtifactList::Materials => steps[0].expected_materials = rules.to_vec(),
        ArtifactList::Products => steps[0].expected_products = rules.to_vec(),
    }
    let layout = Layout {
        expires: Timestamp::parse("2999-01-01T00:00:00Z").expect("a fixed time"),
        readme: String::new(),
        keys: BTreeMap::from([(id.clone(), KEY.public().clone())]),
        steps: steps.to_vec(),
        inspections: Vec::new(),
    };
    let signed = |text: Vec<u8>| sign(PAYLOAD_TYPE_IN_TOTO, &text, &[&KEY]);
    let put = |link: &Link| {
        (
            format!("{}.{}.link", link.name, &id[..8]),
            signed(link.to_json().to_text()),
        )
    };
    let links: BTreeMap<String, Vec<u8>> = [tested, other].map(put).into();
    let chain = Chain {
        layout: &signed(layout.to_json().to_text()),
        keys: std::slice::from_ref(KEY.public()),
        parameters: None,
        at: Timestamp::parse("2026-11-25T00:00:00Z").expect("a fixed time"),
        limits: &LIMITS,
    };
    let mut trace = chain.verify(&links, &mut NoInspections).trace;
    trace.steps.remove(0).rules
}
