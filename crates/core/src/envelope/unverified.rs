//! What an envelope holds although nobody checked a signature: for tools that show or edit documents, never for judging.

use std::borrow::Cow;

use super::{Content, Envelope};
use crate::json::{self, Json, JsonError};
use crate::limits::Limits;

impl Envelope<'_> {
    /// The payload as JSON although nobody checked a signature.
    pub(crate) fn dangerous_unverified_json(
        &self,
        limits: &Limits,
    ) -> Result<Cow<'_, Json<'_>>, JsonError> {
        match &self.content {
            Content::Dsse { message, .. } => json::parse(message.payload(), limits).map(Cow::Owned),
            Content::Metablock(signed) => Ok(Cow::Borrowed(signed)),
        }
    }

    /// The payload type of a DSSE envelope although nobody checked a signature; `None` for a metablock.
    pub(crate) fn dangerous_unverified_payload_type(&self) -> Option<&str> {
        match &self.content {
            Content::Dsse { payload_type, .. } => Some(payload_type),
            Content::Metablock(_) => None,
        }
    }

    /// How many signatures there are, of whatever worth.
    pub(crate) fn signature_count(&self) -> usize {
        self.signatures.len()
    }
}
