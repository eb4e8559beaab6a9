//! How the file in hand is compared with what was rebuilt: `docs/spec/policy.md`, "Delivered".

use std::collections::{BTreeMap, BTreeSet};

use super::steps::pattern;
use crate::attest::rebuild::STEP;
use crate::intoto::Glob;
use crate::json::{Json, Members, Object, ShapeError, array, integer, object, string};

/// Rules and links of one policy.
const RULES_MAX: usize = 1_000;
/// Modes that a file may have where a rule names none.
pub(super) const PLAIN_MODES: [u32; 2] = [0o644, 0o755];
/// Set-user-ID, set-group-ID and sticky change what a file can do; nothing above them is a mode.
const MODE_MAX: u32 = 0o7777;

/// How the file in hand is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Comparison {
    /// The whole file, bit for bit.
    #[default]
    Bytes,
    /// Without its signature, which is taken out by the rule of its format, bit for bit.
    SignatureOnly(SignatureFormat),
    /// Member by member, each bit for bit.
    Members(MemberRules),
    /// After a normalisation that both sides went through: a lower class.
    Stabilised(Normaliser),
}

/// Normalisations, each with its version: `docs/spec/stabilised.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normaliser {
    /// gzip: the decompressed contents.
    Gzip,
    /// tar: members with kinds, modes and contents, without order, times and owners.
    Tar,
    /// zip: the same.
    Zip,
}

impl Normaliser {
    const ALL: [Self; 3] = [Self::Gzip, Self::Tar, Self::Zip];

    /// The word that policies and statements use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "quorate-stabilise-gzip/1",
            Self::Tar => "quorate-stabilise-tar/1",
            Self::Zip => "quorate-stabilise-zip/1",
        }
    }
}

/// Formats whose signatures can be taken out: `docs/spec/signature-only.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureFormat {
    /// The signing block of an APK, schemes 2 and 3.
    Apk,
    /// Authenticode of a portable executable.
    Pe,
    /// `_gpg` members of a Debian package.
    Debsigs,
    /// A signature in another file: the delivered file is the product itself.
    Detached,
}

impl SignatureFormat {
    const ALL: [Self; 4] = [Self::Apk, Self::Pe, Self::Debsigs, Self::Detached];

    /// The word that policies use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Apk => "apk",
            Self::Pe => "pe",
            Self::Debsigs => "debsigs",
            Self::Detached => "detached",
        }
    }
}

/// Archives that can be compared member by member: `docs/spec/archives.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveFormat {
    /// `tar`
    Tar,
    /// `tar`, compressed with gzip
    TarGz,
    /// `tar`, compressed with xz
    TarXz,
    /// `tar`, compressed with Zstandard
    TarZst,
    /// `zip` and what is made of it: jar, whl, xpi, apk
    Zip,
    /// A Debian package: `control/…` and `data/…`
    Deb,
}

impl ArchiveFormat {
    const ALL: [Self; 6] = [
        Self::Tar,
        Self::TarGz,
        Self::TarXz,
        Self::TarZst,
        Self::Zip,
        Self::Deb,
    ];

    /// The word that policies use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tar => "tar",
            Self::TarGz => "tar.gz",
            Self::TarXz => "tar.xz",
            Self::TarZst => "tar.zst",
            Self::Zip => "zip",
            Self::Deb => "deb",
        }
    }
}

/// Where the members of a delivered archive must come from. The first rule whose pattern matches a member decides; a member that none
/// matches is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRules {
    /// The archive's format; a file of another is refused.
    pub format: ArchiveFormat,
    /// The rules, in order.
    pub rules: Vec<MemberRule>,
    /// Symbolic links by name, each with the target that it must have.
    pub links: BTreeMap<String, String>,
}

/// Where members that a pattern matches must come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRule {
    /// Pattern over the names of members.
    pub members: Glob,
    /// `rebuild`, or a later step.
    pub from: String,
    /// What is taken off the front of a member's name to find its product.
    pub strip: String,
    /// The modes that it may have.
    pub modes: BTreeSet<u32>,
}

impl Comparison {
    pub(super) fn to_json(&self) -> Option<Json<'static>> {
        let of = |compare: &'static str, format: &'static str| {
            vec![
                ("compare", Json::text(compare)),
                ("format", Json::text(format)),
            ]
        };
        match self {
            Self::Bytes => None,
            Self::Stabilised(normaliser) => Some(Json::object(of("stabilised", normaliser.name()))),
            Self::SignatureOnly(format) => Some(Json::object(of("signature-only", format.name()))),
            Self::Members(rules) => {
                let links = rules.links.iter();
                let links = links.map(|(name, target)| (name.clone(), Json::text(target.clone())));
                let mut members = of("members", rules.format.name());
                let rules = rules.rules.iter().map(MemberRule::to_json);
                members.push(("members", Json::Array(rules.collect())));
                members.push(("links", Json::object(links)));
                Some(Json::object(members))
            }
        }
    }

    pub(super) fn from_json(value: &Json<'_>) -> Result<Self, ShapeError> {
        let delivered = object(value)?;
        match delivered.read("compare", string)? {
            "signature-only" => {
                delivered.only(&["compare", "format"])?;
                let format = |value: &Json<'_>| {
                    named(&SignatureFormat::ALL, SignatureFormat::name, string(value)?)
                };
                delivered.read("format", format).map(Self::SignatureOnly)
            }
            "stabilised" => {
                delivered.only(&["compare", "format"])?;
                let normaliser =
                    |value: &Json<'_>| named(&Normaliser::ALL, Normaliser::name, string(value)?);
                delivered.read("format", normaliser).map(Self::Stabilised)
            }
            "members" => {
                delivered.only(&["compare", "format", "links", "members"])?;
                let format = |value: &Json<'_>| {
                    named(&ArchiveFormat::ALL, ArchiveFormat::name, string(value)?)
                };
                let rules = MemberRules {
                    format: delivered.read("format", format)?,
                    rules: delivered.read_items("members", MemberRule::from_json)?,
                    links: delivered.read("links", links)?,
                };
                Ok(Self::Members(rules))
            }
            other => Err(ShapeError::new(format!(
                "expected signature-only, members or stabilised, found {other:?}"
            ))
            .within("compare")),
        }
    }

    /// Every rule takes members from a step that there is.
    pub(super) fn consistent(&self, steps: &BTreeSet<&str>) -> Result<(), DeliveredError> {
        // Links of later steps name whole files, of which a stabilised form says nothing.
        if matches!(self, Self::Stabilised(_)) && !steps.is_empty() {
            return Err(DeliveredError::Stabilised);
        }
        let Self::Members(rules) = self else {
            return Ok(());
        };
        if rules.rules.is_empty() || rules.rules.len() + rules.links.len() > RULES_MAX {
            return Err(DeliveredError::Count);
        }
        for rule in &rules.rules {
            if rule.from != STEP && !steps.contains(rule.from.as_str()) {
                return Err(DeliveredError::From(rule.from.clone()));
            }
            if rule.modes.is_empty() || rule.modes.iter().any(|mode| *mode > MODE_MAX) {
                return Err(DeliveredError::Modes(rule.members.as_str().to_owned()));
            }
        }
        Ok(())
    }
}

impl MemberRule {
    fn to_json(&self) -> Json<'static> {
        let modes = self.modes.iter().map(|mode| Json::number(*mode));
        Json::object([
            ("pattern", Json::text(self.members.as_str().to_owned())),
            ("from", Json::text(self.from.clone())),
            ("strip", Json::text(self.strip.clone())),
            ("modes", Json::Array(modes.collect())),
        ])
    }

    fn from_json(value: &Json<'_>) -> Result<Self, ShapeError> {
        let rule = object(value)?;
        rule.only(&["from", "modes", "pattern", "strip"])?;
        let modes = |value: &Json<'_>| array(value)?.iter().map(integer).collect();
        Ok(Self {
            members: rule.read("pattern", pattern)?,
            from: rule.read("from", string)?.to_owned(),
            strip: rule.read("strip", string)?.to_owned(),
            modes: rule.read("modes", modes)?,
        })
    }
}

fn links(value: &Json<'_>) -> Result<BTreeMap<String, String>, ShapeError> {
    let links: &Object<'_> = object(value)?;
    links
        .iter()
        .map(|(name, target)| Ok((name.to_owned(), string(target)?.to_owned())))
        .collect()
}

/// The value of that name.
pub(super) fn named<T: Copy>(
    all: &[T],
    name: impl Fn(T) -> &'static str,
    wanted: &str,
) -> Result<T, ShapeError> {
    let found = all.iter().find(|value| name(**value) == wanted);
    found.copied().ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|value| name(*value)).collect();
        ShapeError::new(format!("expected {}, found {wanted:?}", names.join(", ")))
    })
}

/// `[delivered]` of `policy.toml`.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeliveredTable {
    compare: String,
    format: Option<String>,
    #[serde(default)]
    links: BTreeMap<String, String>,
    #[serde(rename = "member", default)]
    members: Vec<MemberTable>,
}

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberTable {
    pattern: String,
    from: String,
    #[serde(default)]
    strip: String,
    /// As `chmod` has them: "755".
    modes: Option<Vec<String>>,
}

impl DeliveredTable {
    pub(super) fn comparison(&self) -> Result<Comparison, DeliveredError> {
        let unused = !self.links.is_empty() || !self.members.is_empty();
        let format = self.format.as_deref();
        match (self.compare.as_str(), format) {
            ("bytes", None) if !unused => Ok(Comparison::Bytes),
            ("signature-only", Some(format)) if !unused => {
                let format = named(&SignatureFormat::ALL, SignatureFormat::name, format);
                let format = format.map_err(|error| DeliveredError::Format(error.to_string()))?;
                Ok(Comparison::SignatureOnly(format))
            }
            ("stabilised", Some(format)) if !unused => {
                let normaliser = named(&Normaliser::ALL, Normaliser::name, format);
                let normaliser =
                    normaliser.map_err(|error| DeliveredError::Format(error.to_string()))?;
                Ok(Comparison::Stabilised(normaliser))
            }
            ("members", Some(format)) => {
                let format = named(&ArchiveFormat::ALL, ArchiveFormat::name, format);
                let rules = self.members.iter().map(MemberTable::rule);
                Ok(Comparison::Members(MemberRules {
                    format: format.map_err(|error| DeliveredError::Format(error.to_string()))?,
                    rules: rules.collect::<Result<_, _>>()?,
                    links: self.links.clone(),
                }))
            }
            _ => Err(DeliveredError::Compare),
        }
    }
}

impl MemberTable {
    fn rule(&self) -> Result<MemberRule, DeliveredError> {
        let members = Glob::parse(&self.pattern);
        let members = members.ok().filter(|_| !self.pattern.is_empty());
        let modes = match &self.modes {
            None => PLAIN_MODES.into_iter().collect(),
            Some(modes) => modes
                .iter()
                .map(|mode| u32::from_str_radix(mode, 8))
                .collect::<Result<_, _>>()
                .map_err(|_| DeliveredError::Modes(self.pattern.clone()))?,
        };
        Ok(MemberRule {
            members: members.ok_or_else(|| DeliveredError::Pattern(self.pattern.clone()))?,
            from: self.from.clone(),
            strip: self.strip.clone(),
            modes,
        })
    }
}

/// Why `[delivered]` cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveredError {
    /// Keys that do not belong together.
    #[error(
        "`compare` is \"bytes\" alone, \"signature-only\" or \"stabilised\" with a `format`, or \"members\" with a `format` and [[delivered.member]]"
    )]
    Compare,
    /// A format that has no rule here.
    #[error("format: {0}")]
    Format(String),
    /// A stabilised comparison after later steps.
    #[error("a stabilised form cannot be compared after later steps, whose links name whole files")]
    Stabilised,
    /// A pattern that is empty or too long.
    #[error("{0:?} is no pattern: it must have 1 to 4,096 characters")]
    Pattern(String),
    /// No rule, or too many.
    #[error("there must be 1 to {RULES_MAX} rules and links for members")]
    Count,
    /// Members from a step that there is not.
    #[error("members come from {0:?}, which is neither \"rebuild\" nor a step of this policy")]
    From(String),
    /// Modes that are none.
    #[error("the modes for {0:?} must be octal, as in \"755\", and at least one")]
    Modes(String),
}
