-- Rules of the address guard that an operator added while the server ran; those of the configuration
-- are not here. Moments are microseconds since the Unix epoch.
CREATE TABLE guard_rules (
    kind     TEXT NOT NULL,
    value    TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;

-- Grows with every change, so that whoever holds a copy of the rules knows which copy is newer.
CREATE TABLE guard_revision (
    revision INTEGER NOT NULL
) STRICT;

INSERT INTO guard_revision (revision) VALUES (1);
