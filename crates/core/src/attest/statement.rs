//! in-toto Statement v1 with SLSA provenance v1 ⇄ [`Rebuild`].

use std::collections::BTreeMap;

use super::AttestationError;
use super::debian::{self, DebianParts};
use super::git::{self, GitParts};
use super::rebuild::{
    BUILD_TYPE, BUILD_TYPE_GIT, BUILD_TYPE_STEM, Byproduct, EnvironmentPackage, PARTY_STEM,
    Product, Rebuild, RootRecord, Source,
};
use crate::digest::{Digests, Sha256, Sha512};
use crate::json::{Json, Members, Object, ShapeError, array, integer, object, string, strings};
use crate::limits::Limits;
use crate::source::is_package_name;
use crate::time::Timestamp;

const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
const PREDICATE_TYPE: &str = "https://slsa.dev/provenance/v1";

/// Whether the document says that it is an in-toto Statement of any version.
pub(super) fn is_statement(value: &Object<'_>) -> bool {
    matches!(value.get("_type"), Some(Json::String(text)) if text.starts_with("https://in-toto.io/Statement/"))
}

pub(super) fn read(value: &Json<'_>, limits: &Limits) -> Result<Rebuild, AttestationError> {
    let statement = object(value)?;
    for (member, known) in [("_type", STATEMENT_TYPE), ("predicateType", PREDICATE_TYPE)] {
        let found = statement.read(member, string)?;
        if found != known {
            return Err(AttestationError::Type(found.to_owned()));
        }
    }
    let predicate = statement.read("predicate", object)?;
    let definition = predicate
        .read("buildDefinition", object)
        .map_err(|error| error.within("predicate"))?;
    let build_type = definition.read("buildType", string)?;
    let Some(source) = SourceParts::of(build_type) else {
        let known_family = build_type.starts_with(BUILD_TYPE_STEM);
        let error = if known_family {
            AttestationError::Newer
        } else {
            AttestationError::Type
        };
        return Err(error(build_type.to_owned()));
    };
    let too_many = |name: &str, value: &Json<'_>| {
        array(value)
            .is_ok_and(|items| items.len() > limits.materials_max)
            .then(|| ShapeError::new("too many entries").within(name))
    };
    for (name, value) in statement.iter().chain(definition.iter()) {
        too_many(name, value).map_or(Ok(()), Err)?;
    }
    let products = statement.read_items("subject", read_product)?;
    read_rebuild(definition, predicate, source, products)
        .map_err(|error| error.within("predicate"))?
        .bound(limits)
}

fn read_rebuild(
    definition: &Object<'_>,
    predicate: &Object<'_>,
    source: SourceParts,
    products: Vec<Product>,
) -> Result<Rebuild, ShapeError> {
    let external = definition
        .read("externalParameters", object)
        .map_err(|error| error.within("buildDefinition"))?;
    let internal = definition
        .read("internalParameters", object)
        .map_err(|error| error.within("buildDefinition"))?;
    let details = predicate.read("runDetails", object)?;
    let in_external = |error: ShapeError| error.within("buildDefinition.externalParameters");
    let in_internal = |error: ShapeError| error.within("buildDefinition.internalParameters");
    let in_details = |error: ShapeError| error.within("runDetails");
    let in_metadata = |error: ShapeError| error.within("runDetails.metadata");
    let in_builder = |error: ShapeError| error.within("runDetails.builder");
    let missing = |what: &str| ShapeError::new(what).within("buildDefinition.resolvedDependencies");
    let metadata = details.read("metadata", object).map_err(in_details)?;
    let builder = details.read("builder", object).map_err(in_details)?;
    let materials =
        Materials::read(definition, source).map_err(|error| error.within("buildDefinition"))?;
    Ok(Rebuild {
        party: builder.read("id", read_party).map_err(in_builder)?,
        architecture: external
            .read("architecture", read_plain)
            .map_err(in_external)?,
        command: internal.read("command", strings).map_err(in_internal)?,
        variables: internal.read("variables", read_map).map_err(in_internal)?,
        build_path: internal
            .read("buildPath", string)
            .map_err(in_internal)?
            .to_owned(),
        unlimited: internal.read("unlimited", strings).map_err(in_internal)?,
        root: materials
            .root
            .ok_or_else(|| missing("no build root recorded"))?,
        source: materials
            .source
            .finish(external)
            .map_err(|error| error.within("buildDefinition"))?,
        packages: materials.packages,
        products,
        byproducts: details
            .read_items("byproducts", read_byproduct)
            .map_err(in_details)?,
        invocation: metadata
            .read("invocationId", string)
            .map_err(in_metadata)?
            .to_owned(),
        started: metadata.read("startedOn", read_time).map_err(in_metadata)?,
        finished: metadata
            .read("finishedOn", read_time)
            .map_err(in_metadata)?,
        rebuilder_version: builder
            .read("version", object)
            .map_err(in_builder)?
            .read("quorate-rebuild", string)
            .map_err(|error| in_builder(error.within("version")))?
            .to_owned(),
    })
}

/// What is gathered of the source while materials are read, by the kind of build.
enum SourceParts {
    Debian(DebianParts),
    Git(GitParts),
}

impl SourceParts {
    /// `None` when the build type is not known.
    fn of(build_type: &str) -> Option<Self> {
        match build_type {
            BUILD_TYPE => Some(Self::Debian(DebianParts::default())),
            BUILD_TYPE_GIT => Some(Self::Git(GitParts::default())),
            _ => None,
        }
    }

    /// Takes a material whose role is the source's own; `false` when this kind of source has no such role.
    fn take(
        &mut self,
        role: &str,
        members: &Object<'_>,
        annotations: &Object<'_>,
    ) -> Result<bool, ShapeError> {
        match self {
            Self::Debian(parts) => parts.take(role, members, annotations),
            Self::Git(parts) => parts.take(role, members, annotations),
        }
    }

    fn finish(self, external: &Object<'_>) -> Result<Source, ShapeError> {
        match self {
            Self::Debian(parts) => parts.finish(external).map(Source::Debian),
            Self::Git(parts) => parts.finish(external).map(Box::new).map(Source::Git),
        }
    }
}

struct Materials {
    source: SourceParts,
    root: Option<RootRecord>,
    packages: Vec<EnvironmentPackage>,
}

impl Materials {
    fn read(definition: &Object<'_>, source: SourceParts) -> Result<Self, ShapeError> {
        let list = definition.read("resolvedDependencies", array)?;
        let mut materials = Self {
            source,
            root: None,
            packages: Vec::new(),
        };
        for (index, material) in list.iter().enumerate() {
            materials
                .add(material)
                .map_err(|error| error.at_index(index).within("resolvedDependencies"))?;
        }
        Ok(materials)
    }

    fn add(&mut self, value: &Json<'_>) -> Result<(), ShapeError> {
        let members = object(value)?;
        let name = members.read("name", string)?.to_owned();
        let annotations = members.read("annotations", object)?;
        match annotations.read("role", string)? {
            "root" => {
                let root = RootRecord {
                    name,
                    digests: members.read("digest", read_digests)?,
                };
                if self.root.replace(root).is_some() {
                    return Err(ShapeError::new("a second build root"));
                }
            }
            "environment" => self.packages.push(EnvironmentPackage {
                // Names with line ends could make two environments look the same.
                name: members.read("name", read_plain)?,
                version: annotations.read("version", read_plain)?,
                architecture: annotations.read("architecture", read_plain)?,
                sha256: members.read("digest", |digest| {
                    object(digest)?.read("sha256", read_sha256)
                })?,
            }),
            // A material whose part is unknown could be a second source: nothing may be built from what we do not compare.
            other => {
                if !self.source.take(other, members, annotations)? {
                    return Err(ShapeError::new(format!("unknown role {other:?}")));
                }
            }
        }
        Ok(())
    }
}

fn read_product(value: &Json<'_>) -> Result<Product, ShapeError> {
    let members = object(value)?;
    let annotations = members.read("annotations", object)?;
    Ok(Product {
        name: members.read("name", string)?.to_owned(),
        digests: members.read("digest", read_digests)?,
        size: annotations.read("size", integer)?,
        package: annotations.read("package", string)?.to_owned(),
        version: annotations.read("version", string)?.to_owned(),
        architecture: annotations.read("architecture", string)?.to_owned(),
        stabilised: match annotations.get("stabilised") {
            None => BTreeMap::new(),
            Some(_) => annotations.read("stabilised", read_stabilised)?,
        },
    })
}

fn read_stabilised(value: &Json<'_>) -> Result<BTreeMap<String, Sha256>, ShapeError> {
    let members = object(value)?;
    let digest = |(name, value): (&str, &Json<'_>)| Ok((name.to_owned(), read_sha256(value)?));
    members.iter().map(digest).collect()
}

fn read_byproduct(value: &Json<'_>) -> Result<Byproduct, ShapeError> {
    let members = object(value)?;
    let size = members.read("annotations", object)?.read("size", integer)?;
    Ok(Byproduct {
        name: members.read("name", string)?.to_owned(),
        digests: members.read("digest", read_digests)?,
        size,
    })
}

pub(super) fn read_digests(value: &Json<'_>) -> Result<Digests, ShapeError> {
    let members = object(value)?;
    let sha512 = |value: &Json<'_>| {
        Sha512::parse(string(value)?).map_err(|error| ShapeError::new(error.to_string()))
    };
    Ok(Digests {
        sha256: members.read("sha256", read_sha256)?,
        sha512: members.read("sha512", sha512)?,
    })
}

pub(super) fn read_sha256(value: &Json<'_>) -> Result<Sha256, ShapeError> {
    Sha256::parse(string(value)?).map_err(|error| ShapeError::new(error.to_string()))
}

pub(super) fn read_time(value: &Json<'_>) -> Result<Timestamp, ShapeError> {
    Timestamp::parse(string(value)?).map_err(|error| ShapeError::new(error.to_string()))
}

/// A version or architecture: printable, without spaces.
pub(super) fn read_plain(value: &Json<'_>) -> Result<String, ShapeError> {
    let text = string(value)?;
    let plain =
        !text.is_empty() && text.len() <= 200 && text.bytes().all(|byte| byte.is_ascii_graphic());
    if plain {
        Ok(text.to_owned())
    } else {
        Err(ShapeError::new("expected a word of printable characters"))
    }
}

fn read_party(value: &Json<'_>) -> Result<String, ShapeError> {
    let name = string(value)?
        .strip_prefix(PARTY_STEM)
        .filter(|name| is_party_name(name));
    name.map(str::to_owned)
        .ok_or_else(|| ShapeError::new(format!("expected {PARTY_STEM} and a party's name")))
}

/// Whether a text can be a party's name: as a Debian package name, so that it prints as itself everywhere.
pub fn is_party_name(name: &str) -> bool {
    is_package_name(name) && name.len() <= 64
}

fn read_map(value: &Json<'_>) -> Result<BTreeMap<String, String>, ShapeError> {
    object(value)?
        .iter()
        .map(|(name, value)| {
            Ok((
                name.to_owned(),
                string(value)
                    .map_err(|error| error.within(&format!("{name:?}")))?
                    .to_owned(),
            ))
        })
        .collect()
}

pub(super) fn write(rebuild: &Rebuild) -> Json<'static> {
    let mut products = rebuild.products.clone();
    products.sort();
    Json::object([
        ("_type", Json::text(STATEMENT_TYPE)),
        ("predicateType", Json::text(PREDICATE_TYPE)),
        (
            "subject",
            Json::Array(products.into_iter().map(write_product).collect()),
        ),
        (
            "predicate",
            Json::object([
                ("buildDefinition", write_definition(rebuild)),
                ("runDetails", write_details(rebuild)),
            ]),
        ),
    ])
}

fn write_definition(rebuild: &Rebuild) -> Json<'static> {
    let text = |text: &String| Json::text(text.clone());
    let variables = rebuild
        .variables
        .iter()
        .map(|(name, value)| (name.clone(), text(value)));
    Json::object([
        ("buildType", Json::text(rebuild.source.build_type())),
        ("externalParameters", write_external(rebuild)),
        (
            "internalParameters",
            Json::object([
                ("command", Json::texts(rebuild.command.clone())),
                ("variables", Json::object(variables)),
                ("buildPath", text(&rebuild.build_path)),
                ("unlimited", Json::texts(rebuild.unlimited.clone())),
            ]),
        ),
        (
            "resolvedDependencies",
            Json::Array(write_materials(rebuild)),
        ),
    ])
}

fn write_external(rebuild: &Rebuild) -> Json<'static> {
    let source = match &rebuild.source {
        Source::Debian(source) => debian::write_external(source),
        Source::Git(source) => git::write_external(source),
    };
    let architecture = ("architecture", Json::text(rebuild.architecture.clone()));
    Json::object(source.into_iter().chain([architecture]))
}

fn write_materials(rebuild: &Rebuild) -> Vec<Json<'static>> {
    let source = match &rebuild.source {
        Source::Debian(source) => debian::write_materials(source),
        Source::Git(source) => git::write_materials(source),
    };
    let mut packages = rebuild.packages.clone();
    packages.sort();
    let root = descriptor(
        rebuild.root.name.clone(),
        rebuild.root.digests,
        [("role", Json::text("root"))],
        None,
    );
    let packages = packages.into_iter().map(|package| {
        let annotations = [
            ("role", Json::text("environment")),
            ("version", Json::text(package.version)),
            ("architecture", Json::text(package.architecture)),
        ];
        let digest = Json::object([("sha256", Json::text(package.sha256.to_string()))]);
        Json::object([
            ("name", Json::text(package.name)),
            ("digest", digest),
            ("annotations", Json::object(annotations)),
        ])
    });
    source.into_iter().chain([root]).chain(packages).collect()
}

fn write_details(rebuild: &Rebuild) -> Json<'static> {
    let mut byproducts = rebuild.byproducts.clone();
    byproducts.sort();
    let byproducts = byproducts
        .into_iter()
        .map(|file| {
            descriptor(
                file.name,
                file.digests,
                [("size", Json::number(file.size))],
                None,
            )
        })
        .collect();
    Json::object([
        (
            "builder",
            Json::object([
                ("id", Json::text(format!("{PARTY_STEM}{}", rebuild.party))),
                (
                    "version",
                    Json::object([(
                        "quorate-rebuild",
                        Json::text(rebuild.rebuilder_version.clone()),
                    )]),
                ),
            ]),
        ),
        (
            "metadata",
            Json::object([
                ("invocationId", Json::text(rebuild.invocation.clone())),
                ("startedOn", Json::text(rebuild.started.to_string())),
                ("finishedOn", Json::text(rebuild.finished.to_string())),
            ]),
        ),
        ("byproducts", Json::Array(byproducts)),
    ])
}

fn write_product(product: Product) -> Json<'static> {
    let annotations = [
        ("size", Json::number(product.size)),
        ("package", Json::text(product.package)),
        ("version", Json::text(product.version)),
        ("architecture", Json::text(product.architecture)),
    ];
    let stabilised = product.stabilised.into_iter();
    let stabilised: Vec<_> = stabilised
        .map(|(name, sha256)| (name, Json::text(sha256.to_string())))
        .collect();
    let stabilised = (!stabilised.is_empty()).then(|| ("stabilised", Json::object(stabilised)));
    let annotations = annotations.into_iter().chain(stabilised);
    descriptor(product.name, product.digests, annotations, None)
}

/// A ResourceDescriptor of the attestation framework.
pub(super) fn descriptor(
    name: String,
    digests: Digests,
    annotations: impl IntoIterator<Item = (&'static str, Json<'static>)>,
    more: Option<(&'static str, Json<'static>)>,
) -> Json<'static> {
    let digest = [
        ("sha256", Json::text(digests.sha256.to_string())),
        ("sha512", Json::text(digests.sha512.to_string())),
    ];
    let members = [
        ("name", Json::text(name)),
        ("digest", Json::object(digest)),
        ("annotations", Json::object(annotations)),
    ];
    Json::object(members.into_iter().chain(more))
}
