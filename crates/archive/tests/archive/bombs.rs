//! Little that becomes much.

use std::io::Read;

use quorate_archive::{ArchiveError, Format, LimitFault, Limits, inventory};

use crate::workshop::{Hand, Workshop, list_with, refused, tar_of};

#[test]
fn a_decompression_bomb_is_refused_by_its_ratio() {
    let shop = Workshop::empty();
    shop.sh("head -c 100M /dev/zero > z; gzip -9k z; xz -k z; zstd -q --ultra -22 z");
    for (format, file) in [
        (Format::Gzip, "z.gz"),
        (Format::Xz, "z.xz"),
        (Format::Zstd, "z.zst"),
    ] {
        let bytes = std::fs::read(shop.path(file)).unwrap();
        let error = inventory(&*bytes, format, &Limits::STANDARD).unwrap_err();
        let is_ratio = matches!(error, ArchiveError::Limit(LimitFault::Ratio(200)));
        assert!(is_ratio, "{file}: {error}");
    }
}

#[test]
fn a_small_file_of_zeros_is_no_bomb() {
    let shop = Workshop::empty();
    shop.sh("head -c 10M /dev/zero > z; gzip -9k z; xz -k z; zstd -q z");
    for (format, file) in [
        (Format::Gzip, "z.gz"),
        (Format::Xz, "z.xz"),
        (Format::Zstd, "z.zst"),
    ] {
        let bytes = std::fs::read(shop.path(file)).unwrap();
        assert!(
            inventory(&*bytes, format, &Limits::STANDARD).is_ok(),
            "{file}"
        );
    }
}

#[test]
fn more_unpacked_bytes_than_the_limit_are_refused() {
    let shop = Workshop::empty();
    shop.sh("seq 1 300000 > z; gzip -k z; xz -k z; zstd -q z");
    let limits = Limits {
        unpacked_bytes_max: 1 << 20,
        ..Limits::STANDARD
    };
    for (format, file) in [
        (Format::Gzip, "z.gz"),
        (Format::Xz, "z.xz"),
        (Format::Zstd, "z.zst"),
    ] {
        let bytes = std::fs::read(shop.path(file)).unwrap();
        let error = inventory(&*bytes, format, &limits).unwrap_err();
        let is_size = matches!(error, ArchiveError::Limit(LimitFault::Unpacked(1_048_576)));
        assert!(is_size, "{file}: {error}");
    }
}

#[test]
fn a_size_that_nobody_could_send_is_refused_at_once() {
    let claims = Hand::file("a", b"").with(124, b"77777777777\0");
    let limits = Limits {
        unpacked_bytes_max: 1 << 30,
        ..Limits::STANDARD
    };
    let error = list_with(&tar_of(std::slice::from_ref(&claims)), Format::Tar, &limits);
    assert!(matches!(
        error,
        Err(ArchiveError::Limit(LimitFault::Unpacked(_)))
    ));
    let huge = claims
        .gnu()
        .with(124, b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff");
    refused(&tar_of(&[huge]), Format::Tar, "unpacks to more than");
}

/// A tar without end, made while it is read.
struct Endless {
    count: u64,
    make: fn(u64) -> Hand,
    block: Vec<u8>,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.block.is_empty() {
            self.block = (self.make)(self.count).bytes();
            self.count += 1;
        }
        let count = buffer.len().min(self.block.len());
        buffer[..count].copy_from_slice(&self.block[..count]);
        self.block.drain(..count);
        Ok(count)
    }
}

fn endless(make: fn(u64) -> Hand) -> ArchiveError {
    let tar = Endless {
        count: 0,
        make,
        block: Vec::new(),
    };
    inventory(tar, Format::Tar, &Limits::STANDARD).unwrap_err()
}

#[test]
fn a_million_members_are_refused_at_the_limit() {
    let error = endless(|count| Hand::file(&count.to_string(), b""));
    assert!(
        matches!(error, ArchiveError::Limit(LimitFault::Members(300_000))),
        "{error}"
    );
}

#[test]
fn folders_that_deep_names_imply_count_as_members() {
    let error = endless(|count| Hand::file(&format!("{count}{}", "/a".repeat(40)), b""));
    assert!(
        matches!(error, ArchiveError::Limit(LimitFault::Members(300_000))),
        "{error}"
    );
}

#[test]
fn names_of_many_bytes_together_are_refused_at_the_limit() {
    // Owners' names and targets count, too: 90 + 32 + 32 + 100 bytes a member.
    let limits = Limits {
        names_bytes_max: 100_000,
        ..Limits::STANDARD
    };
    let tar = Endless {
        count: 0,
        make: |count| {
            let link = Hand::symlink(&format!("{count:090}"), &"t".repeat(100));
            link.with(265, &[b'u'; 32]).with(297, &[b'g'; 32])
        },
        block: Vec::new(),
    };
    let error = inventory(tar, Format::Tar, &limits).unwrap_err();
    assert!(
        matches!(error, ArchiveError::Limit(LimitFault::Names(100_000))),
        "{error}"
    );
}
