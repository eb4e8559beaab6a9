//! Patterns: `PATTERN\nNAME`; our matcher and a plain one written after Python's must agree.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::intoto::Glob;
use quorate_fuzz::fnmatch;

fuzz_target!(|text: &str| {
    let (pattern, name) = text.split_once('\n').unwrap_or((text, text));
    let Ok(glob) = Glob::parse(pattern) else {
        assert!(pattern.len() > 4_096);
        return;
    };
    assert_eq!(glob.as_str(), pattern);
    assert_eq!(glob.matches(name), fnmatch(name, pattern));
    assert_eq!(glob.matches(pattern), fnmatch(pattern, pattern));
});
