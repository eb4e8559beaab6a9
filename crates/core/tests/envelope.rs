//! Envelopes: what was signed is what is read, and only after its signature was checked.

use std::fmt::Write as _;

use quorate::envelope::{
    Envelope, EnvelopeError, EnvelopeForm, PAYLOAD_TYPE_IN_TOTO, SignError, add_signature,
    drop_signatures, replace_signatures, sign, sign_metablock, unsigned, unsigned_metablock,
};
use quorate::json::{JsonErrorKind, canonical, parse as parse_json};
use quorate::key::{PublicKey, SigningKey};
use quorate::limits::Limits;
use quorate_testkit::scenario::{
    ed25519, edited, flipped, metablock, p256, p384, replaced, rsa2048,
};

const PAYLOAD: &[u8] = br#"{"_type":"link","name":"x"}"#;

fn parse(bytes: &[u8]) -> Result<Envelope<'_>, EnvelopeError> {
    Envelope::parse(bytes, &Limits::STANDARD)
}

fn signers(bytes: &[u8], keys: &[&PublicKey]) -> usize {
    let envelope = parse(bytes).expect("an envelope");
    let opened = envelope.open(keys, &Limits::STANDARD);
    opened.map_or(0, |opened| opened.signers().len())
}

fn dsse(keys: &[&SigningKey]) -> Vec<u8> {
    sign(PAYLOAD_TYPE_IN_TOTO, PAYLOAD, keys)
}

#[test]
fn the_example_of_the_dsse_protocol_is_signed_over_its_encoding() {
    // protocol.md of secure-systems-lab/dsse: PAE("http://example.com/HelloWorld", "hello world").
    let message = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
    let key = ed25519("k");
    let envelope = sign("http://example.com/HelloWorld", b"hello world", &[&key]);
    let ours = std::str::from_utf8(&envelope).unwrap();
    assert!(ours.contains(r#""payload":"aGVsbG8gd29ybGQ=""#), "{ours}");
    let opened = parse(&envelope)
        .unwrap()
        .open(&[key.public()], &Limits::STANDARD)
        .unwrap();
    assert_eq!(opened.payload(), Some(&b"hello world"[..]));
    assert_eq!(opened.payload_type(), "http://example.com/HelloWorld");
    // Ed25519 is deterministic: the signature over the encoding as the protocol prints it is the one in the envelope.
    let again = metablock(br#""x""#, [&key]);
    assert!(!String::from_utf8(again).unwrap().contains("payload"));
    assert!(key.public().verifies(message, &key.sign(message)));
    assert!(ours.contains(&base64(&key.sign(message))), "{ours}");
}

/// Base64 by the library under test: the payload of an unsigned envelope.
fn base64(bytes: &[u8]) -> String {
    let text = String::from_utf8(unsigned("x", bytes)).expect("an envelope is text");
    text.split('"')
        .nth(3)
        .expect("the payload comes first")
        .to_owned()
}

#[test]
fn every_key_type_opens_what_it_signed_and_nothing_else() {
    for (key, other) in [
        (ed25519("a"), ed25519("b")),
        (p256("a"), p256("b")),
        (p384("a"), p384("b")),
    ] {
        for bytes in [dsse(&[&key]), metablock(PAYLOAD, [&key])] {
            assert_eq!(signers(&bytes, &[key.public()]), 1);
            assert_eq!(signers(&bytes, &[other.public()]), 0);
            assert_eq!(signers(&bytes, &[]), 0);
        }
    }
}

#[test]
fn a_changed_payload_is_never_given_out() {
    let key = ed25519("k");
    let bytes = dsse(&[&key]);
    for bit in 0..PAYLOAD.len() * 8 {
        assert_eq!(
            signers(&flipped(&bytes, bit), &[key.public()]),
            0,
            "bit {bit}"
        );
    }
}

#[test]
fn a_changed_payload_type_is_never_given_out() {
    let key = ed25519("k");
    let bytes = replaced(
        &dsse(&[&key]),
        &["payloadType"],
        "application/vnd.in-toto+jso",
    );
    assert_eq!(signers(&bytes, &[key.public()]), 0);
}

#[test]
fn a_signature_copied_to_another_payload_is_nobodys() {
    let key = ed25519("k");
    let bytes = String::from_utf8(dsse(&[&key])).unwrap();
    let other = unsigned(PAYLOAD_TYPE_IN_TOTO, br#"{"_type":"link","name":"y"}"#);
    let payload = |text: &str| text.split('"').nth(3).unwrap().to_owned();
    let copied = bytes.replace(
        &payload(&bytes),
        &payload(&String::from_utf8(other).unwrap()),
    );
    assert_ne!(copied, bytes);
    assert_eq!(signers(copied.as_bytes(), &[key.public()]), 0);
}

#[test]
fn a_signature_over_the_bare_payload_is_none_over_the_envelope() {
    let key = ed25519("k");
    let bytes = replaced(
        &dsse(&[&key]),
        &["signatures", "0", "sig"],
        &base64(&key.sign(PAYLOAD)),
    );
    assert_eq!(signers(&bytes, &[key.public()]), 0);
}

#[test]
fn one_key_that_signs_ten_times_is_one_signer() {
    let key = ed25519("k");
    assert_eq!(signers(&dsse(&[&key; 10]), &[key.public()]), 1);
    let labelled = edited(&dsse(&[&key; 2]), &["signatures", "1", "keyid"], None);
    assert_eq!(signers(&labelled, &[key.public()]), 1);
    assert_eq!(signers(&labelled, &[key.public(), key.public()]), 1);
}

#[test]
fn a_key_id_counts_for_nothing_by_itself() {
    let (key, other) = (ed25519("k"), ed25519("other"));
    let claimed = replaced(
        &dsse(&[&key]),
        &["signatures", "0", "keyid"],
        other.public().id(),
    );
    assert_eq!(signers(&claimed, &[other.public()]), 0);
    for id in ["", "unknown", "\u{0}"] {
        let unnamed = replaced(&dsse(&[&key]), &["signatures", "0", "keyid"], id);
        assert_eq!(signers(&unnamed, &[key.public()]), 1, "{id:?}");
    }
}

#[test]
fn foreign_signatures_beside_a_good_one_cost_nothing() {
    let key = ed25519("k");
    let bytes = dsse(&[&ed25519("stranger"), &key]);
    assert_eq!(signers(&bytes, &[key.public()]), 1);
    for broken in ["", "!", "AAAA", "====", "deadbeef"] {
        let bytes = replaced(&bytes, &["signatures", "0", "sig"], broken);
        assert_eq!(signers(&bytes, &[key.public()]), 1, "{broken}");
    }
    let openpgp = edited(&bytes, &["signatures", "0", "sig"], None);
    assert_eq!(signers(&openpgp, &[key.public()]), 1);
}

#[test]
fn a_metablock_is_signed_with_every_member_that_it_has() {
    let key = ed25519("k");
    let bytes = metablock(PAYLOAD, [&key]);
    assert_eq!(signers(&bytes, &[key.public()]), 1);
    let injected = replaced(&bytes, &["signed", "unknown"], "x");
    assert_eq!(signers(&injected, &[key.public()]), 0);
    let removed = edited(&bytes, &["signed", "name"], None);
    assert_eq!(signers(&removed, &[key.public()]), 0);
    let changed = replaced(&bytes, &["signed", "name"], "y");
    assert_eq!(signers(&changed, &[key.public()]), 0);
}

#[test]
fn a_metablock_may_be_spelled_otherwise_without_a_new_signature() {
    let key = ed25519("k");
    let text = String::from_utf8(metablock(PAYLOAD, [&key])).unwrap();
    let spelled = text.replace(r#""name":"x""#, " \"n\\u0061me\" :\n\"\\u0078\" ");
    assert_ne!(spelled, text);
    assert_eq!(signers(spelled.as_bytes(), &[key.public()]), 1);
}

#[test]
fn an_envelope_of_two_documents_is_refused() {
    let key = ed25519("k");
    let two = replaced(&metablock(PAYLOAD, [&key]), &["payload"], "e30=");
    assert!(matches!(parse(&two), Err(EnvelopeError::Shape(_))));
}

#[test]
fn duplicate_keys_in_an_envelope_are_refused() {
    let text = String::from_utf8(dsse(&[&ed25519("k")])).unwrap();
    for member in [
        r#""payload":"e30=","#,
        r#""signatures":[],"#,
        r#""p\u0061yload":"","#,
    ] {
        let doubled = text.replacen('{', &format!("{{{member}"), 1);
        let Err(EnvelopeError::Json(error)) = parse(doubled.as_bytes()) else {
            panic!("{member} was taken");
        };
        assert!(
            matches!(error.kind, JsonErrorKind::DuplicateKey(_)),
            "{error}"
        );
    }
}

#[test]
fn an_envelope_of_a_gibibyte_is_refused_before_it_is_read() {
    // Pages of zeros that nobody touches cost no memory; reading them would fail on the first byte with another error.
    let huge = vec![0; 1 << 30];
    assert!(matches!(
        parse(&huge),
        Err(EnvelopeError::TooLarge { bytes_max }) if bytes_max == Limits::STANDARD.envelope_bytes_max
    ));
}

#[test]
fn an_envelope_nested_ten_thousand_deep_is_refused() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!(
            "{{\"payload\":{}0{}}}",
            open.repeat(10_000),
            close.repeat(10_000)
        );
        let Err(EnvelopeError::Json(error)) = parse(deep.as_bytes()) else {
            panic!("a nesting of 10,000 was taken");
        };
        assert_eq!(error.kind, JsonErrorKind::TooDeep);
    }
}

#[test]
fn a_million_signatures_are_refused_without_checking_one() {
    let mut text = String::from(r#"{"payload":"e30=","payloadType":"x","signatures":[{}"#);
    for _ in 1..1_000_000 {
        text.push_str(",{}");
    }
    text.push_str("]}");
    let Err(error) = parse(text.as_bytes()) else {
        panic!("a million signatures were taken");
    };
    assert!(
        matches!(error, EnvelopeError::Json(ref e) if e.kind == JsonErrorKind::TooMany),
        "{error}"
    );
    let mut text = String::from(r#"{"payload":"e30=","payloadType":"x","signatures":["#);
    for at in 0..65 {
        write!(text, r#"{}{{"sig":"AA=="}}"#, if at > 0 { "," } else { "" }).unwrap();
    }
    text.push_str("]}");
    assert!(matches!(
        parse(text.as_bytes()),
        Err(EnvelopeError::TooManySignatures {
            count: 65,
            count_max: 64
        })
    ));
}

#[test]
fn signature_checks_end_at_their_limit_and_what_is_left_counts_for_nobody() {
    let key = ed25519("k");
    let junk = ed25519("junk");
    let bytes = dsse(&[&junk, &junk, &junk, &key]);
    let unnamed = |mut bytes: Vec<u8>| {
        for at in ["0", "1", "2", "3"] {
            bytes = edited(&bytes, &["signatures", at, "keyid"], None);
        }
        bytes
    };
    let bytes = unnamed(bytes);
    let open = |checks: usize| {
        let limits = Limits {
            signature_checks_max: checks,
            ..Limits::STANDARD
        };
        parse(&bytes)
            .unwrap()
            .open(&[key.public()], &limits)
            .is_ok()
    };
    assert!(open(4));
    assert!(!open(3));
}

#[test]
fn signatures_without_ids_over_a_large_payload_cost_by_its_bytes() {
    let (key, junk) = (ed25519("k"), ed25519("junk"));
    let bytes = sign("x", &[b' '; 3 * 16_384], &[&junk, &key]);
    let bytes = edited(&bytes, &["signatures", "0", "keyid"], None);
    let bytes = edited(&bytes, &["signatures", "1", "keyid"], None);
    let open = |units: usize| {
        let limits = Limits {
            signature_checks_max: units,
            ..Limits::STANDARD
        };
        parse(&bytes).unwrap().open(&[key.public()], &limits)
    };
    open(8).unwrap();
    assert!(open(7).unwrap_err().unchecked);
    assert!(open(3).unwrap_err().unchecked);
}

#[test]
fn checks_by_large_rsa_keys_cost_by_the_modulus() {
    let key = rsa2048("r");
    let bytes = sign("x", b"", &[&key]);
    let open = |units: usize| {
        let limits = Limits {
            signature_checks_max: units,
            ..Limits::STANDARD
        };
        parse(&bytes).unwrap().open(&[key.public()], &limits)
    };
    open(5).unwrap();
    assert!(open(4).unwrap_err().unchecked);
}

#[test]
fn a_hundred_parties_with_large_links_are_within_the_signature_checks() {
    let limits = Limits::STANDARD;
    let large = Limits::signature_check_units(12 << 20);
    assert!(100 * large < limits.evidence_signature_checks_max);
    let largest = Limits::signature_check_units(limits.envelope_bytes_max);
    assert!(3 * largest < limits.signature_checks_max);
}

#[test]
fn what_is_no_envelope_is_refused() {
    for text in [
        "",
        "null",
        "[]",
        "{}",
        "{\"payload\":\"e30=\"}",
        r#"{"payload":"e30=","payloadType":"x"}"#,
        r#"{"payload":"e30=","signatures":[]}"#,
        r#"{"payload":1,"payloadType":"x","signatures":[]}"#,
        r#"{"payload":"e30=","payloadType":1,"signatures":[]}"#,
        r#"{"payload":"e30","payloadType":"x","signatures":[]}"#,
        r#"{"payload":"e31=","payloadType":"x","signatures":[]}"#,
        r#"{"payload":"e30= ","payloadType":"x","signatures":[]}"#,
        r#"{"payload":"e30=","payloadType":"x","signatures":{}}"#,
        r#"{"payload":"e30=","payloadType":"x","signatures":[0]}"#,
        r#"{"payload":"e30=","payloadType":"x","signatures":[{"keyid":1,"sig":""}]}"#,
        "{\"payload\":\"e30=\",\"payloadType\":\"x\",\"signatures\":[]} x",
    ] {
        assert!(parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn a_payload_is_json_only_when_it_is_strict_json() {
    let key = ed25519("k");
    for payload in [&br#"{"a":1,"a":2}"#[..], b"\xff", b"{} {}", b"1.5", b""] {
        let bytes = sign(PAYLOAD_TYPE_IN_TOTO, payload, &[&key]);
        let opened = parse(&bytes)
            .unwrap()
            .open(&[key.public()], &Limits::STANDARD)
            .unwrap();
        assert!(opened.json(&Limits::STANDARD).is_err(), "{payload:?}");
    }
}

#[test]
fn a_further_owner_adds_its_signature_and_keeps_the_payload() {
    let (first, second) = (ed25519("first"), p256("second"));
    let keys = [first.public(), second.public()];
    let one = dsse(&[&first]);
    let two = add_signature(&one, &second, &Limits::STANDARD).unwrap();
    assert_eq!(signers(&two, &keys), 2);
    let again = add_signature(&two, &second, &Limits::STANDARD).unwrap();
    assert_eq!(
        again, two,
        "a second signature of one key replaces the first"
    );
    let opened = parse(&two).unwrap().open(&keys, &Limits::STANDARD).unwrap();
    assert_eq!(opened.payload(), Some(PAYLOAD));
    assert!(matches!(
        add_signature(b"{}", &second, &Limits::STANDARD),
        Err(SignError::Envelope(_))
    ));
}

fn form(bytes: &[u8]) -> EnvelopeForm {
    parse(bytes).expect("an envelope").form()
}

fn key_ids(bytes: &[u8]) -> Vec<String> {
    let envelope = parse(bytes).expect("an envelope");
    envelope.key_ids().map(str::to_owned).collect()
}

#[test]
fn a_metablock_is_written_with_hex_signatures_over_the_canonical_form() {
    let key = ed25519("k");
    let signed = parse_json(b"{\"b\": \"\\n\", \"a\" : 1}", &Limits::STANDARD).unwrap();
    assert_eq!(canonical(&signed), b"{\"a\":1,\"b\":\"\n\"}");
    let bytes = sign_metablock(&signed, &[&key]);
    let hex: String = key
        .sign(&canonical(&signed))
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let expected = format!(
        "{{\"signatures\":[{{\"keyid\":\"{}\",\"sig\":\"{hex}\"}}],\"signed\":{{\"a\":1,\"b\":\"\\u000a\"}}}}\n",
        key.public().id()
    );
    assert_eq!(String::from_utf8(bytes.clone()).unwrap(), expected);
    let opened = parse(&bytes)
        .unwrap()
        .open(&[key.public()], &Limits::STANDARD)
        .unwrap();
    assert_eq!(*opened.json(&Limits::STANDARD).unwrap(), signed);
}

#[test]
fn a_further_signature_keeps_the_form_that_it_finds() {
    let (first, second) = (ed25519("first"), p256("second"));
    let keys = [first.public(), second.public()];
    for one in [dsse(&[&first]), metablock(PAYLOAD, [&first])] {
        let two = add_signature(&one, &second, &Limits::STANDARD).unwrap();
        assert_eq!(form(&two), form(&one));
        assert_eq!(signers(&two, &keys), 2);
        assert_eq!(key_ids(&two), [first.public().id(), second.public().id()]);
        assert_eq!(
            add_signature(&two, &second, &Limits::STANDARD).unwrap(),
            two
        );
    }
}

#[test]
fn a_metablock_is_signed_as_it_was_received_unknown_members_included() {
    let key = ed25519("k");
    let received = br#"{ "signatures": [], "signed": {"unknown": [1, null], "name": "x"} }"#;
    let bytes = add_signature(received, &key, &Limits::STANDARD).unwrap();
    assert_eq!(signers(&bytes, &[key.public()]), 1);
    let removed = edited(&bytes, &["signed", "unknown"], None);
    assert_eq!(signers(&removed, &[key.public()]), 0);
}

#[test]
fn signing_anew_leaves_none_of_the_earlier_signatures() {
    let (first, second) = (ed25519("first"), p256("second"));
    let keys = [first.public(), second.public()];
    let value = parse_json(PAYLOAD, &Limits::STANDARD).unwrap();
    for (one, none) in [
        (dsse(&[&first]), unsigned(PAYLOAD_TYPE_IN_TOTO, PAYLOAD)),
        (metablock(PAYLOAD, [&first]), unsigned_metablock(&value)),
    ] {
        let again = replace_signatures(&one, &[&second], &Limits::STANDARD).unwrap();
        assert_eq!(form(&again), form(&one));
        assert_eq!(key_ids(&again), [second.public().id()]);
        assert_eq!(signers(&again, &keys), 1);
        assert_eq!(drop_signatures(&one, &Limits::STANDARD).unwrap(), none);
    }
}

#[test]
fn an_envelope_full_of_signatures_takes_no_further_one() {
    let mut full = dsse(&[&ed25519("k"); 64]);
    for at in 0..64 {
        full = edited(&full, &["signatures", &at.to_string(), "keyid"], None);
    }
    assert!(matches!(
        add_signature(&full, &ed25519("late"), &Limits::STANDARD),
        Err(SignError::Envelope(EnvelopeError::TooManySignatures {
            count: 65,
            ..
        }))
    ));
}
