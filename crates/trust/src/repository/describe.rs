//! What a new version changes, in words: what a holder reads before signing.

use std::collections::BTreeSet;

use crate::metadata::{
    DelegatedRole, Received, Role, RoleKeys, RoleName, Root, Scope, TargetFile, Targets, TopRole,
};

/// What `new` changes against the root that is published, one thing a line.
pub fn describe_root(old: Option<&Root>, new: &Root) -> Vec<String> {
    let mut lines = vec![headline("root", old, new)];
    for role in TopRole::ALL {
        let before = old.map(|old| old.role(role));
        describe_holders(role.name(), before, new.role(role), &mut lines);
    }
    lines
}

/// What `new` changes against the published file of the role `name`, one thing a line.
pub fn describe_role(
    name: &RoleName,
    old: Option<&Received<Targets>>,
    new: &Received<Targets>,
) -> Vec<String> {
    let (old, new) = (old.map(Received::unverified), new.unverified());
    let mut lines = vec![headline(name.as_str(), old, new)];
    for (path, file) in new.targets() {
        match old.and_then(|old| old.target(path)) {
            Some(before) if before == file => {}
            Some(_) => lines.push(format!("{name}: replaces {path} by {}", shown(file))),
            None => lines.push(format!("{name}: adds {path}, {}", shown(file))),
        }
    }
    let Some(old) = old else {
        let delegated = new.delegations().iter();
        lines.extend(delegated.map(|role| describe_delegation(name, role)));
        return lines;
    };
    let gone = old.targets().filter(|(path, _)| new.target(path).is_none());
    lines.extend(gone.map(|(path, _)| format!("{name}: removes {path}")));
    for role in new.delegations().iter() {
        match old.delegations().get(&role.name) {
            None => lines.push(describe_delegation(name, role)),
            Some(before) => {
                describe_holders(
                    role.name.as_str(),
                    Some(&before.keys),
                    &role.keys,
                    &mut lines,
                );
                if before.scope != role.scope {
                    lines.push(format!(
                        "{name}: {} is for {}",
                        role.name,
                        paths(&role.scope)
                    ));
                }
            }
        }
    }
    for role in old.delegations().iter() {
        if new.delegations().get(&role.name).is_none() {
            lines.push(format!("{name}: no longer delegates to {}", role.name));
        }
    }
    lines
}

fn headline<R: Role>(name: &str, old: Option<&R>, new: &R) -> String {
    let (version, expires) = (new.common().version, new.common().expires);
    match old {
        None => format!("{name}: version {version}, the first, expires {expires}"),
        Some(old) => format!(
            "{name}: version {} becomes {version}, expires {expires} (was {})",
            old.common().version,
            old.common().expires
        ),
    }
}

fn describe_holders(role: &str, old: Option<&RoleKeys>, new: &RoleKeys, lines: &mut Vec<String>) {
    let ids = |keys: &RoleKeys| keys.ids().map(str::to_owned).collect::<BTreeSet<_>>();
    let (before, after) = (old.map(ids).unwrap_or_default(), ids(new));
    for id in after.difference(&before) {
        lines.push(format!("{role}: adds the key {id}"));
    }
    for id in before.difference(&after) {
        lines.push(format!("{role}: removes the key {id}"));
    }
    let needed = new.threshold();
    if old.is_none_or(|old| old.threshold() != needed) {
        lines.push(format!("{role}: needs {needed} of {} keys", after.len()));
    }
}

fn describe_delegation(by: &RoleName, role: &DelegatedRole) -> String {
    format!(
        "{by}: delegates {} to {}, {} of {} keys needed: {}",
        paths(&role.scope),
        role.name,
        role.keys.threshold(),
        role.keys.ids().len(),
        role.keys.ids().collect::<Vec<_>>().join(", ")
    )
}

fn paths(scope: &Scope) -> String {
    match scope {
        Scope::Paths(patterns) => patterns.join(", "),
        Scope::HashPrefixes(prefixes) => {
            format!("paths whose SHA-256 begins with {}", prefixes.join(", "))
        }
    }
}

fn shown(file: &TargetFile) -> String {
    let hash = file.hashes.for_name().unwrap_or_default();
    format!("{} bytes, {hash}", file.length)
}
