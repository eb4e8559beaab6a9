//! ar and Debian packages as they are, and the input as the data.tar of a good package.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate_archive::{Format, inventory};
use quorate_fuzz::archives::{ARCHIVE_LIMITS, deb_of, hold, summed, tar_of};

fuzz_target!(|bytes: &[u8]| {
    for format in [Format::Ar, Format::Deb] {
        if let Ok(listed) = inventory(bytes, format, &ARCHIVE_LIMITS) {
            hold(&listed, bytes);
        }
    }
    let package = deb_of(&tar_of(&[]), &summed(bytes));
    if let Ok(listed) = inventory(&*package, Format::Deb, &ARCHIVE_LIMITS) {
        hold(&listed, &package);
        assert_eq!(listed.members[0].name, "debian-binary");
        assert!(
            listed.members[1..]
                .iter()
                .all(|member| { member.name == "data" || member.name.starts_with("data/") })
        );
    }
});
