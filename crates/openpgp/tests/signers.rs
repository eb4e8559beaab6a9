//! Signatures of the real gpg over documents: who signed, what is refused, and where gpg itself says otherwise.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod ring;

use quorate::limits::Limits;
use quorate::time::Timestamp;
use quorate_openpgp::{SignatureRefusal, Signer, claimed_time, signers};
use ring::{DAY, MADE, MESSAGE, Ring, check, day, gpg_says, sign, word};

#[test]
fn keys_of_every_supported_type_sign_and_gpg_agrees() {
    for algorithm in ["rsa2048", "ed25519", "nistp256", "nistp384", "nistp521"] {
        let ring = Ring::new();
        let id = ring.key(algorithm, "sign", "0");
        let signature = sign(&ring, 1, &[]);
        let expected = Signer {
            certificate: id.clone(),
            key: id,
            user_id: Some("a@example.org".to_owned()),
            made: day(1),
        };
        let found = check(&[ring.export()], &signature, 2).unwrap();
        assert_eq!(found, std::slice::from_ref(&expected), "{algorithm}");
        assert_eq!(claimed_time(&signature).unwrap(), day(1));
        let verdict = ring.verify_at(MADE + 2 * DAY, &signature, MESSAGE);
        assert_eq!(verdict, ("GOODSIG".to_owned(), true));
        // Armoured certificates, binary signatures, several files: all the same.
        let armoured = ring.gpg(&["--armor", "--export"]);
        let binary = ring.gpg_with(&["--dearmor"], &signature);
        let other = Ring::new();
        other.key("ed25519", "sign", "0");
        let found = check(&[other.export(), armoured], &binary, 2).unwrap();
        assert_eq!(found, [expected]);
        let changed = signers(
            &[ring.export()],
            &signature,
            b"object 1\n",
            day(2),
            &Limits::STANDARD,
        );
        assert_eq!(word(&changed), "Bad");
    }
}

#[test]
fn a_key_that_nobody_listed_is_refused_by_name() {
    let (ring, other) = (Ring::new(), Ring::new());
    let id = ring.key("ed25519", "sign", "0");
    other.key("ed25519", "sign", "0");
    let refused = check(&[other.export()], &sign(&ring, 1, &[]), 2).unwrap_err();
    assert!(
        matches!(&refused, SignatureRefusal::Unlisted { key } if *key == id),
        "{refused}"
    );
}

#[test]
fn every_signature_of_a_block_must_hold() {
    let ring = Ring::new();
    let a = ring.key_of("a@example.org", "ed25519", "sign", "0");
    let b = ring.key_of("b@example.org", "rsa2048", "sign", "10d");
    let only_a = ring.gpg(&["--export", "a@example.org"]);
    let block = sign(&ring, 1, &[&a, &b]);
    let found = check(&[ring.export()], &block, 2).unwrap();
    let ids: Vec<_> = found.iter().map(|signer| &signer.certificate).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.contains(&&a) && ids.contains(&&b));
    assert_eq!(
        word(&check(std::slice::from_ref(&only_a), &block, 2)),
        "Unlisted"
    );
    let who_knows_a = Ring::new();
    who_knows_a.gpg_with(&["--import"], &only_a);
    let (said, ended_well) = who_knows_a.verify_at(MADE + 2 * DAY, &block, MESSAGE);
    assert!(said.contains("GOODSIG") && !ended_well, "{said}");
    assert_eq!(word(&check(&[ring.export()], &block, 11)), "Expired");
    // One person who signs twice is one signer.
    let one = ring.gpg_with(&["--dearmor"], &sign(&ring, 1, &[&a]));
    let two = ring.gpg_with(&["--dearmor"], &sign(&ring, 3, &[&a]));
    let found = check(&[ring.export()], &[one.clone(), two].concat(), 4).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].made, day(1));
    let sixteen = one.repeat(16);
    assert_eq!(word(&check(&[ring.export()], &sixteen, 2)), "1 signed");
    assert_eq!(
        word(&check(&[ring.export()], &one.repeat(17), 2)),
        "TooMany"
    );
}

#[test]
fn a_block_is_one_block_of_signatures_and_nothing_else() {
    let ring = Ring::new();
    ring.key("ed25519", "sign", "0");
    let keys = [ring.export()];
    let armoured = String::from_utf8(sign(&ring, 1, &[])).unwrap();
    let binary = ring.gpg_with(&["--dearmor"], armoured.as_bytes());
    let refused = |block: &[u8]| check(&keys, block, 2).unwrap_err();
    for block in [
        format!("hello\n{armoured}"),
        format!("\n{armoured}"),
        format!("{armoured}{armoured}"),
        format!("{armoured}\n"),
        format!("{armoured}hello\n"),
        armoured.replace("\n\n", "\n"),
        armoured.replace("\n\n", "\nno header\n\n"),
        armoured.replace("\n=", "\n\n="),
        armoured.replace("SIGNATURE", "MESSAGE"),
        armoured.replace('\n', "\r\r\n"),
        armoured.replace("-----END", "=AAAA\n-----END"),
        armoured.replace("\n-----END", "*\n-----END"),
        String::new(),
    ] {
        let refusal = refused(block.as_bytes());
        assert!(
            matches!(refusal, SignatureRefusal::Form(_)),
            "{block}: {refusal}"
        );
    }
    let crlf = armoured.replace('\n', "\r\n");
    assert!(check(&keys, crlf.as_bytes(), 2).is_ok());
    assert!(check(&keys, armoured.trim_end().as_bytes(), 2).is_ok());
    for cut in 1..binary.len() {
        refused(&binary[..cut]);
    }
    refused(&[&binary[..], b"x"].concat());
    refused(&[&binary[..], &[0; 9]].concat());
    refused(&[&binary[..], &ring.export()].concat());
    // RFC 9580 §5.8: other tools skip a marker packet, which is as good as text.
    let marked = [b"\xca\x03PGP".as_slice(), &binary].concat();
    refused(&marked);
    assert_eq!(gpg_says(&ring, MADE + 2 * DAY, &marked), "GOODSIG");
    let framed = format!("hello\n{armoured}hello\n");
    assert_eq!(
        gpg_says(&ring, MADE + 2 * DAY, framed.as_bytes()),
        "GOODSIG"
    );
    for version in [3, 5, 7] {
        let mut other = binary.clone();
        other[2] = version;
        refused(&other);
    }
    // RFC 9580 §5.2.2: version 3 covers neither the key nor when it expires.
    let old = [
        &[0x88, 22, 3, 5, 0][..],
        &MADE.to_be_bytes()[4..],
        &[0; 8],
        &[1, 8, 0, 0, 0, 1, 1],
    ];
    assert!(matches!(
        refused(&old.concat()),
        SignatureRefusal::NotASignature { number: 1 }
    ));
    refused(&ring.export());
    refused(&ring.gpg_with(&["--sign"], MESSAGE));
    assert!(matches!(
        refused(&vec![0x88; 70_000]),
        SignatureRefusal::TooLarge { .. }
    ));
}

#[test]
fn a_signature_whose_line_ends_do_not_matter_is_not_over_exactly_these_bytes() {
    let ring = Ring::new();
    ring.key("ed25519", "sign", "0");
    let textmode = ["--armor", "--textmode", "--detach-sign"];
    let signature = ring.sign_at(MADE, &textmode, MESSAGE);
    assert_eq!(word(&check(&[ring.export()], &signature, 1)), "Kind");
    // Other bytes, and gpg takes them, too.
    let (said, ended_well) = ring.verify_at(MADE + DAY, &signature, b"object 0\r\n");
    assert_eq!((said.as_str(), ended_well), ("GOODSIG", true));
}

#[test]
fn what_is_weak_is_refused_at_every_time() {
    let ring = Ring::new();
    ring.key("rsa2048", "sign", "0");
    let sha1 = ["--digest-algo", "SHA1", "--detach-sign"];
    let signature = ring.sign_at(MADE, &sha1, MESSAGE);
    assert_eq!(word(&check(&[ring.export()], &signature, 1)), "WeakDigest");
    assert_eq!(gpg_says(&ring, MADE, &signature), "GOODSIG");
    for (algorithm, made) in [("dsa2048", MADE), ("rsa1024", 1_300_000_000)] {
        let ring = Ring::new();
        let generate = [
            "--quick-generate-key",
            "a@example.org",
            algorithm,
            "sign",
            "0",
        ];
        ring.sign_at(made, &generate, b"");
        let detach = ["--digest-algo", "SHA256", "--detach-sign"];
        let signature = ring.sign_at(made, &detach, MESSAGE);
        let at = Timestamp::from_unix_seconds(made).unwrap();
        let result = signers(&[ring.export()], &signature, MESSAGE, at, &Limits::STANDARD);
        assert_eq!(word(&result), "WeakKey", "{algorithm}");
        assert_eq!(gpg_says(&ring, made, &signature), "GOODSIG");
    }
}

#[test]
fn a_signature_that_ends_ends() {
    let ring = Ring::new();
    ring.key("ed25519", "sign", "0");
    let short = ["--default-sig-expire", "5d", "--detach-sign"];
    let signature = ring.sign_at(MADE, &short, MESSAGE);
    let keys = [ring.export()];
    assert_eq!(word(&check(&keys, &signature, 4)), "1 signed");
    assert_eq!(word(&check(&keys, &signature, 5)), "SignatureExpired");
    let said = ring.verify_at(MADE + 6 * DAY, &signature, MESSAGE);
    assert_eq!(said, ("EXPSIG".to_owned(), false));
}

#[test]
fn a_critical_notation_that_is_unknown_is_refused() {
    let ring = Ring::new();
    ring.key("ed25519", "sign", "0");
    for (notation, expected) in [
        ("x@example.org=1", "1 signed"),
        ("!x@example.org=1", "Critical"),
    ] {
        let noted = ["--sig-notation", notation, "--detach-sign"];
        let signature = ring.sign_at(MADE, &noted, MESSAGE);
        assert_eq!(word(&check(&[ring.export()], &signature, 1)), expected);
    }
}

#[test]
fn more_work_than_the_limits_allow_is_refused() {
    let ring = Ring::new();
    ring.key("ed25519", "sign", "0");
    let block = ring
        .gpg_with(&["--dearmor"], &sign(&ring, 1, &[]))
        .repeat(3);
    let at = |signature_checks_max| {
        let limits = Limits {
            signature_checks_max,
            ..Limits::STANDARD
        };
        signers(&[ring.export()], &block, MESSAGE, day(2), &limits)
    };
    assert_eq!(word(&at(2)), "Work");
    assert_eq!(word(&at(3)), "1 signed");
}

#[test]
fn a_signature_that_says_it_is_older_than_its_key_is_refused() {
    let ring = Ring::new();
    let id = ring.key("ed25519", "sign", "0");
    let early = ["--ignore-time-conflict", "--detach-sign"];
    let signature = ring.sign_at(MADE - DAY, &early, MESSAGE);
    let refused = check(&[ring.export()], &signature, 1).unwrap_err();
    assert!(
        matches!(&refused, SignatureRefusal::OlderThanKey { key, made }
            if *key == id && *made == day(-1)),
        "{refused}"
    );
}
