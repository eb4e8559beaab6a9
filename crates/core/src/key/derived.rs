//! Numbers for RSA signing that nobody without the private key can foretell.

use std::convert::Infallible;

use rsa::rand_core::{TryCryptoRng, TryRng};

use crate::digest::Sha256;

/// A stream of SHA-256 in counter mode, seeded with the private key, the scheme and the message.
///
/// Core has no source of randomness, and RSA signing wants numbers in two places. Neither needs fresh ones:
///
/// - *PSS salt.* PSS is a signature scheme with any salt, even a constant one; a random salt makes its proof tighter
///   (RFC 8017 §9.1, Coron 2002). A salt that is a pseudo-random function of key and message is a new one for each message.
///   The same message gets the same signature again, from which nobody learns anything.
/// - *Blinding.* It must be unknown to whoever measures the signing: the seed holds the private key, and every message has
///   its own. Who can have one message signed often sees one computation repeated; the programs sign locally, and answer no
///   strangers.
///
/// The digest of the private key, the name of the scheme and the digest of the message stand at fixed places in the seed, so
/// two of them never make one seed, and a block is a digest of seed and counter.
pub(super) struct DerivedNumbers {
    seed: Sha256,
    counter: u64,
    block: [u8; 32],
    used: usize,
}

impl DerivedNumbers {
    pub(super) fn new(private_key_der: &[u8], scheme: &'static str, message: &[u8]) -> Self {
        let seed = [
            &Sha256::of(b"quorate: numbers for RSA signing, version 1").as_bytes()[..],
            Sha256::of(private_key_der).as_bytes(),
            Sha256::of(scheme.as_bytes()).as_bytes(),
            Sha256::of(message).as_bytes(),
        ]
        .concat();
        Self {
            seed: Sha256::of(&seed),
            counter: 0,
            block: [0; 32],
            used: 32,
        }
    }

    fn byte(&mut self) -> u8 {
        if self.used == self.block.len() {
            let input = [&self.seed.as_bytes()[..], &self.counter.to_be_bytes()].concat();
            self.block = *Sha256::of(&input).as_bytes();
            self.counter += 1;
            self.used = 0;
        }
        self.used += 1;
        self.block[self.used - 1]
    }
}

impl TryRng for DerivedNumbers {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_be_bytes(std::array::from_fn(|_| self.byte())))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_be_bytes(std::array::from_fn(|_| self.byte())))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill_with(|| self.byte());
        Ok(())
    }
}

impl TryCryptoRng for DerivedNumbers {}

#[cfg(test)]
mod tests {
    use super::{DerivedNumbers, TryRng};

    fn stream(key: &[u8], scheme: &'static str, message: &[u8]) -> [u8; 80] {
        let mut bytes = [0; 80];
        let filled = DerivedNumbers::new(key, scheme, message).try_fill_bytes(&mut bytes);
        assert!(filled.is_ok());
        bytes
    }

    #[test]
    fn the_numbers_depend_on_key_scheme_and_message_and_on_nothing_else() {
        let one = stream(b"key", "scheme", b"message");
        assert_eq!(one, stream(b"key", "scheme", b"message"));
        for other in [
            stream(b"kez", "scheme", b"message"),
            stream(b"key", "schemf", b"message"),
            stream(b"key", "scheme", b"messagf"),
            stream(b"keys", "cheme", b"message"),
        ] {
            assert_ne!(one, other);
        }
        assert_ne!(one[..32], one[32..64], "each block is another one");
    }
}
