//! `quorate policy`: what owners write, and what the program refuses to let them sign.

mod stage;

use serde_json::Value;
use stage::{Ran, Stage};

/// `policy compile` of three parties after `change`.
fn compile(change: impl FnOnce(String) -> String) -> (Stage, Ran) {
    let stage = Stage::keys();
    stage.policy(2, change);
    let ran = stage.run("policy compile policy.toml");
    (stage, ran)
}

#[test]
fn a_policy_is_written_compiled_signed_and_shown() {
    let stage = Stage::keys();
    stage.policy(2, |text| text);
    let ran = stage.run("policy compile policy.toml");
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "demo.layout\n"));
    assert!(
        ran.stderr
            .contains("next: each owner runs `quorate policy sign demo.layout --key OWNER.key`")
    );
    let ran = stage.run("policy sign demo.layout --key owner.key");
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
    assert_eq!(
        stage.ok("policy show demo.layout --owner owner.pub"),
        "\
policy     demo
version    1
artifacts  *.deb
agreement  2 of 3 parties, from the same source
dissent    is reported
expires    2999-01-01T00:00:00Z
signed by  1 of 1 owners
party      alice: c991cc9d63020f3e
party      bob: b9b0b28974769f3f
party      carol: 88b1d0d8d074851a
source     Debian source packages of a signed index
delivered  the same, bit for bit
"
    );
}

#[test]
fn documents_go_where_they_are_asked_for() {
    let stage = Stage::keys();
    stage.policy(2, |text| text);
    assert_eq!(
        stage.ok("policy compile policy.toml --out evidence"),
        "evidence/demo.layout\n"
    );
    assert!(stage.exists("evidence/demo.terms") && !stage.exists("demo.terms"));
    stage
        .run("policy compile policy.toml --out missing")
        .unable("missing/demo.layout");
}

#[test]
fn keys_are_found_beside_the_policy_from_any_folder() {
    let stage = Stage::keys();
    stage.policy(2, |text| text);
    let ran = stage.run_with([
        "policy",
        "compile",
        "--out",
        "evidence",
        "./evidence/../policy.toml",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn a_misspelt_key_is_refused_by_its_name() {
    for (right, wrong) in [
        ("threshold = 2", "treshold = 2"),
        ("on_dissent", "on_disent"),
        ("environment = \"any\"", "enviroment = \"any\""),
        ("needed = 1", "neded = 1"),
        ("[[party]]", "[[parties]]"),
    ] {
        let (stage, ran) = compile(|text| text.replace(right, wrong));
        let word = wrong
            .trim_start_matches('[')
            .split([' ', ']'])
            .next()
            .unwrap();
        ran.refused("policy.toml: ");
        ran.refused(word);
        assert!(!stage.exists("demo.layout"));
    }
}

#[test]
fn a_policy_that_could_never_be_in_force_is_not_compiled() {
    for (from, to, reason) in [
        (
            "threshold = 2",
            "threshold = 0",
            "threshold = 0 would confirm everything",
        ),
        (
            "threshold = 2",
            "threshold = 4",
            "threshold = 4 can never be reached by 3 parties",
        ),
        ("threshold = 2", "threshold = -1", "policy.toml: "),
        ("threshold = 2\n", "", "threshold"),
        (
            "2999-01-01T00:00:00Z",
            "2020-01-01T00:00:00Z",
            "it expired at 2020-01-01T00:00:00Z",
        ),
        ("2999-01-01T00:00:00Z", "2999-13-01T00:00:00Z", "expires: "),
        (
            "bob.pub",
            "alice.pub",
            "the key of alice and of bob is one key",
        ),
        (
            "\"bob.pub\"",
            "\"bob.pub\", \"bob.pub\"",
            "the key of bob and of bob is one key",
        ),
        (
            "quorate-policy/1",
            "quorate-policy/2",
            "newer than this program; update quorate",
        ),
        ("quorate-policy/1", "other", "is not a policy"),
        ("needed = 1", "needed = 0", "owners.needed = 0"),
        ("needed = 1", "needed = 2", "owners"),
        ("name = \"bob\"", "name = \"alice\"", "alice"),
        ("name = \"demo\"", "name = \"../demo\"", "../demo"),
        ("\"*.deb\"", "\"\"", "artifacts: "),
        ("source = \"same\"", "source = \"any\"", "policy.toml: "),
        (
            "on_dissent = \"report\"",
            "on_dissent = \"ignore\"",
            "policy.toml: ",
        ),
    ] {
        let (stage, ran) = compile(|text| text.replacen(from, to, 1));
        ran.refused(reason);
        assert_eq!(ran.stdout, "", "{to}");
        assert!(
            !stage.exists("demo.layout") && !stage.exists("demo.terms"),
            "{to}"
        );
    }
}

#[test]
fn one_key_at_two_parties_is_refused_in_whatever_form_it_comes() {
    let stage = Stage::keys();
    let text = stage.shell(
        "openssl",
        &["pkey", "-pubin", "-in", "alice.pub", "-noout", "-text"],
    );
    let digits = text.split_once("pub:").unwrap().1;
    let public: String = digits.chars().filter(char::is_ascii_hexdigit).collect();
    stage.write("bob.pub", format!(
        r#"{{"keytype": "ed25519", "scheme": "ed25519", "keyid": "bob", "keyval": {{"public": "{public}"}}}}"#
    ));
    stage.policy(2, |text| text);
    stage
        .run("policy compile policy.toml")
        .refused("the key of alice and of bob is one key");
}

#[test]
fn a_key_file_that_is_missing_or_private_is_named() {
    let (_, ran) = compile(|text| text.replace("carol.pub", "dave.pub"));
    ran.unable("dave.pub");
    let (_, ran) = compile(|text| text.replace("carol.pub", "carol.key"));
    ran.unable("carol.key: a private key where the public one belongs");
}

#[test]
fn a_policy_that_is_no_text_is_refused() {
    let stage = Stage::keys();
    stage.write("policy.toml", b"\xff\xfe");
    stage
        .run("policy compile policy.toml")
        .refused("policy.toml: ");
    stage.write("policy.toml", "format = [");
    stage
        .run("policy compile policy.toml")
        .refused("policy.toml: ");
    stage
        .run("policy compile missing.toml")
        .unable("missing.toml");
}

#[test]
fn a_weak_policy_is_compiled_with_a_warning() {
    let stage = Stage::keys();
    stage.policy(1, |text| text);
    let ran = stage.run("policy compile policy.toml");
    assert_eq!(ran.code, 0);
    assert!(
        ran.stderr.contains("warning: threshold 1: one party alone"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_second_owner_adds_a_signature_and_the_first_signs_only_once() {
    let stage = Stage::keys();
    stage.policy(2, |text| {
        text.replace("needed = 1", "needed = 2")
            .replace("\"owner.pub\"", "\"owner.pub\", \"second.pub\"")
    });
    stage.ok("policy compile policy.toml");
    let show = "policy show demo.layout --owner owner.pub --owner second.pub";
    let ran = stage.run(show);
    ran.refused("0 of 2 needed owners signed the terms");
    ran.refused("hint: owners sign with `quorate policy sign LAYOUT --key OWNER.key`");
    stage.ok("policy sign demo.layout --key owner.key");
    stage.ok("policy sign demo.layout --key owner.key");
    stage.run(show).refused("1 of 2 needed owners signed");
    stage
        .run("policy show demo.layout --owner owner.pub")
        .refused("1 of 2 needed owners signed");
    stage.ok("policy sign demo.layout --key second.key");
    assert!(stage.ok(show).contains("signed by  2 of 2 owners"));
    let layout: Value = serde_json::from_slice(&stage.read("demo.layout")).unwrap();
    assert_eq!(layout["signatures"].as_array().unwrap().len(), 2);
}

#[test]
fn nothing_is_signed_when_one_of_the_two_documents_cannot_be() {
    let stage = Stage::keys();
    stage.policy(2, |text| text);
    stage.ok("policy compile policy.toml");
    let layout = stage.read("demo.layout");
    stage.write("demo.terms", "{}");
    stage
        .run("policy sign demo.layout --key owner.key")
        .refused("demo.terms: ");
    assert_eq!(stage.read("demo.layout"), layout);
}

#[test]
fn signing_needs_a_private_key_and_both_documents() {
    let stage = Stage::of(2);
    stage
        .run("policy sign demo.layout --key owner.pub")
        .unable("owner.pub: ");
    stage
        .run("policy sign demo.layout --key missing.key")
        .unable("missing.key: ");
    stage
        .run("policy sign missing.layout --key owner.key")
        .unable("missing.layout: ");
    std::fs::remove_file(stage.path("demo.terms")).unwrap();
    let ran = stage.run("policy sign demo.layout --key owner.key");
    ran.unable("demo.terms: ");
    ran.unable("hint: a policy is two files that stay together: NAME.layout and NAME.terms");
}

#[test]
fn a_policy_that_is_not_in_force_is_not_shown() {
    let stage = Stage::of(2);
    stage
        .run("policy show demo.layout --owner alice.pub")
        .refused("0 of 1 needed owners signed");
    let late = "policy show demo.layout --owner owner.pub --at 2999-01-01T00:00:00Z";
    stage
        .run(late)
        .refused("it expired at 2999-01-01T00:00:00Z");
    stage.ok("policy show demo.layout --owner owner.pub --at 2998-12-31T23:59:59Z");
}

#[test]
fn a_policy_shown_without_an_owner_says_that_nobody_was_trusted() {
    let ran = Stage::of(2).run("policy show demo.layout");
    assert_eq!(ran.code, 0);
    assert!(ran.stderr.contains("no --owner given"), "{}", ran.stderr);
}

#[test]
fn a_policy_shown_as_json_has_these_members() {
    let stage = Stage::of(2);
    let shown = stage.ok("policy show demo.layout --owner owner.pub --json");
    let json: Value = serde_json::from_str(&shown).unwrap();
    let members: Vec<_> = json
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        members,
        [
            "artifacts",
            "delivered",
            "diversity",
            "environment",
            "expires",
            "format",
            "laterParties",
            "name",
            "onDissent",
            "ownersGiven",
            "parties",
            "signedBy",
            "source",
            "steps",
            "threshold",
            "version"
        ]
    );
    assert_eq!(json["format"], "quorate-policy-summary/1");
    assert_eq!(
        (&json["threshold"], &json["parties"][2]["name"]),
        (&2.into(), &"carol".into())
    );
}

#[test]
fn a_hostile_pattern_cannot_write_to_the_terminal() {
    let stage = Stage::with(2, |text| {
        text.replace("\"*.deb\"", r#""*\u001b[2J\npolicy     other""#)
    });
    let shown = stage.ok("policy show demo.layout");
    assert!(
        !shown.contains('\u{1b}') && shown.lines().count() == 12,
        "{shown:?}"
    );
}

#[test]
fn a_new_policy_that_would_not_be_read_is_not_printed() {
    let stage = Stage::empty();
    let new = |more: &str| {
        stage.run(&format!(
            "policy new demo --owner o.pub --threshold 2 {more}"
        ))
    };
    new("--party alice --expires 2999-01-01T00:00:00Z")
        .unable("expected NAME=KEY, as in alpha=alpha.pub");
    new("--party a=a.pub --expires tomorrow").unable("tomorrow");
    new("--party a=a.pub").unable("--expires");
    let arguments = [
        "--party",
        "a=\u{7f}.pub",
        "--expires",
        "2999-01-01T00:00:00Z",
    ];
    let start = [
        "policy",
        "new",
        "demo",
        "--owner",
        "o.pub",
        "--threshold",
        "2",
    ];
    let ran = stage.run_with(start.iter().chain(&arguments));
    assert_eq!(ran.stdout, "");
    assert_ne!(ran.code, 0);
}

#[test]
fn keys_of_one_party_are_gathered_under_its_name() {
    let stage = Stage::keys();
    let text = stage.ok(
        "policy new demo --owner owner.pub --party one=alice.pub --party two=bob.pub --party one=carol.pub \
         --threshold 2 --expires 2999-01-01T00:00:00Z",
    );
    assert!(
        text.contains("keys = [\"alice.pub\", \"carol.pub\"]"),
        "{text}"
    );
    assert_eq!(text.matches("[[party]]").count(), 2);
    stage.write("policy.toml", text);
    let ran = stage.run("policy compile policy.toml");
    assert!(
        ran.stderr
            .contains("party one has 2 keys: quorate counts it once"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_signature_that_would_not_count_is_not_made() {
    let stage = Stage::of(2);
    let layout = stage.read("demo.layout");
    stage
        .run("policy sign demo.layout --key alice.key")
        .refused("does not name this key among its owners");
    assert_eq!(stage.read("demo.layout"), layout);
    stage.ok("policy sign demo.layout --key owner.key");
}

#[test]
fn a_signed_policy_is_not_written_over_by_another_of_its_name() {
    let stage = Stage::of(2);
    let (layout, terms) = (stage.read("demo.layout"), stage.read("demo.terms"));
    stage.policy(3, |text| text);
    let compile = "policy compile policy.toml --at 2020-01-01T00:00:00Z";
    let ran = stage.run(compile);
    ran.refused("demo.layout: a policy of this name and version, or a newer one, is signed and says something else");
    ran.refused("--force");
    assert_eq!(stage.read("demo.layout"), layout);
    assert_eq!(stage.read("demo.terms"), terms);
    stage.ok(&format!("{compile} --force"));
    assert_ne!(stage.read("demo.layout"), layout);
    // Nobody has signed it.
    stage.policy(2, |text| text);
    let ran = stage.run(compile);
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(
        ran.stderr.contains("wrote demo.layout, demo.terms\n"),
        "{ran:#?}"
    );
}

#[test]
fn what_an_owner_wrote_is_not_taken_for_what_it_signed() {
    let stage = Stage::of(2);
    for verb in ["show policy.toml", "sign policy.toml --key owner.key"] {
        let ran = stage.run(&format!("policy {verb}"));
        ran.unable("policy.toml: this is policy.toml");
        ran.unable("quorate policy compile");
    }
}

#[test]
fn a_bare_key_is_not_taken_for_allowed_signers() {
    let stage = Stage::keys();
    stage.policy(2, |text| {
        text + "\n[source]\nkind = \"git\"\nrepository = \"https://example.org/x.git\"\nallowed_signers = \"maria.pub\"\nrecipe = \"quorate.toml\"\n"
    });
    stage.write(
        "maria.pub",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGtq maria\n",
    );
    let ran = stage.run("policy compile policy.toml");
    ran.unable("maria.pub: this is a public key alone");
    ran.unable("maria@example.org namespaces=");
    stage.write("maria.pub", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n");
    stage
        .run("policy compile policy.toml")
        .unable("name it in `certificates` instead");
}

#[test]
fn a_key_s_file_may_have_any_name() {
    let stage = Stage::keys();
    // The accent is a character of its own, and the other names are syntax elsewhere.
    for name in [
        "e\u{301}.pub",
        "a\"b.pub",
        "back\\slash.pub",
        "tab\there.pub",
    ] {
        stage.write(name, stage.read("owner.pub"));
        let words = [
            "policy",
            "new",
            "demo",
            "--owner",
            name,
            "--party",
            "alice=alice.pub",
        ];
        let rest = ["--threshold", "1", "--expires", "2999-01-01T00:00:00Z"];
        let ran = stage.run_with(words.iter().chain(&rest));
        assert_eq!(ran.code, 0, "{ran:#?}");
        stage.write("policy.toml", ran.stdout);
        stage.ok("policy compile policy.toml");
    }
}
