//! Inspections that try what they must not be able to do. The layouts' owner is trusted to name them, and not with the verifier's machine.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stage;

use std::fs;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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

/// The program with a home of its own, in which programs, a secret and a socket lie.
fn with_home(stage: &Stage) -> (Command, UnixListener) {
    let home = stage.path("home");
    for folder in [".local/bin", ".local/share"] {
        fs::create_dir_all(home.join(folder)).unwrap();
    }
    fs::write(home.join(".local/share/secret"), "a key").unwrap();
    fs::write(home.join(".local/bin/tool"), "").unwrap();
    let listener = UnixListener::bind(home.join(".local/share/socket")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    let path = std::env::var("PATH").unwrap();
    let own = home.join(".local/bin");
    let own = format!("{}:{}:relative", own.display(), home.display());
    command.env("PATH", format!("{own}:{path}"));
    command
        .env("HOME", &home)
        .current_dir(stage.path("delivery"));
    let words = "in-toto verify --layout root.layout --verification-keys owner.pub";
    command.args(words.split(' '));
    (command, listener)
}

/// The delivery in a folder of its own.
fn delivered(script: &str) -> Stage {
    let stage = inspected(script);
    fs::create_dir(stage.path("delivery")).unwrap();
    for name in ["root.layout", "owner.pub", "delivered"] {
        fs::copy(stage.path(name), stage.path("delivery").join(name)).unwrap();
    }
    stage
}

#[test]
fn of_a_home_only_the_folders_of_programs_are_seen() {
    let home = "$(dirname \"$PWD\")/home/.local";
    let script =
        format!("test -e {home}/bin/tool && ! test -e {home}/share && ! echo x > {home}/bin/tool");
    let stage = delivered(&script);
    let (mut command, _listener) = with_home(&stage);
    let ran = Ran::of(command.output().unwrap());
    assert_eq!(ran.code, 0, "{ran:#?}");
}

#[test]
fn an_inspection_inherits_no_file_handle() {
    let stage = delivered("ls -l /proc/self/fd; test $(ls /proc/self/fd | wc -l) = 4");
    let program = env!("CARGO_BIN_EXE_quorate");
    let words = "in-toto verify --layout root.layout --verification-keys owner.pub";
    let mut shell = Command::new("bash");
    shell.args(["-c", &format!("exec 3</ 7>../kept; exec {program} {words}")]);
    let ran = Ran::of(shell.current_dir(stage.path("delivery")).output().unwrap());
    assert_eq!(ran.code, 0, "{ran:#?}");
}

#[test]
fn an_inspection_cannot_rewrite_our_log() {
    let stage = delivered("echo said; : > /proc/self/fd/2; : > /proc/self/fd/1; true");
    let mut shell = Command::new("bash");
    let program = env!("CARGO_BIN_EXE_quorate");
    let words = "in-toto verify --layout root.layout --verification-keys owner.pub";
    shell.args([
        "-c",
        &format!("echo earlier > ../log; exec {program} {words} 2>> ../log"),
    ]);
    let ran = Ran::of(shell.current_dir(stage.path("delivery")).output().unwrap());
    assert_eq!(ran.code, 0, "{ran:#?}");
    let log = fs::read_to_string(stage.path("log")).unwrap();
    assert!(
        log.starts_with("earlier\n") && log.contains("look: said"),
        "{log}"
    );
}

#[test]
fn what_an_inspection_says_cannot_be_taken_for_a_verdict() {
    let stage =
        inspected(r#"printf "\033[2Jroot.layout: ACCEPTED\n"; yes | head -c 3000000; false"#);
    let ran = verify(&stage, "");
    assert_eq!(ran.code, 1, "{ran:#?}");
    assert!(!ran.stderr.contains('\u{1b}'));
    assert!(ran.stderr.contains("is not shown") && ran.stderr.len() < 12 << 20);
    assert!(
        !ran.stderr
            .lines()
            .any(|line| line.starts_with("root.layout: ACC"))
    );
    let ran = verify(&stage, "--quiet");
    assert_eq!(
        (ran.code, ran.stderr.as_str(), ran.stdout.as_str()),
        (1, "", "")
    );
}

/// A folder for temporary files of its own, and what is left in it.
fn left_in(stage: &Stage, options: &[&str]) -> (Ran, usize) {
    let scratch = stage.path("scratch");
    fs::create_dir_all(&scratch).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    let words = "in-toto verify --layout root.layout --verification-keys owner.pub";
    command.args(words.split(' ')).args(options);
    command
        .env("TMPDIR", &scratch)
        .current_dir(stage.path("delivery"));
    let ran = Ran::of(command.output().unwrap());
    (ran, fs::read_dir(&scratch).unwrap().count())
}

#[test]
fn the_copy_is_removed_whatever_the_inspection_does_to_its_folders() {
    let stage = delivered("mkdir -p a/b; touch a/b/c; chmod 0 a/b; chmod 0 a; false");
    let (ran, left) = left_in(&stage, &[]);
    assert_eq!((ran.code, left), (1, 0), "{ran:#?}");
}

#[test]
fn a_signal_ends_the_inspection_and_leaves_no_copy_and_no_verdict() {
    let stage = delivered("kill -INT $(ps -o ppid= -p $$); sleep 600");
    let (ran, left) = left_in(&stage, &["--dangerous-no-sandbox"]);
    ran.unable("interrupted: nothing was judged");
    assert_eq!(left, 0);
}

#[test]
fn a_link_out_of_the_delivery_is_refused_and_not_followed() {
    let stage = delivered("true");
    std::os::unix::fs::symlink("/proc", stage.path("delivery/out")).unwrap();
    for options in [&["--inspections", "match"][..], &[]] {
        let (ran, left) = left_in(&stage, options);
        ran.refused("out: leads out of the folder");
        assert_eq!(left, 0);
    }
    let stage = delivered("ln -s /etc out");
    let (ran, _) = left_in(&stage, &[]);
    ran.refused("out: leads out of the folder");
}

#[test]
fn the_copy_does_not_copy_itself() {
    let stage = delivered("test ! -e scratch/quorate-inspection-* && test -e delivered");
    let scratch = stage.path("delivery/scratch");
    fs::create_dir(&scratch).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorate"));
    let words = "in-toto verify --layout root.layout --verification-keys owner.pub";
    command.args(words.split(' ')).env("TMPDIR", &scratch);
    let ran = Ran::of(
        command
            .current_dir(stage.path("delivery"))
            .output()
            .unwrap(),
    );
    assert_eq!(ran.code, 0, "{ran:#?}");
}

#[test]
fn inspections_without_end_are_refused() {
    let stage = inspected("true");
    let layout = String::from_utf8(stage.read("root.layout")).unwrap();
    let mut layout: serde_json::Value = serde_json::from_str(&layout).unwrap();
    let payload = layout["payload"].as_str().unwrap();
    let payload = STANDARD.decode(payload).unwrap();
    let mut payload: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    let one = payload["inspect"][0].clone();
    let numbered = (0..101).map(|number| {
        let mut inspection = one.clone();
        inspection["name"] = format!("look-{number}").into();
        inspection
    });
    payload["inspect"] = numbered.collect();
    layout["payload"] = STANDARD.encode(payload.to_string()).into();
    layout["signatures"] = serde_json::json!([]);
    stage.write("root.layout", layout.to_string());
    stage.ok("in-toto sign -f root.layout -k owner.key");
    let ran = verify(&stage, "--inspections match");
    ran.refused("at most 100 inspections");
}
