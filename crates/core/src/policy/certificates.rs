//! The OpenPGP certificates that a policy names, and the keys that each claims.

use std::collections::{BTreeMap, BTreeSet};

use crate::digest::Sha256;
use crate::json::{Json, Object, ShapeError, object, strings};

/// Characters of a key ID (RFC 9580 §5.5.4), in lower-case hex.
const KEY_ID_LENGTH: usize = 16;

/// A certificate as whoever compiles a policy gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenCertificate {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The IDs of all keys in it, main key and subkeys, 16 digits of lower-case hex each.
    pub key_ids: BTreeSet<String>,
}

/// Certificates by their SHA-256, each with the IDs of the keys that it claims.
///
/// The IDs are no identities: they say which certificates can matter to a signature, so that a verdict without one of them can be
/// refused. Evidence comes from anybody, and a missing copy may be the one that holds a revocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedCertificates(BTreeMap<Sha256, BTreeSet<String>>);

impl NamedCertificates {
    /// Names certificates.
    pub fn of<'c>(certificates: impl IntoIterator<Item = &'c GivenCertificate>) -> Self {
        let named = certificates.into_iter();
        Self(
            named
                .map(|it| (Sha256::of(&it.bytes), it.key_ids.clone()))
                .collect(),
        )
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether that certificate is named.
    pub fn contains(&self, sha256: &Sha256) -> bool {
        self.0.contains_key(sha256)
    }

    /// The digests, in order.
    pub fn digests(&self) -> impl ExactSizeIterator<Item = &Sha256> {
        self.0.keys()
    }

    /// The certificates that claim one of these keys.
    pub fn claiming<'n>(
        &'n self,
        key_ids: &'n BTreeSet<String>,
    ) -> impl Iterator<Item = &'n Sha256> {
        let claims = |(_, own): &(&Sha256, &BTreeSet<String>)| !own.is_disjoint(key_ids);
        self.0.iter().filter(claims).map(|(sha256, _)| sha256)
    }

    /// An object with a member for each certificate.
    pub(super) fn to_json(&self) -> Json<'static> {
        let texts = |ids: &BTreeSet<String>| Json::texts(ids.iter().cloned());
        Json::object(
            self.0
                .iter()
                .map(|(sha256, ids)| (sha256.to_string(), texts(ids))),
        )
    }

    pub(super) fn from_json(value: &Json<'_>) -> Result<Self, ShapeError> {
        let members: &Object<'_> = object(value)?;
        let read = |(name, ids): (&str, &Json<'_>)| {
            let sha256 = Sha256::parse(name).map_err(|error| ShapeError::new(error.to_string()))?;
            let ids = strings(ids).map_err(|error| error.within(name))?;
            match ids.iter().find(|id| !is_key_id(id)) {
                Some(id) => Err(ShapeError::new(format!("{id:?} is no key ID")).within(name)),
                None if ids.is_empty() => Err(ShapeError::new("no key").within(name)),
                None => Ok((sha256, ids.into_iter().collect())),
            }
        };
        members.iter().map(read).collect::<Result<_, _>>().map(Self)
    }
}

fn is_key_id(text: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == KEY_ID_LENGTH && text.bytes().all(digit)
}
