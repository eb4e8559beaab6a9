//! What a DSSE signature covers: the payload behind its pre-authentication encoding, in one piece of memory.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

use crate::json::ShapeError;

/// DSSE 1.0 `PAE(type, payload)`, of which the payload is the end: a large payload is decoded once, to where it is signed and read.
pub(super) struct Message {
    bytes: Vec<u8>,
    payload_from: usize,
}

impl Message {
    /// The encoding of `payload`.
    pub(super) fn of(payload_type: &str, payload: &[u8]) -> Self {
        let header = header(payload_type, payload.len());
        Self {
            payload_from: header.len(),
            bytes: [header.as_bytes(), payload].concat(),
        }
    }

    /// The encoding of a payload that is written in base64, in either alphabet (DSSE 1.0).
    pub(super) fn decoded(payload_type: &str, text: &str) -> Result<Self, ShapeError> {
        let padding = text.bytes().rev().take_while(|byte| *byte == b'=').count();
        let length = (text.len() / 4 * 3).saturating_sub(padding);
        let header = header(payload_type, length);
        let payload_from = header.len();
        let mut bytes = Vec::with_capacity(payload_from + length + 3);
        bytes.extend_from_slice(header.as_bytes());
        let mut decoded = STANDARD.decode_vec(text, &mut bytes);
        if decoded.is_err() {
            bytes.truncate(payload_from);
            decoded = URL_SAFE.decode_vec(text, &mut bytes);
        }
        decoded.map_err(|_| ShapeError::new("not base64"))?;
        if bytes.len() - payload_from != length {
            return Ok(Self::of(payload_type, &bytes[payload_from..]));
        }
        Ok(Self {
            bytes,
            payload_from,
        })
    }

    /// What the signature covers.
    pub(super) fn signed(&self) -> &[u8] {
        &self.bytes
    }

    /// The payload alone.
    pub(super) fn payload(&self) -> &[u8] {
        &self.bytes[self.payload_from..]
    }
}

fn header(payload_type: &str, length: usize) -> String {
    format!("DSSEv1 {} {payload_type} {length} ", payload_type.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decoded_payload_is_encoded_as_the_payload_is() {
        for length in 0..70 {
            let payload: Vec<u8> = (0..length).map(|at| (at * 37 + 251) as u8).collect();
            for text in [STANDARD.encode(&payload), URL_SAFE.encode(&payload)] {
                let decoded = Message::decoded("type", &text).unwrap();
                assert_eq!(decoded.signed(), Message::of("type", &payload).signed());
                assert_eq!(decoded.payload(), payload);
            }
        }
        // DSSE 1.0, protocol.md: the example of the specification.
        let example = Message::of("http://example.com/HelloWorld", b"hello world");
        assert_eq!(
            example.signed(),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for text in ["a", "=", "a=b=", "aGk", "aGk= ", "aGk=\n", "-_+/", "===="] {
            assert!(Message::decoded("type", text).is_err(), "{text:?}");
        }
    }
}
