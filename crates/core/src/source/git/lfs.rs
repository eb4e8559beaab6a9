//! Git LFS: files whose content is elsewhere.

/// The first lines of pointers: the format's, and the two that came before it, which git-lfs still reads.
const POINTERS: [&[u8]; 3] = [
    b"version https://git-lfs.github.com/spec/v1",
    b"version https://hawser.github.com/spec/v1",
    b"version http://git-media.io/v/2",
];

/// Whether a file's first line is that of a Git LFS pointer. What stands in such a tree is not the source: the files that a
/// filter would put in its place are named by it, and not covered by git's ids. The caller refuses.
///
/// Give the first 64 bytes or more. It promises nothing about filters with another first line.
pub fn is_lfs_pointer(blob: &[u8]) -> bool {
    POINTERS.iter().any(|first| {
        blob.strip_prefix(*first)
            .is_some_and(|rest| matches!(rest, [] | [b'\n' | b'\r', ..]))
    })
}

#[cfg(test)]
mod tests {
    use super::is_lfs_pointer;

    #[test]
    fn a_pointer_is_told_from_a_text_about_pointers() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n";
        assert!(is_lfs_pointer(pointer));
        assert!(is_lfs_pointer(
            b"version https://hawser.github.com/spec/v1\r\n"
        ));
        for other in [
            &b""[..],
            b"\nversion https://git-lfs.github.com/spec/v1\n",
            b"version https://git-lfs.github.com/spec/v1 is the first line of a pointer\n",
            b"version https://git-lfs.github.com/spec/v",
        ] {
            assert!(!is_lfs_pointer(other));
        }
    }
}
