//! Names: what a tag may be called, and what an entry of a folder may not.

/// A name that git would not give a tag (git-check-ref-format(1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the tag's name {0}")]
pub struct TagNameError(&'static str);

/// Reads a tag's name: what can stand behind `refs/tags/` and on a command line without meaning something else there.
pub(super) fn tag_name(bytes: &[u8]) -> Result<&str, TagNameError> {
    let name = std::str::from_utf8(bytes).map_err(|_| TagNameError("is not UTF-8"))?;
    if name.is_empty() || name.len() > TAG_NAME_BYTES_MAX {
        return Err(TagNameError("has not 1 to 255 bytes"));
    }
    if name
        .chars()
        .any(|c| c.is_control() || " ~^:?*[\\".contains(c))
    {
        return Err(TagNameError(
            "has a control character, a space, or one of ~^:?*[\\",
        ));
    }
    if name.starts_with('-') || name == "@" || name.contains("@{") || name.contains("..") {
        return Err(TagNameError("begins with a hyphen, is @, or has @{ or .."));
    }
    let bad_part = |part: &str| {
        part.is_empty() || part.starts_with('.') || part.ends_with('.') || part.ends_with(".lock")
    };
    if name.split('/').any(bad_part) {
        return Err(TagNameError(
            "has a part that is empty, begins or ends with a dot, or ends with .lock",
        ));
    }
    Ok(name)
}

/// The longest name that a file system with loose refs can hold.
const TAG_NAME_BYTES_MAX: usize = 255;

/// Why a folder's entry may not be called so; `None` when it may.
pub(super) fn entry_name_fault(name: &[u8]) -> Option<&'static str> {
    if name.is_empty() {
        return Some("an empty name");
    }
    if name.contains(&b'/') || name.contains(&0) {
        return Some("a slash or NUL in a name");
    }
    if name == b"." || name == b".." {
        return Some("a name that leads to another folder");
    }
    if name.split(|byte| *byte == b'\\').any(is_dot_git) {
        return Some("a name that some file systems take for .git");
    }
    None
}

/// Whether a file system that folds case, ignores code points (HFS+) or trailing dots, spaces and streams, or keeps short names
/// (NTFS) takes it for `.git`; as git's own `is_hfs_dotgit` and `is_ntfs_dotgit`.
fn is_dot_git(name: &[u8]) -> bool {
    let name: String = String::from_utf8_lossy(name)
        .chars()
        .filter(|c| !is_ignored_by_hfs(*c))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let [dotted, short] = [".git", "git~1"].map(|form| name.strip_prefix(form));
    let Some(rest) = dotted.or(short) else {
        return false;
    };
    let rest = rest.trim_start_matches(['.', ' ']);
    rest.is_empty() || rest.starts_with(':')
}

/// The code points of git's `next_hfs_char`.
fn is_ignored_by_hfs(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_tags_have_good_names() {
        for name in ["v1.7.0", "v/0.23.41", "ignore-0.4.33", "é", "a@b", "a-"] {
            assert_eq!(tag_name(name.as_bytes()), Ok(name));
        }
    }

    #[test]
    fn a_tag_name_that_means_something_else_to_git_is_refused() {
        for name in [
            "", "-v1", "a b", "a..b", "a\tb", "a~1", "a^", "a:b", "a?", "a*", "a[b", "a\\b", "/a",
            "a/", "a//b", ".a", "a/.b", "a.", "a.lock", "a.lock/b", "@", "a@{1}", "a\x7f",
        ] {
            assert!(tag_name(name.as_bytes()).is_err(), "{name:?}");
        }
        assert!(tag_name(b"\xff").is_err());
        assert!(tag_name("a".repeat(256).as_bytes()).is_err());
    }

    #[test]
    fn dot_git_in_every_spelling_that_a_file_system_folds_is_refused() {
        for name in [
            ".git",
            ".GIT",
            ".Git",
            ".git.",
            ".git ",
            ".git. .",
            "git~1",
            "GIT~1",
            "git~1.",
            ".g\u{200c}it",
            "\u{feff}.git",
            ".gi\u{206a}T",
            ".git::$INDEX_ALLOCATION",
            "a\\.git",
            ".git\\config",
            "GIT~1:x",
            ".",
            "..",
            "",
            "a/b",
            "a\0b",
        ] {
            assert!(entry_name_fault(name.as_bytes()).is_some(), "{name:?}");
        }
        for name in [
            ".gitignore",
            ".gitmodules",
            "git",
            "git~2",
            ".gitx",
            ".git-x",
            "...",
            "a\\b",
            "é",
        ] {
            assert_eq!(entry_name_fault(name.as_bytes()), None, "{name:?}");
        }
        assert_eq!(entry_name_fault(b"\xff\xfe"), None, "names are bytes");
    }
}
