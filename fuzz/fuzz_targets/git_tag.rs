//! Tags: what is accepted is its headers, its message and at most one signature, and nothing that a signature does not cover stands elsewhere.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::source::git::{ObjectFormat, Tag, TagSignature};

fuzz_target!(|bytes: &[u8]| {
    for format in [ObjectFormat::Sha1, ObjectFormat::Sha256] {
        let Ok(tag) = Tag::parse(bytes, format) else {
            continue;
        };
        assert_eq!(tag.object.format(), format);
        let headers = [
            format!(
                "object {}\ntype {}\ntag {}\ntagger ",
                tag.object, tag.kind, tag.name
            )
            .as_bytes(),
            tag.tagger.text,
            b"\n\n",
        ]
        .concat();
        assert_eq!(tag.signed, [&headers, tag.message].concat());
        let block = &bytes[tag.signed.len()..];
        match tag.signature {
            TagSignature::None => assert!(block.is_empty()),
            TagSignature::OpenPgp(found) | TagSignature::Ssh(found) => assert_eq!(found, block),
            TagSignature::OpenPgpMessage | TagSignature::X509 => assert!(!block.is_empty()),
        }
        let begins = |text: &[u8]| {
            let lines = text.split(|byte| *byte == b'\n');
            let blocks = [
                "PGP SIGNATURE",
                "PGP MESSAGE",
                "SSH SIGNATURE",
                "SIGNED MESSAGE",
            ];
            let opens = |line: &[u8]| {
                blocks
                    .iter()
                    .any(|label| line.starts_with(format!("-----BEGIN {label}-----").as_bytes()))
            };
            lines.filter(|line| opens(line)).count()
        };
        assert_eq!(begins(tag.signed), 0);
        assert_eq!(begins(block), usize::from(!block.is_empty()));
    }
});
