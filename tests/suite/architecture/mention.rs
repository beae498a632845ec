//! Every path that a file names, wherever it stands: imports, types, calls, attributes, macros.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// One path in a source file.
#[derive(Debug)]
pub struct Mention {
    pub line: usize,
    /// From the root: the first part is `crate` or the name of an outside crate (or of something local).
    pub path: Vec<String>,
    pub how: How,
    /// Inside `#[cfg(test)]`.
    pub in_test: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Written out where it is used.
    Path,
    /// Brought into scope, by its name or another, or whole by `*`.
    Import,
}

/// Collects the paths of a file that is the module `module`.
pub fn mentions(file: &syn::File, module: &[String]) -> Vec<Mention> {
    let in_test = module.iter().any(|part| part == "tests");
    let mut collector = Collector { module: module.to_vec(), in_test, found: Vec::new() };
    collector.visit_file(file);
    collector.found
}

struct Collector {
    /// Where `self` is: grows in inline modules.
    module: Vec<String>,
    in_test: bool,
    found: Vec<Mention>,
}

impl Collector {
    fn add(&mut self, parts: &[String], span: Span, how: How) {
        let path = self.absolute(parts);
        self.found.push(Mention { line: span.start().line, path, how, in_test: self.in_test });
    }

    /// Resolves `self`, `super` and our own crate's name; one `super` too many stays at the root.
    fn absolute(&self, parts: &[String]) -> Vec<String> {
        let mut here = self.module.clone();
        let mut rest = parts;
        match rest.split_first() {
            Some((first, tail)) if first == "crate" || first == "meshwarden" => {
                here.clear();
                rest = tail;
            }
            Some((first, _)) if first == "self" || first == "super" => {}
            _ => return parts.to_vec(),
        }
        while let Some((first, tail)) = rest.split_first() {
            match first.as_str() {
                "self" => {}
                "super" => drop(here.pop()),
                _ => break,
            }
            rest = tail;
        }
        let mut path = vec!["crate".to_owned()];
        path.extend(here);
        path.extend_from_slice(rest);
        path
    }

    fn tree(&mut self, prefix: &[String], tree: &UseTree) {
        let with = |ident: &Ident| {
            // `{self}` is the path before it, but `use self::x` starts there.
            let itself = ident == "self" && !prefix.is_empty();
            let own = (!itself).then(|| ident.to_string());
            prefix.iter().cloned().chain(own).collect::<Vec<_>>()
        };
        match tree {
            UseTree::Path(path) => self.tree(&with(&path.ident), &path.tree),
            UseTree::Name(name) => self.add(&with(&name.ident), name.ident.span(), How::Import),
            UseTree::Rename(rename) => self.add(&with(&rename.ident), rename.ident.span(), How::Import),
            UseTree::Glob(glob) => self.add(prefix, glob.star_token.span, How::Import),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(prefix, item)),
        }
    }

    /// Finds paths among tokens that no parser has seen.
    fn tokens(&mut self, prefix: &[String], tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let ident = match token {
                TokenTree::Ident(ident) => ident,
                TokenTree::Group(group) => {
                    self.tokens(&[], group.stream());
                    continue;
                }
                _ => continue,
            };
            if ident == "async" || ident == "await" {
                self.found_async(ident.span());
                continue;
            }
            let mut path = [prefix, &[ident.to_string()]].concat();
            let is_colon =
                |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':');
            while tokens.next_if(is_colon).is_some() && tokens.next_if(is_colon).is_some() {
                match tokens.peek() {
                    Some(TokenTree::Ident(next)) => path.push(next.to_string()),
                    Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                        self.tokens(&path, group.stream());
                    }
                    _ => break,
                }
                tokens.next();
            }
            self.add(&path, ident.span(), How::Path);
        }
    }

    fn found_async(&mut self, span: Span) {
        self.add(&["async".to_owned()], span, How::Path);
    }
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item(&mut self, item: &'ast Item) {
        let before = self.in_test;
        self.in_test |= attributes(item).iter().any(is_for_tests);
        visit::visit_item(self, item);
        self.in_test = before;
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        self.module.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&[], &item.tree);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast syn::ItemExternCrate) {
        let name = if item.ident == "self" { "crate".to_owned() } else { item.ident.to_string() };
        self.add(&[name], item.ident.span(), How::Import);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let Some(first) = path.segments.first() {
            self.add(&parts, first.ident.span(), How::Path);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(&[], call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        self.tokens(&[], list.tokens.clone());
        visit::visit_meta_list(self, list);
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        if let Some(token) = &signature.asyncness {
            self.found_async(token.span);
        }
        visit::visit_signature(self, signature);
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        if let Some(token) = &closure.asyncness {
            self.found_async(token.span);
        }
        visit::visit_expr_closure(self, closure);
    }

    fn visit_expr_async(&mut self, block: &'ast syn::ExprAsync) {
        self.found_async(block.async_token.span);
        visit::visit_expr_async(self, block);
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Const(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        _ => &[],
    }
}

/// `#[cfg(test)]` exactly: anything more complicated is held to the rules of the room.
fn is_for_tests(attribute: &Attribute) -> bool {
    let arguments = attribute.meta.require_list().map(|list| list.tokens.to_string());
    attribute.path().is_ident("cfg") && arguments.is_ok_and(|arguments| arguments == "test")
}
