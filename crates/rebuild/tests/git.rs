//! Rebuilds of signed git tags: what two parties get, and what is refused before it is built or signed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod lab;

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use lab::repository::{
    Repository, building, git_source, rebuilt, recipe, recipe_with, refused, small_root,
};
use lab::somebody::Somebody;
use lab::{Lab, is_root, outcome};
use quorate::attest::git::RecipePlace;
use quorate::digest::Sha256;
use quorate::limits::Limits;
use quorate::source::git::{ObjectId, SourceEntry, TreeIdentity};

/// Says what it finds in the tree and makes two outputs.
const BUILD: &str = "set -e\nstat -c '%n %a %Y %F' greet greeting link sub . > /tmp/seen\nmkdir -p out/usr/bin\n\
                     cp greet out/usr/bin/greet\nreadlink link >> /tmp/seen\necho \"$SOURCE_DATE_EPOCH $WORD\" >> /tmp/seen\n\
                     cp /tmp/seen out/seen\n";

/// What it finds.
const SEEN: &str = "greet 755 1700000000 regular file\ngreeting 644 1700000000 regular file\nlink 777 1700000000 symbolic link\n\
                    sub 755 1700000000 directory\n. 755 1700000000 directory\ngreeting\n1700000000 word\n";

/// A repository whose tag `v1` builds.
fn project(lab: &Lab, format: &str) -> Repository {
    let repository = lab.repository("project", format);
    repository.write("greeting", "hello\n");
    repository.write_program("greet", "#!/bin/sh\ncat greeting\n");
    repository.write("sub/x", "x\n");
    symlink("greeting", repository.folder.join("link")).unwrap();
    repository.write("build.sh", BUILD);
    let environment = "environment = { WORD = \"word\" }";
    let recipe = recipe_with(
        environment,
        "[[\"sh\", \"-e\", \"build.sh\"], [\"ls\", \"out\"]]",
        "[\"usr/*\", \"seen\"]",
    );
    repository.write("quorate.toml", &recipe);
    repository.commit();
    repository.tag("v1");
    repository
}

#[test]
fn two_parties_state_one_source_and_equal_products() {
    for format in ["sha1", "sha256"] {
        let (alpha, beta) = (Lab::new(), Lab::new());
        let repository = project(&alpha, format);
        rebuilt(&alpha, &repository, "v1");
        let mut command = beta.git_command(&repository.folder, "v1");
        let run = outcome(command.args(["--party", "beta"]));
        assert_eq!(run.code, 0, "{}", run.stderr);
        let one = alpha.rebuild_in(&alpha.out());
        let two = beta.rebuild_in(&beta.out());
        assert_eq!((&*one.party, &*two.party), ("party-a", "beta"));
        assert_eq!(one.source.digest(), two.source.digest());
        assert_eq!(one.products, two.products);
        assert_eq!(one.environment_digest(), two.environment_digest());
        assert_ne!(one.invocation, two.invocation);
        let names: Vec<_> = one.products.iter().map(|it| &*it.name).collect();
        assert_eq!(names, ["seen", "usr/bin/greet"]);
        for product in &one.products {
            assert_eq!((&product.package, &*product.version), (&product.name, "v1"));
            let bytes = fs::read(alpha.out().join(&product.name)).unwrap();
            assert_eq!(Sha256::of(&bytes), product.digests.sha256);
        }
        let seen = fs::read_to_string(alpha.out().join("seen")).unwrap();
        assert_eq!(seen, SEEN);
        assert_eq!(one.command, ["sh", "-e", "build.sh", "&&", "ls", "out"]);
        assert!(
            alpha.log().contains("+ ls out\nseen\nusr\n"),
            "{}",
            alpha.log()
        );
        let source = git_source(&one);
        let id = |name: &str| ObjectId::parse(&repository.git(&["rev-parse", name])).unwrap();
        assert_eq!(
            (source.tag_id, source.commit_id, source.tree_id),
            (id("v1"), id("v1^{commit}"), id("v1^{tree}"))
        );
        assert_eq!(source.recipe.place, RecipePlace::Repository);
        assert_eq!(source.identity, identity_of(&repository.folder));
    }
}

/// The identity of a work tree with what `project` puts there.
fn identity_of(folder: &Path) -> Sha256 {
    let limits = Limits::STANDARD;
    let mut identity = TreeIdentity::new(&limits);
    for name in ["build.sh", "greet", "greeting", "quorate.toml", "sub/x"] {
        let bytes = fs::read(folder.join(name)).unwrap();
        let (size, sha256) = (bytes.len() as u64, Sha256::of(&bytes));
        let entry = match name {
            "greet" => SourceEntry::Executable { size, sha256 },
            _ => SourceEntry::File { size, sha256 },
        };
        identity.push(name.as_bytes(), entry).unwrap();
    }
    let link = SourceEntry::Symlink {
        size: 8,
        sha256: Sha256::of(b"greeting"),
    };
    identity.push(b"link", link).unwrap();
    identity.finish().unwrap()
}

#[test]
fn a_tag_that_nobody_can_have_signed_is_refused() {
    let lab = Lab::new();
    let repository = project(&lab, "sha1");
    repository.git(&["tag", "light"]);
    repository.git(&["tag", "--annotate", "--message=x", "unsigned"]);
    repository.git(&["tag", "--sign", "--message=x", "nested", "v1"]);
    repository.git(&["tag", "--sign", "--message=x", "folder", "v1^{tree}"]);
    repository.git(&["update-ref", "refs/tags/v2", "refs/tags/v1"]);
    refused(&lab, &repository, "light", "source-refused", "lightweight");
    refused(
        &lab,
        &repository,
        "unsigned",
        "source-refused",
        "not signed",
    );
    refused(&lab, &repository, "nested", "source-refused", "names a tag");
    refused(
        &lab,
        &repository,
        "folder",
        "source-refused",
        "names a tree",
    );
    refused(
        &lab,
        &repository,
        "v2",
        "source-refused",
        "its name is \"v1\"",
    );
    refused(&lab, &repository, "v3", "no-such-tag", "has no tag v3");
    for tag in ["-v1", "v1:refs/heads/x", "v*", "../v1"] {
        let mut command = lab.git_command(&repository.folder, "v1");
        let run = outcome(command.arg(format!("--tag={tag}")));
        assert_ne!(run.code, 0, "{tag}");
    }
}

#[test]
fn a_pointer_to_a_file_that_is_elsewhere_is_refused() {
    let lab = Lab::new();
    let repository = project(&lab, "sha1");
    repository.write(
        "large.bin",
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    );
    repository.commit();
    repository.tag("v2");
    refused(
        &lab,
        &repository,
        "v2",
        "source-refused",
        "large.bin: a Git LFS pointer",
    );
}

#[test]
fn attributes_change_no_byte_and_are_named() {
    let lab = Lab::new();
    let repository = project(&lab, "sha1");
    repository.write(
        ".gitattributes",
        "greeting text eol=crlf\nbuild.sh export-ignore\n$Id$ ident\n",
    );
    repository.write("build.sh", "mkdir out && cp greeting out/greeting");
    repository.write("quorate.toml", &recipe());
    repository.commit();
    repository.tag("v2");
    let run = rebuilt(&lab, &repository, "v2");
    assert!(
        run.stderr.contains(".gitattributes asks git for eol"),
        "{}",
        run.stderr
    );
    assert_eq!(fs::read(lab.out().join("greeting")).unwrap(), b"hello\n");
}

#[test]
fn a_path_below_a_link_is_refused() {
    let lab = Lab::new();
    let repository = building(&lab, "true");
    let escape = lab.path("escape");
    fs::create_dir(&escape).unwrap();
    let target = escape.display().to_string();
    // Two entries of one name, which git itself does not write: a link, and a folder to be laid out through it.
    let object = |kind: &str, content: &[u8]| {
        let arguments = ["hash-object", "-w", "--literally", "-t", kind, "--stdin"];
        let id = repository.git_with(&arguments, content);
        (id.clone(), ObjectId::parse(&id).unwrap())
    };
    let entry = |mode: &str, name: &str, id: &ObjectId| {
        [format!("{mode} {name}\0").as_bytes(), id.as_bytes()].concat()
    };
    let (_, file) = object("blob", b"x");
    let (_, link) = object("blob", target.as_bytes());
    let (_, folder) = object("tree", &entry("100644", "x", &file));
    let both = [entry("120000", "a", &link), entry("40000", "a", &folder)].concat();
    let (tree, _) = object("tree", &both);
    let commit = repository.git(&["commit-tree", "-m", "x", &tree]);
    repository.git(&["tag", "--sign", "--message=x", "v2", &commit]);
    let run = outcome(&mut lab.git_command(&repository.folder, "v2"));
    assert_eq!(run.error(), "source-refused", "{}", run.stderr);
    assert_eq!(fs::read_dir(&escape).unwrap().count(), 0);
    assert!(!lab.has_statement());
}

#[test]
fn neither_hooks_nor_configuration_of_a_repository_are_obeyed() {
    let lab = Lab::new();
    let repository = project(&lab, "sha1");
    let canary = lab.path("canary");
    let hook = format!("#!/bin/sh\ntouch {}\nexec \"$@\"\n", canary.display());
    for name in [
        "post-checkout",
        "reference-transaction",
        "post-upload-pack",
        "pre-auto-gc",
        "post-merge",
        "fsmonitor",
    ] {
        repository.write_program(&format!(".git/hooks/{name}"), &hook);
    }
    let script = repository
        .folder
        .join(".git/hooks/fsmonitor")
        .display()
        .to_string();
    for key in [
        "uploadpack.packObjectsHook",
        "core.fsmonitor",
        "core.sshCommand",
        "core.gitProxy",
    ] {
        repository.git(&["config", key, &script]);
    }
    repository.git(&["config", "filter.x.smudge", &script]);
    drop(fs::remove_file(&canary));
    rebuilt(&lab, &repository, "v1");
    assert!(!canary.exists());
}

#[test]
fn a_repository_shows_git_no_other_folder_of_the_host() {
    let lab = Lab::new();
    let repository = project(&lab, "sha1");
    let borrower = lab.path("borrower");
    let (from, to) = (
        repository.folder.to_string_lossy(),
        borrower.to_string_lossy(),
    );
    repository.git(&["clone", "--quiet", "--shared", "--bare", &from, &to]);
    // The control: git itself finds the tag through the folder that is borrowed from.
    let git_dir = format!("--git-dir={to}");
    assert_eq!(repository.git(&[&git_dir, "cat-file", "-t", "v1"]), "tag");
    let run = outcome(&mut lab.git_command(&borrower, "v1"));
    assert_ne!(run.code, 0, "{}", run.stderr);
    assert!(
        ["fetch", "no-such-tag"].contains(&run.error()),
        "{}",
        run.stderr
    );
    assert!(!lab.has_statement());
}

#[test]
fn the_configuration_and_environment_of_the_caller_are_not_read() {
    let lab = Lab::new();
    let repository = project(&lab, "sha1");
    let canary = lab.path("canary");
    let home = lab.path("callers-home");
    fs::create_dir_all(home.join(".config/git")).unwrap();
    let settings = format!(
        "[url \"/nowhere\"]\n\tinsteadOf = file://\n[protocol]\n\tallow = never\n[uploadpack]\n\tpackObjectsHook = touch {}\n[broken\n",
        canary.display()
    );
    fs::write(home.join(".gitconfig"), &settings).unwrap();
    fs::write(home.join(".config/git/config"), &settings).unwrap();
    let mut command = lab.git_command(&repository.folder, "v1");
    command
        .env("HOME", &home)
        .env("GIT_CONFIG_GLOBAL", home.join(".gitconfig"))
        .env("GIT_DIR", "/nowhere")
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "protocol.allow")
        .env("GIT_CONFIG_VALUE_0", "never")
        .env("GIT_EXEC_PATH", home.join("nowhere"))
        .env("GIT_SSH_COMMAND", format!("touch {}", canary.display()));
    let run = outcome(&mut command);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!canary.exists());
}

#[test]
fn a_source_of_more_than_the_limit_is_refused() {
    let lab = Lab::new();
    let repository = building(&lab, "true");
    // A few kB to fetch, and 4 MB to lay out.
    repository.write("large", &"x\n".repeat(2_000_000));
    repository.commit();
    repository.tag("v2");
    // 3 MB to fetch.
    let mut noise = vec![0; 3_000_000];
    fs::File::open("/dev/urandom")
        .unwrap()
        .read_exact(&mut noise)
        .unwrap();
    fs::write(repository.folder.join("large"), noise).unwrap();
    repository.commit();
    repository.tag("v3");
    for (tag, reason) in [("v2", "too many bytes"), ("v3", "went over")] {
        let mut command = lab.git_command(&repository.folder, tag);
        let run = outcome(command.args(["--output-bytes-max", "1000000"]));
        assert_eq!(run.error(), "source-refused", "{}", run.stderr);
        assert!(run.stderr.contains(reason), "{}", run.stderr);
    }
    assert!(!lab.has_statement());
}

#[test]
fn a_tree_of_a_thousand_million_paths_is_refused() {
    let lab = Lab::new();
    let repository = building(&lab, "true");
    let mut id = repository.git_with(&["hash-object", "-w", "--stdin"], b"x");
    let mut kind = "100644 blob";
    for _ in 0..9 {
        let entries = (0..10).map(|at| format!("{kind} {id}\tentry{at}\n"));
        id = repository.git_with(&["mktree"], entries.collect::<String>().as_bytes());
        kind = "040000 tree";
    }
    let commit = repository.git(&["commit-tree", "-m", "x", &id]);
    repository.git(&["tag", "--sign", "--message=x", "v2", &commit]);
    refused(
        &lab,
        &repository,
        "v2",
        "source-refused",
        "too many files and folders",
    );
}

#[test]
fn a_folder_with_statements_about_another_tag_is_not_used() {
    let lab = Lab::new();
    let repository = building(&lab, "mkdir out && echo x > out/x");
    rebuilt(&lab, &repository, "v1");
    repository.tag("v2");
    let run = outcome(&mut lab.git_command(&repository.folder, "v2"));
    assert_eq!(
        (run.code, run.error()),
        (2, "other-release"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("--out"), "{}", run.stderr);
    assert!(!run.stderr.contains("fetch"), "{}", run.stderr);
    let statement = lab.rebuild_in(&lab.out());
    assert_eq!(statement.source.version(), "v1");
    // The same release may be rebuilt into it again.
    rebuilt(&lab, &repository, "v1");
}

#[test]
fn a_repository_that_is_not_there_is_not_looked_for_in_the_network() {
    let lab = Lab::new();
    let run = outcome(&mut lab.git_command(&lab.path("missing"), "v1"));
    assert_eq!((run.code, run.error()), (2, "argument"), "{}", run.stderr);
    assert!(
        run.stderr.contains("missing: there is no such folder") && !run.stderr.contains("network"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_user_without_rights_rebuilds_a_tag_with_equal_products() {
    let lab = Lab::new();
    let repository = project(&lab, "sha1");
    rebuilt(&lab, &repository, "v1");
    if !is_root() {
        // Then the first run was by a user without rights.
        return;
    }
    let reference = lab.rebuild_in(&lab.out());
    for folder in [lab.out(), lab.path("cache")] {
        fs::remove_dir_all(folder).unwrap();
    }
    // Nobody but its owner may look into the repository.
    fs::set_permissions(&repository.folder, fs::Permissions::from_mode(0o700)).unwrap();
    let root = lab.path("root.tar");
    fs::copy(small_root(), &root).unwrap();
    let somebody = Somebody::new("git");
    let mut command = somebody.program(&lab);
    lab.git_arguments(&mut command, &repository.folder.to_string_lossy(), "v1");
    command
        .arg("--root")
        .arg(root)
        .arg("--cache")
        .arg(lab.path("cache"));
    let run = outcome(&mut command);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let rebuild = lab.rebuild_in(&lab.out());
    assert_eq!(rebuild.products, reference.products);
    assert_eq!(rebuild.source.digest(), reference.source.digest());
}
