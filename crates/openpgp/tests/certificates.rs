//! Whether a certificate of the real gpg lets a key sign at a time: uses, ends, revocations, copies.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod ring;

use quorate_openpgp::{CertificateError, SignatureRefusal};
use ring::{DAY, MADE, MESSAGE, Ring, check, day, gpg_says, sign, word};

#[test]
fn a_signing_subkey_signs_for_its_certificate_and_other_keys_do_not_sign() {
    let ring = Ring::new();
    let main = ring.key("rsa2048", "cert", "0");
    ring.gpg(&["--quick-add-key", &main, "ed25519", "sign", "10d"]);
    ring.gpg(&["--quick-add-key", &main, "rsa2048", "encr", "0"]);
    let sub = ring.fingerprints()[1].clone();
    let signature = sign(&ring, 1, &[]);
    let found = check(&[ring.export()], &signature, 2).unwrap();
    assert_eq!(
        (&found[0].certificate, &found[0].key),
        (&main, &sub),
        "the certificate is the signer"
    );
    // The main key lives on; the subkey is what signed.
    assert_eq!(word(&check(&[ring.export()], &signature, 11)), "Expired");
    // gpg will not sign with a key that is for other things, so its flags are changed after it has signed.
    let ring = Ring::new();
    let id = ring.key("rsa2048", "cert,sign", "0");
    let signature = sign(&ring, 1, &[]);
    let before = ring.export();
    let edit = ["--expert", "--command-fd", "0", "--yes", "--edit-key", &id];
    ring.sign_at(MADE + 2 * DAY, &edit, b"change-usage\nS\nQ\nsave\n");
    let both = [before, ring.export()];
    assert_eq!(word(&check(&both, &signature, 1)), "1 signed");
    assert_eq!(word(&check(&both, &signature, 3)), "NotForSigning");
}

#[test]
fn a_backdated_signature_by_an_expired_key_is_refused() {
    let ring = Ring::new();
    let id = ring.key("ed25519", "sign", "30d");
    let keys = [ring.export()];
    // Whoever has the key of day 40 sets their clock back to day 20.
    let backdated = sign(&ring, 20, &[]);
    let refused = check(&keys, &backdated, 40).unwrap_err();
    assert!(
        matches!(&refused, SignatureRefusal::Expired { key, until, .. }
            if *key == id && *until == day(30)),
        "{refused}"
    );
    assert_eq!(
        ring.verify_at(MADE + 40 * DAY, &backdated, MESSAGE),
        ("EXPKEYSIG".to_owned(), true),
        "gpg ends with success"
    );
    assert_eq!(word(&check(&keys, &backdated, 21)), "1 signed");
    // The claim cannot be later than what is known, either.
    assert_eq!(word(&check(&keys, &backdated, 19)), "MadeLater");
    assert_eq!(word(&check(&keys, &sign(&ring, 0, &[]), -1)), "MadeLater");
}

#[test]
fn a_revocation_without_a_reason_takes_back_everything_and_a_soft_one_what_comes_after() {
    for (reason, before, after) in [
        (0, "RevokedHard", "RevokedHard"),
        (1, "RevokedHard", "RevokedHard"),
        (2, "1 signed", "RevokedSince"),
        (3, "1 signed", "RevokedSince"),
    ] {
        for subkey in [None, Some(1)] {
            let ring = Ring::new();
            let id = ring.key("ed25519", "cert,sign", "0");
            ring.gpg(&["--quick-add-key", &id, "ed25519", "sign", "0"]);
            let signature = sign(&ring, 1, &[]);
            let unrevoked = ring.export();
            ring.revoke_at(MADE + 10 * DAY, &id, subkey, reason);
            let keys = [ring.export()];
            assert_eq!(word(&check(&keys, &signature, 2)), before, "{reason}");
            assert_eq!(word(&check(&keys, &signature, 11)), after, "{reason}");
            assert_eq!(
                ring.verify_at(MADE + 11 * DAY, &signature, MESSAGE).0,
                "REVKEYSIG"
            );
            // An old copy beside it does not bring the key back, in whatever order.
            for keys in [
                [unrevoked.clone(), ring.export()],
                [ring.export(), unrevoked.clone()],
            ] {
                assert_eq!(word(&check(&keys, &signature, 11)), after, "{reason}");
            }
        }
    }
}

#[test]
fn a_revocation_counts_in_a_copy_that_lacks_the_subkey() {
    use sequoia_openpgp::parse::Parse as _;
    use sequoia_openpgp::serialize::SerializeInto as _;
    use sequoia_openpgp::{Cert, Packet, PacketPile};

    let ring = Ring::new();
    let id = ring.key("ed25519", "cert", "0");
    ring.gpg(&["--quick-add-key", &id, "ed25519", "sign", "0"]);
    let signature = sign(&ring, 1, &[]);
    let whole = ring.export();
    ring.revoke_at(MADE + 10 * DAY, &id, None, 1);
    let revoked = Cert::from_bytes(&ring.export()).unwrap().into_packets();
    let stripped: Vec<Packet> = revoked
        .take_while(|packet| !matches!(packet, Packet::PublicSubkey(_)))
        .collect();
    let stripped = PacketPile::from(stripped).to_vec().unwrap();
    assert_eq!(
        word(&check(std::slice::from_ref(&whole), &signature, 11)),
        "1 signed"
    );
    let keys = [whole, stripped];
    assert_eq!(word(&check(&keys, &signature, 11)), "RevokedHard");
}

#[test]
fn a_later_signature_of_the_owner_does_not_lift_a_revocation() {
    let ring = Ring::new();
    let id = ring.key("ed25519", "sign", "0");
    let signature = sign(&ring, 1, &[]);
    ring.revoke_at(MADE + 10 * DAY, &id, None, 3);
    // gpg signs nothing more with a revoked key: the new self-signature comes from a ring that knows of no revocation.
    let elsewhere = Ring::new();
    elsewhere.gpg_with(&["--import"], &ring.gpg(&["--export-secret-keys"]));
    let edit = ["--quick-set-expire", &id, "5y"];
    let other = Ring::new();
    let secret = ring.gpg(&["--export-secret-keys"]);
    let unrevoked = without_revocations(&secret);
    other.gpg_with(&["--import"], &unrevoked);
    other.sign_at(MADE + 20 * DAY, &edit, b"");
    let keys = [ring.export(), other.export()];
    assert_eq!(word(&check(&[other.export()], &signature, 21)), "1 signed");
    assert_eq!(word(&check(&keys, &signature, 21)), "RevokedSince");
}

/// The same key without what was said about its end.
fn without_revocations(secret: &[u8]) -> Vec<u8> {
    use sequoia_openpgp::parse::Parse as _;
    use sequoia_openpgp::serialize::SerializeInto as _;
    use sequoia_openpgp::types::SignatureType;
    use sequoia_openpgp::{Packet, PacketPile};

    let packets = PacketPile::from_bytes(secret).unwrap().into_children();
    let kept: Vec<Packet> = packets
        .filter(|packet| {
            !matches!(packet, Packet::Signature(signature)
                if signature.typ() == SignatureType::KeyRevocation)
        })
        .collect();
    PacketPile::from(kept).to_vec().unwrap()
}

#[test]
fn a_certificate_that_takes_over_somebody_elses_subkey_gets_no_signature() {
    let (alice, mallory) = (Ring::new(), Ring::new());
    let id = alice.key_of("alice", "ed25519", "cert", "0");
    alice.gpg(&["--quick-add-key", &id, "ed25519", "sign", "0"]);
    mallory.key_of("mallory", "ed25519", "cert,sign", "0");
    let signature = sign(&alice, 1, &[]);
    let hers = alice.export();
    // The subkey and what binds it are the last two packets of the export.
    let stolen = last_packets(&hers, 2);
    let taken = [mallory.export(), stolen].concat();
    assert!(check(std::slice::from_ref(&taken), &signature, 2).is_err());
    for keys in [[taken.clone(), hers.clone()], [hers, taken]] {
        let found = check(&keys, &signature, 2).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].certificate, id);
    }
}

fn last_packets(bytes: &[u8], count: usize) -> Vec<u8> {
    use sequoia_openpgp::parse::Parse as _;
    use sequoia_openpgp::serialize::SerializeInto as _;
    use sequoia_openpgp::{Packet, PacketPile};

    let all: Vec<Packet> = PacketPile::from_bytes(bytes)
        .unwrap()
        .into_children()
        .collect();
    let last = all[all.len() - count..].to_vec();
    PacketPile::from(last).to_vec().unwrap()
}

#[test]
fn a_key_that_two_listed_certificates_rightly_have_is_ambiguous() {
    let ring = Ring::new();
    let a = ring.key_of("a@example.org", "ed25519", "cert", "0");
    ring.gpg(&["--quick-add-key", &a, "ed25519", "sign", "0"]);
    let b = ring.key_of("b@example.org", "ed25519", "cert", "0");
    let listed = ring.gpg(&["--list-keys", "--with-colons", "--with-keygrip", &a]);
    let listed = String::from_utf8(listed).unwrap();
    let mut grips = listed
        .lines()
        .filter_map(|line| line.strip_prefix("grp:::::::::"));
    let grip = grips.next_back().unwrap().trim_end_matches(':');
    let edit = ["--expert", "--command-fd", "0", "--yes", "--edit-key", &b];
    // Add a key: an existing one, by its keygrip, with the uses that are offered, for ever.
    let answers = format!("addkey\n13\n{grip}\nQ\n0\ny\ny\nsave\n");
    ring.gpg_with(&edit, answers.as_bytes());
    let subs = |user: &str| ring.fingerprints_of(&[user])[1].clone();
    assert_eq!(subs("a@example.org"), subs("b@example.org"));
    let signature = sign(&ring, 1, &[&format!("{}!", subs("a@example.org"))]);
    assert_eq!(word(&check(&[ring.export()], &signature, 2)), "Ambiguous");
    let one = [ring.gpg(&["--export", "a@example.org"])];
    assert_eq!(word(&check(&one, &signature, 2)), "1 signed");
    assert_eq!(gpg_says(&ring, MADE + 2 * DAY, &signature), "GOODSIG");
}

#[test]
fn listed_certificates_that_cannot_be_read_are_refused_and_not_skipped() {
    let ring = Ring::new();
    ring.key("ed25519", "sign", "0");
    let signature = sign(&ring, 1, &[]);
    let good = ring.export();
    let private = ring.gpg(&["--export-secret-keys"]);
    for bad in [
        vec![],
        b"hello".to_vec(),
        good[..good.len() - 1].to_vec(),
        signature.clone(),
        private.clone(),
        [&good[..], &private].concat(),
    ] {
        let result = check(&[good.clone(), bad], &signature, 2);
        assert_eq!(word(&result), "Certificates");
    }
    let private = check(&[private], &signature, 2).unwrap_err();
    assert!(matches!(
        private,
        SignatureRefusal::Certificates(CertificateError::Private { .. })
    ));
    assert_eq!(word(&check(&[], &signature, 2)), "Certificates");
}

#[test]
fn a_copy_that_is_younger_than_the_time_of_the_judgement_says_nothing_about_it() {
    let ring = Ring::new();
    let id = ring.key("ed25519", "sign", "30d");
    let old = ring.export();
    let signature = sign(&ring, 1, &[]);
    // gpg replaces what the owner said before by what they say now.
    let renew = ["--quick-set-expire", &id, "5y"];
    ring.sign_at(MADE + 10 * DAY, &renew, b"");
    let new = [ring.export()];
    assert_eq!(word(&check(&new, &signature, 2)), "NotYetBound");
    assert_eq!(gpg_says(&ring, MADE + 2 * DAY, &signature), "GOODSIG");
    assert_eq!(word(&check(&new, &signature, 40)), "1 signed");
    let both = [ring.export(), old];
    assert_eq!(word(&check(&both, &signature, 2)), "1 signed");
    assert_eq!(word(&check(&both, &signature, 40)), "1 signed");
}

#[test]
fn the_end_of_the_main_key_is_the_end_of_its_subkeys() {
    let ring = Ring::new();
    let main = ring.key("ed25519", "cert", "30d");
    ring.gpg(&["--quick-add-key", &main, "ed25519", "sign", "0"]);
    let signature = sign(&ring, 1, &[]);
    let keys = [ring.export()];
    assert_eq!(word(&check(&keys, &signature, 29)), "1 signed");
    let refused = check(&keys, &signature, 30).unwrap_err();
    assert!(
        matches!(&refused, SignatureRefusal::Expired { key, until, .. }
            if *key == main && *until == day(30)),
        "{refused}"
    );
}

#[test]
fn a_revocation_by_another_key_cannot_be_checked_and_is_not_ignored() {
    let ring = Ring::new();
    let id = ring.key_of("a@example.org", "ed25519", "sign", "0");
    let revoker = ring.key_of("b@example.org", "ed25519", "sign", "0");
    let signature = sign(&ring, 1, &[&id]);
    let edit = ["--command-fd", "0", "--yes", "--edit-key", &id];
    ring.gpg_with(
        &edit,
        format!("addrevoker\n{revoker}\ny\nsave\n").as_bytes(),
    );
    let export = || [ring.gpg(&["--export", "a@example.org"])];
    assert_eq!(word(&check(&export(), &signature, 2)), "1 signed");
    // Make it: yes, no reason, no text, that is right.
    let revoke = ["--no-batch", "--command-fd", "0", "--desig-revoke", &id];
    let revocation = ring.gpg_with(&revoke, b"y\n0\n\ny\n");
    ring.gpg_with(&["--import"], &revocation);
    let refused = check(&export(), &signature, 2).unwrap_err();
    assert!(
        matches!(&refused, SignatureRefusal::RevokedPerhaps { key } if *key == id),
        "{refused}"
    );
}

#[test]
fn what_md5_holds_together_is_refused_at_every_time() {
    // 2003-01-01, when sequoia's standard still takes it.
    let made = 1_041_379_200;
    let ring = Ring::new();
    let generate = [
        "--cert-digest-algo",
        "MD5",
        "--quick-generate-key",
        "a@example.org",
        "rsa2048",
        "sign",
        "0",
    ];
    ring.sign_at(made, &generate, b"");
    let detach = [
        "--allow-weak-digest-algos",
        "--digest-algo",
        "SHA256",
        "--detach-sign",
    ];
    let signature = ring.sign_at(made, &detach, MESSAGE);
    let days = (made - MADE) / DAY + 1;
    assert_eq!(word(&check(&[ring.export()], &signature, days)), "Invalid");
}
