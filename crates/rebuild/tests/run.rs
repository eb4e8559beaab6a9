//! Whole runs: what they publish, and what is left when they end early.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod lab;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use lab::somebody::Somebody;
use lab::{Lab, is_root, outcome, outcome_of, processes, succeed, wait_until};
use quorate::attest::rebuild::Rebuild;
use quorate::digest::Digests;
use quorate::envelope::Envelope;
use quorate::key::SigningKey;
use quorate::limits::Limits;

/// A laboratory with a package that builds, and one whose build waits until it is ended.
fn laboratory(marker: &str) -> Lab {
    let lab = Lab::new();
    lab.add("plain", "true");
    lab.add("patient", &format!("exec -a {marker} sleep 5000"));
    lab.publish();
    warm(&lab);
    lab
}

/// Makes the shared root once, so that copies of the cache have it.
fn warm(lab: &Lab) {
    static WARM: OnceLock<()> = OnceLock::new();
    WARM.get_or_init(|| {
        let run = outcome(&mut lab.command("plain", &lab.sources()));
        assert_eq!(run.code, 0, "{}", run.stderr);
        fs::remove_dir_all(lab.out()).unwrap();
    });
}

/// A run of the package that waits, stopped at the moment at which its build runs.
struct Waiting {
    lab: Lab,
    cache: PathBuf,
    front: Child,
    marker: String,
    invocation: String,
}

fn waiting(name: &str) -> Waiting {
    let marker = format!("patient-{name}-{}", std::process::id());
    let lab = laboratory(&marker);
    let cache = lab.private_cache();
    let mut command = lab.command_with_cache("patient", &lab.sources(), &cache);
    let front = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_until("the build runs", || !processes(&marker).is_empty());
    let invocation = left_in(&cache.join("work"))
        .into_iter()
        .find(|name| name.len() == 32)
        .unwrap();
    Waiting {
        lab,
        cache,
        front,
        marker,
        invocation,
    }
}

/// Groups of the kernel that count the processes of this run.
fn groups(invocation: &str) -> usize {
    let folders = ["", "memory", "pids"].map(|part| Path::new("/sys/fs/cgroup").join(part));
    folders
        .iter()
        .filter(|folder| folder.join(format!("quorate-{invocation}")).exists())
        .count()
}

fn kill(signal: &str, process: u32) {
    succeed(Command::new("kill").args([signal, &process.to_string()]));
}

/// No process, no mount, no work folder, no statement; and the next run works.
fn assert_nothing_left(lab: &Lab, cache: &Path, marker: &str) {
    wait_until("the build is gone", || processes(marker).is_empty());
    let run = outcome(&mut lab.command_with_cache("plain", &lab.sources(), cache));
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(left_in(&cache.join("work")), ["gate"]);
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(!mounts.contains(&*cache.to_string_lossy()), "{mounts}");
}

fn left_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn an_interrupted_run_leaves_nothing_and_the_next_one_works() {
    for signal in ["-INT", "-TERM"] {
        let Waiting {
            lab,
            cache,
            front,
            marker,
            invocation,
        } = waiting(signal);
        kill(signal, front.id());
        let run = outcome_of(&front.wait_with_output().unwrap());
        assert_eq!(
            (run.code, run.error()),
            (2, "interrupted"),
            "{}",
            run.stderr
        );
        assert!(!lab.has_statement());
        assert_eq!(processes(&marker), Vec::<i32>::new());
        assert_eq!(left_in(&cache.join("work")), ["gate"]);
        if signal == "-TERM" {
            assert_nothing_left(&lab, &cache, &marker);
            assert_eq!(groups(&invocation), 0);
        }
    }
}

#[test]
fn a_run_that_is_killed_leaves_nothing_that_the_next_one_does_not_remove() {
    let Waiting {
        lab,
        cache,
        mut front,
        marker,
        invocation,
    } = waiting("kill");
    front.kill().unwrap();
    front.wait().unwrap();
    assert!(!lab.has_statement());
    assert_nothing_left(&lab, &cache, &marker);
    assert_eq!(groups(&invocation), 0);
}

#[test]
fn a_killed_build_process_is_an_error_and_not_a_statement() {
    let Waiting {
        lab,
        cache,
        front,
        marker,
        invocation,
    } = waiting("lost");
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", front.id())).unwrap();
    kill(
        "-KILL",
        children.split_whitespace().next().unwrap().parse().unwrap(),
    );
    let run = outcome_of(&front.wait_with_output().unwrap());
    assert_eq!((run.code, run.error()), (2, "phase-lost"), "{}", run.stderr);
    assert!(!lab.has_statement());
    assert_nothing_left(&lab, &cache, &marker);
    assert_eq!(groups(&invocation), 0);
}

#[test]
fn both_documents_are_signed_and_say_what_is_in_the_folder() {
    let lab = laboratory("unused");
    let first = outcome(&mut lab.command("plain", &lab.sources()));
    let again = outcome(&mut lab.command("plain", &lab.sources()));
    assert_eq!(
        (first.code, again.code),
        (0, 0),
        "{}{}",
        first.stderr,
        again.stderr
    );
    // What ended with the runs is gone from the folder that they were given for it.
    assert_eq!(left_in(&lab.path("work")), ["gate"]);
    assert_eq!(first.json["format"], "quorate-rebuild-result/1");
    assert_eq!(
        first.json["result"]["products"],
        again.json["result"]["products"]
    );
    let key = SigningKey::from_pem(&fs::read_to_string(lab.key()).unwrap()).unwrap();
    let limits = Limits::STANDARD;
    let short = &key.public().id()[..8];
    let payload = |extension: &str| {
        let bytes = fs::read(
            lab.out()
                .join(format!("attestations/rebuild.{short}.{extension}")),
        )
        .unwrap();
        let opened = Envelope::parse(&bytes, &limits)
            .unwrap()
            .open(&[key.public()], &limits)
            .unwrap();
        opened.payload().unwrap().to_vec()
    };
    let rebuild = Rebuild::from_statement(&payload("json"), &limits).unwrap();
    assert_eq!(rebuild.link(), payload("link"));
    assert_eq!(
        (
            &*rebuild.party,
            rebuild.source.name(),
            rebuild.source.version()
        ),
        ("party-a", "plain", "1.0")
    );
    assert_eq!(again.json["result"]["invocation"], *rebuild.invocation);
    assert!(
        rebuild
            .packages
            .iter()
            .any(|package| package.name == "dpkg-dev")
    );
    assert_eq!(rebuild.variables["SOURCE_DATE_EPOCH"], "1672653600");
    let byproducts = rebuild.byproducts.iter().map(|it| (&it.name, it.digests));
    let products = rebuild.products.iter().map(|it| (&it.name, it.digests));
    let stated: Vec<_> = products.chain(byproducts).collect();
    assert_eq!(stated.len(), 4);
    for (name, digests) in stated {
        assert_eq!(
            Digests::of(&fs::read(lab.out().join(name)).unwrap()),
            digests,
            "{name}"
        );
    }
}

#[test]
fn a_key_that_others_can_read_is_refused_before_any_work() {
    let lab = Lab::new();
    let sources = lab.sources_without_network();
    for mode in [0o644, 0o640, 0o620] {
        fs::set_permissions(lab.key(), fs::Permissions::from_mode(mode)).unwrap();
        let run = outcome(&mut lab.command("plain", &sources));
        assert_eq!((run.code, run.error()), (2, "key"), "{}", run.stderr);
        assert!(run.stderr.contains("chmod 600"), "{}", run.stderr);
    }
    fs::write(lab.key(), "not a key").unwrap();
    fs::set_permissions(lab.key(), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(outcome(&mut lab.command("plain", &sources)).error(), "key");
    let public = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----\n";
    fs::write(lab.key(), public).unwrap();
    fs::set_permissions(lab.key(), fs::Permissions::from_mode(0o644)).unwrap();
    let run = outcome(&mut lab.command("plain", &sources));
    assert!(
        run.stderr.contains("this is a public key") && !run.stderr.contains("chmod"),
        "{}",
        run.stderr
    );
    fs::remove_file(lab.key()).unwrap();
    let run = outcome(&mut lab.command("plain", &sources));
    assert_eq!(run.error(), "key");
    assert!(
        run.stderr.contains("quorate key new") && !run.stderr.contains("chmod"),
        "{}",
        run.stderr
    );
    assert!(!lab.out().exists());
}

/// Runs with a small disk at `small`, in a mount namespace that ends with the run.
fn with_small_disk(lab: &Lab, cache: &Path, small: &Path, size: &str) -> lab::Outcome {
    fs::create_dir_all(small).unwrap();
    let mut command = Command::new("unshare");
    if !is_root() {
        command.args(["--user", "--map-auto", "--map-root-user"]);
    }
    command.args(["--mount", "sh", "-c"]);
    command.arg(format!(
        "mount -t tmpfs -o size={size} none {} && exec \"$@\"",
        small.display()
    ));
    command.arg("sh").arg(lab::PROGRAM);
    lab.arguments(&mut command, "plain", &lab.sources());
    outcome(command.arg("--cache").arg(cache))
}

#[test]
fn a_full_disk_is_named_and_nothing_is_signed() {
    let lab = laboratory("unused");
    let cache = lab.private_cache();
    for (small, size) in [(lab.out(), "3k"), (cache.join("work"), "60m")] {
        let run = with_small_disk(&lab, &cache, &small, size);
        assert_eq!(run.code, 2, "{}", run.stderr);
        assert!(
            run.stderr.contains("No space left on device"),
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains("make room"), "{}", run.stderr);
        assert!(!lab.has_statement());
    }
    let run = outcome(&mut lab.command_with_cache("plain", &lab.sources(), &cache));
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn a_cached_root_that_was_changed_is_made_again() {
    let lab = laboratory("unused");
    let cache = lab.private_cache();
    let roots = || {
        fs::read_dir(cache.join("roots"))
            .unwrap()
            .flatten()
            .map(|entry| entry.path())
    };
    let tar = roots()
        .find(|path| path.extension().is_some_and(|it| it == "tar"))
        .unwrap();
    let note = fs::read_to_string(tar.with_extension("digests")).unwrap();
    fs::File::options()
        .append(true)
        .open(&tar)
        .unwrap()
        .set_len(200_000_000)
        .unwrap();
    let run = outcome(&mut lab.command_with_cache("plain", &lab.sources(), &cache));
    assert_eq!(run.code, 0, "{}", run.stderr);
    // The same bytes again: the root is reproducible.
    assert_eq!(
        fs::read_to_string(tar.with_extension("digests")).unwrap(),
        note
    );
}

#[test]
fn a_user_without_rights_gets_the_same_packages() {
    let lab = laboratory("unused");
    let reference = outcome(&mut lab.command("plain", &lab.sources()));
    assert_eq!(reference.code, 0, "{}", reference.stderr);
    if !is_root() {
        // Then the reference itself was made by a user without rights.
        return;
    }
    let cache = lab.private_cache();
    fs::remove_dir_all(lab.out()).unwrap();
    let somebody = Somebody::new("run");
    let mut command = somebody.program(&lab);
    lab.arguments(&mut command, "plain", &lab.sources());
    let run = outcome(command.arg("--cache").arg(&cache));
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        run.json["result"]["products"],
        reference.json["result"]["products"]
    );
}
