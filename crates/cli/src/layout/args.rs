//! The command line of `quorate layout`.

use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use quorate::time::Timestamp;

use crate::args::parse_time;

#[derive(Debug, Subcommand)]
pub(crate) enum LayoutVerb {
    /// Start a layout without steps, to be signed when it is complete
    #[command(
        after_help = "Examples:\n  quorate layout new demo.layout --expires-in 365d\n  quorate layout new old.layout --expires 2027-11-24T00:00:00Z --metablock"
    )]
    New(NewArguments),
    /// Add public keys of functionaries; their ids are the answer
    #[command(after_help = "Example:\n  quorate layout add-key demo.layout alice.pub bob.json")]
    AddKey {
        /// The layout
        file: PathBuf,
        /// Public keys: PEM, or in-toto keys in JSON
        #[arg(required = true, value_name = "PUB")]
        keys: Vec<PathBuf>,
        /// A step that they may carry out; again for each
        #[arg(long, value_name = "NAME")]
        step: Vec<String>,
    },
    /// Add a step, with who may carry it out and what may go in and come out
    #[command(after_help = "\
Examples:
  quorate layout add-step demo.layout write-code --key alice.pub \\
      --materials 'DISALLOW *' --products 'REQUIRE foo.py' --products 'CREATE foo.py' --products 'DISALLOW *'
  quorate layout add-step demo.layout package --key bob.pub --key carl.pub --threshold 2 \\
      --command 'tar czf foo.tar.gz foo.py' --after write-code \\
      --materials 'MATCH foo.py WITH PRODUCTS FROM write-code' --materials 'DISALLOW *' \\
      --products 'REQUIRE foo.tar.gz' --products 'CREATE foo.tar.gz' \\
      --products 'ALLOW foo.py' --products 'DISALLOW *'

Rules:
  CREATE|DELETE|MODIFY|ALLOW|DISALLOW PATTERN, REQUIRE NAME,
  MATCH PATTERN [IN PREFIX] WITH MATERIALS|PRODUCTS [IN PREFIX] FROM STEP
  Words with spaces are quoted as in a shell: 'ALLOW \"release notes.txt\"'")]
    AddStep(StepArguments),
    /// Add an inspection: a command that verifiers run, with rules over what it finds
    #[command(after_help = "\
Example:
  quorate layout add-inspection demo.layout untar --run 'tar xzf foo.tar.gz' \\
      --materials 'MATCH foo.tar.gz WITH PRODUCTS FROM package' --materials 'ALLOW .keep' \\
      --materials 'DISALLOW *' --products 'MATCH foo.py WITH PRODUCTS FROM write-code' \\
      --products 'ALLOW foo.tar.gz' --products 'DISALLOW *'")]
    AddInspection(InspectionArguments),
    /// Add rules to a step or inspection
    #[command(after_help = "\
Example:
  quorate layout add-rule demo.layout package --products 'REQUIRE foo.tar.gz'

REQUIRE goes to the start of a list and any other rule before a closing DISALLOW *, as it does nothing
elsewhere. --position says otherwise.")]
    AddRule(RuleArguments),
    /// Take out a step or an inspection that no rule names
    #[command(after_help = "Example:\n  quorate layout remove-step demo.layout package")]
    RemoveStep {
        /// The layout
        file: PathBuf,
        /// The step or inspection
        name: String,
    },
    /// Say how many functionaries must agree on a step
    #[command(after_help = "Example:\n  quorate layout set-threshold demo.layout package 2")]
    SetThreshold {
        /// The layout
        file: PathBuf,
        /// The step
        step: String,
        /// How many distinct keys of the step must have signed equal links
        #[arg(value_name = "K")]
        threshold: usize,
    },
    /// Say when the layout ends
    #[command(after_help = "Example:\n  quorate layout set-expiry demo.layout --expires-in 90d")]
    SetExpiry {
        /// The layout
        file: PathBuf,
        #[command(flatten)]
        expiry: ExpiryArguments,
    },
    /// Show what a layout says; no signature is checked
    #[command(after_help = "Example:\n  quorate layout show demo.layout")]
    Show {
        /// The layout, signed or not
        file: PathBuf,
        /// The time against which the expiry is held [default: now]
        #[arg(long, value_parser = parse_time, value_name = "TIME")]
        at: Option<Timestamp>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Say what is weak in a layout; no signature is checked
    #[command(after_help = "\
Example:
  quorate layout lint demo.layout

Exit codes: 0 nothing is weak, 1 something is, 2 could not read or wrong usage.
What is only worth knowing is printed and does not count.")]
    Lint {
        /// The layout, signed or not
        file: PathBuf,
        /// The time against which the expiry is held [default: now]
        #[arg(long, value_parser = parse_time, value_name = "TIME")]
        at: Option<Timestamp>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Draw the chain as an SVG: steps, parties, thresholds, and what flows between them
    #[command(after_help = "Example:\n  quorate layout draw demo.layout -o chain.svg")]
    Draw {
        /// The layout, signed or not
        file: PathBuf,
        /// Where to write the drawing [default: stdout]
        #[arg(short, long, value_name = "SVG")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct NewArguments {
    /// Where to write: NAME.layout
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) expiry: ExpiryArguments,
    /// Text for people
    #[arg(
        long,
        default_value = "",
        value_name = "TEXT",
        hide_default_value = true
    )]
    pub(crate) readme: String,
    /// Write the old form of envelope, for consumers that do not read DSSE
    #[arg(long)]
    pub(crate) metablock: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct ExpiryArguments {
    /// When the layout ends, YYYY-MM-DDTHH:MM:SSZ
    #[arg(long, value_parser = parse_time, value_name = "TIME")]
    pub(crate) expires: Option<Timestamp>,
    /// In how many days (d) or weeks (w) the layout ends
    #[arg(long, value_parser = parse_days, value_name = "365d")]
    pub(crate) expires_in: Option<NonZeroU32>,
}

#[derive(Debug, Args)]
pub(crate) struct StepArguments {
    /// The layout
    pub(crate) file: PathBuf,
    /// The step's name
    pub(crate) name: String,
    /// Who may carry the step out: a public key file, or the id of a key of the layout, whole or its first
    /// 8 digits or more; repeat for several
    #[arg(long, value_name = "PUB|ID")]
    pub(crate) key: Vec<String>,
    /// How many of them must agree
    #[arg(long, default_value_t = 1, value_name = "K")]
    pub(crate) threshold: usize,
    /// The command that the step is expected to run, as in a shell; another one is a warning
    #[arg(
        long,
        default_value = "",
        value_name = "COMMAND",
        hide_default_value = true
    )]
    pub(crate) command: String,
    #[command(flatten)]
    pub(crate) rules: RuleLists,
    /// Put it before this step [default: at the end]
    #[arg(long, value_name = "STEP", conflicts_with = "after")]
    pub(crate) before: Option<String>,
    /// Put it after this step [default: at the end]
    #[arg(long, value_name = "STEP")]
    pub(crate) after: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct InspectionArguments {
    /// The layout
    pub(crate) file: PathBuf,
    /// The inspection's name
    pub(crate) name: String,
    /// The command that verifiers run, as in a shell; no shell runs it
    #[arg(long, value_name = "COMMAND")]
    pub(crate) run: String,
    #[command(flatten)]
    pub(crate) rules: RuleLists,
}

#[derive(Debug, Args)]
pub(crate) struct RuleArguments {
    /// The layout
    pub(crate) file: PathBuf,
    /// The step or inspection
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) rules: RuleLists,
    /// Place of the first new rule in its list, from 1
    #[arg(long, value_name = "N")]
    pub(crate) position: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct RuleLists {
    /// A rule over what goes in, as 'MATCH * WITH PRODUCTS FROM build'; repeat for several, in order
    #[arg(long, value_name = "RULE")]
    pub(crate) materials: Vec<String>,
    /// A rule over what comes out, as 'CREATE *.deb'; repeat for several, in order
    #[arg(long, value_name = "RULE")]
    pub(crate) products: Vec<String>,
}

fn parse_days(text: &str) -> Result<NonZeroU32, String> {
    let expected = || "expected a number of days or weeks, as in 90d or 52w".to_owned();
    let (number, days_each) = match (text.strip_suffix('d'), text.strip_suffix('w')) {
        (Some(days), _) => (days, 1),
        (_, Some(weeks)) => (weeks, 7),
        _ => return Err(expected()),
    };
    let number: u32 = number.parse().map_err(|_| expected())?;
    let days = number.checked_mul(days_each).and_then(NonZeroU32::new);
    days.ok_or_else(expected)
}
