//! From what was typed to what is rebuilt. Nothing here asks the network.

use quorate_rebuild_args::{DebianArgs, GitArgs};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;

use crate::error::RebuildError;
use crate::git::{Address, RECIPE_BYTES_MAX, is_plain_path, is_tag_name};
use crate::protocol::{DebianRelease, GitRelease, RecipeChoice, Release, Tests};

/// The variables by which curl, and so git, finds a proxy for https.
const NETWORK_VARIABLES: [(&str, &str); 4] = [
    ("HTTPS_PROXY", "https_proxy"),
    ("https_proxy", "https_proxy"),
    ("NO_PROXY", "no_proxy"),
    ("no_proxy", "no_proxy"),
];

/// A Debian source package.
///
/// # Errors
/// [`RebuildError::Argument`] for a name, version or suite that is none.
pub(crate) fn debian(args: &DebianArgs) -> Result<Release, RebuildError> {
    let (name, version) = match args.release.split_once('=') {
        Some((name, version)) => (name, Some(version)),
        None => (&*args.release, None),
    };
    if !is_word(name, b"+.-") || !version.is_none_or(|version| is_word(version, b"+.-~:")) {
        return Err(RebuildError::Argument(format!(
            "{:?} is not NAME or NAME=VERSION",
            args.release
        )));
    }
    if !is_suite(&args.suite) {
        return Err(RebuildError::Argument(format!(
            "{:?} is not the name of a suite",
            args.suite
        )));
    }
    Ok(Release::Debian(DebianRelease {
        name: name.to_owned(),
        version: version.map(str::to_owned),
        suite: args.suite.clone(),
        builds: args.builds,
        build_path: args.build_path.clone(),
        tests: if args.no_tests {
            Tests::Skip
        } else {
            Tests::Run
        },
    }))
}

/// A tag of a git repository.
///
/// # Errors
/// [`RebuildError::Argument`] for an address or tag that is none, or a recipe that can't be read.
pub(crate) fn git(args: &GitArgs) -> Result<Release, RebuildError> {
    let address = Address::parse(&args.repository)
        .map_err(|error| RebuildError::Argument(format!("{:?}: {error}", args.repository)))?;
    if let Address::Local(folder) = &address
        && !folder.is_dir()
    {
        return Err(RebuildError::Argument(format!(
            "{}: there is no such folder; give the absolute path of a git repository, or its https address",
            folder.display()
        )));
    }
    if !is_tag_name(&args.tag) {
        return Err(RebuildError::Argument(format!(
            "{:?} is not the name of a tag",
            args.tag
        )));
    }
    let root = args
        .root
        .as_ref()
        .map(|path| fs::canonicalize(path).map_err(RebuildError::io("find", path)));
    Ok(Release::Git(GitRelease {
        repository: address.to_string(),
        tag: args.tag.clone(),
        recipe: recipe(args)?,
        root: root.transpose()?,
        network: network_variables(),
    }))
}

fn recipe(args: &GitArgs) -> Result<RecipeChoice, RebuildError> {
    let Some(file) = &args.recipe else {
        let path = args.recipe_path.clone();
        return match is_plain_path(&path) {
            true => Ok(RecipeChoice::Tree { path }),
            false => Err(RebuildError::Argument(format!(
                "--recipe-path {path:?} is no path of a file in the tree"
            ))),
        };
    };
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    if !is_plain_path(&name) {
        return Err(RebuildError::Argument(format!(
            "--recipe {}: the statement has the file's name, which must be of printable ASCII without spaces",
            file.display()
        )));
    }
    let mut text = String::new();
    let input = File::open(file).map_err(RebuildError::io("open", file))?;
    input
        .take(RECIPE_BYTES_MAX.saturating_add(1))
        .read_to_string(&mut text)
        .map_err(RebuildError::io("read", file))?;
    Ok(RecipeChoice::Given {
        name: name.into_owned(),
        text,
    })
}

fn network_variables() -> BTreeMap<String, String> {
    let set = NETWORK_VARIABLES
        .iter()
        .filter_map(|(name, as_name)| Some(((*as_name).to_owned(), std::env::var(name).ok()?)));
    set.filter(|(_, value)| !value.is_empty()).collect()
}

/// Whether a text can name a suite.
pub(crate) fn is_suite(name: &str) -> bool {
    is_word(name, b"-.")
}

fn is_word(text: &str, extra: &[u8]) -> bool {
    let first = text
        .as_bytes()
        .first()
        .is_some_and(u8::is_ascii_alphanumeric);
    let known = |byte: u8| byte.is_ascii_alphanumeric() || extra.contains(&byte);
    first && text.bytes().all(known)
}
