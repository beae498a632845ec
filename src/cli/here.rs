//! The options of a command line that lead to where this one is.

use std::path::Path;

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
    let path_of =
        |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string();
    match &session.context {
        Some(context) => put("context", Some(context.badge.name().to_owned())),
        None => {
            let directory = path.filter(|path| path.is_dir()).or(global.data.as_deref());
            let file = path.filter(|path| !path.is_dir()).or(global.registry.as_deref());
            put("data", directory.filter(|_| file.is_none()).map(path_of));
            put("registry", file.filter(|file| *file != Path::new("-")).map(path_of));
            put("verifier", global.verifier.clone());
            put("log-key", global.verifier.as_ref().and(global.log_key.clone()));
            put("operator-name", global.operator.clone());
        }
    }
    put("operator-key", global.operator_key.clone());
    put("operator-passphrase-file", global.operator_passphrase_file.as_deref().map(path_of));
    put("config", global.config.as_deref().map(path_of));
    options
}
