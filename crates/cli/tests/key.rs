//! `quorate key`: pairs of files that other tools read, and that are never written over.

mod stage;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use serde_json::Value;
use stage::Stage;

#[test]
fn a_new_pair_is_private_and_public_and_its_id_is_the_answer() {
    let stage = Stage::empty();
    let ran = stage.run("key new alpha");
    assert_eq!(
        (ran.code, stage.names()),
        (0, names(&["alpha.key", "alpha.pub"]))
    );
    let id = ran.stdout.trim_end();
    assert!(id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert!(ran.stderr.contains("alpha.key: private"), "{}", ran.stderr);
    let mode = |name| fs::metadata(stage.path(name)).unwrap().permissions().mode();
    assert_eq!(mode("alpha.key") & 0o777, 0o600);
    assert_eq!(mode("alpha.pub") & 0o133, 0, "nobody else may write it");
    assert!(stage.ok("key show alpha.pub").contains(id));
}

#[test]
fn two_new_keys_differ() {
    let stage = Stage::empty();
    assert_ne!(stage.ok("key new a"), stage.ok("key new b"));
}

#[test]
fn an_existing_key_is_never_overwritten() {
    for taken in ["alpha.key", "alpha.pub"] {
        let stage = Stage::empty();
        stage.write(taken, "precious");
        let ran = stage.run("key new alpha");
        ran.unable(taken);
        ran.unable("hint: keys are never overwritten; choose another name");
        assert_eq!(stage.read(taken), b"precious");
        assert_eq!(stage.names(), [taken], "half a pair is left");
    }
}

#[test]
fn a_link_in_the_place_of_a_key_is_not_followed() {
    let stage = Stage::empty();
    symlink("elsewhere", stage.path("alpha.key")).unwrap();
    stage.run("key new alpha").unable("alpha.key");
    assert!(!stage.exists("elsewhere"));
}

#[test]
fn a_folder_that_is_not_there_is_named_and_no_other_name_is_advised() {
    let ran = Stage::empty().run("key new missing/alpha");
    ran.unable("missing/alpha.key");
    assert!(!ran.stderr.contains("hint"), "{}", ran.stderr);
}

#[test]
fn openssl_reads_both_halves() {
    let stage = Stage::empty();
    stage.ok("key new alpha");
    let public = stage.shell("openssl", &["pkey", "-in", "alpha.key", "-pubout"]);
    assert_eq!(public.as_bytes(), stage.read("alpha.pub"));
    let text = stage.shell(
        "openssl",
        &["pkey", "-pubin", "-in", "alpha.pub", "-noout", "-text"],
    );
    assert!(text.contains("ED25519"), "{text}");
}

#[test]
fn a_key_of_openssl_is_read() {
    let stage = Stage::empty();
    for (file, options) in [
        ("ed25519.key", ["-algorithm", "ed25519"].as_slice()),
        (
            "p256.key",
            &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        ),
    ] {
        stage.shell("openssl", &[&["genpkey", "-out", file], options].concat());
        let public = stage.shell("openssl", &["pkey", "-in", file, "-pubout"]);
        assert_eq!(stage.ok(&format!("key show {file} --public")), public);
    }
}

#[test]
fn both_halves_are_shown_as_the_same_key() {
    let stage = Stage::keys();
    let shown = stage.ok("key show alice.pub");
    assert_eq!(
        shown,
        "\
id           c991cc9d63020f3eec9b17828eb06ad44f34c2c9ca5be1bfed1b5e99cc51819d
scheme       ed25519
fingerprint  d16ddc460f7518ed3dac974ff4e8fccb9430da522470528ed85df600fc8af5b9
"
    );
    assert_eq!(stage.ok("key show alice.key"), shown);
    let public = stage.ok("key show alice.key --public");
    assert_eq!(public.as_bytes(), stage.read("alice.pub"));
}

#[test]
fn a_key_shown_as_json_has_four_members() {
    let stage = Stage::keys();
    let json: Value = serde_json::from_str(&stage.ok("key show alice.pub --json")).unwrap();
    let members: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, names(&["fingerprint", "format", "id", "scheme"]));
    assert_eq!(json["format"], "quorate-key/1");
    assert_eq!(json["scheme"], "ed25519");
    let text = stage.ok("key show alice.pub");
    assert!(text.contains(json["id"].as_str().unwrap()));
    assert!(text.contains(json["fingerprint"].as_str().unwrap()));
}

#[test]
fn an_in_toto_key_in_json_is_read_under_its_own_id() {
    let stage = Stage::keys();
    let key = r#"{"keytype": "ed25519", "scheme": "ed25519", "keyid": "builder-1", "keyval": {"public":
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"}}"#;
    stage.write("builder.json", key);
    assert!(
        stage
            .ok("key show builder.json")
            .starts_with("id           builder-1\n")
    );
}

#[test]
fn what_is_no_key_cannot_be_shown() {
    let stage = Stage::empty();
    let weak = format!(
        r#"{{"keytype": "ed25519", "scheme": "ed25519", "keyval": {{"public": "{}"}}}}"#,
        "0".repeat(64)
    );
    for (name, bytes, reason) in [
        ("empty", b"".as_slice(), "not a public key"),
        ("noise", b"\xff\xfe\x00", "not a public key"),
        ("json", b"{\"a\": 1}", "not an in-toto key"),
        ("weak", weak.as_bytes(), "weak key"),
    ] {
        stage.write(name, bytes);
        stage.run(&format!("key show {name}")).unable(reason);
    }
    stage.run("key show missing").unable("missing: ");
    stage.run("key show .").unable("not a regular file");
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
