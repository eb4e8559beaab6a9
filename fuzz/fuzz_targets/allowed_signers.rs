//! Lists of signers: line ends, comments and repetition change no verdict, and a line more never takes a signer away.

#![no_main]

use libfuzzer_sys::fuzz_target;
use quorate::source::ssh::{AllowedSigners, SshSignature};
use quorate::time::Timestamp;
use quorate_fuzz::release::{HONEST, HONEST_KEY, MESSAGE};

fuzz_target!(|bytes: &[u8]| {
    // A fuzzer would not come by the key: a byte that no list may have stands for it.
    let text = String::from_utf8_lossy(bytes).replace("\u{1}", &HONEST_KEY);
    let Ok(list) = AllowedSigners::parse(text.as_bytes()) else {
        return;
    };
    let signature = SshSignature::parse(&HONEST).expect("an honest signature");
    let at = Timestamp::parse("2026-11-25T00:00:00Z").expect("a fixed time");
    let verdict = |list: &AllowedSigners| {
        let found = list.signer(&signature, MESSAGE, "git", at);
        found.map(|principal| principal.name).ok()
    };
    let first = verdict(&list);
    let again = |text: String| AllowedSigners::parse(text.as_bytes()).map(|list| verdict(&list));
    assert_eq!(again(format!("{text}\n# a comment\n\n")), Ok(first.clone()));
    assert_eq!(again(format!("{text}\n{text}")), Ok(first.clone()));
    assert_eq!(
        again(text.replace("\r\n", "\n").replace('\n', "\r\n")),
        Ok(first.clone())
    );
    let more = again(format!("{text}\nlast@b {}", *HONEST_KEY));
    assert_eq!(more, Ok(Some(first.clone().unwrap_or("last@b".to_owned()))));
    if let Some(name) = first {
        assert!(text.contains(&*HONEST_KEY) && text.contains(&name));
    }
    assert!(again(format!("{text}\na@b unknown-option {}", *HONEST_KEY)).is_err());
    assert!(list.signer(&signature, b"another", "git", at).is_err());
});
