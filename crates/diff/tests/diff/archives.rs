//! Archives of tar and zip, and archives in archives.

use std::io::Cursor;

use quorate_diff::{Confidence, Limits, compare};

use super::workshop::{Workshop, archive, causes, difference, kinds, member, shown};

/// The headers of tar that do not depend on who runs the test.
const TAR: &str = "tar --owner=0 --group=0 --numeric-owner --mtime=@1700000000 --sort=name";

#[test]
fn members_of_one_side_are_named() {
    let shop = Workshop::new();
    shop.sh(&format!(
        "touch one two three; {TAR} -cf a.tar one two; {TAR} -cf b.tar one three"
    ));
    let report = shop.compare(".tar");
    let found = archive(&report);
    assert_eq!(found.only_in_a.items, ["two"]);
    assert_eq!(found.only_in_b.items, ["three"]);
    assert_eq!(found.counts, (2, 2));
    assert!(found.order.is_none() && found.members.is_empty());
}

#[test]
fn members_in_another_order_are_an_order() {
    let shop = Workshop::new();
    shop.sh(&format!(
        "touch one two more; {TAR} -cf a.tar one two; {TAR} -cf b.tar more two one"
    ));
    let report = shop.compare(".tar");
    let order = archive(&report).order.as_ref().unwrap();
    assert_eq!((&*order.a, &*order.b), ("one", "two"));
    assert_eq!(causes(&report), [("order", Confidence::VeryLikely)]);
}

#[test]
fn headers_of_members_are_compared_field_by_field() {
    let shop = Workshop::new();
    shop.sh(
        "echo x > x; ln -s x link; touch -d @1700000000 x; touch -h -d @1700000000 link; chmod 755 x
         tar --owner=me:1 --group=us:2 -cf a.tar x link
         touch -d @1700000600 x; chmod 700 x; ln -sf y link; touch -h -d @1700000000 link
         tar --owner=you:3 --group=us:2 -cf b.tar x link",
    );
    let report = shop.compare(".tar");
    let fields: Vec<_> = member(archive(&report), "x")
        .fields
        .iter()
        .map(|f| (f.field, &*f.a, &*f.b))
        .collect();
    let expected = [
        ("mode", "0755", "0700"),
        ("uid", "1", "3"),
        ("user", "me", "you"),
        ("modified", "2023-11-14T22:13:20Z", "2023-11-14T22:23:20Z"),
    ];
    assert_eq!(fields, expected);
    assert!(member(archive(&report), "x").contents.is_none());
    let link = member(archive(&report), "link");
    assert!(
        link.fields
            .iter()
            .any(|f| (f.field, &*f.a, &*f.b) == ("target", "x", "y"))
    );
    let expected = [
        ("timestamps", Confidence::VeryLikely),
        ("owner", Confidence::VeryLikely),
        ("umask", Confidence::Likely),
    ];
    assert_eq!(causes(&report), expected);
}

#[test]
fn members_whose_headers_differ_in_the_same_way_share_their_lines() {
    let shop = Workshop::new();
    shop.sh(
        "touch 1 2 3 4 5 6; tar --mtime=@1700000000 -cf a.tar 1 2 3 4 5 6; tar --mtime=@1700000600 -cf b.tar 1 2 3 4 5 6",
    );
    let page = shown(&shop.compare(".tar"));
    let shared = "\
    1, 2, 3, 4 and 2 more
      modified: 2023-11-14T22:13:20Z → 2023-11-14T22:23:20Z
Causes";
    assert!(page.contains(shared), "{page}");
}

#[test]
fn contents_are_compared_side_by_side() {
    let shop = Workshop::new();
    shop.sh(&format!(
        "mkdir d; seq 1000 > d/n; echo same > same; {TAR} -cJf a.tar.xz d same
         sed -i 500s/500/five/ d/n; {TAR} -cJf b.tar.xz d same"
    ));
    let report = shop.compare(".tar.xz");
    assert_eq!(archive(&report).members.count(), 1);
    let contents = member(archive(&report), "d/n").contents.as_ref().unwrap();
    assert_eq!((contents.a.size, contents.b.size), (3893, 3894));
    assert_eq!(contents.difference.first.as_ref().unwrap().offset, 1888);
    let hunk = &contents.difference.text.as_ref().unwrap().hunks[0];
    assert_eq!((hunk.line_a, hunk.line_b), (497, 497));
}

#[test]
fn gzip_1_against_gzip_9_is_compression() {
    let shop = Workshop::new();
    shop.sh("seq 1 20000 > x; gzip -n1 < x > a.gz; gzip -n9 < x > b.gz");
    let report = shop.compare(".gz");
    assert_eq!(causes(&report), [("compression", Confidence::VeryLikely)]);
    let fields: Vec<_> = archive(&report)
        .packing
        .items
        .iter()
        .map(|f| (f.field, &*f.a, &*f.b))
        .collect();
    assert_eq!(fields, [("gzip effort", "4, fastest", "2, slowest")]);
    assert!(archive(&report).members.is_empty());
}

#[test]
fn one_tar_under_two_compressors_is_compression() {
    let shop = Workshop::new();
    shop.sh(&format!(
        "echo x > x; {TAR} -cf t x; gzip -n < t > a.x; xz < t > b.x"
    ));
    let report = shop.compare(".x");
    assert_eq!(causes(&report), [("compression", Confidence::VeryLikely)]);
    assert!(shown(&report).contains("tar.gz and tar.xz"));
}

#[test]
fn parameters_of_xz_and_zstd_are_named() {
    let shop = Workshop::new();
    shop.sh(
        "seq 1 200000 > x; xz -1 < x > a.xz; xz -9 --check=sha256 < x > b.xz
         zstd -q -1 --no-check < x > a.zst; zstd -q -19 --check < x > b.zst",
    );
    let fields = |ending| -> Vec<_> {
        let report = shop.compare(ending);
        assert_eq!(kinds(&report), ["compression"]);
        archive(&report)
            .packing
            .items
            .iter()
            .map(|f| f.field)
            .collect()
    };
    assert_eq!(fields(".xz"), ["xz check", "xz dictionary"]);
    assert_eq!(fields(".zst"), ["zstd window", "zstd checksum"]);
}

#[test]
fn the_time_and_name_in_a_gzip_header_are_found() {
    let shop = Workshop::new();
    shop.sh(
        "echo x > one; echo x > two; touch -d @1700000000 one; touch -d @1700000001 two
         gzip -c one > a.gz; gzip -c two > b.gz",
    );
    let report = shop.compare(".gz");
    let fields: Vec<_> = archive(&report)
        .packing
        .items
        .iter()
        .map(|f| f.field)
        .collect();
    assert_eq!(fields, ["gzip modified", "gzip name"]);
    assert!(kinds(&report).contains(&"timestamps"), "{}", shown(&report));
}

#[test]
fn a_zip_is_compared_by_its_entries_and_its_directory() {
    let shop = Workshop::new();
    shop.sh(
        "seq 1 5000 > n; echo same > same; touch -d @1700000000 n same
         zip -qX -1 a.zip n same; zip -qX -9 b.zip n same",
    );
    let report = shop.compare(".zip");
    assert_eq!(kinds(&report), ["compression"], "{}", shown(&report));
    let fields = &archive(&report).packing.items;
    assert!(
        fields
            .iter()
            .any(|f| (&*f.part, f.field) == ("n", "zip packed size"))
    );
}

#[test]
fn a_jar_in_a_zip_in_a_tar_is_opened() {
    let shop = Workshop::new();
    shop.sh(&format!(
        "make() {{ echo \"built $1\" > manifest; touch -d @1700000000 manifest; rm -f in.jar mid.zip
           zip -qX in.jar manifest; touch -d @1700000000 in.jar; zip -qX mid.zip in.jar; {TAR} -cf $2 mid.zip; }}
         make 2024-01-31 a.tar; make 2024-02-01 b.tar"
    ));
    let report = shop.compare(".tar");
    let summary = report.causes();
    let place = &summary
        .iter()
        .find(|c| c.kind.name() == "timestamps")
        .unwrap()
        .places[0];
    assert_eq!(place, "mid.zip!/in.jar!/manifest");
    assert!(shown(&report).contains("-built 2024-01-31"));
}

#[test]
fn archives_are_opened_to_the_depth_of_the_limit_and_no_deeper() {
    let shop = Workshop::new();
    shop.sh(&format!(
        "make() {{ echo $1 > x; for n in 1 2 3 4 5; do {TAR} -cf y x; mv y x; done; {TAR} -cf $2 x; }}; make one a.tar; make two b.tar"
    ));
    let report = shop.compare(".tar");
    let mut found = difference(&report);
    let mut depth = 0;
    while let Some(inner) = &found.archive {
        found = &member(inner, "x").contents.as_ref().unwrap().difference;
        depth += 1;
    }
    // The file itself, and four in each other.
    assert_eq!(depth, 5);
    assert_eq!(found.notes, ["archives are not opened at this depth"]);
}

#[test]
fn a_member_larger_than_what_is_held_is_compared_by_digest() {
    let shop = Workshop::new();
    shop.sh(&format!(
        "head -c 5000 /dev/zero > large; echo one > small; {TAR} -cf a.tar large small
         echo x >> large; echo two > small; {TAR} -cf b.tar large small"
    ));
    let limits = Limits {
        held_bytes_max: 4096,
        ..Limits::STANDARD
    };
    let (a, b) = (shop.read("a.tar"), shop.read("b.tar"));
    let report = compare(Cursor::new(a), Cursor::new(b), &limits).unwrap();
    let contents = |name| member(archive(&report), name).contents.as_ref().unwrap();
    assert!(contents("large").difference.first.is_none());
    assert_eq!(
        contents("large").difference.notes,
        ["compared by digest alone: larger than 4096 bytes"]
    );
    assert!(contents("small").difference.first.is_some());
}

#[test]
fn more_members_than_the_limit_are_compared_by_digest() {
    let shop = Workshop::new();
    shop.sh(&format!(
        "for n in 1 2 3; do echo a > $n; done; {TAR} -cf a.tar 1 2 3
         for n in 1 2 3; do echo b > $n; done; {TAR} -cf b.tar 1 2 3"
    ));
    let looked_at = |limits: &Limits| {
        let (a, b) = (shop.read("a.tar"), shop.read("b.tar"));
        let report = compare(Cursor::new(a), Cursor::new(b), limits).unwrap();
        let members = &archive(&report).members.items;
        let contents = members.iter().filter_map(|m| m.contents.as_ref());
        contents.filter(|c| c.difference.first.is_some()).count()
    };
    let limits = Limits::STANDARD;
    assert_eq!(looked_at(&limits), 3);
    assert_eq!(
        looked_at(&Limits {
            members_compared_max: 2,
            ..limits
        }),
        2
    );
    // Two bytes are one member, so that each needs a pass of its own.
    assert_eq!(
        looked_at(&Limits {
            held_bytes_max: 3,
            passes_max: 2,
            ..limits
        }),
        2
    );
}

#[test]
fn an_archive_that_is_refused_is_compared_as_plain_bytes_with_the_reason() {
    let shop = Workshop::new();
    shop.sh("echo x > x; tar cf a.tar x; tar cf b.tar x x
         echo one | gzip -n > a.gz; cp a.gz b.gz; echo two | gzip -n >> b.gz");
    for (ending, why) in [
        (".tar", "B is not read as tar, but as plain bytes: "),
        (
            ".gz",
            "B is not read as gzip, but as plain bytes: gzip: a second member follows the first",
        ),
    ] {
        let report = shop.compare(ending);
        let found = difference(&report);
        assert!(found.archive.is_none());
        assert!(
            found.notes.iter().any(|note| note.starts_with(why)),
            "{:?}",
            found.notes
        );
    }
}

#[test]
fn an_archive_and_something_else_are_compared_as_plain_bytes() {
    let shop = Workshop::new();
    shop.sh("echo x > x; tar cf a.x x; zip -q b.x x");
    assert!(difference(&shop.compare(".x")).archive.is_none());
}

#[test]
fn tars_of_two_dialects_with_equal_members_are_said_to_be_that() {
    let shop = Workshop::new();
    shop.sh(&format!("echo x > x; {TAR} --format=gnu -cf - x | gzip -n > a.gz; {TAR} --format=ustar -cf - x | gzip -n > b.gz"));
    let report = shop.compare(".gz");
    assert!(archive(&report).members.is_empty());
    assert!(
        difference(&report).notes[0].contains("headers of tar are written in another way"),
        "{:?}",
        difference(&report).notes
    );
}
