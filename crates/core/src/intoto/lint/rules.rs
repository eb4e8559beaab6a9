//! Rules that do less than they seem to (in-toto 1.0 §4.3.3): each takes its artifacts from what the earlier ones left over.

use std::collections::BTreeSet;

use super::super::{ArtifactList, Glob, Layout, Rule, is_normal_name};
use super::chain::Position;
use super::{LintPlace, Weakness, WeaknessCode, parameter_names};

/// More rules than this before one rule are not compared with it: the comparison is of every pair.
const EARLIER_RULES_MAX: usize = 2_000;

/// What is weak in the two lists of a step or inspection.
pub(super) fn lint(layout: &Layout, position: &Position, found: &mut Vec<Weakness>) {
    for list in [ArtifactList::Materials, ArtifactList::Products] {
        let rules = position.rules(layout, list);
        open_list(layout, *position, list, found);
        for at in 0..rules.len() {
            let reader = Reader {
                layout,
                position: *position,
                list,
                rules,
                at,
            };
            found.extend(reader.weakness());
            found.extend(reader.parameters());
        }
    }
}

fn open_list(layout: &Layout, position: Position, list: ArtifactList, found: &mut Vec<Weakness>) {
    if position.rules(layout, list).iter().any(is_disallow_all) {
        return;
    }
    let of = Box::new(position.place(layout));
    found.push(Weakness::new(
        WeaknessCode::OpenList,
        LintPlace::Rules { of, list },
        format!(
            "no DISALLOW * among the {}: an artifact that no rule speaks of passes",
            list.keyword().to_ascii_lowercase()
        ),
        "end the list with DISALLOW *",
    ));
}

fn is_disallow_all(rule: &Rule) -> bool {
    matches!(rule, Rule::Disallow(pattern) if pattern.matches_everything())
}

/// One rule among its list.
struct Reader<'l> {
    layout: &'l Layout,
    position: Position,
    list: ArtifactList,
    rules: &'l [Rule],
    at: usize,
}

impl Reader<'_> {
    fn rule(&self) -> &Rule {
        &self.rules[self.at]
    }

    fn found(&self, code: WeaknessCode, text: String, advice: &str) -> Option<Weakness> {
        let place = LintPlace::Rule {
            of: Box::new(self.position.place(self.layout)),
            list: self.list,
            number: self.at + 1,
        };
        let text = format!("{}: {text}", self.rule());
        Some(Weakness::new(code, place, text, advice))
    }

    /// The most telling reason why this rule does not do what it says, if there is one.
    fn weakness(&self) -> Option<Weakness> {
        if self.has_parameters() {
            // What it will say is not known yet.
            return None;
        }
        self.wrong_list()
            .or_else(|| self.wrong_step())
            .or_else(|| self.impossible_name())
            .or_else(|| self.after_disallow_all())
            .or_else(|| self.shadowed())
            .or_else(|| self.late_require())
    }

    fn wrong_list(&self) -> Option<Weakness> {
        let (why, advice) = match (self.rule(), self.list) {
            (Rule::Create(_), ArtifactList::Materials) => (
                "nothing that went in was created by the step, so it takes nothing",
                "move it to the products, or say ALLOW or MATCH",
            ),
            (Rule::Delete(_), ArtifactList::Products) => (
                "nothing that came out was deleted by the step, so it takes nothing",
                "move it to the materials",
            ),
            _ => return None,
        };
        self.found(WeaknessCode::WrongList, why.into(), advice)
    }

    fn wrong_step(&self) -> Option<Weakness> {
        let Rule::Match { from, .. } = self.rule() else {
            return None;
        };
        if from == self.position.name(self.layout) {
            return self.found(
                WeaknessCode::MatchItself,
                "it compares a statement with itself, and nobody else confirms it".into(),
                "match with the step that the artifacts come from",
            );
        }
        if self.position.can_match(self.layout, from) {
            return None;
        }
        self.found(
            WeaknessCode::MatchUnknownStep,
            format!("there is no {from:?} to match with here, so it takes nothing"),
            "name a step of the layout; only rules of inspections can name inspections",
        )
    }

    fn impossible_name(&self) -> Option<Weakness> {
        let mut names: Vec<&str> = Vec::new();
        match self.rule() {
            Rule::Require(name) => names.push(name),
            Rule::Match {
                pattern,
                source_prefix,
                destination_prefix,
                ..
            } => {
                names.extend(literal(pattern));
                let prefixes = [source_prefix, destination_prefix].into_iter().flatten();
                names.extend(prefixes.map(|prefix| prefix.strip_suffix('/').unwrap_or(prefix)));
            }
            other => names.extend(pattern_of(other).and_then(literal)),
        }
        let name = names.into_iter().find(|name| !is_normal_name(name))?;
        self.found(
            WeaknessCode::ImpossibleName,
            format!("no artifact has a name like {name:?}: links have names without empty, `.` and `..` parts"),
            "write the name as links record it",
        )
    }

    fn after_disallow_all(&self) -> Option<Weakness> {
        let earlier = self.earlier().iter().any(is_disallow_all);
        let why = match self.rule() {
            _ if !earlier => return None,
            Rule::Require(_) => "nothing is left after DISALLOW *, so it always refuses",
            _ => "nothing is left after DISALLOW *, so it never does anything",
        };
        self.found(
            WeaknessCode::AfterDisallowAll,
            why.into(),
            "put it before DISALLOW *, or take it out",
        )
    }

    fn shadowed(&self) -> Option<Weakness> {
        if matches!(self.rule(), Rule::Require(_)) {
            return None;
        }
        let takes_all = |earlier: &&Rule| leaves_nothing(earlier, self.rule());
        let earlier = self.earlier().iter().find(takes_all)?;
        self.found(
            WeaknessCode::Shadowed,
            format!("{earlier} comes first and leaves it nothing"),
            "put the narrower rule first, or take one of the two out",
        )
    }

    fn late_require(&self) -> Option<Weakness> {
        let Rule::Require(name) = self.rule() else {
            return None;
        };
        let takes = |rule: &&Rule| match rule {
            Rule::Match {
                pattern,
                source_prefix,
                ..
            } => {
                unprefixed(name, source_prefix.as_deref()).is_some_and(|name| pattern.matches(name))
            }
            Rule::Require(_) => false,
            other => pattern_of(other).is_some_and(|pattern| pattern.matches(name)),
        };
        let earlier = self.earlier().iter().find(takes)?;
        self.found(
            WeaknessCode::LateRequire,
            format!(
                "{earlier} comes first and leaves nothing of that name, and then it is missing"
            ),
            "put REQUIRE at the start of the list",
        )
    }

    fn earlier(&self) -> &[Rule] {
        &self.rules[..self.at.min(EARLIER_RULES_MAX)]
    }

    fn has_parameters(&self) -> bool {
        let words = self.rule().words();
        words.iter().any(|word| !parameter_names(word).is_empty())
    }

    fn parameters(&self) -> Option<Weakness> {
        let words = self.rule().words();
        let names: BTreeSet<&str> = words
            .iter()
            .flat_map(|word| parameter_names(word))
            .collect();
        let place = LintPlace::Rule {
            of: Box::new(self.position.place(self.layout)),
            list: self.list,
            number: self.at + 1,
        };
        let whose = self.rule().to_string();
        (!names.is_empty()).then(|| Weakness::parameters(place, &whose, &names))
    }
}

/// Whether nothing that `later` speaks of can be left once `earlier` was applied and did not refuse.
fn leaves_nothing(earlier: &Rule, later: &Rule) -> bool {
    let Some((prefix, pattern)) = scope(later) else {
        return false;
    };
    match (earlier, later) {
        (Rule::Allow(by) | Rule::Disallow(by), _) => covers(by, prefix, pattern),
        (Rule::Create(by), Rule::Create(_))
        | (Rule::Delete(by), Rule::Delete(_))
        | (Rule::Modify(by), Rule::Modify(_)) => covers(by, prefix, pattern),
        (Rule::Match { pattern: by, .. }, Rule::Match { .. }) => {
            same_but_pattern(earlier, later) && covers(by, None, pattern)
        }
        _ => false,
    }
}

fn same_but_pattern(one: &Rule, other: &Rule) -> bool {
    let rest = |rule: &Rule| rule.words().split_off(2);
    rest(one) == rest(other)
}

/// The prefix and pattern of the names that a rule looks for.
fn scope(rule: &Rule) -> Option<(Option<&str>, &Glob)> {
    match rule {
        Rule::Match {
            pattern,
            source_prefix,
            ..
        } => Some((source_prefix.as_deref(), pattern)),
        other => pattern_of(other).map(|pattern| (None, pattern)),
    }
}

fn pattern_of(rule: &Rule) -> Option<&Glob> {
    match rule {
        Rule::Create(pattern)
        | Rule::Delete(pattern)
        | Rule::Modify(pattern)
        | Rule::Allow(pattern)
        | Rule::Disallow(pattern)
        | Rule::Match { pattern, .. } => Some(pattern),
        Rule::Require(_) => None,
    }
}

/// Whether `by` matches every name that `pattern` matches below `prefix`. A yes is certain; a no may be for want of trying.
fn covers(by: &Glob, prefix: Option<&str>, pattern: &Glob) -> bool {
    let start = match prefix {
        Some(prefix) => format!(
            "{}/{}",
            prefix.trim_end_matches('/'),
            pattern.literal_prefix()
        ),
        None => pattern.literal_prefix().to_owned(),
    };
    if by.matches_everything() || (prefix.is_none() && by.as_str() == pattern.as_str()) {
        return true;
    }
    if pattern.is_literal() {
        return by.matches(&start);
    }
    let (head, tail) = (by.literal_prefix(), by.literal_suffix());
    // `head*` and `*tail`: the forms with one run and nothing else that varies.
    (by.as_str() == format!("{head}*") && start.starts_with(head))
        || (by.as_str() == format!("*{tail}") && pattern.literal_suffix().ends_with(tail))
}

fn literal(pattern: &Glob) -> Option<&str> {
    pattern.is_literal().then(|| pattern.as_str())
}

fn unprefixed<'n>(name: &'n str, prefix: Option<&str>) -> Option<&'n str> {
    match prefix {
        None => Some(name),
        Some(prefix) => name
            .strip_prefix(prefix.trim_end_matches('/'))?
            .strip_prefix('/'),
    }
}
