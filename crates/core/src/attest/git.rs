//! The source of a rebuild of a signed git tag, as its statement has it.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::AttestationError;
use super::statement::{descriptor, read_digests, read_sha256, read_time};
use crate::digest::{Digests, Sha256};
use crate::json::{Json, Members, Object, ShapeError, object, string};
use crate::source::git::{Commit, ObjectFormat, ObjectId, ObjectKind, Tag, object_id};
use crate::source::is_file_name;
use crate::time::Timestamp;

/// A repository's address and a path in it: longer ones are no names.
const NAME_BYTES_MAX: usize = 2_000;
/// Submodules of one tree, nested ones included.
const SUBMODULES_MAX: usize = 1_000;

/// A signed tag, what it leads to, and the recipe by which that was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitSource {
    /// The repository's address as the party fetched it.
    pub repository: String,
    /// The tag's name, without `refs/tags/`.
    pub tag: String,
    /// How the repository names objects.
    pub format: ObjectFormat,
    /// The tag object's id.
    pub tag_id: ObjectId,
    /// The commit that it points to.
    pub commit_id: ObjectId,
    /// The commit's tree.
    pub tree_id: ObjectId,
    /// The tag object as git stores it, signature included.
    pub tag_object: Vec<u8>,
    /// The commit object as git stores it.
    pub commit_object: Vec<u8>,
    /// The identity of the whole tree, submodules included: `docs/spec/source-identity.md`.
    pub identity: Sha256,
    /// The submodules that were laid out, by path.
    pub submodules: Vec<Submodule>,
    /// When the party had the tag object, by its own clock.
    pub seen: Timestamp,
    /// How it was built.
    pub recipe: RecipeRecord,
}

/// A submodule at the commit that the tree names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Submodule {
    /// Where it stands in the tree.
    pub path: String,
    /// Where it was fetched from.
    pub repository: String,
    /// Its commit.
    pub commit_id: ObjectId,
    /// The identity of its tree.
    pub identity: Sha256,
}

/// The recipe of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipeRecord {
    /// Its path in the repository, or its file name.
    pub name: String,
    /// Where it came from.
    pub place: RecipePlace,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// Where a recipe came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecipePlace {
    /// Out of the tree that was built.
    Repository,
    /// From whoever wrote the policy.
    Policy,
}

impl RecipePlace {
    fn name(self) -> &'static str {
        match self {
            Self::Repository => "repository",
            Self::Policy => "policy",
        }
    }
}

impl GitSource {
    /// `git+ADDRESS@refs/tags/NAME`
    pub fn reference(&self) -> String {
        format!("git+{}@refs/tags/{}", self.repository, self.tag)
    }

    /// Over everything but when it was seen: the objects, the tree with its submodules, and the recipe.
    pub(super) fn digest(&self) -> Sha256 {
        let mut text = format!(
            "{}\n{} {} {}\n{}\nrecipe {} {} {}\n",
            self.reference(),
            self.tag_id,
            self.commit_id,
            self.tree_id,
            self.identity,
            self.recipe.place.name(),
            Sha256::of(&self.recipe.content),
            self.recipe.name,
        );
        for submodule in &self.submodules {
            text.push_str(&format!(
                "submodule {} {} {} {}\n",
                submodule.commit_id, submodule.identity, submodule.repository, submodule.path
            ));
        }
        Sha256::of(text.as_bytes())
    }

    pub(super) fn materials(&self) -> BTreeMap<String, Sha256> {
        let recipe = format!("recipe:{}", self.recipe.name);
        BTreeMap::from([
            (self.reference(), self.identity),
            (recipe, Sha256::of(&self.recipe.content)),
        ])
    }

    /// Binds the parts: the objects' bytes to their ids, tag to commit to tree, names plain. Who signed is judged by the policy.
    pub(super) fn bound(&self) -> Result<(), AttestationError> {
        let refused = |problem| Err(AttestationError::Source(problem));
        if !is_repository(&self.repository) || self.tag.is_empty() {
            return refused("the repository's address or the tag's name is not plain");
        }
        let objects = [
            (ObjectKind::Tag, &self.tag_object, &self.tag_id),
            (ObjectKind::Commit, &self.commit_object, &self.commit_id),
        ];
        for (kind, bytes, id) in objects {
            let found = object_id(self.format, kind, bytes);
            if found.map_err(|error| AttestationError::Git(error.to_string()))? != *id {
                return refused("an object is not the one that its id names");
            }
        }
        let git = |error: &dyn std::fmt::Display| AttestationError::Git(error.to_string());
        let tag = Tag::parse(&self.tag_object, self.format).map_err(|error| git(&error))?;
        let commit =
            Commit::parse(&self.commit_object, self.format).map_err(|error| git(&error))?;
        if tag.name != self.tag.as_str() || tag.kind != ObjectKind::Commit {
            return refused("the tag object is of another name, or points to no commit");
        }
        if tag.object != self.commit_id || commit.tree != self.tree_id {
            return refused("tag, commit and tree do not lead to each other");
        }
        let mut paths = BTreeSet::new();
        let plain = self.submodules.iter().all(|submodule| {
            is_repository(&submodule.repository)
                && is_output_path(&submodule.path)
                && paths.insert(&submodule.path)
        });
        if !plain || self.submodules.len() > SUBMODULES_MAX {
            return refused("a submodule's path or address is not plain or occurs twice");
        }
        if !is_output_path(&self.recipe.name) {
            return refused("the recipe's name is not plain");
        }
        Ok(())
    }
}

/// Whether a text can be a repository's address: printable, without spaces.
pub(crate) fn is_repository(address: &str) -> bool {
    let plain = address.bytes().all(|byte| byte.is_ascii_graphic());
    plain && !address.is_empty() && address.len() <= NAME_BYTES_MAX && !address.starts_with('-')
}

/// Whether a text can name a file below a folder: plain components between slashes.
pub(crate) fn is_output_path(path: &str) -> bool {
    path.len() <= NAME_BYTES_MAX && path.split('/').all(is_file_name)
}

/// What the materials say of the source.
#[derive(Default)]
pub(super) struct GitParts {
    source: Option<Head>,
    objects: BTreeMap<String, Vec<u8>>,
    submodules: Vec<Submodule>,
    recipe: Option<RecipeRecord>,
}

/// What stands beside the tag's reference.
struct Head {
    reference: String,
    format: ObjectFormat,
    ids: [ObjectId; 3],
    identity: Sha256,
    seen: Timestamp,
}

impl GitParts {
    /// Takes a material of role `source`, `object`, `submodule` or `recipe`; `false` for any other.
    pub(super) fn take(
        &mut self,
        role: &str,
        members: &Object<'_>,
        annotations: &Object<'_>,
    ) -> Result<bool, ShapeError> {
        let name = members.read("name", string)?.to_owned();
        let twice = |what: &str| ShapeError::new(format!("a second {what}"));
        match role {
            "source" => {
                let digests = members.read("digest", object)?;
                let id = |member: &str| digests.read(member, read_id);
                let head = Head {
                    reference: name,
                    format: annotations.read("format", read_format)?,
                    ids: [id("gitTag")?, id("gitCommit")?, id("gitTree")?],
                    identity: annotations.read("identity", read_sha256)?,
                    seen: annotations.read("seenOn", read_time)?,
                };
                if self.source.replace(head).is_some() {
                    return Err(twice("source"));
                }
            }
            "object" => {
                let content = members.read("content", read_content)?;
                if self.objects.insert(name, content).is_some() {
                    return Err(twice("object of this name"));
                }
            }
            "submodule" => self.submodules.push(Submodule {
                path: name,
                repository: annotations.read("repository", string)?.to_owned(),
                commit_id: members.read("digest", |digests| {
                    object(digests)?.read("gitCommit", read_id)
                })?,
                identity: annotations.read("identity", read_sha256)?,
            }),
            "recipe" => {
                let recipe = RecipeRecord {
                    name,
                    place: annotations.read("place", read_place)?,
                    content: members.read("content", read_content)?,
                };
                let digests = members.read("digest", read_digests)?;
                if digests != Digests::of(&recipe.content) {
                    return Err(ShapeError::new(
                        "the recipe is not the one whose digest is recorded",
                    ));
                }
                if self.recipe.replace(recipe).is_some() {
                    return Err(twice("recipe"));
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The source; errors are placed as seen from the build definition.
    pub(super) fn finish(mut self, external: &Object<'_>) -> Result<GitSource, ShapeError> {
        let text = |name: &str| {
            let text = external.read(name, string).map(str::to_owned);
            text.map_err(|error| error.within("externalParameters"))
        };
        let missing = |what: &str| {
            ShapeError::new(format!("no {what} recorded")).within("resolvedDependencies")
        };
        let head = self.source.ok_or_else(|| missing("source"))?;
        let [tag_id, commit_id, tree_id] = head.ids;
        let mut object = |name: &str| self.objects.remove(name).ok_or_else(|| missing(name));
        let source = GitSource {
            repository: text("repository")?,
            tag: text("tag")?,
            format: head.format,
            tag_id,
            commit_id,
            tree_id,
            tag_object: object("tag")?,
            commit_object: object("commit")?,
            identity: head.identity,
            submodules: self.submodules,
            seen: head.seen,
            recipe: self.recipe.ok_or_else(|| missing("recipe"))?,
        };
        if !self.objects.is_empty() {
            return Err(
                ShapeError::new("an object beside tag and commit").within("resolvedDependencies")
            );
        }
        if source.reference() != head.reference {
            return Err(ShapeError::new(
                "the source is not the repository and tag of the parameters",
            )
            .within("resolvedDependencies"));
        }
        Ok(source)
    }
}

fn read_id(value: &Json<'_>) -> Result<ObjectId, ShapeError> {
    ObjectId::parse(string(value)?).map_err(|error| ShapeError::new(error.to_string()))
}

fn read_content(value: &Json<'_>) -> Result<Vec<u8>, ShapeError> {
    STANDARD
        .decode(string(value)?)
        .map_err(|_| ShapeError::new("not base64"))
}

fn read_format(value: &Json<'_>) -> Result<ObjectFormat, ShapeError> {
    match string(value)? {
        "sha1" => Ok(ObjectFormat::Sha1),
        "sha256" => Ok(ObjectFormat::Sha256),
        other => Err(ShapeError::new(format!(
            "expected sha1 or sha256, found {other:?}"
        ))),
    }
}

fn read_place(value: &Json<'_>) -> Result<RecipePlace, ShapeError> {
    let found = string(value)?;
    [RecipePlace::Repository, RecipePlace::Policy]
        .into_iter()
        .find(|place| place.name() == found)
        .ok_or_else(|| ShapeError::new(format!("expected repository or policy, found {found:?}")))
}

pub(super) fn write_external(source: &GitSource) -> Vec<(&'static str, Json<'static>)> {
    vec![
        ("repository", Json::text(source.repository.clone())),
        ("tag", Json::text(source.tag.clone())),
    ]
}

pub(super) fn write_materials(source: &GitSource) -> Vec<Json<'static>> {
    let object = |name: &str, bytes: &[u8]| {
        let content = ("content", Json::text(STANDARD.encode(bytes)));
        let annotations = annotated("object", Vec::new());
        material(name.to_owned(), vec![content, annotations])
    };
    let recipe = descriptor(
        source.recipe.name.clone(),
        Digests::of(&source.recipe.content),
        [
            ("role", Json::text("recipe")),
            ("place", Json::text(source.recipe.place.name())),
        ],
        Some((
            "content",
            Json::text(STANDARD.encode(&source.recipe.content)),
        )),
    );
    let objects = [
        object("tag", &source.tag_object),
        object("commit", &source.commit_object),
    ];
    [write_head(source)]
        .into_iter()
        .chain(objects)
        .chain(source.submodules.iter().map(write_submodule))
        .chain([recipe])
        .collect()
}

fn write_head(source: &GitSource) -> Json<'static> {
    let id = |id: &ObjectId| Json::text(id.to_string());
    let format = match source.format {
        ObjectFormat::Sha1 => "sha1",
        ObjectFormat::Sha256 => "sha256",
    };
    let digest = Json::object([
        ("gitTag", id(&source.tag_id)),
        ("gitCommit", id(&source.commit_id)),
        ("gitTree", id(&source.tree_id)),
    ]);
    let annotations = vec![
        ("format", Json::text(format)),
        ("identity", Json::text(source.identity.to_string())),
        ("seenOn", Json::text(source.seen.to_string())),
    ];
    let members = vec![("digest", digest), annotated("source", annotations)];
    material(source.reference(), members)
}

fn write_submodule(submodule: &Submodule) -> Json<'static> {
    let commit = Json::text(submodule.commit_id.to_string());
    let annotations = vec![
        ("repository", Json::text(submodule.repository.clone())),
        ("identity", Json::text(submodule.identity.to_string())),
    ];
    let digest = ("digest", Json::object([("gitCommit", commit)]));
    let members = vec![digest, annotated("submodule", annotations)];
    material(submodule.path.clone(), members)
}

fn material(name: String, members: Vec<(&'static str, Json<'static>)>) -> Json<'static> {
    Json::object([("name", Json::text(name))].into_iter().chain(members))
}

fn annotated(
    role: &'static str,
    more: Vec<(&'static str, Json<'static>)>,
) -> (&'static str, Json<'static>) {
    let role = [("role", Json::text(role))];
    ("annotations", Json::object(role.into_iter().chain(more)))
}
