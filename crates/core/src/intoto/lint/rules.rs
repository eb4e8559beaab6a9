//! Rules that do less than they seem to (in-toto 1.0 §4.3.3): each takes its artifacts from what the earlier ones left over.

use std::collections::BTreeSet;

use super::super::{ArtifactList, Glob, Rule, is_normal_name};
use super::chain::{Chain, Position};
use super::{LintPlace, Weakness, WeaknessCode, parameter_names};

/// Only the first so many rules of a list are compared with each later one: what real lists have, in a time that grows with the
/// list and not with its square.
const EARLIER_RULES_MAX: usize = 200;

/// What is weak in the two lists of a step or inspection.
pub(super) fn lint(chain: &Chain<'_>, position: Position, found: &mut Vec<Weakness>) {
    for list in [ArtifactList::Materials, ArtifactList::Products] {
        let rules = position.rules(chain.layout, list);
        let closed_at = rules.iter().position(is_disallow_all);
        if closed_at.is_none() && !is_any_source(chain, position, list) {
            found.push(open_list(position.place(chain.layout), list));
        }
        for at in 0..rules.len() {
            let reader = Reader {
                chain,
                position,
                list,
                rules,
                closed_at,
                at,
            };
            found.extend(reader.weakness());
            found.extend(reader.parameters());
        }
    }
}

/// What the first step of a policy takes is the source, for which its terms ask.
fn is_any_source(chain: &Chain<'_>, position: Position, list: ArtifactList) -> bool {
    chain.is_of_a_policy && matches!(position, Position::Step(0)) && list == ArtifactList::Materials
}

fn open_list(of: LintPlace, list: ArtifactList) -> Weakness {
    let of = Box::new(of);
    Weakness::new(
        WeaknessCode::OpenList,
        LintPlace::Rules { of, list },
        format!(
            "no DISALLOW * among the {}: an artifact that no rule speaks of passes",
            list.keyword().to_ascii_lowercase()
        ),
        "end the list with DISALLOW *",
    )
}

fn is_disallow_all(rule: &Rule) -> bool {
    matches!(rule, Rule::Disallow(pattern) if pattern.matches_everything())
}

/// One rule among its list.
struct Reader<'l> {
    chain: &'l Chain<'l>,
    position: Position,
    list: ArtifactList,
    rules: &'l [Rule],
    /// Where the first `DISALLOW *` is.
    closed_at: Option<usize>,
    at: usize,
}

impl Reader<'_> {
    fn rule(&self) -> &Rule {
        &self.rules[self.at]
    }

    fn found(&self, code: WeaknessCode, text: String, advice: &str) -> Option<Weakness> {
        let place = LintPlace::Rule {
            of: Box::new(self.position.place(self.chain.layout)),
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
        if from == self.position.name(self.chain.layout) {
            return self.found(
                WeaknessCode::MatchItself,
                "it compares a statement with itself, and nobody else confirms it".into(),
                "match with the step that the artifacts come from",
            );
        }
        if self.chain.can_match(self.position, from) {
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
        let earlier = self.closed_at.is_some_and(|closed| closed < self.at);
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
        let scope = Scope::of(self.rule())?;
        let takes_all = |earlier: &&Rule| leaves_nothing(earlier, self.rule(), &scope);
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
            of: Box::new(self.position.place(self.chain.layout)),
            list: self.list,
            number: self.at + 1,
        };
        let whose = self.rule().to_string();
        (!names.is_empty()).then(|| Weakness::parameters(place, &whose, &names))
    }
}

/// Whether nothing that `later`, with its scope, speaks of can be left once `earlier` was applied and did not refuse.
fn leaves_nothing(earlier: &Rule, later: &Rule, scope: &Scope<'_>) -> bool {
    match (earlier, later) {
        (Rule::Allow(by) | Rule::Disallow(by), _) => scope.is_within(by),
        (Rule::Create(by), Rule::Create(_))
        | (Rule::Delete(by), Rule::Delete(_))
        | (Rule::Modify(by), Rule::Modify(_)) => scope.is_within(by),
        (
            Rule::Match {
                pattern: by,
                source_prefix,
                ..
            },
            Rule::Match { .. },
        ) => {
            let rest = |rule: &Rule| rule.words().split_off(2);
            // The pattern stands below the prefix, which both have.
            let scope = scope.below(source_prefix.as_deref());
            rest(earlier) == rest(later) && scope.is_some_and(|scope| scope.is_within(by))
        }
        _ => false,
    }
}

/// The names that a rule speaks of, as far as its pattern spells them out.
#[derive(Clone)]
struct Scope<'r> {
    pattern: &'r Glob,
    /// What all of them start with.
    start: String,
    has_prefix: bool,
}

impl<'r> Scope<'r> {
    /// The scope of a rule that takes artifacts or refuses them: of all but REQUIRE.
    fn of(rule: &'r Rule) -> Option<Self> {
        let pattern = pattern_of(rule)?;
        let prefix = match rule {
            Rule::Match { source_prefix, .. } => source_prefix.as_deref(),
            _ => None,
        };
        let start = pattern.literal_prefix();
        Some(Self {
            pattern,
            start: match prefix {
                Some(prefix) => format!("{}/{start}", prefix.trim_end_matches('/')),
                None => start.to_owned(),
            },
            has_prefix: prefix.is_some(),
        })
    }

    /// The same names without the prefix that all of them have.
    fn below(&self, prefix: Option<&str>) -> Option<Self> {
        let start = unprefixed(&self.start, prefix)?.to_owned();
        Some(Self {
            start,
            has_prefix: false,
            ..self.clone()
        })
    }

    /// Whether `by` matches all of them. A yes is certain; a no may be for want of trying.
    fn is_within(&self, by: &Glob) -> bool {
        if by.matches_everything() || (!self.has_prefix && by.as_str() == self.pattern.as_str()) {
            return true;
        }
        if self.pattern.is_literal() {
            return by.matches(&self.start);
        }
        let (head, tail) = (by.literal_prefix(), by.literal_suffix());
        // `head*` and `*tail`: the forms with one run and nothing else that varies.
        (by.as_str().strip_suffix('*') == Some(head) && self.start.starts_with(head))
            || (by.as_str().strip_prefix('*') == Some(tail)
                && self.pattern.literal_suffix().ends_with(tail))
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
