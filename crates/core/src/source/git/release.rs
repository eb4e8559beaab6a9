//! A signed tag and its commit → a release, by the signers whom the caller names, at the time that the caller gives.

use std::collections::BTreeMap;

use super::tag::TagSignature;
use super::{
    CollisionError, Commit, CommitError, ObjectId, ObjectKind, OpenPgpVerifier, Tag, TagError,
    TagSigner, TagSigners, object_id,
};
use crate::limits::Limits;
use crate::source::ssh::{SshRefusal, SshSignature, SshSignatureError};
use crate::time::Timestamp;

/// The namespace in which git signs with SSH keys.
const SSH_NAMESPACE: &str = "git";

/// An annotated tag with the commit that it names, as received, and what the caller asked for.
#[derive(Clone, Copy, Debug)]
pub struct SignedTag<'a> {
    /// The content of the object to which the ref leads.
    pub tag: &'a [u8],
    /// The content of the commit that the tag names.
    pub commit: &'a [u8],
    /// The id to which the ref leads. Its format is the repository's.
    pub id: ObjectId,
    /// The name that was asked for: the ref without `refs/tags/`.
    pub name: &'a str,
}

/// Who released which commit and tree under which name. Only [`SignedTag::release`] makes one.
///
/// It does not promise that the tree is there or complete, that the name was never used for another commit, or that the project
/// still stands by it.
///
/// ```compile_fail,E0451
/// # fn another(release: quorate::source::git::Release) {
/// let forged = quorate::source::git::Release { name: "v2".to_owned(), ..release };
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    tag: ObjectId,
    commit: ObjectId,
    tree: ObjectId,
    name: String,
    signers: Vec<TagSigner>,
}

impl Release {
    /// The id of the tag object.
    pub const fn tag(&self) -> ObjectId {
        self.tag
    }

    /// The id of the commit.
    pub const fn commit(&self) -> ObjectId {
        self.commit
    }

    /// The id of the commit's tree. Under SHA-1 it is no identity of the source: [`super::TreeIdentity`] is.
    pub const fn tree(&self) -> ObjectId {
        self.tree
    }

    /// The tag's name, which is both what it says and what was asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Who signed: as many as are needed or more, all distinct.
    pub fn signers(&self) -> &[TagSigner] {
        &self.signers
    }
}

impl SignedTag<'_> {
    /// Judges whether this is a release by `signers`, at `at`.
    ///
    /// Validity of keys is held against `at` alone: the time at which the tag was first seen, or now. Dates within the tag, which
    /// whoever has an old key can write, decide nothing.
    ///
    /// # Errors
    /// [`TagRefusal`], in this order: sizes, ids, form, name, what is tagged, signature, signers.
    pub fn release(
        &self,
        signers: &TagSigners,
        openpgp: &dyn OpenPgpVerifier,
        at: Timestamp,
        limits: &Limits,
    ) -> Result<Release, TagRefusal> {
        let most = limits.git_object_bytes_max;
        if self.tag.len() > most || self.commit.len() > most {
            return Err(TagRefusal::TooLarge(most));
        }
        let format = self.id.format();
        self.demand_tag_object()?;
        let tag = Tag::parse(self.tag, format)?;
        if tag.name != self.name {
            return Err(TagRefusal::Name {
                asked: self.name.to_owned(),
                stated: tag.name.to_owned(),
            });
        }
        if tag.kind != ObjectKind::Commit {
            return Err(TagRefusal::Kind(tag.kind));
        }
        let commit = object_id(format, ObjectKind::Commit, self.commit)?;
        if commit != tag.object {
            return Err(TagRefusal::OtherCommit {
                tagged: tag.object,
                given: commit,
            });
        }
        let tree = Commit::parse(self.commit, format)?.tree;
        Ok(Release {
            tag: self.id,
            commit,
            tree,
            name: self.name.to_owned(),
            signers: enough(signed_by(&tag, signers, openpgp, at)?, signers)?,
        })
    }

    /// The bytes are those of a tag object with the id to which the ref leads.
    fn demand_tag_object(&self) -> Result<(), TagRefusal> {
        let id = |kind| object_id(self.id.format(), kind, self.tag);
        if id(ObjectKind::Tag)? == self.id {
            return Ok(());
        }
        for kind in ObjectKind::ALL {
            if id(kind)? == self.id {
                return Err(match kind {
                    ObjectKind::Commit => TagRefusal::Lightweight,
                    other => TagRefusal::NoTag(other),
                });
            }
        }
        Err(TagRefusal::OtherBytes(self.id))
    }
}

/// Everybody of `signers` who validly signed the tag.
fn signed_by(
    tag: &Tag<'_>,
    signers: &TagSigners,
    openpgp: &dyn OpenPgpVerifier,
    at: Timestamp,
) -> Result<Vec<TagSigner>, TagRefusal> {
    match tag.signature {
        TagSignature::None => Err(TagRefusal::Unsigned),
        TagSignature::X509 => Err(TagRefusal::X509),
        TagSignature::OpenPgpMessage => Err(TagRefusal::OpenPgpMessage),
        TagSignature::Ssh(block) => {
            let allowed = signers.ssh.as_ref().ok_or(TagRefusal::NoSshSigners)?;
            let signature = SshSignature::parse(block)?;
            let principal = allowed.signer(&signature, tag.signed, SSH_NAMESPACE, at)?;
            Ok(vec![TagSigner::Ssh(principal)])
        }
        TagSignature::OpenPgp(block) => {
            if signers.openpgp.is_empty() {
                return Err(TagRefusal::NoOpenPgpSigners);
            }
            let found = openpgp
                .verify(&signers.openpgp, block, tag.signed, at)
                .map_err(TagRefusal::OpenPgp)?;
            // One certificate is one signer, by however many of its keys it signs.
            let distinct: BTreeMap<_, _> = found
                .into_iter()
                .map(|signer| (signer.certificate.to_ascii_lowercase(), signer))
                .collect();
            Ok(distinct.into_values().map(TagSigner::OpenPgp).collect())
        }
    }
}

fn enough(found: Vec<TagSigner>, signers: &TagSigners) -> Result<Vec<TagSigner>, TagRefusal> {
    if found.len() < signers.needed.get() {
        return Err(TagRefusal::TooFew {
            signed: found.iter().map(ToString::to_string).collect(),
            needed: signers.needed.get(),
        });
    }
    Ok(found)
}

/// Why a tag is no release.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TagRefusal {
    /// A tag or commit above the limit.
    #[error("the tag or its commit has more than {0} bytes")]
    TooLarge(usize),
    /// See [`CollisionError`].
    #[error(transparent)]
    Collision(#[from] CollisionError),
    /// The ref leads to a commit.
    #[error(
        "the ref leads to a commit and not to a tag object: a lightweight tag, which nobody can have signed"
    )]
    Lightweight,
    /// The ref leads to a blob or tree.
    #[error("the ref leads to a {0} and not to a tag object")]
    NoTag(ObjectKind),
    /// The bytes have another id.
    #[error("the tag's bytes do not have the id {0}")]
    OtherBytes(ObjectId),
    /// The tag is malformed.
    #[error(transparent)]
    Tag(#[from] TagError),
    /// The tag has another name: an old one, say, under the ref of a new one.
    #[error("the tag says that its name is {stated:?}, and {asked:?} was asked for")]
    Name {
        /// The name that was asked for.
        asked: String,
        /// The name in the tag.
        stated: String,
    },
    /// The tag names no commit.
    #[error("the tag names a {0} and not a commit")]
    Kind(ObjectKind),
    /// The commit given is not the one that the tag names.
    #[error("the tag names the commit {tagged}, and the commit given is {given}")]
    OtherCommit {
        /// The id in the tag.
        tagged: ObjectId,
        /// The id of the commit given.
        given: ObjectId,
    },
    /// The commit is malformed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// No signature.
    #[error("the tag is not signed")]
    Unsigned,
    /// X.509.
    #[error(
        "the tag is signed by an X.509 certificate (gitsign, smimesign): that needs a root, such as Fulcio's, and a trusted time, which no policy names"
    )]
    X509,
    /// `PGP MESSAGE`.
    #[error("the tag has a PGP MESSAGE in the place of a detached signature")]
    OpenPgpMessage,
    /// An SSH signature where only OpenPGP certificates may sign.
    #[error("the tag is signed by an SSH key, and no SSH key may sign here")]
    NoSshSigners,
    /// An OpenPGP signature where only SSH keys may sign.
    #[error("the tag is signed by OpenPGP, and no OpenPGP certificate may sign here")]
    NoOpenPgpSigners,
    /// The SSH signature is malformed or of a kind that does not count.
    #[error("the tag's SSH signature does not count: {0}")]
    SshSignature(#[from] SshSignatureError),
    /// The SSH signature is by nobody who may sign.
    #[error("the tag's SSH signature does not count: {0}")]
    Ssh(#[from] SshRefusal),
    /// The OpenPGP signature is by nobody who may sign.
    #[error("the tag's OpenPGP signature does not count: {0}")]
    OpenPgp(String),
    /// Fewer signers than are needed.
    #[error("the tag needs {needed} signers and has {}: {}", signed.len(), signed.join(", "))]
    TooFew {
        /// Who signed.
        signed: Vec<String>,
        /// How many must.
        needed: usize,
    },
}
