//! `quorate diff`: what differs between two files, and what is likely to have caused it.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use quorate_diff::{Limits, Names, compare};
use quorate_gather::open_file;

use crate::args::DiffArguments;
use crate::error::CommandError;
use crate::output;
use crate::prove::write_whole;

pub(crate) fn run(arguments: &DiffArguments) -> Result<ExitCode, CommandError> {
    for path in [&arguments.a, &arguments.b] {
        if path.is_dir() {
            let problem = format!("{}: a folder, and files are compared", path.display());
            return Err(CommandError::unable(problem).hint(
                "make an archive of each in the same way and compare these: tar --sort=name --create --file=A.tar --directory=A .",
            ));
        }
    }
    let (a, b) = (open_file(&arguments.a)?, open_file(&arguments.b)?);
    let report = compare(a, b, &Limits::STANDARD).map_err(CommandError::unable)?;
    let (a, b) = (arguments.a.to_string_lossy(), arguments.b.to_string_lossy());
    let names = Names { a: &a, b: &b };
    if let Some(path) = &arguments.html {
        write_whole(path, quorate_diff::html(&report, names).as_bytes())?;
    }
    match arguments.json {
        true => output::json(&quorate_diff::json(&report, names))?,
        false => output::answer(&quorate_diff::text(&report, names))?,
    }
    if report.is_equal() {
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.deep {
        match installed() {
            Some(program) => pass_on(&deep(&program, &arguments.a, &arguments.b)?)?,
            None => output::talk("hint: diffoscope is not installed; `apt install diffoscope`"),
        }
    }
    Ok(ExitCode::from(1))
}

/// Where programs of the system are. The caller's search path could lead to somebody else's.
const FOLDERS: [&str; 2] = ["/usr/bin", "/usr/local/bin"];
/// The search path that diffoscope gets for the programs that it runs.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// As much of its report is passed on.
const REPORT_BYTES_MAX: u64 = 4 << 20;

fn installed() -> Option<PathBuf> {
    let candidates = FOLDERS.map(|folder| Path::new(folder).join("diffoscope"));
    candidates.into_iter().find(|path| path.is_file())
}

/// What diffoscope printed and how it ended.
struct Said {
    text: String,
    is_cut: bool,
    status: ExitStatus,
}

/// Its report as its own. It has no say in the exit code.
fn pass_on(said: &Said) -> Result<(), CommandError> {
    output::of_another_program("diffoscope", &said.text)?;
    if said.is_cut {
        output::talk(&format!(
            "diffoscope: only the first {REPORT_BYTES_MAX} bytes are shown"
        ));
    } else if !matches!(said.status.code(), Some(0 | 1)) {
        output::talk(&format!("diffoscope: {}", said.status));
    }
    Ok(())
}

/// Runs diffoscope over both files, with nothing of the caller's environment.
fn deep(program: &Path, a: &Path, b: &Path) -> Result<Said, CommandError> {
    let run = || {
        // From the root, so that no name is taken for an option.
        let files = [std::path::absolute(a)?, std::path::absolute(b)?];
        let (reader, writer) = std::io::pipe()?;
        let mut child = Command::new(program)
            .args([
                "--text",
                "-",
                "--text-color",
                "never",
                "--no-progress",
                "--",
            ])
            .args(files)
            .env_clear()
            .env("PATH", PATH)
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .env("PYTHONNOUSERSITE", "1")
            .env("PYTHONSAFEPATH", "1")
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .spawn()?;
        let mut said = Vec::new();
        let read = reader.take(REPORT_BYTES_MAX + 1).read_to_end(&mut said);
        let is_cut = said.len() as u64 > REPORT_BYTES_MAX;
        if is_cut || read.is_err() {
            // It may have ended by itself meanwhile.
            drop(child.kill());
        }
        let status = child.wait()?;
        read?;
        let text = String::from_utf8_lossy(&said).into_owned();
        Ok(Said {
            text,
            is_cut,
            status,
        })
    };
    run().map_err(|error: std::io::Error| {
        CommandError::unable(format!("{}: {error}", program.display()))
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::{REPORT_BYTES_MAX, Said, deep};

    fn run(script: &str) -> Said {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("diffoscope");
        std::fs::write(&program, format!("#!/bin/sh\n{script}")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        deep(&program, Path::new("-a b"), Path::new("/c;d")).unwrap()
    }

    #[test]
    fn diffoscope_gets_whole_paths_and_a_fixed_environment() {
        let said = run("printf '<%s>' \"$@\"; echo; env | sort; exit 1");
        let mut lines = said.text.lines();
        let own = std::env::current_dir().unwrap();
        let files = format!("<--><{}/-a b></c;d>", own.display());
        assert!(lines.next().unwrap().ends_with(&files), "{}", said.text);
        let names = lines
            .filter_map(|line| line.split_once('='))
            .map(|(name, _)| name);
        let known = [
            "LC_ALL",
            "PATH",
            "PWD",
            "PYTHONNOUSERSITE",
            "PYTHONSAFEPATH",
            "TZ",
        ];
        assert!(
            names
                .clone()
                .all(|name| known.contains(&name) || name == "_")
        );
        assert_eq!(said.status.code(), Some(1));
    }

    #[test]
    fn a_report_without_end_is_ended() {
        let said = run("yes");
        assert!(said.is_cut);
        assert_eq!(said.text.len() as u64, REPORT_BYTES_MAX + 1);
    }
}
