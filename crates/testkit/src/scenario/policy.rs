//! A policy as its owners write and sign it, honestly or not.

use std::collections::BTreeMap;

use quorate::envelope::PAYLOAD_TYPE_IN_TOTO;
use quorate::key::{PublicKey, SigningKey};
use quorate::limits::Limits;
use quorate::policy::{CompileError, Compiled, PAYLOAD_TYPE_TERMS, PolicyFile, SourceFiles};
use quorate::time::Timestamp;

use super::document::sha256_hex;
use super::{AT, Party, ed25519, replaced, signed};

/// Tables of two later steps, of the parties `translator` and `packager` (see [`PolicyDraft::later_party`]).
pub const LATER_STEPS: &str = r#"
[[step]]
name = "localise"
parties = ["translator"]
threshold = 1
uses = ["rebuild"]
may_add = ["locale/*.mo"]

[[step]]
name = "package"
parties = ["packager"]
threshold = 1
uses = ["localise"]
makes = ["*.tar.gz"]
"#;

/// What stands in a `policy.toml`, line by line; a test changes any of it.
#[derive(Clone, Debug)]
pub struct PolicyDraft {
    /// `format`
    pub format: String,
    /// `threshold`
    pub threshold: usize,
    /// `artifacts`
    pub artifacts: String,
    /// `expires`
    pub expires: String,
    /// `[owners] needed`
    pub owners_needed: usize,
    /// `on_dissent`, when it is said.
    pub on_dissent: Option<String>,
    /// `[materials] environment`, when it is said.
    pub environment: Option<String>,
    /// Names of parties with references to their keys.
    pub parties: Vec<(String, Vec<String>)>,
    /// References to the owners' keys.
    pub owners: Vec<String>,
    /// The keys by reference.
    pub keys: BTreeMap<String, PublicKey>,
    /// Lines of parties' tables by the party's name, as they are.
    pub party_lines: BTreeMap<String, String>,
    /// Lines at the top, as they are.
    pub more: String,
    /// Tables at the end, as they are.
    pub tables: String,
    /// What the source table names.
    pub files: SourceFiles,
}

impl PolicyDraft {
    /// `threshold` of these parties, owned by `owners`, who must all sign; in force until 2027.
    pub fn of(threshold: usize, parties: &[Party], owners: &[SigningKey]) -> Self {
        let mut keys = BTreeMap::new();
        let mut refer = |reference: String, key: &SigningKey| {
            keys.insert(reference.clone(), key.public().clone());
            reference
        };
        let owners: Vec<_> = owners
            .iter()
            .enumerate()
            .map(|(at, key)| refer(format!("owner-{at}.pub"), key))
            .collect();
        let mut party = |party: &Party| {
            let keys = party.keys.iter().enumerate();
            let keys = keys.map(|(at, key)| refer(format!("{}-{at}.pub", party.name), key));
            (party.name.clone(), keys.collect())
        };
        let parties = parties.iter().map(&mut party).collect();
        Self {
            format: "quorate-policy/1".to_owned(),
            threshold,
            artifacts: "*".to_owned(),
            expires: "2027-01-01T00:00:00Z".to_owned(),
            owners_needed: owners.len(),
            on_dissent: None,
            environment: None,
            parties,
            owners,
            keys,
            party_lines: BTreeMap::new(),
            more: String::new(),
            tables: String::new(),
            files: SourceFiles::default(),
        }
    }

    /// The text of `policy.toml`.
    pub fn toml(&self) -> String {
        let said = |name: &str, value: &Option<String>| {
            let line = value.as_ref().map(|value| format!("{name} = {value:?}\n"));
            line.unwrap_or_default()
        };
        let parties: String = self
            .parties
            .iter()
            .map(|(name, keys)| {
                let more = self.party_lines.get(name).map_or("", String::as_str);
                format!("\n[[party]]\nname = {name:?}\nkeys = {keys:?}\n{more}")
            })
            .collect();
        let materials = said("environment", &self.environment);
        format!(
            "format = {:?}\nname = \"debian-bookworm\"\nartifacts = {:?}\nthreshold = {}\nexpires = {:?}\n{}{}\n\
             [owners]\nneeded = {}\nkeys = {:?}\n\n[materials]\nsource = \"same\"\n{materials}{parties}{}",
            self.format,
            self.artifacts,
            self.threshold,
            self.expires,
            said("on_dissent", &self.on_dissent),
            self.more,
            self.owners_needed,
            self.owners,
            self.tables,
        )
    }

    /// Says what a party declares.
    pub fn declare(
        &mut self,
        party: &str,
        principal: &str,
        [hosting, country, toolchain]: [&str; 3],
    ) {
        let lines = format!(
            "principal = {principal:?}\nhosting = {hosting:?}\ncountry = {country:?}\ntoolchain = {toolchain:?}\n"
        );
        self.party_lines.insert(party.to_owned(), lines);
    }

    /// Adds a party that does not rebuild, with one key.
    pub fn later_party(&mut self, party: &Party) {
        let reference = format!("{}-0.pub", party.name);
        self.keys
            .insert(reference.clone(), party.keys[0].public().clone());
        self.tables.push_str(&format!(
            "\n[[party]]\nname = {:?}\nkeys = [{reference:?}]\nrebuilds = false\n",
            party.name
        ));
    }

    /// Reads and compiles the draft as the owners' tool does.
    ///
    /// # Errors
    /// [`CompileError`] as the library has it.
    pub fn compile(&self, at: Timestamp) -> Result<Compiled, CompileError> {
        PolicyFile::parse(&self.toml(), &Limits::STANDARD)?.compile(
            &self.keys,
            &self.files,
            at,
            &Limits::STANDARD,
        )
    }

    /// The two documents, signed by `owners`.
    ///
    /// # Panics
    /// When the draft does not compile.
    pub fn signed(&self, owners: &[SigningKey]) -> Documents {
        let at = Timestamp::parse(AT).expect("a fixed time");
        let compiled = self.compile(at).expect("the draft compiles");
        Documents::sign(&compiled.layout, &compiled.terms, owners)
    }
}

/// The payloads of layout and terms, and their envelopes.
#[derive(Clone, Debug)]
pub struct Documents {
    /// Payload of the layout.
    pub layout_payload: Vec<u8>,
    /// Payload of the terms.
    pub terms_payload: Vec<u8>,
    /// Envelope of the layout.
    pub layout: Vec<u8>,
    /// Envelope of the terms.
    pub terms: Vec<u8>,
}

impl Documents {
    /// Signs any two payloads as layout and terms.
    pub fn sign(layout: &[u8], terms: &[u8], owners: &[SigningKey]) -> Self {
        Self {
            layout_payload: layout.to_vec(),
            terms_payload: terms.to_vec(),
            layout: signed(PAYLOAD_TYPE_IN_TOTO, layout, owners),
            terms: signed(PAYLOAD_TYPE_TERMS, terms, owners),
        }
    }

    /// The same with another layout, to which the terms are made to belong: what a careless or hostile owner signs.
    pub fn with_layout(&self, layout: &[u8], owners: &[SigningKey]) -> Self {
        let terms = replaced(
            &self.terms_payload,
            &["layout", "sha256"],
            &sha256_hex(layout),
        );
        Self::sign(layout, &terms, owners)
    }

    /// The same with other terms.
    pub fn with_terms(&self, terms: &[u8], owners: &[SigningKey]) -> Self {
        Self::sign(&self.layout_payload, terms, owners)
    }
}

/// The keys of `count` owners.
pub(super) fn owners(count: usize) -> Vec<SigningKey> {
    (0..count)
        .map(|at| ed25519(&format!("owner {at}")))
        .collect()
}
