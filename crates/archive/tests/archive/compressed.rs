//! gzip, xz and zstd: one stream, one end.

use quorate::digest::Sha256;
use quorate_archive::{Format, Limits};

use crate::workshop::{Workshop, list, refusal_with, refused};

fn packed(script: &str) -> Vec<u8> {
    Workshop::empty().made(&format!("seq 1 20000 > f; {script} > out"), "out")
}

fn numbers() -> Vec<u8> {
    (1..=20_000)
        .flat_map(|n| format!("{n}\n").into_bytes())
        .collect()
}

fn with(bytes: &[u8], at: usize, value: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] = value;
    bytes
}

#[test]
fn one_compressed_file_is_one_member() {
    let tools = [
        (Format::Gzip, "gzip -c f"),
        (Format::Gzip, "gzip -nc f"),
        (Format::Xz, "xz -c f"),
        (Format::Xz, "xz -0 -C sha256 -c f"),
        (Format::Zstd, "zstd -c f"),
        (Format::Zstd, "zstd -19 --no-check < f"),
    ];
    for (format, script) in tools {
        let bytes = packed(script);
        let inventory = list(&bytes, format).unwrap_or_else(|e| panic!("{script}: {e}"));
        let [member] = &*inventory.members else {
            panic!("one member")
        };
        assert_eq!(
            (&*member.name, member.size),
            ("content", numbers().len() as u64)
        );
        assert_eq!(member.sha256, Some(Sha256::of(&numbers())), "{script}");
        assert_eq!(inventory.whole, Sha256::of(&bytes));
    }
    for (format, script) in [
        (Format::Gzip, "gzip -nc < /dev/null"),
        (Format::Xz, "xz < /dev/null"),
        (Format::Zstd, "zstd < /dev/null"),
        (Format::Zstd, ": > g; zstd -c g"),
    ] {
        let inventory = list(&packed(script), format).unwrap_or_else(|e| panic!("{script}: {e}"));
        assert_eq!(
            inventory.members[0].sha256,
            Some(Sha256::of(b"")),
            "{script}"
        );
    }
}

#[test]
fn a_second_stream_is_refused() {
    let twice = |script: &str| packed(script).repeat(2);
    refused(&twice("gzip -c f"), Format::Gzip, "a second member follows");
    refused(&twice("xz -c f"), Format::Xz, "a second stream follows");
    refused(&twice("zstd -c f"), Format::Zstd, "a second frame follows");
}

#[test]
fn bytes_behind_the_stream_are_refused() {
    for tail in [&b"\0"[..], b"\0\0\0\0", b"x"] {
        let after = |script: &str| [&packed(script)[..], tail].concat();
        refused(&after("gzip -c f"), Format::Gzip, "bytes follow the end");
        let reason = if tail[0] == 0 {
            "padding follows the stream"
        } else {
            "bytes follow"
        };
        refused(&after("xz -c f"), Format::Xz, reason);
        refused(&after("zstd -c f"), Format::Zstd, "bytes follow the end");
    }
}

#[test]
fn a_stream_that_ends_early_is_refused() {
    for (format, script) in [
        (Format::Gzip, "gzip -c f"),
        (Format::Xz, "xz -c f"),
        (Format::Zstd, "zstd -c f"),
        (Format::Zstd, "zstd --no-check -c f"),
    ] {
        let bytes = packed(script);
        for length in [
            0,
            1,
            3,
            7,
            11,
            20,
            bytes.len() / 2,
            bytes.len() - 9,
            bytes.len() - 1,
        ] {
            refused(&bytes[..length], format, "ends within");
        }
    }
}

#[test]
fn a_gzip_header_that_can_hide_something_is_refused() {
    let bytes = packed("gzip -nc f");
    let flag = |flags| with(&bytes, 3, flags);
    refused(&flag(0x20), Format::Gzip, "reserved flags");
    refused(&flag(0x80), Format::Gzip, "reserved flags");
    refused(&flag(0x04), Format::Gzip, "an extra field");
    refused(&flag(0x10), Format::Gzip, "a comment");
    refused(&with(&bytes, 2, 7), Format::Gzip, "compression method 7");
    refused(&with(&bytes, 0, 0), Format::Gzip, "not those of gzip");
    let named = |name: &[u8]| {
        let flagged = flag(8);
        [&flagged[..10], name, b"\0", &flagged[10..]].concat()
    };
    assert!(list(&named(b"f"), Format::Gzip).is_ok());
    for name in [
        &b""[..],
        b"..",
        b"../f",
        b"/f",
        b"a\nb",
        b"\xff",
        &[b'x'; 256],
    ] {
        refused(&named(name), Format::Gzip, "no plain file name");
    }
    // The header's checksum is the low half of CRC-32 over it.
    let summed = |low, high| {
        let flagged = flag(2);
        [&flagged[..10], &[low, high], &flagged[10..]].concat()
    };
    refused(&summed(0, 0), Format::Gzip, "the header's checksum");
    let mut crc = flate2_crc(&flag(2)[..10]).to_le_bytes().into_iter();
    let good = summed(crc.next().unwrap(), crc.next().unwrap());
    assert!(list(&good, Format::Gzip).is_ok());
}

/// CRC-32, bit by bit.
fn flate2_crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[test]
fn a_gzip_with_a_wrong_checksum_or_size_is_refused() {
    let bytes = packed("gzip -c f");
    let end = bytes.len();
    refused(
        &with(&bytes, end - 8, bytes[end - 8] ^ 1),
        Format::Gzip,
        "the checksum of the contents",
    );
    refused(
        &with(&bytes, end - 4, bytes[end - 4] ^ 1),
        Format::Gzip,
        "the size of the contents",
    );
    refused(&with(&bytes, 30, bytes[30] ^ 0xff), Format::Gzip, "gzip: ");
}

#[test]
fn an_xz_without_a_check_of_its_contents_is_refused() {
    refused(
        &packed("xz -C none -c f"),
        Format::Xz,
        "no check of its contents",
    );
}

#[test]
fn an_xz_with_other_filters_is_refused() {
    refused(
        &packed("xz --x86 --lzma2 -c f"),
        Format::Xz,
        "filters besides LZMA2",
    );
    refused(
        &packed("xz --delta=dist=1 --lzma2 -c f"),
        Format::Xz,
        "filters besides LZMA2",
    );
}

/// Puts the right CRC-32 of `range` behind it, so that what is wrong is found behind the checksum.
fn resum(bytes: &mut [u8], range: std::ops::Range<usize>) {
    let crc = flate2_crc(&bytes[range.clone()]).to_le_bytes();
    bytes[range.end..range.end + 4].copy_from_slice(&crc);
}

#[test]
fn an_xz_whose_index_or_footer_disagrees_is_refused() {
    let bytes = packed("xz -c f");
    let end = bytes.len();
    refused(&with(&bytes, 0, 0), Format::Xz, "not those of xz");
    refused(
        &with(&bytes, 7, 1),
        Format::Xz,
        "the checksum of its header",
    );
    // The footer's backward size, under a right checksum of the footer.
    let mut footer = with(&bytes, end - 8, bytes[end - 8] ^ 1);
    let crc = flate2_crc(&footer[end - 8..end - 2]).to_le_bytes();
    footer[end - 12..end - 8].copy_from_slice(&crc);
    refused(&footer, Format::Xz, "footer and header differ");
    refused(
        &with(&bytes, end - 1, 0),
        Format::Xz,
        "footer and header differ",
    );
    // The index: its indicator is 0, then the number of blocks, then the block's sizes.
    let index_bytes =
        4 * (u32::from_le_bytes(bytes[end - 8..end - 4].try_into().unwrap()) as usize + 1);
    let index = end - 12 - index_bytes;
    let mut sizes = with(&bytes, index + 2, bytes[index + 2] ^ 1);
    resum(&mut sizes, index..end - 16);
    refused(&sizes, Format::Xz, "another size than its index says");
    let mut count = with(&bytes, index + 1, 2);
    resum(&mut count, index..end - 16);
    refused(&count, Format::Xz, "another size than its index says");
    refused(
        &with(&bytes, end - 16, bytes[end - 16] ^ 1),
        Format::Xz,
        "the checksum of its index",
    );
    refused(
        &with(&bytes, index - 1, bytes[index - 1] ^ 1),
        Format::Xz,
        "the check of the contents",
    );
}

#[test]
fn an_xz_block_header_with_reserved_bits_or_hidden_bytes_is_refused() {
    // 12 bytes of stream header; then size, flags, filter, size of properties, dictionary, padding, checksum.
    let bytes = packed("xz -c f");
    let header = |at: usize, value: u8| {
        let mut bytes = with(&bytes, 12 + at, value);
        resum(&mut bytes, 12..20);
        bytes
    };
    assert_eq!(header(0, bytes[12]), bytes);
    refused(
        &header(1, 0x04),
        Format::Xz,
        "reserved bits of its block header",
    );
    refused(&header(2, 0x03), Format::Xz, "filters besides LZMA2");
    refused(&header(7, 1), Format::Xz, "its padding is not zero");
    refused(
        &header(4, 41),
        Format::Xz,
        "the header of a block is broken",
    );
    refused(
        &with(&bytes, 16, 0),
        Format::Xz,
        "the checksum of its block header",
    );
    // A block header that says a size which is not the block's.
    let sized = packed("xz -T2 -c f");
    let at = 12 + 2;
    let mut sized = with(&sized, at, sized[at] ^ 1);
    let header_bytes = usize::from(sized[12]) * 4;
    resum(&mut sized, 12..12 + header_bytes);
    refused(&sized, Format::Xz, "another size than its header says");
}

#[test]
fn an_xz_of_many_tiny_blocks_is_refused() {
    let bytes = packed("xz --block-size=1000 -c f");
    refused(
        &bytes,
        Format::Xz,
        "a block of 1000 bytes that is not the last one",
    );
    assert!(list(&packed("xz --block-size=5000 -c f"), Format::Xz).is_ok());
}

#[test]
fn a_zstandard_dictionary_or_skippable_frame_is_refused() {
    let bytes = packed("zstd -c f");
    refused(
        &with(&bytes, 4, bytes[4] | 1),
        Format::Zstd,
        "it needs a dictionary",
    );
    refused(
        &with(&bytes, 4, bytes[4] | 8),
        Format::Zstd,
        "the reserved bit",
    );
    refused(
        &with(&bytes, 0, 0),
        Format::Zstd,
        "not those of a Zstandard frame",
    );
    let skippable = b"\x51\x2a\x4d\x18\x03\0\0\0abc";
    refused(
        &[&skippable[..], &bytes].concat(),
        Format::Zstd,
        "a skippable frame",
    );
    refused(
        &[&bytes[..], skippable].concat(),
        Format::Zstd,
        "a skippable frame",
    );
}

#[test]
fn a_zstandard_frame_with_a_wrong_checksum_or_size_is_refused() {
    let bytes = packed("zstd -c f");
    let last = bytes.len() - 1;
    refused(
        &with(&bytes, last, bytes[last] ^ 1),
        Format::Zstd,
        "the checksum of the contents",
    );
    // A single segment has no window; its size stands right behind the descriptor.
    assert_eq!(bytes[4] >> 5, 0b101, "four bytes of size");
    let size = with(&bytes, 5, bytes[5] ^ 1);
    refused(&size, Format::Zstd, "the contents have 108894 bytes");
}

#[test]
fn a_window_over_the_limit_is_refused_before_it_is_allocated() {
    let small = Limits {
        window_bytes_max: 1 << 20,
        ..Limits::STANDARD
    };
    let asks = |script: &str, format| {
        let reason = refusal_with(&packed(script), format, &small);
        assert!(
            reason.contains("bytes of history, more than 1048576"),
            "{reason}"
        );
    };
    asks("xz -6 -c f", Format::Xz);
    asks("zstd -19 < f", Format::Zstd);
    // 1.5 TiB, and 4 GiB.
    let mut zstd = packed("zstd < f");
    zstd[5] = 0xf8 | 4;
    refused(&zstd, Format::Zstd, "bytes of history, more than 134217728");
    let mut xz = packed("xz -c f");
    xz[16] = 40;
    resum(&mut xz, 12..20);
    refused(&xz, Format::Xz, "4294967295 bytes of history");
}
