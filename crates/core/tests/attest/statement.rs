//! Rebuild statements: every rule of `docs/spec/rebuild.md`, broken once.

use quorate::attest::AttestationError;
use quorate::attest::rebuild::{Builds, DebianSource, Rebuild, Source};
use quorate::digest::{Digests, Sha256};
use quorate::json::Json;
use quorate::limits::Limits;
use quorate_testkit::scenario::{Sample, Stated as _, edited, replaced};

const DEFINITION: [&str; 2] = ["predicate", "buildDefinition"];
const DETAILS: [&str; 2] = ["predicate", "runDetails"];

fn rebuild() -> Rebuild {
    Sample::catdoc().by("alice")
}

fn debian(rebuild: &mut Rebuild) -> &mut DebianSource {
    match &mut rebuild.source {
        Source::Debian(source) => source,
        Source::Git(_) => panic!("the sample is a Debian package"),
    }
}

fn read(payload: &[u8]) -> Result<Rebuild, AttestationError> {
    Rebuild::from_statement(payload, &Limits::STANDARD)
}

/// The error for the statement with one thing changed in its JSON.
fn refused(path: &[&str], value: Option<Json<'_>>) -> AttestationError {
    let payload = edited(&rebuild().statement(), path, value);
    read(&payload)
        .err()
        .unwrap_or_else(|| panic!("{path:?}: taken"))
}

/// The error for a rebuild that says something else.
fn refused_rebuild(change: impl FnOnce(&mut Rebuild)) -> AttestationError {
    let mut rebuild = rebuild();
    change(&mut rebuild);
    read(&rebuild.statement()).expect_err("the change is refused")
}

fn within<'p>(stem: &[&'p str], rest: &[&'p str]) -> Vec<&'p str> {
    [stem, rest].concat()
}

#[test]
fn a_statement_reads_back_as_it_was_written() {
    let mut written = rebuild();
    debian(&mut written).builds = Builds::Binary;
    debian(&mut written).files.sort();
    written.byproducts.sort();
    let read = read(&written.statement()).unwrap();
    assert_eq!(read, written);
}

#[test]
fn unknown_members_change_nothing() {
    for path in [
        &["x"][..],
        &["predicate", "x"],
        &["subject", "0", "x"],
        &within(&DEFINITION, &["x"]),
    ] {
        let payload = edited(&rebuild().statement(), path, Some(Json::Null));
        assert_eq!(read(&payload).unwrap().statement(), rebuild().statement());
    }
}

#[test]
fn another_kind_of_statement_is_refused() {
    for (path, text) in [
        (&["_type"][..], "https://in-toto.io/Statement/v0.1"),
        (&["predicateType"], "https://slsa.dev/provenance/v0.2"),
        (
            &within(&DEFINITION, &["buildType"]),
            "https://example.org/make",
        ),
    ] {
        assert!(matches!(
            refused(path, Some(Json::text(text))),
            AttestationError::Type(_)
        ));
    }
}

#[test]
fn a_build_type_of_a_newer_version_says_so() {
    let newer = Json::text("https://quorate.dev/rebuild/debian/v2");
    let error = refused(&within(&DEFINITION, &["buildType"]), Some(newer));
    assert!(matches!(error, AttestationError::Newer(_)), "{error}");
}

#[test]
fn a_missing_member_is_refused() {
    let mut paths: Vec<Vec<&str>> = vec![
        vec!["_type"],
        vec!["predicateType"],
        vec!["subject"],
        vec!["predicate"],
    ];
    for member in [
        "buildType",
        "externalParameters",
        "internalParameters",
        "resolvedDependencies",
    ] {
        paths.push(within(&DEFINITION, &[member]));
    }
    for member in ["source", "version", "architecture", "builds"] {
        paths.push(within(&DEFINITION, &["externalParameters", member]));
    }
    for member in ["command", "variables", "buildPath", "unlimited"] {
        paths.push(within(&DEFINITION, &["internalParameters", member]));
    }
    for rest in [
        &["builder"][..],
        &["builder", "id"],
        &["builder", "version"],
        &["metadata"],
        &["metadata", "invocationId"],
        &["metadata", "startedOn"],
        &["metadata", "finishedOn"],
        &["byproducts"],
    ] {
        paths.push(within(&DETAILS, rest));
    }
    for rest in [
        &["name"][..],
        &["digest"],
        &["digest", "sha256"],
        &["digest", "sha512"],
        &["annotations"],
        &["annotations", "size"],
        &["annotations", "package"],
        &["annotations", "version"],
        &["annotations", "architecture"],
    ] {
        paths.push(within(&["subject", "0"], rest));
    }
    for path in paths {
        refused(&path, None);
    }
}

#[test]
fn an_error_names_the_whole_path() {
    for path in [
        &["predicate", "runDetails", "builder", "id"][..],
        &["predicate", "runDetails", "metadata", "startedOn"],
        &["predicate", "runDetails", "byproducts"],
        &[
            "predicate",
            "buildDefinition",
            "internalParameters",
            "variables",
        ],
        &[
            "predicate",
            "buildDefinition",
            "externalParameters",
            "source",
        ],
        &[
            "predicate",
            "buildDefinition",
            "externalParameters",
            "builds",
        ],
        &["predicate", "buildDefinition", "resolvedDependencies"],
    ] {
        let error = refused(path, Some(Json::number(1))).to_string();
        assert!(error.contains(&path.join(".")), "{error}");
    }
}

#[test]
fn a_party_that_does_not_name_itself_plainly_is_refused() {
    let path = within(&DETAILS, &["builder", "id"]);
    for id in [
        "alice",
        "https://quorate.dev/party/",
        "https://quorate.dev/party/Alice",
        "https://quorate.dev/party/a/b",
        "https://example.org/party/alice",
    ] {
        assert!(
            matches!(
                refused(&path, Some(Json::text(id))),
                AttestationError::Shape(_)
            ),
            "{id}"
        );
    }
}

#[test]
fn a_dsc_of_another_source_or_version_is_refused() {
    for member in ["source", "version"] {
        let path = within(&DEFINITION, &["externalParameters", member]);
        let error = refused(&path, Some(Json::text("1other")));
        assert!(matches!(error, AttestationError::Source(_)), "{error}");
    }
    let error = refused_rebuild(|r| debian(r).dsc = Sample::catdoc().version("1:0.95-7").dsc());
    assert!(
        matches!(error, AttestationError::Shape(_)),
        "its digest is not recorded: {error}"
    );
}

#[test]
fn a_dsc_whose_recorded_digest_is_another_is_refused() {
    let statement = rebuild().statement();
    let dsc = Sample::catdoc().dsc();
    for (right, wrong) in [
        (
            Digests::of(&dsc).sha256.to_string(),
            Sha256::of(b"x").to_string(),
        ),
        (
            Digests::of(&dsc).sha512.to_string(),
            Digests::of(b"x").sha512.to_string(),
        ),
        (
            format!("\"size\":{}}}", dsc.len()),
            format!("\"size\":{}}}", dsc.len() + 1),
        ),
    ] {
        let text = String::from_utf8(statement.clone()).unwrap();
        assert!(text.contains(&right), "{right}");
        let error = read(text.replace(&right, &wrong).as_bytes()).unwrap_err();
        assert!(matches!(error, AttestationError::Source(_)), "{error}");
    }
}

#[test]
fn source_files_that_are_not_exactly_those_of_the_dsc_are_refused() {
    let extra = |r: &mut Rebuild| {
        let mut file = debian(r).files[0].clone();
        file.name = "extra.patch".to_owned();
        debian(r).files.push(file);
    };
    let changes: [&dyn Fn(&mut Rebuild); 6] = [
        &extra,
        &|r| drop(debian(r).files.remove(0)),
        &|r| debian(r).files[0].name = "other.orig.tar.gz".to_owned(),
        &|r| debian(r).files[0].size += 1,
        &|r| debian(r).files[0].digests = Digests::of(b"backdoor"),
        &|r| debian(r).files.extend_from_within(..1),
    ];
    for (at, change) in changes.iter().enumerate() {
        let error = refused_rebuild(change);
        assert!(
            matches!(error, AttestationError::Source(_)),
            "{at}: {error}"
        );
    }
}

#[test]
fn a_file_listed_twice_in_the_place_of_a_missing_one_is_refused() {
    let error = refused_rebuild(|r| {
        let source = debian(r);
        source.files[1] = source.files[0].clone();
    });
    assert!(matches!(error, AttestationError::Source(_)));
}

#[test]
fn a_dsc_whose_name_is_a_path_is_refused() {
    for name in ["../catdoc.dsc", "a/b.dsc", "", "a\n0 0 0 b"] {
        let error = refused_rebuild(|r| {
            let mut files = debian(r).files.iter_mut();
            let dsc = files.find(|file| file.name.ends_with(".dsc")).unwrap();
            name.clone_into(&mut dsc.name);
        });
        assert!(matches!(error, AttestationError::Source(_)), "{name:?}");
    }
}

#[test]
fn a_source_that_no_signed_index_lists_is_refused() {
    let error = refused_rebuild(|r| debian(r).indexes.clear());
    assert!(matches!(error, AttestationError::Source(_)));
}

#[test]
fn a_dsc_that_is_missing_doubled_or_broken_is_refused() {
    let dependencies = within(&DEFINITION, &["resolvedDependencies"]);
    let error = refused_rebuild(|r| {
        // No recorded file is the .dsc, so none carries its content.
        debian(r).files.retain(|file| !file.name.ends_with(".dsc"));
    });
    assert!(error.to_string().contains("no .dsc"), "{error}");
    let second = refused(
        &[&dependencies[..], &["0", "content"]].concat(),
        Some(Json::text("e30=")),
    );
    assert!(matches!(second, AttestationError::Shape(_)), "{second}");
    let broken = refused_rebuild(|r| {
        let dsc = debian(r)
            .files
            .iter()
            .position(|file| file.name.ends_with(".dsc"))
            .unwrap();
        debian(r).dsc = b"junk".to_vec();
        debian(r).files[dsc].digests = Digests::of(b"junk");
        debian(r).files[dsc].size = 4;
    });
    assert!(matches!(broken, AttestationError::Dsc(_)), "{broken}");
}

#[test]
fn a_material_whose_part_is_unknown_is_refused() {
    let path = within(
        &DEFINITION,
        &["resolvedDependencies", "0", "annotations", "role"],
    );
    for role in ["", "patch", "Source"] {
        assert!(
            refused(&path, Some(Json::text(role)))
                .to_string()
                .contains("unknown role")
        );
    }
    assert!(matches!(refused(&path, None), AttestationError::Shape(_)));
}

#[test]
fn no_build_root_or_two_is_refused() {
    let statement = rebuild().statement();
    let mut rebuild = read(&statement).unwrap();
    let root = debian(&mut rebuild).files.len() + debian(&mut rebuild).indexes.len();
    let path = within(&DEFINITION, &["resolvedDependencies"]);
    let at = root.to_string();
    let none = refused(&[&path[..], &[&at]].concat(), None);
    assert!(none.to_string().contains("no build root"), "{none}");
    let index = (root - 1).to_string();
    let two = replaced(
        &statement,
        &[&path[..], &[&index, "annotations", "role"]].concat(),
        "root",
    );
    assert!(
        read(&two)
            .unwrap_err()
            .to_string()
            .contains("second build root")
    );
}

#[test]
fn no_installed_packages_or_no_outputs_is_refused() {
    assert!(matches!(
        refused_rebuild(|r| r.packages.clear()),
        AttestationError::Shape(_)
    ));
    assert!(matches!(
        refused_rebuild(|r| r.products.clear()),
        AttestationError::Shape(_)
    ));
}

#[test]
fn outputs_that_are_not_plain_or_share_a_name_are_refused() {
    let changes: [&dyn Fn(&mut Rebuild); 8] = [
        &|r| r.products.push(r.products[0].clone()),
        &|r| r.products[0].name = "../x.deb".to_owned(),
        &|r| r.products[0].package = "Cat doc".to_owned(),
        &|r| r.products[0].package = String::new(),
        &|r| r.products[0].version = "1 2".to_owned(),
        &|r| r.products[0].version = String::new(),
        &|r| r.products[0].architecture = "amd64\n".to_owned(),
        &|r| r.products[0].architecture = String::new(),
    ];
    for (at, change) in changes.iter().enumerate() {
        assert!(
            matches!(refused_rebuild(change), AttestationError::Shape(_)),
            "{at}"
        );
    }
}

#[test]
fn times_and_run_ids_that_cannot_be_are_refused() {
    let swapped = refused_rebuild(|r| std::mem::swap(&mut r.started, &mut r.finished));
    assert!(swapped.to_string().contains("finished before"), "{swapped}");
    for invocation in ["", "0", &"A".repeat(32), &"g".repeat(32), &"0".repeat(33)] {
        let error = refused_rebuild(|r| invocation.clone_into(&mut r.invocation));
        assert!(error.to_string().contains("invocationId"), "{error}");
    }
    let path = within(&DETAILS, &["metadata", "startedOn"]);
    assert!(matches!(
        refused(&path, Some(Json::text("yesterday"))),
        AttestationError::Shape(_)
    ));
}

#[test]
fn digests_and_sizes_in_any_other_spelling_are_refused() {
    let sha256 = ["subject", "0", "digest", "sha256"];
    for text in [
        "",
        "00",
        &"A".repeat(64),
        &"0".repeat(65),
        &format!(" {}", "0".repeat(63)),
    ] {
        assert!(matches!(
            refused(&sha256, Some(Json::text(text))),
            AttestationError::Shape(_)
        ));
    }
    let size = ["subject", "0", "annotations", "size"];
    for value in [
        Json::number(-1),
        Json::text("1"),
        Json::number(1i128 << 64),
        Json::Null,
    ] {
        assert!(matches!(
            refused(&size, Some(value)),
            AttestationError::Shape(_)
        ));
    }
}

#[test]
fn more_than_the_limits_allow_is_refused() {
    let payload = Sample::catdoc()
        .output("a2", "a")
        .output("b2", "b")
        .by("alice")
        .statement();
    let with = |products_max, materials_max| {
        let limits = Limits {
            products_max,
            materials_max,
            ..Limits::STANDARD
        };
        Rebuild::from_statement(&payload, &limits)
    };
    assert!(with(3, 8).is_ok());
    assert!(matches!(with(2, 8), Err(AttestationError::Shape(_))));
    assert!(matches!(with(3, 7), Err(AttestationError::Shape(_))));
}

#[test]
fn a_payload_that_is_not_strict_json_is_refused() {
    let text = String::from_utf8(rebuild().statement()).unwrap();
    for payload in [
        format!("{text}{text}"),
        format!("\u{feff}{text}"),
        text.replace("\"size\":", "\"size\":1.0,\"x\":"),
        String::new(),
    ] {
        assert!(matches!(
            read(payload.as_bytes()),
            Err(AttestationError::Json(_))
        ));
    }
    for payload in ["null", "[]", "{}"] {
        assert!(
            matches!(read(payload.as_bytes()), Err(AttestationError::Shape(_))),
            "{payload}"
        );
    }
}
