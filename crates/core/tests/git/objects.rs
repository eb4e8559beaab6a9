//! Objects that git makes, in repositories of both formats.

use quorate::source::git::{
    Commit, EntryMode, ObjectFormat, ObjectHashError, ObjectHasher, ObjectId, ObjectKind, Tag,
    TagSignature, object_id, parse_tree, write_tree,
};

use super::workshop::Workshop;

const FORMATS: [(ObjectFormat, &str); 2] = [
    (ObjectFormat::Sha1, "sha1"),
    (ObjectFormat::Sha256, "sha256"),
];

/// A repository with every kind of entry, and names whose order as folders differs from their order as words.
pub(super) fn repository(format: &str) -> Workshop {
    let shop = Workshop::new();
    shop.run(".", "git", &["init", "-q", "--object-format", format, "r"]);
    shop.write("r/README.md", "hello\n");
    shop.write("r/run", "#!/bin/sh\n");
    shop.write("r/empty", "");
    shop.write("r/a/inner/x", "x\n");
    shop.write("r/a.b", "between a and a/\n");
    shop.write("r/a-b", "before both\n");
    shop.write("r/d\u{e9}j\u{e0} vu\n2", "a name with a line feed\n");
    shop.run("r", "ln", &["-s", "../target", "a/link"]);
    shop.run("r", "chmod", &["+x", "run"]);
    shop.run("r", "git", &["add", "-A"]);
    // A submodule: a commit of another repository, which need not be there.
    let commit = "1".repeat(if format == "sha1" { 40 } else { 64 });
    let entry = format!("160000,{commit},sub");
    shop.run(
        "r",
        "git",
        &["update-index", "--add", "--cacheinfo", &entry],
    );
    shop.run("r", "git", &["commit", "-q", "-m", "one"]);
    shop.run(
        "r",
        "git",
        &["commit", "-q", "--allow-empty", "-m", "two\n\nlines"],
    );
    shop.run("r", "git", &["tag", "-a", "-m", "Release 1", "v1"]);
    shop
}

pub(super) fn object(shop: &Workshop, kind: &str, id: &str) -> Vec<u8> {
    shop.run("r", "git", &["cat-file", kind, id])
}

pub(super) fn id(shop: &Workshop, revision: &str) -> ObjectId {
    let text = shop.word("r", "git", &["rev-parse", revision]);
    ObjectId::parse(&text).expect("an id")
}

#[test]
fn ids_are_those_that_git_gives() {
    for (format, name) in FORMATS {
        let shop = repository(name);
        for (kind, word, revision) in [
            (ObjectKind::Tag, "tag", "v1"),
            (ObjectKind::Commit, "commit", "HEAD"),
            (ObjectKind::Tree, "tree", "HEAD^{tree}"),
            (ObjectKind::Blob, "blob", "HEAD:README.md"),
            (ObjectKind::Blob, "blob", "HEAD:empty"),
        ] {
            let content = object(&shop, word, revision);
            let expected = id(&shop, revision);
            assert_eq!(expected.format(), format);
            assert_eq!(
                object_id(format, kind, &content),
                Ok(expected),
                "{revision}"
            );
            let mut hasher = ObjectHasher::new(format, kind, content.len() as u64);
            content.chunks(3).for_each(|piece| hasher.update(piece));
            assert_eq!(hasher.finish(), Ok(expected), "{revision} in pieces");
        }
    }
}

#[test]
fn an_object_of_another_size_than_was_said_has_no_id() {
    for (said, given) in [(3, &b"four"[..]), (5, b"four"), (0, b"x"), (1, b"")] {
        let mut hasher = ObjectHasher::new(ObjectFormat::Sha1, ObjectKind::Blob, said);
        hasher.update(given);
        let taken = given.len() as u64;
        let declared = said;
        assert_eq!(
            hasher.finish(),
            Err(ObjectHashError::Size { declared, taken })
        );
    }
}

#[test]
fn an_id_has_one_spelling() {
    let id = "3c2a3fdc388747b9eaf4a4a4f2035c1c9ddb26d0";
    assert_eq!(ObjectId::parse(id).unwrap().to_string(), id);
    assert_eq!(
        ObjectId::parse(&format!("{id}{}", "0".repeat(24)))
            .unwrap()
            .format(),
        ObjectFormat::Sha256
    );
    for other in [
        &id[1..],
        &id[..7],
        &id.to_uppercase(),
        &format!("{id} "),
        "",
        "HEAD",
    ] {
        assert!(ObjectId::parse(other).is_err(), "{other:?}");
    }
}

#[test]
fn commits_of_git_are_read() {
    for (format, name) in FORMATS {
        let shop = repository(name);
        let bytes = object(&shop, "commit", "HEAD");
        let commit = Commit::parse(&bytes, format).expect("a commit");
        assert_eq!(commit.tree, id(&shop, "HEAD^{tree}"));
        assert_eq!(commit.parents, [id(&shop, "HEAD~1")]);
        assert_eq!(
            commit.author,
            b"A. U. Thor <author@example.org> 1700000000 +0100"
        );
        assert_eq!(commit.committer, commit.author);
        assert!(commit.extra.is_empty());
        assert_eq!(commit.message, b"two\n\nlines\n");
        let first = object(&shop, "commit", "HEAD~1");
        assert!(
            Commit::parse(&first, format)
                .expect("a commit")
                .parents
                .is_empty()
        );
    }
}

#[test]
fn a_signed_merge_is_read_and_its_signatures_mean_nothing() {
    let shop = repository("sha1");
    shop.ssh_key("signer", &["ed25519"]);
    let key = shop.path("signer");
    let signing = format!("user.signingKey={}", key.display());
    let git = |args: &[&str]| {
        let args = [&["-c", "gpg.format=ssh", "-c", &signing], args].concat();
        shop.run("r", "git", &args)
    };
    git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    git(&["commit", "-q", "--allow-empty", "-S", "-m", "side"]);
    git(&["tag", "-s", "-m", "to merge", "side-1"]);
    git(&["checkout", "-q", "-"]);
    git(&["merge", "-q", "--no-ff", "-S", "-m", "merge", "side-1"]);
    let bytes = object(&shop, "commit", "HEAD");
    let commit = Commit::parse(&bytes, ObjectFormat::Sha1).expect("a commit");
    assert_eq!(commit.parents.len(), 2);
    let names: Vec<_> = commit.extra.iter().map(|extra| extra.name).collect();
    assert_eq!(names, [&b"mergetag"[..], b"gpgsig"]);
    assert!(commit.extra[0].value.starts_with(b"object "));
    assert!(
        commit.extra[1]
            .value
            .starts_with(b"-----BEGIN SSH SIGNATURE-----\n ")
    );
    assert!(
        commit.extra[1]
            .value
            .ends_with(b"\n -----END SSH SIGNATURE-----")
    );
    assert_eq!(commit.message, b"merge\n");
}

#[test]
fn tags_of_git_are_read() {
    for (format, name) in FORMATS {
        let shop = repository(name);
        let bytes = object(&shop, "tag", "v1");
        let tag = Tag::parse(&bytes, format).expect("a tag");
        assert_eq!(tag.object, id(&shop, "HEAD"));
        assert_eq!((tag.kind, tag.name), (ObjectKind::Commit, "v1"));
        assert_eq!(
            tag.tagger.text,
            b"A. U. Thor <author@example.org> 1700000000 +0100"
        );
        assert_eq!(tag.tagger.claimed_time.unix_seconds(), 1_700_000_000);
        assert_eq!(tag.message, b"Release 1\n");
        assert_eq!(
            (tag.signed, tag.signature),
            (&bytes[..], TagSignature::None)
        );
    }
}

#[test]
fn folders_of_git_are_read_and_written_back() {
    for (format, name) in FORMATS {
        let shop = repository(name);
        for revision in ["HEAD^{tree}", "HEAD:a", "HEAD:a/inner"] {
            let bytes = object(&shop, "tree", revision);
            let entries = parse_tree(&bytes, format).expect("a tree");
            assert_eq!(write_tree(&entries), bytes);
            let listed = shop.run("r", "git", &["ls-tree", "-z", revision]);
            let mut ours = Vec::new();
            for entry in &entries {
                let kind = match entry.mode {
                    EntryMode::Folder => "tree",
                    EntryMode::Submodule => "commit",
                    _ => "blob",
                };
                ours.extend(format!("{:0>6} {kind} {}\t", entry.mode.octal(), entry.id).bytes());
                ours.extend([&entry.name[..], b"\0"].concat());
            }
            assert_eq!(ours, listed, "{revision}");
        }
    }
}

#[test]
fn an_object_of_one_format_is_none_of_the_other() {
    let shop = repository("sha256");
    let tag = object(&shop, "tag", "v1");
    let commit = object(&shop, "commit", "HEAD");
    let tree = object(&shop, "tree", "HEAD^{tree}");
    assert!(Tag::parse(&tag, ObjectFormat::Sha1).is_err());
    assert!(Commit::parse(&commit, ObjectFormat::Sha1).is_err());
    assert!(parse_tree(&tree, ObjectFormat::Sha1).is_err());
}
