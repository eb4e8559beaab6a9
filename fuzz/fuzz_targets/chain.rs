//! Supply chains: a layout's payload, then lines `KEY PATH PAYLOAD`, each signed here. What is accepted has enough links a step and no
//! rule that failed; nothing is accepted for a stranger, and nothing changes by a file that no step asks for.

#![no_main]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use quorate::envelope::{PAYLOAD_TYPE_IN_TOTO, sign};
use quorate::intoto::chain::{Chain, Fate, NoInspections, Refusal, RuleTrace, Trace, Verification};
use quorate::key::{PublicKey, SigningKey};
use quorate::time::Timestamp;
use quorate_fuzz::{LIMITS, functionaries};
use quorate_testkit::scenario::ed25519;

static OWNER: LazyLock<SigningKey> = LazyLock::new(|| ed25519("owner"));
static KEYS: LazyLock<Vec<SigningKey>> = LazyLock::new(functionaries);

fuzz_target!(|bytes: &[u8]| {
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let payload = lines.next().unwrap_or_default();
    let layout = sign(PAYLOAD_TYPE_IN_TOTO, payload, &[&OWNER]);
    let mut links: BTreeMap<String, Vec<u8>> = lines.filter_map(link).collect();
    let first = verify(&layout, OWNER.public(), &links);
    if first.outcome.is_ok() {
        assert_eq!(first.trace.signed_by, [OWNER.public().id()]);
        holds(&first.trace);
    }
    let stranger = verify(&layout, KEYS[0].public(), &links);
    assert!(matches!(stranger.outcome, Err(Refusal::NotSigned(_))));
    links.insert("elsewhere.link".to_owned(), b"{".to_vec());
    let again = verify(&layout, OWNER.public(), &links);
    assert_eq!(format!("{first:?}"), format!("{again:?}"));
});

/// `KEY PATH PAYLOAD` as a path and an envelope.
fn link(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let mut parts = line.splitn(3, |byte| *byte == b' ');
    let key = KEYS.get(usize::from(parts.next()?.first()?.checked_sub(b'0')?))?;
    let path = String::from_utf8(parts.next()?.to_vec()).ok()?;
    Some((path, sign(PAYLOAD_TYPE_IN_TOTO, parts.next()?, &[key])))
}

fn verify(layout: &[u8], key: &PublicKey, links: &BTreeMap<String, Vec<u8>>) -> Verification {
    let chain = Chain {
        layout,
        keys: std::slice::from_ref(key),
        parameters: None,
        at: Timestamp::parse("2026-11-25T00:00:00Z").expect("a fixed time"),
        limits: &LIMITS,
    };
    chain.verify(links, &mut NoInspections)
}

/// What must be true of every layout of a chain that is accepted.
fn holds(trace: &Trace) {
    assert!(trace.inspections.is_empty());
    for step in &trace.steps {
        let counted = step.links.iter().filter(|link| match &link.fate {
            Fate::Counted => true,
            Fate::Sublayout(trace) => {
                holds(trace);
                true
            }
            _ => false,
        });
        assert!(counted.count() > 0 && step.counted >= step.threshold && step.threshold > 0);
        consumes_once(&step.rules);
    }
}

fn consumes_once(rules: &[RuleTrace]) {
    let mut consumed = BTreeSet::new();
    for rule in rules {
        assert!(!rule.is_violation());
        for name in &rule.artifacts {
            assert!(
                consumed.insert((rule.list.keyword(), name)),
                "{name} consumed twice"
            );
        }
    }
}
