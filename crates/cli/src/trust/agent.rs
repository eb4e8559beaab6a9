//! A key that an SSH agent holds: what is to be signed goes to the agent, and the private key stays there.
//!
//! The protocol is that of draft-miller-ssh-agent: a length in four bytes, a type, fields. Ed25519 alone: its signature in SSH's form is the
//! one that metadata has, while those of other types are encoded in another way.

use std::env;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use quorate::digest::Sha256;
use quorate::json::{self, Members};
use quorate::key::PublicKey;
use quorate_trust::metadata::{Signer, SignerError};

use crate::error::CommandError;

/// SSH_AGENTC_SIGN_REQUEST and SSH_AGENT_SIGN_RESPONSE.
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;
/// A signature takes less than a hundred; no agent has more to say.
const ANSWER_BYTES_MAX: u32 = 65_536;
/// A person may have to touch a token or to confirm.
const PATIENCE: Duration = Duration::from_secs(120);
const ED25519: &[u8] = b"ssh-ed25519";

/// One key of an agent.
pub(super) struct Agent {
    socket: PathBuf,
    public: PublicKey,
    raw: [u8; 32],
}

impl Agent {
    pub(super) fn with_key(public: PublicKey) -> Result<Self, CommandError> {
        let socket = env::var_os("SSH_AUTH_SOCK").map(PathBuf::from);
        let socket = socket.ok_or_else(|| {
            CommandError::unable("SSH_AUTH_SOCK is not set, so there is no agent")
                .hint("start one with `eval $(ssh-agent)` and add the key with `ssh-add`")
        })?;
        let raw = raw_ed25519(&public)
            .ok_or_else(|| CommandError::unable("an agent signs here with Ed25519 keys alone"))?;
        Ok(Self {
            socket,
            public,
            raw,
        })
    }

    fn ask(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        let failed = |error: std::io::Error| format!("agent {}: {error}", self.socket.display());
        let mut stream = UnixStream::connect(&self.socket).map_err(failed)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(failed)?;
        let mut body = vec![SIGN_REQUEST];
        put(&mut body, &key_blob(&self.raw));
        put(&mut body, message);
        body.extend([0; 4]);
        let mut request = Vec::new();
        put(&mut request, &body);
        stream.write_all(&request).map_err(failed)?;
        let mut length = [0; 4];
        stream.read_exact(&mut length).map_err(failed)?;
        let length = u32::from_be_bytes(length);
        if length > ANSWER_BYTES_MAX {
            return Err("the agent's answer is too long".to_owned());
        }
        let mut answer = vec![0; length as usize];
        stream.read_exact(&mut answer).map_err(failed)?;
        signature_in(&answer).ok_or_else(|| {
            "the agent does not sign with this key; `ssh-add -l` lists what it has".to_owned()
        })
    }
}

impl Signer for Agent {
    fn public(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.ask(message).map_err(SignerError)
    }
}

/// The key's bytes, which its in-toto form has in hex.
fn raw_ed25519(key: &PublicKey) -> Option<[u8; 32]> {
    if key.scheme().name() != "ed25519" {
        return None;
    }
    let form = key.to_json();
    let keyval = json::object(&form)
        .ok()?
        .read("keyval", json::object)
        .ok()?;
    let text = keyval.read("public", json::string).ok()?;
    // 32 bytes in lower-case hex, as a SHA-256 is written.
    Some(*Sha256::parse(text).ok()?.as_bytes())
}

fn key_blob(raw: &[u8; 32]) -> Vec<u8> {
    let mut blob = Vec::new();
    put(&mut blob, ED25519);
    put(&mut blob, raw);
    blob
}

/// RFC 4251 §5, `string`.
fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend(length.to_be_bytes());
    out.extend(bytes);
}

fn take<'b>(from: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (length, rest) = from.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (taken, rest) = rest.split_at_checked(length)?;
    *from = rest;
    Some(taken)
}

fn signature_in(answer: &[u8]) -> Option<Vec<u8>> {
    let (&SIGN_RESPONSE, mut fields) = answer.split_first()? else {
        return None;
    };
    let mut blob = take(&mut fields)?;
    let kind = take(&mut blob)?;
    let signature = take(&mut blob)?;
    (kind == ED25519 && signature.len() == 64 && blob.is_empty() && fields.is_empty())
        .then(|| signature.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use quorate::key::SigningKey;

    #[test]
    fn the_key_that_is_asked_for_is_the_one_of_the_file() {
        let key = SigningKey::ed25519_from_seed(&[7; 32]);
        let raw = raw_ed25519(key.public()).unwrap();
        let mut blob = key_blob(&raw).as_slice().to_vec();
        assert_eq!(blob.len(), 4 + 11 + 4 + 32);
        assert_eq!(blob.split_off(19), raw);
    }

    #[test]
    fn an_answer_that_is_no_signature_is_none() {
        let mut inner = Vec::new();
        put(&mut inner, ED25519);
        put(&mut inner, &[1; 64]);
        let mut good = vec![SIGN_RESPONSE];
        put(&mut good, &inner);
        assert_eq!(signature_in(&good), Some(vec![1; 64]));
        for bad in [
            &[][..],
            &[5],
            &good[..40],
            &[good.as_slice(), &[0]].concat(),
        ] {
            assert_eq!(signature_in(bad), None, "{bad:?}");
        }
    }
}
