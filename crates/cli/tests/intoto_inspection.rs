//! Inspections that try what they must not be able to do. The layouts' owner is trusted to name them, and not with the verifier's machine.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stage;

use std::fs;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::Instant;

use stage::{Ran, Stage};

/// A stage with a signed layout of no steps and one inspection, `sh -c SCRIPT`, and a delivered file.
fn inspected(script: &str) -> Stage {
    let stage = Stage::empty();
    stage.ok("key new owner");
    stage.ok("layout new root.layout --expires-in 30d");
    let run = format!("sh -c '{script}'");
    let added = stage.run_with([
        "layout",
        "add-inspection",
        "root.layout",
        "look",
        "--run",
        &run,
    ]);
    assert_eq!(added.code, 0, "{added:#?}");
    stage.ok("in-toto sign -f root.layout -k owner.key");
    stage.write("delivered", "as it came");
    stage
}

fn verify(stage: &Stage, options: &str) -> Ran {
    stage.run(&format!(
        "in-toto verify --layout root.layout --verification-keys owner.pub {options}"
    ))
}

#[test]
fn an_inspection_that_only_looks_is_accepted() {
    let stage = inspected("grep -q came delivered");
    let ran = verify(&stage, "");
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(
        ran.stderr.contains("in a sandbox without network"),
        "{ran:#?}"
    );
}

#[test]
fn an_inspection_that_fails_is_refused_with_what_it_returned() {
    let stage = inspected("exit 3");
    let ran = verify(&stage, "");
    ran.refused("returned 3, not 0");
}

#[test]
fn without_a_sandbox_an_inspection_is_refused_and_not_run() {
    let stage = inspected("touch ran");
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    let words = "in-toto verify --layout root.layout --verification-keys owner.pub";
    command.args(words.split(' ')).current_dir(stage.path(""));
    // A search path without bubblewrap.
    let ran = Ran::of(command.env("PATH", stage.path("")).output().unwrap());
    ran.refused("no sandbox: bwrap");
    ran.refused("install bubblewrap");
}

#[test]
fn an_inspection_has_no_network_unless_the_user_gives_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connect = format!(
        "python3 -c \"import socket; socket.create_connection((\\\"127.0.0.1\\\", {port}), 5)\""
    );
    let stage = inspected(&connect);
    assert_eq!(verify(&stage, "").code, 1);
    let with = verify(&stage, "--inspection-network");
    assert_eq!(with.code, 0, "{with:#?}");
}

#[test]
fn an_inspection_sees_neither_the_home_nor_the_sockets_of_the_host() {
    let sockets = tempfile::Builder::new()
        .tempdir_in("/run")
        .or_else(|_| tempfile::tempdir())
        .unwrap();
    let socket = sockets.path().join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    let home = tempfile::tempdir_in(std::env::home_dir().unwrap()).unwrap();
    fs::write(home.path().join("secret"), "a key").unwrap();
    for path in [socket, home.path().join("secret")] {
        let script = format!("test -e {}", path.display());
        let ran = verify(&inspected(&script), "");
        assert_eq!(ran.code, 1, "{ran:#?}");
        assert!(ran.stderr.contains("returned 1"), "{ran:#?}");
        let open = verify(&inspected(&script), "--dangerous-no-sandbox");
        assert_eq!(open.code, 0, "it is there: {open:#?}");
    }
}

#[test]
fn an_inspection_changes_nothing_but_its_copy() {
    let outside = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let target = outside.path().join("written");
    let script = format!(
        "echo changed > delivered; touch new; echo x > {} || true",
        target.display()
    );
    let stage = inspected(&script);
    for _ in 0..2 {
        let ran = verify(&stage, "");
        assert_eq!(ran.code, 0, "{ran:#?}");
    }
    assert_eq!(
        fs::read_to_string(stage.path("delivered")).unwrap(),
        "as it came"
    );
    assert!(!stage.path("new").exists() && !stage.path("look.link").exists());
    assert!(!target.exists());
}

#[test]
fn an_inspection_that_does_not_end_is_ended_with_all_that_it_started() {
    let marker = format!("{}", 86_000 + std::process::id() % 1_000);
    let stage = inspected(&format!("sleep {marker} & sleep {marker}"));
    for options in ["", "--dangerous-no-sandbox"] {
        let started = Instant::now();
        let ran = verify(&stage, &format!("--inspection-timeout 1 {options}"));
        assert_eq!(ran.code, 1, "{ran:#?}");
        assert!(
            ran.stderr.contains("--inspection-timeout gives it more"),
            "{ran:#?}"
        );
        assert!(started.elapsed().as_secs() < 60);
        assert_eq!(left(&marker), 0, "{options}");
    }
}

/// How many processes still sleep for the marker's time, once those that were just ended are gone.
fn left(marker: &str) -> usize {
    let running = || {
        let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
        processes
            .filter(|entry| {
                let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
                line == format!("sleep\0{marker}\0").as_bytes()
            })
            .count()
    };
    let waited = Instant::now();
    while running() > 0 && waited.elapsed().as_secs() < 10 {
        std::thread::yield_now();
    }
    running()
}

#[test]
fn a_layout_with_an_inspection_is_refused_or_matched_without_a_command_as_the_user_says() {
    let stage = inspected("exit 3");
    assert_eq!(verify(&stage, "").code, 1);
    let refused = verify(&stage, "--inspections refuse");
    assert_eq!(refused.code, 1);
    let matched = verify(&stage, "--inspections match");
    assert_eq!(matched.code, 0, "{matched:#?}");
    assert!(matched.stderr.contains("is not run"), "{matched:#?}");
}
