//! gzip, xz and zstd: one stream, within the limits, and nothing behind it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate_archive::{Format, inventory};
use quorate_fuzz::archives::{ARCHIVE_LIMITS, hold};

fuzz_target!(|bytes: &[u8]| {
    let formats = [
        Format::Gzip,
        Format::Xz,
        Format::Zstd,
        Format::TarGz,
        Format::TarXz,
        Format::TarZst,
    ];
    for format in formats {
        let Ok(listed) = inventory(bytes, format, &ARCHIVE_LIMITS) else {
            continue;
        };
        hold(&listed, bytes);
        for tail in [&b"\0"[..], &[0; 4], bytes] {
            let longer = [bytes, tail].concat();
            assert!(inventory(&*longer, format, &ARCHIVE_LIMITS).is_err());
        }
    }
});
