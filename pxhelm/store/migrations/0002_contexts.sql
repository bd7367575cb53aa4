-- Rows are keyed by a cluster that is recognised by its root certificate; contexts lead to clusters. What was keyed by a
-- context's name keeps its key, and is adopted by the cluster that the context leads to at the next contact.

ALTER TABLE clusters ADD COLUMN title TEXT NOT NULL DEFAULT '';

CREATE TABLE contexts (
    name TEXT NOT NULL PRIMARY KEY,
    cluster TEXT NOT NULL
);

INSERT INTO clusters (name, root_ca, installation, settings)
SELECT DISTINCT cluster, '', '', '{}' FROM (
    SELECT cluster FROM inventory UNION SELECT cluster FROM revisions UNION SELECT cluster FROM objects
) AS used WHERE cluster NOT IN (SELECT name FROM clusters);

INSERT INTO contexts (name, cluster) SELECT name, name FROM clusters;
