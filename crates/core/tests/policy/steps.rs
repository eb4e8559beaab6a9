//! Later steps in `policy.toml`: those that could never hold.

use quorate_testkit::scenario::{LATER_STEPS, Party};

#[test]
fn steps_that_could_never_hold_do_not_compile() {
    for (from, to, why) in [
        ("uses = [\"localise\"]", "uses = []", "takes nothing"),
        ("uses = [\"localise\"]", "uses = [\"deploy\"]", "\"deploy\""),
        (
            "uses = [\"localise\"]",
            "uses = [\"rebuild\"]",
            "no later step uses it",
        ),
        ("makes = [\"*.tar.gz\"]", "", "nothing that it could do"),
        ("makes = [\"*.tar.gz\"]", "makes = [\"\"]", "no pattern"),
        (
            "[\"packager\"]\nthreshold = 1",
            "[\"packager\"]\nthreshold = 0",
            "threshold 0",
        ),
        (
            "[\"packager\"]\nthreshold = 1",
            "[\"packager\"]\nthreshold = 2",
            "threshold 2 of 1",
        ),
        (
            "[\"packager\"]",
            "[\"packager\", \"packager\"]",
            "each once",
        ),
        ("[\"packager\"]", "[\"stranger\"]", "\"stranger\""),
        ("[\"packager\"]", "[\"translator\"]", "neither rebuilds nor"),
        (
            "name = \"package\"",
            "name = \"localise\"",
            "its name is taken",
        ),
        (
            "name = \"package\"",
            "name = \"rebuild\"",
            "its name is taken",
        ),
        ("makes", "makse", "makse"),
    ] {
        let steps = LATER_STEPS.replace(from, to);
        assert_ne!(steps, LATER_STEPS, "{from}");
        let owners = [quorate_testkit::scenario::ed25519("owner 0")];
        let parties = ["alice", "bob"].map(Party::new);
        let mut draft = quorate_testkit::scenario::PolicyDraft::of(2, &parties, &owners);
        draft.later_party(&Party::new("translator"));
        draft.later_party(&Party::new("packager"));
        draft.tables.push_str(&steps);
        let at = quorate::time::Timestamp::parse(quorate_testkit::scenario::AT).unwrap();
        let error = draft.compile(at).expect_err(to).to_string();
        assert!(error.contains(why), "{to}: {error}");
    }
}
