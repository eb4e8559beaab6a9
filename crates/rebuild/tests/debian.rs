//! Real packages: rebuilt without having seen the archive's own, then compared with them bit for bit.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod lab;

use std::fs;
use std::process::Command;

use lab::{Lab, outcome, succeed};

/// Sources that are known to rebuild; an archive need not have all of them any more.
const KNOWN: [&str; 3] = [
    "catdoc=1:0.95-6~deb12u1",
    "debootstrap=1.0.128+nmu2+deb12u2",
    "what-is-python=13+deb12u1",
];

#[test]
fn a_rebuilt_package_is_the_archive_s_own_bit_for_bit() {
    for release in KNOWN {
        let lab = Lab::new();
        let mut command = Command::new(lab::PROGRAM);
        command
            .args(["debian", release, "--json"])
            .arg("--key")
            .arg(lab.key());
        command.arg("--out").arg(lab.out());
        lab.with_shared_cache(&mut command);
        let run = outcome(&mut command);
        if ["source-not-in-archive", "no-such-source"].contains(&run.error()) {
            println!("{release}: {}", run.stderr);
            continue;
        }
        assert_eq!(run.code, 0, "{}", run.stderr);
        let products = run.json["result"]["products"].as_array().unwrap();
        // The archive keeps packages of debug symbols elsewhere.
        for product in products
            .iter()
            .filter(|it| !it["package"].as_str().unwrap().ends_with("-dbgsym"))
        {
            let (package, version) = (
                product["package"].as_str().unwrap(),
                product["version"].as_str().unwrap(),
            );
            let folder = lab.path(package);
            fs::create_dir(&folder).unwrap();
            let wanted = format!("{package}={version}");
            succeed(
                Command::new("apt-get")
                    .current_dir(&folder)
                    .args(["-q", "download", &wanted]),
            );
            let published = fs::read_dir(&folder)
                .unwrap()
                .next()
                .unwrap()
                .unwrap()
                .path();
            let rebuilt = lab.out().join(product["name"].as_str().unwrap());
            assert!(
                fs::read(published).unwrap() == fs::read(rebuilt).unwrap(),
                "{wanted} differs"
            );
        }
        return;
    }
    panic!("the archive has none of {KNOWN:?}: this test needs a source that it has");
}
