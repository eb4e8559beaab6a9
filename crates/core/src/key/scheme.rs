//! Signature schemes and their names.

/// A signature scheme; each key has exactly one, fixed when the key is read, never chosen by a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// Ed25519 by the strict rule: canonical encodings, no small-order points.
    Ed25519,
    /// ECDSA over P-256 with SHA-256, signature in DER.
    EcdsaP256,
    /// ECDSA over P-384 with SHA-384, signature in DER.
    EcdsaP384,
    /// ECDSA over P-521 with SHA-512, signature in DER.
    EcdsaP521,
    /// RSASSA-PSS, MGF1 and digest SHA-256, any salt length.
    RsaPssSha256,
    /// RSASSA-PSS, MGF1 and digest SHA-384, any salt length.
    RsaPssSha384,
    /// RSASSA-PSS, MGF1 and digest SHA-512, any salt length.
    RsaPssSha512,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    RsaPkcs1Sha256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    RsaPkcs1Sha384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    RsaPkcs1Sha512,
    /// OpenPGP version 4 signatures with RSASSA-PKCS1-v1_5 and SHA-256.
    OpenPgpRsa,
    /// OpenPGP version 4 signatures with Ed25519 over SHA-256.
    OpenPgpEd25519,
}

impl Scheme {
    const ALL: [(Self, &'static str); 12] = [
        (Self::Ed25519, "ed25519"),
        (Self::EcdsaP256, "ecdsa-sha2-nistp256"),
        (Self::EcdsaP384, "ecdsa-sha2-nistp384"),
        (Self::EcdsaP521, "ecdsa-sha2-nistp521"),
        (Self::RsaPssSha256, "rsassa-pss-sha256"),
        (Self::RsaPssSha384, "rsassa-pss-sha384"),
        (Self::RsaPssSha512, "rsassa-pss-sha512"),
        (Self::RsaPkcs1Sha256, "rsa-pkcs1v15-sha256"),
        (Self::RsaPkcs1Sha384, "rsa-pkcs1v15-sha384"),
        (Self::RsaPkcs1Sha512, "rsa-pkcs1v15-sha512"),
        (Self::OpenPgpRsa, "pgp+rsa-pkcsv1.5"),
        (Self::OpenPgpEd25519, "pgp+eddsa-ed25519"),
    ];

    /// The name that in-toto metadata uses.
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(scheme, _)| *scheme == self)
            .map_or("", |(_, name)| name)
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(scheme, _)| *scheme)
    }
}
