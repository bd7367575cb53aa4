"""Clusters and contexts in SQL."""

# ruff: noqa: S608  only table and column names of this module are put into the text; values are always placeholders

from __future__ import annotations

from pxhelm.store.clusters import Cluster
from pxhelm.store.sql.connection import Connection, Row, dump, load, one

_SELECT = "SELECT c.name, c.root_ca, c.installation, c.settings, c.title FROM clusters c"
_KEYED = {"inventory": ("ref",), "inventory_history": ("ref", "seq"), "ops": (), "work": (), "events": ()}
"""Table → what is unique in it together with the cluster."""


def _cluster(row: Row) -> Cluster:
    return Cluster(row[0], row[1], row[2], load(row[3]), row[4])


class SqlClusters:
    """ClusterStore over a connection."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def get(self, key: str) -> Cluster | None:
        """Return the cluster, if known."""
        row = one(self._db.rows(f"{_SELECT} WHERE c.name = ?", (key,)))
        return _cluster(row) if row else None

    def list(self) -> tuple[Cluster, ...]:
        """Return all clusters by key."""
        return tuple(map(_cluster, self._db.rows(f"{_SELECT} ORDER BY c.name")))

    def put(self, cluster: Cluster) -> None:
        """Insert or replace the cluster."""
        self._db.run(
            "INSERT INTO clusters (name, root_ca, installation, settings, title) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET root_ca = excluded.root_ca,"
            " installation = excluded.installation, settings = excluded.settings, title = excluded.title",
            (cluster.key, cluster.root_ca, cluster.installation, dump(cluster.settings), cluster.title),
        )

    def behind(self, context: str) -> Cluster | None:
        """Return the cluster that a context led to last."""
        row = one(self._db.rows(f"{_SELECT} JOIN contexts x ON x.cluster = c.name WHERE x.name = ?", (context,)))
        return _cluster(row) if row else None

    def lead(self, context: str, key: str) -> None:
        """Remember that a context leads to a cluster."""
        self._db.run(
            "INSERT INTO contexts (name, cluster) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET cluster = excluded.cluster",
            (context, key),
        )

    def part(self, context: str) -> None:
        """Forget where a context leads."""
        self._db.run("DELETE FROM contexts WHERE name = ?", (context,))

    def contexts(self, key: str) -> tuple[str, ...]:
        """Return the contexts that lead to a cluster, by name."""
        rows = self._db.rows("SELECT name FROM contexts WHERE cluster = ? ORDER BY name", (key,))
        return tuple(row[0] for row in rows)

    def join(self, old: str, new: str) -> None:
        """Let contexts, operations, work, events and observations of one cluster be another's, where there is room."""
        with self._db.transaction():
            self._db.run("UPDATE contexts SET cluster = ? WHERE cluster = ?", (new, old))
            for table, unique in _KEYED.items():
                same = " AND ".join(f"o.{column} = {table}.{column}" for column in unique)
                free = f" AND NOT EXISTS (SELECT 1 FROM {table} o WHERE o.cluster = ? AND {same})" if unique else ""
                values = (new, old, *((new,) if unique else ()))
                self._db.run(f"UPDATE {table} SET cluster = ? WHERE cluster = ?{free}", values)
