//! `quorate in-toto match-products`: are files here the products of a link?

use std::process::ExitCode;

use quorate::envelope::Envelope;
use quorate::intoto::{Artifacts, Link};
use quorate::json::Json;
use quorate_gather::read_bounded;

use super::args::{MatchProductsArguments, TalkArguments};
use super::recording::Recording;
use super::talk::Talk;
use crate::error::CommandError;
use crate::output;
use crate::source::{LIMITS, public_key};

/// The format of `--json`: `docs/spec/in-toto-commands.md`.
const FORMAT: &str = "quorate-match-products/1";

pub(super) fn run(arguments: &MatchProductsArguments) -> Result<ExitCode, CommandError> {
    // in-toto-match-products: 1 when they differ and when it cannot be told.
    perform(arguments).map_err(CommandError::into_refused)
}

fn perform(arguments: &MatchProductsArguments) -> Result<ExitCode, CommandError> {
    let talk = Talk::new(TalkArguments {
        verbose: arguments.verbose,
        quiet: false,
    });
    let products = link(arguments, &talk)?.products;
    let here = [".".to_owned()];
    let paths = if arguments.paths.is_empty() {
        &here[..]
    } else {
        &arguments.paths
    };
    let recording = Recording::with(None, &arguments.exclude, &arguments.lstrip_paths, &talk)?;
    let found = recording.take("local files", paths)?;
    recording.finish();
    let difference = Difference::between(&products, &found);
    if arguments.json {
        output::json(&difference.to_json(arguments, &talk))?;
    } else {
        output::answer(&difference.text(&products))?;
    }
    Ok(if difference.is_none() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

/// The link, with a word about who vouches for it.
fn link(arguments: &MatchProductsArguments, talk: &Talk) -> Result<Link, CommandError> {
    let path = arguments.link.display();
    let refused =
        |problem: &dyn std::fmt::Display| CommandError::refused(format!("{path}: {problem}"));
    let bytes = read_bounded(&arguments.link, LIMITS.envelope_bytes_max)?;
    if arguments.verification_keys.is_empty() {
        talk.warn(&format!(
            "{path}: nobody checked who signed this link; give --verification-keys"
        ));
        return Link::dangerous_unverified(&bytes, &LIMITS).map_err(|error| refused(&error));
    }
    let keys = arguments
        .verification_keys
        .iter()
        .map(|key| public_key(key));
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    let keys: Vec<_> = keys.iter().collect();
    let envelope = Envelope::parse(&bytes, &LIMITS).map_err(|error| refused(&error))?;
    let opened = envelope
        .open(&keys, &LIMITS)
        .map_err(|error| refused(&error))?;
    let value = opened.json(&LIMITS).map_err(|error| refused(&error))?;
    Link::from_json(&value).map_err(|error| refused(&error))
}

/// Names by what is wrong with them, each list in order.
struct Difference<'a> {
    only_in_products: Vec<&'a str>,
    not_in_products: Vec<&'a str>,
    differ: Vec<&'a str>,
}

impl<'a> Difference<'a> {
    fn between(products: &'a Artifacts, found: &'a Artifacts) -> Self {
        let without = |these: &'a Artifacts, those: &'a Artifacts| {
            let names = these.keys().filter(|name| !those.contains_key(*name));
            names.map(String::as_str).collect()
        };
        let differs = |(name, digests): (&'a String, _)| {
            let is_other = found.get(name).is_some_and(|found| found != digests);
            is_other.then_some(name.as_str())
        };
        Self {
            only_in_products: without(products, found),
            not_in_products: without(found, products),
            differ: products.iter().filter_map(differs).collect(),
        }
    }

    fn is_none(&self) -> bool {
        self.lists().iter().all(|(_, names)| names.is_empty())
    }

    fn lists(&self) -> [(&'static str, &[&'a str]); 3] {
        [
            ("Only in products", &self.only_in_products),
            ("Not in products", &self.not_in_products),
            ("Hashes differ", &self.differ),
        ]
    }

    fn text(&self, products: &Artifacts) -> String {
        if self.is_none() {
            return format!("equal: {} files", products.len());
        }
        let lists = self.lists().into_iter();
        let lines = lists.flat_map(|(what, names)| {
            names
                .iter()
                .map(move |name| format!("{what}: {}", output::line(name)))
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn to_json(&self, arguments: &MatchProductsArguments, talk: &Talk) -> Json<'static> {
        let names = |names: &[&str]| Json::texts(names.iter().map(|name| (*name).to_owned()));
        Json::object([
            ("format", Json::text(FORMAT)),
            ("link", Json::text(arguments.link.display().to_string())),
            (
                "verified",
                Json::Bool(!arguments.verification_keys.is_empty()),
            ),
            ("equal", Json::Bool(self.is_none())),
            ("onlyInProducts", names(&self.only_in_products)),
            ("notInProducts", names(&self.not_in_products)),
            ("differ", names(&self.differ)),
            ("warnings", talk.to_json()),
        ])
    }
}
