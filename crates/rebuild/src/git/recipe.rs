//! The recipe: in what root, by which commands, into which folder (`docs/spec/recipe.md`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use quorate::digest::Sha256;
use quorate::intoto::Glob;
use quorate_archive::stabilise::Normaliser;
use serde::Deserialize;

use super::is_plain_path;
use crate::building::is_build_path;
use crate::release::is_suite;

/// A page of commands has a few kB; the bytes are part of the statement.
pub(crate) const RECIPE_BYTES_MAX: u64 = 64 << 10;
const FORMAT_STEM: &str = "quorate-recipe/";
const FORMAT: &str = "quorate-recipe/1";
/// Where a tree stands when its recipe does not say: the same for everybody, whatever the repository's address.
const BUILD_PATH: &str = "/build/source";
const PACKAGES_MAX: usize = 1_000;
const COMMANDS_MAX: usize = 100;
const WORDS_MAX: usize = 1_000;
const VARIABLES_MAX: usize = 200;
const PATTERNS_MAX: usize = 100;
/// Between two commands where a statement has them as one list of words.
pub(super) const AND: &str = "&&";

/// Variables that are set for every build, or by which programs find what they load before they read an argument.
const KEPT_VARIABLES: [&str; 20] = [
    "BASHOPTS",
    "BASH_ENV",
    "CDPATH",
    "ENV",
    "GCONV_PATH",
    "GETCONF_DIR",
    "GLIBC_TUNABLES",
    "HOME",
    "HOSTALIASES",
    "IFS",
    "LC_ALL",
    "LOCPATH",
    "NLSPATH",
    "PATH",
    "PS4",
    "RES_OPTIONS",
    "SHELLOPTS",
    "SOURCE_DATE_EPOCH",
    "TMPDIR",
    "TZ",
];
const KEPT_STEMS: [&str; 4] = ["LD_", "BASH_FUNC_", "MALLOC_", "DYLD_"];

/// A recipe that was read by every rule.
#[derive(Debug)]
pub(super) struct Recipe {
    /// What the build runs in.
    pub(super) root: RootChoice,
    /// Commands as lists of words, none of them empty.
    pub(super) commands: Vec<Vec<String>>,
    /// Variables beside the fixed ones.
    pub(super) environment: BTreeMap<String, String>,
    /// Where the tree stands inside the sandbox.
    pub(super) path: PathBuf,
    /// The folder of the outputs, below the tree.
    pub(super) folder: String,
    /// What the outputs may be called, below that folder.
    pub(super) files: Vec<Glob>,
    /// Which outputs are stated in stabilised form too, and by which normaliser.
    pub(super) stabilise: Vec<(Glob, Normaliser)>,
}

/// What a build runs in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RootChoice {
    /// A root of a distribution with packages.
    Suite {
        /// The distribution's release.
        suite: String,
        /// What is installed beside what every root has.
        packages: Vec<String>,
    },
    /// An archive that the caller has.
    Archive {
        /// Its digest.
        sha256: Sha256,
    },
}

/// Why bytes are no recipe.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecipeError {
    /// Not TOML, or of another form.
    #[error("{0}")]
    Form(String),
    /// A format of a later version.
    #[error("the format {0:?} is newer than this program; update quorate")]
    Newer(String),
    /// A value that is not allowed.
    #[error("{place}: {problem}")]
    Value {
        /// The table and key.
        place: &'static str,
        /// What is wrong.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "format")]
    _format: String,
    root: RootTable,
    build: BuildTable,
    outputs: OutputsTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RootTable {
    suite: Option<String>,
    packages: Option<Vec<String>>,
    archive_sha256: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BuildTable {
    commands: Vec<Vec<String>>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    path: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutputsTable {
    folder: String,
    files: Vec<String>,
    #[serde(default)]
    stabilise: BTreeMap<String, String>,
}

impl Recipe {
    /// Reads a recipe.
    ///
    /// # Errors
    /// [`RecipeError`] for anything that `docs/spec/recipe.md` does not allow.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, RecipeError> {
        if bytes.len() as u64 > RECIPE_BYTES_MAX {
            return Err(RecipeError::Form(format!(
                "it has more than {RECIPE_BYTES_MAX} bytes"
            )));
        }
        let form = |error: &dyn std::fmt::Display| RecipeError::Form(error.to_string());
        let text = std::str::from_utf8(bytes).map_err(|error| form(&error))?;
        let table: toml::Table = toml::from_str(text).map_err(|error| form(&error))?;
        match table.get("format").and_then(toml::Value::as_str) {
            Some(FORMAT) => {}
            Some(other) if other.starts_with(FORMAT_STEM) => {
                return Err(RecipeError::Newer(other.to_owned()));
            }
            _ => return Err(RecipeError::Form(format!("no format = {FORMAT:?}"))),
        }
        // From the text, not from the table: the reason then names the line.
        let document: Document = toml::from_str(text).map_err(|error| form(&error))?;
        let path = document.build.path.unwrap_or_else(|| BUILD_PATH.to_owned());
        Ok(Self {
            root: root(document.root)?,
            commands: commands(document.build.commands)?,
            environment: environment(document.build.environment)?,
            path: build_path(&path)?,
            folder: folder(document.outputs.folder)?,
            files: patterns(&document.outputs.files)?,
            stabilise: normalisers(&document.outputs.stabilise)?,
        })
    }

    /// All commands as one list of words, as the statement has it.
    pub(super) fn command(&self) -> Vec<String> {
        self.commands.join(&AND.to_owned())
    }
}

fn refused(place: &'static str, problem: impl Into<String>) -> RecipeError {
    let problem = problem.into();
    RecipeError::Value { place, problem }
}

fn root(table: RootTable) -> Result<RootChoice, RecipeError> {
    match (table.suite, table.packages, table.archive_sha256) {
        (Some(suite), Some(packages), None) => {
            if !is_suite(&suite) {
                return Err(refused("root.suite", format!("{suite:?} is no suite")));
            }
            let mut seen = BTreeSet::new();
            let bad = packages
                .iter()
                .find(|name| !is_package(name) || !seen.insert(*name));
            match bad {
                Some(name) => Err(refused(
                    "root.packages",
                    format!("{name:?} is no package's name, or stands twice"),
                )),
                None if packages.len() > PACKAGES_MAX => Err(refused("root.packages", "too many")),
                None => Ok(RootChoice::Suite { suite, packages }),
            }
        }
        (None, None, Some(sha256)) => match Sha256::parse(&sha256) {
            Ok(sha256) => Ok(RootChoice::Archive { sha256 }),
            Err(error) => Err(refused("root.archive_sha256", error.to_string())),
        },
        _ => Err(refused(
            "root",
            "either suite and packages, or archive_sha256",
        )),
    }
}

/// A binary package's name and nothing more: no version, no architecture, no sign by which apt removes it.
fn is_package(name: &str) -> bool {
    let good =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"+-.".contains(&byte);
    (2..=200).contains(&name.len())
        && name.bytes().all(good)
        && name
            .as_bytes()
            .first()
            .is_some_and(u8::is_ascii_alphanumeric)
        && !name.ends_with('-')
}

fn commands(commands: Vec<Vec<String>>) -> Result<Vec<Vec<String>>, RecipeError> {
    const PLACE: &str = "build.commands";
    let words: usize = commands.iter().map(Vec::len).sum();
    if commands.is_empty() || commands.len() > COMMANDS_MAX || words > WORDS_MAX {
        return Err(refused(PLACE, "no command, or too many"));
    }
    for command in &commands {
        if command.first().is_none_or(String::is_empty) {
            return Err(refused(PLACE, "a command without a program"));
        }
        if let Some(word) = command
            .iter()
            .find(|word| word.contains('\0') || *word == AND)
        {
            return Err(refused(
                PLACE,
                format!("the word {word:?}; there is no shell"),
            ));
        }
    }
    Ok(commands)
}

fn environment(
    variables: BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, RecipeError> {
    const PLACE: &str = "build.environment";
    if variables.len() > VARIABLES_MAX {
        return Err(refused(PLACE, "too many variables"));
    }
    for (name, value) in &variables {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let is_name = !name.is_empty()
            && name.len() <= 100
            && name.bytes().all(good)
            && !name.starts_with(|c: char| c.is_ascii_digit());
        if !is_name || value.contains('\0') {
            return Err(refused(PLACE, format!("{name:?} is no variable")));
        }
        let kept = KEPT_VARIABLES.contains(&&**name)
            || KEPT_STEMS.iter().any(|stem| name.starts_with(stem));
        if kept {
            return Err(refused(PLACE, format!("{name} may not be set")));
        }
    }
    Ok(variables)
}

fn build_path(path: &str) -> Result<PathBuf, RecipeError> {
    let plain = path.strip_prefix('/').is_some_and(is_plain_path);
    match plain && is_build_path(Path::new(path)) {
        true => Ok(PathBuf::from(path)),
        false => Err(refused(
            "build.path",
            "not an absolute path of at least two folders, such as /build/hello, outside of the system's folders",
        )),
    }
}

fn folder(folder: String) -> Result<String, RecipeError> {
    match is_plain_path(&folder) {
        true => Ok(folder),
        false => Err(refused("outputs.folder", "no path below the tree")),
    }
}

fn patterns(files: &[String]) -> Result<Vec<Glob>, RecipeError> {
    const PLACE: &str = "outputs.files";
    if files.is_empty() || files.len() > PATTERNS_MAX {
        return Err(refused(PLACE, "no pattern, or too many"));
    }
    let globs = files.iter().map(|text| Glob::parse(text));
    let globs = globs.collect::<Result<Vec<_>, _>>();
    globs.map_err(|error| refused(PLACE, error.to_string()))
}

fn normalisers(table: &BTreeMap<String, String>) -> Result<Vec<(Glob, Normaliser)>, RecipeError> {
    const PLACE: &str = "outputs.stabilise";
    if table.len() > PATTERNS_MAX {
        return Err(refused(PLACE, "too many patterns"));
    }
    let read = |(pattern, name): (&String, &String)| {
        let glob = Glob::parse(pattern).map_err(|error| refused(PLACE, error.to_string()))?;
        let normaliser = Normaliser::parse(name).ok_or_else(|| {
            let known = Normaliser::ALL.map(Normaliser::name).join(", ");
            refused(
                PLACE,
                format!("{name:?} is no normaliser; there are {known}"),
            )
        })?;
        Ok((glob, normaliser))
    };
    table.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, proptest};

    use super::{Recipe, RootChoice};

    const GOOD: &str = r#"
format = "quorate-recipe/1"
[root]
suite = "bookworm"
packages = ["gcc", "libc6-dev", "g++", "python3.11"]
[build]
commands = [["make"], ["make", "install", "DESTDIR=out"]]
environment = { CFLAGS = "-O2" }
[outputs]
folder = "out"
files = ["*"]
"#;

    fn problem(text: &str) -> String {
        Recipe::parse(text.as_bytes()).unwrap_err().to_string()
    }

    fn with(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        problem(&GOOD.replace(from, to))
    }

    #[test]
    fn a_recipe_is_read() {
        let recipe = Recipe::parse(GOOD.as_bytes()).unwrap();
        assert!(
            matches!(&recipe.root, RootChoice::Suite { suite, packages } if suite == "bookworm" && packages.len() == 4)
        );
        assert_eq!(
            recipe.command(),
            ["make", "&&", "make", "install", "DESTDIR=out"]
        );
        assert_eq!(recipe.path.to_str(), Some("/build/source"));
        assert!(recipe.files[0].matches("usr/bin/hello"));
        let archive = format!("archive_sha256 = \"{}\"", "ab".repeat(32));
        let text = GOOD.replace("suite = \"bookworm\"\n", "");
        let text = text.replace(
            "packages = [\"gcc\", \"libc6-dev\", \"g++\", \"python3.11\"]",
            &archive,
        );
        let recipe = Recipe::parse(text.as_bytes()).unwrap();
        assert!(matches!(recipe.root, RootChoice::Archive { .. }));
    }

    #[test]
    fn a_recipe_with_an_unknown_key_is_refused_wherever_it_stands() {
        for (place, name) in [
            ("[root]", "mirror"),
            ("[build]", "shell"),
            ("[outputs]", "follow"),
        ] {
            let why = with(place, &format!("{place}\n{name} = \"x\""));
            assert!(why.contains(name), "{why}");
        }
        assert!(with("[root]", "[network]\nallow = true\n[root]").contains("network"));
        assert!(with("suite =", "suite = \"sid\"\nsuite =").contains("duplicate"));
    }

    #[test]
    fn a_recipe_of_a_newer_format_says_so_and_another_file_too() {
        assert!(with("recipe/1", "recipe/2").contains("newer"));
        assert!(with("quorate-recipe/1", "other").contains("no format"));
        assert!(problem("").contains("no format"));
        assert!(Recipe::parse(b"\xff").is_err());
        assert!(Recipe::parse(&vec![b'\n'; 70_000]).is_err());
    }

    #[test]
    fn a_variable_that_decides_what_is_loaded_may_not_be_set() {
        for name in [
            "PATH",
            "HOME",
            "LC_ALL",
            "TZ",
            "SOURCE_DATE_EPOCH",
            "LD_PRELOAD",
            "LD_LIBRARY_PATH",
            "ENV",
            "BASH_ENV",
            "IFS",
            "GLIBC_TUNABLES",
            "GCONV_PATH",
            "BASH_FUNC_ls",
        ] {
            assert!(with("CFLAGS", name).contains("may not be set"), "{name}");
        }
        for name in ["\"\"", "\"A B\"", "\"A=B\"", "1A", "\"BASH_FUNC_ls%%\""] {
            assert!(with("CFLAGS", name).contains("no variable"), "{name}");
        }
        assert!(with("\"-O2\"", "\"\\u0000\"").contains("no variable"));
    }

    #[test]
    fn a_root_is_one_thing_or_the_other() {
        let archive = "[root]\narchive_sha256 = \"ab\"";
        assert!(with("[root]", archive).contains("either"));
        assert!(with("suite = \"bookworm\"", "").contains("either"));
        assert!(with("packages = [", "# [").contains("either"));
        assert!(with("\"bookworm\"", "\"-o\"").contains("root.suite"));
        for name in [
            "gcc-",
            "gcc=1",
            "gcc:i386",
            "-y",
            "a b",
            "gcc|tcc",
            "libc6-dev",
            "?essential",
            "~n",
            "Gcc",
            "gcc/sid",
        ] {
            assert!(
                with("\"gcc\"", &format!("{name:?}")).contains("root.packages"),
                "{name}"
            );
        }
    }

    #[test]
    fn a_command_is_a_list_of_words_without_a_shell() {
        assert!(
            with(
                "[[\"make\"], [\"make\", \"install\", \"DESTDIR=out\"]]",
                "[]"
            )
            .contains("build.commands")
        );
        assert!(with("[\"make\"],", "[],").contains("without a program"));
        assert!(with("[\"make\"],", "[\"\"],").contains("without a program"));
        assert!(with("[\"make\"],", "[\"a\", \"&&\", \"b\"],").contains("no shell"));
        assert!(with("[\"make\"],", "[\"a\\u0000b\"],").contains("no shell"));
        assert!(
            with(
                "[[\"make\"], [\"make\", \"install\", \"DESTDIR=out\"]]",
                "\"make\""
            )
            .contains("commands")
        );
    }

    #[test]
    fn a_path_that_leaves_its_place_is_refused() {
        for path in [
            "build/x",
            "/build",
            "/usr/x",
            "/build/../etc",
            "/tmp/../x/y",
            "/build/x/",
            "/build/a b",
        ] {
            assert!(
                with("[build]", &format!("[build]\npath = {path:?}")).contains("build.path"),
                "{path}"
            );
        }
        for path in ["/out", "../out", ".", "", "a/../b", "out/"] {
            assert!(
                with("\"out\"", &format!("{path:?}")).contains("outputs.folder"),
                "{path}"
            );
        }
        assert!(with("[\"*\"]", "[]").contains("outputs.files"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            drop(Recipe::parse(&bytes));
        }

        #[test]
        fn no_change_of_a_good_recipe_makes_it_panic(at in 0..GOOD.len(), byte in any::<u8>(), cut in 0..GOOD.len()) {
            let mut bytes = GOOD.as_bytes().to_vec();
            bytes[at] = byte;
            drop(Recipe::parse(&bytes));
            drop(Recipe::parse(&bytes[..cut]));
        }
    }
}
