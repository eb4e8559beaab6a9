//! Our verdicts and those of `ssh-keygen -Y verify`, on the same bytes at the same times.

use super::workshop::Workshop;
use super::{MESSAGE, now, ours, theirs, time};

const KINDS: [(&str, &[&str]); 5] = [
    ("ed25519", &["ed25519"]),
    ("p256", &["ecdsa", "-b", "256"]),
    ("p384", &["ecdsa", "-b", "384"]),
    ("p521", &["ecdsa", "-b", "521"]),
    ("rsa", &["rsa", "-b", "3072"]),
];

#[test]
fn every_type_of_key_and_both_hashes_are_judged_alike() {
    let shop = Workshop::new();
    let stranger = shop.ssh_key("stranger", &["ed25519"]);
    for (name, kind) in KINDS {
        let line = format!("a@b {}\n", shop.ssh_key(name, kind));
        for hash in ["sha256", "sha512"] {
            let option = format!("-Ohashalg={hash}");
            let good = shop.ssh_sign(name, "git", MESSAGE, &[&option]);
            let elsewhere = shop.ssh_sign(name, "file", MESSAGE, &[&option]);
            let unlisted = format!("a@b {stranger}\n");
            let mut bent = good.clone();
            // A character in the last full line of base64, which holds the signature.
            let at = bent.len() - 100;
            bent[at] = if bent[at] == b'A' { b'B' } else { b'A' };
            for (what, allowed, who, armour, message, expected) in [
                ("good", &line, "a@b", &good, MESSAGE, true),
                ("another message", &line, "a@b", &good, b"another", false),
                ("another person", &line, "a@c", &good, MESSAGE, false),
                (
                    "another namespace",
                    &line,
                    "a@b",
                    &elsewhere,
                    MESSAGE,
                    false,
                ),
                ("an unlisted key", &unlisted, "a@b", &good, MESSAGE, false),
                ("a bent signature", &line, "a@b", &bent, MESSAGE, false),
            ] {
                let allowed = allowed.as_bytes();
                let verdicts = (
                    ours(allowed, who, armour, message, now()),
                    theirs(&shop, allowed, who, armour, message, now()),
                );
                assert_eq!(verdicts, (expected, expected), "{name} {hash}: {what}");
            }
        }
    }
}

/// What stands in front of the key, whom it names at which time, and whether the signature counts.
const LINES: [(&str, &str, &str, bool); 33] = [
    ("a@b", "a@b", "2026-11-25T00:00:00Z", true),
    ("a@b,c@d", "c@d", "2026-11-25T00:00:00Z", true),
    ("*@b", "a@b", "2026-11-25T00:00:00Z", true),
    ("?@b", "aa@b", "2026-11-25T00:00:00Z", false),
    ("*", "anybody", "2026-11-25T00:00:00Z", true),
    ("*@b,!eve@b", "eve@b", "2026-11-25T00:00:00Z", false),
    ("!eve@b,*@b", "a@b", "2026-11-25T00:00:00Z", true),
    ("  a@b\t", "a@b", "2026-11-25T00:00:00Z", true),
    ("\"a b\"", "a b", "2026-11-25T00:00:00Z", true),
    ("\"a b,c\"", "c", "2026-11-25T00:00:00Z", true),
    ("A@b", "a@b", "2026-11-25T00:00:00Z", false),
    ("a@b cert-authority", "a@b", "2026-11-25T00:00:00Z", false),
    (
        "a@b namespaces=\"git\"",
        "a@b",
        "2026-11-25T00:00:00Z",
        true,
    ),
    (
        "a@b NameSpaces=\"git\"",
        "a@b",
        "2026-11-25T00:00:00Z",
        true,
    ),
    (
        "a@b namespaces=\"file,git\"",
        "a@b",
        "2026-11-25T00:00:00Z",
        true,
    ),
    ("a@b namespaces=\"g*\"", "a@b", "2026-11-25T00:00:00Z", true),
    (
        "a@b namespaces=\"*,!git\"",
        "a@b",
        "2026-11-25T00:00:00Z",
        false,
    ),
    (
        "a@b namespaces=\"file\"",
        "a@b",
        "2026-11-25T00:00:00Z",
        false,
    ),
    (
        "a@b namespaces=\"git\\\"\"",
        "a@b",
        "2026-11-25T00:00:00Z",
        false,
    ),
    (
        "a@b valid-after=\"20261125Z\"",
        "a@b",
        "2026-11-24T23:59:59Z",
        false,
    ),
    (
        "a@b valid-after=\"20261125Z\"",
        "a@b",
        "2026-11-25T00:00:00Z",
        true,
    ),
    (
        "a@b valid-before=\"20261125Z\"",
        "a@b",
        "2026-11-25T00:00:00Z",
        true,
    ),
    (
        "a@b valid-before=\"20261125Z\"",
        "a@b",
        "2026-11-25T00:00:01Z",
        false,
    ),
    (
        "a@b valid-before=\"202611251230Z\"",
        "a@b",
        "2026-11-25T12:30:00Z",
        true,
    ),
    (
        "a@b valid-before=\"202611251230Z\"",
        "a@b",
        "2026-11-25T12:30:01Z",
        false,
    ),
    (
        "a@b valid-before=\"20261125123059Z\"",
        "a@b",
        "2026-11-25T12:30:59Z",
        true,
    ),
    (
        "a@b valid-after=\"20250101Z\",valid-before=\"20260101Z\"",
        "a@b",
        "2025-06-01T00:00:00Z",
        true,
    ),
    (
        "a@b valid-after=\"20250101Z\",valid-before=\"20260101Z\"",
        "a@b",
        "2026-06-01T00:00:00Z",
        false,
    ),
    (
        "a@b namespaces=\"git\",valid-before=\"20270101Z\"",
        "a@b",
        "2026-11-25T00:00:00Z",
        true,
    ),
    (
        "a@b valid-after=\"20260101Z\",valid-before=\"20250101Z\"",
        "a@b",
        "2025-06-01T00:00:00Z",
        false,
    ),
    (
        "a@b valid-after=\"19700101Z\"",
        "a@b",
        "2026-11-25T00:00:00Z",
        false,
    ),
    (
        "a@b no-touch-required",
        "a@b",
        "2026-11-25T00:00:00Z",
        false,
    ),
    ("a@b namespaces=git", "a@b", "2026-11-25T00:00:00Z", false),
];

#[test]
fn every_option_of_a_line_is_judged_alike() {
    let shop = Workshop::new();
    let key = shop.ssh_key("key", &["ed25519"]);
    let armour = shop.ssh_sign("key", "git", MESSAGE, &[]);
    for (front, who, at, expected) in LINES {
        for end in ["\n", "\r\n", " a comment, of words\n"] {
            let allowed = format!("# a comment\n\n{front} {key}{end}");
            let verdicts = (
                ours(allowed.as_bytes(), who, &armour, MESSAGE, time(at)),
                theirs(&shop, allowed.as_bytes(), who, &armour, MESSAGE, time(at)),
            );
            assert_eq!(verdicts, (expected, expected), "{front} {end:?} at {at}");
        }
    }
}

#[test]
fn of_several_lines_with_a_key_any_may_allow_it_and_both_say_so() {
    let shop = Workshop::new();
    let key = shop.ssh_key("key", &["ed25519"]);
    let armour = shop.ssh_sign("key", "git", MESSAGE, &[]);
    let allowed = format!(
        "a@b valid-before=\"20200101Z\" {key}\na@b cert-authority {key}\n\na@b namespaces=\"file\" {key}\na@b {key}"
    );
    let allowed = allowed.as_bytes();
    assert!(ours(allowed, "a@b", &armour, MESSAGE, now()));
    assert!(theirs(&shop, allowed, "a@b", &armour, MESSAGE, now()));
}
