//! Strict JSON: what is accepted has one reading, another reader has the same one, and both printed forms keep it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::json::{canonical, parse};
use quorate_fuzz::LIMITS;

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = parse(bytes, &LIMITS) else {
        return;
    };
    let text = value.to_text();
    assert_eq!(parse(&text, &LIMITS).as_ref(), Ok(&value));
    let read = |bytes: &[u8]| -> serde_json::Value {
        serde_json::from_slice(bytes).expect("strict JSON is JSON")
    };
    assert_eq!(read(bytes), read(&text));
    // The canonical form differs in control characters alone, so two values never share one.
    let escaped = canonical(&value).into_iter().flat_map(|byte| match byte {
        0..0x20 => format!("\\u{byte:04x}").into_bytes(),
        _ => vec![byte],
    });
    assert_eq!(escaped.collect::<Vec<_>>(), text);
});
