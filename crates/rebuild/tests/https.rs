//! A tag that is fetched over https, from a server on this machine whose certificate is trusted in a mount namespace alone.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod lab;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use lab::repository::{Repository, git_source, recipe};
use lab::{Lab, Outcome, PROGRAM, is_root, outcome, succeed};

/// Where git looks for the authorities that it trusts.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// A server of the laboratory's repositories. It ends with this value.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(lab: &Lab) -> Self {
        let (certificate, key) = (lab.path("server.crt"), lab.path("server.key"));
        let mut command = Command::new("openssl");
        command.args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "36500",
        ]);
        command.args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-keyout",
        ]);
        succeed(command.arg(&key).arg("-out").arg(&certificate));
        let mut command = Command::new("python3");
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/https.py"));
        command.arg(lab.path("")).arg(&certificate).arg(&key);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = line.trim().parse().unwrap();
        Self { child, port }
    }

    fn address(&self, name: &str) -> String {
        format!("https://localhost:{}/{name}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Rebuilds with the server's certificate among the trusted ones, or without.
fn rebuild(lab: &Lab, address: &str, tag: &str, trusted: &str) -> Outcome {
    let mut command = Command::new("unshare");
    if !is_root() {
        command.args(["--user", "--map-auto", "--map-root-user"]);
    }
    let mount = format!("mount --bind {trusted} {AUTHORITIES} && exec \"$@\"");
    command.args(["--mount", "sh", "-c", &mount, "sh", PROGRAM]);
    lab.git_arguments(&mut command, address, tag);
    lab.with_small_root(&mut command);
    // A proxy of the host would be asked for this machine.
    command.env_remove("https_proxy").env_remove("HTTPS_PROXY");
    outcome(&mut command)
}

/// A repository with a submodule at `url`, and with `file` in the outputs.
fn project(lab: &Lab, url: &str) -> Repository {
    let repository = lab.repository("project", "sha1");
    repository.write("build.sh", "mkdir out && cat sub/word > out/word");
    repository.write("quorate.toml", &recipe());
    let inner = lab.repository("inner", "sha1");
    inner.write("word", "inner\n");
    inner.commit();
    repository.add_submodule("../inner", "sub");
    repository.write(
        ".gitmodules",
        &format!("[submodule \"sub\"]\n\tpath = sub\n\turl = {url}\n"),
    );
    repository.commit();
    repository.tag("v1");
    repository
}

#[test]
fn a_tag_and_its_submodule_are_fetched_over_https_from_a_trusted_server() {
    let lab = Lab::new();
    let repository = project(&lab, "../inner");
    let server = Server::start(&lab);
    let address = server.address("project");
    let trusted = lab.path("server.crt").to_string_lossy().into_owned();
    let run = rebuild(&lab, &address, "v1", &trusted);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let rebuild_of_tag = lab.rebuild_in(&lab.out());
    let source = git_source(&rebuild_of_tag);
    assert_eq!(source.repository, address);
    assert_eq!(
        source.tag_id.to_string(),
        repository.git(&["rev-parse", "v1"])
    );
    assert_eq!(source.submodules[0].repository, server.address("inner"));
    // The control: the same server with a certificate that nobody trusts.
    std::fs::remove_dir_all(lab.out()).unwrap();
    let run = rebuild(&lab, &address, "v1", AUTHORITIES);
    assert_eq!(run.error(), "fetch", "{}", run.stderr);
    assert!(run.stderr.contains("certificate"), "{}", run.stderr);
    let plain = address.replace("https:", "http:");
    let run = rebuild(&lab, &plain, "v1", &trusted);
    assert_eq!(run.error(), "argument", "{}", run.stderr);
    assert!(!lab.has_statement());
}

#[test]
fn a_repository_over_https_names_no_folder_of_this_machine_as_submodule() {
    let lab = Lab::new();
    let inner = lab.path("inner").to_string_lossy().into_owned();
    project(&lab, &inner);
    let server = Server::start(&lab);
    let trusted = lab.path("server.crt").to_string_lossy().into_owned();
    let run = rebuild(&lab, &server.address("project"), "v1", &trusted);
    assert_eq!(run.error(), "source-refused", "{}", run.stderr);
    assert!(run.stderr.contains("folder of this host"), "{}", run.stderr);
    assert!(!lab.has_statement());
}
