-- Checks that rooms were asked for and that are not over. What has become of one is not kept: a room is asked again.
CREATE TABLE orders (
    room TEXT NOT NULL,
    id INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (room, id)
) WITHOUT ROWID;
