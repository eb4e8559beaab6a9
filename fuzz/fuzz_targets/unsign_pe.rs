//! PE files: what is taken out is the listed regions; the directory's entry and the checksum were zero.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate_fuzz::unsign::taken_out_as_listed;
use quorate_unsign::SignatureFormat;

fuzz_target!(|bytes: &[u8]| {
    taken_out_as_listed(bytes, SignatureFormat::Authenticode, |region, _| {
        vec![0; usize::try_from(region.size).expect("a field")]
    });
});
