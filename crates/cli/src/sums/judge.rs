//! Lists and signatures of builders → sets of lists with what is known about each builder's word.

use std::collections::{BTreeMap, BTreeSet};

use quorate::source::{Agreement, Sums};
use quorate::time::Timestamp;
use quorate_gather::PublishedList;
use quorate_openpgp::{
    CertificateError, Certificates, SignatureRefusal, Signer, certificate_ids, claimed_time,
};

use crate::source::LIMITS;

/// The certificates that may speak, and for whom.
pub(super) struct Keys<'a> {
    certificates: Certificates<'a>,
    /// The names of files without their ends, by the certificates in them.
    names: BTreeMap<String, BTreeSet<String>>,
}

impl<'a> Keys<'a> {
    /// Reads the certificates of `files`, whose bytes are `items`.
    pub(super) fn read(
        files: &[(String, Vec<u8>)],
        items: &'a [Vec<u8>],
    ) -> Result<Self, CertificateError> {
        let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (name, bytes) in files {
            let name = name
                .rsplit_once('.')
                .map_or(name.as_str(), |(name, _)| name);
            for id in certificate_ids(bytes)? {
                names.entry(id).or_default().insert(name.to_owned());
            }
        }
        Ok(Self {
            certificates: Certificates::read(items)?,
            names,
        })
    }

    /// Whether a file of certificates is named after the builder.
    fn know(&self, builder: &str) -> bool {
        self.names.values().any(|names| names.contains(builder))
    }

    fn are_of(&self, certificate: &str, builder: &str) -> bool {
        self.names
            .get(certificate)
            .is_some_and(|names| names.contains(builder))
    }
}

/// What is known about one builder's signature.
pub(super) enum Word {
    /// It holds.
    Holds {
        signer: Signer,
        /// The files of certificates that the signer's is in, without their ends.
        known_as: Vec<String>,
        rule: Rule,
    },
    /// It does not, and why.
    Fails(String),
}

/// The time as of which a signature holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// The time of the judgement.
    AtTheTime,
    /// Only the time at which it says that it was made. An old key can say so for ever.
    AtItsOwnTime,
}

/// All builders' lists of one name.
pub(super) struct Set {
    pub(super) name: String,
    /// What the lists that can be read say; none when there is no such list.
    pub(super) agreement: Option<Agreement>,
    /// The builders whose lists cannot be read, and why.
    pub(super) unread: Vec<(String, String)>,
    pub(super) words: BTreeMap<String, Word>,
}

impl Set {
    /// Judges the lists by their names.
    pub(super) fn of(lists: Vec<PublishedList>, keys: &Keys<'_>, at: Timestamp) -> Vec<Self> {
        let mut by_name: BTreeMap<String, Vec<PublishedList>> = BTreeMap::new();
        for list in lists {
            by_name.entry(list.name.clone()).or_default().push(list);
        }
        // Reversed, `noncodesigned` comes before `all`, which is made from it.
        let by_name = by_name.into_iter().rev();
        by_name
            .map(|(name, lists)| Self::of_one_name(name, lists, keys, at))
            .collect()
    }

    fn of_one_name(
        name: String,
        lists: Vec<PublishedList>,
        keys: &Keys<'_>,
        at: Timestamp,
    ) -> Self {
        let mut read = Vec::new();
        let mut unread = Vec::new();
        let mut words = BTreeMap::new();
        for PublishedList {
            builder,
            list,
            signature,
            ..
        } in lists
        {
            let parsed = list.and_then(|bytes| {
                let sums = Sums::parse(&bytes, &LIMITS).map_err(|error| error.to_string())?;
                Ok((bytes, sums))
            });
            match parsed {
                Err(reason) => unread.push((builder, reason)),
                Ok((bytes, sums)) => {
                    let word = signature
                        .and_then(|signature| hear(&builder, &bytes, &signature, keys, at))
                        .unwrap_or_else(Word::Fails);
                    words.insert(builder.clone(), word);
                    read.push((builder, sums));
                }
            }
        }
        one_word_a_certificate(&mut words);
        Self {
            name,
            // A folder has each name once: only the lack of any list is left as an error.
            agreement: Agreement::of(&read).ok(),
            unread,
            words,
        }
    }

    /// Whether any list names the file.
    pub(super) fn names(&self, file: &str) -> bool {
        let agreement = self.agreement.as_ref();
        agreement.is_some_and(|agreement| agreement.opinions().contains_key(file))
    }

    /// Whether all agree, about the one file that is asked for or about all, and all signatures hold.
    pub(super) fn is_good(&self, file: Option<&str>) -> bool {
        self.unread.is_empty() && self.is_unanimous(file) && self.failing().next().is_none()
    }

    /// Whether all lists that can be read agree about the file, or about all.
    pub(super) fn is_unanimous(&self, file: Option<&str>) -> bool {
        let agreement = self.agreement.as_ref();
        agreement.is_some_and(|agreement| match file {
            None => agreement.unanimous(),
            Some(file) => {
                let opinions = agreement.opinions().get(file);
                opinions.is_some_and(quorate::source::Opinions::unanimous)
            }
        })
    }

    /// The builders whose signatures do not hold, and why.
    pub(super) fn failing(&self) -> impl Iterator<Item = (&str, &str)> {
        self.words.iter().filter_map(|(builder, word)| match word {
            Word::Fails(reason) => Some((builder.as_str(), reason.as_str())),
            Word::Holds { .. } => None,
        })
    }

    /// Whether the builder's signature holds.
    pub(super) fn holds(&self, builder: &str) -> bool {
        matches!(self.words.get(builder), Some(Word::Holds { .. }))
    }
}

/// Whose signature it is, or why it says nothing for the builder.
fn hear(
    builder: &str,
    list: &[u8],
    signature: &[u8],
    keys: &Keys<'_>,
    at: Timestamp,
) -> Result<Word, String> {
    let (signers, rule) =
        signers(list, signature, keys, at).map_err(|refusal| refusal.to_string())?;
    let own = |signer: &&Signer| keys.are_of(&signer.certificate, builder);
    let signer = match signers.iter().find(own) {
        Some(signer) => Some(signer),
        None if keys.know(builder) => None,
        None => signers.first(),
    };
    let Some(signer) = signer else {
        return Err(format!(
            "signed by another certificate than those of {builder:?} among the keys"
        ));
    };
    let known_as = keys.names.get(&signer.certificate);
    Ok(Word::Holds {
        signer: signer.clone(),
        known_as: known_as.into_iter().flatten().cloned().collect(),
        rule,
    })
}

/// The signers as of `at`: the file is here now. Where that fails, and here alone, as of the time that the signature itself claims.
fn signers(
    list: &[u8],
    signature: &[u8],
    keys: &Keys<'_>,
    at: Timestamp,
) -> Result<(Vec<Signer>, Rule), SignatureRefusal> {
    let certificates = &keys.certificates;
    let refusal = match certificates.signers(signature, list, at, &LIMITS) {
        Ok(signers) => return Ok((signers, Rule::AtTheTime)),
        Err(refusal) => refusal,
    };
    let claimed = claimed_time(signature)?;
    if claimed >= at {
        return Err(refusal);
    }
    let signers = certificates.signers(signature, list, claimed, &LIMITS)?;
    Ok((signers, Rule::AtItsOwnTime))
}

/// A certificate has one word in a set: as the builder whose name its file has, if that is one, and else as none.
fn one_word_a_certificate(words: &mut BTreeMap<String, Word>) {
    let mut used: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
    for (builder, word) in words.iter() {
        if let Word::Holds {
            signer, known_as, ..
        } = word
        {
            let speakers = used.entry(signer.certificate.clone()).or_default();
            speakers.push((builder.clone(), known_as.contains(builder)));
        }
    }
    for speakers in used.values().filter(|speakers| speakers.len() > 1) {
        let owners = speakers.iter().filter(|(_, own)| *own).count();
        let names: Vec<&str> = speakers.iter().map(|(name, _)| name.as_str()).collect();
        for (builder, own) in speakers {
            if !own || owners > 1 {
                let reason = format!("one certificate signed for {}", names.join(", "));
                words.insert(builder.clone(), Word::Fails(reason));
            }
        }
    }
}
