//! Tags and commits that mean two things, or nothing, are refused.

use quorate::source::git::{Commit, CommitError, ObjectFormat, Tag, TagError, TagSignature};

const TAG: &str = "object 3c2a3fdc388747b9eaf4a4a4f2035c1c9ddb26d0\ntype commit\ntag v1\ntagger A <a@b> 1700000000 +0100\n\nmessage\n";
const SSH: &str = "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n";
const PGP: &str = "-----BEGIN PGP SIGNATURE-----\n\nAAAA\n=AAAA\n-----END PGP SIGNATURE-----\n";
const X509: &str = "-----BEGIN SIGNED MESSAGE-----\nAAAA\n-----END SIGNED MESSAGE-----\n";
const PGP_MESSAGE: &str = "-----BEGIN PGP MESSAGE-----\n\nAAAA\n-----END PGP MESSAGE-----\n";

fn error(bytes: impl AsRef<[u8]>) -> TagError {
    Tag::parse(bytes.as_ref(), ObjectFormat::Sha1).expect_err("a refusal")
}

fn changed(from: &str, to: &str) -> TagError {
    assert!(TAG.contains(from));
    error(TAG.replacen(from, to, 1))
}

#[test]
fn each_kind_of_signature_is_told_and_covers_what_is_in_front_of_it() {
    for (block, expected) in [
        (SSH, TagSignature::Ssh(SSH.as_bytes())),
        (PGP, TagSignature::OpenPgp(PGP.as_bytes())),
        (X509, TagSignature::X509),
        (PGP_MESSAGE, TagSignature::OpenPgpMessage),
        ("", TagSignature::None),
    ] {
        let bytes = format!("{TAG}{block}");
        let tag = Tag::parse(bytes.as_bytes(), ObjectFormat::Sha1).expect("a tag");
        assert_eq!(tag.signature, expected);
        assert_eq!(tag.signed, TAG.as_bytes());
        assert_eq!(tag.message, b"message\n");
    }
}

#[test]
fn a_tag_without_a_message_has_a_signature_all_the_same() {
    let bytes = TAG.replace("message\n", "") + SSH;
    let tag = Tag::parse(bytes.as_bytes(), ObjectFormat::Sha1).expect("a tag");
    assert_eq!(
        (tag.message, tag.signature),
        (&b""[..], TagSignature::Ssh(SSH.as_bytes()))
    );
}

#[test]
fn trailing_data_after_the_signature_is_refused() {
    for block in [SSH, PGP, X509] {
        for more in ["\n", " ", "object 0\n", "more\n"] {
            assert_eq!(
                error(format!("{TAG}{block}{more}")),
                TagError::AfterSignature,
                "{more:?}"
            );
        }
    }
}

#[test]
fn two_signatures_are_refused() {
    for first in [SSH, PGP, X509, PGP_MESSAGE] {
        for second in [SSH, PGP] {
            assert_eq!(
                error(format!("{TAG}{first}{second}")),
                TagError::TwoSignatures
            );
            assert_eq!(
                error(format!("{TAG}{first}text\n{second}")),
                TagError::TwoSignatures
            );
        }
    }
    // One within the other.
    let inner = SSH.replace("AAAA\n", PGP);
    assert_eq!(error(format!("{TAG}{inner}")), TagError::TwoSignatures);
}

#[test]
fn a_signature_that_does_not_end_as_it_begins_is_refused() {
    for block in [
        "-----BEGIN SSH SIGNATURE-----\nAAAA\n",
        "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----",
        "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END PGP SIGNATURE-----\n",
        "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE----- \n",
        "-----BEGIN SSH SIGNATURE-----\r\nAAAA\r\n-----END SSH SIGNATURE-----\r\n",
        "-----BEGIN SSH SIGNATURE----- \nAAAA\n-----END SSH SIGNATURE-----\n",
        "-----BEGIN SSH SIGNATURE-----",
        "-----BEGIN SSH SIGNATURE-----\n-----\n-----END SSH SIGNATURE-----\n",
    ] {
        assert_eq!(
            error(format!("{TAG}{block}")),
            TagError::BrokenSignature,
            "{block:?}"
        );
    }
}

#[test]
fn what_looks_like_a_signature_within_a_line_is_message() {
    for message in [
        "see -----BEGIN SSH SIGNATURE-----\n",
        "-----BEGIN SSH SIGNATURE----\n",
        " -----BEGIN PGP SIGNATURE-----\n",
    ] {
        let bytes = format!("{TAG}{message}");
        let tag = Tag::parse(bytes.as_bytes(), ObjectFormat::Sha1).expect("a tag");
        assert_eq!(tag.signature, TagSignature::None);
        assert_eq!(tag.signed, bytes.as_bytes());
    }
}

#[test]
fn duplicate_headers_are_refused() {
    for line in [
        "object 3c2a3fdc388747b9eaf4a4a4f2035c1c9ddb26d0\n",
        "type commit\n",
        "tag v1\n",
    ] {
        assert!(
            matches!(changed(line, &line.repeat(2)), TagError::Header { .. }),
            "{line}"
        );
        // A second one behind the others.
        let late = TAG.replace("\n\n", &format!("\n{line}\n"));
        assert!(matches!(error(late), TagError::UnknownHeader(_)), "{line}");
    }
    let tagger = "tagger A <a@b> 1700000000 +0100\n";
    assert_eq!(
        changed(tagger, &tagger.repeat(2)),
        TagError::UnknownHeader("tagger".to_owned())
    );
}

#[test]
fn missing_or_disordered_headers_are_refused() {
    for line in TAG.lines().take(4) {
        let without = TAG.replace(&format!("{line}\n"), "");
        assert!(matches!(error(without), TagError::Header { .. }), "{line}");
    }
    let swapped = TAG.replace("type commit\ntag v1\n", "tag v1\ntype commit\n");
    assert!(matches!(
        error(swapped),
        TagError::Header {
            expected: "type",
            ..
        }
    ));
    assert!(matches!(
        error(""),
        TagError::Header {
            expected: "object",
            ..
        }
    ));
}

#[test]
fn an_unknown_header_is_refused() {
    let with = |line: &str| error(TAG.replace("\n\n", &format!("\n{line}\n\n")));
    assert_eq!(
        with("encoding ISO-8859-1"),
        TagError::UnknownHeader("encoding".to_owned())
    );
    assert_eq!(with(" continued"), TagError::UnknownHeader(String::new()));
    assert!(matches!(
        changed("type commit\n", "type commit\nx y\n"),
        TagError::Header { .. }
    ));
}

#[test]
fn a_signature_in_the_header_is_refused_as_ambiguous() {
    for name in ["gpgsig", "gpgsig-sha256"] {
        let block = SSH.trim_end().replace('\n', "\n ");
        let tag = TAG.replace("\n\n", &format!("\n{name} {block}\n\n"));
        assert_eq!(error(&tag), TagError::CompatibilitySignature);
        assert_eq!(error(tag + SSH), TagError::CompatibilitySignature);
    }
}

#[test]
fn a_nul_is_refused_wherever_it_stands() {
    for at in [0, 10, TAG.len() - 2, TAG.len()] {
        let mut bytes = TAG.as_bytes().to_vec();
        bytes.insert(at, 0);
        assert_eq!(error(&bytes), TagError::Nul);
        let commit = Commit::parse(&bytes, ObjectFormat::Sha1);
        assert_eq!(commit, Err(CommitError::Nul));
    }
}

#[test]
fn values_that_git_does_not_write_are_refused() {
    let format = ObjectFormat::Sha1;
    for id in [
        "3C2A3FDC388747B9EAF4A4A4F2035C1C9DDB26D0",
        "3c2a",
        "",
        " 3c2a3fdc388747b9eaf4a4a4f2035c1c9ddb26d0",
    ] {
        let changed = changed("3c2a3fdc388747b9eaf4a4a4f2035c1c9ddb26d0", id);
        assert_eq!(changed, TagError::ObjectId { format }, "{id:?}");
    }
    for kind in ["Commit", "commit ", "object", ""] {
        assert_eq!(
            changed("type commit", &format!("type {kind}")),
            TagError::Kind,
            "{kind:?}"
        );
    }
    for name in ["", "v1 ", "../v1", "v1\r", "-d"] {
        assert!(
            matches!(changed("tag v1", &format!("tag {name}")), TagError::Name(_)),
            "{name:?}"
        );
    }
    for tagger in [
        "A <a@b>",
        "A <a@b> 1700000000",
        "A <a@b> 1700000000 0100",
        "A <a@b> -1 +0100",
        "A <a@b> 01 +0100",
        "A <a@b> 1 +100",
        "A <a@b> 1 +01000",
        "A <a@b 1 +0100",
        "A a@b> 1 +0100",
        "A <a@b>  1 +0100",
        "A <a@b> 999999999999 +0100",
        "A <a@b> 99999999999999999999 +0100",
        "A> <a@b> 1 +0100",
        "A <a<b> 1 +0100",
        "A <a@b> 1 +0100 ",
        "",
    ] {
        assert_eq!(
            changed("A <a@b> 1700000000 +0100", tagger),
            TagError::Tagger,
            "{tagger:?}"
        );
    }
    assert!(Tag::parse(TAG.replace("A <a@b> 17", " <> 17").as_bytes(), format).is_ok());
}

#[test]
fn a_tag_that_ends_within_its_headers_is_refused() {
    let headers = TAG.split_once("\n\n").expect("headers").0;
    assert!(matches!(
        error(headers),
        TagError::Header {
            expected: "tagger",
            ..
        }
    ));
    assert!(Tag::parse(format!("{headers}\n").as_bytes(), ObjectFormat::Sha1).is_err());
    assert!(Tag::parse(format!("{headers}\n\n").as_bytes(), ObjectFormat::Sha1).is_ok());
}

const COMMIT: &str = "tree 3c2a3fdc388747b9eaf4a4a4f2035c1c9ddb26d0\nparent 400ca53f4bafa3cf0c15e27d86ccbd18e3c04599\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\nencoding latin1\n\nmessage\n";

fn commit_error(text: &str) -> CommitError {
    Commit::parse(text.as_bytes(), ObjectFormat::Sha1).expect_err("a refusal")
}

#[test]
fn a_commit_with_a_second_tree_author_or_late_parent_is_refused() {
    assert!(Commit::parse(COMMIT.as_bytes(), ObjectFormat::Sha1).is_ok());
    let line = |key: &str| {
        COMMIT
            .lines()
            .find(|line| line.starts_with(key))
            .expect("a line")
    };
    for key in ["tree", "author", "committer"] {
        let doubled = COMMIT.replacen(line(key), &format!("{0}\n{0}", line(key)), 1);
        assert!(
            matches!(
                commit_error(&doubled),
                CommitError::Header { .. } | CommitError::Again(_)
            ),
            "{key}"
        );
    }
    for key in ["tree", "parent", "author", "committer"] {
        let late = COMMIT.replace("\n\n", &format!("\n{}\n\n", line(key)));
        assert_eq!(commit_error(&late), CommitError::Again(key.to_owned()));
    }
}

#[test]
fn a_commit_that_lacks_a_header_or_has_a_bad_id_is_refused() {
    for key in ["tree", "author", "committer"] {
        let line = COMMIT
            .lines()
            .find(|line| line.starts_with(key))
            .expect("a line");
        let without = COMMIT.replacen(&format!("{line}\n"), "", 1);
        assert!(
            matches!(commit_error(&without), CommitError::Header { .. }),
            "{key}"
        );
    }
    let format = ObjectFormat::Sha1;
    for (from, to) in [
        ("tree 3c", "tree 3C"),
        ("parent 40", "parent 4"),
        ("tree 3c", "tree  3c"),
    ] {
        assert_eq!(
            commit_error(&COMMIT.replace(from, to)),
            CommitError::ObjectId { format }
        );
    }
}

#[test]
fn a_commit_whose_headers_do_not_end_is_refused() {
    let headers = COMMIT.split_once("\n\n").expect("headers").0;
    for text in [
        headers.to_owned(),
        format!("{headers}\n"),
        format!("{headers}\nword\n\nmessage\n"),
    ] {
        assert_eq!(commit_error(&text), CommitError::NoMessage);
    }
    assert!(Commit::parse(format!("{headers}\n\n").as_bytes(), ObjectFormat::Sha1).is_ok());
}

#[test]
fn what_comes_from_an_object_cannot_move_a_terminals_cursor() {
    let hostile = TAG.replace("\n\n", "\n\x1b[2Kgpgsig\u{202e} x\n\n");
    let said = error(&hostile).to_string();
    assert!(
        said.chars()
            .all(|c| c == '"' || c == '\\' || c.is_ascii_graphic() || c == ' '),
        "{said}"
    );
}
