//! Archives member by member: each is a rebuilt file, or a product of a named later step, or refused.

use std::collections::BTreeSet;

use super::Reason;
use super::artifact::{Member, MemberKind};
use crate::digest::Sha256;
use crate::policy::{ArchiveFormat, MemberRule, MemberRules};

/// The mode that folders have.
const FOLDER_MODE: u32 = 0o755;

/// The archive's own folder.
const ROOT: &str = ".";

/// The member of a Debian package that says which format it has.
const DEB_FORMAT: &str = "debian-binary";

/// A member that must be a product: of which step, under which name, with which bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wanted {
    pub(super) member: String,
    pub(super) from: String,
    pub(super) product: String,
    pub(super) sha256: Sha256,
}

/// What every regular member must be. Folders and links are judged here to the end.
pub(super) fn wanted(rules: &MemberRules, members: &[Member]) -> Result<Vec<Wanted>, Reason> {
    let mut names = BTreeSet::new();
    let mut wanted = Vec::new();
    let (mut folders, mut admitted) = (Vec::new(), Vec::new());
    for member in members {
        let refuse = |problem: String| {
            Err(Reason::MemberRefused {
                member: member.name.clone(),
                problem,
            })
        };
        if !names.insert(&member.name) {
            return refuse("it occurs twice".to_owned());
        }
        if rules.format == ArchiveFormat::Deb && !belongs_to_root(member) {
            return refuse("it does not belong to root".to_owned());
        }
        match &member.kind {
            MemberKind::Folder if is_mode(rules, member, &|mode| mode == FOLDER_MODE) => {
                folders.push(&member.name);
            }
            MemberKind::Folder => {
                return refuse(format!("a folder of mode {}", octal(member.mode)));
            }
            MemberKind::Hardlink(target) => {
                return refuse(format!("a second name of {target:?}, which no rule admits"));
            }
            MemberKind::Symlink(target) if rules.links.get(&member.name) == Some(target) => {
                admitted.push(&member.name);
            }
            MemberKind::Symlink(target) => {
                return refuse(format!(
                    "a symbolic link to {target:?}, which no rule admits"
                ));
            }
            // The reader admits no other contents of it.
            MemberKind::File(_)
                if rules.format == ArchiveFormat::Deb && member.name == DEB_FORMAT => {}
            MemberKind::File(sha256) => match file(rules, member, *sha256) {
                Ok(file) => {
                    admitted.push(&member.name);
                    wanted.push(file);
                }
                Err(problem) => return refuse(problem),
            },
        }
    }
    if wanted.is_empty() {
        return Err(Reason::NoMembers);
    }
    match idle_folder(&folders, &admitted) {
        None => Ok(wanted),
        Some(folder) => Err(Reason::MemberRefused {
            member: folder.to_owned(),
            problem: "a folder that holds nothing which a rule admits".to_owned(),
        }),
    }
}

/// The first folder that is on the way to no admitted file or link: its name alone could say or do something.
fn idle_folder<'m>(folders: &[&'m String], admitted: &[&String]) -> Option<&'m str> {
    let mut used: BTreeSet<&str> = BTreeSet::from([ROOT]);
    for name in admitted {
        let ends = name.match_indices('/').map(|(at, _)| at);
        used.extend(ends.filter_map(|at| name.get(..at)));
    }
    let mut folders = folders.iter().map(|folder| folder.as_str());
    folders.find(|folder| !used.contains(folder) && !used.contains(folder.trim_end_matches("/.")))
}

/// By number and by name: whoever unpacks as root takes the name where the system knows it.
fn belongs_to_root(member: &Member) -> bool {
    let by_name = member.owner_names.iter();
    member.owner.is_none_or(|owner| owner == (0, 0))
        && by_name
            .into_iter()
            .all(|name| name.is_empty() || name == "root")
}

fn file(rules: &MemberRules, member: &Member, sha256: Sha256) -> Result<Wanted, String> {
    let matches = |rule: &&MemberRule| rule.members.matches(&member.name);
    let rule = rules.rules.iter().find(matches);
    let rule = rule.ok_or("no rule of the policy admits it")?;
    if !is_mode(rules, member, &|mode| rule.modes.contains(&mode)) {
        return Err(format!(
            "a file of mode {}, which its rule does not admit",
            octal(member.mode)
        ));
    }
    let product = member.name.strip_prefix(&rule.strip);
    let product = product.filter(|product| !product.is_empty());
    let product =
        product.ok_or_else(|| format!("its name does not begin with {:?}", rule.strip))?;
    Ok(Wanted {
        member: member.name.clone(),
        from: rule.from.clone(),
        product: product.to_owned(),
        sha256,
    })
}

/// Only zip leaves modes out.
fn is_mode(rules: &MemberRules, member: &Member, admitted: &dyn Fn(u32) -> bool) -> bool {
    member
        .mode
        .map_or(rules.format == ArchiveFormat::Zip, admitted)
}

fn octal(mode: Option<u32>) -> String {
    mode.map_or_else(|| "unknown".to_owned(), |mode| format!("{mode:o}"))
}
