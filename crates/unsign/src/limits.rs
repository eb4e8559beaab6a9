//! How much of a file from outside is read, and held, before it is refused.

/// Limits on a delivered file. The size of its contents has none: they pass through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a signature as a whole, with its padding. It is held in memory.
    pub signature_bytes_max: u64,
    /// Members of an archive.
    pub members_max: usize,
    /// Bytes of a zip's central directory. It is held in memory.
    pub directory_bytes_max: u64,
    /// Signers in one signature, signatures in one member, and steps of a key's rotation.
    pub signers_max: usize,
    /// Certificates of one signer.
    pub certificates_max: usize,
}

impl Limits {
    /// What the programs use.
    pub const STANDARD: Self = Self {
        // Ten signers with eight certificates of 2 KiB each are 160 KiB; real signatures are below 30 KiB.
        signature_bytes_max: 256 << 10,
        // What the 16-bit counts of a zip can say.
        members_max: 65_534,
        // 65,534 members with names of 200 bytes.
        directory_bytes_max: 16 << 20,
        // Android accepts ten.
        signers_max: 10,
        // A signer's chain, its timestamp's chain, and a cross certificate for each.
        certificates_max: 12,
    };
}
