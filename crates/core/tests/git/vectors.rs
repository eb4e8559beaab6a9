//! Tags of real projects, of which `vectors/expected.json` says what must come of them.

use quorate::json::{Json, parse};
use quorate::limits::Limits;
use quorate::source::git::{
    NoOpenPgp, ObjectId, OpenPgpVerifier, Release, SignedTag, TagRefusal, TagSigners,
};
use quorate::source::ssh::AllowedSigners;

use super::workshop::{fixture, fixtures};
use super::{Says, now, one};

/// Judges a vector by the signers that lie beside it.
fn judge(name: &str, openpgp: &dyn OpenPgpVerifier) -> Result<Release, TagRefusal> {
    let file = |file: &str| fixture(&format!("git/vectors/{name}/{file}"));
    let text = |name: &str| String::from_utf8(file(name).expect(name)).expect("text");
    let signers = TagSigners {
        needed: one(),
        ssh: file("allowed_signers").map(|list| AllowedSigners::parse(&list).expect("a list")),
        openpgp: file("signers.asc").into_iter().collect(),
    };
    let origin = text("origin");
    let signed = SignedTag {
        tag: &file("tag").expect("a tag"),
        commit: &file("commit").expect("a commit"),
        id: ObjectId::parse(text("tag.oid").trim()).expect("an id"),
        name: origin.trim().split_once(' ').expect("a name").1,
    };
    let release = signed.release(&signers, openpgp, now(), &Limits::STANDARD)?;
    assert_eq!(release.tag(), signed.id);
    assert_eq!(release.commit().to_string(), text("commit.oid").trim());
    assert_eq!(release.name(), signed.name);
    Ok(release)
}

/// The OpenPGP judge is a double here that says what GnuPG said: the signatures themselves are judged in `crates/openpgp`.
fn openpgp_of(name: &str) -> Says {
    match name {
        "git-v2.44.0" => Says::signed_by(&[(
            "96e07af25771955980dad10020d04e5a713660a7",
            "e1f036b1fee7221fc778ecefb0b5e88696afe6cb",
        )]),
        _ => Says(Err("no valid signature by these certificates".to_owned())),
    }
}

#[test]
fn every_vector_ends_as_it_is_expected_to() {
    let expected = fixture("git/vectors/expected.json").expect("a file");
    let Ok(Json::Object(vectors)) = parse(&expected, &Limits::STANDARD) else {
        panic!("an object")
    };
    let mut judged = 0;
    for (name, wanted) in vectors.iter() {
        let text = |member: &str| match wanted {
            Json::Object(members) => match members.get(member) {
                Some(Json::String(text)) => text.clone().into_owned(),
                _ => String::new(),
            },
            _ => String::new(),
        };
        let outcome = judge(name, &openpgp_of(name));
        match text("expected").as_str() {
            "signed" => {
                let release = outcome.unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
                let signer = release.signers()[0].to_string().to_lowercase();
                let by = text("by").to_lowercase();
                let who = by.split(" (").next().unwrap_or_default();
                assert!(signer.starts_with(who), "{name}: {signer}");
            }
            "refused" => assert!(outcome.is_err(), "{name}"),
            other => panic!("{name}: {other}"),
        }
        judged += 1;
    }
    assert_eq!(judged, 8);
    assert!(fixtures().join("git/vectors/git-v1.7.0").is_dir());
}

#[test]
fn every_refused_vector_is_refused_for_its_own_reason() {
    let refusal = |name: &str| judge(name, &openpgp_of(name)).expect_err(name);
    assert!(matches!(refusal("git-v1.7.0"), TagRefusal::OpenPgp(_)));
    assert_eq!(
        refusal("ripgrep-ignore-0.4.33"),
        TagRefusal::NoOpenPgpSigners
    );
    assert_eq!(refusal("nextest-0.9.143-x509"), TagRefusal::X509);
    assert_eq!(refusal("unsigned-annotated"), TagRefusal::Unsigned);
}

#[test]
fn without_a_judge_of_openpgp_no_openpgp_signature_counts() {
    let refusal = judge("git-v2.44.0", &NoOpenPgp).expect_err("nobody judged");
    assert_eq!(
        refusal.to_string(),
        "the tag's OpenPGP signature does not count: this program does not judge OpenPGP signatures"
    );
}
