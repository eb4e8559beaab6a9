//! The file in hand, as far as the caller has looked at it.

use crate::digest::Sha256;

/// The file in hand as the caller found it.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// Its file name: shown, and used to say what was stated instead; it never leads to a yes.
    pub name: String,
    /// What is known of its bytes.
    pub state: ArtifactState,
    /// What else of it the policy's [`Comparison`](crate::policy::Comparison) asks for, from the same reading.
    pub view: View,
}

/// What is known of an artifact's bytes.
#[derive(Clone, Debug)]
pub enum ArtifactState {
    /// SHA-256 over the whole file, read once from one open file.
    Read(Sha256),
    /// The file could not be taken as one fixed sequence of bytes.
    Unusable(String),
}

/// What was found inside the file in hand.
#[derive(Clone, Debug)]
pub enum View {
    /// Nobody looked: enough where the whole file is compared.
    Whole,
    /// What is left of it without its signature.
    Unsigned(Unsigned),
    /// Its stabilised form.
    Stabilised(Stabilised),
    /// Everything that the archive holds, in its order.
    Members(Vec<Member>),
    /// It is not of the format that the policy names, and why.
    Unusable(String),
}

/// A file without its signature, by the rule of its format.
#[derive(Clone, Debug)]
pub struct Unsigned {
    /// Each form that the file may have had; several where it does not say what stood in a field, or was padding, before it was signed.
    pub candidates: Vec<Candidate>,
}

/// One form that a file may have had before it was signed.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// SHA-256 of its bytes.
    pub sha256: Sha256,
    /// What was taken out or put back, for people.
    pub regions: Vec<String>,
}

impl Unsigned {
    /// What was taken out to come to this form.
    pub(super) fn regions_of(&self, sha256: Sha256) -> Vec<String> {
        let mut candidates = self.candidates.iter();
        let found = candidates.find(|candidate| candidate.sha256 == sha256);
        found.map_or_else(Vec::new, |candidate| candidate.regions.clone())
    }
}

/// The stabilised form of a file, by the normaliser that the policy names.
#[derive(Clone, Debug)]
pub struct Stabilised {
    /// SHA-256 of the form.
    pub sha256: Sha256,
    /// What was set aside, for people.
    pub regions: Vec<String>,
}

/// One member of an archive.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name, with `/` between folders and none at either end.
    pub name: String,
    /// What it is.
    pub kind: MemberKind,
    /// Permission bits with set-user-ID, set-group-ID and sticky; `None` where the format has none.
    pub mode: Option<u32>,
    /// User and group by number; `None` where the format has none.
    pub owner: Option<(u64, u64)>,
    /// User and group by name, as far as the format has them. Whoever unpacks follows a name that the system knows, not the number.
    pub owner_names: Vec<String>,
}

/// What a member is.
#[derive(Clone, Debug)]
pub enum MemberKind {
    /// A regular file with the SHA-256 of its contents.
    File(Sha256),
    /// A folder.
    Folder,
    /// A symbolic link to this target.
    Symlink(String),
    /// A second name of another member.
    Hardlink(String),
}

impl Artifact {
    /// The digests of which one must be a product's: the whole file's, or those without its signature.
    pub(super) fn digests(&self) -> Vec<Sha256> {
        match (&self.state, &self.view) {
            (ArtifactState::Unusable(_), _) => Vec::new(),
            (ArtifactState::Read(_), View::Unsigned(unsigned)) => {
                let candidates = unsigned.candidates.iter();
                candidates.map(|candidate| candidate.sha256).collect()
            }
            (ArtifactState::Read(_), View::Stabilised(form)) => vec![form.sha256],
            (ArtifactState::Read(sha256), _) => vec![*sha256],
        }
    }
}
