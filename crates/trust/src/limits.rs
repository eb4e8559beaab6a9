//! What is too much for a trust repository: each number meets an input before a parser does.

use quorate::limits::Limits;

/// Bounds on metadata, on target files, and on the work of one update. Passing one is a refusal with that reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustLimits {
    /// Nesting and number of values of every metadata file.
    pub json: Limits,
    /// Bytes of one root: the largest known has about 10 KiB.
    pub root_bytes_max: usize,
    /// Bytes of a timestamp: it names one file.
    pub timestamp_bytes_max: usize,
    /// Bytes of a snapshot: 10,000 projects with two hashes each take about 2.4 MB.
    pub snapshot_bytes_max: usize,
    /// Bytes of one targets file: 10,000 projects in a single one take 8.9 MB, and hash bins keep it far below.
    pub targets_bytes_max: usize,
    /// Bytes of one target file: a policy has some hundred keys.
    pub target_bytes_max: usize,
    /// Bytes of a party's entry in the roster: some ten keys.
    pub party_bytes_max: usize,
    /// Parties of a roster, each a file that is fetched.
    pub parties_max: usize,
    /// Bytes of the naming document: 10,000 projects with a rule each take about 700 KB.
    pub naming_bytes_max: usize,
    /// Bytes of a project's list of bound releases: 5,000 of them take about 600 KB.
    pub releases_bytes_max: usize,
    /// Roots that one update walks. A client that slept longer than so many rotations pins a newer root.
    pub root_rotations_max: u32,
    /// Roles that one look-up visits: targets, a bin, a project, and a few delegations of its own.
    pub roles_visited_max: usize,
    /// Keys of one file.
    pub keys_max: usize,
    /// Signatures on one file.
    pub signatures_max: usize,
    /// Delegations of one file: 4,096 bins and the roster, or the projects of one bin.
    pub delegations_max: usize,
    /// Seconds that one file may take to arrive, whatever its size.
    pub fetch_seconds_max: u64,
    /// Seconds that all files of one update or look-up may take together.
    pub update_seconds_max: u64,
}

impl TrustLimits {
    /// The limits that the programs use.
    pub const STANDARD: Self = Self {
        json: Limits::STANDARD,
        root_bytes_max: 512_000,
        timestamp_bytes_max: 16_384,
        snapshot_bytes_max: 4_000_000,
        targets_bytes_max: 4_000_000,
        target_bytes_max: 16 << 20,
        party_bytes_max: 65_536,
        parties_max: 1_024,
        naming_bytes_max: 4 << 20,
        releases_bytes_max: 1 << 20,
        root_rotations_max: 256,
        roles_visited_max: 32,
        keys_max: 1_024,
        signatures_max: 256,
        delegations_max: 4_224,
        fetch_seconds_max: 60,
        update_seconds_max: 600,
    };
}
