//! Layouts to begin with, for the tests of `quorate layout`.

use quorate::envelope::EnvelopeForm;
use quorate::intoto::{DraftLayout, Layout};
use quorate::json::Json;
use quorate::limits::Limits;

use super::{Ran, Stage};

/// When the layouts here end.
pub const EXPIRES: &str = "2999-01-01T00:00:00Z";

impl Stage {
    /// Keys, and `demo.layout` without steps.
    pub fn started() -> Self {
        let stage = Self::keys();
        stage.ok(&format!("layout new demo.layout --expires {EXPIRES}"));
        stage
    }

    /// Keys, and `demo.layout` with two steps, the second of which takes what the first makes.
    pub fn chain() -> Self {
        let stage = Self::started();
        let build = "add-step demo.layout build --key alice.pub --key bob.pub --threshold 2";
        let build: Vec<&str> = build.split(' ').collect();
        let rules = [
            "--command",
            "make 'all of it'",
            "--materials",
            "DISALLOW *",
            "--products",
            "CREATE out/*",
            "--products",
            "DISALLOW *",
        ];
        stage.layout(&[&build[..], &rules].concat()).yes();
        let pack = ["add-step", "demo.layout", "pack", "--key", "carol.pub"];
        let rules = [
            "--materials",
            "match * in in with products in out from build",
            "--materials",
            "DISALLOW *",
            "--products",
            "REQUIRE 'release notes.txt'",
            "--products",
            "DISALLOW *",
        ];
        stage.layout(&[&pack[..], &rules].concat()).yes();
        stage
    }

    /// Runs `quorate layout` with these arguments, which may have spaces in them.
    pub fn layout(&self, arguments: &[&str]) -> Ran {
        self.run_with(["layout"].iter().chain(arguments))
    }

    /// `demo.layout`: what it says, its form, and how many signatures are on it.
    pub fn draft(&self) -> (Layout, EnvelopeForm, usize) {
        let draft = DraftLayout::read(&self.read("demo.layout"), &Limits::STANDARD).unwrap();
        let signatures = draft.signature_count();
        (
            draft.dangerous_unverified().clone(),
            draft.form(),
            signatures,
        )
    }

    /// Writes `demo.layout` with `layout` as it is, whether or not the program would make it.
    pub fn plant(&self, layout: &Layout) {
        let signed = ("signed", layout.to_json());
        let text = Json::object([("signatures", Json::Array(Vec::new())), signed]).to_text();
        self.write("demo.layout", text);
    }
}

impl Ran {
    /// Demands a yes: exit code 0.
    pub fn yes(self) -> Self {
        assert_eq!(self.code, 0, "{self:#?}");
        self
    }
}
