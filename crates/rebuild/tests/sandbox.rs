//! What a build must not be able to do: one hostile package tries it all, inside the sandbox and, as a control, outside.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod lab;

use std::fs;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use lab::{Lab, outcome, processes, shared_cache};

/// Answers of the hostile script: inside the sandbox and outside.
struct Answers {
    inside: String,
    outside: String,
    outlived: Vec<i32>,
    outlived_outside: Vec<i32>,
}

/// `probe NAME yes` means that the attack worked. `@…@` is filled in by the test.
const ATTEMPT: &str = r#"
try() { name=$1; shift; if timeout 20 bash -c "$*" >/dev/null 2>&1; then echo "probe $name yes"; else echo "probe $name no"; fi; }
try network 'exec 3<>/dev/tcp/127.0.0.1/@PORT@'
try abstract-socket 'perl -MSocket -e "socket(S, PF_UNIX, SOCK_STREAM, 0); connect(S, pack(q(Sa*), PF_UNIX, qq(\0@SOCKET@))) or die"'
try host-file 'grep -q canary @CANARY@'
try other-build 'find / -name @OTHER@ 2>/dev/null | grep -q .'
try key 'grep -q PRIVATE @KEY@'
try key-in-environment 'cat /proc/[0-9]*/environ | grep -aq @KEYNAME@'
try key-in-handles 'ls -l /proc/[0-9]*/fd/ | grep -q @KEYNAME@'
try host-process 'cat /proc/[0-9]*/cmdline | grep -aq [b]ystander-@ID@'
try many-processes 'for i in {1..300}; do sleep 15 & done; [ $(jobs -r | wc -l) -ge 300 ]'
try much-memory 'perl -e "\$x = q(a) x 900_000_000; exit 0"'
try escape-by-namespace 'unshare --user --map-root-user --mount sh -c "mount -t tmpfs none /mnt && chroot /proc/1/root test -e @CANARY@"; test -e @CANARY@'
(setsid bash -c 'exec -a outlive-@ID@ sleep 3000' </dev/null >/dev/null 2>&1 &)
(setsid bash -c 'exec -a outlive-@ID@ sleep 3000' &)
env | sed 's/^/env /'
perl -e 'opendir(D, "/proc/self/fd"); print "handle ", readlink("/proc/self/fd/$_"), "\n" for grep { /\d/ } readdir D'
echo "user $(id -u) $(id -G) $(grep CapBnd /proc/self/status | tr -d '\t') $(grep NoNewPrivs /proc/self/status | tr -d '\t')"
echo "interfaces $(tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' \n')"
touch /usr/written 2>/dev/null && echo "probe root-write yes"
true
"#;

fn answers() -> &'static Answers {
    static ANSWERS: OnceLock<Answers> = OnceLock::new();
    ANSWERS.get_or_init(|| {
        let lab = Lab::new();
        let id = std::process::id().to_string();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = format!("quorate-{id}");
        let _socket =
            UnixListener::bind_addr(&SocketAddr::from_abstract_name(&socket).unwrap()).unwrap();
        fs::write(lab.path("canary"), "canary").unwrap();
        // The file of another build that runs at the same time, in the same cache.
        let other = format!("other-build-{id}");
        fs::create_dir_all(shared_cache().join("work/ffff")).unwrap();
        fs::write(shared_cache().join("work/ffff").join(&other), "canary").unwrap();
        let mut bystander = bystander(&id, &lab);
        let filled = ATTEMPT
            .replace("@PORT@", &listener.local_addr().unwrap().port().to_string())
            .replace("@SOCKET@", &socket)
            .replace("@CANARY@", &lab.path("canary").to_string_lossy())
            .replace("@OTHER@", &other)
            .replace("@KEY@", &lab.key().to_string_lossy())
            .replace("@KEYNAME@", "party-a[.]pem")
            .replace("@ID@", &id);
        lab.add("hostile", &filled);
        lab.publish();
        // In the same cache as the other build, and with its work folder beside it.
        let direct = lab.command_with_cache("hostile", &lab.sources(), &shared_cache());
        // Who starts us has left a folder and a file of the host open.
        let mut command = Command::new("bash");
        command.args(["-c", "exec 3</ 42</etc/passwd; exec \"$0\" \"$@\""]);
        command.arg(direct.get_program()).args(direct.get_args());
        command.stdin(Stdio::null());
        command.args(["--processes-max", "150", "--memory-bytes-max", "600000000"]);
        let run = outcome(&mut command);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let outlived = processes(&format!("outlive-{id}"));
        // `find /` of a whole host takes long; the control looks where the file is.
        let filled = filled.replace(
            "find / -name",
            &format!("find {} -name", shared_cache().display()),
        );
        fs::write(lab.path("attempt"), filled).unwrap();
        let mut control = Command::new("bash");
        let control = control_output(
            control
                .arg(lab.path("attempt"))
                .stdin(Stdio::null())
                .stderr(Stdio::null()),
        );
        let outlived_outside = processes(&format!("outlive-{id}"));
        for process in &outlived_outside {
            Command::new("kill")
                .args(["-9", &process.to_string()])
                .status()
                .unwrap();
        }
        bystander.kill().unwrap();
        bystander.wait().unwrap();
        fs::remove_dir_all(shared_cache().join("work/ffff")).unwrap();
        Answers {
            inside: lab.log(),
            outside: control,
            outlived,
            outlived_outside,
        }
    })
}

/// The control's output goes to a file: what outlives it would keep a pipe open.
fn control_output(command: &mut Command) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    command.stdout(file.reopen().unwrap()).status().unwrap();
    fs::read_to_string(file.path()).unwrap()
}

/// A process of the host with the key's name in its environment and the key open.
fn bystander(id: &str, lab: &Lab) -> Child {
    let mut command = Command::new("bash");
    command
        .arg("-c")
        .arg(format!("exec -a bystander-{id} sleep 3000"))
        .env("KEY", lab.key());
    command
        .stdin(fs::File::open(lab.key()).unwrap())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// The attack works on the open host and not in the sandbox.
fn only_outside(probe: &str) {
    let answers = answers();
    assert!(
        answers.outside.contains(&format!("probe {probe} yes")),
        "the control must work: {}",
        answers.outside
    );
    assert!(
        answers.inside.contains(&format!("probe {probe} no")),
        "{}",
        answers.inside
    );
}

#[test]
fn a_build_has_no_network() {
    only_outside("network");
    assert!(
        answers().inside.contains("interfaces lo\n"),
        "{}",
        answers().inside
    );
}

#[test]
fn a_build_reaches_no_socket_of_the_host() {
    only_outside("abstract-socket");
}

#[test]
fn a_build_sees_no_file_of_the_host() {
    only_outside("host-file");
    only_outside("escape-by-namespace");
}

#[test]
fn a_build_sees_no_file_of_another_build() {
    only_outside("other-build");
}

#[test]
fn a_build_cannot_read_the_signing_key() {
    only_outside("key");
    only_outside("key-in-environment");
    only_outside("key-in-handles");
    assert!(!answers().inside.contains("BEGIN PRIVATE KEY"));
}

#[test]
fn a_build_inherits_no_file_handle() {
    let handles: Vec<&str> = answers()
        .inside
        .lines()
        .filter_map(|line| line.strip_prefix("handle "))
        .collect();
    let known = |target: &&&str| {
        target.starts_with("pipe:") || **target == "/dev/null" || target.starts_with("/proc/")
    };
    assert!(
        handles.len() >= 3 && handles.iter().filter(known).count() == handles.len(),
        "{handles:?}"
    );
}

#[test]
fn a_build_sees_no_process_of_the_host() {
    only_outside("host-process");
}

#[test]
fn a_build_has_no_rights_and_cannot_write_to_its_root() {
    let inside = &answers().inside;
    assert!(
        inside.contains("user 59999 59999 CapBnd:0000000000000000 NoNewPrivs:1"),
        "{inside}"
    );
    assert!(!inside.contains("probe root-write yes"));
}

#[test]
fn nothing_of_a_build_outlives_it() {
    assert_eq!(answers().outlived_outside.len(), 2, "the control must work");
    assert_eq!(answers().outlived, Vec::<i32>::new());
}

#[test]
fn a_fork_bomb_stays_within_its_limit() {
    only_outside("many-processes");
}

#[test]
fn a_process_cannot_take_more_memory_than_its_limit() {
    only_outside("much-memory");
}

#[test]
fn the_environment_of_a_build_is_exactly_the_stated_one() {
    let names = |text: &str| {
        let lines = text.lines().filter_map(|line| {
            line.strip_prefix("env ")?
                .split_once('=')
                .map(|(name, _)| name.to_owned())
        });
        lines.collect::<std::collections::BTreeSet<_>>()
    };
    let found = names(&answers().inside);
    for name in [
        "DEB_BUILD_OPTIONS",
        "HOME",
        "LANG",
        "LC_ALL",
        "LOGNAME",
        "PATH",
        "SOURCE_DATE_EPOCH",
        "TZ",
        "USER",
    ] {
        assert!(found.contains(name), "{name} in {found:?}");
    }
    // Nothing of the caller's: dpkg-buildpackage and make add only their own.
    let foreign = found
        .iter()
        .filter(|name| name.starts_with("CARGO") || name.starts_with("RUST") || *name == "KEY");
    assert_eq!(foreign.count(), 0, "{found:?}");
}
