//! zips: what is listed is within the file, and nothing may be added to the file.

#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use quorate_archive::stabilise::{Normaliser, stabilised};
use quorate_archive::{Format, inventory_seek};
use quorate_fuzz::archives::{ARCHIVE_LIMITS, hold};

fuzz_target!(|bytes: &[u8]| {
    let list = |bytes: &[u8]| inventory_seek(Cursor::new(bytes), Format::Zip, &ARCHIVE_LIMITS);
    let Ok(listed) = list(bytes) else {
        return;
    };
    hold(&listed, bytes);
    assert!(stabilised(Cursor::new(bytes), Normaliser::ZipV1, &ARCHIVE_LIMITS).is_ok());
    assert!(list(&[bytes, b"\0"].concat()).is_err());
    assert!(list(&[b"\0", bytes].concat()).is_err() || listed.members.is_empty());
});
