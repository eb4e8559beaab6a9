//! What lies on disk → artifacts, and what is passed over.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use quorate::digest::Sha256;
use quorate_record::{RecordError, Recorder, Recording, Settings, Warning};
use tempfile::TempDir;

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn settings(&self) -> Settings {
        Settings {
            base_path: Some(self.0.path().to_owned()),
            ..Settings::default()
        }
    }

    fn record(&self, paths: &[&str]) -> Result<Recording, RecordError> {
        record(&self.settings(), paths)
    }

    fn names(&self, paths: &[&str]) -> Vec<String> {
        self.record(paths).unwrap().artifacts.into_keys().collect()
    }

    fn warnings(&self, paths: &[&str]) -> Vec<Warning> {
        self.record(paths).unwrap().warnings
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args([
            "-c",
            "user.name=u",
            "-c",
            "user.email=u@example.org",
            "-c",
            "init.defaultBranch=main",
        ]);
        let output = command
            .args(arguments)
            .current_dir(self.path("repo"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?} {output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// A repository with one commit.
    fn repository(&self) {
        self.write("repo/a", "a");
        self.git(&["init", "--quiet"]);
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "--message", "one"]);
    }
}

fn record(settings: &Settings, paths: &[&str]) -> Result<Recording, RecordError> {
    let paths: Vec<_> = paths.iter().map(ToString::to_string).collect();
    Recorder::new(settings).unwrap().record(&paths, &|_| ())
}

#[test]
fn a_folder_that_links_lead_into_itself_is_walked_once_and_said() {
    let place = Place::new();
    place.write("a/b/file", "x");
    symlink("..", place.path("a/b/up")).unwrap();
    symlink(".", place.path("a/self")).unwrap();
    symlink("x", place.path("a/x")).unwrap();
    assert_eq!(place.names(&["a"]), ["a/b/file"]);
    let expected = [
        Warning::BrokenLink("a/x".into()),
        Warning::Loop("a/b/up".into()),
        Warning::Loop("a/self".into()),
    ];
    assert_eq!(place.warnings(&["a"]), expected);
}

#[test]
fn two_folders_that_link_to_each_other_are_each_walked_once_in_a_chain() {
    let place = Place::new();
    place.write("a/1", "");
    place.write("b/2", "");
    symlink("../b", place.path("a/b")).unwrap();
    symlink("../a", place.path("b/a")).unwrap();
    assert_eq!(place.names(&["a"]), ["a/1", "a/b/2"]);
    assert_eq!(place.names(&["a", "b"]), ["a/1", "a/b/2", "b/2", "b/a/1"]);
}

#[test]
fn a_linked_file_is_recorded_by_its_content_under_the_links_name() {
    let place = Place::new();
    place.write("real", "content");
    symlink("real", place.path("link")).unwrap();
    let recorded = place.record(&["link"]).unwrap().artifacts;
    assert_eq!(recorded["link"].sha256(), Some(Sha256::of(b"content")));
}

#[test]
fn pipes_sockets_and_devices_are_named_and_never_opened() {
    let place = Place::new();
    place.write("t/file", "");
    let pipe = place.path("t/pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let socket = std::os::unix::net::UnixListener::bind(place.path("t/socket")).unwrap();
    symlink("/dev/zero", place.path("t/zero")).unwrap();
    symlink("pipe", place.path("t/to-pipe")).unwrap();
    assert_eq!(place.names(&["t", "t/pipe"]), ["t/file"]);
    let names = ["t/pipe", "t/socket", "t/to-pipe", "t/zero"];
    let expected = names.map(|name| Warning::Special(name.into()));
    assert_eq!(place.warnings(&["t", "t/pipe"]), expected);
    drop(socket);
}

#[test]
fn a_name_that_is_not_utf8_is_an_error_that_shows_it_unless_excluded() {
    let place = Place::new();
    place.write("t/a", "");
    fs::write(place.path("t").join(OsStr::from_bytes(b"b\xff.o")), "").unwrap();
    let error = place.record(&["t"]).unwrap_err().to_string();
    assert!(error.contains(r#""b\xFF.o""#), "{error}");
    let settings = Settings {
        excludes: Some(vec!["*.o".to_owned()]),
        ..place.settings()
    };
    let names: Vec<_> = record(&settings, &["t"])
        .unwrap()
        .artifacts
        .into_keys()
        .collect();
    assert_eq!(names, ["t/a"]);
}

#[test]
fn a_name_that_readers_refuse_is_an_error() {
    let place = Place::new();
    place.write("a", "");
    place.write("t/b", "");
    let outside = Settings {
        base_path: Some(place.path("t")),
        ..Settings::default()
    };
    assert!(matches!(record(&outside, &["../a"]), Err(RecordError::Name(name)) if name == "../a"));
    let stripped = Settings {
        lstrip_paths: vec!["../".to_owned()],
        ..outside
    };
    assert!(
        record(&stripped, &["../a"])
            .unwrap()
            .artifacts
            .contains_key("a")
    );
}

#[test]
fn a_backslash_that_would_hide_a_file_behind_another_is_an_error() {
    let place = Place::new();
    place.write("a/b", "one");
    place.write("a\\b", "two");
    assert!(
        matches!(place.record(&["."]), Err(RecordError::Duplicate { name, .. }) if name == "a/b")
    );
}

#[test]
fn the_same_file_named_twice_is_recorded_once() {
    let place = Place::new();
    place.write("t/a", "");
    assert_eq!(
        place.names(&["t", "t/a", "./t//a", "file:t/a"]),
        ["file:t/a", "t/a"]
    );
}

#[test]
fn a_folder_that_cannot_be_read_is_an_error() {
    let place = Place::new();
    let long = "x".repeat(300);
    assert!(matches!(
        place.record(&[&long]),
        Err(RecordError::Io { .. })
    ));
}

#[test]
fn a_file_that_grows_while_it_is_hashed_is_an_error() {
    use std::io::Write as _;
    let place = Place::new();
    place.write("t/a", &"x".repeat(1 << 20));
    let mut file = fs::File::options()
        .append(true)
        .open(place.path("t/a"))
        .unwrap();
    let file = std::sync::Mutex::new(&mut file);
    let recorder = Recorder::new(&place.settings()).unwrap();
    let grown = recorder.record(&["t".to_owned()], &|_| {
        file.lock().unwrap().write_all(b"more").unwrap();
    });
    assert!(matches!(grown, Err(RecordError::Changed(path)) if path.ends_with("t/a")));
}

#[test]
fn a_file_that_another_takes_the_place_of_while_it_is_hashed_is_an_error() {
    let place = Place::new();
    place.write("a", "one");
    place.write("b", "two");
    let recorder = Recorder::new(&place.settings()).unwrap();
    let replaced = recorder.record(&["a".to_owned()], &|_| {
        fs::copy(place.path("b"), place.path("c")).unwrap();
        fs::rename(place.path("c"), place.path("a")).unwrap();
    });
    assert!(matches!(replaced, Err(RecordError::Changed(_))));
}

#[test]
fn a_file_that_says_it_is_empty_and_is_not_is_an_error() {
    let recorded = record(&Settings::default(), &["/proc/self/stat"]);
    assert!(matches!(recorded, Err(RecordError::Changed(_))));
}

#[test]
fn patterns_and_prefixes_that_fit_nothing_are_known_in_the_end() {
    let place = Place::new();
    place.write("t/a.o", "");
    place.write("t/b", "");
    let settings = Settings {
        excludes: Some(
            ["*.o", "t/a*", "*.x", "# comment"]
                .map(str::to_owned)
                .to_vec(),
        ),
        lstrip_paths: vec!["t/".to_owned(), "u/".to_owned()],
        ..place.settings()
    };
    let recorder = Recorder::new(&settings).unwrap();
    let recorded = recorder.record(&["t".to_owned()], &|_| ()).unwrap();
    assert_eq!(recorded.artifacts.into_keys().collect::<Vec<_>>(), ["b"]);
    let expected = [
        Warning::UnusedExclude("*.x".into()),
        Warning::UnusedPrefix("u/".into()),
    ];
    assert_eq!(recorder.unused(), expected);
}

#[test]
fn a_folder_as_one_artifact_is_what_the_shell_says_it_is() {
    let place = Place::new();
    for name in ["d/b", "d/a/c", "d/a b", "d/a.c", "d/Z"] {
        place.write(name, name);
    }
    let command = "find . -type f | cut -c3- | LC_ALL=C sort | tr '\\n' '\\0' | xargs -0 sha256sum | sha256sum";
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(place.path("d"))
        .output()
        .unwrap();
    let expected = String::from_utf8(output.stdout).unwrap();
    let recorded = place.record(&["dir:d"]).unwrap().artifacts;
    assert_eq!(
        recorded["dir:d"].sha256().unwrap().to_string(),
        expected[..64]
    );
}

#[test]
fn a_line_break_cannot_make_one_listing_of_two_folders() {
    let place = Place::new();
    place.write("d/a\nb", "");
    assert!(matches!(
        place.record(&["dir:d"]),
        Err(RecordError::LineBreak(_))
    ));
    place.write("f", "");
    assert!(matches!(
        place.record(&["dir:f"]),
        Err(RecordError::NotFolder(_))
    ));
    assert!(matches!(
        place.record(&["dir:."]),
        Err(RecordError::Name(_))
    ));
}

#[test]
fn a_commit_is_one_artifact_with_the_ids_of_commit_and_tree() {
    let place = Place::new();
    place.repository();
    let (commit, tree) = (
        place.git(&["rev-parse", "HEAD"]),
        place.git(&["rev-parse", "HEAD^{tree}"]),
    );
    let recorded = place
        .record(&["git:repo", "git:repo@main", "git:repo/.git"])
        .unwrap();
    assert_eq!(recorded.warnings, []);
    for name in ["git:repo", "git:repo@main", "git:repo/.git"] {
        let text = String::from_utf8(recorded.artifacts[name].to_json().to_text()).unwrap();
        assert_eq!(
            text,
            format!(r#"{{"gitCommit":"{commit}","gitTree":"{tree}"}}"#)
        );
    }
    place.write("repo/b", "b");
    assert_eq!(
        place.warnings(&["git:repo"]),
        [Warning::Dirty("git:repo".into())]
    );
    assert_eq!(place.warnings(&["git:repo@HEAD"]), []);
}

#[test]
fn what_is_no_repository_or_no_commit_is_an_error() {
    let place = Place::new();
    place.repository();
    fs::create_dir(place.path("repo/inner")).unwrap();
    for name in [
        "git:gone",
        "git:repo/inner",
        "git:repo@no",
        "git:repo@--help",
        "git:repo@",
    ] {
        let recorded = place.record(&[name]);
        assert!(
            matches!(recorded, Err(RecordError::Git { .. })),
            "{name}: {recorded:?}"
        );
    }
}

#[test]
fn a_repository_cannot_make_us_run_its_commands() {
    let place = Place::new();
    place.repository();
    let ran = place.path("ran");
    let evil = format!("touch {}; cat", ran.display());
    for setting in [
        "core.fsmonitor",
        "filter.x.clean",
        "filter.x.process",
        "core.sshCommand",
        "diff.external",
    ] {
        place.git(&["config", setting, &evil]);
    }
    place.git(&["config", "filter.x.required", "true"]);
    fs::write(
        place.path("repo/.git/info/attributes"),
        "* filter=x diff=x\n",
    )
    .unwrap();
    let hook = place.path("repo/.git/hooks/post-index-change");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, format!("#!/bin/sh\ntouch {}\n", ran.display())).unwrap();
    assert!(
        Command::new("chmod")
            .arg("+x")
            .arg(&hook)
            .status()
            .unwrap()
            .success()
    );
    // Same size, other time: git must look into the file to tell.
    fs::write(place.path("repo/a"), "b").unwrap();
    let recorded = place.record(&["git:repo"]).unwrap();
    assert_eq!(recorded.warnings, [Warning::Dirty("git:repo".into())]);
    assert!(!ran.exists());
}
