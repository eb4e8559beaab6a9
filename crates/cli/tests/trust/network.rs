//! A repository on a server, which may fail, lie or lead elsewhere. What a server can do to one file is tested in `crates/http`.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::stage::{DEB, Ran};
use crate::town::{LATER, NOW, Town};

/// A server of the town's repository. It ends with this value.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(town: &Town, behaviour: &str, tls: Option<&Certificate>) -> Self {
        let mut command = Command::new("python3");
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trust/server.py"));
        command.arg(town.stage.path("repository")).arg(behaviour);
        if let Some(tls) = tls {
            command.arg(&tls.certificate).arg(&tls.key);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut port)
            .unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let address = format!("{scheme}://localhost:{}", port.trim());
        Self { child, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends when its input does; a server that hangs must not keep the test.
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A certificate for `localhost` that signs itself.
struct Certificate {
    certificate: PathBuf,
    key: PathBuf,
}

impl Certificate {
    fn made(town: &Town, name: &str) -> Self {
        let made = Self {
            certificate: town.stage.path(format!("{name}.crt")),
            key: town.stage.path(format!("{name}.pem")),
        };
        let mut command = Command::new("openssl");
        command.args(["req", "-x509", "-newkey", "ec", "-nodes", "-days", "36500"]);
        command.args(["-pkeyopt", "ec_paramgen_curve:P-256"]);
        command.args(["-subj", "/CN=localhost"]);
        command.args(["-addext", "subjectAltName=DNS:localhost"]);
        command.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
        command.arg("-keyout").arg(&made.key);
        command.arg("-out").arg(&made.certificate);
        let ran = command.output().unwrap();
        let told = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{told}");
        made
    }
}

fn run(town: &Town, words: &str, trusted: Option<&Certificate>) -> Ran {
    let mut program = town.stage.program();
    // A proxy of the host would be asked for this machine.
    for name in ["all_proxy", "https_proxy", "http_proxy"] {
        program.env_remove(name).env_remove(name.to_uppercase());
    }
    if let Some(trusted) = trusted {
        program.env("SSL_CERT_FILE", &trusted.certificate);
    }
    program.args(words.split(' '));
    Ran::of(program.output().unwrap())
}

fn pinned() -> Town {
    let town = Town::with_project();
    town.ok(&format!(
        "pin repository/metadata/1.root.json --store store --at {NOW}"
    ));
    town
}

fn update(place: &str, at: &str) -> String {
    format!("trust update {place} --store store --at {at}")
}

#[test]
fn trust_is_updated_over_http_and_a_policy_is_fetched_when_a_file_asks_for_it() {
    let town = pinned();
    let server = Server::start(&town, "good", None);
    let ran = run(&town, &update(&server.address, NOW), None);
    assert_eq!(ran.code, 0, "{ran:#?}");
    let verify = format!("verify {DEB} --evidence evidence --store store --at {NOW}");
    let ran = run(&town, &verify, None);
    assert_eq!(ran.code, 0, "{ran:#?}");
    // The address is remembered, and what was brought needs no server.
    let again = format!("trust update --store store --at {NOW}");
    assert_eq!(run(&town, &again, None).code, 0);
    drop(server);
    assert_eq!(run(&town, &verify, None).code, 0);
    run(&town, &again, None).unable("2.root.json");
}

#[test]
fn trust_is_updated_over_https_from_a_server_that_is_trusted_and_from_no_other() {
    let town = pinned();
    let (good, other) = (
        Certificate::made(&town, "good"),
        Certificate::made(&town, "other"),
    );
    let server = Server::start(&town, "good", Some(&good));
    let ran = run(&town, &update(&server.address, NOW), Some(&other));
    ran.unable("TLS is refused");
    assert!(!town.stage.exists("store/floor"));
    let ran = run(&town, &update(&server.address, NOW), Some(&good));
    assert_eq!(ran.code, 0, "{ran:#?}");
    // A good certificate of another name is none.
    let elsewhere = server.address.replace("localhost", "127.0.0.1");
    run(&town, &update(&elsewhere, NOW), Some(&good)).unable("TLS is refused");
}

#[test]
fn a_server_that_fails_at_the_next_root_cannot_hide_it() {
    let town = pinned();
    let server = Server::start(&town, "fails:/metadata/2.root.json", None);
    run(&town, &update(&server.address, NOW), None).unable("2.root.json: the server answers 500");
    assert!(!town.stage.exists("store/floor"));
}

#[test]
fn a_step_from_https_down_to_http_is_not_followed() {
    let town = pinned();
    let certificate = Certificate::made(&town, "good");
    let plain = Server::start(&town, "good", None);
    let leads = format!("leads:{}", plain.address);
    let server = Server::start(&town, &leads, Some(&certificate));
    let ran = run(&town, &update(&server.address, NOW), Some(&certificate));
    ran.unable("leads from https to http");
    // The other way round is an ordinary thing.
    let tls = Server::start(&town, "good", Some(&certificate));
    let server = Server::start(&town, &format!("leads:{}", tls.address), None);
    let ran = run(&town, &update(&server.address, NOW), Some(&certificate));
    assert_eq!(ran.code, 0, "{ran:#?}");
}

#[test]
fn a_frozen_server_is_noticed_when_its_timestamp_expires() {
    let town = pinned();
    let server = Server::start(&town, "good", None);
    let ran = run(&town, &update(&server.address, NOW), None);
    assert_eq!(ran.code, 0, "{ran:#?}");
    run(&town, &update(&server.address, LATER), None).refused("timestamp version 2 expired");
}

#[test]
fn an_address_with_a_password_is_not_kept() {
    let town = pinned();
    let address = update("https://user:word@localhost/", NOW);
    run(&town, &address, None).unable("it has a user or password");
    assert!(!town.stage.exists("store/repository"));
    assert!(fs::read_dir(town.stage.path("store")).is_ok());
}

#[test]
fn a_project_whose_name_is_escaped_is_served_by_any_web_server() {
    let town = pinned();
    town.change(
        "delegate",
        "demo++ --owner maria.pub --files demo++_*",
        &["targets-1", "targets-2", "bins", "maria"],
    );
    let server = Server::start(&town, "good", None);
    let words = format!("{} --project demo++", update(&server.address, NOW));
    // The role came, and has no policy yet; a server without its file would say so.
    run(&town, &words, None).unable("no role that may vouches for p/demo++/policy.layout");
}
