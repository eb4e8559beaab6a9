//! Every place in an APK signing block where something could hide.

use crate::apk_sample::{
    APK, PADDING, Parts, SIGNER, V2, V3, inside, plain, refusal, refusal_of, sign, signed_data,
    u32_at,
};
use crate::signing::is_product;

#[test]
fn a_rotated_key_s_proof_is_walked() {
    let sample = sign(
        "plain",
        "--min-sdk-version 28 --v2-signing-enabled false --key rsa.pk8 --cert rsa.crt --next-signer --key ec.pk8 --cert ec.crt --lineage lineage",
    );
    assert!(is_product(&sample.signed, &sample.product, APK));
    // In the signed data, the attributes stand behind digests, certificates and the SDK range.
    let mut value = Parts::of(&sample).value(V3).clone();
    let before = std::cell::Cell::new(0);
    inside(&mut value, &signed_data(&[]), &|data| {
        let certificates = 4 + u32_at(data, 0);
        before.set(certificates + 4 + u32_at(data, certificates) + 8);
    });
    // The rotation is the first attribute: id, version, steps.
    let rotation = signed_data(&[(before.get(), 0), (0, 0)]);
    let step = [&rotation[..], &[(8, 0)]].concat();
    let last = [&rotation[..], &[(8, 1)]].concat();
    let broken = |path: &[(usize, usize)], change: &dyn Fn(&mut Vec<u8>)| {
        let mut parts = Parts::of(&sample);
        inside(parts.value(V3), path, change);
        refusal(&parts.whole())
    };
    let behind = |step: &mut [u8], offset: usize, byte: u8| {
        let data = 4 + u32_at(step, 0);
        step[data + offset] = byte;
    };
    let of_data = |path: &[(usize, usize)]| [path, &[(0, 0)]].concat();
    let refusals = [
        (broken(&rotation, &|r| r[4] = 2), "version is not 1"),
        (broken(&rotation, &|r| r.extend(b"data")), "cut off"),
        (broken(&step, &|s| s.extend(b"data")), "4 bytes too many"),
        (broken(&step, &|s| behind(s, 2, 1)), "with flags 0x1"),
        (broken(&step, &|s| behind(s, 4, 7)), "0x0107"),
        (broken(&step, &|s| behind(s, 4, 4)), "announced before"),
        (
            broken(&of_data(&step), &|d| d.extend(b"data")),
            "4 bytes too many",
        ),
        (
            broken(&of_data(&step), &|d| *d.last_mut().unwrap() = 1),
            "signed by none",
        ),
        (broken(&last, &|s| s.extend(b"data")), "4 bytes too many"),
        (broken(&last, &|s| behind(s, 5, 0xff)), "0xff"),
        (
            broken(&rotation, &|r| {
                r.truncate(12 + u32_at(r, 8));
            }),
            "does not lead to the signer",
        ),
    ];
    for (refusal, why) in refusals {
        assert!(refusal.contains(why), "{refusal} without {why}");
    }
}

#[test]
fn an_unknown_pair_is_refused_and_known_ones_by_name() {
    for (id, name) in [
        (0x1234_5678, "0x12345678"),
        (0x504b_4453, "dependency information"),
        (0x6dff_800d, "source stamp of version 2"),
        (0x7177_7777, "channel of Walle"),
    ] {
        let mut parts = Parts::of(plain());
        parts.pairs.insert(0, (id, b"data".to_vec()));
        assert!(refusal(&parts.whole()).contains(name));
    }
}

#[test]
fn a_pair_that_is_there_twice_is_refused() {
    let mut parts = Parts::of(plain());
    parts.pairs.insert(0, parts.pairs[0].clone());
    assert!(refusal(&parts.whole()).contains("twice"));
}

#[test]
fn a_block_of_nothing_but_padding_is_refused() {
    let mut parts = Parts::of(plain());
    parts.pairs.retain(|(id, _)| *id == PADDING);
    assert!(refusal(&parts.whole()).contains("no signature is in it"));
}

#[test]
fn padding_that_is_not_zero_too_long_too_short_or_not_last_is_refused() {
    let parts = Parts::of(plain());
    let with = |change: &dyn Fn(&mut Parts)| {
        let mut parts = parts.clone();
        change(&mut parts);
        refusal(&parts.as_they_are())
    };
    let refusals = [
        (with(&|p| p.value(PADDING)[5] = 1), "not of zero bytes"),
        (
            with(&|p| p.value(PADDING).extend([0; 4096])),
            "not the shortest",
        ),
        (with(&|p| p.value(PADDING).push(0)), "not the shortest"),
        (with(&|p| p.value(PADDING).truncate(9)), "not the shortest"),
        (with(&|p| p.pairs.rotate_right(1)), "too many"),
        (
            with(&|p| p.pairs.push((PADDING, Vec::new()))),
            "not the shortest",
        ),
    ];
    for (refusal, why) in refusals {
        assert!(refusal.contains(why), "{refusal}");
    }
}

#[test]
fn extra_bytes_in_any_length_prefixed_field_are_refused() {
    let push = |bytes: &mut Vec<u8>| bytes.extend(b"data");
    let places = [
        vec![],
        SIGNER[..1].to_vec(),
        SIGNER.to_vec(),
        signed_data(&[]),
        signed_data(&[(0, 0)]),
        signed_data(&[(0, 0), (0, 0)]),
        signed_data(&[(0, 0), (0, 0), (4, 0)]),
        signed_data(&[(0, 1)]),
        signed_data(&[(0, 1), (0, 0)]),
        [&SIGNER[..], &[(0, 2)]].concat(),
    ];
    for path in &places {
        refusal_of(V2, path, &push);
        // Scheme 3 has the same places here; its SDK range stands behind them.
        if path.last() != Some(&(0, 2)) {
            refusal_of(V3, path, &push);
        }
    }
    for path in [
        signed_data(&[(0, 2)]),
        signed_data(&[(0, 2), (0, 0)]),
        signed_data(&[(0, 3)]),
        [&SIGNER[..], &[(0, 1)]].concat(),
        [&SIGNER[..], &[(0, 1), (0, 0)]].concat(),
        [&SIGNER[..], &[(0, 1), (0, 0), (4, 0)]].concat(),
    ] {
        refusal_of(V2, &path, &push);
    }
}

#[test]
fn an_element_of_nothing_or_one_more_is_refused_everywhere() {
    let push = |bytes: &mut Vec<u8>| bytes.extend([0; 4]);
    for path in [
        vec![],
        SIGNER[..1].to_vec(),
        SIGNER.to_vec(),
        signed_data(&[]),
        signed_data(&[(0, 0)]),
        signed_data(&[(0, 1)]),
        signed_data(&[(0, 2)]),
        [&SIGNER[..], &[(0, 1)]].concat(),
    ] {
        refusal_of(V2, &path, &push);
    }
}

#[test]
fn an_unknown_attribute_is_refused() {
    let unknown = |attributes: &mut Vec<u8>| {
        attributes.extend([8, 0, 0, 0, 1, 2, 3, 4, 9, 9, 9, 9]);
    };
    let refusal = refusal_of(V2, &signed_data(&[(0, 2)]), &unknown);
    assert!(refusal.contains("0x04030201"), "{refusal}");
    let refusal = refusal_of(V2, &signed_data(&[(0, 2), (0, 0)]), &|a| a[4] = 7);
    assert!(refusal.contains("0xbeeff00d = 7"), "{refusal}");
    let twice = |attributes: &mut Vec<u8>| attributes.extend(attributes.clone());
    assert!(refusal_of(V2, &signed_data(&[(0, 2)]), &twice).contains("twice"));
}

#[test]
fn an_unknown_algorithm_or_a_digest_of_another_size_is_refused() {
    let digest = signed_data(&[(0, 0), (0, 0)]);
    assert!(refusal_of(V2, &digest, &|d| d[0] = 0x77).contains("0x0177"));
    let longer = |digest: &mut Vec<u8>| digest.push(0);
    let refusal = refusal_of(V2, &[&digest[..], &[(4, 0)]].concat(), &longer);
    assert!(refusal.contains("size of its algorithm"), "{refusal}");
    let twice = |digests: &mut Vec<u8>| digests.extend(digests.clone());
    assert!(refusal_of(V2, &signed_data(&[(0, 0)]), &twice).contains("twice"));
}

#[test]
fn a_signature_of_another_length_or_algorithm_is_refused() {
    let value = [&SIGNER[..], &[(0, 1), (0, 0), (4, 0)]].concat();
    assert!(refusal_of(V2, &value, &|v| v.push(0)).contains("as long as the modulus"));
    assert!(refusal_of(V2, &value, &|v| v.extend([0; 2000])).contains("more than"));
    let list = [&SIGNER[..], &[(0, 1)]].concat();
    let twice = |signatures: &mut Vec<u8>| signatures.extend(signatures.clone());
    assert!(refusal_of(V2, &list, &twice).contains("not those of the digests"));
    assert!(refusal_of(V2, &list, &|s| s.clear()).contains("not those of the digests"));
}

#[test]
fn certificates_that_are_no_chain_or_have_bytes_behind_them_are_refused() {
    let list = signed_data(&[(0, 1)]);
    let twice = |certificates: &mut Vec<u8>| certificates.extend(certificates.clone());
    assert!(refusal_of(V2, &list, &twice).contains("twice"));
    assert!(refusal_of(V2, &list, &|c| c.clear()).contains("there is none"));
    let certificate = signed_data(&[(0, 1), (0, 0)]);
    assert!(refusal_of(V2, &certificate, &|c| c.extend([5, 0])).contains("too many"));
    assert!(refusal_of(V2, &certificate, &|c| c.extend([0; 9000])).contains("more than"));
}

#[test]
fn a_public_key_that_is_not_the_certificate_s_is_refused() {
    let key = [&SIGNER[..], &[(0, 2)]].concat();
    let refusal = refusal_of(V2, &key, &|key| *key.last_mut().unwrap() ^= 1);
    assert!(refusal.contains("not the first certificate's"), "{refusal}");
}

#[test]
fn another_sdk_range_in_the_signed_data_is_refused() {
    // Behind the signed data of scheme 3 stand the lowest and the highest version.
    let refusal = refusal_of(V3, &SIGNER, &|signer| {
        let at = 4 + u32_at(signer, 0);
        signer[at] ^= 1;
    });
    assert!(refusal.contains("SDK range"), "{refusal}");
}

#[test]
fn more_signers_than_the_limit_are_refused() {
    let more = |signers: &mut Vec<u8>| *signers = signers.repeat(11);
    assert!(refusal_of(V2, &SIGNER[..1], &more).contains("number of APK signers is 11"));
    assert!(refusal_of(V2, &SIGNER[..1], &|s| s.clear()).contains("there is none"));
}
