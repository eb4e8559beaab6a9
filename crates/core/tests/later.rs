//! Later steps: what happens to a rebuilt result before it is delivered, done right and done wrong.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use quorate::digest::Sha256;
use quorate::intoto::{Artifacts, Link};
use quorate::verify::{Evidence, Outcome, Question, Verdict};
use quorate_testkit::scenario::{LATER_STEPS, Party, Sample, Scene};

const CATDOC: &str = "catdoc_0.95-6~deb12u1_amd64.deb";
const OLD: &str = "catdoc_0.95-5_amd64.deb";
const TARBALL: &[u8] = b"the tarball";

/// Two of three rebuild; a translator adds translations, a packager makes the tarball of what came of it.
struct Line {
    scene: Scene,
    translator: Party,
    packager: Party,
}

fn old() -> Sample {
    Sample::catdoc().version("0.95-5").bytes(*b"old bytes")
}

fn files(files: &[(&str, &[u8])]) -> Artifacts {
    let file = |(name, bytes): &(&str, &[u8])| ((*name).to_owned(), Sha256::of(bytes).into());
    files.iter().map(file).collect()
}

impl Line {
    fn with(threshold: usize, steps: &str) -> Self {
        let (translator, packager) = (Party::new("translator"), Party::new("packager"));
        let mut scene = Scene::with(threshold, 3, |draft| {
            draft.later_party(&translator);
            draft.later_party(&packager);
            draft.tables.push_str(steps);
        });
        for party in 0..2 {
            scene.states(party, &Sample::catdoc());
            scene.states(party, &old());
        }
        scene.hold(TARBALL);
        Self {
            scene,
            translator,
            packager,
        }
    }

    fn new() -> Self {
        Self::with(2, LATER_STEPS)
    }

    fn link(party: &Party, step: &str, took: Artifacts, made: Artifacts) -> Evidence<'static> {
        let link = Link {
            materials: took,
            products: made,
            ..Link::new(step)
        };
        party.signs(0, &link.to_json().to_text())
    }

    fn localises(&mut self, took: Artifacts, made: Artifacts) {
        let link = Self::link(&self.translator, "localise", took, made);
        self.scene.evidence.push(link);
    }

    fn packages(&mut self, took: Artifacts, made: Artifacts) {
        let link = Self::link(&self.packager, "package", took, made);
        self.scene.evidence.push(link);
    }

    /// Both steps, done right.
    fn done() -> Self {
        let mut line = Self::new();
        line.localises(files(&[(CATDOC, deb())]), localised());
        line.packages(localised(), tarball());
        line
    }

    fn no(&self, question: Question) -> String {
        said(&self.scene.judge(), question, Outcome::No)
    }
}

fn deb() -> &'static [u8] {
    b"!<arch>\ndebian-binary of catdoc"
}

fn localised() -> Artifacts {
    files(&[(CATDOC, deb()), ("locale/de.mo", b"Datei")])
}

fn tarball() -> Artifacts {
    files(&[("catdoc.tar.gz", TARBALL)])
}

/// The first reason of an answer, whose outcome must be this one.
fn said(verdict: &Verdict, question: Question, outcome: Outcome) -> String {
    let answers = verdict.report().answers();
    let answer = answers.iter().find(|it| it.question == question).unwrap();
    let reasons: Vec<String> = answer.reasons.iter().map(ToString::to_string).collect();
    assert_eq!(answer.outcome, outcome, "{reasons:?}");
    reasons.join("; ")
}

#[test]
fn what_came_of_the_rebuilt_files_by_the_policys_steps_is_quorate() {
    let verdict = Line::done().scene.judge();
    assert!(verdict.is_quorate(), "{:?}", verdict.report().answers());
    let after = said(&verdict, Question::After, Outcome::Yes);
    assert!(
        after.contains("localise by translator") && after.contains("package by packager"),
        "{after}"
    );
    let bytes = said(&verdict, Question::Bytes, Outcome::Yes);
    assert!(
        bytes.contains("catdoc.tar.gz of step package by packager"),
        "{bytes}"
    );
    let identity = verdict.report().identity().unwrap().to_string();
    assert_eq!(identity, "catdoc.tar.gz=1:0.95-6~deb12u1:amd64");
}

#[test]
fn the_pattern_of_artifacts_speaks_of_what_is_delivered() {
    let done = Line::done();
    let with = |pattern: &str| {
        let mut scene = Scene::with(2, 3, |draft| {
            draft.artifacts = pattern.to_owned();
            draft.later_party(&done.translator);
            draft.later_party(&done.packager);
            draft.tables.push_str(LATER_STEPS);
        });
        scene.evidence = done.scene.evidence.clone();
        scene.hold(TARBALL);
        scene.judge().is_quorate()
    };
    assert!(with("catdoc.tar.*"));
    assert!(!with("*.deb"));
}

#[test]
fn the_rebuilt_file_itself_is_not_what_the_last_step_delivers() {
    let mut line = Line::done();
    line.scene.hold(deb());
    assert!(line.no(Question::Bytes).contains("step package"));
}

#[test]
fn a_localisation_that_also_edits_a_binary_is_refused() {
    let mut line = Line::new();
    let edited = files(&[(CATDOC, b"a back door"), ("locale/de.mo", b"Datei")]);
    line.localises(files(&[(CATDOC, deb())]), edited.clone());
    line.packages(edited, tarball());
    let no = line.no(Question::After);
    assert!(
        no.contains("localise by translator") && no.contains(CATDOC),
        "{no}"
    );
}

#[test]
fn a_localisation_that_adds_a_file_which_was_rebuilt_replaces_it_and_is_refused() {
    let steps = LATER_STEPS.replace("locale/*.mo", "*");
    let mut line = Line::with(2, &steps);
    // It says that it took another rebuilt file alone, and made the program itself.
    let other = Sample::catdoc().output("catdoc-doc", *b"manual");
    for party in 0..2 {
        line.scene.states(party, &other);
    }
    const MANUAL: &str = "catdoc-doc_0.95-6~deb12u1_amd64.deb";
    let made = files(&[(MANUAL, b"manual"), (CATDOC, b"a back door")]);
    line.localises(files(&[(MANUAL, b"manual")]), made.clone());
    line.packages(made, tarball());
    let no = line.no(Question::After);
    assert!(
        no.contains("in the place of") && no.contains(CATDOC),
        "{no}"
    );
}

#[test]
fn a_packager_that_makes_a_file_which_it_was_given_replaces_it_and_is_refused() {
    let steps = LATER_STEPS.replace(
        "makes = [\"*.tar.gz\"]",
        "makes = [\"*.tar.gz\", \"locale/*\"]",
    );
    let mut line = Line::with(2, &steps);
    line.localises(files(&[(CATDOC, deb())]), localised());
    let mut made = tarball();
    made.extend(files(&[("locale/de.mo", b"another")]));
    line.packages(files(&[(CATDOC, deb())]), made);
    assert!(line.no(Question::After).contains("locale/de.mo"));
}

#[test]
fn a_localisation_that_adds_something_else_is_refused() {
    let mut line = Line::new();
    let added = files(&[(CATDOC, deb()), ("locale/de.so", b"code")]);
    line.localises(files(&[(CATDOC, deb())]), added.clone());
    line.packages(added, tarball());
    assert!(line.no(Question::After).contains("locale/de.so"));
}

#[test]
fn a_packager_that_adds_a_file_of_its_own_is_refused() {
    let mut line = Line::new();
    line.localises(files(&[(CATDOC, deb())]), localised());
    let mut took = localised();
    took.extend(files(&[("extra.sh", b"rm -rf /")]));
    line.packages(took, tarball());
    let no = line.no(Question::After);
    assert!(
        no.contains("package by packager") && no.contains("extra.sh"),
        "{no}"
    );
}

#[test]
fn a_packager_that_repacks_an_older_build_is_refused_where_the_new_one_is_demanded() {
    let mut line = Line::done();
    let localised = files(&[(OLD, b"old bytes"), ("locale/de.mo", b"Datei")]);
    line.localises(files(&[(OLD, b"old bytes")]), localised.clone());
    line.packages(localised, files(&[("catdoc.tar.gz", b"old tarball")]));
    line.scene.hold(b"old tarball");
    // It is what it says it is, and no other version.
    let verdict = line.scene.judge();
    assert!(verdict.is_quorate());
    let identity = verdict.report().identity().unwrap().to_string();
    assert_eq!(identity, "catdoc.tar.gz=0.95-5:amd64");
    line.scene.expect("catdoc.tar.gz=1:0.95-6~deb12u1:amd64");
    assert!(!line.scene.judge().is_quorate());
    line.scene.hold(TARBALL);
    assert!(line.scene.judge().is_quorate());
}

#[test]
fn a_file_that_is_not_what_is_demanded_blames_no_step() {
    let mut line = Line::done();
    for demanded in ["catdoc.tar.gz=7", "nonsense=1:0.95-6~deb12u1"] {
        line.scene.expect(demanded);
        let no = line.no(Question::After);
        assert!(
            no.contains("it is catdoc.tar.gz=1:0.95-6~deb12u1:amd64"),
            "{no}"
        );
    }
}

#[test]
fn each_of_several_used_files_is_counted_and_the_party_that_got_another_is_named() {
    let mut line = Line::new();
    let manual = |bytes: &'static [u8]| Sample::catdoc().output("catdoc-doc", bytes);
    let mut scene = Line::new().scene;
    scene.evidence.clear();
    scene.states(0, &manual(b"manual"));
    scene.states(1, &manual(b"another"));
    scene.states(2, &manual(b"manual"));
    line.scene = scene;
    let took = files(&[
        (CATDOC, deb()),
        ("catdoc-doc_0.95-6~deb12u1_amd64.deb", b"manual"),
    ]);
    let mut handed_on = took.clone();
    handed_on.extend(files(&[("locale/de.mo", b"Datei")]));
    line.localises(took, handed_on.clone());
    line.packages(handed_on, tarball());
    let verdict = line.scene.judge();
    assert!(verdict.is_quorate());
    let rebuilt = said(&verdict, Question::Rebuilt, Outcome::Yes);
    assert!(
        rebuilt.contains("each of the 2 rebuilt files") && rebuilt.contains("from alice, carol"),
        "{rebuilt}"
    );
    assert!(rebuilt.contains("bob got other bytes"), "{rebuilt}");
}

#[test]
fn files_of_two_releases_in_one_delivery_are_refused() {
    let mut line = Line::new();
    let both = files(&[(CATDOC, deb()), (OLD, b"old bytes")]);
    line.localises(both.clone(), both.clone());
    line.packages(both, tarball());
    assert!(line.no(Question::After).contains("localise"));
}

#[test]
fn a_file_that_too_few_parties_rebuilt_is_not_used() {
    let mut line = Line::with(3, LATER_STEPS);
    line.localises(files(&[(CATDOC, deb())]), localised());
    line.packages(localised(), tarball());
    let no = line.no(Question::After);
    assert!(
        no.contains(CATDOC) && no.contains("fewer than the 3 needed"),
        "{no}"
    );
    assert!(line.no(Question::Rebuilt).contains("only 2 of 3"));
}

#[test]
fn a_dissenter_about_a_used_file_vetoes_where_the_policy_says_refuse() {
    let (translator, packager) = (Party::new("translator"), Party::new("packager"));
    let mut line = Line::done();
    let mut scene = Scene::with(2, 3, |draft| {
        draft.on_dissent = Some("refuse".to_owned());
        draft.later_party(&translator);
        draft.later_party(&packager);
        draft.tables.push_str(LATER_STEPS);
    });
    scene.evidence = line.scene.evidence.clone();
    scene.hold(TARBALL);
    line.scene = scene;
    assert!(line.scene.judge().is_quorate());
    line.scene.states(2, &Sample::catdoc().bytes(*b"other"));
    assert!(line.no(Question::Rebuilt).contains("carol"));
}

#[test]
fn a_step_that_says_it_took_nothing_is_refused() {
    let mut line = Line::new();
    line.packages(files(&[]), tarball());
    assert!(line.no(Question::After).contains("took nothing"));
}

#[test]
fn a_step_without_a_link_is_refused_by_its_name() {
    let mut line = Line::new();
    line.packages(localised(), tarball());
    assert!(
        line.no(Question::After)
            .contains("step localise: 0 of 1 needed")
    );
}

#[test]
fn a_step_by_somebody_who_may_not_carry_it_out_does_not_count() {
    let mut line = Line::new();
    line.localises(files(&[(CATDOC, deb())]), localised());
    // The translator may localise and not package; a rebuilder may do neither.
    for party in [&line.translator, &line.scene.parties[0]] {
        let link = Line::link(party, "package", localised(), tarball());
        line.scene.evidence.push(link);
    }
    assert!(line.no(Question::Bytes).contains("nobody who may"));
    let dropped = line.scene.dropped().join("\n");
    assert_eq!(dropped.matches("step \"package\"").count(), 2, "{dropped}");
}

#[test]
fn a_step_of_two_needed_parties_wants_the_same_of_both() {
    let both = LATER_STEPS.replace(
        "[\"packager\"]\nthreshold = 1",
        "[\"packager\", \"translator\"]\nthreshold = 2",
    );
    let mut line = Line::with(2, &both);
    line.localises(files(&[(CATDOC, deb())]), localised());
    line.packages(localised(), tarball());
    assert!(line.no(Question::Bytes).contains("1 of 2 needed"));
    let mut other = tarball();
    other.extend(files(&[("more.tar.gz", b"more")]));
    let link = Line::link(&line.translator, "package", localised(), other);
    line.scene.evidence.push(link);
    assert!(line.no(Question::Bytes).contains("1 of 2 needed"));
    let link = Line::link(&line.translator, "package", localised(), tarball());
    line.scene.evidence.push(link);
    assert!(line.scene.judge().is_quorate());
}

#[test]
fn a_link_that_does_not_hold_hides_no_other_that_does() {
    let mut line = Line::new();
    line.localises(files(&[(CATDOC, deb())]), localised());
    line.packages(files(&[("extra.sh", b"from nowhere")]), tarball());
    assert!(line.no(Question::After).contains("extra.sh"));
    line.packages(localised(), tarball());
    assert!(line.scene.judge().is_quorate());
}

#[test]
fn links_that_call_one_file_by_two_names_leave_open_what_it_is() {
    let mut line = Line::done();
    line.packages(localised(), files(&[("other.tar.gz", TARBALL)]));
    assert!(line.no(Question::After).contains("other.tar.gz"));
    line.scene.expect("catdoc.tar.gz=1:0.95-6~deb12u1:amd64");
    assert!(line.scene.judge().is_quorate());
}

#[test]
fn a_file_that_the_policy_requires_and_the_step_left_out_is_named() {
    let steps = LATER_STEPS.replace(
        "makes = [\"*.tar.gz\"]",
        "makes = [\"*.tar.gz\"]\nrequires = [\"locale/de.mo\"]",
    );
    let mut line = Line::with(2, &steps);
    line.localises(files(&[(CATDOC, deb())]), localised());
    line.packages(files(&[(CATDOC, deb())]), tarball());
    assert!(line.no(Question::After).contains("REQUIRE locale/de.mo"));
}

#[test]
fn a_proof_holds_the_links_of_the_steps_and_leads_to_the_same_verdict() {
    let line = Line::done();
    let case = line.scene.case();
    let verdict = case.judge(&line.scene.artifact, None);
    let origins = case.origins_for(&verdict);
    // Two rebuilders and two links; the older release's statements are left out.
    assert_eq!(origins.len(), 4, "{origins:?}");
    assert!(line.scene.judge_proof(&line.scene.proof()).is_quorate());
}

#[test]
fn a_later_steps_rules_in_the_layout_are_the_ones_of_the_terms() {
    let line = Line::done();
    let documents = &line.scene.documents;
    let layout = String::from_utf8(documents.layout_payload.clone()).unwrap();
    // Another verifier would be told more than the terms say.
    for (from, to) in [
        (r#"["CREATE","locale/*.mo"]"#, r#"["CREATE","*"]"#),
        (
            r#"["MATCH","*","WITH","PRODUCTS","FROM","localise"]"#,
            r#"["ALLOW","*"]"#,
        ),
        (r#""name":"package""#, r#""name":"pack""#),
    ] {
        let changed = layout.replacen(from, to, 1);
        assert_ne!(changed, layout, "{from}");
        let mut line = Line::done();
        line.scene.documents = documents.with_layout(changed.as_bytes(), &line.scene.owners);
        assert!(line.no(Question::Policy).contains("layout"), "{to}");
    }
}
