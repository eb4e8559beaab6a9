//! A trace as JSON: `docs/spec/in-toto.md`, "The trace".

use super::{Ending, Fate, InspectionTrace, LinkTrace, RuleTrace, StepTrace, Trace};
use crate::intoto::ArtifactList;
use crate::json::Json;

impl Trace {
    /// The trace as JSON.
    pub fn to_json(&self) -> Json<'static> {
        let expires = self.expires.map(|time| time.to_string());
        Json::object([
            ("expires", expires.map_or(Json::Null, Json::text)),
            ("signedBy", Json::texts(self.signed_by.clone())),
            ("steps", list(&self.steps, StepTrace::to_json)),
            (
                "inspections",
                list(&self.inspections, InspectionTrace::to_json),
            ),
        ])
    }

    /// What deserves a look although it refuses nothing: commands that are not the expected ones, rules that found nothing to consume.
    /// Each is a sentence for people.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        self.collect_warnings("", &mut warnings);
        warnings
    }

    fn collect_warnings(&self, place: &str, warnings: &mut Vec<String>) {
        for step in &self.steps {
            let name = format!("{place}{}", step.name);
            for link in &step.links {
                if let Some(command) = &link.other_command {
                    warnings.push(format!(
                        "step {name:?}: {:?} says that {:?} was run, and the layout expects {:?}",
                        link.path,
                        command.join(" "),
                        step.expected_command.join(" "),
                    ));
                }
                if let Fate::Sublayout(trace) = &link.fate {
                    trace.collect_warnings(&format!("{name}/"), warnings);
                }
            }
            idle(&format!("step {name:?}"), &step.rules, warnings);
        }
        for inspection in &self.inspections {
            let name = format!("inspection {:?}", format!("{place}{}", inspection.name));
            idle(&name, &inspection.rules, warnings);
        }
    }
}

fn idle(item: &str, rules: &[RuleTrace], warnings: &mut Vec<String>) {
    let idle = rules.iter().filter(|rule| rule.is_idle());
    warnings.extend(idle.map(|rule| {
        format!(
            "{item}: {} matches none of the {} that are left",
            rule.rule,
            list_name(rule.list)
        )
    }));
}

impl StepTrace {
    fn to_json(&self) -> Json<'static> {
        Json::object([
            ("name", Json::text(self.name.clone())),
            ("threshold", number(self.threshold)),
            ("counted", number(self.counted)),
            ("links", list(&self.links, LinkTrace::to_json)),
            ("rules", list(&self.rules, RuleTrace::to_json)),
        ])
    }
}

impl LinkTrace {
    fn to_json(&self) -> Json<'static> {
        let (fate, detail) = match &self.fate {
            Fate::Absent => ("absent", Json::Null),
            Fate::Dropped(reason) => ("dropped", Json::text(reason.to_string())),
            Fate::Counted => ("counted", Json::Null),
            Fate::Sublayout(trace) => ("sublayout", trace.to_json()),
        };
        let detail_name = if fate == "sublayout" {
            "layout"
        } else {
            "reason"
        };
        let command = self.other_command.clone();
        Json::object([
            ("path", Json::text(self.path.clone())),
            ("keyids", Json::texts(self.key_ids.clone())),
            ("fate", Json::text(fate)),
            (detail_name, detail),
            ("otherCommand", command.map_or(Json::Null, Json::texts)),
        ])
    }
}

impl InspectionTrace {
    fn to_json(&self) -> Json<'static> {
        let (ending, value) = match self.ending {
            Ending::Returned(value) => ("returned", Json::number(value)),
            Ending::Killed => ("killed", Json::Null),
            Ending::NotRun => ("not run", Json::Null),
        };
        Json::object([
            ("name", Json::text(self.name.clone())),
            ("run", Json::texts(self.run.clone())),
            ("ending", Json::text(ending)),
            ("returnValue", value),
            ("rules", list(&self.rules, RuleTrace::to_json)),
        ])
    }
}

impl RuleTrace {
    /// What the rule did, in one word: `consumed`, `held` or `violated`.
    pub fn effect(&self) -> &'static str {
        if self.is_violation() {
            "violated"
        } else if self.is_test() {
            "held"
        } else {
            "consumed"
        }
    }

    fn to_json(&self) -> Json<'static> {
        Json::object([
            ("list", Json::text(list_name(self.list))),
            ("rule", Json::text(self.rule.clone())),
            ("effect", Json::text(self.effect())),
            ("artifacts", Json::texts(self.artifacts.clone())),
        ])
    }
}

fn list_name(list: ArtifactList) -> &'static str {
    match list {
        ArtifactList::Materials => "materials",
        ArtifactList::Products => "products",
    }
}

fn list<T>(items: &[T], to_json: impl Fn(&T) -> Json<'static>) -> Json<'static> {
    Json::Array(items.iter().map(to_json).collect())
}

fn number(count: usize) -> Json<'static> {
    Json::number(i128::try_from(count).unwrap_or(i128::MAX))
}
