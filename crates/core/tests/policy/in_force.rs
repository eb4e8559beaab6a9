//! Signatures, expiry, and whether the two documents belong together: each attack on each document alone.

use quorate::envelope::PAYLOAD_TYPE_IN_TOTO;
use quorate::policy::{Document, Owners, PAYLOAD_TYPE_TERMS, Policy, PolicyError};
use quorate::time::Timestamp;
use quorate_testkit::scenario::{
    Documents, PolicyDraft, Scene, ed25519, flipped, metablock, replaced, signed,
};

fn refused(scene: &Scene) -> PolicyError {
    assert_eq!(scene.refusal(), Some(("policy", "policy-refused")));
    let Documents { layout, terms, .. } = &scene.documents;
    Policy::open(layout, terms, &scene.trust(), scene.at, &scene.limits).expect_err("it is refused")
}

/// A quorate scene whose policy `owners` own and `needed` of them must sign.
fn owned(owners: usize, needed: usize) -> (Scene, PolicyDraft) {
    let mut scene = Scene::quorate(2, 3);
    scene.owners = (0..owners)
        .map(|at| ed25519(&format!("owner {at}")))
        .collect();
    let mut draft = PolicyDraft::of(2, &scene.parties, &scene.owners);
    draft.owners_needed = needed;
    scene.documents = draft.signed(&scene.owners);
    (scene, draft)
}

#[test]
fn a_tampered_layout_is_refused() {
    let mut scene = Scene::quorate(2, 3);
    let whole = scene.documents.layout.clone();
    for bit in (0..16_000).step_by(311) {
        scene.documents.layout = flipped(&whole, bit);
        assert!(matches!(
            refused(&scene),
            PolicyError::UnderSigned {
                document: Document::Layout,
                ..
            }
        ));
    }
}

#[test]
fn tampered_terms_are_refused() {
    let mut scene = Scene::quorate(2, 3);
    let whole = scene.documents.terms.clone();
    for bit in (0..8_000).step_by(311) {
        scene.documents.terms = flipped(&whole, bit);
        assert!(matches!(
            refused(&scene),
            PolicyError::UnderSigned {
                document: Document::Terms,
                ..
            }
        ));
    }
}

#[test]
fn an_unsigned_document_is_refused_each_alone() {
    for (layout, document) in [(true, Document::Layout), (false, Document::Terms)] {
        let mut scene = Scene::quorate(2, 3);
        let unsigned = Documents::sign(
            &scene.documents.layout_payload,
            &scene.documents.terms_payload,
            &[],
        );
        if layout {
            scene.documents.layout = unsigned.layout;
        } else {
            scene.documents.terms = unsigned.terms;
        }
        assert!(
            matches!(refused(&scene), PolicyError::UnderSigned { have: 0, document: d, .. } if d == document)
        );
    }
}

#[test]
fn a_document_signed_by_a_stranger_is_refused_each_alone() {
    let stranger = [ed25519("stranger")];
    for layout in [true, false] {
        let mut scene = Scene::quorate(2, 3);
        let Documents {
            layout_payload,
            terms_payload,
            ..
        } = &scene.documents;
        let forged = Documents::sign(layout_payload, terms_payload, &stranger);
        if layout {
            scene.documents.layout = forged.layout;
        } else {
            scene.documents.terms = forged.terms;
        }
        assert!(matches!(
            refused(&scene),
            PolicyError::UnderSigned { have: 0, .. }
        ));
    }
}

#[test]
fn a_document_signed_by_one_owner_of_two_is_refused_each_alone() {
    for layout in [true, false] {
        let (mut scene, draft) = owned(2, 2);
        assert_eq!(scene.refusal(), None);
        let one = draft.signed(&scene.owners[..1]);
        if layout {
            scene.documents.layout = one.layout;
        } else {
            scene.documents.terms = one.terms;
        }
        let error = refused(&scene);
        assert!(
            matches!(
                error,
                PolicyError::UnderSigned {
                    have: 1,
                    needed: 2,
                    ..
                }
            ),
            "{error}"
        );
        assert!(
            error.to_string().contains(scene.owners[1].public().id()),
            "it names who is missing"
        );
    }
}

#[test]
fn owners_given_under_two_ids_count_once() {
    let (mut scene, draft) = owned(2, 2);
    scene.documents = draft.signed(&scene.owners[..1]);
    let first = scene.owners[0].public().clone();
    let pem = first.to_pem();
    let mut again = first.clone();
    for id in ["another", "third"] {
        let json = format!(
            r#"{{"keyid":"{id}","keytype":"ed25519","scheme":"ed25519","keyval":{{"public":"{}"}}}}"#,
            raw_hex(&pem)
        );
        again = quorate::key::PublicKey::from_file(json.as_bytes(), &scene.limits).unwrap();
        assert_eq!(again.id(), id);
    }
    let Documents { layout, terms, .. } = &scene.documents;
    let open = |owners: &Owners| Policy::open(layout, terms, owners, scene.at, &scene.limits);
    let error = Owners::new(vec![first.clone(), again.clone()], Some(2)).unwrap_err();
    assert_eq!((error.needed, error.owners), (2, 1));
    let owners = Owners::new(vec![first, again], None).unwrap();
    assert!(matches!(
        open(&owners),
        Err(PolicyError::UnderSigned {
            have: 1,
            needed: 2,
            ..
        })
    ));
}

/// The last 32 bytes of a PEM public key, in hex.
fn raw_hex(pem: &str) -> String {
    use base64::Engine as _;
    let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = base64::engine::general_purpose::STANDARD
        .decode(text)
        .expect("base64");
    der[der.len() - 32..]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[test]
fn owners_that_nobody_or_everybody_satisfies_cannot_be_made() {
    let key = || ed25519("owner").public().clone();
    assert!(Owners::new(Vec::new(), None).is_err());
    assert!(Owners::new(vec![key()], Some(0)).is_err());
    assert!(Owners::new(vec![key()], Some(2)).is_err());
    assert!(Owners::new(vec![key()], Some(1)).is_ok());
}

#[test]
fn the_policys_own_owners_must_have_signed_whoever_the_caller_trusts() {
    let (mut scene, draft) = owned(3, 2);
    // The caller trusts the first owner alone and one signature; the policy asks for two.
    let one = draft.signed(&scene.owners[..1]);
    let both = draft.signed(&scene.owners[..2]);
    for (layout, terms) in [(&one.layout, &both.terms), (&both.layout, &one.terms)] {
        scene.documents.layout.clone_from(layout);
        scene.documents.terms.clone_from(terms);
        let trust = Owners::new(vec![scene.owners[0].public().clone()], None).unwrap();
        let Documents { layout, terms, .. } = &scene.documents;
        let opened = Policy::open(layout, terms, &trust, scene.at, &scene.limits);
        assert!(matches!(
            opened,
            Err(PolicyError::UnderSigned {
                have: 1,
                needed: 2,
                ..
            })
        ));
    }
}

#[test]
fn two_pairs_of_owners_who_each_signed_one_document_are_refused() {
    let (mut scene, draft) = owned(3, 2);
    let first = draft.signed(&scene.owners[..2]);
    let last = draft.signed(&scene.owners[1..]);
    scene.documents.layout = first.layout;
    scene.documents.terms = last.terms;
    let keys = scene.owners.iter().map(|key| key.public().clone());
    let trust = Owners::new(keys.collect(), Some(2)).unwrap();
    let Documents { layout, terms, .. } = &scene.documents;
    let opened = Policy::open(layout, terms, &trust, scene.at, &scene.limits);
    assert!(matches!(
        opened,
        Err(PolicyError::DifferentSigners { have: 1, needed: 2 })
    ));
    // The same where the caller asks for one owner and the policy itself for two.
    let trust = Owners::new(vec![scene.owners[1].public().clone()], None).unwrap();
    let opened = Policy::open(layout, terms, &trust, scene.at, &scene.limits);
    assert!(matches!(
        opened,
        Err(PolicyError::DifferentSigners { have: 1, needed: 2 })
    ));
}

#[test]
fn an_owner_of_another_policy_cannot_change_this_one() {
    // The policy names its owner; the caller trusts somebody else, who signed the same documents.
    let mut scene = Scene::quorate(2, 3);
    let other = vec![ed25519("another owner")];
    let Documents {
        layout_payload,
        terms_payload,
        ..
    } = &scene.documents;
    scene.documents = Documents::sign(layout_payload, terms_payload, &other);
    scene.owners = other;
    assert!(matches!(
        refused(&scene),
        PolicyError::UnderSigned { have: 0, .. }
    ));
}

#[test]
fn an_expired_policy_is_refused_from_the_second_of_its_expiry_on() {
    let mut scene = Scene::quorate(2, 3);
    let at = |text| Timestamp::parse(text).unwrap();
    scene.at = at("2026-12-31T23:59:59Z");
    assert_eq!(scene.refusal(), None);
    for late in [
        "2027-01-01T00:00:00Z",
        "2027-01-01T00:00:01Z",
        "9999-12-31T23:59:59Z",
    ] {
        scene.at = at(late);
        assert!(matches!(refused(&scene), PolicyError::Expired { .. }));
    }
}

#[test]
fn terms_that_belong_to_another_layout_are_refused() {
    let mut scene = Scene::quorate(2, 3);
    let mut draft = PolicyDraft::of(1, &scene.parties, &scene.owners);
    let lower = draft.signed(&scene.owners);
    scene.documents.layout.clone_from(&lower.layout);
    assert!(matches!(refused(&scene), PolicyError::AnotherLayout));
    draft.threshold = 2;
    draft.expires = "2030-01-01T00:00:00Z".to_owned();
    let longer = draft.signed(&scene.owners);
    scene.documents.layout = longer.layout;
    scene.documents.terms = lower.terms;
    assert!(matches!(refused(&scene), PolicyError::AnotherLayout));
}

#[test]
fn layout_and_terms_swapped_are_refused() {
    let mut scene = Scene::quorate(2, 3);
    let Documents { layout, terms, .. } = &mut scene.documents;
    std::mem::swap(layout, terms);
    assert!(matches!(
        refused(&scene),
        PolicyError::PayloadType {
            document: Document::Terms,
            ..
        }
    ));
}

#[test]
fn a_document_of_another_payload_type_is_refused_each_alone() {
    let mut scene = Scene::quorate(2, 3);
    let Documents {
        layout_payload,
        terms_payload,
        layout,
        terms,
    } = scene.documents.clone();
    scene.documents.layout = signed(PAYLOAD_TYPE_TERMS, &layout_payload, &scene.owners);
    assert!(matches!(
        refused(&scene),
        PolicyError::PayloadType {
            document: Document::Layout,
            ..
        }
    ));
    scene.documents.layout = layout;
    scene.documents.terms = signed(PAYLOAD_TYPE_IN_TOTO, &terms_payload, &scene.owners);
    assert!(matches!(
        refused(&scene),
        PolicyError::PayloadType {
            document: Document::Terms,
            ..
        }
    ));
    scene.documents.terms = terms;
    // A metablock has no bytes of its own that the terms could name.
    scene.documents.layout = metablock(&layout_payload, &scene.owners);
    assert!(matches!(
        refused(&scene),
        PolicyError::PayloadType {
            document: Document::Layout,
            ..
        }
    ));
}

#[test]
fn a_document_larger_than_the_limit_is_refused_each_alone() {
    let mut scene = Scene::quorate(2, 3);
    let (layout, terms) = (scene.documents.layout.len(), scene.documents.terms.len());
    assert!(layout > terms, "the layout is the larger one");
    scene.limits.policy_bytes_max = terms;
    assert!(matches!(
        refused(&scene),
        PolicyError::TooLarge {
            document: Document::Layout,
            ..
        }
    ));
    scene.limits.policy_bytes_max = terms - 1;
    assert!(matches!(
        refused(&scene),
        PolicyError::TooLarge {
            document: Document::Terms,
            ..
        }
    ));
}

#[test]
fn a_document_that_is_no_envelope_or_no_json_is_refused() {
    for junk in [&b""[..], b"{}", b"\xff", b"null"] {
        let mut scene = Scene::quorate(2, 3);
        scene.documents.layout = junk.to_vec();
        assert!(matches!(refused(&scene), PolicyError::Envelope { .. }));
    }
    let mut scene = Scene::quorate(2, 3);
    scene.documents = Documents::sign(
        b"{\"a\":1,\"a\":1}",
        &scene.documents.terms_payload,
        &scene.owners,
    );
    assert!(matches!(
        refused(&scene),
        PolicyError::Json {
            document: Document::Layout,
            ..
        }
    ));
}

#[test]
fn declared_owners_are_read_and_prove_nothing() {
    let scene = Scene::quorate(2, 3);
    let unsigned = signed(PAYLOAD_TYPE_TERMS, &scene.documents.terms_payload, &[]);
    let declared = Owners::dangerous_declared_by(&unsigned, &scene.limits).unwrap();
    let Documents { layout, terms, .. } = &scene.documents;
    assert!(Policy::open(layout, &unsigned, &declared, scene.at, &scene.limits).is_err());
    assert!(Policy::open(layout, terms, &declared, scene.at, &scene.limits).is_ok());
    let broken = replaced(&scene.documents.terms_payload, &["_type"], "x");
    let broken = signed(PAYLOAD_TYPE_TERMS, &broken, &scene.owners);
    assert!(Owners::dangerous_declared_by(&broken, &scene.limits).is_err());
    let mut limits = scene.limits;
    limits.policy_bytes_max = terms.len() - 1;
    assert!(matches!(
        Owners::dangerous_declared_by(terms, &limits),
        Err(PolicyError::TooLarge { .. })
    ));
}
