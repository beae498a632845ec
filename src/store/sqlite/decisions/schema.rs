//! The tables of the decision log, in a file of their own.

/// Marks the file as this program's: "mshd".
pub(super) const APPLICATION_ID: i64 = 0x6d73_6864;

/// The version of [`TABLES`].
pub(super) const VERSION: i64 = 4;

/// What many entries have in common lies once in `parts`, for each segment anew, so that a segment can be dropped with
/// its own: an entry's bytes have holes, and say which parts fill them.
///
/// `indexes` says what `entries` are found by, and a verification makes it again: a page for each commit, one for each
/// ended segment. Entries are dropped by whole segments, of which the line in `segments` stays. `proofs` has those that
/// were seen and still count, in the order in which they came.
pub(super) const TABLES: &str = "
    CREATE TABLE head (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        log BLOB NOT NULL CHECK (length(log) = 16),
        size INTEGER NOT NULL,
        peaks BLOB NOT NULL,
        last_time INTEGER,
        opened INTEGER,
        bytes INTEGER NOT NULL,
        draft BLOB
    ) STRICT;
    CREATE TABLE segments (
        end INTEGER PRIMARY KEY,
        peaks BLOB NOT NULL,
        ended INTEGER NOT NULL,
        note TEXT NOT NULL,
        parts INTEGER NOT NULL,
        dropped INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE entries (
        number INTEGER PRIMARY KEY,
        leaf BLOB NOT NULL CHECK (length(leaf) = 32),
        bytes BLOB NOT NULL,
        parts BLOB NOT NULL
    ) STRICT;
    CREATE TABLE parts (
        number INTEGER PRIMARY KEY,
        bytes BLOB NOT NULL
    ) STRICT;
    CREATE TABLE proofs (
        number INTEGER PRIMARY KEY,
        proof BLOB NOT NULL CHECK (length(proof) = 32),
        until INTEGER NOT NULL,
        allowed INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE indexes (
        first INTEGER PRIMARY KEY,
        page BLOB NOT NULL
    ) STRICT;
    CREATE TRIGGER entries_stay BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries stay'); END;
    CREATE TRIGGER parts_stay BEFORE UPDATE ON parts BEGIN SELECT RAISE(ABORT, 'parts stay'); END;
";
