//! Certificates that a policy names: none that can matter may be missing, whoever packed the evidence.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;

use quorate::policy::GivenCertificate;
use quorate::source::openpgp::{OpenPgpSigner, OpenPgpVerifier, certificate_document};
use quorate::time::Timestamp;
use quorate::verify::{Case, Tools};
use quorate_testkit::scenario::{PolicyDraft, Sample, Scene, evidence};

/// Maria's key, as signatures name it.
const KEY: &str = "00112233445566aa";

/// Takes every signature for Maria's, unless a certificate with the word "revoked" is there.
#[derive(Debug)]
struct Words {
    reads_issuers: bool,
}

impl OpenPgpVerifier for Words {
    fn verify(
        &self,
        _: &[Vec<u8>],
        _: &[u8],
        _: &[u8],
        _: Timestamp,
    ) -> Result<Vec<OpenPgpSigner>, String> {
        Err("no detached signatures here".to_owned())
    }

    fn clear_signed(
        &self,
        certificates: &[Vec<u8>],
        document: &[u8],
        _: Timestamp,
    ) -> Result<(Vec<u8>, Vec<OpenPgpSigner>), String> {
        if certificates.iter().any(|it| it.starts_with(b"revoked")) {
            return Err("the key is revoked".to_owned());
        }
        let maria = OpenPgpSigner {
            certificate: "maria".to_owned(),
            key: KEY.to_owned(),
        };
        Ok((document.to_vec(), vec![maria]))
    }

    fn issuers(&self, _: &[u8]) -> Result<BTreeSet<String>, String> {
        match self.reads_issuers {
            true => Ok(BTreeSet::from([KEY.to_owned()])),
            false => Err("cannot be read".to_owned()),
        }
    }
}

fn certificate(bytes: &[u8], key_id: &str) -> GivenCertificate {
    GivenCertificate {
        bytes: bytes.to_vec(),
        key_ids: BTreeSet::from([key_id.to_owned()]),
    }
}

/// Two copies of Maria's certificate, of which the second revokes it, and somebody else's.
fn scene() -> Scene {
    let files = vec![
        certificate(b"maria", KEY),
        certificate(b"revoked maria", KEY),
        certificate(b"olga", "ffffffffffffffff"),
    ];
    let mut scene = Scene::with(2, 3, |draft: &mut PolicyDraft| {
        draft
            .tables
            .push_str("\n[source]\nkind = \"debian\"\nuploaders = [\"all.asc\"]\n");
        draft.files.certificates.insert("all.asc".to_owned(), files);
    });
    scene.states(0, &Sample::catdoc());
    scene.states(1, &Sample::catdoc());
    scene
}

fn judged(given: &[&[u8]], openpgp: &'static Words) -> String {
    let mut scene = scene();
    for bytes in given {
        let document = certificate_document(bytes);
        scene.evidence.push(evidence("a certificate", document));
    }
    let tools = Tools {
        openpgp,
        ..Tools::WITHOUT_OPENPGP
    };
    let documents = &scene.documents;
    let case = Case::open(
        &documents.layout,
        &documents.terms,
        &scene.trust(),
        &scene.evidence,
        scene.at,
        &tools,
    );
    let verdict = case.judge(&scene.artifact, None);
    let reason = verdict.report().answers()[1].reasons[0].to_string();
    match verdict.is_quorate() {
        true => "quorate".to_owned(),
        false => reason,
    }
}

#[test]
fn evidence_without_the_certificate_that_revokes_a_key_is_refused() {
    static READS: Words = Words {
        reads_issuers: true,
    };
    let all = judged(&[b"maria", b"revoked maria", b"olga"], &READS);
    assert!(all.contains("revoked"), "{all}");
    let dropped = judged(&[b"maria", b"olga"], &READS);
    assert!(dropped.contains("is missing"), "{dropped}");
    // Another one than the named one does not take its place.
    let changed = judged(&[b"maria", b"Revoked maria", b"olga"], &READS);
    assert!(changed.contains("is missing"), "{changed}");
}

#[test]
fn where_issuers_cannot_be_read_every_named_certificate_must_be_there() {
    static BLIND: Words = Words {
        reads_issuers: false,
    };
    let dropped = judged(&[b"maria", b"revoked maria"], &BLIND);
    assert!(dropped.contains("is missing"), "{dropped}");
    let all = judged(&[b"maria", b"revoked maria", b"olga"], &BLIND);
    assert!(all.contains("revoked"), "{all}");
}
