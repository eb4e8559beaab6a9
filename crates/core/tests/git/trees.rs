//! Folders that git does not write, or that are laid out as something else than they say.

use quorate::source::git::{ObjectFormat, TreeError, TreeFault, parse_tree};

/// A tree of `MODE NAME` entries, in the order given.
fn tree(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let entry =
        |(mode, name): &(&str, &[u8])| [mode.as_bytes(), b" ", name, b"\0", &[7; 20]].concat();
    entries.iter().flat_map(entry).collect()
}

fn fault(bytes: &[u8]) -> TreeFault {
    let error: TreeError = parse_tree(bytes, ObjectFormat::Sha1).expect_err("a refusal");
    error.fault
}

#[test]
fn a_mode_that_git_does_not_write_is_refused() {
    for mode in [
        "100664", "040000", "0100644", "100600", "100777", "104755", "120777", "644", "",
        "10064 4", "100644\n", "+40000", "140000",
    ] {
        assert!(
            matches!(fault(&tree(&[(mode, b"a")])), TreeFault::Mode(_)),
            "{mode:?}"
        );
    }
    let error = parse_tree(
        &tree(&[("100644", b"a"), ("100664", b"b")]),
        ObjectFormat::Sha1,
    );
    assert_eq!(
        error.expect_err("a refusal").to_string(),
        "entry 2 of the tree (b): its mode is 100664: group-writable files are of git before 2005"
    );
}

#[test]
fn a_name_that_leads_elsewhere_is_refused() {
    for name in [
        &b".."[..],
        b".",
        b"a/b",
        b"",
        b".git",
        b".GiT",
        b".git ",
        b"git~1",
        b".g\xe2\x80\x8cit",
        b"/etc",
        b"..\\.git",
    ] {
        assert!(
            matches!(fault(&tree(&[("100644", name)])), TreeFault::Name(_)),
            "{name:?}"
        );
        assert!(
            matches!(fault(&tree(&[("40000", name)])), TreeFault::Name(_)),
            "{name:?}"
        );
    }
}

#[test]
fn an_order_that_is_not_gits_is_refused() {
    let good = tree(&[
        ("100644", b"a-"),
        ("100644", b"a.b"),
        ("40000", b"a"),
        ("100644", b"a0"),
    ]);
    assert!(parse_tree(&good, ObjectFormat::Sha1).is_ok());
    for entries in [
        &[("100644", &b"b"[..]), ("100644", b"a")][..],
        &[("40000", b"a"), ("100644", b"a.b")],
        &[("100644", b"a.b"), ("100644", b"a")],
    ] {
        assert_eq!(fault(&tree(entries)), TreeFault::Order);
    }
}

#[test]
fn two_entries_of_one_name_are_refused() {
    for entries in [
        &[("100644", &b"a"[..]), ("100644", b"a")][..],
        &[("100644", b"a"), ("40000", b"a")],
        // Git's order puts what is between a and a/ between the two.
        &[("100644", b"a"), ("100644", b"a.b"), ("40000", b"a")],
        &[("120000", b"a"), ("100644", b"a-"), ("40000", b"a")],
    ] {
        assert_eq!(fault(&tree(entries)), TreeFault::Duplicate);
    }
}

#[test]
fn an_empty_folder_which_leaves_no_trace_in_an_identity_is_refused() {
    assert_eq!(fault(b""), TreeFault::Empty);
}

#[test]
fn a_tree_that_is_cut_short_or_has_more_behind_it_is_refused() {
    let whole = tree(&[("100644", b"a"), ("100644", b"b")]);
    for end in 1..whole.len() {
        // One whole entry is a tree of one.
        if end != whole.len() / 2 {
            assert_eq!(fault(&whole[..end]), TreeFault::CutShort, "{end}");
        }
    }
    assert_eq!(fault(&[&whole[..], b"\n"].concat()), TreeFault::CutShort);
}
