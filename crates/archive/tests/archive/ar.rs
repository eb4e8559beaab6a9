//! ar: static libraries and plain archives, and what is refused in them.

use quorate::digest::Sha256;
use quorate_archive::Format;

use crate::workshop::{Workshop, list, names, refused};

/// An ar header and its contents, made by hand.
pub(crate) fn member(name: &str, contents: &[u8]) -> Vec<u8> {
    let size = contents.len();
    let mut bytes = format!(
        "{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n",
        0, 0, 0, 100_644
    );
    let padding = if size.is_multiple_of(2) { "" } else { "\n" };
    let mut bytes = std::mem::take(&mut bytes).into_bytes();
    bytes.extend(contents);
    bytes.extend(padding.as_bytes());
    bytes
}

pub(crate) fn ar_of(members: &[Vec<u8>]) -> Vec<u8> {
    [b"!<arch>\n".to_vec(), members.concat()].concat()
}

#[test]
fn an_archive_of_gnu_ar_is_listed_as_it_lists_it() {
    let shop = Workshop::empty();
    let script = "echo 1 > a.o; printf 22 > odd; seq 1 999 > averyveryverylongfilename.o; echo > another-very-long-name
                  chmod 640 odd; touch -d @1700000000 odd; ar rcU x.a a.o odd averyveryverylongfilename.o another-very-long-name";
    let inventory = list(&shop.made(script, "x.a"), Format::Ar).unwrap();
    let listed = shop.sh("ar t x.a");
    assert_eq!(names(&inventory), listed.lines().collect::<Vec<_>>());
    for member in &inventory.members {
        let contents = std::fs::read(shop.path(&member.name)).unwrap();
        assert_eq!(
            member.sha256,
            Some(Sha256::of(&contents)),
            "{}",
            member.name
        );
        assert_eq!(member.size, contents.len() as u64);
    }
    let odd = &inventory.members[1];
    assert_eq!((odd.mode, odd.modified), (0o640, Some(1_700_000_000)));
}

#[test]
fn a_static_library_is_listed_with_its_index_of_symbols() {
    let shop = Workshop::empty();
    let script =
        "echo 'int f(void) { return 1; }' > f.c; gcc -c f.c; cp f.o a-name-of-more-than-16.o
                  ar rcs f.a f.o a-name-of-more-than-16.o";
    let inventory = list(&shop.made(script, "f.a"), Format::Ar).unwrap();
    assert_eq!(
        names(&inventory),
        ["symbol-index", "f.o", "a-name-of-more-than-16.o"]
    );
}

#[test]
fn an_ar_that_readers_read_differently_is_refused() {
    let a = member("a/", b"x");
    let refuse = |members: &[Vec<u8>], reason| refused(&ar_of(members), Format::Ar, reason);
    refused(b"!<thin>\n", Format::Ar, "not those of ar");
    refused(b"!<arch>", Format::Ar, "ends within the first line");
    refuse(
        &[a.clone(), member("a", b"y")],
        "a second member of this name",
    );
    refuse(
        &[member("#1/20", b"12345678901234567890x")],
        "as BSD writes it",
    );
    refuse(&[member("a/b/", b"")], "the name is none of a file");
    refuse(&[member("/SYM64/", b"")], "the name is none of a file");
    refuse(&[member("../", b"")], "climbs out");
    refuse(&[a.clone(), member("/", b"")], "in the wrong place");
    refuse(
        &[a.clone(), member("b", b""), member("//", b"")],
        "the field date",
    );
    let patched = |at: usize, value: &[u8]| {
        let mut bytes = a.clone();
        bytes[at..at + value.len()].copy_from_slice(value);
        vec![bytes]
    };
    refuse(&patched(16, b" 0"), "the field date");
    refuse(&patched(16, b"00"), "the field date");
    refuse(&patched(16, b"-1"), "the field date");
    refuse(&patched(28, b"0x1"), "the field uid");
    refuse(&patched(34, b"      "), "the field gid");
    refuse(&patched(40, b"40755 "), "the mode is not that of a file");
    refuse(&patched(40, b"8"), "the field mode");
    refuse(&patched(48, b"+1"), "the field size");
    refuse(&patched(58, b"\n\n"), "without its end mark");
    refuse(&patched(61, b"\0"), "the padding is no line break");
    refused(
        &ar_of(std::slice::from_ref(&a))[..69],
        Format::Ar,
        "ends within the padding",
    );
    refuse(&[a.clone(), b"\n".to_vec()], "ends within an ar header");
    refuse(&patched(48, b"9999999999"), "ends within the contents");
}

#[test]
fn a_table_of_names_with_more_than_the_members_names_is_refused() {
    let table = |text: &str| {
        let size = text.len();
        format!("{:<48}{size:<10}`\n{text}", "//").into_bytes()
    };
    let (one, two) = ("a-name-of-more-than-16/\n", "b-name-of-more-than-16/\n");
    let members = [member("/0", b""), member(&format!("/{}", one.len()), b"")];
    let good = [&[table(&format!("{one}{two}"))], &members[..]].concat();
    assert!(list(&ar_of(&good), Format::Ar).is_ok());
    let refuse = |members: &[Vec<u8>], reason| refused(&ar_of(members), Format::Ar, reason);
    let other = "other names, or in another order";
    let [first, second] = &members;
    refuse(&[table(&format!("{one}{two}")), first.clone()], other);
    refuse(
        &[table(&format!("{one}{two}")), second.clone(), first.clone()],
        other,
    );
    refuse(&[table(&format!("hidden{one}")), member("/6", b"")], other);
    refuse(&[table(&format!("{one}\n\n")), first.clone()], other);
    refuse(std::slice::from_ref(first), other);
    refuse(
        &[table(one), first.clone(), table(one)],
        "in the wrong place",
    );
}
