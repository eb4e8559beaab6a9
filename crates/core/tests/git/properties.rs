//! No bytes make a parser panic, and what is read is written back as it was.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use quorate::digest::Sha256;
use quorate::limits::Limits;
use quorate::source::git::{
    Commit, EntryMode, ObjectFormat, ObjectId, SourceEntry, Tag, TreeEntry, TreeIdentity,
    is_lfs_pointer, parse_tree, write_tree,
};

const FORMATS: [ObjectFormat; 2] = [ObjectFormat::Sha1, ObjectFormat::Sha256];

/// Bytes in which the words of the formats come often.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&'static [u8]> = vec![
        b"object 3c2a3fdc388747b9eaf4a4a4f2035c1c9ddb26d0\n",
        b"type commit\n",
        b"tag v1\n",
        b"tagger A <a@b> 1 +0000\n",
        b"tree 3c2a3fdc388747b9eaf4a4a4f2035c1c9ddb26d0\n",
        b"parent 3c2a3fdc388747b9eaf4a4a4f2035c1c9ddb26d0\n",
        b"author A <a@b> 1 +0000\n",
        b"committer A <a@b> 1 +0000\n",
        b"gpgsig -----BEGIN SSH SIGNATURE-----\n",
        b" \n",
        b"\n",
        b"-----BEGIN SSH SIGNATURE-----\n",
        b"-----END SSH SIGNATURE-----\n",
        b"-----BEGIN PGP SIGNATURE-----",
        b"100644 ",
        b"40000 a\0",
        b"01234567890123456789",
    ];
    let word = prop_oneof![
        4 => proptest::sample::select(words).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 0..6),
    ];
    vec(word, 0..12).prop_map(|words| words.concat())
}

fn entries(format: ObjectFormat) -> impl Strategy<Value = Vec<TreeEntry>> {
    let mode = proptest::sample::select(vec![
        EntryMode::File,
        EntryMode::Executable,
        EntryMode::Symlink,
        EntryMode::Folder,
        EntryMode::Submodule,
    ]);
    let id = vec(any::<u8>(), format.id_bytes());
    btree_map("[a-c.0 -]{1,3}x", (mode, id), 1..20).prop_map(move |entries| {
        let entry = |(name, (mode, id)): (String, (EntryMode, Vec<u8>))| TreeEntry {
            mode,
            name: name.into_bytes(),
            id: ObjectId::from_bytes(format, &id).expect("an id"),
        };
        let mut entries: Vec<_> = entries.into_iter().map(entry).collect();
        // As git compares: a folder's name ends in a slash.
        entries.sort_by_key(|entry| {
            let slash: &[u8] = if entry.mode == EntryMode::Folder {
                b"/"
            } else {
                b""
            };
            [&entry.name, slash].concat()
        });
        entries
    })
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic(bytes in prop_oneof![nearly(), vec(any::<u8>(), 0..200)]) {
        for format in FORMATS {
            if let Ok(tag) = Tag::parse(&bytes, format) {
                prop_assert!(bytes.starts_with(tag.signed));
                prop_assert!(tag.signed.ends_with(tag.message));
            }
            if let Ok(commit) = Commit::parse(&bytes, format) {
                prop_assert!(bytes.ends_with(commit.message));
            }
            if let Ok(entries) = parse_tree(&bytes, format) {
                prop_assert_eq!(write_tree(&entries), bytes.clone());
            }
        }
        is_lfs_pointer(&bytes);
    }

    #[test]
    fn what_is_written_is_read_as_the_same(
        (format, entries) in proptest::sample::select(&FORMATS[..])
            .prop_flat_map(|format| (Just(format), entries(format)))
    ) {
        let bytes = write_tree(&entries);
        prop_assert_eq!(parse_tree(&bytes, format), Ok(entries.clone()));
        for end in 1..bytes.len() {
            if let Ok(fewer) = parse_tree(&bytes[..end], format) {
                prop_assert!(entries.starts_with(&fewer));
            }
        }
    }

    #[test]
    fn two_trees_have_one_identity_only_when_they_are_one(
        one in btree_map("[ab\n0-9: ]{1,4}", 0u8..3, 1..4),
        two in btree_map("[ab\n0-9: ]{1,4}", 0u8..3, 1..4),
    ) {
        let identity = |tree: &BTreeMap<String, u8>| {
            let mut of = TreeIdentity::new(&Limits::STANDARD);
            for (path, content) in tree {
                let sha256 = Sha256::of(&[*content]);
                of.push(path.as_bytes(), SourceEntry::File { size: 1, sha256 }).expect("a path");
            }
            of.finish().expect("an identity")
        };
        prop_assert_eq!(identity(&one) == identity(&two), one == two);
    }
}
