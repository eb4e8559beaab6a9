//! The layout of a policy, which is not the whole of what is asked (docs/spec/policy.md, "The layout").

use super::super::{ArtifactList, Inspection, Layout, Rule, Step};
use super::{LintPlace, Weakness, WeaknessCode};
use crate::attest::rebuild::STEP;

/// Whether the layout has the form that `quorate policy compile` writes, but for what stands between its first step and its inspection.
///
/// Its first step takes any source and its last demands no product by name: both are asked by the terms, which are signed beside it.
pub(super) fn is_of_a_policy(layout: &Layout) -> bool {
    let (Some(first), Some(last)) = (layout.steps.first(), layout.steps.last()) else {
        return false;
    };
    let [delivered] = &*layout.inspections else {
        return false;
    };
    is_rebuild(first) && compares_with(delivered, &last.name)
}

/// Says so.
pub(super) fn told() -> Weakness {
    Weakness::new(
        WeaknessCode::PolicyLayout,
        LintPlace::Layout,
        "this has the form of a policy's layout: which source is rebuilt, and that the file at hand is a product, is asked with the terms beside it".into(),
        "verify with `quorate verify`; other in-toto verifiers read the layout alone and ask neither",
    )
}

fn is_rebuild(step: &Step) -> bool {
    let has_everything = |rule: &Rule| match rule {
        Rule::Allow(pattern) | Rule::Create(pattern) | Rule::Disallow(pattern) => {
            pattern.matches_everything()
        }
        _ => false,
    };
    step.name == STEP
        && step.expected_command.is_empty()
        && matches!(&*step.expected_materials, [taken @ Rule::Allow(_)] if has_everything(taken))
        && matches!(&*step.expected_products, [new @ Rule::Create(_), old @ Rule::Disallow(_)] if has_everything(new) && has_everything(old))
}

/// Whether all that is at hand must be what the step of that name made.
fn compares_with(inspection: &Inspection, step: &str) -> bool {
    let closed = |rules: &[Rule]| {
        let [
            Rule::Match {
                with: ArtifactList::Products,
                source_prefix: None,
                destination_prefix: None,
                from,
                ..
            },
            Rule::Disallow(rest),
        ] = rules
        else {
            return false;
        };
        from == step && rest.matches_everything()
    };
    inspection.run == ["true"]
        && closed(&inspection.expected_materials)
        && closed(&inspection.expected_products)
}
