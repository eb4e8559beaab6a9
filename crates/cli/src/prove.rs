//! `quorate prove`: policy and evidence in one file, when they lead to a yes.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use quorate::policy::Owners;
use quorate::proof::Proof;
use quorate::verify::Case;

use crate::args::ProveArguments;
use crate::error::CommandError;
use crate::output;
use crate::source::{self, LIMITS, PolicyDocuments, TOOLS};
use crate::verify::{artifact, report_dropped};

pub(crate) fn run(arguments: ProveArguments) -> Result<ExitCode, CommandError> {
    let documents = PolicyDocuments::read(&arguments.policy)?;
    let owners = if arguments.owners.owner.is_empty() {
        Owners::dangerous_declared_by(&documents.terms, &LIMITS).map_err(CommandError::refused)?
    } else {
        source::owners(&arguments.owners.owner, arguments.owners.owners_needed)?
    };
    let gathered = source::evidence(&arguments.evidence, &documents)?;
    let at = source::time(arguments.at)?;
    let case = Case::open(
        &documents.layout,
        &documents.terms,
        &owners,
        &gathered.evidence,
        at,
        &TOOLS,
    );
    let mut origins = BTreeSet::new();
    for file in &arguments.files {
        let verdict = case.judge(&artifact(file, &case)?, None);
        if !verdict.is_quorate() {
            output::verdict(file, &verdict)?;
            report_dropped(case.claims().dropped(), &gathered.junk);
            return Err(CommandError::refused(
                "no proof was written: the verdict is no",
            ));
        }
        origins.extend(case.origins_for(&verdict).into_iter().map(str::to_owned));
    }
    let evidence = gathered
        .evidence
        .iter()
        .filter(|document| origins.contains(&document.origin))
        .map(|document| document.bytes.as_ref());
    let proof = Proof::assemble(&documents.layout, &documents.terms, evidence, &LIMITS)
        .map_err(|error| CommandError::refused(format!("no proof was written: {error}")))?;
    write_whole(&arguments.out, &proof)?;
    output::talk(&format!(
        "{}: {} bytes, {} documents of evidence",
        arguments.out.display(),
        proof.len(),
        origins.len()
    ));
    if arguments.owners.owner.is_empty() {
        output::talk(
            "judged under the owners that the policy names for itself; verifiers say with --owner whom they trust",
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes beside the target and renames, so that nobody ever reads half a file. What is written to is a new file under a name that nobody
/// can foresee: a link or a pipe that somebody laid there is never followed or waited for.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    let for_everybody = std::fs::Permissions::from_mode(0o666);
    builder.prefix(".quorate-").permissions(for_everybody);
    let written = builder.tempfile_in(folder).and_then(|mut file| {
        file.write_all(bytes)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    });
    written.map_err(|error| CommandError::unable(format!("{}: {error}", path.display())))
}
