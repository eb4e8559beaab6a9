//! Numbers: seconds since 1970, and fractions.

use super::tokens::{begins, ends, run, value};

/// A day.
const DAY_SECONDS: u64 = 86_400;
/// 2001-09-09, the first number of ten digits, to 2106, the last one of 32 bits.
const EPOCHS: std::ops::RangeInclusive<u64> = 1_000_000_000..=4_294_967_295;

/// How long the number is that begins at a place and may be seconds or milliseconds since 1970.
pub(super) fn epoch(line: &[u8], at: usize) -> Option<usize> {
    if !begins(line, at) {
        return None;
    }
    let digits = run(line, at, |byte| byte.is_ascii_digit());
    let is_time = ends(line, at + digits.len()) && seconds(digits).is_some();
    is_time.then_some(digits.len())
}

/// The seconds that the digits may mean.
fn seconds(digits: &[u8]) -> Option<u64> {
    let seconds = match digits.len() {
        10 => value(digits)?,
        13 => value(digits)? / 1000,
        _ => return None,
    };
    EPOCHS.contains(&seconds).then_some(seconds)
}

/// How near two times are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Distance {
    /// Two builds may lie so far apart.
    Year,
    /// A build and a rebuild of old source may.
    Decade,
}

/// How near two epoch numbers are to each other, if they are.
pub(super) fn distance(a: &[u8], b: &[u8]) -> Option<Distance> {
    match seconds(a)?.abs_diff(seconds(b)?) / DAY_SECONDS {
        0..=366 => Some(Distance::Year),
        367..=3660 => Some(Distance::Decade),
        _ => None,
    }
}

/// How long the number with a fraction is that begins at a place.
pub(super) fn decimal(line: &[u8], at: usize) -> Option<usize> {
    let is_part = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b',');
    let before = at.checked_sub(1).and_then(|before| line.get(before));
    if !begins(line, at) || before.is_some_and(|byte| is_part(*byte)) {
        return None;
    }
    let mut number = run(line, at, is_part);
    while let [rest @ .., b'.' | b','] = number {
        // It belongs to the sentence.
        number = rest;
    }
    let marks = number.iter().filter(|byte| !byte.is_ascii_digit()).count();
    let is_number = number.first().is_some_and(u8::is_ascii_digit);
    (marks == 1 && is_number && ends(line, at + number.len())).then_some(number.len())
}

/// Whether one number is the other with a comma in the place of the point.
pub(super) fn differ_in_mark(a: &[u8], b: &[u8]) -> bool {
    let same = |(a, b): (&u8, &u8)| a == b || matches!((a, b), (b'.', b',') | (b',', b'.'));
    a != b && a.len() == b.len() && a.iter().zip(b).all(same)
}

#[cfg(test)]
mod tests {
    use super::{Distance, decimal, differ_in_mark, distance, epoch};

    #[test]
    fn epoch_numbers_have_ten_digits_or_thirteen_and_are_near_each_other() {
        assert_eq!(epoch(b"1700000000", 0), Some(10));
        assert_eq!(epoch(b"1700000000123", 0), Some(13));
        for other in ["170000000", "9700000000", "a1700000000", "1700000000x"] {
            assert_eq!(
                epoch(other.as_bytes(), usize::from(other.starts_with('a'))),
                None
            );
        }
        let near = distance(b"1700000000", b"1700000500");
        assert_eq!(near, Some(Distance::Year));
        assert_eq!(
            distance(b"1500000000", b"1700000000"),
            Some(Distance::Decade)
        );
        assert_eq!(distance(b"1000000000", b"1700000000"), None);
    }

    #[test]
    fn a_fraction_has_one_mark() {
        assert_eq!(decimal(b"3.14", 0), Some(4));
        assert_eq!(decimal(b"3.14, 5", 0), Some(4));
        assert_eq!(decimal(b"1.2.3", 0), None);
        assert!(differ_in_mark(b"3.14", b"3,14"));
        assert!(!differ_in_mark(b"3.14", b"3,15"));
        assert!(!differ_in_mark(b"3.14", b"3.14"));
    }
}
