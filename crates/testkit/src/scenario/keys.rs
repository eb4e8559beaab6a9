//! Private keys from names: the same name is the same key in every run.

use std::convert::Infallible;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quorate::digest::{Sha256, Sha512};
use quorate::key::SigningKey;
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use rsa::rand_core::{TryCryptoRng, TryRng};

/// RFC 5915 and RFC 5958: PKCS#8 around an EC private key of P-256 without its public half; 32 bytes of scalar follow.
const P256_PKCS8_HEADER: [u8; 35] = [
    0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
    0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01,
    0x01, 0x04, 0x20,
];

/// The same for P-384; 48 bytes of scalar follow.
const P384_PKCS8_HEADER: [u8; 32] = [
    0x30, 0x4e, 0x02, 0x01, 0x00, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
    0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x04, 0x37, 0x30, 0x35, 0x02, 0x01, 0x01, 0x04, 0x30,
];

/// The same for P-521; 66 bytes of scalar follow.
const P521_PKCS8_HEADER: [u8; 32] = [
    0x30, 0x60, 0x02, 0x01, 0x00, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
    0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23, 0x04, 0x49, 0x30, 0x47, 0x02, 0x01, 0x01, 0x04, 0x42,
];

/// The Ed25519 key of that name.
pub fn ed25519(name: &str) -> SigningKey {
    SigningKey::ed25519_from_seed(Sha256::of(name.as_bytes()).as_bytes())
}

/// The ECDSA key of that name on P-256.
pub fn p256(name: &str) -> SigningKey {
    let scalar = Sha512::of(name.as_bytes());
    from_pkcs8(&P256_PKCS8_HEADER, &scalar.as_bytes()[..32])
}

/// The ECDSA key of that name on P-384.
pub fn p384(name: &str) -> SigningKey {
    let scalar = Sha512::of(name.as_bytes());
    from_pkcs8(&P384_PKCS8_HEADER, &scalar.as_bytes()[..48])
}

/// The ECDSA key of that name on P-521.
pub fn p521(name: &str) -> SigningKey {
    let scalar = Sha512::of(name.as_bytes());
    from_pkcs8(
        &P521_PKCS8_HEADER,
        &[&[0; 2], &scalar.as_bytes()[..]].concat(),
    )
}

/// The RSA key of that name with 2048 bits. It takes a while: make one and use it often.
pub fn rsa2048(name: &str) -> SigningKey {
    let mut numbers = Numbers {
        seed: Sha512::of(name.as_bytes()),
        counter: 0,
    };
    let key = rsa::PrivateKey::new(&mut numbers, 2048).expect("there are primes enough");
    let pem = key
        .to_pkcs8_pem(LineEnding::LF)
        .expect("an RSA key encodes");
    SigningKey::from_pem(&pem).expect("2048 bits are enough")
}

/// The same numbers for the same name.
struct Numbers {
    seed: Sha512,
    counter: u64,
}

impl TryRng for Numbers {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.counter += 1;
        let input = [&self.seed.as_bytes()[..], &self.counter.to_be_bytes()].concat();
        let block = Sha256::of(&input);
        Ok(u32::from_be_bytes(std::array::from_fn(|at| {
            block.as_bytes()[at]
        })))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let high = u64::from(self.try_next_u32()?);
        Ok(high << 32 | u64::from(self.try_next_u32()?))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(4) {
            let word = self.try_next_u32()?.to_be_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Numbers {}

fn from_pkcs8(header: &[u8], scalar: &[u8]) -> SigningKey {
    let text = STANDARD.encode([header, scalar].concat());
    let lines: Vec<&str> = (0..text.len())
        .step_by(64)
        .map(|at| &text[at..text.len().min(at + 64)])
        .collect();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        lines.join("\n")
    );
    // One in 2^32 names or fewer has a scalar that is out of range; such a name fails here, and in every run.
    SigningKey::from_pem(&pem).expect("the scalar of this name is in range")
}

#[cfg(test)]
mod tests {
    use super::{ed25519, p256, p384, p521, rsa2048};

    #[test]
    fn a_name_is_a_key_of_each_type() {
        for make in [ed25519, p256, p384, p521, rsa2048] {
            let key = make("x");
            assert!(key.public().verifies(b"m", &key.sign(b"m")));
            assert_eq!(make("x").public(), key.public());
            assert_ne!(make("y").public(), key.public());
        }
    }
}
