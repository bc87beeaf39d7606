-- Calls whose requests and answers are kept for the authors of their documents. Moments are
-- microseconds since the Unix epoch.
CREATE TABLE debug_calls (
    call_id    TEXT PRIMARY KEY NOT NULL,
    account_id TEXT NOT NULL,
    node       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX debug_calls_of_account ON debug_calls (account_id, created_at);
CREATE INDEX debug_calls_by_age ON debug_calls (created_at);

-- One half of an exchange, or what is wrong with an answer. Secrets are masked before they get here.
CREATE TABLE debug_records (
    call_id   TEXT NOT NULL REFERENCES debug_calls (call_id) ON DELETE CASCADE,
    number    INTEGER NOT NULL,
    iteration INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    fields    TEXT NOT NULL,
    PRIMARY KEY (call_id, number)
) STRICT;
