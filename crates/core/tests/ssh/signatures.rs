//! Signatures that are not exactly what ssh-keygen writes are refused, each by its name.

use quorate::source::ssh::{SshKeyError, SshPublicKey, SshSignature, SshSignatureError as Error};

use super::forge::{Forged, armour, ed25519_key, ed25519_line, string};
use super::workshop::Workshop;
use super::{MESSAGE, signer};

fn forged() -> Forged {
    Forged::ed25519(1, MESSAGE)
}

fn error(armour: impl AsRef<[u8]>) -> Error {
    SshSignature::parse(armour.as_ref()).expect_err("a refusal")
}

fn with(change: impl Fn(&mut Forged)) -> Error {
    let mut forged = forged();
    change(&mut forged);
    error(forged.armour())
}

#[test]
fn the_forge_makes_good_signatures_when_nothing_is_changed() {
    let allowed = format!("a@b {}", ed25519_line(1));
    assert!(signer(allowed, &forged().armour()).is_ok());
}

#[test]
fn armour_with_anything_around_or_within_it_is_refused() {
    let good = String::from_utf8(forged().armour()).expect("text");
    let first = good.lines().nth(1).expect("base64");
    for bad in [
        format!("\n{good}"),
        format!(" {good}"),
        format!("{good}\n"),
        format!("{good}x"),
        good.repeat(2),
        good.trim_end().to_owned(),
        good.replace('\n', "\r\n"),
        good.replacen('\n', "\n\n", 1),
        good.replacen('\n', "\nComment: x\n\n", 1),
        good.replacen(first, &format!("{first} "), 1),
        // The same base64 on other lines.
        good.replacen(first, &first.replace("AAAA", "AAAA\n"), 1),
        good.replacen(&format!("{first}\n"), first, 1),
        good.replace("SSH SIGNATURE", "PGP SIGNATURE"),
        good.replace("-----BEGIN", "----BEGIN"),
        "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n".to_owned(),
        "-----BEGIN SSH SIGNATURE-----\n\n-----END SSH SIGNATURE-----\n".to_owned(),
        String::new(),
    ] {
        assert_eq!(error(&bad), Error::Armour, "{bad:?}");
    }
}

#[test]
fn base64_that_is_not_canonical_is_refused() {
    // One byte more makes the last group two characters and two `=`; the low bits of the second must be zero.
    let mut longer = forged();
    longer.trailing = vec![0; (1 + 3 - longer.blob().len() % 3) % 3];
    let text = String::from_utf8(longer.armour()).expect("text");
    assert!(text.contains("==\n-----END"));
    assert_eq!(error(text.replace("A==\n", "B==\n")), Error::Armour);
    assert_eq!(error(text.replace("==\n", "\n")), Error::Armour);
}

#[test]
fn armour_beyond_the_limit_is_refused_before_it_is_decoded() {
    assert_eq!(error(armour(&vec![0; 16 << 10])), Error::Armour);
}

#[test]
fn trailing_bytes_are_refused_wherever_they_stand() {
    assert_eq!(with(|f| f.trailing = vec![0]), Error::Encoding);
    assert_eq!(with(|f| f.mark.push(0)), Error::Encoding);
    assert_eq!(with(|f| f.key.push(0)), Error::Key(SshKeyError::Encoding));
}

#[test]
fn a_signature_cut_short_anywhere_is_refused() {
    let blob = forged().blob();
    for end in 0..blob.len() {
        assert!(SshSignature::parse(&armour(&blob[..end])).is_err(), "{end}");
    }
}

#[test]
fn another_version_magic_namespace_or_reserved_field_is_refused() {
    for version in [0, 2, u32::MAX] {
        assert_eq!(with(|f| f.version = version), Error::Version(version));
    }
    assert_eq!(with(|f| f.magic = b"SSHSIh".to_vec()), Error::Encoding);
    assert_eq!(with(|f| f.namespace.clear()), Error::NoNamespace);
    assert_eq!(with(|f| f.namespace = vec![0xff]), Error::Encoding);
    assert_eq!(with(|f| f.reserved = vec![0]), Error::Reserved);
}

#[test]
fn other_hashes_are_refused_by_name() {
    for hash in ["sha1", "md5", "SHA512", "sha384", "sha512\n", ""] {
        let refused = with(|f| f.hash = hash.as_bytes().to_vec());
        assert_eq!(refused, Error::Hash(hash.replace('\n', "\\n")));
    }
}

#[test]
fn other_key_types_are_refused_by_name() {
    let of = |name: &str| with(|f| f.key = [string(name), string([9; 32])].concat());
    assert_eq!(of("ssh-dss"), Error::Key(SshKeyError::Dsa));
    for name in [
        "ssh-ed448",
        "ED25519",
        "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
        "",
        "rsa-sha2-512",
    ] {
        assert_eq!(of(name), Error::Key(SshKeyError::Type(name.to_owned())));
    }
    for name in [
        "ssh-ed25519-cert-v01@openssh.com",
        "ssh-rsa-cert-v01@openssh.com",
    ] {
        assert_eq!(
            of(name),
            Error::Key(SshKeyError::Certificate(name.to_owned()))
        );
    }
}

#[test]
fn a_signature_by_a_certificate_is_refused_with_the_reason() {
    let shop = Workshop::new();
    shop.ssh_key("authority", &["ed25519"]);
    shop.ssh_key("key", &["ed25519"]);
    let sign = ["-q", "-s", "authority", "-I", "id", "-n", "a@b", "key.pub"];
    shop.run(".", "ssh-keygen", &sign);
    // Given a certificate, ssh-keygen signs by the key beside it and puts the certificate into the signature.
    let armour = shop.ssh_sign("key-cert.pub", "git", MESSAGE, &[]);
    let kind = "ssh-ed25519-cert-v01@openssh.com".to_owned();
    assert_eq!(error(armour), Error::Key(SshKeyError::Certificate(kind)));
}

#[test]
fn a_scheme_that_is_not_the_keys_is_refused() {
    for scheme in [
        "ecdsa-sha2-nistp256",
        "rsa-sha2-512",
        "ssh-ed25519-cert-v01@openssh.com",
        "",
    ] {
        let refused = with(|f| f.mark = [string(scheme), string([0; 64])].concat());
        assert!(matches!(refused, Error::Scheme { .. }), "{scheme:?}");
    }
    let shop = Workshop::new();
    let line = shop.ssh_key("key", &["rsa", "-b", "3072"]);
    let key = wire_key(&line);
    for scheme in ["ssh-rsa", "rsa-sha2-384", "ssh-ed25519"] {
        let mark = [string(scheme), string([1; 384])].concat();
        let refused = error(Forged::good(key.clone(), mark).armour());
        assert!(
            matches!(refused, Error::Scheme { key: "ssh-rsa", .. }),
            "{scheme}"
        );
    }
}

fn wire_key(line: &str) -> Vec<u8> {
    use base64::Engine as _;
    let blob = line.split(' ').nth(1).expect("base64");
    base64::engine::general_purpose::STANDARD
        .decode(blob)
        .expect("base64")
}

#[test]
fn an_rsa_key_below_3072_bits_is_refused() {
    let key = |modulus: Vec<u8>| {
        let blob = [string("ssh-rsa"), string([1, 0, 1]), string(modulus)].concat();
        SshPublicKey::from_wire(&blob).map(|key| key.type_name())
    };
    let modulus = |first: &[u8], bytes: usize| [first, &vec![0xff; bytes]].concat();
    assert_eq!(key(modulus(&[0], 256)), Err(SshKeyError::ShortRsa(2048)));
    assert_eq!(key(modulus(&[0x7f], 383)), Err(SshKeyError::ShortRsa(3071)));
    assert_eq!(key(modulus(&[0], 384)), Ok("ssh-rsa"));
    assert!(matches!(
        key(modulus(&[0], 1_025)),
        Err(SshKeyError::Weak(_))
    ));
    let small_exponent = [string("ssh-rsa"), string([3]), string(modulus(&[0], 384))].concat();
    assert!(matches!(
        SshPublicKey::from_wire(&small_exponent),
        Err(SshKeyError::Weak(_))
    ));
}

#[test]
fn a_second_spelling_of_a_key_is_refused() {
    let refused = |parts: &[Vec<u8>]| {
        assert_eq!(
            SshPublicKey::from_wire(&parts.concat()),
            Err(SshKeyError::Encoding)
        );
    };
    let modulus = [vec![0], vec![0xff; 384]].concat();
    // Numbers with a zero too many, or without the one that makes them positive.
    refused(&[string("ssh-rsa"), string([0, 1, 0, 1]), string(&modulus)]);
    refused(&[
        string("ssh-rsa"),
        string([1, 0, 1]),
        string([&[0], &modulus[..]].concat()),
    ]);
    refused(&[string("ssh-rsa"), string([1, 0, 1]), string(&modulus[1..])]);
    let shop = Workshop::new();
    let line = shop.ssh_key("key", &["ecdsa", "-b", "256"]);
    let key = wire_key(&line);
    let point = &key[key.len() - 65..];
    let (kind, curve) = (string("ecdsa-sha2-nistp256"), string("nistp256"));
    let whole = [kind.clone(), curve.clone(), string(point)].concat();
    assert!(SshPublicKey::from_wire(&whole).is_ok());
    let compressed = [&[2 + (point[64] & 1)], &point[1..33]].concat();
    refused(&[kind.clone(), curve.clone(), string(compressed)]);
    refused(&[
        kind.clone(),
        curve.clone(),
        string([&[6 + (point[64] & 1)], &point[1..]].concat()),
    ]);
    refused(&[kind.clone(), string("nistp384"), string(point)]);
    refused(&[kind.clone(), string(""), string(point)]);
    refused(&[kind.clone(), string("ecdsa-sha2-nistp256"), string(point)]);
    // A whole key of another curve than its type says.
    let longer = wire_key(&shop.ssh_key("longer", &["ecdsa", "-b", "384"]));
    let longer = string(&longer[longer.len() - 97..]);
    refused(&[kind.clone(), string("nistp384"), longer]);
    let mut off_the_curve = point.to_vec();
    off_the_curve[64] ^= 1;
    refused(&[kind, curve, string(off_the_curve)]);
}

#[test]
fn an_ed25519_key_of_small_order_is_refused() {
    let mut one = [0; 32];
    one[0] = 1;
    let key = [string("ssh-ed25519"), string(one)].concat();
    assert!(matches!(
        SshPublicKey::from_wire(&key),
        Err(SshKeyError::Weak(_))
    ));
}

#[test]
fn an_ed25519_signature_with_a_scalar_too_large_is_refused() {
    let mut forged = forged();
    let at = forged.mark.len() - 1;
    // The order of the group added to the scalar changes its top bits.
    forged.mark[at] |= 0xe0;
    let allowed = format!("a@b {}", ed25519_line(1));
    assert!(signer(allowed, &forged.armour()).is_err());
}

#[test]
fn a_signature_by_one_key_in_the_name_of_another_is_refused() {
    let mut forged = forged();
    forged.key = ed25519_key(2);
    let allowed = format!("a@b {}\na@b {}", ed25519_line(1), ed25519_line(2));
    assert!(signer(allowed, &forged.armour()).is_err());
}
