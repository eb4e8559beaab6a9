//! in-toto links ⇄ [`Rebuild`]: the link of step `rebuild` carries the statement of the same run; other links are weak.

use std::collections::BTreeMap;

use super::AttestationError;
use super::rebuild::{Rebuild, STEP};
use super::statement::{self, read_sha256};
use crate::digest::Sha256;
use crate::envelope::{Opened, PAYLOAD_TYPE_IN_TOTO};
use crate::json::{Json, Members, Object, ShapeError, object, string};
use crate::limits::Limits;

/// What an opened envelope says, of the forms that can be evidence of a rebuild.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attestation {
    /// A rebuild whose source is bound.
    Rebuild(Box<Rebuild>),
    /// Bytes that somebody says to have produced, from no source that can be checked.
    Weak(WeakLink),
}

/// An in-toto link that names outputs but carries no rebuild statement, such as rebuilderd's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeakLink {
    /// The link's name.
    pub name: String,
    /// Outputs by name, with SHA-256.
    pub products: BTreeMap<String, Sha256>,
}

impl Attestation {
    /// Reads the payload of an opened envelope.
    ///
    /// # Errors
    /// [`AttestationError`] when it is neither a rebuild statement nor a link, or does not hold together.
    pub fn read(opened: &Opened<'_>, limits: &Limits) -> Result<Self, AttestationError> {
        if opened.payload_type() != PAYLOAD_TYPE_IN_TOTO {
            return Err(AttestationError::Type(opened.payload_type().to_owned()));
        }
        let value = opened.json(limits)?;
        let members = object(&value)?;
        if statement::is_statement(members) {
            return Ok(Self::Rebuild(Box::new(statement::read(&value, limits)?)));
        }
        match members.read("_type", string)? {
            "link" => read_link(members, limits),
            other => Err(AttestationError::Type(other.to_owned())),
        }
    }
}

fn read_link(link: &Object<'_>, limits: &Limits) -> Result<Attestation, AttestationError> {
    let name = link.read("name", string)?;
    let materials = link.read("materials", |value| read_artifacts(value, limits))?;
    let products = link.read("products", |value| read_artifacts(value, limits))?;
    let carried = match link.get("environment") {
        Some(Json::Object(environment)) => environment.get("statement"),
        _ => None,
    };
    let Some(carried) = carried else {
        return Ok(Attestation::Weak(WeakLink {
            name: name.to_owned(),
            products,
        }));
    };
    if name != STEP {
        return Err(AttestationError::Type(format!(
            "a link of step {name:?} with a statement of step {STEP:?}"
        )));
    }
    let rebuild = statement::read(carried, limits)?;
    if materials != rebuild.source.materials() {
        return Err(AttestationError::LinkDiffers("materials"));
    }
    let stated: BTreeMap<_, _> = rebuild
        .products
        .iter()
        .map(|product| (product.name.clone(), product.digests.sha256))
        .collect();
    if products != stated {
        return Err(AttestationError::LinkDiffers("products"));
    }
    Ok(Attestation::Rebuild(Box::new(rebuild)))
}

fn read_artifacts(
    value: &Json<'_>,
    limits: &Limits,
) -> Result<BTreeMap<String, Sha256>, ShapeError> {
    let members = object(value)?;
    if members.len() > limits.materials_max {
        return Err(ShapeError::new("too many artifacts"));
    }
    let entry = |(name, digests): (&str, &Json<'_>)| {
        let sha256 = object(digests)
            .and_then(|digests| digests.read("sha256", read_sha256))
            .map_err(|error| error.within(&format!("{name:?}")))?;
        Ok((name.to_owned(), sha256))
    };
    members.iter().map(entry).collect()
}

/// Digest sets hold SHA-256 alone: in-toto 1.0 compares them as a whole, and the reference tools record nothing else.
pub(super) fn write(rebuild: &Rebuild) -> Json<'static> {
    let artifact = |name: &String, sha256: Sha256| {
        (
            name.clone(),
            Json::object([("sha256", Json::text(sha256.to_string()))]),
        )
    };
    // Maps: names come from outside, and one that occurs twice is for readers to refuse.
    let materials = rebuild.source.materials();
    let materials = materials
        .iter()
        .map(|(name, sha256)| artifact(name, *sha256));
    let products: BTreeMap<_, _> = rebuild
        .products
        .iter()
        .map(|product| artifact(&product.name, product.digests.sha256))
        .collect();
    Json::object([
        ("_type", Json::text("link")),
        ("name", Json::text(STEP)),
        ("command", Json::texts(rebuild.command.clone())),
        ("materials", Json::object(materials)),
        ("products", Json::object(products)),
        (
            "byproducts",
            Json::object([
                ("return-value", Json::number(0)),
                ("stdout", Json::text("")),
                ("stderr", Json::text("")),
            ]),
        ),
        (
            "environment",
            Json::object([("statement", statement::write(rebuild))]),
        ),
    ])
}
