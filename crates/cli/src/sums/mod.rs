//! `quorate sums`: how far builders agree who publish lists of digests.
//!
//! **Enters:** a folder of builders' lists with their signatures, a folder of certificates, a time.
//! **Leaves:** who agrees, who dissents, whose signature does not hold and why.
//! **Never:** a verdict: a list names no source, and when it was signed only its signer says.

mod judge;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use quorate::time::Timestamp;

use crate::args::parse_time;
use crate::error::CommandError;
use crate::output;
use crate::source::{self, LIMITS};

use judge::{Keys, Set};

#[derive(Debug, Subcommand)]
pub(crate) enum SumsVerb {
    /// Show who agrees and who does not; weak evidence, because lists name no source
    #[command(after_help = "\
Example:
  quorate sums show guix.sigs/29.1 --keys guix.sigs/builder-keys

FOLDER has BUILDER/noncodesigned.SHA256SUMS and BUILDER/all.SHA256SUMS with signatures beside them
(.asc). A certificate in BUILDER.gpg alone speaks for that builder.

Exit codes: 0 all agree and all signatures hold, 1 not so or nothing there, 2 could not judge.")]
    Show {
        /// The folder of builders for one release
        folder: PathBuf,
        /// The folder of the builders' OpenPGP certificates
        #[arg(long, value_name = "DIR")]
        keys: PathBuf,
        /// Judge as of this time [default: now]
        #[arg(long, value_parser = parse_time, value_name = "TIME")]
        at: Option<Timestamp>,
        /// Ask for this one of the files that the lists name
        #[arg(long, value_name = "NAME")]
        file: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(verb: SumsVerb) -> Result<ExitCode, CommandError> {
    let SumsVerb::Show {
        folder,
        keys,
        at,
        file,
        json,
    } = verb;
    let at = source::time(at)?;
    let files = quorate_gather::certificate_files(&keys)?;
    let items: Vec<Vec<u8>> = files.iter().map(|(_, bytes)| bytes.clone()).collect();
    let keys = Keys::read(&files, &items)
        .map_err(|error| CommandError::unable(format!("{}: {error}", keys.display())))?;
    let published = quorate_gather::published_lists(&folder, &LIMITS)?;
    if published.lists.is_empty() {
        output::talk(
            "hint: name the folder of one release, which has a folder for each builder, such as guix.sigs/29.1",
        );
    }
    let sets = Set::of(published.lists, &keys, at);
    let file = file.as_deref();
    let asked: Vec<&Set> = sets
        .iter()
        .filter(|set| file.is_none_or(|file| set.names(file)))
        .collect();
    if json {
        output::json(&report::json(&asked, &published.junk, at, file))?;
    } else {
        for junk in &published.junk {
            let (path, reason) = (junk.path.display(), &junk.reason);
            output::talk(&output::line(&format!("left out: {path}: {reason}")));
        }
        output::answer(&report::text(&asked, at, file))?;
    }
    let good = !asked.is_empty() && asked.iter().all(|set| set.is_good(file));
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}
