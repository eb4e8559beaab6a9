//! Folders: what is accepted is written back as the same bytes, in one order, under names that stay in the folder.

#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use quorate::source::git::{EntryMode, ObjectFormat, parse_tree, write_tree};

fuzz_target!(|bytes: &[u8]| {
    for format in [ObjectFormat::Sha1, ObjectFormat::Sha256] {
        let Ok(mut entries) = parse_tree(bytes, format) else {
            continue;
        };
        assert_eq!(write_tree(&entries), bytes);
        let names: BTreeSet<_> = entries.iter().map(|entry| entry.name.clone()).collect();
        assert_eq!(names.len(), entries.len());
        for name in &names {
            assert!(!name.is_empty() && !name.contains(&b'/') && !name.contains(&0));
            assert!(name != b"." && name != b".." && !name.eq_ignore_ascii_case(b".git"));
        }
        entries.sort_by_key(|entry| {
            let slash: &[u8] = if entry.mode == EntryMode::Folder {
                b"/"
            } else {
                b""
            };
            [&entry.name, slash].concat()
        });
        assert_eq!(write_tree(&entries), bytes);
    }
});
