//! Links (in-toto 1.0 §4.4), read strictly where rules look at them, and written.

use super::artifact::{ArtifactError, Artifacts, artifacts_to_json, read_artifacts};
use crate::envelope::{Envelope, EnvelopeError};
use crate::json::{self, Json, Members, Object, ShapeError, object, string, strings};
use crate::limits::Limits;

/// The record of one step as a functionary states it.
///
/// ```json
/// {"_type": "link", "name": "build", "command": ["make"], "materials": {"src/a.c": {"sha256": "…"}}, "products": {},
///  "byproducts": {"return-value": 0, "stdout": "", "stderr": ""}, "environment": {}}
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The step that was carried out.
    pub name: String,
    /// The command line, one word an item.
    pub command: Vec<String>,
    /// What went in.
    pub materials: Artifacts,
    /// What came out.
    pub products: Artifacts,
    /// Return value and output of the command. Nobody verifies them.
    pub byproducts: Json<'static>,
    /// Where the command ran. Nobody verifies it.
    pub environment: Json<'static>,
}

impl Link {
    /// A link without artifacts, command, by-products and environment.
    pub fn new(name: impl Into<String>) -> Self {
        let empty = || Json::Object(Object::default());
        Self {
            name: name.into(),
            command: Vec::new(),
            materials: Artifacts::new(),
            products: Artifacts::new(),
            byproducts: empty(),
            environment: empty(),
        }
    }

    /// Reads a link. By-products and environment are opaque (§4.4) and may be missing or null, as real rebuilders publish them; other
    /// members that are unknown are passed over, as they are in links of every other implementation.
    ///
    /// # Errors
    /// [`LinkError`] when something that rules look at is missing or of another form.
    pub fn from_json(value: &Json<'_>) -> Result<Self, LinkError> {
        let members = object(value)?;
        let found = members.read("_type", string)?;
        if found != "link" {
            return Err(LinkError::Type(found.to_owned()));
        }
        let artifacts = |name: &'static str| {
            read_artifacts(members.required(name)?)
                .map_err(|source| LinkError::Artifacts { list: name, source })
        };
        let opaque = |name: &str| match members.get(name) {
            None | Some(Json::Null) => Json::Object(Object::default()),
            Some(value) => value.clone().into_owned(),
        };
        let command = match members.get("command") {
            None => Vec::new(),
            Some(words) => strings(words).map_err(|error| error.within("command"))?,
        };
        Ok(Self {
            name: members.read("name", string)?.to_owned(),
            command,
            materials: artifacts("materials")?,
            products: artifacts("products")?,
            byproducts: opaque("byproducts"),
            environment: opaque("environment"),
        })
    }

    /// Reads a link out of an envelope although nobody checked a signature: for tools that show or compare, never for judging.
    ///
    /// # Errors
    /// [`LinkError`] when the bytes are no envelope, or hold no link.
    pub fn dangerous_unverified(bytes: &[u8], limits: &Limits) -> Result<Self, LinkError> {
        let envelope = Envelope::parse(bytes, limits)?;
        if let Some(payload) = envelope.dangerous_unverified_payload() {
            let value = json::parse(payload, limits).map_err(EnvelopeError::from)?;
            return Self::from_json(&value);
        }
        let value = json::parse(bytes, limits).map_err(EnvelopeError::from)?;
        Self::from_json(object(&value)?.required("signed")?)
    }

    /// The link as JSON, every member of the specification there.
    pub fn to_json(&self) -> Json<'static> {
        Json::object([
            ("_type", Json::text("link")),
            ("name", Json::text(self.name.clone())),
            ("command", Json::texts(self.command.clone())),
            ("materials", artifacts_to_json(&self.materials)),
            ("products", artifacts_to_json(&self.products)),
            ("byproducts", self.byproducts.clone()),
            ("environment", self.environment.clone()),
        ])
    }
}

/// Why a link cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// Not an envelope.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// Another kind of document.
    #[error("{0:?} is not a link")]
    Type(String),
    /// A member is missing or of another form.
    #[error("malformed link: {0}")]
    Shape(#[from] ShapeError),
    /// Materials or products cannot be used.
    #[error("malformed link: {list}: {source}")]
    Artifacts {
        /// `materials` or `products`.
        list: &'static str,
        /// What is wrong.
        source: ArtifactError,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;
    use crate::limits::Limits;

    fn read(text: &str) -> Result<Link, LinkError> {
        Link::from_json(&json::parse(text.as_bytes(), &Limits::STANDARD).unwrap())
    }

    #[test]
    fn a_link_is_written_as_it_is_read() {
        let digest = "ab".repeat(32);
        let text = format!(
            r#"{{"_type":"link","name":"s","command":["a","b"],"materials":{{"x":{{"sha256":"{digest}"}}}},"products":{{}},
            "byproducts":{{"return-value":1}},"environment":{{"workdir":"/"}}}}"#
        );
        let link = read(&text).unwrap();
        assert_eq!(link.command, ["a", "b"]);
        assert_eq!(Link::from_json(&link.to_json()).unwrap(), link);
    }

    #[test]
    fn what_nobody_verifies_may_be_missing() {
        let link = read(
            r#"{"_type":"link","name":"s","materials":{},"products":{},"environment":null,"new":1}"#,
        );
        assert_eq!(link.unwrap(), Link::new("s"));
    }

    #[test]
    fn what_rules_look_at_must_be_there() {
        for text in [
            r#"{"_type":"layout","name":"s","materials":{},"products":{}}"#,
            r#"{"_type":"link","materials":{},"products":{}}"#,
            r#"{"_type":"link","name":"s","products":{}}"#,
            r#"{"_type":"link","name":"s","materials":{}}"#,
            r#"{"_type":"link","name":"s","materials":{"a":{}},"products":{}}"#,
            r#"{"_type":"link","name":"s","materials":{},"products":{"./a":{"sha256":"ab"}}}"#,
            r#"{"_type":"link","name":"s","materials":{},"products":{},"command":"make"}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
