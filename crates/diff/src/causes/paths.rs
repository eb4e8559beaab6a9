//! Absolute paths that name the same file in another folder.

/// Where people and build services build.
const BUILD_PLACES: [&[u8]; 9] = [
    b"build",
    b"builds",
    b"builddir",
    b"home",
    b"root",
    b"tmp",
    b"workspace",
    b"buildd",
    b"nix",
];

/// How long the absolute path is that begins at a place.
pub(super) fn path(line: &[u8], at: usize) -> Option<usize> {
    if line.get(at) != Some(&b'/') || !begins(line, at) {
        return None;
    }
    let rest = line.get(at..).unwrap_or_default();
    let length = rest.iter().take_while(|byte| is_part(**byte)).count();
    let text = rest.get(..length).unwrap_or_default();
    // A stop or colon at the end belongs to the sentence.
    let kept = text
        .iter()
        .rposition(|byte| !matches!(byte, b'.' | b'/'))
        .map_or(0, |last| last + 1);
    let text = text.get(..kept).unwrap_or_default();
    let is_path = parts(text).count() >= 2 && !text.windows(2).any(|two| two == b"//");
    is_path.then_some(kept)
}

/// A path begins after a space, a mark or a flag such as `-I`, and not within another path or an address.
fn begins(line: &[u8], at: usize) -> bool {
    let back = |n: usize| at.checked_sub(n).and_then(|at| line.get(at)).copied();
    match back(1) {
        None => true,
        Some(b'I' | b'L') => back(2) == Some(b'-'),
        Some(byte) => !is_part(byte),
    }
}

const fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || byte >= 0x80
        || matches!(byte, b'/' | b'.' | b'_' | b'-' | b'+' | b'~' | b'@' | b'%')
}

fn parts(path: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> + Clone {
    path.split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty())
}

/// What differs between two paths.
pub(super) enum Moved {
    /// They end alike and begin otherwise.
    SameEnd,
    /// Both lie where people build.
    BuildPlaces,
}

/// Says in what way two paths that differ may be the same in another folder.
pub(super) fn moved(a: &[u8], b: &[u8]) -> Option<Moved> {
    let ends_alike = parts(a).next_back() == parts(b).next_back();
    let is_place = |path: &[u8]| {
        parts(path)
            .next()
            .is_some_and(|first| BUILD_PLACES.contains(&first))
    };
    match (ends_alike, is_place(a) && is_place(b)) {
        (true, _) => Some(Moved::SameEnd),
        (false, true) => Some(Moved::BuildPlaces),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn paths_are_found_behind_flags_and_marks_and_not_in_addresses() {
        assert_eq!(path(b"-I/build/a/src", 2), Some(12));
        assert_eq!(path(b"at \"/build/a.c\".", 4), Some(10));
        assert_eq!(path(b"in /build/a.", 3), Some(8));
        for (line, at) in [
            ("https://host/a/b", 6),
            ("https://host/a/b", 7),
            ("a/b/c", 1),
            ("/one", 0),
        ] {
            assert_eq!(path(line.as_bytes(), at), None, "{line}");
        }
    }
}
