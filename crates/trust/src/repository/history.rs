//! Every version of every role that was ever published, with who signed it.

use std::collections::BTreeMap;

use quorate::time::Timestamp;

use super::{Folder, RepositoryError, describe_role, describe_root};
use crate::metadata::{Received, Role as _, RoleKeys, RoleName, Targets, TopRole, Version};

/// One published version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// The role.
    pub role: String,
    /// Its version.
    pub version: Version,
    /// When it expires or expired.
    pub expires: Timestamp,
    /// The ids of the holders who signed it.
    pub signed_by: Vec<String>,
    /// How many of them had to.
    pub needed: usize,
    /// What it changed, one thing a line.
    pub words: Vec<String>,
}

type Editions = BTreeMap<RoleName, Vec<Received<Targets>>>;

impl Folder {
    /// Every version that the folder has: roots, then roles by name, each from its first version on.
    ///
    /// Who had to sign an old version is not written anywhere: it is held against every set of holders that the role ever had, the newest first.
    ///
    /// # Errors
    /// [`RepositoryError::Missing`] for a version that is not there any more: history has no holes.
    pub fn history(&self) -> Result<Vec<Edition>, RepositoryError> {
        let repository = self.read()?;
        let mut editions: Editions = BTreeMap::new();
        for (name, newest) in repository.roles() {
            for number in 1..=newest.unverified().common().version.number() {
                let file = format!("{number}.{}.json", name.encoded());
                let read = Received::read(&self.metadata(&file)?, self.limits())
                    .map_err(RepositoryError::metadata(&file))?;
                editions.entry(name.clone()).or_default().push(read);
            }
        }
        let mut all = Vec::new();
        let mut before = None;
        for root in repository.roots() {
            all.push(Edition {
                role: TopRole::Root.name().to_owned(),
                version: root.version(),
                expires: root.expires(),
                signed_by: root.signers().to_vec(),
                needed: root.content().role(TopRole::Root).threshold(),
                words: describe_root(before, root.content()),
            });
            before = Some(root.content());
        }
        for (name, versions) in &editions {
            let mut holders: Vec<&RoleKeys> = Vec::new();
            if name.is_top_level() {
                let roots = repository.roots().iter();
                holders.extend(roots.map(|root| root.content().role(TopRole::Targets)));
            }
            for delegator in editions.values().flatten() {
                let delegation = delegator.unverified().delegations().get(name);
                holders.extend(delegation.map(|role| &role.keys));
            }
            let mut before = None;
            for file in versions {
                let (signed_by, needed) = signers(file, &holders);
                let common = file.unverified().common();
                all.push(Edition {
                    role: name.to_string(),
                    version: common.version,
                    expires: common.expires,
                    signed_by,
                    needed,
                    words: describe_role(name, before, file),
                });
                before = Some(file);
            }
        }
        Ok(all)
    }
}

/// Who signed, by the newest holders of whom enough did; else by those of whom most did.
fn signers(file: &Received<Targets>, holders: &[&RoleKeys]) -> (Vec<String>, usize) {
    let mut most = (Vec::new(), 1);
    for holders in holders.iter().rev() {
        let signed_by = file.signers(holders);
        if signed_by.len() >= holders.threshold() {
            return (signed_by, holders.threshold());
        }
        if signed_by.len() > most.0.len() {
            most = (signed_by, holders.threshold());
        }
    }
    most
}
