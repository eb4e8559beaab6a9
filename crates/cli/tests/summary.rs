//! `quorate policy show`: an owner sees everything that it signs.

mod stage;

use serde_json::{Value, json};
use stage::Stage;

const SIGNERS: &str = "# who releases\nmaria@example.org namespaces=\"git\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGtql7bOAQzJXeYXYCkzW8dWvDMoYSmmA1BNd5UHJPeT\n";

/// A signed policy with everything that `policy.toml` can say of a git source, later steps and members.
fn full() -> Stage {
    let stage = Stage::keys();
    stage.write("allowed_signers", SIGNERS);
    stage.policy(2, |text| {
        text + r#"
[[party]]
name = "packager"
keys = ["machine.pub"]
rebuilds = false

[source]
kind = "git"
repository = "https://example.org/hello.git"
tags = "v*"
allowed_signers = "allowed_signers"
recipe = "quorate.toml"
moved_tag = "report"

[[step]]
name = "localise"
parties = ["alice", "bob"]
threshold = 2
uses = ["rebuild"]
may_add = ["locale/*.mo"]

[[step]]
name = "package"
parties = ["packager"]
threshold = 1
uses = ["localise"]
requires = ["bin/hello"]
makes = ["hello_*.deb"]

[delivered]
compare = "members"
format = "deb"
links = { "usr/bin/hi" = "hello" }

[[delivered.member]]
pattern = "data/*"
from = "localise"
strip = "data/usr/"
modes = ["755"]
"#
    });
    stage.ok("policy compile policy.toml --at 2020-01-01T00:00:00Z");
    stage.ok("policy sign demo.layout --key owner.key");
    stage
}

#[test]
fn an_owner_sees_all_that_it_signs() {
    let shown = full().ok("policy show demo.layout --owner owner.pub");
    let (_, rest) = shown.split_once("signed by").unwrap();
    let key = SIGNERS.lines().nth(1).unwrap();
    let expected = format!(
        "  1 of 1 owners
party      alice: c991cc9d63020f3e
party      bob: b9b0b28974769f3f
party      carol: 88b1d0d8d074851a
later      packager: {}
source     signed tags of a git repository
  in       https://example.org/hello.git
  tags     v*
  needed   1 of these signers
  signer   # who releases
  signer   {key}
  recipe   quorate.toml in the repository
  moved    a moved tag is reported
step       localise: 2 of 2 parties: alice, bob
  uses     rebuild
  may add  locale/*.mo
step       package: 1 of 1 parties: packager
  uses     localise
  makes    hello_*.deb
  requires bin/hello
delivered  a deb, member by member
  member   data/* of step localise, without \"data/usr/\" in front, mode 755
  link     usr/bin/hi -> hello
",
        shown
            .split("packager: ")
            .nth(1)
            .and_then(|rest| rest.get(..16))
            .unwrap()
    );
    assert_eq!(rest, expected);
}

#[test]
fn a_program_sees_all_that_an_owner_signs() {
    let shown = full().ok("policy show demo.layout --owner owner.pub --json");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["laterParties"][0]["name"], "packager");
    assert_eq!(
        (&shown["signedBy"], &shown["ownersGiven"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        shown["source"],
        json!({"kind": "git", "repository": "https://example.org/hello.git", "tags": "v*", "needed": 1,
            "allowedSigners": SIGNERS, "certificates": [], "recipe": {"path": "quorate.toml"}, "movedTag": "report"})
    );
    assert_eq!(
        shown["steps"][0],
        json!({"name": "localise", "parties": ["alice", "bob"], "threshold": 2, "uses": ["rebuild"],
            "mayAdd": ["locale/*.mo"], "makes": [], "requires": []})
    );
    assert_eq!(
        (&shown["steps"][1]["makes"], &shown["steps"][1]["requires"]),
        (&json!(["hello_*.deb"]), &json!(["bin/hello"]))
    );
    assert_eq!(
        shown["delivered"],
        json!({"compare": "members", "format": "deb",
            "rules": [{"pattern": "data/*", "from": "localise", "strip": "data/usr/", "modes": ["755"]}],
            "links": [{"name": "usr/bin/hi", "target": "hello"}]})
    );
}

#[test]
fn a_comparison_without_the_signature_is_shown() {
    let stage = Stage::with(2, |text| {
        text + "\n[delivered]\ncompare = \"signature-only\"\nformat = \"debsigs\"\n"
    });
    let shown = stage.ok("policy show demo.layout --owner owner.pub");
    assert!(
        shown.ends_with("delivered  the same but for its debsigs signature\n"),
        "{shown}"
    );
}

#[test]
fn what_parties_declare_and_must_not_have_in_common_is_shown() {
    let stage = Stage::with(2, |text| {
        let text = text.replace(
            "name = \"alice\"",
            "name = \"alice\"\nprincipal = \"acme\"\nhosting = \"self\"\ncountry = \"DE\"\ntoolchain = \"debian\"\nvalid_until = \"2030-01-01T00:00:00Z\"",
        );
        text + "\n[[diversity]]\nby = \"hosting\"\nat_least = 2\nvotes_at_most = 1\n"
    });
    let shown = stage.ok("policy show demo.layout --owner owner.pub");
    for line in [
        "diversity  by hosting: at least 2 different, at most 1 votes for one\n",
        "  declares principal acme, hosting self, country DE, toolchain debian\n",
        "  until    2030-01-01T00:00:00Z\n",
    ] {
        assert!(shown.contains(line), "{shown}");
    }
    let json = stage.ok("policy show demo.layout --owner owner.pub --json");
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        json["diversity"],
        json!([{"by": "hosting", "atLeast": 2, "votesAtMost": 1}])
    );
    let alice = &json["parties"][0];
    assert_eq!(alice["declared"]["domain"]["country"], "DE");
    assert_eq!(alice["validUntil"], "2030-01-01T00:00:00Z");
}
