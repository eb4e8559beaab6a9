//! Programs that the real osslsigncode signed, their headers and the frame of the table.

use quorate_unsign::{Limits, unsigned};

use crate::pe_sample::{
    CHECKSUM, ENTRY, PE, SECTION, Sample, entry, entry_of, nested, plain, program,
    program_of_32_bits, refusal, sign, tree, with_table,
};
use crate::signing::{flipped, is_product, taken_out};

const EC: &str = "ec -pkeyopt ec_paramgen_curve:P-256";

/// The product with the checksum that its linker would have written: what osslsigncode computes is right, less what it added.
fn with_right_checksum(product: &[u8]) -> Vec<u8> {
    let mut product = product.to_vec();
    product[CHECKSUM..CHECKSUM + 4].fill(0);
    let words = product
        .chunks(2)
        .map(|pair| u32::from(pair[0]) + (u32::from(*pair.get(1).unwrap_or(&0)) << 8));
    let sum = words.fold(0, |sum, word| (sum + word) % 0xffff);
    // A sum of words that are not all zero is 0xffff where it would be zero.
    let sum = if sum == 0 { 0xffff } else { sum };
    let checksum = sum + u32::try_from(product.len()).unwrap();
    product[CHECKSUM..CHECKSUM + 4].copy_from_slice(&checksum.to_le_bytes());
    product
}

#[test]
fn what_osslsigncode_signed_is_the_product_without_its_table() {
    for sample in [
        plain(),
        nested(),
        &sign(&program_of_32_bits(), "rsa:2048", "-h sha1"),
        &sign(&program(b"overlay"), EC, "-h sha512 -comm"),
        &sign(&with_right_checksum(&program(b"")), EC, "-h sha384"),
        &sign(&with_right_checksum(&program(b"odd")), EC, ""),
    ] {
        assert!(is_product(&sample.signed, &sample.product, PE));
    }
}

#[test]
fn every_length_of_a_product_is_found_again() {
    for length in 0..9 {
        // Bytes that are zero at the end could also be the signer's.
        for last in [0, 1] {
            let overlay = [vec![7; 8], vec![last; length]].concat();
            let sample = sign(&program(&overlay), EC, "");
            assert!(
                is_product(&sample.signed, &sample.product, PE),
                "{length} {last}"
            );
        }
    }
}

#[test]
fn the_candidates_are_as_few_as_the_rule_says() {
    let found = |sample: &Sample| taken_out(&sample.signed, PE).unwrap().candidates;
    // Sections end where the table begins: one length, two checksums.
    let candidates = found(plain());
    assert_eq!(candidates.len(), 2);
    let [candidate, _] = &candidates[..] else {
        panic!()
    };
    assert_eq!(candidate.removed.len(), 1);
    assert_eq!(
        candidate.removed[0].what,
        "the certificate table with 1 signatures"
    );
    let changed: Vec<_> = candidate
        .changed
        .iter()
        .map(|r| (r.offset, r.size))
        .collect();
    assert_eq!(changed, [(CHECKSUM as u64, 4), (ENTRY as u64, 8)]);
    // An overlay of five zero bytes and three of the signer's: 0 to 7 may be padding.
    let zeros = sign(&program(&[1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0]), EC, "");
    assert_eq!(
        found(&zeros).len(),
        quorate_unsign::Unsigned::CANDIDATES_MAX
    );
}

#[test]
fn a_signer_that_leaves_the_checksum_alone_is_undone_as_well() {
    for product in [program(b""), with_right_checksum(&program(b""))] {
        let signed = with_table(&product, &entry(&tree(plain()).write()));
        assert!(is_product(&signed, &product, PE));
        assert_eq!(taken_out(&signed, PE).unwrap().candidates.len(), 1);
    }
}

#[test]
fn the_checksum_holds_no_other_data() {
    let mut signed = plain().signed.clone();
    signed[CHECKSUM] ^= 1;
    assert!(!is_product(&signed, &plain().product, PE));
}

#[test]
fn one_other_byte_anywhere_in_the_program_is_another_product() {
    let sample = plain();
    for at in (0..sample.product.len()).step_by(3) {
        if let Ok(found) = taken_out(&flipped(&sample.signed, at), PE) {
            let product = quorate::digest::Sha256::of(&sample.product);
            assert_eq!(found.as_product(&product), None, "{at}");
        }
    }
}

#[test]
fn an_unsigned_program_and_other_files_are_refused() {
    assert!(refusal(&plain().product).contains("not signed in this format"));
    let mut few = plain().signed.clone();
    few[88 + 108] = 4;
    assert!(refusal(&few).contains("not signed in this format"));
    few[88 + 108] = 17;
    assert!(refusal(&few).contains("not signed in this format"));
    for (bytes, why) in [
        (&b""[..], "cut off"),
        (&[0; 64], "DOS header"),
        (&b"MZ".repeat(32), "multiple of four"),
    ] {
        assert!(refusal(bytes).contains(why));
    }
    assert!(refusal(&flipped(&plain().signed, 60)).contains("multiple of four"));
    assert!(refusal(&flipped(&plain().signed, 64)).contains("COFF header"));
    assert!(refusal(&flipped(&plain().signed, 89)).contains("magic number"));
}

#[test]
fn bytes_behind_the_table_are_refused() {
    for extra in [&b"!"[..], &[0; 8]] {
        let signed = [&plain().signed[..], extra].concat();
        assert!(refusal(&signed).contains("does not end with the file"));
    }
}

#[test]
fn a_table_that_headers_or_a_section_reach_into_is_refused() {
    let reaches = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut signed = plain().signed.clone();
        change(&mut signed);
        assert!(refusal(&signed).contains("reach into it"));
    };
    // SizeOfRawData, PointerToRawData, SizeOfHeaders, FileAlignment.
    reaches(&|f| f[SECTION + 16] = 1);
    reaches(&|f| f[SECTION + 20] = 8);
    reaches(&|f| f[88 + 61] = 5);
    reaches(&|f| f[88 + 37] = 0x10);
    let mut odd = plain().signed.clone();
    odd[88 + 36] = 3;
    assert!(refusal(&odd).contains("no power of two"));
}

#[test]
fn a_table_that_begins_at_no_multiple_of_eight_is_refused() {
    let signed = with_table(&program(b"1234"), &entry(&tree(plain()).write()));
    assert!(refusal(&signed).contains("multiple of eight"));
}

#[test]
fn padding_before_the_table_that_is_not_zero_is_part_of_the_product() {
    let sample = sign(&program(b"overlay"), EC, "");
    let at = sample.product.len();
    assert_eq!(sample.signed[at], 0);
    assert!(!is_product(
        &flipped(&sample.signed, at),
        &sample.product,
        PE
    ));
}

#[test]
fn entries_of_other_kinds_are_refused() {
    let signature = tree(plain()).write();
    let length = signature.len() + 8;
    let padding = vec![0; length.next_multiple_of(8) - length];
    for (revision, kind) in [(0x0100, 2), (0x0200, 1), (0x0200, 3), (0x0200, 4), (0, 0)] {
        let table = entry_of(length + padding.len(), revision, kind, &signature, &padding);
        let refusal = refusal(&with_table(&plain().product, &table));
        assert!(refusal.contains(&format!("type {kind:#06x}")), "{refusal}");
    }
}

/// CVE-2013-3900 and its relatives.
#[test]
fn data_between_the_signature_and_the_end_of_its_entry_is_refused() {
    let signature = tree(plain()).write();
    let length = signature.len() + 8;
    let needed = length.next_multiple_of(8) - length;
    assert!(needed > 1, "the sample has room for padding");
    let file = |length: usize, behind: &[u8]| {
        with_table(
            &plain().product,
            &entry_of(length, 0x0200, 2, &signature, behind),
        )
    };
    // Both ways of counting the padding.
    for counted in [0, needed] {
        assert!(taken_out(&file(length + counted, &vec![0; needed]), PE).is_ok());
    }
    for (length, behind) in [
        (length + needed + 8, vec![0; needed + 8]),
        (length + needed + 800, vec![b'!'; needed + 800]),
        (length + 1, vec![0; needed]),
        (length + needed, [vec![0; needed - 1], vec![1]].concat()),
        (length, [vec![0; needed - 1], vec![1]].concat()),
        (length, vec![0; needed + 8]),
        (
            length,
            [vec![0; needed], b"data".to_vec(), vec![0; 4]].concat(),
        ),
        (length - 1, vec![0; needed]),
        (7, vec![0; needed]),
        (length + 4096, vec![0; needed]),
    ] {
        refusal(&file(length, &behind));
    }
}

#[test]
fn several_entries_are_walked_each() {
    let good = entry(&tree(plain()).write());
    let file = |tables: &[&[u8]]| with_table(&plain().product, &tables.concat());
    assert!(is_product(&file(&[&good, &good]), &plain().product, PE));
    refusal(&file(&[&good, &entry(b"\x30\x04data")]));
    assert!(
        refusal(&file(&[&good.repeat(11)])).contains("number of signatures in the table is 11")
    );
    assert!(refusal(&file(&[])).contains("not signed in this format"));
}

#[test]
fn a_table_over_the_limit_is_refused_before_it_is_read() {
    let limits = Limits {
        signature_bytes_max: 1000,
        ..Limits::STANDARD
    };
    let refused = unsigned(&mut std::io::Cursor::new(&plain().signed), PE, &limits);
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("more than the 1000")
    );
}
