//! What is too much: every input from outside meets a number here before it meets a parser.

/// Bounds on inputs. Passing one is a refusal with that reason, never a truncation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one envelope. A link with 100,000 artifacts has about 12 MiB.
    pub envelope_bytes_max: usize,
    /// Bytes of a proof file: a hundred envelopes of a large package are about 20 MiB.
    pub proof_bytes_max: usize,
    /// Bytes of a policy document (layout, terms, `policy.toml`, a key): the largest real ones have some hundred keys.
    pub policy_bytes_max: usize,
    /// Nesting of JSON. Statements nest 7 deep; recursion of our parser costs about 200 bytes of stack a level.
    pub json_depth_max: usize,
    /// Values in one JSON document: bounds memory to about 60 bytes each whatever the text.
    pub json_values_max: usize,
    /// Signatures on one envelope: a layout of a large project has about ten owners.
    pub signatures_max: usize,
    /// Signature checks on one envelope, in units of [`Self::signature_check_units`]. One check of the largest envelope takes 1,025, and
    /// 4,000 hash at most 64 MiB, about 0.2 s. What is left unchecked counts for nobody.
    pub signature_checks_max: usize,
    /// Signature checks in one verification, in the same units: 100,000 Ed25519 checks of small messages take about 3 s, and as many
    /// units of large ones hash 1.6 GiB, about 5 s. Honest evidence has one check a document: a hundred of 12 MiB take 76,900.
    pub evidence_signature_checks_max: usize,
    /// Envelopes that one verification reads: 100 parties with 100 machines' documents each.
    pub evidence_count_max: usize,
    /// Bytes of all envelopes that one verification reads. What is kept of statements can take nine times their bytes of memory: with
    /// this limit a verification stays below 1 GiB. A hundred envelopes of a large package are about 20 MiB.
    pub evidence_bytes_max: usize,
    /// Parties in one policy.
    pub parties_max: usize,
    /// Keys of one party or of the owners.
    pub keys_max: usize,
    /// Outputs of one build: the largest Debian sources make about 400 packages.
    pub products_max: usize,
    /// Sublayouts within sublayouts: delegation by a party to its machines is one, and a verifier's stack must bear all.
    pub sublayout_depth_max: usize,
    /// Work of the artifact rules of one verification, sublayouts included: characters compared with patterns, and for each name that a
    /// rule looks up, its length and a constant. 2 × 10⁹ take about 5 s; 1,000 rules that each look at 10,000 names take 0.8 × 10⁹.
    pub rule_steps_max: usize,
    /// Materials of one build: a build root with the largest known set of build dependencies has about 2,500 packages.
    pub materials_max: usize,
    /// Bytes of a tag or a commit object: long release notes have 100 KiB, a merge of many signed tags as much.
    pub git_object_bytes_max: usize,
    /// Entries of one source tree, folders not counted: the largest that are known have about 500,000 files.
    pub source_entries_max: usize,
    /// Bytes of all files of one source tree, submodules apart: the largest that are known have about 30 GiB.
    pub source_bytes_max: u64,
    /// Bytes of one path in a source tree: `PATH_MAX` of Linux.
    pub source_path_bytes_max: usize,
    /// Bytes of all paths of one source tree, which are kept in memory: 1,000,000 paths of 128 bytes.
    pub source_paths_bytes_max: usize,
}

impl Limits {
    /// The limits that the programs use.
    pub const STANDARD: Self = Self {
        envelope_bytes_max: 16 << 20,
        proof_bytes_max: 64 << 20,
        policy_bytes_max: 4 << 20,
        json_depth_max: 64,
        json_values_max: 1_000_000,
        signatures_max: 64,
        signature_checks_max: 4_000,
        evidence_signature_checks_max: 100_000,
        evidence_count_max: 10_000,
        evidence_bytes_max: 96 << 20,
        parties_max: 100,
        keys_max: 64,
        products_max: 2_000,
        sublayout_depth_max: 8,
        rule_steps_max: 2_000_000_000,
        materials_max: 20_000,
        git_object_bytes_max: 4 << 20,
        source_entries_max: 1_000_000,
        source_bytes_max: 64 << 30,
        source_path_bytes_max: 4_096,
        source_paths_bytes_max: 128_000_000,
    };

    /// What one signature check of a message costs of the checks that are allowed: the arithmetic is one unit, and so are each 16,384
    /// bytes that are hashed, which take about as long (30 to 50 µs).
    pub const fn signature_check_units(message_bytes: usize) -> usize {
        1 + message_bytes / 16_384
    }
}
