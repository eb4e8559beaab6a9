//! Releases: what the signers signed is one, and nothing else is, whatever git says.

use std::num::NonZeroUsize;

use quorate::limits::Limits;
use quorate::source::git::{
    NoOpenPgp, ObjectFormat, ObjectId, ObjectKind, OpenPgpVerifier, Release, SignedTag, TagRefusal,
    TagSigners, object_id,
};
use quorate::source::ssh::SshRefusal;
use quorate::time::Timestamp;

use super::objects::{id, object, repository};
use super::workshop::Workshop;
use super::{Says, now, ssh_signers};

const PGP: &str = "-----BEGIN PGP SIGNATURE-----\n\nAAAA\n=AAAA\n-----END PGP SIGNATURE-----\n";

/// A repository, a signer's key, and a list that allows the key.
struct Project {
    shop: Workshop,
    format: ObjectFormat,
    allowed: String,
    commit: Vec<u8>,
}

impl Project {
    fn new() -> Self {
        Self::of(ObjectFormat::Sha1, "sha1")
    }

    fn of(format: ObjectFormat, name: &str) -> Self {
        let shop = repository(name);
        let key = shop.ssh_key("signer", &["ed25519"]);
        let allowed = format!("signer@example.org namespaces=\"git\" {key}\n");
        shop.write("allowed", &allowed);
        let commit = object(&shop, "commit", "HEAD");
        Self {
            shop,
            format,
            allowed,
            commit,
        }
    }

    fn git(&self, args: &[&str]) -> std::process::Output {
        let signing = format!("user.signingKey={}", self.shop.path("signer").display());
        let allowed = format!(
            "gpg.ssh.allowedSignersFile={}",
            self.shop.path("allowed").display()
        );
        let config = ["-c", "gpg.format=ssh", "-c", &signing, "-c", &allowed];
        self.shop.start("r", "git", &[&config, args].concat(), b"")
    }

    /// Has git sign a tag of HEAD.
    fn git_tag(&self, name: &str) -> Vec<u8> {
        assert!(
            self.git(&["tag", "-s", "-m", "Release", name])
                .status
                .success()
        );
        object(&self.shop, "tag", name)
    }

    /// The text of an unsigned tag.
    fn text(&self, kind: &str, target: &ObjectId, name: &str) -> String {
        format!(
            "object {target}\ntype {kind}\ntag {name}\ntagger A <a@b> 1700000000 +0000\n\nRelease\n"
        )
    }

    fn text_of_head(&self, name: &str) -> String {
        self.text("commit", &id(&self.shop, "HEAD"), name)
    }

    /// Signs as git does, whatever the text says.
    fn sign(&self, key: &str, text: &str) -> Vec<u8> {
        let signature = self.shop.ssh_sign(key, "git", text.as_bytes(), &[]);
        [text.as_bytes(), &signature].concat()
    }

    fn id_of(&self, tag: &[u8]) -> ObjectId {
        object_id(self.format, ObjectKind::Tag, tag).expect("an id")
    }

    fn judge(&self, tag: &[u8], name: &str) -> Result<Release, TagRefusal> {
        self.judge_by(tag, name, &ssh_signers(&self.allowed), &NoOpenPgp)
    }

    fn judge_by(
        &self,
        tag: &[u8],
        name: &str,
        signers: &TagSigners,
        openpgp: &dyn OpenPgpVerifier,
    ) -> Result<Release, TagRefusal> {
        let signed = SignedTag {
            tag,
            commit: &self.commit,
            id: self.id_of(tag),
            name,
        };
        signed.release(signers, openpgp, now(), &Limits::STANDARD)
    }
}

#[test]
fn a_tag_that_git_signed_is_a_release_in_both_formats() {
    for (format, name) in [
        (ObjectFormat::Sha1, "sha1"),
        (ObjectFormat::Sha256, "sha256"),
    ] {
        let project = Project::of(format, name);
        let tag = project.git_tag("v2");
        let release = project.judge(&tag, "v2").expect("a release");
        assert_eq!(release.tag(), id(&project.shop, "v2"));
        assert_eq!(release.commit(), id(&project.shop, "HEAD"));
        assert_eq!(release.tree(), id(&project.shop, "HEAD^{tree}"));
        assert_eq!((release.name(), release.signers().len()), ("v2", 1));
        let signer = release.signers()[0].to_string();
        assert!(
            signer.starts_with("signer@example.org by SHA256:"),
            "{signer}"
        );
    }
}

/// A release's old tag under the ref of a new one, as whoever serves the repository can arrange.
#[test]
fn the_right_tag_object_under_another_name_is_refused_although_git_accepts_it() {
    let project = Project::new();
    let tag = project.git_tag("v2");
    project.shop.run(
        "r",
        "git",
        &[
            "update-ref",
            "refs/tags/v3",
            &id(&project.shop, "v2").to_string(),
        ],
    );
    assert!(project.git(&["verify-tag", "v3"]).status.success(), "git");
    let refusal = project.judge(&tag, "v3").expect_err("another name");
    let (asked, stated) = ("v3".to_owned(), "v2".to_owned());
    assert_eq!(refusal, TagRefusal::Name { asked, stated });
}

/// A key that expired signs today and writes an old date.
#[test]
fn an_expired_key_with_a_backdated_tag_is_refused_although_git_accepts_it() {
    let project = Project::new();
    let until = "signer@example.org namespaces=\"git\",valid-before=\"20231231Z\" ";
    let allowed = project
        .allowed
        .replace("signer@example.org namespaces=\"git\" ", until);
    project.shop.write("allowed", &allowed);
    // The workshop's tagger date is in November 2023.
    let tag = project.git_tag("v2");
    assert!(project.git(&["verify-tag", "v2"]).status.success(), "git");
    let refusal = project.judge_by(&tag, "v2", &ssh_signers(&allowed), &NoOpenPgp);
    let Err(TagRefusal::Ssh(SshRefusal::NoLongerValid { line: 1, until })) = refusal else {
        panic!("{refusal:?}")
    };
    assert_eq!(until.to_string(), "2023-12-31T00:00:00Z");
    // Seen at a time when the key was valid, the same tag counts.
    let signed = SignedTag {
        tag: &tag,
        commit: &project.commit,
        id: project.id_of(&tag),
        name: "v2",
    };
    let then = Timestamp::parse("2023-12-01T00:00:00Z").unwrap();
    let limits = &Limits::STANDARD;
    assert!(
        signed
            .release(&ssh_signers(&allowed), &NoOpenPgp, then, limits)
            .is_ok()
    );
}

#[test]
fn a_lightweight_tag_is_refused() {
    let project = Project::new();
    let commit = id(&project.shop, "HEAD");
    let signed = SignedTag {
        tag: &project.commit,
        commit: &project.commit,
        id: commit,
        name: "v1",
    };
    let signers = ssh_signers(&project.allowed);
    let refusal = signed.release(&signers, &NoOpenPgp, now(), &Limits::STANDARD);
    assert_eq!(refusal, Err(TagRefusal::Lightweight));
    let tree = object(&project.shop, "tree", "HEAD^{tree}");
    let signed = SignedTag {
        tag: &tree,
        id: id(&project.shop, "HEAD^{tree}"),
        ..signed
    };
    let refusal = signed.release(&signers, &NoOpenPgp, now(), &Limits::STANDARD);
    assert_eq!(refusal, Err(TagRefusal::NoTag(ObjectKind::Tree)));
}

#[test]
fn a_tag_with_another_id_than_the_ref_is_refused() {
    let project = Project::new();
    let tag = project.git_tag("v2");
    let id = project.id_of(&project.sign("signer", &project.text_of_head("v2")));
    let signed = SignedTag {
        tag: &tag,
        commit: &project.commit,
        id,
        name: "v2",
    };
    let refusal = signed.release(
        &ssh_signers(&project.allowed),
        &NoOpenPgp,
        now(),
        &Limits::STANDARD,
    );
    assert_eq!(refusal, Err(TagRefusal::OtherBytes(id)));
}

#[test]
fn an_unsigned_tag_is_refused() {
    let project = Project::new();
    let tag = object(&project.shop, "tag", "v1");
    assert_eq!(project.judge(&tag, "v1"), Err(TagRefusal::Unsigned));
}

#[test]
fn a_tag_by_an_unlisted_key_is_refused() {
    let project = Project::new();
    project.shop.ssh_key("stranger", &["ed25519"]);
    let tag = project.sign("stranger", &project.text_of_head("v2"));
    let refusal = project.judge(&tag, "v2").expect_err("a stranger");
    assert!(
        matches!(refusal, TagRefusal::Ssh(SshRefusal::Unlisted { .. })),
        "{refusal}"
    );
}

#[test]
fn a_nested_tag_is_refused_and_so_is_a_tag_of_a_tree() {
    let project = Project::new();
    for (kind, revision, found) in [
        ("tag", "v1", ObjectKind::Tag),
        ("tree", "HEAD^{tree}", ObjectKind::Tree),
        ("blob", "HEAD:README.md", ObjectKind::Blob),
    ] {
        let text = project.text(kind, &id(&project.shop, revision), "v2");
        let tag = project.sign("signer", &text);
        assert_eq!(project.judge(&tag, "v2"), Err(TagRefusal::Kind(found)));
    }
}

/// The type in a tag is a claim: a tag object is hashed as what it is said to be.
#[test]
fn a_tag_whose_object_is_another_commit_is_refused() {
    let project = Project::new();
    for revision in ["HEAD~1", "v1"] {
        let text = project.text("commit", &id(&project.shop, revision), "v2");
        let tag = project.sign("signer", &text);
        let refusal = project.judge(&tag, "v2").expect_err("another commit");
        assert!(
            matches!(refusal, TagRefusal::OtherCommit { .. }),
            "{refusal}"
        );
    }
}

#[test]
fn a_changed_tag_is_refused() {
    let project = Project::new();
    let tag = project.git_tag("v2");
    let text = String::from_utf8(tag).expect("text");
    for (from, to) in [
        ("Release", "Rebase"),
        ("1700000000", "1700000001"),
        ("A. U. Thor", "B. U. Thor"),
    ] {
        let changed = text.replacen(from, to, 1);
        let refusal = project.judge(changed.as_bytes(), "v2").expect_err(from);
        assert!(
            matches!(refusal, TagRefusal::Ssh(SshRefusal::BadSignature { .. })),
            "{refusal}"
        );
    }
}

#[test]
fn a_signature_for_another_namespace_is_refused() {
    let project = Project::new();
    let text = project.text_of_head("v2");
    let signature = project
        .shop
        .ssh_sign("signer", "file", text.as_bytes(), &[]);
    let tag = [text.as_bytes(), &signature].concat();
    let refusal = project.judge(&tag, "v2").expect_err("another namespace");
    assert!(
        matches!(refusal, TagRefusal::Ssh(SshRefusal::OtherNamespace { .. })),
        "{refusal}"
    );
}

#[test]
fn a_signed_tag_of_a_malformed_commit_is_refused() {
    let mut project = Project::new();
    project.commit = b"tree x\n".to_vec();
    let commit = object_id(project.format, ObjectKind::Commit, &project.commit).unwrap();
    let tag = project.sign("signer", &project.text("commit", &commit, "v2"));
    assert!(matches!(
        project.judge(&tag, "v2"),
        Err(TagRefusal::Commit(_))
    ));
}

#[test]
fn kinds_of_keys_that_are_not_named_sign_for_nobody() {
    let project = Project::new();
    let ssh = project.git_tag("v2");
    let mut signers = ssh_signers(&project.allowed);
    let openpgp = Says::signed_by(&[("aa", "bb")]);
    let pgp = format!("{}{PGP}", project.text_of_head("v2"));
    let refusal = project.judge_by(pgp.as_bytes(), "v2", &signers, &openpgp);
    assert_eq!(refusal, Err(TagRefusal::NoOpenPgpSigners));
    signers.ssh = None;
    assert_eq!(
        project.judge_by(&ssh, "v2", &signers, &openpgp),
        Err(TagRefusal::NoSshSigners)
    );
}

#[test]
fn a_pgp_message_is_no_signature() {
    let project = Project::new();
    let mut signers = ssh_signers(&project.allowed);
    signers.openpgp = vec![b"a certificate".to_vec()];
    let tag = format!(
        "{}{}",
        project.text_of_head("v2"),
        PGP.replace("SIGNATURE", "MESSAGE")
    );
    let openpgp = Says::signed_by(&[("aa", "bb")]);
    let refusal = project.judge_by(tag.as_bytes(), "v2", &signers, &openpgp);
    assert_eq!(refusal, Err(TagRefusal::OpenPgpMessage));
}

#[test]
fn signers_are_counted_by_certificate_and_one_ssh_signature_is_one_signer() {
    let project = Project::new();
    let mut signers = ssh_signers(&project.allowed);
    signers.needed = NonZeroUsize::new(2).unwrap();
    signers.openpgp = vec![b"certificates".to_vec()];
    let tag = format!("{}{PGP}", project.text_of_head("v2"));
    let judge = |found: &[(&str, &str)]| {
        project.judge_by(tag.as_bytes(), "v2", &signers, &Says::signed_by(found))
    };
    let two = judge(&[("aa", "a1"), ("bb", "b1")]).expect("two signers");
    assert_eq!(two.signers().len(), 2);
    for too_few in [
        &[][..],
        &[("aa", "a1")],
        &[("aa", "a1"), ("aa", "a2")],
        &[("aa", "a1"), ("AA", "a1")],
    ] {
        assert!(
            matches!(judge(too_few), Err(TagRefusal::TooFew { needed: 2, .. })),
            "{too_few:?}"
        );
    }
    let ssh = project.git_tag("v2");
    let refusal = project
        .judge_by(&ssh, "v2", &signers, &NoOpenPgp)
        .expect_err("one signer");
    let said = refusal.to_string();
    assert!(
        said.starts_with("the tag needs 2 signers and has 1: signer@example.org by SHA256:"),
        "{said}"
    );
}

#[test]
fn objects_beyond_the_limit_are_refused_before_they_are_read() {
    let project = Project::new();
    let limits = Limits {
        git_object_bytes_max: 1_000,
        ..Limits::STANDARD
    };
    let large = vec![b'x'; 1_001];
    let signers = ssh_signers(&project.allowed);
    let id = ObjectId::parse(&"0".repeat(40)).unwrap();
    for (tag, commit) in [(&large[..], &b""[..]), (b"", &large)] {
        let signed = SignedTag {
            tag,
            commit,
            id,
            name: "v1",
        };
        let refusal = signed.release(&signers, &NoOpenPgp, now(), &limits);
        assert_eq!(refusal, Err(TagRefusal::TooLarge(1_000)));
    }
}
