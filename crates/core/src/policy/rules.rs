//! The one form that a policy's layout has: `docs/spec/policy.md`, "The layout".

use std::num::NonZeroUsize;

use super::steps::from;
use crate::attest::rebuild::STEP;
use crate::intoto::{Glob, Inspection, Rule, Step};

/// The name of the inspection that matches the delivered file against the rebuilt products.
const DELIVERED: &str = "delivered";

/// The step that parties carry out.
pub(crate) fn rebuild_step(threshold: NonZeroUsize, pubkeys: Vec<String>) -> Step {
    Step {
        name: STEP.to_owned(),
        threshold,
        pubkeys,
        expected_command: Vec::new(),
        expected_materials: vec![Rule::Allow(everything())],
        expected_products: vec![Rule::Create(everything()), Rule::Disallow(everything())],
    }
}

/// The inspection by which other verifiers match the delivered files against the products of the last step.
pub(super) fn delivered(artifacts: &Glob, step: &str) -> Inspection {
    let from_step = || vec![from(artifacts, step), Rule::Disallow(everything())];
    Inspection {
        name: DELIVERED.to_owned(),
        run: vec!["true".to_owned()],
        expected_materials: from_step(),
        expected_products: from_step(),
    }
}

pub(super) fn everything() -> Glob {
    Glob::parse("*").expect("a fixed pattern")
}
