//! `quorate policy`: from policy.toml to two signed documents.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use quorate::envelope::{Envelope, EnvelopeForm, PAYLOAD_TYPE_IN_TOTO, add_signature, unsigned};
use quorate::json::{self, Json};
use quorate::policy::{
    GivenCertificate, Owners, PAYLOAD_TYPE_TERMS, Policy, PolicyError, PolicyFile, SourceFiles,
    Terms,
};
use quorate::source::openpgp::certificate_document;
use quorate::time::Timestamp;
use quorate_gather::read_bounded;
use quorate_openpgp::{CertificateError, key_ids, merge_copies, split_certificates};

use crate::args::{NewPolicyArguments, OwnerArguments, PolicyVerb};
use crate::error::CommandError;
use crate::key::private_key;
use crate::output;
use crate::prove::write_whole;
use crate::signers;
use crate::source::{self, LIMITS, PolicyDocuments, beside, public_key, terms_beside};
use crate::summary;

/// Debian's keyring of developers has about 30 MB.
const CERTIFICATE_FILE_BYTES_MAX: usize = 128 << 20;

pub(crate) fn run(verb: PolicyVerb) -> Result<ExitCode, CommandError> {
    match verb {
        PolicyVerb::New(arguments) => new(&arguments),
        PolicyVerb::Compile {
            file,
            out,
            force,
            at,
        } => {
            let replacing = match force {
                true => Replacing::Anything,
                false => Replacing::Unsigned,
            };
            compile(&file, &out, replacing, at)
        }
        PolicyVerb::Sign { layout, key } => sign(&layout, &key),
        PolicyVerb::Show {
            layout,
            owners,
            at,
            json,
        } => show(&layout, &owners, at, json),
    }
}

fn new(arguments: &NewPolicyArguments) -> Result<ExitCode, CommandError> {
    let mut parties: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, key) in &arguments.party {
        parties.entry(name).or_default().push(key);
    }
    // A JSON text is a TOML text.
    let quoted = |text: &str| String::from_utf8_lossy(&Json::text(text).to_text()).into_owned();
    let list = |texts: &[&str]| {
        let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
        format!("[{}]", texts.join(", "))
    };
    let owners: Vec<&str> = arguments.owner.iter().map(String::as_str).collect();
    let mut text = format!(
        "format = \"quorate-policy/1\"\nname = {}\n\n# Raise it with every change: whoever has seen a version refuses older ones.\nversion = 1\n\n# Names of build outputs that this policy speaks of.\nartifacts = {}\n\n# How many parties must agree, of all that are named below.\nthreshold = {}\nexpires = \"{}\"\n\n# \"refuse\" lets one party with another result veto.\non_dissent = \"report\"\n\n[owners]\nneeded = {}\nkeys = {}\n\n[materials]\nsource = \"same\"\n# \"same\" also wants equal build environments.\nenvironment = \"any\"\n",
        quoted(&arguments.name),
        quoted(&arguments.artifacts),
        arguments.threshold,
        arguments.expires,
        arguments.owners_needed.unwrap_or(owners.len()),
        list(&owners),
    );
    for (name, keys) in parties {
        let (name, keys) = (quoted(name), list(&keys));
        text.push_str(&format!("\n[[party]]\nname = {name}\nkeys = {keys}\n"));
    }
    // What this command writes must be something that `compile` reads.
    PolicyFile::parse(&text, &LIMITS).map_err(CommandError::refused)?;
    output::answer(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// What `compile` may write over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Replacing {
    /// Whatever stands there.
    Anything,
    /// Only what nobody has signed.
    Unsigned,
}

fn compile(
    file: &Path,
    out: &Path,
    replacing: Replacing,
    at: Option<Timestamp>,
) -> Result<ExitCode, CommandError> {
    let bytes = read_bounded(file, LIMITS.policy_bytes_max)?;
    let refused = |problem: &dyn std::fmt::Display| {
        CommandError::refused(format!("{}: {problem}", file.display()))
    };
    let text = String::from_utf8(bytes).map_err(|error| refused(&error))?;
    let policy = PolicyFile::parse(&text, &LIMITS).map_err(|error| refused(&error))?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut keys = BTreeMap::new();
    for reference in policy.key_references() {
        keys.insert(reference.to_owned(), public_key(&folder.join(reference))?);
    }
    let files = source_files(&policy, folder)?;
    let compiled = policy
        .compile(&keys, &files, source::time(at)?, &LIMITS)
        .map_err(|error| refused(&error))?;
    for warning in &compiled.warnings {
        output::talk(&format!("warning: {warning}"));
    }
    let layout = out.join(format!("{}.layout", compiled.name));
    let layout = layout.strip_prefix(".").unwrap_or(&layout).to_owned();
    let documents = [
        (
            layout.clone(),
            unsigned(PAYLOAD_TYPE_IN_TOTO, &compiled.layout),
        ),
        (
            terms_beside(&layout),
            unsigned(PAYLOAD_TYPE_TERMS, &compiled.terms),
        ),
    ];
    let before = claimed_version(&terms_beside(&layout));
    let is_next = before.is_some_and(|before| compiled.version > before);
    if replacing == Replacing::Unsigned && !is_next {
        for (path, new) in &documents {
            demand_unsigned_or_same(path, new)?;
        }
    }
    warn_of_versions(&documents, before, compiled.version);
    let mut written = Vec::new();
    for (path, new) in &documents {
        write_whole(path, new)?;
        written.push(path.display().to_string());
    }
    written.extend(write_certificates(&layout, &files)?);
    output::talk(&format!("wrote {}", written.join(", ")));
    output::talk(&format!(
        "next: each owner runs `quorate policy sign {} --key OWNER.key`",
        layout.display()
    ));
    output::answer(&layout.display().to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// Somebody's signature is not lost by writing another policy of the same name over theirs.
fn demand_unsigned_or_same(path: &Path, new: &[u8]) -> Result<(), CommandError> {
    let Ok(old) = read_bounded(path, LIMITS.policy_bytes_max) else {
        return Ok(());
    };
    match (signed_payload(&old), signed_payload(new)) {
        (Some((old, 1..)), Some((new, _))) if old != new => Err(CommandError::refused(format!(
            "{}: a policy of this name and version, or a newer one, is signed and says something else",
            path.display()
        ))
        .hint(
            "raise `version` in policy.toml when this one takes its place; else write elsewhere with --out, or replace it with --force",
        )),
        _ => Ok(()),
    }
}

/// The version of the policy whose terms stand there, whoever signed them.
fn claimed_version(terms: &Path) -> Option<NonZeroU64> {
    let terms = read_bounded(terms, LIMITS.policy_bytes_max).ok()?;
    Terms::dangerous_claimed_version(&terms, &LIMITS).ok()
}

/// Whoever has seen a version refuses older ones, and takes two of one version for one.
fn warn_of_versions(
    documents: &[(PathBuf, Vec<u8>)],
    before: Option<NonZeroU64>,
    version: NonZeroU64,
) {
    let Some(before) = before else { return };
    let differs = |(path, new): &(PathBuf, Vec<u8>)| {
        let old = read_bounded(path, LIMITS.policy_bytes_max).unwrap_or_default();
        payload(&old) != payload(new)
    };
    if before > version {
        output::talk(&format!(
            "warning: version {version} takes the place of version {before}; whoever has seen that one refuses this one"
        ));
    } else if before < version {
        output::talk(&format!(
            "version {version} takes the place of version {before}"
        ));
    } else if documents.iter().any(differs) {
        output::talk(&format!(
            "warning: another policy of version {version} stood here; raise `version` if anybody has it"
        ));
    }
}

/// The payload of an envelope as it stands there.
fn payload(envelope: &[u8]) -> Option<String> {
    signed_payload(envelope).map(|(payload, _)| payload)
}

/// The payload of an envelope as it stands there, and how many signatures it has.
fn signed_payload(envelope: &[u8]) -> Option<(String, usize)> {
    let document = json::parse(envelope, &LIMITS).ok()?;
    let members = json::object(&document).ok()?;
    let signatures = json::array(members.get("signatures")?).ok()?.len();
    let payload = json::string(members.get("payload")?).ok()?.to_owned();
    Some((payload, signatures))
}

/// Reads what the policy's source table names.
fn source_files(policy: &PolicyFile, folder: &Path) -> Result<SourceFiles, CommandError> {
    let mut files = SourceFiles::default();
    let mut all = Vec::new();
    for name in policy.certificate_files() {
        let path = folder.join(name);
        let bytes = read_bounded(&path, CERTIFICATE_FILE_BYTES_MAX)?;
        let certificates = split_certificates(&bytes)
            .map_err(|error| CommandError::unable(format!("{}: {error}", path.display())))?;
        all.extend(certificates);
    }
    // Who may sign is one set, whichever file a certificate stands in.
    let given = given(all)
        .map_err(|error| CommandError::unable(format!("certificates of the policy: {error}")))?;
    for name in policy.certificate_files() {
        files.certificates.insert(name.clone(), given.clone());
    }
    for name in policy.text_files() {
        let bytes = read_bounded(&folder.join(name), LIMITS.policy_bytes_max)?;
        // Its recipe is never one of those.
        signers::demand_lines(name, &bytes)?;
        files.texts.insert(name.to_owned(), bytes);
    }
    Ok(files)
}

/// Certificates with the keys in them; copies of one are merged, so that nobody can leave out the copy that revokes it.
fn given(certificates: Vec<Vec<u8>>) -> Result<Vec<GivenCertificate>, CertificateError> {
    let with_keys = |bytes: Vec<u8>| {
        let key_ids = key_ids(&bytes)?;
        Ok(GivenCertificate { bytes, key_ids })
    };
    merge_copies(certificates)?
        .into_iter()
        .map(with_keys)
        .collect()
}

/// Certificates travel beside the policy, which names them by their digests. Gives the file's name, where one is needed.
fn write_certificates(layout: &Path, files: &SourceFiles) -> Result<Option<String>, CommandError> {
    let path = beside(layout, "certificates");
    let certificates = files.certificates.values().flatten();
    let certificates: BTreeSet<&Vec<u8>> = certificates.map(|it| &it.bytes).collect();
    if certificates.is_empty() {
        // One of an earlier policy of this name would be read and dropped, with a message that nobody understands.
        return match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(CommandError::unable(format!("{}: {error}", path.display())))
            }
            _ => Ok(None),
        };
    }
    let mut text = Vec::new();
    for certificate in certificates {
        text.extend(certificate_document(certificate));
        text.push(b'\n');
    }
    write_whole(&path, &text)?;
    Ok(Some(path.display().to_string()))
}

fn sign(layout: &Path, key: &Path) -> Result<ExitCode, CommandError> {
    let key = private_key(key)?;
    let documents = PolicyDocuments::read(layout)?;
    let signed = |path: &Path, bytes: &[u8]| {
        let refused = |problem: &dyn std::fmt::Display| {
            CommandError::refused(format!("{}: {problem}", path.display()))
        };
        // A policy's terms name the layout by its bytes, which a metablock does not have.
        if Envelope::parse(bytes, &LIMITS)
            .is_ok_and(|envelope| envelope.form() == EnvelopeForm::Metablock)
        {
            return Err(refused(
                &"an in-toto metablock, and a policy's documents are DSSE envelopes; make them anew with `quorate policy compile`",
            ));
        }
        add_signature(bytes, &key, &LIMITS).map_err(|error| refused(&error))
    };
    let owners = Owners::dangerous_declared_by(&documents.terms, &LIMITS);
    if owners.is_ok_and(|owners| !owners.include(key.public())) {
        return Err(CommandError::refused(format!(
            "{}: the policy does not name this key among its owners, and its signature would not count",
            layout.display()
        ))
        .hint("sign with an owner's key, or name this one in `[owners]` of policy.toml and compile it anew"));
    }
    let terms = terms_beside(layout);
    // Both are signed before either is written.
    let (new_layout, new_terms) = (
        signed(layout, &documents.layout)?,
        signed(&terms, &documents.terms)?,
    );
    write_whole(layout, &new_layout)?;
    write_whole(&terms, &new_terms)?;
    output::talk(&format!(
        "signed {} and {} with {}",
        layout.display(),
        terms.display(),
        key.public().id()
    ));
    Ok(ExitCode::SUCCESS)
}

fn show(
    layout: &Path,
    owners: &OwnerArguments,
    at: Option<Timestamp>,
    json: bool,
) -> Result<ExitCode, CommandError> {
    let documents = PolicyDocuments::read(layout)?;
    let trusted = if owners.owner.is_empty() {
        output::talk(
            "no --owner given: shown as the owners that the policy names for itself signed it",
        );
        Owners::dangerous_declared_by(&documents.terms, &LIMITS).map_err(CommandError::refused)?
    } else {
        source::owners(&owners.owner, owners.owners_needed)?
    };
    let policy = Policy::open(
        &documents.layout,
        &documents.terms,
        &trusted,
        source::time(at)?,
        &LIMITS,
    )
    .map_err(|error| {
        let failure = CommandError::refused(&error);
        match error {
            PolicyError::UnderSigned { .. } => failure.hint(
                "owners sign with `quorate policy sign LAYOUT --key OWNER.key`; --owner says whom you trust",
            ),
            _ => failure,
        }
    })?;
    if json {
        output::json(&summary::to_json(&policy))?;
    } else {
        output::answer(&summary::to_text(&policy))?;
    }
    Ok(ExitCode::SUCCESS)
}
