//! Who may sign by SSH keys, and whether they did.

use super::line::Line;
use super::{AllowedSignersError, AllowedSignersFault, SshSignature};
use crate::time::Timestamp;

/// A project with 1,000 signers has about 150 KiB.
const ALLOWED_SIGNERS_BYTES_MAX: usize = 1 << 20;

/// The `allowed_signers` file of a project (ssh-keygen(1)).
///
/// ```text
/// # Comments begin a line.
/// alice@example.org,*@builds.example.org namespaces="git",valid-after="20240101Z" ssh-ed25519 AAAAC3… comment
/// ```
#[derive(Clone, Debug)]
pub struct AllowedSigners {
    lines: Vec<Line>,
}

/// Somebody whose signature counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The principals of the line that allows the key, as they are written there.
    pub name: String,
    /// The key's fingerprint, `SHA256:` and base64. Signers are counted by it.
    pub key: String,
}

impl AllowedSigners {
    /// Reads a file: principals, options, key on each line; empty lines and comments between them; lines end in LF or CRLF.
    ///
    /// A line with `cert-authority`, or with a key that can't count (DSA, RSA below 3072 bits, a certificate), is read and matches
    /// nothing: see [`Self::without_effect`].
    ///
    /// # Errors
    /// [`AllowedSignersError`] for the whole file when a line is malformed, has an unknown option, or a time without `Z`; when
    /// nobody is named; above 1 MiB.
    pub fn parse(bytes: &[u8]) -> Result<Self, AllowedSignersError> {
        let whole = |fault| AllowedSignersError { line: 0, fault };
        if bytes.len() > ALLOWED_SIGNERS_BYTES_MAX {
            let most = ALLOWED_SIGNERS_BYTES_MAX;
            return Err(whole(AllowedSignersFault::TooLarge(most)));
        }
        let mut lines = Vec::new();
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            let number = index + 1;
            let refused = |fault| AllowedSignersError {
                line: number,
                fault,
            };
            let text = text(line).ok_or_else(|| refused(AllowedSignersFault::NotText))?;
            if !text.is_empty() && !text.starts_with('#') {
                lines.push(Line::parse(number, text).map_err(refused)?);
            }
        }
        match lines.is_empty() {
            true => Err(whole(AllowedSignersFault::Nobody)),
            false => Ok(Self { lines }),
        }
    }

    /// Who signed exactly `message` for `namespace`, at `at`.
    ///
    /// Validity is held against `at` alone, at or after `valid-after` and at or before `valid-before`. Where lines share a key,
    /// the first that allows it counts.
    ///
    /// # Errors
    /// [`SshRefusal`]; of several lines with the key, the reason of the one that came closest.
    pub fn signer(
        &self,
        signature: &SshSignature,
        message: &[u8],
        namespace: &str,
        at: Timestamp,
    ) -> Result<Principal, SshRefusal> {
        self.signer_on(|_| true, signature, message, namespace, at)
    }

    /// The same for somebody known: only lines whose principals match `name` count, as with `ssh-keygen -Y verify -I NAME`.
    ///
    /// # Errors
    /// [`SshRefusal`] as there.
    pub fn signer_named(
        &self,
        name: &str,
        signature: &SshSignature,
        message: &[u8],
        namespace: &str,
        at: Timestamp,
    ) -> Result<Principal, SshRefusal> {
        let names = |line: &Line| line.principals.matches(name);
        self.signer_on(names, signature, message, namespace, at)
    }

    /// The lines that match nothing, by number, with the reason.
    pub fn without_effect(&self) -> impl Iterator<Item = (usize, String)> {
        self.lines.iter().filter_map(|line| {
            let reason = match &line.key {
                Err(error) => error.to_string(),
                Ok(_) if line.options.cert_authority => CERT_AUTHORITY.to_owned(),
                Ok(_) => return None,
            };
            Some((line.number, reason))
        })
    }

    fn signer_on(
        &self,
        counts: impl Fn(&Line) -> bool,
        signature: &SshSignature,
        message: &[u8],
        namespace: &str,
        at: Timestamp,
    ) -> Result<Principal, SshRefusal> {
        let key = signature.key().fingerprint();
        if signature.namespace() != namespace {
            return Err(SshRefusal::OtherNamespace {
                signed: signature.namespace().to_owned(),
                asked: namespace.to_owned(),
            });
        }
        let mut closest = SshRefusal::Unlisted { key: key.clone() };
        for line in self.lines.iter().filter(|line| counts(line)) {
            if line.key.as_ref() != Ok(signature.key()) {
                continue;
            }
            match line.allows(namespace, at) {
                Ok(()) if signature.is_over(message) => {
                    let name = line.principals.text().to_owned();
                    return Ok(Principal { name, key });
                }
                // Another line has the same key: the signature is as bad under it.
                Ok(()) => return Err(SshRefusal::BadSignature { key }),
                Err(refusal) if refusal.rank() > closest.rank() => closest = refusal,
                Err(_) => {}
            }
        }
        Err(closest)
    }
}

/// A line without its line end and the space in front; `None` when it holds what no editor shows.
fn text(line: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(line).ok()?;
    let text = text.strip_suffix('\r').unwrap_or(text);
    let is_text = text.chars().all(|c| c == '\t' || !c.is_control());
    is_text.then(|| text.trim_start_matches([' ', '\t']))
}

impl Line {
    fn allows(&self, namespace: &str, at: Timestamp) -> Result<(), SshRefusal> {
        let line = self.number;
        if self.options.cert_authority {
            return Err(SshRefusal::CertAuthority { line });
        }
        if self
            .options
            .namespaces
            .as_ref()
            .is_some_and(|list| !list.matches(namespace))
        {
            let namespace = namespace.to_owned();
            return Err(SshRefusal::NamespaceNotAllowed { line, namespace });
        }
        match (self.options.valid_after, self.options.valid_before) {
            (Some(from), _) if at < from => Err(SshRefusal::NotYetValid { line, from }),
            (_, Some(until)) if at > until => Err(SshRefusal::NoLongerValid { line, until }),
            _ => Ok(()),
        }
    }
}

const CERT_AUTHORITY: &str = "its key is a certificate authority, which signs certificates: they do not count here, and nor does what it signs itself";

/// Why a signature is by nobody who may sign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SshRefusal {
    /// Made for something else.
    #[error("it was made for the namespace {signed:?} and not for {asked:?}")]
    OtherNamespace {
        /// The namespace in the signature.
        signed: String,
        /// The namespace that was asked for.
        asked: String,
    },
    /// A key of nobody.
    #[error("the key {key} is not among the allowed signers")]
    Unlisted {
        /// The key's fingerprint.
        key: String,
    },
    /// The key of a certificate authority.
    #[error("line {line} of the allowed signers: {CERT_AUTHORITY}")]
    CertAuthority {
        /// The line's number, from 1.
        line: usize,
    },
    /// The key may not sign for this.
    #[error(
        "line {line} of the allowed signers does not allow the key in the namespace {namespace:?}"
    )]
    NamespaceNotAllowed {
        /// The line's number, from 1.
        line: usize,
        /// The namespace that was asked for.
        namespace: String,
    },
    /// The key is for later.
    #[error("line {line} of the allowed signers allows the key from {from} on")]
    NotYetValid {
        /// The line's number, from 1.
        line: usize,
        /// The first second at which it may sign.
        from: Timestamp,
    },
    /// The key had its time.
    #[error(
        "line {line} of the allowed signers allowed the key until {until}; dates in what it signed do not count"
    )]
    NoLongerValid {
        /// The line's number, from 1.
        line: usize,
        /// The last second at which it may sign.
        until: Timestamp,
    },
    /// The key may sign and did not sign this.
    #[error("it is not a signature by {key} over these bytes")]
    BadSignature {
        /// The key's fingerprint.
        key: String,
    },
}

impl SshRefusal {
    /// How close it came to counting.
    const fn rank(&self) -> u8 {
        match self {
            Self::OtherNamespace { .. } => 0,
            Self::Unlisted { .. } => 1,
            Self::CertAuthority { .. } => 2,
            Self::NamespaceNotAllowed { .. } => 3,
            Self::NotYetValid { .. } => 4,
            Self::NoLongerValid { .. } => 5,
            Self::BadSignature { .. } => 6,
        }
    }
}
