//! Git objects, source trees and releases by signed tags: real ones are read, and everything that means two things is refused.

mod identity;
mod objects;
mod properties;
mod release;
mod tags;
mod trees;
mod vectors;
mod workshop;

use std::num::NonZeroUsize;

use quorate::source::git::{OpenPgpSigner, OpenPgpVerifier, TagSigners};
use quorate::source::ssh::AllowedSigners;
use quorate::time::Timestamp;

/// The time at which everything is judged where no test says otherwise.
fn now() -> Timestamp {
    Timestamp::parse("2026-11-25T00:00:00Z").expect("a time")
}

fn one() -> NonZeroUsize {
    NonZeroUsize::MIN
}

/// SSH keys alone may sign.
fn ssh_signers(allowed: impl AsRef<[u8]>) -> TagSigners {
    TagSigners {
        needed: one(),
        ssh: Some(AllowedSigners::parse(allowed.as_ref()).expect("allowed signers")),
        openpgp: Vec::new(),
    }
}

/// Says who signed, for the tests of what is done with it. The real judge, and its checks, are in `crates/openpgp`.
#[derive(Debug)]
struct Says(Result<Vec<OpenPgpSigner>, String>);

impl Says {
    fn signed_by(fingerprints: &[(&str, &str)]) -> Self {
        let signer = |(certificate, key): &(&str, &str)| OpenPgpSigner {
            certificate: (*certificate).to_owned(),
            key: (*key).to_owned(),
        };
        Self(Ok(fingerprints.iter().map(signer).collect()))
    }
}

impl OpenPgpVerifier for Says {
    fn verify(
        &self,
        certificates: &[Vec<u8>],
        signature: &[u8],
        message: &[u8],
        at: Timestamp,
    ) -> Result<Vec<OpenPgpSigner>, String> {
        assert!(!certificates.is_empty() && at == now());
        assert!(signature.starts_with(b"-----BEGIN PGP SIGNATURE-----\n"));
        assert!(signature.ends_with(b"-----END PGP SIGNATURE-----\n"));
        assert!(message.starts_with(b"object ") && message.ends_with(b"\n"));
        self.0.clone()
    }
}
