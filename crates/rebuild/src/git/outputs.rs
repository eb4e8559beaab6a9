//! What a recipe's build left in its folder of outputs: plain files, each of which a pattern allows, hashed while they are copied.
//!
//! Everything here was written by code that may be hostile, and nothing of it runs any more.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use quorate::attest::rebuild::Product;
use quorate::digest::Sha256;
use quorate::limits::Limits;
use quorate_archive::Limits as ArchiveLimits;
use quorate_archive::stabilise::stabilised;

use super::is_plain_path;
use super::recipe::Recipe;
use crate::error::RebuildError;
use crate::outputs::{Taken, is_ours, refused, take_file};
use crate::placing::TEMPORARY_SUFFIX;

/// Folders in one another, as in the tree.
const DEPTH_MAX: usize = 100;

/// What every output has in common.
pub(super) struct Naming<'a> {
    /// The tag.
    pub(super) version: &'a str,
    /// The host's architecture.
    pub(super) architecture: &'a str,
}

/// Copies the outputs below `tree` into `staging`, each below the folders that it stands in.
///
/// # Errors
/// [`RebuildError::OutputsRefused`] when there is none or anything else than a plain file that a pattern allows.
pub(super) fn take(
    tree: &Path,
    recipe: &Recipe,
    naming: &Naming<'_>,
    staging: &Path,
    bytes_max: u64,
) -> Result<Vec<Product>, RebuildError> {
    let folder = real_folder(tree, &recipe.folder)?;
    let names = files_below(&folder)?;
    if names.is_empty() {
        return Err(refused(format!("there is no file in {}", recipe.folder)));
    }
    let (mut products, mut left) = (Vec::new(), bytes_max);
    for name in names {
        if !recipe.files.iter().any(|pattern| pattern.matches(&name)) {
            return Err(refused(format!("no pattern of the recipe allows {name:?}")));
        }
        let place = staging.join(&name);
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent).map_err(RebuildError::io("create", parent))?;
        }
        let Taken { digests, size, .. } = take_file(&folder, &name, staging, left)?;
        left = left.saturating_sub(size);
        products.push(Product {
            stabilised: stabilised_forms(recipe, &name, &place)?,
            package: name.clone(),
            name,
            digests,
            size,
            version: naming.version.to_owned(),
            architecture: naming.architecture.to_owned(),
        });
    }
    Ok(products)
}

/// The forms that the recipe asks for, of the copy that was taken.
fn stabilised_forms(
    recipe: &Recipe,
    name: &str,
    copy: &Path,
) -> Result<BTreeMap<String, Sha256>, RebuildError> {
    let asked = recipe.stabilise.iter();
    let asked = asked.filter(|(pattern, _)| pattern.matches(name));
    asked
        .map(|(_, normaliser)| {
            let file = File::open(copy).map_err(RebuildError::io("open", copy))?;
            let form = stabilised(BufReader::new(file), *normaliser, &ArchiveLimits::STANDARD);
            let form = form.map_err(|error| {
                let method = normaliser.name();
                refused(format!("{name} has no form by {method}: {error}"))
            })?;
            Ok((normaliser.name().to_owned(), form.sha256))
        })
        .collect()
}

/// The folder of outputs, when it and all on the way are folders and no links to one.
fn real_folder(tree: &Path, folder: &str) -> Result<PathBuf, RebuildError> {
    let mut place = tree.to_path_buf();
    for part in folder.split('/') {
        place.push(part);
        let is_folder = fs::symlink_metadata(&place).is_ok_and(|metadata| metadata.is_dir());
        if !is_folder {
            return Err(refused(format!("the build left no folder {folder}")));
        }
    }
    Ok(place)
}

/// The paths of all files, sorted; anything that is neither file nor folder is refused.
fn files_below(folder: &Path) -> Result<Vec<String>, RebuildError> {
    let limit = Limits::STANDARD.products_max;
    let mut names = Vec::new();
    let mut open = vec![(folder.to_path_buf(), String::new(), 0_usize)];
    let mut seen = 0_usize;
    while let Some((place, path, depth)) = open.pop() {
        for entry in fs::read_dir(&place).map_err(RebuildError::io("list", &place))? {
            let entry = entry.map_err(RebuildError::io("list", &place))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let below = match &*path {
                "" => name.clone(),
                path => format!("{path}/{name}"),
            };
            let kind = entry
                .file_type()
                .map_err(RebuildError::io("read", &entry.path()))?;
            seen = seen.saturating_add(1);
            if seen > limit.saturating_mul(10) || names.len() >= limit || depth > DEPTH_MAX {
                return Err(refused(format!(
                    "more than {limit} outputs, or too many folders"
                )));
            }
            if !is_name(&name) || !is_plain_path(&below) || (path.is_empty() && is_ours(&name)) {
                return Err(refused(format!("an output may not be called {below:?}")));
            }
            if kind.is_dir() {
                open.push((entry.path(), below, depth.saturating_add(1)));
            } else if kind.is_file() {
                names.push(below);
            } else {
                return Err(refused(format!("{below} is not a plain file")));
            }
        }
    }
    names.sort();
    Ok(names)
}

/// One part of an output's path: no hidden file, no option, nothing that our own temporary files are called.
fn is_name(name: &str) -> bool {
    !name.starts_with(['.', '-']) && !name.ends_with(TEMPORARY_SUFFIX)
}
