//! Digests of artifacts: one parser, one printer, one way to make them.

use sha2::Digest as _;

macro_rules! digest_newtype {
    ($name:ident, $hash:ty, $length:literal, $what:literal) => {
        #[doc = concat!("A ", $what, " digest, printed and parsed as ", stringify!($length), " bytes of lower-case hex.")]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $length]);

        impl $name {
            /// Hashes `bytes` as a whole.
            pub fn of(bytes: &[u8]) -> Self {
                Self(<$hash>::digest(bytes).into())
            }

            /// Wraps a digest that was computed elsewhere over the whole artifact.
            pub const fn from_bytes(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The raw digest.
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }

            /// Parses lower-case hex of exactly the right length; upper case and white space are errors.
            ///
            /// # Errors
            /// [`DigestError`] when the text is anything else.
            pub fn parse(text: &str) -> Result<Self, DigestError> {
                let mut bytes = [0; $length];
                hex_into(text, &mut bytes).ok_or(DigestError { algorithm: $what })?;
                Ok(Self(bytes))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(&hex(&self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(out, concat!($what, ":{}"), self)
            }
        }
    };
}

digest_newtype!(Sha256, sha2::Sha256, 32, "sha256");
digest_newtype!(Sha512, sha2::Sha512, 64, "sha512");

/// The two digests that are always recorded together.
///
/// Two artifacts are equal when both digests are; neither stands for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digests {
    /// SHA-256 over the whole artifact.
    pub sha256: Sha256,
    /// SHA-512 over the whole artifact.
    pub sha512: Sha512,
}

impl Digests {
    /// Hashes `bytes` as a whole with both algorithms.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::default();
        hasher.update(bytes);
        hasher.finish().0
    }
}

/// Computes both digests and the size in one pass over a stream, in constant memory.
#[derive(Clone, Default)]
pub struct Hasher {
    sha256: sha2::Sha256,
    sha512: sha2::Sha512,
    size: u64,
}

impl Hasher {
    /// Takes in the next bytes of the artifact.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.sha512.update(bytes);
        self.size += bytes.len() as u64;
    }

    /// The digests and the number of bytes that were taken in.
    pub fn finish(self) -> (Digests, u64) {
        let digests = Digests {
            sha256: Sha256(self.sha256.finalize().into()),
            sha512: Sha512(self.sha512.finalize().into()),
        };
        (digests, self.size)
    }
}

/// Computes SHA-256 alone over a stream, for the artifact in hand: claims are matched by it.
#[derive(Clone, Default)]
pub struct Sha256Stream(sha2::Sha256);

impl Sha256Stream {
    /// Takes in the next bytes of the artifact.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of everything that was taken in.
    pub fn finish(self) -> Sha256 {
        Sha256(self.0.finalize().into())
    }
}

/// A digest that is not lower-case hex of the length that its algorithm has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a {algorithm} digest in lower-case hex")]
pub struct DigestError {
    /// The algorithm whose digest was expected.
    pub algorithm: &'static str,
}

/// Lower-case hex of `bytes`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Fills `bytes` from lower-case hex of exactly twice its length.
pub(crate) fn hex_into(text: &str, bytes: &mut [u8]) -> Option<()> {
    let digits = text.as_bytes();
    if digits.len() != bytes.len() * 2 {
        return None;
    }
    // Looking every digit up and asking once at the end has no branch that depends on the text.
    let mut seen = 0;
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let (high, low) = (
            HEX_VALUES[usize::from(pair[0])],
            HEX_VALUES[usize::from(pair[1])],
        );
        seen |= high | low;
        *byte = high << 4 | low;
    }
    (seen & NO_DIGIT == 0).then_some(())
}

const NO_DIGIT: u8 = 0x80;

/// The value of each character as a digit of lower-case hex.
const HEX_VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value] as usize] = value as u8;
        value += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    use super::*;

    // FIPS 180-4 example: the empty message.
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn prints_what_it_parses() {
        assert_eq!(Sha256::of(b"").to_string(), EMPTY);
        assert_eq!(Sha256::parse(EMPTY).unwrap(), Sha256::of(b""));
    }

    #[test]
    fn refuses_upper_case_white_space_and_other_lengths() {
        for text in [
            EMPTY.to_uppercase(),
            format!("{EMPTY} "),
            EMPTY[1..].into(),
            String::new(),
            "é".repeat(32),
        ] {
            assert!(Sha256::parse(&text).is_err(), "{text:?}");
        }
        assert!(Sha512::parse(EMPTY).is_err());
    }

    #[test]
    fn streams_to_the_same_digests_as_the_whole() {
        let mut hasher = Hasher::default();
        let mut single = Sha256Stream::default();
        for part in [&b"quo"[..], b"", b"rate"] {
            hasher.update(part);
            single.update(part);
        }
        assert_eq!(hasher.finish(), (Digests::of(b"quorate"), 7));
        assert_eq!(single.finish(), Sha256::of(b"quorate"));
    }
}
