//! zips that two readers could read in two ways.

use std::io::{Cursor, Read, Seek, SeekFrom};

use quorate_archive::{ArchiveError, Format, LimitFault, Limits, inventory_seek};

use crate::workshop::{list, refused};
use crate::zip_hand::{ZipHand, end, zip_of, zip_with};

fn refuses(members: &[ZipHand], reason: &str) {
    refused(&zip_of(members), Format::Zip, reason);
}

fn a() -> ZipHand {
    ZipHand::stored("a", b"contents")
}

#[test]
fn a_duplicate_zip_entry_is_refused() {
    let twice = "a second member of this name";
    refuses(&[a(), ZipHand::stored("a", b"other")], twice);
    refuses(&[a(), ZipHand::stored("./a", b"other")], twice);
    refuses(
        &[a(), ZipHand::stored("a/", b"").attributes(0o040_755 << 16)],
        twice,
    );
    refuses(&[a(), ZipHand::stored("a/b", b"")], "both a folder");
}

#[test]
fn an_absolute_or_climbing_zip_name_is_refused() {
    refuses(&[ZipHand::stored("/a", b"")], "the name is absolute");
    refuses(&[ZipHand::stored("../a", b"")], "climbs out");
    refuses(&[ZipHand::stored("a\\..\\b", b"")], "backslash");
    refuses(&[ZipHand::stored("a\0b", b"")], "control character");
    refuses(
        &[ZipHand::symlink("a", "/etc"), ZipHand::stored("a/b", b"")],
        "absolute path",
    );
    refuses(&[ZipHand::symlink("a", "../x")], "leads out of the archive");
    refuses(
        &[ZipHand::symlink("a", "b"), ZipHand::stored("a/b", b"")],
        "below the symbolic link",
    );
    let long = "x".repeat(5000);
    refuses(
        &[ZipHand::symlink("a", &long)],
        "the link's target has 5000 bytes",
    );
    refuses(&[ZipHand::stored(&long, b"")], "the name has 5000 bytes");
}

#[test]
fn a_conflict_of_local_and_central_zip_header_is_refused_in_every_field() {
    let fields: [(usize, &[u8], &str); 8] = [
        (4, &[20, 0], "the version"),
        (6, &[0, 8], "the flags"),
        (8, &[8, 0], "the method"),
        (10, &[1, 0], "the time"),
        (12, &[0x22, 0], "the time"),
        (14, &[0; 4], "checksum or sizes"),
        (18, &[0; 4], "checksum or sizes"),
        (22, &[0; 4], "checksum or sizes"),
    ];
    for (at, bytes, field) in fields {
        let reason = format!("local header and directory differ in {field}");
        refuses(&[a().local(at, bytes)], &reason);
    }
    let mut renamed = a();
    renamed.names[0] = b"b".to_vec();
    refuses(&[renamed], "differ in the name");
    let mut longer = a();
    longer.names[0] = b"ab".to_vec();
    refuses(&[longer], "differ in the name");
    let time = |seconds: u8| [b"UT\x05\0\x01", &[seconds, 0, 0, 0][..]].concat();
    refuses(
        &[a().extra(&time(1), &time(2))],
        "differ in the extended time",
    );
    // Some programs write it into one of them alone.
    for one in [a().extra(&time(1), b""), a().extra(b"", &time(1))] {
        let list = list(&zip_of(&[one]), Format::Zip).unwrap();
        assert_eq!(list.members[0].modified, Some(1));
    }
    let owner = |uid: u8| [b"ux\x05\0\x01\x01", &[uid, 1, 0][..]].concat();
    refuses(&[a().extra(&owner(1), &owner(2))], "differ in the owner");
    assert!(list(&zip_of(&[a().extra(&owner(1), &owner(1))]), Format::Zip).is_ok());
}

#[test]
fn bytes_that_no_zip_member_covers_are_refused() {
    let two = [a(), ZipHand::stored("b", b"")];
    let gap = "bytes before it that no member covers";
    refused(&zip_with(&two, b"#!/bin/sh\n", b"", b""), Format::Zip, gap);
    refused(&zip_with(&two, b"", b"hidden", b""), Format::Zip, gap);
    refused(&zip_with(&two, b"", b"", b"hidden"), Format::Zip, gap);
    // A member without an entry: readers that go through local headers see it.
    let hidden = ZipHand::stored("hidden", b"").local_bytes();
    refused(&zip_with(&two, b"", &hidden, b""), Format::Zip, gap);
    let after = |tail: &[u8]| [&zip_of(&two)[..], tail].concat();
    refused(&after(b"x"), Format::Zip, "does not end with an end record");
    refused(
        &after(&end(0, 0, 0)),
        Format::Zip,
        "does not end where the end record begins",
    );
}

#[test]
fn a_zip_with_two_directories_is_refused() {
    // Each reader takes the end record that it finds first.
    let (one, two) = (zip_of(&[a()]), zip_of(&[ZipHand::stored("b", b"")]));
    refused(
        &[&one[..], &two].concat(),
        Format::Zip,
        "does not end where the end record begins",
    );
    let directory = two.len() - 22 - 47;
    let mut moved = two.clone();
    let place = u32::try_from(one.len() + directory).unwrap().to_le_bytes();
    let end = moved.len() - 6;
    moved[end..end + 4].copy_from_slice(&place);
    let offset = directory + 42;
    moved[offset..offset + 4].copy_from_slice(&u32::try_from(one.len()).unwrap().to_le_bytes());
    refused(
        &[&one[..], &moved].concat(),
        Format::Zip,
        "bytes before it that no member covers",
    );
}

#[test]
fn zip_members_that_share_bytes_are_refused() {
    // The second entry points into the first one's data, as in a bomb of overlapping members.
    let inner = ZipHand::stored("b", b"x");
    let outer = ZipHand::stored("a", &inner.local_bytes());
    let place = u32::try_from(30 + 1).unwrap();
    let directory = [
        outer.central_bytes(0),
        inner.central(42, &place.to_le_bytes()).central_bytes(0),
    ];
    let bytes = outer.local_bytes();
    let end = end(2, directory.concat().len(), bytes.len());
    let zip = [bytes, directory.concat(), end].concat();
    refused(&zip, Format::Zip, "it shares bytes with another member");
}

#[test]
fn an_end_record_that_disagrees_is_refused() {
    let good = zip_of(&[a()]);
    let at = good.len() - 22;
    let with = |place: usize, bytes: &[u8]| {
        let mut zip = good.clone();
        zip[at + place..at + place + bytes.len()].copy_from_slice(bytes);
        zip
    };
    refused(&with(4, &[1]), Format::Zip, "several disks");
    refused(&with(6, &[1]), Format::Zip, "several disks");
    refused(&with(8, &[2]), Format::Zip, "several disks");
    refused(&with(8, &[2, 0, 2]), Format::Zip, "more or other entries");
    refused(&with(8, &[0, 0, 0]), Format::Zip, "more or other entries");
    refused(
        &with(12, &[1]),
        Format::Zip,
        "does not end where the end record begins",
    );
    refused(
        &with(16, &[1]),
        Format::Zip,
        "does not end where the end record begins",
    );
    refused(
        &with(20, &[1]),
        Format::Zip,
        "does not end with an end record",
    );
    refused(
        &with(16, &[255; 4]),
        Format::Zip,
        "plain and zip64 end record disagree",
    );
    let comment = [&with(20, &[3])[..], b"abc"].concat();
    refused(&comment, Format::Zip, "it has a comment");
    refused(
        &good[..good.len() - 1],
        Format::Zip,
        "does not end with an end record",
    );
    refused(b"", Format::Zip, "or it is no zip");
    let mut comment = a();
    comment.comment = b"hidden".to_vec();
    refuses(&[comment], "a comment");
}

#[test]
fn an_encrypted_zip_member_or_an_unknown_method_is_refused() {
    for flag in [1u16, 0x41, 0x2000] {
        refuses(&[a().with(2, &flag.to_le_bytes())], "encrypted");
    }
    for flag in [0x10u16, 0x20, 0x80, 0x4000] {
        refuses(&[a().with(2, &flag.to_le_bytes())], "not all are known");
    }
    for method in [1u16, 9, 12, 14, 93, 95, 99] {
        refuses(
            &[a().with(4, &method.to_le_bytes())],
            &format!("compression method {method}"),
        );
    }
    refuses(&[a().with(0, &[63, 0])], "needs version 63");
    refuses(&[a().central(34, &[1, 0])], "several disks");
}

#[test]
fn attributes_that_do_not_fit_are_refused() {
    refuses(
        &[a().attributes(0o020_644 << 16)],
        "neither a file, a folder nor",
    );
    refuses(
        &[a().attributes(0o010_644 << 16)],
        "neither a file, a folder nor",
    );
    refuses(
        &[a().attributes(0o040_755 << 16)],
        "attributes that do not fit",
    );
    refuses(&[a().attributes(0x10)], "attributes that do not fit");
    refuses(&[a().attributes(0x08)], "attributes that do not fit");
    refuses(
        &[ZipHand::stored("a/", b"").attributes(0o100_644 << 16)],
        "attributes that do not fit",
    );
    let windows = ZipHand::symlink("a", "b").central(5, &[0]);
    refuses(&[windows], "attributes that do not fit");
    refuses(&[a().central(5, &[19])], "made on system 19");
    refuses(&[a().central(36, &[2])], "attributes that do not fit");
    refuses(&[a().with(8, &[0, 0]).with(6, &[1, 0])], "no calendar has");
    let folder = ZipHand::stored("a/", b"x").attributes(0o040_755 << 16);
    refuses(&[folder], "a folder with 1 bytes of contents");
}

#[test]
fn a_zip_name_in_an_unknown_encoding_is_refused() {
    refuses(&[ZipHand::stored("caf\u{e9}", b"")], "not marked as UTF-8");
    let marked = ZipHand::stored("caf\u{e9}", b"").with(2, &[0, 8]);
    assert!(list(&zip_of(std::slice::from_ref(&marked)), Format::Zip).is_ok());
    // Info-ZIP in the locale C.UTF-8 writes UTF-8 and says nothing; Python reads it as code page 437.
    let shop = crate::workshop::Workshop::empty();
    let silent = shop.made("echo > caf\u{e9}; zip -q a.zip caf\u{e9}", "a.zip");
    refused(&silent, Format::Zip, "not marked as UTF-8");
    let mut broken = marked;
    broken.names = [b"\xff".to_vec(), b"\xff".to_vec()];
    refuses(&[broken], "not UTF-8");
}

#[test]
fn a_unicode_path_that_says_another_name_is_refused() {
    let path = |name: &[u8], crc: u32| {
        let size = u16::try_from(name.len() + 5).unwrap().to_le_bytes();
        [b"up", &size[..], &[1], &crc.to_le_bytes(), name].concat()
    };
    let mut crc = flate2::Crc::new();
    crc.update(b"a");
    let good = path(b"a", crc.sum());
    assert!(list(&zip_of(&[a().extra(&good, &good)]), Format::Zip).is_ok());
    for bad in [path(b"b", crc.sum()), path(b"a", 0)] {
        refuses(&[a().extra(&bad, b"")], "another name in its unicode path");
        refuses(&[a().extra(b"", &bad)], "another name in its unicode path");
    }
}

#[test]
fn unknown_or_broken_extra_fields_are_refused() {
    let both = |bytes: &[u8]| [a().extra(bytes, bytes)];
    refuses(&both(b"\x01\x99\x07\0AE....."), "the extra field 0x9901");
    refuses(&both(b"uc\x01\0\x01"), "the extra field 0x6375");
    refuses(
        &both(b"UT\x09\0\x01\0\0\0\0"),
        "bytes behind its last extra field",
    );
    refuses(&both(b"UT"), "bytes behind its last extra field");
    refuses(&both(b"UT\x01\0\x01"), "a broken extra field 0x5455");
    refuses(
        &both(b"UT\x05\0\x08\0\0\0\0"),
        "a broken extra field 0x5455",
    );
    refuses(&both(b"\xfe\xca\x01\0\0"), "a broken extra field 0xcafe");
    refuses(&both(b"ux\x02\0\x02\0"), "a broken extra field 0x7875");
    refuses(
        &both(b"\xfe\xca\0\0\xfe\xca\0\0"),
        "the extra field 0xcafe twice",
    );
    refuses(
        &both(b"\x0a\0\x04\0\0\0\0\0"),
        "a broken extra field 0x000a",
    );
    refuses(
        &both(b"\x35\xd9\x04\0\x04\0\0\x01"),
        "a broken extra field 0xd935",
    );
}

#[test]
fn zip64_sizes_that_are_missing_or_superfluous_are_refused() {
    let zip64 = "zip64 sizes that do not fit";
    let sizes = [
        b"\x01\0\x10\0",
        &8u64.to_le_bytes()[..],
        &8u64.to_le_bytes(),
    ]
    .concat();
    refuses(&[a().extra(b"", &sizes)], zip64);
    refuses(&[a().extra(&sizes, b"")], zip64);
    refuses(&[a().central(20, &[255; 4])], zip64);
    refuses(&[a().local(18, &[255; 4])], zip64);
    refuses(&[a().local(18, &[255; 8])], zip64);
    refuses(&[a().extra(b"", b"\x01\0\0\0")], zip64);
    // Python's force_zip64: the local header alone has the large form.
    let forced = a().local(18, &[255; 8]).extra(&sizes, b"");
    assert!(list(&zip_of(std::slice::from_ref(&forced)), Format::Zip).is_ok());
    // Small sizes in the large form of the directory: a reader without zip64 sees other sizes.
    let small = a().central(20, &[255; 8]).extra(b"", &sizes);
    refuses(&[small], zip64);
}

#[test]
fn a_data_descriptor_that_disagrees_is_refused() {
    let streamed = a().with_descriptor();
    assert!(list(&zip_of(std::slice::from_ref(&streamed)), Format::Zip).is_ok());
    for at in [0, 4, 8, 12] {
        let mut broken = streamed.clone();
        broken.descriptor[at] ^= 1;
        refuses(&[broken], "the data descriptor is missing or differs");
    }
    let mut unmarked = streamed.clone();
    unmarked.descriptor.drain(..4);
    refuses(
        &[unmarked, ZipHand::stored("b", b"")],
        "the data descriptor is missing or differs",
    );
    let mut none = streamed.clone();
    none.descriptor.clear();
    refuses(&[none], "the data descriptor is missing or differs");
    let mut flagless = a();
    flagless.descriptor = streamed.descriptor;
    refuses(&[flagless], "bytes before it that no member covers");
}

#[test]
fn zip_data_of_another_size_or_checksum_are_refused() {
    let good = ZipHand::deflated("a", &b"abc".repeat(100));
    assert!(list(&zip_of(std::slice::from_ref(&good)), Format::Zip).is_ok());
    refuses(
        &[good.clone().with(10, &[0; 4])],
        "the checksum of the contents is wrong",
    );
    refuses(
        &[a().with(10, &[0; 4])],
        "the checksum of the contents is wrong",
    );
    let other = "another size than the directory says";
    refuses(&[good.clone().with(18, &299u32.to_le_bytes())], other);
    refuses(&[good.clone().with(18, &301u32.to_le_bytes())], other);
    refuses(&[a().with(18, &[9])], other);
    // Bytes behind the end of the deflate stream, inside of the packed size.
    let mut longer = good.clone();
    longer.packed.push(0);
    let size = u32::try_from(longer.packed.len()).unwrap().to_le_bytes();
    refuses(&[longer.with(14, &size)], other);
    let mut shorter = good.clone();
    shorter.packed.pop();
    let size = u32::try_from(shorter.packed.len()).unwrap().to_le_bytes();
    refuses(&[shorter.with(14, &size)], "ends within");
    let mut corrupt = good;
    corrupt.packed[0] = 0xff;
    refuses(&[corrupt], "zip, member a: the compressed data are broken");
    refused(
        &zip_of(&[a()])[9..],
        Format::Zip,
        "does not end where the end record begins",
    );
}

#[test]
fn no_local_header_where_the_directory_says_is_refused() {
    refuses(
        &[a().local(0, b"PK\x03\x05")],
        "no local header where the directory says",
    );
}

#[test]
fn a_zip_bomb_is_refused_before_anything_is_unpacked() {
    let zeros = vec![0; 100 << 20];
    let bomb = zip_of(&[ZipHand::deflated("a", &zeros)]);
    let error = inventory_seek(Cursor::new(&bomb), Format::Zip, &Limits::STANDARD);
    assert!(matches!(
        error,
        Err(ArchiveError::Limit(LimitFault::Ratio(200)))
    ));
    // Many members below the floor are no way around it.
    let part = ZipHand::deflated("", &zeros[..10 << 20]);
    let many: Vec<_> = (0..10)
        .map(|index| {
            let mut part = part.clone();
            part.names = [vec![b'a' + index], vec![b'a' + index]];
            part
        })
        .collect();
    let error = inventory_seek(Cursor::new(zip_of(&many)), Format::Zip, &Limits::STANDARD);
    assert!(matches!(
        error,
        Err(ArchiveError::Limit(LimitFault::Ratio(200)))
    ));
    // One that lies about its size is stopped there.
    let liar = ZipHand::deflated("a", &zeros).with(18, &1000u32.to_le_bytes());
    refuses(&[liar], "another size than the directory says");
}

#[test]
fn more_zip_entries_than_the_limit_are_refused_before_they_are_read() {
    let limits = Limits {
        members_max: 1,
        ..Limits::STANDARD
    };
    let two = zip_of(&[a(), ZipHand::stored("b", b"")]);
    let error = inventory_seek(Cursor::new(&two), Format::Zip, &limits);
    assert!(matches!(
        error,
        Err(ArchiveError::Limit(LimitFault::Members(1)))
    ));
    let limits = Limits {
        names_bytes_max: 1,
        ..Limits::STANDARD
    };
    let error = inventory_seek(Cursor::new(&two), Format::Zip, &limits);
    assert!(matches!(
        error,
        Err(ArchiveError::Limit(LimitFault::Names(1)))
    ));
}

/// A file whose bytes are others at the second reading.
struct Turning {
    readings: Vec<Vec<u8>>,
    place: usize,
}

impl Read for Turning {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mut rest = &self.readings[0][self.place..];
        let count = rest.read(buffer)?;
        self.place += count;
        Ok(count)
    }
}

impl Seek for Turning {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.place = match to {
            SeekFrom::Start(0) => {
                self.readings.remove(0);
                0
            }
            SeekFrom::Start(place) => usize::try_from(place).unwrap(),
            SeekFrom::End(_) => self.readings[0].len(),
            SeekFrom::Current(_) => unreachable!(),
        };
        Ok(self.place as u64)
    }
}

#[test]
fn a_zip_that_changes_between_its_two_readings_is_refused() {
    let file = |contents: &[u8]| {
        let padding = ZipHand::stored("padding", &[0; 100]);
        zip_of(&[padding, ZipHand::stored("a", contents)])
    };
    let good = file(b"one");
    let of = |second: Vec<u8>| {
        let turning = Turning {
            readings: vec![good.clone(), second],
            place: 0,
        };
        inventory_seek(turning, Format::Zip, &Limits::STANDARD)
    };
    assert!(of(good.clone()).is_ok());
    assert!(of(file(b"two")).is_err());
    // The same members, and another directory.
    let mut directory = good.clone();
    let mode = directory.len() - 22 - 47 + 40;
    directory[mode] ^= 1;
    assert!(matches!(of(directory), Err(ArchiveError::Changed)));
    let mut longer = good.clone();
    longer.push(0);
    assert!(matches!(of(longer), Err(ArchiveError::Changed)));
}
