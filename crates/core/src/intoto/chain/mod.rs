//! Verification of a whole supply chain (in-toto 1.0 §5.2): layout, links, thresholds, rules, sublayouts, inspections.
//!
//! **Enters:** a layout's bytes and the keys that must have signed it, links by path, records of inspections, a time, limits.
//! **Leaves:** a [`Verification`]: accepted with the summary link, or refused with the one reason; and the trace of everything looked at.
//! **Never:** a command that runs, a file that is opened, a link that counts for another step, key or folder than its own.
//!
//! Links of one step must agree, whatever its threshold: there is no order of keys that could decide between two. Who wants k of n with
//! a dissenter shown and not obeyed asks [`crate::verify`], which counts parties.

mod evidence;
mod queue;
mod refusal;
mod report;
mod rules;
mod trace;
mod walk;

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{ArtifactList, Artifacts, Inspection, Link, Parameters, Step};
use crate::json::Json;
use crate::key::PublicKey;
use crate::limits::Limits;
use crate::time::Timestamp;

pub use refusal::{Disagreement, ItemKind, Refusal};
pub use trace::{Dropped, Fate, InspectionTrace, LinkTrace, RuleTrace, StepTrace, Trace};

/// What a verification starts from.
#[derive(Clone, Copy, Debug)]
pub struct Chain<'a> {
    /// The layout's envelope, of either form.
    pub layout: &'a [u8],
    /// The keys that must have signed it: every one of them.
    pub keys: &'a [PublicKey],
    /// Values for the layout's parameters. Without, braces in it are characters like others.
    pub parameters: Option<&'a Parameters>,
    /// The time at which layouts and keys must be in force.
    pub at: Timestamp,
    /// Bounds on everything that is read.
    pub limits: &'a Limits,
}

impl Chain<'_> {
    /// Verifies the chain: signatures, expiry, links, thresholds, sublayouts, rules of steps, then inspections and their rules.
    ///
    /// `links` is asked for the links that the layout's keys could have made and for nothing else. `inspector` is asked only when
    /// everything before has held.
    pub fn verify(&self, links: &dyn LinkSource, inspector: &mut dyn Inspector) -> Verification {
        walk::verify(self, links, inspector)
    }
}

/// Where links come from.
pub trait LinkSource {
    /// The bytes of the link at `path`, such as `build.776a00e2.link` or, for a sublayout's, `build.776a00e2/compile.d3ffd108.link`;
    /// `None` when there is none.
    ///
    /// # Errors
    /// Why it is there and cannot be read: it is then no evidence, and undoes nothing else.
    fn link(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, String>;
}

impl LinkSource for BTreeMap<String, Vec<u8>> {
    fn link(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, String> {
        Ok(self.get(path).map(|bytes| Cow::Borrowed(bytes.as_slice())))
    }
}

/// Carries out inspections, or says why not.
pub trait Inspector {
    /// The record of `inspection`, of the layout at `place` (empty for the root layout, else a sublayout's folder).
    ///
    /// # Errors
    /// Why there is no record: the chain is then refused with that reason.
    fn inspect(&mut self, inspection: &Inspection, place: &str)
    -> Result<InspectionRecord, String>;
}

/// Applies the rules of one step, as `links` has it under its name, to its materials and its products; `links` are also what MATCH rules
/// look into. For judges that have chosen the links themselves.
pub(crate) fn broken_rule(
    step: &Step,
    links: &BTreeMap<&str, &Link>,
    steps_left: &mut usize,
) -> Option<Broken> {
    let lists = [
        (&step.expected_materials, ArtifactList::Materials),
        (&step.expected_products, ArtifactList::Products),
    ];
    for (rules, list) in lists {
        let mut traces = Vec::new();
        if rules::apply(rules, list, links, &step.name, steps_left, &mut traces).is_err() {
            return Some(Broken::OutOfWork);
        }
        if let Some(last) = traces.pop().filter(RuleTrace::is_violation) {
            return Some(Broken::Rule(last));
        }
    }
    None
}

/// Why a step's rules do not hold.
pub(crate) enum Broken {
    /// This rule refuses.
    Rule(RuleTrace),
    /// The work that was allowed did not suffice.
    OutOfWork,
}

/// What an inspection found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InspectionRecord {
    /// The files before the command ran.
    pub materials: Artifacts,
    /// The files after it.
    pub products: Artifacts,
    /// How the command ended.
    pub ending: Ending,
}

/// How an inspection's command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It returned this value; anything but 0 refuses (in-toto 1.0 §5.2).
    Returned(i32),
    /// It was ended before it returned: refuses.
    Killed,
    /// Whoever verifies chose to run no command and to apply the rules to the delivered files as they are.
    NotRun,
}

/// Runs no inspection: a layout with one is refused.
#[derive(Clone, Copy, Debug)]
pub struct NoInspections;

impl Inspector for NoInspections {
    fn inspect(&mut self, _: &Inspection, _: &str) -> Result<InspectionRecord, String> {
        Err("inspections are not run here".to_owned())
    }
}

/// What came of a verification.
#[derive(Debug)]
pub struct Verification {
    /// Everything that was looked at, up to where it ended.
    pub trace: Trace,
    /// Accepted, or why not.
    pub outcome: Result<Accepted, Refusal>,
}

/// A chain that holds. Only [`Chain::verify`] makes one.
///
/// It does not promise that the delivered files are the chain's products: that is what inspections, or a comparison with
/// [`Self::summary`], are for.
///
/// ```compile_fail,E0451
/// let forged = quorate::intoto::chain::Accepted { summary: quorate::intoto::Link::new("forged") };
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    summary: Link,
}

impl Accepted {
    /// The chain as one link: the first step's materials, the last step's products, command and by-products.
    pub fn summary(&self) -> &Link {
        &self.summary
    }
}

/// An inspection's record as the link that rules look at.
fn link_of(inspection: &Inspection, record: InspectionRecord) -> Link {
    let return_value = match record.ending {
        Ending::Returned(value) => Json::number(value),
        Ending::Killed | Ending::NotRun => Json::Null,
    };
    Link {
        command: inspection.run.clone(),
        materials: record.materials,
        products: record.products,
        byproducts: Json::object([("return-value", return_value)]),
        ..Link::new(inspection.name.clone())
    }
}
