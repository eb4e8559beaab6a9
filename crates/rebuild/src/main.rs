//! `quorate-rebuild`: fetch → root → dependencies → build → digest → sign.
//!
//! **Enters:** a source package's name or a repository and a tag, archives with their keys, the path of a signing key.
//! **Leaves:** what was rebuilt, the log, and two statements signed by that key.
//! **Never:** the published package, an unauthenticated byte, a judgement whether anything is equal.
//!
//! Three processes share the work. The *front* plans and waits. The *build process* runs in namespaces of its own and
//! is the only one that starts foreign code, each time in the sandbox. The *signing process* starts when nothing of
//! the build is left.
//!
//! **Architecture Invariant:** a process that can start foreign code never has the signing key, and the process that
//! has it starts no program and believes nothing that it has not parsed and hashed itself.

mod builder;
mod building;
mod debian;
mod digest_file;
mod earlier;
mod error;
mod front;
mod git;
mod interrupt;
mod outputs;
mod placing;
mod protocol;
mod release;
mod report;
mod sandbox;
mod sign;
mod tool;
mod workplace;

use std::process::ExitCode;

use clap::Parser as _;
use quorate_rebuild_args::{CommandLine, RunArgs, Verb};

use error::RebuildError;
use protocol::Release;
use report::{Report, Verbosity};

fn main() -> ExitCode {
    // Whoever started us may have left files or folders open: a build would get out of its sandbox through them.
    close_fds::set_fds_cloexec_threadsafe(3, &[]);
    match CommandLine::parse().verb {
        Verb::Debian(args) => rebuild(&args.run, release::debian(&args)),
        Verb::Git(args) => rebuild(&args.run, release::git(&args)),
        Verb::BuildProcess => builder::run(),
        Verb::SignProcess(args) => report::answer_front(sign::sign_staged(&args)),
        Verb::CheckKey { key } => {
            report::answer_front(sign::read_key(&key).map(|key| key.public().id().to_owned()))
        }
        Verb::Sources { suite } => sources(&suite),
    }
}

fn rebuild(args: &RunArgs, release: Result<Release, RebuildError>) -> ExitCode {
    let report = Report::new(if args.quiet {
        Verbosity::Quiet
    } else {
        Verbosity::Phases
    });
    let outcome = release.and_then(|release| front::rebuild(args, release, &report));
    let outcome = outcome.map_err(RebuildError::into_failure);
    if args.json {
        report::answer_json(&outcome, &args.out);
    }
    match &outcome {
        Ok(signed) if !args.json => report::answer(signed, &args.out),
        Ok(_) => {}
        Err(failure) => report.failure(failure),
    }
    outcome.map_or_else(
        |failure| ExitCode::from(failure.exit),
        |_| ExitCode::SUCCESS,
    )
}

fn sources(suite: &str) -> ExitCode {
    match debian::sources::Sources::of_host(suite) {
        Ok(sources) => {
            report::sources(&sources.all);
            ExitCode::SUCCESS
        }
        Err(error) => {
            Report::new(Verbosity::Quiet).failure(&error.into_failure());
            ExitCode::from(2)
        }
    }
}
