//! A verdict as it will be: five parties, each with the statement of a real build environment of 200 packages.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use quorate::attest::rebuild::EnvironmentPackage;
use quorate::digest::Sha256;
use quorate_testkit::scenario::{AT, Sample, Scene};

/// Parties in the policy, all of whom have rebuilt.
pub(crate) const PARTIES: usize = 5;
/// Votes needed.
pub(crate) const THRESHOLD: usize = 3;
/// A Debian build root with a few build dependencies has about this many packages.
pub(crate) const PACKAGES: usize = 200;

/// A scene in which all parties state the same artifact.
pub(crate) fn scene(artifact: &[u8]) -> Scene {
    let mut scene = Scene::of(THRESHOLD, PARTIES);
    let sample = Sample::catdoc()
        .bytes(artifact)
        .output("catdoc-dbgsym", vec![0; 4_096]);
    for party in 0..PARTIES {
        let mut rebuild = scene.parties[party].rebuild(&sample);
        rebuild.packages = (0..PACKAGES).map(package).collect();
        let statement = scene.parties[party].signs(0, &rebuild.statement());
        scene.evidence.push(statement);
    }
    scene.hold(artifact);
    scene
}

/// Names and versions as long as real ones.
fn package(number: usize) -> EnvironmentPackage {
    EnvironmentPackage {
        name: format!("libexample-perl{number}"),
        version: format!("1:5.36.{number}-7+deb12u3"),
        architecture: "amd64".to_owned(),
        sha256: Sha256::of(&number.to_le_bytes()),
    }
}

/// The same on disk.
pub(crate) struct Files {
    /// The artifact.
    pub(crate) artifact: PathBuf,
    proof: PathBuf,
    owner: PathBuf,
}

impl Files {
    /// Writes proof and owner's key of `scene` into `folder`, beside the artifact.
    pub(crate) fn write(scene: &Scene, folder: &Path, artifact: PathBuf) -> std::io::Result<Self> {
        let files = Self {
            artifact,
            proof: folder.join("proof"),
            owner: folder.join("owner.pub"),
        };
        fs::write(&files.proof, scene.proof())?;
        fs::write(&files.owner, scene.owners[0].public().to_pem())?;
        Ok(files)
    }

    /// `quorate verify` of the artifact.
    pub(crate) fn verify(&self, quorate: &Path) -> Command {
        let mut command = Command::new(quorate);
        command.arg("verify").arg(&self.artifact);
        command.arg("--proof").arg(&self.proof);
        command.arg("--owner").arg(&self.owner);
        command.args(["--at", AT]);
        command
    }
}
