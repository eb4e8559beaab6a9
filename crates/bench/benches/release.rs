//! A signed tag and its whole tree, read and hashed again, beside hashing the same bytes without git; and an archive, member by member.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints, and ends when something fails"
)]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use quorate::digest::Sha256Stream;
use quorate::source::git::{ObjectFormat, ObjectHasher, ObjectKind};
use quorate_bench::{Series, memory_peak_of, program, run, time};

/// Runs of each, taken in turn.
const RUNS: usize = 5;
const FILES: usize = 10_000;
/// As large as the source files of large projects are in the mean.
const FILE_BYTES: usize = 10_000;
const GOAL_PERCENT: f64 = 90.0;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let repository = folder.path().join("project");
    let contents: Vec<Vec<u8>> = (0..FILES).map(content).collect();
    make(&repository, &contents);
    println!("a signed tag with {FILES} files of {FILE_BYTES} bytes");
    let quorate = program("quorate").unwrap();
    let (mut ours, mut limit) = (Series::default(), Series::default());
    for _ in 0..RUNS {
        let mut command = Command::new(&quorate);
        command.current_dir(folder.path());
        command.args(["source", "verify", "project", "--tag", "v1.0", "--signers"]);
        let ended = run(command.arg("allowed_signers")).unwrap();
        assert!(ended.status.success(), "{}", ended.status);
        ours.push(ended.cost);
        limit.push(time(|| hash(&contents)).1);
    }
    let (ours, limit) = (ours.median(), limit.median());
    println!("  SHA-1 with collision detection and SHA-256, in memory  {limit}");
    println!("  quorate source verify, whole program                   {ours}");
    let percent = limit.wall.as_secs_f64() / ours.wall.as_secs_f64() * 100.0;
    println!("  {percent:.0} % of hashing by the wall (goal {GOAL_PERCENT} %)");
    members(folder.path(), &quorate);
}

/// Every file is another one, and like source text it packs about 4 to 1.
fn content(number: usize) -> Vec<u8> {
    let line = |at: usize| format!("static int value_{}_{number} = {};\n", at * 7, at * number);
    let text: String = (0..FILE_BYTES / 20).map(line).collect();
    text.into_bytes().into_iter().take(FILE_BYTES).collect()
}

fn make(repository: &Path, contents: &[Vec<u8>]) {
    fs::create_dir(repository).unwrap();
    for (number, content) in contents.iter().enumerate() {
        let folder = repository.join(format!("d{}", number % 100));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("f{number}.c")), content).unwrap();
    }
    let key = repository.with_file_name("maria");
    let call = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.current_dir(repository).envs([
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            // git would pack in the background otherwise, beside the measurement.
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "gc.auto"),
            ("GIT_CONFIG_VALUE_0", "0"),
            ("GIT_AUTHOR_NAME", "Maria"),
            ("GIT_AUTHOR_EMAIL", "maria@example.org"),
            ("GIT_COMMITTER_NAME", "Maria"),
            ("GIT_COMMITTER_EMAIL", "maria@example.org"),
        ]);
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{program} {arguments:?}");
    };
    let path = key.to_str().unwrap();
    call("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", path]);
    call("git", &["init", "-q", "-b", "main", "."]);
    call("git", &["add", "-A"]);
    call("git", &["commit", "-q", "-m", "all"]);
    call("git", &["gc", "-q"]);
    let signing = format!("user.signingkey={path}");
    let tag = [
        "-c",
        "gpg.format=ssh",
        "-c",
        &signing,
        "tag",
        "-s",
        "v1.0",
        "-m",
        "v1.0",
    ];
    call("git", &tag);
    let public = fs::read_to_string(key.with_extension("pub")).unwrap();
    let allowed = format!("maria@example.org {public}");
    fs::write(repository.with_file_name("allowed_signers"), allowed).unwrap();
}

/// What cannot be left out: every blob's id and its SHA-256.
fn hash(contents: &[Vec<u8>]) {
    for content in contents {
        let size = content.len() as u64;
        let mut id = ObjectHasher::new(ObjectFormat::Sha1, ObjectKind::Blob, size);
        let mut sha256 = Sha256Stream::default();
        id.update(content);
        sha256.update(content);
        id.finish().unwrap();
        std::hint::black_box(sha256.finish());
    }
}

/// A policy that compares archives member by member. No evidence is given: the answer is no, after all members were read.
fn member_policy(folder: &Path, quorate: &Path) {
    let call = |arguments: &str| {
        let mut command = Command::new(quorate);
        command.current_dir(folder);
        let output = command.args(arguments.split(' ')).output().unwrap();
        assert!(output.status.success(), "{arguments}");
        String::from_utf8(output.stdout).unwrap()
    };
    for name in ["owner", "party"] {
        call(&format!("key new {name}"));
    }
    let text = call(
        "policy new members --owner owner.pub --party party=party.pub --threshold 1 --expires 2999-01-01T00:00:00Z",
    );
    let delivered = "\n[delivered]\ncompare = \"members\"\nformat = \"tar.gz\"\n\
                     [[delivered.member]]\npattern = \"*\"\nfrom = \"rebuild\"\n";
    fs::write(folder.join("policy.toml"), text + delivered).unwrap();
    fs::create_dir(folder.join("evidence")).unwrap();
    call("policy compile policy.toml");
    call("policy sign members.layout --key owner.key");
}

/// The peak memory of reading archives of 10 and of 100 MB member by member.
fn members(folder: &Path, quorate: &Path) {
    member_policy(folder, quorate);
    for megabytes in [10, 100] {
        let tree = folder.join(format!("tree{megabytes}"));
        fs::create_dir(&tree).unwrap();
        for number in 0..megabytes {
            let mut file = fs::File::create(tree.join(format!("f{number}"))).unwrap();
            for part in 0..100 {
                file.write_all(&content(number * 100 + part)).unwrap();
            }
        }
        let archive = folder.join(format!("a{megabytes}.tar.gz"));
        let mut tar = Command::new("tar");
        tar.current_dir(folder).arg("-czf").arg(&archive);
        tar.arg(tree.file_name().unwrap());
        assert!(tar.output().unwrap().status.success());
        let mut command = Command::new(quorate);
        command.current_dir(folder).arg("verify").arg(&archive);
        command.args([
            "--policy",
            "members.layout",
            "--evidence",
            "evidence",
            "--owner",
            "owner.pub",
        ]);
        let memory = memory_peak_of(&mut command).unwrap();
        println!(
            "  peak memory on an archive of {megabytes:>3} MB: {:.1} MiB",
            memory as f64 / f64::from(1 << 20)
        );
    }
}
