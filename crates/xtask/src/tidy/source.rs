//! One Rust file: its text, its syntax, its tokens, and which of its lines are tests.

use std::ops::RangeInclusive;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// A Rust file that parses.
pub struct Source {
    /// Relative to the root of the repository.
    pub path: String,
    /// As it is in the file.
    pub text: String,
    /// What the compiler would see before it expands macros.
    pub syntax: syn::File,
    /// Everything but comments, the inside of macros too; delimiters are tokens of their own.
    pub tokens: Vec<Token>,
    /// True if nothing in the file belongs to the program: integration tests, benchmarks, `#[cfg(test)] mod name;`.
    pub is_test: bool,
    test_lines: Vec<RangeInclusive<usize>>,
}

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// One identifier, literal, delimiter, or character of punctuation.
    pub text: String,
    /// Where it starts, from 1 on.
    pub line: usize,
    /// Where it ends: literals may have many lines.
    pub last_line: usize,
}

impl Source {
    /// Reads one file's text.
    ///
    /// # Errors
    /// If it is not Rust.
    pub fn parse(path: &str, text: &str) -> syn::Result<Self> {
        let syntax = syn::parse_file(text)?;
        let mut tokens = Vec::new();
        flatten(text.parse()?, &mut tokens);
        let mut tests = TestItems::default();
        tests.visit_file(&syntax);
        Ok(Self {
            is_test: path.contains("/tests/") || path.contains("/benches/"),
            path: path.to_owned(),
            text: text.to_owned(),
            syntax,
            tokens,
            test_lines: tests.lines,
        })
    }

    /// True if the line belongs to tests only.
    #[must_use]
    pub fn is_test_line(&self, line: usize) -> bool {
        self.is_test || self.test_lines.iter().any(|lines| lines.contains(&line))
    }

    /// The tokens that are no tests.
    pub fn program_tokens(&self) -> impl Iterator<Item = &Token> {
        self.tokens
            .iter()
            .filter(|token| !self.is_test_line(token.line))
    }

    /// Lines before the `mod tests` that ends the file, or all.
    #[must_use]
    pub fn lines_without_tests(&self) -> usize {
        let lines = match self.syntax.items.last() {
            Some(syn::Item::Mod(tests)) if tests.ident == "tests" && is_for_tests(&tests.attrs) => {
                tests.span().start().line - 1
            }
            Some(_) | None => self.text.lines().count(),
        };
        let before: Vec<_> = self.text.lines().take(lines).collect();
        before
            .iter()
            .rposition(|line| !line.trim().is_empty())
            .map_or(0, |last| last + 1)
    }

    /// The files of modules that only tests have (`#[cfg(test)] mod name;`).
    #[must_use]
    pub fn test_modules(&self) -> Vec<String> {
        let stem = self.path.trim_end_matches(".rs");
        let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
        let folder = if matches!(name, "lib" | "main") {
            folder
        } else {
            stem
        };
        let mut modules: Vec<&syn::ItemMod> = Vec::new();
        for item in &self.syntax.items {
            if let syn::Item::Mod(module) = item
                && module.content.is_none()
            {
                modules.push(module);
            }
        }
        let tests = modules
            .iter()
            .filter(|module| self.is_test || is_for_tests(&module.attrs));
        tests
            .map(|module| format!("{folder}/{}.rs", module.ident))
            .collect()
    }
}

/// True for `#[cfg(test)]` and `#[test]`.
fn is_for_tests(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::Path(path) => path.is_ident("test"),
        syn::Meta::List(list) => {
            list.path.is_ident("cfg") && list.tokens.to_string().trim() == "test"
        }
        syn::Meta::NameValue(_) => false,
    })
}

#[derive(Default)]
struct TestItems {
    lines: Vec<RangeInclusive<usize>>,
}

impl TestItems {
    fn note(&mut self, attributes: &[syn::Attribute], item: &impl Spanned) {
        if is_for_tests(attributes) {
            let span = item.span();
            self.lines.push(span.start().line..=span.end().line);
        }
    }
}

impl<'ast> Visit<'ast> for TestItems {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.note(&item.attrs, item);
        visit::visit_item_mod(self, item);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.note(&item.attrs, item);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.note(&item.attrs, item);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.note(&item.attrs, item);
        visit::visit_item_impl(self, item);
    }
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    for tree in stream {
        let (start, end) = (tree.span().start().line, tree.span().end().line);
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                tokens.push(token(open, start, start));
                flatten(group.stream(), tokens);
                tokens.push(token(close, end, end));
            }
            TokenTree::Ident(ident) => tokens.push(token(&ident.to_string(), start, end)),
            TokenTree::Punct(punct) => tokens.push(token(&punct.to_string(), start, end)),
            TokenTree::Literal(literal) => tokens.push(token(&literal.to_string(), start, end)),
        }
    }
}

fn token(text: &str, line: usize, last_line: usize) -> Token {
    Token {
        text: text.to_owned(),
        line,
        last_line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "//! Doc.\nfn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n";

    #[test]
    fn the_tests_that_end_a_file_do_not_count() {
        let source = Source::parse("a.rs", TEXT).unwrap();
        assert_eq!(source.lines_without_tests(), 2);
        assert!(!source.is_test_line(2));
        assert!(source.is_test_line(4) && source.is_test_line(6));
        let longer = Source::parse("a.rs", &format!("{TEXT}fn c() {{}}\n")).unwrap();
        assert_eq!(longer.lines_without_tests(), 8);
    }

    #[test]
    fn modules_of_tests_are_found_where_the_compiler_looks() {
        let text = "#[cfg(test)]\nmod tests;\nmod other;\n";
        let in_folder = Source::parse("src/a/b.rs", text).unwrap();
        assert_eq!(in_folder.test_modules(), ["src/a/b/tests.rs"]);
        let root = Source::parse("src/lib.rs", text).unwrap();
        assert_eq!(root.test_modules(), ["src/tests.rs"]);
    }

    #[test]
    fn tokens_reach_into_macros_and_skip_comments() {
        let source = Source::parse("a.rs", "fn a() {\n    // b\n    c!(d);\n}\n").unwrap();
        let texts: Vec<_> = source.tokens.iter().map(|t| t.text.as_str()).collect();
        assert_eq!(texts.concat(), "fna(){c!(d);}");
        assert_eq!(source.tokens.last(), Some(&token("}", 4, 4)));
    }
}
