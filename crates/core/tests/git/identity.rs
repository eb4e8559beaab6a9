//! The identity of a source tree: equal for equal trees, whoever walks them, and different for every other tree.

use std::collections::BTreeSet;

use quorate::digest::Sha256;
use quorate::limits::Limits;
use quorate::source::git::{
    EntryMode, IdentityError, ObjectFormat, ObjectId, SourceEntry, TreeIdentity, parse_tree,
};

use super::objects::{object, repository};
use super::workshop::Workshop;

fn file(content: &[u8]) -> SourceEntry {
    SourceEntry::File {
        size: content.len() as u64,
        sha256: Sha256::of(content),
    }
}

fn executable(content: &[u8]) -> SourceEntry {
    SourceEntry::Executable {
        size: content.len() as u64,
        sha256: Sha256::of(content),
    }
}

fn symlink(target: &[u8]) -> SourceEntry {
    SourceEntry::Symlink {
        size: target.len() as u64,
        sha256: Sha256::of(target),
    }
}

fn commit(digit: &str) -> ObjectId {
    ObjectId::parse(&digit.repeat(40)).expect("an id")
}

fn identity(entries: &[(&[u8], SourceEntry)]) -> Result<Sha256, IdentityError> {
    let mut tree = TreeIdentity::new(&Limits::STANDARD);
    for (path, entry) in entries {
        tree.push(path, *entry)?;
    }
    tree.finish()
}

/// The text is written out here as docs/spec/source-identity.md has it.
#[test]
fn the_identity_is_the_digest_of_the_text_that_is_specified() {
    let sub = identity(&[(b"x", file(b"x\n"))]).unwrap();
    let hello = Sha256::of(b"hello\n");
    let run = Sha256::of(b"#!/bin/sh\n");
    let target = Sha256::of(b"../run");
    let one = commit("1");
    let text = format!(
        "quorate-source-tree/v1\n\
         100644 6 {hello} 8:README.m\n\
         120000 6 {target} 8:bin/link\n\
         100755 10 {run} 3:run\n\
         160000 {one} {sub} 3:sub\n"
    );
    let entries: [(&[u8], SourceEntry); 4] = [
        (b"run", executable(b"#!/bin/sh\n")),
        (
            b"sub",
            SourceEntry::Submodule {
                commit: one,
                tree: sub,
            },
        ),
        (b"README.m", file(b"hello\n")),
        (b"bin/link", symlink(b"../run")),
    ];
    assert_eq!(identity(&entries), Ok(Sha256::of(text.as_bytes())));
}

#[test]
fn the_order_of_the_walk_does_not_matter() {
    let mut entries: Vec<(&[u8], SourceEntry)> = vec![
        (b"a/b", file(b"1")),
        (b"a.b", file(b"2")),
        (b"a-b", file(b"3")),
        (b"z", file(b"")),
    ];
    let first = identity(&entries);
    assert!(first.is_ok());
    entries.reverse();
    assert_eq!(identity(&entries), first);
    entries.rotate_left(1);
    assert_eq!(identity(&entries), first);
}

#[test]
fn every_difference_between_trees_is_a_difference_of_identity() {
    let tree = Sha256::of(b"sub");
    let sub = |digit, tree| SourceEntry::Submodule {
        commit: commit(digit),
        tree,
    };
    let trees: Vec<Vec<(&[u8], SourceEntry)>> = vec![
        vec![(b"a", file(b"1"))],
        vec![(b"a", file(b"2"))],
        vec![(b"b", file(b"1"))],
        vec![(b"a", executable(b"1"))],
        vec![(b"a", symlink(b"1"))],
        vec![(b"d/a", file(b"1"))],
        vec![(b"a", file(b"1")), (b"b", file(b"1"))],
        vec![(b"a", sub("1", tree))],
        vec![(b"a", sub("2", tree))],
        vec![(b"a", sub("1", Sha256::of(b"another")))],
        vec![(b"A", file(b"1"))],
        // A path that looks like the end of one line and the next line.
        vec![(b"a\n100644 1 x 1:b", file(b"1"))],
        vec![(b"1:a", file(b"1"))],
    ];
    let identities: BTreeSet<_> = trees.iter().map(|tree| identity(tree).unwrap()).collect();
    assert_eq!(identities.len(), trees.len());
}

#[test]
fn one_path_twice_is_refused() {
    let twice = identity(&[(b"a", file(b"1")), (b"a", file(b"1"))]);
    assert_eq!(twice, Err(IdentityError::Twice("a".to_owned())));
}

#[test]
fn a_path_that_leads_through_a_file_a_link_or_a_submodule_is_refused() {
    let tree = Sha256::of(b"sub");
    let submodule = SourceEntry::Submodule {
        commit: commit("1"),
        tree,
    };
    for above in [file(b"1"), symlink(b"elsewhere"), submodule] {
        for entries in [
            [(&b"a"[..], above), (&b"a/b"[..], file(b"2"))],
            [(&b"a/b/c"[..], file(b"2")), (&b"a"[..], above)],
        ] {
            let refused = [&entries[..], &[(b"a.b", file(b""))]].concat();
            assert!(matches!(
                identity(&refused),
                Err(IdentityError::BelowAFile { .. })
            ));
        }
    }
}

#[test]
fn a_path_that_leaves_the_tree_is_refused() {
    for path in [
        &b""[..],
        b"/a",
        b"a/",
        b"a//b",
        b"../a",
        b"a/./b",
        b".git/config",
        b"a/.GIT/hooks",
    ] {
        let refused = identity(&[(path, file(b""))]);
        assert!(
            matches!(refused, Err(IdentityError::Path { .. })),
            "{path:?}"
        );
    }
}

#[test]
fn an_empty_tree_has_no_identity() {
    assert_eq!(identity(&[]), Err(IdentityError::Empty));
}

#[test]
fn a_tree_beyond_the_limits_has_no_identity() {
    let limits = Limits {
        source_entries_max: 2,
        source_bytes_max: 10,
        source_path_bytes_max: 4,
        source_paths_bytes_max: 6,
        ..Limits::STANDARD
    };
    let push = |entries: &[(&[u8], u64)]| {
        let mut tree = TreeIdentity::new(&limits);
        let sha256 = Sha256::of(b"");
        entries.iter().try_for_each(|(path, size)| {
            tree.push(
                path,
                SourceEntry::File {
                    size: *size,
                    sha256,
                },
            )
        })
    };
    assert_eq!(push(&[(b"a", 5), (b"b", 5)]), Ok(()));
    assert_eq!(
        push(&[(b"a", 1), (b"b", 1), (b"c", 1)]),
        Err(IdentityError::TooMany(2))
    );
    assert_eq!(
        push(&[(b"a", 5), (b"b", 6)]),
        Err(IdentityError::TooLarge(10))
    );
    assert_eq!(
        push(&[(b"a", 5), (b"b", u64::MAX)]),
        Err(IdentityError::TooLarge(10))
    );
    assert_eq!(push(&[(b"abcde", 1)]), Err(IdentityError::LongPath(4)));
    assert_eq!(
        push(&[(b"abcd", 1), (b"efg", 1)]),
        Err(IdentityError::LongPaths(6))
    );
}

/// Walks a tree as a caller does: each folder by its id, each blob's bytes hashed.
fn walk(
    shop: &Workshop,
    format: ObjectFormat,
    folder: &str,
    above: &[u8],
    into: &mut TreeIdentity<'_>,
) {
    let bytes = object(shop, "tree", folder);
    for entry in parse_tree(&bytes, format).expect("a tree") {
        let path = [above, &entry.name].concat();
        let id = entry.id.to_string();
        let content = || object(shop, "blob", &id);
        let found = match entry.mode {
            EntryMode::Folder => {
                walk(shop, format, &id, &[&path[..], b"/"].concat(), into);
                continue;
            }
            EntryMode::Submodule => SourceEntry::Submodule {
                commit: commit("1"),
                tree: Sha256::of(b"what the submodule holds"),
            },
            EntryMode::File => file(&content()),
            EntryMode::Executable => executable(&content()),
            EntryMode::Symlink => symlink(&content()),
        };
        into.push(&path, found).expect("a new path");
    }
}

#[test]
fn one_source_has_one_identity_in_repositories_of_both_formats() {
    let of = |format, name| {
        let shop = repository(name);
        let mut tree = TreeIdentity::new(&Limits::STANDARD);
        walk(&shop, format, "HEAD^{tree}", b"", &mut tree);
        tree.finish().expect("an identity")
    };
    let sha1 = of(ObjectFormat::Sha1, "sha1");
    assert_eq!(sha1, of(ObjectFormat::Sha256, "sha256"));
    assert_eq!(sha1, of(ObjectFormat::Sha1, "sha1"), "and in every run");
}
