//! Layouts that nobody vouches for: what tools show, look through for weaknesses, and edit.

use super::{Layout, LayoutError};
use crate::envelope::{
    Envelope, EnvelopeError, EnvelopeForm, PAYLOAD_TYPE_IN_TOTO, unsigned, unsigned_metablock,
};
use crate::json::JsonError;
use crate::limits::Limits;

/// A layout as it stands in a file, signed or not; no signature on it was checked.
///
/// It is for tools that show a layout, look for its weaknesses, or change it. It opens nothing and judges nothing: verification
/// begins at the envelope's bytes and at keys that come from outside.
#[derive(Debug)]
pub struct DraftLayout {
    layout: Layout,
    form: EnvelopeForm,
    claimed_signers: Vec<String>,
    signature_count: usize,
}

impl DraftLayout {
    /// Reads a layout from an envelope of either form and looks at no signature.
    ///
    /// # Errors
    /// [`DraftError`] when the bytes are no envelope, or its payload is no layout that verification would take.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, DraftError> {
        let envelope = Envelope::parse(bytes, limits)?;
        if let Some(other) = envelope.dangerous_unverified_payload_type()
            && other != PAYLOAD_TYPE_IN_TOTO
        {
            return Err(DraftError::PayloadType(other.to_owned()));
        }
        let payload = envelope.dangerous_unverified_json(limits)?;
        Ok(Self {
            layout: Layout::from_json(&payload, limits)?,
            form: envelope.form(),
            claimed_signers: envelope.key_ids().map(str::to_owned).collect(),
            signature_count: envelope.signature_count(),
        })
    }

    /// The layout. Nobody vouches for what it says.
    pub fn dangerous_unverified(&self) -> &Layout {
        &self.layout
    }

    /// The form of its envelope.
    pub fn form(&self) -> EnvelopeForm {
        self.form
    }

    /// The key ids that its signatures name; one that names none is left out. No signature was checked.
    pub fn claimed_signers(&self) -> &[String] {
        &self.claimed_signers
    }

    /// How many signatures there are, whoever made them.
    pub fn signature_count(&self) -> usize {
        self.signature_count
    }
}

/// A layout in an envelope without signatures: what `in-toto-sign` and the like take. The same layout gives the same bytes.
///
/// # Errors
/// [`LayoutError`] when it is a layout that no reader would take, such as one with a threshold above the number of a step's keys.
pub fn unsigned_layout(
    layout: &Layout,
    form: EnvelopeForm,
    limits: &Limits,
) -> Result<Vec<u8>, LayoutError> {
    let signed = layout.to_json();
    Layout::from_json(&signed, limits)?;
    Ok(match form {
        EnvelopeForm::Dsse => unsigned(PAYLOAD_TYPE_IN_TOTO, &signed.to_text()),
        EnvelopeForm::Metablock => unsigned_metablock(&signed),
    })
}

/// Why a file is no layout that could be shown or edited.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DraftError {
    /// Not an envelope.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// An envelope around something else.
    #[error("its payload type is {0:?}, and a layout's is {PAYLOAD_TYPE_IN_TOTO:?}")]
    PayloadType(String),
    /// A payload that is not JSON.
    #[error("its payload is not strict JSON {0}")]
    Json(#[from] JsonError),
    /// A payload that is no layout.
    #[error("not a layout that can be used: {0}")]
    Layout(#[from] LayoutError),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::sign;
    use crate::key::SigningKey;
    use crate::time::Timestamp;

    fn empty() -> Layout {
        Layout {
            expires: Timestamp::parse("2030-01-01T00:00:00Z").unwrap(),
            readme: "for people".into(),
            keys: std::collections::BTreeMap::new(),
            steps: Vec::new(),
            inspections: Vec::new(),
        }
    }

    #[test]
    fn a_layout_is_read_back_from_either_form() {
        for form in [EnvelopeForm::Dsse, EnvelopeForm::Metablock] {
            let bytes = unsigned_layout(&empty(), form, &Limits::STANDARD).unwrap();
            let draft = DraftLayout::read(&bytes, &Limits::STANDARD).unwrap();
            assert_eq!(draft.dangerous_unverified(), &empty());
            assert_eq!((draft.form(), draft.signature_count()), (form, 0));
        }
    }

    #[test]
    fn who_claims_to_have_signed_is_told() {
        let key = SigningKey::ed25519_from_seed(&[7; 32]);
        let payload = empty().to_json().to_text();
        let bytes = sign(PAYLOAD_TYPE_IN_TOTO, &payload, &[&key]);
        let draft = DraftLayout::read(&bytes, &Limits::STANDARD).unwrap();
        assert_eq!(draft.claimed_signers(), [key.public().id().to_owned()]);
    }

    #[test]
    fn what_is_no_layout_is_no_draft() {
        let read = |bytes: &[u8]| DraftLayout::read(bytes, &Limits::STANDARD).unwrap_err();
        assert!(matches!(read(b"{}"), DraftError::Envelope(_)));
        let payload = empty().to_json().to_text();
        let other = unsigned("text/plain", &payload);
        assert!(matches!(read(&other), DraftError::PayloadType(_)));
        let broken = unsigned(PAYLOAD_TYPE_IN_TOTO, b"{");
        assert!(matches!(read(&broken), DraftError::Json(_)));
        let link = unsigned(PAYLOAD_TYPE_IN_TOTO, br#"{"_type":"link"}"#);
        assert!(matches!(read(&link), DraftError::Layout(_)));
    }
}
