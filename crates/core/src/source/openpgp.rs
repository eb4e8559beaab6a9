//! What judging asks of OpenPGP, which this crate does not speak: certificates have rules of their own, kept by a crate of its own.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::json::{self, Json, Members, object, string};
use crate::limits::Limits;
use crate::time::Timestamp;

const TYPE: &str = "https://quorate.dev/openpgp-certificate/v1";

/// Checks OpenPGP signatures. All validity is judged at `at`, never at a time that the signature itself claims.
pub trait OpenPgpVerifier: std::fmt::Debug + Sync {
    /// Who signed exactly `message` in one detached signature block: everybody who has a signature in it.
    ///
    /// # Errors
    /// Why the block does not hold, when any signature in it does not hold by a key of `certificates`.
    fn verify(
        &self,
        certificates: &[Vec<u8>],
        signature: &[u8],
        message: &[u8],
        at: Timestamp,
    ) -> Result<Vec<OpenPgpSigner>, String>;

    /// The text that a clear-signed document covers, and who signed it.
    ///
    /// # Errors
    /// As for [`Self::verify`]; also when anything stands before or after the frame, and for verifiers that do not know the form.
    fn clear_signed(
        &self,
        certificates: &[Vec<u8>],
        document: &[u8],
        at: Timestamp,
    ) -> Result<(Vec<u8>, Vec<OpenPgpSigner>), String> {
        let _ = (certificates, document, at);
        Err("clear-signed documents cannot be checked here".to_owned())
    }

    /// The IDs of the keys that signatures name as theirs, 16 digits of lower-case hex each: of one detached block, or of the first
    /// armoured block in a clear-signed document or signed tag.
    ///
    /// # Errors
    /// Why it cannot be told. Then every certificate may matter.
    fn issuers(&self, document: &[u8]) -> Result<BTreeSet<String>, String> {
        let _ = document;
        Err("the issuers of OpenPGP signatures cannot be read here".to_owned())
    }
}

/// Who made a signature.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpenPgpSigner {
    /// The certificate's fingerprint in lower-case hex.
    pub certificate: String,
    /// The fingerprint of the key that signed.
    pub key: String,
}

/// Refuses every OpenPGP signature: for programs without that crate.
#[derive(Clone, Copy, Debug)]
pub struct NoOpenPgp;

impl OpenPgpVerifier for NoOpenPgp {
    fn verify(
        &self,
        _: &[Vec<u8>],
        _: &[u8],
        _: &[u8],
        _: Timestamp,
    ) -> Result<Vec<OpenPgpSigner>, String> {
        Err("this program does not judge OpenPGP signatures".to_owned())
    }
}

/// One certificate as a document that travels with evidence. It is trusted for its digest, which the policy names.
///
/// ```json
/// {"_type": "https://quorate.dev/openpgp-certificate/v1", "certificate": "BASE64"}
/// ```
pub fn certificate_document(certificate: &[u8]) -> Vec<u8> {
    Json::object([
        ("_type", Json::text(TYPE)),
        ("certificate", Json::text(STANDARD.encode(certificate))),
    ])
    .to_text()
}

/// The certificate in such a document; `None` for any other.
pub(crate) fn certificate_in(bytes: &[u8], limits: &Limits) -> Option<Vec<u8>> {
    let value = json::parse(bytes, limits).ok()?;
    let members = object(&value).ok()?;
    if members.read("_type", string).ok()? != TYPE {
        return None;
    }
    members.only(&["_type", "certificate"]).ok()?;
    STANDARD
        .decode(members.read("certificate", string).ok()?)
        .ok()
}
