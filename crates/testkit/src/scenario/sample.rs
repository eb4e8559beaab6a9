//! One rebuild of a real package, small enough to be read: catdoc of Debian 12.

use std::collections::BTreeMap;

use quorate::attest::rebuild::{
    Builds, Byproduct, DebianSource, EnvironmentPackage, IndexRecord, Product, Rebuild, RootRecord,
    Source, SourceFile,
};
use quorate::digest::{Digests, Sha256};
use quorate::source::Dsc;
use quorate::time::Timestamp;

/// What a party could state.
pub trait Stated {
    /// The whole rebuild as that party states it.
    fn by(&self, party: &str) -> Rebuild;
}

/// What a rebuild of a Debian package says, before somebody says it. Each method changes one thing and returns the whole.
#[derive(Clone, Debug)]
pub struct Sample {
    source: String,
    version: String,
    binary_version: Option<String>,
    architecture: String,
    bytes: Vec<u8>,
    source_bytes: Vec<u8>,
    environment: String,
    outputs: Vec<(String, Vec<u8>)>,
    extension: String,
    dsc: Option<Vec<u8>>,
}

impl Sample {
    /// catdoc 1:0.95-6~deb12u1 for amd64.
    pub fn catdoc() -> Self {
        Self {
            source: "catdoc".to_owned(),
            version: "1:0.95-6~deb12u1".to_owned(),
            binary_version: None,
            architecture: "amd64".to_owned(),
            bytes: b"!<arch>\ndebian-binary of catdoc".to_vec(),
            source_bytes: b"catdoc.orig".to_vec(),
            environment: "bookworm".to_owned(),
            outputs: Vec::new(),
            extension: "deb".to_owned(),
            dsc: None,
        }
    }

    /// Another name of source and package.
    #[must_use]
    pub fn source(mut self, name: &str) -> Self {
        name.clone_into(&mut self.source);
        self
    }

    /// Another version, of source and package.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.version);
        self
    }

    /// Another version of the binary package alone.
    #[must_use]
    pub fn binary_version(mut self, version: &str) -> Self {
        self.binary_version = Some(version.to_owned());
        self
    }

    /// Another architecture.
    #[must_use]
    pub fn architecture(mut self, architecture: &str) -> Self {
        architecture.clone_into(&mut self.architecture);
        self
    }

    /// Other bytes of the package.
    #[must_use]
    pub fn bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.bytes = bytes.into();
        self
    }

    /// Other bytes of the upstream archive under the same name and version.
    #[must_use]
    pub fn source_bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.source_bytes = bytes.into();
        self
    }

    /// Another build environment: root and installed packages.
    #[must_use]
    pub fn environment(mut self, name: &str) -> Self {
        name.clone_into(&mut self.environment);
        self
    }

    /// One more output, of the package of that name.
    #[must_use]
    pub fn output(mut self, package: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.outputs.push((package.to_owned(), bytes.into()));
        self
    }

    /// Another ending of the outputs' file names.
    #[must_use]
    pub fn extension(mut self, extension: &str) -> Self {
        extension.clone_into(&mut self.extension);
        self
    }

    /// Another `.dsc` of the same name and version, and the source files that it lists.
    #[must_use]
    pub fn described_by(mut self, dsc: impl Into<Vec<u8>>) -> Self {
        self.dsc = Some(dsc.into());
        self
    }

    /// The package's bytes.
    pub fn artifact(&self) -> &[u8] {
        &self.bytes
    }

    /// The package's file name, which leaves the epoch out.
    pub fn file_name(&self) -> String {
        self.file_name_of(&self.source)
    }

    /// The identity of the package as the command line writes it.
    pub fn identity(&self) -> String {
        let version = self.binary_version.as_ref().unwrap_or(&self.version);
        format!("{}={version}:{}", self.source, self.architecture)
    }

    /// The `.dsc` in the clear-signed frame that archives publish.
    pub fn dsc(&self) -> Vec<u8> {
        if let Some(dsc) = &self.dsc {
            return dsc.clone();
        }
        let files = self.source_files();
        let lines = |digest: &dyn Fn(&[u8]) -> String| -> String {
            files
                .iter()
                .map(|(name, bytes)| format!("\n {} {} {name}", digest(bytes), bytes.len()))
                .collect()
        };
        let (name, version) = (&self.source, &self.version);
        let sha256 = lines(&|bytes| Sha256::of(bytes).to_string());
        // Nobody reads the MD5 sums; their list must only name the same files.
        let md5 = lines(&|bytes| Sha256::of(bytes).to_string()[..32].to_owned());
        format!(
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nFormat: 3.0 (quilt)\nSource: {name}\nBinary: {name}\n\
             Architecture: any\nVersion: {version}\nMaintainer: A Maintainer <maintainer@example.org>\n\
             Package-List:\n {name} deb text optional arch=any\nChecksums-Sha256:{sha256}\nFiles:{md5}\n\n\
             -----BEGIN PGP SIGNATURE-----\n\niQIzBAEBCgAdFiEE\n=abcd\n-----END PGP SIGNATURE-----\n"
        )
        .into_bytes()
    }

    fn release(&self) -> DebianSource {
        let dsc = self.dsc();
        DebianSource {
            builds: Builds::Any,
            name: self.source.clone(),
            version: self.version.clone(),
            files: self.described_files(&dsc),
            dsc,
            indexes: vec![IndexRecord {
                name: "bookworm".to_owned(),
                digests: Digests::of(b"InRelease"),
                date: Timestamp::parse("2026-11-19T20:00:00Z").expect("a fixed time"),
            }],
        }
    }

    /// The `.dsc` and what it lists. It has no SHA-512: that of a file that is not ours is made up.
    fn described_files(&self, dsc: &[u8]) -> Vec<SourceFile> {
        let listed = Dsc::parse(dsc).expect("a source control file").files;
        let made = self.source_files();
        let sha512 = |name: &str| {
            let found = made.iter().find(|(own, _)| own == name);
            Digests::of(found.map_or(&[][..], |(_, bytes)| bytes)).sha512
        };
        let mut files: Vec<SourceFile> = listed
            .into_iter()
            .map(|(name, file)| SourceFile {
                digests: Digests {
                    sha256: file.sha256,
                    sha512: sha512(&name),
                },
                size: file.size,
                name,
            })
            .collect();
        files.push(SourceFile {
            name: format!("{}.dsc", self.file_stem()),
            digests: Digests::of(dsc),
            size: dsc.len() as u64,
        });
        files
    }

    fn source_files(&self) -> Vec<(String, Vec<u8>)> {
        let upstream = self.upstream_version();
        vec![
            (
                format!("{}_{upstream}.orig.tar.gz", self.source),
                self.source_bytes.clone(),
            ),
            (
                format!("{}.debian.tar.xz", self.file_stem()),
                b"catdoc.debian".to_vec(),
            ),
        ]
    }

    fn installed(&self) -> Vec<EnvironmentPackage> {
        ["gcc-12", "libc6", "make"]
            .into_iter()
            .map(|name| EnvironmentPackage {
                name: name.to_owned(),
                version: "12.2.0-14".to_owned(),
                architecture: "amd64".to_owned(),
                sha256: Sha256::of(format!("{name} {}", self.environment).as_bytes()),
            })
            .collect()
    }

    fn products(&self) -> Vec<Product> {
        let own = (self.source.clone(), self.bytes.clone());
        std::iter::once(own)
            .chain(self.outputs.clone())
            .map(|(package, bytes)| Product {
                name: self.file_name_of(&package),
                digests: Digests::of(&bytes),
                size: bytes.len() as u64,
                version: self
                    .binary_version
                    .as_ref()
                    .unwrap_or(&self.version)
                    .clone(),
                architecture: self.architecture.clone(),
                package,
                stabilised: BTreeMap::new(),
            })
            .collect()
    }

    fn file_name_of(&self, package: &str) -> String {
        let version = self.binary_version.as_ref().unwrap_or(&self.version);
        let (version, ending) = (without_epoch(version), &self.extension);
        format!("{package}_{version}_{}.{ending}", self.architecture)
    }

    fn file_stem(&self) -> String {
        format!("{}_{}", self.source, without_epoch(&self.version))
    }

    fn upstream_version(&self) -> &str {
        let version = without_epoch(&self.version);
        version
            .rsplit_once('-')
            .map_or(version, |(upstream, _)| upstream)
    }
}

impl Stated for Sample {
    fn by(&self, party: &str) -> Rebuild {
        let time = |text| Timestamp::parse(text).expect("a fixed time");
        let file = |name: &str, ending: &str| Byproduct {
            name: format!("{}_{}", self.file_stem(), ending),
            digests: Digests::of(format!("{party} {name}").as_bytes()),
            size: 1_000,
        };
        Rebuild {
            party: party.to_owned(),
            source: Source::Debian(self.release()),
            architecture: self.architecture.clone(),
            command: ["dpkg-buildpackage", "-us", "-uc", "-b"]
                .map(str::to_owned)
                .to_vec(),
            variables: BTreeMap::from([("LC_ALL".to_owned(), "C.UTF-8".to_owned())]),
            build_path: "/build/source".to_owned(),
            unlimited: Vec::new(),
            root: RootRecord {
                name: format!("{}.tar", self.environment),
                digests: Digests::of(format!("root {}", self.environment).as_bytes()),
            },
            packages: self.installed(),
            products: self.products(),
            byproducts: vec![
                file("log", "amd64.log.zst"),
                file("buildinfo", "amd64.buildinfo"),
            ],
            invocation: Sha256::of(party.as_bytes()).to_string()[..32].to_owned(),
            started: time("2026-11-20T10:00:00Z"),
            finished: time("2026-11-20T10:01:30Z"),
            rebuilder_version: "0.1.0".to_owned(),
        }
    }
}

fn without_epoch(version: &str) -> &str {
    version.split_once(':').map_or(version, |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::{Sample, Stated as _};
    use quorate::attest::rebuild::Rebuild;
    use quorate::limits::Limits;

    #[test]
    fn the_sample_reads_back_as_it_was_written() {
        let rebuild = Sample::catdoc()
            .output("catdoc-dbgsym", "symbols")
            .by("alice");
        let read = Rebuild::from_statement(&rebuild.statement(), &Limits::STANDARD).unwrap();
        assert_eq!(read.statement(), rebuild.statement());
        assert_eq!(
            Sample::catdoc().file_name(),
            "catdoc_0.95-6~deb12u1_amd64.deb"
        );
        assert_eq!(Sample::catdoc().identity(), "catdoc=1:0.95-6~deb12u1:amd64");
    }
}
