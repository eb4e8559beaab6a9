//! What a build left: taken by name from its `.changes`, as plain files, hashed while they are copied.
//!
//! Everything here was written by code that may be hostile, and nothing of it runs any more.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use quorate::attest::rebuild::{Byproduct, Product};
use quorate::digest::Digests;
use rustix::fs::OFlags;

use crate::building::Build;
use crate::debian::control::Paragraph;
use crate::digest_file::copy_and_digest;
use crate::error::RebuildError;
use crate::sandbox::{Role, Sandbox};

/// A `.changes` file; the largest in Debian have a few hundred kB.
const CHANGES_BYTES_MAX: u64 = 4 << 20;
/// A source package with more binary packages than Debian's largest.
const FILES_MAX: usize = 2_000;
/// As the file system has it.
const NAME_BYTES_MAX: usize = 255;
/// Where the sandbox that reads the binary packages sees them.
const STAGED_FOLDER: &str = "/mnt";

/// The outputs, copied to the staging folder.
pub(crate) struct Outputs {
    /// Binary packages, or the files that a recipe names.
    pub(crate) products: Vec<Product>,
    /// `.changes`, `.buildinfo` and whatever else the `.changes` lists.
    pub(crate) byproducts: Vec<Byproduct>,
}

/// A file that was copied.
pub(crate) struct Taken {
    /// Its name.
    pub(crate) name: String,
    /// Its digests.
    pub(crate) digests: Digests,
    /// Its size in bytes.
    pub(crate) size: u64,
}

/// Copies the outputs of `build` into `staging`.
pub(crate) fn take(build: &Build<'_>, staging: &Path) -> Result<Outputs, RebuildError> {
    let folder = &build.written.outputs;
    let changes = changes_name(folder)?;
    let text = read_changes(&folder.join(&changes))?;
    let mut taken = vec![take_file(folder, &changes, staging, CHANGES_BYTES_MAX)?];
    let listed = listed_files(&text)?;
    let mut left = build.limits.output_bytes_max;
    for (name, sha256, size) in listed {
        let file = take_file(folder, &name, staging, left)?;
        if file.digests.sha256.to_string() != sha256 || file.size.to_string() != size {
            return Err(refused(format!("{name} is not what {changes} says")));
        }
        left = left.saturating_sub(file.size);
        taken.push(file);
    }
    let mut outputs = Outputs {
        products: Vec::new(),
        byproducts: Vec::new(),
    };
    for Taken {
        name,
        digests,
        size,
    } in taken
    {
        if is_package(&name) {
            outputs
                .products
                .push(product(build, staging, name, digests, size)?);
        } else {
            outputs.byproducts.push(Byproduct {
                name,
                digests,
                size,
            });
        }
    }
    outputs.products.sort();
    match outputs.products.is_empty() {
        true => Err(refused("there is no binary package".into())),
        false => Ok(outputs),
    }
}

/// The outputs are refused because of `why`, which may hold the build's text.
pub(crate) fn refused(why: String) -> RebuildError {
    RebuildError::OutputsRefused(crate::tool::printable(&why))
}

/// The one `.changes` of the build.
fn changes_name(folder: &Path) -> Result<String, RebuildError> {
    let entries = fs::read_dir(folder).map_err(RebuildError::io("list", folder))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut changes: Vec<String> = names
        .filter(|name| name.ends_with(".changes"))
        .take(2)
        .collect();
    match (changes.pop(), changes.pop()) {
        (Some(name), None) if is_plain(&name) => Ok(name),
        (Some(_), None) => Err(refused("the .changes file has a strange name".into())),
        (None, _) => Err(refused("there is no .changes file".into())),
        (Some(_), Some(_)) => Err(refused("there is more than one .changes file".into())),
    }
}

fn read_changes(path: &Path) -> Result<String, RebuildError> {
    let mut text = String::new();
    let read = open_plain(path)?
        .take(CHANGES_BYTES_MAX)
        .read_to_string(&mut text);
    read.map_err(|_| refused("the .changes file is not text".into()))?;
    Ok(text)
}

/// Name, SHA-256 and size of what a `.changes` lists.
fn listed_files(text: &str) -> Result<Vec<(String, String, String)>, RebuildError> {
    let unreadable = || refused("the .changes file cannot be read".into());
    let paragraph = Paragraph::only(text).ok_or_else(unreadable)?;
    let mut files = Vec::new();
    for words in paragraph.list("Checksums-Sha256") {
        let [sha256, size, name] = words[..] else {
            return Err(unreadable());
        };
        let again = files
            .iter()
            .any(|(other, _, _): &(String, String, String)| other == name);
        if !is_plain(name) || again || files.len() == FILES_MAX {
            return Err(refused(format!("the .changes file lists {name:?}")));
        }
        files.push((name.to_owned(), sha256.to_owned(), size.to_owned()));
    }
    Ok(files)
}

/// A file name in Debian's alphabet: no folder, no hidden file, nothing that a shell or terminal would read.
fn is_plain(name: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"+.~_:-".contains(&byte);
    let starts_well = name
        .as_bytes()
        .first()
        .is_some_and(u8::is_ascii_alphanumeric);
    starts_well && !is_ours(name) && name.len() <= NAME_BYTES_MAX && name.bytes().all(good)
}

/// Whether it is called as something that we add ourselves, which must not be brought along.
pub(crate) fn is_ours(name: &str) -> bool {
    [
        "build.log.zst",
        "statement.json",
        "link.json",
        "attestations",
    ]
    .contains(&name)
}

fn is_package(name: &str) -> bool {
    name.ends_with(".deb") || name.ends_with(".udeb") || name.ends_with(".ddeb")
}

/// Opens a file that is neither a link nor a device nor a pipe, and that has one name only.
fn open_plain(path: &Path) -> Result<File, RebuildError> {
    use std::os::unix::fs::MetadataExt as _;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut options = File::options();
    options.read(true).custom_flags(flags.bits().cast_signed());
    let file = options
        .open(path)
        .map_err(|error| refused(format!("{name} cannot be opened as a plain file: {error}")))?;
    let metadata = file.metadata().map_err(RebuildError::io("read", path))?;
    if !metadata.is_file() || metadata.nlink() != 1 {
        return Err(refused(format!("{name} is not a plain file")));
    }
    Ok(file)
}

/// Copies a file that is no link, no pipe and no device and has one name, of at most `bytes_max` bytes.
pub(crate) fn take_file(
    folder: &Path,
    name: &str,
    staging: &Path,
    bytes_max: u64,
) -> Result<Taken, RebuildError> {
    let file = open_plain(&folder.join(name))?;
    let to = staging.join(name);
    let mut output = File::create_new(&to).map_err(RebuildError::io("create", &to))?;
    let copied = copy_and_digest(&mut file.take(bytes_max.saturating_add(1)), &mut output);
    let (digests, size) = copied.map_err(RebuildError::io("copy", &to))?;
    if size > bytes_max {
        return Err(RebuildError::LimitHit(format!(
            "{name} has more than {bytes_max} bytes"
        )));
    }
    Ok(Taken {
        name: name.to_owned(),
        digests,
        size,
    })
}

/// Asks for the package's own name, version and architecture, in the sandbox: the archive format is read by nobody else.
fn product(
    build: &Build<'_>,
    staging: &Path,
    name: String,
    digests: Digests,
    size: u64,
) -> Result<Product, RebuildError> {
    let path = PathBuf::from(STAGED_FOLDER).join(&name);
    let sandbox = Sandbox::new(build.root, Role::Builder, build.limits)
        .showing(staging, Path::new(STAGED_FOLDER))
        .with_scratch()
        .variable("PATH", crate::tool::PATH)
        .variable("LC_ALL", "C.UTF-8");
    let question = "--showformat=${Package}\\n${Version}\\n${Architecture}\\n";
    let answer = sandbox.ask(&["dpkg-deb", "--show", question, &path.to_string_lossy()])?;
    crate::sandbox::end_everything()?;
    let words: Vec<&str> = answer.lines().collect();
    let [package, version, architecture] = words[..] else {
        return Err(refused(format!(
            "the control file of {name} cannot be read"
        )));
    };
    let without_epoch = version.split_once(':').map_or(version, |(_, rest)| rest);
    if !name.starts_with(&format!("{package}_{without_epoch}_{architecture}.")) {
        return Err(refused(format!(
            "{name} is not called after its package, version and architecture"
        )));
    }
    let (package, version, architecture) = (
        package.to_owned(),
        version.to_owned(),
        architecture.to_owned(),
    );
    Ok(Product {
        name,
        digests,
        size,
        package,
        version,
        architecture,
        stabilised: BTreeMap::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::{is_plain, listed_files};

    #[test]
    fn a_name_that_leaves_the_folder_is_refused() {
        for name in [
            "../x.deb",
            "/x.deb",
            ".x.deb",
            "",
            "a/b.deb",
            "a\u{1b}[2J.deb",
            "build.log.zst",
            "-x.deb",
        ] {
            assert!(!is_plain(name), "{name:?}");
        }
        assert!(is_plain("libx11-6_1.8.4-2+deb12u2~x_amd64.deb"));
    }

    #[test]
    fn a_file_that_is_listed_twice_is_refused() {
        assert!(listed_files("Checksums-Sha256:\n a 1 x.deb\n b 1 x.deb\n").is_err());
        assert_eq!(
            listed_files("Checksums-Sha256:\n a 1 x.deb\n b 1 y.deb\n")
                .unwrap()
                .len(),
            2
        );
    }
}
