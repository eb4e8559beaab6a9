//! Properties of whole chains: which evidence changes a verdict, and which never does.

use proptest::collection::vec;
use proptest::prelude::{
    Just, ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, proptest,
};
use proptest::sample::select;

use quorate::envelope::PAYLOAD_TYPE_IN_TOTO;
use quorate::intoto::Link;
use quorate::intoto::chain::Refusal;
use quorate::key::SigningKey;
use quorate_testkit::scenario::ed25519;

use super::workshop::{Workshop, link, path, rules, signed, step};

/// What a functionary has done for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Did {
    Nothing,
    Honest,
    Other,
    Garbage,
    StrangersLink,
}

const STEPS: [&str; 2] = ["build", "test"];

fn functionaries() -> [SigningKey; 3] {
    ["alice", "bob", "carol"].map(ed25519)
}

fn deeds() -> impl Strategy<Value = Vec<Did>> {
    let did = select(vec![
        Did::Nothing,
        Did::Honest,
        Did::Honest,
        Did::Honest,
        Did::Other,
        Did::Garbage,
        Did::StrangersLink,
    ]);
    vec(did, 6)
}

fn honest(step: &str) -> Link {
    link(step, &[("out", "bytes")])
}

/// The links by `deeds`: three functionaries for each of two steps, in the order that `first` begins.
fn chain(threshold: usize, deeds: &[Did], first: usize) -> Workshop {
    let keys = functionaries();
    let mut order: Vec<&SigningKey> = keys.iter().collect();
    order.rotate_left(first);
    let mut steps = STEPS.map(|name| step(name, threshold, &order));
    steps[1].expected_products = rules(&["MATCH * WITH PRODUCTS FROM build", "DISALLOW *"]);
    let mut workshop = Workshop::of(steps, &order);
    for (at, did) in deeds.iter().enumerate() {
        put(&mut workshop, STEPS[at / 3], &keys[at % 3], *did);
    }
    workshop
}

fn put(workshop: &mut Workshop, step: &str, key: &SigningKey, did: Did) {
    let place = path(step, key);
    let bytes = |link: &Link, by: &SigningKey| signed(&link.to_json().to_text(), &[by]);
    let content = match did {
        Did::Nothing => return,
        Did::Honest => bytes(&honest(step), key),
        Did::Other => bytes(&link(step, &[("out", "other bytes")]), key),
        Did::Garbage => b"{".to_vec(),
        Did::StrangersLink => bytes(&honest(step), &ed25519("stranger")),
    };
    workshop.links.insert(place, content);
}

/// The verdict with the kind of the refusal, without the words about single links.
fn verdict(workshop: &Workshop) -> Result<Link, String> {
    match workshop.outcome() {
        Ok(accepted) => Ok(accepted.summary().clone()),
        Err(Refusal::TooFew { step, counted, .. }) => Err(format!("{step}: {counted}")),
        Err(Refusal::Disagree(two)) => Err(format!("{} disagrees", two.step)),
        Err(other) => Err(other.to_string()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_chain_holds_when_enough_signed_and_all_that_signed_agree(threshold in 1..=3_usize, deeds in deeds()) {
        let step_holds = |deeds: &[Did]| {
            let count = |did| deeds.iter().filter(|other| **other == did).count();
            let (same, other) = (count(Did::Honest), count(Did::Other));
            same + other >= threshold && (same == 0 || other == 0)
        };
        let of_other = |deeds: &[Did]| deeds.contains(&Did::Other);
        let (build, test) = deeds.split_at(3);
        let expected = step_holds(build) && step_holds(test) && of_other(build) == of_other(test);
        prop_assert_eq!(verdict(&chain(threshold, &deeds, 0)).is_ok(), expected);
    }

    #[test]
    fn the_order_of_keys_decides_nothing(threshold in 1..=3_usize, deeds in deeds(), first in 1..3_usize) {
        prop_assert_eq!(verdict(&chain(threshold, &deeds, 0)), verdict(&chain(threshold, &deeds, first)));
    }

    #[test]
    fn links_of_strangers_change_nothing(
        threshold in 1..=3_usize, deeds in deeds(), step in select(STEPS.to_vec()), content in select(vec![Did::Honest, Did::Other, Did::Garbage]),
    ) {
        let mut workshop = chain(threshold, &deeds, 0);
        let before = (verdict(&workshop), format!("{:?}", workshop.verification().trace));
        put(&mut workshop, step, &ed25519("stranger"), content);
        put(&mut workshop, "elsewhere", &functionaries()[0], content);
        prop_assert_eq!((verdict(&workshop), format!("{:?}", workshop.verification().trace)), before);
    }

    #[test]
    fn what_is_no_evidence_undoes_nothing(
        threshold in 1..=3_usize, deeds in deeds(), at in 0..6_usize,
        garbage in proptest::prelude::prop_oneof![Just(b"{}".to_vec()), vec(any::<u8>(), 0..40)],
    ) {
        let mut deeds = deeds;
        deeds[at] = Did::Nothing;
        let mut workshop = chain(threshold, &deeds, 0);
        let before = verdict(&workshop);
        workshop.links.insert(path(STEPS[at / 3], &functionaries()[at % 3]), garbage);
        prop_assert_eq!(verdict(&workshop), before);
    }

    #[test]
    fn an_equal_link_more_never_turns_a_yes_into_a_refusal(threshold in 1..=3_usize, deeds in deeds(), at in 0..6_usize) {
        let mut more = deeds.clone();
        let equal = deeds[at / 3 * 3..at / 3 * 3 + 3].iter().find(|did| matches!(did, Did::Honest | Did::Other));
        let Some(equal) = equal.filter(|_| deeds[at] == Did::Nothing) else {
            return Ok(());
        };
        more[at] = *equal;
        prop_assert!(verdict(&chain(threshold, &deeds, 0)).is_err() || verdict(&chain(threshold, &more, 0)).is_ok());
    }

    #[test]
    fn no_bytes_of_one_functionary_make_a_step_that_needs_two(content in vec(any::<u8>(), 0..60), json in any::<bool>()) {
        let [alice, bob, _] = functionaries();
        let mut workshop = Workshop::of([step("build", 2, &[&alice, &bob])], &[&alice, &bob]);
        workshop.put(&alice, &honest("build"));
        let payload = honest("build").to_json().to_text();
        let bytes = if json { quorate_testkit::scenario::signed(PAYLOAD_TYPE_IN_TOTO, &payload, [&alice]) } else { content };
        workshop.links.insert(path("build", &bob), bytes);
        prop_assert!(verdict(&workshop).is_err());
    }
}
