//! OpenPGP at the edge: certificates and detached signatures into what in-toto metadata holds, and who signed a document.
//!
//! **Enters:** certificates (armoured or binary), detached signatures, clear-signed documents, a time, [`Limits`](quorate::limits::Limits).
//! **Leaves:** functionary keys ([`PublicKey`](quorate::key::PublicKey)) that were valid at that time, the parts of a signature, and
//! the [`Signer`]s of exactly the bytes that were given.
//! **Never:** a private key, a clock, a key ring of the machine, a verdict: signatures on metadata are checked by the library `quorate`.

mod armor;
mod candidate;
mod certificate;
mod judge;
mod keyring;
mod refusal;
mod signature;
mod split;
mod standard;
mod verify;

pub use certificate::{CertificateError, functionary_keys};
pub use judge::Sequoia;
pub use keyring::{Certificates, certificate_ids, key_ids};
pub use refusal::SignatureRefusal;
pub use signature::{DetachedSignatureError, signature_from_detached};
pub use split::{merge_copies, split_certificates};
pub use verify::{Signer, claimed_time, cleartext, signers};
