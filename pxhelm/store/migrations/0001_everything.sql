-- The common subset of SQLite and PostgreSQL: TEXT holds JSON, BYTEA holds sealed bytes, DOUBLE PRECISION Unix seconds.

CREATE TABLE clusters (
    name TEXT NOT NULL PRIMARY KEY,
    root_ca TEXT NOT NULL,
    installation TEXT NOT NULL,
    settings TEXT NOT NULL
);

CREATE TABLE revisions (
    cluster TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    status TEXT NOT NULL,
    payload BYTEA NOT NULL,
    chart TEXT NOT NULL,
    labels TEXT NOT NULL,
    modified_at DOUBLE PRECISION NOT NULL,
    operation TEXT,
    PRIMARY KEY (cluster, namespace, name, version)
);

CREATE TABLE objects (
    uid TEXT NOT NULL PRIMARY KEY,
    cluster TEXT NOT NULL,
    kind TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    release TEXT NOT NULL,
    labels TEXT NOT NULL,
    generation BIGINT NOT NULL,
    observed_generation BIGINT NOT NULL,
    manifest BYTEA NOT NULL,
    updated_at DOUBLE PRECISION NOT NULL,
    UNIQUE (cluster, kind, namespace, name)
);

CREATE INDEX objects_by_release ON objects (cluster, release);

CREATE TABLE owned_leaves (
    uid TEXT NOT NULL,
    manager TEXT NOT NULL,
    path TEXT NOT NULL,
    base TEXT NOT NULL,
    PRIMARY KEY (uid, manager, path)
);

CREATE TABLE bindings (
    cluster TEXT NOT NULL,
    vmid BIGINT NOT NULL,
    uid TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'bound', 'releasing', 'quarantined')),
    guest_uuid TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    since DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (cluster, vmid)
);

CREATE UNIQUE INDEX one_binding_per_object ON bindings (uid) WHERE state <> 'quarantined';

CREATE TABLE ops (
    op_id TEXT NOT NULL PRIMARY KEY,
    uid TEXT NOT NULL,
    cluster TEXT NOT NULL,
    generation BIGINT NOT NULL,
    kind TEXT NOT NULL,
    plan_hash TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at DOUBLE PRECISION NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'failed', 'abandoned')),
    fence_epoch BIGINT NOT NULL,
    finished_at DOUBLE PRECISION
);

CREATE INDEX ops_by_uid ON ops (uid);

CREATE INDEX ops_that_are_open ON ops (cluster) WHERE state = 'open';

CREATE TABLE steps (
    op_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    params TEXT NOT NULL,
    params_hmac TEXT NOT NULL,
    pre TEXT NOT NULL,
    pre_image TEXT NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('INTENT', 'ACCEPTED', 'DONE', 'WARN', 'FAILED', 'UNKNOWN', 'SKIPPED')),
    upid TEXT NOT NULL,
    sent_at DOUBLE PRECISION,
    accepted_at DOUBLE PRECISION,
    done_at DOUBLE PRECISION,
    result TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    fence_epoch BIGINT NOT NULL,
    PRIMARY KEY (op_id, seq)
);

CREATE TABLE leases (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL
);

CREATE TABLE work (
    uid TEXT NOT NULL PRIMARY KEY,
    cluster TEXT NOT NULL,
    due_at DOUBLE PRECISION NOT NULL,
    priority BIGINT NOT NULL,
    dirty_seq BIGINT NOT NULL,
    done_seq BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    claimed_by TEXT NOT NULL,
    claim_epoch BIGINT NOT NULL,
    claim_expires DOUBLE PRECISION NOT NULL
);

CREATE INDEX work_by_due ON work (cluster, due_at);

CREATE TABLE events (
    id TEXT NOT NULL PRIMARY KEY,
    cluster TEXT NOT NULL,
    uid TEXT NOT NULL,
    type TEXT NOT NULL,
    reason TEXT NOT NULL,
    message TEXT NOT NULL,
    first_at DOUBLE PRECISION NOT NULL,
    last_at DOUBLE PRECISION NOT NULL,
    times BIGINT NOT NULL,
    op_id TEXT NOT NULL
);

CREATE INDEX events_by_object ON events (cluster, uid, last_at);

CREATE TABLE inventory (
    cluster TEXT NOT NULL,
    ref TEXT NOT NULL,
    kind TEXT NOT NULL,
    seen_at DOUBLE PRECISION NOT NULL,
    digest TEXT NOT NULL,
    status TEXT NOT NULL,
    node TEXT NOT NULL,
    uid TEXT NOT NULL,
    intended TEXT NOT NULL,
    present TEXT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (cluster, ref)
);

CREATE TABLE inventory_history (
    cluster TEXT NOT NULL,
    ref TEXT NOT NULL,
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    seen_at DOUBLE PRECISION NOT NULL,
    digest TEXT NOT NULL,
    status TEXT NOT NULL,
    node TEXT NOT NULL,
    uid TEXT NOT NULL,
    intended TEXT NOT NULL,
    present TEXT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (cluster, ref, seq)
);
