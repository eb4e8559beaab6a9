//! `quorate diff`: exit codes, outputs, memory.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stage;

use std::fs;
use std::process::Command;

use stage::Stage;

fn two(a: &str, b: &str) -> Stage {
    let stage = Stage::empty();
    stage.write("a", a);
    stage.write("b", b);
    stage
}

#[test]
fn equal_files_end_with_0_and_different_ones_with_1() {
    let stage = two("same\n", "same\n");
    let ran = stage.run("diff a b");
    assert_eq!(ran.code, 0);
    assert!(
        ran.stdout.ends_with("\nEQUAL: every byte\n"),
        "{}",
        ran.stdout
    );
    stage.write("b", "else\n");
    let ran = stage.run("diff a b");
    assert_eq!(ran.code, 1);
    assert!(
        ran.stdout
            .contains("\nDIFFERENT in 3 bytes, the first at 0\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn what_cannot_be_compared_ends_with_2() {
    let stage = two("one", "two");
    fs::create_dir(stage.path("folder")).unwrap();
    let made = Command::new("mkfifo")
        .arg(stage.path("pipe"))
        .status()
        .unwrap();
    assert!(made.success());
    for other in ["missing", "folder", "pipe"] {
        let ran = stage.run(&format!("diff a {other}"));
        assert_eq!(ran.code, 2, "{other}");
        assert!(ran.stdout.is_empty());
    }
    stage
        .run("diff folder folder")
        .unable("hint: make an archive of each in the same way");
}

#[test]
fn json_has_its_format_and_its_causes() {
    let stage = two("built 2024-01-31\n", "built 2024-02-01\n");
    let ran = stage.run("diff a b --json");
    assert_eq!(ran.code, 1);
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(value["format"], "quorate-diff/1");
    assert_eq!(value["equal"], false);
    assert_eq!(value["a"]["name"], "a");
    assert_eq!(value["difference"]["first"]["offset"], 12);
    assert_eq!(
        value["difference"]["text"]["hunks"][0]["lines"][0],
        "-built 2024-01-31"
    );
    assert_eq!(value["causes"][0]["kind"], "timestamps");
    assert_eq!(value["causes"][0]["confidence"], "likely");
    let ran = stage.run("diff a a --json");
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&value["equal"], &value["difference"]),
        (&true.into(), &serde_json::Value::Null)
    );
}

#[test]
fn html_is_written_beside_the_answer_and_never_through_a_link() {
    let stage = two("one", "two");
    let ran = stage.run("diff a b --html why.html");
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("DIFFERENT"));
    let page = String::from_utf8(stage.read("why.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</body></html>\n"));
    stage.write("precious", "precious");
    std::os::unix::fs::symlink("precious", stage.path("link.html")).unwrap();
    stage.run("diff a b --html link.html");
    assert_eq!(stage.read("precious"), b"precious");
}

#[test]
fn hostile_names_of_files_do_nothing_to_a_terminal() {
    let stage = Stage::empty();
    let name = "a\u{1b}[2J\nEQUAL: every byte\u{202e}";
    stage.write(name, "one");
    stage.write("b", "two");
    for more in [&[][..], &["--json"]] {
        let ran = stage.run_with(["diff", name, "b"].iter().chain(more));
        assert_eq!(ran.code, 1);
        let acts = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(
            !ran.stdout.contains(acts) && !ran.stdout.contains("\nEQUAL"),
            "{}",
            ran.stdout
        );
    }
}

#[test]
fn deep_without_diffoscope_is_a_hint_and_changes_no_exit_code() {
    let stage = two("one", "two");
    let ran = stage.run("diff a b --deep");
    assert_eq!(ran.code, 1);
    let is_installed =
        ["/usr/bin/diffoscope", "/usr/local/bin/diffoscope"].map(|path| fs::exists(path).unwrap());
    match is_installed.contains(&true) {
        true => assert!(ran.stdout.contains("diffoscope | ")),
        false => assert!(
            ran.stderr.contains("hint: diffoscope is not installed"),
            "{}",
            ran.stderr
        ),
    }
}

/// The peak of memory while two files of `size` bytes are compared that differ at their end, in KiB (proc(5), `VmHWM`).
fn peak_kib(size: usize) -> u64 {
    let stage = Stage::empty();
    let mut bytes = vec![b'.'; size];
    stage.write("a", &bytes);
    *bytes.last_mut().unwrap() = b'x';
    stage.write("b", &bytes);
    // The wrapper stays until it has asked for the peak of the program that it ran.
    let script = "import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
    let output = Command::new("python3")
        .args(["-c", script, env!("CARGO_BIN_EXE_quorate"), "diff"])
        .args([stage.path("a"), stage.path("b")])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let (code, peak) = said.trim().split_once(' ').unwrap();
    assert_eq!(code, "1", "{}", String::from_utf8_lossy(&output.stderr));
    peak.parse().unwrap()
}

#[test]
fn memory_does_not_grow_with_files_beyond_what_is_held() {
    const MIB: usize = 1 << 20;
    let (small, large) = (peak_kib(70 * MIB), peak_kib(100 * MIB));
    println!("two files of 100 MiB: {large} KiB");
    assert!(large < small + 4096, "{small} KiB and {large} KiB");
    assert!(large < 64 << 10, "{large} KiB");
}
