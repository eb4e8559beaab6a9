//! Supply chains in memory: a layout with keys made from names, and links that are signed and put where they belong.
#![allow(unreachable_pub, reason = "a module of one program of tests")]

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use quorate::digest::Sha256;
use quorate::envelope::{PAYLOAD_TYPE_IN_TOTO, sign};
use quorate::intoto::chain::{Accepted, Chain, Fate, NoInspections, Refusal, Verification};
use quorate::intoto::{Artifacts, Layout, Link, Parameters, Rule, Step};
use quorate::key::{PublicKey, SigningKey};
use quorate::limits::Limits;
use quorate::time::Timestamp;
use quorate_testkit::scenario::ed25519;

/// The time of judging.
pub(crate) const AT: &str = "2026-11-25T00:00:00Z";

/// A chain that a test changes until something is wrong with it.
pub(crate) struct Workshop {
    pub(crate) layout: Layout,
    pub(crate) owner: SigningKey,
    pub(crate) links: BTreeMap<String, Vec<u8>>,
    pub(crate) limits: Limits,
    pub(crate) parameters: Option<Parameters>,
}

impl Workshop {
    /// A layout with these steps and keys, in force.
    pub(crate) fn of(steps: impl IntoIterator<Item = Step>, keys: &[&SigningKey]) -> Self {
        Self {
            layout: layout(steps, keys),
            owner: ed25519("owner"),
            links: BTreeMap::new(),
            limits: Limits::STANDARD,
            parameters: None,
        }
    }

    /// Puts `key`'s link where it belongs.
    pub(crate) fn put(&mut self, key: &SigningKey, link: &Link) {
        let path = path(&link.name, key);
        self.links
            .insert(path, signed(&link.to_json().to_text(), &[key]));
    }

    /// The outcome for the layout, signed by its owner.
    pub(crate) fn outcome(&self) -> Result<Accepted, Refusal> {
        self.verification().outcome
    }

    pub(crate) fn verification(&self) -> Verification {
        let layout = signed(&self.layout.to_json().to_text(), &[&self.owner]);
        self.verify(&layout)
    }

    /// The outcome for these bytes in the place of the layout.
    pub(crate) fn outcome_of(&self, layout: &[u8]) -> Result<Accepted, Refusal> {
        self.verify(layout).outcome
    }

    fn verify(&self, layout: &[u8]) -> Verification {
        verify(layout, &[self.owner.public()], self)
    }

    /// What came of the link at `path` of the root layout.
    pub(crate) fn fate(&self, path: &str) -> String {
        let trace = self.verification().trace;
        let mut links = trace.steps.iter().flat_map(|step| &step.links);
        let link = links.find(|link| link.path == path).unwrap();
        match &link.fate {
            Fate::Dropped(reason) => reason.to_string(),
            other => format!("{other:?}"),
        }
    }
}

/// The verification of `layout` for these keys, with the links and limits of a workshop.
pub(crate) fn verify(layout: &[u8], keys: &[&PublicKey], workshop: &Workshop) -> Verification {
    let keys: Vec<PublicKey> = keys.iter().map(|key| (*key).clone()).collect();
    let chain = Chain {
        layout,
        keys: &keys,
        parameters: workshop.parameters.as_ref(),
        at: Timestamp::parse(AT).unwrap(),
        limits: &workshop.limits,
    };
    chain.verify(&workshop.links, &mut NoInspections)
}

pub(crate) fn layout(steps: impl IntoIterator<Item = Step>, keys: &[&SigningKey]) -> Layout {
    let keys = keys.iter().map(|key| key.public());
    Layout {
        expires: Timestamp::parse("2999-01-01T00:00:00Z").unwrap(),
        readme: String::new(),
        keys: keys.map(|key| (key.id().to_owned(), key.clone())).collect(),
        steps: steps.into_iter().collect(),
        inspections: Vec::new(),
    }
}

/// A step without rules that any `threshold` of these keys carry out.
pub(crate) fn step(name: &str, threshold: usize, keys: &[&SigningKey]) -> Step {
    Step {
        name: name.to_owned(),
        threshold: NonZeroUsize::new(threshold).unwrap(),
        pubkeys: keys
            .iter()
            .map(|key| key.public().id().to_owned())
            .collect(),
        expected_command: Vec::new(),
        expected_materials: Vec::new(),
        expected_products: Vec::new(),
    }
}

/// A rule as it is written, words between spaces.
pub(crate) fn rule(text: &str) -> Rule {
    let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    Rule::parse(&words).unwrap()
}

pub(crate) fn rules(texts: &[&str]) -> Vec<Rule> {
    texts.iter().map(|text| rule(text)).collect()
}

/// A link with these products, each with the digest of its content.
pub(crate) fn link(step: &str, products: &[(&str, &str)]) -> Link {
    Link {
        products: artifacts(products),
        ..Link::new(step)
    }
}

pub(crate) fn artifacts(contents: &[(&str, &str)]) -> Artifacts {
    let entry = |(name, content): &(&str, &str)| {
        ((*name).to_owned(), Sha256::of(content.as_bytes()).into())
    };
    contents.iter().map(entry).collect()
}

pub(crate) fn signed(payload: &[u8], keys: &[&SigningKey]) -> Vec<u8> {
    sign(PAYLOAD_TYPE_IN_TOTO, payload, keys)
}

/// Where the link of `step` by `key` belongs.
pub(crate) fn path(step: &str, key: &SigningKey) -> String {
    format!("{}.link", stem(step, key.public().id()))
}

pub(crate) fn stem(step: &str, key_id: &str) -> String {
    format!("{step}.{}", &key_id[..key_id.len().min(8)])
}
