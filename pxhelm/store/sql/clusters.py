"""Clusters in SQL."""

from __future__ import annotations

from pxhelm.store.clusters import Cluster
from pxhelm.store.sql.connection import Connection, Row, dump, load, one

_SELECT = "SELECT name, root_ca, installation, settings FROM clusters"


def _cluster(row: Row) -> Cluster:
    return Cluster(row[0], row[1], row[2], load(row[3]))


class SqlClusters:
    """ClusterStore over a connection."""

    def __init__(self, db: Connection) -> None:
        self._db = db

    def get(self, name: str) -> Cluster | None:
        """Return the cluster, if known."""
        row = one(self._db.rows(f"{_SELECT} WHERE name = ?", (name,)))
        return _cluster(row) if row else None

    def list(self) -> tuple[Cluster, ...]:
        """Return all clusters by name."""
        return tuple(map(_cluster, self._db.rows(f"{_SELECT} ORDER BY name")))

    def put(self, cluster: Cluster) -> None:
        """Insert or replace the cluster."""
        self._db.run(
            "INSERT INTO clusters (name, root_ca, installation, settings) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET root_ca = excluded.root_ca,"
            " installation = excluded.installation, settings = excluded.settings",
            (cluster.name, cluster.root_ca, cluster.installation, dump(cluster.settings)),
        )
