//! Small archives by hand, and what holds for every archive that is listed.

use std::collections::BTreeSet;

use quorate::digest::Sha256;
use quorate_archive::{Inventory, Limits, MemberKind, SigningBlock};

/// Small, so that a fuzzer meets them and an input costs little.
pub const ARCHIVE_LIMITS: Limits = Limits {
    members_max: 1000,
    unpacked_bytes_max: 4 << 20,
    name_bytes_max: 300,
    names_bytes_max: 10_000,
    ratio_max: 100,
    ratio_floor_bytes: 1 << 20,
    window_bytes_max: 8 << 20,
    pax_bytes_max: 2000,
    signing_block: SigningBlock::Allow,
};

/// Holds the list of `bytes` against what the library promises for every archive.
///
/// # Panics
/// When a promise is broken.
pub fn hold(inventory: &Inventory, bytes: &[u8]) {
    assert_eq!(inventory.whole, Sha256::of(bytes));
    let members = &inventory.members;
    assert!(members.len() as u64 <= ARCHIVE_LIMITS.members_max);
    let sizes: u64 = members.iter().map(|member| member.size).sum();
    assert!(sizes <= ARCHIVE_LIMITS.unpacked_bytes_max);
    let mut files = BTreeSet::new();
    let mut solid = BTreeSet::new();
    let mut names = BTreeSet::new();
    for member in members {
        let name = &*member.name;
        assert!(names.insert(name), "two members called {name}");
        assert!(!name.chars().any(char::is_control) && member.mode <= 0o7777);
        let mut parts = name.split('/');
        assert!(name == "." || parts.all(|part| !matches!(part, "" | "." | "..")));
        assert_eq!(member.sha256.is_some(), member.kind == MemberKind::File);
        match &member.kind {
            MemberKind::File => drop(files.insert(name)),
            MemberKind::Folder => {}
            MemberKind::Symlink { target } => assert!(!target.is_empty()),
            MemberKind::Hardlink { target } => assert!(files.contains(&**target)),
        }
        if member.kind != MemberKind::Folder {
            assert!(member.kind == MemberKind::File || member.size == 0);
            solid.insert(name);
        }
    }
    for name in names {
        let above = name.match_indices('/').map(|(at, _)| &name[..at]);
        assert!(above.into_iter().all(|folder| !solid.contains(folder)));
    }
}

/// The bytes with the right checksum in everything that looks like a tar header.
pub fn summed(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for block in bytes.chunks_exact_mut(512) {
        if block[257..262] == *b"ustar" {
            block[148..156].copy_from_slice(b"        ");
            let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
    }
    bytes
}

/// A header of a tar in ustar's form, and its contents.
pub fn tar_member(flag: u8, name: &str, link: &str, contents: &[u8]) -> Vec<u8> {
    let mut block = [0; 512];
    let size = format!("{:011o}\0", contents.len());
    let fields: [(usize, &[u8]); 9] = [
        (0, name.as_bytes()),
        (100, b"0000644\0"),
        (108, b"0000000\0"),
        (116, b"0000000\0"),
        (124, size.as_bytes()),
        (136, b"00000000000\0"),
        (156, &[flag]),
        (157, link.as_bytes()),
        (257, b"ustar\x0000"),
    ];
    for (at, bytes) in fields {
        block[at..at + bytes.len()].copy_from_slice(bytes);
    }
    let mut bytes = [&block[..], contents].concat();
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    summed(&bytes)
}

/// A tar of these members.
pub fn tar_of(members: &[Vec<u8>]) -> Vec<u8> {
    [members.concat(), vec![0; 1024]].concat()
}

/// An ar of these names and contents.
pub fn ar_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = b"!<arch>\n".to_vec();
    for (name, contents) in members {
        let size = contents.len();
        let header = format!("{name:<16}0           0     0     100644  {size:<10}`\n");
        bytes.extend(header.as_bytes());
        bytes.extend(*contents);
        bytes.extend(&b"\n"[..size % 2]);
    }
    bytes
}

/// A Debian package around its two tars.
pub fn deb_of(control: &[u8], data: &[u8]) -> Vec<u8> {
    ar_of(&[
        ("debian-binary", b"2.0\n"),
        ("control.tar", control),
        ("data.tar", data),
    ])
}

/// A pax record.
pub fn pax_record(key: &str, value: &str) -> String {
    let rest = format!(" {key}={value}\n");
    let length = (rest.len()..).find(|length| length.to_string().len() + rest.len() == *length);
    format!("{}{rest}", length.unwrap_or_default())
}

/// CRC-32, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// gzip of at most 65,535 bytes, stored.
pub fn gzip_of(bytes: &[u8]) -> Vec<u8> {
    let size = u32::try_from(bytes.len()).unwrap_or_default().to_le_bytes();
    let header = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x01";
    let inverse = [!size[0], !size[1]];
    let crc = crc32(bytes).to_le_bytes();
    [header, &size[..2], &inverse, bytes, &crc, &size].concat()
}

/// A zip of stored members, by unix, the last one with a data descriptor.
pub fn zip_of(members: &[(&str, u32, &[u8])]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (index, (name, mode, contents)) in members.iter().enumerate() {
        let offset = u32::try_from(bytes.len()).unwrap_or_default().to_le_bytes();
        let size = u32::try_from(contents.len())
            .unwrap_or_default()
            .to_le_bytes();
        let sums = [&crc32(contents).to_le_bytes()[..], &size, &size].concat();
        let is_last = index + 1 == members.len();
        let flags = if is_last { 8 } else { 0 };
        let shared = [10, 0, flags, 0, 0, 0, 0, 0, 0x21, 0];
        let length = u16::try_from(name.len()).unwrap_or_default().to_le_bytes();
        let (here, behind) = match is_last {
            true => (&[0; 12][..], [b"PK\x07\x08", &sums[..]].concat()),
            false => (&sums[..], Vec::new()),
        };
        let local = [
            b"PK\x03\x04",
            &shared[..],
            here,
            &length,
            &[0; 2],
            name.as_bytes(),
        ];
        bytes.extend([&local.concat()[..], contents, &behind].concat());
        let external = (mode << 16).to_le_bytes();
        let central = [
            &b"PK\x01\x02\x1e\x03"[..],
            &shared,
            &sums,
            &length,
            &[0; 8],
            &external,
            &offset,
            name.as_bytes(),
        ];
        directory.extend(central.concat());
    }
    let count = u16::try_from(members.len())
        .unwrap_or_default()
        .to_le_bytes();
    let four = |count: usize| u32::try_from(count).unwrap_or_default().to_le_bytes();
    let (place, size) = (four(bytes.len()), four(directory.len()));
    let end = [
        b"PK\x05\x06\0\0\0\0",
        &count[..],
        &count,
        &size,
        &place,
        &[0; 2],
    ];
    [bytes, directory, end.concat()].concat()
}

/// What xz 5.4.1 makes of `hello` and a line break.
pub const XZ: &[u8] = b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46\x02\0\x21\x01\x16\0\0\0\x74\x2f\xe5\xa3\x01\0\x05hello\n\0\xa5\x60\x97\xf1\
    \x94\xf6\xfd\xe0\0\x01\x1e\x06\xc1\x2f\xa4\x1d\x1f\xb6\xf3\x7d\x01\0\0\0\0\x04YZ";

/// What zstd 1.5.4 makes of the same.
pub const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd\x24\x06\x31\0\0hello\n\x53\x88\xbd\x91";
