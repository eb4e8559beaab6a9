//! Identifiers: random ones, and digests.

use super::tokens::{begins, ends, run};

/// How long the random UUID is that begins at a place (RFC 9562 §5.4: version 4, variant 10).
pub(super) fn uuid(line: &[u8], at: usize) -> Option<usize> {
    const LENGTH: usize = 36;
    if !begins(line, at) {
        return None;
    }
    let text = line.get(at..at.checked_add(LENGTH)?)?;
    let fits = |(index, byte): (usize, &u8)| match index {
        8 | 13 | 18 | 23 => *byte == b'-',
        14 => *byte == b'4',
        19 => matches!(byte.to_ascii_lowercase(), b'8' | b'9' | b'a' | b'b'),
        _ => byte.is_ascii_hexdigit(),
    };
    let is_uuid = text.iter().enumerate().all(fits);
    (is_uuid && ends(line, at + LENGTH)).then_some(LENGTH)
}

/// How long the digest in hex is that begins at a place: MD5, SHA-1, SHA-256, SHA-384 or SHA-512.
pub(super) fn digest(line: &[u8], at: usize) -> Option<usize> {
    if !begins(line, at) {
        return None;
    }
    let hex = run(line, at, |byte| byte.is_ascii_hexdigit());
    let is_mixed = hex.iter().any(u8::is_ascii_digit) && hex.iter().any(u8::is_ascii_alphabetic);
    let is_digest = matches!(hex.len(), 32 | 40 | 64 | 96 | 128) && is_mixed;
    (is_digest && ends(line, at + hex.len())).then_some(hex.len())
}

#[cfg(test)]
mod tests {
    use super::{digest, uuid};

    #[test]
    fn random_uuids_are_told_from_others() {
        assert_eq!(uuid(b"f47ac10b-58cc-4372-a567-0e02b2c3d479", 0), Some(36));
        // Version 1 has a time in it, and variant 0 is no UUID of this standard.
        assert_eq!(uuid(b"f47ac10b-58cc-1372-a567-0e02b2c3d479", 0), None);
        assert_eq!(uuid(b"f47ac10b-58cc-4372-7567-0e02b2c3d479", 0), None);
    }

    #[test]
    fn digests_have_the_length_of_one() {
        assert_eq!(digest(b"d41d8cd98f00b204e9800998ecf8427e  x", 0), Some(32));
        assert_eq!(digest(b"d41d8cd98f00b204e9800998ecf8427", 0), None);
        assert_eq!(digest(&[b'1'; 32], 0), None, "a number");
    }
}
