//! The links of one step: which of them a functionary of the step has signed, and what was found in the other places.

use std::collections::{BTreeMap, BTreeSet};

use super::{Dropped, LinkSource};
use crate::envelope::{Envelope, Opened, PAYLOAD_TYPE_IN_TOTO};
use crate::intoto::{Layout, Link, Step};
use crate::json::{Json, Members, object, string};
use crate::key::{Fingerprint, PublicKey};
use crate::limits::Limits;

/// Digits of a key id in the name of a link file. The specification says six bytes; every implementation has four.
const ID_DIGITS: usize = 8;

/// A place where a link can be, and whose it would be.
pub(super) struct Place<'l> {
    /// Such as `build.776a00e2`, below the layout's folder.
    pub(super) stem: String,
    pub(super) keys: Vec<(&'l str, &'l PublicKey)>,
}

/// A link of a functionary, or the functionary's own layout in its place.
pub(super) enum Evidence {
    Link(Box<Link>),
    Sublayout { bytes: Vec<u8>, key: PublicKey },
}

/// What all layouts of one verification may still read.
pub(super) struct Budget {
    pub(super) links: usize,
    pub(super) bytes: usize,
    pub(super) signature_checks: usize,
}

impl Budget {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            links: limits.evidence_count_max,
            bytes: limits.evidence_bytes_max,
            signature_checks: limits.evidence_signature_checks_max,
        }
    }

    fn takes(&mut self, bytes: usize) -> Result<(), Dropped> {
        let left = self.links.checked_sub(1).zip(self.bytes.checked_sub(bytes));
        (self.links, self.bytes) = left.ok_or(Dropped::OverLimit)?;
        Ok(())
    }
}

/// The places for links of `step`, in the order in which it lists its keys. Ids that begin alike share one.
pub(super) fn places<'l>(layout: &'l Layout, step: &'l Step) -> Vec<Place<'l>> {
    let mut places: Vec<Place<'l>> = Vec::new();
    let mut at_stem = BTreeMap::new();
    for (id, key) in layout.functionaries(step) {
        let stem = format!("{}.{}", step.name, &id[..id.len().min(ID_DIGITS)]);
        let at = *at_stem.entry(stem.clone()).or_insert(places.len());
        if at == places.len() {
            let keys = Vec::new();
            places.push(Place { stem, keys });
        }
        places[at].keys.push((id, key));
    }
    places
}

impl Place<'_> {
    /// What is at this place below `folder`: nothing, or evidence with the functionaries that it counts for.
    pub(super) fn read(
        &self,
        folder: &str,
        step: &Step,
        links: &dyn LinkSource,
        limits: &Limits,
        budget: &mut Budget,
    ) -> Result<Option<(Evidence, BTreeSet<Fingerprint>)>, Dropped> {
        let path = format!("{folder}{}.link", self.stem);
        let Some(bytes) = links.link(&path).map_err(Dropped::Unreadable)? else {
            return Ok(None);
        };
        budget.takes(bytes.len())?;
        let envelope = Envelope::parse(&bytes, limits)?;
        let keys: Vec<&PublicKey> = self.keys.iter().map(|(_, key)| *key).collect();
        let opened = envelope
            .open_by_id(&keys, limits, &mut budget.signature_checks)
            .map_err(|_| Dropped::NotSigned)?;
        let evidence = self.understood(&opened, step, &bytes, limits)?;
        Ok(Some((evidence, opened.signers().clone())))
    }

    fn understood(
        &self,
        opened: &Opened<'_>,
        step: &Step,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<Evidence, Dropped> {
        if opened.payload_type() != PAYLOAD_TYPE_IN_TOTO {
            return Err(Dropped::PayloadType(opened.payload_type().to_owned()));
        }
        let value = opened.json(limits)?;
        if is_layout(&value) {
            let signer =
                |(_, key): &&(_, &PublicKey)| opened.signers().contains(&key.fingerprint());
            let (_, key) = self.keys.iter().find(signer).ok_or(Dropped::NotSigned)?;
            let key = (*key).clone();
            let bytes = bytes.to_vec();
            return Ok(Evidence::Sublayout { bytes, key });
        }
        let link = Link::from_json(&value)?;
        // §4.4: a link's name is that of its step. Without this a link of one step would count for another.
        if link.name != step.name {
            return Err(Dropped::OtherStep(link.name));
        }
        Ok(Evidence::Link(Box::new(link)))
    }
}

fn is_layout(value: &Json<'_>) -> bool {
    object(value).is_ok_and(|members| members.read("_type", string) == Ok("layout"))
}
