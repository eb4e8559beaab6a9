//! `quorate trust pin`: the root from which a user's trust starts.

use std::process::ExitCode;

use quorate::digest::Sha256;
use quorate_gather::read_bounded;
use quorate_trust::client::Trusted;
use quorate_trust::disk::{Disk, OnBusy};
use quorate_trust::metadata::{TopRole, Version};

use super::LIMITS;
use super::args::PinArguments;
use super::names::Names;
use super::seen;
use super::store::{Pinned, Store, refusal};
use crate::error::CommandError;
use crate::output;
use crate::source;

pub(super) fn run(arguments: &PinArguments) -> Result<ExitCode, CommandError> {
    let store = Store::locate(arguments.store.store.as_deref())?;
    let root = match &arguments.file {
        Some(file) => Some(read_bounded(file, LIMITS.root_bytes_max)?),
        None => None,
    };
    let wanted = match (&root, arguments.sha256, arguments.version) {
        (Some(bytes), _, _) => of_root(bytes, arguments)?,
        (None, Some(sha256), Some(version)) => Pinned {
            version: Version::new(version)
                .ok_or_else(|| CommandError::unable("a root's version is at least 1"))?,
            sha256,
        },
        _ => {
            return Err(CommandError::unable(
                "neither a root file nor --sha256 and --version",
            ));
        }
    };
    let mut disk = store.disk()?;
    let locked = disk.lock(OnBusy::Wait);
    let _lock = locked.map_err(|error| store.unable(&error))?;
    // A pin that cannot be read may be replaced, and is never taken for none.
    let before = match store.pinned() {
        Err(_) if arguments.replace => None,
        before => before?,
    };
    match before {
        Some(before) if before == wanted => {}
        Some(before) if !arguments.replace => {
            return Err(CommandError::refused(format!("pinned already: {before}")).hint(
                "--replace pins the other and forgets what was trusted; be sure whose root it is",
            ));
        }
        Some(_) | None => forget(&store, &mut disk)?,
    }
    if let Some(bytes) = &root {
        let name = format!("root/{}.root.json", wanted.version);
        disk.write(&name, bytes)
            .map_err(|error| store.unable(&error))?;
    }
    store.write_pin(&mut disk, &wanted)?;
    output::answer(&format!("pinned {wanted}"))?;
    output::talk("next: `quorate trust update PLACE`");
    Ok(ExitCode::SUCCESS)
}

/// Says who holds the root, so that whoever pins it sees it.
fn of_root(bytes: &[u8], arguments: &PinArguments) -> Result<Pinned, CommandError> {
    let at = source::time(arguments.store.at)?;
    let trusted = Trusted::from_pinned_root(bytes, at, LIMITS).map_err(|error| refusal(&error))?;
    let root = trusted.root();
    let holders = root.content().role(TopRole::Root);
    let names = Names::default();
    let ids: Vec<String> = holders.ids().map(|id| names.key(id)).collect();
    output::talk(&format!(
        "root {} until {}: {} of {} holders needed: {}",
        root.version(),
        root.expires(),
        holders.threshold(),
        ids.len(),
        ids.join(", ")
    ));
    Ok(Pinned {
        version: root.version(),
        sha256: Sha256::of(bytes),
    })
}

/// What was trusted under another root is not trusted under this one. The time floor stays: time is the same for both.
fn forget(store: &Store, disk: &mut Disk) -> Result<(), CommandError> {
    let names = disk.names("").map_err(|error| store.unable(&error))?;
    let known = ["root", "roles", "files", "repository", seen::FOLDER];
    for name in names {
        if known.contains(&name.as_str()) || name.starts_with("online-") {
            disk.remove(&name).map_err(|error| store.unable(&error))?;
        }
    }
    Ok(())
}
