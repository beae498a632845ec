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
CREATE TABLE verdicts (
    number INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    result INTEGER NOT NULL,
    caller TEXT,
    callee TEXT,
    audience TEXT,
    action TEXT,
    resource TEXT,
    chain INTEGER
) STRICT;
CREATE TABLE marks (
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (kind, name, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE agents (
    name TEXT NOT NULL,
    chain INTEGER NOT NULL,
    PRIMARY KEY (name, chain)
) STRICT, WITHOUT ROWID;
CREATE TABLE tokens (
    hash INTEGER NOT NULL,
    chain INTEGER NOT NULL,
    PRIMARY KEY (hash, chain)
) STRICT, WITHOUT ROWID;
CREATE INDEX verdicts_by_time ON verdicts (time);
CREATE INDEX verdicts_by_result ON verdicts (result);
CREATE INDEX verdicts_by_caller ON verdicts (caller);
CREATE INDEX verdicts_by_callee ON verdicts (callee) WHERE callee IS NOT NULL;
CREATE INDEX verdicts_by_action ON verdicts (action);
CREATE INDEX verdicts_by_resource ON verdicts (resource);
CREATE INDEX verdicts_by_chain ON verdicts (chain) WHERE chain IS NOT NULL;
CREATE INDEX marks_by_number ON marks (number);
CREATE INDEX agents_by_chain ON agents (chain);
CREATE INDEX tokens_by_chain ON tokens (chain);
CREATE TRIGGER entries_stay BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'entries stay'); END;
CREATE TRIGGER parts_stay BEFORE UPDATE ON parts BEGIN SELECT RAISE(ABORT, 'parts stay'); END;
