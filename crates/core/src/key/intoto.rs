//! Keys as in-toto 1.0 §4.2 writes them in JSON, and OpenPGP keys as in-toto tools do.

use super::material::Material;
use super::openpgp::{self, Certificate, HASHES, Subkey};
use super::{Fingerprint, KeyError, PublicKey, Scheme};
use crate::digest::{Sha256, hex, hex_into};
use crate::json::{Json, Members, Object, ShapeError, canonical, object, string, strings};

/// A key id is a label: bounded, printable, free of anything that a path or a terminal would act on.
const KEY_ID_CHARACTERS_MAX: usize = 128;

/// Subkeys of one OpenPGP key: people have about five.
const SUBKEYS_MAX: usize = 64;

/// Reads `{"keytype", "scheme", "keyval": {"public"}}` with an optional `keyid`, or an OpenPGP key; `id` is the name under which
/// a map held it, which a `keyid` must repeat: a key has one id.
pub(crate) fn key_from_json(value: &Json<'_>, id: Option<&str>) -> Result<PublicKey, KeyError> {
    let members = object(value)?;
    let own_id = members
        .get("keyid")
        .map(|id| string(id).map_err(|error| error.within("keyid")))
        .transpose()?;
    if let (Some(id), Some(own_id)) = (id, own_id)
        && id != own_id
    {
        return Err(KeyError::TwoIds {
            id: label(id)?,
            own_id: label(own_id)?,
        });
    }
    let id = id.or(own_id).map(label).transpose()?;
    if members.get("method").is_some() {
        return openpgp_key(members, id);
    }
    members.only(&[
        "keyid",
        "keyid_hash_algorithms",
        "keytype",
        "keyval",
        "scheme",
    ])?;
    plain_key(members, id)
}

/// As [`key_from_json`], for keys that sign DSSE envelopes, which OpenPGP keys do not.
pub(crate) fn plain_key_from_json(
    value: &Json<'_>,
    id: Option<&str>,
) -> Result<PublicKey, KeyError> {
    let key = key_from_json(value, id)?;
    if key.is_openpgp() {
        return Err(KeyError::OpenPgp);
    }
    Ok(key)
}

fn plain_key(members: &Object<'_>, id: Option<String>) -> Result<PublicKey, KeyError> {
    let keytype = members.read("keytype", string)?;
    let scheme_name = members.read("scheme", string)?;
    let keyval = members.read("keyval", object)?;
    read_keyval(keyval)?;
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
    Ok(PublicKey::new(material, scheme, id))
}

/// Refuses what makes a public key something else: a private part, a certificate.
fn read_keyval(keyval: &Object<'_>) -> Result<(), KeyError> {
    keyval
        .only(&["certificate", "private", "public"])
        .map_err(|error| error.within("keyval"))?;
    let empty = |name| {
        keyval
            .get(name)
            .is_none_or(|value| *value == Json::text(""))
    };
    if !empty("private") {
        return Err(KeyError::Private);
    }
    if !empty("certificate") {
        return Err(KeyError::Certificate);
    }
    Ok(())
}

/// Reads `{"type", "method", "hashes", "keyid", "keyval", "subkeys"?, "creation_time"?, "validity_period"?}`.
fn openpgp_key(members: &Object<'_>, id: Option<String>) -> Result<PublicKey, KeyError> {
    let main = openpgp_part(members, id)?;
    let mut subkeys = Vec::new();
    if let Some(listed) = members.get("subkeys") {
        let listed = object(listed).map_err(|error| error.within("subkeys"))?;
        if listed.len() > SUBKEYS_MAX {
            return Err(KeyError::TooMany {
                what: "subkeys",
                count_max: SUBKEYS_MAX,
            });
        }
        for (id, value) in listed.iter() {
            let subkey = openpgp_subkey(id, value).map_err(|source| KeyError::Subkey {
                id: label(id).unwrap_or_default(),
                source: Box::new(source),
            })?;
            if id == main.id {
                return Err(ShapeError::new("the main key is not its own subkey")
                    .within("subkeys")
                    .into());
            }
            subkeys.push(subkey);
        }
    }
    let certificate = Certificate {
        lifetime: main.lifetime,
        subkeys,
    };
    Ok(PublicKey::openpgp(
        main.material,
        main.scheme,
        main.id,
        certificate,
    ))
}

fn openpgp_subkey(id: &str, value: &Json<'_>) -> Result<Subkey, KeyError> {
    let members = object(value)?;
    if members.get("subkeys").is_some() {
        return Err(ShapeError::new("a subkey has no subkeys").into());
    }
    openpgp_part(members, Some(label(id)?))
}

/// What main keys and subkeys have alike.
fn openpgp_part(members: &Object<'_>, id: Option<String>) -> Result<Subkey, KeyError> {
    members.only(&[
        "creation_time",
        "hashes",
        "keyid",
        "keyval",
        "method",
        "subkeys",
        "type",
        "validity_period",
    ])?;
    let own_id = members.read("keyid", string)?;
    let id = id.unwrap_or_else(|| own_id.to_owned());
    if id != own_id {
        return Err(KeyError::TwoIds {
            own_id: label(own_id)?,
            id,
        });
    }
    if !openpgp::is_key_id(&id) {
        return Err(ShapeError::new("expected 40 digits of lower-case hex")
            .within("keyid")
            .into());
    }
    if members.read("hashes", strings)? != [HASHES] {
        return Err(ShapeError::new(format!("expected [{HASHES:?}]"))
            .within("hashes")
            .into());
    }
    let keyval = members.read("keyval", object)?;
    read_keyval(keyval)?;
    let (kind, method) = (
        members.read("type", string)?,
        members.read("method", string)?,
    );
    let within = |error: ShapeError| error.within("keyval");
    let (material, scheme) = match (kind, method) {
        ("rsa", "pgp+rsa-pkcsv1.5") => {
            let [e, n] = openpgp::read_numbers(keyval, ["e", "n"]).map_err(within)?;
            (Material::from_rsa_numbers(&n, &e)?, Scheme::OpenPgpRsa)
        }
        ("eddsa", "pgp+eddsa-ed25519") => {
            let [q] = openpgp::read_numbers(keyval, ["q"]).map_err(within)?;
            (Material::from_ed25519_bytes(&q)?, Scheme::OpenPgpEd25519)
        }
        ("dsa", "pgp+dsa-fips-180-2") => return Err(KeyError::Dsa),
        _ => {
            return Err(KeyError::Scheme {
                keytype: kind.into(),
                scheme: method.into(),
            });
        }
    };
    Ok(Subkey {
        fingerprint: Fingerprint::of(&material),
        id,
        material,
        scheme,
        lifetime: openpgp::read_lifetime(members)?,
    })
}

pub(super) fn label(id: &str) -> Result<String, ShapeError> {
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
    if let Some(certificate) = &key.certificate {
        let mut members =
            openpgp::key_members(key.id(), &key.material, key.scheme, certificate.lifetime);
        if !certificate.subkeys.is_empty() {
            members.push(("subkeys", openpgp::subkeys_to_json(certificate)));
        }
        return Json::object(members);
    }
    let mut members = identified(key);
    members.push(("keyid", Json::text(key.id().to_owned())));
    Json::object(members)
}

/// The id that current in-toto tools compute: SHA-256 over the canonical key without an id.
pub(super) fn computed_id(key: &PublicKey) -> String {
    Sha256::of(&canonical(&Json::object(identified(key)))).to_string()
}

/// The id that tools from before in-toto 1.0 compute: with the hashes that ids could be made by, and PEM without its final newline.
pub(super) fn legacy_id(key: &PublicKey) -> String {
    let public = key
        .material
        .ed25519_bytes()
        .map_or_else(|| key.material.to_pem(), |bytes| hex(bytes));
    let value = Json::object([
        ("keyid_hash_algorithms", Json::texts(["sha256", "sha512"])),
        ("keytype", Json::text(key.material.keytype())),
        (
            "keyval",
            Json::object([("public", Json::text(public.trim_end()))]),
        ),
        ("scheme", Json::text(key.scheme.name())),
    ]);
    Sha256::of(&canonical(&value)).to_string()
}

fn identified(key: &PublicKey) -> Vec<(&'static str, Json<'static>)> {
    let public = key
        .material
        .ed25519_bytes()
        .map_or_else(|| key.material.to_pem(), |bytes| hex(bytes));
    vec![
        ("keytype", Json::text(key.material.keytype())),
        ("keyval", Json::object([("public", Json::text(public))])),
        ("scheme", Json::text(key.scheme.name())),
    ]
}
