//! The example `hello` from its signed tag to its users, in a build root that is made of this host's compiler.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod lab;

use std::path::{Path, PathBuf};
use std::process::Command;

use lab::repository::root_with;
use lab::{Lab, PROGRAM, succeed};

/// What builds a C program. All of it is there where this test was compiled.
const PACKAGES: [&str; 10] = [
    "gcc",
    "gcc-12",
    "cpp-12",
    "libgcc-12-dev",
    "libgcc-s1",
    "binutils",
    "binutils-x86-64-linux-gnu",
    "libc6-dev",
    "linux-libc-dev",
    "make",
];

/// Files of these packages that a build of one program has no use for.
const UNUSED: [&str; 3] = [
    "/usr/share/",
    "/usr/bin/x86_64-linux-gnu-lto",
    "/usr/lib/gcc/x86_64-linux-gnu/12/lto",
];

fn compiler() -> Vec<PathBuf> {
    let listed = succeed(Command::new("dpkg").arg("--listfiles").args(PACKAGES)).stdout;
    let listed = String::from_utf8(listed).unwrap();
    let used = listed
        .lines()
        .filter(|line| line.starts_with('/') && !UNUSED.iter().any(|stem| line.starts_with(stem)));
    used.map(PathBuf::from)
        .filter(|path| path.symlink_metadata().is_ok() && !path.is_dir())
        .collect()
}

#[test]
fn a_release_goes_from_its_signed_tag_to_its_users_and_every_cheat_on_the_way_is_refused() {
    let lab = Lab::new();
    let root = root_with(&compiler(), &["cc", "install", "make"]);
    // The tests of the whole workspace are built with all of its programs.
    let quorate = Path::new(PROGRAM).with_file_name("quorate");
    assert!(
        quorate.exists(),
        "cargo build --workspace --bins, then this test"
    );
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/hello/run");
    let mut run = Command::new(script);
    run.arg(quorate).arg(lab.path("hello"));
    run.env("ROOT", root);
    run.env(
        "REBUILD",
        format!("--cache {}", lab.path("cache").display()),
    );
    let said = String::from_utf8(succeed(&mut run).stdout).unwrap();
    assert!(
        said.contains("done: one release proved, five cheats refused"),
        "{said}"
    );
    // Every question that the policy asks was answered yes, for the signed package and the tarball.
    for name in ["hello_1.0_amd64.deb", "hello-1.0.tar.gz"] {
        let (_, verdict) = said.split_once(&format!("\n{name}: QUORATE\n")).unwrap();
        for question in [
            "1 policy   yes",
            "2 source   yes",
            "3 rebuilt  yes",
            "4 bytes    yes",
            "5 after    yes",
        ] {
            assert!(verdict.contains(question), "{name}: {question}");
        }
    }
}
