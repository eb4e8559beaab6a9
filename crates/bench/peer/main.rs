//! Records a path by the crate `in-toto`, so that the bench `recording` can measure it as a whole program.
//!
//! **Enters:** a path.
//! **Leaves:** the number of artifacts on stdout.
//! **Never:** a dependency of our programs.

fn main() {
    let path = std::env::args().nth(1).expect("the bench gives a path");
    let artifacts = in_toto::runlib::record_artifacts(&[&path], None, None);
    println!("{}", artifacts.expect("the bench's files can be recorded").len());
}
