//! A layout and links that OpenPGP keys signed: `threshold/` holds them as their makers published them.

use quorate::envelope::{Envelope, EnvelopeForm};
use quorate::json::{Json, parse};
use quorate::key::{PublicKey, public_keys_from_file};
use quorate::limits::Limits;

const LAYOUT: &[u8] = include_bytes!("threshold/test.layout");
const LINKS: [(&str, &[u8]); 2] = [
    (
        "5863835e5ec8e640fa24410f069edc1d59b58507",
        include_bytes!("threshold/rebuild.5863835e.link"),
    ),
    (
        "e946fc6076d683584e6803dbd35bad6a79a3c6b3",
        include_bytes!("threshold/rebuild.e946fc60.link"),
    ),
];

fn functionaries() -> Vec<PublicKey> {
    let layout = parse(LAYOUT, &Limits::STANDARD).expect("a layout");
    let member = |value: &Json<'static>, name: &str| match value {
        Json::Object(members) => members.get(name).expect("a layout has it").clone(),
        _ => panic!("no object holds {name}"),
    };
    let keys = member(&member(&layout.into_owned(), "signed"), "keys");
    public_keys_from_file(&keys.to_text(), &Limits::STANDARD).expect("keys")
}

#[test]
fn each_link_is_signed_by_the_functionary_that_it_names() {
    let keys = functionaries();
    for (id, link) in LINKS {
        let envelope = Envelope::parse(link, &Limits::STANDARD).unwrap();
        assert_eq!(envelope.form(), EnvelopeForm::Metablock);
        assert_eq!(envelope.key_ids().collect::<Vec<_>>(), [id]);
        let all: Vec<&PublicKey> = keys.iter().collect();
        let opened = envelope.open(&all, &Limits::STANDARD).unwrap();
        let signer = keys.iter().find(|key| key.id() == id).unwrap();
        assert_eq!(
            opened.signer_ids().collect::<Vec<_>>(),
            [(signer.fingerprint(), id)]
        );
        let others: Vec<&PublicKey> = keys.iter().filter(|key| key.id() != id).collect();
        let envelope = Envelope::parse(link, &Limits::STANDARD).unwrap();
        assert!(envelope.open(&others, &Limits::STANDARD).is_err());
    }
}

#[test]
fn one_changed_digit_of_a_link_is_nobodys() {
    let keys = functionaries();
    let all: Vec<&PublicKey> = keys.iter().collect();
    let text = std::str::from_utf8(LINKS[0].1).unwrap();
    // A digit of the product, of the headers, of the signature, and the name of another functionary.
    for (from, to) in [
        ("95b066f5", "95b066f4"),
        ("0705025c", "0705025d"),
        ("5206db71", "5206db70"),
        ("\"keyid\": \"5863835e5ec8", "\"keyid\": \"5863835e5ec9"),
    ] {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        let changed = text.replace(from, to);
        let envelope = Envelope::parse(changed.as_bytes(), &Limits::STANDARD).unwrap();
        let opened = envelope.open(&all, &Limits::STANDARD);
        // A key id is a label: without a key of that name, each is tried, and the right one is found.
        assert_eq!(opened.is_ok(), from.contains("keyid"), "{from}");
    }
}
