//! Changes that were signed and sent: kept on the disk until it is known how they ended, whatever happens to this program.
//!
//! One that only takes authority away is handed in again until a verifier takes or refuses it. Any other was sent once:
//! whoever starts next is told whether the log has it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::change::{ChangeId, Payload, SignedChange};
use crate::encoding::{base64, json};

/// So many changes wait at most.
const MOST: usize = 1000;
/// A change with what opens its commitments has at most so many bytes.
const MAX_BYTES: u64 = 4 << 20;
/// Handed in again until somebody answers.
const WAITING: &str = "json";
/// Sent once.
const SENT: &str = "sent";
/// Why one was refused; said until somebody has seen it.
const WHY: &str = "why";

/// The directory of one replica's spool.
#[derive(Debug, Clone)]
pub(super) struct Spool(PathBuf);

/// A change whose end is not known.
pub(super) struct Spooled {
    path: PathBuf,
    /// The change.
    pub change: SignedChange,
    /// What it orders.
    pub payload: Payload,
    /// What opens the commitments in it.
    pub openings: Vec<Vec<u8>>,
    /// Whether it is handed in again.
    pub again: bool,
}

/// How a change ended that an earlier run of this program sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The change.
    pub id: ChangeId,
    /// What it ordered.
    pub kind: &'static str,
    /// About whom.
    pub subject: String,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a change ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The log has it.
    InLog(u64),
    /// The verifier will never take it.
    Refused(String),
    /// The log does not have it, and it is not sent again.
    NotTaken,
    /// It is still being tried.
    Waits,
    /// It was sent once, and nobody answers who could say.
    Unknown,
}

impl Ended {
    fn of(spooled: &Spooled, outcome: Outcome) -> Self {
        let payload = &spooled.payload;
        Self { id: payload.id, kind: payload.kind().as_str(), subject: payload.order.subject(), outcome }
    }

    /// One sentence.
    pub fn words(&self) -> String {
        let how = match &self.outcome {
            Outcome::InLog(index) => format!("is in the log, entry {index}"),
            Outcome::Refused(why) => format!("was REFUSED, and is not in force: {why}"),
            Outcome::NotTaken => {
                "is NOT in the log; it is not sent again: order it anew if it is still wanted".to_owned()
            }
            Outcome::Waits => "is NOT YET IN FORCE; it is sent again until somebody answers".to_owned(),
            Outcome::Unknown => "may be in force or not: nobody answers who could say".to_owned(),
        };
        format!("what you signed before this program ended, {} {}, {how}", self.kind, self.subject)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    change: Box<RawValue>,
    openings: Vec<String>,
}

impl Spool {
    pub(super) const fn at(directory: PathBuf) -> Self {
        Self(directory)
    }

    pub(super) fn directory(&self) -> &Path {
        &self.0
    }

    /// Keeps a change; when it returns, the disk has it.
    pub(super) fn keep(
        &self,
        payload: &Payload,
        change: &SignedChange,
        openings: &[Vec<u8>],
    ) -> io::Result<()> {
        fs::create_dir_all(&self.0)?;
        if self.paths(|_| true).len() >= MOST {
            return Err(io::Error::other("too many changes wait for the verifier"));
        }
        let bytes = change.to_bytes().map_err(io::Error::other)?;
        let change = String::from_utf8(bytes).map_err(io::Error::other)?;
        let written = Written {
            change: RawValue::from_string(change)?,
            openings: openings.iter().map(|opening| base64::encode(opening)).collect(),
        };
        let mut file = tempfile::NamedTempFile::new_in(&self.0)?;
        file.write_all(serde_json::to_string(&written)?.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(self.path(payload.id, if payload.order.only_takes() { WAITING } else { SENT }))?;
        File::open(&self.0)?.sync_all()
    }

    fn path(&self, id: ChangeId, extension: &str) -> PathBuf {
        self.0.join(format!("{id}.{extension}"))
    }

    /// Whether a change waits to be handed in again.
    pub(super) fn keeps(&self, id: ChangeId) -> bool {
        self.path(id, WAITING).exists()
    }

    /// It is known what became of a change: it waits no more.
    pub(super) fn answered(&self, id: ChangeId) {
        for extension in [WAITING, SENT] {
            let _ = fs::remove_file(self.path(id, extension));
        }
    }

    /// Why those were refused that were, with their names; said until [`Spool::told`].
    pub(super) fn refusals(&self) -> Vec<(ChangeId, String)> {
        let read = |path: PathBuf| {
            let id = ChangeId::parse(path.file_stem()?.to_str()?)?;
            Some((id, fs::read_to_string(path).ok()?))
        };
        self.paths(|extension| extension == WHY).into_iter().filter_map(read).collect()
    }

    /// Somebody has seen why a change was refused.
    pub(super) fn told(&self, id: ChangeId) {
        let _ = fs::remove_file(self.path(id, WHY));
    }

    /// How many wait to be handed in again.
    pub(super) fn count(&self) -> usize {
        self.paths(|extension| extension == WAITING).len()
    }

    /// Those whose end is not known; what cannot be read stays where it is.
    pub(super) fn waiting(&self) -> Vec<Spooled> {
        let paths = self.paths(|extension| extension == WAITING || extension == SENT);
        paths.into_iter().filter_map(|path| read(&path)).collect()
    }

    fn paths(&self, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.0).into_iter().flatten();
        let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
        let extension =
            |path: &PathBuf| path.extension().is_some_and(|ext| ext.to_str().is_some_and(&wanted));
        let mut paths: Vec<_> = paths.filter(extension).collect();
        paths.sort();
        paths
    }
}

impl Spooled {
    /// How it ended.
    pub(super) fn ended(&self, outcome: Outcome) -> Ended {
        Ended::of(self, outcome)
    }

    /// The verifier will never take it: it waits no more, and lies beside what waits with the reason.
    pub(super) fn refused(&self, why: &str) {
        let beside = self.path.with_extension("refused");
        if fs::rename(&self.path, &beside).is_ok() {
            let words = self.ended(Outcome::Refused(why.to_owned())).words();
            let _ = fs::write(beside.with_extension(WHY), words);
        }
    }
}

fn read(path: &Path) -> Option<Spooled> {
    if fs::metadata(path).ok()?.len() > MAX_BYTES {
        return None;
    }
    let written: Written = json::object(&fs::read(path).ok()?).ok()?;
    let change = SignedChange::from_bytes(written.change.get().as_bytes()).ok()?;
    let payload = change.payload().ok()?;
    let openings = written.openings.iter().map(|text| base64::decode(text)).collect::<Option<_>>()?;
    let again = path.extension().is_some_and(|extension| extension == WAITING);
    Some(Spooled { path: path.to_owned(), change, payload, openings, again })
}
