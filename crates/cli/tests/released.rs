//! `quorate source` on real repositories: tags signed with real git, ssh-keygen and gpg.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A repository with an SSH key of maria and an OpenPGP key of olga.
struct Project(TempDir);

impl Project {
    fn new() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.tool("ssh-keygen -q -t ed25519 -N  -f maria");
        let key = project.read("maria.pub");
        let words: Vec<&str> = key.split(' ').take(2).collect();
        let line = format!("maria@example.org namespaces=\"git\" {}\n", words.join(" "));
        project.write("allowed_signers", line.as_bytes());
        project.tool("git init -q -b main project");
        project.write("project/hello.c", b"int main(void) { return 0; }\n");
        project.write("project/run.sh", b"#!/bin/sh\n");
        std::os::unix::fs::symlink("hello.c", project.0.path().join("project/link")).unwrap();
        project.commit();
        project
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let folder = self.0.path();
        command.current_dir(folder).env_clear();
        command.envs(std::env::vars_os().filter(|(name, _)| name == "PATH"));
        command.envs([
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_AUTHOR_NAME", "Maria"),
            ("GIT_AUTHOR_EMAIL", "maria@example.org"),
            ("GIT_COMMITTER_NAME", "Maria"),
            ("GIT_COMMITTER_EMAIL", "maria@example.org"),
        ]);
        command.env("GNUPGHOME", folder.join("gnupg"));
        command
    }

    /// Words between single spaces; an empty one is an empty argument.
    fn tool(&self, line: &str) {
        let mut words = line.split(' ');
        let mut command = self.command(words.next().unwrap());
        let output = command.args(words).output().unwrap();
        assert!(output.status.success(), "{line}: {}", said(&output.stderr));
    }

    fn commit(&self) {
        self.tool("git -C project add -A");
        self.tool("git -C project commit -q -m change");
    }

    fn sign(&self, name: &str) {
        let key = self.0.path().join("maria");
        self.tool(&format!(
            "git -C project -c gpg.format=ssh -c user.signingkey={} tag -s {name} -m release",
            key.display()
        ));
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    fn quorate(&self, line: &str) -> (i32, String) {
        let mut command = self.command(env!("CARGO_BIN_EXE_quorate"));
        let output: Output = command.args(line.split(' ')).output().unwrap();
        let text = said(&output.stdout) + &said(&output.stderr);
        (output.status.code().unwrap(), text)
    }

    fn verify(&self, tag: &str) -> (i32, String) {
        self.quorate(&format!(
            "source verify project --tag {tag} --signers allowed_signers"
        ))
    }
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn refused(answer: (i32, String), why: &str) {
    assert_eq!(answer.0, 1, "{}", answer.1);
    assert!(
        answer.1.contains("REFUSED") && answer.1.contains(why),
        "{}",
        answer.1
    );
}

#[test]
fn a_tag_signed_by_a_listed_key_is_a_release_with_the_identity_of_its_tree() {
    let project = Project::new();
    project.sign("v1.0");
    let (code, text) = project.verify("v1.0");
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("SIGNED") && text.contains("maria@example.org"),
        "{text}"
    );
    assert!(text.contains("3 with 46 bytes"), "{text}");
    // The same from a bare clone, and without a work tree that somebody changed.
    project.tool("git clone -q --bare project bare");
    project.write("project/hello.c", b"changed");
    let identity = |text: &str| {
        let line = text.lines().find(|line| line.contains("identity")).unwrap();
        line.to_owned()
    };
    let bare = project.quorate("source verify bare --tag v1.0 --signers allowed_signers");
    assert_eq!(identity(&bare.1), identity(&text));
    assert_eq!(identity(&project.verify("v1.0").1), identity(&text));
}

#[test]
fn a_tag_signed_with_openpgp_is_a_release_at_a_time_at_which_its_key_holds() {
    let project = Project::new();
    fs::create_dir(project.0.path().join("gnupg")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(project.0.path().join("gnupg"), mode).unwrap();
    project
        .tool("gpg --batch --quiet --passphrase  --quick-gen-key olga@example.org ed25519 sign 2y");
    project.tool("gpg --batch --quiet --armor --output olga.asc --export olga@example.org");
    project.tool("git -C project -c user.signingkey=olga@example.org tag -s v2.0 -m release");
    let verify = "source verify project --tag v2.0 --signers olga.asc";
    let (code, text) = project.quorate(verify);
    assert_eq!(code, 0, "{text}");
    // Its main key signed, which is named once, with its owner's name for themselves.
    let line = text
        .lines()
        .find(|line| line.contains("signed by"))
        .unwrap();
    assert!(
        line.contains("OpenPGP") && line.ends_with(", olga@example.org") && !line.contains(" by O"),
        "{text}"
    );
    let words = line.split([' ', ',']).filter(|word| word.len() == 40);
    assert_eq!(words.count(), 1, "{text}");
    // Years later the key has expired: whoever judges must know when the tag was seen.
    let later = project.quorate(&format!("{verify} --at 2999-01-01T00:00:00Z"));
    refused(later, "OpenPGP");
    let earlier = project.quorate(&format!("{verify} --at 2000-01-01T00:00:00Z"));
    refused(earlier, "OpenPGP");
    // Signers of both kinds may stand side by side; a tag needs as many as are asked for.
    let both = format!("{verify} --signers allowed_signers");
    assert_eq!(project.quorate(&both).0, 0);
    refused(project.quorate(&format!("{both} --needed 2")), "2 signers");
    refused(project.verify("v2.0"), "OpenPGP");
    project.tool("gpgconf --kill gpg-agent");
}

#[test]
fn tags_that_are_no_releases_are_refused_by_their_reasons() {
    let project = Project::new();
    project.sign("v1.0");
    project.tool("git -C project tag light");
    project.tool("git -C project tag -a unsigned -m release");
    project.tool("git -C project update-ref refs/tags/renamed refs/tags/v1.0");
    let key = project.0.path().join("maria");
    project.tool(&format!(
        "git -C project -c gpg.format=ssh -c user.signingkey={} tag -s nested v1.0 -m nested",
        key.display()
    ));
    refused(project.verify("light"), "lightweight");
    refused(project.verify("unsigned"), "not signed");
    refused(project.verify("renamed"), "\"v1.0\"");
    refused(project.verify("nested"), "names a tag");
}

#[test]
fn a_key_that_is_not_listed_or_has_ended_signs_for_nobody() {
    let project = Project::new();
    project.sign("v1.0");
    let line = project.read("allowed_signers");
    project.tool("ssh-keygen -q -t ed25519 -N  -f other");
    let other = project.read("other.pub");
    let other: Vec<&str> = other.split(' ').take(2).collect();
    project.write(
        "others",
        format!("maria@example.org {}\n", other.join(" ")).as_bytes(),
    );
    refused(
        project.quorate("source verify project --tag v1.0 --signers others"),
        "SSH signature",
    );
    let ended = line.replace(
        "namespaces=\"git\"",
        "namespaces=\"git\",valid-before=\"20200101Z\"",
    );
    project.write("ended", ended.as_bytes());
    refused(
        project.quorate("source verify project --tag v1.0 --signers ended"),
        "SSH signature",
    );
    let files = line.replace("\"git\"", "\"file\"");
    project.write("files", files.as_bytes());
    refused(
        project.quorate("source verify project --tag v1.0 --signers files"),
        "SSH signature",
    );
}

#[test]
fn a_pointer_of_lfs_is_refused_and_attributes_are_not_applied() {
    let project = Project::new();
    project.write("project/.gitattributes", b"*.c ident\n*.bin filter=lfs\n");
    project.commit();
    project.sign("v1.0");
    let (code, text) = project.verify("v1.0");
    assert_eq!(code, 0, "{text}");
    assert!(text.contains(".gitattributes is not applied"), "{text}");
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12345\n",
        "ab".repeat(32)
    );
    project.write("project/big.bin", pointer.as_bytes());
    // No filter is installed here: the pointer itself is committed.
    project.write("project/.gitattributes", b"");
    project.commit();
    project.sign("v2.0");
    let (code, text) = project.verify("v2.0");
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("big.bin") && text.contains("LFS"), "{text}");
}

#[test]
fn a_tree_with_a_submodule_gets_its_identity_from_whoever_fetches_it() {
    let project = Project::new();
    project.tool("git -c protocol.file.allow=always clone -q project library");
    project
        .tool("git -C project -c protocol.file.allow=always submodule --quiet add ../library lib");
    project.commit();
    project.sign("v1.0");
    let (code, text) = project.verify("v1.0");
    assert_eq!(code, 0, "{text}");
    assert!(
        text.contains("lib is a submodule") && !text.contains("identity  "),
        "{text}"
    );
}

#[test]
fn show_judges_nothing_and_the_json_is_the_documented_one() {
    let project = Project::new();
    project.sign("v1.0");
    let (code, text) = project.quorate("source show project --tag v1.0");
    assert_eq!(code, 0);
    assert!(
        text.contains("NOT JUDGED") && text.contains("SSH, not checked"),
        "{text}"
    );
    let line = "source verify project --tag v1.0 --signers allowed_signers --json";
    let (code, text) = project.quorate(line);
    assert_eq!(code, 0, "{text}");
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["format"], "quorate-source/1");
    assert_eq!(answer["verdict"], "signed");
    assert_eq!(answer["source"]["files"], 3);
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/spec/git-tags.md");
    let page = fs::read_to_string(page).unwrap();
    for member in answer.as_object().unwrap().keys() {
        assert!(
            page.contains(&format!("| `{member}` |")),
            "{member} is not documented"
        );
    }
}

#[test]
fn what_cannot_be_judged_is_said_to_be_so() {
    let project = Project::new();
    project.sign("v1.0");
    for (line, why) in [
        (
            "source verify project --tag v9 --signers allowed_signers",
            "no tag",
        ),
        (
            "source verify project --tag ../v1.0 --signers allowed_signers",
            "tag's name",
        ),
        (
            "source verify nowhere --tag v1.0 --signers allowed_signers",
            "nowhere",
        ),
        ("source verify project --tag v1.0 --signers none", "none"),
        (
            "source verify project --tag v1.0 --signers project/hello.c",
            "hello.c",
        ),
        ("source verify project --tag v1.0", "--signers"),
        (
            "source verify project --tag v1.0 --signers allowed_signers --needed 0",
            "--needed",
        ),
    ] {
        let (code, text) = project.quorate(line);
        assert_eq!(code, 2, "{line}: {text}");
        assert!(text.contains(why), "{line}: {text}");
    }
}

#[test]
fn whoever_gives_something_else_is_told_what_it_is() {
    let project = Project::new();
    project.sign("v1.0");
    project.tool("git -C project tag light");
    project.write("empty", b"# nobody yet\n\n");
    project.write("pem", b"-----BEGIN PUBLIC KEY-----\n");
    project.write(
        "cert.pub",
        b"ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1l maria\n",
    );
    let verify = "source verify project --tag v1.0 --signers";
    for (file, why) in [
        ("maria.pub", "a public key alone"),
        ("cert.pub", "a certificate of SSH"),
        ("empty", "names nobody"),
        ("pem", "in PEM"),
    ] {
        let (code, text) = project.quorate(&format!("{verify} {file}"));
        assert_eq!(code, 2, "{file}: {text}");
        assert!(
            text.contains(why) && text.contains("maria@example.org namespaces="),
            "{file}: {text}"
        );
    }
    for (line, hint) in [
        (
            "source show https://example.org/hello.git --tag v1.0",
            "git clone --bare",
        ),
        (
            "source show project --tag 1.0",
            "there is a tag v1.0: --tag v1.0",
        ),
        (
            "source show project --tag refs/tags/v1.0",
            "there is a tag v1.0: --tag v1.0",
        ),
    ] {
        let (code, text) = project.quorate(line);
        assert_eq!(code, 2, "{line}: {text}");
        assert!(text.contains(hint), "{line}: {text}");
    }
    let (code, text) = project.quorate("source show project --tag light");
    assert!(code == 0 && text.contains("a lightweight tag"), "{text}");
}

#[test]
fn a_refusal_ends_with_what_to_do() {
    let project = Project::new();
    project.tool("git -C project tag light");
    let (code, text) = project.verify("light");
    assert_eq!(code, 1, "{text}");
    let last = text.lines().last().unwrap();
    assert!(
        last.starts_with("  → ") && last.contains("signed tag"),
        "{text}"
    );
}

#[test]
fn nothing_of_a_repository_runs() {
    let project = Project::new();
    project.sign("v1.0");
    let mark = project.0.path().join("ran");
    let script = format!("#!/bin/sh\ntouch {}\n", mark.display());
    project.write("script", script.as_bytes());
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(project.0.path().join("script"), mode).unwrap();
    let path = project.0.path().join("script");
    for setting in [
        "core.fsmonitor",
        "gpg.ssh.program",
        "core.sshCommand",
        "gpg.program",
    ] {
        project.tool(&format!(
            "git -C project config {setting} {}",
            path.display()
        ));
    }
    assert_eq!(project.verify("v1.0").0, 0);
    assert!(!mark.exists());
}
