//! Lists of signers: malformed lines refuse the file, and who does not count is told the most specific reason.

use quorate::source::ssh::{AllowedSigners, AllowedSignersFault as Fault, SshKeyError, SshRefusal};

use super::forge::{Forged, ed25519_line, key_line, string};
use super::{MESSAGE, list, now, signature, signer, time};

fn fault(text: impl AsRef<[u8]>) -> Fault {
    AllowedSigners::parse(text.as_ref())
        .expect_err("a refusal")
        .fault
}

fn armour() -> Vec<u8> {
    Forged::ed25519(1, MESSAGE).armour()
}

#[test]
fn the_principal_has_the_lines_names_and_the_keys_fingerprint() {
    let principal = signer(format!("a@b,*@c {} comment", ed25519_line(1)), &armour()).unwrap();
    assert_eq!(principal.name, "a@b,*@c");
    assert_eq!(principal.key, signature(&armour()).key().fingerprint());
    assert!(principal.key.starts_with("SHA256:") && principal.key.len() == 50);
}

#[test]
fn a_key_that_no_line_has_is_unlisted() {
    let refusal = signer(format!("a@b {}", ed25519_line(2)), &armour()).expect_err("unlisted");
    assert!(matches!(refusal, SshRefusal::Unlisted { .. }), "{refusal}");
}

#[test]
fn the_most_specific_reason_is_given() {
    let key = ed25519_line(1);
    let refused = |front: &str| signer(format!("a@b {front} {key}"), &armour()).expect_err(front);
    assert_eq!(
        refused("cert-authority"),
        SshRefusal::CertAuthority { line: 1 }
    );
    assert_eq!(
        refused("namespaces=\"file\""),
        SshRefusal::NamespaceNotAllowed {
            line: 1,
            namespace: "git".to_owned()
        }
    );
    let from = time("2027-01-01T00:00:00Z");
    assert_eq!(
        refused("valid-after=\"20270101Z\""),
        SshRefusal::NotYetValid { line: 1, from }
    );
    let until = time("2026-01-01T00:00:00Z");
    assert_eq!(
        refused("valid-before=\"20260101Z\""),
        SshRefusal::NoLongerValid { line: 1, until }
    );
    // Of several lines, the one that came closest speaks, wherever it stands.
    let lines = [
        format!("a@b {}", ed25519_line(2)),
        format!("a@b valid-before=\"20260101Z\" {key}"),
        format!("a@b namespaces=\"file\" {key}"),
        format!("a@b cert-authority {key}"),
    ];
    let refusal = signer(lines.join("\n"), &armour());
    assert_eq!(refusal, Err(SshRefusal::NoLongerValid { line: 2, until }));
    let backwards: Vec<_> = lines.iter().rev().cloned().collect();
    let refusal = signer(backwards.join("\n"), &armour());
    assert_eq!(refusal, Err(SshRefusal::NoLongerValid { line: 3, until }));
}

#[test]
fn a_listed_key_that_signed_something_else_is_told_so() {
    let allowed = list(format!("a@b {}", ed25519_line(1)));
    let refusal = allowed.signer(&signature(&armour()), b"another", "git", now());
    assert!(matches!(refusal, Err(SshRefusal::BadSignature { .. })));
    let refusal = allowed.signer(&signature(&armour()), MESSAGE, "file", now());
    assert!(matches!(refusal, Err(SshRefusal::OtherNamespace { .. })));
}

#[test]
fn a_certificate_authority_allows_nothing_that_it_signs_itself() {
    let allowed = list(format!("*@b cert-authority {}", ed25519_line(1)));
    let refusal = allowed.signer(&signature(&armour()), MESSAGE, "git", now());
    assert_eq!(refusal, Err(SshRefusal::CertAuthority { line: 1 }));
    assert_eq!(allowed.without_effect().count(), 1);
}

#[test]
fn a_time_without_z_is_refused_because_it_depends_on_the_reader() {
    let key = ed25519_line(1);
    for option in ["valid-after", "valid-before"] {
        for digits in ["20260101", "202601010000", "20260101000000"] {
            let line = format!("a@b {option}=\"{digits}\" {key}");
            assert_eq!(fault(line), Fault::LocalTime(digits.to_owned()));
        }
    }
}

#[test]
fn a_time_in_another_form_is_refused() {
    let key = ed25519_line(1);
    for value in [
        "",
        "Z",
        "2026Z",
        "2026-01-01Z",
        "20261301Z",
        "20260230Z",
        "2026010100Z",
        "202601012400Z",
        "20260101000060Z",
        "20260101z",
        "20260101UTC",
        "20260101ZZ",
        " 20260101Z",
        "19700101Z",
        "99999999999999Z",
        "\u{664}0260101Z",
    ] {
        let line = format!("a@b valid-before=\"{value}\" {key}");
        assert!(
            matches!(fault(&line), Fault::Time(_)),
            "{value:?}: {:?}",
            fault(&line)
        );
    }
}

#[test]
fn a_line_that_is_valid_at_no_time_is_refused() {
    let key = ed25519_line(1);
    for (after, before) in [("20260101Z", "20260101Z"), ("20260102Z", "20260101Z")] {
        let line = format!("a@b valid-after=\"{after}\",valid-before=\"{before}\" {key}");
        assert_eq!(fault(line), Fault::NeverValid);
    }
}

#[test]
fn an_unknown_option_refuses_the_whole_file() {
    let key = ed25519_line(1);
    for option in [
        "touch-required",
        "namespace=\"git\"",
        "no-touch-required",
        "x",
        "=\"x\"",
        "valid-after",
    ] {
        let text = format!("a@b {key}\na@b {option} {key}\n");
        let error = AllowedSigners::parse(text.as_bytes()).expect_err("a refusal");
        assert_eq!(error.line, 2, "{option}");
        assert!(matches!(error.fault, Fault::Option(_)), "{option}: {error}");
    }
}

#[test]
fn an_option_twice_is_refused() {
    let key = ed25519_line(1);
    for options in [
        "cert-authority,cert-authority",
        "namespaces=\"git\",Namespaces=\"git\"",
        "valid-after=\"20250101Z\",namespaces=\"git\",valid-after=\"20250101Z\"",
        "valid-before=\"20250101Z\",valid-before=\"20250101Z\"",
    ] {
        assert!(
            matches!(fault(format!("a@b {options} {key}")), Fault::Twice(_)),
            "{options}"
        );
    }
}

#[test]
fn malformed_lines_refuse_the_whole_file() {
    let key = ed25519_line(1);
    let (kind, blob) = key.split_once(' ').expect("two words");
    for (line, expected) in [
        ("a@b".to_owned(), Fault::NoKey),
        (format!("a@b {kind}"), Fault::NoKey),
        ("a@b namespaces=\"git\"".to_owned(), Fault::NoKey),
        (format!("a@b namespaces=\"git\"x {key}"), Fault::NoKey),
        (format!("a@b namespaces=git {key}"), Fault::Quote),
        (format!("a@b namespaces=\"git {key}"), Fault::Quote),
        (format!("\"a@b {key}"), Fault::Quote),
        (format!("\"a@b\"{key}"), Fault::Principals),
        (format!("!a@b {key}"), Fault::Principals),
        (format!("a@b,,c@d {key}"), Fault::Principals),
        (format!("a@b namespaces=\"\" {key}"), Fault::Namespaces),
        (format!("a@b namespaces=\"!git\" {key}"), Fault::Namespaces),
        (format!("a@b ecdsa-sha2-nistp256 {blob}"), Fault::KeyType),
        (format!("a@b {kind} {}", &blob[4..]), Fault::KeyType),
        (
            format!("a@b {kind} {}!", &blob[..60]),
            Fault::Key(SshKeyError::Encoding),
        ),
        (
            format!("a@b {kind} {blob}AAAA"),
            Fault::Key(SshKeyError::Encoding),
        ),
        (
            format!("a@b {kind} {}", &blob[..64]),
            Fault::Key(SshKeyError::Encoding),
        ),
        (format!("a@b\0 {key}"), Fault::NotText),
        (format!("a@b {key}\r\r"), Fault::NotText),
        (format!("a@b {key} \x1b[2K"), Fault::NotText),
    ] {
        let text = format!("# first\nc@d {key}\n{line}\n");
        let error = AllowedSigners::parse(text.as_bytes()).expect_err(&line);
        assert_eq!((error.line, error.fault), (3, expected), "{line:?}");
    }
    assert_eq!(fault(b"a@b \xff ssh-ed25519 AAAA"), Fault::NotText);
    assert!(matches!(fault(format!("{key} a@b")), Fault::Option(_)));
}

#[test]
fn a_file_that_names_nobody_is_refused() {
    for text in ["", "\n", "# a@b\n", " \t\r\n  # x\n"] {
        assert_eq!(fault(text), Fault::Nobody, "{text:?}");
    }
}

#[test]
fn a_file_beyond_the_limit_is_refused_before_it_is_read() {
    let text = format!("#{}", "x".repeat(1 << 20));
    assert_eq!(fault(text), Fault::TooLarge(1 << 20));
}

#[test]
fn keys_that_cannot_count_are_read_and_match_nothing() {
    let dsa = [string("ssh-dss"), string([1; 128])].concat();
    let certificate = [string("ssh-ed25519-cert-v01@openssh.com"), string([1; 32])].concat();
    let mut modulus = vec![0xff; 256];
    modulus.insert(0, 0);
    let rsa = [string("ssh-rsa"), string([1, 0, 1]), string(&modulus)].concat();
    let allowed = list(format!(
        "a@b {}\na@b {}\na@b {}\na@b {}\n",
        key_line("ssh-dss", &dsa),
        key_line("ssh-ed25519-cert-v01@openssh.com", &certificate),
        key_line("ssh-rsa", &rsa),
        ed25519_line(1),
    ));
    let reasons: Vec<_> = allowed.without_effect().collect();
    assert_eq!(
        reasons.iter().map(|(line, _)| *line).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert!(reasons[0].1.contains("ssh-dss"));
    assert!(reasons[1].1.contains("certificate"));
    assert!(reasons[2].1.contains("2048 bits is too short: 3072"));
    assert!(
        allowed
            .signer(&signature(&armour()), MESSAGE, "git", now())
            .is_ok()
    );
    let unknown = key_line("ssh-new", &string("ssh-new"));
    assert_eq!(
        fault(format!("a@b {unknown}")),
        Fault::Option("ssh-new".to_owned())
    );
}
