//! Annotated tags: who says that which object has which name, and the bytes that a signature covers.

use super::header::{Header, id, printable};
use super::name::tag_name;
use super::{ObjectFormat, ObjectId, ObjectKind, TagNameError};
use crate::time::Timestamp;

/// An annotated tag. Reading one proves nothing: it says what somebody wrote.
///
/// ```text
/// object 3c2a3fdc388747b9eaf4a4a4f2035c1c9ddb26d0
/// type commit
/// tag v2.44.0
/// tagger Junio C Hamano <gitster@pobox.com> 1708647312 -0800
///
/// Git 2.44
/// -----BEGIN PGP SIGNATURE-----
/// …
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag<'a> {
    /// What is tagged.
    pub object: ObjectId,
    /// What kind of object it is said to be.
    pub kind: ObjectKind,
    /// The name that the tag says it has. The ref that leads to it may have another one, which means nothing.
    pub name: &'a str,
    /// Who tagged, by their own account.
    pub tagger: Tagger<'a>,
    /// The message, without the signature.
    pub message: &'a [u8],
    /// The exact bytes that a signature in the body covers: all in front of it.
    pub signed: &'a [u8],
    /// The signature, not checked.
    pub signature: TagSignature<'a>,
}

/// The `tagger` line. It is a claim of whoever wrote the tag; nothing is decided by it, least of all by its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tagger<'a> {
    /// The whole value: `NAME <ADDRESS> SECONDS OFFSET`, in no promised encoding.
    pub text: &'a [u8],
    /// The time that it claims.
    pub claimed_time: Timestamp,
}

/// What stands at the end of a tag's message; each block as it stands, with its first and last line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagSignature<'a> {
    /// No signature.
    None,
    /// `PGP SIGNATURE`: a detached OpenPGP signature.
    OpenPgp(&'a [u8]),
    /// `PGP MESSAGE`, which git takes for a signature, too. It is no detached one, and may hold anything.
    OpenPgpMessage,
    /// `SSH SIGNATURE`: for [`crate::source::ssh::SshSignature::parse`].
    Ssh(&'a [u8]),
    /// `SIGNED MESSAGE`: X.509 in CMS, as smimesign and gitsign write.
    X509,
}

impl<'a> Tag<'a> {
    /// Reads the content of a tag object: `object`, `type`, `tag` and `tagger` once each, in this order and without others, an empty
    /// line, the message, and at most one signature that runs from the start of a line to the end of the object.
    ///
    /// Time and memory are linear in the bytes; whoever reads bounds them. A tag without `tagger`, as git wrote until 2005, is
    /// refused: no project releases by one now, and one form less is one doubt less.
    ///
    /// # Errors
    /// [`TagError`] for anything else.
    pub fn parse(bytes: &'a [u8], format: ObjectFormat) -> Result<Self, TagError> {
        if bytes.contains(&0) {
            return Err(TagError::Nul);
        }
        let mut header = Header::new(bytes);
        let missing = |header: &Header<'_>, key| TagError::Header {
            expected: key,
            found: header.next_key(),
        };
        let mut value = |key| header.value(key).ok_or_else(|| missing(&header, key));
        let object = value("object")?;
        let object = id(object, format).ok_or(TagError::ObjectId { format })?;
        let kind = value("type")?;
        let kind = ObjectKind::ALL
            .into_iter()
            .find(|known| known.name().as_bytes() == kind);
        let kind = kind.ok_or(TagError::Kind)?;
        let name = tag_name(value("tag")?)?;
        let tagger = Tagger::parse(value("tagger")?).ok_or(TagError::Tagger)?;
        if !header.is_at_end() {
            let key = header.next_key();
            return Err(match key.as_str() {
                // Git keeps the signature over the other hash's form of the tag there: which one counts would depend on the reader.
                "gpgsig" | "gpgsig-sha256" => TagError::CompatibilitySignature,
                _ => TagError::UnknownHeader(key),
            });
        }
        let body = header.end().ok_or(TagError::NoMessage)?;
        let (message, signature) = split_signature(body)?;
        let covered = bytes.len() - (body.len() - message.len());
        Ok(Self {
            object,
            kind,
            name,
            tagger,
            message,
            signed: bytes.get(..covered).unwrap_or_default(),
            signature,
        })
    }
}

impl<'a> Tagger<'a> {
    fn parse(text: &'a [u8]) -> Option<Self> {
        let open = text.iter().position(|byte| *byte == b'<')?;
        let (name, rest) = text.split_at_checked(open)?;
        let rest = rest.get(1..)?;
        let close = rest.iter().position(|byte| *byte == b'>')?;
        let (address, date) = rest.split_at_checked(close)?;
        let date = std::str::from_utf8(date.strip_prefix(b"> ")?).ok()?;
        let (seconds, offset) = date.split_once(' ')?;
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let offset = offset.strip_prefix(['+', '-'])?;
        let plain = !name.contains(&b'>') && !address.contains(&b'<');
        let dated = is_number(seconds) && offset.len() == 4 && is_number(offset);
        // A second spelling of a number would be a second tag that says the same.
        let dated = dated && (seconds == "0" || !seconds.starts_with('0'));
        (plain && dated).then_some(())?;
        Some(Self {
            text,
            claimed_time: Timestamp::from_unix_seconds(seconds.parse().ok()?)?,
        })
    }
}

/// The blocks that git looks for (gpg-interface.c), by the words between `-----BEGIN ` and `-----`.
const BLOCKS: [&str; 4] = [
    "PGP SIGNATURE",
    "PGP MESSAGE",
    "SSH SIGNATURE",
    "SIGNED MESSAGE",
];

/// Splits a tag's body into the message and the one block at its end.
fn split_signature(body: &[u8]) -> Result<(&[u8], TagSignature<'_>), TagError> {
    let mut begins = line_starts(body).filter_map(|start| {
        let line = body.get(start..)?;
        let begun = |label: &&str| line.starts_with(format!("-----BEGIN {label}-----").as_bytes());
        Some((start, BLOCKS.into_iter().find(begun)?))
    });
    let Some((start, label)) = begins.next() else {
        return Ok((body, TagSignature::None));
    };
    if begins.next().is_some() {
        return Err(TagError::TwoSignatures);
    }
    let (message, block) = body.split_at_checked(start).unwrap_or((body, &[]));
    let inside = block
        .strip_prefix(format!("-----BEGIN {label}-----\n").as_bytes())
        .ok_or(TagError::BrokenSignature)?;
    let end = format!("-----END {label}-----\n");
    let closed = line_starts(inside)
        .find(|start| {
            inside
                .get(*start..)
                .is_some_and(|line| line.starts_with(b"-----"))
        })
        .and_then(|start| inside.get(start..))
        .ok_or(TagError::BrokenSignature)?;
    match closed.strip_prefix(end.as_bytes()) {
        None => return Err(TagError::BrokenSignature),
        Some(rest) if !rest.is_empty() => return Err(TagError::AfterSignature),
        Some(_) => {}
    }
    let signature = match label {
        "PGP SIGNATURE" => TagSignature::OpenPgp(block),
        "PGP MESSAGE" => TagSignature::OpenPgpMessage,
        "SSH SIGNATURE" => TagSignature::Ssh(block),
        _ => TagSignature::X509,
    };
    Ok((message, signature))
}

/// Where lines start; not behind the last line feed.
fn line_starts(text: &[u8]) -> impl Iterator<Item = usize> {
    let after_feeds = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    std::iter::once(0)
        .chain(after_feeds.map(|(at, _)| at + 1))
        .filter(|start| *start < text.len())
}

/// Why bytes are no tag that means one thing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TagError {
    /// A NUL byte, behind which readers in C see nothing.
    #[error("the tag has a NUL byte")]
    Nul,
    /// A header is missing, doubled or out of order.
    #[error("the tag has {found:?} where its header {expected:?} must be")]
    Header {
        /// The header that must come next.
        expected: &'static str,
        /// What comes instead.
        found: String,
    },
    /// `object` is no id of the repository's format.
    #[error("the tag's object is no {format} id")]
    ObjectId {
        /// The repository's format.
        format: ObjectFormat,
    },
    /// `type` is none of the four.
    #[error("the tag's type is none of blob, tree, commit and tag")]
    Kind,
    /// The name is none that git gives.
    #[error(transparent)]
    Name(#[from] TagNameError),
    /// The `tagger` line is not `NAME <ADDRESS> SECONDS OFFSET`.
    #[error("the tag's tagger line is not NAME <ADDRESS> SECONDS OFFSET")]
    Tagger,
    /// A signature in the header, which belongs to the tag's form under the other hash.
    #[error(
        "the tag has a signature in its header, which is for another hash: which one counts is ambiguous"
    )]
    CompatibilitySignature,
    /// A header beside the four.
    #[error("the tag has an unknown or doubled header {0:?}")]
    UnknownHeader(String),
    /// No empty line after the headers.
    #[error("the tag ends within its headers")]
    NoMessage,
    /// More than one block that git takes for a signature.
    #[error("the tag has two signature blocks: which one counts is ambiguous")]
    TwoSignatures,
    /// A block without its last line, or with another one's.
    #[error("the tag's signature block does not end as it begins")]
    BrokenSignature,
    /// Bytes behind the signature, which it does not cover.
    #[error("something follows the tag's signature")]
    AfterSignature,
}

impl Tagger<'_> {
    /// The line as it can be printed: escaped and cut.
    pub fn to_printable(&self) -> String {
        printable(self.text)
    }
}
