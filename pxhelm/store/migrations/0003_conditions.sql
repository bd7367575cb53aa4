-- Since when each condition of an object is as it is.

CREATE TABLE conditions (
    uid TEXT NOT NULL,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    since DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (uid, type)
);
