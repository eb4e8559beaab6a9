//! TUF metadata: what is accepted is written as something that is read as the same, and nobody holds a role without a signature.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate_testkit::scenario::ed25519;
use quorate_trust::limits::TrustLimits;
use quorate_trust::metadata::{
    Received, Role, RoleKeys, Root, Snapshot, Targets, TimestampRole, TopRole, sign, unsigned,
};

const LIMITS: TrustLimits = TrustLimits::STANDARD;

fuzz_target!(|bytes: &[u8]| {
    holds::<Targets>(bytes);
    holds::<Snapshot>(bytes);
    holds::<TimestampRole>(bytes);
    holds::<Root>(bytes);
    if let Ok(root) = Received::<Root>::read(bytes, &LIMITS) {
        for role in TopRole::ALL {
            let holders = root.unverified().role(role);
            assert!((1..=holders.ids().len()).contains(&holders.threshold()));
        }
    }
});

fn holds<R: Role>(bytes: &[u8]) {
    let Ok(read) = Received::<R>::read(bytes, &LIMITS) else {
        return;
    };
    let written = unsigned(read.unverified());
    let again = Received::<R>::read(&written, &LIMITS).expect("what we write is read");
    assert_eq!(again.unverified().common(), read.unverified().common());
    assert_eq!(unsigned(again.unverified()), written);
    let key = ed25519("a holder that no fuzzer is");
    let holders = RoleKeys::new("any", &[key.public().clone()], 1).expect("one key of one");
    assert!(read.signed_by(&holders).is_err());
    let signed = sign(&written, &key, &LIMITS).expect("what we write can be signed");
    let signed = Received::<R>::read(&signed, &LIMITS).expect("a signature changes no content");
    assert!(signed.signed_by(&holders).is_ok());
}
