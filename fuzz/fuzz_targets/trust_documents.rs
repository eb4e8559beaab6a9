//! Parties, naming rules and bound releases of a trust repository: what is accepted is written as something that is read as the same, and every project has a name.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate_trust::limits::TrustLimits;
use quorate_trust::naming::Naming;
use quorate_trust::project::is_project_name;
use quorate_trust::releases::Releases;
use quorate_trust::roster::Party;

const LIMITS: TrustLimits = TrustLimits::STANDARD;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(party) = Party::read(bytes, &LIMITS) {
        let again = Party::read(&party.to_bytes(), &LIMITS).expect("what we write is read");
        assert_eq!(again, party);
        assert!(!party.keys.is_empty());
    }
    if let Ok(releases) = Releases::read(bytes, &LIMITS) {
        let again = Releases::read(&releases.to_bytes(), &LIMITS).expect("what we write is read");
        assert_eq!(again, releases);
        for binding in releases.bound() {
            let bound = releases.of_file(binding.artifacts.as_str());
            let known = |it: &_| releases.bound().iter().any(|other| other.release == *it);
            assert!(bound.is_none_or(known));
        }
    }
    if let Ok(naming) = Naming::read(bytes, &LIMITS) {
        let again = Naming::read(&naming.to_bytes(), &LIMITS).expect("what we write is read");
        assert_eq!(again, naming);
        for name in ["hello_1.0_amd64.deb", "", "../x_", "A_1"] {
            if let Ok(project) = naming.project_of(name) {
                assert!(is_project_name(&project));
            }
        }
    }
});
