//! Stabilised digests: equal without times, order, owners and compression, and different with anything else.

use std::io::Cursor;

use quorate::digest::Sha256;
use quorate_archive::Limits;
use quorate_archive::stabilise::{Normaliser, Stabilised, stabilised};

use crate::workshop::{Hand, Workshop, tar_of};
use crate::zip_hand::{ZipHand, zip_of};

fn of(bytes: &[u8], normaliser: Normaliser) -> Stabilised {
    stabilised(Cursor::new(bytes), normaliser, &Limits::STANDARD).unwrap()
}

#[test]
fn a_normaliser_has_one_name() {
    for normaliser in Normaliser::ALL {
        assert_eq!(Normaliser::parse(normaliser.name()), Some(normaliser));
    }
    assert_eq!(Normaliser::parse("quorate-stabilise-tar"), None);
    assert_eq!(Normaliser::parse("quorate-stabilise-tar/2"), None);
}

#[test]
fn the_text_that_is_hashed_is_the_specified_one() {
    let tar = tar_of(&[
        Hand::symlink("b", "a").with(100, b"0000777\0"),
        Hand::file("a", b"x"),
        Hand::folder("./"),
        Hand::hardlink("c", "a"),
    ]);
    let text = format!(
        "quorate-stabilise-tar/1\n\
         folder\t0644\t0\t-\t.\t\n\
         file\t0644\t1\t{}\ta\t\n\
         symlink\t0777\t0\t-\tb\ta\n\
         hardlink\t0644\t0\t-\tc\ta\n",
        Sha256::of(b"x")
    );
    let found = of(&tar, Normaliser::TarV1);
    assert_eq!(found.sha256, Sha256::of(text.as_bytes()));
    let said = [
        "order of 4 members",
        "time of 4 members",
        "owner of 4 members",
        "header formats and comments of 4 members",
    ];
    assert_eq!(found.regions, said);
    let zip = zip_of(&[ZipHand::stored("a", b"x")]);
    let text = format!(
        "quorate-stabilise-zip/1\nfile\t0644\t1\t{}\ta\t\n",
        Sha256::of(b"x")
    );
    let found = of(&zip, Normaliser::ZipV1);
    assert_eq!(found.sha256, Sha256::of(text.as_bytes()));
    let said = [
        "order of 1 member",
        "time of 1 member",
        "compression, flags and extra fields of 1 member",
    ];
    assert_eq!(found.regions, said);
}

#[test]
fn gzips_of_one_content_are_one_stabilised() {
    let shop = Workshop::empty();
    shop.sh("seq 1 9999 > f; gzip -nc f > a; touch -d @5 f; gzip -9c f > b; gzip -1c < f > c; echo >> f; gzip -nc f > d");
    let read = |name| std::fs::read(shop.path(name)).unwrap();
    let found = ["a", "b", "c", "d"].map(|name| of(&read(name), Normaliser::GzipV1));
    assert_eq!(found[0].sha256, found[1].sha256);
    assert_eq!(found[0].sha256, found[2].sha256);
    assert_ne!(found[0].sha256, found[3].sha256);
    let contents: String = (1..=9999).map(|n| format!("{n}\n")).collect();
    let digest = Sha256::of(contents.as_bytes());
    let text = format!("quorate-stabilise-gzip/1\n{}\t{digest}\n", contents.len());
    assert_eq!(found[0].sha256, Sha256::of(text.as_bytes()));
    assert_eq!(
        found[0].regions,
        [
            "compression, with effort 0 in the header",
            "system 3 in the header"
        ]
    );
    let named = [
        "compression, with effort 2 in the header",
        "system 3 in the header",
        "time 5 in the header",
        "name f in the header",
    ];
    assert_eq!(found[1].regions, named);
}

#[test]
fn tars_that_differ_in_times_order_owners_formats_and_compression_are_one_stabilised() {
    let shop = Workshop::new();
    let mut digests = Vec::new();
    for script in [
        "tar --sort=name --hard-dereference -C tree -cf a .",
        "tar --sort=name --hard-dereference --format=pax --mtime=@7 --owner=x:9 -C tree -cf a .",
        "tar --sort=name --hard-dereference -C tree -czf a .",
        "tar --sort=name --hard-dereference -C tree -cJf a .",
        "tar --sort=name --hard-dereference -C tree --zstd -cf a .",
        "cd tree; find . -print0 | sort -rz | tar --hard-dereference --no-recursion --null -T - -cf ../a",
    ] {
        digests.push(of(&shop.made(script, "a"), Normaliser::TarV1).sha256);
    }
    assert!(
        digests.windows(2).all(|pair| pair[0] == pair[1]),
        "{digests:?}"
    );
    let xz = of(
        &shop.made("tar -C tree -cJf a hello", "a"),
        Normaliser::TarV1,
    );
    assert!(
        xz.regions
            .contains(&"compression of the whole (tar.xz)".to_owned())
    );
}

#[test]
fn a_changed_mode_kind_name_target_or_content_is_another_stabilised() {
    let digest = |members: &[Hand]| of(&tar_of(members), Normaliser::TarV1).sha256;
    let file = || Hand::file("a", b"x");
    let tars = [
        digest(&[file(), Hand::symlink("l", "a")]),
        digest(&[file(), Hand::symlink("l", "b")]),
        digest(&[file(), Hand::symlink("m", "a")]),
        digest(&[file(), Hand::hardlink("l", "a")]),
        digest(&[file(), Hand::folder("l")]),
        digest(&[file()]),
        digest(&[file().with(100, b"0000755\0")]),
        digest(&[file().with(100, b"0004644\0")]),
        digest(&[Hand::file("a", b"y")]),
        digest(&[]),
    ];
    let digest = |member: ZipHand| of(&zip_of(&[member]), Normaliser::ZipV1).sha256;
    let zips = [
        digest(ZipHand::stored("a", b"x")),
        digest(ZipHand::stored("a", b"y")),
        digest(ZipHand::stored("b", b"x")),
        digest(ZipHand::stored("a", b"x").attributes(0o100_755 << 16)),
        digest(ZipHand::symlink("a", "x")),
    ];
    let all: std::collections::BTreeSet<_> = tars.iter().chain(&zips).collect();
    assert_eq!(all.len(), tars.len() + zips.len());
}

#[test]
fn zips_that_differ_in_times_order_owners_and_compression_are_one_stabilised() {
    let shop = Workshop::new();
    shop.sh("rm tree/café");
    let mut digests = Vec::new();
    for script in [
        "cd tree; zip -qry a.zip . -x a.zip; mv a.zip ..",
        "cd tree; find . -exec touch -h -d @7 {} +; zip -qryX -0 ../a.zip .",
        "cd tree; find . -type f -o -type l | sort -r | zip -qy9 ../a.zip -@; zip -qr ../a.zip . -i '*/'",
    ] {
        let bytes = shop.made(&format!("rm -f a.zip; {script}"), "a.zip");
        digests.push(of(&bytes, Normaliser::ZipV1).sha256);
    }
    assert!(
        digests.windows(2).all(|pair| pair[0] == pair[1]),
        "{digests:?}"
    );
}

#[test]
fn what_is_not_listed_is_not_stabilised() {
    let refused = |bytes: &[u8], normaliser| {
        stabilised(Cursor::new(bytes), normaliser, &Limits::STANDARD)
            .unwrap_err()
            .to_string()
    };
    let twice = tar_of(&[Hand::file("a", b""), Hand::file("a", b"")]);
    assert!(refused(&twice, Normaliser::TarV1).contains("a second member"));
    let twice = zip_of(&[ZipHand::stored("a", b""), ZipHand::stored("a", b"")]);
    assert!(refused(&twice, Normaliser::ZipV1).contains("a second member"));
    let shop = Workshop::empty();
    let twice = shop.made("echo | gzip | tee a > b; cat a >> b", "b");
    assert!(refused(&twice, Normaliser::GzipV1).contains("a second member"));
}
