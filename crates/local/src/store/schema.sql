-- The whole schema. `PRAGMA user_version` names its version; days are ISO dates, moments microseconds since 1970 (UTC).

CREATE TABLE orders (
    id      INTEGER PRIMARY KEY,
    shop    TEXT NOT NULL,
    source  TEXT NOT NULL,
    number  TEXT NOT NULL,
    version INTEGER NOT NULL,
    body    TEXT NOT NULL,
    UNIQUE (shop, source, number)
) STRICT;

CREATE TABLE contacts (
    id      INTEGER PRIMARY KEY,
    shop    TEXT NOT NULL,
    contact TEXT NOT NULL,
    version INTEGER NOT NULL,
    body    TEXT NOT NULL,
    UNIQUE (shop, contact)
) STRICT;

-- `place` is `first due#flow#contact#enrolment#step`: it orders a day and makes writing an entry again harmless.
CREATE TABLE due (
    shop  TEXT NOT NULL,
    day   TEXT NOT NULL,
    shard INTEGER NOT NULL,
    place TEXT NOT NULL,
    PRIMARY KEY (shop, day, shard, place)
) STRICT, WITHOUT ROWID;

-- The key spans all pools, so that no code can be in two. `slot` spreads a pool's codes evenly over 32 bits.
CREATE TABLE codes (
    folded     TEXT PRIMARY KEY,
    given      TEXT NOT NULL,
    pool       TEXT NOT NULL,
    expires    TEXT,
    slot       INTEGER NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('free', 'released', 'claimed', 'quarantined', 'void')),
    shop       TEXT,
    contact    TEXT,
    mail       TEXT,
    free_from  TEXT,
    claimed_on TEXT,
    history    TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX codes_stock ON codes (pool, slot, free_from, expires) WHERE state IN ('free', 'released');
CREATE INDEX codes_by_state ON codes (pool, state, expires);
CREATE INDEX codes_by_claim ON codes (pool, claimed_on) WHERE claimed_on IS NOT NULL;

CREATE TABLE products (
    shop     TEXT NOT NULL,
    language TEXT NOT NULL,
    id       TEXT NOT NULL,
    sku      TEXT,
    hash     TEXT NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (shop, language, id)
) STRICT;
CREATE INDEX products_by_sku ON products (shop, language, sku) WHERE sku IS NOT NULL;

CREATE TABLE staged_products (
    import   TEXT NOT NULL,
    shop     TEXT NOT NULL,
    language TEXT NOT NULL,
    id       TEXT NOT NULL,
    sku      TEXT,
    hash     TEXT NOT NULL,
    body     TEXT NOT NULL,
    PRIMARY KEY (import, shop, language, id)
) STRICT;

CREATE TABLE product_lists (
    shop     TEXT NOT NULL,
    list     TEXT NOT NULL,
    kind     TEXT NOT NULL,
    products TEXT NOT NULL,
    PRIMARY KEY (shop, list)
) STRICT;

CREATE TABLE content (
    version TEXT PRIMARY KEY,
    bytes   BLOB NOT NULL
) STRICT;

CREATE TABLE active_content (
    kind    TEXT NOT NULL,
    name    TEXT NOT NULL,
    version TEXT NOT NULL REFERENCES content (version),
    PRIMARY KEY (kind, name)
) STRICT;

CREATE TABLE runs (
    shop           TEXT PRIMARY KEY,
    last_completed TEXT,
    running        TEXT,
    lease_until    INTEGER
) STRICT;

-- Which parts of a run that was split are through.
CREATE TABLE parts (
    shop    TEXT NOT NULL,
    run_day TEXT NOT NULL,
    part    TEXT NOT NULL,
    PRIMARY KEY (shop, run_day, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE flags (
    kind TEXT NOT NULL CHECK (kind IN ('switch', 'mark')),
    name TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE queue (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL,
    task       TEXT NOT NULL,
    visible_at INTEGER NOT NULL,
    receives   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX queue_next ON queue (name, visible_at, id);

CREATE TABLE parked (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    shop      TEXT NOT NULL,
    wire      TEXT NOT NULL,
    headers   TEXT,
    body      BLOB NOT NULL,
    reason    TEXT NOT NULL,
    parked_at INTEGER NOT NULL
) STRICT;

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE files (
    hash TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
