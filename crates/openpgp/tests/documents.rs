//! Clear-signed documents and signatures that others made: a `.dsc`, tags of git, Debian's keyring.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod ring;

use std::fs;
use std::path::Path;
use std::process::Command;

use quorate::limits::Limits;
use quorate::source::Dsc;
use quorate::time::Timestamp;
use quorate_openpgp::{SignatureRefusal, Signer, certificate_ids, cleartext, signers};
use ring::{DAY, MADE, Ring};

type Answer = Result<(Vec<u8>, Vec<Signer>), SignatureRefusal>;

fn check(ring: &Ring, document: &[u8]) -> Answer {
    let at = Timestamp::from_unix_seconds(MADE + DAY).unwrap();
    cleartext(&[ring.export()], document, at, &Limits::STANDARD)
}

fn clearsign(ring: &Ring, text: &[u8]) -> Vec<u8> {
    ring.gpg_with(&["--digest-algo", "SHA512", "--clearsign"], text)
}

#[test]
fn a_source_package_is_signed_as_debsign_does_and_its_text_read() {
    let folder = tempfile::tempdir().unwrap();
    let debian = folder.path().join("tiny-1.0/debian");
    fs::create_dir_all(debian.join("source")).unwrap();
    let files = [
        ("source/format", "3.0 (native)\n"),
        (
            "control",
            "Source: tiny\nMaintainer: A <a@example.org>\nStandards-Version: 4.6.2\n\nPackage: tiny\nArchitecture: all\nDescription: tiny\n",
        ),
        (
            "changelog",
            "tiny (1.0) unstable; urgency=low\n\n  * New.\n\n -- A <a@example.org>  Tue, 14 Nov 2023 22:13:20 +0000\n",
        ),
        ("rules", "#!/usr/bin/make -f\n"),
    ];
    for (name, text) in files {
        fs::write(debian.join(name), text).unwrap();
    }
    let built = Command::new("dpkg-source")
        .args(["--build", "tiny-1.0"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(built.status.success(), "{built:?}");
    let dsc = fs::read(folder.path().join("tiny_1.0.dsc")).unwrap();
    let ring = Ring::new();
    let id = ring.key("rsa2048", "sign", "0");
    let signed = clearsign(&ring, &dsc);
    let (text, found) = check(&ring, &signed).unwrap();
    assert_eq!(found[0].certificate, id);
    assert_eq!([&text[..], b"\n"].concat(), dsc);
    let read = Dsc::parse(&text).unwrap();
    assert_eq!(
        (read.source.as_str(), read.version.as_str()),
        ("tiny", "1.0")
    );
    // The reader of `.dsc` files, who does not look at signatures, sees the same in the frame.
    assert_eq!(Dsc::parse(&signed).unwrap(), read);
    // What is changed is not what was signed.
    let forged = String::from_utf8(signed).unwrap().replace(" 1.0", " 1.1");
    let refused = check(&ring, forged.as_bytes()).unwrap_err();
    assert!(matches!(refused, SignatureRefusal::Bad { .. }), "{refused}");
}

#[test]
fn the_text_is_what_gpg_takes_out_of_the_frame() {
    let ring = Ring::new();
    ring.key("ed25519", "sign", "0");
    for text in [
        "",
        "\n",
        "one",
        "one\n",
        "one\n\n",
        "- dash\n-----BEGIN PGP SIGNATURE-----\nFrom me\n",
        "blanks \t \nat\t\nends  ",
        "carriage\r\nreturn\r\n",
        "é\u{2028}\u{feff}\n",
    ] {
        let signed = clearsign(&ring, text.as_bytes());
        let (ours, _) = check(&ring, &signed).unwrap();
        let theirs = ring.gpg_with(&["--decrypt"], &signed);
        let theirs = String::from_utf8(theirs).unwrap();
        let plain: Vec<&str> = theirs
            .strip_suffix('\n')
            .unwrap_or(&theirs)
            .split('\n')
            .map(|line| line.trim_end_matches([' ', '\t', '\r']))
            .collect();
        assert_eq!(
            String::from_utf8(ours).unwrap(),
            plain.join("\n"),
            "{text:?}"
        );
        let crlf = String::from_utf8(signed).unwrap().replace('\r', "");
        let crlf = crlf.replace('\n', "\r\n");
        assert!(check(&ring, crlf.as_bytes()).is_ok(), "{text:?}");
    }
}

#[test]
fn a_document_is_one_frame_and_nothing_else() {
    let ring = Ring::new();
    ring.key("ed25519", "sign", "0");
    let signed = String::from_utf8(clearsign(&ring, b"one\ntwo\n")).unwrap();
    let other = String::from_utf8(clearsign(&ring, b"three\n")).unwrap();
    assert!(check(&ring, signed.as_bytes()).is_ok());
    assert!(check(&ring, signed.replace("Hash: SHA512\n", "").as_bytes()).is_ok());
    for document in [
        format!("zero\n{signed}"),
        format!("\n{signed}"),
        format!("{signed}three\n"),
        format!("{signed}\n"),
        format!("{signed}{other}"),
        signed.replace("Hash: SHA512", "Comment: zero"),
        signed.replace(
            "Hash: SHA512",
            "NotDashEscaped: You need GnuPG to verify this message",
        ),
        signed.replace("Hash: SHA512", "Hash: SHA512\n \nzero"),
        signed.replace("Hash: SHA512\n", "zero\n"),
        signed.replace("Hash: SHA512", "Hash: \u{1b}[2J"),
        signed.replace("one\n", "one\n-three\n"),
        signed.replace("one\n", "one\rthree\n"),
        signed.replace("-----BEGIN PGP SIGNATURE-----", ""),
        signed.replace("-----END PGP SIGNATURE-----", ""),
        signed.replace("MESSAGE-----\n", "MESSAGE----- \n"),
    ] {
        assert_ne!(document, signed);
        let refused = check(&ring, document.as_bytes()).unwrap_err();
        assert!(
            matches!(refused, SignatureRefusal::Form(_)),
            "{document}: {refused}"
        );
    }
    for document in [
        signed.replace("one\n", "one\n\n"),
        signed.replace("one\n", " one\n"),
        signed.replace("two", "two\n- three"),
    ] {
        let refused = check(&ring, document.as_bytes()).unwrap_err();
        assert!(matches!(refused, SignatureRefusal::Bad { .. }), "{refused}");
    }
    // A detached signature over the very bytes is of another type.
    let detached = ring.gpg_with(&["--armor", "--detach-sign"], b"one\r\ntwo");
    let framed = format!(
        "-----BEGIN PGP SIGNED MESSAGE-----\n\none\ntwo\n{}",
        String::from_utf8(detached).unwrap()
    );
    let refused = check(&ring, framed.as_bytes()).unwrap_err();
    assert!(
        matches!(refused, SignatureRefusal::Kind { .. }),
        "{refused}"
    );
    let long = vec![b'-'; Limits::STANDARD.policy_bytes_max + 1];
    assert!(matches!(
        check(&ring, &long),
        Err(SignatureRefusal::TooLarge { .. })
    ));
}

/// A tag object of git's own repository, at a time, by the certificate of its maintainer.
fn tag(name: &str, at: &str) -> Result<Vec<Signer>, SignatureRefusal> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/git-tags");
    let object = fs::read(folder.join(name)).unwrap();
    let keys = fs::read(folder.join("signers.asc")).unwrap();
    let begin = b"-----BEGIN PGP SIGNATURE-----";
    let split = object
        .windows(begin.len())
        .position(|window| window == begin)
        .unwrap();
    let (message, signature) = object.split_at(split);
    let at = Timestamp::parse(at).unwrap();
    signers(&[keys], signature, message, at, &Limits::STANDARD)
}

#[test]
fn a_tag_of_git_is_signed_by_its_maintainers_subkey() {
    let found = tag("git-v2.44.0", "2024-02-24T00:00:00Z").unwrap();
    let expected = Signer {
        certificate: "96e07af25771955980dad10020d04e5a713660a7".to_owned(),
        key: "e1f036b1fee7221fc778ecefb0b5e88696afe6cb".to_owned(),
        user_id: Some("Junio C Hamano <gitster@pobox.com>".to_owned()),
        made: Timestamp::parse("2024-02-23T00:15:12Z").unwrap(),
    };
    assert_eq!(found, std::slice::from_ref(&expected));
    assert_eq!(
        tag("git-v2.44.0", "2026-11-22T00:00:00Z").unwrap(),
        [expected]
    );
    assert!(matches!(
        tag("git-v2.44.0", "2024-02-23T00:00:00Z"),
        Err(SignatureRefusal::MadeLater { .. })
    ));
}

#[test]
fn an_old_tag_of_git_over_sha_1_is_refused_at_every_time() {
    for at in ["2010-03-01T00:00:00Z", "2026-11-22T00:00:00Z"] {
        assert!(matches!(
            tag("git-v1.7.0", at),
            Err(SignatureRefusal::WeakDigest { .. })
        ));
    }
}

#[test]
fn one_signer_is_found_in_the_keyring_of_all_debian_developers() {
    let keyring = fs::read("/usr/share/keyrings/debian-keyring.gpg")
        .expect("debian-keyring is one of debian-packages.txt");
    let ids = certificate_ids(&keyring).unwrap();
    assert!(ids.len() >= 500, "{}", ids.len());
    let ring = Ring::new();
    let id = ring.key("ed25519", "sign", "0");
    let signature = ring.gpg_with(&["--detach-sign"], b"hello");
    let at = Timestamp::from_unix_seconds(MADE).unwrap();
    let find = |keys: &[Vec<u8>]| signers(keys, &signature, b"hello", at, &Limits::STANDARD);
    let began = std::time::Instant::now();
    assert!(matches!(
        find(std::slice::from_ref(&keyring)),
        Err(SignatureRefusal::Unlisted { .. })
    ));
    let together = [&keyring[..], &ring.export()].concat();
    assert_eq!(find(&[together]).unwrap()[0].certificate, id);
    println!("{} certificates, twice in {:?}", ids.len(), began.elapsed());
    // One that is cut off is no keyring: what is missing might be a revocation.
    assert!(matches!(
        find(&[keyring[..keyring.len() - 10].to_vec(), ring.export()]),
        Err(SignatureRefusal::Certificates(_))
    ));
}
