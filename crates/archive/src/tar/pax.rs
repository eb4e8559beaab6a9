//! The records of a pax extended header: `LENGTH KEY=VALUE\n`.

use std::collections::BTreeSet;

use super::TarFault;
use crate::error::shown;

/// What a pax header says about the next member.
#[derive(Debug, Default)]
pub(super) struct Pax {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) uid: Option<u64>,
    pub(super) gid: Option<u64>,
    pub(super) user: Option<Vec<u8>>,
    pub(super) group: Option<Vec<u8>>,
    /// Seconds, rounded down.
    pub(super) modified: Option<i64>,
}

impl Pax {
    pub(super) fn parse(mut text: &[u8]) -> Result<Self, TarFault> {
        let mut pax = Self::default();
        let mut keys = BTreeSet::new();
        if text.is_empty() {
            return Err(TarFault::PaxRecord);
        }
        while !text.is_empty() {
            let (key, value) = record(&mut text)?;
            if !keys.insert(key) {
                return Err(TarFault::PaxTwice(shown(key)));
            }
            pax.set(key, value)?;
        }
        Ok(pax)
    }

    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), TarFault> {
        let bytes = |key| match value.is_empty() || value.contains(&0) {
            true => Err(TarFault::PaxValue(key)),
            false => Ok(Some(value.to_vec())),
        };
        let number = |key| decimal(value).map(Some).ok_or(TarFault::PaxValue(key));
        let time = |key| seconds(value).map(Some).ok_or(TarFault::PaxValue(key));
        match key {
            b"path" => self.path = bytes("path")?,
            b"linkpath" => self.link = bytes("linkpath")?,
            b"size" => self.size = number("size")?,
            b"uid" => self.uid = number("uid")?,
            b"gid" => self.gid = number("gid")?,
            b"uname" => self.user = bytes("uname")?,
            b"gname" => self.group = bytes("gname")?,
            b"mtime" => self.modified = time("mtime")?,
            // Known and without a place in a list.
            b"atime" => drop(time("atime")?),
            b"ctime" => drop(time("ctime")?),
            b"comment" => {}
            key if key.starts_with(b"GNU.sparse.") => return Err(TarFault::Sparse),
            key => return Err(TarFault::PaxKey(shown(key))),
        }
        Ok(())
    }
}

/// Takes one record off the front of `text`.
fn record<'t>(text: &mut &'t [u8]) -> Result<(&'t [u8], &'t [u8]), TarFault> {
    const LENGTH_DIGITS_MAX: usize = 10;
    let start = text.iter().take(LENGTH_DIGITS_MAX + 1);
    let digits = start.take_while(|byte| **byte != b' ').count();
    let length = text.get(..digits).and_then(decimal);
    let length = length.and_then(|length| usize::try_from(length).ok());
    let length = length.ok_or(TarFault::PaxRecord)?;
    let (whole, rest) = text.split_at_checked(length).ok_or(TarFault::PaxRecord)?;
    let body = whole.get(digits + 1..).ok_or(TarFault::PaxRecord)?;
    let body = body.strip_suffix(b"\n").ok_or(TarFault::PaxRecord)?;
    let equals = body.iter().position(|byte| *byte == b'=');
    let equals = equals.ok_or(TarFault::PaxRecord)?;
    let (key, value) = body.split_at(equals);
    *text = rest;
    match key.is_empty() {
        true => Err(TarFault::PaxRecord),
        false => Ok((key, value.get(1..).unwrap_or_default())),
    }
}

/// A decimal number in its shortest form.
fn decimal(bytes: &[u8]) -> Option<u64> {
    let is_shortest = bytes == b"0" || bytes.first().is_some_and(|first| *first != b'0');
    if !is_shortest || !bytes.iter().all(u8::is_ascii_digit) {
        return None;
    }
    str::from_utf8(bytes).ok()?.parse().ok()
}

/// `[-]SECONDS[.FRACTION]`, rounded down.
fn seconds(bytes: &[u8]) -> Option<i64> {
    let (negative, bytes) = match bytes.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, bytes),
    };
    let point = bytes.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = bytes.split_at(point.unwrap_or(bytes.len()));
    let digits = fraction.strip_prefix(b".");
    if digits.is_some_and(|digits| digits.is_empty() || !digits.iter().all(u8::is_ascii_digit)) {
        return None;
    }
    let whole = i64::try_from(decimal(whole)?).ok()?;
    let has_fraction = digits.is_some_and(|digits| digits.iter().any(|digit| *digit != b'0'));
    match negative {
        true => whole.checked_neg()?.checked_sub(i64::from(has_fraction)),
        false => Some(whole),
    }
}

#[cfg(test)]
mod tests {
    use super::{Pax, TarFault, decimal, seconds};

    #[test]
    fn times_are_rounded_down() {
        assert_eq!(seconds(b"12.5"), Some(12));
        assert_eq!(seconds(b"-12.5"), Some(-13));
        assert_eq!(seconds(b"-12.0"), Some(-12));
        for broken in [
            &b""[..],
            b".5",
            b"1.",
            b"01",
            b"1e3",
            b"1.5.5",
            b"+1",
            b"--1",
        ] {
            assert_eq!(seconds(broken), None, "{broken:?}");
        }
    }

    #[test]
    fn numbers_have_one_spelling() {
        assert_eq!(decimal(b"0"), Some(0));
        for broken in [&b""[..], b"00", b"-1", b" 1", b"18446744073709551616"] {
            assert_eq!(decimal(broken), None, "{broken:?}");
        }
    }

    #[test]
    fn records_cover_the_header_exactly() {
        let path = |text: &[u8]| Pax::parse(text).map(|pax| pax.path);
        assert_eq!(path(b"9 path=a\n"), Ok(Some(b"a".to_vec())));
        let broken = [
            &b""[..],
            b"8 path=a\n",
            b"11 path=a\n",
            b"09 path=a\n",
            b"9 path=a ",
            b"8 pathaa\n",
            b"5 =a\n",
            b"9 path=a\n\0",
            b"99999999999999999999 path=a\n",
        ];
        for text in broken {
            assert_eq!(path(text), Err(TarFault::PaxRecord), "{text:?}");
        }
        assert_eq!(path(b"8 path=\n"), Err(TarFault::PaxValue("path")));
    }
}
