//! Keys as metadata lists them, and which of them hold a role (specification §4.2).

use std::collections::BTreeMap;

use quorate::json::{self, Json, Members, Object, ShapeError};
use quorate::key::{Fingerprint, KeyError, PublicKey};

use super::MetadataError;
use crate::limits::TrustLimits;

/// Bytes of a key id; a SHA-256 in hex has 64.
const KEY_ID_BYTES_MAX: usize = 128;

/// The keys of one file by id.
#[derive(Clone, Debug, Default)]
pub struct KeySet(BTreeMap<String, Listed>);

/// A key as a file lists it.
#[derive(Clone, Debug)]
struct Listed {
    /// The key; `None` where its type is not known here: it never counts.
    key: Option<PublicKey>,
    /// What is written again for it, members that only the maker of the file knows included.
    form: Json<'static>,
}

impl KeySet {
    /// Reads `keys`; no key stands there under two ids.
    pub(super) fn read(members: &Object<'_>, limits: &TrustLimits) -> Result<Self, MetadataError> {
        let listed = members.read("keys", json::object)?;
        if listed.len() > limits.keys_max {
            return Err(MetadataError::TooMany {
                what: "keys",
                count_max: limits.keys_max,
            });
        }
        let mut keys = BTreeMap::new();
        let mut seen: BTreeMap<Fingerprint, &str> = BTreeMap::new();
        for (id, value) in listed.iter() {
            let key = read_key(id, value, limits)?;
            let form = value.clone().into_owned();
            if let Some(key) = &key
                && let Some(first) = seen.insert(key.fingerprint(), id)
            {
                return Err(MetadataError::OneKeyTwice {
                    first: first.to_owned(),
                    second: id.to_owned(),
                });
            }
            keys.insert(id.to_owned(), Listed { key, form });
        }
        Ok(Self(keys))
    }

    /// Reads `keyids` and `threshold` of the role `role`, whose keys are in this set.
    pub(super) fn read_role(
        &self,
        role: &str,
        members: &Object<'_>,
        limits: &TrustLimits,
    ) -> Result<RoleKeys, MetadataError> {
        let ids = members.read("keyids", json::strings)?;
        let threshold: u64 = members.read("threshold", json::integer)?;
        let mut keys = BTreeMap::new();
        if ids.len() > limits.keys_max {
            return Err(MetadataError::TooMany {
                what: "keys of a role",
                count_max: limits.keys_max,
            });
        }
        for id in ids {
            let Some(key) = self.0.get(&id) else {
                return Err(MetadataError::MissingKey {
                    role: role.to_owned(),
                    key_id: id,
                });
            };
            if keys.insert(id.clone(), key.clone()).is_some() {
                return Err(MetadataError::DoubledKey {
                    role: role.to_owned(),
                    key_id: id,
                });
            }
        }
        RoleKeys::of(role, keys, threshold)
    }

    /// The keys of several roles together.
    pub(super) fn of_roles<'r>(roles: impl IntoIterator<Item = &'r RoleKeys>) -> Self {
        let keys = roles.into_iter().flat_map(|role| role.keys.clone());
        Self(keys.collect())
    }

    /// The member `keys`.
    pub(super) fn to_json(&self) -> Json<'static> {
        let forms = self.0.iter();
        Json::object(forms.map(|(id, listed)| (id.clone(), listed.form.clone())))
    }
}

/// Who holds a role, and how many of them must sign.
#[derive(Clone, Debug)]
pub struct RoleKeys {
    keys: BTreeMap<String, Listed>,
    threshold: usize,
}

impl RoleKeys {
    /// The holders of a role of our own making; each key's id is the SHA-256 of its canonical form.
    ///
    /// # Errors
    /// [`MetadataError`] when the threshold is 0 or above the number of keys, or one key is given twice.
    pub fn new(role: &str, holders: &[PublicKey], threshold: u64) -> Result<Self, MetadataError> {
        let mut keys = BTreeMap::new();
        for key in holders {
            let id = computed_id(key)?;
            let listed = Listed {
                key: Some(key.clone()),
                form: key_to_json(key),
            };
            if keys.insert(id.clone(), listed).is_some() {
                return Err(MetadataError::DoubledKey {
                    role: role.to_owned(),
                    key_id: id,
                });
            }
        }
        if threshold > keys.len() as u64 {
            return Err(MetadataError::ThresholdUnreachable {
                role: role.to_owned(),
                threshold,
                keys: keys.len(),
            });
        }
        Self::of(role, keys, threshold)
    }

    /// A threshold above the number of keys is never met. It is read all the same: a root that has one is mended by the next root, and a client
    /// that refused it could never go on to that.
    fn of(
        role: &str,
        keys: BTreeMap<String, Listed>,
        threshold: u64,
    ) -> Result<Self, MetadataError> {
        if threshold == 0 {
            return Err(MetadataError::ThresholdZero(role.to_owned()));
        }
        let threshold = usize::try_from(threshold).unwrap_or(usize::MAX);
        Ok(Self { keys, threshold })
    }

    /// How many of the keys must sign; at least 1.
    pub fn threshold(&self) -> usize {
        self.threshold
    }

    /// The ids of all keys, in order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = &str> {
        self.keys.keys().map(String::as_str)
    }

    /// The key of that id, when it is one of the role's and of a type that this program knows.
    pub fn key(&self, id: &str) -> Option<&PublicKey> {
        self.keys.get(id)?.key.as_ref()
    }

    /// Whether these are the same keys, by material, with the same threshold.
    pub fn is_same(&self, other: &Self) -> bool {
        self.threshold == other.threshold && self.marks() == other.marks()
    }

    /// What tells these holders from others: threshold and keys by material.
    pub(crate) fn marks(&self) -> Vec<String> {
        let mut marks: Vec<String> = self
            .keys
            .iter()
            .map(|(id, listed)| {
                let key = listed.key.as_ref();
                key.map_or_else(|| format!("id {id}"), |key| key.fingerprint().to_string())
            })
            .collect();
        marks.sort();
        marks.push(self.threshold.to_string());
        marks
    }

    pub(super) fn members(&self) -> [(&'static str, Json<'static>); 2] {
        [
            ("keyids", Json::texts(self.keys.keys().cloned())),
            ("threshold", Json::number(self.threshold as u64)),
        ]
    }
}

/// Reads one key in the form of securesystemslib. A type or scheme that is not known is `None`; a weak or broken key refuses the file.
fn read_key(
    id: &str,
    value: &Json<'_>,
    limits: &TrustLimits,
) -> Result<Option<PublicKey>, MetadataError> {
    let id = read_id(&Json::text(id)).map_err(|error| error.within("keys"))?;
    let shape = |error: ShapeError| MetadataError::Shape(error.within(&id).within("keys"));
    let members = json::object(value).map_err(shape)?;
    let [keytype, scheme] = ["keytype", "scheme"].map(|name| {
        members
            .read(name, json::string)
            .map(str::to_owned)
            .map_err(shape)
    });
    let keyval = members.read("keyval", json::object).map_err(shape)?;
    // Another type may have another form of key, too.
    if !keytype.as_ref().is_ok_and(|keytype| is_known_type(keytype)) {
        return keytype.map(|_| None);
    }
    let public = keyval.read("public", json::string).map_err(shape)?;
    // Members that only the maker of the file knows are no part of the key.
    let plain = Json::object([
        ("keytype", Json::text(keytype?)),
        ("keyval", Json::object([("public", Json::text(public))])),
        ("scheme", Json::text(scheme?)),
    ]);
    match PublicKey::from_file(&plain.to_text(), &limits.json) {
        Ok(key) => Ok(Some(key)),
        Err(KeyError::Type(_) | KeyError::Scheme { .. }) => Ok(None),
        Err(source) => Err(MetadataError::Key { key_id: id, source }),
    }
}

/// Before 1.0 securesystemslib wrote an ECDSA key's scheme as its type.
fn is_known_type(keytype: &str) -> bool {
    matches!(keytype, "ed25519" | "rsa" | "ecdsa") || keytype.starts_with("ecdsa-sha2-")
}

pub(super) fn read_id(value: &Json<'_>) -> Result<String, ShapeError> {
    let text = json::string(value)?;
    let plain = !text.is_empty()
        && text.len() <= KEY_ID_BYTES_MAX
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    if plain {
        Ok(text.to_owned())
    } else {
        Err(ShapeError::new(
            "a key id has 1 to 128 printable characters",
        ))
    }
}

/// The key as securesystemslib writes it, which has no id inside.
fn key_to_json(key: &PublicKey) -> Json<'static> {
    let Json::Object(members) = key.to_json() else {
        return Json::Null;
    };
    let own = members
        .iter()
        .filter(|(name, _)| *name != "keyid")
        .map(|(name, value)| (name.to_owned(), value.clone().into_owned()));
    Json::object(own)
}

/// The id under which our files list a key: SHA-256 over its canonical form, whatever label its file gave it.
pub(crate) fn computed_id(key: &PublicKey) -> Result<String, MetadataError> {
    if key.is_openpgp() {
        return Err(MetadataError::Key {
            key_id: key.id().to_owned(),
            source: KeyError::OpenPgp,
        });
    }
    let form = quorate::json::canonical(&key_to_json(key));
    Ok(quorate::digest::Sha256::of(&form).to_string())
}

/// Bytes from hex in either case; `None` for anything else.
pub(super) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| {
            digit
                .to_digit(16)
                .and_then(|value| u8::try_from(value).ok())
        })
        .collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(
        digits
            .chunks_exact(2)
            .map(|pair| pair.iter().fold(0, |sum, digit| sum << 4 | digit))
            .collect(),
    )
}

pub(super) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
