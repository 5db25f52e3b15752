-- What was decided and done, one after the other; only ever added to.
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY, -- from 1, without gaps
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    reference TEXT,          -- the booking that it tells of
    body TEXT NOT NULL,      -- canonical JSON
    prev BLOB NOT NULL,
    hash BLOB NOT NULL
);
CREATE INDEX audit_by_reference ON audit (reference, seq);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'the log is only ever added to');
END;
CREATE TRIGGER audit_is_not_cut BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'the log is only ever added to');
END;

-- How each booking stands. What it stands on is in the log, under the numbers of the columns called “entry”.
CREATE TABLE bookings (
    reference TEXT PRIMARY KEY,
    version INTEGER NOT NULL,     -- 1, and one more whenever it was changed
    room TEXT NOT NULL,
    start INTEGER NOT NULL,
    until INTEGER NOT NULL,
    submitted INTEGER NOT NULL,
    class TEXT NOT NULL,
    request TEXT NOT NULL,        -- canonical JSON
    decision TEXT NOT NULL,       -- the gate's
    expires INTEGER,
    arrived INTEGER NOT NULL,     -- the entry with which it first came
    entry INTEGER NOT NULL,       -- the entry with its decision
    override_decision TEXT,       -- a person's, until a time
    override_until INTEGER,
    override_entry INTEGER,
    outcome TEXT,
    outcome_entry INTEGER,
    cancelled INTEGER,           -- when
    standing TEXT,               -- how far an approval was confirmed by pre-checks
    letters INTEGER NOT NULL DEFAULT 0 -- that were written about it
) WITHOUT ROWID;
CREATE INDEX bookings_by_start ON bookings (start, reference);
CREATE INDEX bookings_by_room ON bookings (room, start, reference);

-- What the booking system has still to be told.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    reference TEXT NOT NULL,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    body TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL,
    fault TEXT,
    dead_at INTEGER
) STRICT;
CREATE INDEX outbox_of ON outbox (reference, id);

-- How far each approval's pre-checks are. approval: the entry that approved.
CREATE TABLE prechecks (
    reference TEXT NOT NULL,
    approval INTEGER NOT NULL,
    progress TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (reference, approval)
) STRICT, WITHOUT ROWID;

-- What staff have ticked.
CREATE TABLE ticks (
    reference TEXT NOT NULL,
    step TEXT NOT NULL,
    name TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (reference, step)
) STRICT, WITHOUT ROWID;
