//! Pieces of a line that a cause is known to change: times, paths, identifiers, numbers.

use super::{dates, ids, numbers, paths};

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Path,
    Uuid,
    Digest,
    Date,
    Epoch,
    Decimal,
}

/// A piece of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'l> {
    pub(super) token: Token,
    pub(super) text: &'l [u8],
}

/// Finds the piece that begins at a place, if any, and says how long it is. It looks at few bytes where nothing can begin, so that a
/// line costs by its length.
type Finder = fn(&[u8], usize) -> Option<usize>;

/// In this order: a path may hold a date, and a digest may look like a number.
const FINDERS: [(Token, Finder); 6] = [
    (Token::Path, paths::path),
    (Token::Uuid, ids::uuid),
    (Token::Digest, ids::digest),
    (Token::Date, dates::date),
    (Token::Epoch, numbers::epoch),
    (Token::Decimal, numbers::decimal),
];

/// Bytes of a line in which pieces are looked for.
const LINE_BYTES_MAX: usize = 4096;

/// The pieces of two lines that differ, when the lines are the same but for these.
pub(super) fn differing<'l>(a: &'l [u8], b: &'l [u8]) -> Option<Vec<(Piece<'l>, Piece<'l>)>> {
    within(a, b, &FINDERS)
}

/// The same within a path, whose parts are no paths.
pub(super) fn differing_in_path<'l>(
    a: &'l [u8],
    b: &'l [u8],
) -> Option<Vec<(Piece<'l>, Piece<'l>)>> {
    within(a, b, FINDERS.get(1..5).unwrap_or_default())
}

fn within<'l>(
    a: &'l [u8],
    b: &'l [u8],
    finders: &[(Token, Finder)],
) -> Option<Vec<(Piece<'l>, Piece<'l>)>> {
    if a.len().max(b.len()) > LINE_BYTES_MAX {
        return None;
    }
    let ((of_a, rest_a), (of_b, rest_b)) = (pieces(a, finders), pieces(b, finders));
    let same_kinds = of_a
        .iter()
        .map(|p| p.token)
        .eq(of_b.iter().map(|p| p.token));
    if rest_a != rest_b || !same_kinds {
        return None;
    }
    let pairs = of_a.into_iter().zip(of_b);
    Some(pairs.filter(|(a, b)| a.text != b.text).collect())
}

/// The pieces of a line, and the line with each of them as one byte.
fn pieces<'l>(line: &'l [u8], finders: &[(Token, Finder)]) -> (Vec<Piece<'l>>, Vec<u8>) {
    let (mut found, mut rest) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(byte) = line.get(at) {
        let piece = finders.iter().find_map(|(token, find)| {
            let length = find(line, at).filter(|length| *length > 0)?;
            let text = line.get(at..at.checked_add(length)?)?;
            Some(Piece {
                token: *token,
                text,
            })
        });
        match piece {
            Some(piece) => {
                at += piece.text.len();
                found.push(piece);
                rest.push(0);
            }
            None => {
                rest.push(*byte);
                at += 1;
            }
        }
    }
    (found, rest)
}

/// Whether a word may begin at a place: what is before it is no letter, digit or underscore.
pub(super) fn begins(line: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| line.get(before));
    !before.is_some_and(|byte| is_word(*byte))
}

/// Whether a word may end before a place.
pub(super) fn ends(line: &[u8], at: usize) -> bool {
    !line.get(at).is_some_and(|byte| is_word(*byte))
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The run of bytes from a place on that fit.
pub(super) fn run(line: &[u8], at: usize, fits: impl Fn(u8) -> bool) -> &[u8] {
    let rest = line.get(at..).unwrap_or_default();
    let length = rest.iter().take_while(|byte| fits(**byte)).count();
    rest.get(..length).unwrap_or_default()
}

/// The number that digits write, up to 18 of them.
pub(super) fn value(digits: &[u8]) -> Option<u64> {
    let is_number =
        !digits.is_empty() && digits.len() <= 18 && digits.iter().all(u8::is_ascii_digit);
    let sum = |sum: u64, digit: &u8| sum * 10 + u64::from(digit - b'0');
    is_number.then(|| digits.iter().fold(0, sum))
}
