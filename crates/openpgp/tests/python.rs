//! Keys and signatures against the tools that in-toto users have: securesystemslib in Python, openssl, gpg.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use quorate::envelope::{Envelope, PAYLOAD_TYPE_IN_TOTO, sign, sign_metablock};
use quorate::json::parse;
use quorate::key::{PublicKey, SigningKey, public_keys_from_file};
use quorate::limits::Limits;
use quorate::time::Timestamp;
use quorate_openpgp::functionary_keys;

const PACKAGES: [&str; 2] = ["in-toto==3.1.0", "securesystemslib[crypto]==1.6.0"];

const LINK: &str = r#"{"_type":"link","byproducts":{},"command":["é\n"],"environment":{},"materials":{},"name":"x","products":{}}"#;

/// The Python with the stock library, made once and kept beside the other products of the build.
fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("securesystemslib");
        let lock = File::create(folder.with_extension("lock")).unwrap();
        lock.lock().unwrap();
        let ready = folder.join("ready");
        // What was installed is what was asked for, or it is made anew.
        let wanted = PACKAGES.join("\n");
        if fs::read_to_string(&ready).ok().as_ref() != Some(&wanted) {
            let place = folder.to_str().unwrap();
            run(Command::new("python3").args(["-m", "venv", "--clear", place]));
            let options = ["install", "--quiet", "--disable-pip-version-check"];
            run(Command::new(folder.join("bin/pip"))
                .args(options)
                .args(PACKAGES));
            fs::write(&ready, wanted).unwrap();
        }
        folder.join("bin/python")
    })
}

fn run(command: &mut Command) -> String {
    let ran = command.stdin(Stdio::null()).output().unwrap();
    let talk = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{command:?}: {talk}");
    String::from_utf8(ran.stdout).unwrap()
}

fn script(text: &str, arguments: &[&Path]) -> String {
    run(Command::new(python()).args(["-c", text]).args(arguments))
}

/// Key files of every type and form that openssl writes, by name.
fn openssl_keys(folder: &Path) -> Vec<(&'static str, PathBuf)> {
    let openssl = |arguments: &[&str]| run(Command::new("openssl").args(arguments));
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    openssl(&["genpkey", "-algorithm", "ed25519", "-out", &at("ed25519")]);
    openssl(&["genrsa", "-traditional", "-out", &at("pkcs1"), "2048"]);
    openssl(&[
        "pkcs8",
        "-topk8",
        "-nocrypt",
        "-in",
        &at("pkcs1"),
        "-out",
        &at("rsa"),
    ]);
    let mut names = vec!["ed25519", "pkcs1", "rsa"];
    for (curve, sec1, pkcs8) in [
        ("prime256v1", "p256-sec1", "p256"),
        ("secp384r1", "p384-sec1", "p384"),
        ("secp521r1", "p521-sec1", "p521"),
    ] {
        // Without `-noout` the curve's block stands in front of the key's.
        openssl(&["ecparam", "-name", curve, "-genkey", "-out", &at(sec1)]);
        openssl(&[
            "pkcs8",
            "-topk8",
            "-nocrypt",
            "-in",
            &at(sec1),
            "-out",
            &at(pkcs8),
        ]);
        names.extend([sec1, pkcs8]);
    }
    let paths = names.into_iter().map(|name| (name, folder.join(name)));
    paths.collect()
}

fn private(path: &Path) -> SigningKey {
    let text = fs::read_to_string(path).unwrap();
    SigningKey::from_pem(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn private_keys_of_openssl_are_read_and_encrypted_ones_with_their_passphrase() {
    let folder = tempfile::tempdir().unwrap();
    for (name, path) in openssl_keys(folder.path()) {
        let key = private(&path);
        for options in [
            &["-v2", "aes-256-cbc"][..],
            &["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512"],
            &["-scrypt"],
        ] {
            let out = folder.path().join("encrypted");
            let mut openssl = Command::new("openssl");
            openssl.args(["pkcs8", "-topk8", "-passout", "pass:s3cret", "-in"]);
            run(openssl.arg(&path).arg("-out").arg(&out).args(options));
            let text = fs::read_to_string(&out).unwrap();
            assert!(SigningKey::from_pem(&text).is_err());
            let read = SigningKey::from_encrypted_pem(&text, b"s3cret");
            let read = read.unwrap_or_else(|error| panic!("{name} {options:?}: {error}"));
            assert_eq!(read.public(), key.public(), "{name}");
            assert!(SigningKey::from_encrypted_pem(&text, b"s3creT").is_err());
        }
    }
}

#[test]
fn key_ids_and_signatures_of_every_scheme_agree_with_python_both_ways() {
    let folder = tempfile::tempdir().unwrap();
    let mut cases = Vec::new();
    for (name, path) in openssl_keys(folder.path()) {
        cases.push((name.to_owned(), private(&path)));
        if name == "rsa" {
            for scheme in [
                "rsassa-pss-sha384",
                "rsassa-pss-sha512",
                "rsa-pkcs1v15-sha256",
                "rsa-pkcs1v15-sha384",
                "rsa-pkcs1v15-sha512",
            ] {
                let key = private(&path).with_scheme(scheme).unwrap();
                cases.push((scheme.to_owned(), key));
            }
        }
    }
    let link = parse(LINK.as_bytes(), &Limits::STANDARD).unwrap();
    for (name, key) in &cases {
        let write = |what: &str, bytes: &[u8]| {
            fs::write(folder.path().join(format!("{name}.{what}")), bytes).unwrap();
        };
        write("pem", key.public().to_pem().as_bytes());
        write("scheme", key.public().scheme().name().as_bytes());
        write("private", key.to_pem().unwrap().as_bytes());
        write("metablock", &sign_metablock(&link, &[key]));
        write("dsse", &sign(PAYLOAD_TYPE_IN_TOTO, LINK.as_bytes(), &[key]));
    }
    let answers = script(
        r#"
import glob, json, sys
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from in_toto.models.metadata import Metadata
from securesystemslib.signer import CryptoSigner, SSlibKey
for path in sorted(glob.glob(sys.argv[1] + "/*.scheme")):
    name = path[:-len(".scheme")]
    scheme = open(path).read()
    public = SSlibKey.from_crypto(load_pem_public_key(open(name + ".pem", "rb").read()), scheme=scheme)
    signer = CryptoSigner(load_pem_private_key(open(name + ".private", "rb").read(), None), public)
    for form in ["metablock", "dsse"]:
        metadata = Metadata.load(name + "." + form)
        metadata.verify_signature({"keyid": public.keyid, **public.to_dict()})
        metadata.signatures.clear()
        metadata.create_signature(signer)
        metadata.dump(name + "." + form + ".python")
    print(name.rsplit("/", 1)[1], public.keyid)
    json.dump({"keyid": public.keyid, **public.to_dict()}, open(name + ".json", "w"))
"#,
        &[folder.path()],
    );
    assert_eq!(answers.lines().count(), cases.len());
    for (name, key) in &cases {
        let expected = format!("{name} {}", key.public().id());
        assert!(
            answers.lines().any(|line| line == expected),
            "{name}: {answers}"
        );
        let file = |what: &str| fs::read(folder.path().join(format!("{name}.{what}"))).unwrap();
        let keys = public_keys_from_file(&file("json"), &Limits::STANDARD).unwrap();
        assert_eq!(keys, [key.public().clone()]);
        for form in ["metablock.python", "dsse.python"] {
            let bytes = file(form);
            let envelope = Envelope::parse(&bytes, &Limits::STANDARD).unwrap();
            let opened = envelope.open(&[key.public()], &Limits::STANDARD);
            assert!(opened.is_ok(), "{name} {form}");
        }
    }
}

#[test]
fn certificates_of_gpg_become_the_keys_that_python_exports() {
    let folder = tempfile::Builder::new().prefix("qp").tempdir().unwrap();
    let home = folder.path();
    let gpg = |arguments: &[&str]| {
        let mut gpg = Command::new("gpg");
        gpg.env("GNUPGHOME", home)
            .args(["--batch", "--quiet", "--no-tty"]);
        gpg.args(["--pinentry-mode", "loopback", "--passphrase", ""]);
        let ran = gpg.args(arguments).output().unwrap();
        let talk = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(ran.status.success(), "{arguments:?}: {talk}");
        ran.stdout
    };
    let mut ours = Vec::new();
    for (user, main, expires, sub) in [
        ("rsa@example.org", "rsa2048", "2y", Some("rsa3072")),
        ("ed@example.org", "ed25519", "0", None),
    ] {
        gpg(&["--quick-generate-key", user, main, "sign", expires]);
        let listed = String::from_utf8(gpg(&["--list-keys", "--with-colons", user])).unwrap();
        let id = listed
            .lines()
            .find_map(|line| line.strip_prefix("fpr:::::::::"));
        let id = id.unwrap().trim_end_matches(':').to_owned();
        if let Some(sub) = sub {
            gpg(&["--quick-add-key", &id, sub, "sign", "1y"]);
        }
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        let now = Timestamp::from_unix_seconds(now.as_secs().try_into().unwrap()).unwrap();
        let keys = functionary_keys(&gpg(&["--export", user]), now, &Limits::STANDARD).unwrap();
        ours.push((id.to_lowercase(), keys[0].clone()));
    }
    let link = home.join("link");
    let value = parse(LINK.as_bytes(), &Limits::STANDARD).unwrap();
    fs::write(&link, sign_metablock(&value, &[])).unwrap();
    for (id, key) in ours {
        let exported = script(
            r#"
import json, sys
from in_toto.models.metadata import Metadata
from securesystemslib._gpg.functions import export_pubkey
home, link, keyid = sys.argv[1:]
metadata = Metadata.load(link)
metadata.sign_gpg(keyid, home)
metadata.dump(link + ".signed")
print(json.dumps(export_pubkey(keyid, home)))
"#,
            &[home, &link, Path::new(&id)],
        );
        let theirs = parse(exported.trim().as_bytes(), &Limits::STANDARD).unwrap();
        assert_eq!(key.to_json(), theirs);
        let keys = public_keys_from_file(exported.trim().as_bytes(), &Limits::STANDARD).unwrap();
        assert_eq!(keys, std::slice::from_ref(&key));
        let signed = fs::read(link.with_extension("signed")).unwrap();
        let opens = |key: &PublicKey| {
            let envelope = Envelope::parse(&signed, &Limits::STANDARD).unwrap();
            envelope.open(&[key], &Limits::STANDARD).is_ok()
        };
        assert!(opens(&key));
    }
    drop(
        Command::new("gpgconf")
            .env("GNUPGHOME", home)
            .args(["--kill", "all"])
            .status(),
    );
}
