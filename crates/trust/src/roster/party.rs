//! One party's entry in the roster.

use std::collections::BTreeSet;

use quorate::attest::is_party_name;
use quorate::json::{self, Json, Members, ShapeError};
use quorate::key::{Fingerprint, PublicKey};
use quorate::limits::Limits;
use quorate::policy::Declared;
use quorate::time::Timestamp;

use super::PartyError;
use crate::limits::TrustLimits;

const TYPE: &str = "https://quorate.dev/party/v1";
const TYPE_STEM: &str = "https://quorate.dev/party/";
/// Bytes of a text for people.
const TEXT_BYTES_MAX: usize = 200;

/// A party as the roster has it.
///
/// ```json
/// {"_type": "https://quorate.dev/party/v1", "name": "alpha", "principal": "alpha-university", "operator": "Alpha University",
///  "domain": {"hosting": "self", "country": "DE", "toolchain": "debian-bookworm"}, "roles": ["rebuilder"], "contact": "mailto:…",
///  "keys": [{"key": <in-toto key object>, "validFrom": "2027-01-01T00:00:00Z", "validUntil": null,
///            "compromisedSince": null}]}
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Its name, which policies use, too.
    pub name: String,
    /// The one word for whoever answers for it: parties of one principal are not independent.
    pub principal: String,
    /// Who runs it, for people.
    pub operator: String,
    /// Where it is, as it declares.
    pub domain: Domain,
    /// What it does, such as `rebuilder`.
    pub roles: Vec<String>,
    /// How to reach it.
    pub contact: String,
    /// Its keys, each with the time in which it speaks for the party.
    pub keys: Vec<PartyKey>,
}

/// What a party declares about where it is: what it may have in common with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Who houses its machines, one word.
    pub hosting: String,
    /// The country in two capital letters (ISO 3166-1 alpha-2).
    pub country: String,
    /// What it builds with, one word.
    pub toolchain: String,
}

/// A key of a party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyKey {
    /// The key.
    pub key: PublicKey,
    /// The first second at which it speaks for the party.
    pub valid_from: Timestamp,
    /// The first second at which it no longer does; `None` while it has no end.
    pub valid_until: Option<Timestamp>,
    /// The first second at which it may have been in other hands; `None` while nobody says so.
    pub compromised_since: Option<Timestamp>,
}

impl Party {
    /// Reads an entry.
    ///
    /// # Errors
    /// [`PartyError`] for another kind of file, an unknown member, a value that may not stand there, a key twice, and no key at all.
    pub fn read(bytes: &[u8], limits: &TrustLimits) -> Result<Self, PartyError> {
        if bytes.len() > limits.party_bytes_max {
            return Err(PartyError::TooLarge(limits.party_bytes_max));
        }
        let value = json::parse(bytes, &limits.json)?;
        let members = json::object(&value)?;
        let kind = members.read("_type", json::string)?;
        if kind != TYPE {
            let shown = kind.chars().take(60).collect();
            let newer = kind.starts_with(TYPE_STEM);
            return Err(if newer {
                PartyError::Newer(shown)
            } else {
                PartyError::Type(shown)
            });
        }
        members.only(&[
            "_type",
            "contact",
            "domain",
            "keys",
            "name",
            "operator",
            "principal",
            "roles",
        ])?;
        let party = Self {
            name: members.read("name", word)?,
            principal: members.read("principal", word)?,
            operator: members.read("operator", text)?,
            domain: members.read("domain", Domain::from_json)?,
            roles: members.read_items("roles", word)?,
            contact: members.read("contact", text)?,
            keys: members.read_items("keys", |value| PartyKey::from_json(value, &limits.json))?,
        };
        let roles: BTreeSet<_> = party.roles.iter().collect();
        if roles.is_empty() || roles.len() != party.roles.len() {
            return Err(ShapeError::new("expected at least one role, none twice")
                .within("roles")
                .into());
        }
        let keys = party.keys.iter().map(|listed| listed.key.fingerprint());
        let distinct: BTreeSet<_> = keys.collect();
        if distinct.is_empty() || distinct.len() != party.keys.len() {
            return Err(ShapeError::new("expected at least one key, none twice")
                .within("keys")
                .into());
        }
        Ok(party)
    }

    /// What judging needs to know of whoever answers for it and of where it is.
    pub(super) fn declared(&self) -> Option<Declared> {
        let domain = quorate::policy::Domain {
            hosting: self.domain.hosting.clone(),
            country: self.domain.country.clone(),
            toolchain: self.domain.toolchain.clone(),
        };
        Declared::new(self.principal.clone(), domain).ok()
    }

    /// Ends every key that has not ended yet: what the party signed before goes on counting.
    pub fn end(&mut self, at: Timestamp) {
        for listed in &mut self.keys {
            let end = at.max(listed.valid_from);
            listed.valid_until = Some(listed.valid_until.map_or(end, |until| until.min(end)));
        }
    }

    /// Writes down that a key may have been in other hands since then; of two times the earlier stays. `false` when it is none of its keys.
    pub fn compromise(&mut self, key: Fingerprint, since: Timestamp) -> bool {
        let mut keys = self.keys.iter_mut();
        let Some(listed) = keys.find(|listed| listed.key.fingerprint() == key) else {
            return false;
        };
        let known = listed.compromised_since;
        listed.compromised_since = Some(known.map_or(since, |known| known.min(since)));
        true
    }

    /// The entry as a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let text = |text: &String| Json::text(text.clone());
        let key = |listed: &PartyKey| {
            let time = |time: Option<Timestamp>| {
                time.map_or(Json::Null, |time| Json::text(time.to_string()))
            };
            Json::object([
                ("key", listed.key.to_json()),
                ("validFrom", Json::text(listed.valid_from.to_string())),
                ("validUntil", time(listed.valid_until)),
                ("compromisedSince", time(listed.compromised_since)),
            ])
        };
        let domain = Json::object([
            ("hosting", text(&self.domain.hosting)),
            ("country", text(&self.domain.country)),
            ("toolchain", text(&self.domain.toolchain)),
        ]);
        Json::object([
            ("_type", Json::text(TYPE)),
            ("name", text(&self.name)),
            ("principal", text(&self.principal)),
            ("operator", text(&self.operator)),
            ("domain", domain),
            ("roles", Json::texts(self.roles.clone())),
            ("contact", text(&self.contact)),
            ("keys", Json::Array(self.keys.iter().map(key).collect())),
        ])
        .to_text()
    }
}

impl Domain {
    fn from_json(value: &Json<'_>) -> Result<Self, ShapeError> {
        let members = json::object(value)?;
        members.only(&["country", "hosting", "toolchain"])?;
        Ok(Self {
            hosting: members.read("hosting", word)?,
            country: members.read("country", country)?,
            toolchain: members.read("toolchain", word)?,
        })
    }
}

impl PartyKey {
    fn from_json(value: &Json<'_>, limits: &Limits) -> Result<Self, ShapeError> {
        let members = json::object(value)?;
        members.only(&["compromisedSince", "key", "validFrom", "validUntil"])?;
        let key = members.read("key", |value| {
            json::object(value)?;
            let key = PublicKey::from_file(&value.to_text(), limits)
                .map_err(|error| ShapeError::new(error.to_string()))?;
            if key.is_openpgp() {
                return Err(ShapeError::new("an OpenPGP key signs no statements"));
            }
            Ok(key)
        })?;
        let valid_from = members.read("validFrom", time)?;
        let end = |value: &Json<'_>| match value {
            Json::Null => Ok(None),
            value => time(value).map(Some),
        };
        let valid_until = members.read("validUntil", end)?;
        let compromised_since = members.read("compromisedSince", end)?;
        if valid_until.is_some_and(|until| until < valid_from) {
            return Err(ShapeError::new("it ends before it begins").within("validUntil"));
        }
        Ok(Self {
            key,
            valid_from,
            valid_until,
            compromised_since,
        })
    }
}

/// One spelling, so that equal words mean one thing: whether two parties share a domain is decided by it.
fn word(value: &Json<'_>) -> Result<String, ShapeError> {
    let text = json::string(value)?;
    if is_party_name(text) {
        return Ok(text.to_owned());
    }
    Err(ShapeError::new(
        "expected a word of lower-case letters, digits, plus, minus and dot",
    ))
}

fn country(value: &Json<'_>) -> Result<String, ShapeError> {
    let text = json::string(value)?;
    if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(text.to_owned());
    }
    Err(ShapeError::new(
        "expected a country in two capital letters, as in DE",
    ))
}

fn text(value: &Json<'_>) -> Result<String, ShapeError> {
    let text = json::string(value)?;
    let plain =
        !text.is_empty() && text.len() <= TEXT_BYTES_MAX && !text.chars().any(char::is_control);
    if plain {
        return Ok(text.to_owned());
    }
    Err(ShapeError::new(
        "expected 1 to 200 bytes of text on one line",
    ))
}

fn time(value: &Json<'_>) -> Result<Timestamp, ShapeError> {
    Timestamp::parse(json::string(value)?).map_err(|error| ShapeError::new(error.to_string()))
}
