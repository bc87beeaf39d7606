-- Callers who wait in queues, and what they come back to if the server ends. The row goes when the caller
-- leaves its queue. `left_at` says when a server has left the caller to the dialplan.
CREATE TABLE places (
    call_id    TEXT PRIMARY KEY NOT NULL,
    account_id TEXT NOT NULL,
    queue      TEXT NOT NULL,
    joined_at  INTEGER NOT NULL,
    document   BLOB NOT NULL,
    state      TEXT NOT NULL,
    left_at    INTEGER
) STRICT;

-- Queues that somebody has waited in: an agent may wait for their callers.
CREATE TABLE queues (
    account_id TEXT NOT NULL,
    name       TEXT NOT NULL,
    used_at    INTEGER NOT NULL,
    PRIMARY KEY (account_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX queues_used ON queues (used_at);
