//! Debian packages: what is taken out is the end of the file, and nothing is changed.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate_fuzz::unsign::taken_out_as_listed;
use quorate_unsign::SignatureFormat;

fuzz_target!(|bytes: &[u8]| {
    taken_out_as_listed(bytes, SignatureFormat::Debsigs, |region, _| {
        unreachable!("{region:?}")
    });
});
