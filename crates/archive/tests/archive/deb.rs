//! Debian packages: the structure is exact, and the list is that of dpkg-deb.

use quorate::digest::Sha256;
use quorate_archive::{Format, MemberKind};

use crate::ar::{ar_of, member};
use crate::workshop::{Hand, Workshop, list, names, refused, tar_line, tar_lines, tar_of};

/// A package tree in `p/` with what packages have: absolute links and backslashes.
fn package() -> Workshop {
    let shop = Workshop::empty();
    shop.sh(
        "umask 022; mkdir -p p/DEBIAN p/usr/bin p/usr/lib/systemd; seq 1 9999 > p/usr/bin/x; chmod 755 p/usr/bin/x
         ln -s /etc/alternatives/x p/usr/bin/y; ln -s ../lib p/usr/bin/z; ln p/usr/bin/x p/usr/bin/hard
         echo > 'p/usr/lib/systemd/a\\x2db.slice'; printf '#!/bin/sh\\n' > p/DEBIAN/postinst; chmod 755 p/DEBIAN/postinst
         printf 'Package: x\\nVersion: 1\\nArchitecture: all\\nMaintainer: a <a@b.c>\\nDescription: x\\n' > p/DEBIAN/control
         find p -exec touch -h -d @1700000000 {} +",
    );
    shop
}

#[test]
fn a_package_is_listed_as_dpkg_deb_lists_it_however_it_is_compressed() {
    let shop = package();
    let mut all = Vec::new();
    for compression in ["gzip", "xz", "zstd", "none"] {
        let build = format!(
            "SOURCE_DATE_EPOCH=1700000000 dpkg-deb --root-owner-group -Z{compression} -b p p.deb"
        );
        let bytes = shop.made(&build, "p.deb");
        let inventory = list(&bytes, Format::Deb).unwrap_or_else(|e| panic!("{compression}: {e}"));
        assert_eq!(inventory.whole, Sha256::of(&bytes));
        assert_eq!(inventory.members[0].name, "debian-binary");
        let of = |prefix: &str| -> Vec<String> {
            let members = inventory.members.iter().cloned().filter_map(|mut member| {
                let name = member.name.strip_prefix(prefix)?;
                member.name = name.strip_prefix('/').unwrap_or(".").to_owned();
                if let MemberKind::Hardlink { target } = &mut member.kind {
                    *target = target.strip_prefix("data/").unwrap().to_owned();
                }
                Some(tar_line(&member))
            });
            members.collect()
        };
        let listed = |command: &str| {
            let tar = "tar --quoting-style=literal --numeric-owner --full-time -tv";
            tar_lines(&shop.sh(&format!("dpkg-deb --{command} p.deb | {tar}")))
        };
        assert_eq!(of("data"), listed("fsys-tarfile"), "{compression}");
        assert_eq!(of("control"), listed("ctrl-tarfile"), "{compression}");
        all.push(inventory.members);
    }
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_package_that_ar_made_is_listed() {
    let shop = package();
    let build = "dpkg-deb -Zxz -b p p.deb; ar x p.deb; ar rc q.deb debian-binary control.tar.xz data.tar.xz";
    let inventory = list(&shop.made(build, "q.deb"), Format::Deb).unwrap();
    assert_eq!(names(&inventory)[..2], ["debian-binary", "control"]);
}

fn empty_tar() -> Vec<u8> {
    tar_of(&[])
}

fn version() -> Vec<u8> {
    member("debian-binary", b"2.0\n")
}

fn control() -> Vec<u8> {
    member("control.tar", &empty_tar())
}

fn data() -> Vec<u8> {
    member("data.tar", &empty_tar())
}

fn refuse(members: &[Vec<u8>], reason: &str) {
    refused(&ar_of(members), Format::Deb, reason);
}

#[test]
fn a_package_of_another_structure_is_refused() {
    assert!(list(&ar_of(&[version(), control(), data()]), Format::Deb).is_ok());
    refuse(
        &[control(), data()],
        "the first member is not debian-binary",
    );
    refuse(&[version(), data(), control()], "not a control.tar");
    refuse(&[version(), control(), control()], "not a data.tar");
    refuse(
        &[version(), control(), data(), data()],
        "a member that no Debian package has",
    );
    refuse(
        &[version(), control(), data(), member("_extra", b"")],
        "a member that no Debian package",
    );
    refuse(
        &[version(), member("_extra", b""), control(), data()],
        "not a control.tar",
    );
    refuse(&[version(), control()], "data.tar is missing");
    refuse(&[version()], "control.tar is missing");
    refuse(&[], "debian-binary is missing");
    for text in [&b"2.1\n"[..], b"2.0", b"2.0\r\n", b"2.0\n\n", b"3.0\n"] {
        refuse(
            &[member("debian-binary", text), control(), data()],
            "debian-binary is not 2.0",
        );
    }
    refuse(
        &[version(), member("control.tar.bz2", b""), data()],
        "not compressed by gzip",
    );
    refuse(
        &[version(), control(), member("data.tar.lzma", b"")],
        "not compressed by gzip",
    );
    refuse(
        &[version(), member("control.tarx", b""), data()],
        "not a control.tar",
    );
}

#[test]
fn a_signature_inside_of_a_package_is_refused_with_its_own_reason() {
    let signature = member("_gpgorigin", b"signature");
    let reason = "a signature inside of the package";
    refuse(&[version(), control(), data(), signature.clone()], reason);
    refuse(&[version(), signature.clone(), control(), data()], reason);
    refuse(&[version(), control(), signature, data()], reason);
}

#[test]
fn a_long_name_in_a_package_is_refused() {
    refuse(
        &[member("#1/13", b"debian-binary2.0\n")],
        "as BSD writes it",
    );
    let table = format!("{:<48}{:<10}`\ndebian-binary/\n\n", "//", 16).into_bytes();
    refuse(
        &[table, member("/0", b"2.0\n")],
        "as GNU writes it, in a Debian package",
    );
}

#[test]
fn bytes_behind_a_package_are_refused() {
    let after = |tail: &[u8]| [&ar_of(&[version(), control(), data()])[..], tail].concat();
    refused(&after(b"\n"), Format::Deb, "ends within an ar header");
    refused(&after(&[0; 60]), Format::Deb, "without its end mark");
}

#[test]
fn bytes_behind_the_tar_of_a_package_are_refused() {
    let longer = [&empty_tar()[..], b"x"].concat();
    refuse(
        &[version(), member("control.tar", &longer), data()],
        "data follow the end",
    );
    let shop = Workshop::empty();
    let gzip = shop.made("tar -czf a.tar.gz -T /dev/null", "a.tar.gz");
    let longer = [&gzip[..], b"x"].concat();
    refuse(
        &[version(), member("control.tar.gz", &longer), data()],
        "bytes follow the end",
    );
}

#[test]
fn links_of_control_files_stay_inside_and_links_of_a_package_may_be_absolute() {
    let with = |name: &str, link: &str| member(name, &tar_of(&[Hand::symlink("a", link)]));
    refuse(
        &[version(), with("control.tar", "/etc/passwd"), data()],
        "leads to the absolute path",
    );
    refuse(
        &[version(), control(), with("data.tar", "../x")],
        "leads out of the archive",
    );
    assert!(
        list(
            &ar_of(&[version(), control(), with("data.tar", "/etc/x")]),
            Format::Deb
        )
        .is_ok()
    );
    let hard = member("data.tar", &tar_of(&[Hand::hardlink("a", "/etc/passwd")]));
    refuse(
        &[version(), control(), hard],
        "no earlier file of the archive",
    );
    // A hard link of the data to a file of the control archive.
    let file = member("control.tar", &tar_of(&[Hand::file("a", b"")]));
    let link = member("data.tar", &tar_of(&[Hand::hardlink("b", "a")]));
    refuse(&[version(), file, link], "no earlier file of the archive");
}
