//! The budget of a function: lines of code between its braces, and parameters.
//!
//! Lines are counted as `too_many_lines` of clippy does, whose limit in `clippy.toml` is the same: a comment or an empty
//! line costs nothing. Unlike clippy, this counts in tests and in what a `#[expect]` covers, and knows the percentile.

use std::collections::BTreeSet;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::percentile::percentile;
use super::{Finding, Source, Tree};

const MAX: usize = 60;
const P95: usize = 45;
const PARAMETERS: usize = 5;
/// Lists of attacks: one expression per case, as long as there are cases.
const LISTS: &str = "crates/cli/tests/hostile/";

/// A function has at most 60 lines and five parameters, `self` among them; 95 % of
/// the programs' functions have at most 45 lines.
#[must_use]
pub fn check(tree: &Tree) -> Vec<Finding> {
    let is_list = |source: &&Source| source.path.starts_with(LISTS);
    let counted = tree.sources.iter().filter(|source| !is_list(source));
    let mut findings: Vec<_> = counted.flat_map(beyond_budget).collect();
    let length = percentile(&lengths(tree), 95);
    if length > P95 {
        let message = format!("95 % of the functions have up to {length} lines, expected {P95}");
        findings.push(Finding::new("crates", 0, message));
    }
    findings
}

/// The lines of each function that belongs to a program.
#[must_use]
pub fn lengths(tree: &Tree) -> Vec<usize> {
    let functions = tree.programs().flat_map(|source| {
        let all = functions(source).into_iter();
        all.filter(|function| !source.is_test_line(function.line))
    });
    functions.map(|function| function.lines).collect()
}

struct Function {
    name: String,
    line: usize,
    lines: usize,
    parameters: usize,
}

fn beyond_budget(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for function in functions(source) {
        let Function { name, line, .. } = &function;
        for (count, most, what) in [
            (function.lines, MAX, "lines"),
            (function.parameters, PARAMETERS, "parameters"),
        ] {
            if count > most {
                let message = format!("`{name}` has {count} {what}, expected at most {most}");
                findings.push(Finding::new(&source.path, *line, message));
            }
        }
    }
    findings
}

fn functions(source: &Source) -> Vec<Function> {
    let tokens = source.tokens.iter();
    let mut found = Functions {
        functions: Vec::new(),
        code: tokens
            .flat_map(|token| token.line..=token.last_line)
            .collect(),
    };
    found.visit_file(&source.syntax);
    found.functions
}

struct Functions {
    functions: Vec<Function>,
    /// Lines that hold more than comments.
    code: BTreeSet<usize>,
}

impl Functions {
    fn note(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let (open, close) = (body.span().start().line, body.span().end().line);
        let inside = self.code.range(open + 1..close.max(open + 1));
        self.functions.push(Function {
            name: signature.ident.to_string(),
            line: signature.span().start().line,
            lines: inside.count(),
            parameters: signature.inputs.len(),
        });
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.note(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.note(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        let empty = syn::parse_quote!({});
        self.note(&item.sig, item.default.as_ref().unwrap_or(&empty));
        visit::visit_trait_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_lines(lines: usize) -> String {
        format!(
            "/// Doc.\nfn a() {{\n{}}}\n",
            "    b();\n    // c\n\n".repeat(lines)
        )
    }

    fn found(text: &str) -> Vec<String> {
        let tree = Tree::of(&[("a.rs", text)]);
        check(&tree).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn long_functions_are_found() {
        let many = "fn b() {}\n".repeat(30);
        assert!(found(&format!("{many}{}", of_lines(60))).is_empty());
        let long = found(&format!("{}{many}", of_lines(61)));
        assert_eq!(long, ["a.rs:2: `a` has 61 lines, expected at most 60"]);
        let all = "crates:0: 95 % of the functions have up to 46 lines, expected 45";
        assert_eq!(found(&of_lines(46)), [all]);
        assert!(found(&of_lines(45)).is_empty());
    }

    #[test]
    fn a_sixth_parameter_is_found_in_methods_too() {
        let of = |parameters: &str| format!("impl A {{\n    fn a({parameters}) {{}}\n}}\n");
        assert!(found(&of("&self, b: B, c: C, d: D, e: E")).is_empty());
        let expected = "a.rs:2: `a` has 6 parameters, expected at most 5";
        assert_eq!(
            found(&of("&self, b: B, c: C, d: D, e: E, f: F")),
            [expected]
        );
    }
}
