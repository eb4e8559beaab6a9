//! The identity that a caller demands: what is accepted prints as it was written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::verify::Expected;

fuzz_target!(|text: &str| {
    let Ok(expected) = Expected::parse(text) else {
        return;
    };
    assert_eq!(expected.to_string(), text);
    assert_eq!(
        text.split_once('=').map(|(name, _)| name),
        Some(&*expected.package)
    );
    let architecture = expected.architecture.as_deref().unwrap_or("any");
    assert!(!architecture.contains([':', '=']) && expected.version.is_ascii());
    assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
});
