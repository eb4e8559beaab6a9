//! Lines that differ: of text, or of the strings in something that is none.
//!
//! **Enters:** the bytes of both around their first difference.
//! **Leaves:** the first different lines as a unified diff, bounded, and the pairs of lines in which causes are looked for.
//! **Never:** a control character, or a byte that is no text, as it is.

mod hunks;
mod lines;
mod strings;
mod visible;

use crate::report::{TextDiff, TextOf};

pub(crate) use visible::{visible, visible_text};

/// What is looked at of two contents that differ.
pub(crate) struct Windows<'w> {
    pub(crate) a: &'w [u8],
    pub(crate) b: &'w [u8],
    /// Where in both the first difference is.
    pub(crate) first: usize,
    /// Line breaks in the whole contents before it.
    pub(crate) lines_before: u64,
    /// Whether the windows are all there is.
    pub(crate) is_whole: bool,
}

/// Lines that stand for each other.
pub(crate) type Pair<'w> = (&'w [u8], &'w [u8]);

/// What the lines say.
pub(crate) struct Looked<'w> {
    pub(crate) diff: Option<TextDiff>,
    pub(crate) pairs: Vec<Pair<'w>>,
    /// Whether both are text.
    pub(crate) is_text: bool,
}

/// Bytes behind the first difference in which lines are compared.
const TEXT_BYTES_MAX: usize = 1 << 20;
/// The same for strings, which are a small part of a program.
const STRINGS_BYTES_MAX: usize = 16 << 20;

/// Compares lines or strings from the first difference on.
pub(crate) fn look<'w>(windows: &Windows<'w>) -> Looked<'w> {
    let is_text = is_text(windows.a, windows.first) && is_text(windows.b, windows.first);
    let from = start_of_context(windows.a, windows.first);
    let before = windows.a.get(from..windows.first).unwrap_or_default();
    let breaks = before.iter().filter(|byte| **byte == b'\n').count() as u64;
    let (a, b, first_line) = match is_text {
        true => {
            let (a, b) = (
                region(windows.a, from, TEXT_BYTES_MAX),
                region(windows.b, from, TEXT_BYTES_MAX),
            );
            // A line break that both end with is no start of another line.
            let body = |of| <[u8]>::strip_suffix(of, b"\n");
            let (a, b) = body(a).zip(body(b)).unwrap_or((a, b));
            let before = windows.lines_before.saturating_sub(breaks);
            (lines::split(a), lines::split(b), before.saturating_add(1))
        }
        // Where strings begin before the window is not known, so that they are counted from its start.
        false => (
            strings::split(region(windows.a, 0, STRINGS_BYTES_MAX)),
            strings::split(region(windows.b, 0, STRINGS_BYTES_MAX)),
            1,
        ),
    };
    let found = lines::changes(&a.lines, &b.lines);
    let pairs = lines::pairs(&found.changes, &a.lines, &b.lines);
    let is_cut = found.is_cut || a.is_cut || b.is_cut;
    let of = match is_text {
        true => TextOf::Lines,
        false => TextOf::Strings,
    };
    let diff = hunks::diff(of, &found.changes, (&a.lines, &b.lines), first_line, is_cut);
    Looked {
        diff,
        pairs,
        is_text,
    }
}

fn region(window: &[u8], from: usize, max: usize) -> &[u8] {
    let end = from.saturating_add(max).min(window.len());
    window.get(from..end).unwrap_or_default()
}

/// The start of the third line before the one with the first difference, or as far back as there is.
fn start_of_context(window: &[u8], first: usize) -> usize {
    let before = window.get(..first).unwrap_or(window);
    let mut breaks = before
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, byte)| **byte == b'\n');
    breaks
        .nth(hunks::CONTEXT_LINES)
        .map_or(0, |(at, _)| at.saturating_add(1))
}

/// Whether the bytes around a place read as text: no NUL, and hardly a control character.
fn is_text(window: &[u8], at: usize) -> bool {
    const LOOKED_AT_BYTES: usize = 8 << 10;
    let head = region(window, 0, LOOKED_AT_BYTES);
    let around = region(
        window,
        at.saturating_sub(LOOKED_AT_BYTES / 2),
        LOOKED_AT_BYTES,
    );
    [head, around].into_iter().all(|bytes| {
        let odd = bytes.iter().filter(|byte| {
            byte.is_ascii_control() && !matches!(byte, b'\n' | b'\r' | b'\t' | 0x0c | 0x1b)
        });
        !bytes.contains(&0) && odd.count().saturating_mul(50) <= bytes.len() && mostly_utf8(bytes)
    })
}

/// Latin-1 in a text is few bytes that are no UTF-8; compressed bytes are many.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let odd: usize = bytes.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    odd.saturating_mul(10) <= bytes.len()
}
