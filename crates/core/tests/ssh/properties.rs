//! No bytes make a parser panic, and no changed bit makes a signature count.

use proptest::collection::vec;
use proptest::prelude::*;
use quorate::source::ssh::{AllowedSigners, SshPublicKey, SshSignature};

use super::forge::{Forged, armour, ed25519_line};
use super::{MESSAGE, list, now};

/// Lines in which the words of the format come often.
fn nearly_a_list() -> impl Strategy<Value = String> {
    let key = ed25519_line(1);
    let words = vec![
        "a@b".to_owned(),
        " ".to_owned(),
        "\t".to_owned(),
        "\n".to_owned(),
        ",".to_owned(),
        "\"".to_owned(),
        "\\\"".to_owned(),
        "!".to_owned(),
        "#".to_owned(),
        "cert-authority".to_owned(),
        "namespaces=\"git\"".to_owned(),
        "valid-after=\"20260101Z\"".to_owned(),
        "valid-before=".to_owned(),
        format!(" {key}\n"),
        "ssh-ed25519 AAAA".to_owned(),
    ];
    let word = prop_oneof![4 => proptest::sample::select(words), 1 => ".{0,3}"];
    vec(word, 0..12).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic(bytes in vec(any::<u8>(), 0..300), text in nearly_a_list()) {
        drop(SshPublicKey::from_wire(&bytes));
        drop(SshSignature::parse(&bytes));
        drop(SshSignature::parse(&armour(&bytes)));
        drop(AllowedSigners::parse(&bytes));
        if let Ok(list) = AllowedSigners::parse(text.as_bytes()) {
            let signature = Forged::ed25519(2, MESSAGE).armour();
            let signature = SshSignature::parse(&signature).expect("a signature");
            prop_assert!(list.signer(&signature, MESSAGE, "git", now()).is_err());
        }
    }

    #[test]
    fn no_changed_bit_counts(at in 0usize..200, bit in 0u8..8) {
        let good = Forged::ed25519(1, MESSAGE);
        let mut blob = good.blob();
        let at = at % blob.len();
        blob[at] ^= 1 << bit;
        let list = list(format!("a@b {}", ed25519_line(1)));
        if let Ok(signature) = SshSignature::parse(&armour(&blob)) {
            prop_assert!(list.signer(&signature, MESSAGE, "git", now()).is_err());
        }
    }

    #[test]
    fn no_changed_message_counts(message in vec(any::<u8>(), 0..60)) {
        prop_assume!(message != MESSAGE);
        let good = SshSignature::parse(&Forged::ed25519(1, MESSAGE).armour()).expect("a signature");
        let list = list(format!("a@b {}", ed25519_line(1)));
        prop_assert!(list.signer(&good, MESSAGE, "git", now()).is_ok());
        prop_assert!(list.signer(&good, &message, "git", now()).is_err());
    }
}
