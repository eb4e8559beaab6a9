//! Times: one spelling each, and the day after a second is the same day or the next.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::time::Timestamp;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(time) = Timestamp::parse(&String::from_utf8_lossy(bytes)) {
        assert_eq!(time.to_string().as_bytes(), bytes);
        assert_eq!(
            Timestamp::from_unix_seconds(time.unix_seconds()),
            Some(time)
        );
    }
    let Some(seconds) = bytes.first_chunk().map(|chunk| i64::from_le_bytes(*chunk)) else {
        return;
    };
    for seconds in [seconds, seconds >> 26] {
        let Some(time) = Timestamp::from_unix_seconds(seconds) else {
            continue;
        };
        assert_eq!(Timestamp::parse(&time.to_string()), Ok(time));
        // Text order is time order, as everyone who sorts by it expects.
        let next = seconds
            .checked_add(1)
            .and_then(Timestamp::from_unix_seconds);
        assert!(next.is_none_or(|next| next.to_string() > time.to_string()));
    }
});
