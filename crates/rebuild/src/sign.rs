//! The signing process: from a staging folder and a key to published outputs with signed statements.
//!
//! **Architecture Invariant:** this process is started after the build and everything it started is gone, runs no other
//! program, and signs only a statement that it parsed strictly and whose every output it hashed itself.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use quorate::attest::rebuild::Rebuild;
use quorate::digest::Digests;
use quorate::envelope::{PAYLOAD_TYPE_IN_TOTO, sign};
use quorate::key::SigningKey;
use quorate::limits::Limits;
use quorate_rebuild_args::SignArgs;
use rustix::fs::OFlags;

use crate::error::RebuildError;
use crate::placing::Placing;
use crate::protocol::{ResultProduct, Signed};

/// The largest key file in PEM has a few kB.
const KEY_BYTES_MAX: u64 = 64 << 10;
/// What to do about a file that is no key.
const KEY_MADE: &str =
    "a key is a PEM file, and `quorate key new NAME` makes one: NAME.key, which only you can read";
/// Where the statements are, inside the output folder.
pub(crate) const ATTESTATIONS: &str = "attestations";

/// Reads a key that only its owner can read.
pub(crate) fn read_key(path: &Path) -> Result<SigningKey, RebuildError> {
    let unusable = |detail: String, remedy: &'static str| RebuildError::Key {
        path: path.to_path_buf(),
        detail,
        remedy,
    };
    let mut options = File::options();
    options
        .read(true)
        .custom_flags((OFlags::NONBLOCK | OFlags::CLOEXEC).bits().cast_signed());
    let file = options
        .open(path)
        .map_err(|error| unusable(error.to_string(), KEY_MADE))?;
    let metadata = file
        .metadata()
        .map_err(|error| unusable(error.to_string(), KEY_MADE))?;
    if !metadata.is_file() {
        return Err(unusable("not a plain file".into(), KEY_MADE));
    }
    let mut text = String::new();
    file.take(KEY_BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(|error| unusable(error.to_string(), KEY_MADE))?;
    // First: whoever gives the other file of the pair is not to protect that one and be refused again.
    if text.contains("-----BEGIN PUBLIC KEY-----") {
        return Err(unusable(
            "this is a public key".into(),
            "give the private key that belongs to it: `quorate key new NAME` puts it into NAME.key",
        ));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(unusable(
            format!(
                "others can read or change it (mode {:03o})",
                metadata.mode() & 0o777
            ),
            "only its owner may read a key: chmod 600 KEY",
        ));
    }
    SigningKey::from_pem(&text).map_err(|error| unusable(error.to_string(), KEY_MADE))
}

/// Signs what is staged and moves it to its place. The statements come last: where they are, everything is.
pub(crate) fn sign_staged(args: &SignArgs) -> Result<Signed, RebuildError> {
    let limits = Limits::STANDARD;
    let rebuild = read_statement(args, &limits)?;
    let key = read_key(&args.key)?;
    let keyid = key.public().id().to_owned();
    let mut placed = Placing::below(&args.out)?;
    for (name, digests, size) in files(&rebuild) {
        placed.copy(&args.staging.join(name), name, &(digests, size))?;
    }
    let short = &keyid[..8];
    let names = [
        format!("rebuild.{short}.link"),
        format!("rebuild.{short}.json"),
    ];
    for (name, payload) in names.iter().zip([rebuild.link(), rebuild.statement()]) {
        let envelope = sign(PAYLOAD_TYPE_IN_TOTO, &payload, &[&key]);
        placed.write(&format!("{ATTESTATIONS}/{name}"), &envelope)?;
    }
    placed.finish()?;
    Ok(signed(&rebuild, keyid, &names))
}

/// The staged statement, parsed by every rule, equal to what it is rendered to, and of this run.
fn read_statement(args: &SignArgs, limits: &Limits) -> Result<Rebuild, RebuildError> {
    let refused = |why: &str| RebuildError::SigningRefused(why.to_owned());
    let read = |name: &str| {
        let path = args.staging.join(name);
        let bytes_max = limits.envelope_bytes_max as u64;
        let mut bytes = Vec::new();
        let file = File::open(&path).map_err(RebuildError::io("open", &path))?;
        file.take(bytes_max)
            .read_to_end(&mut bytes)
            .map_err(RebuildError::io("read", &path))?;
        Ok::<_, RebuildError>(bytes)
    };
    let (statement, link) = (read("statement.json")?, read("link.json")?);
    let rebuild = Rebuild::from_statement(&statement, limits);
    let rebuild =
        rebuild.map_err(|error| refused(&format!("the staged statement is not valid: {error}")))?;
    if rebuild.statement() != statement || rebuild.link() != link {
        return Err(refused(
            "the staged documents are not in the form that is signed",
        ));
    }
    if rebuild.invocation != args.invocation {
        return Err(refused("the staged statement is of another run"));
    }
    Ok(rebuild)
}

fn files(rebuild: &Rebuild) -> impl Iterator<Item = (&str, Digests, u64)> {
    let products = rebuild
        .products
        .iter()
        .map(|it| (&*it.name, it.digests, it.size));
    products.chain(
        rebuild
            .byproducts
            .iter()
            .map(|it| (&*it.name, it.digests, it.size)),
    )
}

fn signed(rebuild: &Rebuild, keyid: String, names: &[String]) -> Signed {
    let products = rebuild.products.iter().map(|it| ResultProduct {
        name: it.name.clone(),
        package: it.package.clone(),
        version: it.version.clone(),
        architecture: it.architecture.clone(),
        size: it.size,
        sha256: it.digests.sha256.to_string(),
        sha512: it.digests.sha512.to_string(),
    });
    let byproducts = rebuild
        .byproducts
        .iter()
        .map(|it| (it.name.clone(), it.digests.sha256.to_string()));
    Signed {
        keyid,
        party: rebuild.party.clone(),
        source: rebuild.source.name().to_owned(),
        version: rebuild.source.version().to_owned(),
        architecture: rebuild.architecture.clone(),
        invocation: rebuild.invocation.clone(),
        unlimited: rebuild.unlimited.clone(),
        products: products.collect(),
        byproducts: byproducts.collect(),
        statements: names
            .iter()
            .map(|name| format!("{ATTESTATIONS}/{name}"))
            .collect(),
    }
}
