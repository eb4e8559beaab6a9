//! How much is looked at, held and reported.

use quorate_archive::Limits as ArchiveLimits;

/// Bounds on work and memory. Passing one leaves something out of the report with a note; whether two files are equal is always
/// found over all of their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For the two files themselves.
    pub archive: ArchiveLimits,
    /// For archives within them.
    pub nested: ArchiveLimits,
    /// How deep archives within archives are opened; 0 opens the files alone. A jar in a tar in a package is 2.
    pub depth_max: u32,
    /// Bytes of members' contents that are held at once for each of the two files; half of it for archives within them, and so on, so
    /// that all depths together hold less than four times this. A larger member is compared by size and digest.
    pub held_bytes_max: u64,
    /// How often one pair of archives is read again to hold other members of it.
    pub passes_max: usize,
    /// Members whose contents are compared side by side, in all archives of one comparison together.
    pub members_compared_max: usize,
    /// Entries of one list of an archive in the report: members with differences, members on one side only, members in another order.
    pub listed_max: usize,
}

impl Limits {
    /// The limits that the programs use.
    pub const STANDARD: Self = Self {
        archive: ArchiveLimits {
            // Two lists of this size take about 100 MB; the source of Linux has 90,000 members.
            members_max: 100_000,
            ..ArchiveLimits::STANDARD
        },
        nested: ArchiveLimits {
            members_max: 20_000,
            unpacked_bytes_max: 1 << 30,
            names_bytes_max: 4 << 20,
            ..ArchiveLimits::STANDARD
        },
        depth_max: 4,
        held_bytes_max: 64 << 20,
        passes_max: 4,
        members_compared_max: 200,
        listed_max: 1000,
    };
}
