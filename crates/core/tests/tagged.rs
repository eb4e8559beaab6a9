//! Question 2 for git: a signed tag, its signers, and everything that is not one.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use quorate::attest::git::RecipePlace;
use quorate::digest::Sha256;
use quorate::time::Timestamp;
use quorate::verify::{Outcome, Question};
use quorate_testkit::scenario::{
    Party, PolicyDraft, Sample, Scene, Stated, Tagged, allowed_signer,
};

const SOURCE: &str = r#"
[source]
kind = "git"
repository = "https://example.org/hello.git"
tags = "v*"
allowed_signers = "allowed_signers"
recipe = "quorate.toml"
"#;

/// Three parties of whom two are enough; maria and nils sign releases.
fn scene_with(source: &str, signers: &str) -> Scene {
    let mut scene = Scene::with(2, 3, |draft| {
        draft.tables.push_str(source);
        give(draft, signers);
    });
    scene.hold(Tagged::hello().artifact());
    scene
}

fn give(draft: &mut PolicyDraft, signers: &str) {
    let texts = &mut draft.files.texts;
    texts.insert("allowed_signers".to_owned(), signers.as_bytes().to_vec());
    texts.insert("recipe.toml".to_owned(), b"the policy's recipe".to_vec());
}

fn signers() -> String {
    allowed_signer("maria", "namespaces=\"git\"") + &allowed_signer("nils", "namespaces=\"git\"")
}

fn scene() -> Scene {
    scene_with(SOURCE, &signers())
}

fn stated(release: &Tagged) -> Scene {
    let mut scene = scene();
    scene.states(0, release);
    scene.states(1, release);
    scene
}

fn no(scene: &Scene) -> String {
    let verdict = scene.judge();
    assert!(!verdict.is_quorate());
    let answers = verdict.report().answers();
    let answer = answers
        .iter()
        .find(|it| it.question == Question::Source)
        .unwrap();
    let reasons: Vec<String> = answer.reasons.iter().map(ToString::to_string).collect();
    assert_eq!(answer.outcome, Outcome::No, "{reasons:?}");
    reasons.join("; ")
}

#[test]
fn a_file_that_k_parties_built_from_a_signed_tag_is_quorate() {
    let verdict = stated(&Tagged::hello()).judge();
    assert!(verdict.is_quorate(), "{:?}", verdict.report().answers());
    let source = &verdict.report().answers()[1].reasons;
    let codes: Vec<&str> = source.iter().map(|reason| reason.code()).collect();
    assert_eq!(codes, ["source-signed", "tag-built"]);
    let text = source[0].to_string();
    assert!(
        text.contains("git+https://example.org/hello.git@refs/tags/v1.0")
            && text.contains("maria@example.org"),
        "{text}"
    );
    let identity = verdict.report().identity().unwrap().to_string();
    assert_eq!(identity, "bin/hello=v1.0:amd64");
}

#[test]
fn the_identity_of_an_output_of_a_tag_can_be_demanded() {
    let mut scene = stated(&Tagged::hello());
    scene.expect("bin/hello=v1.0:amd64");
    assert!(scene.judge().is_quorate());
    scene.expect("bin/hello=v1.1");
    assert!(!scene.judge().is_quorate());
}

#[test]
fn a_tag_by_an_unlisted_key_is_refused() {
    let reason = no(&stated(&Tagged::hello().signed_by("mallory")));
    assert!(reason.contains("not a release"), "{reason}");
}

#[test]
fn an_unsigned_tag_is_refused() {
    assert!(no(&stated(&Tagged::hello().unsigned())).contains("not signed"));
}

#[test]
fn a_tag_with_a_signature_copied_from_another_tag_is_refused() {
    let other = Tagged::hello().tag("v0.9").tag_object();
    let start = other
        .windows(10)
        .position(|at| at == b"-----BEGIN")
        .unwrap();
    no(&stated(&Tagged::hello().signature(&other[start..])));
}

#[test]
fn the_right_tag_object_under_another_name_does_not_count() {
    let mut scene = scene();
    let moved = Tagged::hello().under("v2.0");
    scene.states(0, &moved);
    scene.states(1, &moved);
    assert!(!scene.judge().is_quorate());
    assert!(
        scene.dropped()[0].contains("another name"),
        "{:?}",
        scene.dropped()
    );
}

#[test]
fn a_nested_tag_does_not_count() {
    let mut scene = scene();
    scene.states(0, &Tagged::hello().kind("tag"));
    assert!(
        scene.dropped()[0].contains("points to no commit"),
        "{:?}",
        scene.dropped()
    );
}

#[test]
fn a_lightweight_tag_does_not_count() {
    let mut rebuild = Tagged::hello().by("alice");
    let quorate::attest::rebuild::Source::Git(source) = &mut rebuild.source else {
        panic!("a tag");
    };
    source.tag_object = source.commit_object.clone();
    source.tag_id = source.commit_id;
    let mut scene = scene();
    let statement = scene.parties[0].signs(0, &rebuild.statement());
    scene.evidence.push(statement);
    assert_eq!(scene.dropped().len(), 1);
}

#[test]
fn a_tag_whose_commit_differs_from_what_was_built_does_not_count() {
    type Change<'c> = dyn Fn(&mut quorate::attest::git::GitSource) + 'c;
    let other = quorate::source::git::ObjectId::parse(&"ab".repeat(20)).unwrap();
    let changes: [&Change<'_>; 5] = [
        &|source| source.commit_id = other,
        &|source| source.tree_id = other,
        &|source| source.tag_id = other,
        &|source| source.commit_object.push(b'x'),
        &|source| source.tag_object[20] ^= 1,
    ];
    for (at, change) in changes.iter().enumerate() {
        let mut rebuild = Tagged::hello().by("alice");
        let quorate::attest::rebuild::Source::Git(source) = &mut rebuild.source else {
            panic!("a tag");
        };
        change(source);
        let mut scene = scene();
        let statement = scene.parties[0].signs(0, &rebuild.statement());
        scene.evidence.push(statement);
        assert_eq!(scene.dropped().len(), 1, "{at}");
    }
}

#[test]
fn a_moved_tag_is_an_alarm_and_refused_unless_the_policy_says_otherwise() {
    let moved = Tagged::hello().tree("another tree").bytes(*b"other");
    let mut scene = stated(&Tagged::hello());
    scene.states(2, &moved);
    let reason = no(&scene);
    assert!(
        reason.starts_with("MOVED TAG") && reason.contains("seen by carol"),
        "{reason}"
    );
    let report = SOURCE.replace("kind =", "moved_tag = \"report\"\nkind =");
    let mut reported = scene_with(&report, &signers());
    reported.evidence = scene.evidence.clone();
    let verdict = reported.judge();
    assert!(verdict.is_quorate());
    let codes: Vec<&str> = verdict.report().answers()[1]
        .reasons
        .iter()
        .map(|reason| reason.code())
        .collect();
    assert_eq!(codes, ["source-signed", "tag-built", "moved-tag"]);
}

#[test]
fn a_moved_tag_is_an_alarm_also_when_it_keeps_parties_from_agreeing() {
    let mut scene = scene();
    scene.states(0, &Tagged::hello());
    scene.states(1, &Tagged::hello().tree("another tree"));
    assert!(no(&scene).starts_with("MOVED TAG"));
}

#[test]
fn a_tag_object_that_a_party_made_up_is_not_said_to_be_the_projects() {
    for made_up in [
        Tagged::hello().unsigned(),
        Tagged::hello().signed_by("carol"),
    ] {
        let mut scene = stated(&Tagged::hello());
        scene.states(2, &made_up.tree("another tree").bytes(*b"other"));
        let reason = no(&scene);
        assert!(
            reason.contains("NOT signed as the policy wants it, seen by carol"),
            "{reason}"
        );
        let verdict = scene.judge();
        let moved = &verdict.report().answers()[1].reasons[0];
        assert!(moved.next_step().unwrap().contains("ask the parties"));
    }
}

#[test]
fn a_time_that_has_not_come_is_no_witness_for_a_key_that_does_not_hold_yet() {
    let later = allowed_signer("maria", "namespaces=\"git\",valid-after=\"20280101Z\"");
    let mut scene = scene_with(SOURCE, &later);
    scene.states(0, &Tagged::hello());
    let future = Timestamp::parse("2029-01-01T00:00:00Z").unwrap();
    for party in 1..3 {
        let mut rebuild = Tagged::hello()
            .seen("2029-01-01T00:00:00Z")
            .by(&scene.parties[party].name);
        (rebuild.started, rebuild.finished) = (future, future);
        let statement = scene.parties[party].signs(0, &rebuild.statement());
        scene.evidence.push(statement);
    }
    assert!(scene.dropped().is_empty());
    let reason = no(&scene);
    assert!(
        reason.contains("1 of 2 needed parties say that they had it"),
        "{reason}"
    );
}

#[test]
fn a_party_that_contradicts_itself_is_no_witness_of_the_time() {
    let ends = allowed_signer(
        "maria",
        "namespaces=\"git\",valid-before=\"20261120100030Z\"",
    );
    let mut scene = scene_with(SOURCE, &ends);
    let early = || Tagged::hello().seen("2026-11-20T10:00:01Z");
    scene.states(0, &early());
    scene.states(1, &Tagged::hello().seen("2026-11-20T10:00:40Z"));
    scene.states(2, &early());
    assert!(scene.judge().is_quorate());
    scene.states(2, &early().bytes(*b"other"));
    no(&scene);
}

#[test]
fn a_backdated_tag_by_an_expired_key_is_refused() {
    // The key ended on 1 January 2026; the tag says that it was made in 2025, and the parties saw it in November 2026.
    let expired = allowed_signer("maria", "namespaces=\"git\",valid-before=\"20260101Z\"");
    let mut scene = scene_with(SOURCE, &expired);
    let backdated = Tagged::hello().tagged_at(1_735_700_000);
    scene.states(0, &backdated);
    scene.states(1, &backdated);
    no(&scene);
    // While it held, the same would have been a release.
    let valid = allowed_signer("maria", "namespaces=\"git\",valid-before=\"20270101Z\"");
    let mut scene = scene_with(SOURCE, &valid);
    scene.states(0, &backdated);
    scene.states(1, &backdated);
    assert!(scene.judge().is_quorate());
}

#[test]
fn one_party_alone_cannot_make_the_witnessed_time_earlier() {
    // The key ended at 10:00:30; alice lies that she had the tag before.
    let ends = allowed_signer(
        "maria",
        "namespaces=\"git\",valid-before=\"20261120100030Z\"",
    );
    let mut scene = scene_with(SOURCE, &ends);
    scene.states(0, &Tagged::hello().seen("2026-11-20T10:00:01Z"));
    scene.states(1, &Tagged::hello().seen("2026-11-20T10:00:40Z"));
    no(&scene);
    scene.states(2, &Tagged::hello().seen("2026-11-20T10:00:20Z"));
    assert!(scene.judge().is_quorate());
}

#[test]
fn one_rebuilder_that_built_another_tree_is_named_and_does_not_count() {
    let mut scene = scene();
    scene.states(0, &Tagged::hello());
    // The same tag object; what carol says she laid out of it is another tree.
    let mut rebuild = Tagged::hello().by("carol");
    let quorate::attest::rebuild::Source::Git(source) = &mut rebuild.source else {
        panic!("a tag");
    };
    source.identity = Sha256::of(b"with a back door");
    let statement = scene.parties[2].signs(0, &rebuild.statement());
    scene.evidence.push(statement);
    no(&scene);
    scene.states(1, &Tagged::hello());
    let verdict = scene.judge();
    assert!(verdict.is_quorate());
    let rebuilt = verdict.report().answers()[2].reasons.iter();
    let named: Vec<String> = rebuilt.map(ToString::to_string).collect();
    assert!(
        named
            .iter()
            .any(|text| text.contains("carol built another source")),
        "{named:?}"
    );
}

#[test]
fn a_dirty_submodule_is_another_source() {
    let with = |identity: &[u8]| {
        let identity = Sha256::of(identity);
        move |party: &str| {
            let mut rebuild = Tagged::hello().by(party);
            if let quorate::attest::rebuild::Source::Git(source) = &mut rebuild.source {
                source.submodules.push(quorate::attest::git::Submodule {
                    path: "lib".to_owned(),
                    repository: "https://example.org/lib.git".to_owned(),
                    commit_id: source.commit_id,
                    identity,
                });
            }
            rebuild
        }
    };
    let mut scene = scene();
    for (party, rebuild) in [(0, with(b"clean")("alice")), (1, with(b"dirty")("bob"))] {
        let statement = scene.parties[party].signs(0, &rebuild.statement());
        scene.evidence.push(statement);
    }
    no(&scene);
    let statement = scene.parties[2].signs(0, &with(b"clean")("carol").statement());
    scene.evidence.push(statement);
    assert!(scene.judge().is_quorate());
}

#[test]
fn a_recipe_changed_by_one_party_is_another_source() {
    let mut scene = scene();
    scene.states(0, &Tagged::hello());
    scene.states(
        1,
        &Tagged::hello().recipe(RecipePlace::Repository, b"make backdoor"),
    );
    no(&scene);
}

#[test]
fn a_recipe_that_the_policy_does_not_name_is_refused() {
    let elsewhere = Tagged::hello().recipe(RecipePlace::Policy, b"make backdoor");
    assert!(no(&stated(&elsewhere)).contains("recipe"));
    let by_policy = SOURCE.replace("\"quorate.toml\"", "{ file = \"recipe.toml\" }");
    for (content, good) in [(&b"the policy's recipe"[..], true), (b"another", false)] {
        let release = Tagged::hello().recipe(RecipePlace::Policy, content);
        let mut scene = scene_with(&by_policy, &signers());
        scene.states(0, &release);
        scene.states(1, &release);
        assert_eq!(scene.judge().is_quorate(), good);
    }
    let mut scene = scene_with(&by_policy, &signers());
    scene.states(0, &Tagged::hello());
    scene.states(1, &Tagged::hello());
    assert!(no(&scene).contains("recipe"));
    let another = SOURCE.replace("\"quorate.toml\"", "\"other.toml\"");
    let mut scene = scene_with(&another, &signers());
    scene.states(0, &Tagged::hello());
    scene.states(1, &Tagged::hello());
    assert!(no(&scene).contains("recipe"));
}

#[test]
fn another_repository_or_a_tag_that_is_no_release_is_refused() {
    let fork = Tagged::hello().repository("https://example.net/hello.git");
    assert!(no(&stated(&fork)).contains("policy wants"));
    let nightly = Tagged::hello().tag("nightly");
    assert!(no(&stated(&nightly)).contains("\"v*\""));
}

#[test]
fn a_policy_for_packages_takes_no_tag_and_one_for_tags_no_package() {
    let mut scene = Scene::of(2, 3);
    scene.states(0, &Tagged::hello());
    scene.states(1, &Tagged::hello());
    scene.hold(Tagged::hello().artifact());
    assert!(no(&scene).contains("Debian source package"));
    let mut scene = self::scene();
    scene.states(0, &Sample::catdoc());
    scene.states(1, &Sample::catdoc());
    scene.hold(Sample::catdoc().artifact());
    assert!(no(&scene).contains("https://example.org/hello.git"));
}

#[test]
fn a_tag_that_was_not_seen_during_the_rebuild_does_not_count() {
    let mut scene = scene();
    scene.states(0, &Tagged::hello().seen("2020-01-01T00:00:00Z"));
    scene.states(1, &Tagged::hello().seen("2026-11-20T10:01:31Z"));
    assert_eq!(scene.dropped().len(), 2);
}

#[test]
fn a_statement_of_a_tag_reads_back_as_it_was_written() {
    let rebuild = Tagged::hello()
        .output("share/doc/hello", "text")
        .by("alice");
    let limits = quorate::limits::Limits::STANDARD;
    let read = quorate::attest::rebuild::Rebuild::from_statement(&rebuild.statement(), &limits);
    let read = read.unwrap();
    assert_eq!(read.statement(), rebuild.statement());
    assert_eq!(read.source, rebuild.source);
    // The link says the same.
    let mut scene = scene();
    let link = scene.parties[0].link(&Tagged::hello());
    scene.evidence.push(link);
    assert!(scene.dropped().is_empty(), "{:?}", scene.dropped());
}

#[test]
fn an_output_whose_name_leaves_its_folder_does_not_count() {
    let mut scene = scene();
    for name in ["/etc/passwd", "../hello", "bin//hello", "bin/./hello", ""] {
        scene.states(0, &Tagged::hello().output(name, "x"));
    }
    assert_eq!(scene.dropped().len(), 5);
}

#[test]
fn words_about_the_source_that_nobody_could_keep_do_not_compile() {
    for (from, to, why) in [
        (
            "allowed_signers = \"allowed_signers\"",
            "",
            "nobody is named",
        ),
        ("tags = \"v*\"", "needed = 0", "nobody is named"),
        ("tags = \"v*\"", "tags = \"\"", "tags"),
        ("tags = \"v*\"", "tgas = \"v*\"", "tgas"),
        (
            "\"https://example.org/hello.git\"",
            "\"--upload-pack=x\"",
            "repository",
        ),
        ("\"https://example.org/hello.git\"", "\"a b\"", "repository"),
        (
            "\"https://example.org/hello.git\"",
            "\"git@example.org:hello.git\"",
            "file:///",
        ),
        (
            "tags = \"v*\"",
            "tags = \"refs/tags/v*\"",
            "without refs/tags/",
        ),
        ("tags = \"v*\"", "needed = 2", "can never be reached"),
        ("\"quorate.toml\"", "\"../quorate.toml\"", "recipe"),
        (
            "allowed_signers = \"allowed_signers\"",
            "certificates = [\"none.asc\"]",
            "none.asc",
        ),
    ] {
        let source = SOURCE.replace(from, to);
        assert_ne!(source, SOURCE, "{from}");
        let owners = [quorate_testkit::scenario::ed25519("owner 0")];
        let parties = ["alice", "bob"].map(Party::new);
        let mut draft = PolicyDraft::of(2, &parties, &owners);
        draft.tables = source;
        give(&mut draft, &signers());
        let at = quorate::time::Timestamp::parse(quorate_testkit::scenario::AT).unwrap();
        let error = draft.compile(at).expect_err(to).to_string();
        assert!(error.contains(why), "{to}: {error}");
    }
    let owners = [quorate_testkit::scenario::ed25519("owner 0")];
    let mut draft = PolicyDraft::of(2, &["alice", "bob"].map(Party::new), &owners);
    draft.tables = SOURCE.to_owned();
    give(
        &mut draft,
        "maria@example.org valid-after=\"20260101\" ssh-ed25519 AAAA\n",
    );
    let at = quorate::time::Timestamp::parse(quorate_testkit::scenario::AT).unwrap();
    let error = draft.compile(at).expect_err("no time zone").to_string();
    assert!(error.contains("allowed_signers"), "{error}");
}
