//! What one part of a chain owes to the others: products that are demanded, and the parts that a MATCH can mean.

use super::super::{ArtifactList, Layout, Rule};
use super::{LintPlace, Weakness, WeaknessCode};

/// A step or an inspection of a layout.
#[derive(Clone, Copy)]
pub(super) enum Position {
    Step(usize),
    Inspection(usize),
}

impl Position {
    pub(super) fn step(at: usize) -> Self {
        Self::Step(at)
    }

    pub(super) fn inspection(at: usize) -> Self {
        Self::Inspection(at)
    }

    pub(super) fn name(self, layout: &Layout) -> &str {
        match self {
            Self::Step(at) => &layout.steps[at].name,
            Self::Inspection(at) => &layout.inspections[at].name,
        }
    }

    pub(super) fn place(self, layout: &Layout) -> LintPlace {
        let name = self.name(layout).to_owned();
        match self {
            Self::Step(_) => LintPlace::Step(name),
            Self::Inspection(_) => LintPlace::Inspection(name),
        }
    }

    pub(super) fn rules(self, layout: &Layout, list: ArtifactList) -> &[Rule] {
        let (materials, products) = match self {
            Self::Step(at) => {
                let step = &layout.steps[at];
                (&step.expected_materials, &step.expected_products)
            }
            Self::Inspection(at) => {
                let inspection = &layout.inspections[at];
                (
                    &inspection.expected_materials,
                    &inspection.expected_products,
                )
            }
        };
        match list {
            ArtifactList::Materials => materials,
            ArtifactList::Products => products,
        }
    }

    /// Whether a MATCH that stands here finds a link of that name: a step's rules are judged before inspections run.
    pub(super) fn can_match(self, layout: &Layout, name: &str) -> bool {
        let inspections = match self {
            Self::Step(_) => &[],
            Self::Inspection(_) => layout.inspections.as_slice(),
        };
        layout.steps.iter().any(|step| step.name == name)
            || inspections.iter().any(|inspection| inspection.name == name)
    }
}

/// What is missing in the step's products: demands for what others match by name, and for anything in the last step.
pub(super) fn lint(layout: &Layout, at: usize, found: &mut Vec<Weakness>) {
    let step = &layout.steps[at];
    let place = || LintPlace::Rules {
        of: Box::new(LintPlace::Step(step.name.clone())),
        list: ArtifactList::Products,
    };
    let required = |rules: &[Rule], name: &str| {
        rules
            .iter()
            .any(|rule| matches!(rule, Rule::Require(required) if required == name))
    };
    let mut told: Vec<String> = Vec::new();
    for other in positions(layout) {
        for list in [ArtifactList::Materials, ArtifactList::Products] {
            let rules = other.rules(layout, list);
            for (source, product) in rules.iter().filter_map(|rule| matched(rule, &step.name)) {
                let demanded =
                    required(&step.expected_products, &product) || required(rules, &source);
                if demanded || told.contains(&product) || other.name(layout) == step.name {
                    continue;
                }
                found.push(Weakness::new(
                    WeaknessCode::MissingRequire,
                    place(),
                    format!(
                        "{} matches the product {product:?}, and nobody demands it: MATCH lets it be missing",
                        other.place(layout)
                    ),
                    &format!("add REQUIRE {product} at the start of the products"),
                ));
                told.push(product);
            }
        }
    }
    let is_last = at + 1 == layout.steps.len();
    let requires = |rule: &Rule| matches!(rule, Rule::Require(_));
    if is_last && !step.expected_products.iter().any(requires) {
        found.push(Weakness::new(
            WeaknessCode::NothingRequired,
            place(),
            "the last step demands no product: a chain that delivers nothing passes".into(),
            "add REQUIRE with the name of what is delivered at the start of the products",
        ));
    }
}

fn positions(layout: &Layout) -> impl Iterator<Item = Position> {
    let inspections = (0..layout.inspections.len()).map(Position::Inspection);
    (0..layout.steps.len())
        .map(Position::Step)
        .chain(inspections)
}

/// For a MATCH of one name with products of `step`: that name in the list under test, and in the products.
fn matched(rule: &Rule, step: &str) -> Option<(String, String)> {
    let Rule::Match {
        pattern,
        source_prefix,
        with: ArtifactList::Products,
        destination_prefix,
        from,
    } = rule
    else {
        return None;
    };
    let within = |prefix: &Option<String>| match prefix {
        Some(prefix) => format!("{}/{}", prefix.trim_end_matches('/'), pattern.as_str()),
        None => pattern.as_str().to_owned(),
    };
    (from == step && pattern.is_literal())
        .then(|| (within(source_prefix), within(destination_prefix)))
}
