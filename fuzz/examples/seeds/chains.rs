//! Supply chains, and rules over them.

use std::num::NonZeroUsize;

use quorate::digest::Sha256;
use quorate::intoto::{Layout, Link, Rule, Step};
use quorate::time::Timestamp;
use quorate_fuzz::functionaries;

use super::Seeds;

/// Supply chains and rules over them.
pub(super) fn chains() -> Vec<Seeds> {
    let text = |text: &str| text.as_bytes().to_vec();
    let rules = "MATCH * IN lib WITH PRODUCTS IN src FROM other\nCREATE [!a]*\nMODIFY a\nREQUIRE b\nALLOW b\nDISALLOW *";
    let artifacts = "m a 1\np a 2\np lib/x 3\np b 4\no src/x 3\no x 5";
    vec![
        (
            "chain",
            vec![
                ("no-steps", layout(&[], 1, &[])),
                ("two-steps", chain(2, &[0, 1])),
                ("too-few", chain(2, &[0])),
                ("delegated", delegated()),
            ],
        ),
        (
            "rule",
            vec![
                ("all", text(&format!("{rules}\n{artifacts}"))),
                (
                    "delete",
                    text("DELETE a*\nDISALLOW *\nm a 1\nm ab 1\np ab 1"),
                ),
                (
                    "odd",
                    text(
                        "MATCH ** IN http: WITH MATERIALS IN / FROM tested\nDISALLOW [a\np [a 1\np http://h/p 1\nm /p 1",
                    ),
                ),
            ],
        ),
    ]
}

/// A layout of two steps, and the links of those functionaries for both.
fn chain(threshold: usize, linked: &[usize]) -> Vec<u8> {
    let rules = [
        &["MATCH", "*", "WITH", "PRODUCTS", "FROM", "fetch"][..],
        &["DISALLOW", "*"],
    ];
    let mut lines = vec![layout(&["fetch", "build"], threshold, &rules)];
    for step in ["fetch", "build"] {
        lines.extend(linked.iter().map(|key| link_line(*key, "", step)));
    }
    lines.join(&b'\n')
}

/// A step that alice delegates to herself, in her own layout.
fn delegated() -> Vec<u8> {
    let id = functionaries()[0].public().id()[..8].to_owned();
    let own = layout(&["compile"], 1, &[]);
    let head = format!("0 build.{id}.link ");
    let lines = [
        layout(&["build"], 1, &[]),
        [head.as_bytes(), &own].concat(),
        link_line(0, &format!("build.{id}/"), "compile"),
    ];
    lines.join(&b'\n')
}

fn layout(names: &[&str], threshold: usize, rules: &[&[&str]]) -> Vec<u8> {
    let keys = functionaries();
    let words = |words: &&[&str]| {
        words
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    let rules = rules
        .iter()
        .map(|rule| Rule::parse(&words(rule)).expect("a rule"));
    let rules: Vec<Rule> = rules.collect();
    let step = |name: &&str| Step {
        name: (*name).to_owned(),
        threshold: NonZeroUsize::new(threshold).expect("at least one"),
        pubkeys: keys
            .iter()
            .map(|key| key.public().id().to_owned())
            .collect(),
        expected_command: Vec::new(),
        expected_materials: Vec::new(),
        expected_products: rules.clone(),
    };
    let layout = Layout {
        expires: Timestamp::parse("2999-01-01T00:00:00Z").expect("a time"),
        readme: String::new(),
        keys: keys
            .iter()
            .map(|key| (key.public().id().to_owned(), key.public().clone()))
            .collect(),
        steps: names.iter().map(step).collect(),
        inspections: Vec::new(),
    };
    layout.to_json().to_text()
}

fn link_line(key: usize, folder: &str, step: &str) -> Vec<u8> {
    let id = functionaries()[key].public().id()[..8].to_owned();
    let mut link = Link::new(step);
    link.products
        .insert("out".to_owned(), Sha256::of(b"bytes").into());
    let head = format!("{key} {folder}{step}.{id}.link ");
    [head.as_bytes(), &link.to_json().to_text()].concat()
}
