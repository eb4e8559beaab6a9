//! tars of real programs are listed as the programs list them.

use quorate::digest::Sha256;
use quorate_archive::{Format, MemberKind, inventory};

use crate::workshop::{Hand, Workshop, list, long_name, names, tar_line, tar_lines, tar_of};

const LIST: &str = "tar --quoting-style=literal --numeric-owner --full-time -tvf";

#[test]
fn each_format_of_gnu_tar_is_listed_as_it_lists_it() {
    let shop = Workshop::new();
    for format in ["gnu", "oldgnu", "pax", "ustar"] {
        // ustar has no place for long targets.
        let exclude = if format == "ustar" {
            "--exclude=*long*"
        } else {
            ""
        };
        let script = format!("tar --format={format} {exclude} --sort=name -C tree -cf a.tar .");
        let bytes = shop.made(&script, "a.tar");
        let inventory = list(&bytes, Format::Tar).unwrap_or_else(|e| panic!("{format}: {e}"));
        let lines: Vec<_> = inventory.members.iter().map(tar_line).collect();
        assert_eq!(
            lines,
            tar_lines(&shop.sh(&format!("{LIST} a.tar"))),
            "{format}"
        );
        assert_eq!(inventory.whole, Sha256::of(&bytes));
        assert_eq!(inventory.members[0].name, ".");
        for member in &inventory.members {
            let is_file = member.kind == MemberKind::File;
            let contents = is_file.then(|| std::fs::read(shop.path("tree").join(&member.name)));
            let digest = contents.map(|contents| Sha256::of(&contents.unwrap()));
            assert_eq!(member.sha256, digest, "{}", member.name);
        }
    }
}

#[test]
fn owners_and_their_names_are_listed() {
    let shop = Workshop::new();
    for format in ["gnu", "pax", "ustar"] {
        let script = format!(
            "tar --format={format} --owner=someone:1234 --group=others:99 -C tree -cf a.tar hello"
        );
        let inventory = list(&shop.made(&script, "a.tar"), Format::Tar).unwrap();
        let owner = &inventory.members[0].owner;
        assert_eq!((owner.uid, owner.gid), (Some(1234), Some(99)), "{format}");
        assert_eq!(
            (&*owner.user, &*owner.group),
            ("someone", "others"),
            "{format}"
        );
    }
}

#[test]
fn numbers_that_octal_digits_cannot_say_are_listed() {
    let shop = Workshop::new();
    for format in ["gnu", "pax"] {
        let script = format!(
            "tar --format={format} --mtime=@-5 --owner=:3000000000 --group=:2097152 -C tree -cf a.tar hello"
        );
        let inventory = list(&shop.made(&script, "a.tar"), Format::Tar).unwrap();
        let member = &inventory.members[0];
        assert_eq!(member.modified, Some(-5), "{format}");
        assert_eq!(member.owner.uid, Some(3_000_000_000), "{format}");
        assert_eq!(member.owner.gid, Some(2_097_152), "{format}");
    }
}

#[test]
fn a_tar_as_cargo_makes_one_is_listed() {
    // Owners are blank, and older versions write the kind into the mode.
    let file = Hand::file("a-1.0/a", b"x").gnu();
    let blank = file.with(108, &[0; 16]).with(100, b"0100755\0");
    let inventory = list(&tar_of(&[blank]), Format::Tar).unwrap();
    let member = &inventory.members[0];
    assert_eq!((member.owner.uid, member.owner.gid), (None, None));
    assert_eq!(member.mode, 0o755);
}

#[test]
fn tars_of_python_are_listed() {
    let shop = Workshop::new();
    for format in ["USTAR", "GNU", "PAX"] {
        let exclude = if format == "USTAR" {
            "'long' in t.name or len(t.name) > 95"
        } else {
            "False"
        };
        shop.write(
            "make.py",
            format!(
                "import tarfile\nwith tarfile.open('a.tar', 'w', format=tarfile.{format}_FORMAT) as tar:\n  \
                 tar.add('tree', arcname='./tree', filter=lambda t: None if {exclude} else t)\n"
            ),
        );
        let inventory = list(&shop.made("python3 make.py", "a.tar"), Format::Tar);
        let inventory = inventory.unwrap_or_else(|e| panic!("{format}: {e}"));
        let lines: Vec<_> = inventory.members.iter().map(tar_line).collect();
        assert_eq!(
            lines,
            tar_lines(&shop.sh(&format!("{LIST} a.tar"))),
            "{format}"
        );
    }
}

#[test]
fn a_compressed_tar_is_listed_as_the_plain_one() {
    let shop = Workshop::new();
    let plain = list(&shop.made("tar -C tree -cf a.tar .", "a.tar"), Format::Tar).unwrap();
    let tools = [
        (Format::TarGz, "gzip -k -9 a.tar", "a.tar.gz"),
        (Format::TarXz, "xz -k a.tar", "a.tar.xz"),
        (Format::TarXz, "xz -kf -9e -C sha256 a.tar", "a.tar.xz"),
        (
            Format::TarXz,
            "xz -kf -C crc32 -T2 --block-size=65536 a.tar",
            "a.tar.xz",
        ),
        (Format::TarZst, "zstd -q a.tar", "a.tar.zst"),
        (
            Format::TarZst,
            "zstd -qf -19 -T2 --long --check a.tar",
            "a.tar.zst",
        ),
        (
            Format::TarZst,
            "zstd -q --no-check < a.tar > b.tar.zst",
            "b.tar.zst",
        ),
    ];
    for (format, script, file) in tools {
        let inventory = list(&shop.made(script, file), format);
        let inventory = inventory.unwrap_or_else(|e| panic!("{script}: {e}"));
        assert_eq!(inventory.members, plain.members, "{script}");
        assert_ne!(inventory.whole, plain.whole);
    }
}

#[test]
fn an_empty_tar_has_no_members() {
    let shop = Workshop::empty();
    let bytes = shop.made("tar -cf a.tar -T /dev/null", "a.tar");
    assert_eq!(list(&bytes, Format::Tar).unwrap().members, []);
}

#[test]
fn a_stream_is_read_from_where_it_stands_and_in_any_pieces() {
    struct Bytewise<'b>(&'b [u8]);
    impl std::io::Read for Bytewise<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = buffer.len().min(1);
            std::io::Read::read(&mut self.0, &mut buffer[..count])
        }
    }
    let shop = Workshop::empty();
    let script =
        "seq 1 9999 > a; tar -cJf a.tar.xz a; tar --zstd -cf a.tar.zst a; tar -czf a.tar.gz a";
    shop.sh(script);
    for (format, file) in [
        (Format::TarGz, "a.tar.gz"),
        (Format::TarXz, "a.tar.xz"),
        (Format::TarZst, "a.tar.zst"),
    ] {
        let bytes = std::fs::read(shop.path(file)).unwrap();
        let limits = quorate_archive::Limits::STANDARD;
        let whole = inventory(&*bytes, format, &limits).unwrap();
        assert_eq!(inventory(Bytewise(&bytes), format, &limits).unwrap(), whole);
    }
}

#[test]
fn a_path_of_pax_and_a_long_name_of_gnu_take_the_place_of_what_the_header_cannot_hold() {
    let long = long_name();
    let cut = &long[..100];
    let pax = tar_of(&[
        Hand::pax(&[
            ("path", &long),
            ("mtime", "5.9"),
            ("comment", "x"),
            ("size", "2"),
        ]),
        Hand::file(cut, b"hi").with(136, b"00000000005\0"),
        Hand::pax(&[("path", "caf\u{e9}"), ("atime", "1"), ("ctime", "2.5")]),
        Hand::file("caf?", b""),
    ]);
    let pax = list(&pax, Format::Tar).unwrap();
    assert_eq!(names(&pax), [&*long, "caf\u{e9}"]);
    assert_eq!(pax.members[0].modified, Some(5));
    let gnu = tar_of(&[
        Hand::new(b'L', "././@LongLink", format!("{long}\0").as_bytes()).gnu(),
        Hand::file(cut, b"hi").gnu(),
    ]);
    assert_eq!(names(&list(&gnu, Format::Tar).unwrap()), [&*long]);
}
