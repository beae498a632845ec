//! The options of a command line that lead to where this one is.

use std::path::Path;

use super::hand::Holder;
use super::session::Session;

/// The options that another command needs to work on the same place; `path` is what the console was told to open.
pub fn options(session: &Session, path: Option<&Path>) -> Vec<String> {
    let global = &session.global;
    let mut options = Vec::new();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            options.extend([format!("--{name}"), value]);
        }
    };
    match &session.context {
        Some(context) => put("context", Some(context.badge.name().to_owned())),
        None => {
            let directory = path.filter(|path| path.is_dir()).or(global.data.as_deref());
            let file = path.filter(|path| !path.is_dir()).or(global.registry.as_deref());
            put("data", directory.filter(|_| file.is_none()).map(path_of));
            put("registry", file.filter(|file| *file != Path::new("-")).map(path_of));
            put("verifier", global.verifier.clone());
            put("log-key", global.verifier.as_ref().and(global.log_key.clone()));
            let root = global.verifier.as_ref().and(global.verifier_root.as_deref());
            put("verifier-root", root.map(path_of));
            put("operator-name", global.operator.clone());
        }
    }
    put("operator-key", global.operator_key.as_deref().map(key));
    put("operator-passphrase-file", global.operator_passphrase_file.as_deref().map(path_of));
    put("config", global.config.as_deref().map(path_of));
    put("scores", global.scores.as_deref().map(path_of));
    let reading = [("--assume-utc", global.assume_utc), ("--skip-invalid", global.skip_invalid)];
    options.extend(reading.into_iter().filter(|(_, given)| *given).map(|(name, _)| name.to_owned()));
    options
}

fn path_of(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

/// A key in a file is found from any directory.
fn key(text: &str) -> String {
    match Holder::read(text) {
        Holder::File(path) => path_of(&path),
        Holder::Agent(_) => text.to_owned(),
    }
}
