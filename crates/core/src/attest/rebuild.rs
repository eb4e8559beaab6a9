//! One rebuild as its party states it: `docs/spec/rebuild.md`.

use std::collections::{BTreeMap, BTreeSet};

use super::AttestationError;
use super::git::{GitSource, is_output_path};
use crate::digest::{Digests, Sha256};
use crate::json::ShapeError;
use crate::limits::Limits;
use crate::source::{Dsc, is_file_name, is_package_name, is_version};
use crate::time::Timestamp;

/// The build type of a rebuild of a Debian source package, version 1.
pub const BUILD_TYPE: &str = "https://quorate.dev/rebuild/debian/v1";
/// The build type of a rebuild of a signed git tag, version 1.
pub const BUILD_TYPE_GIT: &str = "https://quorate.dev/rebuild/git/v1";
pub(super) const BUILD_TYPE_STEM: &str = "https://quorate.dev/rebuild/";
/// A party's name for itself stands after this in `builder.id`.
pub(super) const PARTY_STEM: &str = "https://quorate.dev/party/";
/// Stabilised forms of one output.
const STABILISED_MAX: usize = 8;
/// The name of the in-toto step whose links carry rebuilds.
pub const STEP: &str = "rebuild";

/// Everything that one rebuild statement says. Public fields: it is what somebody says, not what anybody trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuild {
    /// The party's own name for itself.
    pub party: String,
    /// What was built.
    pub source: Source,
    /// The architecture that the build ran for.
    pub architecture: String,
    /// The command as a list of words.
    pub command: Vec<String>,
    /// The whole environment of the build.
    pub variables: BTreeMap<String, String>,
    /// The folder in which the source was built.
    pub build_path: String,
    /// Limits that the host could not set.
    pub unlimited: Vec<String>,
    /// The build root before build dependencies.
    pub root: RootRecord,
    /// Every installed package.
    pub packages: Vec<EnvironmentPackage>,
    /// Every output.
    pub products: Vec<Product>,
    /// Log, `.buildinfo`, `.changes`.
    pub byproducts: Vec<Byproduct>,
    /// 32 lower-case hex digits, random.
    pub invocation: String,
    /// When the rebuild started, by the party's own clock.
    pub started: Timestamp,
    /// When it ended, by the party's own clock.
    pub finished: Timestamp,
    /// The version of the program that rebuilt.
    pub rebuilder_version: String,
}

/// What was built, by the kind of release that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A Debian source package.
    Debian(DebianSource),
    /// A signed tag of a git repository.
    Git(Box<GitSource>),
}

/// A Debian source package: its name, its version and every file of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebianSource {
    /// The source package's name.
    pub name: String,
    /// The full version.
    pub version: String,
    /// The `.dsc` and each file that it lists.
    pub files: Vec<SourceFile>,
    /// The bytes of the `.dsc`.
    pub dsc: Vec<u8>,
    /// The signed indexes by which the source was authenticated.
    pub indexes: Vec<IndexRecord>,
    /// Which binary packages were asked for.
    pub builds: Builds,
}

/// A file of a source package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceFile {
    /// File name.
    pub name: String,
    /// Digests of the whole file.
    pub digests: Digests,
    /// Size in bytes.
    pub size: u64,
}

/// A signed archive index (InRelease).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IndexRecord {
    /// The suite.
    pub name: String,
    /// Digests of the InRelease file.
    pub digests: Digests,
    /// Its Date field.
    pub date: Timestamp,
}

/// The build root's tar archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RootRecord {
    /// A name for people.
    pub name: String,
    /// Digests of the archive.
    pub digests: Digests,
}

/// An installed package of the build environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnvironmentPackage {
    /// Package name.
    pub name: String,
    /// Full version.
    pub version: String,
    /// Architecture.
    pub architecture: String,
    /// SHA-256 of the `.deb` as the signed index has it.
    pub sha256: Sha256,
}

/// An output of the build: a binary package, or a file that the recipe names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Product {
    /// File name.
    pub name: String,
    /// Digests of the whole file.
    pub digests: Digests,
    /// Size in bytes.
    pub size: u64,
    /// The binary package's name.
    pub package: String,
    /// The binary package's full version.
    pub version: String,
    /// The binary package's architecture.
    pub architecture: String,
    /// SHA-256 of its stabilised form, by the normaliser that made it (`docs/spec/stabilised.md`). Empty where nobody asked for one.
    pub stabilised: BTreeMap<String, Sha256>,
}

/// Something that the build left besides its outputs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Byproduct {
    /// File name.
    pub name: String,
    /// Digests of the whole file.
    pub digests: Digests,
    /// Size in bytes.
    pub size: u64,
}

/// Which binary packages of a source are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Builds {
    /// Those of the architecture.
    Any,
    /// Those of no architecture.
    All,
    /// Both.
    Binary,
}

impl Builds {
    /// The word that the statement uses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::All => "all",
            Self::Binary => "binary",
        }
    }

    /// The inverse of [`Self::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Any, Self::All, Self::Binary]
            .into_iter()
            .find(|builds| builds.name() == name)
    }
}

impl Rebuild {
    /// Reads the payload of a Statement by every rule of the specification.
    ///
    /// # Errors
    /// [`AttestationError`] when it is another format, a newer version, malformed, or its source is not bound.
    pub fn from_statement(payload: &[u8], limits: &Limits) -> Result<Self, AttestationError> {
        super::statement::read(&crate::json::parse(payload, limits)?, limits)
    }

    /// The payload of the Statement, in canonical form.
    pub fn statement(&self) -> Vec<u8> {
        super::statement::write(self).to_text()
    }

    /// The payload of the in-toto link that carries the same Statement.
    pub fn link(&self) -> Vec<u8> {
        super::link::write(self).to_text()
    }

    /// SHA-256 over what makes two environments the same: root and installed packages.
    pub fn environment_digest(&self) -> Sha256 {
        let mut text = format!("root {}\n", self.root.digests.sha256);
        for package in self.packages.iter().collect::<BTreeSet<_>>() {
            let words = [&package.name, &package.version, &package.architecture];
            for word in words {
                text.push_str(word);
                text.push(' ');
            }
            text.push_str(&package.sha256.to_string());
            text.push('\n');
        }
        Sha256::of(text.as_bytes())
    }

    /// Binds the parts to each other: `.dsc` ↔ source files ↔ external parameters, names unique and plain, times in order.
    pub(super) fn bound(self, limits: &Limits) -> Result<Self, AttestationError> {
        self.source.bound()?;
        let shape = |problem: &str| Err(AttestationError::Shape(ShapeError::new(problem)));
        if self.products.is_empty() || self.products.len() > limits.products_max {
            return shape("no outputs, or too many");
        }
        // A recipe can build in a root archive, in which nobody installs anything.
        let may_be_none = matches!(self.source, Source::Git(_));
        if (self.packages.is_empty() && !may_be_none) || self.packages.len() > limits.materials_max
        {
            return shape("no installed packages recorded, or too many");
        }
        if !unique(self.products.iter().map(|product| &product.name))
            || !self
                .products
                .iter()
                .all(|product| product.is_plain(&self.source))
        {
            return shape(
                "two outputs with one name, or an output whose name, package or version is not plain",
            );
        }
        if let Source::Git(source) = &self.source
            && !(self.started..=self.finished).contains(&source.seen)
        {
            return shape("the tag was not seen between start and end");
        }
        if self.started > self.finished {
            return shape("it finished before it started");
        }
        if self.invocation.len() != 32
            || !self
                .invocation
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        {
            return shape("invocationId is not 32 digits of lower-case hex");
        }
        Ok(self)
    }
}

impl Source {
    /// The build type of a rebuild of such a source.
    pub fn build_type(&self) -> &'static str {
        match self {
            Self::Debian(_) => BUILD_TYPE,
            Self::Git(_) => BUILD_TYPE_GIT,
        }
    }

    /// What people call the source: the source package's name, or the repository's address.
    pub fn name(&self) -> &str {
        match self {
            Self::Debian(source) => &source.name,
            Self::Git(source) => &source.repository,
        }
    }

    /// What people call the release: the source package's full version, or the tag's name.
    pub fn version(&self) -> &str {
        match self {
            Self::Debian(source) => &source.version,
            Self::Git(source) => &source.tag,
        }
    }

    /// SHA-256 over everything that makes two sources the same. Two rebuilds are of one source when these are equal.
    pub fn digest(&self) -> Sha256 {
        match self {
            Self::Debian(source) => source.digest(),
            Self::Git(source) => source.digest(),
        }
    }

    /// The materials of the in-toto link, by name.
    pub(super) fn materials(&self) -> BTreeMap<String, Sha256> {
        match self {
            Self::Debian(source) => source.materials(),
            Self::Git(source) => source.materials(),
        }
    }

    fn bound(&self) -> Result<(), AttestationError> {
        match self {
            Self::Debian(source) => source.bound(),
            Self::Git(source) => source.bound(),
        }
    }
}

impl DebianSource {
    /// Over the names, sizes and both digests of every source file.
    fn digest(&self) -> Sha256 {
        let line = |file: &SourceFile| {
            format!(
                "{} {} {} {}\n",
                file.digests.sha256, file.digests.sha512, file.size, file.name
            )
        };
        let mut lines: Vec<String> = self.files.iter().map(line).collect();
        lines.sort();
        Sha256::of(lines.concat().as_bytes())
    }

    fn materials(&self) -> BTreeMap<String, Sha256> {
        let files = self.files.iter();
        files
            .map(|file| (file.name.clone(), file.digests.sha256))
            .collect()
    }

    fn bound(&self) -> Result<(), AttestationError> {
        let source = |problem| Err(AttestationError::Source(problem));
        let described = Dsc::parse(&self.dsc)?;
        if described.source != self.name || described.version != self.version {
            return source("the .dsc describes another source or version than the statement");
        }
        if self.indexes.is_empty() {
            return source("no signed index says that this source was released");
        }
        let digests = Digests::of(&self.dsc);
        let is_dsc =
            |file: &&SourceFile| file.digests == digests && file.size == self.dsc.len() as u64;
        let Some(dsc) = self
            .files
            .iter()
            .find(is_dsc)
            .filter(|file| is_file_name(&file.name))
        else {
            return source("the .dsc is not the one whose digest is recorded");
        };
        let listed = self.files.iter().filter(|file| file.name != dsc.name);
        let matching = listed.filter(|file| {
            described
                .files
                .get(&file.name)
                .is_some_and(|known| known.sha256 == file.digests.sha256 && known.size == file.size)
        });
        if !unique(self.files.iter().map(|file| &file.name))
            || matching.count() != described.files.len()
            || self.files.len() != described.files.len() + 1
        {
            return source("the files that the .dsc lists are not exactly the recorded ones");
        }
        Ok(())
    }
}

impl Product {
    /// A package's names are Debian's; an output of a tag is its path, and its version is the tag.
    fn is_plain(&self, source: &Source) -> bool {
        let named = match source {
            Source::Debian(_) => {
                is_file_name(&self.name)
                    && is_package_name(&self.package)
                    && is_version(&self.version)
            }
            Source::Git(source) => {
                is_output_path(&self.name)
                    && self.package == self.name
                    && self.version == source.tag
            }
        };
        named && is_package_name(&self.architecture) && self.stabilised.len() <= STABILISED_MAX
    }
}

fn unique<'n>(names: impl Iterator<Item = &'n String>) -> bool {
    let mut seen = BTreeSet::new();
    names.into_iter().all(|name| seen.insert(name))
}
