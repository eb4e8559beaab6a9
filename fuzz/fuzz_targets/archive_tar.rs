//! tars with right checksums: what is listed has one name for one thing, as a stream and as a file.

#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use quorate_archive::stabilise::{Normaliser, stabilised};
use quorate_archive::{Format, inventory};
use quorate_fuzz::archives::{ARCHIVE_LIMITS, hold, summed};

fuzz_target!(|bytes: &[u8]| {
    let bytes = summed(bytes);
    let listed = inventory(&*bytes, Format::Tar, &ARCHIVE_LIMITS);
    let stable = stabilised(Cursor::new(&bytes), Normaliser::TarV1, &ARCHIVE_LIMITS);
    let Ok(listed) = listed else {
        return;
    };
    hold(&listed, &bytes);
    let sizes: u64 = listed.members.iter().map(|member| member.size).sum();
    assert!(sizes <= bytes.len() as u64);
    // A first header that is about the next one may begin like a compressed file.
    assert!(stable.is_ok() || !bytes[0].is_ascii_graphic());
});
