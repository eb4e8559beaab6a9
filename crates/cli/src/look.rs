//! Looks into the file in hand as the policy wants it compared.

use std::fs::File;
use std::io::BufReader;

use quorate::policy::{ArchiveFormat, Comparison, Normaliser, SignatureFormat};
use quorate::verify::{Candidate, Member, MemberKind, Stabilised, Unsigned, View};
use quorate_archive::{Format, Limits, stabilise};
use quorate_unsign as unsign;

/// Larger reads cost nothing beside decompression.
const BUFFER_BYTES: usize = 256 * 1024;

/// What the policy's comparison needs of a file beside its digest.
pub(crate) fn into(file: &mut File, comparison: &Comparison) -> View {
    match comparison {
        Comparison::Bytes => View::Whole,
        Comparison::SignatureOnly(format) => without_signature(file, *format),
        Comparison::Stabilised(normaliser) => stabilised(file, *normaliser),
        Comparison::Members(rules) => members(file, rules.format),
    }
}

fn without_signature(file: &mut File, format: SignatureFormat) -> View {
    let known = match format {
        SignatureFormat::Apk => unsign::SignatureFormat::ApkSigningBlock,
        SignatureFormat::Pe => unsign::SignatureFormat::Authenticode,
        SignatureFormat::Debsigs => unsign::SignatureFormat::Debsigs,
        SignatureFormat::Detached => unsign::SignatureFormat::Detached,
    };
    match unsign::unsigned(file, known, &unsign::Limits::STANDARD) {
        Ok(found) => {
            let candidates = found.candidates.into_iter().map(candidate);
            View::Unsigned(Unsigned {
                candidates: candidates.collect(),
            })
        }
        Err(error) => View::Unusable(format!("not a signed {}: {error}", format.name())),
    }
}

fn candidate(found: unsign::Candidate) -> Candidate {
    let region = |region: &unsign::Region| {
        let unsign::Region { offset, size, what } = region;
        format!("{what} ({size} bytes at {offset})")
    };
    let regions = found.removed.iter().chain(&found.changed);
    Candidate {
        sha256: found.sha256,
        regions: regions.map(region).collect(),
    }
}

fn stabilised(file: &mut File, normaliser: Normaliser) -> View {
    let known = match normaliser {
        Normaliser::Gzip => stabilise::Normaliser::GzipV1,
        Normaliser::Tar => stabilise::Normaliser::TarV1,
        Normaliser::Zip => stabilise::Normaliser::ZipV1,
    };
    let reader = BufReader::with_capacity(BUFFER_BYTES, file);
    match stabilise::stabilised(reader, known, &Limits::STANDARD) {
        Ok(form) => View::Stabilised(Stabilised {
            sha256: form.sha256,
            regions: form.regions,
        }),
        Err(error) => View::Unusable(format!("{} cannot be made: {error}", normaliser.name())),
    }
}

fn members(file: &mut File, format: ArchiveFormat) -> View {
    let known = match format {
        ArchiveFormat::Tar => Format::Tar,
        ArchiveFormat::TarGz => Format::TarGz,
        ArchiveFormat::TarXz => Format::TarXz,
        ArchiveFormat::TarZst => Format::TarZst,
        ArchiveFormat::Zip => Format::Zip,
        ArchiveFormat::Deb => Format::Deb,
    };
    let reader = BufReader::with_capacity(BUFFER_BYTES, file);
    let limits = Limits::STANDARD;
    let inventory = match known {
        Format::Zip => quorate_archive::inventory_seek(reader, known, &limits),
        _ => quorate_archive::inventory(reader, known, &limits),
    };
    match inventory {
        Ok(inventory) => View::Members(inventory.members.into_iter().map(member).collect()),
        Err(error) => View::Unusable(format!("not a {} to go by: {error}", format.name())),
    }
}

fn member(found: quorate_archive::Member) -> Member {
    use quorate_archive::MemberKind as Kind;
    let kind = match (found.kind, found.sha256) {
        (Kind::File, Some(sha256)) => MemberKind::File(sha256),
        // The reader gives every file its digest; without one, it is nothing that could be equal.
        (Kind::File, None) => MemberKind::Hardlink(String::new()),
        (Kind::Folder, _) => MemberKind::Folder,
        (Kind::Symlink { target }, _) => MemberKind::Symlink(target),
        (Kind::Hardlink { target }, _) => MemberKind::Hardlink(target),
    };
    Member {
        name: found.name,
        kind,
        // 0 is what the reader gives where a zip has none.
        mode: (found.mode != 0).then_some(found.mode),
        owner: found.owner.uid.zip(found.owner.gid),
        owner_names: vec![found.owner.user, found.owner.group],
    }
}
