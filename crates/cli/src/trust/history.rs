//! `quorate trust history`: every version that was published, with who signed it.

use std::process::ExitCode;

use quorate::json::Json;
use quorate_trust::metadata::RoleName;
use quorate_trust::repository::{Bins, Edition};

use super::args::LookArguments;
use super::ceremony::{at, published};
use super::names::Names;
use crate::error::CommandError;
use crate::output;

/// The format of `--json`: `docs/spec/trust.md`.
const FORMAT: &str = "quorate-trust-history/1";

pub(super) fn run(arguments: &LookArguments) -> Result<ExitCode, CommandError> {
    let place = &arguments.repository;
    let (folder, repository) = published(place)?;
    let names = Names::of_repository(&folder, &repository);
    let mut editions = folder.history().map_err(|error| at(place, &error))?;
    let is_bin = |role: &str| RoleName::delegated(role).is_ok_and(|role| Bins::is_bin(&role));
    if !arguments.all {
        editions.retain(|edition| !is_bin(&edition.role));
    }
    // What leads to the rest stands first.
    editions.sort_by_key(|edition| (edition.role != "root", edition.role != "targets"));
    if arguments.json {
        let editions = editions.iter().map(|edition| to_json(edition, &names));
        output::json(&Json::object([
            ("format", Json::text(FORMAT)),
            ("editions", Json::Array(editions.collect())),
        ]))?;
    } else {
        let editions = editions.iter().map(|edition| to_text(edition, &names));
        output::answer(&editions.collect::<String>())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn to_text(edition: &Edition, names: &Names) -> String {
    let signed = names.keys(&edition.signed_by).join(", ");
    let mut text = output::line(&format!(
        "{} {}: until {}, signed by {signed} ({} needed)",
        edition.role, edition.version, edition.expires, edition.needed
    ));
    text.push('\n');
    // The first line of the words says what stands above.
    for line in edition.words.iter().skip(1) {
        text.push_str(&format!("    {}\n", names.in_line(line)));
    }
    text
}

fn to_json(edition: &Edition, names: &Names) -> Json<'static> {
    Json::object([
        ("role", Json::text(edition.role.clone())),
        ("version", Json::number(edition.version.number())),
        ("expires", Json::text(edition.expires.to_string())),
        ("needed", Json::number(edition.needed as u64)),
        ("signedBy", Json::texts(edition.signed_by.clone())),
        ("names", Json::texts(names.keys(&edition.signed_by))),
        ("changes", Json::texts(edition.words.clone())),
    ])
}
