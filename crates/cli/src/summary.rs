//! Everything that the owners of a policy sign, for people and for programs: `docs/spec/policy.md`, "policy show --json".

use std::collections::BTreeSet;
use std::fmt::Display;

use quorate::intoto::Glob;
use quorate::json::Json;
use quorate::policy::{
    Comparison, DebianTerms, Declared, DiversityRule, Environment, GitTerms, LaterStep, MemberRule,
    MemberRules, MovedTag, NamedCertificates, OnDissent, Party, Policy, RecipeTerms, SourceTerms,
};
use quorate::time::Timestamp;

use crate::output;

/// As many digits of a key's id as people compare.
const ID_CHARACTERS: usize = 16;

/// The policy for people: a word, and what it says about it.
pub(crate) fn to_text(policy: &Policy) -> String {
    let mut lines = Lines::default();
    let (signed_by, owners) = policy.signatures();
    let same_environment = match policy.environment() {
        Environment::Same => " and environment",
        Environment::Any => "",
    };
    let dissent = match policy.on_dissent() {
        OnDissent::Refuse => "refuses",
        OnDissent::Report => "is reported",
    };
    lines.add("policy", policy.name());
    lines.add("version", policy.version());
    lines.add("artifacts", policy.artifacts().as_str());
    lines.add(
        "agreement",
        format!(
            "{} of {} parties, from the same source{same_environment}",
            policy.threshold(),
            policy.parties().len()
        ),
    );
    lines.add("dissent", dissent);
    lines.add("expires", policy.expires());
    lines.add("signed by", format!("{signed_by} of {owners} owners"));
    for rule in policy.diversity() {
        lines.add("diversity", diversity(rule));
    }
    for party in policy.parties() {
        lines.add("party", keys_of(party));
        about(&mut lines, party);
    }
    for party in later_parties(policy) {
        lines.add("later", keys_of(party));
        about(&mut lines, party);
    }
    match policy.source() {
        SourceTerms::Debian(terms) => debian_source(&mut lines, terms),
        SourceTerms::Git(terms) => git_source(&mut lines, terms),
    }
    for step in policy.steps() {
        later_step(&mut lines, step);
    }
    delivered(&mut lines, policy.comparison());
    lines.0
}

/// Lines of a word and what is said about it, each on one line whatever it holds.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, word: &str, said: impl Display) {
        let said = output::line(&said.to_string());
        self.0.push_str(&format!("{word:<10} {said}\n"));
    }

    /// Says something about the line before.
    fn more(&mut self, word: &str, said: impl Display) {
        self.add(&format!("  {word}"), said);
    }
}

fn keys_of(party: &Party) -> String {
    let ids = party.keys().iter();
    let ids: Vec<String> = ids
        .map(|key| key.id().chars().take(ID_CHARACTERS).collect())
        .collect();
    format!("{}: {}", party.name(), ids.join(", "))
}

fn diversity(rule: &DiversityRule) -> String {
    let by = rule.by.name();
    let least = rule
        .at_least
        .map(|least| format!("at least {least} different"));
    let most = rule
        .votes_at_most
        .map(|most| format!("at most {most} votes for one"));
    let both: Vec<String> = least.into_iter().chain(most).collect();
    format!("by {by}: {}", both.join(", "))
}

/// What the policy says of a party beside its keys.
fn about(lines: &mut Lines, party: &Party) {
    if let Some(declared) = party.declared() {
        let domain = declared.domain();
        let said = format!(
            "principal {}, hosting {}, country {}, toolchain {}",
            declared.principal(),
            domain.hosting,
            domain.country,
            domain.toolchain
        );
        lines.more("declares", said);
    }
    if let Some(from) = party.valid_from() {
        lines.more("from", from);
    }
    if let Some(until) = party.valid_until() {
        lines.more("until", until);
    }
}

/// The parties of later steps that do not rebuild, each once.
fn later_parties(policy: &Policy) -> Vec<&Party> {
    let mut seen: BTreeSet<&str> = policy.parties().iter().map(Party::name).collect();
    let later = policy.steps().iter().flat_map(LaterStep::parties);
    later.filter(|party| seen.insert(party.name())).collect()
}

fn debian_source(lines: &mut Lines, terms: &DebianTerms) {
    if terms.uploaders.is_empty() {
        lines.add("source", "Debian source packages of a signed index");
        return;
    }
    lines.add(
        "source",
        format!(
            "Debian source packages of a signed index, uploaded by one of {} certificates",
            terms.uploaders.len()
        ),
    );
    for digest in terms.uploaders.digests() {
        lines.more("uploader", format!("sha256 {digest}"));
    }
}

fn git_source(lines: &mut Lines, terms: &GitTerms) {
    lines.add("source", "signed tags of a git repository");
    lines.more("in", &terms.repository);
    lines.more("tags", terms.tags.as_str());
    lines.more("needed", format!("{} of these signers", terms.needed));
    let allowed = terms.allowed_signers.as_deref().unwrap_or_default();
    for line in allowed.lines().filter(|line| !line.trim().is_empty()) {
        lines.more("signer", line);
    }
    for digest in terms.certificates.digests() {
        lines.more("signer", format!("OpenPGP certificate, sha256 {digest}"));
    }
    match &terms.recipe {
        RecipeTerms::Repository(path) => lines.more("recipe", format!("{path} in the repository")),
        RecipeTerms::Policy(digest) => {
            lines.more("recipe", format!("with the policy, sha256 {digest}"));
        }
    }
    let moved = match terms.moved_tag {
        MovedTag::Refuse => "refuses",
        MovedTag::Report => "is reported",
    };
    lines.more("moved", format!("a moved tag {moved}"));
}

fn later_step(lines: &mut Lines, step: &LaterStep) {
    let names: Vec<&str> = step.parties().iter().map(Party::name).collect();
    let terms = step.terms();
    lines.add(
        "step",
        format!(
            "{}: {} of {} parties: {}",
            step.name(),
            step.threshold(),
            names.len(),
            names.join(", ")
        ),
    );
    lines.more("uses", step.uses().join(", "));
    for (word, patterns) in [("may add", &terms.may_add), ("makes", &terms.makes)] {
        for pattern in patterns {
            lines.more(word, pattern.as_str());
        }
    }
    for name in &terms.requires {
        lines.more("requires", name);
    }
}

fn delivered(lines: &mut Lines, comparison: &Comparison) {
    match comparison {
        Comparison::Bytes => lines.add("delivered", "the same, bit for bit"),
        Comparison::SignatureOnly(format) => lines.add(
            "delivered",
            format!("the same but for its {} signature", format.name()),
        ),
        Comparison::Stabilised(normaliser) => lines.add(
            "delivered",
            format!("the same after {} on both sides", normaliser.name()),
        ),
        Comparison::Members(rules) => {
            let format = rules.format.name();
            lines.add("delivered", format!("a {format}, member by member"));
            for rule in &rules.rules {
                lines.more("member", member(rule));
            }
            for (name, target) in &rules.links {
                lines.more("link", format!("{name} -> {target}"));
            }
        }
    }
}

fn member(rule: &MemberRule) -> String {
    let modes: Vec<String> = rule.modes.iter().map(|mode| format!("{mode:o}")).collect();
    let strip = match &*rule.strip {
        "" => String::new(),
        strip => format!(", without {strip:?} in front"),
    };
    format!(
        "{} of step {}{strip}, mode {}",
        rule.members.as_str(),
        rule.from,
        modes.join(" or ")
    )
}

/// The policy for programs.
pub(crate) fn to_json(policy: &Policy) -> Json<'static> {
    let (signed_by, owners) = policy.signatures();
    let environment = match policy.environment() {
        Environment::Same => "same",
        Environment::Any => "any",
    };
    let dissent = match policy.on_dissent() {
        OnDissent::Refuse => "refuse",
        OnDissent::Report => "report",
    };
    let later = later_parties(policy);
    Json::object([
        ("format", Json::text("quorate-policy-summary/1")),
        ("name", Json::text(policy.name().to_owned())),
        ("version", Json::number(policy.version().get())),
        ("artifacts", pattern(policy.artifacts())),
        ("threshold", count(policy.threshold().get())),
        ("environment", Json::text(environment)),
        ("onDissent", Json::text(dissent)),
        ("expires", Json::text(policy.expires().to_string())),
        ("signedBy", count(signed_by)),
        ("ownersGiven", count(owners)),
        (
            "diversity",
            Json::Array(
                policy
                    .diversity()
                    .iter()
                    .map(|rule| rule.to_json())
                    .collect(),
            ),
        ),
        ("parties", parties(policy.parties().iter())),
        ("laterParties", parties(later.into_iter())),
        ("source", source_to_json(policy.source())),
        (
            "steps",
            Json::Array(policy.steps().iter().map(step_to_json).collect()),
        ),
        ("delivered", delivered_to_json(policy.comparison())),
    ])
}

fn count(count: usize) -> Json<'static> {
    Json::number(i128::try_from(count).unwrap_or(i128::MAX))
}

fn pattern(pattern: &Glob) -> Json<'static> {
    Json::text(pattern.as_str().to_owned())
}

fn digests(digests: &NamedCertificates) -> Json<'static> {
    Json::texts(digests.digests().map(ToString::to_string))
}

fn parties<'p>(parties: impl Iterator<Item = &'p Party>) -> Json<'static> {
    let party = |party: &Party| {
        let ids = party.keys().iter().map(|key| key.id().to_owned());
        let time = |time: Option<Timestamp>| time.map(|time| Json::text(time.to_string()));
        let more = [
            ("declared", party.declared().map(Declared::to_json)),
            ("validFrom", time(party.valid_from())),
            ("validUntil", time(party.valid_until())),
        ];
        let more = more
            .into_iter()
            .filter_map(|(name, said)| Some((name, said?)));
        let always = [
            ("name", Json::text(party.name().to_owned())),
            ("keyids", Json::texts(ids)),
        ];
        Json::object(always.into_iter().chain(more))
    };
    Json::Array(parties.map(party).collect())
}

fn source_to_json(source: &SourceTerms) -> Json<'static> {
    match source {
        SourceTerms::Debian(terms) => Json::object([
            ("kind", Json::text("debian")),
            ("uploaders", digests(&terms.uploaders)),
        ]),
        SourceTerms::Git(terms) => {
            let recipe = match &terms.recipe {
                RecipeTerms::Repository(path) => ("path", Json::text(path.clone())),
                RecipeTerms::Policy(digest) => ("sha256", Json::text(digest.to_string())),
            };
            let moved = match terms.moved_tag {
                MovedTag::Refuse => "refuse",
                MovedTag::Report => "report",
            };
            let allowed = terms.allowed_signers.clone();
            Json::object([
                ("kind", Json::text("git")),
                ("repository", Json::text(terms.repository.clone())),
                ("tags", pattern(&terms.tags)),
                ("needed", count(terms.needed.get())),
                ("allowedSigners", allowed.map_or(Json::Null, Json::text)),
                ("certificates", digests(&terms.certificates)),
                ("recipe", Json::object([recipe])),
                ("movedTag", Json::text(moved)),
            ])
        }
    }
}

fn step_to_json(step: &LaterStep) -> Json<'static> {
    let names = step.parties().iter().map(|party| party.name().to_owned());
    let patterns =
        |patterns: &[Glob]| Json::texts(patterns.iter().map(|glob| glob.as_str().to_owned()));
    let terms = step.terms();
    Json::object([
        ("name", Json::text(step.name().to_owned())),
        ("parties", Json::texts(names)),
        ("threshold", count(step.threshold().get())),
        ("uses", Json::texts(step.uses().to_vec())),
        ("mayAdd", patterns(&terms.may_add)),
        ("makes", patterns(&terms.makes)),
        ("requires", Json::texts(terms.requires.clone())),
    ])
}

fn delivered_to_json(comparison: &Comparison) -> Json<'static> {
    let of = |compare: &'static str, format: &'static str| {
        vec![
            ("compare", Json::text(compare)),
            ("format", Json::text(format)),
        ]
    };
    Json::object(match comparison {
        Comparison::Bytes => vec![("compare", Json::text("bytes"))],
        Comparison::SignatureOnly(format) => of("signature-only", format.name()),
        Comparison::Stabilised(normaliser) => of("stabilised", normaliser.name()),
        Comparison::Members(rules) => {
            let mut members = of("members", rules.format.name());
            members.extend(rules_to_json(rules));
            members
        }
    })
}

fn rules_to_json(rules: &MemberRules) -> [(&'static str, Json<'static>); 2] {
    let rule = |rule: &MemberRule| {
        let modes = rule
            .modes
            .iter()
            .map(|mode| Json::text(format!("{mode:o}")));
        Json::object([
            ("pattern", pattern(&rule.members)),
            ("from", Json::text(rule.from.clone())),
            ("strip", Json::text(rule.strip.clone())),
            ("modes", Json::Array(modes.collect())),
        ])
    };
    let link = |(name, target): (&String, &String)| {
        Json::object([
            ("name", Json::text(name.clone())),
            ("target", Json::text(target.clone())),
        ])
    };
    [
        ("rules", Json::Array(rules.rules.iter().map(rule).collect())),
        ("links", Json::Array(rules.links.iter().map(link).collect())),
    ]
}
