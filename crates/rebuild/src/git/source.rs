//! A release in git: the tag fetched, what it leads to read and compared, the tree with its submodules laid out.

use std::fs;
use std::path::{Path, PathBuf};

use quorate::attest::git::Submodule;
use quorate::digest::Sha256;
use quorate::source::git::{
    Commit, ObjectFormat, ObjectId, ObjectKind, SourceEntry, Tag, TagSignature, TreeIdentity,
};
use quorate::time::Timestamp;
use quorate_git::Objects;

use super::fetch::{Fetcher, Repository};
use super::layout::{Found, LIMITS, Layout, Left, make_folder, settle, shown};
use super::modules::Modules;
use super::{Address, is_plain_path, refused};
use crate::builder::{now, warn};
use crate::error::RebuildError;
use crate::protocol::{GitRelease, Job, RecipeChoice};

/// Repositories in one another.
const SUBMODULE_DEPTH_MAX: usize = 8;
/// As the statement allows it.
const SUBMODULES_MAX: usize = 1_000;
/// Warnings about attributes; more say nothing new.
const WARNINGS_MAX: usize = 10;

/// A release whose every object was compared with its id, laid out.
pub(super) struct Laid {
    /// Where it was fetched from.
    pub(super) address: Address,
    /// How its repository names objects.
    pub(super) format: ObjectFormat,
    /// The tag object.
    pub(super) tag: (ObjectId, Vec<u8>),
    /// The commit object.
    pub(super) commit: (ObjectId, Vec<u8>),
    /// The commit's tree.
    pub(super) tree_id: ObjectId,
    /// The identity of the whole tree.
    pub(super) identity: Sha256,
    /// The submodules, by path.
    pub(super) submodules: Vec<Submodule>,
    /// When we had the tag object.
    pub(super) seen: Timestamp,
    /// The commit's time, by the committer's account.
    pub(super) time: Timestamp,
    /// The folder with the tree.
    pub(super) folder: PathBuf,
    /// The content of the recipe in the tree, when that is wanted and there.
    pub(super) recipe: Option<Vec<u8>>,
    /// Files and links.
    pub(super) files: usize,
}

/// Fetches the tag and lays out its tree.
///
/// # Errors
/// [`RebuildError::NoSuchTag`], [`RebuildError::Fetch`], or [`RebuildError::SourceRefused`] with what is wrong with the source.
pub(super) fn lay_out(job: &Job, release: &GitRelease) -> Result<Laid, RebuildError> {
    let address =
        Address::parse(&release.repository).map_err(|error| refused(error.to_string()))?;
    let mut fetcher = Fetcher::new(job.work.join("git"), &release.network, job.limits)?;
    let (repository, tag_id) = fetcher.tag(&address, &release.tag)?;
    let mut objects = repository.objects()?;
    let tag_object = tag_object(&mut objects, &tag_id, &release.tag)?;
    let seen = now()?;
    let tag = parse_tag(&tag_object, objects.format(), &release.tag)?;
    let (commit_id, format) = (tag, objects.format());
    let commit = ReadCommit::read(&mut objects, commit_id)?;
    drop(objects);
    let folder = job.work.join("tree");
    make_folder(&folder)?;
    let bytes = job.limits.output_bytes_max.min(LIMITS.source_bytes_max);
    let mut trees = Trees {
        fetcher,
        time: commit.time,
        left: Left {
            bytes,
            entries: LIMITS.source_entries_max,
        },
        submodules: Vec::new(),
        folders: vec![folder.clone()],
        attributes: Vec::new(),
        files: 0,
    };
    let recipe = match &release.recipe {
        RecipeChoice::Tree { path } => Some(&**path),
        RecipeChoice::Given { .. } => None,
    };
    let place = Place {
        address: &address,
        folder: &folder,
        path: "",
        depth: 0,
    };
    let (identity, found) = trees.lay_out(&repository, &commit.tree, &place, recipe)?;
    settle(&trees.folders, commit.time)?;
    trees.warn();
    trees.submodules.sort();
    Ok(Laid {
        format,
        tag: (tag_id, tag_object),
        commit: (commit_id, commit.object),
        tree_id: commit.tree,
        identity,
        submodules: trees.submodules,
        seen,
        time: commit.time,
        recipe: found.wanted,
        files: trees.files,
        address,
        folder,
    })
}

/// The bytes of the tag object, which the ref must lead to itself.
fn tag_object(objects: &mut Objects, id: &ObjectId, name: &str) -> Result<Vec<u8>, RebuildError> {
    match objects.read(id, LIMITS.git_object_bytes_max as u64)? {
        (ObjectKind::Tag, content) => Ok(content),
        (ObjectKind::Commit, _) => Err(refused(format!(
            "{name} is a lightweight tag: it leads to a commit and not to a tag object, which somebody could have signed"
        ))),
        (other, _) => Err(refused(format!(
            "{name} leads to a {other} and not to a tag object"
        ))),
    }
}

/// The commit that a tag names. Who signed it is not judged here; that nobody did is, because no policy takes that.
fn parse_tag(object: &[u8], format: ObjectFormat, name: &str) -> Result<ObjectId, RebuildError> {
    let tag = Tag::parse(object, format).map_err(|error| refused(error.to_string()))?;
    if tag.name != name {
        return Err(refused(format!(
            "the tag says that its name is {:?}, and {name:?} was asked for",
            tag.name
        )));
    }
    if tag.kind != ObjectKind::Commit {
        return Err(refused(format!(
            "the tag names a {} and not a commit",
            tag.kind
        )));
    }
    if tag.signature == TagSignature::None {
        return Err(refused("the tag is not signed"));
    }
    Ok(tag.object)
}

/// A commit, as far as it matters.
struct ReadCommit {
    object: Vec<u8>,
    tree: ObjectId,
    time: Timestamp,
}

impl ReadCommit {
    fn read(objects: &mut Objects, id: ObjectId) -> Result<Self, RebuildError> {
        let most = LIMITS.git_object_bytes_max as u64;
        let object = objects.read_kind(&id, ObjectKind::Commit, most)?;
        let commit = Commit::parse(&object, objects.format());
        let commit = commit.map_err(|error| refused(format!("{id}: {error}")))?;
        let time = committed(commit.committer)
            .ok_or_else(|| refused(format!("the commit {id} has no time from 1970 to 9999")))?;
        Ok(Self {
            tree: commit.tree,
            time,
            object,
        })
    }
}

/// The time in `NAME <ADDRESS> SECONDS OFFSET`.
fn committed(committer: &[u8]) -> Option<Timestamp> {
    let end = committer.iter().rposition(|byte| *byte == b'>')?;
    let rest = std::str::from_utf8(committer.get(end.checked_add(1)?..)?).ok()?;
    let seconds = rest.strip_prefix(' ')?.split(' ').next()?;
    let plain = !seconds.is_empty() && seconds.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = plain.then(|| seconds.parse().ok())??;
    Timestamp::from_unix_seconds(seconds)
}

/// A repository's place in the whole.
struct Place<'a> {
    address: &'a Address,
    folder: &'a Path,
    /// The path of its root in the whole tree; empty for the whole.
    path: &'a str,
    depth: usize,
}

/// Lays out a tree and, below it, those of its submodules.
struct Trees<'a> {
    fetcher: Fetcher<'a>,
    time: Timestamp,
    left: Left,
    submodules: Vec<Submodule>,
    folders: Vec<PathBuf>,
    attributes: Vec<(String, &'static str)>,
    files: usize,
}

impl Trees<'_> {
    fn lay_out(
        &mut self,
        repository: &Repository,
        tree: &ObjectId,
        place: &Place<'_>,
        wanted: Option<&str>,
    ) -> Result<(Sha256, Found), RebuildError> {
        let mut identity = TreeIdentity::new(&LIMITS);
        let (mut objects, mut sizes) = (repository.objects()?, repository.sizes()?);
        let layout = Layout {
            objects: &mut objects,
            sizes: &mut sizes,
            folder: place.folder,
            time: self.time,
            identity: &mut identity,
            left: &mut self.left,
            wanted,
        };
        let mut found = layout.lay_out(tree)?;
        // Fetching ends everything that runs, so that nothing may be asked meanwhile.
        drop((objects, sizes));
        self.files = self.files.saturating_add(found.files);
        self.folders.append(&mut found.folders);
        for (path, attribute) in found.attributes.drain(..) {
            let path = joined(place.path, &shown(&path));
            self.attributes.push((path, attribute));
        }
        if !found.submodules.is_empty() {
            self.lay_out_submodules(&found, place, &mut identity)?;
        }
        let identity = identity
            .finish()
            .map_err(|error| refused(error.to_string()))?;
        Ok((identity, found))
    }

    fn lay_out_submodules(
        &mut self,
        found: &Found,
        place: &Place<'_>,
        identity: &mut TreeIdentity<'static>,
    ) -> Result<(), RebuildError> {
        if place.depth >= SUBMODULE_DEPTH_MAX {
            return Err(refused(format!(
                "more than {SUBMODULE_DEPTH_MAX} submodules in one another"
            )));
        }
        let modules = found.modules.as_deref().unwrap_or_default();
        let modules = Modules::parse(modules)
            .map_err(|error| refused(joined(place.path, &error.to_string())))?;
        for (path, commit) in &found.submodules {
            let tree = self.submodule(path, *commit, &modules, place)?;
            let entry = SourceEntry::Submodule {
                commit: *commit,
                tree,
            };
            let pushed = identity.push(path, entry);
            pushed.map_err(|error| refused(error.to_string()))?;
        }
        Ok(())
    }

    /// Lays out one submodule and returns the identity of its tree.
    fn submodule(
        &mut self,
        path: &[u8],
        commit_id: ObjectId,
        modules: &Modules,
        place: &Place<'_>,
    ) -> Result<Sha256, RebuildError> {
        let plain = std::str::from_utf8(path).ok();
        let plain = plain.filter(|path| is_plain_path(&joined(place.path, path)));
        let path = plain.ok_or_else(|| {
            refused(format!(
                "the submodule {:?} has no path that a statement can name",
                shown(path)
            ))
        })?;
        let whole = joined(place.path, path);
        let because = |why: &str| refused(format!("the submodule {whole}: {why}"));
        if self.submodules.len() >= SUBMODULES_MAX {
            return Err(because("too many submodules"));
        }
        let url = modules
            .url(path)
            .ok_or_else(|| because("no entry in .gitmodules"))?;
        let address = place.address.submodule(url);
        let address = address.map_err(|error| because(&format!("{url:?}: {error}")))?;
        let repository = self.fetcher.commit(&address, &commit_id)?;
        let mut objects = repository.objects()?;
        let commit = ReadCommit::read(&mut objects, commit_id)?;
        drop(objects);
        let below = Place {
            address: &address,
            folder: &place.folder.join(path),
            path: &whole,
            depth: place.depth.saturating_add(1),
        };
        let (identity, _) = self.lay_out(&repository, &commit.tree, &below, None)?;
        self.submodules.push(Submodule {
            path: whole,
            repository: address.to_string(),
            commit_id,
            identity,
        });
        Ok(identity)
    }

    fn warn(&self) {
        for (path, attribute) in self.attributes.iter().take(WARNINGS_MAX) {
            warn(&format!(
                "{path} asks git for {attribute}; the files are laid out as they are stored"
            ));
        }
    }
}

fn joined(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}/{name}"),
    }
}

/// Removes what was fetched, which the build is not to have the disk for.
pub(super) fn forget(work: &Path) -> Result<(), RebuildError> {
    let folder = work.join("git");
    fs::remove_dir_all(&folder).map_err(RebuildError::io("remove", &folder))
}

#[cfg(test)]
mod tests {
    use super::committed;

    #[test]
    fn the_time_of_a_commit_is_behind_its_committers_address() {
        let seconds = |text: &str| committed(text.as_bytes()).map(|time| time.unix_seconds());
        assert_eq!(seconds("A <a@b> 1112911993 -0700"), Some(1_112_911_993));
        assert_eq!(seconds("A> 1 <a@b> 2 +0000"), Some(2));
        for text in [
            "A <a@b>",
            "A <a@b> -1 +0000",
            "A <a@b>  1 +0000",
            "A <a@b> 99999999999999 +0000",
            "A 1 +0000",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
