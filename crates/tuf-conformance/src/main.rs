//! Our TUF client, as the public conformance suite runs it.
//!
//! **Enters:** the suite's arguments, and whatever its repositories serve.
//! **Leaves:** an exit code, trusted metadata under names without versions, and target files that were vouched for.
//! **Never:** a use outside of tests; a judgement of its own.

mod shown;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Parser, Subcommand};
use quorate::digest::Sha256;
use quorate::time::Timestamp;
use quorate_http::{Address, HttpFetch, Patience, Proxies};
use quorate_trust::client::{Client, Pin, TrustClient};
use quorate_trust::disk::OnBusy;
use quorate_trust::limits::TrustLimits;
use quorate_trust::metadata::TargetPath;

/// Why a command failed, for whoever reads the suite's output.
type Failure = Box<dyn std::error::Error>;

/// The root that the suite gave, beside the store.
const PINNED: &str = "pinned";
const STORE: &str = "store";

#[derive(Debug, Parser)]
struct Arguments {
    /// Where trusted metadata is kept
    #[arg(long)]
    metadata_dir: PathBuf,
    /// Where the repository's metadata is
    #[arg(long)]
    metadata_url: Option<String>,
    /// The target to download
    #[arg(long)]
    target_name: Option<String>,
    /// Where the repository's targets are
    #[arg(long)]
    target_base_url: Option<String>,
    /// Where targets are put
    #[arg(long)]
    target_dir: Option<PathBuf>,
    /// Days by which the clock is taken to be ahead
    #[arg(long, default_value_t = 0)]
    days_in_future: u32,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Takes a root that is trusted
    Init { root: PathBuf },
    /// Brings metadata up to date
    Refresh,
    /// Brings metadata up to date, and a target
    Download,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = run(&arguments);
    // What was verified before a refusal is trusted all the same.
    let shown = shown::show(&arguments.metadata_dir.join(STORE), &arguments.metadata_dir);
    match done.and(shown.map_err(Failure::from)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            #[expect(clippy::print_stderr, reason = "the suite shows it")]
            {
                eprintln!("{failure}");
            }
            ExitCode::from(1)
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.command {
        Command::Init { root } => init(&arguments.metadata_dir, root),
        Command::Refresh => {
            let (mut client, mut fetch) = client(arguments)?;
            client.update(&mut fetch, now(arguments)?)?;
            Ok(())
        }
        Command::Download => download(arguments),
    }
}

fn init(folder: &Path, root: &Path) -> Result<(), Failure> {
    let root = fs::read(root)?;
    let pinned = folder.join(STORE);
    fs::create_dir_all(&pinned)?;
    fs::write(pinned.join(PINNED), &root)?;
    fs::write(folder.join("root.json"), &root)?;
    Ok(())
}

fn download(arguments: &Arguments) -> Result<(), Failure> {
    let name = arguments.target_name.as_deref().ok_or("--target-name")?;
    let folder = arguments.target_dir.as_deref().ok_or("--target-dir")?;
    let (mut client, mut fetch) = client(arguments)?;
    let now = now(arguments)?;
    client.update(&mut fetch, now)?;
    let target = client.target(&TargetPath::parse(name)?, Some(&mut fetch), now)?;
    // A name is data: what is written has a name of ours.
    let file = folder.join(Sha256::of(name.as_bytes()).to_string());
    if fs::read(&file).ok().as_ref() != Some(&target.bytes) {
        fs::write(file, &target.bytes)?;
    }
    Ok(())
}

fn client(arguments: &Arguments) -> Result<(Client, HttpFetch), Failure> {
    let address =
        |given: &Option<String>| Address::parse(given.as_deref().unwrap_or("http://none/"));
    let store = arguments.metadata_dir.join(STORE);
    let pin = Pin::Root(fs::read(store.join(PINNED))?);
    let fetch = HttpFetch::new(
        address(&arguments.metadata_url)?,
        address(&arguments.target_base_url)?,
        Patience::STANDARD,
        Proxies::None,
    );
    let client = Client::open(&store, pin, OnBusy::Wait, TrustLimits::STANDARD)?;
    Ok((client, fetch))
}

fn now(arguments: &Arguments) -> Result<Timestamp, Failure> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let seconds = seconds + u64::from(arguments.days_in_future) * 86_400;
    Ok(Timestamp::from_unix_seconds(i64::try_from(seconds)?).ok_or("a time out of range")?)
}
