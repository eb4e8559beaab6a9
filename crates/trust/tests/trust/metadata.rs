//! Metadata is read strictly: whatever could be read in two ways, or would count too easily, is refused whole.

use proptest::prelude::{any, prop, proptest};
use quorate::key::SigningKey;
use quorate_trust::metadata::{
    Authentic, MetadataError, Received, Role, RoleKeys, Root, Snapshot, Targets, TimestampRole,
    TopRole, Version, unsigned,
};

use crate::stage::{LIMITS, Stage, key, replaced, resigned, role};

fn root(bytes: &[u8]) -> Result<Received<Root>, MetadataError> {
    Received::read(bytes, &LIMITS)
}

fn refusal(bytes: &[u8]) -> MetadataError {
    root(bytes).unwrap_err()
}

/// An unsigned root whose text a test changes.
fn text() -> Vec<u8> {
    let root = root(&Stage::founded().first_root()).unwrap();
    unsigned(root.unverified())
}

fn id(name: &str) -> String {
    key(name).public().id().to_owned()
}

#[test]
fn an_unknown_role_in_a_root_is_refused() {
    let bytes = replaced(
        &text(),
        "\"roles\":{",
        "\"roles\":{\"mirrors\":{\"keyids\":[],\"threshold\":1},",
    );
    assert!(matches!(refusal(&bytes), MetadataError::TopRoles(_)));
    let bytes = replaced(&text(), "\"timestamp\":{", "\"timestomp\":{");
    assert!(matches!(refusal(&bytes), MetadataError::TopRoles(_)));
}

#[test]
fn a_threshold_of_0_in_metadata_is_refused() {
    let bytes = replaced(&text(), "\"threshold\":2", "\"threshold\":0");
    assert!(matches!(refusal(&bytes), MetadataError::ThresholdZero(_)));
    let bytes = replaced(&text(), "\"threshold\":2", "\"threshold\":-1");
    assert!(matches!(refusal(&bytes), MetadataError::Shape(_)));
}

#[test]
fn a_threshold_above_the_number_of_keys_is_read_and_never_met() {
    let names = ["root-1", "root-2", "root-3"].map(key);
    let signers = names.each_ref();
    for (threshold, is_met) in [("3", true), ("4", false), ("18446744073709551615", false)] {
        let to = format!("\"threshold\":{threshold}");
        let bytes = resigned(&text(), "\"threshold\":2", &to, &signers);
        let root = Received::<Root>::read(&bytes, &LIMITS).unwrap();
        assert_eq!(root.signed_by_itself().is_ok(), is_met, "{threshold}");
    }
    let one = RoleKeys::new("root", &[key("root-1").public().clone()], 2);
    assert!(matches!(
        one,
        Err(MetadataError::ThresholdUnreachable { .. })
    ));
}

#[test]
fn one_key_under_two_ids_in_metadata_is_refused() {
    let first = key("root-1").public().to_json().to_text();
    let form = String::from_utf8(first).unwrap();
    let form = form.replacen(&format!("\"keyid\":\"{}\",", id("root-1")), "", 1);
    let bytes = replaced(
        &text(),
        "\"keys\":{",
        &format!("\"keys\":{{\"alias\":{form},"),
    );
    assert!(matches!(refusal(&bytes), MetadataError::OneKeyTwice { .. }));
}

#[test]
fn a_doubled_key_in_a_role_is_refused() {
    let id = id("root-1");
    let bytes = replaced(
        &text(),
        "\"keyids\":[\"",
        &format!("\"keyids\":[\"{id}\",\"{id}\",\""),
    );
    assert!(matches!(refusal(&bytes), MetadataError::DoubledKey { .. }));
    let bytes = replaced(&text(), "\"keyids\":[\"", "\"keyids\":[\"nobody\",\"");
    assert!(matches!(refusal(&bytes), MetadataError::MissingKey { .. }));
}

#[test]
fn two_signatures_under_one_id_are_refused() {
    let one = r#"{"keyid":"a","sig":"00"}"#;
    let bytes = replaced(
        &text(),
        "\"signatures\":[",
        &format!("\"signatures\":[{one},{one}"),
    );
    assert!(matches!(
        refusal(&bytes),
        MetadataError::DoubledSignature(_)
    ));
}

#[test]
fn a_doubled_member_is_refused() {
    let bytes = replaced(&text(), "\"version\":1", "\"version\":1,\"version\":2");
    assert!(matches!(refusal(&bytes), MetadataError::Json(_)));
}

#[test]
fn another_role_in_the_place_of_a_root_is_refused() {
    let stage = Stage::founded();
    let timestamp = &stage.files["metadata/timestamp.json"];
    assert!(matches!(
        refusal(timestamp),
        MetadataError::WrongType { .. }
    ));
}

#[test]
fn version_0_another_major_specification_and_a_vague_expiry_are_refused() {
    for (from, to) in [
        ("\"version\":1", "\"version\":0"),
        ("\"version\":1", "\"version\":18446744073709551616"),
        ("\"version\":1", "\"version\":\"1\""),
        ("Z\"", "+00:00\""),
        ("\"consistent_snapshot\":true", "\"consistent_snapshot\":1"),
    ] {
        let error = refusal(&replaced(&text(), from, to));
        assert!(matches!(error, MetadataError::Shape(_)), "{to}: {error}");
    }
    for spec in ["2.0.0", "1", "1.", "1.0.x", "10.0"] {
        let error = refusal(&replaced(&text(), "1.0.34", spec));
        assert!(
            matches!(error, MetadataError::SpecVersion(_)),
            "{spec}: {error}"
        );
    }
}

#[test]
fn a_delegation_with_a_top_level_name_is_refused() {
    let stage = Stage::founded();
    let bytes = &stage.files["metadata/1.targets.json"];
    let read = |bytes: &[u8]| Received::<Targets>::read(bytes, &LIMITS).map(|_| ());
    assert!(read(bytes).is_ok());
    for (from, to) in [
        ("\"name\":\"rebuilders\"", "\"name\":\"root\""),
        ("\"name\":\"rebuilders\"", "\"name\":\"bins-0\""),
        ("\"paths\":[", "\"path_hash_prefixes\":[\"a\"],\"paths\":["),
        (
            "\"path_hash_prefixes\":[\"0\"]",
            "\"path_hash_prefixes\":[\"G\"]",
        ),
        ("\"terminating\":true", "\"terminating\":1"),
    ] {
        assert!(read(&replaced(bytes, from, to)).is_err(), "{to}");
    }
}

#[test]
fn a_metadata_file_above_its_limit_is_refused_before_it_is_parsed() {
    let mut bytes = text();
    bytes.resize(LIMITS.root_bytes_max + 1, b' ');
    assert!(matches!(refusal(&bytes), MetadataError::TooLarge { .. }));
}

#[test]
fn members_that_nobody_knows_are_under_the_signatures() {
    let bytes = replaced(&text(), "\"version\":1", "\"version\":1,\"x-owner\":\"us\"");
    let mut signed = bytes;
    for name in ["root-1", "root-3"] {
        signed = quorate_trust::repository::sign(&signed, &key(name), &LIMITS).unwrap();
    }
    assert!(root(&signed).unwrap().signed_by_itself().is_ok());
    let changed = replaced(&signed, "\"x-owner\":\"us\"", "\"x-owner\":\"me\"");
    let error = root(&changed).unwrap().signed_by_itself().unwrap_err();
    assert_eq!((error.needed, error.signed_by.len()), (2, 0));
}

#[test]
fn a_key_of_an_unknown_type_counts_for_nobody_and_harms_nobody() {
    let unknown = r#""new":{"keytype":"ml-dsa","keyval":{"public":"00"},"scheme":"ml-dsa-99"}"#;
    let bytes = replaced(&text(), "\"keys\":{", &format!("\"keys\":{{{unknown},"));
    let bytes = replaced(&bytes, "\"keyids\":[", "\"keyids\":[\"new\",");
    // It is passed on where the next root keeps its holders.
    assert!(root(&unsigned(root(&bytes).unwrap().unverified())).is_ok());
    let weak = unknown
        .replace("ml-dsa-99", "ed25519")
        .replace("ml-dsa", "ed25519");
    let weak = weak.replace("\"00\"", &format!("\"{}\"", "00".repeat(32)));
    let bytes = replaced(&text(), "\"keys\":{", &format!("\"keys\":{{{weak},"));
    assert!(matches!(refusal(&bytes), MetadataError::Key { .. }));
}

#[test]
fn ecdsa_keys_sign_like_ed25519_keys() {
    let pem = include_str!("stage/p256.pem");
    let p256 = SigningKey::from_pem(pem).unwrap();
    let first = Stage::founded().first_root();
    let founded = root(&first).unwrap().signed_by_itself().unwrap();
    let holders =
        quorate_trust::metadata::RoleKeys::new("root", &[p256.public().clone()], 1).unwrap();
    let roles = TopRole::ALL.map(|role| (role, holders.clone()));
    let made = Root::new(founded.content().common(), roles.into()).unwrap();
    let signed = quorate_trust::repository::sign(&unsigned(&made), &p256, &LIMITS).unwrap();
    let read = root(&signed).unwrap().signed_by_itself().unwrap();
    assert_eq!(read.signers(), [p256.public().id()]);
}

/// What is written is read as the same thing, and written again as the same bytes.
fn round_trip<R: Role>(bytes: &[u8]) {
    let read = Received::<R>::read(bytes, &LIMITS).unwrap();
    let written = unsigned(read.unverified());
    let again = Received::<R>::read(&written, &LIMITS).unwrap();
    assert_eq!(unsigned(again.unverified()), written);
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let signed = &text[text.find("\"signed\":").unwrap()..];
    assert!(String::from_utf8(written).unwrap().ends_with(signed));
}

#[test]
fn what_is_written_is_read_back() {
    let stage = Stage::with_projects();
    round_trip::<Root>(&stage.files["metadata/1.root.json"]);
    round_trip::<Targets>(&stage.files["metadata/1.targets.json"]);
    round_trip::<Targets>(&stage.files["metadata/1.proj-catdoc.json"]);
    round_trip::<Snapshot>(&stage.files["metadata/3.snapshot.json"]);
    round_trip::<TimestampRole>(&stage.files["metadata/timestamp.json"]);
}

#[test]
fn signatures_count_by_key_and_only_those_of_the_role() {
    let stage = Stage::with_projects();
    let bytes = &stage.files["metadata/1.proj-catdoc.json"];
    let read = || Received::<Targets>::read(bytes, &LIMITS).unwrap();
    let repository = stage.read();
    let bin = crate::stage::bins()
        .bin_of(&crate::stage::policy("catdoc"))
        .unwrap();
    let delegator = repository.role(&bin).unwrap().unverified();
    let holders = &delegator
        .delegations()
        .get(&role("proj-catdoc"))
        .unwrap()
        .keys;
    // Everybody signed, and two of them hold the role.
    let signed: Authentic<Targets> = read().signed_by(holders).unwrap();
    assert_eq!(signed.signers().len(), 2);
    assert_eq!(signed.version(), Version::FIRST);
    let root = repository.root().unwrap().content();
    let error = read().signed_by(root.role(TopRole::Snapshot)).unwrap_err();
    assert_eq!(error.signed_by.len(), 0);
}

proptest! {
    #[test]
    fn reading_metadata_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(root(&bytes));
        drop(Received::<Targets>::read(&bytes, &LIMITS));
    }

    #[test]
    fn metadata_with_a_hole_is_refused_or_unsigned(at in 0_usize..4000, with in any::<u8>()) {
        let mut bytes = Stage::founded().first_root();
        let at = at % bytes.len();
        if bytes[at] != with {
            bytes[at] = with;
            // A changed byte may fall on one of more signatures than are needed; no content changes.
            if let Ok(read) = root(&bytes) && let Ok(read) = read.signed_by_itself() {
                let good = root(&Stage::founded().first_root()).unwrap();
                assert_eq!(unsigned(read.content()), unsigned(good.unverified()));
            }
        }
    }
}
