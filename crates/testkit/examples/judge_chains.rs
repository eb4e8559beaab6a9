//! Judges in-toto supply chains, one a line, for the differential test (`crates/core/tests/intoto/differential.py`).
//!
//! A line in is an object: `layout` (BASE64), `keys` (in-toto keys by id: who must have signed), `links` (path → BASE64),
//! `parameters` (an object of strings, or null), `at` (the time). A line out is `{"accepted":true}`, or `{"accepted":false,
//! "refusal":"…"}`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quorate::intoto::Parameters;
use quorate::intoto::chain::{Chain, NoInspections};
use quorate::json::{self, Json, Object};
use quorate::key::{PublicKey, public_keys_from_file};
use quorate::limits::Limits;
use quorate::time::Timestamp;

/// A case is never larger than what the programs read, and here its parts are in base64 in one document.
const LIMITS: Limits = Limits::STANDARD;

fn main() {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().split(b'\n') {
        let line = line.unwrap();
        let Json::Object(case) = json::parse(&line, &LIMITS).unwrap() else {
            panic!("a case is an object");
        };
        let answer = match verdict(&case) {
            Ok(()) => Json::object([("accepted", Json::Bool(true))]),
            Err(refusal) => Json::object([
                ("accepted", Json::Bool(false)),
                ("refusal", Json::text(refusal)),
            ]),
        };
        out.write_all(&answer.to_text()).unwrap();
        out.write_all(b"\n").unwrap();
        out.flush().unwrap();
    }
}

fn verdict(case: &Object<'_>) -> Result<(), String> {
    let keys = keys(case)?;
    let parameters = match case.get("parameters").unwrap() {
        Json::Null => None,
        given => Some(
            Parameters::from_file(&given.to_text(), &LIMITS).map_err(|error| error.to_string())?,
        ),
    };
    let Json::Object(links) = case.get("links").unwrap() else {
        panic!("links are an object");
    };
    let links: BTreeMap<String, Vec<u8>> = links
        .iter()
        .map(|(path, bytes)| (path.to_owned(), decoded(bytes)))
        .collect();
    let chain = Chain {
        layout: &decoded(case.get("layout").unwrap()),
        keys: &keys,
        parameters: parameters.as_ref(),
        at: Timestamp::parse(text(case.get("at").unwrap())).unwrap(),
        limits: &LIMITS,
    };
    let verification = chain.verify(&links, &mut NoInspections);
    match verification.outcome {
        Ok(_) => Ok(()),
        Err(refusal) => Err(refusal.to_string()),
    }
}

fn keys(case: &Object<'_>) -> Result<Vec<PublicKey>, String> {
    let keys = case.get("keys").unwrap();
    if matches!(keys, Json::Object(members) if members.is_empty()) {
        return Ok(Vec::new());
    }
    public_keys_from_file(&keys.to_text(), &LIMITS).map_err(|error| error.to_string())
}

fn text<'j>(value: &'j Json<'_>) -> &'j str {
    let Json::String(text) = value else {
        panic!("a string, not {}", value.kind());
    };
    text
}

fn decoded(value: &Json<'_>) -> Vec<u8> {
    STANDARD.decode(text(value)).unwrap()
}
