//! Security keys (FIDO): made here without one, and judged as ssh-keygen judges them, save that somebody must have touched them.

use ed25519_dalek::Signer as _;
use quorate::source::ssh::SshSignatureError;
use quorate::source::ssh::{SshRefusal, SshSignature};
use sha2::{Digest as _, Sha512};

use super::forge::{Forged, key_line, signed, string, touched};
use super::workshop::Workshop;
use super::{MESSAGE, now, ours, signer, theirs};

const APPLICATION: &str = "ssh:";
const COUNTER: [u8; 4] = [0, 0, 0, 7];

/// A key's line, and its signature with these flags.
fn ed25519(flags: u8) -> (String, Forged) {
    let kind = "sk-ssh-ed25519@openssh.com";
    let secret = ed25519_dalek::SigningKey::from_bytes(&[5; 32]);
    let point = secret.verifying_key();
    let key = [string(kind), string(point.as_bytes()), string(APPLICATION)].concat();
    let mark = secret.sign(&covered(flags)).to_bytes();
    (key_line(kind, &key), finish(kind, key, &mark, flags))
}

fn p256(flags: u8) -> (String, Forged) {
    let kind = "sk-ecdsa-sha2-nistp256@openssh.com";
    let secret = p256::ecdsa::SigningKey::from_slice(&[5; 32]).expect("a key");
    let point = secret.verifying_key().to_sec1_point(false);
    let key = [
        string(kind),
        string("nistp256"),
        string(point.as_bytes()),
        string(APPLICATION),
    ]
    .concat();
    let mark: p256::ecdsa::Signature =
        p256::ecdsa::signature::Signer::sign(&secret, &covered(flags));
    let numbers = mark.to_bytes();
    let mark = [mpint(&numbers[..32]), mpint(&numbers[32..])].concat();
    (key_line(kind, &key), finish(kind, key, &mark, flags))
}

fn covered(flags: u8) -> Vec<u8> {
    let signed = signed(b"git", b"sha512", &Sha512::digest(MESSAGE));
    touched(APPLICATION, &[&[flags], &COUNTER[..]].concat(), &signed)
}

fn finish(kind: &str, key: Vec<u8>, mark: &[u8], flags: u8) -> Forged {
    let mark = [string(kind), string(mark), vec![flags], COUNTER.to_vec()].concat();
    Forged::good(key, mark)
}

/// RFC 4251 `mpint` of a positive number.
pub(super) fn mpint(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let digits = &number[zeros..];
    let sign: &[u8] = if digits[0] >= 0x80 { &[0] } else { &[] };
    string([sign, digits].concat())
}

#[test]
fn a_touched_security_key_signs_and_ssh_keygen_agrees() {
    let shop = Workshop::new();
    for make in [ed25519, p256] {
        for flags in [1, 5, 0x81] {
            let (line, forged) = make(flags);
            let allowed = format!("a@b {line}\n");
            let armour = forged.armour();
            assert!(
                ours(allowed.as_bytes(), "a@b", &armour, MESSAGE, now()),
                "{line}"
            );
            assert!(
                theirs(&shop, allowed.as_bytes(), "a@b", &armour, MESSAGE, now()),
                "{line}"
            );
        }
    }
}

#[test]
fn a_security_key_that_nobody_touched_is_refused_although_ssh_keygen_accepts_it() {
    let shop = Workshop::new();
    for make in [ed25519, p256] {
        for flags in [0, 4] {
            let (line, forged) = make(flags);
            let armour = forged.armour();
            assert_eq!(
                SshSignature::parse(&armour).err(),
                Some(SshSignatureError::Untouched)
            );
            let allowed = format!("a@b {line}\n");
            assert!(
                theirs(&shop, allowed.as_bytes(), "a@b", &armour, MESSAGE, now()),
                "{line}"
            );
        }
    }
}

#[test]
fn flags_counter_and_application_are_signed() {
    for make in [ed25519, p256] {
        let (line, forged) = make(1);
        let allowed = format!("a@b {line}");
        let end = forged.mark.len();
        for (at, to) in [(end - 5, 5), (end - 1, 8)] {
            let mut changed = forged.clone();
            changed.mark[at] = to;
            let refusal = signer(&allowed, &changed.armour());
            assert!(
                matches!(refusal, Err(SshRefusal::BadSignature { .. })),
                "{at}"
            );
        }
        // The same point for another application is another key.
        let mut changed = forged.clone();
        let last = changed.key.len() - 1;
        changed.key[last] = b';';
        let refusal = signer(&allowed, &changed.armour());
        assert!(matches!(refusal, Err(SshRefusal::Unlisted { .. })));
        let other = key_line(line.split(' ').next().expect("a type"), &changed.key);
        let refusal = signer(format!("a@b {other}"), &changed.armour());
        assert!(matches!(refusal, Err(SshRefusal::BadSignature { .. })));
    }
}

#[test]
fn a_security_keys_signature_without_or_with_more_than_flags_and_counter_is_refused() {
    for make in [ed25519, p256] {
        let (_, forged) = make(1);
        for cut in 1..=5 {
            let mut shorter = forged.clone();
            shorter.mark.truncate(shorter.mark.len() - cut);
            let refused = SshSignature::parse(&shorter.armour()).err();
            assert_eq!(refused, Some(SshSignatureError::Encoding));
        }
        let mut longer = forged.clone();
        longer.mark.push(0);
        assert_eq!(
            SshSignature::parse(&longer.armour()).err(),
            Some(SshSignatureError::Encoding)
        );
    }
}
