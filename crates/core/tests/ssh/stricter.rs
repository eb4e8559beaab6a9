//! Where we refuse what ssh-keygen accepts: the list in docs/spec/git-tags.md, each line with its example.

use ed25519_dalek::Signer as _;
use sha2::{Digest as _, Sha256};

use super::forge::{Forged, ed25519_line, key_line, signed, string};
use super::security_keys::mpint;
use super::workshop::Workshop;
use super::{MESSAGE, now, ours, theirs};

/// ssh-keygen accepts it, and we do not.
fn is_refused_here_alone(allowed: &str, armour: &[u8]) -> bool {
    let shop = Workshop::new();
    let allowed = allowed.as_bytes();
    assert!(
        theirs(&shop, allowed, "a@b", armour, MESSAGE, now()),
        "ssh-keygen"
    );
    !ours(allowed, "a@b", armour, MESSAGE, now())
}

fn allowed() -> String {
    format!("a@b {}\n", ed25519_line(1))
}

#[test]
fn an_rsa_key_of_2048_bits() {
    let shop = Workshop::new();
    let line = shop.ssh_key("key", &["rsa", "-b", "2048"]);
    let armour = shop.ssh_sign("key", "git", MESSAGE, &[]);
    assert!(is_refused_here_alone(&format!("a@b {line}\n"), &armour));
}

#[test]
fn a_line_with_a_time_of_no_zone() {
    let armour = Forged::ed25519(1, MESSAGE).armour();
    let allowed = format!("a@b valid-after=\"20200101\" {}\n", ed25519_line(1));
    assert!(is_refused_here_alone(&allowed, &armour));
}

#[test]
fn a_broken_line_beside_the_good_one() {
    let armour = Forged::ed25519(1, MESSAGE).armour();
    for broken in [
        "a@b touch-required ssh-ed25519 AAAA",
        "a@b",
        "c@d ssh-ed25519 AAAA",
    ] {
        for text in [
            format!("{broken}\n{}", allowed()),
            format!("{}{broken}\n", allowed()),
        ] {
            assert!(is_refused_here_alone(&text, &armour), "{text}");
        }
    }
}

#[test]
fn a_day_that_does_not_exist() {
    let armour = Forged::ed25519(1, MESSAGE).armour();
    let allowed = format!("a@b valid-after=\"20260230Z\" {}\n", ed25519_line(1));
    assert!(is_refused_here_alone(&allowed, &armour));
}

#[test]
fn armour_on_other_lines_or_with_something_behind_it() {
    let forged = Forged::ed25519(1, MESSAGE);
    let good = String::from_utf8(forged.armour()).expect("text");
    let first = good.lines().nth(1).expect("base64");
    let (one, two) = first.split_at(30);
    for bad in [
        format!("{good}\n"),
        format!("{good}something else\n"),
        good.replacen(first, &format!("{one}\n{two}"), 1),
        good.replacen('\n', "\n\n", 1),
    ] {
        assert!(is_refused_here_alone(&allowed(), bad.as_bytes()), "{bad:?}");
    }
}

#[test]
fn a_reserved_field_that_is_used() {
    let mut forged = Forged::ed25519(1, MESSAGE);
    forged.reserved = b"something".to_vec();
    assert!(is_refused_here_alone(&allowed(), &forged.armour()));
}

#[test]
fn numbers_with_zeros_in_front() {
    let kind = "ecdsa-sha2-nistp256";
    let secret = p256::ecdsa::SigningKey::from_slice(&[5; 32]).expect("a key");
    let point = secret.verifying_key().to_sec1_point(false);
    let key = [string(kind), string("nistp256"), string(point.as_bytes())].concat();
    let line = format!("a@b {}\n", key_line(kind, &key));
    let covered = signed(b"git", b"sha256", &Sha256::digest(MESSAGE));
    let mark: p256::ecdsa::Signature = p256::ecdsa::signature::Signer::sign(&secret, &covered);
    let numbers = mark.to_bytes();
    let with = |r: Vec<u8>| {
        let mark = [r, mpint(&numbers[32..])].concat();
        let mut forged = Forged::good(key.clone(), [string(kind), string(mark)].concat());
        forged.hash = b"sha256".to_vec();
        forged.armour()
    };
    assert!(ours(
        line.as_bytes(),
        "a@b",
        &with(mpint(&numbers[..32])),
        MESSAGE,
        now()
    ));
    let padded = string([&[0, 0], &numbers[..32]].concat());
    assert!(is_refused_here_alone(&line, &with(padded)));
}

/// A signature by a key of small order holds for any message: whoever has such a key listed has signed everything.
#[test]
fn an_ed25519_key_of_small_order() {
    let mut identity = [0; 32];
    identity[0] = 1;
    let key = [string("ssh-ed25519"), string(identity)].concat();
    // R is the identity as well, and s is zero.
    let mark = [&identity[..], &[0; 32]].concat();
    let forged = Forged::good(key.clone(), [string("ssh-ed25519"), string(mark)].concat());
    let allowed = format!("a@b {}\n", key_line("ssh-ed25519", &key));
    assert!(is_refused_here_alone(&allowed, &forged.armour()));
}

/// A certificate by an authority of the list, which ssh-keygen follows.
#[test]
fn a_certificate_of_a_listed_authority() {
    let shop = Workshop::new();
    let authority = shop.ssh_key("authority", &["ed25519"]);
    shop.ssh_key("key", &["ed25519"]);
    let certify = ["-q", "-s", "authority", "-I", "id", "-n", "a@b", "key.pub"];
    shop.run(".", "ssh-keygen", &certify);
    let armour = shop.ssh_sign("key-cert.pub", "git", MESSAGE, &[]);
    let allowed = format!("a@b cert-authority {authority}\n");
    assert!(is_refused_here_alone(&allowed, &armour));
}

/// What a key of ours signs under one name of the hash does not hold under the other.
#[test]
fn a_hash_named_otherwise_is_refused_by_both() {
    let secret = ed25519_dalek::SigningKey::from_bytes(&[1; 32]);
    let covered = signed(b"git", b"sha256", &Sha256::digest(MESSAGE));
    let mark = secret.sign(&covered).to_bytes();
    let mut forged = Forged::ed25519(1, MESSAGE);
    forged.mark = [string("ssh-ed25519"), string(mark)].concat();
    let shop = Workshop::new();
    let verdicts = |armour: &[u8]| {
        let allowed = allowed();
        let ours = ours(allowed.as_bytes(), "a@b", armour, MESSAGE, now());
        (
            ours,
            theirs(&shop, allowed.as_bytes(), "a@b", armour, MESSAGE, now()),
        )
    };
    assert_eq!(verdicts(&forged.armour()), (false, false));
    forged.hash = b"sha256".to_vec();
    assert_eq!(verdicts(&forged.armour()), (true, true));
}
