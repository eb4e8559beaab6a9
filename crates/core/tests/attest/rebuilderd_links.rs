//! Real attestations of two public rebuilders: signatures hold, and no source is named, so they never count.

use quorate::digest::Sha256;
use quorate::envelope::Envelope;
use quorate::key::PublicKey;
use quorate::limits::Limits;
use quorate::verify::{ArtifactState, Evidence, Standing};
use quorate_testkit::scenario::{Scene, evidence, replaced};

const DEBIAN_LINK: &[u8] =
    include_bytes!("rebuilderd/librust-as-slice-dev_0.2.1-1+b2_amd64.in-toto.link");
const DEBIAN_KEY: &[u8] = include_bytes!("rebuilderd/reproduce-debian-net-amd64.pub");
const DEBIAN_PACKAGE: &str = "32be954941cdb42bce44c19ece910af04ece3a1acc9b79fa3e8ff735ffb511cd";
const ARCH_LINK: &[u8] = include_bytes!("rebuilderd/filesystem-2025.10.12-1-any.in-toto.link");
const ARCH_FORGED: &[u8] =
    include_bytes!("rebuilderd/filesystem-2025.10.12-1-any.INVALID.in-toto.link");
const ARCH_KEY: &[u8] = include_bytes!("rebuilderd/reproducible-archlinux.pub");
const ARCH_PACKAGE: &str = "6b6c3fee7432204840d3b6afc9bc1a68c28f591a47fb220071715c40cca956df";

fn key(file: &[u8]) -> PublicKey {
    PublicKey::from_file(file, &Limits::STANDARD).expect("a published key")
}

/// A policy of which one of two parties has the rebuilder's key, with the rebuilder's package in hand.
fn scene(file: &[u8], package: &str, link: &[u8]) -> Scene {
    let mut scene = Scene::with(1, 1, |draft| {
        draft.keys.insert("rebuilderd.pub".to_owned(), key(file));
        draft
            .parties
            .push(("rebuilderd".to_owned(), vec!["rebuilderd.pub".to_owned()]));
    });
    scene.artifact.state = ArtifactState::Read(Sha256::parse(package).expect("a digest"));
    scene.evidence = vec![link_evidence(link)];
    scene
}

fn link_evidence(link: &[u8]) -> Evidence<'static> {
    evidence("rebuilderd.link", link.to_vec())
}

fn opens(link: &[u8], file: &[u8]) -> bool {
    let envelope = Envelope::parse(link, &Limits::STANDARD).expect("a metablock");
    envelope.open(&[&key(file)], &Limits::STANDARD).is_ok()
}

#[test]
fn a_published_link_is_signed_by_the_published_key_and_by_no_other() {
    assert!(opens(DEBIAN_LINK, DEBIAN_KEY));
    assert!(opens(ARCH_LINK, ARCH_KEY));
    assert!(!opens(DEBIAN_LINK, ARCH_KEY));
    assert!(!opens(ARCH_LINK, DEBIAN_KEY));
}

#[test]
fn a_link_with_a_forged_signature_is_nobodys() {
    assert!(!opens(ARCH_FORGED, ARCH_KEY));
    let scene = scene(ARCH_KEY, ARCH_PACKAGE, ARCH_FORGED);
    assert_eq!(scene.standing(1), Standing::Absent);
    assert!(scene.dropped()[0].contains("no valid signature"));
}

#[test]
fn a_link_that_names_no_source_confirms_the_bytes_and_never_counts() {
    for (file, package, link) in [
        (DEBIAN_KEY, DEBIAN_PACKAGE, DEBIAN_LINK),
        (ARCH_KEY, ARCH_PACKAGE, ARCH_LINK),
    ] {
        let mut scene = scene(file, package, link);
        assert!(scene.dropped().is_empty(), "{:?}", scene.dropped());
        assert_eq!(scene.standing(1), Standing::Weak);
        assert_eq!(scene.refusal(), Some(("source", "source-too-few")));
        scene.hold(b"other bytes");
        assert_eq!(scene.standing(1), Standing::Absent);
    }
}

#[test]
fn a_published_link_with_a_changed_product_is_nobodys() {
    let path = [
        "signed",
        "products",
        "librust-as-slice-dev_0.2.1-1+b2_amd64.deb",
        "sha256",
    ];
    let changed = replaced(DEBIAN_LINK, &path, ARCH_PACKAGE);
    assert!(!opens(&changed, DEBIAN_KEY));
    let injected = replaced(DEBIAN_LINK, &["signed", "source"], "rust-as-slice");
    assert!(!opens(&injected, DEBIAN_KEY));
}
