//! Every place in an Authenticode signature where something could hide.

use crate::der_tree::Node;
use crate::pe_sample::{
    CERTIFICATES, DATA, PE, SIGNER, accepts, attribute, countersignature, microsoft, nested,
    nested_attribute, pkcs9, plain, program, refusal_at, refusal_of, sign, token, token_attribute,
    tree, with_unsigned,
};
use crate::signing;

/// The signature of another signer, with the same structure.
fn stranger() -> &'static Node {
    static STRANGER: std::sync::OnceLock<Node> = std::sync::OnceLock::new();
    STRANGER.get_or_init(|| tree(&sign(&program(b""), "rsa:3072", "")))
}

fn smuggled() -> Node {
    Node::leaf(4, b"data")
}

/// The paths of constructed elements that take one more element without a refusal.
fn places_that_take_more(signature: &Node) -> Vec<Vec<usize>> {
    let mut places = Vec::new();
    for path in signature.paths() {
        let mut changed = signature.clone();
        let node = changed.at(&path);
        if node.tag & 0x20 == 0 {
            continue;
        }
        node.children.push(smuggled());
        if accepts(&changed) {
            places.push(path);
        }
    }
    places
}

#[test]
fn an_element_that_is_added_anywhere_but_inside_a_certificate_is_refused() {
    for signature in [&tree(plain()), &tree(nested())] {
        for place in places_that_take_more(signature) {
            // Inside of what its issuer has signed: a name or the extensions.
            let mut at = signature.clone();
            let is_certificate = (1..place.len()).any(|depth| {
                at.at(&place[..depth]).tag == 0xa0 && at.at(&place[..depth - 1]).children.len() == 5
            });
            assert!(is_certificate, "{place:?} {:?}", at.at(&place));
        }
    }
}

#[test]
fn a_certificate_s_own_structure_takes_nothing_more() {
    let certificate = [&CERTIFICATES[..], &[0]].concat();
    for deeper in [&[][..], &[0]] {
        let path = [&certificate[..], deeper].concat();
        assert!(refusal_at(&path, &|node| node.children.push(smuggled())).contains("X.509"));
    }
    // The outer algorithm is not signed.
    let algorithm = [&certificate[..], &[1]].concat();
    assert!(
        refusal_at(&algorithm, &|a| a.children.push(smuggled()))
            .contains("two signature algorithms differ")
    );
    let signature = [&certificate[..], &[2]].concat();
    assert!(refusal_at(&signature, &|s| s.content.extend([0; 2000])).contains("more than"));
    assert!(
        refusal_at(&certificate, &|c| c
            .at(&[0])
            .children
            .push(Node::leaf(4, &[0; 9000])))
        .contains("more than")
    );
}

#[test]
fn timestamps_countersignatures_and_nested_signatures_are_walked() {
    for attributes in [
        vec![token_attribute()],
        vec![countersignature()],
        vec![nested_attribute()],
        vec![token_attribute(), nested_attribute()],
    ] {
        assert!(accepts(&with_unsigned(attributes)));
    }
}

#[test]
fn an_element_that_is_added_anywhere_to_a_timestamp_is_refused() {
    let all = with_unsigned(vec![token_attribute(), countersignature()]);
    let signer = all.clone().at(&SIGNER).clone();
    let unsigned = signer.children.len() - 1;
    let prefix = [&SIGNER[..], &[unsigned]].concat();
    let places = places_that_take_more(&all);
    // Below the token: attribute, values, content info, explicit, signed data.
    let token_data = [&prefix[..], &[0, 1, 0, 1, 0]].concat();
    for place in places.iter().filter(|place| place.starts_with(&prefix)) {
        let in_certificate = place.starts_with(&[&token_data[..], &[3]].concat());
        // The digest of its own certificate, which the token's signature covers.
        let in_attribute = place.starts_with(&[&token_data[..], &[4, 0, 3]].concat());
        assert!(in_certificate || in_attribute, "{place:?}");
    }
}

#[test]
fn an_unsigned_attribute_that_can_hold_anything_is_refused() {
    let other = attribute(microsoft(&[3, 3, 2]), vec![smuggled()]);
    let refusal = refusal_of(&with_unsigned(vec![other]));
    assert!(refusal.contains("1.3.6.1.4.1.311.3.3.2"), "{refusal}");
    assert!(refusal_of(&with_unsigned(vec![])).contains("there and none"));
    let empty = attribute(microsoft(&[3, 3, 1]), vec![]);
    assert!(refusal_of(&with_unsigned(vec![empty])).contains("no value"));
    let twice = vec![token_attribute(), token_attribute()];
    assert!(refusal_of(&with_unsigned(twice)).contains("twice"));
    let mut values = token_attribute();
    values.at(&[1]).children.push(smuggled());
    refusal_of(&with_unsigned(vec![values]));
}

#[test]
fn the_blob_that_osslsigncode_adds_is_refused() {
    let sample = sign(&program(b""), "rsa:2048", "-addUnauthenticatedBlob");
    let refusal = signing::refusal(&sample.signed, PE);
    assert!(refusal.contains("1.3.6.1.4.1.42921.1.2.1"), "{refusal}");
}

#[test]
fn page_hashes_are_refused() {
    let sample = sign(&program(b""), "rsa:2048", "-ph");
    assert!(signing::refusal(&sample.signed, PE).contains("page hashes"));
}

#[test]
fn a_signature_in_a_nested_one_or_in_a_timestamp_is_refused() {
    let mut inner = tree(plain());
    let nested = Node::of(0xa1, vec![nested_attribute()]);
    inner.at(&SIGNER).children.push(nested);
    let deep = attribute(microsoft(&[2, 4, 1]), vec![inner]);
    assert!(refusal_of(&with_unsigned(vec![deep])).contains("holds another one"));
    let mut stamped = token().clone();
    let again = Node::of(0xa1, vec![token_attribute()]);
    stamped.at(&SIGNER).children.push(again);
    let deep = attribute(microsoft(&[3, 3, 1]), vec![stamped]);
    assert!(refusal_of(&with_unsigned(vec![deep])).contains("holds another one"));
    let mut counter = countersignature();
    counter
        .at(&[1, 0])
        .children
        .push(Node::of(0xa1, vec![token_attribute()]));
    assert!(refusal_of(&with_unsigned(vec![counter])).contains("too many"));
    let many = attribute(microsoft(&[2, 4, 1]), vec![tree(plain()); 11]);
    assert!(refusal_of(&with_unsigned(vec![many])).contains("number of nested signatures is 11"));
}

#[test]
fn a_certificate_in_no_signer_s_chain_is_refused() {
    let other = stranger().clone().at(&CERTIFICATES).children[0].clone();
    // Both certificates of the samples have one name: this one gets another.
    let mut named = other.clone();
    for name in [3, 5] {
        named.at(&[0, name, 0, 0, 1]).content = b"Dummy".to_vec();
    }
    let add = |certificate: &Node| {
        refusal_at(&CERTIFICATES, &|all| all.children.push(certificate.clone()))
    };
    assert!(add(&named).contains("no signer's chain"));
    let own = tree(plain()).at(&CERTIFICATES).children[0].clone();
    assert!(add(&own).contains("twice"));
    assert!(
        refusal_at(&CERTIFICATES, &|all| all.children = vec![other.clone()])
            .contains("own is missing")
    );
    assert!(add(&smuggled()).contains("X.509"));
}

#[test]
fn more_certificates_than_the_limit_are_refused() {
    let mut signature = tree(plain());
    let list = signature.at(&CERTIFICATES);
    for serial in 1..=12 {
        let mut next = list.children[0].clone();
        next.at(&[0, 1]).content = vec![serial];
        list.children.push(next);
    }
    assert!(refusal_of(&signature).contains("number of certificates is 13"));
}

#[test]
fn revocation_lists_and_other_versions_are_refused() {
    let lists = |data: &mut Node| {
        data.children.insert(4, Node::of(0xa1, vec![smuggled()]));
    };
    assert!(refusal_at(&DATA, &lists).contains("revocation lists"));
    assert!(refusal_at(&DATA, &|d| d.at(&[0]).content = vec![3]).contains("version"));
    assert!(refusal_at(&SIGNER, &|s| s.at(&[0]).content = vec![3]).contains("version is not 1"));
    let two = |signers: &mut Node| signers.children.extend(signers.children.clone());
    assert!(refusal_at(&[1, 0, 4], &two).contains("too many"));
    assert!(refusal_at(&[1, 0, 4], &|s| s.children.clear()).contains("cut off"));
    assert!(refusal_at(&[], &|c| *c.at(&[0]) = pkcs9(&[3])).contains("1.2.840.113549.1.9.3"));
}

#[test]
fn parameters_of_algorithms_are_refused() {
    // Of the set beside the content, of the signer's digest and of its signature: no signature covers them.
    for path in [
        [&DATA[..], &[1, 0]].concat(),
        [&SIGNER[..], &[2]].concat(),
        [&SIGNER[..], &[4]].concat(),
    ] {
        refusal_at(&path, &|a| a.children[1] = smuggled());
        refusal_at(&path, &|a| a.children[1].content = b"data".to_vec());
        let unknown = refusal_at(&path, &|a| a.children[0] = pkcs9(&[99]));
        assert!(unknown.contains("1.2.840.113549.1.9.99"), "{unknown}");
    }
}

#[test]
fn the_description_of_the_image_is_one_that_signers_write() {
    let image = [&DATA[..], &[2, 1, 0, 0, 1]].concat();
    assert!(refusal_at(&image, &|i| i.at(&[0]).content = b"\0data".to_vec()).contains("flags"));
    assert!(refusal_at(&image, &|i| i.at(&[1, 0, 0]).content = b"data".to_vec()).contains("link"));
    let digest = [&DATA[..], &[2, 1, 0, 1, 1]].concat();
    assert!(refusal_at(&digest, &|d| d.content.push(0)).contains("size of its algorithm"));
    // The newer signtool writes no name.
    let mut signature = tree(plain());
    signature.at(&image).at(&[0]).content = vec![0];
    signature.at(&image).at(&[1, 0, 0]).content.clear();
    assert!(accepts(&signature));
}

#[test]
fn signed_attributes_that_are_unknown_twice_or_large_are_refused() {
    let list = [&SIGNER[..], &[3]].concat();
    let add = |one: Node| refusal_at(&list, &|all| all.children.push(one.clone()));
    assert!(add(attribute(pkcs9(&[99]), vec![smuggled()])).contains("1.2.840.113549.1.9.99"));
    assert!(
        add(attribute(
            pkcs9(&[5]),
            vec![Node::leaf(0x17, b"250101000000Z")]
        ))
        .contains("twice")
    );
    let opus = attribute(microsoft(&[2, 1, 12]), vec![Node::leaf(4, &[0; 2000])]);
    assert!(add(opus).contains("more than"));
    // Each attribute has one value of its own form.
    for index in 0..5 {
        let values = [&list[..], &[index, 1]].concat();
        refusal_at(&values, &|v| v.children[0] = smuggled());
        refusal_at(&values, &|v| v.children.push(v.children[0].clone()));
    }
}

#[test]
fn times_statements_and_names_have_their_own_form() {
    let list = [&SIGNER[..], &[3]].concat();
    let change = |id: Node, path: &[usize], change: &dyn Fn(&mut Node)| {
        let mut signature = tree(plain());
        let all = signature.at(&list);
        let found = all.children.iter_mut().find(|one| one.children[0] == id);
        change(found.unwrap().at(path));
        refusal_of(&signature)
    };
    let time = change(pkcs9(&[5]), &[1, 0], &|t| t.content = b"data".to_vec());
    assert!(time.contains("one spelling"), "{time}");
    let time = change(pkcs9(&[5]), &[1, 0], &|t| t.content[3] = b'x');
    assert!(time.contains("one spelling"), "{time}");
    let statement = change(microsoft(&[2, 1, 11]), &[1, 0], &|s| {
        s.children[0] = pkcs9(&[7])
    });
    assert!(statement.contains("1.2.840.113549.1.9.7"), "{statement}");
    let name = change(microsoft(&[2, 1, 12]), &[1, 0, 0], &|n| {
        n.children[0] = smuggled()
    });
    assert!(name.contains("no text"), "{name}");
    let digest = change(pkcs9(&[4]), &[1, 0], &|d| d.content = b"data".to_vec());
    assert!(digest.contains("no algorithm"), "{digest}");
}

#[test]
fn a_signature_value_of_another_length_is_refused() {
    let value = [&SIGNER[..], &[5]].concat();
    assert!(refusal_at(&value, &|v| v.content.push(0)).contains("as long as the modulus"));
    assert!(refusal_at(&value, &|v| v.content.extend([0; 2000])).contains("more than"));
}

#[test]
fn a_timestamp_s_content_takes_nothing_more() {
    let change = |change: &dyn Fn(&mut Node)| {
        let mut token = token().clone();
        let content = token.at(&[1, 0, 2, 1, 0]);
        let (mut time, _) = Node::read(&content.content);
        change(&mut time);
        content.content = time.write();
        refusal_of(&with_unsigned(vec![attribute(
            microsoft(&[3, 3, 1]),
            vec![token],
        )]))
    };
    assert!(change(&|time| time.children.push(smuggled())).contains("too many"));
    // Extensions.
    assert!(
        change(&|time| time.children.push(Node::of(0xa1, vec![smuggled()]))).contains("too many")
    );
    assert!(change(&|time| time.at(&[2]).children.push(smuggled())).contains("too many"));
    assert!(change(&|time| time.children.push(Node::leaf(4, &[0; 2000]))).contains("more than"));
    let mut token = token().clone();
    token.at(&[1, 0, 2, 1, 0]).content.extend(b"\x04\x04data");
    let token = attribute(microsoft(&[3, 3, 1]), vec![token]);
    assert!(refusal_of(&with_unsigned(vec![token])).contains("too many"));
}

#[test]
fn lengths_that_are_not_the_shortest_and_open_ones_are_refused() {
    let signature = tree(plain()).write();
    let table = |signature: &[u8]| {
        let file =
            crate::pe_sample::with_table(&plain().product, &crate::pe_sample::entry(signature));
        signing::refusal(&file, PE)
    };
    assert_eq!(signature[1], 0x82);
    let longer = [&[0x30, 0x83, 0], &signature[2..]].concat();
    assert!(table(&longer).contains("shortest way"));
    let open = [&[0x30, 0x80], &signature[4..], &[0, 0]].concat();
    assert!(table(&open).contains("indefinite"));
    assert!(table(&[0x3f, 0x81, 1, 0]).contains("tag of more than one byte"));
}
