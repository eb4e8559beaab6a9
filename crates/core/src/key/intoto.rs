//! Keys as in-toto 1.0 §4.2 writes them in JSON.

use super::material::Material;
use super::{KeyError, PublicKey, Scheme};
use crate::digest::{Sha256, hex, hex_into};
use crate::json::{Json, Members, ShapeError, canonical, object, string};

/// A key id is a label: bounded, printable, free of anything that a path or a terminal would act on.
const KEY_ID_CHARACTERS_MAX: usize = 128;

/// Reads `{"keytype", "scheme", "keyval": {"public"}}` with an optional `keyid`; `id` is the name under which a map held it.
pub(crate) fn key_from_json(value: &Json<'_>, id: Option<&str>) -> Result<PublicKey, KeyError> {
    let members = object(value)?;
    members.only(&[
        "keyid",
        "keyid_hash_algorithms",
        "keytype",
        "keyval",
        "scheme",
    ])?;
    let keytype = members.read("keytype", string)?;
    let scheme_name = members.read("scheme", string)?;
    let keyval = members.read("keyval", object)?;
    keyval
        .only(&["public", "private"])
        .map_err(|error| error.within("keyval"))?;
    if keyval
        .get("private")
        .is_some_and(|private| *private != Json::text(""))
    {
        return Err(KeyError::Private);
    }
    let public = keyval
        .read("public", string)
        .map_err(|error| error.within("keyval"))?;
    let material = match keytype {
        "ed25519" => {
            let mut bytes = [0; 32];
            hex_into(public, &mut bytes).ok_or_else(|| {
                ShapeError::new("expected 64 digits of lower-case hex").within("keyval.public")
            })?;
            Material::from_ed25519_bytes(&bytes)?
        }
        _ => Material::from_pem(public)?,
    };
    let scheme = Scheme::from_name(scheme_name);
    // Before 1.0 the tools wrote the scheme's name as the type of an ECDSA key.
    let type_fits =
        keytype == material.keytype() || (material.keytype() == "ecdsa" && keytype == scheme_name);
    let scheme = scheme
        .filter(|scheme| type_fits && material.supports(*scheme))
        .ok_or_else(|| KeyError::Scheme {
            keytype: keytype.into(),
            scheme: scheme_name.into(),
        })?;
    let own_id = members
        .get("keyid")
        .map(|id| string(id).map_err(|error| error.within("keyid")))
        .transpose()?;
    let id = id.or(own_id).map(label).transpose()?;
    Ok(PublicKey::new(material, scheme, id))
}

fn label(id: &str) -> Result<String, ShapeError> {
    let plain = !id.is_empty()
        && id.len() <= KEY_ID_CHARACTERS_MAX
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:+".contains(&byte));
    if plain {
        Ok(id.to_owned())
    } else {
        Err(ShapeError::new("expected letters, digits and -_.:+, at most 128").within("keyid"))
    }
}

/// The form that [`key_from_json`] reads back, with its id, for layouts.
pub(crate) fn key_to_json(key: &PublicKey) -> Json<'static> {
    let Json::Object(members) = identified(key) else {
        unreachable!("identified() makes an object")
    };
    let members = members
        .iter()
        .map(|(name, value)| (name.to_owned(), value.clone()));
    Json::object(members.chain([("keyid".to_owned(), Json::text(key.id().to_owned()))]))
}

/// The id that current in-toto tools compute: SHA-256 over the canonical key without an id.
pub(super) fn computed_id(key: &PublicKey) -> String {
    Sha256::of(&canonical(&identified(key))).to_string()
}

fn identified(key: &PublicKey) -> Json<'static> {
    let public = key
        .material
        .ed25519_bytes()
        .map_or_else(|| key.material.to_pem(), |bytes| hex(bytes));
    Json::object([
        ("keytype", Json::text(key.material.keytype())),
        ("keyval", Json::object([("public", Json::text(public))])),
        ("scheme", Json::text(key.scheme.name())),
    ])
}
