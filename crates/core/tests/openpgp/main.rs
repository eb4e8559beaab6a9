//! OpenPGP functionary keys: in-toto's form of them is read strictly, their signatures count as it says, and on metablocks alone.

mod keys;
mod signatures;
mod threshold;

use quorate::digest::Sha256;
use quorate::json::{Json, parse};
use quorate::key::{KeyError, OpenPgpSignature, PublicKey, SigningKey, public_keys_from_file};
use quorate::limits::Limits;

/// The id of the key or subkey of that name: no digest of anything, for ids are labels.
fn id(name: &str) -> String {
    Sha256::of(name.as_bytes()).to_string()[..40].to_owned()
}

/// A key in in-toto's form, of the material of a key that signs here.
fn json(name: &str, key: &SigningKey) -> Json<'static> {
    let of_key = key.public().to_json();
    let Json::Object(members) = &of_key else {
        panic!("a key is an object")
    };
    let Some(Json::Object(keyval)) = members.get("keyval") else {
        panic!("a key has a keyval")
    };
    let Some(Json::String(public)) = keyval.get("public") else {
        panic!("a key has a public part")
    };
    let (kind, method, public) = if public.starts_with("-----") {
        let (n, e) = rsa_numbers(public);
        let public = Json::object([("e", Json::text(e)), ("n", Json::text(n))]);
        ("rsa", "pgp+rsa-pkcsv1.5", public)
    } else {
        let public = Json::object([("q", Json::text(public.clone().into_owned()))]);
        ("eddsa", "pgp+eddsa-ed25519", public)
    };
    let keyval = Json::object([("private", Json::text("")), ("public", public)]);
    Json::object([
        ("hashes", Json::texts(["pgp+SHA2"])),
        ("keyid", Json::text(id(name))),
        ("keyval", keyval),
        ("method", Json::text(method)),
        ("type", Json::text(kind)),
    ])
}

fn rsa_numbers(pem: &str) -> (String, String) {
    use rsa::pkcs8::DecodePublicKey;
    use rsa::traits::PublicKeyParts;
    let key = rsa::PublicKey::from_public_key_pem(pem).expect("an RSA key");
    let hex = |bytes: Box<[u8]>| {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let digits = digits.trim_start_matches("00").to_owned();
        assert_eq!(digits.len() % 2, 0);
        digits
    };
    (hex(key.n_bytes()), hex(key.e_bytes()))
}

/// The same JSON object with further members, or others in the place of those it has.
fn with(
    value: &Json<'static>,
    more: impl IntoIterator<Item = (&'static str, Json<'static>)>,
) -> Json<'static> {
    let Json::Object(members) = value else {
        panic!("an object")
    };
    let more: Vec<_> = more.into_iter().collect();
    let kept = members
        .iter()
        .filter(|(name, _)| more.iter().all(|(other, _)| other != name))
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect::<Vec<_>>();
    let more = more
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    Json::object(kept.into_iter().chain(more.collect::<Vec<_>>()))
}

fn with_subkeys(main: &Json<'static>, subkeys: &[(&str, &SigningKey)]) -> Json<'static> {
    let subkeys = subkeys
        .iter()
        .map(|(name, key)| (id(name), json(name, key)));
    with(
        main,
        [("subkeys", Json::object(subkeys.collect::<Vec<_>>()))],
    )
}

fn read(key: &Json<'_>) -> Result<PublicKey, KeyError> {
    let mut keys = public_keys_from_file(&key.to_text(), &Limits::STANDARD)?;
    assert_eq!(keys.len(), 1);
    Ok(keys.remove(0))
}

/// The headers that gpg writes: version 4, type 0, an algorithm, SHA-256, and hashed subpackets.
fn headers(algorithm: u8) -> Vec<u8> {
    vec![4, 0, algorithm, 8, 0, 6, 5, 2, 0x5c, 9, 0x5e, 0x65]
}

/// What an OpenPGP signature covers (RFC 4880 §5.2.4).
fn covered(message: &[u8], headers: &[u8]) -> Vec<u8> {
    let length = u32::try_from(headers.len()).expect("short headers");
    [message, headers, &[4, 0xff], &length.to_be_bytes()].concat()
}

/// The signature of an Ed25519 key over `message`, with these headers.
fn eddsa(name: &str, key: &SigningKey, message: &[u8], headers: &[u8]) -> OpenPgpSignature {
    let signed = covered(message, headers);
    let signature = key.sign(Sha256::of(&signed).as_bytes());
    OpenPgpSignature::new(&id(name), headers.to_vec(), signature).expect("good headers")
}

fn value(text: &str) -> Json<'_> {
    parse(text.as_bytes(), &Limits::STANDARD).expect("JSON")
}
