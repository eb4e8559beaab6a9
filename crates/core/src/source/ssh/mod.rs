//! SSH signatures (SSHSIG) and the lists of those whose signatures count (`allowed_signers`).
//!
//! **Enters:** an armoured signature, the message that it is said to cover, an `allowed_signers` file, a namespace, a time.
//! **Leaves:** the [`Principal`] who signed, or the most specific reason why nobody did.
//! **Never:** a time zone, a date of the signed object, a certificate, a kind of key that is not named here.

mod allowed;
mod key;
mod line;
mod pattern;
mod signature;
mod wire;

pub use allowed::{AllowedSigners, Principal, SshRefusal};
pub use key::{SshKeyError, SshPublicKey};
pub use line::{AllowedSignersError, AllowedSignersFault};
pub use signature::{SshSignature, SshSignatureError};
