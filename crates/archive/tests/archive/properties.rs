//! Whatever the bytes: no panic, and nothing beyond the limits. And for whatever tree: the list is that of tar.

use std::io::Cursor;
use std::sync::LazyLock;

use proptest::prelude::{
    ProptestConfig, Strategy, any, prop, prop_assert_eq, prop_oneof, proptest,
};
use quorate_archive::stabilise::{Normaliser, stabilised};
use quorate_archive::{Format, Limits, SigningBlock, inventory, inventory_seek};

use crate::workshop::{Workshop, list, tar_line, tar_lines};

/// Small enough that every limit is met.
const SMALL: Limits = Limits {
    members_max: 40,
    unpacked_bytes_max: 1 << 20,
    name_bytes_max: 200,
    names_bytes_max: 4000,
    ratio_max: 50,
    ratio_floor_bytes: 1 << 16,
    window_bytes_max: 8 << 20,
    pax_bytes_max: 1000,
    signing_block: SigningBlock::Allow,
};

/// Lists `bytes` as every format; what is accepted keeps the limits.
fn try_all(bytes: &[u8]) {
    for format in Format::ALL {
        let listed = inventory_seek(Cursor::new(bytes), format, &SMALL);
        if format != Format::Zip {
            let streamed = inventory(bytes, format, &SMALL);
            assert_eq!(format!("{listed:?}"), format!("{streamed:?}"));
        }
        let Ok(inventory) = listed else { continue };
        let sizes: u64 = inventory.members.iter().map(|member| member.size).sum();
        let names: usize = inventory
            .members
            .iter()
            .map(|member| member.name.len())
            .sum();
        assert!(inventory.members.len() as u64 <= SMALL.members_max);
        assert!(sizes <= SMALL.unpacked_bytes_max && names as u64 <= SMALL.names_bytes_max);
        assert_eq!(inventory.whole, quorate::digest::Sha256::of(bytes));
    }
    for normaliser in Normaliser::ALL {
        drop(stabilised(Cursor::new(bytes), normaliser, &SMALL));
    }
}

/// One small archive of each kind, made by real tools.
static ARCHIVES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let shop = Workshop::empty();
    shop.sh(
        "mkdir -p t/sub p/DEBIAN p/usr; seq 1 99 > t/n; ln -s n t/l; ln t/n t/h; echo x > t/sub/x
         printf 'Package: x\\nVersion: 1\\nArchitecture: all\\nMaintainer: a <a@b.c>\\nDescription: x\\n' > p/DEBIAN/control
         seq 1 99 > p/usr/n; echo > long-name-of-a-member
         for f in gnu pax ustar; do tar --format=$f -cf $f.tar t; done
         gzip -k gnu.tar; xz -k gnu.tar; zstd -q gnu.tar; zip -qry a.zip t; zip -qr -fd b.zip t
         for z in none gzip xz zstd; do dpkg-deb -Z$z -b p $z.deb; done; ar rc a.a t/n long-name-of-a-member",
    );
    let files = shop.sh("ls *.tar *.gz *.xz *.zst *.zip *.deb *.a");
    files
        .lines()
        .map(|name| std::fs::read(shop.path(name)).unwrap())
        .collect()
});

#[derive(Clone, Debug)]
enum Change {
    Set(prop::sample::Index, u8),
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
    Insert(prop::sample::Index, Vec<u8>),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, value)| Change::Set(at, value)),
        (at(), 0..8u8).prop_map(|(at, bit)| Change::Flip(at, 1 << bit)),
        (at(), 1..600usize).prop_map(|(at, count)| Change::Cut(at, count)),
        (at(), 1..600usize).prop_map(|(at, count)| Change::Repeat(at, count)),
        (at(), any::<Vec<u8>>()).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len();
    match change {
        Change::Set(at, value) => bytes[at.index(length)] = *value,
        Change::Flip(at, bits) => bytes[at.index(length)] ^= bits,
        Change::Cut(at, count) => {
            let from = at.index(length);
            bytes.drain(from..length.min(from + count));
        }
        Change::Repeat(at, count) => {
            let from = at.index(length);
            let part = bytes[from..length.min(from + count)].to_vec();
            bytes.splice(from..from, part);
        }
        Change::Insert(at, new) => {
            let from = at.index(length);
            bytes.splice(from..from, new.iter().copied());
        }
    }
}

/// Puts the right checksum into each tar header, so that changes reach what lies behind it.
fn resum(bytes: &mut [u8]) {
    for block in bytes.chunks_exact_mut(512) {
        if &block[257..262] == b"ustar" {
            block[148..156].copy_from_slice(b"        ");
            let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>, start in 0..8usize) {
        let starts: [&[u8]; 8] = [
            b"", b"PK\x03\x04", b"!<arch>\n", b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
            b"\xfd7zXZ\0\0\x04\xe6\xd6\xb4\x46", b"\x28\xb5\x2f\xfd\x04\x58", b"!<arch>\ndebian-binary   ",
            b"\xfd7zXZ\0\0\x01\x69\x22\xde\x36",
        ];
        try_all(&[starts[start], &bytes].concat());
    }

    #[test]
    fn changed_archives_never_panic_and_stay_within_the_limits(
        which: prop::sample::Index,
        changes in prop::collection::vec(change(), 1..4),
        summed: bool,
    ) {
        let mut bytes = ARCHIVES[which.index(ARCHIVES.len())].clone();
        for change in &changes {
            apply(&mut bytes, change);
        }
        if summed {
            resum(&mut bytes);
        }
        try_all(&bytes);
    }
}

/// A name's part: letters, digits, spaces and letters of other scripts.
fn part() -> impl Strategy<Value = String> {
    "[a-z0-9 é日_.-]{1,60}".prop_filter("no dots alone", |part| {
        !matches!(&**part, "." | "..") && part.len() <= 200 && part.trim() == part
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_list_of_a_tar_is_that_of_tar(
        files in prop::collection::btree_map(
            prop::collection::vec(part(), 1..5).prop_map(|parts| parts.join("/")),
            (any::<Vec<u8>>(), 0..0o7777u32, -9_000_000_000..9_000_000_000i64),
            0..6,
        ),
        format in prop::sample::select(vec!["gnu", "pax", "oldgnu"]),
    ) {
        let shop = Workshop::empty();
        std::fs::create_dir(shop.path("t")).unwrap();
        for (name, (contents, mode, seconds)) in &files {
            let path = shop.path("t").join(name);
            let is_free = path.ancestors().skip(1).all(|folder| !folder.is_file());
            if !is_free || path.exists() || std::fs::create_dir_all(path.parent().unwrap()).is_err() {
                continue;
            }
            std::fs::write(&path, contents).unwrap();
            let permissions = std::os::unix::fs::PermissionsExt::from_mode(*mode);
            std::fs::set_permissions(&path, permissions).unwrap();
            let since = std::time::Duration::from_secs(seconds.unsigned_abs());
            let epoch = std::time::UNIX_EPOCH;
            let time = if *seconds < 0 { epoch - since } else { epoch + since };
            std::fs::File::open(&path).unwrap().set_modified(time).unwrap();
        }
        let bytes = shop.made(&format!("tar --format={format} -C t -cf a.tar ."), "a.tar");
        let inventory = list(&bytes, Format::Tar).unwrap();
        let listed = shop.sh("tar --quoting-style=literal --numeric-owner --full-time -tvf a.tar");
        let lines: Vec<_> = inventory.members.iter().map(tar_line).collect();
        prop_assert_eq!(lines, tar_lines(&listed));
    }
}
