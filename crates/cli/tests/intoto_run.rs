//! `quorate in-toto run` and `mock`: what goes into a link, and how the command ends.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stage;

use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use quorate::envelope::Envelope;
use quorate::intoto::Link;
use quorate::key::PublicKey;
use quorate::limits::Limits;
use serde_json::Value;
use stage::Stage;

/// The first eight characters of alice's key id.
fn short(stage: &Stage) -> String {
    let key = PublicKey::from_file(&stage.read("alice.pub"), &Limits::STANDARD).unwrap();
    key.id()[..8].to_owned()
}

/// The link of a step that alice signed, read under her key.
fn link(stage: &Stage, step: &str) -> Link {
    let bytes = stage.read(&format!("{step}.{}.link", short(stage)));
    let key = PublicKey::from_file(&stage.read("alice.pub"), &Limits::STANDARD).unwrap();
    let envelope = Envelope::parse(&bytes, &Limits::STANDARD).unwrap();
    let opened = envelope.open(&[&key], &Limits::STANDARD).unwrap();
    Link::from_json(&opened.json(&Limits::STANDARD).unwrap()).unwrap()
}

fn byproducts(link: &Link) -> Value {
    serde_json::from_slice(&link.byproducts.to_text()).unwrap()
}

#[test]
fn materials_are_from_before_the_command_and_products_from_after() {
    let stage = Stage::keys();
    stage.write("a", "old");
    let ran = stage.run_with([
        "in-toto",
        "run",
        "-n",
        "edit",
        "--signing-key",
        "alice.key",
        "-m",
        "a",
        "-p",
        "a",
        "b",
        "--",
        "sh",
        "-c",
        "echo new > a; echo more > b; echo said",
    ]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "said\n"), "{ran:#?}");
    let link = link(&stage, "edit");
    assert_eq!(link.materials.len(), 1);
    assert_eq!(link.products.keys().collect::<Vec<_>>(), ["a", "b"]);
    assert_ne!(link.materials["a"], link.products["a"]);
    assert_eq!(link.command[0], "sh");
    assert_eq!(
        byproducts(&link),
        serde_json::json!({"return-value": 0, "stdout": "", "stderr": ""})
    );
}

#[test]
fn a_command_that_fails_gets_its_link_and_its_code_is_ours() {
    let stage = Stage::keys();
    let code = |command: &str| {
        let arguments = [
            "in-toto",
            "run",
            "-n",
            "s",
            "--signing-key",
            "alice.key",
            "--",
            "sh",
            "-c",
            command,
        ];
        stage.run_with(arguments).code
    };
    assert_eq!(code("exit 7"), 7);
    assert_eq!(byproducts(&link(&stage, "s"))["return-value"], 7);
    assert_eq!(code("kill -9 $$"), 247);
    assert_eq!(byproducts(&link(&stage, "s"))["return-value"], -9);
}

#[test]
fn a_command_that_is_not_there_leaves_no_link() {
    let stage = Stage::keys();
    let before = stage.names();
    let ran = stage.run("in-toto run -n s --signing-key alice.key -- no-such-program");
    ran.refused("no-such-program");
    assert_eq!(stage.names(), before);
}

#[test]
fn streams_are_kept_and_passed_on_and_bytes_that_are_no_text_are_said() {
    let stage = Stage::keys();
    let command = r"printf 'out\n'; printf 'err\377\n' >&2";
    let mut program = stage.program();
    program.args([
        "in-toto",
        "run",
        "-s",
        "-n",
        "s",
        "--signing-key",
        "alice.key",
        "--",
        "sh",
        "-c",
        command,
    ]);
    let output = program.output().unwrap();
    assert_eq!(output.stdout, b"out\n");
    assert!(output.stderr.starts_with(b"err\xff\n"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("not UTF-8"), "{said}");
    let expected = serde_json::json!({"return-value": 0, "stdout": "out\n", "stderr": "err\u{fffd}\n", "stderr-replaced": true});
    assert_eq!(byproducts(&link(&stage, "s")), expected);
}

#[test]
fn a_command_that_writes_without_end_does_not_fill_the_memory() {
    let stage = Stage::keys();
    let ran = stage.run("in-toto run -s -n s --signing-key alice.key -- head -c 3000000 /dev/zero");
    assert_eq!((ran.code, ran.stdout.len()), (0, 3_000_000));
    let byproducts = byproducts(&link(&stage, "s"));
    assert_eq!(byproducts["stdout"].as_str().unwrap().len(), 1 << 20);
    assert_eq!(byproducts["stdout-omitted-bytes"], 3_000_000 - (1 << 20));
}

#[test]
fn a_time_limit_ends_the_command_and_all_that_it_started() {
    let stage = Stage::keys();
    let started = Instant::now();
    let arguments = [
        "in-toto",
        "run",
        "-s",
        "--run-timeout",
        "1",
        "-n",
        "s",
        "--signing-key",
        "alice.key",
    ];
    let command = ["--", "sh", "-c", "(sleep 600; touch late) & sleep 600"];
    let ran = stage.run_with(arguments.into_iter().chain(command));
    ran.refused("after the 1 seconds of --run-timeout");
    assert!(started.elapsed() < Duration::from_secs(60));
    assert!(!stage.names().iter().any(|name| name.ends_with(".link")));
}

#[test]
fn what_goes_on_in_the_background_is_not_waited_for() {
    let stage = Stage::keys();
    let started = Instant::now();
    let arguments = [
        "in-toto",
        "run",
        "-s",
        "-n",
        "s",
        "--signing-key",
        "alice.key",
        "--",
        "sh",
        "-c",
    ];
    let mut program = stage.program();
    // Its own output must not go to our pipes, or this test would wait for it instead.
    program.args(arguments).arg("sleep 30 & echo done");
    let (out, err) = (stage.path("out"), stage.path("err"));
    program.stdout(std::fs::File::create(out).unwrap());
    program.stderr(std::fs::File::create(err).unwrap());
    assert!(program.status().unwrap().success());
    assert!(started.elapsed() < Duration::from_secs(25));
    assert_eq!(stage.read("out"), b"done\n");
}

#[test]
fn a_step_without_a_command_is_signed_off() {
    let stage = Stage::keys();
    stage.write("document", "text");
    stage.ok("in-toto run --name review --signing-key alice.key -m document -x");
    let link = link(&stage, "review");
    assert!(link.command.is_empty());
    assert_eq!(byproducts(&link), serde_json::json!({}));
    stage
        .run("in-toto run -n review --signing-key alice.key")
        .unable("COMMAND");
    stage
        .run("in-toto run -n review -x")
        .unable("--signing-key");
    stage
        .run("in-toto run -n r -x --signing-key a --gpg")
        .unable("cannot be used with");
}

#[test]
fn a_step_that_is_no_plain_name_is_refused() {
    let stage = Stage::keys();
    for name in ["../x", "a/b", ".x", "", "a..b", "ä"] {
        let ran = stage.run_with([
            "in-toto",
            "run",
            "-x",
            "--signing-key",
            "alice.key",
            "-n",
            name,
        ]);
        ran.refused("cannot be a step's name");
    }
}

#[test]
fn what_matches_nothing_is_warned_of() {
    let stage = Stage::keys();
    stage.write("a", "");
    symlink("nowhere", stage.path("broken")).unwrap();
    let ran = stage.run(
        "in-toto run -n s -x --signing-key alice.key -m gone broken a --exclude *.o --lstrip-paths src/",
    );
    assert_eq!(ran.code, 0, "{ran:#?}");
    for said in [
        "\"gone\": nothing there",
        "\"broken\": a symbolic link that leads nowhere",
        "the exclude pattern \"*.o\" matched nothing",
        "the prefix \"src/\"",
    ] {
        assert!(ran.stderr.contains(said), "{said} is not in {}", ran.stderr);
    }
    let quiet = stage.run("in-toto run -q -n s -x --signing-key alice.key -m gone");
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""));
}

#[test]
fn json_is_alone_on_stdout() {
    let stage = Stage::keys();
    let ran =
        stage.run("in-toto run --json -n s --signing-key alice.key -m alice.pub -- echo said");
    assert!(ran.stderr.starts_with("said\n"), "{ran:#?}");
    let value: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(value["format"], "quorate-in-toto/1");
    assert_eq!(value["path"], format!("s.{}.link", short(&stage)));
    assert_eq!(
        (&value["materials"], &value["products"]),
        (&1.into(), &0.into())
    );
    assert_eq!(value["returnValue"], 0);
}

#[test]
fn a_folder_for_links_must_be_there_before_the_command_runs() {
    let stage = Stage::keys();
    let ran = stage.run("in-toto run -n s -d gone --signing-key alice.key -- touch ran");
    ran.refused("--metadata-directory gone");
    assert!(!stage.exists("ran"));
    std::fs::create_dir(stage.path("links")).unwrap();
    stage.ok("in-toto run -n s -d links --signing-key alice.key -- touch ran");
    assert!(stage.exists(&format!("links/s.{}.link", short(&stage))));
}

#[test]
fn an_encrypted_key_needs_its_passphrase() {
    let stage = Stage::keys();
    let openssl = [
        "pkcs8",
        "-topk8",
        "-in",
        "alice.key",
        "-out",
        "safe.key",
        "-passout",
        "pass:secret",
    ];
    stage.shell("openssl", &openssl);
    stage
        .run("in-toto run -n s -x --signing-key safe.key")
        .refused("the key is encrypted");
    stage
        .run("in-toto run -n s -x --signing-key safe.key -P wrong")
        .refused("passphrase");
    stage.ok("in-toto run -n s -x --signing-key safe.key -P secret");
    assert_eq!(link(&stage, "s").name, "s");
}

#[test]
fn mock_writes_an_unsigned_link_of_everything_here_and_sign_signs_it() {
    let stage = Stage::keys();
    stage.ok("in-toto mock -n build -- sh -c false");
    let text: Value = serde_json::from_slice(&stage.read("build.link")).unwrap();
    assert_eq!(text["signatures"], serde_json::json!([]));
    stage.ok("in-toto sign -f build.link -k alice.key");
    let link = link(&stage, "build");
    assert!(link.materials.contains_key("alice.pub"));
    assert_eq!(byproducts(&link)["return-value"], 1);
}

#[test]
fn the_program_is_each_command_by_its_name() {
    let stage = Stage::keys();
    std::fs::create_dir(stage.path("bin")).unwrap();
    stage.ok("in-toto links bin");
    stage.ok("in-toto links bin");
    let run = stage.path("bin/in-toto-run");
    let run = run.to_str().unwrap();
    stage.shell(
        run,
        &[
            "--step-n",
            "s",
            "--signing-key",
            "alice.key",
            "-m",
            "alice.pub",
            "-x",
        ],
    );
    assert_eq!(link(&stage, "s").materials.len(), 1);
    stage.shell(
        stage.path("bin/in-toto-verify").to_str().unwrap(),
        &["--help"],
    );
    stage.write("bin/in-toto-x", "");
    stage.write("taken", "");
    stage.run("in-toto links taken").unable("taken");
}
