//! Lists of digests: one reading or none, and builders held against each other.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use quorate::digest::Sha256;
use quorate::limits::Limits;
use quorate::source::{Agreement, AgreementError, Sums, SumsError};

fn parse(text: &str) -> Result<Sums, SumsError> {
    Sums::parse(text.as_bytes(), &Limits::STANDARD)
}

/// The lists of builders, of files with contents.
fn agreement(lists: &[(&str, &[(&str, &str)])]) -> Agreement {
    let list = |files: &[(&str, &str)]| {
        let line = |(name, content): &(&str, &str)| {
            format!("{}  {name}\n", Sha256::of(content.as_bytes()))
        };
        parse(&files.iter().map(line).collect::<String>()).unwrap()
    };
    let lists: Vec<_> = lists
        .iter()
        .map(|(builder, files)| ((*builder).to_owned(), list(files)))
        .collect();
    Agreement::of(&lists).unwrap()
}

#[test]
fn both_forms_of_sha256sum_are_read() {
    let (a, b) = (Sha256::of(b"a"), Sha256::of(b"b"));
    let sums = parse(&format!("{a}  out/a.tar.gz\n{b} *b~1+x.zip\n")).unwrap();
    let files: Vec<_> = sums.files().collect();
    assert_eq!(files, [("b~1+x.zip", &b), ("out/a.tar.gz", &a)]);
    assert_eq!(sums.digest_of("out/a.tar.gz"), Some(&a));
    assert_eq!(sums.digest_of("a.tar.gz"), None);
}

#[test]
fn a_line_of_another_form_is_refused() {
    let digest = Sha256::of(b"a").to_string();
    let upper = digest.to_uppercase();
    for line in [
        String::new(),
        "# comment".to_owned(),
        format!("{digest} a"),
        format!("{digest}   a"),
        format!("{digest}\t a"),
        format!(" {digest}  a"),
        format!("{digest}  "),
        format!("{upper}  a"),
        format!("{}  a", &digest[1..]),
        format!("{digest}0  a"),
        format!("\\{digest}  a"),
        format!("SHA256 (a) = {digest}"),
        format!("{digest}  a\r"),
    ] {
        let good = format!("{digest}  first\n");
        assert_eq!(
            parse(&format!("{good}{line}\n")),
            Err(SumsError::Line { line: 2 }),
            "{line:?}"
        );
    }
    assert_eq!(parse(""), Err(SumsError::CutOff));
    assert_eq!(parse(&format!("{digest}  a")), Err(SumsError::CutOff));
    let not_text = Sums::parse(b"\xff\n", &Limits::STANDARD);
    assert_eq!(not_text, Err(SumsError::NotText));
}

#[test]
fn a_name_that_is_no_plain_path_is_refused() {
    let digest = Sha256::of(b"a");
    for name in [
        "..",
        "../a",
        "a/../b",
        "a/..",
        ".",
        "./a",
        "a/./b",
        "/a",
        "a/",
        "a//b",
        "a b",
        "a\\b",
        "a\u{1b}[2J",
        "é",
        &"a".repeat(1_025),
    ] {
        let refused = parse(&format!("{digest}  {name}\n"));
        assert_eq!(refused, Err(SumsError::Line { line: 1 }), "{name:?}");
    }
    assert!(parse(&format!("{digest}  {}\n", "a".repeat(1_024))).is_ok());
}

#[test]
fn a_name_that_stands_twice_is_refused_whatever_its_digests() {
    let (a, b) = (Sha256::of(b"a"), Sha256::of(b"b"));
    for second in [a, b] {
        let refused = parse(&format!("{a}  x\n{second}  x\n"));
        assert_eq!(refused, Err(SumsError::Doubled { line: 2 }));
    }
}

#[test]
fn more_than_the_limits_allow_is_refused() {
    let line = |index| format!("{}  {index}\n", Sha256::of(b""));
    let limits = Limits {
        products_max: 2,
        policy_bytes_max: 300,
        ..Limits::STANDARD
    };
    let of = |count| Sums::parse((0..count).map(line).collect::<String>().as_bytes(), &limits);
    assert!(of(2).is_ok());
    assert_eq!(of(3), Err(SumsError::TooMany { count_max: 2 }));
    assert_eq!(of(5), Err(SumsError::TooLarge { bytes_max: 300 }));
}

#[test]
fn builders_with_equal_lists_are_unanimous_and_one_alone_is_not() {
    let files: &[(&str, &str)] = &[("a", "1"), ("b", "2")];
    let two = agreement(&[("alice", files), ("bob", files)]);
    assert!(two.unanimous());
    assert_eq!(two.dissent().count(), 0);
    assert_eq!(two.groups()[0].builders, ["alice", "bob"]);
    assert!(two.opinions()["a"].unanimous());
    let one = agreement(&[("alice", files)]);
    assert!(!one.unanimous());
    assert!(!one.opinions()["a"].unanimous());
    assert_eq!(one.dissent().count(), 0);
}

#[test]
fn who_lists_another_digest_or_lacks_a_file_dissents_by_name() {
    let seen = agreement(&[
        ("carol", &[("a", "1"), ("b", "2")]),
        ("alice", &[("a", "1"), ("b", "2")]),
        ("mallory", &[("a", "1"), ("b", "other")]),
        ("dave", &[("a", "1")]),
    ]);
    assert!(!seen.unanimous());
    let groups: Vec<Vec<&str>> = seen
        .groups()
        .iter()
        .map(|group| group.builders.iter().map(String::as_str).collect())
        .collect();
    assert_eq!(
        groups,
        [vec!["alice", "carol"], vec!["dave"], vec!["mallory"]]
    );
    let dissent: Vec<_> = seen.dissent().collect();
    assert_eq!(dissent.len(), 1);
    let (name, opinions) = dissent[0];
    assert_eq!(
        (name, &opinions.silent[..]),
        ("b", &["dave".to_owned()][..])
    );
    assert_eq!(opinions.digests[&Sha256::of(b"other")], ["mallory"]);
    assert_eq!(opinions.digests[&Sha256::of(b"2")], ["alice", "carol"]);
    assert!(seen.opinions()["a"].unanimous());
    assert!(!opinions.unanimous());
}

#[test]
fn a_builder_has_one_list() {
    let sums = parse(&format!("{}  a\n", Sha256::of(b"a"))).unwrap();
    let twice = [("bob".to_owned(), sums.clone()), ("bob".to_owned(), sums)];
    assert_eq!(
        Agreement::of(&twice),
        Err(AgreementError::Doubled {
            builder: "bob".to_owned()
        })
    );
    assert_eq!(Agreement::of(&[]), Err(AgreementError::None));
}

proptest! {
    #[test]
    fn no_bytes_panic_and_what_is_read_is_read_again(bytes in any::<Vec<u8>>(), text in "[0-9a-f]{63,65} [ *][a./\\\\]{0,5}\n?") {
        for bytes in [&bytes[..], text.as_bytes()] {
            let Ok(sums) = Sums::parse(bytes, &Limits::STANDARD) else { continue };
            let lines: String = sums.files().map(|(name, digest)| format!("{digest}  {name}\n")).collect();
            prop_assert_eq!(Sums::parse(lines.as_bytes(), &Limits::STANDARD), Ok(sums));
        }
    }

    #[test]
    fn every_builder_has_one_opinion_on_every_file(
        lists in proptest::collection::btree_map("[a-d]", proptest::collection::btree_map("[xyz]", 0_u8..3, 1..4), 1..5)
    ) {
        let sums = |files: &BTreeMap<String, u8>| {
            let line = |(name, content): (&String, &u8)| format!("{}  {name}\n", Sha256::of(&[*content]));
            parse(&files.iter().map(line).collect::<String>()).unwrap()
        };
        let lists: Vec<_> = lists.iter().map(|(builder, files)| (builder.clone(), sums(files))).collect();
        let seen = Agreement::of(&lists).unwrap();
        let grouped: usize = seen.groups().iter().map(|group| group.builders.len()).sum();
        prop_assert_eq!(grouped, lists.len());
        for opinions in seen.opinions().values() {
            let heard: usize = opinions.digests.values().map(Vec::len).sum();
            prop_assert_eq!(heard + opinions.silent.len(), lists.len());
        }
        prop_assert_eq!(seen.unanimous(), lists.len() > 1 && seen.dissent().next().is_none());
        prop_assert!(seen.groups().is_sorted_by_key(|group| std::cmp::Reverse(group.builders.len())));
    }
}
