//! Files: archives, signed files, and pairs to compare.

use quorate_fuzz::archives::{
    XZ, ZSTD, ar_of, deb_of, gzip_of, pax_record, tar_member, tar_of, zip_of,
};

use super::Seeds;

/// Files that real signers signed: their keys and times differ in every run.
const APK: &[u8] = include_bytes!("signed.apk");
const DEB: &[u8] = include_bytes!("signed.deb");
const PE: &[u8] = include_bytes!("signed.exe");

/// Pairs of files.
pub(super) fn diffs() -> Vec<Seeds> {
    let pair = |a: &[u8], b: &[u8]| {
        let size = u16::try_from(a.len()).expect("a seed is small");
        [&size.to_le_bytes(), a, b].concat()
    };
    let lines =
        "built %DATE% in /build/%NAME%/src by f47ac10b-58cc-4372-a567-0e02b2c3d479, 3.14 MB\n";
    let text = |name: &str, date: &str| {
        lines
            .replace("%NAME%", name)
            .replace("%DATE%", date)
            .into_bytes()
    };
    let (a, b) = (
        text("one", "31 January 2026"),
        text("two", "1 Februar 2026"),
    );
    vec![(
        "diff",
        vec![
            ("text", pair(&a, &b)),
            (
                "tar",
                pair(&tar(&a, "14504347000"), &tar(&b, "14504350130")),
            ),
            ("elf", pair(&elf(1), &elf(2))),
        ],
    )]
}

/// A tar (POSIX ustar) of one file.
fn tar(contents: &[u8], modified: &str) -> Vec<u8> {
    let mut header = vec![0u8; 512];
    let mut put =
        |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, "file");
    put(100, "0000644");
    put(108, "0000000");
    put(116, "0000000");
    put(124, &format!("{:011o}", contents.len()));
    put(136, modified);
    put(148, "        ");
    put(156, "0");
    put(257, "ustar");
    put(263, "00");
    put(329, "0000000");
    put(337, "0000000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut file = [&header, contents].concat();
    file.resize(file.len().next_multiple_of(512) + 1024, 0);
    file
}

/// An ELF file of 64 bits with a build id and nothing else.
fn elf(id: u8) -> Vec<u8> {
    let names = b"\0.shstrtab\0.note.gnu.build-id\0";
    let note = [
        &[4, 0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0][..],
        b"GNU\0",
        &[id; 4][..],
    ]
    .concat();
    let (at_names, at_note) = (256, 256 + names.len());
    let mut file = vec![0u8; 256];
    file[..7].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1, 1]);
    (file[40], file[58], file[60], file[62]) = (64, 64, 3, 1);
    let sections = [
        (128, 1u8, 3u8, at_names, names.len()),
        (192, 11, 7, at_note, note.len()),
    ];
    for (at, name, kind, offset, size) in sections {
        (file[at], file[at + 4]) = (name, kind);
        file[at + 24..at + 32].copy_from_slice(&(offset as u64).to_le_bytes());
        file[at + 32..at + 40].copy_from_slice(&(size as u64).to_le_bytes());
    }
    [&file, &names[..], &note].concat()
}

/// Files that were signed after their build, and without the last byte.
pub(super) fn signed_files() -> Vec<Seeds> {
    [("unsign_apk", APK), ("unsign_deb", DEB), ("unsign_pe", PE)]
        .map(|(target, bytes)| {
            let cut = bytes[..bytes.len() - 1].to_vec();
            (target, vec![("signed", bytes.to_vec()), ("cut", cut)])
        })
        .into()
}

/// Archives, most of them by hand.
pub(super) fn archives() -> Vec<Seeds> {
    let hello: &[u8] = b"hello\n";
    let tar = tar_of(&[
        tar_member(b'5', "./", "", b""),
        tar_member(b'0', "./a", "", hello),
        tar_member(b'2', "./s", "a", b""),
        tar_member(b'1', "./h", "a", b""),
    ]);
    let long = "d/".repeat(60) + "a";
    let pax = pax_record("path", &long) + &pax_record("mtime", "0.5");
    let pax = tar_of(&[
        tar_member(b'x', "x", "", pax.as_bytes()),
        tar_member(b'0', &long[..100], "", hello),
        tar_member(b'0', "b", "", b""),
    ]);
    let table = format!("{:<48}{:<10}`\n{long}/\n", "//", long.len() + 2);
    let named = ar_of(&[("/0", hello)]);
    let named = [&named[..8], table.as_bytes(), b"\n", &named[8..]].concat();
    let zip = zip_of(&[
        ("d/", 0o040_755, b""),
        ("d/a", 0o100_644, hello),
        ("l", 0o120_777, b"d/a"),
        ("z", 0o100_755, hello),
    ]);
    vec![
        (
            "archive_tar",
            vec![("kinds", tar.clone()), ("pax", pax), ("empty", tar_of(&[]))],
        ),
        (
            "archive_deb",
            vec![
                ("package", deb_of(&tar_of(&[]), &tar)),
                ("ar", ar_of(&[("a/", hello), ("odd", b"x")])),
                ("ar-names", named),
                ("tar", tar.clone()),
            ],
        ),
        ("archive_zip", vec![("kinds", zip), ("empty", zip_of(&[]))]),
        (
            "archive_compressed",
            vec![
                ("gzip", gzip_of(hello)),
                ("tar-gz", gzip_of(&tar)),
                ("xz", XZ.to_vec()),
                ("zstd", ZSTD.to_vec()),
            ],
        ),
    ]
}
