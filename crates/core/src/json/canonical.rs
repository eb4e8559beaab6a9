//! Canonical JSON as in-toto metablocks are signed over it (OLPC), and a valid JSON text of the same form for our own files.

use super::Json;

/// The OLPC canonical form: sorted keys, no white space, strings with only `\` and `"` escaped.
///
/// The result is what metablock signatures cover. It need not be valid JSON: control characters stand raw in it.
pub fn canonical(value: &Json<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, Escapes::Olpc, &mut out);
    out
}

impl Json<'_> {
    /// A JSON text with sorted keys and no white space, control characters escaped; [`super::parse`] reads it back unchanged.
    pub fn to_text(&self) -> Vec<u8> {
        let mut out = Vec::new();
        write(self, Escapes::Json, &mut out);
        out
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Escapes {
    Olpc,
    Json,
}

fn write(value: &Json<'_>, escapes: Escapes, out: &mut Vec<u8>) {
    match value {
        Json::Null => out.extend_from_slice(b"null"),
        Json::Bool(true) => out.extend_from_slice(b"true"),
        Json::Bool(false) => out.extend_from_slice(b"false"),
        Json::Integer(digits) => out.extend_from_slice(digits.as_bytes()),
        Json::String(text) => write_string(text, escapes, out),
        Json::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write(item, escapes, out);
            }
            out.push(b']');
        }
        Json::Object(members) => {
            out.push(b'{');
            for (at, (key, item)) in members.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_string(key, escapes, out);
                out.push(b':');
                write(item, escapes, out);
            }
            out.push(b'}');
        }
    }
}

fn write_string(text: &str, escapes: Escapes, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut plain_from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let special = byte == b'"' || byte == b'\\' || (byte < 0x20 && escapes == Escapes::Json);
        if special {
            out.extend_from_slice(&bytes[plain_from..at]);
            plain_from = at + 1;
            if byte < 0x20 {
                out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
            } else {
                out.extend_from_slice(&[b'\\', byte]);
            }
        }
    }
    out.extend_from_slice(&bytes[plain_from..]);
    out.push(b'"');
}
