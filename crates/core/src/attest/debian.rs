//! The source of a rebuild of a Debian source package, as its statement has it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::rebuild::{Builds, DebianSource, IndexRecord, SourceFile};
use super::statement::{descriptor, read_digests, read_time};
use crate::digest::Digests;
use crate::json::{Json, Members, Object, ShapeError, integer, string};

/// What the materials say of the source.
#[derive(Default)]
pub(super) struct DebianParts {
    files: Vec<SourceFile>,
    dsc: Option<Vec<u8>>,
    indexes: Vec<IndexRecord>,
}

impl DebianParts {
    /// Takes a material of role `source` or `index`; `false` for any other.
    pub(super) fn take(
        &mut self,
        role: &str,
        members: &Object<'_>,
        annotations: &Object<'_>,
    ) -> Result<bool, ShapeError> {
        let name = members.read("name", string)?.to_owned();
        match role {
            "source" => {
                if let Some(content) = members.get("content") {
                    let text = string(content)?;
                    let bytes = STANDARD
                        .decode(text)
                        .map_err(|_| ShapeError::new("not base64").within("content"))?;
                    if self.dsc.replace(bytes).is_some() {
                        return Err(ShapeError::new(
                            "a second file with content: only the .dsc has it",
                        ));
                    }
                }
                self.files.push(SourceFile {
                    name,
                    digests: members.read("digest", read_digests)?,
                    size: annotations.read("size", integer)?,
                });
            }
            "index" => self.indexes.push(IndexRecord {
                name,
                digests: members.read("digest", read_digests)?,
                date: annotations.read("date", read_time)?,
            }),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The source; errors are placed as seen from the build definition.
    pub(super) fn finish(self, external: &Object<'_>) -> Result<DebianSource, ShapeError> {
        let in_external = |error: ShapeError| error.within("externalParameters");
        let text = |name: &str| {
            external
                .read(name, string)
                .map(str::to_owned)
                .map_err(in_external)
        };
        let builds = |value: &Json<'_>| {
            Builds::from_name(string(value)?)
                .ok_or_else(|| ShapeError::new("expected any, all or binary"))
        };
        let missing = || ShapeError::new("no .dsc recorded").within("resolvedDependencies");
        Ok(DebianSource {
            name: text("source")?,
            version: text("version")?,
            files: self.files,
            dsc: self.dsc.ok_or_else(missing)?,
            indexes: self.indexes,
            builds: external.read("builds", builds).map_err(in_external)?,
        })
    }
}

pub(super) fn write_external(source: &DebianSource) -> Vec<(&'static str, Json<'static>)> {
    vec![
        ("source", Json::text(source.name.clone())),
        ("version", Json::text(source.version.clone())),
        ("builds", Json::text(source.builds.name())),
    ]
}

pub(super) fn write_materials(source: &DebianSource) -> Vec<Json<'static>> {
    let mut files = source.files.clone();
    files.sort();
    let dsc = Digests::of(&source.dsc);
    let files = files.into_iter().map(|file| {
        let content =
            (file.digests == dsc).then(|| ("content", Json::text(STANDARD.encode(&source.dsc))));
        let annotations = [
            ("role", Json::text("source")),
            ("size", Json::number(file.size)),
        ];
        descriptor(file.name, file.digests, annotations, content)
    });
    let indexes = source.indexes.iter().map(|index| {
        let annotations = [
            ("role", Json::text("index")),
            ("date", Json::text(index.date.to_string())),
        ];
        descriptor(index.name.clone(), index.digests, annotations, None)
    });
    files.chain(indexes).collect()
}
