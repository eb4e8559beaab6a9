//! APK signing blocks of the real apksigner, and the zip around them.

use quorate_unsign::{Limits, UnsignError, unsigned};

use crate::apk_sample::{APK, Parts, plain, refusal, sign, u32_at};
use crate::signing::{flipped, is_product, taken_out};

#[test]
fn what_apksigner_signed_is_the_product_without_its_block() {
    for sample in [
        plain(),
        &sign(
            "plain",
            "--min-sdk-version 24 --v3-signing-enabled false --key ec.pk8 --cert ec.crt",
        ),
        &sign(
            "plain",
            "--min-sdk-version 28 --v2-signing-enabled false --key rsa.pk8 --cert rsa.crt",
        ),
        &sign(
            "plain",
            "--min-sdk-version 24 --v3-signing-enabled false --key ec.pk8 --cert ec.crt --next-signer --key rsa.pk8 --cert rsa.crt",
        ),
        &sign(
            "plain",
            "--min-sdk-version 24 --verity-enabled true --key rsa.pk8 --cert rsa.crt",
        ),
        &sign(
            "streamed",
            "--min-sdk-version 24 --key rsa.pk8 --cert rsa.crt",
        ),
    ] {
        assert_ne!(sample.signed, sample.product);
        assert!(is_product(&sample.signed, &sample.product, APK));
    }
}

#[test]
fn the_regions_say_what_went_and_what_changed() {
    let sample = plain();
    let parts = Parts::of(sample);
    let found = taken_out(&sample.signed, APK).unwrap();
    // With and without the zero bytes before the block: a product may have had them itself.
    assert_eq!(found.candidates.len(), 2);
    let [first, second] = &found.candidates[..] else {
        panic!()
    };
    assert_eq!(first.removed[0].offset, parts.members.len() as u64);
    assert_eq!(first.removed[0].size, parts.padding.len() as u64);
    assert_eq!(
        first.removed[1].what,
        "the signing block with scheme 2, scheme 3"
    );
    assert_eq!(first.changed[0].offset, sample.signed.len() as u64 - 6);
    assert_eq!(first.changed[0].size, 4);
    assert_eq!(second.size, first.size + parts.padding.len() as u64);
}

#[test]
fn a_product_that_was_padded_itself_is_recognised() {
    let mut parts = Parts::of(plain());
    let signed = parts.whole();
    let product = parts.around(b"");
    assert!(is_product(&signed, &product, APK));
    parts.padding.clear();
    assert!(is_product(&parts.whole(), &plain().product, APK));
}

#[test]
fn one_other_byte_in_a_member_or_the_directory_is_another_product() {
    let sample = plain();
    let parts = Parts::of(sample);
    let directory = sample.signed.len() - 22 - parts.directory.len();
    // A byte of content, of a name's first letter, and of a member's time in the directory.
    for at in [80, 60, 30, directory + 14] {
        assert!(
            !is_product(&flipped(&sample.signed, at), &sample.product, APK),
            "{at}"
        );
    }
}

#[test]
fn an_unsigned_package_is_refused() {
    assert!(refusal(&plain().product).contains("not signed in this format"));
}

#[test]
fn the_two_sizes_of_the_block_are_one() {
    let sample = plain();
    let parts = Parts::of(sample);
    let start = parts.members.len() + parts.padding.len();
    assert!(refusal(&flipped(&sample.signed, start)).contains("two sizes differ"));
}

#[test]
fn data_before_the_block_is_refused() {
    let mut parts = Parts::of(plain());
    parts.padding[7] = b'!';
    assert!(refusal(&parts.whole()).contains("zero bytes only"));
    parts.padding[7] = 0;
    parts.padding.push(0);
    assert!(refusal(&parts.whole()).contains("no padding to the next page"));
    parts.padding.pop();
    parts.padding.extend([0; 4096]);
    assert!(refusal(&parts.whole()).contains("no padding to the next page"));
}

#[test]
fn data_between_block_and_directory_is_no_block() {
    let parts = Parts::of(plain());
    let signed = parts.as_they_are();
    let start = parts.members.len() + parts.padding.len();
    let block = &signed[start..signed.len() - 22 - parts.directory.len()];
    assert!(
        refusal(&parts.around(&[block, b"data"].concat())).contains("not signed in this format")
    );
    // Two blocks: the first one stands where only padding may be.
    assert!(refusal(&parts.around(&[block, block].concat())).contains("padding"));
}

#[test]
fn a_comment_a_second_end_record_and_zip64_are_refused() {
    let sample = plain();
    let mut comment = sample.signed.clone();
    let end = comment.len() - 22;
    comment[end + 20] = 4;
    comment.extend(b"data");
    assert!(refusal(&comment).contains("last thing in the file"));
    let mut parts = Parts::of(sample);
    let mut signed = parts.whole();
    signed.truncate(signed.len() - 22);
    // A record whose comment is the true record.
    let mut outer = parts.end.clone();
    outer[20..22].copy_from_slice(&22_u16.to_le_bytes());
    let size = parts.directory.len() as u32 + 22;
    parts.end[12..16].copy_from_slice(&size.to_le_bytes());
    parts.directory.extend(&outer);
    assert!(refusal(&parts.whole()).contains("twice"));
    let mut zip64 = Parts::of(sample);
    zip64.directory.extend(b"PK\x06\x07");
    zip64.directory.extend([0; 16]);
    let size = zip64.directory.len() as u32;
    zip64.end[12..16].copy_from_slice(&size.to_le_bytes());
    assert!(refusal(&zip64.whole()).contains("zip64"));
}

#[test]
fn bytes_behind_the_end_record_are_refused() {
    let signed = [&plain().signed[..], b"!"].concat();
    assert!(refusal(&signed).contains("last thing in the file"));
}

#[test]
fn a_member_that_only_the_signing_block_brings_is_refused() {
    let mut parts = Parts::of(plain());
    // The last entry of the directory says that its data is longer.
    let entry = parts
        .directory
        .windows(4)
        .rposition(|w| w == b"PK\x01\x02")
        .unwrap();
    let longer = u32_at(&parts.directory, entry + 20) as u32 + 5000;
    parts.directory[entry + 20..entry + 24].copy_from_slice(&longer.to_le_bytes());
    assert!(refusal(&parts.whole()).contains("reaches into the signing block"));
    // It points into the block.
    let inside = (parts.members.len() + parts.padding.len() + 40) as u32;
    parts.directory[entry + 42..entry + 46].copy_from_slice(&inside.to_le_bytes());
    assert!(refusal(&parts.whole()).contains("no header where"));
}

#[test]
fn a_data_descriptor_with_other_values_is_refused() {
    let sample = sign(
        "streamed",
        "--min-sdk-version 24 --key ec.pk8 --cert ec.crt",
    );
    let mut parts = Parts::of(&sample);
    assert!(parts.members.ends_with(&1600_u32.to_le_bytes()));
    *parts.members.last_mut().unwrap() = 1;
    assert!(refusal(&parts.whole()).contains("data descriptor"));
}

#[test]
fn a_block_over_the_limit_is_refused_before_it_is_read() {
    let sample = plain();
    let limits = Limits {
        signature_bytes_max: 4000,
        ..Limits::STANDARD
    };
    let refused = unsigned(&mut std::io::Cursor::new(&sample.signed), APK, &limits);
    assert!(matches!(
        refused,
        Err(UnsignError::OverLimit { found: 4088, .. })
    ));
    let mut huge = sample.signed.clone();
    let directory = u32_at(&huge, huge.len() - 6);
    huge[directory - 24..directory - 16].fill(0xff);
    assert!(refusal(&huge).contains("more than"));
}
