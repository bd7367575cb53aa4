"""Revisions of releases."""

from __future__ import annotations

from pxhelm.store.memory.tables import Tables
from pxhelm.store.outcome import DuplicateError, NotFoundError
from pxhelm.store.releases import ReleaseKey, Revision


class MemoryReleases:
    """ReleaseStore on dictionaries."""

    def __init__(self, tables: Tables) -> None:
        self._t = tables

    def create(self, revision: Revision) -> None:
        key = (revision.key, revision.version)
        if key in self._t.revisions:
            raise DuplicateError(f"cannot add revision {revision.version} of {revision.key}: it exists")
        self._t.revisions[key] = revision

    def update(self, revision: Revision) -> None:
        if (revision.key, revision.version) not in self._t.revisions:
            raise NotFoundError("release: not found")
        self._t.revisions[revision.key, revision.version] = revision

    def get(self, key: ReleaseKey, version: int) -> Revision | None:
        return self._t.revisions.get((key, version))

    def last(self, key: ReleaseKey) -> Revision | None:
        return max(self.history(key), key=lambda r: r.version, default=None)

    def history(self, key: ReleaseKey) -> tuple[Revision, ...]:
        return tuple(r for r in self.list(key.cluster, key.namespace) if r.key == key)

    def list(self, cluster: str, namespace: str | None = None) -> tuple[Revision, ...]:
        found = (r for r in self._t.revisions.values() if r.key.cluster == cluster)
        chosen = (r for r in found if namespace is None or r.key.namespace == namespace)
        return tuple(sorted(chosen, key=lambda r: (r.key.namespace, r.key.name, r.version)))

    def latest(self, cluster: str, namespace: str | None = None) -> tuple[Revision, ...]:
        return tuple({r.key: r for r in self.list(cluster, namespace)}.values())

    def delete(self, key: ReleaseKey, version: int) -> None:
        if not self._t.revisions.pop((key, version), None):
            raise NotFoundError("release: not found")
