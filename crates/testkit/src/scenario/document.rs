//! Documents as an attacker with keys would make them: any JSON, signed by anybody, changed in any place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quorate::digest::Sha256;
use quorate::envelope::{sign, sign_metablock};
use quorate::json::{Json, parse};
use quorate::key::SigningKey;
use quorate::limits::Limits;

/// A DSSE envelope over `payload` with the signatures of `keys`.
pub fn signed<'k>(
    payload_type: &str,
    payload: &[u8],
    keys: impl IntoIterator<Item = &'k SigningKey>,
) -> Vec<u8> {
    sign(payload_type, payload, &keys.into_iter().collect::<Vec<_>>())
}

/// An in-toto metablock over the JSON document `payload`, as the older tools write it.
pub fn metablock<'k>(payload: &[u8], keys: impl IntoIterator<Item = &'k SigningKey>) -> Vec<u8> {
    sign_metablock(&read(payload), &keys.into_iter().collect::<Vec<_>>())
}

/// The JSON document with `value` at `path`, a list of names and indexes; `None` takes out what is there.
///
/// # Panics
/// When the document is not JSON or the path leads through something that is not there.
pub fn edited(document: &[u8], path: &[&str], value: Option<Json<'_>>) -> Vec<u8> {
    let path_text = path.join(".");
    let (last, parents) = path.split_last().expect("a path has at least one name");
    let edit = Edit { parents, last };
    edit.apply(read(document), value, &path_text).to_text()
}

/// The JSON document with the text at `path` replaced.
pub fn replaced(document: &[u8], path: &[&str], text: &str) -> Vec<u8> {
    edited(document, path, Some(Json::text(text.to_owned())))
}

/// The JSON document without what is at `path`.
pub fn without(document: &[u8], path: &[&str]) -> Vec<u8> {
    edited(document, path, None)
}

/// The envelope with bit `bit` of its decoded payload flipped, signatures left as they are.
///
/// # Panics
/// When the bytes are not a DSSE envelope with a payload.
pub fn flipped(envelope: &[u8], bit: usize) -> Vec<u8> {
    let Json::Object(members) = read(envelope) else {
        panic!("an envelope is an object")
    };
    let Some(Json::String(payload)) = members.get("payload") else {
        panic!("a DSSE envelope has a payload")
    };
    let mut bytes = STANDARD
        .decode(payload.as_bytes())
        .expect("our payloads are base64");
    let at = bit / 8 % bytes.len();
    bytes[at] ^= 1 << (bit % 8);
    replaced(envelope, &["payload"], &STANDARD.encode(bytes))
}

struct Edit<'p> {
    parents: &'p [&'p str],
    last: &'p str,
}

impl Edit<'_> {
    fn apply<'a>(&self, value: Json<'a>, new: Option<Json<'a>>, path: &str) -> Json<'a> {
        let (name, rest) = match self.parents.split_first() {
            Some((name, rest)) => (*name, Some(rest)),
            None => (self.last, None),
        };
        let child = |old: Option<&Json<'a>>| match rest {
            None => new,
            Some(parents) => {
                let old = old.unwrap_or_else(|| panic!("nothing at {name} of {path}"));
                let last = self.last;
                Some(Edit { parents, last }.apply(old.clone(), new, path))
            }
        };
        match value {
            Json::Object(members) => {
                let child = child(members.get(name)).map(|child| (name.to_owned(), child));
                let others = members.iter().filter(|(key, _)| *key != name);
                let others = others.map(|(key, value)| (key.to_owned(), value.clone()));
                Json::object(others.chain(child).collect::<Vec<_>>())
            }
            Json::Array(mut items) => {
                let at: usize = name.parse().expect("an index in a path");
                let child = child(items.get(at));
                let until = items.len().min(at + 1);
                items.splice(at.min(until)..until, child);
                Json::Array(items)
            }
            other => panic!("{} at {name} of {path}", other.kind()),
        }
    }
}

fn read(document: &[u8]) -> Json<'_> {
    parse(document, &Limits::STANDARD).expect("the document is JSON")
}

/// SHA-256 in hex, for documents that name each other.
pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::of(bytes).to_string()
}

#[cfg(test)]
mod tests {
    use super::{edited, replaced, without};
    use quorate::json::Json;

    #[test]
    fn a_document_is_changed_at_a_path() {
        let text = br#"{"a":[{"b":1},{"b":2}],"c":"x"}"#;
        let new = edited(text, &["a", "1", "b"], Some(Json::number(3)));
        assert_eq!(new, br#"{"a":[{"b":1},{"b":3}],"c":"x"}"#);
        assert_eq!(without(text, &["a", "0"]), br#"{"a":[{"b":2}],"c":"x"}"#);
        assert_eq!(
            replaced(text, &["d"], "y"),
            br#"{"a":[{"b":1},{"b":2}],"c":"x","d":"y"}"#
        );
        let longer = edited(text, &["a", "2"], Some(Json::Null));
        assert_eq!(longer, br#"{"a":[{"b":1},{"b":2},null],"c":"x"}"#);
    }
}
