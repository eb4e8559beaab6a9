//! Real packages of the archive, rebuilt by two parties that have not seen the archive's own, then judged.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and says which source the archive lacks"
)]

mod lab;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use lab::{Lab, outcome, succeed};
use quorate::digest::Sha256;
use quorate::verify::{Artifact, ArtifactState, Outcome, Question, Standing, View};
use quorate_testkit::scenario::{Scene, evidence};

/// What two parties made of one source, and the archive's own file of its first output.
struct Rebuilt {
    scene: Scene,
    product: String,
}

/// Two of three parties rebuild `source`; `None` when the archive does not have it.
fn rebuilt_by_two(source: &str) -> Option<Rebuilt> {
    let lab = Lab::new();
    let mut scene = Scene::of(2, 3);
    let mut products = serde_json::Value::Null;
    for party in 0..2 {
        let name = scene.parties[party].name.clone();
        let (key, out) = (lab.path(&format!("{name}.key")), lab.path(&name));
        fs::write(&key, scene.parties[party].keys[0].to_pem().unwrap()).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let mut command = Command::new(lab::PROGRAM);
        command.args(["debian", source, "--json"]);
        command.arg("--key").arg(&key).arg("--out").arg(&out);
        lab.with_shared_cache(&mut command);
        let run = outcome(&mut command);
        if ["source-not-in-archive", "no-such-source"].contains(&run.error()) {
            println!("{source}: {}", run.stderr);
            return None;
        }
        assert_eq!(run.code, 0, "{}", run.stderr);
        products = run.json["result"]["products"].clone();
        for entry in fs::read_dir(out.join("attestations")).unwrap() {
            let path = entry.unwrap().path();
            let document = evidence(&path.display().to_string(), fs::read(&path).unwrap());
            scene.evidence.push(document);
        }
    }
    // apt offers neither packages of debug symbols nor those of the installer.
    let is_offered = |product: &&serde_json::Value| {
        product["name"].as_str().unwrap().ends_with(".deb")
            && !product["package"].as_str().unwrap().ends_with("-dbgsym")
    };
    let mut listed = products.as_array().unwrap().iter();
    let product = listed.find(is_offered).unwrap();
    let text = |member: &str| product[member].as_str().unwrap().to_owned();
    let wanted = format!("{}={}", text("package"), text("version"));
    let folder = lab.path("archive-file");
    fs::create_dir(&folder).unwrap();
    // Only now, when every party has signed, is the archive's file fetched.
    let download = || {
        let mut apt = Command::new("apt-get");
        apt.current_dir(&folder).args(["-q", "download", &wanted]);
        apt
    };
    if !download().output().unwrap().status.success() {
        succeed(Command::new("apt-get").args(["-q", "update"]));
        succeed(&mut download());
    }
    let published = fs::read_dir(&folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let sha256 = Sha256::of(&fs::read(&published).unwrap());
    scene.artifact = Artifact {
        name: published
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned(),
        state: ArtifactState::Read(sha256),
        view: View::Whole,
    };
    scene.expect(&format!("{wanted}:{}", text("architecture")));
    Some(Rebuilt {
        scene,
        product: text("name"),
    })
}

/// The first of these that the archive still has.
fn first_of(sources: &[&str]) -> Rebuilt {
    let found = sources.iter().find_map(|source| rebuilt_by_two(source));
    found.unwrap_or_else(|| {
        panic!("the archive has none of {sources:?}: this test needs a source that it has")
    })
}

fn outcomes(scene: &Scene) -> Vec<Outcome> {
    let verdict = scene.judge();
    let answers = verdict.report().answers();
    answers.iter().map(|answer| answer.outcome).collect()
}

#[test]
fn the_archive_s_own_file_is_quorate_when_two_parties_rebuilt_it_bit_for_bit() {
    for sources in [
        ["catdoc=1:0.95-6~deb12u1", "cjson=1.7.15-1+deb12u4"],
        [
            "debootstrap=1.0.128+nmu2+deb12u2",
            "what-is-python=13+deb12u1",
        ],
    ] {
        let Rebuilt { mut scene, product } = first_of(&sources);
        assert_eq!(scene.refusal(), None, "{product}");
        assert_eq!(scene.standing(2), Standing::Absent);
        let proof = scene.proof();
        assert!(scene.judge_proof(&proof).is_quorate());
        scene.hold(b"what an insider ships instead");
        assert_eq!(scene.refusal(), Some(("bytes", "other-bytes")), "{product}");
    }
}

#[test]
fn hello_is_the_counterexample_parties_agree_and_the_archive_s_file_is_another() {
    // Its build writes the year into the program, and the archive's file is of 2022.
    let Rebuilt { scene, product } = first_of(&["hello=2.10-3", "tree=2.1.0-1"]);
    assert_eq!(scene.refusal(), Some(("bytes", "other-bytes")), "{product}");
    assert_eq!(
        outcomes(&scene)[..4],
        [Outcome::Yes, Outcome::Yes, Outcome::Yes, Outcome::No]
    );
    let verdict = scene.judge();
    let rebuilt = &verdict.report().answers()[2];
    assert_eq!(
        (rebuilt.question, rebuilt.reasons[0].code()),
        (Question::Rebuilt, "quorum")
    );
    assert_eq!(scene.standing(0), Standing::Confirms);
    assert_eq!(scene.standing(1), Standing::Confirms);
}
