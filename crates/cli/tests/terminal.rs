//! What people see: the answer on stdout, the talk on stderr, and nothing that a stranger's file name could do to a terminal.

mod stage;

use std::fs::{self, File};
use std::process::Stdio;

use quorate_testkit::scenario::{Party, Sample};
use stage::{DEB, Ran, Stage, VERIFY};

/// A terminal of the smallest common size.
const COLUMNS: usize = 80;
const ROWS: usize = 24;

#[test]
fn a_yes_has_one_line_for_each_question() {
    let stage = Stage::quorate();
    assert_eq!(
        stage.ok(VERIFY),
        "\
catdoc_0.95-6~deb12u1_amd64.deb: QUORATE
  1 policy   yes       policy demo version 1, signed by 1 of 1 trusted owners, in force until 2999-01-01T00:00:00Z
  2 source   yes       catdoc 1:0.95-6~deb12u1 from a signed index, files 4141f236fca76103…, equal for alice, bob
  3 rebuilt  yes       2 of 3 parties got the same bytes (2 needed): alice, bob
                       nothing said of this result by carol
  4 bytes    yes       bit for bit the catdoc_0.95-6~deb12u1_amd64.deb of alice, bob: sha256 2f7bc79253fd12718a623bcfc46c00d2e328cd4ec0f211ed74979c91e8c4679f
  5 after    not asked
  6 public   not asked
"
    );
}

#[test]
fn a_no_says_why_and_ends_in_what_to_do() {
    let stage = Stage::of(2);
    stage.says("alice", &Sample::catdoc());
    stage.says("carol", &Sample::catdoc().bytes("other bytes"));
    assert_eq!(
        stage.run(VERIFY).stdout,
        "\
catdoc_0.95-6~deb12u1_amd64.deb: REFUSED
  1 policy   yes       policy demo version 1, signed by 1 of 1 trusted owners, in force until 2999-01-01T00:00:00Z
  2 source   no        1 of 2 needed parties state one source for this result
  3 rebuilt  no        only 1 of 3 parties got the same bytes (2 needed): alice
                       carol got other bytes from the same source: sha256 a3ead5eedad5df82…
                       nothing said of this result by bob
  4 bytes    no        no product is confirmed; the file is the catdoc_0.95-6~deb12u1_amd64.deb of alice alone
  5 after    not asked
  6 public   not asked
  → gather more evidence, or wait until more parties have rebuilt
"
    );
}

#[test]
fn a_policy_that_is_not_in_force_leaves_nothing_else_to_say() {
    let stage = Stage::quorate();
    let ran = stage.run(&VERIFY.replace(" -- ", " --at 3000-01-01T00:00:00Z -- "));
    assert_eq!(
        ran.stdout,
        "\
catdoc_0.95-6~deb12u1_amd64.deb: REFUSED
  1 policy   no        the policy is not in force: it expired at 2999-01-01T00:00:00Z, and the time is 3000-01-01T00:00:00Z
  2 source   no        not judged: no policy in force says who may speak
  3 rebuilt  no        not judged: no policy in force says who may speak
  4 bytes    no        not judged: no policy in force says who may speak
  5 after    not asked
  6 public   not asked
  → get the current policy from its owners; never go on with one that is refused
"
    );
}

#[test]
fn a_verdict_fits_a_small_terminal() {
    let no = Stage::of(2);
    no.says("alice", &Sample::catdoc());
    no.says("bob", &Sample::catdoc().bytes("other bytes"));
    for stage in [Stage::quorate(), no, Stage::of(3)] {
        let said = stage.run(VERIFY).stdout;
        let rows = |line: &str| line.chars().count().div_ceil(COLUMNS).max(1);
        assert!(said.lines().map(rows).sum::<usize>() <= ROWS, "{said}");
        for question in ["policy", "source", "rebuilt", "bytes", "after", "public"] {
            let is_its = |line: &&str| line.get(4..).is_some_and(|rest| rest.starts_with(question));
            assert_eq!(said.lines().filter(is_its).count(), 1, "{question}: {said}");
        }
    }
}

#[test]
fn a_terminal_gets_colours_unless_they_are_not_wanted() {
    let stage = Stage::quorate();
    let on_terminal = |environment: &str| {
        let program = env!("CARGO_BIN_EXE_quorate");
        let command = format!("env -u NO_COLOR TERM=xterm {environment} '{program}' {VERIFY}");
        stage.shell(
            "script",
            &["--quiet", "--return", "--command", &command, "/dev/null"],
        )
    };
    assert!(on_terminal("").contains("\u{1b}[32mQUORATE\u{1b}[0m"));
    assert!(
        on_terminal("NO_COLOR=").contains('\u{1b}'),
        "empty means unset"
    );
    for unwanted in ["NO_COLOR=1", "TERM=dumb"] {
        let said = on_terminal(unwanted);
        assert!(
            said.contains(": QUORATE") && !said.contains('\u{1b}'),
            "{said:?}"
        );
    }
}

#[test]
fn what_is_no_terminal_gets_no_escapes() {
    let stage = Stage::quorate();
    for words in [
        VERIFY,
        "--help",
        "verify --help",
        "key show alice.pub",
        "verify",
    ] {
        let ran = stage.run(words);
        assert!(
            !format!("{}{}", ran.stdout, ran.stderr).contains('\u{1b}'),
            "{ran:#?}"
        );
    }
}

#[test]
fn names_among_the_evidence_cannot_act_on_a_terminal() {
    let stage = Stage::quorate();
    for name in [
        "\u{1b}[2J\u{7}.log",
        "\u{9b}31m.json",
        "\u{202e}cod\nnot counted: x.json",
    ] {
        let json = name.contains("json");
        stage.write(
            &format!("evidence/{name}"),
            if json { "{\"a\": " } else { "junk" },
        );
    }
    let ran = stage.run(VERIFY);
    assert_eq!(ran.code, 0, "{ran:#?}");
    let acts =
        |character: char| character != '\n' && (character.is_control() || character == '\u{202e}');
    assert!(!ran.stderr.contains(acts), "{:?}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 3, "{}", ran.stderr);
    let json = stage
        .run(&VERIFY.replace("verify ", "verify --json "))
        .stdout;
    assert!(!json.trim_end().contains(acts), "{json:?}");
    assert!(
        json.contains("evidence/\\u009b31m.json"),
        "the names are whole: {json}"
    );
}

#[test]
fn a_name_with_a_line_break_cannot_forge_an_answer() {
    let stage = Stage::of(2);
    let name = "x.deb\nother.deb: QUORATE\n  1 policy   yes";
    fs::rename(stage.path(DEB), stage.path(name)).unwrap();
    let words = VERIFY
        .split_whitespace()
        .map(|word| if word == DEB { name } else { word });
    let ran = stage.run_with(words);
    ran.refused("REFUSED");
    assert!(
        !ran.stdout.lines().any(|line| line.starts_with("other.deb")),
        "{}",
        ran.stdout
    );
    assert_eq!(
        ran.stdout
            .lines()
            .filter(|line| line.starts_with("  1 policy"))
            .count(),
        1
    );
    fs::remove_file(stage.path(name)).unwrap();
    let ran = stage.run_with(["verify", name, "--proof", name, "--owner", "owner.pub"]);
    ran.unable("No such file");
    assert!(
        !ran.stderr.lines().any(|line| line.starts_with("other.deb")),
        "{}",
        ran.stderr
    );
}

#[test]
fn many_broken_documents_are_counted_rather_than_listed() {
    let stage = Stage::quorate();
    for number in 0..9 {
        stage.write(&format!("evidence/{number}.json"), "{}");
    }
    let ran = stage.run(VERIFY);
    assert_eq!(ran.stderr.lines().count(), 6, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("not counted: 4 more documents; see --json")
    );
}

#[test]
fn many_dissenters_do_not_push_the_answer_off_the_screen() {
    let more: Vec<_> = (0..9)
        .map(|number| Party::new(&format!("more{number}")))
        .collect();
    let stage = Stage::keys();
    for party in &more {
        stage.key(&party.name, &party.keys[0]);
    }
    stage.policy(2, |text| {
        let table = |party: &Party| {
            format!(
                "[[party]]\nname = \"{0}\"\nkeys = [\"{0}.pub\"]\n",
                party.name
            )
        };
        text + &more.iter().map(table).collect::<String>()
    });
    stage.ok("policy compile policy.toml");
    stage.ok("policy sign demo.layout --key owner.key");
    stage.write(DEB, Sample::catdoc().artifact());
    for name in ["alice", "bob"] {
        stage.says(name, &Sample::catdoc());
    }
    for party in &more {
        stage.says(&party.name, &Sample::catdoc().bytes("other bytes"));
    }
    let said = stage.ok(VERIFY);
    assert!(said.lines().count() <= ROWS, "{said}");
    assert_eq!(said.matches("got other bytes").count(), 4, "{said}");
    assert!(said.contains("and 6 more: see --json"), "{said}");
}

#[test]
fn an_answer_that_cannot_be_written_is_no_success() {
    let stage = Stage::quorate();
    for words in [VERIFY, "key show alice.pub --public", "completions bash"] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut program = stage.program();
        let ran = Ran::of(
            program
                .args(words.split_whitespace())
                .stdout(full)
                .output()
                .unwrap(),
        );
        ran.unable("could not write the answer to stdout");
    }
}

#[test]
fn a_reader_that_went_away_does_not_change_the_verdict() {
    let stage = Stage::quorate();
    let mut program = stage.program();
    let mut child = program
        .args(VERIFY.split_whitespace())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn talk_that_nobody_can_hear_does_not_change_the_verdict() {
    let stage = Stage::quorate();
    stage.write("evidence/junk", "junk");
    for (owner, code) in [("owner.pub", 0), ("alice.pub", 1), ("missing.pub", 2)] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let words = VERIFY.replace("owner.pub", owner);
        let mut program = stage.program();
        let output = program
            .args(words.split_whitespace())
            .stderr(full)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(code), "{owner}");
    }
}

#[test]
fn a_file_name_that_imitates_a_verdict_stays_a_file_name() {
    let stage = Stage::quorate();
    let name = "gone\nx.deb: QUORATE\n  1 policy   yes";
    let words = VERIFY.split(' ').chain([name]);
    let ran = stage.run_with(words);
    assert_eq!(ran.code, 2, "{ran:#?}");
    let imitation = |line: &str| line.starts_with("x.deb") || line.starts_with("  1 policy");
    assert!(!ran.stderr.lines().any(imitation), "{ran:#?}");
    let ran = stage.run_with(["verify", DEB, "--at", "\u{1b}[2J2026"]);
    assert_eq!(ran.code, 2, "{ran:#?}");
    assert!(!ran.stderr.contains('\u{1b}'), "{ran:#?}");
}

#[test]
fn a_name_without_end_is_cut() {
    let stage = Stage::quorate();
    let header = format!("{{\"_type\":\"{}\",\"evidence\":0}}\n", "x".repeat(1 << 20));
    stage.write("demo.proof", header);
    let ran = stage.run(&format!(
        "verify {DEB} --proof demo.proof --owner owner.pub"
    ));
    ran.refused("demo.proof");
    assert!(ran.stderr.len() < 20_000, "{}", ran.stderr.len());
}
