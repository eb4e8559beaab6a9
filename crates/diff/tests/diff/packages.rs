//! Debian packages made by dpkg-deb.

use quorate_diff::Confidence;

use super::workshop::{Workshop, archive, causes, difference, kinds, member, shown};

/// `pack FILE [OPTION...]` packs the folder `p`, with the same times each time.
const PACK: &str = "
mkdir -p p/DEBIAN p/usr/share/doc/p p/usr/bin
printf 'Package: p\\nVersion: 1\\nArchitecture: all\\nMaintainer: A <a@example.org>\\nDescription: p\\n' > p/DEBIAN/control
export SOURCE_DATE_EPOCH=1700000000
pack() { find p -exec touch -h -d @1700000000 {} +; dpkg-deb --root-owner-group \"${@:2}\" -b p \"$1\" > log; }
";

fn packed(script: &str) -> Workshop {
    let shop = Workshop::new();
    shop.sh(&format!("{PACK}{script}"));
    shop
}

#[test]
fn a_package_built_twice_is_equal() {
    let shop = packed("echo x > p/usr/bin/x; pack a.deb; pack b.deb");
    assert!(shop.compare(".deb").is_equal());
}

#[test]
fn times_of_a_package_are_timestamps() {
    let shop = packed(
        "echo 'built on Wed Jan 31 12:34:56 2024' > p/usr/share/doc/p/info; pack a.deb
         echo 'built on Thu Feb  1 09:00:01 2024' > p/usr/share/doc/p/info
         SOURCE_DATE_EPOCH=1700003600; find p -exec touch -h -d @1700000000 {} +
         touch -d @1690000000 p/usr/bin; dpkg-deb --root-owner-group -b p b.deb > log",
    );
    let report = shop.compare(".deb");
    assert_eq!(
        causes(&report),
        [("timestamps", Confidence::VeryLikely)],
        "{}",
        shown(&report)
    );
    let folder = member(archive(&report), "data/usr/bin");
    assert_eq!(folder.fields[0].field, "modified");
    assert!(folder.contents.is_none());
    let in_ar: Vec<_> = archive(&report)
        .packing
        .items
        .iter()
        .map(|f| (&*f.part, f.field))
        .collect();
    assert_eq!(
        in_ar,
        [
            ("debian-binary", "modified in ar"),
            ("control.tar", "modified in ar"),
            ("data.tar", "modified in ar")
        ]
    );
    let page = shown(&report);
    assert!(
        page.contains("-built on Wed Jan 31 12:34:56 2024"),
        "{page}"
    );
}

#[test]
fn lines_that_were_read_from_a_folder_in_another_order_are_an_order() {
    let shop = packed(
        "printf 'zeta\\nalpha\\nmid\\n' > p/usr/share/doc/p/list; pack a.deb
         printf 'mid\\nzeta\\nalpha\\n' > p/usr/share/doc/p/list; pack b.deb",
    );
    let report = shop.compare(".deb");
    assert_eq!(causes(&report), [("order", Confidence::VeryLikely)]);
    assert_eq!(report.causes()[0].places, ["data/usr/share/doc/p/list"]);
}

#[test]
fn what_was_sorted_and_written_in_another_locale_is_a_locale() {
    let shop = packed(
        "printf 'B\\na\\nc\\n' > p/usr/share/doc/p/list; echo 'size 3.14, 5 December 2024' > p/usr/bin/x; pack a.deb
         printf 'a\\nB\\nc\\n' > p/usr/share/doc/p/list; echo 'size 3,14, 5 Dezember 2024' > p/usr/bin/x; pack b.deb",
    );
    let report = shop.compare(".deb");
    assert_eq!(
        causes(&report),
        [
            ("order", Confidence::VeryLikely),
            ("locale", Confidence::Likely)
        ]
    );
    let locale = &report.causes()[1];
    assert_eq!(
        (locale.count, locale.places.len()),
        (3, 2),
        "{}",
        shown(&report)
    );
}

#[test]
fn the_compression_of_a_package_is_compression() {
    let shop = packed(
        "seq 1 20000 > p/usr/bin/x; pack a.deb -Zgzip -z1; pack b.deb -Zgzip -z9
         mkdir more; cp a.deb more/a.deb; pack more/b.deb -Zxz",
    );
    let report = shop.compare(".deb");
    assert_eq!(
        causes(&report),
        [("compression", Confidence::VeryLikely)],
        "{}",
        shown(&report)
    );
    assert!(archive(&report).members.is_empty());
    shop.sh("mv more/a.deb a.x; mv more/b.deb b.x");
    let report = shop.compare(".x");
    assert_eq!(
        causes(&report),
        [("compression", Confidence::VeryLikely)],
        "{}",
        shown(&report)
    );
    let page = shown(&report);
    assert!(
        page.contains("data.tar: name in ar: data.tar.gz → data.tar.xz"),
        "{page}"
    );
}

#[test]
fn owners_and_modes_of_a_package_are_of_the_user_who_built() {
    let shop = packed(
        "echo x > p/usr/bin/x; chmod 755 p/usr/bin/x; pack a.deb; chmod 775 p/usr/bin/x; pack b.deb",
    );
    assert_eq!(
        causes(&shop.compare(".deb")),
        [("umask", Confidence::Likely)]
    );
}

#[test]
fn checksums_follow_from_what_they_are_of() {
    let shop = packed(
        "sums() { (cd p; md5sum usr/bin/x > DEBIAN/md5sums); }
         echo 'at 1700000000' > p/usr/bin/x; sums; pack a.deb; echo 'at 1700000777' > p/usr/bin/x; sums; pack b.deb",
    );
    let expected = [
        ("timestamps", Confidence::Likely),
        ("checksum", Confidence::Likely),
    ];
    assert_eq!(causes(&shop.compare(".deb")), expected);
}

#[test]
fn a_package_with_something_appended_is_compared_as_plain_bytes() {
    let shop = packed("echo x > p/usr/bin/x; pack a.deb; cp a.deb b.deb; echo more >> b.deb");
    let report = shop.compare(".deb");
    let found = difference(&report);
    assert!(found.archive.is_none());
    assert!(
        found.notes[0].starts_with("B is not read as deb"),
        "{:?}",
        found.notes
    );
    assert_eq!(found.different_bytes, Some(5));
    assert!(kinds(&report).is_empty());
}

#[test]
fn the_folder_of_a_build_and_the_build_id_of_a_program_are_found() {
    let shop = packed(
        "build() { mkdir -p $1; printf 'int main(void) { return __FILE__[0] + __LINE__; }\\nconst char *where = __FILE__;\\n' > $1/main.c
           gcc -g -Wl,--build-id=sha1 -o p/usr/bin/x $PWD/$1/main.c; }
         build one/source; pack a.deb; build another/source; pack b.deb",
    );
    let report = shop.compare(".deb");
    let found = causes(&report);
    assert!(
        found.contains(&("build-path", Confidence::Likely)),
        "{}",
        shown(&report)
    );
    assert!(
        found.contains(&("build-id", Confidence::Likely)),
        "{}",
        shown(&report)
    );
    let contents = member(archive(&report), "data/usr/bin/x")
        .contents
        .as_ref()
        .unwrap();
    assert!(contents.difference.notes[0].starts_with("ELF sections that differ: "));
    let example = &report
        .causes()
        .into_iter()
        .find(|c| c.kind.name() == "build-path")
        .unwrap()
        .example;
    assert!(
        example.contains("/one/source") && example.contains("/another/source"),
        "{example}"
    );
}
