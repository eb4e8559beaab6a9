//! `quorate trust show`: what a user trusts now.

use std::process::ExitCode;

use quorate::json::Json;
use quorate_trust::client::{RoleStatus, Status};

use super::args::StoreArguments;
use super::names::Names;
use super::store::{Pinned, Store, refusal};
use crate::error::CommandError;
use crate::output;
use crate::source;

/// The format of `--json`: `docs/spec/trust.md`.
const FORMAT: &str = "quorate-trust/1";

pub(super) fn run(arguments: &StoreArguments, json: bool) -> Result<ExitCode, CommandError> {
    let store = Store::locate(arguments.store.as_deref())?;
    let mut client = store.client()?;
    let pinned = store.pinned()?;
    let (status, names) = client
        .look(source::time(arguments.at)?, |workflow| {
            // Without the repository, what was not brought by an update has no name here.
            let names = workflow.roster(None).map(Names::of).unwrap_or_default();
            Ok((workflow.status(), names))
        })
        .map_err(|error| refusal(&error))?;
    warn(&status);
    if json {
        output::json(&to_json(&status, &names, pinned))?;
    } else {
        let pin = pinned.map(|pinned| format!("{:<16} {pinned}\n", "pinned"));
        let pin = pin.unwrap_or_default();
        output::answer(&format!("{pin}{}", text(&status, &names)))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What people should know beside the answer.
pub(super) fn warn(status: &Status) {
    if status.clock_is_behind {
        output::talk(&format!(
            "warning: the clock is behind the last update; judged as of {}",
            status.time
        ));
    }
    for line in &status.passed_over {
        output::talk(&output::line(&format!("passed over in the store: {line}")));
    }
}

pub(super) fn text(status: &Status, names: &Names) -> String {
    let line = |role: &RoleStatus| {
        output::line(&format!(
            "{:<16} version {}, until {}, signed by {}",
            role.role,
            role.version,
            role.expires,
            names.keys(&role.signed_by).join(", ")
        ))
    };
    let lines: Vec<String> = status.roles.iter().map(line).collect();
    lines.join("\n")
}

fn to_json(status: &Status, names: &Names, pinned: Option<Pinned>) -> Json<'static> {
    let pin = pinned.map_or(Json::Null, |pinned| {
        Json::object([
            ("version", Json::number(pinned.version.number())),
            ("sha256", Json::text(pinned.sha256.to_string())),
        ])
    });
    let role = |role: &RoleStatus| {
        Json::object([
            ("role", Json::text(role.role.clone())),
            ("version", Json::number(role.version.number())),
            ("expires", Json::text(role.expires.to_string())),
            ("signedBy", Json::texts(role.signed_by.clone())),
            ("names", Json::texts(names.keys(&role.signed_by))),
        ])
    };
    Json::object([
        ("format", Json::text(FORMAT)),
        ("at", Json::text(status.time.to_string())),
        ("pin", pin),
        ("clockIsBehind", Json::Bool(status.clock_is_behind)),
        (
            "roles",
            Json::Array(status.roles.iter().map(role).collect()),
        ),
        ("passedOver", Json::texts(status.passed_over.clone())),
    ])
}
