//! Ends that the policy itself gives its parties.

use quorate::tenure::Struck;
use quorate_testkit::scenario::Scene;

use super::statements::time;
use super::{AFTER, BEFORE, BUILT, struck};

#[test]
fn a_party_that_the_policy_let_go_keeps_what_it_said_while_it_was_trusted() {
    for (until, counts) in [(AFTER, true), (BUILT, false), (BEFORE, false)] {
        let mut scene = Scene::with(2, 3, |draft| {
            let line = format!("valid_until = {until:?}\n");
            draft.party_lines.insert("alice".to_owned(), line);
        });
        for party in [0, 1] {
            scene.states(party, &quorate_testkit::scenario::Sample::catdoc());
        }
        assert_eq!(scene.judge().is_quorate(), counts, "until {until}");
        let until = time(until);
        assert_eq!(
            struck(&scene, 0),
            (!counts).then_some(Struck::TooLate { until })
        );
    }
}
