//! A party as the owners of a policy name it: `[[party]]` of `policy.toml`, and an item of `parties` in the terms.

use super::declared::{Declared, Domain};
use crate::json::{Json, Members, ShapeError, object, string, strings};
use crate::time::Timestamp;

/// A party in the terms.
///
/// ```json
/// {"name": "alpha", "keyids": ["…"], "declared": {"principal": "…", "domain": {…}}, "validUntil": "2028-01-01T00:00:00Z"}
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyTerms {
    /// Its name.
    pub name: String,
    /// The ids of its keys in the layout.
    pub keyids: Vec<String>,
    /// What it declares, where the policy says it.
    pub declared: Option<Declared>,
    /// The first second at which it is trusted; without it, from ever.
    pub valid_from: Option<Timestamp>,
    /// The first second at which it no longer is; without it, for ever.
    pub valid_until: Option<Timestamp>,
}

impl PartyTerms {
    pub(super) fn to_json(&self) -> Json<'static> {
        let time = |time: Timestamp| Json::text(time.to_string());
        let optional = [
            ("declared", self.declared.as_ref().map(Declared::to_json)),
            ("validFrom", self.valid_from.map(time)),
            ("validUntil", self.valid_until.map(time)),
        ];
        let always = [
            ("name", Json::text(self.name.clone())),
            ("keyids", Json::texts(self.keyids.clone())),
        ];
        let optional = optional.into_iter();
        Json::object(
            always
                .into_iter()
                .chain(optional.filter_map(|(name, said)| Some((name, said?)))),
        )
    }

    pub(super) fn from_json(value: &Json<'_>) -> Result<Self, ShapeError> {
        let members = object(value)?;
        members.only(&["declared", "keyids", "name", "validFrom", "validUntil"])?;
        let time = |name| match members.get(name) {
            None => Ok(None),
            Some(_) => members.read(name, |value| time(string(value)?)).map(Some),
        };
        let party = Self {
            name: members.read("name", string)?.to_owned(),
            keyids: members.read("keyids", strings)?,
            declared: match members.get("declared") {
                None => None,
                Some(_) => Some(members.read("declared", Declared::from_json)?),
            },
            valid_from: time("validFrom")?,
            valid_until: time("validUntil")?,
        };
        party.in_order()
    }

    fn in_order(self) -> Result<Self, ShapeError> {
        match (self.valid_from, self.valid_until) {
            (Some(from), Some(until)) if until <= from => {
                Err(ShapeError::new("it ends before it begins").within("validUntil"))
            }
            _ => Ok(self),
        }
    }
}

fn time(text: &str) -> Result<Timestamp, ShapeError> {
    Timestamp::parse(text).map_err(|error| ShapeError::new(error.to_string()))
}

/// `[[party]]` of `policy.toml`.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartyTable {
    pub(super) name: String,
    pub(super) keys: Vec<String>,
    /// A party that only carries out later steps says `false`, and has no vote on what was rebuilt.
    #[serde(default = "rebuilds")]
    pub(super) rebuilds: bool,
    principal: Option<String>,
    hosting: Option<String>,
    country: Option<String>,
    toolchain: Option<String>,
    valid_from: Option<String>,
    valid_until: Option<String>,
}

fn rebuilds() -> bool {
    true
}

impl PartyTable {
    /// The party with the ids of its keys.
    pub(super) fn terms(&self, keyids: Vec<String>) -> Result<PartyTerms, ShapeError> {
        let moment = |key: &str, text: &Option<String>| {
            let text = text.as_deref();
            text.map(|text| time(text).map_err(|error| error.within(key)))
                .transpose()
        };
        let party = || {
            PartyTerms {
                name: self.name.clone(),
                keyids,
                declared: self.declared()?,
                valid_from: moment("valid_from", &self.valid_from)?,
                valid_until: moment("valid_until", &self.valid_until)?,
            }
            .in_order()
        };
        party().map_err(|error| error.within(&format!("party {:?}", self.name)))
    }

    fn declared(&self) -> Result<Option<Declared>, ShapeError> {
        match (
            &self.principal,
            &self.hosting,
            &self.country,
            &self.toolchain,
        ) {
            (None, None, None, None) => Ok(None),
            (Some(principal), Some(hosting), Some(country), Some(toolchain)) => {
                let domain = Domain {
                    hosting: hosting.clone(),
                    country: country.clone(),
                    toolchain: toolchain.clone(),
                };
                let declared = Declared::new(principal.clone(), domain);
                declared
                    .map(Some)
                    .map_err(|error| ShapeError::new(error.to_string()))
            }
            _ => Err(ShapeError::new(
                "principal, hosting, country and toolchain are said together or not at all",
            )),
        }
    }
}
