//! What projects release: git objects, signatures, and lists of digests.

use quorate::digest::Sha256;
use quorate_fuzz::release::{COMMIT, HONEST, TAG as SSH_TAG, honest_blob};

use super::Seeds;

/// Signed tags of git, the one by a key that is listed.
const TAG: &[u8] = include_bytes!("../../../crates/openpgp/tests/git-tags/git-v2.44.0");
const OLD_TAG: &[u8] = include_bytes!("../../../crates/openpgp/tests/git-tags/git-v1.7.0");

/// What projects publish beside their releases.
pub(super) fn published() -> Vec<Seeds> {
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

/// Git objects, and signatures by SSH keys with the lists of who may make them. The byte 1 stands for the honest signer's key.
pub(super) fn releases() -> Vec<Seeds> {
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
            vec![("signed", SSH_TAG.to_vec()), ("twice", SSH_TAG.repeat(2))],
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
