//! The printable strings in something that is no text, as strings(1) finds them.

use super::lines::{LINES_MAX, Split};

/// Shorter ones are mostly chance.
const STRING_BYTES_MIN: usize = 6;

pub(super) fn split(bytes: &[u8]) -> Split<'_> {
    let is_seen = |byte: &u8| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t');
    let runs = bytes.split(|byte| !is_seen(byte));
    let mut lines: Vec<_> = runs
        .filter(|run| run.len() >= STRING_BYTES_MIN)
        .take(LINES_MAX + 1)
        .collect();
    let is_cut = lines.len() > LINES_MAX;
    lines.truncate(LINES_MAX);
    Split { lines, is_cut }
}
