//! OpenPGP at the edge: certificates and detached signatures into what in-toto metadata holds.
//!
//! **Enters:** certificates (armoured or binary), detached signatures, a time, [`Limits`](quorate::limits::Limits).
//! **Leaves:** functionary keys ([`PublicKey`](quorate::key::PublicKey)) that were valid at that time, and the parts of a signature.
//! **Never:** a private key, a clock, a key ring of the machine, a verdict: signatures on metadata are checked by the library `quorate`.

mod certificate;
mod signature;
mod split;

pub use certificate::{CertificateError, functionary_keys};
pub use signature::{DetachedSignatureError, signature_from_detached};
pub use split::split_certificates;
