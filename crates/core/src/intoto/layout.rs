//! Layouts (in-toto 1.0 §4.3), read strictly and written.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use super::{ParameterError, Parameters, Rule};
use crate::json::{Json, Members, Object, ShapeError, array, integer, object, string, strings};
use crate::key::{Fingerprint, KeyError, PublicKey, key_from_json, key_to_json};
use crate::limits::Limits;
use crate::time::Timestamp;

/// A supply chain as its owner defines it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The second after which the layout is no longer in force.
    pub expires: Timestamp,
    /// Text for people.
    pub readme: String,
    /// Keys of functionaries by key id.
    pub keys: BTreeMap<String, PublicKey>,
    /// The steps in order.
    pub steps: Vec<Step>,
    /// The inspections in order.
    pub inspections: Vec<Inspection>,
}

/// A step that functionaries carry out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Unique name.
    pub name: String,
    /// How many links the step needs.
    pub threshold: NonZeroUsize,
    /// Ids of the keys that may sign the step's links.
    pub pubkeys: Vec<String>,
    /// The command that the step is expected to run; a difference is a warning.
    pub expected_command: Vec<String>,
    /// Rules over what went in.
    pub expected_materials: Vec<Rule>,
    /// Rules over what came out.
    pub expected_products: Vec<Rule>,
}

/// A command that a verifier runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Unique name.
    pub name: String,
    /// The command as a list of words.
    pub run: Vec<String>,
    /// Rules over the folder before.
    pub expected_materials: Vec<Rule>,
    /// Rules over the folder after.
    pub expected_products: Vec<Rule>,
}

impl Layout {
    /// Reads a layout; every field must be there and be understood.
    ///
    /// # Errors
    /// [`LayoutError`] for anything missing, unknown, doubled or out of range.
    pub fn from_json(value: &Json<'_>, limits: &Limits) -> Result<Self, LayoutError> {
        let members = object(value)?;
        without_certificates(members, &["rootcas", "intermediatecas"])?;
        members.only(&["_type", "expires", "inspect", "keys", "readme", "steps"])?;
        if members.read("_type", string)? != "layout" {
            return Err(ShapeError::new("expected \"layout\"")
                .within("_type")
                .into());
        }
        let time = |value: &Json<'_>| {
            Timestamp::parse(string(value)?).map_err(|error| ShapeError::new(error.to_string()))
        };
        let layout = Self {
            expires: members.read("expires", time)?,
            readme: match members.get("readme") {
                None => String::new(),
                Some(text) => string(text)
                    .map_err(|error| error.within("readme"))?
                    .to_owned(),
            },
            keys: read_keys(members.read("keys", object)?, limits)?,
            steps: each(members, "steps", Step::read)?,
            inspections: each(members, "inspect", Inspection::read)?,
        };
        layout.consistent()
    }

    /// The layout as JSON, keys with their ids.
    pub fn to_json(&self) -> Json<'static> {
        let keys = self
            .keys
            .iter()
            .map(|(id, key)| (id.clone(), key_to_json(key)));
        Json::object([
            ("_type", Json::text("layout")),
            ("expires", Json::text(self.expires.to_string())),
            ("readme", Json::text(self.readme.clone())),
            ("keys", Json::object(keys)),
            (
                "steps",
                Json::Array(self.steps.iter().map(Step::to_json).collect()),
            ),
            (
                "inspect",
                Json::Array(self.inspections.iter().map(Inspection::to_json).collect()),
            ),
        ])
    }

    /// Names are unique over steps and inspections and are plain; each step has the distinct keys that its threshold asks for.
    ///
    /// A step may list an id that the layout has no key for, or one key under two ids: neither adds a vote. What is no id at all
    /// is a layout that means something else.
    fn consistent(self) -> Result<Self, LayoutError> {
        let mut names = BTreeSet::new();
        for name in self
            .steps
            .iter()
            .map(|step| &step.name)
            .chain(self.inspections.iter().map(|inspection| &inspection.name))
        {
            if !is_plain_name(name) || !names.insert(name) {
                return Err(LayoutError::Name(name.clone()));
            }
        }
        for step in &self.steps {
            if let Some(id) = step.pubkeys.iter().find(|id| !is_key_id(id)) {
                return Err(LayoutError::KeyId(id.clone()));
            }
            let holders = holders(self.functionaries(step).map(|functionary| functionary.key));
            let distinct: BTreeSet<usize> = holders.into_values().collect();
            if step.threshold.get() > distinct.len() {
                return Err(LayoutError::Threshold {
                    step: step.name.clone(),
                    threshold: step.threshold.get(),
                    keys: distinct.len(),
                });
            }
        }
        Ok(self)
    }

    /// Who may sign links of `step`, in the order in which it lists their ids; ids without a key are left out, and so are repetitions,
    /// which the reference tools accept: each would cost a copy of its key.
    pub fn functionaries<'l>(&'l self, step: &'l Step) -> impl Iterator<Item = Functionary<'l>> {
        let mut seen = BTreeSet::new();
        let ids = step.pubkeys.iter().filter(move |id| seen.insert(*id));
        ids.filter_map(|id| {
            if let Some(key) = self.keys.get(id) {
                return Some(Functionary { id, key });
            }
            // A step may list an OpenPGP subkey: then that subkey alone speaks for its main key.
            let key = self.keys.values().find(|key| key.has_id(id))?;
            Some(Functionary { id, key })
        })
    }

    /// The same layout with parameters put in; see [`Parameters`] for where.
    ///
    /// # Errors
    /// [`ParameterError`] when a word names a parameter that is not given, has a lone brace, or is no rule afterwards.
    pub fn with_parameters(mut self, parameters: &Parameters) -> Result<Self, ParameterError> {
        for step in &mut self.steps {
            parameters.fill(&mut step.expected_command)?;
            parameters.fill_rules(&mut step.expected_materials)?;
            parameters.fill_rules(&mut step.expected_products)?;
        }
        for inspection in &mut self.inspections {
            parameters.fill(&mut inspection.run)?;
            parameters.fill_rules(&mut inspection.expected_materials)?;
            parameters.fill_rules(&mut inspection.expected_products)?;
        }
        Ok(self)
    }
}

/// A key that may sign links of a step, under the id by which the step lists it.
#[derive(Clone, Copy, Debug)]
pub struct Functionary<'l> {
    /// The id of the key or of one of its subkeys.
    pub id: &'l str,
    /// The key.
    pub key: &'l PublicKey,
}

impl<'l> Functionary<'l> {
    /// The ids under which the functionary may sign: a key's own and its subkeys', or the one subkey's that the step lists.
    pub fn ids(self) -> impl Iterator<Item = &'l str> {
        let whole = self.key.id() == self.id;
        self.key.ids().filter(move |id| whole || *id == self.id)
    }
}

/// Who holds each key: keys that share material, of their own or of a subkey, have one holder, and one vote.
pub(super) fn holders<'k>(
    keys: impl Iterator<Item = &'k PublicKey>,
) -> BTreeMap<Fingerprint, usize> {
    let mut groups: Vec<BTreeSet<Fingerprint>> = Vec::new();
    for key in keys {
        let mut group: BTreeSet<Fingerprint> = key.fingerprints().collect();
        for other in std::mem::take(&mut groups) {
            if other.is_disjoint(&group) {
                groups.push(other);
            } else {
                group.extend(other);
            }
        }
        groups.push(group);
    }
    let numbered = groups.into_iter().enumerate();
    numbered
        .flat_map(|(holder, group)| group.into_iter().map(move |key| (key, holder)))
        .collect()
}

impl Step {
    fn read(value: &Json<'_>) -> Result<Self, LayoutError> {
        let members = object(value)?;
        without_certificates(members, &["cert_constraints"])?;
        members.only(&[
            "_type",
            "expected_command",
            "expected_materials",
            "expected_products",
            "name",
            "pubkeys",
            "threshold",
        ])?;
        read_type(members, "step")?;
        Ok(Self {
            name: members.read("name", string)?.to_owned(),
            threshold: members.read("threshold", |value| {
                NonZeroUsize::new(integer(value)?)
                    .ok_or_else(|| ShapeError::new("a threshold of 0 asks for nothing"))
            })?,
            pubkeys: members.read("pubkeys", strings)?,
            expected_command: members.read("expected_command", strings)?,
            expected_materials: each(members, "expected_materials", Rule::read)?,
            expected_products: each(members, "expected_products", Rule::read)?,
        })
    }

    fn to_json(&self) -> Json<'static> {
        Json::object([
            ("_type", Json::text("step")),
            ("name", Json::text(self.name.clone())),
            (
                "threshold",
                Json::number(i128::try_from(self.threshold.get()).unwrap_or(i128::MAX)),
            ),
            ("pubkeys", Json::texts(self.pubkeys.clone())),
            (
                "expected_command",
                Json::texts(self.expected_command.clone()),
            ),
            ("expected_materials", rules(&self.expected_materials)),
            ("expected_products", rules(&self.expected_products)),
        ])
    }
}

impl Inspection {
    fn read(value: &Json<'_>) -> Result<Self, LayoutError> {
        let members = object(value)?;
        members.only(&[
            "_type",
            "expected_materials",
            "expected_products",
            "name",
            "run",
        ])?;
        read_type(members, "inspection")?;
        Ok(Self {
            name: members.read("name", string)?.to_owned(),
            run: members.read("run", strings)?,
            expected_materials: each(members, "expected_materials", Rule::read)?,
            expected_products: each(members, "expected_products", Rule::read)?,
        })
    }

    fn to_json(&self) -> Json<'static> {
        Json::object([
            ("_type", Json::text("inspection")),
            ("name", Json::text(self.name.clone())),
            ("run", Json::texts(self.run.clone())),
            ("expected_materials", rules(&self.expected_materials)),
            ("expected_products", rules(&self.expected_products)),
        ])
    }
}

/// Constraints on certificates (ITE-7, as the Go implementation writes them) say who may sign: a layout that has some means less
/// without them, so that it is refused and not read as if they were not there.
fn without_certificates(members: &Object<'_>, names: &[&'static str]) -> Result<(), LayoutError> {
    let is_empty = |value: &Json<'_>| match value {
        Json::Null => true,
        Json::Object(members) => members.is_empty(),
        Json::Array(items) => items.is_empty(),
        _ => false,
    };
    let found = names
        .iter()
        .find(|name| members.get(name).is_some_and(|value| !is_empty(value)));
    found.map_or(Ok(()), |name| Err(LayoutError::Certificates(name)))
}

fn rules(rules: &[Rule]) -> Json<'static> {
    Json::Array(rules.iter().map(Rule::to_json).collect())
}

fn read_type(members: &Object<'_>, expected: &str) -> Result<(), LayoutError> {
    let found = members.read("_type", string)?;
    if found == expected {
        Ok(())
    } else {
        Err(ShapeError::new(format!("expected {expected:?}"))
            .within("_type")
            .into())
    }
}

fn read_keys(
    keys: &Object<'_>,
    limits: &Limits,
) -> Result<BTreeMap<String, PublicKey>, LayoutError> {
    if keys.len() > limits.parties_max * limits.keys_max {
        return Err(ShapeError::new("too many keys").within("keys").into());
    }
    let read = |(id, value): (&str, &Json<'_>)| {
        if !is_key_id(id) {
            return Err(LayoutError::KeyId(id.to_owned()));
        }
        let key = key_from_json(value, Some(id)).map_err(|source| LayoutError::Key {
            id: id.to_owned(),
            source,
        })?;
        Ok((id.to_owned(), key))
    };
    keys.iter().map(read).collect()
}

fn each<T>(
    members: &Object<'_>,
    name: &str,
    read: impl Fn(&Json<'_>) -> Result<T, LayoutError>,
) -> Result<Vec<T>, LayoutError> {
    members.read(name, array)?.iter().map(read).collect()
}

fn is_key_id(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A step's name becomes part of file names in tools that store links by it: one path component, nothing special.
fn is_plain_name(name: &str) -> bool {
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"._- ".contains(&byte));
    plain && !name.is_empty() && name.len() <= 128 && !name.starts_with('.') && !name.contains("..")
}

/// Why a layout cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// A field is missing, unknown or of the wrong form.
    #[error("{0}")]
    Shape(#[from] ShapeError),
    /// A key cannot be used.
    #[error("key {id}: {source}")]
    Key {
        /// The key's id.
        id: String,
        /// Why.
        source: KeyError,
    },
    /// The layout constrains who may sign by X.509 certificates.
    #[error(
        "{0:?} constrains functionaries by X.509 certificates, which is not enforced here; list their keys instead"
    )]
    Certificates(&'static str),
    /// An id that is not hex: links are filed by the first digits of it.
    #[error("the key id {0:?} is not hex")]
    KeyId(String),
    /// Two steps or inspections share a name, or a name could be a path.
    #[error("the name {0:?} is used twice or is not a plain name")]
    Name(String),
    /// A step asks for more links than it has keys.
    #[error("step {step:?} asks for {threshold} of {keys} keys")]
    Threshold {
        /// The step.
        step: String,
        /// Links asked for.
        threshold: usize,
        /// Distinct keys listed.
        keys: usize,
    },
}
