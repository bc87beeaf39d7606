-- Deliveries to customers' servers. Moments are microseconds since the Unix epoch.
CREATE TABLE deliveries (
    id            TEXT PRIMARY KEY NOT NULL,
    kind          TEXT NOT NULL,
    call_id       TEXT NOT NULL,
    account_id    TEXT NOT NULL,
    url           TEXT NOT NULL,
    destination   TEXT NOT NULL,
    content_type  TEXT NOT NULL,
    body          BLOB NOT NULL,
    state         TEXT NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'delivered', 'dead')),
    created_at    INTEGER NOT NULL,
    due_at        INTEGER NOT NULL,
    give_up_at    INTEGER NOT NULL,
    claimed_until INTEGER,
    attempts      INTEGER NOT NULL DEFAULT 0,
    failures      INTEGER NOT NULL DEFAULT 0,
    last_status   INTEGER,
    last_error    TEXT,
    finished_at   INTEGER
) STRICT;

-- What the worker asks for: due rows in order, those of busy destinations left out.
CREATE INDEX deliveries_due ON deliveries (due_at, destination) WHERE state = 'due';
CREATE INDEX deliveries_finished ON deliveries (state, finished_at) WHERE state <> 'due';
CREATE INDEX deliveries_of_call ON deliveries (call_id);

CREATE TABLE attempts (
    delivery_id TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    number      INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    took        INTEGER NOT NULL,
    status      INTEGER,
    error       TEXT,
    PRIMARY KEY (delivery_id, number)
) STRICT, WITHOUT ROWID;

-- Calls under way whose end somebody must be told of. The row goes in the same transaction in
-- which the delivery of the same id comes; what is left here at a start was cut off by a crash.
CREATE TABLE drafts (
    id         TEXT PRIMARY KEY NOT NULL,
    call_id    TEXT NOT NULL,
    account_id TEXT NOT NULL,
    url        TEXT NOT NULL,
    facts      TEXT NOT NULL,
    opened_at  INTEGER NOT NULL
) STRICT;
