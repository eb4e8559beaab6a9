//! Numbers in tar headers.

use super::TarFault;
use super::header::Dialect;

/// Whether a field may hold GNU tar's base 256.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Base256 {
    Never,
    /// Where GNU tar uses it: in its own format, for what octal digits cannot say.
    Unsigned,
    /// The same, and times before 1970.
    Signed,
}

/// Reads a field: octal digits, then NULs or spaces to its end.
pub(super) fn octal(bytes: &[u8], field: &'static str) -> Result<u64, TarFault> {
    let fault = || TarFault::Number { field };
    let digits = bytes.iter().take_while(|byte| (b'0'..=b'7').contains(byte));
    let count = digits.clone().count();
    let rest = bytes.get(count..).unwrap_or_default();
    // POSIX: "terminated by one or more <space> or NUL characters".
    let ends = rest
        .first()
        .is_some_and(|end| matches!(end, 0 | b' ') && rest.iter().all(|byte| byte == end));
    if count == 0 || !ends {
        return Err(fault());
    }
    digits
        .copied()
        .try_fold(0u64, |value, digit| {
            let value = value.checked_mul(8)?;
            value.checked_add(u64::from(digit - b'0'))
        })
        .ok_or_else(fault)
}

/// Reads a field that may be in base 256.
pub(super) fn number(
    bytes: &[u8],
    field: &'static str,
    dialect: Dialect,
    base256: Base256,
) -> Result<i64, TarFault> {
    let first = bytes.first().copied().unwrap_or(0);
    if first & 0x80 == 0 {
        let value = octal(bytes, field)?;
        return i64::try_from(value).map_err(|_| TarFault::Number { field });
    }
    let allowed = match first {
        0x80 => base256 != Base256::Never,
        0xff => base256 == Base256::Signed,
        _ => false,
    };
    if dialect != Dialect::Gnu || !allowed {
        return Err(TarFault::Base256 { field });
    }
    let (high, low) = bytes.split_at(bytes.len().saturating_sub(8));
    let fill = if first == 0xff { 0xff } else { 0 };
    // Fields of eight bytes have no high part; there the marker takes the place of the highest byte.
    let mut eight = [0; 8];
    for (to, from) in eight.iter_mut().rev().zip(low.iter().rev()) {
        *to = *from;
    }
    if high.is_empty() {
        eight[0] = fill;
    } else if high.iter().skip(1).any(|byte| *byte != fill) {
        return Err(TarFault::Number { field });
    }
    let value = i64::from_be_bytes(eight);
    let octal_max = 8i64.saturating_pow(u32::try_from(bytes.len()).unwrap_or(0).saturating_sub(1));
    let is_needed = value < 0 || value >= octal_max;
    match is_needed && (value < 0) == (first == 0xff) {
        true => Ok(value),
        false => Err(TarFault::Base256 { field }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Base256, Dialect, TarFault, number, octal};

    #[test]
    fn octal_numbers_are_digits_and_an_end() {
        assert_eq!(octal(b"0000644\0", "mode"), Ok(0o644));
        assert_eq!(
            octal(b"644 \0\0\0\0", "mode"),
            Err(TarFault::Number { field: "mode" })
        );
        assert_eq!(octal(b"644     ", "mode"), Ok(0o644));
        for broken in [
            &b"00006448"[..],
            b"\0\0\0\0",
            b"    644\0",
            b"-000644\0",
            b"0x44\0\0\0\0",
            b"",
        ] {
            assert!(octal(broken, "mode").is_err(), "{broken:?}");
        }
    }

    #[test]
    fn base_256_stands_only_where_octal_cannot() {
        let of = |bytes: &[u8], dialect, base| number(bytes, "size", dialect, base);
        let large = b"\x80\0\0\0\0\0\0\x02\0\0\0\0";
        let small = b"\x80\0\0\0\0\0\0\0\0\0\0\x05";
        let negative = [0xff; 12];
        let gnu = Dialect::Gnu;
        assert_eq!(of(large, gnu, Base256::Unsigned), Ok(8 << 30));
        assert!(of(large, Dialect::Ustar, Base256::Unsigned).is_err());
        assert!(of(large, gnu, Base256::Never).is_err());
        assert!(of(small, gnu, Base256::Unsigned).is_err());
        assert!(of(&negative, gnu, Base256::Unsigned).is_err());
        assert_eq!(of(&negative, gnu, Base256::Signed), Ok(-1));
        assert_eq!(
            of(b"\x80\0\0\0\0\x20\0\0", gnu, Base256::Unsigned),
            Ok(1 << 21)
        );
        assert!(of(b"\x81\0\0\0\0\0\0\x02\0\0\0\0", gnu, Base256::Unsigned).is_err());
        assert!(of(b"\x80\x01\0\0\x80\0\0\x02\0\0\0\0", gnu, Base256::Unsigned).is_err());
    }
}
