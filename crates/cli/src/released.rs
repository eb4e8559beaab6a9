//! `quorate source`: is this git tag a release, and of what?

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};
use quorate::json::Json;
use quorate::source::git::{Commit, Release, SignedTag, Tag, TagSignature, TagSigners};
use quorate::source::ssh::AllowedSigners;
use quorate_gather::read_bounded;
use quorate_git::{GitError, Repository, SourceTree, TagFound};
use quorate_openpgp::split_certificates;

use crate::args::{SourceVerb, TagArguments};
use crate::error::CommandError;
use crate::output;
use crate::source::{self, LIMITS, TOOLS};

/// The format of `--json`: `docs/spec/git-tags.md`.
const FORMAT: &str = "quorate-source/1";
/// Debian's keyring of developers has about 30 MB.
const SIGNERS_BYTES_MAX: usize = 128 << 20;

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
                ..read_signers(&signers)?
            };
            let found = Found::read(&tag)?;
            let signed = SignedTag {
                tag: &found.tag.tag,
                commit: &found.tag.commit,
                id: found.tag.id,
                name: &tag.tag,
            };
            let outcome = signed
                .release(&signers, TOOLS.openpgp, source::time(at)?, &LIMITS)
                .map_err(|refusal| refusal.to_string());
            let tree = match &outcome {
                Ok(_) => found.tree(&tag)?,
                Err(_) => None,
            };
            found.print(&tag, tree.as_ref(), Some(outcome))
        }
    }
}

/// Files of either kind: certificates are told by their first bytes.
fn read_signers(paths: &[PathBuf]) -> Result<TagSigners, CommandError> {
    let mut allowed = Vec::new();
    let mut openpgp = Vec::new();
    for path in paths {
        let bytes = read_bounded(path, SIGNERS_BYTES_MAX)?;
        let failed = |error: &dyn std::fmt::Display| {
            CommandError::unable(format!("{}: {error}", path.display()))
        };
        let armoured = bytes.trim_ascii_start().starts_with(b"-----BEGIN PGP");
        if armoured || std::str::from_utf8(&bytes).is_err() {
            openpgp.extend(split_certificates(&bytes).map_err(|error| failed(&error))?);
        } else {
            // Each file must be good by itself: a line that is cut short must not swallow the next file's first.
            AllowedSigners::parse(&bytes).map_err(|error| failed(&error))?;
            allowed.extend(bytes);
            allowed.push(b'\n');
        }
    }
    let ssh = (!allowed.is_empty()).then(|| AllowedSigners::parse(&allowed));
    Ok(TagSigners {
        needed: std::num::NonZeroUsize::MIN,
        ssh: ssh
            .transpose()
            .map_err(|error| CommandError::unable(error.to_string()))?,
        openpgp,
    })
}

/// A tag with its repository.
struct Found {
    repository: Repository,
    tag: TagFound,
}

impl Found {
    fn read(arguments: &TagArguments) -> Result<Self, CommandError> {
        let place = &arguments.repository;
        let repository = Repository::open(place).map_err(|error| unable(place, &error))?;
        let tag = repository.tag(&arguments.tag, &LIMITS);
        let tag = tag.map_err(|error| unable(place, &error))?;
        Ok(Self { repository, tag })
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
        outcome: Option<Result<Release, String>>,
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
        outcome: Option<&Result<Release, String>>,
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
            Some(Ok(release)) => {
                for signer in release.signers() {
                    row("signed by", &signer.to_string());
                }
            }
            Some(Err(refusal)) => row("because", refusal),
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
        outcome: Option<&Result<Release, String>>,
    ) -> Json<'static> {
        let verdict = match outcome {
            None => Json::Null,
            Some(Ok(_)) => Json::text("signed"),
            Some(Err(_)) => Json::text("refused"),
        };
        let signers = match outcome {
            Some(Ok(release)) => release.signers().iter().map(ToString::to_string).collect(),
            _ => Vec::new(),
        };
        let refusal = match outcome {
            Some(Err(refusal)) => Json::text(refusal.clone()),
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

fn unable(place: &Path, error: &GitError) -> CommandError {
    CommandError::unable(format!("{}: {error}", place.display()))
}
