//! Object ids: one parser, one printer, and the only place that computes them.

use sha1_checked::{CollisionResult, Digest as _, Sha1};

use crate::digest::{Sha256, Sha256Stream, hex, hex_into};

/// The hash by which a repository names its objects (git's `extensions.objectFormat`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectFormat {
    /// SHA-1: what almost every repository has. Ids are computed with collision detection, which finds the known ways to make a
    /// collision; it does not make SHA-1 a good hash, which is why a tree has an identity of its own ([`super::TreeIdentity`]).
    Sha1,
    /// SHA-256.
    Sha256,
}

impl ObjectFormat {
    /// The length of an id in bytes: 20 or 32.
    pub const fn id_bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

impl std::fmt::Display for ObjectFormat {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
        })
    }
}

/// The id of a git object, printed and parsed as 40 or 64 characters of lower-case hex.
///
/// Ids of two formats are never equal, and an id alone says nothing about bytes: compare it with [`object_id`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(Id);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Id {
    Sha1([u8; 20]),
    Sha256([u8; 32]),
}

impl ObjectId {
    /// Parses a whole id; its length says its format. Abbreviations, upper case and white space are errors.
    ///
    /// # Errors
    /// [`ObjectIdError`] when the text is anything else.
    pub fn parse(text: &str) -> Result<Self, ObjectIdError> {
        let (mut sha1, mut sha256) = ([0; 20], [0; 32]);
        if hex_into(text, &mut sha1).is_some() {
            return Ok(Self(Id::Sha1(sha1)));
        }
        hex_into(text, &mut sha256).ok_or(ObjectIdError)?;
        Ok(Self(Id::Sha256(sha256)))
    }

    /// An id from its 20 or 32 bytes, as trees hold it; `None` when the length is not the format's.
    pub fn from_bytes(format: ObjectFormat, bytes: &[u8]) -> Option<Self> {
        Some(Self(match format {
            ObjectFormat::Sha1 => Id::Sha1(bytes.try_into().ok()?),
            ObjectFormat::Sha256 => Id::Sha256(bytes.try_into().ok()?),
        }))
    }

    /// The hash that the id is made by.
    pub const fn format(&self) -> ObjectFormat {
        match self.0 {
            Id::Sha1(_) => ObjectFormat::Sha1,
            Id::Sha256(_) => ObjectFormat::Sha256,
        }
    }

    /// The 20 or 32 bytes of the id.
    pub const fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Id::Sha1(bytes) => bytes,
            Id::Sha256(bytes) => bytes,
        }
    }
}

impl std::fmt::Display for ObjectId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&hex(self.as_bytes()))
    }
}

impl std::fmt::Debug for ObjectId {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}:{self}", self.format())
    }
}

/// A text that is not an object id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a git object id: 40 or 64 characters of lower-case hex")]
pub struct ObjectIdError;

/// What a git object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// The bytes of a file, or the target of a symbolic link.
    Blob,
    /// One folder.
    Tree,
    /// A tree with its history.
    Commit,
    /// An annotated tag.
    Tag,
}

impl ObjectKind {
    /// The four kinds.
    pub const ALL: [Self; 4] = [Self::Blob, Self::Tree, Self::Commit, Self::Tag];

    /// Git's word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Blob => "blob",
            Self::Tree => "tree",
            Self::Commit => "commit",
            Self::Tag => "tag",
        }
    }
}

impl std::fmt::Display for ObjectKind {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.name())
    }
}

/// Computes the id of an object from its content, without git's `KIND SIZE` header, which is hashed first.
///
/// # Errors
/// [`CollisionError`] when the bytes carry the marks of a SHA-1 collision attack.
pub fn object_id(
    format: ObjectFormat,
    kind: ObjectKind,
    content: &[u8],
) -> Result<ObjectId, CollisionError> {
    let mut hash = Hash::new(format);
    hash.update(header(kind, content.len() as u64).as_bytes());
    hash.update(content);
    hash.finish()
}

/// Computes the id of a large object from its content in pieces, in constant memory. Its size is known first: git hashes it first.
pub struct ObjectHasher {
    hash: Hash,
    declared: u64,
    taken: u64,
}

impl ObjectHasher {
    /// Begins an object of `size` bytes.
    pub fn new(format: ObjectFormat, kind: ObjectKind, size: u64) -> Self {
        let mut hash = Hash::new(format);
        hash.update(header(kind, size).as_bytes());
        Self {
            hash,
            declared: size,
            taken: 0,
        }
    }

    /// Takes in the next bytes of the content.
    pub fn update(&mut self, bytes: &[u8]) {
        self.taken = self.taken.saturating_add(bytes.len() as u64);
        self.hash.update(bytes);
    }

    /// The id of the whole object.
    ///
    /// # Errors
    /// [`ObjectHashError`] when the content had another size than was said, or carries the marks of a collision attack.
    pub fn finish(self) -> Result<ObjectId, ObjectHashError> {
        if self.taken != self.declared {
            return Err(ObjectHashError::Size {
                declared: self.declared,
                taken: self.taken,
            });
        }
        Ok(self.hash.finish()?)
    }
}

fn header(kind: ObjectKind, size: u64) -> String {
    format!("{kind} {size}\0")
}

enum Hash {
    Sha1(Box<Sha1>),
    Sha256(Box<Sha256Stream>),
}

impl Hash {
    fn new(format: ObjectFormat) -> Self {
        match format {
            ObjectFormat::Sha1 => Self::Sha1(Box::default()),
            ObjectFormat::Sha256 => Self::Sha256(Box::default()),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(hash) => hash.update(bytes),
            Self::Sha256(hash) => hash.update(bytes),
        }
    }

    fn finish(self) -> Result<ObjectId, CollisionError> {
        match self {
            Self::Sha1(hash) => match hash.try_finalize() {
                CollisionResult::Ok(digest) => Ok(ObjectId(Id::Sha1(digest.into()))),
                CollisionResult::Mitigated(_) | CollisionResult::Collision(_) => {
                    Err(CollisionError)
                }
            },
            Self::Sha256(hash) => {
                let digest: Sha256 = hash.finish();
                Ok(ObjectId(Id::Sha256(*digest.as_bytes())))
            }
        }
    }
}

/// An object that was made to have the SHA-1 of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the object carries the marks of a SHA-1 collision attack: its id does not tell it from another object"
)]
pub struct CollisionError;

/// Why an object in pieces has no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectHashError {
    /// See [`CollisionError`].
    #[error(transparent)]
    Collision(#[from] CollisionError),
    /// The content is longer or shorter than its size says.
    #[error("the object has {taken} bytes and was said to have {declared}")]
    Size {
        /// Bytes that were said to come.
        declared: u64,
        /// Bytes that came.
        taken: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first 320 bytes of the two PDF files of the SHAttered attack (Stevens and others, CRYPTO 2017), up to where they collide.
    const SHATTERED: [&[u8]; 2] = [
        include_bytes!("../../../tests/git/collision/shattered-1"),
        include_bytes!("../../../tests/git/collision/shattered-2"),
    ];

    fn bare_sha1(bytes: &[u8]) -> Result<ObjectId, CollisionError> {
        let mut hash = Hash::new(ObjectFormat::Sha1);
        hash.update(bytes);
        hash.finish()
    }

    /// No two git objects that collide are public: an attack is computed for the header, which the files do not have. So the hash
    /// under the ids is tried on the files as they are.
    #[test]
    fn a_sha1_collision_is_refused() {
        let [one, two] = SHATTERED;
        assert_ne!(one, two);
        for bytes in SHATTERED {
            assert_eq!(bare_sha1(bytes), Err(CollisionError));
            let longer = [bytes, b"the same end"].concat();
            assert_eq!(bare_sha1(&longer), Err(CollisionError));
        }
        // What both have in front of the collision is harmless.
        assert!(bare_sha1(&one[..192]).is_ok());
    }
}
