//! Layouts in the place of links: what a functionary may delegate, and what it may not reach that way.

use std::borrow::Cow;
use std::cell::Cell;

use quorate::intoto::chain::{Chain, LinkSource, NoInspections, Refusal, Verification};
use quorate::intoto::{Layout, Parameters};
use quorate::key::{PublicKey, SigningKey};
use quorate::limits::Limits;
use quorate::time::Timestamp;
use quorate_testkit::scenario::ed25519;

use super::workshop::{AT, Workshop, layout, link, path, rules, signed, stem, step};

/// Alice may build, or say who does; her machine is the functionary of her own layout.
fn alice() -> SigningKey {
    ed25519("alice")
}

fn machine() -> SigningKey {
    ed25519("machine")
}

fn delegation() -> Layout {
    let mut compile = step("compile", 1, &[&machine()]);
    compile.expected_products = rules(&["DISALLOW evil"]);
    layout([compile], &[&machine()])
}

fn folder() -> String {
    format!("{}/", stem("build", alice().public().id()))
}

/// A step `build` of alice's, her layout in the place of its link, signed by `signer`, and her machine's link.
fn delegated(sublayout: &Layout, signer: &SigningKey) -> Workshop {
    let mut build = step("build", 1, &[&alice()]);
    build.expected_products = rules(&["REQUIRE out"]);
    let other = step("other", 1, &[&ed25519("bob")]);
    let mut workshop = Workshop::of([build, other], &[&alice(), &ed25519("bob")]);
    workshop.put(&ed25519("bob"), &link("other", &[]));
    put_layout(&mut workshop, &path("build", &alice()), sublayout, signer);
    put_compiled(&mut workshop, &folder(), "out");
    workshop
}

fn put_layout(workshop: &mut Workshop, at: &str, layout: &Layout, signer: &SigningKey) {
    let envelope = signed(&layout.to_json().to_text(), &[signer]);
    workshop.links.insert(at.to_owned(), envelope);
}

fn put_compiled(workshop: &mut Workshop, folder: &str, product: &str) {
    let payload = link("compile", &[(product, "bytes")]).to_json().to_text();
    let at = format!("{folder}{}", path("compile", &machine()));
    workshop.links.insert(at, signed(&payload, &[&machine()]));
}

/// The refusal within the sublayout.
fn within(outcome: Result<quorate::intoto::chain::Accepted, Refusal>) -> Refusal {
    match outcome.unwrap_err() {
        Refusal::Sublayout { source, .. } => *source,
        other => panic!("{other}"),
    }
}

#[test]
fn a_sublayout_that_holds_stands_for_its_step() {
    let workshop = delegated(&delegation(), &alice());
    workshop.outcome().unwrap();
    let mut without = workshop;
    put_compiled(&mut without, &folder(), "something else");
    assert!(
        matches!(without.outcome(), Err(Refusal::Rule { .. })),
        "the rules of the step see the summary"
    );
}

#[test]
fn a_sublayout_by_a_stranger_or_by_another_steps_key_is_no_evidence() {
    for signer in ["stranger", "bob", "owner", "machine"] {
        let workshop = delegated(&delegation(), &ed25519(signer));
        assert!(
            matches!(workshop.outcome(), Err(Refusal::TooFew { counted: 0, .. })),
            "{signer}"
        );
        let posing = ed25519(signer).with_id(alice().public().id()).unwrap();
        let workshop = delegated(&delegation(), &posing);
        assert!(
            matches!(workshop.outcome(), Err(Refusal::TooFew { counted: 0, .. })),
            "{signer}"
        );
    }
}

#[test]
fn a_sublayout_that_is_expired_or_not_understood_refuses_the_chain() {
    let mut expired = delegation();
    expired.expires = Timestamp::parse("2020-01-01T00:00:00Z").unwrap();
    assert!(matches!(
        within(delegated(&expired, &alice()).outcome()),
        Refusal::Expired { .. }
    ));
    let mut odd = delegation();
    odd.steps[0].name = "../compile".to_owned();
    assert!(matches!(
        within(delegated(&odd, &alice()).outcome()),
        Refusal::Layout(_)
    ));
}

#[test]
fn a_sublayout_that_is_refused_refuses_the_chain_even_where_others_are_enough() {
    let bob = ed25519("bob");
    let mut expired = delegation();
    expired.expires = Timestamp::parse("2020-01-01T00:00:00Z").unwrap();
    let mut workshop = Workshop::of([step("build", 1, &[&bob, &alice()])], &[&bob, &alice()]);
    workshop.put(&bob, &link("build", &[("out", "bytes")]));
    workshop.outcome().unwrap();
    put_layout(&mut workshop, &path("build", &alice()), &expired, &alice());
    assert!(matches!(
        within(workshop.outcome()),
        Refusal::Expired { .. }
    ));
}

#[test]
fn the_rules_of_a_sublayout_are_applied() {
    let mut workshop = delegated(&delegation(), &alice());
    put_compiled(&mut workshop, &folder(), "evil");
    assert!(matches!(within(workshop.outcome()), Refusal::Rule { .. }));
}

#[test]
fn a_sublayout_finds_its_links_in_its_own_folder_and_nowhere_else() {
    let mut workshop = delegated(&delegation(), &alice());
    let at = format!("{}{}", folder(), path("compile", &machine()));
    let bytes = workshop.links.remove(&at).unwrap();
    for elsewhere in [
        path("compile", &machine()),
        format!(
            "{}/{}",
            stem("other", alice().public().id()),
            path("compile", &machine())
        ),
        format!(
            "{}/{}",
            stem("build", ed25519("bob").public().id()),
            path("compile", &machine())
        ),
        format!("../{}", path("compile", &machine())),
        format!("{}{}", folder(), path("build", &machine())),
    ] {
        workshop.links.insert(elsewhere, bytes.clone());
    }
    assert!(matches!(
        within(workshop.outcome()),
        Refusal::TooFew { counted: 0, .. }
    ));
    workshop.links.insert(at, bytes);
    workshop.outcome().unwrap();
}

#[test]
fn a_sublayout_has_no_functionaries_but_its_own() {
    // The layout above knows bob; the layout below does not, whatever he puts into its folder.
    let mut sublayout = delegation();
    sublayout.steps[0]
        .pubkeys
        .push(ed25519("bob").public().id().to_owned());
    let mut workshop = delegated(&sublayout, &alice());
    workshop
        .links
        .remove(&format!("{}{}", folder(), path("compile", &machine())));
    let payload = link("compile", &[("out", "bytes")]).to_json().to_text();
    let at = format!("{}{}", folder(), path("compile", &ed25519("bob")));
    workshop
        .links
        .insert(at, signed(&payload, &[&ed25519("bob")]));
    assert!(matches!(
        within(workshop.outcome()),
        Refusal::TooFew { counted: 0, .. }
    ));
}

#[test]
fn a_sublayout_and_a_link_of_one_step_must_agree() {
    let bob = ed25519("bob");
    for (content, accepted) in [("bytes", true), ("other bytes", false)] {
        let mut workshop = Workshop::of([step("build", 2, &[&bob, &alice()])], &[&bob, &alice()]);
        workshop.put(&bob, &link("build", &[("out", content)]));
        put_layout(
            &mut workshop,
            &path("build", &alice()),
            &delegation(),
            &alice(),
        );
        put_compiled(&mut workshop, &folder(), "out");
        let outcome = workshop.outcome();
        assert_eq!(outcome.is_ok(), accepted, "{outcome:?}");
    }
}

#[test]
fn a_sublayout_takes_no_parameters() {
    let mut sublayout = delegation();
    sublayout.steps[0].expected_products = rules(&["DISALLOW {NAME}"]);
    let mut workshop = delegated(&sublayout, &alice());
    workshop.parameters = Some(Parameters::new([("NAME".to_owned(), "out".to_owned())]).unwrap());
    workshop.outcome().unwrap();
}

#[test]
fn a_sublayout_with_an_inspection_has_it_run_or_is_refused() {
    let mut sublayout = delegation();
    sublayout.inspections.push(quorate::intoto::Inspection {
        name: "look".to_owned(),
        run: vec!["true".to_owned()],
        expected_materials: Vec::new(),
        expected_products: Vec::new(),
    });
    assert!(matches!(
        within(delegated(&sublayout, &alice()).outcome()),
        Refusal::Inspection { .. }
    ));
}

#[test]
fn delegation_ends_at_the_limit() {
    let depth_max = Limits::STANDARD.sublayout_depth_max;
    for depth in [depth_max, depth_max + 1] {
        let own = || layout([step("build", 1, &[&alice()])], &[&alice()]);
        let mut workshop = Workshop::of([step("build", 1, &[&alice()])], &[&alice()]);
        let link_at =
            |depth: usize| format!("{}{}", folder().repeat(depth), path("build", &alice()));
        for level in 0..depth {
            put_layout(&mut workshop, &link_at(level), &own(), &alice());
        }
        let payload = link("build", &[]).to_json().to_text();
        workshop
            .links
            .insert(link_at(depth), signed(&payload, &[&alice()]));
        match workshop.outcome() {
            Ok(_) => assert_eq!(depth, depth_max),
            Err(refusal) => {
                assert_eq!(depth, depth_max + 1);
                assert!(
                    refusal.to_string().contains("nested more than"),
                    "{refusal}"
                );
            }
        }
    }
}

/// Answers the same bytes whatever it is asked for, and counts.
struct Echo(Vec<u8>, Cell<usize>);

impl LinkSource for Echo {
    fn link(&self, _: &str) -> Result<Option<Cow<'_, [u8]>>, String> {
        self.1.set(self.1.get() + 1);
        Ok(Some(Cow::Borrowed(&self.0)))
    }
}

/// A layout by alice, found again in its own folder wherever one looks.
fn looped(steps: usize, limits: &Limits) -> (Verification, usize) {
    let names: Vec<String> = (0..steps).map(|at| format!("s{at}")).collect();
    let own = layout(
        names.iter().map(|name| step(name, 1, &[&alice()])),
        &[&alice()],
    );
    let bytes = signed(&own.to_json().to_text(), &[&alice()]);
    let keys: [PublicKey; 1] = [alice().public().clone()];
    let echo = Echo(bytes.clone(), Cell::new(0));
    let chain = Chain {
        layout: &bytes,
        keys: &keys,
        parameters: None,
        at: Timestamp::parse(AT).unwrap(),
        limits,
    };
    (chain.verify(&echo, &mut NoInspections), echo.1.get())
}

#[test]
fn a_layout_that_is_its_own_sublayout_comes_to_an_end() {
    for steps in [1, 20] {
        let (verification, asked) = looped(steps, &Limits::STANDARD);
        let refusal = verification.outcome.unwrap_err().to_string();
        assert!(refusal.contains("nested more than"), "{refusal}");
        assert!(asked <= Limits::STANDARD.sublayout_depth_max + 1, "{asked}");
    }
}

/// Answers a layout with many steps above the last level, and a link below.
struct Tree {
    layout: Vec<u8>,
    asked: Cell<usize>,
    depth: usize,
}

impl LinkSource for Tree {
    fn link(&self, path: &str) -> Result<Option<Cow<'_, [u8]>>, String> {
        self.asked.set(self.asked.get() + 1);
        if path.matches('/').count() < self.depth {
            return Ok(Some(Cow::Borrowed(&self.layout)));
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        let step = name.split('.').next().unwrap_or(name);
        let payload = link(step, &[]).to_json().to_text();
        Ok(Some(Cow::Owned(signed(&payload, &[&alice()]))))
    }
}

#[test]
fn a_tree_of_sublayouts_shares_one_budget() {
    let names: Vec<String> = (0..6).map(|at| format!("s{at}")).collect();
    let own = layout(
        names.iter().map(|name| step(name, 1, &[&alice()])),
        &[&alice()],
    );
    let bytes = signed(&own.to_json().to_text(), &[&alice()]);
    let keys: [PublicKey; 1] = [alice().public().clone()];
    let at = Timestamp::parse(AT).unwrap();
    // 6 + 36 + 216 links in all.
    for (evidence_count_max, accepted) in [(258, true), (257, false), (20, false)] {
        let limits = Limits {
            evidence_count_max,
            ..Limits::STANDARD
        };
        let tree = Tree {
            layout: bytes.clone(),
            asked: Cell::new(0),
            depth: 2,
        };
        let chain = Chain {
            layout: &bytes,
            keys: &keys,
            parameters: None,
            at,
            limits: &limits,
        };
        let outcome = chain.verify(&tree, &mut NoInspections).outcome;
        assert_eq!(outcome.is_ok(), accepted, "{outcome:?}");
        assert!(tree.asked.get() <= evidence_count_max + 1);
    }
}
