//! Help, completions and man pages: what a user reads before anything else.

mod stage;

use std::fs;

use stage::Stage;

/// Every verb with its pages, but for those of another program.
const VERBS: [&str; 59] = [
    "",
    "key",
    "key new",
    "key show",
    "policy",
    "policy new",
    "policy compile",
    "policy sign",
    "policy show",
    "prove",
    "verify",
    "in-toto",
    "in-toto run",
    "in-toto record",
    "in-toto record start",
    "in-toto record stop",
    "in-toto mock",
    "in-toto match-products",
    "in-toto sign",
    "completions",
    "layout",
    "layout new",
    "layout add-key",
    "layout add-step",
    "layout add-inspection",
    "layout add-rule",
    "layout remove-step",
    "layout set-threshold",
    "layout set-expiry",
    "layout show",
    "layout lint",
    "layout draw",
    "sums",
    "sums show",
    "party",
    "party machines",
    "party rotate",
    "party revoke",
    "party witness",
    "trust",
    "trust init",
    "trust add-party",
    "trust remove-party",
    "trust revoke",
    "trust delegate",
    "trust policy",
    "trust restore",
    "trust naming",
    "trust rotate",
    "trust renew",
    "trust sign",
    "trust publish",
    "trust refresh",
    "trust status",
    "trust diff",
    "trust history",
    "trust pin",
    "trust update",
    "trust show",
];

/// The verbs that `quorate-rebuild` carries out, whose help comes from there.
const VERBS_OF_REBUILD: [&str; 3] = ["rebuild", "rebuild debian", "rebuild git"];

#[test]
fn the_help_of_each_verb_has_an_example() {
    let stage = Stage::empty();
    for verb in VERBS.into_iter().chain(["man"]) {
        let help = stage.ok(&format!("{verb} --help"));
        let example = help.split("Example").nth(1).unwrap_or_default();
        assert!(
            example.contains(&format!("  quorate {verb}")),
            "{verb}: {help}"
        );
        assert!(
            help.lines().all(|line| line.chars().count() <= 120),
            "{help}"
        );
    }
}

#[test]
fn the_help_names_the_exit_codes() {
    let stage = Stage::empty();
    for verb in ["", "verify"] {
        assert!(
            stage
                .ok(&format!("{verb} --help"))
                .contains("Exit codes: 0 ")
        );
    }
}

#[test]
fn each_shell_gets_completions_that_know_every_verb() {
    let stage = Stage::empty();
    for shell in ["bash", "zsh", "fish"] {
        let script = stage.ok(&format!("completions {shell}"));
        for word in [
            "key",
            "policy",
            "prove",
            "verify",
            "evidence",
            "owner",
            "debian",
            "recipe-path",
            "seconds-max",
        ] {
            assert!(script.contains(word), "{shell} does not complete {word}");
        }
        assert!(
            !script.contains("sign-process"),
            "{shell} completes what is not for people"
        );
    }
    stage.write("quorate.bash", stage.ok("completions bash"));
    stage.shell("bash", &["-n", "quorate.bash"]);
    stage.run("completions csh").unable("possible values");
}

#[test]
fn each_verb_gets_a_man_page() {
    let stage = Stage::empty();
    let ran = stage.run("man pages/man1");
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
    for verb in VERBS.into_iter().chain(VERBS_OF_REBUILD) {
        let page = ["quorate", verb].join(" ").trim_end().replace(' ', "-");
        let text = fs::read_to_string(stage.path(format!("pages/man1/{page}.1"))).unwrap();
        assert!(text.contains(".TH"), "{page}: {text}");
        assert!(text.contains("Example"), "{page} has no example");
    }
    let git = fs::read_to_string(stage.path("pages/man1/quorate-rebuild-git.1")).unwrap();
    for word in ["recipe", "seconds", "quorate.toml", "Exit code: 0 done"] {
        assert!(git.contains(word), "{word}: {git}");
    }
    let hidden = fs::read_dir(stage.path("pages/man1")).unwrap().flatten();
    assert!(
        !hidden
            .map(|it| it.file_name())
            .any(|it| it.to_string_lossy().contains("process"))
    );
}

#[test]
fn man_pages_need_a_folder() {
    let stage = Stage::empty();
    stage.write("file", "");
    stage.run("man file").unable("file: ");
}

#[test]
fn a_wrong_command_line_is_explained_on_stderr() {
    let stage = Stage::empty();
    stage.run("").unable("Usage: quorate");
    stage
        .run("verfy x.deb")
        .unable("a similar subcommand exists: 'verify'");
    stage.run("verify").unable("<FILE>...");
    stage.run("key new").unable("<NAME>");
}
