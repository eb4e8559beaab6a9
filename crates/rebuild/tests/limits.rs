//! Builds that take too much, and builds that leave something other than packages.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod lab;

use std::fs;
use std::time::Instant;

use lab::{Lab, Outcome, outcome};

/// Builds a package whose build runs `attempt`.
fn rebuild(attempt: &str, arguments: &[&str]) -> (Lab, Outcome) {
    let lab = Lab::new();
    lab.add("greedy", attempt);
    lab.publish();
    let mut command = lab.command("greedy", &lab.sources());
    let run = outcome(command.args(arguments));
    (lab, run)
}

fn assert_limit(lab: &Lab, run: &Outcome, what: &str) {
    assert_eq!((run.code, run.error()), (1, "limit-hit"), "{}", run.stderr);
    assert!(run.stderr.contains(what), "{}", run.stderr);
    assert!(!lab.has_statement());
}

#[test]
fn a_build_that_fills_the_disk_is_ended() {
    let attempt = "i=0; while :; do i=$((i+1)); head -c 5000000 /dev/zero > fill$i; done";
    let (lab, run) = rebuild(attempt, &["--output-bytes-max", "100000000"]);
    assert_limit(&lab, &run, "bytes of files and log");
}

#[test]
fn a_build_that_fills_the_disk_with_files_without_names_is_ended() {
    let attempt = "for i in $(seq 5 60); do eval \"exec $i>f\"; rm f; head -c 5000000 /dev/zero >&$i; done; sleep 1000";
    let (lab, run) = rebuild(attempt, &["--output-bytes-max", "100000000"]);
    assert_limit(&lab, &run, "bytes of files and log");
}

#[test]
fn an_endless_log_is_ended() {
    let (lab, run) = rebuild("yes an endless log", &["--output-bytes-max", "100000000"]);
    assert_limit(&lab, &run, "bytes");
    assert!(fs::metadata(lab.out().join("build.log.zst")).unwrap().len() < 100_000_000);
}

#[test]
fn a_build_that_never_ends_is_ended() {
    let started = Instant::now();
    let (lab, run) = rebuild("sleep 5000", &["--seconds-max", "4"]);
    assert_limit(&lab, &run, "4 seconds");
    assert!(started.elapsed().as_secs() < 2000);
}

#[test]
fn many_processes_together_cannot_take_more_memory_or_the_statement_says_so() {
    let attempt = "for i in 1 2 3 4 5 6; do perl -e '$x = q(a) x 100_000_000; sleep 5' & all=\"$all $!\"; done; \
                   for one in $all; do wait $one || exit 1; done";
    let (lab, run) = rebuild(attempt, &["--memory-bytes-max", "400000000"]);
    if run.code == 0 {
        // No group limit on this host: said in the result and on standard error.
        assert_eq!(run.json["result"]["unlimited"][0], "memory-total");
        assert!(run.stderr.contains("warning:"), "{}", run.stderr);
    } else {
        assert_limit(&lab, &run, "bytes of memory");
    }
}

#[test]
fn a_build_that_kills_itself_fails_with_its_log_and_no_statement() {
    let (lab, run) = rebuild("echo last words; kill -9 -1", &[]);
    assert_eq!(
        (run.code, run.error()),
        (1, "build-failed"),
        "{}",
        run.stderr
    );
    assert!(lab.log().contains("last words"));
    assert!(!lab.has_statement());
}

#[test]
fn an_output_that_is_a_symbolic_link_is_refused() {
    // dpkg-genchanges reads through the link, so that only we can notice.
    let after = "mv ../greedy_1.0_all.deb ../real.deb && ln -s real.deb ../greedy_1.0_all.deb";
    let (lab, run) = rebuild(&format!("echo '{after}' > debian/after"), &[]);
    assert_eq!(
        (run.code, run.error()),
        (1, "outputs-refused"),
        "{}",
        run.stderr
    );
    assert!(!lab.has_statement() && !lab.out().join("greedy_1.0_all.deb").exists());
}

#[test]
fn an_output_that_is_a_link_to_a_file_of_the_host_is_refused() {
    let after = "(rm ../greedy_1.0_all.deb; ln -s /etc/shadow ../greedy_1.0_all.deb) ; true";
    let (lab, run) = rebuild(&format!("echo '{after}' > debian/after"), &[]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(!lab.has_statement() && !lab.out().join("greedy_1.0_all.deb").exists());
}

#[test]
fn an_output_under_another_package_s_name_is_refused() {
    // The archive's own `sed` must not be vouched for by whoever builds `greedy`.
    let after = "cp ../greedy_1.0_all.deb ../sed_4.9_all.deb; \
                 dpkg-distaddfile sed_4.9_all.deb utils required";
    let (lab, run) = rebuild(&format!("echo '{after}' > debian/after"), &[]);
    assert_eq!(
        (run.code, run.error()),
        (1, "outputs-refused"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("sed_4.9_all.deb"), "{}", run.stderr);
    assert!(!lab.has_statement());
}
