//! Git: from a repository's address and a tag's name to a tree of plain files, and from a recipe to its outputs.
//!
//! **Enters:** an address, a tag's name, a recipe.
//! **Leaves:** the tag, commit and tree with ids that we computed, the tree laid out, its identity; the outputs.
//! **Never:** a hook, a filter, an attribute, a configuration of the caller or of the repository; an object whose bytes do
//! not have its id; a judgement about who signed.
//!
//! **Architecture Invariant:** `git` itself only moves objects. What they say is read by the library, and what is written
//! to disk is written by [`layout`] alone.

mod address;
mod fetch;
mod layout;
mod measure;
mod modules;
mod outputs;
mod recipe;
mod release;
mod source;

pub(crate) use address::Address;
pub(crate) use recipe::RECIPE_BYTES_MAX;
pub(crate) use release::rebuild;

use crate::error::RebuildError;

/// As the statement allows it.
const PATH_BYTES_MAX: usize = 2_000;
/// As file systems have it.
const NAME_BYTES_MAX: usize = 255;

/// The source is refused because of `why`, which may hold a stranger's text.
fn refused(why: impl AsRef<str>) -> RebuildError {
    RebuildError::SourceRefused(crate::tool::printable(why.as_ref()))
}

/// Whether a text is a path below a folder that a statement can name: parts of printable ASCII, none of which leads elsewhere.
pub(crate) fn is_plain_path(path: &str) -> bool {
    let is_plain = |part: &str| {
        let good = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
        part.bytes().all(good)
            && (1..=NAME_BYTES_MAX).contains(&part.len())
            && part != "."
            && part != ".."
    };
    path.len() <= PATH_BYTES_MAX && path.split('/').all(is_plain)
}

/// Whether a text can name a tag and means nothing else in a refspec (git-check-ref-format(1)).
pub(crate) fn is_tag_name(name: &str) -> bool {
    let good = |c: char| !c.is_control() && !" ~^:?*[\\".contains(c);
    let bad_part = |part: &str| {
        part.is_empty() || part.starts_with('.') || part.ends_with('.') || part.ends_with(".lock")
    };
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && name.chars().all(good)
        && !name.starts_with('-')
        && name != "@"
        && !name.contains("@{")
        && !name.contains("..")
        && !name.split('/').any(bad_part)
}

#[cfg(test)]
mod tests {
    use super::{is_plain_path, is_tag_name};

    #[test]
    fn a_path_that_leaves_its_folder_is_not_plain() {
        for path in [
            "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../b", "./a", "a b", "a\\b",
            "a\n", "é",
        ] {
            assert!(!is_plain_path(path), "{path:?}");
        }
        assert!(!is_plain_path(&"a".repeat(256)));
        for path in ["a", "a/b.c", "quorate.toml", ".hidden", "lib/x@1,2=3"] {
            assert!(is_plain_path(path), "{path:?}");
        }
    }

    #[test]
    fn a_tag_name_that_means_something_else_to_git_is_refused() {
        for name in [
            "",
            "-v1",
            "a b",
            "a..b",
            "a:b",
            "+a:refs/heads/x",
            "a*",
            "a[b",
            "a\\b",
            "/a",
            "a/",
            "a//b",
            ".a",
            "a.lock",
            "@",
            "a@{1}",
            "a\x7f",
        ] {
            assert!(!is_tag_name(name), "{name:?}");
        }
        for name in ["v1.0", "release/2.0", "é"] {
            assert!(is_tag_name(name), "{name:?}");
        }
    }
}
