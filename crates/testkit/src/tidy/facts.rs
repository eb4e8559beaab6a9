//! Collects from one Rust file what the rules ask about it, with lines.

use std::ops::RangeInclusive;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, Signature, UseTree};

use super::source::{Function, Place};

/// What one file contains. Comments and strings are not in it.
#[derive(Default)]
pub(super) struct Facts {
    /// Whether the file opens with `#![cfg(test)]`.
    pub(super) is_test_file: bool,
    /// The lines of the items that are compiled for tests only.
    pub(super) test_items: Vec<RangeInclusive<usize>>,
    pub(super) functions: Vec<Function>,
    /// Every `mod`, with or without its content.
    pub(super) modules: Vec<Place>,
    /// Every `mod name;`, with the inline modules around it (`outer/name`).
    pub(super) modules_elsewhere: Vec<Place>,
    /// Every path in an expression, a type, an import or the tokens of a macro, such as `std::fs::read`.
    pub(super) paths: Vec<Place>,
    /// Every macro that is called, without its `!`.
    pub(super) macros: Vec<Place>,
    /// Every attribute's name.
    pub(super) attributes: Vec<Place>,
    around: Vec<String>,
}

impl<'ast> Visit<'ast> for Facts {
    fn visit_file(&mut self, file: &'ast syn::File) {
        self.is_test_file = file.attrs.iter().any(is_for_tests);
        visit::visit_file(self, file);
    }

    fn visit_item(&mut self, item: &'ast Item) {
        self.note_if_for_tests(attributes_of(item), item);
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        let name = module.ident.to_string();
        self.modules
            .push(place(name.clone(), module.ident.span().start().line));
        if module.content.is_none() {
            self.modules_elsewhere
                .push(self.place_elsewhere(module, &name));
        }
        self.around.push(name);
        visit::visit_item_mod(self, module);
        self.around.pop();
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.note_function(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.note_if_for_tests(&function.attrs, function);
        self.note_function(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.note_function(&function.sig, block);
        }
        visit::visit_trait_item_fn(self, function);
    }

    fn visit_item_use(&mut self, import: &'ast syn::ItemUse) {
        self.note_import(&import.tree, "");
        visit::visit_item_use(self, import);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<_> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        self.paths
            .push(place(parts.join("::"), path.span().start().line));
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if let Some(last) = call.path.segments.last() {
            let line = last.ident.span().start().line;
            self.macros.push(place(last.ident.to_string(), line));
        }
        self.note_tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Some(name) = attribute.path().get_ident() {
            self.attributes
                .push(place(name.to_string(), name.span().start().line));
        }
        if attribute.path().is_ident("cfg_attr")
            && let Ok(list) = attribute.meta.require_list()
        {
            self.note_conditional_attributes(list.tokens.clone());
        }
        visit::visit_attribute(self, attribute);
    }
}

impl Facts {
    fn note_if_for_tests(&mut self, attributes: &[Attribute], item: &impl Spanned) {
        if attributes.iter().any(is_for_tests) {
            let span = item.span();
            self.test_items.push(span.start().line..=span.end().line);
        }
    }

    fn note_function(&mut self, signature: &Signature, block: &syn::Block) {
        let first = signature.span().start().line;
        let last = block.span().end().line;
        self.functions.push(Function {
            name: signature.ident.to_string(),
            lines: first..=last,
        });
    }

    fn note_import(&mut self, tree: &UseTree, before: &str) {
        match tree {
            UseTree::Path(path) => {
                let before = format!("{before}{}::", path.ident);
                self.note_import(&path.tree, &before);
            }
            UseTree::Group(group) => group.items.iter().for_each(|t| self.note_import(t, before)),
            UseTree::Name(name) => self.note_imported(before, &name.ident),
            UseTree::Rename(name) => self.note_imported(before, &name.ident),
            _ => self.paths.push(place(
                before.trim_end_matches("::").into(),
                tree.span().start().line,
            )),
        }
    }

    fn note_imported(&mut self, before: &str, name: &syn::Ident) {
        let path = format!("{before}{name}");
        let path = path.trim_end_matches("::self").to_owned();
        self.paths.push(place(path, name.span().start().line));
    }

    /// Notes the paths and macro calls in tokens that are not parsed, because each macro has its own grammar.
    fn note_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut path: Option<Place> = None;
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Ident(word) => {
                    let follows = follows_colons(&tokens[..index]);
                    match &mut path {
                        Some(path) if follows => path.name.push_str(&format!("::{word}")),
                        _ => {
                            self.paths.extend(path.take());
                            path = Some(place(word.to_string(), word.span().start().line));
                        }
                    }
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => {}
                other => {
                    let before = path.take();
                    if is_punct(other, '!')
                        && matches!(tokens.get(index + 1), Some(TokenTree::Group(_)))
                        && let Some(call) = &before
                    {
                        self.macros.push(place(call.name.clone(), call.line));
                    }
                    self.paths.extend(before);
                    if let TokenTree::Group(group) = other {
                        self.note_tokens(group.stream());
                    }
                }
            }
        }
        self.paths.extend(path);
    }

    fn note_conditional_attributes(&mut self, tokens: TokenStream) {
        for token in tokens {
            if let TokenTree::Ident(word) = token {
                self.attributes
                    .push(place(word.to_string(), word.span().start().line));
            }
        }
    }

    fn place_elsewhere(&self, module: &ItemMod, name: &str) -> Place {
        let outer: String = self.around.iter().map(|m| format!("{m}/")).collect();
        place(format!("{outer}{name}"), module.ident.span().start().line)
    }
}

fn place(name: String, line: usize) -> Place {
    Place { name, line }
}

fn is_punct(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(p) if p.as_char() == mark)
}

fn follows_colons(before: &[TokenTree]) -> bool {
    matches!(before, [.., a, b] if is_punct(a, ':') && is_punct(b, ':'))
}

/// Recognises `test`, `cfg(test)` and `cfg(all(test, …))`.
fn is_for_tests(attribute: &Attribute) -> bool {
    if attribute.path().is_ident("test") {
        return true;
    }
    let Ok(list) = attribute.meta.require_list() else {
        return false;
    };
    attribute.path().is_ident("cfg") && needs_test(list.tokens.clone())
}

fn needs_test(condition: TokenStream) -> bool {
    let tokens: Vec<_> = condition.into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(word)] => word == "test",
        [TokenTree::Ident(word), TokenTree::Group(group)]
            if word == "all" && group.delimiter() == Delimiter::Parenthesis =>
        {
            let inside: Vec<_> = group.stream().into_iter().collect();
            inside
                .split(|t| is_punct(t, ','))
                .any(|part| needs_test(part.iter().cloned().collect()))
        }
        _ => false,
    }
}

fn attributes_of(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(i) => &i.attrs,
        Item::Enum(i) => &i.attrs,
        Item::ExternCrate(i) => &i.attrs,
        Item::Fn(i) => &i.attrs,
        Item::Impl(i) => &i.attrs,
        Item::Macro(i) => &i.attrs,
        Item::Mod(i) => &i.attrs,
        Item::Static(i) => &i.attrs,
        Item::Struct(i) => &i.attrs,
        Item::Trait(i) => &i.attrs,
        Item::Type(i) => &i.attrs,
        Item::Use(i) => &i.attrs,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use syn::visit::Visit;

    use super::{Facts, Place};

    fn facts(text: &str) -> Facts {
        let mut facts = Facts::default();
        facts.visit_file(&syn::parse_file(text).unwrap());
        facts
    }

    fn names(places: &[Place]) -> Vec<(&str, usize)> {
        places.iter().map(|p| (p.name.as_str(), p.line)).collect()
    }

    #[test]
    fn imports_are_spelled_out_one_by_one() {
        let facts = facts("use std::{\n fs,\n io::{self, Read as R},\n env::*};");
        let paths = [
            ("std::fs", 2),
            ("std::io", 3),
            ("std::io::Read", 3),
            ("std::env", 4),
        ];
        assert_eq!(names(&facts.paths), paths);
    }

    #[test]
    fn paths_and_calls_inside_a_macro_are_seen_and_strings_are_not() {
        let facts = facts("fn f() {\n p!(\"a::b\", c::d(), q!(e), g: h);\n}");
        assert_eq!(names(&facts.macros), [("p", 2), ("q", 2)]);
        let paths = names(&facts.paths);
        assert!(paths.contains(&("c::d", 2)) && paths.contains(&("e", 2)));
        assert!(paths.contains(&("g", 2)) && paths.contains(&("h", 2)));
        assert!(!paths.iter().any(|(p, _)| p.contains("a::b")));
    }

    #[test]
    fn items_for_tests_are_told_from_items_for_other_conditions() {
        let conditions = [
            ("test", true),
            ("all(test, unix)", true),
            ("all(unix, all(test))", true),
            ("not(test)", false),
            ("any(test, unix)", false),
            ("feature = \"test\"", false),
        ];
        for (condition, expected) in conditions {
            let facts = facts(&format!("#[cfg({condition})]\nfn f() {{}}"));
            assert_eq!(!facts.test_items.is_empty(), expected, "{condition}");
        }
        assert_eq!(
            facts("fn f() {}\n#[cfg(test)]\nmod t {\n}").test_items,
            [2..=4]
        );
    }

    #[test]
    fn a_function_runs_from_its_name_to_its_brace() {
        let facts =
            facts("/// Doc.\n#[must_use]\npub fn f()\n-> u8 {\n '}';\n \"}\";\n r#\"}\"# }");
        assert_eq!(facts.functions[0].name, "f");
        assert_eq!(facts.functions[0].lines, 3..=7);
    }

    #[test]
    fn a_module_elsewhere_is_named_with_the_modules_around_it() {
        let facts = facts("mod a { mod b; }\nmod c;");
        assert_eq!(names(&facts.modules_elsewhere), [("a/b", 1), ("c", 2)]);
    }
}
