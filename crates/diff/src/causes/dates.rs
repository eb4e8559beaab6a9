//! Dates and times as people and programs write them.

use super::locale::{Month, month_of};
use super::tokens::{begins, ends, run, value};

/// How long the date or time is that begins at a place.
pub(super) fn date(line: &[u8], at: usize) -> Option<usize> {
    if !begins(line, at) {
        return None;
    }
    iso(line, at)
        .or_else(|| worded(line, at))
        .or_else(|| clock(line, at))
        .or_else(|| compact(line, at))
}

/// The months that a date names.
pub(super) fn months(date: &[u8]) -> Vec<Month> {
    let words = date.split(|byte| !is_letter(*byte));
    words.filter_map(month_of).collect()
}

const fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte >= 0x80
}

fn number(
    line: &[u8],
    at: usize,
    lengths: &[usize],
    range: std::ops::RangeInclusive<u64>,
) -> Option<usize> {
    let digits = run(line, at, |byte| byte.is_ascii_digit());
    let fits = lengths.contains(&digits.len()) && range.contains(&value(digits)?);
    fits.then_some(digits.len())
}

const YEARS: std::ops::RangeInclusive<u64> = 1970..=2105;

/// `2024-01-31`, `2024/01/31`, and a time after it: ISO 8601 and its relatives.
fn iso(line: &[u8], at: usize) -> Option<usize> {
    let mark = |at: usize| line.get(at).copied();
    number(line, at, &[4], YEARS)?;
    let between = mark(at + 4).filter(|byte| matches!(byte, b'-' | b'/' | b'.'))?;
    number(line, at + 5, &[2], 1..=12)?;
    if mark(at + 7) != Some(between) {
        return None;
    }
    // What follows the day may be `T`, so that the run of digits ends there.
    number(line, at + 8, &[2], 1..=31)?;
    let day = at + 10;
    let time = mark(day)
        .filter(|byte| matches!(byte, b'T' | b't' | b' ' | b'_' | b'-'))
        .and_then(|_| clock(line, day + 1))
        .map(|length| day + 1 + length);
    let end = time.unwrap_or(day);
    ends(line, end).then_some(end - at)
}

/// `12:34`, `12:34:56`, with a fraction and a zone.
fn clock(line: &[u8], at: usize) -> Option<usize> {
    let mark = |at: usize| line.get(at).copied();
    let hours = number(line, at, &[1, 2], 0..=23)?;
    let mut end = at + hours;
    let mut fields = 0;
    while fields < 2 && mark(end) == Some(b':') {
        let Some(length) = number(line, end + 1, &[2], 0..=60) else {
            break;
        };
        end += 1 + length;
        fields += 1;
    }
    if fields == 0 {
        return None;
    }
    if let Some(b'.' | b',') = mark(end) {
        let digits = run(line, end + 1, |byte| byte.is_ascii_digit()).len();
        end += if digits > 0 { 1 + digits } else { 0 };
    }
    end += zone(line, end);
    ends(line, end).then(|| end - at)
}

/// `Z`, ` UTC`, `+01:00`, ` -0800`, or nothing.
fn zone(line: &[u8], at: usize) -> usize {
    let space = usize::from(line.get(at) == Some(&b' '));
    let start = at + space;
    match line.get(start) {
        Some(b'Z') => space + 1,
        Some(b'+' | b'-') => {
            let digits = run(line, start + 1, |byte| {
                byte.is_ascii_digit() || byte == b':'
            });
            match digits.len() {
                4 | 5 => space + 1 + digits.len(),
                _ => 0,
            }
        }
        _ => {
            let name = run(line, start, |byte| byte.is_ascii_uppercase());
            let is_zone = [
                &b"UTC"[..],
                b"GMT",
                b"CET",
                b"CEST",
                b"EST",
                b"EDT",
                b"PST",
                b"PDT",
            ];
            match is_zone.contains(&name) {
                true => space + name.len(),
                false => 0,
            }
        }
    }
}

/// A run of months, days of the week, numbers and times, with a month and a number: `Tue, 31 Jan 2024 12:34:56 +0000`.
fn worded(line: &[u8], start: usize) -> Option<usize> {
    let (mut at, mut end) = (start, start);
    let (mut has_month, mut numbers) = (false, 0);
    for _ in 0..WORDS_MAX {
        let word = run(line, at, is_letter);
        if !word.is_empty() {
            let is_month = month_of(word).is_some();
            if !is_month && !is_weekday(word) && !matches!(word, b"AM" | b"PM" | b"am" | b"pm") {
                break;
            }
            has_month |= is_month;
            end = at + word.len();
        } else if let Some(length) = clock(line, at) {
            end = at + length;
        } else if let Some(length) =
            number(line, at, &[1, 2], 0..=31).or_else(|| number(line, at, &[4], YEARS))
        {
            // A day before the month, or a day and a year after it.
            let before_month_max = if has_month { 2 } else { 1 };
            if numbers >= before_month_max {
                break;
            }
            numbers += 1;
            end = at + length;
        } else {
            break;
        }
        let between = run(line, end, |byte| {
            matches!(byte, b' ' | b',' | b'-' | b'/' | b'.')
        });
        if between.is_empty() || between.len() > 3 {
            break;
        }
        at = end + between.len();
    }
    (has_month && numbers > 0 && ends(line, end)).then(|| end - start)
}

/// Day of the week, day, month, year, time, and half of the day.
const WORDS_MAX: usize = 6;

fn is_weekday(word: &[u8]) -> bool {
    const DAYS: [&str; 7] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let word = word.to_ascii_lowercase();
    DAYS.iter()
        .any(|day| word.len() >= 3 && day.as_bytes().starts_with(&word))
}

/// `20240131`, `20240131T123456Z`, `202401311234`.
fn compact(line: &[u8], at: usize) -> Option<usize> {
    let digits = run(line, at, |byte| byte.is_ascii_digit());
    let part = |from: usize, to: usize| digits.get(from..to).and_then(value);
    let is_date = YEARS.contains(&part(0, 4)?)
        && (1..=12).contains(&part(4, 6)?)
        && (1..=31).contains(&part(6, 8)?);
    let mut end = at + digits.len();
    let is_time = match digits.len() {
        8 => true,
        12 => part(8, 10)? < 24 && part(10, 12)? < 60,
        14 => part(8, 10)? < 24 && part(10, 12)? < 60 && part(12, 14)? < 61,
        _ => false,
    };
    if digits.len() == 8 && matches!(line.get(end), Some(b'T' | b'-' | b'_')) {
        let time = run(line, end + 1, |byte| byte.is_ascii_digit());
        if matches!(time.len(), 4 | 6) {
            end += 1 + time.len();
            end += usize::from(line.get(end) == Some(&b'Z'));
        }
    }
    (is_date && is_time && ends(line, end)).then(|| end - at)
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_are_found_as_people_and_programs_write_them() {
        for whole in [
            "2024-01-31",
            "2024/01/31 12:34",
            "2024-01-31T12:34:56Z",
            "2024-01-31 12:34:56.789 +0100",
            "12:34:56",
            "Jan 31 2024",
            "Jan  1 2024",
            "31 January 2024",
            "Tue, 31 Jan 2024 12:34:56 +0000",
            "Wed Jan 31 12:34:56 2024",
            "31. März 2024",
            "20240131",
            "20240131T123456Z",
            "20240131123456",
        ] {
            assert_eq!(date(whole.as_bytes(), 0), Some(whole.len()), "{whole}");
        }
    }

    #[test]
    fn what_is_no_date_is_not_found() {
        for text in [
            "1.2.3",
            "99999999",
            "may be",
            "Marcher 3",
            "12",
            "2024-13-01",
            "x",
        ] {
            assert_eq!(date(text.as_bytes(), 0), None, "{text}");
        }
        assert_eq!(date(b"v2024-01-31", 1), None, "in a word");
    }
}
