//! Writes `fuzz/seeds/`: small valid inputs, and near misses, for every target. The same bytes in every run.

mod chains;
mod files;
mod released;
mod trust;

use std::fs;
use std::path::Path;

use quorate::envelope::{add_signature, sign};
use quorate::key::SigningKey;
use quorate_fuzz::{LIMITS, honest};
use quorate_testkit::scenario::{
    Party, PolicyDraft, Sample, Scene, Stated as _, ed25519, metablock, p256, p384, replaced,
    without,
};

/// A target's name and its inputs by name.
type Seeds = (&'static str, Vec<(&'static str, Vec<u8>)>);

/// An RSA key, which the library reads and never makes.
const RSA_PUBLIC: &str = include_str!("rsa-2048.pub");

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
        released::published(),
        documents(),
        policies(),
        keys(),
        verdicts(),
        chains::chains(),
        released::releases(),
        files::archives(),
        files::diffs(),
        files::signed_files(),
        trust::trust(),
        trust::party_keys(),
    ]
    .concat()
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
    strict.more = "readme = \"two of three\\n\"\nversion = 2\n".to_owned();
    strict.declare("alpha", "alpha-university", ["self", "DE", "debian"]);
    strict.declare("beta", "beta-shop", ["cloud", "US", "debian"]);
    strict.tables = "\n[[diversity]]\nby = \"country\"\nat_least = 2\nvotes_at_most = 1\n".to_owned();
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
