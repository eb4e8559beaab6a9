//! tars that two readers could read in two ways.

use quorate_archive::Format;

use crate::workshop::{Hand, list, long_name, names, refused, tar_of};

fn refuses(members: &[Hand], reason: &str) {
    refused(&tar_of(members), Format::Tar, reason);
}

#[test]
fn a_duplicate_member_is_refused() {
    let twice = "a second member of this name";
    refuses(&[Hand::file("a", b"1"), Hand::file("a", b"2")], twice);
    refuses(&[Hand::file("a", b"1"), Hand::file("./a", b"1")], twice);
    refuses(&[Hand::folder("a/"), Hand::folder("./a")], twice);
    refuses(&[Hand::folder("./"), Hand::folder(".")], twice);
    refuses(&[Hand::folder("a"), Hand::symlink("a", "b")], twice);
}

#[test]
fn a_file_that_is_also_a_folder_is_refused() {
    let both = "both a folder with members in it and something else";
    refuses(&[Hand::file("a/b", b""), Hand::file("a", b"")], both);
    refuses(&[Hand::file("a", b""), Hand::file("a/b/c", b"")], both);
    refuses(&[Hand::file("a/b", b""), Hand::symlink("a", "c")], both);
    let hardlink = [
        Hand::file("f", b""),
        Hand::hardlink("a", "f"),
        Hand::file("a/b", b""),
    ];
    refuses(&hardlink, both);
}

#[test]
fn an_absolute_or_climbing_name_is_refused() {
    for name in ["/etc/passwd", "//a"] {
        refuses(&[Hand::file(name, b"")], "the name is absolute");
    }
    for name in ["../a", "a/../../b", "a/..", "./../a"] {
        refuses(&[Hand::file(name, b"")], "climbs out");
    }
}

#[test]
fn a_name_with_two_spellings_is_refused() {
    refuses(&[Hand::file("a//b", b"")], "`//`");
    refuses(&[Hand::file("a/./b", b"")], "a part `.`");
    refuses(&[Hand::file("././b", b"")], "a part `.`");
    refuses(&[Hand::file("a\\b", b"")], "backslash");
    refuses(&[Hand::file("a\nb", b"")], "control character");
    refuses(&[Hand::file("", b"")], "empty");
    refuses(&[Hand::file("a", b"").with(0, b"\xff")], "not UTF-8");
    refuses(&[Hand::file("a/", b"")], "ends in `/`");
    refuses(&[Hand::file("./", b"")], "the archive's own folder");
}

#[test]
fn a_name_over_the_limit_is_refused() {
    let long = "a/".repeat(2048) + "a";
    let cut = &long[..100];
    let members = [Hand::pax(&[("path", &long)]), Hand::file(cut, b"")];
    refuses(&members, "the name has 4097 bytes, more than 4096");
    let gnu = Hand::new(b'L', "", format!("{long}\0").as_bytes()).gnu();
    refuses(&[gnu, Hand::file(cut, b"").gnu()], "a header of 4098 bytes");
    let records = "x".repeat(70_000);
    let members = [Hand::pax(&[("comment", &records)]), Hand::file("a", b"")];
    refuses(&members, "a header of 70");
}

#[test]
fn a_member_below_a_symbolic_link_is_refused() {
    let through = [Hand::symlink("a", "."), Hand::file("a/b", b"")];
    refuses(&through, "below the symbolic link a");
    let deep = [
        Hand::symlink("x/a", "b"),
        Hand::folder("x/b"),
        Hand::file("x/a/c/d", b""),
    ];
    refuses(&deep, "below the symbolic link x/a");
}

#[test]
fn a_link_out_of_the_archive_is_refused() {
    refuses(
        &[Hand::symlink("a", "/etc/passwd")],
        "leads to the absolute path",
    );
    refuses(&[Hand::symlink("a", "..")], "leads out of the archive");
    refuses(
        &[Hand::symlink("a/b", "../../c")],
        "leads out of the archive",
    );
    refuses(
        &[Hand::symlink("a/b", "x/../../../c")],
        "leads out of the archive",
    );
    refuses(&[Hand::symlink("a", "")], "without a target");
    refuses(
        &[Hand::symlink("a", "b\rc")],
        "target has a control character",
    );
    let inside = tar_of(&[Hand::symlink("a/b", "../c"), Hand::symlink("d", "nowhere")]);
    assert_eq!(names(&list(&inside, Format::Tar).unwrap()), ["a/b", "d"]);
}

#[test]
fn a_hard_link_to_anything_but_an_earlier_file_is_refused() {
    let none = "which is no earlier file of the archive";
    refuses(&[Hand::hardlink("a", "b"), Hand::file("b", b"")], none);
    refuses(&[Hand::hardlink("a", "/etc/passwd")], none);
    refuses(&[Hand::hardlink("a", "../b")], none);
    refuses(&[Hand::hardlink("a", "a")], none);
    refuses(&[Hand::folder("f"), Hand::hardlink("a", "f")], none);
    refuses(&[Hand::symlink("s", "f"), Hand::hardlink("a", "s")], none);
    let chain = [
        Hand::file("f", b""),
        Hand::hardlink("a", "f"),
        Hand::hardlink("b", "a"),
    ];
    refuses(&chain, none);
    let good = tar_of(&[Hand::file("./f", b"x"), Hand::hardlink("a", "./f")]);
    assert!(list(&good, Format::Tar).is_ok());
}

#[test]
fn a_link_or_folder_with_contents_is_refused() {
    let with = |flag| Hand::new(flag, "a", b"abc");
    refuses(&[with(b'5')], "a folder with 3 bytes of contents");
    refuses(&[with(b'2').with(157, b"b")], "a symlink with 3 bytes");
    let hardlink = with(b'1').with(157, b"f");
    refuses(&[Hand::file("f", b""), hardlink], "a hardlink with 3 bytes");
    let target = Hand::file("a", b"").with(157, b"b");
    refuses(&[target], "a link's target at a member that is no link");
}

#[test]
fn a_wrong_checksum_is_refused() {
    let mut bytes = tar_of(&[Hand::file("a", b"x")]);
    bytes[0] = b'b';
    refused(&bytes, Format::Tar, "checksum");
    let mut signed = tar_of(&[Hand::file("é", b"x")]);
    // The sum of signed characters, as broken old programs wrote it.
    let sum: i32 = signed[..512]
        .iter()
        .enumerate()
        .map(|(at, byte)| match at {
            148..156 => 32,
            _ => i32::from(byte.cast_signed()),
        })
        .sum();
    signed[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    refused(&signed, Format::Tar, "checksum");
}

#[test]
fn a_header_that_differs_from_its_pax_header_is_refused() {
    let conflict = |field: &str| format!("extension and header differ in {field}");
    let pax = |records: &[(&str, &str)]| [Hand::pax(records), Hand::file("a", b"xy")];
    refuses(&pax(&[("path", "b")]), &conflict("the name"));
    refuses(&pax(&[("path", &long_name())]), &conflict("the name"));
    refuses(&pax(&[("path", "a\u{e9}/b")]), &conflict("the name"));
    refuses(&pax(&[("linkpath", "b")]), &conflict("the link's target"));
    refuses(&pax(&[("uid", "1")]), &conflict("the user's number"));
    refuses(&pax(&[("gid", "1")]), &conflict("the group's number"));
    refuses(&pax(&[("uname", "root")]), &conflict("the user's name"));
    refuses(&pax(&[("gname", "root")]), &conflict("the group's name"));
    refuses(&pax(&[("mtime", "5")]), &conflict("the time"));
}

#[test]
fn a_pax_size_that_differs_from_the_header_is_refused() {
    // CVE-2026-33055: one reader skips by the header's size, another by pax's, and sees other members.
    let conflict = "extension and header differ in the size";
    let hidden = tar_of(&[Hand::file("evil", b"")]);
    for size in ["0", "1024", "8589934592"] {
        refuses(
            &[Hand::pax(&[("size", size)]), Hand::file("a", &hidden)],
            conflict,
        );
    }
    let zero = [
        Hand::pax(&[("size", "512")]),
        Hand::file("a", b""),
        Hand::file("b", b""),
    ];
    refuses(&zero, conflict);
}

#[test]
fn a_long_name_that_differs_from_the_header_is_refused() {
    let long = long_name();
    let name = |text: &str| Hand::new(b'L', "././@LongLink", text.as_bytes()).gnu();
    let full = name(&format!("{long}\0"));
    let file = |name: &str| Hand::file(name, b"").gnu();
    let conflict = "extension and header differ in the name";
    refuses(&[full.clone(), file("a")], conflict);
    refuses(&[full.clone(), file(&long[..98])], conflict);
    let not_as_written = "a GNU long name that is not as GNU tar writes it";
    for text in [
        "short\0",
        &long,
        &format!("{long}\0x"),
        &format!("{long}\0\0"),
    ] {
        refuses(&[name(text), file(&long[..100])], not_as_written);
    }
    let two = "two extension headers";
    refuses(&[full.clone(), full.clone(), file(&long[..100])], two);
    refuses(
        &[full.clone(), Hand::file(&long[..100], b"")],
        "of different formats",
    );
    refuses(
        &[full.clone(), Hand::pax(&[("path", &long)]), file("a")],
        two,
    );
    let target = Hand::new(b'K', "", format!("{long}\0").as_bytes()).gnu();
    let link = Hand::symlink("a", "b").gnu();
    refuses(&[target, link], "differ in the link's target");
}

#[test]
fn a_global_pax_header_is_refused() {
    let mut global = Hand::pax(&[("path", "b")]);
    global.block[156] = b'g';
    refuses(&[global, Hand::file("a", b"")], "a global pax header");
}

#[test]
fn an_unknown_pax_key_is_refused() {
    let key = |key| [Hand::pax(&[(key, "1")]), Hand::file("a", b"")];
    for unknown in [
        "SCHILY.xattr.user.x",
        "hdrcharset",
        "LIBARCHIVE.creationtime",
        "Path",
    ] {
        refuses(&key(unknown), &format!("the pax key {unknown}"));
    }
    for sparse in ["GNU.sparse.major", "GNU.sparse.realsize"] {
        refuses(&key(sparse), "a sparse file");
    }
    let twice = [
        Hand::pax(&[("path", "a"), ("path", "a")]),
        Hand::file("a", b""),
    ];
    refuses(&twice, "there twice");
    let broken = [Hand::new(b'x', "x", b"9 path=a"), Hand::file("a", b"")];
    refuses(&broken, "a broken pax record");
    let empty = [Hand::pax(&[("path", "")]), Hand::file("a", b"")];
    refuses(&empty, "a broken value of the pax key path");
    let number = [Hand::pax(&[("size", "0x1")]), Hand::file("a", b"")];
    refuses(&number, "a broken value of the pax key size");
}

#[test]
fn an_extension_without_a_member_is_refused() {
    refuses(&[Hand::pax(&[("mtime", "0")])], "without a member");
    let two = [
        Hand::pax(&[("mtime", "0")]),
        Hand::pax(&[("mtime", "0")]),
        Hand::file("a", b""),
    ];
    refuses(&two, "two extension headers");
    let mixed = [Hand::pax(&[("mtime", "0")]), Hand::file("a", b"").gnu()];
    refuses(&mixed, "of different formats");
    refuses(&[Hand::new(b'x', "x", b"").gnu()], "of different formats");
    refuses(&[Hand::new(b'L', "x", b"")], "of different formats");
}

#[test]
fn a_member_that_is_no_file_folder_or_link_is_refused() {
    let types = [
        (b'3', "a device"),
        (b'4', "a device"),
        (b'6', "a named pipe"),
        (b'S', "a sparse file"),
        (b'M', "another volume"),
        (b'7', "the unknown type '7'"),
        (b'V', "the unknown type 'V'"),
        (b'D', "the unknown type 'D'"),
        (b'A', "the unknown type 'A'"),
        (0, "the type of an old tar"),
    ];
    for (flag, reason) in types {
        refuses(&[Hand::new(flag, "a", b"").gnu()], reason);
    }
}

#[test]
fn fields_that_readers_read_differently_are_refused() {
    let a = || Hand::file("a", b"");
    refuses(&[a().with(124, b"\x80\0\0\0\0\0\0\0\0\0\0\0")], "base 256");
    refuses(
        &[a().gnu().with(124, b"\x80\0\0\0\0\0\0\0\0\0\0\0")],
        "base 256",
    );
    refuses(&[a().gnu().with(124, &[0xff; 12])], "base 256");
    refuses(&[a().gnu().with(100, b"\x80\0\0\0\0\0\0\x01")], "mode");
    refuses(&[a().with(124, b"        17 \0")], "the field size");
    refuses(&[a().with(124, b"0000000000\08")], "the field size");
    refuses(&[a().with(108, b"        ")], "the field uid");
    refuses(&[a().with(100, b"0040644\0")], "mode has bits");
    refuses(&[a().with(2, b"hidden")], "the field name has bytes");
    refuses(&[a().with(158, b"hidden")], "the field linkname has bytes");
    refuses(&[a().with(502, b"hidden")], "the field padding has bytes");
    refuses(
        &[a().gnu().with(345, b"prefix")],
        "the field GNU fields has bytes",
    );
    refuses(
        &[a().with(329, b"0000001\0")],
        "the field devmajor has bytes",
    );
    refuses(
        &[a().with(257, &[0; 8])],
        "neither a ustar nor a GNU header",
    );
    refuses(
        &[a().with(257, b"ustar\x0001")],
        "neither a ustar nor a GNU header",
    );
    refuses(&[a().with(265, b"ro\not")], "the owner's name");
    refuses(&[a().with(265, b"\xff")], "owner's name is not UTF-8");
}

#[test]
fn bytes_hidden_in_padding_are_refused() {
    let mut bytes = tar_of(&[Hand::file("a", b"x")]);
    bytes[513] = 1;
    refused(&bytes, Format::Tar, "the padding is not zero");
}

#[test]
fn data_after_the_end_are_refused() {
    let good = tar_of(&[Hand::file("a", b"x")]);
    let with = |tail: &[u8]| [&good[..], tail].concat();
    let after = "data follow the end";
    refused(&with(&tar_of(&[Hand::file("b", b"")])), Format::Tar, after);
    refused(&with(b"x"), Format::Tar, after);
    refused(&with(&[&[0; 4096][..], b"x"].concat()), Format::Tar, after);
    // The record of 20 blocks ends at 10,240 bytes.
    assert!(list(&with(&vec![0; 10_240 - good.len()]), Format::Tar).is_ok());
    let long = "more zeros follow";
    refused(
        &with(&vec![0; 10_240 - good.len() + 512]),
        Format::Tar,
        long,
    );
    refused(&with(&[0; 100]), Format::Tar, long);
}

#[test]
fn a_missing_end_is_refused() {
    let good = tar_of(&[Hand::file("a", b"x")]);
    let cut = |bytes: usize| &good[..good.len() - bytes];
    refused(
        cut(1024),
        Format::Tar,
        "does not end with two blocks of zeros",
    );
    refused(
        cut(512),
        Format::Tar,
        "does not end with two blocks of zeros",
    );
    refused(b"", Format::Tar, "does not end with two blocks of zeros");
    refused(cut(1), Format::Tar, "ends within a tar header");
    refused(cut(1025), Format::Tar, "ends within the padding");
    refused(&good[..512], Format::Tar, "ends within the contents");
    refused(&good[..100], Format::Tar, "ends within a tar header");
}

#[test]
fn a_member_behind_a_lone_block_of_zeros_is_refused() {
    let bytes = [
        &Hand::file("a", b"").bytes(),
        &[0; 512][..],
        &tar_of(&[Hand::file("b", b"")]),
    ];
    refused(&bytes.concat(), Format::Tar, "after a block of zeros");
}
