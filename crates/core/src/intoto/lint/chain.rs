//! What one part of a chain owes to the others: products that are demanded, and the parts that a MATCH can mean.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{ArtifactList, Layout, Rule};
use super::policy::is_of_a_policy;
use super::{LintPlace, Weakness, WeaknessCode};

/// A step or an inspection of a layout.
#[derive(Clone, Copy)]
pub(super) enum Position {
    Step(usize),
    Inspection(usize),
}

impl Position {
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
}

/// What the parts of a layout are called and take from each other, looked up once for all of them.
pub(super) struct Chain<'l> {
    pub(super) layout: &'l Layout,
    /// Whether terms that are signed beside it ask for the source and for the file at hand.
    pub(super) is_of_a_policy: bool,
    steps: BTreeSet<&'l str>,
    inspections: BTreeSet<&'l str>,
    /// How many steps have this name but for upper and lower case.
    alike: BTreeMap<String, usize>,
    /// What others match by its exact name, by the step that makes it.
    wanted: BTreeMap<&'l str, Vec<Wanted>>,
}

/// A product that a part of the chain matches by its exact name, and that part's own list does not demand.
struct Wanted {
    by: Position,
    product: String,
}

impl<'l> Chain<'l> {
    pub(super) fn of(layout: &'l Layout) -> Self {
        let mut alike = BTreeMap::new();
        for step in &layout.steps {
            *alike.entry(step.name.to_ascii_lowercase()).or_default() += 1;
        }
        let inspections = layout.inspections.iter();
        let mut chain = Self {
            layout,
            is_of_a_policy: is_of_a_policy(layout),
            steps: layout.steps.iter().map(|step| step.name.as_str()).collect(),
            inspections: inspections.map(|one| one.name.as_str()).collect(),
            alike,
            wanted: BTreeMap::new(),
        };
        let steps = (0..layout.steps.len()).map(Position::Step);
        let inspections = (0..layout.inspections.len()).map(Position::Inspection);
        for position in steps.chain(inspections) {
            for list in [ArtifactList::Materials, ArtifactList::Products] {
                chain.want(position, position.rules(layout, list));
            }
        }
        chain
    }

    fn want(&mut self, by: Position, rules: &'l [Rule]) {
        let demanded = required(rules);
        for rule in rules {
            let Some((from, source, product)) = matched(rule) else {
                continue;
            };
            if from != by.name(self.layout) && !demanded.contains(source.as_str()) {
                self.wanted
                    .entry(from)
                    .or_default()
                    .push(Wanted { by, product });
            }
        }
    }

    /// Whether a MATCH that stands at `position` finds a link of that name: a step's rules are judged before inspections run.
    pub(super) fn can_match(&self, position: Position, name: &str) -> bool {
        let inspects = matches!(position, Position::Inspection(_));
        self.steps.contains(name) || (inspects && self.inspections.contains(name))
    }

    /// Whether a step other than the one of this name has a name that differs in upper and lower case only.
    pub(super) fn has_twin(&self, name: &str) -> bool {
        let alike = self.alike.get(&name.to_ascii_lowercase()).copied();
        alike.unwrap_or(0) > usize::from(self.steps.contains(name))
    }

    /// What is missing in a step's products: demands for what others match by name, and for anything in the last step.
    pub(super) fn missing(&self, at: usize, found: &mut Vec<Weakness>) {
        let step = &self.layout.steps[at];
        let place = || LintPlace::Rules {
            of: Box::new(LintPlace::Step(step.name.clone())),
            list: ArtifactList::Products,
        };
        let demanded = required(&step.expected_products);
        let mut told = BTreeSet::new();
        for Wanted { by, product } in self.wanted.get(step.name.as_str()).into_iter().flatten() {
            if demanded.contains(product.as_str()) || !told.insert(product) {
                continue;
            }
            found.push(Weakness::new(
                WeaknessCode::MissingRequire,
                place(),
                format!(
                    "{} matches the product {product:?}, and nobody demands it: MATCH lets it be missing",
                    by.place(self.layout)
                ),
                &format!("add REQUIRE {product} at the start of the products"),
            ));
        }
        let is_last = at + 1 == self.layout.steps.len();
        if is_last && demanded.is_empty() && !self.is_of_a_policy {
            found.push(Weakness::new(
                WeaknessCode::NothingRequired,
                place(),
                "the last step demands no product: a chain that delivers nothing passes".into(),
                "add REQUIRE with the name of what is delivered at the start of the products",
            ));
        }
    }
}

fn required(rules: &[Rule]) -> BTreeSet<&str> {
    let required = rules.iter().filter_map(|rule| match rule {
        Rule::Require(name) => Some(name.as_str()),
        _ => None,
    });
    required.collect()
}

/// For a MATCH of one name with products: the step, that name in the list under test, and in the products.
fn matched(rule: &Rule) -> Option<(&str, String, String)> {
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
    let names = (within(source_prefix), within(destination_prefix));
    pattern.is_literal().then_some((from, names.0, names.1))
}
