//! One rebuild of a signed git tag, made without git: the objects are written byte by byte.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quorate::attest::git::{GitSource, RecipePlace, RecipeRecord};
use quorate::attest::rebuild::{EnvironmentPackage, Product, Rebuild, RootRecord, Source};
use quorate::digest::{Digests, Sha256, Sha512};
use quorate::key::SigningKey;
use quorate::source::git::{ObjectFormat, ObjectId, ObjectKind, object_id};
use quorate::time::Timestamp;

use super::ed25519;
use super::sample::Stated;

/// A release of a small program, and what its build gives. Each method changes one thing and returns the whole.
#[derive(Clone, Debug)]
pub struct Tagged {
    repository: String,
    tag: String,
    name_in_tag: String,
    kind: String,
    tagged_at: u64,
    tree: String,
    signature: Signature,
    seen: String,
    outputs: Vec<(String, Vec<u8>)>,
    recipe: (RecipePlace, Vec<u8>),
}

#[derive(Clone, Debug)]
enum Signature {
    None,
    Ssh(String),
    /// As it stands.
    Block(Vec<u8>),
}

impl Tagged {
    /// hello v1.0, signed by maria with an SSH key.
    pub fn hello() -> Self {
        Self {
            repository: "https://example.org/hello.git".to_owned(),
            tag: "v1.0".to_owned(),
            name_in_tag: "v1.0".to_owned(),
            kind: "commit".to_owned(),
            tagged_at: 1_763_600_000,
            tree: "the tree of v1.0".to_owned(),
            signature: Signature::Ssh("maria".to_owned()),
            seen: "2026-11-20T10:00:10Z".to_owned(),
            outputs: vec![("bin/hello".to_owned(), b"\x7fELF hello 1.0".to_vec())],
            recipe: (
                RecipePlace::Repository,
                b"format = \"quorate-recipe/1\"\n".to_vec(),
            ),
        }
    }

    /// Another name, of the ref and in the tag.
    #[must_use]
    pub fn tag(mut self, name: &str) -> Self {
        name.clone_into(&mut self.tag);
        name.clone_into(&mut self.name_in_tag);
        self
    }

    /// Another name of the ref alone: the tag object is the one it was.
    #[must_use]
    pub fn under(mut self, name: &str) -> Self {
        name.clone_into(&mut self.tag);
        self
    }

    /// A tag of another kind of object than a commit.
    #[must_use]
    pub fn kind(mut self, kind: &str) -> Self {
        kind.clone_into(&mut self.kind);
        self
    }

    /// Another repository.
    #[must_use]
    pub fn repository(mut self, address: &str) -> Self {
        address.clone_into(&mut self.repository);
        self
    }

    /// Another tree, and so another commit.
    #[must_use]
    pub fn tree(mut self, tree: &str) -> Self {
        tree.clone_into(&mut self.tree);
        self
    }

    /// Another date in the tag, in seconds since 1970: what its tagger says.
    #[must_use]
    pub fn tagged_at(mut self, seconds: u64) -> Self {
        self.tagged_at = seconds;
        self
    }

    /// Signed with the SSH key of that name.
    #[must_use]
    pub fn signed_by(mut self, name: &str) -> Self {
        self.signature = Signature::Ssh(name.to_owned());
        self
    }

    /// Not signed.
    #[must_use]
    pub fn unsigned(mut self) -> Self {
        self.signature = Signature::None;
        self
    }

    /// These bytes in the place of the signature.
    #[must_use]
    pub fn signature(mut self, block: &[u8]) -> Self {
        self.signature = Signature::Block(block.to_vec());
        self
    }

    /// Seen by the party at another time of 2026-11-20, between 10:00:00 and 10:01:30.
    #[must_use]
    pub fn seen(mut self, time: &str) -> Self {
        time.clone_into(&mut self.seen);
        self
    }

    /// One more output.
    #[must_use]
    pub fn output(mut self, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.outputs.push((name.to_owned(), bytes.into()));
        self
    }

    /// Other bytes of the program.
    #[must_use]
    pub fn bytes(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.outputs[0].1 = bytes.into();
        self
    }

    /// Another recipe, from another place.
    #[must_use]
    pub fn recipe(mut self, place: RecipePlace, content: &[u8]) -> Self {
        self.recipe = (place, content.to_vec());
        self
    }

    /// The program's bytes.
    pub fn artifact(&self) -> &[u8] {
        &self.outputs[0].1
    }

    /// The tag object as git stores it.
    pub fn tag_object(&self) -> Vec<u8> {
        let (commit, kind, name) = (self.commit_id(), &self.kind, &self.name_in_tag);
        let mut tag = format!(
            "object {commit}\ntype {kind}\ntag {name}\ntagger Maria <maria@example.org> {} +0000\n\nRelease {name}\n",
            self.tagged_at
        )
        .into_bytes();
        let signature = match &self.signature {
            Signature::None => Vec::new(),
            Signature::Ssh(name) => ssh_signature(&ed25519(name), "git", &tag),
            Signature::Block(block) => block.clone(),
        };
        tag.extend(signature);
        tag
    }

    fn tree_id(&self) -> ObjectId {
        id(ObjectKind::Tree, self.tree.as_bytes())
    }

    fn commit_object(&self) -> Vec<u8> {
        let person = "Maria <maria@example.org> 1763500000 +0000";
        let tree = self.tree_id();
        format!("tree {tree}\nauthor {person}\ncommitter {person}\n\nChange\n").into_bytes()
    }

    fn commit_id(&self) -> ObjectId {
        id(ObjectKind::Commit, &self.commit_object())
    }

    fn source(&self) -> GitSource {
        let tag_object = self.tag_object();
        GitSource {
            repository: self.repository.clone(),
            tag: self.tag.clone(),
            format: ObjectFormat::Sha1,
            tag_id: id(ObjectKind::Tag, &tag_object),
            commit_id: self.commit_id(),
            tree_id: self.tree_id(),
            tag_object,
            commit_object: self.commit_object(),
            identity: Sha256::of(self.tree.as_bytes()),
            submodules: Vec::new(),
            seen: Timestamp::parse(&self.seen).expect("a time"),
            recipe: RecipeRecord {
                name: "quorate.toml".to_owned(),
                place: self.recipe.0,
                content: self.recipe.1.clone(),
            },
        }
    }
}

impl Stated for Tagged {
    fn by(&self, party: &str) -> Rebuild {
        let time = |text| Timestamp::parse(text).expect("a fixed time");
        let product = |(name, bytes): &(String, Vec<u8>)| Product {
            name: name.clone(),
            digests: Digests::of(bytes),
            size: bytes.len() as u64,
            package: name.clone(),
            version: self.tag.clone(),
            architecture: "amd64".to_owned(),
            stabilised: BTreeMap::new(),
        };
        Rebuild {
            party: party.to_owned(),
            source: Source::Git(Box::new(self.source())),
            architecture: "amd64".to_owned(),
            command: vec!["make".to_owned()],
            variables: BTreeMap::new(),
            build_path: "/build/hello".to_owned(),
            unlimited: Vec::new(),
            root: RootRecord {
                name: "bookworm.tar".to_owned(),
                digests: Digests::of(b"root"),
            },
            packages: vec![EnvironmentPackage {
                name: "gcc-12".to_owned(),
                version: "12.2.0-14".to_owned(),
                architecture: "amd64".to_owned(),
                sha256: Sha256::of(b"gcc"),
            }],
            products: self.outputs.iter().map(product).collect(),
            byproducts: Vec::new(),
            invocation: Sha256::of(party.as_bytes()).to_string()[..32].to_owned(),
            started: time("2026-11-20T10:00:00Z"),
            finished: time("2026-11-20T10:01:30Z"),
            rebuilder_version: "0.1.0".to_owned(),
        }
    }
}

fn id(kind: ObjectKind, content: &[u8]) -> ObjectId {
    object_id(ObjectFormat::Sha1, kind, content).expect("no collision")
}

/// A line of `allowed_signers` for the Ed25519 key of that name, with these options (such as `namespaces="git"`).
pub fn allowed_signer(name: &str, options: &str) -> String {
    let key = STANDARD.encode(ssh_public_key(&ed25519(name)));
    format!("{name}@example.org {options} ssh-ed25519 {key}\n")
}

fn ssh_public_key(key: &SigningKey) -> Vec<u8> {
    let pem = key.public().to_pem();
    let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let spki = STANDARD.decode(base64).expect("PEM of ours");
    // RFC 8410 §4: the key is the end of the structure.
    let point = &spki[spki.len() - 32..];
    [ssh_string(b"ssh-ed25519"), ssh_string(point)].concat()
}

/// RFC 4251 §5: a length in four bytes, then the bytes.
fn ssh_string(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).expect("short");
    [&length.to_be_bytes()[..], bytes].concat()
}

/// A signature as `ssh-keygen -Y sign` makes it (PROTOCOL.sshsig).
pub fn ssh_signature(key: &SigningKey, namespace: &str, message: &[u8]) -> Vec<u8> {
    let hash = Sha512::of(message);
    let covered = [
        b"SSHSIG".to_vec(),
        ssh_string(namespace.as_bytes()),
        ssh_string(b""),
        ssh_string(b"sha512"),
        ssh_string(hash.as_bytes()),
    ]
    .concat();
    let signature = [ssh_string(b"ssh-ed25519"), ssh_string(&key.sign(&covered))].concat();
    let blob = [
        b"SSHSIG\x00\x00\x00\x01".to_vec(),
        ssh_string(&ssh_public_key(key)),
        ssh_string(namespace.as_bytes()),
        ssh_string(b""),
        ssh_string(b"sha512"),
        ssh_string(&signature),
    ]
    .concat();
    let base64 = STANDARD.encode(blob);
    let mut text = "-----BEGIN SSH SIGNATURE-----\n".to_owned();
    for line in base64.as_bytes().chunks(70) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text.push_str("-----END SSH SIGNATURE-----\n");
    text.into_bytes()
}
