//! The links of one step: which of them a functionary of the step has signed, and what was found in the other places.

use std::collections::{BTreeMap, BTreeSet};

use super::{Dropped, LinkSource};
use crate::envelope::{Envelope, Opened, PAYLOAD_TYPE_IN_TOTO};
use crate::intoto::{Functionary, Layout, Link, Step};
use crate::json::{Json, Members, object, string};
use crate::key::{Fingerprint, PublicKey};
use crate::limits::Limits;
use crate::time::Timestamp;

/// Digits of a key id in the name of a link file. The specification says six bytes; every implementation has four.
const ID_DIGITS: usize = 8;

/// A place where a link can be, and whose it would be.
pub(super) struct Place<'l> {
    /// Such as `build.776a00e2`, below the layout's folder.
    pub(super) stem: String,
    /// Who may have signed it, each under an id that begins like the name.
    pub(super) owners: Vec<Functionary<'l>>,
}

/// A link of a functionary, or the functionary's own layout in its place.
pub(super) enum Evidence {
    Link(Box<Link>),
    Sublayout(Box<Sublayout>),
}

/// A functionary's own layout, as it was received, and the functionary's key, which is its only owner.
pub(super) struct Sublayout {
    pub(super) bytes: Vec<u8>,
    pub(super) key: PublicKey,
}

/// Where evidence comes from, and how much of it one verification takes.
pub(super) struct Sources<'w> {
    pub(super) links: &'w dyn LinkSource,
    pub(super) limits: &'w Limits,
    pub(super) budget: Budget,
}

/// What all layouts of one verification may still read.
pub(super) struct Budget {
    links: usize,
    bytes: usize,
    pub(super) signature_checks: usize,
    /// Work of rules; see [`Limits::rule_steps_max`].
    pub(super) rule_steps: usize,
}

impl Budget {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            links: limits.evidence_count_max,
            bytes: limits.evidence_bytes_max,
            signature_checks: limits.evidence_signature_checks_max,
            rule_steps: limits.rule_steps_max,
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
    for functionary in layout.functionaries(step) {
        for id in functionary.ids() {
            let stem = format!("{}.{}", step.name, &id[..id.len().min(ID_DIGITS)]);
            let at = *at_stem.entry(stem.clone()).or_insert(places.len());
            if at == places.len() {
                let owners = Vec::new();
                places.push(Place { stem, owners });
            }
            let key = functionary.key;
            places[at].owners.push(Functionary { id, key });
        }
    }
    places
}

impl Place<'_> {
    /// What is at this place below `folder`: nothing, or evidence with the keys that it counts for.
    pub(super) fn read(
        &self,
        folder: &str,
        step: &Step,
        at: Timestamp,
        sources: &mut Sources<'_>,
    ) -> Result<Option<(Evidence, BTreeSet<Fingerprint>)>, Dropped> {
        let limits = sources.limits;
        let path = format!("{folder}{}.link", self.stem);
        let Some(bytes) = sources.links.link(&path).map_err(Dropped::Unreadable)? else {
            return Ok(None);
        };
        sources.budget.takes(bytes.len())?;
        let envelope = Envelope::parse(&bytes, limits)?;
        let keys = self.keys_at(at)?;
        let offered: Vec<&PublicKey> = keys.iter().collect();
        let opened = envelope
            .open_by_id(&offered, limits, &mut sources.budget.signature_checks)
            .map_err(|refused| match refused.unchecked {
                true => Dropped::OverLimit,
                false => Dropped::NotSigned,
            })?;
        let is_owner = |id: &str| self.owners.iter().any(|owner| owner.id == id);
        let signers: BTreeSet<Fingerprint> = opened
            .signer_ids()
            .filter(|(_, id)| is_owner(id))
            .map(|(key, _)| key)
            .collect();
        if signers.is_empty() {
            return Err(Dropped::NotSigned);
        }
        let evidence = self.understood(&opened, &signers, step, &bytes, limits)?;
        Ok(Some((evidence, signers)))
    }

    /// The owners' keys as far as they are valid: an OpenPGP key and its subkeys have lifetimes.
    fn keys_at(&self, at: Timestamp) -> Result<Vec<PublicKey>, Dropped> {
        let keys = self.owners.iter();
        let valid: Vec<PublicKey> = keys
            .filter_map(|owner| owner.key.at(at).filter(|key| key.has_id(owner.id)))
            .collect();
        if valid.is_empty() {
            return Err(Dropped::KeyExpired);
        }
        Ok(valid)
    }

    fn understood(
        &self,
        opened: &Opened<'_>,
        signers: &BTreeSet<Fingerprint>,
        step: &Step,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<Evidence, Dropped> {
        if opened.payload_type() != PAYLOAD_TYPE_IN_TOTO {
            return Err(Dropped::PayloadType(opened.payload_type().to_owned()));
        }
        let value = opened.json(limits)?;
        if is_layout(&value) {
            let is_signer = |owner: &&Functionary<'_>| signers.contains(&owner.key.fingerprint());
            let owner = self.owners.iter().find(is_signer);
            let key = owner.ok_or(Dropped::NotSigned)?.key.clone();
            let bytes = bytes.to_vec();
            return Ok(Evidence::Sublayout(Box::new(Sublayout { bytes, key })));
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
