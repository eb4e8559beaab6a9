//! Android packages: what is taken out is the listed regions, and the directory's offset is where they began.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate_fuzz::unsign::taken_out_as_listed;
use quorate_unsign::SignatureFormat;

fuzz_target!(|bytes: &[u8]| {
    taken_out_as_listed(bytes, SignatureFormat::ApkSigningBlock, |_, candidate| {
        let start = u32::try_from(candidate.removed[0].offset).expect("a zip's offset");
        start.to_le_bytes().into()
    });
});
