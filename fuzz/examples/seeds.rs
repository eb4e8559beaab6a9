//! Writes `fuzz/seeds/`: small valid inputs, and near misses, for every target. The same bytes in every run.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use quorate::digest::Sha256;
use quorate::envelope::{add_signature, sign};
use quorate::intoto::{Layout, Link, Rule, Step};
use quorate::key::SigningKey;
use quorate::time::Timestamp;
use quorate_fuzz::release::{COMMIT, HONEST, TAG, honest_blob};
use quorate_fuzz::archives::{
    XZ, ZSTD, ar_of, deb_of, gzip_of, pax_record, tar_member, tar_of, zip_of,
};
use quorate_fuzz::{LIMITS, functionaries, honest};
use quorate_testkit::scenario::{
    Party, PolicyDraft, Sample, Scene, Stated as _, ed25519, metablock, p256, p384, replaced, without,
};

/// A target's name and its inputs by name.
type Seeds = (&'static str, Vec<(&'static str, Vec<u8>)>);

/// An RSA key, which the library reads and never makes.
const RSA_PUBLIC: &str = include_str!("rsa-2048.pub");

/// Files that real signers signed: their keys and times differ in every run.
const APK: &[u8] = include_bytes!("signed.apk");
const DEB: &[u8] = include_bytes!("signed.deb");
const PE: &[u8] = include_bytes!("signed.exe");
/// Signed tags of git, the one by a key that is listed.
const TAG: &[u8] = include_bytes!("../../crates/openpgp/tests/git-tags/git-v2.44.0");
const OLD_TAG: &[u8] = include_bytes!("../../crates/openpgp/tests/git-tags/git-v1.7.0");

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    for (target, inputs) in all() {
        let folder = folder.join(target);
        fs::create_dir_all(&folder)?;
        for (name, bytes) in inputs {
            fs::write(folder.join(name), bytes)?;
        }
    }
    Ok(())
}

fn all() -> Vec<Seeds> {
    [
        words(),
        published(),
        documents(),
        policies(),
        keys(),
        verdicts(),
        chains(),
        releases(),
        archives(),
        diffs(),
        signed_files(),
    ]
    .concat()
}

/// Pairs of files.
fn diffs() -> Vec<Seeds> {
    let pair = |a: &[u8], b: &[u8]| {
        let size = u16::try_from(a.len()).expect("a seed is small");
        [&size.to_le_bytes(), a, b].concat()
    };
    let lines =
        "built %DATE% in /build/%NAME%/src by f47ac10b-58cc-4372-a567-0e02b2c3d479, 3.14 MB\n";
    let text = |name: &str, date: &str| {
        lines
            .replace("%NAME%", name)
            .replace("%DATE%", date)
            .into_bytes()
    };
    let (a, b) = (
        text("one", "31 January 2026"),
        text("two", "1 Februar 2026"),
    );
    vec![(
        "diff",
        vec![
            ("text", pair(&a, &b)),
            (
                "tar",
                pair(&tar(&a, "14504347000"), &tar(&b, "14504350130")),
            ),
            ("elf", pair(&elf(1), &elf(2))),
        ],
    )]
}

/// A tar (POSIX ustar) of one file.
fn tar(contents: &[u8], modified: &str) -> Vec<u8> {
    let mut header = vec![0u8; 512];
    let mut put =
        |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, "file");
    put(100, "0000644");
    put(108, "0000000");
    put(116, "0000000");
    put(124, &format!("{:011o}", contents.len()));
    put(136, modified);
    put(148, "        ");
    put(156, "0");
    put(257, "ustar");
    put(263, "00");
    put(329, "0000000");
    put(337, "0000000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut file = [&header, contents].concat();
    file.resize(file.len().next_multiple_of(512) + 1024, 0);
    file
}

/// An ELF file of 64 bits with a build id and nothing else.
fn elf(id: u8) -> Vec<u8> {
    let names = b"\0.shstrtab\0.note.gnu.build-id\0";
    let note = [
        &[4, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0],
        b"GNU\0",
        &[id; 4][..],
    ]
    .concat();
    let (at_names, at_note) = (256, 256 + names.len());
    let mut file = vec![0u8; 256];
    file[..7].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1, 1]);
    (file[40], file[58], file[60], file[62]) = (64, 64, 3, 1);
    let sections = [
        (128, 1u8, 3u8, at_names, names.len()),
        (192, 11, 7, at_note, note.len()),
    ];
    for (at, name, kind, offset, size) in sections {
        (file[at], file[at + 4]) = (name, kind);
        file[at + 24..at + 32].copy_from_slice(&(offset as u64).to_le_bytes());
        file[at + 32..at + 40].copy_from_slice(&(size as u64).to_le_bytes());
    }
    [&file, &names[..], &note].concat()
/// What projects publish beside their releases.
fn published() -> Vec<Seeds> {
    let text = |text: &str| text.as_bytes().to_vec();
    let digest = Sha256::of(b"");
    vec![
        (
            "sums",
            vec![
                (
                    "two",
                    text(&format!("{digest}  out/a.tar.gz\n{digest} *b.zip\n")),
                ),
                ("doubled", text(&format!("{digest}  a\n{digest}  a\n"))),
                ("leaves", text(&format!("{digest}  ../a\n"))),
            ],
        ),
        (
            "document",
            vec![
                ("tag", TAG.to_vec()),
                ("old-tag", OLD_TAG.to_vec()),
                (
                    "framed",
                    text(
                        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n- -a \nb\n-----BEGIN PGP SIGNATURE-----\n\nwgA=\n=AAAA\n-----END PGP SIGNATURE-----\n",
                    ),
                ),
            ],
        ),
    ]
}

/// Targets whose inputs are one line or so.
fn words() -> Vec<Seeds> {
    let text = |text: &str| text.as_bytes().to_vec();
    let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    vec![
        (
            "time",
            vec![
                ("now", text("2026-11-24T02:06:00Z")),
                ("leap-day", text("2000-02-29T23:59:59Z")),
                ("no-leap-day", text("2026-02-29T00:00:00Z")),
                ("last", text("9999-12-31T23:59:59Z")),
            ],
        ),
        (
            "digest",
            vec![
                ("sha256", text(digest)),
                ("sha512", text(&digest.repeat(2))),
                ("upper-case", text(&digest.to_uppercase())),
            ],
        ),
        (
            "expected",
            vec![
                ("full", text("catdoc=1:0.95-6~deb12u1:amd64")),
                ("any-architecture", text("xz-utils=5.4.1-1+b1")),
            ],
        ),
        (
            "glob",
            vec![
                ("run", text("*.deb\ncatdoc_0.95-6~deb12u1_amd64.deb")),
                ("classes", text("[!]a-c-][b-a]?[é-ü]\n-xyé")),
                ("unclosed", text("a[b-\na[b-")),
                ("runs", text("*a*b**c*\nxaybzc")),
            ],
        ),
        (
            "json",
            vec![
                (
                    "every-kind",
                    text(
                        r#"{"a":[null,true,false,-1,"é😀\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t"],"b":{}}"#,
                    ),
                ),
                ("space", text(" [ 1 , { \"a\" : [ ] } ]\n")),
                (
                    "large-integer",
                    text("[123456789012345678901234567890,-9223372036854775809]"),
                ),
                ("duplicate", text(r#"{"a":1,"\u0061":2}"#)),
                ("float", text("[1.5,1e3]")),
                ("lone-surrogate", text(r#""\ud800""#)),
            ],
        ),
    ]
}

/// Targets whose inputs are evidence.
fn documents() -> Vec<Seeds> {
    let honest: [SigningKey; 2] = [ed25519("honest"), p256("honest")];
    let payload: &[u8] = br#"{"honest":"payload"}"#;
    let both = [&honest[0], &honest[1]];
    let kind = quorate::envelope::PAYLOAD_TYPE_IN_TOTO;
    let one = sign(kind, payload, &both[..1]);
    let dsc = Sample::catdoc().dsc();
    let framed = String::from_utf8_lossy(&dsc).into_owned();
    let inner = framed.split("\n\n").nth(1).unwrap_or_default();
    let rebuild = Sample::catdoc()
        .output("catdoc-dbgsym", "symbols")
        .by("alice");
    let weak = without(&rebuild.link(), &["environment", "statement"]);
    vec![
        (
            "envelope",
            vec![
                ("dsse", one.clone()),
                ("dsse-two", sign(kind, payload, &both)),
                ("dsse-unsigned", sign(kind, payload, &[])),
                (
                    "dsse-stranger",
                    add_signature(&one, &ed25519("stranger"), &LIMITS)
                        .expect("our envelope is read"),
                ),
                ("dsse-other-type", sign("text/plain", payload, &both)),
                ("metablock", metablock(payload, both)),
            ],
        ),
        (
            "dsc",
            vec![
                ("clear-signed", dsc.clone()),
                ("plain", inner.as_bytes().to_vec()),
            ],
        ),
        (
            "statement",
            vec![
                ("statement", rebuild.statement()),
                ("small", Sample::catdoc().by("bob").statement()),
                ("link", Sample::catdoc().by("bob").link()),
            ],
        ),
        (
            "link",
            vec![
                ("link", rebuild.link()),
                ("weak", weak),
                ("other-step", replaced(&rebuild.link(), &["name"], "build")),
            ],
        ),
    ]
}

/// Targets whose inputs are policies.
fn policies() -> Vec<Seeds> {
    let parties = vec![
        Party::with_keys("alpha", 2),
        Party {
            name: "beta".to_owned(),
            keys: vec![p256("beta")],
        },
        Party {
            name: "gamma".to_owned(),
            keys: vec![p384("gamma")],
        },
    ];
    let owners = [ed25519("owner 0")];
    let plain = PolicyDraft::of(2, &parties, &owners);
    let mut strict = plain.clone();
    strict.environment = Some("same".to_owned());
    strict.on_dissent = Some("refuse".to_owned());
    strict.artifacts = "[!.]*.deb".to_owned();
    strict.more = "readme = \"two of three\\n\"\n".to_owned();
    let (one, two) = (plain.signed(&owners), strict.signed(&owners));
    let pair = |documents: &quorate_testkit::scenario::Documents| {
        [
            &documents.layout_payload[..],
            b"\n",
            &documents.terms_payload,
        ]
        .concat()
    };
    vec![
        (
            "layout",
            vec![
                ("plain", one.layout_payload.clone()),
                ("strict", two.layout_payload.clone()),
            ],
        ),
        (
            "terms",
            vec![
                ("plain", one.terms_payload.clone()),
                ("strict", two.terms_payload.clone()),
            ],
        ),
        (
            "policy",
            vec![("plain", pair(&one)), ("strict", pair(&two))],
        ),
        (
            "policy_toml",
            vec![
                ("plain", plain.toml().into_bytes()),
                ("strict", strict.toml().into_bytes()),
            ],
        ),
    ]
}

/// Keys of every type, in text and in DER.
fn keys() -> Vec<Seeds> {
    let all = [ed25519("seed"), p256("seed"), p384("seed")];
    let names = [
        ["ed25519.pem", "ed25519.der"],
        ["p256.pem", "p256.der"],
        ["p384.pem", "p384.der"],
    ];
    let (mut public, mut secret) = (Vec::new(), Vec::new());
    for (key, [pem, der]) in all.iter().zip(names) {
        let text = key.public().to_pem();
        public.push((der, der_of(&text)));
        public.push((pem, text.into_bytes()));
        let text = key.to_pem().expect("our keys encode");
        secret.push((der, der_of(&text)));
        secret.push((pem, text.into_bytes()));
    }
    // rebuilderd publishes its Ed25519 keys with a NULL parameter, which RFC 8410 forbids.
    let mut null = der_of(&all[0].public().to_pem());
    null.splice(9..9, [5, 0]);
    null[1] += 2;
    null[3] += 2;
    public.push(("ed25519-null.der", null));
    public.push(("rsa.der", der_of(RSA_PUBLIC)));
    public.push(("rsa.pem", RSA_PUBLIC.as_bytes().to_vec()));
    public.push((
        "ed25519.json",
        br#"{"keyid":"a","keytype":"ed25519","keyval":{"public":"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"},"scheme":"ed25519"}"#.to_vec(),
    ));
    vec![("public_key", public), ("signing_key", secret)]
}

/// Git objects, and signatures by SSH keys with the lists of who may make them. The byte 1 stands for the honest signer's key.
fn releases() -> Vec<Seeds> {
    let text = |text: &str| text.as_bytes().to_vec();
    let tree = |modes: &[&str]| -> Vec<u8> {
        let entry = |mode: &&str| [mode.as_bytes(), b"\0", &[7; 20]].concat();
        modes.iter().flat_map(entry).collect()
    };
    let sorted = [
        "100755 a",
        "100644 a.b",
        "40000 ab",
        "120000 link",
        "160000 sub",
    ];
    vec![
        (
            "git_tag",
            vec![("signed", TAG.to_vec()), ("twice", TAG.repeat(2))],
        ),
        ("git_commit", vec![("signed", COMMIT.to_vec())]),
        (
            "git_tree",
            vec![
                ("sorted", tree(&sorted)),
                ("folder-last", tree(&["100644 a.b", "40000 a"])),
                ("dot-git", tree(&["40000 .GIT"])),
            ],
        ),
        (
            "ssh_signature",
            vec![("armour", HONEST.clone()), ("bare", honest_blob())],
        ),
        (
            "allowed_signers",
            vec![
                ("plain", text("a@b,*@c \u{1} comment\n")),
                (
                    "options",
                    text("# c\r\na@b namespaces=\"git\",valid-after=\"20250101Z\" \u{1}\r\n"),
                ),
                (
                    "expired",
                    text("a@b valid-before=\"20250101Z\" \u{1}\nc@d cert-authority \u{1}\n"),
                ),
                (
                    "local-time",
                    text("a@b valid-before=\"202501010000\" \u{1}\n"),
                ),
            ],
        ),
    ]
}

/// Supply chains and rules over them.
fn chains() -> Vec<Seeds> {
    let text = |text: &str| text.as_bytes().to_vec();
    let rules = "MATCH * IN lib WITH PRODUCTS IN src FROM other\nCREATE [!a]*\nMODIFY a\nREQUIRE b\nALLOW b\nDISALLOW *";
    let artifacts = "m a 1\np a 2\np lib/x 3\np b 4\no src/x 3\no x 5";
    vec![
        (
            "chain",
            vec![
                ("no-steps", layout(&[], 1, &[])),
                ("two-steps", chain(2, &[0, 1])),
                ("too-few", chain(2, &[0])),
                ("delegated", delegated()),
            ],
        ),
        (
            "rule",
            vec![
                ("all", text(&format!("{rules}\n{artifacts}"))),
                (
                    "delete",
                    text("DELETE a*\nDISALLOW *\nm a 1\nm ab 1\np ab 1"),
                ),
                (
                    "odd",
                    text(
                        "MATCH ** IN http: WITH MATERIALS IN / FROM tested\nDISALLOW [a\np [a 1\np http://h/p 1\nm /p 1",
                    ),
                ),
            ],
        ),
    ]
}

/// Files that were signed after their build, and without the last byte.
fn signed_files() -> Vec<Seeds> {
    [("unsign_apk", APK), ("unsign_deb", DEB), ("unsign_pe", PE)]
        .map(|(target, bytes)| {
            let cut = bytes[..bytes.len() - 1].to_vec();
            (target, vec![("signed", bytes.to_vec()), ("cut", cut)])
        })
        .into()
}

/// A layout of two steps, and the links of those functionaries for both.
fn chain(threshold: usize, linked: &[usize]) -> Vec<u8> {
    let rules = [
        &["MATCH", "*", "WITH", "PRODUCTS", "FROM", "fetch"][..],
        &["DISALLOW", "*"],
    ];
    let mut lines = vec![layout(&["fetch", "build"], threshold, &rules)];
    for step in ["fetch", "build"] {
        lines.extend(linked.iter().map(|key| link_line(*key, "", step)));
    }
    lines.join(&b'\n')
}

/// A step that alice delegates to herself, in her own layout.
fn delegated() -> Vec<u8> {
    let id = functionaries()[0].public().id()[..8].to_owned();
    let own = layout(&["compile"], 1, &[]);
    let head = format!("0 build.{id}.link ");
    let lines = [
        layout(&["build"], 1, &[]),
        [head.as_bytes(), &own].concat(),
        link_line(0, &format!("build.{id}/"), "compile"),
    ];
    lines.join(&b'\n')
}

fn layout(names: &[&str], threshold: usize, rules: &[&[&str]]) -> Vec<u8> {
    let keys = functionaries();
    let words = |words: &&[&str]| {
        words
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    let rules = rules
        .iter()
        .map(|rule| Rule::parse(&words(rule)).expect("a rule"));
    let rules: Vec<Rule> = rules.collect();
    let step = |name: &&str| Step {
        name: (*name).to_owned(),
        threshold: NonZeroUsize::new(threshold).expect("at least one"),
        pubkeys: keys
            .iter()
            .map(|key| key.public().id().to_owned())
            .collect(),
        expected_command: Vec::new(),
        expected_materials: Vec::new(),
        expected_products: rules.clone(),
    };
    let layout = Layout {
        expires: Timestamp::parse("2999-01-01T00:00:00Z").expect("a time"),
        readme: String::new(),
        keys: keys
            .iter()
            .map(|key| (key.public().id().to_owned(), key.public().clone()))
            .collect(),
        steps: names.iter().map(step).collect(),
        inspections: Vec::new(),
    };
    layout.to_json().to_text()
}

fn link_line(key: usize, folder: &str, step: &str) -> Vec<u8> {
    let id = functionaries()[key].public().id()[..8].to_owned();
    let mut link = Link::new(step);
    link.products
        .insert("out".to_owned(), Sha256::of(b"bytes").into());
    let head = format!("{key} {folder}{step}.{id}.link ");
    [head.as_bytes(), &link.to_json().to_text()].concat()
}

fn der_of(pem: &str) -> Vec<u8> {
    pem_rfc7468::decode_vec(pem.as_bytes())
        .expect("our keys are PEM")
        .1
}

/// Whole cases.
fn verdicts() -> Vec<Seeds> {
    let lies = |lines: &[Vec<u8>]| [&[b"0".to_vec()], lines].concat().join(&b'\n');
    let carol = |sample: &Sample| sample.by("carol").statement();
    let other = Sample::catdoc().bytes("other bytes");
    let elsewhere = Sample::catdoc().environment("sid");
    let same_environment = |mut text: Vec<u8>| {
        text[0] = b'1';
        text
    };
    let mut full = honest(None, None);
    full.states(2, &other);
    let link = full.parties[1].old_link(&Sample::catdoc());
    full.evidence.push(link);
    vec![
        (
            "proof",
            vec![
                ("quorate", honest(None, None).proof()),
                ("dissent", full.proof()),
                ("no-evidence", Scene::of(2, 3).proof()),
            ],
        ),
        (
            "verdict",
            vec![
                ("dissent", lies(&[carol(&other)])),
                (
                    "confirms",
                    lies(&[
                        carol(&Sample::catdoc()),
                        Sample::catdoc().by("carol").link(),
                    ]),
                ),
                (
                    "copies",
                    lies(&[
                        Sample::catdoc().by("alice").statement(),
                        other.by("bob").statement(),
                    ]),
                ),
                (
                    "contradicts-itself",
                    lies(&[carol(&other), carol(&Sample::catdoc())]),
                ),
                (
                    "elsewhere",
                    same_environment(lies(&[carol(&elsewhere), carol(&other)])),
                ),
                (
                    "another-identity",
                    lies(&[carol(&Sample::catdoc().source("other").version("2-1"))]),
                ),
                (
                    "weak",
                    lies(&[without(&other.by("carol").link(), &["environment"])]),
                ),
            ],
        ),
    ]
}

/// Archives, most of them by hand.
fn archives() -> Vec<Seeds> {
    let hello: &[u8] = b"hello\n";
    let tar = tar_of(&[
        tar_member(b'5', "./", "", b""),
        tar_member(b'0', "./a", "", hello),
        tar_member(b'2', "./s", "a", b""),
        tar_member(b'1', "./h", "a", b""),
    ]);
    let long = "d/".repeat(60) + "a";
    let pax = pax_record("path", &long) + &pax_record("mtime", "0.5");
    let pax = tar_of(&[
        tar_member(b'x', "x", "", pax.as_bytes()),
        tar_member(b'0', &long[..100], "", hello),
        tar_member(b'0', "b", "", b""),
    ]);
    let table = format!("{:<48}{:<10}`\n{long}/\n", "//", long.len() + 2);
    let named = ar_of(&[("/0", hello)]);
    let named = [&named[..8], table.as_bytes(), b"\n", &named[8..]].concat();
    let zip = zip_of(&[
        ("d/", 0o040_755, b""),
        ("d/a", 0o100_644, hello),
        ("l", 0o120_777, b"d/a"),
        ("z", 0o100_755, hello),
    ]);
    vec![
        (
            "archive_tar",
            vec![("kinds", tar.clone()), ("pax", pax), ("empty", tar_of(&[]))],
        ),
        (
            "archive_deb",
            vec![
                ("package", deb_of(&tar_of(&[]), &tar)),
                ("ar", ar_of(&[("a/", hello), ("odd", b"x")])),
                ("ar-names", named),
                ("tar", tar.clone()),
            ],
        ),
        ("archive_zip", vec![("kinds", zip), ("empty", zip_of(&[]))]),
        (
            "archive_compressed",
            vec![
                ("gzip", gzip_of(hello)),
                ("tar-gz", gzip_of(&tar)),
                ("xz", XZ.to_vec()),
                ("zstd", ZSTD.to_vec()),
            ],
        ),
    ]
}
