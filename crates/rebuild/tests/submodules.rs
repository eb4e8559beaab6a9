//! Submodules of a rebuilt tag: what is laid out, and which addresses are refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod lab;

use std::fs;
use std::path::Path;

use lab::repository::{building, git_source, rebuilt, refused};
use lab::{Lab, outcome};

#[test]
fn a_submodule_is_laid_out_at_its_commit_and_is_part_of_the_identity() {
    let lab = Lab::new();
    let inner = lab.repository("inner", "sha1");
    inner.write("word", "inner\n");
    inner.commit();
    let outer = lab.repository("outer", "sha1");
    outer.write("word", "outer\n");
    outer.commit();
    outer.add_submodule("../inner", "libs/inner");
    outer.commit();
    let repository = building(
        &lab,
        "mkdir out && cat libs/outer/word libs/outer/libs/inner/word > out/words",
    );
    repository.add_submodule("../outer", "libs/outer");
    repository.commit();
    repository.tag("v2");
    rebuilt(&lab, &repository, "v2");
    let words = fs::read_to_string(lab.out().join("words")).unwrap();
    assert_eq!(words, "outer\ninner\n");
    let rebuild = lab.rebuild_in(&lab.out());
    let source = git_source(&rebuild);
    let paths: Vec<_> = source.submodules.iter().map(|it| &*it.path).collect();
    assert_eq!(paths, ["libs/outer", "libs/outer/libs/inner"]);
    let commit = source.submodules[1].commit_id.to_string();
    assert_eq!(commit, inner.git(&["rev-parse", "HEAD"]));
    assert_eq!(
        source.submodules[1].repository,
        format!("file://{}", inner.folder.display())
    );
    // Work in the submodule that no commit of the outer repository names is not built.
    inner.write("word", "changed\n");
    inner.commit();
    fs::remove_dir_all(lab.out()).unwrap();
    rebuilt(&lab, &repository, "v2");
    assert_eq!(fs::read_to_string(lab.out().join("words")).unwrap(), words);
    assert_eq!(
        lab.rebuild_in(&lab.out()).source.digest(),
        rebuild.source.digest()
    );
}

#[test]
fn a_submodule_that_is_missing_or_not_described_is_refused() {
    let lab = Lab::new();
    let repository = building(&lab, "true");
    let absent = "1".repeat(40);
    let gitlink = format!("160000,{absent},sub");
    repository.git(&["update-index", "--add", "--cacheinfo", &gitlink]);
    repository.git(&["commit", "--quiet", "--message=x"]);
    repository.tag("v2");
    refused(
        &lab,
        &repository,
        "v2",
        "source-refused",
        "no entry in .gitmodules",
    );
    let other = lab.repository("other", "sha1");
    other.commit();
    repository.write(
        ".gitmodules",
        "[submodule \"sub\"]\n\tpath = sub\n\turl = ../other\n",
    );
    repository.git(&["add", ".gitmodules"]);
    repository.git(&["commit", "--quiet", "--message=x"]);
    repository.tag("v3");
    refused(&lab, &repository, "v3", "fetch", &absent);
    repository.write(
        ".gitmodules",
        "[submodule \"sub\"]\n\tpath = sub\n\turl = ../absent\n",
    );
    repository.git(&["commit", "--quiet", "--message=x", ".gitmodules"]);
    repository.tag("v4");
    refused(&lab, &repository, "v4", "fetch", "is no folder");
}

#[test]
fn a_submodule_address_runs_nothing_and_leads_nowhere_else() {
    let lab = Lab::new();
    let repository = building(&lab, "true");
    let gitlink = format!("160000,{},sub", "1".repeat(40));
    repository.git(&["update-index", "--add", "--cacheinfo", &gitlink]);
    let canary = lab.path("canary");
    let touch = canary.display();
    for (number, url) in [
        format!("--upload-pack=touch {touch}"),
        format!("-utouch {touch}"),
        format!("ext::sh -c touch% {touch}"),
        format!("\"ext::sh -c touch% {touch}\""),
        format!("ssh://-oProxyCommand=touch%20{touch}/x"),
        format!("file://$(touch {touch})"),
        "../../../../../../../../etc".to_owned(),
        "http://example.org/x".to_owned(),
        "fd::0".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        repository.write(
            ".gitmodules",
            &format!("[submodule \"sub\"]\n\tpath = sub\n\turl = {url}\n"),
        );
        repository.git(&["add", ".gitmodules"]);
        repository.git(&["commit", "--quiet", "--message=x"]);
        let tag = format!("t{number}");
        repository.tag(&tag);
        let run = outcome(&mut lab.git_command(&repository.folder, &tag));
        assert_eq!(run.error(), "source-refused", "{url}: {}", run.stderr);
        assert!(!canary.exists(), "{url}");
    }
    let run = outcome(&mut lab.git_command(Path::new(&format!("ext::sh -c touch% {touch}")), "v1"));
    assert_eq!(run.error(), "argument", "{}", run.stderr);
    let mut command = lab.git_command(&repository.folder, "v1");
    let run = outcome(
        command
            .arg("--end-of-options")
            .arg(format!("--upload-pack=touch {touch}")),
    );
    assert_ne!(run.code, 0);
    assert!(!canary.exists());
    assert!(!lab.has_statement());
}
