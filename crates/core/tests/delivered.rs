//! Files that are compared by their members, or without their signature.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use quorate::digest::Sha256;
use quorate::intoto::Link;
use quorate::verify::{Candidate, Member, MemberKind, Outcome, Question, Unsigned, View};
use quorate_testkit::scenario::{Party, Sample, Scene};

const CATDOC: &str = "catdoc_0.95-6~deb12u1_amd64.deb";

fn deb() -> &'static [u8] {
    b"!<arch>\ndebian-binary of catdoc"
}

fn scene(delivered: &str) -> Scene {
    let mut scene = Scene::with(2, 3, |draft| draft.tables.push_str(delivered));
    for party in 0..2 {
        scene.states(party, &Sample::catdoc());
    }
    scene
}

fn no(scene: &Scene, question: Question) -> String {
    let verdict = scene.judge();
    let answers = verdict.report().answers();
    let answer = answers.iter().find(|it| it.question == question).unwrap();
    let reasons: Vec<String> = answer.reasons.iter().map(ToString::to_string).collect();
    assert_eq!(answer.outcome, Outcome::No, "{reasons:?}");
    assert!(!verdict.is_quorate());
    reasons.join("; ")
}

fn file(name: &str, bytes: &[u8]) -> Member {
    Member {
        name: name.to_owned(),
        kind: MemberKind::File(Sha256::of(bytes)),
        mode: Some(0o644),
        owner: Some((0, 0)),
        owner_names: vec!["root".to_owned()],
    }
}

fn other(name: &str, kind: MemberKind, mode: u32) -> Member {
    Member {
        kind,
        mode: Some(mode),
        ..file(name, b"")
    }
}

const MEMBERS: &str = r#"
[delivered]
compare = "members"
format = "tar.gz"
links = { "catdoc-1/latest" = "catdoc.deb" }

[[delivered.member]]
pattern = "catdoc-1/*"
from = "rebuild"
strip = "catdoc-1/"
"#;

/// An archive around the rebuilt package.
fn archive(members: Vec<Member>) -> Scene {
    let mut scene = scene(MEMBERS);
    scene.hold(b"an archive that nobody rebuilt");
    scene.artifact.view = View::Members(members);
    scene
}

fn good() -> Vec<Member> {
    vec![
        other("catdoc-1", MemberKind::Folder, 0o755),
        file(&format!("catdoc-1/{CATDOC}"), deb()),
        other(
            "catdoc-1/latest",
            MemberKind::Symlink("catdoc.deb".to_owned()),
            0o777,
        ),
    ]
}

#[test]
fn an_archive_of_rebuilt_files_is_quorate_and_not_called_bit_for_bit() {
    let verdict = archive(good()).judge();
    assert!(verdict.is_quorate(), "{:?}", verdict.report().answers());
    let bytes = &verdict.report().answers()[3].reasons[0];
    assert_eq!(bytes.code(), "members-equal");
}

#[test]
fn the_name_of_an_archive_does_not_make_it_what_is_demanded() {
    let mut scene = archive(good());
    scene.artifact.name = "other-package".to_owned();
    scene.expect("other-package=1:0.95-6~deb12u1");
    assert!(!scene.judge().is_quorate());
    // It can be called by the source that all its members were built from.
    scene.expect("catdoc=1:0.95-6~deb12u1:amd64");
    let verdict = scene.judge();
    assert!(verdict.is_quorate(), "{:?}", verdict.report().answers());
    scene.expect("catdoc=1:0.95-7");
    assert!(!scene.judge().is_quorate());
}

#[test]
fn an_extra_file_in_the_package_is_refused() {
    let mut members = good();
    members.push(file("catdoc-1/backdoor", b"x"));
    assert!(no(&archive(members), Question::Bytes).contains("\"catdoc-1/backdoor\""));
    let mut members = good();
    members.push(file("elsewhere", deb()));
    assert!(no(&archive(members), Question::Bytes).contains("no rule"));
}

#[test]
fn a_member_that_differs_by_one_byte_is_refused() {
    let mut members = good();
    members[1] = file(
        &format!("catdoc-1/{CATDOC}"),
        b"!<arch>\ndebian-binary of catdog",
    );
    assert!(no(&archive(members), Question::Bytes).contains(CATDOC));
}

#[test]
fn a_rebuilt_file_under_another_products_name_is_refused() {
    let mut members = good();
    members[1] = file("catdoc-1/postinst", deb());
    assert!(no(&archive(members), Question::Bytes).contains("postinst"));
}

#[test]
fn modes_links_and_doubles_that_no_rule_admits_are_refused() {
    let name = format!("catdoc-1/{CATDOC}");
    let setuid = Member {
        mode: Some(0o4755),
        ..file(&name, deb())
    };
    let unknown = Member {
        mode: None,
        ..file(&name, deb())
    };
    let elsewhere = MemberKind::Symlink("/etc/shadow".to_owned());
    for (what, member) in [
        ("mode 4755", setuid),
        ("mode unknown", unknown),
        (
            "\"/etc/shadow\"",
            other("catdoc-1/latest", elsewhere.clone(), 0o777),
        ),
        ("\"/etc/shadow\"", other("catdoc-1/new", elsewhere, 0o777)),
        (
            "second name",
            other("catdoc-1/hard", MemberKind::Hardlink(name.clone()), 0o644),
        ),
        (
            "a folder of mode 1777",
            other("catdoc-1/tmp", MemberKind::Folder, 0o1777),
        ),
    ] {
        let reason = no(&archive(vec![member]), Question::Bytes);
        assert!(reason.contains(what), "{what}: {reason}");
    }
    let twice = vec![file(&name, deb()), file(&name, deb())];
    assert!(no(&archive(twice), Question::Bytes).contains("occurs twice"));
}

#[test]
fn a_folder_that_holds_nothing_admitted_is_refused() {
    for name in [
        "catdoc-1/.git/hooks",
        "--checkpoint-action=exec=sh x",
        "catdoc",
        "catdoc-1/latest/x",
    ] {
        let mut members = good();
        members.push(other(name, MemberKind::Folder, 0o755));
        let reason = no(&archive(members), Question::Bytes);
        assert!(reason.contains(name), "{name}: {reason}");
    }
    let mut members = good();
    members.push(other(".", MemberKind::Folder, 0o755));
    assert!(archive(members).judge().is_quorate());
}

/// A Debian package whose one file is the rebuilt package.
fn package() -> Vec<Member> {
    vec![
        file("debian-binary", b"2.0\n"),
        other("data", MemberKind::Folder, 0o755),
        file(&format!("data/{CATDOC}"), deb()),
    ]
}

#[test]
fn a_member_of_a_package_that_belongs_to_another_user_by_number_or_name_is_refused() {
    let judged = |members: Vec<Member>| {
        let mut scene = scene(
            "[delivered]\ncompare = \"members\"\nformat = \"deb\"\n[[delivered.member]]\npattern = \"data/*\"\nfrom = \"rebuild\"\nstrip = \"data/\"\n",
        );
        scene.hold(b"a package that nobody rebuilt");
        scene.artifact.view = View::Members(members);
        scene
    };
    assert!(judged(package()).judge().is_quorate());
    let mut members = package();
    members[2].owner = Some((0, 33));
    assert!(no(&judged(members), Question::Bytes).contains("belong to root"));
    for names in [["www-data", "root"], ["root", "shadow"]] {
        let mut members = package();
        members[2].owner_names = names.map(str::to_owned).to_vec();
        assert!(no(&judged(members), Question::Bytes).contains("belong to root"));
    }
}

#[test]
fn an_archive_without_files_says_nothing() {
    let folder = other("catdoc-1", MemberKind::Folder, 0o755);
    for members in [Vec::new(), vec![folder]] {
        assert!(no(&archive(members), Question::Bytes).contains("holds no file"));
    }
}

#[test]
fn a_file_that_nobody_looked_into_or_that_is_no_such_archive_is_refused() {
    let mut scene = archive(good());
    scene.artifact.view = View::Whole;
    assert!(no(&scene, Question::Bytes).contains("not judged"));
    scene.artifact.view = View::Unusable("member \"a\" occurs twice".to_owned());
    assert!(no(&scene, Question::Bytes).contains("occurs twice"));
}

#[test]
fn a_member_that_one_party_alone_rebuilt_is_refused() {
    let mut scene = archive(good());
    scene.evidence.pop();
    let reason = no(&scene, Question::Bytes);
    assert!(reason.contains(CATDOC), "{reason}");
    assert!(no(&scene, Question::Rebuilt).contains("1 of 3"));
}

#[test]
fn members_of_a_step_are_compared_with_what_its_link_says() {
    let packager = Party::new("packager");
    let tables = r#"
[[step]]
name = "package"
parties = ["packager"]
threshold = 1
uses = ["rebuild"]
may_add = ["control"]
makes = ["*.tar.gz"]

[delivered]
compare = "members"
format = "tar.gz"

[[delivered.member]]
pattern = "control"
from = "package"

[[delivered.member]]
pattern = "*.deb"
from = "rebuild"
"#;
    let mut scene = Scene::with(2, 3, |draft| {
        draft.later_party(&packager);
        draft.tables.push_str(tables);
    });
    for party in 0..2 {
        scene.states(party, &Sample::catdoc());
    }
    let digest = |bytes: &[u8]| Sha256::of(bytes).into();
    let link = Link {
        materials: [(CATDOC.to_owned(), digest(deb()))].into(),
        products: [
            (CATDOC.to_owned(), digest(deb())),
            ("control".to_owned(), digest(b"control")),
            ("catdoc.tar.gz".to_owned(), digest(b"tarball")),
        ]
        .into(),
        ..Link::new("package")
    };
    let link = packager.signs(0, &link.to_json().to_text());
    scene.evidence.push(link);
    scene.hold(b"tarball");
    let inside =
        |control: &[u8]| View::Members(vec![file("control", control), file(CATDOC, deb())]);
    scene.artifact.view = inside(b"control");
    let verdict = scene.judge();
    assert!(verdict.is_quorate(), "{:?}", verdict.report().answers());
    // A packager that says one thing and packs another.
    scene.artifact.view = inside(b"rm -rf /");
    assert!(no(&scene, Question::After).contains("\"control\""));
    scene.artifact.view = View::Members(vec![file("control", b"control"), file(CATDOC, b"old")]);
    assert!(no(&scene, Question::After).contains(CATDOC));
    scene.artifact.view = inside(b"control");
    scene.hold(b"another tarball of the same members");
    scene.artifact.view = inside(b"control");
    assert!(no(&scene, Question::Bytes).contains("step package"));
}

const SIGNED: &str = "\n[delivered]\ncompare = \"signature-only\"\nformat = \"pe\"\n";

fn unsigned(candidates: &[&[u8]]) -> View {
    View::Unsigned(Unsigned {
        candidates: candidates
            .iter()
            .map(|bytes| Candidate {
                sha256: Sha256::of(bytes),
                regions: vec!["certificate table at 512, 1,024 bytes".to_owned()],
            })
            .collect(),
    })
}

#[test]
fn a_file_that_is_the_product_but_for_its_signature_is_quorate_and_says_so() {
    let mut scene = scene(SIGNED);
    scene.hold(b"signed");
    scene.artifact.view = unsigned(&[b"with another padding", deb()]);
    let verdict = scene.judge();
    assert!(verdict.is_quorate(), "{:?}", verdict.report().answers());
    let bytes = &verdict.report().answers()[3].reasons[0];
    assert_eq!(bytes.code(), "signature-only");
    let text = bytes.to_string();
    assert!(
        text.contains("but for its pe signature") && text.contains("at 512"),
        "{text}"
    );
    assert!(!text.contains("bit for bit"), "{text}");
}

#[test]
fn a_signed_file_whose_body_differs_by_one_byte_is_refused() {
    let mut scene = scene(SIGNED);
    scene.hold(b"signed");
    scene.artifact.view = unsigned(&[b"!<arch>\ndebian-binary of catdog"]);
    no(&scene, Question::Bytes);
    scene.artifact.view = unsigned(&[]);
    no(&scene, Question::Bytes);
}

#[test]
fn a_policy_that_compares_whole_files_takes_no_signature_out() {
    let mut scene = scene("");
    scene.hold(b"signed");
    scene.artifact.view = unsigned(&[deb()]);
    no(&scene, Question::Bytes);
    // And one that compares without signature takes no file that nobody looked into.
    let mut scene = self::scene(SIGNED);
    assert!(no(&scene, Question::Bytes).contains("not judged"));
    scene.artifact.view = View::Members(good());
    assert!(no(&scene, Question::Bytes).contains("not judged"));
}

#[test]
fn comparisons_that_cannot_be_made_do_not_compile() {
    for (tables, why) in [
        ("[delivered]\ncompare = \"looks-like\"", "compare"),
        ("[delivered]\ncompare = \"signature-only\"", "compare"),
        (
            "[delivered]\ncompare = \"signature-only\"\nformat = \"rpm\"",
            "rpm",
        ),
        (
            "[delivered]\ncompare = \"bytes\"\nformat = \"pe\"",
            "compare",
        ),
        (
            "[delivered]\ncompare = \"members\"\nformat = \"tar\"",
            "1 to 1000 rules",
        ),
        ("[delivered]\ncompare = \"members\"\nformat = \"7z\"", "7z"),
    ] {
        let error = compile_error(tables);
        assert!(error.contains(why), "{tables}: {error}");
    }
    for (from, to, why) in [
        ("from = \"rebuild\"", "from = \"package\"", "\"package\""),
        ("strip = \"catdoc-1/\"", "modes = []", "modes"),
        ("strip = \"catdoc-1/\"", "modes = [\"9\"]", "modes"),
        ("strip = \"catdoc-1/\"", "modes = [\"100644\"]", "modes"),
        ("pattern = \"catdoc-1/*\"", "pattern = \"\"", "no pattern"),
    ] {
        let tables = MEMBERS.replace(from, to);
        assert_ne!(tables, MEMBERS);
        let error = compile_error(&tables);
        assert!(error.contains(why), "{to}: {error}");
    }
}

fn compile_error(tables: &str) -> String {
    let owners = [quorate_testkit::scenario::ed25519("owner 0")];
    let parties = ["alice", "bob"].map(Party::new);
    let mut draft = quorate_testkit::scenario::PolicyDraft::of(2, &parties, &owners);
    draft.tables = format!("\n{tables}\n");
    let at = quorate::time::Timestamp::parse(quorate_testkit::scenario::AT).unwrap();
    draft.compile(at).expect_err(tables).to_string()
}

const STABILISED: &str =
    "\n[delivered]\ncompare = \"stabilised\"\nformat = \"quorate-stabilise-tar/1\"\n";

/// Two parties whose tarballs differ in times alone, and state one stabilised form.
fn stabilised(forms: [&[u8]; 2]) -> Scene {
    let mut scene = Scene::with(2, 3, |draft| draft.tables.push_str(STABILISED));
    for (party, form) in forms.into_iter().enumerate() {
        let bytes = format!("tar of party {party}");
        let mut rebuild = scene.parties[party].rebuild(&Sample::catdoc().bytes(bytes));
        let forms = &mut rebuild.products[0].stabilised;
        forms.insert("quorate-stabilise-tar/1".to_owned(), Sha256::of(form));
        let statement = scene.parties[party].signs(0, &rebuild.statement());
        scene.evidence.push(statement);
    }
    scene.hold(b"tar of somebody");
    scene.artifact.view = View::Stabilised(quorate::verify::Stabilised {
        sha256: Sha256::of(b"form"),
        regions: vec!["times of 3 members".to_owned()],
    });
    scene
}

#[test]
fn a_stabilised_equality_is_a_class_of_its_own_and_says_what_was_set_aside() {
    let verdict = stabilised([b"form", b"form"]).judge();
    assert!(verdict.is_quorate(), "{:?}", verdict.report().answers());
    let bytes = &verdict.report().answers()[3].reasons[0];
    assert_eq!(bytes.code(), "stabilised-equal");
    let text = bytes.to_string();
    assert!(text.starts_with("NOT bit for bit"), "{text}");
    assert!(
        text.contains("quorate-stabilise-tar/1") && text.contains("times of 3 members"),
        "{text}"
    );
}

#[test]
fn another_stabilised_form_or_none_is_refused() {
    no(&stabilised([b"form", b"other"]), Question::Bytes);
    no(&stabilised([b"other", b"other"]), Question::Bytes);
    let mut scene = stabilised([b"form", b"form"]);
    scene.artifact.view = View::Whole;
    no(&scene, Question::Bytes);
    // Who states no form of that kind says nothing here.
    let mut scene = Scene::with(2, 3, |draft| draft.tables.push_str(STABILISED));
    scene.states(0, &Sample::catdoc());
    scene.states(1, &Sample::catdoc());
    scene.artifact.view = View::Stabilised(quorate::verify::Stabilised {
        sha256: Sha256::of(Sample::catdoc().artifact()),
        regions: Vec::new(),
    });
    no(&scene, Question::Bytes);
    // And where whole files are compared, a form counts for nothing.
    let mut scene = self::scene("");
    scene.artifact.view = View::Stabilised(quorate::verify::Stabilised {
        sha256: Sha256::of(deb()),
        regions: Vec::new(),
    });
    no(&scene, Question::Bytes);
}
