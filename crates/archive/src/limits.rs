//! What is too much: every archive meets these numbers while it is read, before anything is made of it.

/// Bounds on what an archive may ask of its reader. Passing one is a refusal with that reason, never a shortened list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Members, and folders that names only imply, together. The source of Linux has 90,000; a list of 300,000 members takes
    /// about 120 MB of memory.
    pub members_max: u64,
    /// Bytes that come out of one decompressor, and bytes of all members' contents together. The largest Debian packages unpack to
    /// some GiB; 16 GiB are hashed in about 10 s and unpacked from xz in some minutes.
    pub unpacked_bytes_max: u64,
    /// Bytes of one name or link target: `PATH_MAX` of Linux.
    pub name_bytes_max: usize,
    /// Bytes of all names, link targets and owners' names together: 300,000 names of 220 bytes.
    pub names_bytes_max: u64,
    /// Unpacked bytes per packed byte, once more than [`Self::ratio_floor_bytes`] came out. Text packs 5 to 20 times, zeros 1,000 times
    /// with gzip and 7,000 times with xz.
    pub ratio_max: u64,
    /// Unpacked bytes up to which no ratio is refused: a small file of zeros is no attack, and 64 MiB are unpacked within a second.
    pub ratio_floor_bytes: u64,
    /// Bytes of history that a decompressor keeps: its memory. `xz -9` asks for 64 MiB, `zstd --ultra -22` for 128 MiB, which is
    /// also what the zstd program reads without a flag.
    pub window_bytes_max: u64,
    /// Bytes of one pax header: two names of `PATH_MAX`, owners and times are below 10,000.
    pub pax_bytes_max: u64,
    /// Whether a zip may have the signing block of an Android package.
    pub signing_block: SigningBlock,
}

/// What to do with the block of signatures that Android packages have before the central directory of their zip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningBlock {
    /// Refuse it like any other bytes that no member covers.
    Refuse,
    /// Let one well-formed block stand; its digest is in [`crate::Inventory::signing_block`].
    Allow,
}

impl Limits {
    /// The limits that the programs use.
    pub const STANDARD: Self = Self {
        members_max: 300_000,
        unpacked_bytes_max: 16 << 30,
        name_bytes_max: 4096,
        names_bytes_max: 64 << 20,
        ratio_max: 200,
        ratio_floor_bytes: 64 << 20,
        window_bytes_max: 128 << 20,
        pax_bytes_max: 64 << 10,
        signing_block: SigningBlock::Refuse,
    };
}
