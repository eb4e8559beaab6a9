//! Lists an archive, and says on stderr how much memory that took at most: `list FORMAT FILE`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program")]

use std::fs::File;

use quorate_archive::{ArchiveError, Contents, Format, Limits, Member, Visitor, visit_seek};

/// Prints members while they pass, so that no list is held.
struct Print;

impl Visitor for Print {
    fn member(&mut self, _: &Member) -> Contents {
        Contents::Unwanted
    }

    fn end(&mut self, member: &Member) {
        let digest = member.sha256.map(|digest| digest.to_string());
        println!(
            "{:8} {:04o} {:>10} {:64} {}",
            member.kind.word(),
            member.mode,
            member.size,
            digest.unwrap_or_default(),
            member.name
        );
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, format, path] = &*arguments else {
        return Err("usage: list FORMAT FILE".into());
    };
    let format = Format::parse(format).ok_or("an unknown format")?;
    let walked: Result<_, ArchiveError> =
        visit_seek(File::open(path)?, format, &Limits::STANDARD, &mut Print);
    // `VmHWM` is the largest resident memory so far.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|line| line.starts_with("VmHWM"));
    eprintln!("{}", peak.unwrap_or("VmHWM: unknown"));
    println!("{}", walked?.whole);
    Ok(())
}
