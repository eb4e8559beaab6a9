//! The demonstration of in-toto, made with our commands and verified by us and by the stock tools.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod stage;

use std::path::Path;
use std::process::Command;

use stage::python::python_tools;

#[test]
fn the_demonstration_is_accepted_and_each_meddling_refused_by_us_and_by_the_stock_verifier() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/in-toto-demo/run");
    let output = Command::new(script)
        .arg(env!("CARGO_BIN_EXE_quorate"))
        .arg(python_tools().join("bin/in-toto-verify"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{talk}");
    assert_eq!(
        said.matches("(the other verifier says the same)").count(),
        5
    );
    assert_eq!(said.matches("ACCEPTED").count(), 2);
    assert_eq!(said.matches("root.layout: REFUSED").count(), 3);
}
