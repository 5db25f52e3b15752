CREATE TABLE rooms (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    site TEXT,
    agent TEXT,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    tidied INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX rooms_by_site ON rooms (site, name);
CREATE INDEX rooms_by_tidied ON rooms (tidied);

-- The last state of each room, as it sent it.
CREATE TABLE states (
    room INTEGER PRIMARY KEY,
    received INTEGER NOT NULL,
    boot TEXT NOT NULL,
    since_boot INTEGER NOT NULL, -- milliseconds
    json TEXT NOT NULL
);

-- Up to where each journal of a room is kept.
CREATE TABLE journals (
    room INTEGER NOT NULL,
    journal INTEGER NOT NULL,
    through INTEGER NOT NULL,
    touched INTEGER NOT NULL,
    PRIMARY KEY (room, journal)
) WITHOUT ROWID;

CREATE TABLE words (
    id INTEGER PRIMARY KEY,
    word TEXT NOT NULL UNIQUE
);

-- What was measured, one by one. outcome: 0 measure, 1 good, 2 bad, 3 unknown.
CREATE TABLE samples (
    room INTEGER NOT NULL,
    at INTEGER NOT NULL,
    series INTEGER NOT NULL,
    outcome INTEGER NOT NULL,
    reason INTEGER,
    value REAL,
    PRIMARY KEY (room, at, series)
) WITHOUT ROWID;

-- The same by the hour, and how the checks stood in it, minute by minute.
CREATE TABLE hours (
    room INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    series INTEGER NOT NULL,
    good INTEGER NOT NULL,
    bad INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    measured INTEGER NOT NULL, -- how many values are in the next three
    sum REAL,
    least REAL,
    most REAL,
    PRIMARY KEY (room, hour, series)
) WITHOUT ROWID;

CREATE TABLE events (
    room INTEGER NOT NULL,
    at INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (room, at, kind, detail)
) WITHOUT ROWID;
