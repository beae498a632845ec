//! What the console remembers from run to run: the columns of each context, in a file of its own.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::session::xdg;
use crate::tui::{Layout, Layouts, Remember};

/// A file that is longer was not written here.
const MOST: u64 = 256 * 1024;
/// So many contexts are remembered.
const MOST_CONTEXTS: usize = 500;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Remembered {
    agents: BTreeMap<String, Table>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    columns: Vec<String>,
    sort: String,
    reversed: bool,
}

/// The file, where the system keeps what programs remember.
fn file() -> Option<PathBuf> {
    Some(xdg("XDG_STATE_HOME", ".local/state")?.join("meshwarden").join("console.json"))
}

/// What is remembered; a file that cannot be read is said, and counts as none.
pub fn layouts() -> (Layouts, Option<String>) {
    let Some(path) = file() else { return Default::default() };
    match read(&path) {
        Ok(layouts) => (layouts, None),
        Err(why) => {
            let words =
                format!("columns as at first: console.json cannot be used: {why}: {}", path.display());
            (Layouts::new(), Some(words))
        }
    }
}

/// How layouts are kept; none where the system has no place for them.
pub fn remember() -> Option<Remember> {
    let path = file()?;
    Some(Arc::new(move |context: &str, layout: &Layout| {
        keep(&path, context, layout).map_err(|error| format!("{}: {error}", path.display()))
    }))
}

fn read(path: &Path) -> Result<Layouts, String> {
    let mut text = String::new();
    match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Layouts::new()),
        Err(error) => return Err(error.to_string()),
        Ok(file) => file.take(MOST + 1).read_to_string(&mut text).map_err(|error| error.to_string())?,
    };
    if text.len() as u64 > MOST {
        return Err("it is too long".to_owned());
    }
    let remembered: Remembered = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let layout = |(context, table): (String, Table)| {
        let layout = Layout::read(&table.columns, &table.sort, table.reversed);
        Ok((
            context.clone(),
            layout.ok_or_else(|| format!("{context:?} has a column or an order that does not exist"))?,
        ))
    };
    remembered.agents.into_iter().map(layout).collect()
}

/// Writes the file anew beside the old one, and puts it in its place; what it says of other contexts stays.
fn keep(path: &Path, context: &str, layout: &Layout) -> io::Result<()> {
    let above = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(above)?;
    let mut layouts = read(path).unwrap_or_default();
    if layouts.len() >= MOST_CONTEXTS {
        layouts.clear();
    }
    layouts.insert(context.to_owned(), layout.clone());
    let table = |(context, layout): (String, Layout)| {
        let columns = layout.columns().into_iter().map(str::to_owned).collect();
        (context, Table { columns, sort: layout.sort().to_owned(), reversed: layout.reversed() })
    };
    let remembered = Remembered { agents: layouts.into_iter().map(table).collect() };
    let mut file = tempfile::NamedTempFile::new_in(above)?;
    serde_json::to_writer_pretty(&mut file, &remembered)?;
    file.write_all(b"\n")?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_one_context_leaves_the_others_and_a_torn_file_is_said() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("state").join("console.json");
        assert_eq!(read(&path), Ok(Layouts::new()), "no file is nothing to complain about");
        let layout = |columns: &[&str], sort: &str| {
            let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
            Layout::read(&columns, sort, true).unwrap()
        };
        keep(&path, "prod", &layout(&["sponsor"], "score")).unwrap();
        keep(&path, "", &layout(&["depth", "DID"], "name")).unwrap();
        let read_back = read(&path).unwrap();
        assert_eq!((read_back.len(), &read_back["prod"]), (2, &layout(&["sponsor"], "score")));
        let whole = fs::read_to_string(&path).unwrap();
        let half: String = whole.chars().take(whole.len() / 2).collect();
        for torn in ["", "{", "[]", &half, &whole.replace("sponsor", "nose"), &" ".repeat(300_000)] {
            fs::write(&path, torn).unwrap();
            assert!(read(&path).is_err(), "{torn:?}");
        }
        keep(&path, "prod", &layout(&["sponsor"], "score")).unwrap();
        assert_eq!(read(&path).unwrap().len(), 1, "the next choice makes it whole again");
    }
}
