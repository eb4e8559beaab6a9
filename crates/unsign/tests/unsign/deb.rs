//! Debian packages that the real debsigs signed, and every place in a signature member where something could hide.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quorate_unsign::{Limits, SignatureFormat, unsigned};

use crate::signing::{self, Desk, flipped, is_product, taken_out};

const DEB: SignatureFormat = SignatureFormat::Debsigs;

/// A product, and what the signer made of it.
pub(crate) struct Sample {
    pub(crate) product: Vec<u8>,
    pub(crate) signed: Vec<u8>,
}

/// Signs with each type, with gpg's configuration and a key of an algorithm.
fn sign(types: &[&str], algorithm: &str, configuration: &str) -> Sample {
    let desk = Desk::new();
    desk.write("gpg.conf", configuration.as_bytes());
    desk.run_words(&["mkdir", "-p", "package/DEBIAN", "package/usr/share/sample"]);
    desk.write(
        "package/DEBIAN/control",
        b"Package: sample\nVersion: 1\nArchitecture: all\nMaintainer: A <a@example.org>\nDescription: sample\n",
    );
    desk.write("package/usr/share/sample/text", &b"text".repeat(999));
    desk.run("dpkg-deb --root-owner-group -b package product.deb");
    desk.run("cp product.deb signed.deb");
    desk.run_words(&[
        "gpg",
        "--batch",
        "--passphrase",
        "",
        "--quick-gen-key",
        "signer@example.org",
        algorithm,
        "sign",
    ]);
    for kind in types {
        desk.run(&format!("debsigs --sign={kind} signed.deb"));
    }
    Sample {
        product: desk.read("product.deb"),
        signed: desk.read("signed.deb"),
    }
}

pub(crate) fn plain() -> &'static Sample {
    static SAMPLE: OnceLock<Sample> = OnceLock::new();
    SAMPLE.get_or_init(|| sign(&["origin"], "ed25519", ""))
}

/// A member with any fields.
fn member_of(fields: &str, content: &[u8], padding: &[u8]) -> Vec<u8> {
    let header = format!("{fields}{:<10}`\n", content.len());
    let padding = if content.len() % 2 == 1 { padding } else { b"" };
    [header.as_bytes(), content, padding].concat()
}

const FIELDS: &str = "0           0     0     644     ";

fn member(name: &str, content: &[u8]) -> Vec<u8> {
    member_of(&format!("{name:<16}{FIELDS}"), content, b"\n")
}

/// The signature packet of the plain sample.
fn packet() -> Vec<u8> {
    let sample = plain();
    let member = &sample.signed[sample.product.len()..];
    let size: usize = std::str::from_utf8(&member[48..58])
        .unwrap()
        .trim_end()
        .parse()
        .unwrap();
    member[60..60 + size].to_vec()
}

fn with(members: &[Vec<u8>]) -> Vec<u8> {
    [plain().product.clone(), members.concat()].concat()
}

fn refusal(members: &[Vec<u8>]) -> String {
    signing::refusal(&with(members), DEB)
}

fn refusal_of_content(content: &[u8]) -> String {
    refusal(&[member("_gpgorigin", content)])
}

/// The packet with a change in its body, and its length as it then is.
fn changed(change: &dyn Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut body = packet()[2..].to_vec();
    change(&mut body);
    [&[0x88, u8::try_from(body.len()).unwrap()], &body[..]].concat()
}

#[test]
fn what_debsigs_signed_is_the_product_without_its_members() {
    for sample in [
        plain(),
        &sign(&["origin", "maint", "archive"], "rsa2048", ""),
        &sign(&["builder"], "nistp256", ""),
        &sign(&["origin"], "ed25519", "armor\n"),
    ] {
        assert!(is_product(&sample.signed, &sample.product, DEB));
    }
}

#[test]
fn the_members_written_by_hand_here_are_those_of_debsigs() {
    let sample = plain();
    assert_eq!(with(&[member("_gpgorigin", &packet())]), sample.signed);
    let found = taken_out(&sample.signed, DEB).unwrap();
    let [candidate] = &found.candidates[..] else {
        panic!("{found:?}")
    };
    assert_eq!(candidate.removed[0].offset, sample.product.len() as u64);
    assert_eq!(candidate.removed[0].what, "the member _gpgorigin");
    assert_eq!(candidate.changed, []);
}

#[test]
fn one_other_byte_in_a_member_is_another_product() {
    let sample = plain();
    // A byte of the version of the format, of a time in a header, and of the data.
    for at in [68, 30, sample.product.len() - 9] {
        assert!(!is_product(
            &flipped(&sample.signed, at),
            &sample.product,
            DEB
        ));
    }
}

#[test]
fn an_unsigned_deb_and_other_archives_are_refused() {
    assert!(refusal(&[]).contains("not signed in this format"));
    let other = [b"!<arch>\n".to_vec(), member("_gpgorigin", &packet())].concat();
    assert!(signing::refusal(&other, DEB).contains("not debian-binary"));
    assert!(signing::refusal(b"PK\x03\x04....", DEB).contains("does not begin"));
}

#[test]
fn a_member_behind_a_signature_or_with_another_name_is_refused() {
    let signature = member("_gpgorigin", &packet());
    for (name, why) in [
        ("data.tar", "behind a signature"),
        ("_gpgorigin", "twice"),
        ("_gpgother", "_gpgother"),
        ("_gpgmaint/", "_gpgmaint/"),
        ("_gpg", "_gpg is not"),
    ] {
        let refusal = refusal(&[signature.clone(), member(name, &packet())]);
        assert!(refusal.contains(why), "{refusal}");
    }
}

#[test]
fn header_fields_that_hold_other_data_are_refused() {
    for fields in [
        "0 data      0     0     644     ",
        "00          0     0     644     ",
        "+1          0     0     644     ",
        "            0     0     644     ",
        "0           x     0     644     ",
        "0           0     0 1   644     ",
        "0           0     0     104755  ",
        "0           0     0     644 data",
    ] {
        let member = member_of(&format!("{:<16}{fields}", "_gpgorigin"), &packet(), b"\n");
        refusal(&[member]);
    }
}

#[test]
fn bytes_after_the_last_member_and_other_padding_are_refused() {
    let odd = packet();
    assert_eq!(odd.len() % 2, 1);
    let fields = format!("{:<16}{FIELDS}", "_gpgorigin");
    assert!(refusal(&[member_of(&fields, &odd, b"!")]).contains("line feed"));
    assert!(refusal(&[member_of(&fields, &odd, b"")]).contains("cut off"));
    let signature = member("_gpgorigin", &odd);
    assert!(refusal(&[signature.clone(), b"data".to_vec()]).contains("cut off"));
    assert!(refusal(&[signature, vec![b' '; 60]]).contains("does not end as one does"));
}

#[test]
fn data_after_the_signature_packet_is_refused() {
    let packet = packet();
    assert!(refusal_of_content(&[&packet[..], b"data"].concat()).contains("first bit"));
    // Another kind of packet: literal data, padding, a marker.
    for (first, kind) in [(0xcb, 11), (0xd5, 21), (0xca, 10)] {
        let refusal = refusal_of_content(&[&packet[..], &[first, 4], b"data"].concat());
        assert!(refusal.contains(&format!("of type {kind} ")), "{refusal}");
    }
    assert!(refusal_of_content(&packet.repeat(11)).contains("number of signature packets is 11"));
    assert!(refusal_of_content(b"").contains("there is none"));
    assert!(
        !taken_out(&with(&[member("_gpgorigin", &packet.repeat(2))]), DEB)
            .unwrap()
            .candidates
            .is_empty()
    );
}

#[test]
fn lengths_of_packets_that_are_open_partial_or_not_the_shortest_are_refused() {
    let body = packet()[2..].to_vec();
    let length = u8::try_from(body.len()).unwrap();
    for (header, why) in [
        (vec![0x8b], "length is open"),
        (vec![0xc2, 0xe1, length], "length is partial"),
        (vec![0x89, 0, length], "shortest way"),
        (vec![0xc2, 0xff, 0, 0, 0, length], "shortest way"),
        (vec![0x88, length + 1], "cut off"),
        (vec![0x88, length - 1], "cut off"),
    ] {
        let refusal = refusal_of_content(&[header, body.clone()].concat());
        assert!(refusal.contains(why), "{refusal}");
    }
    let newer = [&[0xc2, length], &body[..]].concat();
    assert!(is_product(
        &with(&[member("_gpgorigin", &newer)]),
        &plain().product,
        DEB
    ));
}

#[test]
fn bytes_behind_the_signature_value_are_refused() {
    let refusal = refusal_of_content(&changed(&|body| body.extend(b"data")));
    assert!(refusal.contains("4 bytes too many"), "{refusal}");
}

#[test]
fn subpackets_that_can_hold_anything_are_refused() {
    // Version, type, algorithms; then each area with its size. The unhashed one is behind 29 bytes of the hashed.
    let insert = |at: usize, kind: u8, content: &[u8]| {
        let subpacket = [&[content.len() as u8 + 1, kind], content].concat();
        refusal_of_content(&changed(&|body| {
            body[at + 1] += subpacket.len() as u8;
            body.splice(at + 2..at + 2, subpacket.clone());
        }))
    };
    let unhashed = 6 + usize::from(packet()[2 + 5]);
    for (at, place) in [(4, "hashed"), (unhashed, "unhashed")] {
        // A notation, a policy's address, a user id, an embedded signature, private use.
        for kind in [20, 26, 28, 32, 101] {
            let refusal = insert(at, kind, b"data");
            assert!(
                refusal.contains(&format!("type {kind}, {place},")),
                "{refusal}"
            );
        }
        assert!(insert(at, 16, b"12345678").contains("twice"));
        assert!(insert(at, 33, b"\x04data").contains("cut off"));
    }
    assert!(insert(unhashed, 2, b"data").contains("type 2, unhashed,"));
    assert!(insert(4, 3, b"data+").contains("1 bytes too many"));
    assert!(insert(4, 33, b"\x06data").contains("version 4"));
}

#[test]
fn signatures_of_another_version_type_or_algorithm_are_refused() {
    for (at, byte, why) in [
        (0, 3, "version is not 4"),
        (0, 6, "version is not 4"),
        (1, 1, "not over a file"),
        (2, 99, "algorithm 99"),
        (3, 99, "hash algorithm"),
    ] {
        let refusal = refusal_of_content(&changed(&|body| body[at] = byte));
        assert!(refusal.contains(why), "{refusal}");
    }
}

#[test]
fn integers_that_are_not_in_their_one_form_are_refused() {
    // RSA has one integer, of so many bits.
    let rsa = |bits: u16, bytes: &[u8]| {
        changed(&|body| {
            let value = 8 + usize::from(body[5]);
            let value = value + usize::from(body[value - 1]) + 2;
            body.truncate(value);
            body[2] = 1;
            body.extend(bits.to_be_bytes());
            body.extend(bytes);
        })
    };
    let good = with(&[member("_gpgorigin", &rsa(15, &[0x40, 1]))]);
    assert!(is_product(&good, &plain().product, DEB));
    for (bits, bytes, why) in [
        (16, &[0x40, 1][..], "shortest way"),
        (14, &[0x40, 1], "shortest way"),
        (0, &[], "shortest way"),
        (15, &[0x40, 1, 1], "1 bytes too many"),
        (15, &[0x40], "cut off"),
        (8193, &[1; 50], "8193"),
    ] {
        let refusal = refusal_of_content(&rsa(bits, bytes));
        assert!(refusal.contains(why), "{refusal}");
    }
}

#[test]
fn armor_with_comments_or_in_another_spelling_is_refused() {
    let text = STANDARD.encode(packet());
    let lines: Vec<_> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let body = lines.join("\n");
    let begin = "-----BEGIN PGP SIGNATURE-----\n";
    let end = "-----END PGP SIGNATURE-----\n";
    let good = format!("{begin}\n{body}\n{end}");
    assert!(is_product(
        &with(&[member("_gpgorigin", good.as_bytes())]),
        &plain().product,
        DEB
    ));
    for (armor, why) in [
        (
            format!("{begin}Comment: data\n\n{body}\n{end}"),
            "empty one",
        ),
        (
            format!("{begin}Version: data\n\n{body}\n{end}"),
            "empty one",
        ),
        (format!("data\n{good}"), "first bit"),
        (format!("{good}data\n"), "end with its line"),
        (format!("{good}{good}"), "64 characters"),
        (
            format!("{begin}\n{body}\n=AAAA\n{end}"),
            "checksum is wrong",
        ),
        (
            format!("{begin}\n{body}\n=data=\n{end}"),
            "checksum is wrong",
        ),
        (format!("{begin}\n{text}\n{end}"), "64 characters"),
        (format!("{begin}\n{body}\n\n{end}"), "64 characters"),
        (format!("{begin}\n{body} \n{end}"), "base64"),
        (good.replace('\n', "\r\n"), "empty one"),
        (good.replace("SIGNATURE", "MESSAGE"), "empty one"),
    ] {
        let refusal = refusal_of_content(armor.as_bytes());
        assert!(refusal.contains(why), "{refusal} for {armor}");
    }
}

#[test]
fn a_comment_that_gpg_writes_into_the_armor_is_refused() {
    let sample = sign(&["origin"], "ed25519", "armor\ncomment data\n");
    assert!(signing::refusal(&sample.signed, DEB).contains("empty one"));
}

#[test]
fn signature_members_over_the_limit_are_refused() {
    let limits = Limits {
        signature_bytes_max: 100,
        ..Limits::STANDARD
    };
    let refused = unsigned(&mut std::io::Cursor::new(&plain().signed), DEB, &limits);
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("more than the 100")
    );
    let limits = Limits {
        members_max: 3,
        ..Limits::STANDARD
    };
    let refused = unsigned(&mut std::io::Cursor::new(&plain().signed), DEB, &limits);
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("number of members is 4")
    );
}
