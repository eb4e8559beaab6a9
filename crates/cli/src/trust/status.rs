//! `quorate trust status`: every role of a repository.

use std::process::ExitCode;

use quorate::json::Json;
use quorate::time::Timestamp;
use quorate_trust::metadata::{Authentic, Role, RoleKeys, RoleName, TopRole};
use quorate_trust::repository::{Bins, Repository};

use super::args::LookArguments;
use super::ceremony::published;
use super::names::Names;
use crate::error::CommandError;
use crate::output;
use crate::source;

/// The format of `--json`: `docs/spec/trust.md`.
const FORMAT: &str = "quorate-trust-status/1";

/// One role as it is published.
struct Row {
    role: String,
    version: u64,
    expires: Timestamp,
    signed_by: Vec<String>,
    holders: Vec<String>,
    /// `None` for a role that nobody delegates to any more.
    needed: Option<usize>,
}

impl Row {
    fn is_good(&self, at: Timestamp) -> bool {
        let signed = |needed| self.signed_by.len() >= needed && self.expires > at;
        self.needed.is_none_or(signed)
    }

    fn state(&self, at: Timestamp) -> &'static str {
        match self.needed {
            None => "ended",
            Some(_) if self.expires <= at => "expired",
            Some(needed) if self.signed_by.len() < needed => "unsigned",
            Some(_) => "good",
        }
    }
}

pub(super) fn run(arguments: &LookArguments) -> Result<ExitCode, CommandError> {
    let (folder, repository) = published(&arguments.repository)?;
    let at = source::time(arguments.at)?;
    let names = Names::of_repository(&folder, &repository);
    let rows = rows(&repository);
    let good = rows.iter().all(|row| row.is_good(at));
    let is_bin = |role: &str| RoleName::delegated(role).is_ok_and(|role| Bins::is_bin(&role));
    let (bins, shown): (Vec<&Row>, Vec<&Row>) = rows
        .iter()
        .partition(|row| !arguments.all && is_bin(&row.role) && row.is_good(at));
    if arguments.json {
        let rows = rows.iter().map(|row| to_json(row, &names, at));
        output::json(&Json::object([
            ("format", Json::text(FORMAT)),
            ("at", Json::text(at.to_string())),
            ("roles", Json::Array(rows.collect())),
        ]))?;
    } else {
        let mut lines: Vec<String> = shown.iter().map(|row| to_text(row, &names, at)).collect();
        if let Some(first) = bins.iter().map(|row| row.expires).min() {
            let count = bins.len();
            lines.push(format!(
                "{:<16} {count} good, the first until {first}",
                "bins"
            ));
        }
        output::answer(&lines.join("\n"))?;
    }
    Ok(ExitCode::from(u8::from(!good)))
}

fn rows(repository: &Repository) -> Vec<Row> {
    fn authentic<R: Role>(role: TopRole, file: &Authentic<R>, holders: &RoleKeys) -> Row {
        Row {
            role: role.name().to_owned(),
            version: file.version().number(),
            expires: file.expires(),
            signed_by: file.signers().to_vec(),
            holders: holders.ids().map(str::to_owned).collect(),
            needed: Some(holders.threshold()),
        }
    }
    let Some(root) = repository.root() else {
        return Vec::new();
    };
    let held = |role| root.content().role(role);
    let mut rows = vec![authentic(TopRole::Root, root, held(TopRole::Root))];
    for (name, file) in repository.roles() {
        let by_root = name.is_top_level().then(|| held(TopRole::Targets));
        let holders = by_root.or_else(|| {
            let delegators = repository.roles();
            let mut found =
                delegators.filter_map(|(_, file)| file.unverified().delegations().get(name));
            found.next().map(|role| &role.keys)
        });
        let common = file.unverified().common();
        rows.push(Row {
            role: name.to_string(),
            version: common.version.number(),
            expires: common.expires,
            signed_by: holders
                .map(|holders| file.signers(holders))
                .unwrap_or_default(),
            holders: holders
                .map(|holders| holders.ids().map(str::to_owned).collect())
                .unwrap_or_default(),
            needed: holders.map(RoleKeys::threshold),
        });
    }
    // The roles that are asked for first stand first.
    rows.sort_by_key(|row| (row.role != "root", row.role != "targets", row.role.clone()));
    if let Some((timestamp, snapshot)) = repository.online() {
        rows.push(authentic(
            TopRole::Snapshot,
            snapshot,
            held(TopRole::Snapshot),
        ));
        rows.push(authentic(
            TopRole::Timestamp,
            timestamp,
            held(TopRole::Timestamp),
        ));
    }
    rows
}

fn to_text(row: &Row, names: &Names, at: Timestamp) -> String {
    let signed = names.keys(&row.signed_by).join(", ");
    let state = row.state(at);
    let signed = match row.needed {
        None => "nobody delegates to it".to_owned(),
        Some(needed) => format!(
            "{needed} of {} needed, signed by {signed}",
            row.holders.len()
        ),
    };
    output::line(&format!(
        "{:<16} version {}, {state}, until {}, {signed}",
        row.role, row.version, row.expires
    ))
}

fn to_json(row: &Row, names: &Names, at: Timestamp) -> Json<'static> {
    let needed = row
        .needed
        .map_or(Json::Null, |needed| Json::number(needed as u64));
    Json::object([
        ("role", Json::text(row.role.clone())),
        ("version", Json::number(row.version)),
        ("state", Json::text(row.state(at))),
        ("expires", Json::text(row.expires.to_string())),
        ("needed", needed),
        ("holders", Json::texts(row.holders.clone())),
        ("signedBy", Json::texts(row.signed_by.clone())),
        ("names", Json::texts(names.keys(&row.signed_by))),
    ])
}
