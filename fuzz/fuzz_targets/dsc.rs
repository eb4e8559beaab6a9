//! Source control files: what is accepted names plain files, and reads alike with and without a clear-signature frame.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::source::Dsc;

fuzz_target!(|bytes: &[u8]| {
    let Ok(dsc) = Dsc::parse(bytes) else {
        return;
    };
    assert!(!dsc.files.is_empty());
    let (mut sha256, mut sizes) = (String::new(), String::new());
    for (name, file) in &dsc.files {
        assert!(
            !name.contains('/') && name != ".." && name.bytes().all(|byte| byte.is_ascii_graphic())
        );
        sha256 += &format!("\n {} {} {name}", file.sha256, file.size);
        sizes += &format!("\n 0 {} {name}", file.size);
    }
    let plain = format!(
        "Source: {}\nVersion: {}\nChecksums-Sha256:{sha256}\nFiles:{sizes}\n",
        dsc.source, dsc.version
    );
    assert_eq!(Dsc::parse(plain.as_bytes()).as_ref(), Ok(&dsc));
    // A plain text has no line that starts with a hyphen, so it can be framed as it is.
    let framed = |text: &str| {
        format!(
            "-----BEGIN PGP SIGNED MESSAGE-----\n\n{text}\n-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n"
        )
    };
    let text = std::str::from_utf8(bytes).expect("an accepted file is text");
    if !text.starts_with('-') {
        assert_eq!(Dsc::parse(framed(text).as_bytes()).as_ref(), Ok(&dsc));
    }
});
