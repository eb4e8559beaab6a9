//! A party's machines: the in-toto sublayout by which a party lets other keys carry out its step.

use std::num::NonZeroUsize;

use crate::attest::rebuild::STEP;
use crate::intoto::{Layout, LayoutError};
use crate::json::Json;
use crate::key::PublicKey;
use crate::limits::Limits;
use crate::policy::rebuild_step;
use crate::time::Timestamp;

/// Keys that may rebuild in a party's name until a time, as an in-toto layout with the one step `rebuild`: what in-toto calls a sublayout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineLayout {
    /// The machines' keys.
    pub keys: Vec<PublicKey>,
    /// The first second at which they no longer may.
    pub expires: Timestamp,
}

impl MachineLayout {
    /// The payload to be signed by the party, of type [`crate::envelope::PAYLOAD_TYPE_IN_TOTO`].
    pub fn to_payload(&self) -> Vec<u8> {
        let keys = self
            .keys
            .iter()
            .map(|key| (key.id().to_owned(), key.clone()));
        let layout = Layout {
            expires: self.expires,
            readme: String::new(),
            steps: vec![rebuild_step(NonZeroUsize::MIN, ids(&self.keys))],
            inspections: Vec::new(),
            keys: keys.collect(),
        };
        layout.to_json().to_text()
    }

    /// Reads a layout of that form.
    ///
    /// # Errors
    /// [`MachineLayoutError`] for a layout that cannot be read, and for one that asks for more than machines: other steps, a threshold,
    /// rules, inspections. Such a one means something that is not judged here.
    pub(crate) fn from_json(value: &Json<'_>, limits: &Limits) -> Result<Self, MachineLayoutError> {
        let layout = Layout::from_json(value, limits)?;
        let machines = Self {
            expires: layout.expires,
            keys: layout.keys.values().cloned().collect(),
        };
        let [step] = layout.steps.as_slice() else {
            return Err(MachineLayoutError::Form);
        };
        if !layout.inspections.is_empty()
            || *step != rebuild_step(NonZeroUsize::MIN, step.pubkeys.clone())
            || step.pubkeys.len() != machines.keys.len()
            || machines.keys.iter().any(PublicKey::is_openpgp)
            // A label of its own choice could be another key's, whose signatures would be looked for with this one.
            || !machines.keys.iter().all(PublicKey::has_computed_id)
        {
            return Err(MachineLayoutError::Form);
        }
        // Every id of the step has a key: as many ids as keys, and each key is asked for.
        let listed = |key: &PublicKey| step.pubkeys.iter().any(|id| id == key.id());
        if machines.keys.len() > limits.keys_max || !machines.keys.iter().all(listed) {
            return Err(MachineLayoutError::Form);
        }
        Ok(machines)
    }
}

fn ids(keys: &[PublicKey]) -> Vec<String> {
    let mut ids: Vec<String> = keys.iter().map(|key| key.id().to_owned()).collect();
    ids.sort();
    ids
}

/// Why a party's layout gives no machine a voice.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MachineLayoutError {
    /// Not a layout.
    #[error("a layout that cannot be read: {0}")]
    Layout(#[from] LayoutError),
    /// A layout of another form.
    #[error(
        "a party's layout with more than its machines: it must have the one step {STEP:?} and computed key ids, as `quorate party machines` writes it"
    )]
    Form,
}
