//! Writes `fuzz/seeds/`: small valid inputs, and near misses, for every target. The same bytes in every run.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use quorate::digest::Sha256;
use quorate::envelope::{add_signature, sign};
use quorate::intoto::{Layout, Link, Rule, Step};
use quorate::key::SigningKey;
use quorate::time::Timestamp;
use quorate_fuzz::{LIMITS, functionaries, honest};
use quorate_testkit::scenario::{
    Party, PolicyDraft, Sample, Scene, ed25519, metablock, p256, p384, replaced, without,
};
use quorate_trust::limits::TrustLimits;
use quorate_trust::metadata::{RoleName, TargetPath, sign as sign_metadata};
use quorate_trust::repository::{Bins, Founding, Holders, Online, Repository, prepare, publish};

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
        documents(),
        policies(),
        keys(),
        verdicts(),
        chains(),
        trust(),
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

/// Metadata of a repository with a roster, sixteen bins and one project.
fn trust() -> Vec<Seeds> {
    let holders = |names: &[&str], threshold| Holders {
        keys: names
            .iter()
            .map(|name| ed25519(name).public().clone())
            .collect(),
        threshold,
    };
    let expires = |text| Timestamp::parse(text).expect("a time");
    let year = expires("2027-11-24T00:00:00Z");
    let founding = Founding {
        root: holders(&["alice", "bob", "carol"], 2),
        targets: holders(&["alice", "bob"], 2),
        rebuilders: holders(&["bob"], 1),
        bin_holders: holders(&["carol"], 1),
        snapshot: holders(&["online"], 1),
        timestamp: holders(&["online"], 1),
        bins: Bins::of_bits(4).expect("a number of bits that there is"),
        expires: year,
        rebuilders_expire: year,
        bins_expire: year,
    };
    let limits = TrustLimits::STANDARD;
    let mut change = founding.into_change().expect("names of our own");
    let path = TargetPath::parse("rebuilders/alpha.json").expect("a path");
    let board = RoleName::delegated("rebuilders").expect("a role's name");
    if let Some(role) = change.roles.get_mut(&board) {
        role.put.insert(path, b"alpha".to_vec());
    }
    let prepared = prepare(&Repository::default(), &change, &limits).expect("a first change");
    let mut files = prepared.files;
    for bytes in files.values_mut() {
        for name in ["alice", "bob", "carol"] {
            if let Ok(signed) = sign_metadata(bytes, &ed25519(name), &limits) {
                *bytes = signed;
            }
        }
    }
    let online = [ed25519("online")];
    let keys = Online {
        snapshot: &online,
        snapshot_expires: year,
        timestamp: &online,
        timestamp_expires: year,
    };
    let now = expires("2026-11-24T02:06:00Z");
    let publication =
        publish(&Repository::default(), &files, keys, now, &limits).expect("all signed");
    let named = |name: &str| {
        let found = publication
            .writes
            .iter()
            .find(|(file, _)| file.ends_with(name));
        found.expect("it is published").1.clone()
    };
    vec![(
        "trust_metadata",
        vec![
            ("root", named("1.root.json")),
            ("targets", named("1.targets.json")),
            ("rebuilders", named("1.rebuilders.json")),
            ("snapshot", named("1.snapshot.json")),
            ("timestamp", named("timestamp.json")),
        ],
    )]
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
