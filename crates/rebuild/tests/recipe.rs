//! Builds by a recipe: what the recipe may say, and what the build may leave.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod lab;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::process::Command;

use lab::repository::{Repository, git_source, recipe, recipe_with};
use lab::{Lab, Outcome, outcome};
use quorate::attest::git::RecipePlace;

/// A repository whose tag `v1` has this recipe, and a build that makes one output.
fn with_recipe(lab: &Lab, recipe: &str, script: &str) -> Repository {
    let repository = lab.repository("project", "sha1");
    repository.write("build.sh", script);
    repository.write("quorate.toml", recipe);
    repository.commit();
    repository.tag("v1");
    repository
}

fn run_of(recipe: &str, script: &str) -> (Lab, Outcome) {
    let lab = Lab::new();
    let repository = with_recipe(&lab, recipe, script);
    let run = outcome(&mut lab.git_command(&repository.folder, "v1"));
    (lab, run)
}

const GOOD: &str = "mkdir out && echo x > out/x";

fn assert_recipe_refused(recipe: &str, reason: &str) {
    let (lab, run) = run_of(recipe, GOOD);
    assert_eq!(
        (run.code, run.error()),
        (2, "recipe-refused"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains(reason), "{}", run.stderr);
    assert!(!lab.has_statement());
}

#[test]
fn a_recipe_that_says_what_it_may_not_is_refused() {
    assert_recipe_refused(
        &recipe().replace("[outputs]", "shell = \"bash\"\n[outputs]"),
        "shell",
    );
    assert_recipe_refused(
        &recipe_with(
            "environment = { PATH = \"/evil\" }",
            "[[\"true\"]]",
            "[\"*\"]",
        ),
        "PATH may not be set",
    );
    assert_recipe_refused(
        &recipe_with(
            "environment = { LD_PRELOAD = \"/evil\" }",
            "[[\"true\"]]",
            "[\"*\"]",
        ),
        "LD_PRELOAD",
    );
    assert_recipe_refused(&recipe().replace("recipe/1", "recipe/2"), "newer");
    assert_recipe_refused(&recipe().replace("\"out\"", "\"../out\""), "outputs.folder");
}

#[test]
fn a_tree_without_a_recipe_is_refused_and_the_callers_own_is_taken() {
    let lab = Lab::new();
    let repository = lab.repository("project", "sha1");
    repository.write("build.sh", GOOD);
    repository.write("packaging/recipe.toml", &recipe());
    symlink(
        "packaging/recipe.toml",
        repository.folder.join("linked.toml"),
    )
    .unwrap();
    repository.commit();
    repository.tag("v1");
    let command = || lab.git_command(&repository.folder, "v1");
    let run = outcome(&mut command());
    assert_eq!(run.error(), "recipe-refused", "{}", run.stderr);
    assert!(run.stderr.contains("quorate.toml"), "{}", run.stderr);
    let run = outcome(command().args(["--recipe-path", "linked.toml"]));
    assert_eq!(run.error(), "recipe-refused", "{}", run.stderr);
    let run = outcome(command().args(["--recipe-path", "../recipe.toml"]));
    assert_eq!(run.error(), "argument", "{}", run.stderr);
    let run = outcome(command().args(["--recipe-path", "packaging/recipe.toml"]));
    assert_eq!(run.code, 0, "{}", run.stderr);
    let in_tree = lab.rebuild_in(&lab.out());
    assert_eq!(git_source(&in_tree).recipe.name, "packaging/recipe.toml");
    let given = lab.path("given.toml");
    fs::write(&given, recipe()).unwrap();
    let run = outcome(command().arg("--recipe").arg(&given));
    assert_eq!(run.code, 0, "{}", run.stderr);
    let rebuild = lab.rebuild_in(&lab.out());
    let source = git_source(&rebuild);
    assert_eq!(
        (&*source.recipe.name, source.recipe.place),
        ("given.toml", RecipePlace::Policy)
    );
    assert_eq!(source.recipe.content, recipe().as_bytes());
    // Who chose the recipe is part of what the source is.
    assert_ne!(rebuild.source.digest(), in_tree.source.digest());
}

#[test]
fn a_root_that_is_not_the_one_that_the_recipe_names_is_refused() {
    let lab = Lab::new();
    let repository = with_recipe(&lab, &recipe(), GOOD);
    let other = lab.path("other.tar");
    fs::write(&other, "other").unwrap();
    let mut command = lab.git_command_without_root(&repository.folder, "v1");
    let run = outcome(
        command
            .arg("--root")
            .arg(&other)
            .arg("--cache")
            .arg(lab.path("cache")),
    );
    assert_eq!(run.error(), "root", "{}", run.stderr);
    assert!(run.stderr.contains("the recipe names"), "{}", run.stderr);
    let mut command = lab.git_command_without_root(&repository.folder, "v1");
    let run = outcome(command.arg("--cache").arg(lab.path("cache")));
    assert_eq!(run.error(), "argument", "{}", run.stderr);
    assert!(run.stderr.contains("--root FILE"), "{}", run.stderr);
    assert!(!lab.has_statement());
}

/// Packs a file with another time in every run.
const UNSTEADY: &str = "mkdir out && echo x > x && chmod 644 x\n\
                        tar --create --mtime=@$((RANDOM * 32768 + RANDOM)) --file=out/x.tar x\n";

fn stabilising(lab: &Lab, script: &str) -> Repository {
    let recipe = recipe_with("", "[[\"bash\", \"build.sh\"]]", "[\"*\"]");
    let table = "stabilise = { \"*.tar\" = \"quorate-stabilise-tar/1\" }\n";
    with_recipe(lab, &(recipe + table), script)
}

#[test]
fn a_recipe_has_outputs_stated_in_stabilised_form_beside_their_bytes() {
    let lab = Lab::new();
    let repository = stabilising(&lab, &format!("{UNSTEADY}echo y > out/y\n"));
    let products = || {
        let run = outcome(&mut lab.git_command(&repository.folder, "v1"));
        assert_eq!(run.code, 0, "{}", run.stderr);
        lab.rebuild_in(&lab.out()).products
    };
    let (first, second) = (products(), products());
    assert_ne!(first[0].digests, second[0].digests);
    assert!(first[0].stabilised.contains_key("quorate-stabilise-tar/1"));
    assert_eq!(first[0].stabilised, second[0].stabilised);
    assert!(first[1].stabilised.is_empty(), "nobody asked for it");
    assert_eq!(first[1], second[1]);
}

#[test]
fn an_output_that_its_normaliser_cannot_read_is_refused() {
    let lab = Lab::new();
    let repository = stabilising(&lab, "mkdir out && echo x > out/x.tar");
    let run = outcome(&mut lab.git_command(&repository.folder, "v1"));
    assert_eq!(run.error(), "outputs-refused", "{}", run.stderr);
    assert!(run.stderr.contains("no form by"), "{}", run.stderr);
    assert!(!lab.has_statement());
}

#[test]
fn a_normaliser_that_nobody_knows_is_refused() {
    let table = "stabilise = { \"*\" = \"quorate-stabilise-tar/2\" }\n";
    assert_recipe_refused(&(recipe() + table), "quorate-stabilise-tar/1");
}

fn assert_outputs_refused(files: &str, script: &str, reason: &str) {
    let (lab, run) = run_of(&recipe_with("", "[[\"sh\", \"build.sh\"]]", files), script);
    assert_eq!(
        (run.code, run.error()),
        (1, "outputs-refused"),
        "{script}: {}",
        run.stderr
    );
    assert!(run.stderr.contains(reason), "{script}: {}", run.stderr);
    assert!(!lab.has_statement());
}

#[test]
fn an_output_of_a_recipe_that_is_a_link_or_no_file_is_refused() {
    for (script, reason) in [
        (
            "mkdir out && ln -s /etc/passwd out/x",
            "x is not a plain file",
        ),
        (
            "mkdir out && ln -s ../build.sh out/x",
            "x is not a plain file",
        ),
        (
            "mkdir -p out/d && ln -s ../.. out/d/x",
            "d/x is not a plain file",
        ),
        ("mkdir out && mkfifo out/x", "x is not a plain file"),
        (
            "mkdir out && touch out/x && ln out/x other",
            "x is not a plain file",
        ),
        (
            "mkdir real && touch real/x && ln -s real out",
            "no folder out",
        ),
        ("touch out", "no folder out"),
        ("true", "no folder out"),
        ("mkdir out", "no file in out"),
    ] {
        assert_outputs_refused("[\"*\"]", script, reason);
    }
}

#[test]
fn an_output_that_no_pattern_allows_or_with_our_own_name_is_refused() {
    assert_outputs_refused(
        "[\"*.txt\", \"bin/?\"]",
        "mkdir -p out/bin && touch out/a.txt out/bin/ab",
        "allows \"bin/ab\"",
    );
    for name in [
        "statement.json",
        "link.json",
        "build.log.zst",
        ".hidden",
        "-x",
        "a b",
        "a\\\\b",
    ] {
        let script = format!("mkdir out && touch -- \"out/{name}\"");
        assert_outputs_refused("[\"*\"]", &script, "may not be called");
    }
    assert_outputs_refused(
        "[\"*\"]",
        "mkdir -p out/attestations && touch out/attestations/x",
        "may not be called",
    );
}

#[test]
fn outputs_leave_their_folder_neither_by_their_names_nor_by_links_that_stand_there() {
    let lab = Lab::new();
    let repository = with_recipe(&lab, &recipe(), "mkdir -p out/usr && echo x > out/usr/x");
    let elsewhere = lab.path("elsewhere");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::create_dir_all(lab.out()).unwrap();
    symlink(&elsewhere, lab.out().join("usr")).unwrap();
    let run = outcome(&mut lab.git_command(&repository.folder, "v1"));
    assert_eq!(run.error(), "io", "{}", run.stderr);
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    assert!(!lab.has_statement());
    fs::remove_file(lab.out().join("usr")).unwrap();
    symlink(&elsewhere, lab.out().join("attestations")).unwrap();
    let run = outcome(&mut lab.git_command(&repository.folder, "v1"));
    assert_eq!(run.error(), "io", "{}", run.stderr);
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[test]
fn a_build_by_a_recipe_has_no_network_and_no_host() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let lab = Lab::new();
    let canary = lab.path("canary");
    fs::write(&canary, "canary").unwrap();
    let attempt = format!("exec 3<>/dev/tcp/127.0.0.1/{port}");
    let control = Command::new("timeout")
        .args(["20", "bash", "-c", &attempt])
        .status()
        .unwrap();
    assert!(control.success(), "the control must work");
    let script = format!(
        "mkdir out\nif timeout 20 bash -c '{attempt}'; then echo network yes; else echo network no; fi > out/answers\n\
         if [ -e {} ]; then echo file yes; else echo file no; fi >> out/answers\nid -u >> out/answers\n\
         env -u _ -u PWD -u SHLVL -u OLDPWD >> out/answers\n",
        canary.display()
    );
    let repository = with_recipe(
        &lab,
        &recipe_with(
            "environment = { WORD = \"x\" }",
            "[[\"sh\", \"build.sh\"]]",
            "[\"*\"]",
        ),
        &script,
    );
    let run = outcome(&mut lab.git_command(&repository.folder, "v1"));
    assert_eq!(run.code, 0, "{}", run.stderr);
    let answers = fs::read_to_string(lab.out().join("answers")).unwrap();
    assert!(
        answers.starts_with("network no\nfile no\n59999\n"),
        "{answers}"
    );
    let mut names: Vec<_> = answers
        .lines()
        .skip(3)
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name)
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["HOME", "LC_ALL", "PATH", "SOURCE_DATE_EPOCH", "TZ", "WORD"]
    );
    let stated: Vec<_> = lab.rebuild_in(&lab.out()).variables.into_keys().collect();
    assert_eq!(stated, names);
}

#[test]
fn the_first_command_that_fails_ends_the_build_and_the_log_is_kept() {
    let commands = "[[\"ls\", \"build.sh\"], [\"cat\", \"absent\"], [\"touch\", \"after\"]]";
    let (lab, run) = run_of(&recipe_with("", commands, "[\"*\"]"), GOOD);
    assert_eq!(
        (run.code, run.error()),
        (1, "build-failed"),
        "{}",
        run.stderr
    );
    let log = lab.log();
    assert!(
        log.starts_with("+ ls build.sh\nbuild.sh\n+ cat absent\n"),
        "{log}"
    );
    assert!(!log.contains("+ touch"), "{log}");
    assert!(!lab.has_statement());
}

#[test]
fn the_time_limit_is_for_all_commands_together() {
    let lab = Lab::new();
    let sleep = "exec 3<>pipe; read -t 100 x <&3";
    let repository = with_recipe(
        &lab,
        &recipe_with(
            "",
            "[[\"mkfifo\", \"pipe\"], [\"bash\", \"build.sh\"]]",
            "[\"*\"]",
        ),
        sleep,
    );
    let mut command = lab.git_command(&repository.folder, "v1");
    let run = outcome(command.args(["--seconds-max", "5"]));
    assert_eq!((run.code, run.error()), (1, "limit-hit"), "{}", run.stderr);
    assert!(run.stderr.contains("5 seconds"), "{}", run.stderr);
    assert!(!lab.has_statement());
}

#[test]
fn a_recipe_of_packages_builds_in_a_root_of_the_suite() {
    let lab = Lab::new();
    let repository = lab.repository("project", "sha1");
    repository.write(
        "hello.c",
        "#include <stdio.h>\nint main(void) { return puts(\"hello\") < 0; }\n",
    );
    repository.write(
        "Makefile",
        "hello: hello.c\n\t$(CC) $(CFLAGS) -o hello hello.c\n",
    );
    repository.write(
        "quorate.toml",
        "format = \"quorate-recipe/1\"\n[root]\nsuite = \"bookworm\"\npackages = [\"gcc\", \"libc6-dev\", \"make\", \"gettext-base\"]\n\
         [build]\npath = \"/build/hello\"\nenvironment = { CFLAGS = \"-O2\" }\ncommands = [[\"make\"], [\"mkdir\", \"out\"], [\"cp\", \"hello\", \"out/\"]]\n\
         [outputs]\nfolder = \"out\"\nfiles = [\"hello\"]\n",
    );
    repository.commit();
    repository.tag("v1");
    let mut command = lab.git_command_without_root(&repository.folder, "v1");
    lab.with_shared_cache(&mut command);
    let run = outcome(&mut command);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let rebuild = lab.rebuild_in(&lab.out());
    assert_eq!(rebuild.build_path, "/build/hello");
    for name in ["gcc", "gettext-base"] {
        assert!(
            rebuild.packages.iter().any(|package| package.name == name),
            "{name}"
        );
    }
    let run = outcome(
        lab.git_command(&repository.folder, "v1")
            .arg("--party")
            .arg("other"),
    );
    assert_eq!(run.error(), "argument", "{}", run.stderr);
    // A misspelt package is named.
    let recipe = fs::read_to_string(repository.folder.join("quorate.toml")).unwrap();
    repository.write("quorate.toml", &recipe.replace("\"make\"", "\"maake\""));
    repository.commit();
    repository.tag("v2");
    fs::remove_dir_all(lab.out()).unwrap();
    let mut command = lab.git_command_without_root(&repository.folder, "v2");
    lab.with_shared_cache(&mut command);
    let run = outcome(&mut command);
    assert_eq!(run.error(), "dependencies", "{}", run.stderr);
    assert!(
        run.stderr.contains("no signed index has maake"),
        "{}",
        run.stderr
    );
}
