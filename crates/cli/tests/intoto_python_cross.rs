//! Our commands beside the stock in-toto tools: the same tree recorded by both, and each reads what the other signed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stage;

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use quorate::envelope::replace_signatures;
use quorate::key::SigningKey;
use quorate::limits::Limits;
use serde_json::Value;
use stage::python::python_tools;
use stage::{Ran, Stage};

/// Everything that names and excludes can stumble over.
fn tricky() -> Stage {
    let stage = Stage::keys();
    for folder in [
        "t/src/deep/er",
        "t/.git",
        "t/empty",
        "t/build",
        "t/with space",
        "other",
    ] {
        fs::create_dir_all(stage.path(folder)).unwrap();
    }
    for (name, text) in [
        ("t/a", "a"),
        ("t/src/main.c", "int"),
        ("t/src/main.o", "\0"),
        ("t/src/deep/er/x.py", "x"),
        ("t/src/deep/er/x.pyc", "x"),
        ("t/src/deep/old~", "x"),
        ("t/s.12345678.link", "{}"),
        ("t/.git/HEAD", "ref"),
        ("t/.hidden", "h"),
        ("t/build/out", "o"),
        ("t/build/keep", "k"),
        ("t/with space/na me", "n"),
        ("t/ünï-☃", "u"),
        ("t/#hash", "h"),
        ("t/!bang", "b"),
        ("t/back\\slash", "b"),
        ("other/o", "o"),
    ] {
        stage.write(name, text);
    }
    symlink("src/main.c", stage.path("t/link-to-file")).unwrap();
    symlink("../other", stage.path("t/link-to-folder")).unwrap();
    symlink("nowhere", stage.path("t/broken")).unwrap();
    stage.shell("mkfifo", &["t/pipe"]);
    stage
}

fn python(stage: &Stage, tool: &str, arguments: &[&str]) -> Ran {
    let mut command = Command::new(python_tools().join("bin").join(tool));
    command.args(arguments).current_dir(stage.path(""));
    Ran::of(command.output().unwrap())
}

/// The materials of the metablock in that folder.
fn materials(stage: &Stage, folder: &str) -> Value {
    let entries = fs::read_dir(stage.path(folder)).unwrap();
    let paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    let [path] = paths.try_into().unwrap();
    let text: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    text["signed"]["materials"].clone()
}

#[test]
fn the_same_tree_is_the_same_artifacts_to_both() {
    for options in [
        &["-m", "t"][..],
        &["-m", "./t//src/../src/"],
        &["-m", "t/a", "t/src", "t/link-to-file", "t", "gone"],
        &["-m", ".", "--base-path", "t"],
        &["-m", "t", "other", "--lstrip-paths", "t/src/", "other/"],
        &["-m", "file:t/src", "t/src"],
        &["-m", "file:t/src", "--lstrip-paths", "t/"],
        &["-m", "dir:t/src", "dir:t"],
        &["-m", "t", "--exclude", "*.o"],
        &["-m", "t", "--exclude", "build/", "src/deep", "/t/a"],
        &["-m", "t", "--exclude", "t/**/er", "with*", "*.[oc]"],
        &["-m", "t", "--exclude", "build/*", "!keep"],
        &["-m", "t", "--exclude", "*", "!*.c", "!t", "!src/"],
        &["-m", "t", "--exclude", "\\!bang", "\\#hash", "# comment"],
        &["-m", "t/src/main.o", "t", "--exclude", "src"],
        &["-m", "t/build", "t/src", "--exclude", "build/"],
        &["-m", ".", "--base-path", "t", "--exclude", "*/"],
        &["-m", "t", "--exclude", "link-to-file/", "link-to-folder/"],
        &["-m", "t/link-to-folder", "--exclude", "x"],
    ] {
        let stage = tricky();
        fs::create_dir(stage.path("ours")).unwrap();
        fs::create_dir(stage.path("theirs")).unwrap();
        let common = ["-n", "s", "-x", "--signing-key", "alice.key"];
        let theirs = [&common[..], &["-d", "theirs"], options].concat();
        let ours = [
            &["in-toto", "run", "--metablock"][..],
            &common,
            &["-d", "ours"],
            options,
        ]
        .concat();
        let ran = python(&stage, "in-toto-run", &theirs);
        assert_eq!(ran.code, 0, "{options:?} {ran:#?}");
        let ran = stage.run_with(ours);
        assert_eq!(ran.code, 0, "{options:?} {ran:#?}");
        let (ours, theirs) = (materials(&stage, "ours"), materials(&stage, "theirs"));
        assert_eq!(ours, theirs, "{options:?}");
        assert!(
            ours.as_object()
                .is_some_and(|found| !found.is_empty() || options.contains(&"!t")),
            "{options:?}"
        );
    }
}

#[test]
fn prefixes_that_make_two_files_one_are_refused_by_both() {
    for options in [
        &["-m", "t", "--lstrip-paths", "t/", "t/src/"][..],
        &[
            "-m",
            "t/link-to-folder",
            "other",
            "--lstrip-paths",
            "t/link-to-folder/",
            "other/",
        ],
    ] {
        let stage = tricky();
        let common = [
            &["-n", "s", "-x", "--signing-key", "alice.key"][..],
            options,
        ]
        .concat();
        let ran = python(&stage, "in-toto-run", &common);
        assert_eq!(ran.code, 1, "{ran:#?}");
        assert_eq!(
            stage
                .run_with([&["in-toto", "run"][..], &common].concat())
                .code,
            1
        );
    }
}

/// Makes a key pair by OpenSSL.
fn key(stage: &Stage, options: &[&str]) {
    let arguments = [&["genpkey", "-out", "k.key"][..], options].concat();
    stage.shell("openssl", &arguments);
    stage.shell(
        "openssl",
        &["pkey", "-in", "k.key", "-pubout", "-out", "k.pub"],
    );
}

#[test]
fn each_reads_what_the_other_signed_by_each_kind_of_key_in_both_forms() {
    for options in [
        &["-algorithm", "ed25519"][..],
        &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
        &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    ] {
        for (ours, theirs) in [("--use-dsse", &["--use-dsse"][..]), ("--metablock", &[])] {
            let stage = Stage::keys();
            key(&stage, options);
            stage.write("ä b", "text");
            let words = format!(
                "in-toto run -s -n s --signing-key k.key {ours} -m PATH -p PATH -- echo OUTPUT"
            );
            let words = words.split(' ').map(|word| match word {
                "PATH" => "ä b",
                "OUTPUT" => "\u{1}\"ü\\",
                word => word,
            });
            assert_eq!(stage.run_with(words).code, 0);
            let [name] = links(&stage).try_into().unwrap();
            let ran = python(
                &stage,
                "in-toto-sign",
                &["--verify", "-f", &name, "-k", "k.pub"],
            );
            assert_eq!(ran.code, 0, "{options:?} {ours} {ran:#?}");
            fs::rename(stage.path(&name), stage.path("ours")).unwrap();
            let words = [
                &[
                    "-n",
                    "s",
                    "-s",
                    "--signing-key",
                    "k.key",
                    "-m",
                    "ä b",
                    "-p",
                    "ä b",
                ][..],
                theirs,
                &["--", "echo", "\u{1}\"ü\\"],
            ];
            assert_eq!(python(&stage, "in-toto-run", &words.concat()).code, 0);
            assert_eq!(
                links(&stage),
                std::slice::from_ref(&name),
                "the same file name"
            );
            stage.ok(&format!("in-toto sign --verify -f {name} -k k.pub"));
            let compare = [
                "in-toto",
                "match-products",
                "-l",
                &name,
                "-p",
                "ä b",
                "--verification-keys",
                "k.pub",
            ];
            assert_eq!(stage.run_with(compare).code, 0);
        }
    }
}

/// Verifies OURS and signs it anew as THEIRS; refuses a signature by the same key over other bytes.
const RSA_SCHEMES: &str = r#"
import json, sys
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from in_toto.exceptions import SignatureVerificationError
from in_toto.models.metadata import Metadata
from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import CryptoSigner, SSlibKey

public = json.load(open("k.json"))
metadata, other = Metadata.load("ours"), Metadata.load("other")
metadata.verify_signature(public)
other.signatures = metadata.signatures
try:
    other.verify_signature(public)
    sys.exit("a copied signature was accepted")
except (SignatureVerificationError, UnverifiedSignatureError):
    pass
metadata.signatures = {} if isinstance(metadata.signatures, dict) else []
key = SSlibKey.from_dict(public.pop("keyid"), public)
metadata.create_signature(CryptoSigner(load_pem_private_key(open("k.key", "rb").read(), None), key))
metadata.dump("theirs")
"#;

#[test]
fn each_reads_what_the_other_signed_by_each_rsa_scheme_in_both_forms() {
    let stage = Stage::keys();
    key(
        &stage,
        &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    );
    let pem = String::from_utf8(stage.read("k.key")).unwrap();
    for (padding, hash) in ["rsassa-pss", "rsa-pkcs1v15"]
        .into_iter()
        .flat_map(|padding| ["sha256", "sha384", "sha512"].map(|hash| (padding, hash)))
    {
        let key = SigningKey::from_pem(&pem).unwrap();
        let key = key.with_scheme(&format!("{padding}-{hash}")).unwrap();
        stage.write("k.json", key.public().to_json().to_text());
        for form in ["--use-dsse", "--metablock"] {
            for (step, kept) in [("s", "ours"), ("t", "other")] {
                stage.ok(&format!(
                    "in-toto run -x -n {step} --signing-key k.key {form} -m k.pub"
                ));
                let [name] = links(&stage).try_into().unwrap();
                let signed = replace_signatures(&stage.read(&name), &[&key], &Limits::STANDARD);
                stage.write(kept, signed.unwrap());
                fs::remove_file(stage.path(&name)).unwrap();
            }
            let ran = python(&stage, "python", &["-c", RSA_SCHEMES]);
            assert_eq!(ran.code, 0, "{padding}-{hash} {form} {ran:#?}");
            stage.ok("in-toto sign --verify -f ours -k k.json");
            stage.ok("in-toto sign --verify -f theirs -k k.json");
            // The same key by its default scheme is another rule.
            let plain = stage.run("in-toto sign --verify -f theirs -k k.pub");
            assert_eq!(
                plain.code == 0,
                (padding, hash) == ("rsassa-pss", "sha256"),
                "{padding}-{hash} {form} {plain:#?}"
            );
        }
    }
}

fn links(stage: &Stage) -> Vec<String> {
    let mut names = stage.names();
    names.retain(|name| name.ends_with(".link"));
    names
}

#[test]
fn a_step_started_by_one_is_stopped_by_the_other() {
    let stage = Stage::keys();
    let (start, stop) = (
        "record start -n s --signing-key alice.key -m alice.pub",
        "record stop -n s --signing-key alice.key -p bob.pub",
    );
    let python = |words: &str| {
        let words: Vec<_> = words.split(' ').skip(1).collect();
        let ran = python(&stage, "in-toto-record", &words);
        assert_eq!(ran.code, 0, "{ran:#?}");
    };
    stage.ok(&format!("in-toto {start}"));
    python(stop);
    python(start);
    stage.ok(&format!("in-toto {stop}"));
    let [name] = links(&stage).try_into().unwrap();
    stage.ok(&format!("in-toto sign --verify -f {name} -k alice.pub"));
}

/// A key ring that nobody else uses, with one key that has a subkey for signing. Its agent ends with it.
struct Ring {
    folder: tempfile::TempDir,
    id: String,
}

impl Ring {
    fn new() -> Self {
        // A socket's path is at most 107 bytes long: the folder stands in the system's, not in the build's.
        let folder = tempfile::Builder::new().prefix("qg").tempdir().unwrap();
        let mut ring = Self {
            folder,
            id: String::new(),
        };
        let make = [
            "--quick-gen-key",
            "alice@example.org",
            "rsa2048",
            "sign",
            "1d",
        ];
        ring.gpg(&make);
        let listed = ring.gpg(&["--list-keys", "--with-colons"]);
        let id = listed
            .lines()
            .find_map(|line| line.strip_prefix("fpr:::::::::"));
        ring.id = id.unwrap().trim_end_matches(':').to_lowercase();
        ring
    }

    fn home(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    fn gpg(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("gpg");
        command.args(["--homedir", self.home(), "--batch", "--quiet"]);
        command.args(["--pinentry-mode", "loopback", "--passphrase", ""]);
        let ran = Ran::of(command.args(arguments).output().unwrap());
        assert_eq!(ran.code, 0, "{ran:#?}");
        ran.stdout
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        let mut command = Command::new("gpgconf");
        command.args(["--homedir", self.home(), "--kill", "all"]);
        command.status().unwrap();
    }
}

#[test]
fn each_reads_what_the_other_had_gpg_sign() {
    let (stage, ring) = (Stage::keys(), Ring::new());
    let step = [
        "-n",
        "s",
        "-m",
        "alice.pub",
        "-x",
        "--gpg-home",
        ring.home(),
    ];
    for key in [&["--gpg", &ring.id][..], &["--gpg"]] {
        let words = [&["in-toto", "run"][..], &step, key].concat();
        let ran = stage.run_with(words);
        assert_eq!(ran.code, 0, "{ran:#?}");
        let [name] = links(&stage).try_into().unwrap();
        assert_eq!(name, format!("s.{}.link", &ring.id[..8]));
        let verify = [
            "--verify",
            "-f",
            &name,
            "--gpg",
            &ring.id,
            "--gpg-home",
            ring.home(),
        ];
        assert_eq!(python(&stage, "in-toto-sign", &verify).code, 0);
        assert_eq!(
            python(&stage, "in-toto-run", &[&step[..], key].concat()).code,
            0
        );
        let ran = stage.run_with([&["in-toto", "sign"][..], &verify].concat());
        assert_eq!(ran.code, 0, "{ran:#?}");
        fs::remove_file(stage.path(&name)).unwrap();
    }
}

#[test]
fn a_step_that_gpg_signs_is_started_and_stopped() {
    let (stage, ring) = (Stage::keys(), Ring::new());
    let key = format!("--gpg --gpg-home {}", ring.home());
    stage.ok(&format!("in-toto record start -n s -m alice.pub {key}"));
    let stop = format!("in-toto record stop -n s -p bob.pub {key}");
    let [name] = stage
        .names()
        .into_iter()
        .filter(|name| name.ends_with("-unfinished"))
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    let text = String::from_utf8(stage.read(&name)).unwrap();
    stage.write(&name, text.replace("\"alice.pub\":", "\"other.pub\":"));
    stage.run(&stop).refused("not signed by this key");
    stage.write(&name, text);
    stage.ok(&stop);
    let [name] = links(&stage).try_into().unwrap();
    stage.ok(&format!(
        "in-toto sign --verify -f {name} --gpg {} --gpg-home {}",
        ring.id,
        ring.home()
    ));
    stage.ok(&format!("in-toto sign -f {name} {key}"));
    let ran = stage.run(&format!("in-toto run -n s -x --use-dsse {key}"));
    ran.refused("no place for OpenPGP signatures");
    let ran = stage.run(&format!(
        "in-toto run -n s -x --gpg 0123456789abcdef --gpg-home {}",
        ring.home()
    ));
    ran.refused("gpg: exit status");
}
