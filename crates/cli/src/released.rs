//! `quorate source`: is this git tag a release, and of what?

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use quorate::json::Json;
use quorate::source::git::{
    Commit, Release, SignedTag, Tag, TagRefusal, TagSignature, TagSigner, TagSigners,
};
use quorate::time::Timestamp;
use quorate_git::{GitError, Repository, SourceTree, TagFound};

use crate::args::{SourceVerb, TagArguments};
use crate::error::CommandError;
use crate::output;
use crate::signers;
use crate::source::{self, LIMITS, TOOLS};

/// The format of `--json`: `docs/spec/git-tags.md`.
const FORMAT: &str = "quorate-source/1";

/// What the signers said, or why they did not.
type Outcome = Result<Signed, (String, &'static str)>;

pub(crate) fn run(verb: SourceVerb) -> Result<ExitCode, CommandError> {
    match verb {
        SourceVerb::Show { tag } => {
            let found = Found::read(&tag)?;
            let tree = found.tree(&tag)?;
            found.print(&tag, tree.as_ref(), None)
        }
        SourceVerb::Verify {
            tag,
            signers,
            needed,
            at,
        } => {
            let signers = TagSigners {
                needed,
                ..signers::read(&signers)?
            };
            let found = Found::read(&tag)?;
            let signed = SignedTag {
                tag: &found.tag.tag,
                commit: &found.tag.commit,
                id: found.tag.id,
                name: &tag.tag,
            };
            let at = source::time(at)?;
            let outcome = match signed.release(&signers, TOOLS.openpgp, at, &LIMITS) {
                Ok(release) => Ok(found.signed(release, &signers, at)),
                Err(refusal) => Err((refusal.to_string(), next_step(&refusal))),
            };
            let tree = match &outcome {
                Ok(_) => found.tree(&tag)?,
                Err(_) => None,
            };
            found.print(&tag, tree.as_ref(), Some(outcome))
        }
    }
}

/// A release, and what its signers call themselves.
struct Signed {
    release: Release,
    /// User IDs by the fingerprints of certificates. Nobody but their owner vouches for them.
    names: BTreeMap<String, String>,
}

impl Signed {
    /// The signers for people. A main key that signed itself is named once.
    fn shown(&self) -> impl Iterator<Item = String> {
        self.release.signers().iter().map(|signer| match signer {
            TagSigner::OpenPgp(by) => {
                let name = self.names.get(&by.certificate);
                let name = name.map(|name| format!(", {name}")).unwrap_or_default();
                match by.certificate == by.key {
                    true => format!("OpenPGP {}{name}", by.key),
                    false => format!("{signer}{name}"),
                }
            }
            TagSigner::Ssh(_) => signer.to_string(),
        })
    }
}

/// What to do about a refusal.
const fn next_step(refusal: &TagRefusal) -> &'static str {
    match refusal {
        TagRefusal::Lightweight | TagRefusal::Unsigned => {
            "ask the project for a signed tag (`git tag --sign`), or take another release"
        }
        TagRefusal::NoSshSigners | TagRefusal::NoOpenPgpSigners => {
            "give a file of the signers whom you trust, of the same kind, with --signers"
        }
        TagRefusal::Ssh(_) | TagRefusal::OpenPgp(_) => {
            "ask the project whose key this is; add it with --signers only when you trust it, and give the time with --at when it held then"
        }
        TagRefusal::TooFew { .. } => {
            "wait for more signers, or lower --needed when fewer are enough for you"
        }
        TagRefusal::X509 | TagRefusal::OpenPgpMessage | TagRefusal::SshSignature(_) => {
            "ask the project to sign with an SSH key or with OpenPGP"
        }
        _ => "do not build from this tag; ask the project what happened to it",
    }
}

/// A tag with its repository.
struct Found {
    repository: Repository,
    tag: TagFound,
}

impl Found {
    fn read(arguments: &TagArguments) -> Result<Self, CommandError> {
        let place = &arguments.repository;
        let repository = Repository::open(place).map_err(|error| {
            let failure = unable(place, &error);
            match is_address(&place.to_string_lossy()) {
                true => failure.hint("this is an address, and a folder is needed: `git clone --bare ADDRESS hello.git` makes one"),
                false => failure,
            }
        })?;
        let tag = repository.tag(&arguments.tag, &LIMITS).map_err(|error| {
            let failure = unable(place, &error);
            match near(&repository, &arguments.tag) {
                Some(name) => failure.hint(format!("there is a tag {name}: --tag {name}")),
                None => failure,
            }
        })?;
        Ok(Self { repository, tag })
    }

    /// What the signers of OpenPGP call themselves, as far as they say.
    fn signed(&self, release: Release, signers: &TagSigners, at: Timestamp) -> Signed {
        let mut names = BTreeMap::new();
        let tag = Tag::parse(&self.tag.tag, self.repository.format());
        if let Ok(tag) = tag
            && let TagSignature::OpenPgp(signature) = tag.signature
        {
            let by = quorate_openpgp::signers(&signers.openpgp, signature, tag.signed, at, &LIMITS);
            for signer in by.unwrap_or_default() {
                names.extend(signer.user_id.map(|name| (signer.certificate, name)));
            }
        }
        Signed { release, names }
    }

    /// Reads and hashes the whole tree; without one when the tag leads to no commit.
    fn tree(&self, arguments: &TagArguments) -> Result<Option<SourceTree>, CommandError> {
        if arguments.no_tree || self.tag.commit.is_empty() {
            return Ok(None);
        }
        let place = &arguments.repository;
        let commit = Commit::parse(&self.tag.commit, self.repository.format())
            .map_err(|error| unable(place, &GitError::from(error)))?;
        let mut objects = self
            .repository
            .objects()
            .map_err(|error| unable(place, &error))?;
        let style = ProgressStyle::with_template("hashing the tree {bytes} {elapsed}");
        let bar = ProgressBar::new_spinner()
            .with_style(style.unwrap_or(ProgressStyle::default_spinner()));
        let tree = SourceTree::read(&mut objects, commit.tree, &LIMITS, |done| {
            bar.set_position(done);
        });
        bar.finish_and_clear();
        match tree {
            // A tree with submodules has an identity, which whoever rebuilds it computes.
            Err(GitError::Submodule(path)) => {
                output::talk(&format!(
                    "{path} is a submodule: the tree's identity is computed by `quorate rebuild git`, which fetches it"
                ));
                Ok(None)
            }
            Err(GitError::Lfs(_)) => tree
                .map(Some)
                .map_err(|error| CommandError::refused(error.to_string())),
            tree => tree.map(Some).map_err(|error| unable(place, &error)),
        }
    }

    fn print(
        &self,
        arguments: &TagArguments,
        tree: Option<&SourceTree>,
        outcome: Option<Outcome>,
    ) -> Result<ExitCode, CommandError> {
        if arguments.json {
            output::json(&self.json(arguments, tree, outcome.as_ref()))?;
        } else {
            output::answer(&self.text(arguments, tree, outcome.as_ref()))?;
        }
        Ok(match outcome {
            Some(Err(_)) => ExitCode::from(1),
            _ => ExitCode::SUCCESS,
        })
    }

    fn text(
        &self,
        arguments: &TagArguments,
        tree: Option<&SourceTree>,
        outcome: Option<&Outcome>,
    ) -> String {
        let word = match outcome {
            None => "NOT JUDGED",
            Some(Ok(_)) => "SIGNED",
            Some(Err(_)) => "REFUSED",
        };
        let place = output::line(&arguments.repository.to_string_lossy());
        let mut text = format!("{place}: tag {}: {word}\n", output::line(&arguments.tag));
        let mut row = |name: &str, value: &str| {
            text.push_str(&format!("  {name:<10} {}\n", output::line(value)));
        };
        match outcome {
            Some(Ok(signed)) => {
                for signer in signed.shown() {
                    row("signed by", &signer);
                }
            }
            Some(Err((refusal, _))) => row("because", refusal),
            None => row("signature", self.claimed()),
        }
        row("tag", &self.tag.id.to_string());
        for (name, id) in self.leads_to() {
            row(name, &id);
        }
        if let Some(tree) = tree {
            row("identity", &format!("sha256:{}", tree.identity));
            row(
                "files",
                &format!("{} with {} bytes", tree.files, tree.bytes),
            );
            for path in &tree.attributes {
                row("raw", &format!("{path} is not applied"));
            }
        }
        if let Some(Err((_, step))) = outcome {
            text.push_str(&format!("  → {step}\n"));
        }
        text
    }

    /// Commit and tree, when the tag leads to them.
    fn leads_to(&self) -> Vec<(&'static str, String)> {
        let format = self.repository.format();
        let tag = Tag::parse(&self.tag.tag, format).ok();
        let commit = Commit::parse(&self.tag.commit, format).ok();
        let ids = [
            ("commit", tag.map(|tag| tag.object.to_string())),
            ("tree", commit.map(|commit| commit.tree.to_string())),
        ];
        let ids = ids.into_iter();
        ids.filter_map(|(name, id)| Some((name, id?))).collect()
    }

    /// What stands in the place of a signature.
    fn claimed(&self) -> &'static str {
        match Tag::parse(&self.tag.tag, self.repository.format()) {
            Err(_) if Commit::parse(&self.tag.tag, self.repository.format()).is_ok() => {
                "none: a lightweight tag, which leads to a commit and which nobody can have signed"
            }
            Err(_) => "none: this is no tag object that can be read",
            Ok(tag) => match tag.signature {
                TagSignature::None => "none",
                TagSignature::OpenPgp(_) => "OpenPGP, not checked",
                TagSignature::OpenPgpMessage => "an OpenPGP message, which is no signature",
                TagSignature::Ssh(_) => "SSH, not checked",
                TagSignature::X509 => "X.509, which is not checked here",
            },
        }
    }

    fn json(
        &self,
        arguments: &TagArguments,
        tree: Option<&SourceTree>,
        outcome: Option<&Outcome>,
    ) -> Json<'static> {
        let verdict = match outcome {
            None => Json::Null,
            Some(Ok(_)) => Json::text("signed"),
            Some(Err(_)) => Json::text("refused"),
        };
        let signers = match outcome {
            Some(Ok(signed)) => {
                let signers = signed.release.signers().iter();
                signers.map(ToString::to_string).collect()
            }
            _ => Vec::new(),
        };
        let refusal = match outcome {
            Some(Err((refusal, _))) => Json::text(refusal.clone()),
            _ => Json::Null,
        };
        let tree = tree.map_or(Json::Null, |tree| {
            Json::object([
                ("identity", Json::text(tree.identity.to_string())),
                ("files", Json::number(tree.files as u64)),
                ("bytes", Json::number(tree.bytes)),
                ("attributes", Json::texts(tree.attributes.clone())),
            ])
        });
        let ids = [("gitTag", self.tag.id.to_string())].into_iter();
        let names = [("commit", "gitCommit"), ("tree", "gitTree")];
        let leads = self.leads_to().into_iter().filter_map(|(name, id)| {
            let (_, member) = names.iter().find(|(known, _)| *known == name)?;
            Some((*member, id))
        });
        let digest = ids.chain(leads).map(|(name, id)| (name, Json::text(id)));
        Json::object([
            ("format", Json::text(FORMAT)),
            ("tag", Json::text(arguments.tag.clone())),
            ("verdict", verdict),
            ("signers", Json::texts(signers)),
            ("refusal", refusal),
            ("digest", Json::object(digest)),
            ("source", tree),
        ])
    }
}

/// Whether people write this for a repository on another machine.
fn is_address(text: &str) -> bool {
    text.contains("://") || text.starts_with("git@")
}

/// A tag that may have been meant.
fn near(repository: &Repository, name: &str) -> Option<String> {
    let name = name.strip_prefix("refs/").unwrap_or(name);
    let name = name.strip_prefix("tags/").unwrap_or(name);
    let other = match name.strip_prefix('v') {
        Some(bare) => bare.to_owned(),
        None => format!("v{name}"),
    };
    let candidates = [name.to_owned(), other];
    let mut there = candidates.into_iter();
    there.find(|name| repository.tag(name, &LIMITS).is_ok())
}

fn unable(place: &Path, error: &GitError) -> CommandError {
    CommandError::unable(format!("{}: {error}", place.display()))
}
