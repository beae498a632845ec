//! The table of codes against the source: every code that an error can answer is in it, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use meshwarden::wire::codes;
use syn::visit::Visit;

/// Collects the string literals in functions named `code`, and those given to makers of problems, outside tests.
#[derive(Default)]
struct Codes {
    found: BTreeSet<String>,
    within: usize,
}

impl<'ast> Visit<'ast> for Codes {
    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        let named = usize::from(item.sig.ident == "code");
        self.within += named;
        self.visit_block(&item.block);
        self.within -= named;
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let test = |attribute: &syn::Attribute| {
            attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "test")
        };
        if !item.attrs.iter().any(test) {
            syn::visit::visit_item_mod(self, item);
        }
    }

    /// The verifier names the code of a problem where it makes one: `Problem::new(status, code, ...)` and the like.
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(function) = &*call.func {
            let names: Vec<String> =
                function.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            let of_problem = names.len() == 2 && matches!(names[0].as_str(), "Problem" | "Self");
            let at = match names.last().map(String::as_str) {
                Some("new") => Some(1),
                Some("unreadable" | "not_found") => Some(0),
                _ => None,
            };
            if let (true, Some(at)) = (of_problem, at)
                && let Some(syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(code), .. })) = call.args.get(at)
            {
                self.found.insert(code.value());
            }
        }
        syn::visit::visit_expr_call(self, call);
    }

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        if self.within > 0 {
            self.found.insert(text.value());
        }
    }
}

fn sources(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn the_table_has_every_code_of_the_source_and_no_other() {
    let mut given = BTreeMap::new();
    for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let mut codes = Codes::default();
        codes.visit_file(&syn::parse_file(&std::fs::read_to_string(&file).unwrap()).unwrap());
        given.extend(codes.found.into_iter().map(|code| (code, file.clone())));
    }
    assert!(given.len() > 100, "the source is read");
    let missing: Vec<_> = given.iter().filter(|(code, _)| codes::find(code).is_none()).collect();
    assert!(missing.is_empty(), "without words and advice in src/wire/codes.txt: {missing:#?}");
    // `cache_differs` is written where the log is checked, outside any `code`.
    let elsewhere = ["cache_differs"];
    let unused: Vec<_> = codes::all()
        .iter()
        .map(|row| row.code)
        .filter(|code| !given.contains_key(*code) && !elsewhere.contains(code))
        .collect();
    assert!(unused.is_empty(), "in src/wire/codes.txt, and given by nobody: {unused:#?}");
}
